//! The rules that a role has in effect: its own, and those that aggregation collects.
//!
//! In a live cluster the controller has written the collected rules into the role already, in
//! manifests they are still to come. Both give the same here, and each rule says where it is from.
//!
//! Source: Kubernetes `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::objects::{Role, RoleKind, RoleName};

/// A rule in effect.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) rule: Value,
    /// The cluster role that it is collected from; none where it is the role's own.
    pub(super) from: Option<String>,
}

/// The rules of a role, or none where they are not written as a list.
pub(super) fn effective(
    name: &RoleName,
    role: &Role,
    roles: &BTreeMap<RoleName, Role>,
) -> Option<Vec<Rule>> {
    if role.aggregates.is_none() {
        let own = role.object.get("rules").unwrap_or(&Value::Null);
        let own = match own {
            Value::Null => &[][..],
            own => own.as_array()?,
        };
        let own = own.iter().map(|rule| Rule {
            rule: rule.clone(),
            from: None,
        });
        return Some(own.collect());
    }
    let collected = collected(name, role, roles);
    // a role that collects itself repeats what others have: those are named first
    let sources = collected
        .iter()
        .filter(|(_, role)| role.aggregates.is_none())
        .chain(
            collected
                .iter()
                .filter(|(_, role)| role.aggregates.is_some()),
        );
    let mut known: BTreeMap<String, (usize, &RoleName, &Value)> = BTreeMap::new();
    for (source, role) in sources {
        for rule in own(role) {
            let order = known.len();
            known
                .entry(rule.to_string())
                .or_insert((order, source, rule));
        }
    }
    // those that the role has already stand first, so that a path is the same as in the cluster
    let mut rules: Vec<Rule> = own(role)
        .map(|rule| Rule {
            rule: rule.clone(),
            from: known
                .remove(&rule.to_string())
                .map(|(_, source, _)| source.name.clone()),
        })
        .collect();
    let mut missing: Vec<_> = known.into_values().collect();
    missing.sort_by_key(|(order, ..)| *order);
    rules.extend(missing.into_iter().map(|(_, source, rule)| Rule {
        rule: rule.clone(),
        from: Some(source.name.clone()),
    }));
    Some(rules)
}

fn own(role: &Role) -> impl Iterator<Item = &Value> {
    let rules = role.object.get("rules").and_then(Value::as_array);
    rules.into_iter().flatten()
}

/// The cluster roles that a role collects from, and those that these collect from, by name.
fn collected<'a>(
    name: &RoleName,
    role: &'a Role,
    roles: &'a BTreeMap<RoleName, Role>,
) -> Vec<(&'a RoleName, &'a Role)> {
    let mut found: BTreeSet<&RoleName> = BTreeSet::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        let selectors = role.aggregates.as_deref().unwrap_or_default();
        if selectors.is_empty() {
            continue;
        }
        for (other, of) in roles {
            let selected = other.kind == RoleKind::ClusterRole
                && other != name
                && selectors.iter().any(|selector| {
                    selector.matches(|label| of.labels.get(label).map(String::as_str))
                });
            if selected && found.insert(other) {
                open.push(of);
            }
        }
    }
    let found = found.into_iter();
    found.filter_map(|name| roles.get_key_value(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::effective;
    use crate::rbac::objects::Rbac;
    use serde_json::{Value, json};

    /// The effective rules of the cluster role `name`, as `verb from source`.
    fn rules(objects: &[Value], name: &str) -> Vec<String> {
        let rbac = Rbac::of(objects);
        let (name, role) = rbac.roles.iter().find(|(it, _)| it.name == name).unwrap();
        let rules = effective(name, role, &rbac.roles).unwrap();
        let said = rules.iter().map(|rule| {
            let verb = rule.rule["verbs"][0].as_str().unwrap();
            let from = rule.from.as_deref().unwrap_or("itself");
            format!("{verb} from {from}")
        });
        said.collect()
    }

    fn role(name: &str, label: &str, verbs: &[&str]) -> Value {
        let rules: Vec<Value> = verbs.iter().map(|verb| json!({"verbs": [verb]})).collect();
        json!({"kind": "ClusterRole", "metadata": {"name": name, "labels": {label: "true"}},
            "rules": rules})
    }

    fn collecting(name: &str, label: &str, of: &[&str], verbs: &[&str]) -> Value {
        let mut role = role(name, label, verbs);
        let selectors = of.iter().map(|of| json!({"matchLabels": {*of: "true"}}));
        role["aggregationRule"] = json!({"clusterRoleSelectors": selectors.collect::<Vec<_>>()});
        role
    }

    #[test]
    fn a_role_has_its_own_rules() {
        let roles = [
            role("a", "to-b", &["get", "list"]),
            role("c", "x", &["watch"]),
        ];
        assert_eq!(rules(&roles, "a"), ["get from itself", "list from itself"]);
    }

    #[test]
    fn a_manifest_collects_through_other_roles() {
        let mut admin = collecting("admin", "x", &["to-admin"], &[]);
        admin["rules"] = Value::Null;
        let roles = [
            admin,
            collecting("edit", "to-admin", &["to-edit", "to-more"], &[]),
            role("one", "to-edit", &["create", "get"]),
            role("two", "to-more", &["get", "delete"]),
            role("three", "to-view", &["list"]),
        ];
        let expected = ["create from one", "get from one", "delete from two"];
        assert_eq!(rules(&roles, "admin"), expected);
        assert_eq!(rules(&roles, "edit"), expected);
    }

    #[test]
    fn a_live_role_keeps_the_places_of_its_rules() {
        let live = ["list", "create", "get"];
        let roles = [
            collecting("admin", "x", &["to-admin"], &live),
            collecting("edit", "to-admin", &["to-edit"], &["create", "get"]),
            role("one", "to-edit", &["get", "create"]),
            role("late", "to-edit", &["delete"]),
        ];
        let expected = [
            "list from itself",
            "create from one",
            "get from one",
            "delete from late",
        ];
        assert_eq!(rules(&roles, "admin"), expected);
    }

    #[test]
    fn roles_that_collect_each_other_end() {
        let roles = [
            collecting("a", "to-b", &["to-a"], &["get"]),
            collecting("b", "to-a", &["to-b"], &["list"]),
        ];
        assert_eq!(rules(&roles, "a"), ["get from itself", "list from b"]);
    }

    #[test]
    fn a_selector_without_labels_collects_all() {
        let mut all = role("all", "x", &[]);
        all["aggregationRule"] = json!({"clusterRoleSelectors": [{}]});
        let none = collecting("none", "x", &[], &[]);
        let roles = [all, none, role("one", "y", &["get"])];
        assert_eq!(rules(&roles, "all"), ["get from one"]);
        assert!(rules(&roles, "none").is_empty());
    }

    #[test]
    fn rules_that_are_no_list_are_left_to_the_policy() {
        let mut odd = role("odd", "x", &[]);
        odd["rules"] = json!("all");
        let rbac = Rbac::of(&[odd]);
        let (name, role) = rbac.roles.iter().next().unwrap();
        assert_eq!(effective(name, role, &rbac.roles), None);
    }
}
