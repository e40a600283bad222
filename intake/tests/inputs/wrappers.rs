//! Audit events as clouds and forwarders deliver them: who, how it ended and what is judged are the
//! same as in the API server's own log; what else is in such logs is counted.

use crate::audit::{apart, event, pod};
use crate::{items, line, report};
use intake::audit::{Audit, Before, By, Gap, Judged, Outcome, Unjudged};
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

/// What is told of an input, each event of a request of its own, and what is counted.
fn read_all(input: &str) -> (Vec<String>, Passed) {
    let input = apart(input);
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

/// What a container runtime writes of a line, in parts of this size.
fn runtime(stream: &str, line: &str, size: usize) -> String {
    let parts = line
        .as_bytes()
        .chunks(size)
        .map(|part| str::from_utf8(part).unwrap());
    let mut text: String = parts
        .map(|part| format!("2026-11-22T01:28:32.920959123+00:00 {stream} P {part}\n"))
        .collect();
    let last = text.rfind(" P ").unwrap();
    text.replace_range(last..last + 3, " F ");
    text
}

#[test]
fn reads_what_container_runtimes_write() {
    let line = event(json!({"userAgent": "two  spaces"})).to_string();
    let end = line.find("two ").unwrap() + 4;
    for size in [line.len(), line.len() / 2, 100, end, end + 1] {
        let one = runtime("stdout", &line, size);
        let input = [
            runtime("stderr", KLOG, 1_000),
            one.clone(),
            runtime("stdout", " ", 1).replace("+00:00", "Z"),
            runtime("stdout", &other_event().to_string(), 1_000),
            runtime("stderr", &line.replace("\"1\"", "\"2\""), 10_000),
        ];
        let last = input.concat().lines().count();
        holds(&input.concat(), &["2/1/1", &format!("{last}/1/1")], 1, 2);
        let (_, audit) = only(one);
        let agent = audit.actor.claimed_user_agent.as_deref();
        assert_eq!(agent, Some("two  spaces"), "in parts of {size}");
    }
}

#[test]
fn a_part_of_a_line_that_does_not_go_on_is_told_by_its_head() {
    // what it is about stands before what was sent
    let line = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"7","stage":"ResponseComplete","verb":"create","user":{"username":"bob"},"objectRef":{"resource":"pods","namespace":"team-a","name":"web","apiVersion":"v1"},"requestObject":{"kind":"Pod"}}"#;
    let parts = runtime("stdout", line, line.len() - 10);
    let (first, rest) = parts.split_once('\n').unwrap();
    let between = runtime("stderr", KLOG, 1_000);
    let unjudged = gap(format!("{first}\n"));
    assert_eq!((unjudged.gap, unjudged.place.line), (Gap::Truncated, 1));
    let whole = event(json!({}));
    let found = report(format!("{first}\n{between}{rest}{parts}{whole}\n"));
    assert_eq!(
        found,
        [
            "unjudged 1/1/1 truncated",
            &format!("case 4/1/1 {POD}"),
            &format!("case 6/1/1 {POD}")
        ]
    );
}

