//! The rules of a role, and what Kubernetes' RBAC authorizer makes of them. The one place that
//! knows its wildcards.

use std::collections::BTreeSet;

use crate::selector::Selector;
use crate::text::is_same;
use crate::view::{Reader, Stop, Text, object, object_if_any, objects, reads, text, texts};

/// What of a role, of the cluster or of a namespace, the rules ask for.
#[derive(Debug, Default)]
pub(crate) struct Role<'a> {
    pub metadata: RoleMetadata<'a>,
    pub rules: Vec<PolicyRule<'a>>,
    /// Which roles' rules a controller puts in place of these; of cluster roles alone.
    pub aggregation: Option<Aggregation<'a>>,
}

reads!(Role<'de> {
    "metadata" => metadata: object,
    "rules" => rules: objects,
    "aggregationRule" => aggregation: object_if_any,
});

/// The metadata of a role.
#[derive(Debug, Default)]
pub(crate) struct RoleMetadata<'a> {
    pub name: Option<Text<'a>>,
    pub labels: AggregationLabels,
}

reads!(RoleMetadata<'de> {
    "name" => name: text,
    "labels" => labels: AggregationLabels::read,
});

/// The labels by which the rules of a role become those of another.
#[derive(Debug, Default)]
pub(crate) struct AggregationLabels {
    /// The names of the others.
    pub parents: Vec<String>,
}

impl AggregationLabels {
    /// What comes before the other's name, by Kubernetes' own convention; the value is `"true"`.
    pub const PREFIX: &'static str = "rbac.authorization.k8s.io/aggregate-to-";

    fn read(&mut self, value: &mut Reader<'_>) -> Result<(), Stop> {
        let aggregates = |key: &str| key.starts_with(Self::PREFIX);
        value.entries(aggregates, &mut |key, value| {
            let is_set = value.text()?.is_some_and(|value| value.as_str() == "true");
            let parent = key.strip_prefix(Self::PREFIX).filter(|_| is_set);
            self.parents.extend(parent.map(str::to_owned));
            Ok(())
        })
    }
}

/// Which roles are aggregated: those that any of the selectors selects.
#[derive(Debug, Default)]
pub(crate) struct Aggregation<'a> {
    pub selectors: Vec<Selector<'a>>,
}

reads!(Aggregation<'de> { "clusterRoleSelectors" => selectors: objects });

impl Aggregation<'_> {
    /// Whether `cluster-admin` is aggregated, which every cluster has. Its one label is that of all
    /// roles that the API server makes itself (`addClusterRoleLabel`).
    #[inline(never)] // it is asked for before and while a role is judged
    pub fn has_cluster_admin(&self) -> bool {
        let label = |key: &str| (key == "kubernetes.io/bootstrapping").then_some("rbac-defaults");
        let mut selectors = self.selectors.iter();
        selectors.any(|selector| selector.selects(&label))
    }
}

/// One rule of a role. What it says of URLs grants no resources.
#[derive(Debug, Default)]
pub(crate) struct PolicyRule<'a> {
    pub verbs: Vec<Text<'a>>,
    pub api_groups: Vec<Text<'a>>,
    pub resources: Vec<Text<'a>>,
    /// The names to which the rule is restricted (`ResourceNameMatches`); empty for all. A request
    /// without a name counts as named `""`.
    pub resource_names: Vec<Text<'a>>,
    pub urls: Vec<Text<'a>>,
}

reads!(PolicyRule<'de> {
    "verbs" => verbs: texts,
    "apiGroups" => api_groups: texts,
    "resources" => resources: texts,
    "resourceNames" => resource_names: texts,
    "nonResourceURLs" => urls: texts,
});

/// A set of the verbs that give something, as a request may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verbs(u16);

/// The verbs that are known, each with its place in a set.
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "escalate",
    "bind",
    "impersonate",
    "approve",
    "use",
];

