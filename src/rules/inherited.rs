//! Fields that containers take from their pod, unless they have their own.

use std::borrow::Cow;
use std::fmt::Display;

use crate::pod::{PlacedContainer, Pod, Profiles};
use crate::rule::{Evidence, Severity};

/// What a pod, or a container of it, says in such a field.
pub(super) struct Given<'d, 'a, T> {
    pub value: &'d T,
    pod: &'d Pod<'a>,
    /// None for what the pod says for all its containers.
    container: Option<PlacedContainer<'d, 'a>>,
    /// Whether it holds for a container.
    holds: bool,
}

/// Of which containers what the pod says can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    All,
    /// Not of privileged ones: they are not confined, whatever their profiles.
    Confined,
}

/// What a pod and its containers say in the field that `pick` picks.
pub(super) fn given<'d, 'a, T>(
    pod: &'d Pod<'a>,
    of: Of,
    pick: impl Fn(&'d Profiles<'a>) -> Option<&'d T>,
) -> Vec<Given<'d, 'a, T>> {
    let mut all = Vec::new();
    if let Some(value) = pick(&pod.spec.security_context.profiles) {
        let inherits = |placed: PlacedContainer<'d, 'a>| {
            let context = &placed.container.security_context;
            pick(&context.profiles).is_none() && (of == Of::All || !context.privileged)
        };
        all.push(Given {
            value,
            pod,
            container: None,
            holds: pod.containers().any(inherits),
        });
    }
    for placed in pod.containers() {
        if let Some(value) = pick(&placed.container.security_context.profiles) {
            all.push(Given {
                value,
                pod,
                container: Some(placed),
                holds: true,
            });
        }
    }
    all
}

impl<'d, T> Given<'d, '_, T> {
    /// The pointer of a part of the field, which starts at the security context.
    pub fn pointer(&self, part: impl Display) -> String {
        let part = format_args!("securityContext/{part}");
        match &self.container {
            Some(placed) => self.pod.at(placed.part(part)),
            None => self.pod.at(part),
        }
    }

    /// The evidence that this is bad. What holds for no container yet is low. Pod Security's
    /// baseline refuses it all the same.
    pub fn evidence(
        &self,
        severity: Severity,
        pointer: String,
        value: impl Into<Cow<'d, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Evidence<'d> {
        evidence(
            severity,
            pointer,
            value.into(),
            message.into(),
            self.holds,
            self.container,
        )
    }
}

/// One copy for all fields.
#[inline(never)]
fn evidence<'d>(
    severity: Severity,
    pointer: String,
    value: Cow<'d, str>,
    message: Cow<'static, str>,
    holds: bool,
    container: Option<PlacedContainer<'d, '_>>,
) -> Evidence<'d> {
    let evidence = if holds {
        Evidence::new(severity, pointer, value, message)
    } else {
        let later = "; no container takes it from the pod now, but an ephemeral one would";
        let message = [&message, later].concat();
        Evidence::new(Severity::Low, pointer, value, message)
    };
    let evidence = evidence.refused_by_baseline();
    match container {
        Some(placed) => evidence.within(placed),
        None => evidence,
    }
}