#[test]
fn an_event_behind_something_unknown_is_not_passed() {
    let line = event(json!({}));
    let expected = "an audit event behind something unknown";
    for input in [
        format!("2026-11-22T01:28:32Z host apiserver: {line}\n"),
        json!({"messageType": "DATA_MESSAGE", "logEvents":
            [logged(&Value::from(format!("apiserver: {line}")))]})
        .to_string(),
    ] {
        let (told, passed) = read_all(&input);
        assert_eq!(
            told,
            [format!("broken 1 a line of a log: {expected}")],
            "{input}"
        );
        assert_eq!(passed.other, 0);
    }
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
    assert_eq!(
        (&audit.actor.credential, &audit.actor.session),
        (&None, &None)
    );
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

// Google

/// An entry of Cloud Logging by alice, who creates pod team-a/web, with `changes` made to its
/// payload; null takes a member away.
pub(super) fn entry(changes: Value) -> Value {
    let mut object = pod("stored");
    object["@type"] = json!("core.k8s.io/v1.Pod");
    let mut entry = json!({
        "insertId": "5bd9", "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2026-11-22T01:28:32.920959Z",
        "receiveTimestamp": "2026-11-22T01:28:40.1Z",
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "prod"}},
        "labels": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason":
            "access granted by IAM permissions."},
        "operation": {"id": "5bd9", "producer": "k8s.io", "first": true, "last": true},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "authenticationInfo": {"principalEmail": "alice@example.com"},
            "authorizationInfo": [{"granted": true, "permission": "io.k8s.core.v1.pods.create",
                "resource": "core/v1/namespaces/team-a/pods/web"}],
            "methodName": "io.k8s.core.v1.pods.create",
            "request": object, "response": object,
            "requestMetadata": {"callerIp": "203.0.113.9",
                "callerSuppliedUserAgent": "kubectl/v1.36.2"},
            "resourceName": "core/v1/namespaces/team-a/pods/web",
            "serviceName": "k8s.io", "status": {},
        },
    });
    let payload = entry["protoPayload"].as_object_mut().unwrap();
    payload.extend(changes.as_object().unwrap().clone());
    payload.retain(|_, value| !value.is_null());
    entry
}

#[test]
fn reads_what_google_logs() {
    let (request, audit) = only(entry(json!({})));
    assert_eq!(
        request,
        json!({
            "uid": "5bd9", "operation": "CREATE",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": "web", "namespace": "team-a", "dryRun": false,
            "userInfo": {"username": "alice@example.com", "groups": []},
            "object": pod("stored"), "oldObject": null,
        })
    );
    assert_eq!((audit.outcome, audit.code), (Outcome::Created, Some(201)));
    assert_eq!(
        (audit.before, audit.object),
        (Before::Absent, Judged::After)
    );
    assert_eq!(audit.time, "2026-11-22T01:28:32.920959Z");
    let actor = audit.actor;
    assert_eq!(actor.principal.as_deref(), Some("alice@example.com"));
    assert_eq!(actor.source_ip.as_deref(), Some("203.0.113.9"));
    assert_eq!(actor.claimed_user_agent.as_deref(), Some("kubectl/v1.36.2"));
    let reason = "access granted by IAM permissions.";
    assert_eq!(actor.authorized_by.as_deref(), Some(reason));
    let lines = format!("{}\n{}\n", entry(json!({})), entry(json!({})));
    holds(&lines, &["1/1/1", "2/1/1"], 0, 0);
    let array = json!([entry(json!({})), entry(json!({}))]);
    holds(&array.to_string(), &["1/1/1", "1/1/2"], 0, 0);
}

#[test]
fn a_patch_is_judged_by_what_google_shows_of_the_object() {
    let name = "rbac.authorization.k8s.io/v1/clusterroles/system:master-monitoring-role";
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:master-monitoring-role"}, "rules": []});
    let mut response = role.clone();
    response["@type"] = json!("rbac.authorization.k8s.io/v1.ClusterRole");
    let patch = json!({"@type": "k8s.io/Patch", "metadata": {"annotations": {"a": null}}});
    let patched = json!({"methodName": "io.k8s.authorization.rbac.v1.clusterroles.patch",
        "resourceName": name, "request": patch, "response": response,
        "authenticationInfo": {"principalEmail": "system:addon-manager"}});
    let (request, audit) = only(entry(patched.clone()));
    assert_eq!(request["operation"], "UPDATE");
    assert_eq!(request["kind"]["group"], "rbac.authorization.k8s.io");
    assert_eq!(request["name"], "system:master-monitoring-role");
    assert_eq!(request["object"], role);
    assert_eq!((audit.outcome, audit.code), (Outcome::Modified, Some(200)));
    assert_eq!(audit.actor.user, "system:addon-manager");
    assert_eq!(audit.actor.principal, None);
    let mut alone = patched;
    alone["response"] = Value::Null;
    assert_eq!(gap(entry(alone)).gap, Gap::NoBase);
}

