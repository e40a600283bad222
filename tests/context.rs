//! What the policy asks of its cluster: only where the settings say so, in Kubewarden's words, a
//! bounded number of times; and what it makes of an answer that does not come.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
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
            true => Ok(br#"{"metadata":{},"spec":{"volumeName":"disk"}}"#.to_vec()),
            false => silent(operation, question),
        }
    });
    let expected = [
        get("v1", "PersistentVolumeClaim", "c0", Some("team-a")),
        get("v1", "PersistentVolume", "disk", None),
    ];
    assert_eq!(asked, expected);

    // Whatever the selectors: a host keeps a watch for each list that differs.
    for role in [
        aggregator(&json!([{"matchLabels": {"a": "b"}}])),
        aggregator(
            &json!([{"matchExpressions": [{"key": "c", "operator": "Exists"}]}, {"matchLabels": {"d": "e"}}]),
        ),
    ] {
        let (_, asked) = inspect(&role, &on(), &|operation, question| match operation {
            "get_resource" => Ok(br#"{"metadata":{"name":"cluster-admin"}}"#.to_vec()),
            _ => silent(operation, question),
        });
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0], get(RBAC, "ClusterRole", "cluster-admin", None));
        let question = ListAllResourcesRequest {
            api_version: RBAC.to_owned(),
            kind: "ClusterRole".to_owned(),
            label_selector: None,
            field_selector: None,
            field_masks: Some(["metadata".to_owned(), "rules".to_owned()].into()),
        };
        let (operation, list) = &asked[1];
        assert_eq!(operation, "list_resources_all");
        let mut list: Value = serde_json::from_str(list).unwrap();
        let masks = list["field_masks"].take();
        assert_eq!(masks, json!(["metadata", "rules"]));
        let mut expected = serde_json::to_value(question).unwrap();
        expected["field_masks"].take();
        assert_eq!(list, expected);
    }
}

fn aggregator(selectors: &Value) -> Value {
    let role = json!({
        "metadata": {"name": "parent"},
        "aggregationRule": {"clusterRoleSelectors": selectors},
    });
    request("ClusterRole", &role)
}

/// A host that may not list waits until it may; one that may not get says so.
#[test]
fn what_the_host_may_not_get_it_is_not_asked_to_list() {
    let role = aggregator(&json!([{"matchLabels": {"a": "b"}}]));
    let (rows, asked) = inspect(&role, &on(), &|_, _| Err("403 Forbidden".to_owned()));
    assert_eq!(asked.len(), 1);
    assert_eq!(
        rows,
        [
            "aggregation medium /aggregationRule its rules are those of every role that it selects, \
             now or later; which there are now is not known: 403 Forbidden"
        ]
    );
    // In a replay, the role that every cluster has may be missing.
    let (_, asked) = inspect(&role, &on(), &|_, _| Err("Cannot find it".to_owned()));
    assert_eq!(asked.len(), 2);
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
    let (rows, _) = inspect(&aggregator(&json!([labelled("b")])), &on(), &silent);
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
        b"{\"metadata\":{},\"rules\":7,\"spec\":7,\"items\":7}",
        // Nothing is no object, and no empty list.
        b"null",
        b"{}",
        b"{\"metadata\":null,\"items\":null}",
    ] {
        let aggregator = aggregator(&json!([labelled("b")]));
        let of_list = |operation: &str, _: &[u8]| match operation {
            "get_resource" => Err("Cannot find it".to_owned()),
            _ => Ok(answer.to_vec()),
        };
        let (rows, _) = inspect(&aggregator, &on(), &of_list);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].contains("cannot be read"), "{rows:?}");

        let answer = |_: &str, _: &[u8]| Ok(answer.to_vec());
        for request in [binding("Role", "podwrite"), pod(1), aggregator] {
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

const ROLES: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: child, labels: {a: b}}
rules:
- {apiGroups: [""], resources: [pods], verbs: [delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: other, labels: {a: c}}
rules:
- {apiGroups: [""], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: parent, labels: {a: d}}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: odd, labels: {a: e}}
rules: 7
"#;

/// The severity of an aggregation, and what is said of the roles that there are now.
fn at_hand(selectors: &Value) -> String {
    let objects = Objects::read(ROLES);
    let answer = |operation: &str, question: &[u8]| objects.answer(operation, question);
    let (rows, _) = inspect(&aggregator(selectors), &on(), &answer);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    let (head, known) = row.split_once("now or later; ").unwrap();
    let severity = head.split(' ').nth(1).unwrap();
    format!("{severity} {known}")
}

fn labelled(value: &str) -> Value {
    json!({"matchLabels": {"a": value}})
}

