//! What the policy asks of its cluster: only where the settings say so, in Kubewarden's words, a
//! bounded number of times; and what it makes of an answer that does not come.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "support/cluster.rs"]
mod cluster;

use std::cell::RefCell;

use kubewarden_policy_sdk::host_capabilities::kubernetes::{
    GetResourceRequest, ListAllResourcesRequest,
};
use serde_json::{Value, json};

use cluster::Objects;
use policy::Cluster;

/// What is found, a row each, and what was asked for it.
fn inspect(
    request: &Value,
    settings: &Value,
    answer: Cluster<'_>,
) -> (Vec<String>, Vec<(String, String)>) {
    let asked = RefCell::new(Vec::new());
    let cluster = |operation: &str, question: &[u8]| {
        let text = String::from_utf8(question.to_vec()).unwrap();
        asked.borrow_mut().push((operation.to_owned(), text));
        answer(operation, question)
    };
    let payload = json!({"request": request, "settings": settings}).to_string();
    let inspection: Value =
        serde_json::from_slice(&policy::inspect_in(payload.as_bytes(), &cluster)).unwrap();
    let rows = inspection["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let rows = rows.map(|finding| {
        ["rule", "severity", "path", "message"]
            .map(|key| text(finding, key))
            .join(" ")
    });
    (rows.collect(), asked.into_inner())
}

fn request(kind: &str, object: &Value) -> Value {
    let group = match kind {
        "Pod" => "",
        _ => "rbac.authorization.k8s.io",
    };
    json!({
        "operation": "CREATE",
        "kind": {"group": group, "version": "v1", "kind": kind},
        "namespace": "team-a",
        "object": object,
    })
}

fn binding(role_kind: &str, role: &str) -> Value {
    let object = json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"}],
    });
    request("RoleBinding", &object)
}

fn pod(claims: usize) -> Value {
    let volume = |index: usize| json!({"name": format!("v{index}"), "persistentVolumeClaim": {"claimName": format!("c{index}")}});
    let volumes: Vec<Value> = (0..claims).map(volume).collect();
    request(
        "Pod",
        &json!({"spec": {"volumes": volumes, "containers": []}}),
    )
}

fn on() -> Value {
    json!({"clusterContext": true})
}

fn silent(_: &str, _: &[u8]) -> Result<Vec<u8>, String> {
    Err("timed out\u{1b}[31m".to_owned())
}

#[test]
fn nothing_is_asked_unless_the_settings_say_so() {
    for request in [binding("Role", "podwrite"), pod(2)] {
        for settings in [json!({}), json!({"clusterContext": false})] {
            let (_, asked) = inspect(&request, &settings, &silent);
            assert_eq!(asked, []);
        }
    }
}

#[test]
fn nothing_is_asked_for_what_is_not_judged() {
    for (key, value) in [("operation", "DELETE"), ("subResource", "status")] {
        let mut request = pod(1);
        request[key] = json!(value);
        let (_, asked) = inspect(&request, &on(), &silent);
        assert_eq!(asked, []);
    }
}

/// The questions are those of Kubewarden's SDK, byte for byte.
#[test]
fn asks_in_the_words_of_the_sdk() {
    let get = |api_version: &str, kind: &str, name: &str, namespace: Option<&str>| {
        let question = GetResourceRequest {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            disable_cache: true,
            field_masks: None,
        };
        (
            "get_resource".to_owned(),
            serde_json::to_string(&question).unwrap(),
        )
    };
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    let (_, asked) = inspect(&binding("Role", "podwrite"), &on(), &silent);
    assert_eq!(asked, [get(RBAC, "Role", "podwrite", Some("team-a"))]);
    let (_, asked) = inspect(&binding("ClusterRole", "debugger"), &on(), &silent);
    assert_eq!(asked, [get(RBAC, "ClusterRole", "debugger", None)]);
    let (_, asked) = inspect(&pod(1), &on(), &|operation, question| {
        let is_claim = String::from_utf8_lossy(question).contains("PersistentVolumeClaim");
        match is_claim {
            true => Ok(br#"{"spec":{"volumeName":"disk"}}"#.to_vec()),
            false => silent(operation, question),
        }
    });
    let expected = [
        get("v1", "PersistentVolumeClaim", "c0", Some("team-a")),
        get("v1", "PersistentVolume", "disk", None),
    ];
    assert_eq!(asked, expected);

    let role = json!({"aggregationRule": {"clusterRoleSelectors": [
        {"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "c", "operator": "NotIn", "values": ["d", "e"]},
            {"key": "f", "operator": "Exists"},
            {"key": "g", "operator": "DoesNotExist"},
        ]},
    ]}});
    let (_, asked) = inspect(&request("ClusterRole", &role), &on(), &silent);
    let question = ListAllResourcesRequest {
        api_version: RBAC.to_owned(),
        kind: "ClusterRole".to_owned(),
        label_selector: Some("a=b,c notin (d,e),f,!g".to_owned()),
        field_selector: None,
        field_masks: None,
    };
    let question = serde_json::to_string(&question).unwrap();
    assert_eq!(asked, [("list_resources_all".to_owned(), question)]);
}

