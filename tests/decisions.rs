//! From findings to what happens: thresholds, overrides, updates, exemptions and responses.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "../e2e-tests/expectation.rs"]
mod expectation;

use kubewarden_policy_sdk::response::ValidationResponse;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use serde_json::{Value, json};

fn inspect(request: &Value, settings: &Value) -> Value {
    let payload = json!({"request": request, "settings": settings});
    serde_json::from_slice(&policy::inspect(&serde_json::to_vec(&payload).unwrap())).unwrap()
}

fn validate(request: &Value, settings: &Value) -> ValidationResponse {
    let payload = json!({"request": request, "settings": settings});
    serde_json::from_slice(&policy::validate(&serde_json::to_vec(&payload).unwrap())).unwrap()
}

fn pod(spec: Value) -> Value {
    json!({
        "uid": "", "operation": "CREATE", "namespace": "team-a", "name": "web",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "userInfo": {"username": "bob", "groups": ["dev", "system:authenticated"]},
        "object": {"spec": spec},
    })
}

fn role(rules: Value) -> Value {
    json!({
        "uid": "", "operation": "CREATE", "name": "operator",
        "kind": {"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "ClusterRole"},
        "userInfo": {"username": "alice"},
        "object": {"rules": rules},
    })
}

fn updated(mut request: Value, old: &Value) -> Value {
    request["operation"] = json!("UPDATE");
    request["oldObject"] = old["object"].clone();
    request
}

/// The actions of a request's findings, by rule.
fn actions(request: &Value, settings: &Value) -> Vec<(String, String)> {
    let answer = inspect(request, settings);
    let findings = answer["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| (text(finding, "rule"), text(finding, "action")))
        .collect()
}

#[track_caller]
fn assert_actions(request: &Value, settings: Value, expected: &[(&str, &str)]) {
    let actions = actions(request, &settings);
    let actions: Vec<(&str, &str)> = actions
        .iter()
        .map(|(rule, action)| (rule.as_str(), action.as_str()))
        .collect();
    assert_eq!(actions, expected, "{settings}");
}

fn everything() -> Value {
    json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
}

#[test]
fn thresholds_hold_for_their_alert_alone() {
    let host = pod(json!({"hostPID": true, "hostNetwork": true}));
    assert_actions(
        &host,
        json!({}),
        &[("host-pid", "deny"), ("host-network", "warn")],
    );
    let settings = json!({"hostAccess": {"deny": "never", "warn": "high"}});
    assert_actions(
        &host,
        settings,
        &[("host-pid", "warn"), ("host-network", "audit")],
    );
    let settings = json!({"podWrite": {"deny": "low", "warn": "low"}});
    assert_actions(
        &host,
        settings,
        &[("host-pid", "deny"), ("host-network", "warn")],
    );

    let status =
        role(json!([{"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]}]));
    assert_actions(
        &status,
        json!({}),
        &[("pod-status", "warn"), ("pod-delete", "audit")],
    );
    assert_actions(
        &status,
        json!({"podWrite": {"deny": "medium"}}),
        &[("pod-status", "deny"), ("pod-delete", "audit")],
    );
    assert_actions(
        &status,
        json!({"podWrite": {"warn": "high"}}),
        &[("pod-status", "audit"), ("pod-delete", "audit")],
    );
}

#[test]
fn an_override_holds_for_its_rule_alone() {
    let host = pod(json!({"hostPID": true, "hostNetwork": true}));
    let settings = json!({"rules": {"host-pid": {"action": "audit"}, "host-network": {"severity": "critical"}}});
    assert_actions(
        &host,
        settings,
        &[("host-network", "deny"), ("host-pid", "audit")],
    );
    let settings = json!({"rules": {"host-pid": {"action": "off"}}});
    assert_actions(&host, settings, &[("host-network", "warn")]);
}

#[test]
fn only_what_is_new_counts_on_update() {
    let old = pod(json!({"hostPID": true}));
    let new = updated(pod(json!({"hostPID": true, "hostIPC": true})), &old);
    assert_actions(
        &new,
        json!({}),
        &[("host-pid", "audit"), ("host-ipc", "warn")],
    );
    let all = json!({"onUpdate": "all"});
    assert_actions(&new, all, &[("host-pid", "deny"), ("host-ipc", "warn")]);
}

#[test]
fn what_got_worse_is_new() {
    let volume = |read_only: bool| {
        pod(json!({
            "containers": [{"name": "a", "volumeMounts": [{"name": "v", "readOnly": read_only}]}],
            "volumes": [{"name": "v", "hostPath": {"path": "/srv/data"}}],
        }))
    };
    let worse = updated(volume(false), &volume(true));
    assert_actions(&worse, json!({}), &[("host-path", "warn")]);
    let better = updated(volume(true), &volume(false));
    assert_actions(&better, json!({}), &[("host-path", "audit")]);

    let delete = |names: Value| {
        role(
            json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"], "resourceNames": names}]),
        )
    };
    let low = json!({"podWrite": {"warn": "low"}});
    let wider = updated(delete(json!(["a", "b"])), &delete(json!(["a"])));
    assert_actions(&wider, low.clone(), &[("pod-delete", "warn")]);
    let narrower = updated(delete(json!(["a"])), &delete(json!(["a", "b"])));
    assert_actions(&narrower, low, &[("pod-delete", "audit")]);
}

#[test]
fn the_same_finding_is_known_by_name_and_value_never_by_index() {
    let old = pod(json!({
        "containers": [{"name": "a", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}],
        "volumes": [{"name": "v", "hostPath": {"path": "/var/run/x/"}}],
    }));
    let moved = pod(json!({
        "containers": [
            {"name": "b"},
            {"name": "a", "securityContext": {"capabilities": {"add": ["CHOWN", "cap_sys_admin"]}}},
        ],
        "volumes": [{"name": "other"}, {"name": "w", "hostPath": {"path": "/run//x"}}],
    }));
    assert_actions(
        &updated(moved, &old),
        json!({}),
        &[("capabilities", "audit"), ("host-path", "audit")],
    );

    let another = pod(json!({
        "containers": [{"name": "b", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}],
    }));
    assert_actions(
        &updated(another, &old),
        json!({}),
        &[("capabilities", "deny")],
    );
}

/// Reading alone may be critical; writing is worse all the same.
#[test]
fn read_only_turned_writable_is_new_whatever_the_path() {
    let volume = |path: &str, mounts: Value| {
        pod(json!({
            "containers": [{"name": "a", "volumeMounts": mounts}],
            "volumes": [{"name": "v", "hostPath": {"path": path}}],
        }))
    };
    let read_only = json!([{"name": "v", "readOnly": true}]);
    for path in [
        "/",
        "/etc/kubernetes",
        "/var/lib/kubelet",
        "/dev",
        "/run/docker.sock",
        "/var/log",
        "/etc/hosts",
        "/srv",
    ] {
        let old = volume(path, read_only.clone());
        let new = updated(volume(path, json!([{"name": "v"}])), &old);
        let answer = inspect(&new, &json!({}));
        assert_eq!(answer["findings"][0]["new"], true, "{path}");
        let declared = volume(path, json!([]));
        let mounted = inspect(&updated(old, &declared), &json!({}));
        assert_eq!(mounted["findings"][0]["new"], true, "{path}");
    }
}

/// Less than the container had is nothing new, so that the fix of a finding passes.
#[test]
fn one_capability_in_place_of_privileged_is_not_new() {
    let context =
        |context: Value| pod(json!({"containers": [{"name": "a", "securityContext": context}]}));
    let old = context(json!({"privileged": true}));
    let new = context(json!({"capabilities": {"add": ["SYS_ADMIN"]}}));
    assert_actions(&updated(new, &old), json!({}), &[("capabilities", "audit")]);
}

#[test]
fn another_way_to_an_ability_is_new() {
    let rule = |resource: &str, verbs: Value, names: Value| json!({"apiGroups": [""], "resources": [resource], "verbs": verbs, "resourceNames": names});
    let low = json!({"podWrite": {"warn": "low"}});
    for (old, new, is_new) in [
        (
            rule("pods/eviction", json!(["create"]), json!([])),
            rule("pods", json!(["delete"]), json!([])),
            true,
        ),
        (
            rule("pods", json!(["delete"]), json!([])),
            rule("pods", json!(["delete"]), json!(["a"])),
            false,
        ),
        (
            rule("pods/exec", json!(["get"]), json!([])),
            rule("pods/exec", json!(["create"]), json!(["a"])),
            true,
        ),
        (
            rule("pods/exec", json!(["create"]), json!([])),
            rule("*/exec", json!(["*"]), json!(["a"])),
            false,
        ),
    ] {
        let request = updated(role(json!([new])), &role(json!([old.clone()])));
        let answer = inspect(&request, &low);
        let any_new = answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["new"] == true);
        assert_eq!(any_new, is_new, "{old} {new}");
        // The old way beside the new one excuses nothing.
        let both = updated(role(json!([old.clone(), new])), &role(json!([old])));
        let answer = inspect(&both, &low);
        let any_new = answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["new"] == true);
        assert_eq!(any_new, is_new);
    }
}

#[test]
fn the_older_name_of_a_service_account_counts() {
    let settings = json!({"exemptions": [{"reason": "r", "rules": ["host-pid"], "serviceAccounts": ["team-a/default"]}]});
    let request = pod(json!({"hostPID": true, "serviceAccount": "evil"}));
    assert_actions(&request, settings.clone(), &[("host-pid", "deny")]);
    let request = pod(json!({"hostPID": true, "serviceAccountName": "", "serviceAccount": ""}));
    assert_actions(&request, settings, &[("host-pid", "audit")]);
}

/// Whatever else there is, what refuses a request or warns of it is told.
#[test]
fn what_has_consequences_is_told_before_what_has_none() {
    let volumes: Vec<Value> = (0..300)
        .map(|index| json!({"name": format!("v{index}"), "hostPath": {"path": format!("/dev/{index}")}}))
        .collect();
    let spec = json!({"containers": [{"name": "a", "volumeMounts": (0..300).map(|index| json!({"name": format!("v{index}")})).collect::<Vec<_>>()}], "volumes": volumes});
    let old = pod(spec.clone());
    let mut spec = spec;
    spec["hostPID"] = json!(true);
    spec["hostNetwork"] = json!(true);
    let request = updated(pod(spec), &old);
    let response = validate(&request, &json!({}));
    let message = response.message.unwrap();
    assert!(
        message.starts_with("high host-pid (/spec/hostPID): "),
        "{message}"
    );
    assert!(!message.contains("more finding"), "{message}");
    assert_eq!(response.warnings.unwrap().len(), 2);
    let annotation = &response.audit_annotations.unwrap()["findings"];
    assert_eq!(
        annotation,
        "host-path=critical,host-pid=high,host-network=medium"
    );
    let answer = inspect(&request, &json!({}));
    assert_eq!(answer["omitted"], 302 - 256);
}

/// New is decided before privileged covers the capabilities: to keep them when privileged goes is
/// nothing new.
#[test]
fn what_privileged_covered_was_there_before() {
    let context = |privileged: bool| {
        pod(json!({"containers": [{"name": "a", "securityContext":
            {"privileged": privileged, "capabilities": {"add": ["SYS_ADMIN"]}}}]}))
    };
    assert_actions(&context(true), json!({}), &[("privileged", "deny")]);
    assert_actions(
        &updated(context(false), &context(true)),
        json!({}),
        &[("capabilities", "audit")],
    );
}

#[test]
fn privileged_covers_its_own_container_alone() {
    let request = pod(json!({
        "containers": [{"name": "a", "securityContext": {"privileged": true}}],
        "initContainers": [{"name": "b", "securityContext": {"capabilities": {"add": ["BPF"]}}}],
    }));
    assert_actions(
        &request,
        json!({}),
        &[("privileged", "deny"), ("capabilities", "deny")],
    );
}

#[test]
fn removal_and_connect_pass() {
    for operation in ["DELETE", "CONNECT"] {
        let mut request = pod(json!({"hostPID": true}));
        request["operation"] = json!(operation);
        assert_actions(&request, json!({}), &[]);
    }
}

/// The authorizer heeds a role until it is gone, and a finalizer can keep it for ever.
/// Each mount of a path is held against the worst of the old ones.
#[test]
fn a_path_that_stands_often_is_new_where_it_gets_worse() {
    let mounted = |are_read_only: &[bool]| {
        let mounts = are_read_only.iter().enumerate().map(|(index, read_only)| {
            json!({"name": format!("v{index}"), "mountPath": format!("/m{index}"), "readOnly": read_only})
        });
        let mounts: Vec<Value> = mounts.collect();
        let volumes = (0..are_read_only.len())
            .map(|index| json!({"name": format!("v{index}"), "hostPath": {"path": "/srv/data"}}));
        let volumes: Vec<Value> = volumes.collect();
        pod(
            json!({"volumes": volumes, "containers": [{"name": "a", "image": "b", "volumeMounts": mounts}]}),
        )
    };
    let denied = |new: &[bool], old: &[bool]| {
        let request = updated(mounted(new), &mounted(old));
        let settings = json!({"hostAccess": {"deny": "low"}});
        !validate(&request, &settings).accepted
    };
    assert!(!denied(&[true, true], &[true, true]));
    assert!(!denied(&[false, false], &[true, false]));
    assert!(!denied(&[false, false], &[false, true]));
    assert!(denied(&[true, false], &[true, true]));
    assert!(denied(&[false], &[true, true]));
}

#[test]
fn an_object_that_is_being_deleted_does_not_pass_for_that() {
    let metadata = json!({"name": "operator", "finalizers": ["example.com/keep"], "deletionTimestamp": "2026-11-22T01:28:33Z"});
    let mut old = role(json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
    old["object"]["metadata"] = metadata.clone();
    let mut new = role(everything());
    new["object"]["metadata"] = metadata;
    let request = updated(new, &old);
    let response = validate(&request, &json!({"podWrite": {"deny": "high"}}));
    assert_eq!((response.accepted, response.code), (false, Some(403)));
    assert_eq!(actions(&request, &json!({})).len(), 7);

    // Taking the finalizer off adds nothing.
    let mut last = request.clone();
    last["oldObject"] = request["object"].clone();
    last["object"]["metadata"]["finalizers"] = json!([]);
    assert!(validate(&last, &json!({"podWrite": {"deny": "high"}})).accepted);
}

#[test]
fn subresources_that_change_nothing_pass_and_unknown_ones_are_judged() {
    for (subresource, count) in [
        ("status", 0),
        ("ephemeralcontainers", 1),
        ("resize", 1),
        ("future", 1),
        ("", 1),
    ] {
        let mut request = pod(json!({"hostPID": true}));
        request["subResource"] = json!(subresource);
        assert_eq!(actions(&request, &json!({})).len(), count, "{subresource}");
    }
}

#[test]
fn a_kind_is_known_by_its_group_too() {
    let mut request = pod(json!({"template": {"spec": {"hostPID": true}}}));
    for (group, kind, count) in [
        ("apps", "Deployment", 1),
        ("example.com", "Deployment", 0),
        ("batch", "CronJob", 0),
        ("", "Service", 0),
    ] {
        request["kind"] = json!({"group": group, "version": "v1", "kind": kind});
        assert_eq!(actions(&request, &json!({})).len(), count, "{group}/{kind}");
    }
}

#[test]
fn an_exemption_needs_all_its_conditions() {
    let exempt = |condition: Value| {
        let mut exemption = json!({"reason": "agent", "rules": ["host-pid"]});
        exemption
            .as_object_mut()
            .unwrap()
            .append(&mut condition.as_object().unwrap().clone());
        json!({"exemptions": [exemption]})
    };
    let request = pod(json!({"hostPID": true, "serviceAccountName": "agent"}));
    for (condition, holds) in [
        (json!({"namespaces": ["team-a"]}), true),
        (json!({"namespaces": ["x", "team-a"]}), true),
        (json!({"namespaces": ["team-b"]}), false),
        (json!({"serviceAccounts": ["team-a/agent"]}), true),
        (json!({"serviceAccounts": ["team-b/agent"]}), false),
        (
            json!({"serviceAccounts": ["agent"], "namespaces": ["team-a"]}),
            true,
        ),
        (
            json!({"serviceAccounts": ["other"], "namespaces": ["team-a"]}),
            false,
        ),
        (json!({"users": ["bob"]}), true),
        (json!({"users": ["Bob"]}), false),
        (json!({"groups": ["ops", "dev"]}), true),
        (json!({"groups": ["ops"]}), false),
        (json!({"users": ["bob"], "namespaces": ["team-b"]}), false),
    ] {
        let action = if holds { "audit" } else { "deny" };
        assert_actions(&request, exempt(condition), &[("host-pid", action)]);
    }
}

#[test]
fn what_is_exempted_is_still_told() {
    let settings = json!({"exemptions": [
        {"reason": "other", "rules": ["host-ipc"], "namespaces": ["team-a"]},
        {"reason": "agent", "rules": ["host-pid"], "namespaces": ["team-a"]},
    ]});
    let request = pod(json!({"hostPID": true}));
    let finding = &inspect(&request, &settings)["findings"][0];
    assert_eq!(finding["exempted"], json!({"index": 1, "reason": "agent"}));
    let response = validate(&request, &settings);
    assert!(response.accepted && response.warnings.is_none());
    assert_eq!(
        response.audit_annotations.unwrap()["findings"],
        "host-pid=high"
    );
}

/// A background audit sends no user.
#[test]
fn nobody_is_no_user() {
    let mut request = pod(json!({"hostPID": true}));
    request["userInfo"] = json!({});
    let settings =
        json!({"exemptions": [{"reason": "r", "rules": ["host-pid"], "users": ["bob"]}]});
    assert_actions(&request, settings, &[("host-pid", "deny")]);
}

#[test]
fn a_grant_that_newer_versions_do_not_give_follows_the_setting() {
    let request = role(json!([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}]));
    for (version, severity, until) in [
        (json!(null), Some("medium"), json!("1.35")),
        (json!("1.34"), Some("high"), json!(null)),
        (json!("1.35"), None, json!(null)),
        (json!("v1.36.2"), None, json!(null)),
    ] {
        let settings = if version.is_null() {
            json!({})
        } else {
            json!({"kubernetesVersion": version})
        };
        let answer = inspect(&request, &settings);
        let finding = &answer["findings"][0];
        assert_eq!(finding["severity"].as_str(), severity, "{version}");
        if severity.is_some() {
            assert_eq!(finding["until"], until, "{version}");
        }
    }
}

#[test]
fn the_sdk_reads_every_response() {
    let denied = validate(&pod(json!({"hostPID": true})), &json!({}));
    assert_eq!((denied.accepted, denied.code), (false, Some(403)));
    assert_eq!(denied.warnings.unwrap().len(), 1);
    let warned = validate(&pod(json!({"hostIPC": true})), &json!({}));
    assert_eq!(
        (warned.accepted, warned.code, warned.message),
        (true, None, None)
    );
    assert_eq!(warned.warnings.unwrap().len(), 1);
    let silent = validate(&pod(json!({})), &json!({}));
    assert!(silent.accepted && silent.warnings.is_none() && silent.audit_annotations.is_none());
    let unreadable = validate(&pod(json!({"hostPID": 1})), &json!({}));
    assert_eq!((unreadable.accepted, unreadable.code), (false, Some(422)));
    let no_request: ValidationResponse = serde_json::from_slice(&policy::validate(b"?")).unwrap();
    assert_eq!((no_request.accepted, no_request.code), (false, Some(400)));
    let bad_settings = validate(&pod(json!({})), &json!({"hostAcces": {}}));
    assert_eq!(
        (bad_settings.accepted, bad_settings.code),
        (false, Some(400))
    );
}

#[test]
fn a_message_is_one_bounded_line_with_the_worst_first() {
    let containers: Vec<Value> = (0..300)
        .map(|index| json!({"name": format!("c{index}"), "securityContext": {"capabilities": {"add": ["SYS_ADMIN", "BPF", "NET_RAW"]}}}))
        .collect();
    let volumes: Vec<Value> = (0..300)
        .map(|index| json!({"name": format!("v{index}\n"), "hostPath": {"path": format!("/etc/\n{index}")}}))
        .collect();
    let request = pod(json!({"containers": containers, "volumes": volumes}));
    let response = validate(&request, &json!({}));
    let message = response.message.unwrap();
    assert!(
        message.len() <= 2_000 && !message.contains('\n'),
        "{message}"
    );
    assert!(
        message.starts_with("critical capabilities in container `c0` and 255 more places"),
        "{message}"
    );
    assert!(message.ends_with("344 more findings"), "{message}");
    let warnings = response.warnings.unwrap();
    assert!(warnings.len() <= 10 && warnings.iter().all(|warning| warning.len() <= 200));
    let answer = inspect(&request, &json!({}));
    assert_eq!(answer["findings"].as_array().unwrap().len(), 256);
    assert_eq!(answer["omitted"], 300 * 3 + 300 - 256);
}

#[track_caller]
fn mistakes(settings: &Value) -> Vec<String> {
    let answer = policy::validate_settings(&serde_json::to_vec(settings).unwrap());
    let answer: SettingsValidationResponse = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer.valid, answer.message.is_none());
    answer
        .message
        .map(|message| message.lines().map(str::to_owned).collect())
        .unwrap_or_default()
}

#[test]
fn settings_that_are_right_are_valid() {
    for settings in [
        json!({}),
        json!(null),
        json!({"hostAccess": {"deny": "high", "warn": "low"}, "podWrite": {"deny": "never", "warn": "medium"},
               "onUpdate": "new", "kubernetesVersion": "1.36",
               "rules": {"host-path": {"action": "off"}, "unreadable": {"action": "warn"}, "pod-exec": {"severity": "critical"}},
               "exemptions": [{"reason": "r", "rules": ["host-network"], "namespaces": ["monitoring"], "serviceAccounts": ["node-exporter"]}]}),
        // Clusters are newer than policies at times: the newest that is known holds.
        json!({"kubernetesVersion": "1.99"}),
        // What YAML 1.1 makes of `action: off`.
        json!({"rules": {"host-path": {"action": false}}}),
    ] {
        assert_eq!(mistakes(&settings), Vec::<String>::new(), "{settings}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_is_allowed() {
    let settings = json!({
        "hostAcces": {},
        "podWrite": {"deny": "always", "warn": 3},
        "onUpdate": "never",
        "kubernetesVersion": 1.36,
        "rules": {"host-pid": {"action": "block"}, "unreadable": {"action": "off"}},
        "exemptions": [
            {"rules": ["host-pids"], "reason": "", "serviceAccounts": ["agent"]},
            {"reason": "r", "rules": ["host-pid"]},
            {"reason": "r", "rules": ["host-pid"], "serviceAccounts": ["agent"]},
            {"reason": "r", "rules": ["host-pid"], "groups": ["system:authenticated"], "namespaces": ["team-*"]},
            {"reason": "r", "rules": ["host-pid"], "namespaces": ["a"], "serviceAccounts": ["b/agent"]},
            {"reason": "r", "rules": ["host-pid"], "users": ["system:serviceaccount:kube-system:replicaset-controller"]},
        ],
    });
    let found = mistakes(&settings);
    for expected in [
        "settings: unknown key `hostAcces`, did you mean `hostAccess`? expected one of `hostAccess`, `podWrite`",
        "podWrite.deny: `always`, expected one of `low`, `medium`, `high`, `critical`, `never`",
        "podWrite.warn: a number, expected one of `low`, `medium`, `high`, `critical`, `never`",
        "onUpdate: `never`, expected one of `new`, `all`",
        "kubernetesVersion: a number, expected a string; in YAML, write it in quotes",
        "rules.host-pid.action: `block`, expected one of `deny`, `warn`, `audit`, `off`",
        "rules.unreadable: cannot be off",
        "exemptions[0].rules[0]: `host-pids`, did you mean `host-pid`?",
        "exemptions[0].reason: empty",
        "exemptions[0]: names a service account without its namespace",
        "exemptions[1]: names nobody",
        "exemptions[2]: names a service account without its namespace",
        "exemptions[3].groups[0]: a group that everybody is in",
        "exemptions[3].namespaces[0]: no name that Kubernetes allows",
        "exemptions[4]: can never hold",
        "exemptions[5]: is for controllers that make everybody's pods",
    ] {
        assert!(
            found.iter().any(|mistake| mistake.starts_with(expected)),
            "{expected}\n{found:#?}"
        );
    }
}

#[test]
fn a_mistake_in_the_settings_says_what_to_write() {
    for (settings, expected) in [
        (
            json!({"hostAccess": {"deny": "hihg"}}),
            "hostAccess.deny: `hihg`, did you mean `high`? expected one of `low`, `medium`, \
             `high`, `critical`, `never`",
        ),
        (
            json!({"rules": {"host-port": {"action": "wran"}}}),
            "rules.host-port.action: `wran`, did you mean `warn`? expected one of `deny`, \
             `warn`, `audit`, `off`",
        ),
        (
            json!({"rules": {"host-port": {"severty": "low"}}}),
            "rules.host-port: unknown key `severty`, did you mean `severity`? expected one of \
             `action`, `severity`, `allow`",
        ),
        // the rules are too many to be told beside the one that is meant
        (
            json!({"rules": {"host-paths": {}}}),
            "rules: unknown key `host-paths`, did you mean `host-path`?",
        ),
        // alerts are no rules
        (
            json!({"rules": {"pod-write": {"action": "deny"}}}),
            "rules: unknown key `pod-write`, which is an alert: `podWrite`, beside `rules`, is for \
             all its rules",
        ),
        (
            json!({"rules": {"host-access": {"action": "deny"}}}),
            "rules: unknown key `host-access`, which is an alert: `hostAccess`, beside `rules`, is \
             for all its rules",
        ),
        (
            json!({"pod-write": {"deny": "high"}}),
            "settings: unknown key `pod-write`, did you mean `podWrite`? expected one of \
             `hostAccess`, `podWrite`, `onUpdate`, `kubernetesVersion`, `rules`, `podTemplates`, \
             `podMakers`, `exemptions`, `clusterContext`",
        ),
        (
            json!({"exemptions": [{"reason": "r", "users": ["u"], "rules": ["host-access", "host-pid"]}]}),
            "exemptions[0].rules[0]: `host-access`, which is an alert: name those of its rules \
             that are meant",
        ),
        // what stands where an object is expected may be one of its values
        (
            json!({"hostAccess": "high"}),
            "hostAccess: a string, expected an object such as `{deny: high}`",
        ),
        (
            json!({"podWrite": "audit"}),
            "podWrite: a string, expected an object such as `{deny: …}`",
        ),
        (
            json!({"podWrite": false}),
            "podWrite: a boolean, expected an object such as `{deny: …}`",
        ),
        (
            json!({"rules": {"host-path": "audit"}}),
            "rules.host-path: a string, expected an object such as `{action: audit}`",
        ),
        (
            json!({"rules": {"host-path": "critical"}}),
            "rules.host-path: a string, expected an object such as `{severity: critical}`",
        ),
        // as YAML 1.1 reads `host-path: off`
        (
            json!({"rules": {"host-path": false}}),
            "rules.host-path: a boolean, expected an object such as `{action: off}`",
        ),
        (
            json!({"rules": {"host-path": {"allow": ["/var/log"]}}}),
            "rules.host-path.allow[0]: a string, expected an object such as `{path: /var/log}`",
        ),
        (
            json!({"rules": {"host-path": {"allow": ["/a, b"]}}}),
            "rules.host-path.allow[0]: a string, expected an object such as `{path: \"/a, b\"}`",
        ),
        (
            json!({"rules": {"capabilities": ["NET_ADMIN"]}}),
            "rules.capabilities: an array, expected an object such as `{allow: [\"NET_ADMIN\"]}`",
        ),
        (
            json!({"rules": {"host-path": []}}),
            "rules.host-path: an array, expected an object such as `{allow: []}`",
        ),
        // the whole object is told as such, not key by key
        (
            json!({
                "apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy",
                "metadata": {"name": "bulkhead"}, "spec": {"settings": {}},
            }),
            "settings: an object with `apiVersion`, expected what it has below `spec.settings`",
        ),
        // quotes are advised where they make it right, and only there
        (
            json!({"kubernetesVersion": 1.36}),
            "kubernetesVersion: a number, expected a string; in YAML, write it in quotes",
        ),
        (
            json!({"podMakers": [{"group": true, "resource": "workflows"}]}),
            "podMakers[0].group: a boolean, expected a string; in YAML, write it in quotes",
        ),
        (
            json!({"kubernetesVersion": ["1.36"]}),
            "kubernetesVersion: an array, expected a string",
        ),
        (
            json!({"kubernetesVersion": {}}),
            "kubernetesVersion: an object, expected a string",
        ),
        (
            json!({"kubernetesVersion": null}),
            "kubernetesVersion: null, expected a string",
        ),
        (
            json!({"hostAccess": {"warn": true}}),
            "hostAccess.warn: a boolean, expected one of `low`, `medium`, `high`, `critical`, \
             `never`",
        ),
        (
            json!({"rules": {"host-port": {"allow": [true]}}}),
            "rules.host-port.allow[0]: no port, expected one such as `8080` or a range such as \
             `\"30000-32767\"`",
        ),
        (
            json!({"clusterContext": "true"}),
            "clusterContext: a string, expected `true` or `false`",
        ),
    ] {
        assert_eq!(mistakes(&settings), [expected], "{settings}");
    }
}

#[test]
fn settings_that_are_none_are_refused() {
    for (text, expected) in [
        (
            "",
            "settings: not valid JSON: it ends too early, at line 1 column 1",
        ),
        (
            "{",
            "settings: not valid JSON: it ends too early, at line 1 column 2",
        ),
        ("[]", "settings: an array, expected an object"),
        (
            r#"{"onUpdate":"new","onUpdate":"all"}"#,
            "settings: the key `onUpdate` stands twice",
        ),
    ] {
        let answer: SettingsValidationResponse =
            serde_json::from_slice(&policy::validate_settings(text.as_bytes())).unwrap();
        assert_eq!(answer.message.as_deref(), Some(expected), "{text}");
    }
}

/// Seven abilities, one reason: the message and the warnings tell it once, the findings are seven.
#[test]
fn a_role_for_everything_is_told_once() {
    let all = role(json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]));
    let deny = json!({"podWrite": {"deny": "high"}});
    let answer = inspect(&all, &deny);
    assert_eq!(answer["findings"].as_array().unwrap().len(), 7);
    let told = "critical pod-create and 6 more rules (/rules/0/resources/0): whoever is bound to \
                the role can do everything: every verb on every resource of every API group";
    let warnings = answer["response"]["warnings"].as_array().unwrap();
    assert_eq!(warnings, &[json!(told)]);
    let message =
        format!("{told}; name the groups, resources and verbs that are needed in place of `*`");
    assert_eq!(answer["response"]["message"], message);
    // What another rule of the role gives comes with it, place by place.
    let both = role(json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
        {"apiGroups": ["*"], "resources": ["*", "pods"], "verbs": ["*"]},
    ]));
    let answer = inspect(&both, &deny);
    let grants = answer["findings"][0]["grants"].as_array().unwrap();
    assert_eq!(grants.len(), 3, "{grants:?}");
}

/// What is told of an update is what it adds.
#[test]
fn an_update_says_what_it_adds_to_an_ability() {
    let old = role(
        json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"], "resourceNames": ["a"]}]),
    );
    for (new, added) in [
        (
            json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}),
            Some("; not before: delete pods"),
        ),
        (
            json!({"apiGroups": [""], "resources": ["pods", "pods/eviction"], "verbs": ["create", "delete", "deletecollection"], "resourceNames": ["a"]}),
            Some("; not before: create pods/eviction"),
        ),
        (
            json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"], "resourceNames": ["a"]}),
            None,
        ),
    ] {
        let answer = inspect(&updated(role(json!([new])), &old), &json!({}));
        let findings = answer["findings"].as_array().unwrap();
        let delete = findings
            .iter()
            .find(|finding| finding["rule"] == "pod-delete")
            .unwrap();
        assert_eq!(delete["new"], added.is_some());
        let message = delete["message"].as_str().unwrap();
        assert_eq!(message.contains("not before"), added.is_some(), "{message}");
        assert!(message.ends_with(added.unwrap_or_default()), "{message}");
    }
}

