//! The command with the policy that is built into it.

use std::path::Path;

use crate::common::{Folder, run};
use bulkhead::host::{Options, Policy};
use serde_json::{Value, json};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team-a}
spec:
  hostPID: true
  containers:
  - name: shell
    image: busybox
";

const ROLE: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
"metadata":{"name":"creator"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["create"]}]}"#;

#[test]
fn is_the_file_that_is_deployed() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target directory");
    let deployed = target.join("policy/wasm32-wasip1/release/policy.wasm");
    assert!(std::fs::read(deployed).expect("policy.wasm") == bulkhead::POLICY);
}

#[test]
fn finds_both_alerts() {
    let folder = Folder::new();
    folder.write("in/pod.yaml", POD).write("in/role.json", ROLE);
    let ran = run(&mut folder.bulkhead("replay --format json in"), b"");
    assert_eq!(ran.code, 1, "{ran:?}");
    let found: Vec<Value> = ran
        .json()
        .iter()
        .map(|line| {
            let finding = &line["findings"][0];
            json!([line["request"]["kind"], finding["rule"], finding["path"]])
        })
        .collect();
    assert_eq!(
        found,
        [
            json!(["Pod", "host-pid", "/spec/hostPID"]),
            json!(["ClusterRole", "pod-create", "/rules/0/resources/0"])
        ]
    );
    let text = run(&mut folder.bulkhead("replay in"), b"").stdout;
    assert!(text.contains("in/pod.yaml:5  /spec/hostPID"), "{text}");
}

#[test]
fn obeys_its_settings() {
    let folder = Folder::new();
    folder
        .write("pod.yaml", POD)
        .write("tell.yaml", "hostAccess: {deny: never, warn: low}\n");
    assert_eq!(
        run(
            &mut folder.bulkhead("replay --settings tell.yaml pod.yaml"),
            b""
        )
        .code,
        0
    );
    folder.write(
        "wrong.yaml",
        "hostAccess:\n  deny: hihg\nhostAcess: {}\nexemptions:\n- reason: r\n  rules: [host-pid]\n",
    );
    let ran = run(
        &mut folder.bulkhead("replay --settings wrong.yaml pod.yaml"),
        b"",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let starts = [
        "error: wrong.yaml:2: hostAccess.deny: `hihg`, did you mean `high`? expected one of",
        "error: wrong.yaml:3: settings: unknown key `hostAcess`, did you mean `hostAccess`?",
        "error: wrong.yaml:5: exemptions[0]: names nobody",
    ];
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), starts.len(), "{}", ran.stderr);
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn explains_each_of_its_rules() {
    let folder = Folder::new();
    let catalog = run(&mut folder.bulkhead("rules --format json"), b"").json();
    let rules = catalog[0]["rules"].as_array().expect("rules");
    assert!(!rules.is_empty());
    let list = run(&mut folder.bulkhead("rules"), b"").stdout;
    for rule in rules {
        let id = rule["id"].as_str().expect("an id");
        assert!(list.contains(&format!("  {id} ")), "{id}: {list}");
        let ran = run(&mut folder.bulkhead(&format!("rules {id}")), b"");
        assert_eq!(ran.code, 0, "{ran:?}");
        for title in [
            "What it finds",
            "Why it matters",
            "Bad",
            "Good",
            "How to fix it",
        ] {
            assert!(ran.stdout.contains(title), "{id}: {title}: {}", ran.stdout);
        }
    }
}

#[test]
fn answers_alike_in_a_fresh_and_in_a_reused_instance() {
    let policy = Policy::load(bulkhead::POLICY, &Options::default()).expect("the policy");
    let payload = format!(
        r#"{{"request":{{"uid":"","operation":"CREATE","kind":{{"group":"rbac.authorization.k8s.io","version":"v1","kind":"ClusterRole"}},"object":{ROLE}}},"settings":{{}}}}"#
    );
    let mut instance = policy.instance().expect("an instance");
    let fresh = policy
        .call("inspect", payload.as_bytes())
        .expect("an answer");
    for _ in 0..3 {
        let reused = instance.call("inspect", payload.as_bytes());
        assert_eq!(reused.as_deref(), Ok(fresh.as_slice()));
    }
}
