//! Logs of several clusters in one input: what was shown of one says nothing of another.

use crate::audit::{event, labelled};
use crate::items;
use crate::wrappers::{entry, record};
use intake::audit::{Audit, Before, Log};
use intake::{Item, read_into};
use serde_json::{Value, json};

const ROLE: &str = "rbac.authorization.k8s.io";

/// What makes an event of a cluster, by the cluster and the verb.
type Wrapper<'a> = &'a dyn Fn(&str, &str) -> Value;

/// An event of the pod team-a/web: its creation, or a change of it.
fn of_pod(verb: &str) -> Value {
    let code = if verb == "create" { 201 } else { 200 };
    event(json!({"verb": verb, "responseStatus": {"code": code}}))
}

fn of_google(cluster: &str, verb: &str) -> Value {
    let method = format!("io.k8s.core.v1.pods.{verb}");
    let mut entry = entry(json!({"methodName": method}));
    entry["resource"]["labels"] =
        json!({"project_id": "p", "location": "l", "cluster_name": cluster});
    entry
}

fn of_amazon(cluster: &str, event: &Value) -> Value {
    json!({"messageType": "DATA_MESSAGE", "owner": "111122223333",
        "logGroup": format!("/aws/eks/{cluster}/cluster"), "logStream": "kube-apiserver-audit-0a",
        "logEvents": [{"id": "1", "timestamp": 1, "message": event.to_string()}]})
}

fn of_azure(cluster: &str, verb: &str) -> Value {
    let mut record = record("kube-audit", json!(of_pod(verb).to_string()));
    record["resourceId"] = json!(format!("/SUBSCRIPTIONS/1/MANAGEDCLUSTERS/{cluster}"));
    record
}

fn row(group: &str, verb: &str) -> Value {
    json!([{"field": "@message", "value": of_pod(verb).to_string()},
        {"field": "@log", "value": group}])
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn audits(input: &str) -> Vec<Audit> {
    let audit = |item| match item {
        Item::Case(case) => *case.audit.unwrap(),
        other => panic!("{other:?}"),
    };
    items(input).into_iter().map(audit).collect()
}

#[test]
fn what_one_cluster_has_is_not_what_another_has() {
    let amazon = |cluster: &str, verb: &str| of_amazon(cluster, &of_pod(verb));
    let insights = |cluster: &str, verb: &str| json!({"results": [row(cluster, verb)]});
    let exported =
        |cluster: &str, verb: &str| json!({"@log": cluster, "@message": of_pod(verb).to_string()});
    let hub = |cluster: &str, verb: &str| json!({"records": [of_azure(cluster, verb)]});
    let table = |cluster: &str, verb: &str| {
        json!({"Category": "kube-audit", "log_s": of_pod(verb).to_string(),
            "_ResourceId": format!("/subscriptions/1/managedClusters/{cluster}")})
    };
    let wrapped: [(&str, Wrapper<'_>); 7] = [
        ("projects/p/locations/l/clusters/one", &of_google),
        ("111122223333:/aws/eks/one/cluster", &amazon),
        ("one", &insights),
        ("one", &exported),
        ("/subscriptions/1/managedclusters/one", &of_azure),
        ("/subscriptions/1/managedclusters/one", &hub),
        ("/subscriptions/1/managedclusters/one", &table),
    ];
    for (name, wrapper) in wrapped {
        let input = lines(&[
            wrapper("one", "create"),
            wrapper("two", "update"),
            wrapper("one", "update"),
        ]);
        let audits = audits(&input);
        let before: Vec<Before> = audits.iter().map(|audit| audit.before).collect();
        assert_eq!(
            before,
            [Before::Absent, Before::Unknown, Before::Known],
            "{name}"
        );
        assert_eq!(audits[2].cluster.as_deref(), Some(name));
        assert_eq!(audits[2].root.cluster, audits[2].cluster);
        assert_ne!(audits[1].cluster, audits[0].cluster);
    }
}

#[test]
fn one_record_may_hold_several_clusters() {
    let input =
        json!({"results": [row("one", "create"), row("two", "update"), row("one", "update")]});
    let before: Vec<Before> = audits(&input.to_string())
        .iter()
        .map(|audit| audit.before)
        .collect();
    assert_eq!(before, [Before::Absent, Before::Unknown, Before::Known]);
}

#[test]
fn an_event_without_a_wrapper_is_of_no_cluster_that_is_known() {
    let input = lines(&[of_amazon("one", &of_pod("create")), of_pod("update")]);
    let audits = audits(&input);
    assert_eq!(
        (&audits[1].cluster, audits[1].before),
        (&None, Before::Unknown)
    );
}

#[test]
fn what_a_controller_writes_follows_from_its_own_cluster() {
    let controller = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]);
    let role = |name: &str, user: &str, beside: Value| {
        let object = labelled(name, rules.clone(), beside);
        event(
            json!({"user": {"username": user}, "responseObject": object, "objectRef":
            {"apiGroup": ROLE, "apiVersion": "v1", "resource": "clusterroles", "name": name}}),
        )
    };
    let selectors = json!([{"matchLabels": {"to-view": "true"}}]);
    let aggregated = json!({"aggregationRule": {"clusterRoleSelectors": selectors}});
    let input = lines(&[
        of_amazon("one", &role("pods", "alice", json!({}))),
        of_amazon("two", &role("pods", "carol", json!({}))),
        of_amazon("one", &role("view", controller, aggregated)),
    ]);
    let cause = audits(&input)[2].cause.clone().unwrap();
    assert_eq!(cause.user, "alice");
    assert_eq!(
        cause.object.cluster.as_deref(),
        Some("111122223333:/aws/eks/one/cluster")
    );
}

#[test]
fn a_request_that_does_not_end_keeps_its_cluster() {
    let begun = event(json!({"stage": "RequestReceived", "responseObject": null,
        "requestObject": null, "responseStatus": null}));
    let input = lines(&[of_amazon("one", &begun), of_pod("get")]);
    let mut reader = read_into(Log::default(), input.as_bytes());
    assert!(reader.by_ref().next().is_none());
    let unfinished = reader.into_log().unfinished().unwrap();
    let cluster = unfinished.audit.cluster.as_deref();
    assert_eq!(cluster, Some("111122223333:/aws/eks/one/cluster"));
}