impl Verbs {
    pub const GET: Self = Self(1);
    pub const LIST: Self = Self(1 << 1);
    pub const WATCH: Self = Self(1 << 2);
    pub const CREATE: Self = Self(1 << 3);
    pub const UPDATE: Self = Self(1 << 4);
    pub const PATCH: Self = Self(1 << 5);
    pub const DELETE: Self = Self(1 << 6);
    pub const DELETE_COLLECTION: Self = Self(1 << 7);
    pub const ESCALATE: Self = Self(1 << 8);
    pub const BIND: Self = Self(1 << 9);
    pub const IMPERSONATE: Self = Self(1 << 10);
    pub const APPROVE: Self = Self(1 << 11);
    pub const USE: Self = Self(1 << 12);

    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u16::MAX);

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of the known verbs that the rule holds for.
    pub fn of(rule: &PolicyRule<'_>) -> Self {
        let entries = rule.verbs.iter();
        entries.fold(Self::NONE, |verbs, entry| {
            verbs.or(Self::named_by(entry.as_str()))
        })
    }

    /// The rule's verbs that stand for one of these, as written, each once.
    pub fn as_written(self, rule: &PolicyRule<'_>) -> Vec<String> {
        let mut written: Vec<String> = Vec::new();
        for entry in rule.verbs.iter().map(Text::as_str) {
            if !Self::named_by(entry).and(self).is_empty()
                && !written.iter().any(|known| known == entry)
            {
                written.push(entry.to_owned());
            }
        }
        written
    }

    /// Each of these by itself, with its name.
    pub fn each(self) -> impl Iterator<Item = (Self, &'static str)> {
        let all = VERBS.iter().enumerate();
        all.map(|(place, name)| (Self(1 << place), *name))
            .filter(move |(verb, _)| !self.and(*verb).is_empty())
    }

    pub fn named_by(entry: &str) -> Self {
        match entry {
            "*" => Self::ALL,
            "get" => Self::GET,
            "list" => Self::LIST,
            "watch" => Self::WATCH,
            "create" => Self::CREATE,
            "update" => Self::UPDATE,
            "patch" => Self::PATCH,
            "delete" => Self::DELETE,
            "deletecollection" => Self::DELETE_COLLECTION,
            "escalate" => Self::ESCALATE,
            "bind" => Self::BIND,
            "impersonate" => Self::IMPERSONATE,
            "approve" => Self::APPROVE,
            "use" => Self::USE,
            _ => Self::NONE,
        }
    }
}

/// What an entry of a rule's resources stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'e> {
    /// `*`: every resource, with all subresources.
    All,
    /// `*/exec`: this subresource of every resource.
    SubresourceOfAll(&'e str),
    /// `pods`, `pods/exec`: itself. `pods` does not include its subresources, and `pods/*` stands
    /// for nothing.
    Exactly(&'e str),
}

// What follows is `pkg/apis/rbac/v1/evaluation_helpers.go` of Kubernetes 1.36, with `Verbs` for
// its `VerbMatches`. All comparisons are exact and case-sensitive; `*` means all only as a whole
// entry.

impl<'e> Entry<'e> {
    pub fn of(entry: &'e str) -> Self {
        match entry.strip_prefix('*') {
            Some("") => Self::All,
            Some(rest) => match rest.strip_prefix('/') {
                Some(subresource) => Self::SubresourceOfAll(subresource),
                None => Self::Exactly(entry),
            },
            None => Self::Exactly(entry),
        }
    }

    /// Whether it stands for a resource, such as `pods` or `pods/exec` (`ResourceMatches`).
    pub fn matches(self, resource: &str) -> bool {
        match self {
            Self::All => true,
            Self::Exactly(name) => is_same(name, resource),
            Self::SubresourceOfAll(wanted) => resource
                .split_once('/')
                .is_some_and(|(_, subresource)| subresource == wanted),
        }
    }
}

/// The API groups that a rule holds for (`APIGroupMatches`).
#[derive(Debug)]
pub(crate) enum Groups<'r> {
    All,
    Few(&'r [Text<'r>]),
    /// More than Kubernetes has: looked up, since each is asked for with every resource.
    Many(BTreeSet<&'r str>),
}

