//! The design's invariants, over the recorded requests, the fixtures and what is made of them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value, json};

/// Every recorded request.
fn recorded() -> Vec<Value> {
    let mut requests = Vec::new();
    for file in ["everyday", "host-access", "pod-write", "updates"] {
        let reviews = fs::read_to_string(format!("e2e-tests/recordings/{file}.jsonl")).unwrap();
        for review in reviews.lines() {
            requests.push(serde_json::from_str::<Value>(review).unwrap()["request"].take());
        }
    }
    requests
}

fn payload(request: &Value) -> Vec<u8> {
    serde_json::to_vec(&json!({"request": request, "settings": {}})).unwrap()
}

fn inspect(payload: &[u8]) -> Value {
    let answer = serde_json::from_slice(&policy::inspect(payload));
    answer.unwrap_or_else(|error| panic!("no well-formed answer: {error}"))
}

fn findings(request: &Value) -> Vec<Value> {
    inspect(&payload(request))["findings"]
        .as_array()
        .unwrap()
        .clone()
}

/// Invariant 1: whatever the bytes, a well-formed answer, and nothing unreadable passes.
mod fails_closed {
    use super::*;

    #[track_caller]
    fn assert_well_formed(payload: &[u8]) -> Value {
        let answer = inspect(payload);
        let response: Value = serde_json::from_slice(&policy::validate(payload)).unwrap();
        assert_eq!(response, answer["response"]);
        let accepted = response["accepted"].as_bool().unwrap();
        assert_eq!(answer["allowed"], accepted);
        match response["code"].as_u64() {
            None => assert!(accepted),
            Some(code) => assert!([400, 403, 422].contains(&code) && !accepted, "{response}"),
        }
        answer
    }

    #[test]
    fn a_payload_that_ends_too_early_is_refused() {
        let request = recorded()
            .into_iter()
            .min_by_key(|request| payload(request).len())
            .unwrap();
        let payload = payload(&request);
        for length in 0..payload.len() {
            let answer = assert_well_formed(&payload[..length]);
            assert_eq!(answer["response"]["code"], 400, "{length}");
            assert_eq!(answer["findings"][0]["rule"], "unreadable", "{length}");
        }
    }

