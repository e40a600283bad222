//! The wire format of `inspect`, as far as a report reads it. Fields it does
//! not know survive where findings are printed as JSON, because those are
//! passed on as text.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What `inspect` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<'a> {
    /// The [`Request`], as text.
    #[serde(borrow)]
    pub(crate) request: &'a RawValue,
    /// An [`Origin`], as text.
    #[serde(borrow, default)]
    pub(crate) origin: Option<&'a RawValue>,
    /// Whether any rule was asked; a policy that does not tell has asked.
    #[serde(default = "yes")]
    pub(crate) judged: bool,
    /// Whether the policy lets the request pass.
    pub(crate) allowed: bool,
    /// A list of [`Finding`], as text.
    #[serde(borrow)]
    pub(crate) findings: &'a RawValue,
    /// Findings beyond those that are listed.
    #[serde(default)]
    pub(crate) omitted: u64,
    /// Of a role, a list of [`Power`], as text.
    #[serde(borrow, default)]
    pub(crate) powers: Option<&'a RawValue>,
}

fn yes() -> bool {
    true
}

/// What was asked, of which object, by whom.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub(crate) operation: Option<String>,
    /// API group of the object's kind; empty for the core group.
    pub(crate) group: Option<String>,
    /// API version of the object's kind.
    pub(crate) version: Option<String>,
    /// The object's kind.
    pub(crate) kind: Option<String>,
    /// Such as `ephemeralcontainers`.
    pub(crate) subresource: Option<String>,
    /// The object's namespace.
    pub(crate) namespace: Option<String>,
    /// The object's name; none when the API server is to make one.
    pub(crate) name: Option<String>,
    /// Who asked; none for manifests.
    pub(crate) user: Option<String>,
    /// Whether nothing was to be kept.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// Where a request comes from, beyond the user's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// A controller of Kubernetes made the object for its owner.
    Controller {
        /// The owner.
        owner: Owner,
    },
    /// A kubelet shows a pod that it runs by itself.
    Mirror {
        /// The node.
        node: String,
    },
    /// `kubectl debug node/…`.
    DebugNode {
        /// The node.
        node: String,
    },
    /// What a later policy may say.
    #[serde(other)]
    Unknown,
}

/// What owns an object.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Owner {
    /// Its kind.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
}

impl Origin {
    /// What a person calls it.
    pub(crate) fn said(&self) -> Option<String> {
        match self {
            Self::Controller { owner } => Some(format!("for {} {}", owner.kind, owner.name)),
            Self::Mirror { node } => Some(format!("mirror of what node {node} runs")),
            Self::DebugNode { node } => Some(format!("kubectl debug node/{node}")),
            Self::Unknown => None,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// What happens because of it.
    pub(crate) action: Action,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Id of the rule.
    pub(crate) rule: String,
    /// Name of the container, where there is one.
    pub(crate) container: Option<String>,
    /// RFC 6901 pointer, from the object.
    pub(crate) path: String,
    /// What was found there.
    pub(crate) value: Option<String>,
    /// What an attacker gains.
    pub(crate) message: String,
    /// What to do.
    pub(crate) fix: String,
    /// False when the object had it before the request.
    pub(crate) new: bool,
    /// Whether Pod Security's `baseline` refuses the pod for it; none for what is no pod.
    #[serde(default)]
    pub(crate) refused_by_baseline: Option<bool>,
    /// Which exemption covers it.
    pub(crate) exempted: Option<Exempted>,
    /// `indirect` where the ability comes by way of another resource.
    #[serde(default)]
    pub(crate) grant: Option<String>,
    /// All the places that grant an ability.
    #[serde(default)]
    pub(crate) grants: Vec<Grant>,
    /// The only objects that an ability covers.
    #[serde(default)]
    pub(crate) resource_names: Option<Vec<String>>,
    /// The Kubernetes version that ends an ability.
    #[serde(default)]
    pub(crate) until: Option<String>,
}

impl Finding {
    /// Where it stands in a report: what acts before what is only recorded,
    /// then by severity, then by action. The smallest comes first.
    pub(crate) fn rank(&self) -> Rank {
        Rank {
            acts: Reverse(self.action != Action::Audit),
            severity: Reverse(self.severity),
            action: Reverse(self.action),
        }
    }

    /// What it is in whatever object of a workload it stands: rule, container and value, empty
    /// where there is none.
    pub(crate) fn identity(&self) -> [&str; 3] {
        let text = |text| Option::as_deref(text).unwrap_or_default();
        [&self.rule, text(&self.container), text(&self.value)]
    }
}

/// See [`Finding::rank`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    acts: Reverse<bool>,
    severity: Reverse<Severity>,
    action: Reverse<Action>,
}

/// An exemption that covers a finding.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exempted {
    /// Its place in the settings, from 0.
    pub(crate) index: u64,
    /// The reason the settings give.
    pub(crate) reason: String,
}

/// One place that grants an ability.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// RFC 6901 pointer, from the object.
    pub(crate) path: String,
    /// The resource it names.
    pub(crate) resource: String,
    /// The verbs it grants.
    pub(crate) verbs: Vec<String>,
}

/// What a role grants that leads to more rights than it holds itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Power {
    /// Such as `escalate`.
    pub(crate) power: String,
    /// All the places that grant it.
    #[serde(default)]
    pub(crate) grants: Vec<Grant>,
    /// The only objects that it covers.
    #[serde(default)]
    pub(crate) resource_names: Option<Vec<String>>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Seldom of use to an attacker alone.
    Low,
    /// Of use together with something else.
    Medium,
    /// Likely to reach the node, or to write pods.
    High,
    /// Reaches the node, or writes all pods.
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub(crate) const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// As it is written in settings and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What happens because of a finding.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// It is recorded.
    Audit,
    /// The user is warned.
    Warn,
    /// The request is denied.
    Deny,
}

impl Action {
    /// All of them, worst first.
    pub(crate) const ALL: [Self; 3] = [Self::Deny, Self::Warn, Self::Audit];

    /// As it is written in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}
