//! Roles, held against Kubernetes' own definition: a slow and obvious evaluator that asks
//! `RuleAllows` for every request there is, and properties of roles that are made up.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "support/property.rs"]
mod property;

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use property::always;

fn findings(rules: &[Value]) -> Vec<Value> {
    let request = json!({
        "operation": "CREATE",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
        "object": {"rules": rules},
    });
    let payload = json!({"request": request}).to_string();
    let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
    answer["findings"].as_array().unwrap().clone()
}

fn texts(rule: &Value, key: &str) -> Vec<String> {
    let list = rule[key].as_array();
    let texts = list.into_iter().flatten();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// A request as the authorizer sees it.
#[derive(Clone, Copy)]
struct Request<'r> {
    verb: &'r str,
    group: &'r str,
    resource: &'r str,
    subresource: &'r str,
    name: &'r str,
}

/// `RuleAllows` and what it calls, of `pkg/apis/rbac/v1/evaluation_helpers.go`, line by line.
fn rule_allows(rule: &Value, request: Request<'_>) -> bool {
    let combined = match request.subresource {
        "" => request.resource.to_owned(),
        subresource => format!("{}/{subresource}", request.resource),
    };
    // VerbMatches
    let verb_matches = texts(rule, "verbs")
        .iter()
        .any(|verb| verb == "*" || verb == request.verb);
    // APIGroupMatches
    let group_matches = texts(rule, "apiGroups")
        .iter()
        .any(|group| group == "*" || group == request.group);
    // ResourceMatches
    let resource_matches = texts(rule, "resources").iter().any(|resource| {
        resource == "*"
            || *resource == combined
            || (!request.subresource.is_empty()
                && resource.len() == request.subresource.len() + 2
                && resource.starts_with("*/")
                && resource.ends_with(request.subresource))
    });
    // ResourceNameMatches
    let names = texts(rule, "resourceNames");
    let name_matches = names.is_empty() || names.iter().any(|name| name == request.name);
    verb_matches && group_matches && resource_matches && name_matches
}

/// How the name of an object gets into a request.
#[derive(Clone, Copy, PartialEq)]
enum Named {
    Always,
    Never,
    /// By server-side apply, for whoever may also patch the same name.
    ByApply,
}

/// What on pods gives which ability: resource, verbs, the name, abilities. By hand, from the
/// table of the reference.
const ON_PODS: &[(&str, &[&str], Named, &[&str])] = &[
    (
        "pods",
        &["create"],
        Named::ByApply,
        &["pod-create", "pod-storage", "pod-exec"],
    ),
    (
        "pods",
        &["update", "patch"],
        Named::Always,
        &["pod-modify", "pod-status", "pod-exec", "pod-delete"],
    ),
    ("pods", &["delete"], Named::Always, &["pod-delete"]),
    ("pods", &["deletecollection"], Named::Never, &["pod-delete"]),
    (
        "pods/binding",
        &["create"],
        Named::Always,
        &["pod-modify", "pod-status"],
    ),
    ("pods/eviction", &["create"], Named::Always, &["pod-delete"]),
    (
        "pods/exec",
        &["create", "get"],
        Named::Always,
        &["pod-exec"],
    ),
    (
        "pods/attach",
        &["create", "get"],
        Named::Always,
        &["pod-exec"],
    ),
    (
        "pods/portforward",
        &["create", "get"],
        Named::Always,
        &["pod-exec"],
    ),
    (
        "pods/proxy",
        &["get", "create", "update", "patch", "delete"],
        Named::Always,
        &["pod-exec"],
    ),
    (
        "pods/resize",
        &["update", "patch"],
        Named::Always,
        &["pod-modify", "pod-scale"],
    ),
    (
        "pods/status",
        &["update", "patch"],
        Named::Always,
        &["pod-status", "pod-delete"],
    ),
    (
        "pods/ephemeralcontainers",
        &["update", "patch"],
        Named::Always,
        &["pod-modify", "pod-storage", "pod-exec"],
    ),
];

/// A name that no rule has.
const ANY_OTHER: &str = "any-other";