    /// Whatever stands in the place of any one value: either no rule reads it, and the findings of
    /// the rest are as before, or the object is unreadable there.
    #[test]
    fn a_value_of_the_wrong_type_is_unreadable_or_beside_the_point() {
        let request = json!({
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "operation": "CREATE",
            "object": {"metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {"replicas": 1, "template": {"spec": {
                "hostPID": true, "serviceAccountName": "a",
                "containers": [{"name": "a", "image": "i", "env": [{"name": "E", "value": "v"}],
                    "volumeMounts": [{"name": "v", "readOnly": true, "mountPath": "/v"}],
                    "securityContext": {"privileged": false, "capabilities": {"add": ["BPF"], "drop": ["ALL"]}}}],
                "initContainers": [{"name": "b"}], "ephemeralContainers": [{"name": "c"}],
                "volumes": [{"name": "v", "hostPath": {"path": "/etc", "type": "Directory"}}],
            }}}},
        });
        let mut unreadable = BTreeSet::new();
        for pointer in pointers(&request["object"]) {
            for wrong in [
                json!(null),
                json!(true),
                json!(-1.5),
                json!("x"),
                json!([[7]]),
                json!({"x": {"y": 1}}),
            ] {
                let mut request = request.clone();
                let place = request["object"].pointer_mut(&pointer).unwrap();
                if kind(place) == kind(&wrong) {
                    continue;
                }
                *place = wrong.clone();
                let answer = assert_well_formed(&payload(&request));
                let first = &answer["findings"][0];
                if first["rule"] == "unreadable" {
                    assert_eq!(answer["response"]["code"], 422);
                    let path = first["path"].as_str().unwrap();
                    assert!(path.starts_with(&pointer), "{pointer} = {wrong}: {first}");
                    let value = request["object"].pointer(path).expect("it resolves");
                    let expected = match path.is_empty() && value.is_null() {
                        true => "cannot be judged: the request holds no object".to_owned(),
                        false => format!("cannot be judged: {}, expected a", found(value)),
                    };
                    let message = first["message"].as_str().unwrap();
                    assert!(message.starts_with(&expected), "{pointer}: {message}");
                    unreadable.insert(pointer.clone());
                }
            }
        }
        for read in [
            "",
            "/spec",
            "/spec/template",
            "/spec/template/spec",
            "/spec/template/spec/hostPID",
            "/spec/template/spec/containers",
            "/spec/template/spec/containers/0",
            "/spec/template/spec/containers/0/name",
            "/spec/template/spec/containers/0/securityContext",
            "/spec/template/spec/containers/0/securityContext/privileged",
            "/spec/template/spec/containers/0/securityContext/capabilities/add/0",
            "/spec/template/spec/containers/0/volumeMounts/0/readOnly",
            "/spec/template/spec/volumes/0/hostPath/path",
            "/spec/template/spec/serviceAccountName",
        ] {
            assert!(
                unreadable.contains(read),
                "{read} is read, and may be anything"
            );
        }
        for skipped in [
            "/metadata/labels/a",
            "/spec/replicas",
            "/spec/template/spec/containers/0/env/0/value",
        ] {
            assert!(
                !unreadable.contains(skipped),
                "{skipped} is read by no rule"
            );
        }
    }

    fn found(value: &Value) -> &'static str {
        match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    fn kind(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Number(_) => 2,
            Value::String(_) => 3,
            Value::Array(_) => 4,
            Value::Object(_) => 5,
        }
    }

    /// The pointer of the value, and of everything in it.
    fn pointers(value: &Value) -> Vec<String> {
        let members: Vec<(String, &Value)> = match value {
            Value::Array(values) => values
                .iter()
                .enumerate()
                .map(|(index, value)| (index.to_string(), value))
                .collect(),
            Value::Object(values) => values
                .iter()
                .map(|(key, value)| (key.clone(), value))
                .collect(),
            _ => Vec::new(),
        };
        let below = |(key, value): (String, &Value)| {
            pointers(value)
                .into_iter()
                .map(move |pointer| format!("/{key}{pointer}"))
                .collect::<Vec<_>>()
        };
        [String::new()]
            .into_iter()
            .chain(members.into_iter().flat_map(below))
            .collect()
    }

    #[test]
    fn the_payload_appears_in_no_reason() {
        for secret in [json!("hunter2"), json!({"hunter2": 1}), json!(["hunter2"])] {
            let request = json!({"kind": {"kind": "Pod"}, "object": {"spec": {"hostPID": secret, "containers": secret}}});
            let answer = String::from_utf8(policy::inspect(&payload(&request))).unwrap();
            assert!(
                answer.contains("unreadable") && !answer.contains("hunter2"),
                "{answer}"
            );
        }
    }

    #[test]
    fn depth_in_a_part_that_is_skipped_does_no_harm() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        let skipped = format!(
            r#"{{"request":{{"kind":{{"kind":"Pod"}},"object":{{"status":{},"spec":{{"hostPID":true}}}}}}}}"#,
            deep("")
        );
        let answer = assert_well_formed(skipped.as_bytes());
        assert_eq!(answer["findings"][0]["rule"], "host-pid");
        let read = format!(
            r#"{{"request":{{"kind":{{"kind":"Pod"}},"object":{{"spec":{{"containers":{}}}}}}}}}"#,
            deep("")
        );
        let answer = assert_well_formed(read.as_bytes());
        assert_eq!(answer["findings"][0]["path"], "/spec/containers/0");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_where_they_are_read() {
        let payload = |name: &[u8]| {
            [
                br#"{"request":{"kind":{"kind":"Pod"},"object":{"spec":{"containers":[{"name":""#,
                name,
                br#""}]}}}}"#,
            ]
            .concat()
        };
        let answer = assert_well_formed(&payload(b"\xff\xfe"));
        assert_eq!(answer["findings"][0]["rule"], "unreadable");
        assert_eq!(assert_well_formed(&payload(b"web"))["findings"], json!([]));
    }

    #[test]
    fn numbers_of_any_size_are_judged_or_refused() {
        for (number, count) in [
            ("1e400", 1),
            ("99999999999999999999", 1),
            ("-9223372036854775808", 1),
            ("80", 1),
            ("0", 0),
        ] {
            let payload = format!(
                r#"{{"request":{{"kind":{{"kind":"Pod"}},"object":{{"metadata":{{"generation":1e999999}},"spec":{{"containers":[{{"ports":[{{"hostPort":{number}}}]}}]}}}}}}}}"#
            );
            let answer = assert_well_formed(payload.as_bytes());
            assert_eq!(
                answer["findings"].as_array().unwrap().len(),
                count,
                "{number}"
            );
        }
    }

    #[test]
    fn null_everywhere_is_nothing_anywhere() {
        for object in [
            json!({"spec": null}),
            json!({"spec": {"containers": null, "volumes": null, "hostPID": null, "serviceAccountName": null}}),
            json!({"spec": {"containers": [null], "volumes": [null]}}),
            json!({"spec": {"containers": [{"name": null, "securityContext": null, "volumeMounts": [null]}], "volumes": [{"name": null, "hostPath": null}]}}),
        ] {
            let request = json!({"kind": {"kind": "Pod"}, "operation": "CREATE", "object": object});
            assert_eq!(
                assert_well_formed(&payload(&request))["findings"],
                json!([]),
                "{request}"
            );
        }
        let request = json!({"kind": {"kind": "Pod"}, "operation": "CREATE", "object": null});
        assert_eq!(
            assert_well_formed(&payload(&request))["response"]["code"],
            422
        );
    }

    /// An old object that cannot be read excuses nothing.
    #[test]
    fn what_cannot_be_compared_is_new() {
        let request = json!({"kind": {"kind": "Pod"}, "operation": "UPDATE",
            "object": {"spec": {"hostPID": true}}, "oldObject": {"spec": {"hostPID": true, "volumes": 7}}});
        assert_eq!(
            assert_well_formed(&payload(&request))["findings"][0]["new"],
            true
        );
        let same = json!({"kind": {"kind": "Pod"}, "operation": "UPDATE",
            "object": {"spec": {"hostPID": 1}}, "oldObject": {"spec": {"hostPID": 1}}});
        assert_eq!(assert_well_formed(&payload(&same))["response"]["code"], 422);
    }
}