/// A role of a namespace holds there: a step milder, but not among the cluster's own pods; and
/// nothing of what is in no namespace.
#[test]
fn a_role_of_a_namespace_is_a_step_milder() {
    let rules = json!([{"apiGroups": [""], "resources": ["pods/exec", "nodes/proxy"], "verbs": ["create"]}]);
    for (kind, namespace, severity) in [
        ("ClusterRole", Value::Null, "high"),
        ("Role", json!("team-a"), "medium"),
        ("Role", json!("kube-system"), "high"),
    ] {
        let mut request = role(rules.clone());
        request["kind"]["kind"] = json!(kind);
        request["namespace"] = namespace;
        let answer = inspect(&request, &json!({}));
        assert_eq!(answer["findings"][0]["severity"], severity, "{kind}");
        let places = answer["findings"][0]["grants"].as_array().unwrap().len();
        assert_eq!(places, if kind == "Role" { 1 } else { 2 });
        let dead = answer["findings"].as_array().unwrap().iter();
        let dead: Vec<&Value> = dead
            .filter(|finding| finding["rule"] == "dead-grant")
            .collect();
        assert_eq!(dead.len(), usize::from(kind == "Role"), "{dead:?}");
    }
}

/// To bind a cluster role in a namespace, `bind` is asked in that namespace: the documentation's own
/// way to let somebody hand out roles there. What else is about cluster roles is asked nowhere there.
#[test]
fn cluster_roles_are_bound_in_the_namespace_of_the_binding() {
    let found = |kind: &str, verbs: &[&str], names: &[&str]| {
        let mut request = role(json!([
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]},
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": verbs, "resourceNames": names},
        ]));
        request["kind"]["kind"] = json!(kind);
        request["namespace"] = match kind {
            "Role" => json!("team-a"),
            _ => Value::Null,
        };
        expectation::rows(&inspect(&request, &json!({})))
    };
    let gains = |severity: &str, names: &str| {
        ["pod-create", "pod-exec"]
            .map(|rule| format!("{rule} {severity} new /rules/1/resources/0 - indirect{names}"))
    };
    let dead = ["dead-grant low new /rules/1/resources/0 \"clusterroles\""];
    assert_eq!(found("Role", &["bind"], &[]), gains("medium", ""));
    let few = found("Role", &["bind"], &["admin", "edit"]);
    assert_eq!(few, gains("low", " names=admin,edit"));
    assert_eq!(found("ClusterRole", &["bind"], &[]), gains("high", ""));
    assert_eq!(found("Role", &["escalate"], &[]), dead);
    assert_eq!(found("ClusterRole", &["escalate"], &[]), gains("high", ""));
    // nobody is asked for a role without a name, and that is no matter of the namespace
    assert_eq!(found("Role", &["bind"], &[""]), [""; 0]);
}

/// Kinds of others that pods are made of: those that many clusters have, and those of the settings.
#[test]
fn pod_makers_make_pods() {
    let rules = json!([
        {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create"]},
        {"apiGroups": ["example.com"], "resources": ["fleets"], "verbs": ["create"]},
        {"apiGroups": ["example.com"], "resources": ["ships"], "verbs": ["create"]},
    ]);
    let places = |settings: Value| {
        let answer = inspect(&role(rules.clone()), &settings);
        let grants = answer["findings"][0]["grants"].as_array().unwrap();
        grants
            .iter()
            .map(|grant| grant["resource"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(places(json!({})), ["workflows"]);
    let settings = json!({"podMakers": [{"group": "example.com", "resource": "fleets"}]});
    assert_eq!(places(settings), ["workflows", "fleets"]);
    for (mistake, said) in [
        (
            json!([{"group": "example.com"}]),
            "podMakers[0]: no `resource`",
        ),
        (
            json!([{"group": "example.com", "resource": "Fleet"}]),
            "podMakers[0]: `resource` is no plural in lower case, such as `workflows`",
        ),
    ] {
        let answer =
            policy::validate_settings(json!({"podMakers": mistake}).to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["message"], said);
    }
}