#[test]
fn a_host_that_does_not_answer_is_told() {
    let (rows, _) = inspect(&binding("Role", "podwrite"), &on(), &silent);
    assert_eq!(
        rows,
        ["pod-write-binding low /roleRef the role `podwrite` is not known: timed out\\u{1b}[31m"]
    );
    let (rows, _) = inspect(&pod(1), &on(), &silent);
    assert_eq!(
        rows,
        [
            "persistent-volume-claim low /spec/volumes/0/persistentVolumeClaim what is behind the \
             claim `c0` is not known: timed out\\u{1b}[31m"
        ]
    );
    let role = json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let (rows, _) = inspect(&request("ClusterRole", &role), &on(), &silent);
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].starts_with("aggregation medium /aggregationRule "),
        "{rows:?}"
    );
    assert!(
        rows[0].ends_with("is not known: timed out\\u{1b}[31m"),
        "{rows:?}"
    );
}

#[test]
fn an_answer_that_cannot_be_read_is_told() {
    for answer in [
        &b"{"[..],
        b"[]",
        b"\xff",
        b"{\"rules\":7,\"spec\":7,\"items\":7}",
    ] {
        let answer = |_: &str, _: &[u8]| Ok(answer.to_vec());
        let role = json!({"aggregationRule": {"clusterRoleSelectors": [{}]}});
        for request in [
            binding("Role", "podwrite"),
            pod(1),
            request("ClusterRole", &role),
        ] {
            let (rows, _) = inspect(&request, &on(), &answer);
            assert_eq!(rows.len(), 1, "{rows:?}");
            assert!(rows[0].contains("cannot be read"), "{rows:?}");
        }
    }
}

/// A role that Kubernetes makes itself is known without an answer.
#[test]
fn a_built_in_role_needs_no_answer() {
    let (rows, _) = inspect(&binding("ClusterRole", "edit"), &on(), &silent);
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].starts_with("pod-write-binding medium /subjects/0 "),
        "{rows:?}"
    );
    // But a role of that name in a namespace is anybody's.
    let (rows, _) = inspect(&binding("Role", "edit"), &on(), &silent);
    assert!(
        rows[0].starts_with("pod-write-binding low /roleRef "),
        "{rows:?}"
    );
}

/// What the cluster says goes before what Kubernetes ships.
#[test]
fn the_cluster_has_the_last_word_on_a_role() {
    let objects = Objects::read(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: view}\n\
         rules:\n- {apiGroups: [\"\"], resources: [pods/exec], verbs: [create]}\n",
    );
    let answer = |operation: &str, question: &[u8]| objects.answer(operation, question);
    let (rows, _) = inspect(&binding("ClusterRole", "view"), &on(), &answer);
    assert_eq!(
        rows,
        [
            "pod-write-binding medium /subjects/0 gives `User bob` the role `view`, and so in this \
             namespace: execute commands in pods"
        ]
    );
}

#[test]
fn the_roles_that_another_aggregates_are_looked_up() {
    let objects = Objects::read(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
         metadata: {name: child, labels: {a: b}}\n\
         rules:\n- {apiGroups: [\"\"], resources: [pods], verbs: [delete]}\n\
         ---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
         metadata: {name: other, labels: {a: c}}\n\
         rules:\n- {apiGroups: [\"\"], resources: [pods], verbs: [create]}\n",
    );
    let answer = |operation: &str, question: &[u8]| objects.answer(operation, question);
    let role = json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let (rows, _) = inspect(&request("ClusterRole", &role), &on(), &answer);
    assert_eq!(
        rows,
        [
            "aggregation medium /aggregationRule its rules are those of every role that is labelled \
             so, now or later; those that there are now may delete pods"
        ]
    );
}

#[test]
fn the_questions_are_bounded() {
    let (rows, asked) = inspect(&pod(100), &on(), &silent);
    assert_eq!(asked.len(), 16);
    assert_eq!(rows.len(), 100);
    assert!(
        rows[99].ends_with("more than 16 claims are not looked up"),
        "{}",
        rows[99]
    );
    let selectors = vec![json!({"matchLabels": {"a": "b"}}); 100];
    let role = json!({"aggregationRule": {"clusterRoleSelectors": selectors}});
    let (rows, asked) = inspect(&request("ClusterRole", &role), &on(), &silent);
    assert_eq!((rows.len(), asked.len()), (1, 16));
}

#[test]
fn values_of_claims_are_compared_as_paths() {
    let objects = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c0, namespace: team-a}, spec: {volumeName: a}}\n---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {local: {path: /mnt/disks/a}}}\n";
    let objects = Objects::read(objects);
    let cluster = |operation: &str, question: &[u8]| objects.answer(operation, question);
    let is_exempted = |claim: usize, value: &str| {
        let mut request = pod(1);
        let name = json!(format!("c{claim}"));
        request["object"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = name;
        let settings = json!({"clusterContext": true, "exemptions": [{"reason": "r",
            "rules": ["persistent-volume-claim"], "namespaces": ["team-a"], "values": [value]}]});
        let payload = json!({"request": request, "settings": settings}).to_string();
        let answer = policy::inspect_in(payload.as_bytes(), &cluster);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["findings"][0]["rule"], "persistent-volume-claim");
        !answer["findings"][0]["exempted"].is_null()
    };
    for (claim, value, expected) in [
        (0, "/mnt/disks/a", true),
        (0, "/mnt/disks/a/", true),
        (0, "/mnt/disks/*", true),
        (0, "/mnt/disks/a/*", false),
        (0, "/mnt/disks/b", false),
        // What is behind it is not known, so its name is shown.
        (1, "c1", true),
        (1, "/c1", false),
    ] {
        assert_eq!(is_exempted(claim, value), expected, "{claim} {value}");
    }
}