/// Invariant 2, first half: every path resolves. (The second is in `fixtures.rs`.)
#[test]
fn every_path_resolves_in_the_object() {
    let mut count = 0;
    for request in recorded() {
        for finding in findings(&request) {
            let grants = finding["grants"].as_array().cloned().unwrap_or_default();
            let paths = grants
                .iter()
                .map(|grant| &grant["path"])
                .chain([&finding["path"]]);
            for path in paths {
                assert!(
                    request["object"].pointer(path.as_str().unwrap()).is_some(),
                    "{path} {request}"
                );
                count += 1;
            }
        }
    }
    assert!(count > 100);
}

/// What is said to people acts on no terminal and breaks no line, whatever the object has in it: a
/// client is not shown a warning that does.
#[test]
fn no_text_of_an_object_gets_out_as_it_is() {
    fn texts<'v>(value: &'v mut Value, all: &mut Vec<&'v mut String>) {
        match value {
            Value::String(text) => all.push(text),
            Value::Array(values) => values.iter_mut().for_each(|value| texts(value, all)),
            Value::Object(members) => members.values_mut().for_each(|value| texts(value, all)),
            _ => {}
        }
    }
    let mut count = 0;
    for folder in fs::read_dir("tests/fixtures").unwrap() {
        let fires = folder.unwrap().path().join("fires.yaml");
        let manifest = fs::read(fires).unwrap();
        let Some(Ok(intake::Item::Case(case))) = intake::read(manifest.as_slice()).next() else {
            panic!("no case")
        };
        let request: Value = serde_json::from_str(case.request()).unwrap();
        let mut copy = request.clone();
        let mut all = Vec::new();
        texts(&mut copy["object"], &mut all);
        for place in 0..all.len() {
            let mut request = request.clone();
            let mut all = Vec::new();
            texts(&mut request["object"], &mut all);
            all[place].push_str("\u{1b}[2J\n\u{202e}");
            let answer = inspect(&payload(&request));
            let warnings = answer["response"]["warnings"]
                .as_array()
                .into_iter()
                .flatten();
            let findings = answer["findings"].as_array().unwrap().iter();
            let messages = findings.map(|finding| &finding["message"]);
            let reason = &answer["response"]["message"];
            for said in messages.chain(warnings).chain([reason]) {
                let said = said.as_str().unwrap_or_default();
                let is_bad = |it: char| it.is_control() || it == '\u{202e}';
                assert!(!said.contains(is_bad), "{said:?} {request}");
                count += 1;
            }
        }
    }
    assert!(count > 1_000);
}