/// The names for which a role gives each ability, by asking for every request.
fn slow(rules: &[Value]) -> BTreeMap<String, BTreeSet<&'static str>> {
    const NAMES: [&str; 4] = ["a", "b", "c", ANY_OTHER];

    let allows = |verb: &str, whole: &str, name: &str| {
        let (resource, subresource) = whole.split_once('/').unwrap_or((whole, ""));
        let request = Request {
            verb,
            group: "",
            resource,
            subresource,
            name,
        };
        rules.iter().any(|rule| rule_allows(rule, request))
    };
    let mut given: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut give = |ability: &str, name| {
        given.entry(ability.to_owned()).or_default().insert(name);
    };
    for (resource, verbs, named, abilities) in ON_PODS {
        for verb in *verbs {
            for name in NAMES {
                let is_allowed = match named {
                    Named::Always => allows(verb, resource, name),
                    Named::Never => allows(verb, resource, ""),
                    Named::ByApply => {
                        allows(verb, resource, "")
                            || (allows(verb, resource, name) && allows("patch", resource, name))
                    }
                };
                if is_allowed {
                    abilities.iter().for_each(|ability| give(ability, name));
                    // Deleted and created anew, it is what its author wants.
                    let is_created = *resource == "pods" && *verb == "create";
                    let mut all = NAMES.iter().chain([&""]);
                    let deletes = |name: &&str| {
                        allows("delete", "pods", name) || allows("deletecollection", "pods", name)
                    };
                    if is_created && all.any(deletes) {
                        give("pod-modify", name);
                    }
                }
            }
        }
    }
    given
}

/// Rules of roles about pods, and of what looks like them.
fn rule_about_pods() -> impl Strategy<Value = Value> {
    let verbs = vec![
        "get",
        "list",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "*",
        "Create",
    ];
    let groups = vec!["", "*", "apps", "metrics.k8s.io", "core"];
    let resources = vec![
        "pods",
        "pods/exec",
        "pods/attach",
        "pods/portforward",
        "pods/proxy",
        "pods/resize",
        "pods/status",
        "pods/binding",
        "pods/eviction",
        "pods/ephemeralcontainers",
        "pods/log",
        "*/exec",
        "*/resize",
        "pods/*",
        "*/*",
        "pod",
        "Pods",
        "widgets",
    ];
    let names = vec!["a", "b", "c", "*"];
    (
        subsequence(verbs, 1..4),
        subsequence(groups, 1..3),
        subsequence(resources, 1..4),
        prop_oneof![3 => Just(Vec::new()), 2 => subsequence(names, 1..3)],
    )
        .prop_map(|(verbs, groups, resources, names)| {
            json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names})
        })
}

/// Rules about everything that is known.
fn any_rule() -> impl Strategy<Value = Value> {
    let verbs = vec![
        "get",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "escalate",
        "bind",
        "impersonate",
        "*",
    ];
    let resources = vec![
        "pods",
        "deployments",
        "jobs",
        "*/scale",
        "nodes",
        "nodes/proxy",
        "persistentvolumes",
        "clusterroles",
        "serviceaccounts/token",
        "namespaces",
        "secrets",
        "users",
        "*",
    ];
    let groups = vec!["", "apps", "batch", "rbac.authorization.k8s.io", "*"];
    (
        subsequence(verbs, 1..4),
        subsequence(groups, 1..4),
        subsequence(resources, 1..5),
        prop_oneof![3 => Just(Vec::new()), 1 => subsequence(vec!["a", "b"], 1..3)],
    )
        .prop_map(|(verbs, groups, resources, names)| {
            json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names})
        })
}

/// Each ability with its severity and the names that it is restricted to.
fn abilities(rules: &[Value]) -> BTreeMap<String, (usize, Option<BTreeSet<String>>)> {
    const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

    let of = findings(rules);
    let of = of.iter().filter(|finding| finding.get("grants").is_some());
    of.map(|finding| {
        let severity = finding["severity"].as_str().unwrap();
        let severity = SEVERITIES.iter().position(|known| *known == severity);
        let names = finding["resourceNames"].as_array().map(|names| {
            let names = names.iter().map(|name| name.as_str().unwrap().to_owned());
            names.collect()
        });
        let rule = finding["rule"].as_str().unwrap().to_owned();
        (rule, (severity.unwrap(), names))
    })
    .collect()
}

/// Whether one role gives at least what another gives.
fn gives_all(rules: &[Value], others: &[Value]) -> Result<(), String> {
    let more = abilities(rules);
    for (ability, (severity, names)) in abilities(others) {
        let Some((own, own_names)) = more.get(&ability) else {
            return Err(format!("{ability} is lost"));
        };
        if *own < severity {
            return Err(format!("{ability} is milder"));
        }
        let is_lost = match (own_names, &names) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(own), Some(names)) => !names.is_subset(own),
        };
        if is_lost {
            return Err(format!("{ability} is for fewer names"));
        }
    }
    Ok(())
}

