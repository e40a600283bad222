//! What a rule is, and the evidence it gives: plain data, and a pure function from a view.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ability::{Access, Ways};
use crate::pod::{ContainerPlace, PlacedContainer, Pod};
use crate::version::Version;

/// One of the two changes that this policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
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

/// How bad a finding is. It belongs to the evidence, not to the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// One step down; nothing is below low.
    pub(crate) fn lowered(self) -> Self {
        match self {
            Self::Low | Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
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
    Pod(fn(&Pod<'_>) -> Vec<Evidence>),
    /// In the rules of a cluster role: an ability, by all that gives it.
    Ability {
        /// What the holder of the role can do; the message begins with it.
        gain: &'static str,
        accesses: &'static [Access],
    },
    /// The object could not be read at all.
    Unreadable,
}

/// What a rule has found: one occurrence.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub severity: Severity,
    /// RFC 6901 pointer, from the object, of the smallest part whose removal ends it.
    pub pointer: String,
    pub container: Option<FoundIn>,
    /// How far it reaches, among evidence of the same severity; more is worse.
    pub reach: u8,
    /// What was found there, normalised.
    pub value: String,
    /// What makes this occurrence the same as one in the old object, where it is not the value.
    pub identity: Option<String>,
    /// What an attacker gains by it; one line.
    pub message: String,
    pub grant: Option<Grant>,
}

/// The container in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundIn {
    pub place: ContainerPlace,
    /// Absent only in an object that the API server would refuse.
    pub name: Option<String>,
}

impl FoundIn {
    pub fn new(container: PlacedContainer<'_, '_>) -> Self {
        Self {
            place: container.place,
            name: container.name().map(str::to_owned),
        }
    }
}

/// How a role gives an ability.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Every entry that contributes, in the order of the role.
    pub places: Vec<GrantPlace>,
    /// The names of the objects to which all of them together are restricted.
    pub names: Option<BTreeSet<String>>,
    /// The first version that no longer gives the ability for any of them.
    pub until: Option<Version>,
    /// The ways in which it does so, for comparison with another role.
    pub ways: Ways,
}

/// One entry of a rule's resources, and the verbs that make it a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantPlace {
    /// RFC 6901 pointer of the entry, such as `/rules/3/resources/0`.
    pub path: String,
    /// The entry as written: `pods`, `*`, `*/exec`.
    pub resource: String,
    /// The rule's verbs that count, as written.
    pub verbs: Vec<String>,
}

impl Evidence {
    /// Evidence of a pod spec as a whole.
    pub fn of_pod(pod: &Pod<'_>, part: &str, severity: Severity, message: &str) -> Self {
        Self {
            severity,
            pointer: pod.at(part),
            container: None,
            reach: 0,
            value: "true".to_owned(),
            identity: None,
            message: message.to_owned(),
            grant: None,
        }
    }

    /// Whether this gives more than the same did in the old object.
    pub fn is_worse_than(&self, old: &Self) -> bool {
        let widens = match (&self.grant, &old.grant) {
            (Some(new), Some(old)) => new.ways.widen(&old.ways),
            _ => false,
        };
        (self.severity, self.reach) > (old.severity, old.reach) || widens
    }
}