/// Invariant 3: the same pod spec gives the same findings in every kind that can carry it, and in
/// every list of containers.
mod same_everywhere {
    use super::*;

    const KINDS: &[(&str, &str, &str)] = &[
        ("", "Pod", "/spec"),
        ("", "PodTemplate", "/template/spec"),
        ("", "ReplicationController", "/spec/template/spec"),
        ("apps", "DaemonSet", "/spec/template/spec"),
        ("apps", "Deployment", "/spec/template/spec"),
        ("apps", "ReplicaSet", "/spec/template/spec"),
        ("apps", "StatefulSet", "/spec/template/spec"),
        ("batch", "CronJob", "/spec/jobTemplate/spec/template/spec"),
        ("batch", "Job", "/spec/template/spec"),
    ];

    /// The findings of a spec in a kind, their paths from the spec.
    fn findings_in((group, kind, pointer): (&str, &str, &str), spec: &Value) -> Vec<Value> {
        let mut object = spec.clone();
        for key in pointer.rsplit('/').filter(|key| !key.is_empty()) {
            object = Value::Object(Map::from_iter([(key.to_owned(), object)]));
        }
        let request = json!({"kind": {"group": group, "version": "v1", "kind": kind}, "operation": "CREATE", "object": object});
        let mut findings = findings(&request);
        for finding in &mut findings {
            let path = finding["path"]
                .as_str()
                .unwrap()
                .strip_prefix(pointer)
                .unwrap()
                .to_owned();
            finding["path"] = json!(path);
        }
        findings
    }

    fn specs() -> Vec<Value> {
        let specs: Vec<Value> = recorded()
            .iter()
            .filter_map(|request| {
                let kind = request["kind"]["kind"].as_str().unwrap();
                let (_, _, pointer) = KINDS.iter().find(|(_, known, _)| *known == kind)?;
                request["object"].pointer(pointer).cloned()
            })
            .collect();
        assert!(specs.len() > 50);
        specs
    }

    #[test]
    fn in_every_kind() {
        for spec in specs() {
            let expected = findings_in(KINDS[0], &spec);
            for kind in KINDS {
                assert_eq!(findings_in(*kind, &spec), expected, "{kind:?}");
            }
        }
    }

