//! What a policy learns of the cluster: a guest that asks its host what the request tells it to
//! ask, and answers with what came back.

use crate::common::{Folder, Ran, guest_with, run};
use serde_json::{Value, json};

/// Bytes of the argument of a host call, filled up with spaces.
const ARGUMENT: usize = 300;

/// Where the guest keeps texts: words, the good settings, the payload, the answer.
const WORDS: usize = 0x100;
const GOOD: usize = 0x200;
const PAYLOAD: usize = 0x1000;
const ANSWER: usize = 0x20000;

const FRONT: &str = r#"{"request":{"kind":"Pod"},"allowed":true,"findings":[],"origin":"#;
const VALID: &str = r#"{"valid":true}"#;

/// A policy that looks at the first member of a request. `get` or `list` is the argument of that
/// host call, and its `origin` is what the host said; with any other it asks nothing.
fn asker() -> Vec<u8> {
    let words = "kubewarden kubernetes get_resource list_resources_all";
    let word = |word: &str| {
        let at = WORDS + words.find(word).expect("a word");
        format!("(i32.const {at}) (i32.const {})", word.len())
    };
    let data = |at: usize, text: &str| {
        let text: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data (i32.const {at}) \"{text}\")")
    };
    let key = PAYLOAD + r#"{"request":{""#.len();
    let ask = |key: &str, operation: &str| {
        let argument = PAYLOAD + r#"{"request":{"":"#.len() + key.len();
        format!(
            "(call $host_call {} {} {} (i32.const {argument}) (i32.const {ARGUMENT}))",
            word("kubewarden"),
            word("kubernetes"),
            word(operation)
        )
    };
    let rest = ANSWER + FRONT.len();
    guest_with(
        &[data(WORDS, words), data(GOOD, VALID), data(ANSWER, FRONT)].concat(),
        &format!(
            "(local $key i32) (local $end i32)
            (call $request (i32.const 0) (i32.const {PAYLOAD}))
            (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 118)) ;; validate_settings
                (then (call $respond (i32.const {GOOD}) (i32.const {}))
                    (return (i32.const 1))))
            (local.set $key (i32.load8_u (i32.const {key})))
            (local.set $end (i32.const {rest}))
            (if (i32.and (i32.ne (local.get $key) (i32.const 103)) (i32.ne (local.get $key) (i32.const 108)))
                (then (i32.store (local.get $end) (i32.const 0x6c6c756e)) ;; null
                    (local.set $end (i32.add (local.get $end) (i32.const 4))))
                (else (if (if (result i32) (i32.eq (local.get $key) (i32.const 103)) (then {}) (else {}))
                    (then (call $host_response (local.get $end))
                        (local.set $end (i32.add (local.get $end) (call $host_response_len))))
                    (else (i32.store8 (local.get $end) (i32.const 34))
                        (call $host_error (i32.add (local.get $end) (i32.const 1)))
                        (local.set $end (i32.add (i32.add (local.get $end) (i32.const 1)) (call $host_error_len)))
                        (i32.store8 (local.get $end) (i32.const 34))
                        (local.set $end (i32.add (local.get $end) (i32.const 1)))))))
            (i32.store8 (local.get $end) (i32.const 125))
            (call $respond (i32.const {ANSWER})
                (i32.sub (i32.add (local.get $end) (i32.const 1)) (i32.const {ANSWER})))
            (i32.const 1)",
            VALID.len(),
            ask("get", "get_resource"),
            ask("list", "list_resources_all"),
        ),
    )
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder
        .write("policy.wasm", asker())
        .write("context.yaml", "clusterContext: true\n");
    folder
}

fn replay(folder: &Folder, arguments: &str) -> Ran {
    folder.replay(&format!(
        "--settings context.yaml --format json {arguments}"
    ))
}

/// What the host said to each question of a replay that succeeds.
fn said(ran: &Ran) -> Vec<Value> {
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let lines = ran.json();
    let said = lines.iter().map(|line| line["origin"].clone());
    said.filter(|said| !said.is_null()).collect()
}

fn ask(key: &str, argument: &Value) -> String {
    let argument = argument.to_string();
    format!("{{\"kind\":\"AdmissionReview\",\"request\":{{\"{key}\":{argument:ARGUMENT$}}}}}\n")
}

fn get(name: &str) -> String {
    ask(
        "get",
        &json!({"api_version": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "name": name, "namespace": null, "disable_cache": true, "field_masks": null}),
    )
}

fn list(labels: Option<&str>) -> String {
    ask(
        "list",
        &json!({"api_version": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "label_selector": labels, "field_selector": null, "field_masks": null}),
    )
}

fn role(name: &str, verb: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {"verb": verb}}, "rules": [{"verbs": [verb]}]})
}

/// A review of a cluster role, with `changes` to its request.
fn review(operation: &str, name: &str, verb: &str, changes: Value) -> String {
    let mut request = json!({"kind": {"group": "rbac.authorization.k8s.io", "version": "v1",
        "kind": "ClusterRole"}, "operation": operation, "name": name, "object": role(name, verb)});
    if let Value::Object(changes) = changes {
        request.as_object_mut().expect("an object").extend(changes);
    }
    format!("{{\"kind\":\"AdmissionReview\",\"request\":{request}}}\n")
}

fn verb(said: &Value) -> &str {
    said["rules"][0]["verbs"][0].as_str().unwrap_or("none")
}

