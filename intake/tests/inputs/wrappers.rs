//! Audit events as clouds and forwarders deliver them: who, how it ended and what is judged are the
//! same as in the API server's own log; what else is in such logs is counted.

use crate::audit::{event, pod};
use crate::{items, line, report};
use intake::audit::{Audit, Gap, Outcome, Unjudged};
use intake::{Item, Passed, read};
use serde_json::{Value, json};

const KLOG: &str = "I1122 01:28:32.920959       1 trace.go:205] Trace[1]: \"Get\" url:/api/v1/pods";
const POD: &str = "CREATE Pod web";

/// A request that changes nothing.
fn other_event() -> Value {
    event(json!({"verb": "get", "auditID": "9"}))
}

fn text(value: &Value) -> Value {
    Value::from(value.to_string())
}

/// What is told of an input, and what is counted.
fn read_all(input: &str) -> (Vec<String>, Passed) {
    let mut reader = read(input.as_bytes());
    let told = reader.by_ref().map(|item| line(&item.unwrap())).collect();
    (told, reader.take_passed())
}

/// Holds that these places have the creation of the pod, that nothing else is told, and how many
/// events and other records are passed.
fn holds(input: &str, places: &[&str], irrelevant: u64, other: u64) {
    let (told, passed) = read_all(input);
    let expected: Vec<_> = places
        .iter()
        .map(|place| format!("case {place} {POD}"))
        .collect();
    assert_eq!(told, expected, "{input}");
    assert_eq!(
        (passed.irrelevant, passed.other),
        (irrelevant, other),
        "{input}"
    );
}

/// The only request that an input tells of.
fn only(input: impl ToString) -> (Value, Audit) {
    match items(input.to_string()).pop() {
        Some(Item::Case(case)) => {
            let request = serde_json::from_str(case.request()).unwrap();
            (request, *case.audit.unwrap())
        }
        other => panic!("{other:?}"),
    }
}

fn gap(input: impl ToString) -> Unjudged {
    match items(input.to_string()).pop() {
        Some(Item::Unjudged(unjudged)) => *unjudged,
        other => panic!("{other:?}"),
    }
}

fn identity(unjudged: &Unjudged) -> Value {
    serde_json::from_str(&unjudged.request).unwrap()
}

// Amazon

fn logged(message: &Value) -> Value {
    json!({"id": "3791", "timestamp": 1_795_310_912_920_u64, "message": message})
}

#[test]
fn reads_what_cloudwatch_delivers_to_subscriptions() {
    let delivery = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333",
        "logGroup": "/aws/eks/prod/cluster", "logStream": "kube-apiserver-audit-0a",
        "subscriptionFilters": ["all"], "logEvents": [
            logged(&text(&event(json!({})))), logged(&text(&other_event())),
            logged(&json!(KLOG)), logged(&text(&event(json!({"auditID": "2"}))))]});
    let check = json!({"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs",
        "logGroup": "", "logStream": "", "subscriptionFilters": [], "logEvents": [
            logged(&json!("CWL CONTROL MESSAGE: Checking health of destination Firehose."))]});
    holds(&format!("{check}\n{delivery}\n"), &["2/1/1", "2/1/4"], 1, 2);
    // as Firehose puts them together
    holds(
        &format!("{check}{delivery}{delivery}"),
        &["1/2/1", "1/2/4", "1/3/1", "1/3/4"],
        2,
        3,
    );
}

#[test]
fn reads_what_the_aws_command_prints() {
    let message = text(&event(json!({})));
    let filtered = json!({"events": [
        {"logStreamName": "kube-apiserver-audit-0a", "timestamp": 1, "message": message,
            "ingestionTime": 2, "eventId": "3"},
        {"logStreamName": "kube-apiserver-0a", "timestamp": 1, "message": KLOG,
            "ingestionTime": 2, "eventId": "4"}], "searchedLogStreams": []});
    holds(&filtered.to_string(), &["1/1/1"], 0, 1);
    let got = json!({"events": [{"timestamp": 1, "message": message, "ingestionTime": 2}],
        "nextForwardToken": "f/1", "nextBackwardToken": "b/1"});
    holds(&got.to_string(), &["1/1/1"], 0, 0);
    // as it stands in the file: a record has the line on which it starts
    let place = format!("{}/1/1", 3);
    holds(&format!("{got:#}"), &[&place], 0, 0);
}

