//! The two reports, word for word.

use crate::common::{Folder, answer, assert_expected, constant, finding, review, run};
use serde_json::{Value, json};

/// Requests that show all that a report can say.
fn recording() -> String {
    let host_path = finding(json!({}));
    let before = finding(
        json!({"rule": "host-network", "severity": "high", "action": "audit",
        "path": "/spec/hostNetwork", "value": "true", "new": false,
        "message": "every process in the pod shares the node's network", "fix": "remove `hostNetwork`"}),
    );
    let exempted = finding(
        json!({"rule": "capabilities", "severity": "medium", "action": "audit",
        "path": "/spec/containers/0/securityContext/capabilities/add/0", "container": "agent",
        "value": "NET_ADMIN", "message": "the container can change the node's network",
        "fix": "drop `NET_ADMIN`", "exempted": {"index": 2, "reason": "the CNI needs it, ticket 4711"}}),
    );
    let indirect = finding(
        json!({"rule": "pod-create", "alert": "pod-write", "severity": "high",
        "action": "warn", "path": "/rules/0/resources/0", "value": "create pods",
        "message": "whoever has the role can start a pod that reaches its node",
        "fix": "grant the role in one namespace only", "grant": "indirect",
        "grants": [{"path": "/rules/0/resources/0", "resource": "deployments", "verbs": ["create"]},
            {"path": "/rules/1/resources/3", "resource": "jobs", "verbs": ["*"]}],
        "resourceNames": ["web", "db"], "until": "1.36", "later": {"field": [1]}}),
    );
    let mut again = answer("web", false, &[host_path.clone(), exempted]);
    again["request"]["operation"] = json!("UPDATE");
    again["request"]["user"] = json!("alice");
    let mut role = answer("operator", true, &[indirect]);
    role["request"] = json!({"operation": "UPDATE", "group": "rbac.authorization.k8s.io",
        "version": "v1", "kind": "ClusterRole", "subresource": null, "namespace": null,
        "name": "operator", "user": "helm", "dryRun": true});
    role["omitted"] = json!(3);
    let mut debug = answer("shell", true, &[before]);
    debug["request"]["subresource"] = json!("ephemeralcontainers");
    let painted = finding(
        json!({"rule": "privileged", "severity": "low", "action": "warn",
        "container": "\u{1b}[2Jx", "path": "/spec/containers/0", "value": null,
        "message": "a\u{202e}b\nc", "fix": "\u{9b}31m"}),
    );
    let mut unnamed = answer("", true, &[painted]);
    unnamed["request"]["name"] = Value::Null;
    [
        answer("web", false, &[host_path]),
        answer("fine", true, &[]),
        again.clone(),
        role,
        debug,
        unnamed,
        again,
        json!(0),
    ]
    .iter()
    .map(review)
    .collect()
}

#[test]
fn text() {
    let folder = Folder::new();
    folder.write("recording.jsonl", recording());
    let ran = folder.replay("recording.jsonl");
    assert_eq!(ran.code, 2);
    assert_expected("report.txt", &ran.stdout);
    assert_expected("report.stderr.txt", &ran.stderr);
}

#[test]
fn json() {
    let folder = Folder::new();
    folder.write("recording.jsonl", recording());
    assert_expected(
        "report.jsonl",
        &folder.replay("--format json recording.jsonl").stdout,
    );
}

#[test]
fn text_names_the_line_of_a_finding() {
    let folder = Folder::new();
    let mut manifest = answer("web", false, &[finding(json!({}))]);
    manifest["request"]["user"] = Value::Null;
    folder.write("policy.wasm", constant(&manifest.to_string()));
    folder.write(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  volumes:\n  - name: root\n    hostPath:\n      path: /\n",
    );
    let ran = folder.replay("pod.yaml");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("pod.yaml:8  /spec/volumes/0/hostPath"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("manifest, judged as if created"),
        "{}",
        ran.stdout
    );
    let json = folder.replay("--format json pod.yaml").json();
    assert_eq!(
        json[0]["source"],
        json!({"file": "pod.yaml", "line": 1, "document": 1, "item": 1})
    );
}

