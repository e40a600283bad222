//! What a rule is, and the evidence it gives: plain data, and a pure function from a view.

use std::borrow::Cow;
use std::rc::Rc;

use crate::ability::{Ability, Grant, Grants, Terms};
use crate::binding::Binding;
use crate::context::Context;
use crate::json::{Json, Writer, field};
use crate::pod::{ContainerPlace, PlacedContainer, Pod};
use crate::role::Role;
use crate::settings::Settings;
use crate::storage::{DeviceRequests, PersistentVolume};

/// One of the two changes that this policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alert {
    /// A workload was created, or changed, so that it can reach its node.
    HostAccess,
    /// A cluster role was created, or changed, so that it grants writing pods.
    PodWrite,
}

impl Alert {
    /// The alerts, in reading order.
    pub const ALL: [Self; 2] = [Self::HostAccess, Self::PodWrite];

    /// The alert's name as people say it.
    pub fn title(self) -> &'static str {
        match self {
            Self::HostAccess => "New workload with host access",
            Self::PodWrite => "Cluster role with pod write",
        }
    }
}

impl Json for Alert {
    fn write(&self, json: &mut Writer) {
        let alert = match self {
            Self::HostAccess => "host-access",
            Self::PodWrite => "pod-write",
        };
        alert.write(json);
    }
}

/// How bad a finding is. It belongs to the evidence, not to the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; little to gain for an attacker.
    Low,
    /// A part of a way to the host or to other workloads.
    Medium,
    /// A way that needs one more step, or a lucky circumstance.
    High,
    /// Takes the node, or every workload, by itself.
    Critical,
}

impl Severity {
    /// The severities, mildest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The spelling used in settings and in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One step up; nothing is above critical.
    pub(crate) fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// One step down; nothing is below low.
    pub(crate) fn lowered(self) -> Self {
        match self {
            Self::Low | Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

impl Json for Severity {
    fn write(&self, json: &mut Writer) {
        self.as_str().write(json);
    }
}

/// A rule: what it finds, why it matters, how to fix it, and how it looks for it.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; names the pattern, and reads well after "allow".
    pub id: &'static str,
    /// The alert it belongs to; none for what is no pattern but a failure to read.
    pub alert: Option<Alert>,
    /// A few words, for lists.
    pub title: &'static str,
    /// The severity of its plainest case; the evidence may say otherwise.
    pub severity: Severity,
    /// MITRE ATT&CK techniques that it serves.
    pub techniques: &'static [&'static str],
    /// The control of Pod Security's baseline level that looks for the same, by the name that
    /// Kubernetes' documentation gives it. Each finding says whether it would refuse the pod.
    pub pod_security: Option<&'static str>,
    /// The help text.
    pub help: Help,
    pub(crate) check: Check,
    /// Rules whose finding in the same container is the cause of this one.
    pub(crate) subsumed_by: &'static [&'static str],
}

/// A rule's help, for `bulkhead rules ID`, SARIF and the page. All of it is plain text.
#[derive(Debug)]
pub struct Help {
    /// What is found, exactly.
    pub finds: &'static str,
    /// What an attacker gains.
    pub why: &'static str,
    /// The part of a manifest that is found, as YAML.
    pub bad: &'static str,
    /// The same without the finding.
    pub good: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Where to read on.
    pub references: &'static [&'static str],
}

/// How a rule looks for its evidence.
#[derive(Debug)]
pub(crate) enum Check {
    /// In a pod spec.
    Pod(for<'d> fn(&'d Pod<'_>, &Settings) -> Vec<Evidence<'d>>),
    /// In a persistent volume.
    Volume(for<'d> fn(&'d PersistentVolume<'_>, &Settings) -> Vec<Evidence<'d>>),
    /// In a claim for devices; the text is the pointer of the claim's spec in its object.
    Devices(for<'d> fn(&'d DeviceRequests<'_>, &str, &Settings) -> Vec<Evidence<'d>>),
    /// In the volumes of a pod, by what the cluster says is behind their claims.
    Claims(for<'d> fn(&'d Pod<'_>, &Context, &Settings) -> Vec<Evidence<'d>>),
    /// In a role.
    Role(for<'d> fn(&JudgedRole<'d>) -> Vec<Evidence<'d>>),
    /// In a binding.
    Binding(for<'d> fn(&JudgedBinding<'d>) -> Vec<Evidence<'d>>),
    /// In the rules of a role, by all that gives an ability.
    Ability {
        ability: Ability,
        /// What the holder of the role can do; the message begins with it.
        gain: &'static str,
    },
    /// The object could not be read at all.
    Unreadable,
}