#[test]
fn the_patch_that_google_shows_is_applied_without_its_type() {
    let patch = json!({"methodName": "io.k8s.core.v1.pods.patch", "response": null,
        "request": {"@type": "k8s.io/Patch", "spec": {"hostPID": true}}});
    let (request, audit) = only(format!("{}\n{}\n", entry(json!({})), entry(patch)));
    let mut expected = pod("stored");
    expected["spec"]["hostPID"] = json!(true);
    assert_eq!(request["object"], expected);
    assert_eq!(audit.object, Judged::Patched);
}

#[test]
fn how_a_request_ended_is_told_from_the_status_of_google() {
    let ended = |code: u16, response: Value| {
        only(entry(
            json!({"status": {"code": code, "message": "no"}, "response": response}),
        ))
        .1
    };
    for (code, http, by) in [
        (3, 422, By::Validation),
        (5, 404, By::Absence),
        (6, 409, By::Conflict),
        (7, 403, By::Admission),
        (8, 429, By::Throttling),
        (10, 409, By::Conflict),
        (16, 401, By::Authentication),
    ] {
        let audit = ended(code, Value::Null);
        assert_eq!(
            (audit.outcome, audit.code),
            (Outcome::Refused(by), Some(http))
        );
    }
    assert_eq!(ended(13, Value::Null).outcome, Outcome::Failed);
    // an answer that is no object, whichever way it says so, knows better
    for answer in [
        json!({"@type": "core.k8s.io/v1.Status", "kind": "Status", "apiVersion": "v1"}),
        json!({"@type": "core.k8s.io/v1.Status"}),
        json!({"kind": "Status"}),
    ] {
        let mut answer = answer;
        answer["code"] = json!(400);
        answer["message"] = json!("admission webhook \"a.example.com\" denied the request: no");
        let (request, audit) = only(entry(json!({"status": {"code": 3}, "response": answer})));
        assert_eq!(request["object"], pod("stored"));
        assert_eq!(
            (audit.outcome, audit.code),
            (Outcome::Refused(By::Admission), Some(400))
        );
        assert_eq!(audit.object, Judged::Sent);
    }
}

#[test]
fn who_may_not_is_told_from_the_permissions_that_google_checked() {
    let mut denied = entry(
        json!({"status": {"code": 7, "message": "no"}, "response": null,
        "request": null, "authorizationInfo": [{"permission": "io.k8s.core.v1.pods.create"}]}),
    );
    for labels in [
        json!({}),
        json!({"authorization.k8s.io/decision": "forbid"}),
    ] {
        denied["labels"] = labels;
        let unjudged = gap(&denied);
        assert_eq!(unjudged.audit.outcome, Outcome::Refused(By::Authorization));
        assert_eq!(unjudged.audit.actor.user, "alice@example.com");
        assert_eq!(identity(&unjudged)["kind"], "Pod");
    }
}

#[test]
fn tells_the_principal_and_the_key_of_google() {
    let key = "//iam.googleapis.com/projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com/keys/1";
    let (_, audit) = only(entry(json!({"authenticationInfo": {
        "principalEmail": "ci@p.iam.gserviceaccount.com", "serviceAccountKeyName": key,
        "principalSubject": "serviceAccount:ci@p.iam.gserviceaccount.com"}})));
    let subject = "serviceAccount:ci@p.iam.gserviceaccount.com";
    assert_eq!(audit.actor.principal.as_deref(), Some(subject));
    let credential = format!("serviceAccountKeyName={key}");
    assert_eq!(audit.actor.credential, Some(credential));
    let controller = "system:serviceaccount:kube-system:replicaset-controller";
    let (_, audit) = only(entry(
        json!({"authenticationInfo": {"principalEmail": controller}}),
    ));
    assert_eq!(audit.actor.controller(), Some("replicaset-controller"));
}

