//! The rules of a role, and what Kubernetes' RBAC authorizer makes of them. The one place that
//! knows its wildcards.

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::de::MapAccess;

use crate::leaf::leaf;
use crate::view::View;

/// What of a cluster role the rules ask for.
#[derive(Debug, Default)]
pub(crate) struct Role {
    pub rules: Vec<PolicyRule>,
}

impl<'de> View<'de> for Role {
    const FIELDS: &'static [&'static str] = &["rules"];

    fn read<A: MapAccess<'de>>(&mut self, _: usize, map: &mut A) -> Result<(), A::Error> {
        self.rules = leaf(map)?.unwrap_or_default();
        Ok(())
    }
}

/// What a request asks for, without verb and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub group: &'static str,
    pub name: &'static str,
    /// `""` for the resource itself.
    pub subresource: &'static str,
}

// The four functions below follow `pkg/apis/rbac/v1/evaluation_helpers.go` of Kubernetes 1.36.
// All comparisons are exact and case-sensitive; `*` means all only as a whole entry.

/// Whether the rule holds for the verb (`VerbMatches`).
pub(crate) fn has_verb(rule: &PolicyRule, verb: &str) -> bool {
    rule.verbs.iter().any(|entry| entry == "*" || entry == verb)
}

/// Whether the rule holds for the API group (`APIGroupMatches`).
pub(crate) fn has_group(rule: &PolicyRule, group: &str) -> bool {
    entries(&rule.api_groups)
        .iter()
        .any(|entry| entry == "*" || entry == group)
}

/// Whether one entry of a rule's resources stands for the resource (`ResourceMatches`): `*` for
/// everything with all subresources, `pods/exec` for itself, `*/exec` for that subresource of
/// every resource. `pods` does not include its subresources, and `pods/*` stands for nothing.
pub(crate) fn entry_matches(entry: &str, resource: Resource) -> bool {
    if entry == "*" {
        return true;
    }
    match (entry.split_once('/'), resource.subresource) {
        (None, "") => entry == resource.name,
        (None, _) | (Some(_), "") => false,
        (Some((name, subresource)), wanted) => {
            (name == "*" || name == resource.name) && subresource == wanted
        }
    }
}

/// The names to which the rule is restricted (`ResourceNameMatches`); empty for all. A request
/// without a name counts as named `""`.
pub(crate) fn names(rule: &PolicyRule) -> &[String] {
    entries(&rule.resource_names)
}

/// The rule's entries for resources, in order.
pub(crate) fn resources(rule: &PolicyRule) -> &[String] {
    entries(&rule.resources)
}

/// Whether the rule holds for every verb on every resource of every group.
pub(crate) fn is_everything(rule: &PolicyRule) -> bool {
    let all = |entries: &[String]| entries.iter().any(|entry| entry == "*");
    all(&rule.verbs)
        && all(entries(&rule.api_groups))
        && all(resources(rule))
        && names(rule).is_empty()
}

fn entries(list: &Option<Vec<String>>) -> &[String] {
    list.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: Resource = Resource {
        group: "",
        name: "pods",
        subresource: "",
    };
    const EXEC: Resource = Resource {
        group: "",
        name: "pods",
        subresource: "exec",
    };

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
            assert_eq!(entry_matches(entry, PODS), pods, "{entry}");
            assert_eq!(entry_matches(entry, EXEC), exec, "{entry}");
        }
    }

    fn rule(groups: &[&str], verbs: &[&str]) -> PolicyRule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            api_groups: Some(owned(groups)),
            verbs: owned(verbs),
            ..PolicyRule::default()
        }
    }

    #[test]
    fn verbs_and_groups_are_exact_or_all() {
        assert!(has_verb(&rule(&[], &["get", "*"]), "create"));
        assert!(has_verb(&rule(&[], &["create"]), "create"));
        for verb in ["Create", "creat*", "", "create "] {
            assert!(!has_verb(&rule(&[], &[verb]), "create"), "{verb}");
        }
        assert!(has_group(&rule(&["apps", ""], &[]), ""));
        assert!(has_group(&rule(&["*"], &[]), ""));
        for group in ["core", "v1", "apps"] {
            assert!(!has_group(&rule(&[group], &[]), ""), "{group}");
        }
        assert!(!has_group(&PolicyRule::default(), ""));
    }
}