/// A role, and what decides about it.
#[derive(Debug)]
pub(crate) struct JudgedRole<'d> {
    pub role: &'d Role<'d>,
    /// What its rules give.
    pub grants: Rc<Grants<'d>>,
    pub terms: Terms<'d>,
    pub context: &'d Context,
}

/// A binding, and what decides about it.
#[derive(Debug)]
pub(crate) struct JudgedBinding<'d> {
    pub binding: &'d Binding<'d>,
    /// Of the role that it binds, where the binding says that it holds.
    pub terms: Terms<'d>,
    pub context: &'d Context,
}

/// What a rule has found: one occurrence.
#[derive(Clone, Debug)]
pub(crate) struct Evidence<'d> {
    pub severity: Severity,
    pub container: Option<FoundIn<'d>>,
    /// Which pod of the object; few kinds have more than one.
    pub pod: usize,
    /// Its number in both versions of an object that is updated.
    pub pod_number: [usize; 2],
    /// How far it reaches, among evidence of the same severity; more is worse.
    pub reach: u8,
    /// Whether Pod Security's baseline level refuses the pod for it; none for what is no pod.
    pub refused_by_baseline: Option<bool>,
    pub what: What<'d>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) enum What<'d> {
    /// A part of an object.
    Part {
        /// RFC 6901 pointer, from the object, of the smallest part whose removal ends it.
        pointer: String,
        /// What was found there, normalised.
        value: Cow<'d, str>,
        /// What makes this the same as one in the old object, where it is not the value.
        identity: Option<String>,
        /// The names of the containers that take it from their pod.
        takers: Vec<&'d str>,
        /// What it is made of. It is worse than the same in the old object by each that this had not.
        parts: Vec<String>,
        /// What an attacker gains by it; one line.
        message: Cow<'static, str>,
    },
    /// That a role gives an ability. What is told of it is put together only when it is told.
    Grant(Grant<'d>),
}

#[inline(never)] // few rules have any
fn has_all(parts: &[String], of: &[String]) -> bool {
    of.iter().all(|part| parts.contains(part))
}

/// The container in which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoundIn<'d> {
    pub place: ContainerPlace,
    /// Absent only in an object that the API server would refuse.
    pub name: Option<&'d str>,
}

/// One entry of a rule's resources, and the verbs that make it a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantPlace {
    /// RFC 6901 pointer of the entry, such as `/rules/3/resources/0`.
    pub path: String,
    /// The entry as written: `pods`, `*`, `*/exec`.
    pub resource: String,
    /// The rule's verbs that count, as written.
    pub verbs: Vec<String>,
}

impl Json for GrantPlace {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("path", &self.path),
            field("resource", &self.resource),
            field("verbs", &self.verbs),
        ]);
    }
}

impl<'d> Evidence<'d> {
    /// Evidence at a place.
    pub fn new(
        severity: Severity,
        pointer: String,
        value: impl Into<Cow<'d, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::of_part(severity, pointer, value.into(), message.into())
    }

    #[inline(never)] // one copy for all rules
    fn of_part(
        severity: Severity,
        pointer: String,
        value: Cow<'d, str>,
        message: Cow<'static, str>,
    ) -> Self {
        Self {
            severity,
            container: None,
            pod: 0,
            pod_number: [0; 2],
            reach: 0,
            refused_by_baseline: None,
            what: What::Part {
                pointer,
                value,
                identity: None,
                takers: Vec::new(),
                parts: Vec::new(),
                message,
            },
        }
    }

    /// The same, in a container.
    #[inline(never)] // nothing is gained by a copy in every rule
    pub fn within(self, container: PlacedContainer<'d, '_>) -> Self {
        let found_in = FoundIn {
            place: container.place,
            name: container.name(),
        };
        Self {
            container: Some(found_in),
            ..self
        }
    }

