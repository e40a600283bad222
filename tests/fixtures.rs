//! Every fixture through every rule: what is found in it is exactly what it says itself.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "../e2e-tests/expectation.rs"]
mod expectation;

#[path = "support/cluster.rs"]
mod cluster;

use std::fs;
use std::path::{Path, PathBuf};

use intake::Item;
use policy::rule::{Alert, Rule};
use policy::rules::RULES;
use serde_json::{Value, json};

/// The answer of `inspect` to a request, in the cluster of a rule's fixtures where it has one.
fn inspect_request(rule: &Rule, request: &Value) -> Value {
    let objects = fs::read_to_string(folder(rule).join("cluster.yaml")).ok();
    let settings = json!({"clusterContext": objects.is_some()});
    let objects = cluster::Objects::read(&objects.unwrap_or_default());
    let payload = json!({"request": request, "settings": settings}).to_string();
    let cluster = |operation: &str, question: &[u8]| objects.answer(operation, question);
    serde_json::from_slice(&policy::inspect_in(payload.as_bytes(), &cluster)).unwrap()
}

/// A manifest as the request that creates it.
fn request(manifest: &str) -> Value {
    let mut items = intake::read(manifest.as_bytes());
    let Some(Ok(Item::Case(case))) = items.next() else {
        panic!("no case in {manifest}")
    };
    assert!(items.next().is_none(), "more than one case in {manifest}");
    serde_json::from_str(case.request()).unwrap()
}

fn folder(rule: &Rule) -> PathBuf {
    Path::new("tests/fixtures").join(rule.id)
}

fn fixture(rule: &Rule, name: &str) -> (Vec<String>, Vec<String>) {
    let path = folder(rule).join(name);
    let manifest = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let expected = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("# expect: "))
        .filter(|row| *row != "nothing")
        .map(str::to_owned)
        .collect();
    let answer = inspect_request(rule, &request(&manifest));
    (expected, expectation::rows(&answer))
}

#[test]
fn every_rule_fires_where_its_fixture_says() {
    for rule in RULES {
        let (expected, found) = fixture(rule, "fires.yaml");
        assert_eq!(found, expected, "{}", rule.id);
        assert!(
            found.iter().any(|row| row.starts_with(rule.id)),
            "{}",
            rule.id
        );
    }
}

#[test]
fn no_rule_fires_at_a_near_miss() {
    for rule in RULES {
        let (expected, found) = fixture(rule, "near-miss.yaml");
        assert_eq!(
            expected,
            Vec::<String>::new(),
            "{}: a near miss expects nothing",
            rule.id
        );
        assert_eq!(found, expected, "{}", rule.id);
    }
}

/// An update that keeps what is found makes nothing new; one that adds it, or makes it worse, does.
#[test]
fn an_update_is_judged_by_what_it_changes() {
    for rule in RULES {
        let object = |name: &str| {
            let manifest = fs::read_to_string(folder(rule).join(name)).ok()?;
            Some(request(&manifest))
        };
        let fires = object("fires.yaml").unwrap();
        let new_ones = |old: Option<Value>| {
            let old = old?;
            let mut request = fires.clone();
            request["operation"] = json!("UPDATE");
            request["oldObject"] = old["object"].clone();
            let answer = inspect_request(rule, &request);
            let findings = answer["findings"].as_array().unwrap().clone();
            let of_rule = findings.iter().filter(|finding| finding["rule"] == rule.id);
            Some((
                of_rule
                    .clone()
                    .filter(|finding| finding["new"] == true)
                    .count(),
                of_rule.count(),
            ))
        };
        let (added, all) = new_ones(object("near-miss.yaml")).unwrap();
        assert_eq!(
            (added, all > 0),
            (all, true),
            "{}: what is added is new",
            rule.id
        );
        if rule.alert.is_some() {
            let (new, _) = new_ones(object("fires.yaml")).unwrap();
            assert_eq!(new, 0, "{}: what was there is not new", rule.id);
        }
        if let Some((worse, _)) = new_ones(object("milder.yaml")) {
            assert!(worse > 0, "{}: what got worse is new", rule.id);
        }
    }
}

#[test]
fn a_milder_case_is_found_where_its_fixture_says() {
    for rule in RULES {
        if folder(rule).join("milder.yaml").exists() {
            let (expected, found) = fixture(rule, "milder.yaml");
            assert_eq!(found, expected, "{}", rule.id);
        }
    }
}

#[test]
fn the_examples_of_every_rule_are_what_they_claim() {
    for rule in RULES {
        let whole = |example: &str| match rule.alert {
            _ if example.starts_with("apiVersion:") => example.to_owned(),
            Some(Alert::HostAccess) => format!("apiVersion: v1\nkind: Pod\n{example}"),
            Some(Alert::PodWrite) if example.starts_with("roleRef:") => {
                format!(
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n{example}"
                )
            }
            Some(Alert::PodWrite) => {
                format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n{example}")
            }
            None => example.to_owned(),
        };
        let found =
            |example: &str| expectation::rows(&inspect_request(rule, &request(&whole(example))));
        let bad = found(rule.help.bad);
        assert!(
            bad.iter().any(|row| row.starts_with(rule.id)),
            "{}: {bad:?}",
            rule.id
        );
        assert_eq!(found(rule.help.good), Vec::<String>::new(), "{}", rule.id);
    }
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    for entry in fs::read_dir("tests/fixtures").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(policy::rules::rule(&name).is_some(), "{name}");
    }
}