impl<'r> Groups<'r> {
    pub fn of(rule: &'r PolicyRule<'r>) -> Self {
        const FEW: usize = 32;

        let groups = rule.api_groups.as_slice();
        if has_wildcard(groups) {
            Self::All
        } else if groups.len() <= FEW {
            Self::Few(groups)
        } else {
            let mut many = BTreeSet::new();
            many.extend(groups.iter().map(Text::as_str));
            Self::Many(many)
        }
    }

    pub fn has(&self, group: &str) -> bool {
        match self {
            Self::All => true,
            Self::Few(groups) => groups.iter().any(|known| is_same(known.as_str(), group)),
            Self::Many(groups) => groups.contains(group),
        }
    }
}

fn has_wildcard(entries: &[Text<'_>]) -> bool {
    entries.iter().any(|entry| entry.as_str() == "*")
}

/// Whether the rule grants any of the verbs on a resource, on whatever names (`RuleAllows`).
pub(crate) fn grants(rule: &PolicyRule<'_>, verbs: Verbs, group: &str, resource: &str) -> bool {
    let mut entries = rule.resources.iter().map(Text::as_str);
    !Verbs::of(rule).and(verbs).is_empty()
        && Groups::of(rule).has(group)
        && entries.any(|entry| Entry::of(entry).matches(resource))
}

/// Whether the rule holds for every verb on every resource of every group.
pub(crate) fn is_everything(rule: &PolicyRule<'_>) -> bool {
    has_wildcard(&rule.verbs)
        && has_wildcard(&rule.api_groups)
        && has_wildcard(&rule.resources)
        && rule.resource_names.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As tried against a kube-apiserver 1.36, and as `ResourceMatches` says.
    #[test]
    fn an_entry_stands_for_what_the_authorizer_says() {
        for (entry, pods, exec) in [
            ("*", true, true),
            ("pods", true, false),
            ("pods/exec", false, true),
            ("*/exec", false, true),
            ("pods/*", false, false),
            ("*/*", false, false),
            ("pod", false, false),
            ("Pods", false, false),
            ("po", false, false),
            ("pods/", false, false),
            ("/exec", false, false),
            ("exec", false, false),
            ("pods/exec/web-0", false, false),
            ("*/ex", false, false),
            ("**", false, false),
            ("", false, false),
        ] {
            assert_eq!(Entry::of(entry).matches("pods"), pods, "{entry}");
            assert_eq!(Entry::of(entry).matches("pods/exec"), exec, "{entry}");
        }
    }

    fn rule<'a>(groups: &[&'a str], verbs: &[&'a str]) -> PolicyRule<'a> {
        let texts = |texts: &[&'a str]| texts.iter().copied().map(Text::from).collect();
        PolicyRule {
            api_groups: texts(groups),
            verbs: texts(verbs),
            ..PolicyRule::default()
        }
    }

    #[test]
    fn verbs_and_groups_are_exact_or_all() {
        let has_create =
            |verbs: &[&str]| !Verbs::of(&rule(&[], verbs)).and(Verbs::CREATE).is_empty();
        assert!(has_create(&["get", "*"]));
        assert!(has_create(&["create"]));
        for verb in ["Create", "creat*", "", "create ", "get"] {
            assert!(!has_create(&[verb]), "{verb}");
        }
        let has_core = |groups: &[&str]| Groups::of(&rule(groups, &[])).has("");
        assert!(has_core(&["apps", ""]));
        assert!(has_core(&["*"]));
        for group in ["core", "v1", "apps"] {
            assert!(!has_core(&[group]), "{group}");
        }
        assert!(!has_core(&[]));
        let mut many = vec!["apps"; 100];
        assert!(!has_core(&many));
        many.push("");
        assert!(has_core(&many));
    }
}