    #[test]
    fn in_every_list_of_containers() {
        const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
        for spec in specs() {
            let only = |list: &str| {
                let mut only = spec.clone();
                let containers = only["containers"].take();
                for other in LISTS {
                    only.as_object_mut().unwrap().remove(other);
                }
                only[list] = containers;
                let mut findings = findings_in(KINDS[0], &only);
                for finding in &mut findings {
                    finding["path"] =
                        json!(finding["path"].as_str().unwrap().replace(list, "LIST"));
                }
                findings
            };
            let expected = only(LISTS[0]);
            assert_eq!(only(LISTS[1]), expected);
            assert_eq!(only(LISTS[2]), expected);
        }
    }
}

/// Invariant 4: the output is a function of the input, and the order of keys is no part of it.
#[test]
fn the_same_payload_gets_the_same_answer() {
    fn reversed(value: &Value) -> String {
        match value {
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(reversed).collect();
                format!("[{}]", values.join(","))
            }
            Value::Object(values) => {
                let entries: Vec<String> = values
                    .iter()
                    .rev()
                    .map(|(key, value)| format!("{}:{}", json!(key), reversed(value)))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
            other => other.to_string(),
        }
    }

    for request in recorded() {
        let payload = json!({"request": request, "settings": {}});
        let answer = policy::inspect(&serde_json::to_vec(&payload).unwrap());
        assert_eq!(
            answer,
            policy::inspect(&serde_json::to_vec(&payload).unwrap())
        );
        assert_eq!(answer, policy::inspect(reversed(&payload).as_bytes()));
    }
}

/// Invariant 9: twice the object, about twice the work. Counted, not timed: the answer stays
/// bounded, and a case that would take for ever if anything were quadratic ends.
#[test]
fn many_findings_in_one_object_are_counted() {
    let volumes: Vec<Value> = (0..50_000)
        .map(|index| json!({"name": format!("v{index}"), "hostPath": {"path": format!("/srv/{index}")}}))
        .collect();
    let request = json!({"kind": {"kind": "Pod"}, "operation": "UPDATE",
        "object": {"spec": {"volumes": volumes}}, "oldObject": {"spec": {"volumes": volumes}}});
    let answer = inspect(&payload(&request));
    assert_eq!(answer["findings"].as_array().unwrap().len(), 256);
    assert_eq!(answer["omitted"], 50_000 - 256);
    assert_eq!(answer["findings"][0]["new"], false);

    let mounted: Vec<Value> = (0..50_000)
        .map(|index| json!({"name": format!("v{index}"), "readOnly": true}))
        .collect();
    let spec = json!({"volumes": volumes, "containers": [{"volumeMounts": mounted}]});
    let request = json!({"kind": {"kind": "Pod"}, "operation": "CREATE", "object": {"spec": spec}});
    assert_eq!(inspect(&payload(&request))["omitted"], 50_000 - 256);

    let names: Vec<String> = (0..50_000).map(|index| format!("pod-{index}")).collect();
    let rules: Vec<Value> = vec![
        json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "patch"], "resourceNames": names}),
        json!({"apiGroups": [""], "resources": vec!["pods"; 50_000], "verbs": ["delete"]}),
        json!({"apiGroups": [""], "resources": vec!["pods"; 20_000], "verbs": vec!["get"; 20_000], "resourceNames": names}),
        json!({"apiGroups": [""], "resources": vec!["pods/status"; 20_000], "verbs": vec!["patch"; 20_000], "resourceNames": names}),
    ];
    let one_each = |index: usize| json!({"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"], "resourceNames": [index.to_string()]});
    let rules: Vec<Value> = rules.into_iter().chain((0..20_000).map(one_each)).collect();
    let kind = json!({"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"});
    let request = json!({"kind": kind, "operation": "CREATE", "object": {"rules": rules}});
    let found = findings(&request);
    assert_eq!(found.len(), 6);
    let delete = found
        .iter()
        .find(|finding| finding["rule"] == "pod-delete")
        .unwrap();
    // The deletions, and by way of labels the first rule and each writing of a status.
    assert_eq!(
        delete["grants"].as_array().unwrap().len(),
        50_000 + 1 + 20_000 + 20_000
    );

    let groups: Vec<String> = (0..50_000).map(|index| format!("g{index}")).collect();
    let rules = json!([
        {"apiGroups": groups, "resources": vec!["pods"; 50_000], "verbs": ["create"]},
        {"apiGroups": [""], "resources": vec!["pod"; 50_000], "verbs": vec!["Create"; 50_000]},
    ]);
    let request = json!({"kind": kind, "operation": "CREATE", "object": {"rules": rules}});
    assert_eq!(inspect(&payload(&request))["omitted"], 100_000 - 256);
}