#[test]
fn a_path_names_what_must_go_and_no_more() {
    for rule in RULES {
        let manifest = fs::read_to_string(folder(rule).join("fires.yaml")).unwrap();
        let whole = request(&manifest);
        let object = &whole["object"];
        let findings = |object: &Value| {
            let mut request = whole.clone();
            request["object"] = object.clone();
            inspect_request(rule, &request)["findings"]
                .as_array()
                .unwrap()
                .clone()
        };
        let found = findings(object);
        for finding in &found {
            let mut less = object.clone();
            for path in paths(finding) {
                assert!(object.pointer(&path).is_some(), "{path} does not resolve");
                remove(&mut less, &path);
            }
            let left = findings(&less);
            let same = |other: &&Value| {
                other["rule"] == finding["rule"]
                    && other["container"] == finding["container"]
                    && other["value"] == finding["value"]
            };
            let before = found.iter().filter(same).count();
            assert_eq!(left.iter().filter(same).count(), before - 1, "{finding}");
        }
    }
}

/// What each fixture of a rule about pods holds, in every list of containers and in every kind.
mod everywhere {
    use super::*;

    const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

    /// Groups, kinds, and what leads to the pod or the template of one.
    const KINDS: &[(&str, &str, &str)] = &[
        ("", "Pod", ""),
        ("", "PodTemplate", "template"),
        ("", "ReplicationController", "spec template"),
        ("apps", "DaemonSet", "spec template"),
        ("apps", "Deployment", "spec template"),
        ("apps", "ReplicaSet", "spec template"),
        ("apps", "StatefulSet", "spec template"),
        ("batch", "Job", "spec template"),
        ("batch", "CronJob", "spec jobTemplate spec template"),
        ("argoproj.io", "Rollout", "spec template"),
        ("apps.kruise.io", "CloneSet", "spec template"),
        ("serving.knative.dev", "Service", "spec template"),
    ];

    /// The pods of all fixtures: metadata and spec.
    fn pods() -> Vec<(String, Value)> {
        let mut pods = Vec::new();
        for entry in RULES
            .iter()
            .filter(|rule| rule.alert == Some(Alert::HostAccess))
        {
            for name in ["fires.yaml", "milder.yaml", "near-miss.yaml"] {
                let path = Path::new("tests/fixtures").join(entry.id).join(name);
                let Ok(manifest) = fs::read_to_string(&path) else {
                    continue;
                };
                let Some(Ok(Item::Case(case))) = intake::read(manifest.as_bytes()).next() else {
                    panic!("no case in {path:?}")
                };
                let request: Value = serde_json::from_str(case.request()).unwrap();
                let kind = request["kind"]["kind"].as_str().unwrap();
                let Some((_, _, keys)) = KINDS.iter().find(|(_, known, _)| *known == kind) else {
                    continue;
                };
                let mut pod = &request["object"];
                for key in keys.split_whitespace() {
                    pod = &pod[key];
                }
                pods.push((format!("{path:?}"), pod.clone()));
            }
        }
        assert!(pods.len() > 40, "{}", pods.len());
        pods
    }

    /// `rule severity container value`, for each finding.
    fn found((group, kind, keys): &(&str, &str, &str), pod: &Value) -> Vec<String> {
        let mut object = pod.clone();
        for key in keys.split_whitespace().rev() {
            object = json!({key: object});
        }
        let kind = json!({"group": group, "version": "v1", "kind": kind});
        let request = json!({"kind": kind, "operation": "CREATE", "object": object});
        let payload = json!({"request": request}).to_string();
        let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
        let row = |finding: &Value| {
            let fields = ["rule", "severity", "container", "value"];
            fields.map(|field| finding[field].to_string()).join(" ")
        };
        let mut rows: Vec<String> = answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(row)
            .collect();
        rows.sort();
        rows
    }

    #[test]
    fn in_every_kind() {
        for (path, pod) in pods() {
            let expected = found(&KINDS[0], &pod);
            for kind in KINDS {
                assert_eq!(found(kind, &pod), expected, "{path} {kind:?}");
            }
        }
    }

    #[test]
    fn in_every_list_of_containers() {
        for (path, pod) in pods() {
            let expected = found(&KINDS[0], &pod);
            for list in LISTS {
                let mut moved = pod.clone();
                let spec = moved["spec"].as_object_mut().unwrap();
                let all = LISTS.map(|list| spec.remove(list).unwrap_or(json!([])));
                let all: Vec<Value> = all
                    .iter()
                    .flat_map(|list| list.as_array().unwrap().clone())
                    .collect();
                spec.insert(list.to_owned(), json!(all));
                assert_eq!(found(&KINDS[0], &moved), expected, "{path} {list}");
            }
        }
    }
}

/// The places of a finding, the last of an array first, so that each still holds after the others
/// are gone.
fn paths(finding: &Value) -> Vec<String> {
    let mut paths: Vec<String> = match finding.get("grants") {
        Some(grants) => grants
            .as_array()
            .unwrap()
            .iter()
            .map(|grant| grant["path"].as_str().unwrap().to_owned())
            .collect(),
        None => vec![finding["path"].as_str().unwrap().to_owned()],
    };
    paths.reverse();
    paths
}

fn remove(object: &mut Value, path: &str) {
    let (parent, key) = path
        .rsplit_once('/')
        .expect("no finding is about the whole object here");
    let key = key.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent).unwrap() {
        Value::Array(array) => drop(array.remove(key.parse().unwrap())),
        Value::Object(object) => drop(object.remove(&key).unwrap()),
        other => panic!("{other} has no parts"),
    }
}
