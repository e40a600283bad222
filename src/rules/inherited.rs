//! Fields that containers take from their pod, unless they have their own.

use std::borrow::Cow;
use std::fmt::Display;

use crate::pod::{PlacedContainer, Pod, Profiles};
use crate::rule::{Evidence, Severity};

/// What a pod, or a container of it, says in such a field.
pub(super) struct Given<'d, 'a, T> {
    pub value: &'d T,
    pod: &'d Pod<'a>,
    whose: Whose<'d, 'a>,
}

/// The reach of what holds for a container; of what holds for none yet it is 0.
pub(super) const HOLDS: u8 = 1;

/// For whom something is said.
#[derive(Clone)]
enum Whose<'d, 'a> {
    /// One container.
    Own(PlacedContainer<'d, 'a>),
    /// All containers that do not say otherwise: these, by their names.
    Takers(Vec<&'d str>),
}

/// Whether profiles hold for a container: not for a privileged one, which is not confined, whatever
/// they say.
pub(super) fn is_confined(placed: &PlacedContainer<'_, '_>) -> bool {
    !placed.container.security_context.privileged
}

/// What a pod and its containers say in the field that `pick` picks, as far as it is bad. What the
/// pod says holds for containers that say nothing and can take it.
pub(super) fn given<'d, 'a, T>(
    pod: &'d Pod<'a>,
    pick: fn(&'d Profiles<'a>) -> Option<&'d T>,
    is_bad: &dyn Fn(&T) -> bool,
    can_take: &dyn Fn(&PlacedContainer<'d, 'a>) -> bool,
) -> Vec<Given<'d, 'a, T>> {
    let mut all = Vec::new();
    let of_pod = pick(&pod.spec.security_context.profiles);
    if let Some(value) = of_pod.filter(|value| is_bad(value)) {
        let whose = Whose::Takers(takers(pod, &|placed| {
            let own = pick(&placed.container.security_context.profiles);
            own.is_none() && can_take(placed)
        }));
        all.push(Given { value, pod, whose });
    }
    for placed in pod.containers() {
        let own = pick(&placed.container.security_context.profiles);
        if let Some(value) = own.filter(|value| is_bad(value)) {
            let whose = Whose::Own(placed);
            all.push(Given { value, pod, whose });
        }
    }
    all
}

/// The names of the containers that take something from their pod. One copy for all fields.
fn takers<'d, 'a>(
    pod: &'d Pod<'a>,
    takes: &dyn Fn(&PlacedContainer<'d, 'a>) -> bool,
) -> Vec<&'d str> {
    let mut names = Vec::new();
    for placed in pod.all_containers() {
        if takes(&placed) {
            names.push(placed.name().unwrap_or_default());
        }
    }
    names
}

impl<'d, T> Given<'d, '_, T> {
    /// The pointer of a part of the field, which starts at the security context.
    pub fn pointer(&self, part: impl Display) -> String {
        match &self.whose {
            Whose::Own(placed) => {
                let part = placed.part(format_args!("securityContext/{part}"));
                self.pod.at(part)
            }
            Whose::Takers(_) => {
                let context = self.pod.keys.security_context;
                self.pod.at(format_args!("{context}/{part}"))
            }
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
            self.whose.clone(),
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
    whose: Whose<'d, '_>,
) -> Evidence<'d> {
    let mut evidence = Evidence::new(severity, pointer, value, message).refused_by_baseline();
    evidence.reach = HOLDS;
    match whose {
        Whose::Own(placed) => evidence = evidence.within(placed),
        Whose::Takers(takers) if takers.is_empty() => {
            evidence.severity = Severity::Low;
            evidence.reach = 0;
            evidence.add("; no container takes it from the pod now, but an ephemeral one would");
        }
        Whose::Takers(takers) => evidence.is_taken_by(takers),
    }
    evidence
}