    /// The same, of a pod that Pod Security's baseline level refuses for it.
    pub fn refused_by_baseline(self) -> Self {
        Self {
            refused_by_baseline: Some(true),
            ..self
        }
    }

    /// The same, of a pod that Pod Security's baseline level lets pass with it.
    pub fn passed_by_baseline(self) -> Self {
        Self {
            refused_by_baseline: Some(false),
            ..self
        }
    }

    /// Says what makes it the same as one in the old object, where it is not the value.
    pub fn identify(&mut self, by: String) {
        if let What::Part { identity, .. } = &mut self.what {
            *identity = Some(by);
        }
    }

    /// Says what it is made of, where the same in the old object may be made of more or less: few,
    /// each of which is held against each.
    pub fn consists_of(&mut self, of: Vec<String>) {
        if let What::Part { parts, .. } = &mut self.what {
            *parts = of;
        }
    }

    /// The same, at another place.
    pub fn at(mut self, place: String) -> Self {
        if let What::Part { pointer, .. } = &mut self.what {
            *pointer = place;
        }
        self
    }

    /// Says which containers take it from their pod.
    pub fn is_taken_by(&mut self, names: Vec<&'d str>) {
        if let What::Part { takers, .. } = &mut self.what {
            *takers = names;
        }
    }

    /// The names of the containers that take it from their pod.
    pub fn takers(&self) -> &[&'d str] {
        match &self.what {
            What::Part { takers, .. } => takers,
            What::Grant(_) => &[],
        }
    }

    /// Adds a reason to what is told of it.
    pub fn add(&mut self, reason: &str) {
        match &mut self.what {
            What::Part { message, .. } => message.to_mut().push_str(reason),
            What::Grant(grant) => grant.add(reason),
        }
    }

    /// What to do about it, where its rule's plain case has this fix; one line.
    pub fn fix(&self, of_rule: &'static str) -> Cow<'static, str> {
        match &self.what {
            What::Part { .. } => of_rule.into(),
            What::Grant(grant) => grant.fix(of_rule),
        }
    }

    /// Whether it is one of several that are told as one.
    pub fn is_of_everything(&self) -> bool {
        matches!(&self.what, What::Grant(grant) if grant.is_of_everything())
    }

    /// What it gives beyond the same in the old object, if that is less.
    pub fn beyond(&self, old: &Self) -> Option<String> {
        match (&self.what, &old.what) {
            (What::Grant(new), What::Grant(old)) => new.beyond(old),
            _ => None,
        }
    }

    /// Where it is, for people and programs: see [`What::Part`].
    pub fn pointer(&self) -> Cow<'_, str> {
        match &self.what {
            What::Part { pointer, .. } => pointer.into(),
            What::Grant(grant) => grant.pointer().into(),
        }
    }

    /// What was found, normalised.
    pub fn value(&self) -> Cow<'_, str> {
        match &self.what {
            What::Part { value, .. } => Cow::Borrowed(value),
            What::Grant(grant) => grant.value().into(),
        }
    }

    /// What an attacker gains by it; one line.
    pub fn message(&self) -> Cow<'_, str> {
        match &self.what {
            What::Part { message, .. } => Cow::Borrowed(message),
            What::Grant(grant) => grant.message().into(),
        }
    }

    /// What makes it the same as one in the old object, besides rule and container.
    pub fn identity(&self) -> &str {
        match &self.what {
            What::Part {
                value, identity, ..
            } => identity.as_deref().unwrap_or(value),
            What::Grant(_) => "",
        }
    }

    /// Whether this gives more than the same did in the old object.
    pub fn is_worse_than(&self, old: &Self) -> bool {
        let widens = match (&self.what, &old.what) {
            (What::Grant(new), What::Grant(old)) => new.widens(old),
            (What::Part { parts: new, .. }, What::Part { parts: old, .. }) if !new.is_empty() => {
                !has_all(old, new)
            }
            _ => false,
        };
        (self.severity, self.reach) > (old.severity, old.reach) || widens
    }
}