#[test]
fn reads_results_of_logs_insights() {
    let row = |message: &str| {
        json!([{"field": "@timestamp", "value": "2026-11-22 01:28:32.920"},
            {"field": "@message", "value": message}, {"field": "@ptr", "value": "Cl"}])
    };
    let whole = event(json!({})).to_string();
    let results = json!({"results": [row(KLOG), row(&whole)],
        "statistics": {"recordsMatched": 2.0}, "status": "Complete"});
    holds(&results.to_string(), &["1/1/2"], 0, 1);
    // the table that the console exports
    let table = json!([{"@timestamp": "2026-11-22 01:28:32.920", "@message": whole},
        {"@timestamp": "2026-11-22 01:28:32.920", "@message": event(json!({}))}]);
    holds(&table.to_string(), &["1/1/1", "1/1/2"], 0, 0);
}

#[test]
fn reads_what_cloudwatch_exports_to_s3() {
    let line = |text: &str| format!("2026-11-22T01:28:32.920Z {text}\n");
    let whole = event(json!({})).to_string();
    let input = [
        line(&whole),
        line(&other_event().to_string()),
        line(KLOG),
        line(&whole),
    ];
    holds(&input.concat(), &["1/1/1", "4/1/1"], 1, 1);
    // a log that starts with something else
    holds(&format!("{}{}", line(KLOG), line(&whole)), &["2/1/1"], 0, 1);
    holds(&format!("\u{feff}{}", line(&whole)), &["1/1/1"], 0, 0);
}

#[test]
fn reads_what_forwarders_pass_on() {
    let whole = event(json!({}));
    for record in [
        json!({"message": text(&whole)}),
        json!({"message": whole}),
        json!({"log": text(&whole)}),
        json!({"date": 1_795_310_912.92, "log": format!("{whole}\n")}),
        json!({"log": whole, "kubernetes": {"pod_name": "a"}}),
        json!({"short_message": text(&whole), "host": "a"}),
        // wrappers in wrappers
        json!({"message": text(&json!({"log": text(&whole)}))}),
    ] {
        holds(&format!("{record}\n{record}\n"), &["1/1/1", "2/1/1"], 0, 0);
    }
    // Docker's own records are a log, whatever they say
    let docker = |log: &str| json!({"log": format!("{log}\n"), "stream": "stdout", "time": "t"});
    let input = format!(
        "{}\n{}\n{}\n",
        docker(KLOG),
        docker(&whole.to_string()),
        docker("{}")
    );
    holds(&input, &["2/1/1"], 0, 2);
}

#[test]
fn reads_lists_of_events_in_wrappers() {
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [
        event(json!({"kind": null, "apiVersion": null})), event(json!({"auditID": "2"}))]});
    holds(
        &json!({"message": text(&list)}).to_string(),
        &["1/1/1", "1/1/2"],
        0,
        0,
    );
    let lines = format!("{}\n{}\n", event(json!({})), event(json!({"auditID": "2"})));
    holds(
        &json!({"log": lines}).to_string(),
        &["1/1/1", "1/1/2"],
        0,
        0,
    );
}

/// An event of EKS, whose user is one of IAM.
fn by_iam(extra: Value) -> Value {
    event(json!({"user": {"username": "kubernetes-admin",
        "uid": "aws-iam-authenticator:111122223333:AROAEXAMPLE",
        "groups": ["system:masters", "system:authenticated"], "extra": extra}}))
}