fn with(rule: &Value, key: &str, values: &[Value]) -> Value {
    let mut rule = rule.clone();
    rule[key] = json!(values);
    rule
}

#[test]
fn a_role_gives_what_rule_allows_says() {
    always(vec(rule_about_pods(), 1..4), |rules| {
        let given: BTreeMap<String, BTreeSet<String>> = abilities(&rules)
            .into_iter()
            .map(|(ability, (_, names))| {
                let mut names = names.unwrap_or_else(|| BTreeSet::from([ANY_OTHER.to_owned()]));
                // A name that no pod can have.
                names.remove("*");
                (ability, names)
            })
            .filter(|(_, names)| !names.is_empty())
            .collect();
        let expected: BTreeMap<String, BTreeSet<String>> = slow(&rules)
            .into_iter()
            .map(|(ability, names)| {
                let is_for_all = names.contains(ANY_OTHER);
                let names = if is_for_all {
                    BTreeSet::from([ANY_OTHER])
                } else {
                    names
                };
                (ability, names.into_iter().map(str::to_owned).collect())
            })
            .collect();
        prop_assert_eq!(given, expected);
        Ok(())
    });
}

#[test]
fn splitting_or_merging_rules_changes_nothing() {
    let keys = select(vec!["verbs", "apiGroups", "resources", "resourceNames"]);
    always(
        (any_rule(), keys, vec(any_rule(), 0..2)),
        |(rule, key, rest)| {
            let values = rule[key].as_array().unwrap().clone();
            prop_assume!(values.len() > 1);
            let (one, other) = values.split_at(values.len() / 2);
            let whole: Vec<Value> = rest.iter().cloned().chain([rule.clone()]).collect();
            let parts = [with(&rule, key, one), with(&rule, key, other)];
            let split: Vec<Value> = rest.into_iter().chain(parts).collect();
            prop_assert_eq!(gives_all(&whole, &split), Ok(()));
            prop_assert_eq!(gives_all(&split, &whole), Ok(()));
            Ok(())
        },
    );
}

#[test]
fn the_order_of_rules_and_entries_does_not_matter() {
    always(vec(any_rule(), 1..4), |rules| {
        let turned = |rule: &Value| {
            let mut rule = rule.clone();
            for key in ["verbs", "apiGroups", "resources", "resourceNames"] {
                rule[key].as_array_mut().unwrap().reverse();
            }
            rule
        };
        let turned: Vec<Value> = rules.iter().rev().map(turned).collect();
        prop_assert_eq!(abilities(&rules), abilities(&turned));
        Ok(())
    });
}

#[test]
fn a_wider_rule_gives_no_less() {
    let keys = select(vec!["verbs", "apiGroups", "resources"]);
    always((vec(any_rule(), 1..3), keys), |(rules, key)| {
        let mut wider = rules.clone();
        wider[0][key].as_array_mut().unwrap().push(json!("*"));
        prop_assert_eq!(gives_all(&wider, &rules), Ok(()));
        let mut for_all = rules.clone();
        for_all[0]["resourceNames"] = json!([]);
        prop_assert_eq!(gives_all(&for_all, &rules), Ok(()));
        let more: Vec<Value> = rules.iter().cloned().chain([wider[0].clone()]).collect();
        prop_assert_eq!(gives_all(&more, &rules), Ok(()));
        Ok(())
    });
}

#[test]
fn what_the_places_name_is_all_that_gives_it() {
    always(vec(any_rule(), 1..4), |rules| {
        for finding in findings(&rules) {
            let Some(grants) = finding["grants"].as_array() else {
                continue;
            };
            let mut less = rules.clone();
            for grant in grants.iter().rev() {
                let parts: Vec<&str> = grant["path"].as_str().unwrap().split('/').collect();
                let [rule, entry] = [parts[2], parts[4]].map(|part| part.parse::<usize>().unwrap());
                let entries = less[rule]["resources"].as_array_mut().unwrap();
                prop_assert!(entry < entries.len(), "{}", finding);
                entries.remove(entry);
            }
            let ability = finding["rule"].as_str().unwrap();
            prop_assert!(!abilities(&less).contains_key(ability), "{}", finding);
        }
        Ok(())
    });
}

