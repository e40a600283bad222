//! The exact shapes of `inspect` and `catalog`, which other programs read.
//!
//! `BLESS=1 cargo test --test golden` writes what is given, for the texts in it. Fields may be
//! added, never renamed or removed: read the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

#[track_caller]
fn assert_golden(name: &str, answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let given = serde_json::to_string_pretty(&answer).unwrap() + "\n";
    let path = Path::new("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &given).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(
        given == expected,
        "{} is not what is given:\n{given}",
        path.display()
    );
}

fn inspect(request: Value, settings: Value) -> Vec<u8> {
    let payload = json!({"request": request, "settings": settings});
    policy::inspect(&serde_json::to_vec(&payload).unwrap())
}

#[test]
fn inspect_of_a_workload() {
    let request = json!({
        "uid": "1", "operation": "UPDATE", "namespace": "team-a", "name": "web", "dryRun": true,
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "userInfo": {"username": "bob", "groups": ["dev"]},
        "object": {"spec": {"template": {"spec": {
            "hostNetwork": true, "hostPID": true,
            "containers": [{"name": "main", "volumeMounts": [{"name": "host"}],
                "securityContext": {"capabilities": {"add": ["cap_sys_admin"]}}}],
            "volumes": [{"name": "host", "hostPath": {"path": "//etc/"}}],
        }}}},
        "oldObject": {"spec": {"template": {"spec": {"hostNetwork": true}}}},
    });
    let settings = json!({"exemptions": [
        {"reason": "reads the processes", "rules": ["host-pid"], "namespaces": ["team-a"]},
    ]});
    assert_golden("inspect-workload.json", &inspect(request, settings));
}

#[test]
fn inspect_of_a_cluster_role() {
    let request = json!({
        "uid": "1", "operation": "CREATE", "name": "operator",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
        "userInfo": {"username": "alice"},
        "object": {"rules": [
            {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]},
            {"apiGroups": ["", "apps"], "resources": ["*/eviction", "services"], "verbs": ["*"], "resourceNames": ["web-0"]},
        ]},
    });
    assert_golden("inspect-cluster-role.json", &inspect(request, json!({})));
}

#[test]
fn inspect_of_what_cannot_be_read() {
    let request = json!({"kind": {"kind": "Pod"}, "object": {"spec": {"hostPID": "yes"}}});
    assert_golden("inspect-unreadable.json", &inspect(request, json!({})));
    assert_golden("inspect-no-request.json", &policy::inspect(b"{"));
}

#[test]
fn inspect_of_what_is_not_judged() {
    let request = json!({"kind": {"group": "", "version": "v1", "kind": "PodExecOptions"},
        "operation": "CONNECT", "subResource": "exec", "namespace": "team-a", "name": "web",
        "userInfo": {"username": "bob"}});
    assert_golden("inspect-silent.json", &inspect(request, json!({})));
}

#[test]
fn catalog() {
    assert_golden("catalog.json", &policy::catalog());
}
