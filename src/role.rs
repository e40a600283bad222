//! The rules of a role, and what Kubernetes' RBAC authorizer makes of them. The one place that
//! knows its wildcards.

use crate::view::{Text, objects, reads, texts};

/// What of a cluster role the rules ask for.
#[derive(Debug, Default)]
pub(crate) struct Role<'a> {
    pub rules: Vec<PolicyRule<'a>>,
}

reads!(Role<'de> { "rules" => rules: objects });

/// One rule of a role. What it says of URLs grants no resources.
#[derive(Debug, Default)]
pub(crate) struct PolicyRule<'a> {
    pub verbs: Vec<Text<'a>>,
    pub api_groups: Vec<Text<'a>>,
    pub resources: Vec<Text<'a>>,
    /// The names to which the rule is restricted (`ResourceNameMatches`); empty for all. A request
    /// without a name counts as named `""`.
    pub resource_names: Vec<Text<'a>>,
}

reads!(PolicyRule<'de> {
    "verbs" => verbs: texts,
    "apiGroups" => api_groups: texts,
    "resources" => resources: texts,
    "resourceNames" => resource_names: texts,
});

/// A set of the verbs that give something, as a request may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verbs(u8);

impl Verbs {
    pub const GET: Self = Self(1);
    pub const CREATE: Self = Self(1 << 1);
    pub const UPDATE: Self = Self(1 << 2);
    pub const PATCH: Self = Self(1 << 3);
    pub const DELETE: Self = Self(1 << 4);
    pub const DELETE_COLLECTION: Self = Self(1 << 5);

    pub const NONE: Self = Self(0);
    const ALL: Self = Self(u8::MAX);

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

    fn named_by(entry: &str) -> Self {
        match entry {
            "*" => Self::ALL,
            "get" => Self::GET,
            "create" => Self::CREATE,
            "update" => Self::UPDATE,
            "patch" => Self::PATCH,
            "delete" => Self::DELETE,
            "deletecollection" => Self::DELETE_COLLECTION,
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
            Self::Exactly(name) => name == resource,
            Self::SubresourceOfAll(wanted) => resource
                .split_once('/')
                .is_some_and(|(_, subresource)| subresource == wanted),
        }
    }
}

/// Whether the rule holds for the API group (`APIGroupMatches`).
pub(crate) fn has_group(rule: &PolicyRule<'_>, group: &str) -> bool {
    let mut entries = rule.api_groups.iter().map(Text::as_str);
    entries.any(|entry| entry == "*" || entry == group)
}

/// Whether the rule holds for every verb on every resource of every group.
pub(crate) fn is_everything(rule: &PolicyRule<'_>) -> bool {
    let all = |entries: &[Text<'_>]| entries.iter().any(|entry| entry.as_str() == "*");
    all(&rule.verbs)
        && all(&rule.api_groups)
        && all(&rule.resources)
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
        assert!(has_group(&rule(&["apps", ""], &[]), ""));
        assert!(has_group(&rule(&["*"], &[]), ""));
        for group in ["core", "v1", "apps"] {
            assert!(!has_group(&rule(&[group], &[]), ""), "{group}");
        }
        assert!(!has_group(&PolicyRule::default(), ""));
    }
}