#[test]
fn the_two_entries_of_a_long_request_are_told_once() {
    let exec = |first: bool, last: bool, insert: &str| {
        let mut entry = entry(json!({"methodName": "io.k8s.core.v1.pods.exec.create",
            "resourceName": "core/v1/namespaces/team-a/pods/web/exec", "request": null,
            "response": null}));
        entry["insertId"] = json!(insert);
        entry["operation"]["first"] = json!(first);
        entry["operation"]["last"] = json!(last);
        entry
    };
    let once = format!("{}\n", exec(true, true, "1"));
    let twice = format!("{}\n{}\n", exec(true, false, "1"), exec(false, true, "2"));
    for input in [once, twice] {
        assert_eq!(report(&input), ["case 1/1/1 CONNECT Pod web"]);
        let (request, audit) = only(&input);
        assert_eq!(
            (&request["subResource"], audit.outcome),
            (&json!("exec"), Outcome::Used)
        );
    }
}

#[test]
fn what_else_google_logs_is_counted() {
    let mut iam = entry(json!({}));
    iam["protoPayload"]["serviceName"] = json!("iam.googleapis.com");
    iam["protoPayload"]["methodName"] = json!("google.iam.admin.v1.CreateRole");
    let line = json!({"insertId": "1", "logName": "projects/p/logs/stderr",
        "textPayload": KLOG, "timestamp": "2026-11-22T01:28:32Z"});
    let event_of_cluster = json!({"insertId": "1", "logName": "projects/p/logs/events",
        "jsonPayload": {"kind": "Event", "apiVersion": "v1", "reason": "Killing"}});
    let reads = entry(json!({"methodName": "io.k8s.core.v1.pods.get"}));
    let input = format!(
        "{iam}\n{line}\n{event_of_cluster}\n{reads}\n{}\n",
        entry(json!({}))
    );
    holds(&input, &["5/1/1"], 1, 3);
    // a cluster elsewhere that sends its log to Google
    let sent = json!({"insertId": "1", "logName": "projects/p/logs/audit",
        "jsonPayload": event(json!({}))});
    holds(&sent.to_string(), &["1/1/1"], 0, 0);
    let odd = entry(json!({"authenticationInfo": 7}));
    assert_eq!(
        report(odd.to_string()),
        ["broken 1 `protoPayload`: not as GKE writes it"]
    );
}

// Azure

pub(super) fn record(category: &str, log: Value) -> Value {
    json!({"category": category, "ccpNamespace": "5f", "Cloud": "AzureCloud",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "resourceId": "/SUBSCRIPTIONS/1", "time": "2026-11-22T01:28:32.0000000Z",
        "properties": {"log": log, "stream": "stdout", "pod": "kube-apiserver-0"}})
}

#[test]
fn reads_what_azure_delivers() {
    let whole = event(json!({}));
    let written = json!(format!("{whole}\n"));
    let records = json!({"records": [record("kube-audit", written.clone()),
        record("kube-audit-admin", whole.clone()), record("kube-apiserver", json!(KLOG)),
        record("kube-audit", text(&other_event())), record("guard", written.clone()),
        record("kube-audit", json!(KLOG))]});
    holds(&records.to_string(), &["1/1/1", "1/1/2"], 1, 3);
    let line = record("kube-audit", written.clone());
    let klog = record("kube-scheduler", json!(KLOG));
    holds(&format!("{klog}\n{line}\n"), &["2/1/1"], 0, 1);
    // a row of AzureDiagnostics
    let row = |category: &str, log: &Value| {
        json!({"TenantId": "1", "TimeGenerated": "2026-11-22T01:28:32Z", "Category": category,
            "log_s": log, "pod_s": "kube-apiserver-0", "Type": "AzureDiagnostics"})
    };
    let rows = json!([
        row("kube-audit", &written),
        row("kube-apiserver", &json!(KLOG))
    ]);
    holds(&rows.to_string(), &["1/1/1"], 0, 1);
}