#[test]
fn tells_the_principal_and_the_key_of_amazon() {
    let role = "arn:aws:iam::111122223333:role/Admin";
    let session = "arn:aws:sts::111122223333:assumed-role/Admin/jane";
    let (request, audit) = only(json!({"message": text(&by_iam(json!({
        "accessKeyId": ["ASIAEXAMPLE"], "arn": [session], "canonicalArn": [role],
        "principalId": ["AROAEXAMPLE"], "sessionName": ["jane"]})))}));
    assert_eq!(request["userInfo"]["username"], "kubernetes-admin");
    assert_eq!(audit.outcome, Outcome::Created);
    assert_eq!(audit.actor.principal.as_deref(), Some(session));
    assert_eq!(
        audit.actor.credential.as_deref(),
        Some("accessKeyId=ASIAEXAMPLE")
    );
    assert_eq!(audit.actor.session.as_deref(), Some("jane"));
    let (_, audit) = only(by_iam(json!({"canonicalArn": [role], "sessionName": [""],
        "accessKeyId": []})));
    assert_eq!(audit.actor.principal.as_deref(), Some(role));
    assert_eq!((audit.actor.credential, audit.actor.session), (None, None));
}

#[test]
fn a_message_that_was_cut_short_is_told_by_its_head() {
    let whole = event(json!({})).to_string();
    // as the API server writes it: what the request is about stands before what was sent
    let head = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"7","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/team-a/pods","verb":"create","user":{"username":"bob"},"objectRef":{"resource":"pods","namespace":"team-a","name":"web","apiVersion":"v1"},"requestObject":{"kind":"Pod""#;
    let reads = head.replace("\"create\"", "\"get\"");
    let no_reference = head.split_once(",\"objectRef\"").unwrap().0;
    let input = json!({"messageType": "DATA_MESSAGE", "logEvents": [
        logged(&json!(format!("{head}[Truncated...]"))),
        logged(&json!(format!("{reads}[Truncated...]"))),
        logged(&json!(format!("{no_reference}[Truncated...]"))),
        logged(&json!(r#"{"kind":"Event","apiVersion":"audit.k8s"#)),
        logged(&json!(whole))]});
    let input = format!("{{}}\n{input}\n{}\n", json!({"message": whole}));
    let (told, passed) = read_all(&input);
    assert_eq!(
        told,
        [
            "skipped 1/1/1 no `apiVersion` and `kind`",
            "unjudged 2/1/1 truncated",
            "broken 2 a line of a log: the text ends inside a JSON value",
            "broken 2 a line of a log: the text ends inside a JSON value",
            "case 2/1/5 CREATE Pod web",
            "case 3/1/1 CREATE Pod web",
        ]
        .map(|line| line.to_owned())
    );
    assert_eq!(passed.irrelevant, 1);
    for input in [
        json!({"message": head}).to_string(),
        format!("{{}}\n2026-11-22T01:28:32.920Z {head}\n"),
    ] {
        let unjudged = gap(input);
        assert_eq!(unjudged.gap, Gap::Truncated);
        assert_eq!(unjudged.audit.actor.user, "bob");
        let request = identity(&unjudged);
        assert_eq!(
            (&request["kind"], &request["name"]),
            (&json!("Pod"), &json!("web"))
        );
    }
}

// Others

#[test]
fn reads_what_ovh_delivers() {
    let whole = event(json!({}));
    holds(
        &format!("mks-audit> {whole}\nmks-audit> {}\n", other_event()),
        &["1/1/1"],
        1,
        0,
    );
    let gelf = json!({"_appID": "kubernetes", "short_message": text(&whole), "version": "1.1"});
    let received = json!({"message": text(&gelf)});
    holds(
        &format!(
            "{received}\n{}\n",
            json!({"message": format!("app> {whole}")})
        ),
        &["1/1/1", "2/1/1"],
        0,
        0,
    );
}

#[test]
fn reads_what_openshift_writes() {
    let event = event(json!({"annotations": {
        "authentication.openshift.io/decision": "allow",
        "authentication.openshift.io/username": "kube:admin",
        "authorization.k8s.io/decision": "allow",
        "authorization.k8s.io/reason": "RBAC: allowed by ClusterRoleBinding \"cluster-admins\""},
        "user": {"username": "kube:admin", "groups": ["system:cluster-admins"],
            "extra": {"scopes.authorization.openshift.io": ["user:full"]}}}));
    let (_, audit) = only(&event);
    assert_eq!(audit.actor.user, "kube:admin");
    let right = "RBAC: allowed by ClusterRoleBinding \"cluster-admins\"";
    assert_eq!(audit.actor.authorized_by.as_deref(), Some(right));
}

#[test]
fn one_file_may_hold_every_shape() {
    let whole = event(json!({}));
    let input = [
        whole.to_string(),
        json!({"message": text(&whole)}).to_string(),
        format!("2026-11-22T01:28:32.920Z {whole}"),
        format!("\u{feff}{whole}"),
        json!([whole, {"log": text(&whole)}]).to_string(),
    ];
    let places = ["1/1/1", "2/1/1", "3/1/1", "4/1/1", "5/1/1", "5/1/2"];
    holds(&format!("\u{feff}{}\n", input.join("\n")), &places, 0, 0);
}

#[test]
fn an_object_is_no_wrapper() {
    let whole = event(json!({})).to_string();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
        "message": whole, "log": whole, "records": [], "protoPayload": {}});
    assert_eq!(report(map.to_string()), ["case 1/1/1 CREATE ConfigMap a"]);
    let review = json!({"kind": "AdmissionReview", "message": whole,
        "request": {"uid": "1", "operation": "DELETE", "name": "a"}});
    assert_eq!(report(review.to_string()), ["case 1/1/1 DELETE - a"]);
    let list = json!({"apiVersion": "v1", "kind": "List", "events": [{"message": whole,
        "timestamp": 1}], "items": [map]});
    assert_eq!(report(list.to_string()), ["case 1/1/1 CREATE ConfigMap a"]);
    let inherited = json!({"apiVersion": "v1", "kind": "PodList", "items": [{"log": whole}]});
    assert_eq!(report(inherited.to_string()), ["case 1/1/1 CREATE Pod -"]);
}

#[test]
fn what_only_looks_like_a_wrapper_is_skipped() {
    let whole = event(json!({})).to_string();
    for input in [
        json!({"message": "hello"}),
        json!({"message": KLOG, "level": "info"}),
        json!({"log": {"level": "debug"}}),
        json!({"log": ["a", "b"]}),
        json!({"message": "[]"}),
        json!({"message": "[{}]"}),
        json!({"message": r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}"#}),
        json!({"log": "{not json"}),
        json!({"message": text(&pod("a"))}),
        json!({"message": {"message": {"level": "debug"}}}),
        json!({"kind": "Deployment", "message": whole}),
        json!({"apiVersion": "v1", "message": whole}),
        json!({"events": []}),
        json!({"events": [{"name": "a"}]}),
        json!({"results": [{"name": "a"}]}),
        json!({"messageType": "DATA_MESSAGE"}),
    ] {
        let skipped = "skipped 1/1/1 no `apiVersion` and `kind`";
        assert_eq!(report(input.to_string()), [skipped], "{input}");
    }
    let twice = format!(r#"{{"message":"","message":{}}}"#, text(&event(json!({}))));
    assert_eq!(report(twice), ["skipped 1/1/1 no `apiVersion` and `kind`"]);
}

#[test]
fn wrappers_nest_within_bounds() {
    let mut record = event(json!({}));
    for _ in 0..8 {
        record = json!({"log": record});
    }
    holds(&record.to_string(), &["1/1/1"], 0, 0);
    let deeper = json!({"log": record}).to_string();
    let message = "broken 1 lists, arrays and wrappers nested more than 8 deep";
    assert_eq!(report(deeper), [message]);
}