/// What an update adds is told as new, and said; what it takes away or keeps is neither.
#[test]
fn an_update_tells_what_it_adds() {
    always((vec(any_rule(), 1..3), any_rule()), |(rules, added)| {
        let more: Vec<Value> = rules.iter().cloned().chain([added]).collect();
        let wider = gives_all(&rules, &more).is_err();
        let update = |old: &[Value], new: &[Value]| {
            let request = json!({
                "operation": "UPDATE",
                "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
                "object": {"rules": new},
                "oldObject": {"rules": old},
            });
            let payload = json!({"request": request}).to_string();
            let answer: Value =
                serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
            let findings = answer["findings"].as_array().unwrap();
            let new = findings
                .iter()
                .filter(|finding| finding["new"] == true && finding.get("grants").is_some());
            new.count()
        };
        prop_assert_eq!(update(&more, &rules), 0);
        prop_assert_eq!(update(&rules, &rules), 0);
        prop_assert!(!wider || update(&rules, &more) > 0);
        Ok(())
    });
}

/// Of what is found for a rule of the policy: where it is, what was found, what it gives and how to
/// end it.
fn told<'f>(found: &'f [Value], rule: &str) -> [&'f str; 4] {
    let finding = found
        .iter()
        .find(|finding| finding["rule"] == rule)
        .unwrap();
    ["path", "value", "message", "fix"].map(|key| finding[key].as_str().unwrap())
}

fn rule(group: &str, resource: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
}

#[test]
fn the_place_and_the_text_are_those_of_what_makes_it_as_bad_as_it_is() {
    let scale = rule("apps", "deployments/scale", &["update"]);
    let jobs = rule("batch", "jobs", &["create"]);
    let found = findings(&[scale, jobs]);
    let [path, value, message, _] = told(&found, "pod-create");
    assert_eq!(path, "/rules/1/resources/0");
    assert_eq!(value, "create jobs, update deployments/scale");
    assert!(message.contains("; by way of jobs: "), "{message}");
    let [path, _, message, _] = told(&found, "pod-scale");
    assert_eq!(path, "/rules/0/resources/0");
    assert!(message.contains("deployments/scale: "), "{message}");

    // what is on pods themselves comes first where it is as bad
    let deployments = rule("apps", "deployments", &["create"]);
    let pods = rule("", "pods", &["create"]);
    let found = findings(&[deployments, pods]);
    let [path, _, message, _] = told(&found, "pod-create");
    assert_eq!(path, "/rules/1/resources/0");
    assert!(!message.contains("by way of"), "{message}");

    // and not where it is milder
    let get = rule("", "pods/exec", &["get"]);
    let proxy = rule("", "nodes/proxy", &["get"]);
    let found = findings(&[get, proxy]);
    let [path, _, message, _] = told(&found, "pod-exec");
    assert_eq!(path, "/rules/1/resources/0");
    assert!(message.contains("; by way of nodes/proxy: "), "{message}");
}

#[test]
fn the_fix_names_what_is_in_the_role() {
    let fix = |rules: &[Value], id| told(&findings(rules), id)[3].to_owned();
    let scale = rule("apps", "deployments/scale", &["update"]);
    let jobs = rule("batch", "jobs", &["create"]);
    let rules = [scale, jobs];
    assert_eq!(
        fix(&rules, "pod-create"),
        "take `create jobs`, `update deployments/scale` out of the role"
    );
    for id in ["pod-scale", "pod-delete"] {
        let update = "take `update deployments/scale` out of the role";
        assert_eq!(fix(&rules, id), update, "{id}");
    }
    assert_eq!(
        fix(&rules, "pod-exec"),
        "take `create jobs` out of the role"
    );
    assert_eq!(
        fix(&[rule("", "pods/exec", &["create"])], "pod-exec"),
        "take `create pods/exec` out of the role; grant that for one namespace, for as long as \
         it is needed"
    );
    assert_eq!(
        fix(&[rule("apps", "deployments", &["*"])], "pod-delete"),
        "take `* deployments` out of the role, or name what is needed in place of `*`"
    );
    let everything = json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]});
    assert_eq!(
        fix(&[everything], "pod-create"),
        "name the groups, resources and verbs that are needed in place of `*`"
    );
}