#[test]
fn a_log_that_azure_cut_is_told_by_its_head() {
    let mut large = event(json!({"auditID": "7"}));
    large["requestObject"]["metadata"]["annotations"] = json!({"a": "x".repeat(40_000)});
    // as the API server orders them
    let order = [
        "kind",
        "apiVersion",
        "auditID",
        "stage",
        "verb",
        "user",
        "objectRef",
        "requestObject",
        "annotations",
    ];
    let members = order.map(|key| format!("\"{key}\":{}", large[key]));
    let log = format!("{{{}}}", members.join(","));
    let cut = record("kube-audit", json!(log.get(..32_766).unwrap()));
    let input = format!("{cut}\n{}\n", record("kube-audit", text(&event(json!({})))));
    assert_eq!(
        report(&input),
        ["unjudged 1/1/1 truncated", "case 2/1/1 CREATE Pod web"]
    );
    let unjudged = gap(cut);
    assert_eq!(unjudged.audit.actor.user, "bob");
    assert_eq!(identity(&unjudged)["name"], "web");
    let broken = record("kube-audit", json!("{\"kind\":"));
    let message = "broken 1 a line of a log: the text ends inside a JSON value";
    assert_eq!(report(broken.to_string()), [message]);
}

#[test]
fn a_body_that_azure_left_out_is_a_gap() {
    let skipped = json!("skipped-too-big-size-object");
    let unjudged = gap(event(
        json!({"requestObject": skipped, "responseObject": skipped}),
    ));
    assert_eq!(unjudged.gap, Gap::Truncated);
    assert_eq!(unjudged.audit.outcome, Outcome::Created);
    let (request, audit) = only(event(json!({"responseObject": skipped})));
    assert_eq!(
        (&request["object"], audit.object),
        (&pod("sent"), Judged::Sent)
    );
}

#[test]
fn reads_the_tables_of_azure() {
    let event = event(json!({"impersonatedUser": {"username": "mallory"}}));
    let columns = json!({"AuditId": "1", "Level": "RequestResponse", "Stage": "ResponseComplete",
        "RequestUri": event["requestURI"], "Verb": "create", "UserAgent": "kubectl/v1.36.2",
        "RequestReceivedTime": "2026-11-22T01:28:32.920959Z", "StageReceivedTime": null,
        "PodName": "kube-apiserver-0", "TenantId": "1", "Type": "AKSAuditAdmin"});
    for as_text in [false, true] {
        let mut row = columns.clone();
        for (column, member) in [
            ("User", "user"),
            ("ImpersonatedUser", "impersonatedUser"),
            ("SourceIps", "sourceIPs"),
            ("ObjectRef", "objectRef"),
            ("ResponseStatus", "responseStatus"),
            ("RequestObject", "requestObject"),
            ("ResponseObject", "responseObject"),
            ("Annotations", "annotations"),
        ] {
            row[column] = if as_text {
                text(&event[member])
            } else {
                event[member].clone()
            };
        }
        let (request, audit) = only(&row);
        assert_eq!(request["object"], pod("stored"));
        assert_eq!(request["userInfo"]["username"], "mallory");
        assert_eq!((audit.outcome, audit.code), (Outcome::Created, Some(201)));
        assert_eq!(audit.actor.user, "bob");
        assert_eq!(audit.actor.source_ip.as_deref(), Some("10.0.0.1"));
        row["RequestObject"] = json!("skipped-too-big-size-object");
        row["ResponseObject"] = json!("");
        assert_eq!(gap(row).gap, Gap::Truncated);
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
        entry(json!({})).to_string(),
        record("kube-audit", text(&whole)).to_string(),
        format!("\u{feff}{whole}"),
        json!([whole, {"log": text(&whole)}]).to_string(),
    ];
    let places = [
        "1/1/1", "2/1/1", "3/1/1", "4/1/1", "5/1/1", "6/1/1", "7/1/1", "7/1/2",
    ];
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
        json!({"records": [{"name": "a"}]}),
        json!({"results": [{"name": "a"}]}),
        json!({"messageType": "DATA_MESSAGE"}),
        json!({"category": "a", "properties": "b"}),
        json!({"protoPayload": {"methodName": "a.b"}}),
        json!({"AuditId": "1", "Verb": "create"}),
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