#[test]
fn the_roles_that_another_aggregates_are_looked_up() {
    for (selectors, expected) in [
        (
            json!([labelled("b")]),
            "medium those that there are now may delete pods",
        ),
        (
            json!([labelled("b"), labelled("c")]),
            "high those that there are now may create, delete, attach storage to pods",
        ),
        (
            json!([{"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "b"]}]}]),
            "medium those that there are now may delete pods",
        ),
        (
            json!([labelled("z")]),
            "low those that there are now may not write pods",
        ),
        // The controller passes over the role that it fills.
        (
            json!([labelled("d")]),
            "low those that there are now may not write pods",
        ),
    ] {
        assert_eq!(at_hand(&selectors), expected, "{selectors}");
    }
}

/// Every cluster has `cluster-admin`, and nobody needs to be asked what it may do.
#[test]
fn whoever_takes_the_rules_of_cluster_admin_may_do_everything() {
    let of_kubernetes = json!({"matchLabels": {"kubernetes.io/bootstrapping": "rbac-defaults"}});
    let not_mine = json!({"matchExpressions": [{"key": "mine", "operator": "DoesNotExist"}]});
    for (selectors, value) in [
        (json!([{}]), "every cluster role"),
        (json!([labelled("b"), {}]), "a=b or every cluster role"),
        (
            json!([of_kubernetes]),
            "kubernetes.io/bootstrapping=rbac-defaults",
        ),
        (json!([not_mine]), "!mine"),
    ] {
        for settings in [json!({}), on()] {
            let payload = json!({"request": aggregator(&selectors), "settings": settings});
            let never = |_: &str, _: &[u8]| panic!("asked for {selectors}");
            let answer = policy::inspect_in(payload.to_string().as_bytes(), &never);
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let finding = &answer["findings"][0];
            assert_eq!(finding["severity"], "critical", "{selectors}");
            assert_eq!(finding["value"], value);
            assert_eq!(
                finding["message"],
                "its rules are those of every role that it selects, now or later; `cluster-admin` \
                 is one of them: everything"
            );
        }
    }
    // These it has not.
    for selector in [
        json!({"matchLabels": {"kubernetes.io/bootstrapping": "rbac-defaults", "a": "b"}}),
        json!({"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}}),
        json!({"matchExpressions": [{"key": "mine", "operator": "Exists"}]}),
    ] {
        let (rows, _) = inspect(&aggregator(&json!([selector])), &json!({}), &silent);
        assert_eq!(rows.len(), 1);
        assert!(rows[0].starts_with("aggregation medium "), "{rows:?}");
    }
}

/// Less of it, or in another order, is not new.
#[test]
fn an_update_of_an_aggregation_is_judged_by_what_it_adds() {
    let is_new = |new: Value, old: Value| {
        let mut request = aggregator(&new);
        request["operation"] = json!("UPDATE");
        request["oldObject"] = aggregator(&old)["object"].clone();
        let payload = json!({"request": request, "settings": {}}).to_string();
        let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
        let findings = answer["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1);
        findings[0]["new"].as_bool().unwrap()
    };
    let [b, c] = ["b", "c"].map(labelled);
    assert!(!is_new(json!([b, c]), json!([b, c])));
    assert!(!is_new(json!([b]), json!([b, c])));
    assert!(!is_new(json!([c, b, b]), json!([b, c])));
    assert!(is_new(json!([b, c]), json!([b])));
    assert!(is_new(json!([c]), json!([b])));
    assert!(is_new(json!([b, {}]), json!([b])));
    // What is worse by something else than a selector is new too.
    assert!(is_new(json!([b]), json!([])));
}

#[test]
fn one_role_that_cannot_be_read_hides_no_other() {
    let two = json!([labelled("e"), labelled("c")]);
    assert_eq!(
        at_hand(&two),
        "high those that there are now may create, attach storage to pods; some cannot be read"
    );
    assert_eq!(
        at_hand(&json!([labelled("e")])),
        "medium those that there are now may not write pods; some cannot be read"
    );
}

/// Kubernetes takes what any of the selectors selects, however many there are.
#[test]
fn no_selector_is_left_out() {
    let mut selectors = vec![labelled("z"); 200];
    selectors.push(labelled("c"));
    assert_eq!(
        at_hand(&json!(selectors)),
        "high those that there are now may create, attach storage to pods"
    );
    // What its author makes unknowable is no milder than what may be behind it.
    selectors.resize(257, labelled("z"));
    assert_eq!(
        at_hand(&json!(selectors)),
        "critical which there are now is not known: too many labels to look up"
    );
}

#[test]
fn the_questions_are_bounded() {
    let (rows, asked) = inspect(&pod(100), &on(), &silent);
    assert_eq!(asked.len(), 16);
    assert_eq!(rows.len(), 100);
    // What its author makes unknowable is no milder than what may be behind it.
    for (row, index) in rows.iter().zip(16..100) {
        let expected = format!(
            "persistent-volume-claim critical /spec/volumes/{index}/persistentVolumeClaim what is \
             behind the claim `c{index}` is not known: more than 16 claims are not looked up"
        );
        assert_eq!(*row, expected);
    }
    let last = &rows[84..];
    assert!(last.iter().all(|row| row.contains(" low ")), "{last:?}");
    // A claim that stands twice is one.
    let mut twice = pod(16);
    let volumes = twice["object"]["spec"]["volumes"].as_array_mut().unwrap();
    volumes.extend(volumes.clone());
    let (rows, asked) = inspect(&twice, &on(), &silent);
    assert_eq!((rows.len(), asked.len()), (32, 16));
    assert!(rows.iter().all(|row| row.contains(" low ")), "{rows:?}");
    let selectors = vec![labelled("b"); 100];
    let role = aggregator(&json!(selectors));
    let (rows, asked) = inspect(&role, &on(), &|_, _| Err("Cannot find it".to_owned()));
    assert_eq!((rows.len(), asked.len()), (1, 2));
}