#[test]
fn many_annotations_of_many_containers_are_counted() {
    let key = |index: usize| format!("container.apparmor.security.beta.kubernetes.io/c{index}");
    let annotations = Map::from_iter((0..50_000).map(|index| (key(index), json!("unconfined"))));
    // Half of the annotations have their container.
    let containers: Vec<Value> = (0..50_000)
        .map(|index| json!({"name": format!("c{}", 2 * index)}))
        .collect();
    let object =
        json!({"metadata": {"annotations": annotations}, "spec": {"containers": containers}});
    let request = json!({"kind": {"kind": "Pod"}, "operation": "UPDATE", "object": object, "oldObject": object});
    assert_eq!(inspect(&payload(&request))["omitted"], 25_000 - 256);

    // What the pod says is taken by them all, who had the same by themselves.
    let unconfined = json!({"appArmorProfile": {"type": "Unconfined"}});
    let mut old = json!({"spec": {"securityContext": unconfined, "containers": containers}});
    for container in old["spec"]["containers"].as_array_mut().unwrap() {
        container["securityContext"] = unconfined.clone();
    }
    let new = json!({"spec": {"securityContext": unconfined, "containers": containers}});
    let request =
        json!({"kind": {"kind": "Pod"}, "operation": "UPDATE", "object": new, "oldObject": old});
    assert_eq!(findings(&request)[0]["new"], false);
}

#[test]
fn many_findings_of_many_containers_are_exempted_or_not() {
    const MANY: usize = 30_000;
    let containers: Vec<Value> = (0..MANY)
        .map(|index| {
            let context = json!({"privileged": true});
            json!({"name": format!("c{index}"), "image": "a.io/a", "securityContext": context})
        })
        .collect();
    let volumes: Vec<Value> = (0..MANY)
        .map(|index| json!({"name": format!("v{index}"), "hostPath": {"path": format!("/srv/{index}")}}))
        .collect();
    let groups: Vec<String> = (0..MANY).map(|index| format!("g{index}")).collect();
    let object = json!({"spec": {"containers": containers, "volumes": volumes}});
    let request = json!({"kind": {"kind": "Pod"}, "operation": "UPDATE", "name": "x".repeat(MANY), "namespace": "a",
        "object": object, "oldObject": object, "userInfo": {"username": "bob", "groups": groups}});
    let exemption = |condition: Value| {
        let mut exemption =
            json!({"reason": "r", "rules": ["privileged", "host-path"], "namespaces": ["a"]});
        exemption
            .as_object_mut()
            .unwrap()
            .extend(condition.as_object().unwrap().clone());
        exemption
    };
    let settings = json!({"exemptions": [
        exemption(json!({"images": ["a.io/b"]})),
        exemption(json!({"containers": ["b"]})),
        exemption(json!({"groups": ["g"]})),
        exemption(json!({"workloads": ["Pod/*y*"]})),
        exemption(json!({"images": ["a.io/a"]})),
    ]});
    let payload = serde_json::to_vec(&json!({"request": request, "settings": settings})).unwrap();
    let answer = inspect(&payload);
    assert_eq!(answer["omitted"], 2 * MANY - 256);
    assert_eq!(answer["findings"][0]["exempted"]["index"], 4);
}