/// As for a role that may do everything: seven rules, one reason.
#[test]
fn text_tells_once_what_several_rules_find_for_one_reason() {
    let folder = Folder::new();
    let of = |rule: &str, message: &str| finding(json!({"rule": rule, "message": message}));
    let role = answer(
        "operator",
        true,
        &[
            of("pod-create", "can do everything"),
            of("pod-delete", "can do everything"),
            of("pod-exec", "can do everything"),
            of("pod-scale", "can scale pods"),
        ],
    );
    folder.write("recording.jsonl", review(&role));
    let text = folder.replay("--fail-on never recording.jsonl").stdout;
    assert_eq!(text.matches("can do everything").count(), 1, "{text}");
    assert!(text.contains("pod-create and 2 more: "), "{text}");
    assert!(
        text.contains("      also  pod-delete, pod-exec\n"),
        "{text}"
    );
    assert!(text.contains("pod-scale: "), "{text}");
    let json = folder
        .replay("--fail-on never --format json recording.jsonl")
        .stdout;
    assert_eq!(json.matches("can do everything").count(), 3, "{json}");
}

#[test]
fn text_without_findings_is_the_summary() {
    let folder = Folder::new();
    folder.write("a.json", review(&answer("web", true, &[])));
    assert_expected("nothing.txt", &folder.replay("a.json").stdout);
}

#[test]
fn colour_is_for_terminals_and_those_who_ask() {
    let folder = Folder::new();
    folder.write(
        "a.json",
        review(&answer("web", false, &[finding(json!({}))])),
    );
    assert!(!folder.replay("a.json").stdout.contains('\u{1b}'));
    assert!(
        !folder
            .replay("--color never a.json")
            .stdout
            .contains('\u{1b}')
    );
    let coloured = folder.replay("--color always a.json").stdout;
    assert!(coloured.contains('\u{1b}'));
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, folder.replay("a.json").stdout);
}

#[test]
fn json_has_a_line_for_every_case_and_nothing_else() {
    let folder = Folder::new();
    folder.write("recording.jsonl", recording());
    let lines = folder.replay("--format json recording.jsonl").json();
    assert_eq!(lines.len(), 8);
    for line in lines {
        let keys: Vec<_> = line
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        let expected: &[&str] = match (line.get("error"), line.get("omitted")) {
            (Some(_), _) => &["error", "request", "source"],
            (None, None) => &["allowed", "findings", "request", "source"],
            (None, Some(_)) => &["allowed", "findings", "omitted", "request", "source"],
        };
        assert_eq!(keys, expected);
    }
}

#[test]
fn a_name_that_is_none_is_not_one_yet_to_come() {
    let folder = Folder::new();
    // `y` and `on` are booleans where YAML is read as kubectl reads it
    folder.write(
        "pods.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: y, namespace: on}, spec: {hostPID: true}}\n\
         ---\n\
         {apiVersion: v1, kind: Pod, metadata: {generateName: web-}, spec: {hostPID: true}}\n",
    );
    let replay = |options: &str| {
        run(
            &mut folder.bulkhead(&format!("replay pods.yaml {options}")),
            b"",
        )
    };
    let text = replay("").stdout;
    for object in [
        "Pod (unreadable)/(unreadable)  denied",
        "Pod (no name yet)  denied",
    ] {
        assert!(text.contains(object), "{text}");
    }
    let json = replay("--format json").json();
    let named = |index: usize| {
        [
            &json[index]["request"]["namespace"],
            &json[index]["request"]["name"],
        ]
    };
    assert_eq!(named(0), ["(unreadable)", "(unreadable)"]);
    assert_eq!(named(1), [&Value::Null, &Value::Null]);
}