#[test]
fn each_case_sees_what_was_written_before_it() {
    let folder = folder();
    let delete = json!({"object": null, "oldObject": role("a", "patch")});
    folder.write(
        "a.jsonl",
        [
            get("a"),
            review("CREATE", "a", "get", json!({})),
            get("a"),
            review("UPDATE", "a", "patch", json!({})),
            get("a"),
            review("UPDATE", "a", "delete", json!({"dryRun": true})),
            review("UPDATE", "a", "delete", json!({"subResource": "status"})),
            review("UPDATE", "a", "delete", json!({}))
                .replace("}}\n", "},\"response\":{\"allowed\":false}}\n"),
            get("a"),
            review("DELETE", "a", "", delete),
            get("a"),
        ]
        .concat(),
    );
    let said = said(&replay(&folder, "a.jsonl"));
    let verbs: Vec<&str> = said.iter().map(verb).collect();
    assert_eq!(verbs, ["none", "get", "patch", "patch", "none"]);
    assert_eq!(
        said[0],
        "Callback evaluation failure: \
         Cannot find rbac.authorization.k8s.io/v1/ClusterRole named 'a'"
    );
}

#[test]
fn manifests_count_as_written_and_files_follow_each_other() {
    let folder = folder();
    folder
        .write("in/1.jsonl", list(None))
        .write("in/2.json", role("a", "get").to_string())
        .write("in/3.jsonl", list(Some("verb in (get)")));
    let said = said(&replay(&folder, "in"));
    assert_eq!(said[0]["kind"], "ClusterRoleList");
    assert_eq!(said[0]["items"], json!([]));
    assert_eq!(said[1]["items"], json!([role("a", "get")]));
}

#[test]
fn the_answers_are_the_same_whatever_the_jobs() {
    let folder = folder();
    let mut lines = String::new();
    for index in 0..600 {
        let name = format!("r-{}", index % 7);
        lines += &review("UPDATE", &name, &format!("verb-{index}"), json!({}));
        lines += &get(&name);
        if index % 50 == 0 {
            lines += &list(None);
        }
    }
    folder.write("a.jsonl", lines);
    let one = replay(&folder, "--jobs 1 a.jsonl");
    let verbs: Vec<String> = said(&one)
        .iter()
        .filter(|said| said.get("items").is_none())
        .map(|said| verb(said).to_owned())
        .collect();
    let expected: Vec<String> = (0..600).map(|index| format!("verb-{index}")).collect();
    assert_eq!(verbs, expected);
    for _ in 0..3 {
        assert!(replay(&folder, "--jobs 8 a.jsonl").stdout == one.stdout);
    }
}

#[test]
fn the_input_lies_over_a_snapshot() {
    let folder = folder();
    let snapshot = json!({"apiVersion": "v1", "kind": "List", "items": [
        role("a", "get"), role("b", "get"),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}},
    ]});
    let snapshot = zstd::encode_all(snapshot.to_string().as_bytes(), 1).expect("memory");
    folder.write("snapshot", snapshot).write(
        "a.jsonl",
        [
            get("a"),
            get("b"),
            review("UPDATE", "a", "patch", json!({})),
            review("DELETE", "b", "", json!({"object": null})),
            get("a"),
            get("b"),
            list(None),
        ]
        .concat(),
    );
    let said = said(&replay(&folder, "--cluster snapshot a.jsonl"));
    let verbs: Vec<&str> = said[..4].iter().map(verb).collect();
    assert_eq!(verbs, ["get", "get", "patch", "none"]);
    assert_eq!(said[4]["items"], json!([role("a", "patch")]));
}

#[test]
fn a_snapshot_may_come_from_a_pipe_and_in_parts() {
    let folder = folder();
    folder
        .write("a.jsonl", list(None))
        .write("more.yaml", role("b", "get").to_string());
    let arguments = "replay --policy policy.wasm --settings context.yaml --format json \
                     --cluster - --cluster more.yaml a.jsonl";
    let mut command = folder.bulkhead(arguments);
    let ran = run(&mut command, role("a", "get").to_string().as_bytes());
    assert_eq!(
        said(&ran)[0]["items"],
        json!([role("a", "get"), role("b", "get")])
    );
}

#[test]
fn a_broken_snapshot_is_an_error_with_its_place() {
    let folder = folder();
    folder.write("a.jsonl", get("a"));
    for (content, message) in [
        ("a: [\n", "error: snapshot.yaml:"),
        (
            "replicas: 3\n",
            "error: snapshot.yaml:1: no Kubernetes object: ",
        ),
        (
            "",
            "error: snapshot.yaml: no Kubernetes object: nothing in it",
        ),
        (
            &get("a"),
            "error: snapshot.yaml:1: an admission request, where",
        ),
    ] {
        folder.write("snapshot.yaml", content);
        let ran = replay(&folder, "--cluster snapshot.yaml a.jsonl");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{content}");
        assert!(ran.stderr.starts_with(message), "{ran:?}");
    }
    let ran = replay(&folder, "--cluster nowhere.json a.jsonl");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.starts_with("error: nowhere.json: "), "{ran:?}");
    let ran = replay(&folder, "--cluster - -");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("standard input can be read once"),
        "{ran:?}"
    );
}

#[test]
fn without_the_setting_the_host_answers_nothing() {
    let folder = folder();
    folder
        .write(
            "a.jsonl",
            review("CREATE", "a", "get", json!({})) + &get("a"),
        )
        .write("role.json", role("a", "get").to_string());
    let ran = folder.replay("--format json a.jsonl");
    assert_eq!(said(&ran), ["denied: a replay has no cluster to ask"]);
    let ran = folder.replay("--cluster role.json a.jsonl");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`clusterContext: true`"), "{ran:?}");
}
