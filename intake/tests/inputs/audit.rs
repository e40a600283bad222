//! Audit logs: from events to cases, who and how it ended, and what cannot be known.

use crate::{items, line, report};
use intake::audit::{Audit, Before, By, Gap, Judged, Log, Outcome, Unjudged};
use intake::{Case, Form, Item, read, read_into};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The last event of a request by bob that creates pod team-a/web, with `changes` made to it;
/// null takes a member away.
pub(super) fn event(changes: Value) -> Value {
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": "1", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/team-a/pods", "verb": "create",
        "user": {"username": "bob", "groups": ["dev", "system:authenticated"], "extra":
            {"authentication.kubernetes.io/credential-id": ["X509SHA256=ab"]}},
        "sourceIPs": ["10.0.0.1"], "userAgent": "kubectl/v1.36.2",
        "objectRef": {"resource": "pods", "namespace": "team-a", "name": "web",
            "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "requestObject": pod("sent"), "responseObject": pod("stored"),
        "requestReceivedTimestamp": "2026-11-22T01:00:00.000000Z",
        "stageTimestamp": "2026-11-22T01:00:00.100000Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    });
    let members = event.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    event
}

pub(super) fn pod(image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "team-a", "resourceVersion": "1"},
        "spec": {"containers": [{"name": "app", "image": image}]}})
}

/// What refers to an object that has no events of its own here.
fn reference(group: &str, resource: &str, namespace: &str, name: &str) -> Value {
    json!({"apiGroup": group, "apiVersion": "v1", "resource": resource,
        "namespace": namespace, "name": name})
}

/// A cluster role with a label by which others take its rules, and what else it has.
pub(super) fn labelled(name: &str, rules: Value, mut beside: Value) -> Value {
    beside["kind"] = json!("ClusterRole");
    beside["rules"] = rules;
    beside["metadata"] = json!({"name": name, "labels": {"to-view": "true"}});
    beside
}

fn log(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// The same events, but that each is of a request of its own.
pub(super) fn apart(input: &str) -> String {
    let mut times = 0;
    let mut apart = input.to_owned();
    for time in ["2026-11-22T01:00:00.000000Z", "2026-11-22T01:28:32.920959Z"] {
        let mut parts = apart.split(time);
        let mut text = parts.next().unwrap().to_owned();
        for part in parts {
            times += 1;
            text.push_str(&format!("2026-11-22T01:00:00.{times:06}Z{part}"));
        }
        apart = text;
    }
    apart
}

fn case_of(item: Item) -> Case {
    match item {
        Item::Case(case) => case,
        other => panic!("{}", line(&other)),
    }
}

fn cases(events: &[Value]) -> Vec<Case> {
    items(log(events)).into_iter().map(case_of).collect()
}

fn request(case: &Case) -> Value {
    serde_json::from_str(case.request()).unwrap()
}

fn audit(case: &Case) -> &Audit {
    case.audit.as_ref().unwrap()
}

/// The last request that is told of, and what its event tells.
fn last(events: &[Value]) -> (Value, Audit) {
    let cases = cases(events);
    let case = cases.last().unwrap();
    (request(case), audit(case).clone())
}

/// The only gap of these events, after cases.
fn gap(events: &[Value]) -> Unjudged {
    match items(log(events)).pop() {
        Some(Item::Unjudged(unjudged)) => *unjudged,
        other => panic!("{other:?}"),
    }
}

/// Requests that had not ended where the log ends.
fn unfinished(events: &[Value]) -> Vec<Unjudged> {
    let text = log(events);
    let mut reader = read(text.as_bytes());
    assert_eq!(reader.by_ref().count(), 0);
    let mut log = reader.into_log();
    std::iter::from_fn(|| log.unfinished()).collect()
}

#[test]
fn a_write_is_the_request_that_a_webhook_saw() {
    let (request, audit) = last(&[event(json!({}))]);
    assert_eq!(
        request,
        json!({
            "uid": "1", "operation": "CREATE",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": "web", "namespace": "team-a", "dryRun": false,
            "userInfo": {"username": "bob", "groups": ["dev", "system:authenticated"]},
            "object": pod("stored"), "oldObject": null,
        })
    );
    assert_eq!(audit.outcome, Outcome::Created);
    assert_eq!(
        (audit.before, audit.object),
        (Before::Absent, Judged::After)
    );
    assert_eq!(audit.time, "2026-11-22T01:00:00.000000Z");
    assert_eq!(audit.actor.credential.as_deref(), Some("X509SHA256=ab"));
    assert_eq!(audit.root.kind, "Pod");
}

#[test]
fn a_refusal_is_told_with_the_words_of_the_api_server() {
    let answered = |code: u16, message: &str| {
        let status = json!({"code": code, "status": "Failure", "message": message});
        let refused = event(json!({"responseStatus": status, "responseObject": null}));
        last(&[refused]).1.message
    };
    let denied = "admission webhook \"a.example.com\" denied the request: \"no\"\n\tnever";
    for code in [400, 403, 500] {
        assert_eq!(answered(code, denied).as_deref(), Some(denied), "{code}");
    }
    assert_eq!(answered(403, ""), None);
    assert_eq!(answered(201, "made"), None);
    // cut between characters
    let long = answered(403, &"ä".repeat(513)).unwrap();
    assert_eq!(long, format!("{}…", "ä".repeat(510)));
    let longest = "ä".repeat(512);
    assert_eq!(answered(403, &longest), Some(longest));
    let unread = gap(&[event(json!({
        "responseStatus": {"code": 403, "message": "pods is forbidden"},
        "requestObject": null, "responseObject": null,
    }))]);
    assert_eq!(unread.audit.message.as_deref(), Some("pods is forbidden"));
}

#[test]
fn a_request_is_told_once() {
    let received = event(json!({"stage": "RequestReceived", "responseStatus": null,
        "requestObject": null, "responseObject": null, "annotations": null}));
    let text = log(&[received, event(json!({}))]);
    let mut reader = read(text.as_bytes());
    let found: Vec<_> = reader.by_ref().map(|item| line(&item.unwrap())).collect();
    assert_eq!(found, ["case 2/1/1 CREATE Pod web"]);
    let passed = reader.take_passed();
    assert_eq!((passed.stages, passed.irrelevant), (1, 0));
}

/// Two backends may keep different levels of the same request, or one cut what is large.
#[test]
fn a_copy_with_the_body_is_judged_whatever_came_before_it() {
    let whole = event(json!({}));
    let bare = event(json!({"level": "Metadata", "requestObject": null, "responseObject": null}));
    let mut cut = bare.clone();
    cut["annotations"]["audit.k8s.io/truncated"] = json!("true");
    let told = |events: &[&Value]| {
        let events: Vec<Value> = events.iter().map(|event| (*event).clone()).collect();
        let text = log(&events);
        let items = read(text.as_bytes()).map(|item| line(&item.unwrap()));
        items.collect::<Vec<_>>().join(", ")
    };
    let case = "CREATE Pod web";
    assert_eq!(
        told(&[&cut, &whole, &whole]),
        format!("unjudged 1/1/1 truncated, case 2/1/1 {case}")
    );
    assert_eq!(
        told(&[&bare, &bare, &whole]),
        format!("unjudged 1/1/1 no-body, case 3/1/1 {case}")
    );
    assert_eq!(told(&[&whole, &cut, &bare]), format!("case 1/1/1 {case}"));
}

#[test]
fn a_request_is_told_once_however_its_events_come() {
    let begun = event(json!({"stage": "RequestReceived", "responseStatus": null,
        "requestObject": null, "responseObject": null, "annotations": null,
        "objectRef": {"resource": "pods", "namespace": "team-a", "apiVersion": "v1"}}));
    let ended = event(json!({}));
    let later = event(json!({"auditID": "2", "verb": "update",
        "requestReceivedTimestamp": "2026-11-22T03:00:00.000000Z",
        "stageTimestamp": "2026-11-22T03:00:00.000000Z"}));
    let exec = |stage: &str| {
        event(
            json!({"stage": stage, "verb": "get", "responseStatus": {"code": 101},
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "team-a",
                "name": "web", "apiVersion": "v1"}}),
        )
    };
    let [asked, opened, closed] =
        ["RequestReceived", "ResponseStarted", "ResponseComplete"].map(exec);
    for (events, told) in [
        (&[&ended, &begun][..], 1),
        (&[&ended, &ended], 1),
        (&[&begun, &begun, &ended, &ended], 1),
        (&[&begun, &ended, &begun, &ended], 1),
        // where another server's log stands before it
        (&[&later, &begun, &ended], 2),
        (&[&closed, &opened, &asked], 1),
        (&[&asked, &opened, &closed, &asked, &opened, &closed], 1),
    ] {
        let events: Vec<Value> = events.iter().map(|event| (*event).clone()).collect();
        let text = log(&events);
        let mut reader = read(text.as_bytes());
        let found: Vec<_> = reader.by_ref().map(|item| line(&item.unwrap())).collect();
        assert_eq!(found.len(), told, "{found:?}");
        assert!(
            found.iter().all(|line| line.starts_with("case ")),
            "{found:?}"
        );
        assert_eq!(reader.take_passed().stages, (events.len() - told) as u64);
        assert!(reader.into_log().unfinished().is_none(), "{found:?}");
    }
}

/// A client may choose the id, and two requests may come at once.
#[test]
fn what_is_not_known_to_be_the_same_is_told() {
    let of = |changes: Value| event(changes);
    let other = json!({"resource": "pods", "namespace": "team-a", "name": "b", "apiVersion": "v1"});
    let timeless = json!({"requestReceivedTimestamp": null});
    for events in [
        [of(json!({})), of(json!({"objectRef": other}))],
        [of(json!({})), of(json!({"auditID": "2"}))],
        [
            of(json!({})),
            of(json!({"requestReceivedTimestamp": "2026-11-22T01:00:00.000001Z"})),
        ],
        [of(timeless.clone()), of(timeless)],
    ] {
        assert_eq!(cases(&events).len(), 2, "{events:?}");
    }
}

#[test]
fn reads_events_in_every_wrapping_of_kubernetes() {
    let one = event(json!({}));
    let two = event(json!({"auditID": "2"}));
    let mut bare = one.clone();
    let bare_members = bare.as_object_mut().unwrap();
    bare_members.remove("kind");
    bare_members.remove("apiVersion");
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [bare, two]});
    for (input, expected) in [
        (format!("\u{feff}{one}\n{two}"), ["1/1/1", "2/1/1"]),
        (format!("{list}\n"), ["1/1/1", "1/1/2"]),
        (format!("[{one},{list}]"), ["1/1/1", "1/1/2"]),
        (format!("{one}{two}"), ["1/1/1", "1/2/1"]),
        (
            format!("{one:#}\n{two:#}\n"),
            [
                "1/1/1",
                &format!("{}/2/1", 1 + format!("{one:#}\n").lines().count()),
            ],
        ),
    ] {
        let found = report(apart(&input));
        let expected = expected.map(|place| format!("case {place} CREATE Pod web"));
        assert_eq!(found[..2], expected, "{input}");
    }
}

#[test]
fn an_event_behind_another_on_its_line_is_told() {
    let one = event(json!({}));
    let read = event(json!({"auditID": "2", "verb": "get"}));
    for between in ["", " ", "\t"] {
        let input = format!("{one}\n{read}{between}{one}\n{read}{between}[{one}]\n");
        let found = report(apart(&input));
        let expected =
            ["1/1/1", "2/2/1", "3/2/1"].map(|place| format!("case {place} CREATE Pod web"));
        assert_eq!(found, expected);
    }
}

#[test]
fn a_line_that_is_broken_costs_itself() {
    let line = event(json!({})).to_string();
    let (cut, _) = line.split_at(line.len() / 2);
    let deep = format!(
        r#"{{"kind":"Event","auditID":"1","a":{}"#,
        "[".repeat(100_000)
    );
    let number = line.replace("201", &"9".repeat(100_000));
    let text = line.replace("\"create\"", "7");
    let input = format!("{line}\n{cut}\n{deep}\n{number}\n{text}\n{line}\n");
    let found = report(apart(&input));
    assert_eq!(found.len(), 6, "{found:?}");
    let kinds: Vec<_> = found
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["case", "broken", "broken", "broken", "broken", "case"]
    );
    assert_eq!(found[5], "case 6/1/1 CREATE Pod web");
    let of_type = "an audit event: column 983: something else than an audit event has there";
    assert_eq!(found[4], format!("broken 5 {of_type}"));
    assert!(found.iter().all(|line| line.len() < 200), "{found:?}");
}

#[test]
fn a_first_line_that_is_broken_costs_itself() {
    let event = event(json!({})).to_string();
    let (start, end) = event.split_at(event.len() / 2);
    let comma = event.find(',').unwrap() + 1;
    let nul = "\0".repeat(100);
    for first in [
        "==> audit.log <==",
        "I1122 01:28:32.920959       1 server.go:1] \"text\" a=1",
        nul.as_str(),
        "a: b: c",
        "# a comment\n\n- a",
        "a\n\n  b\n\0\n---c",
        end,
        start,
        event.split_at(comma).0,
    ] {
        for behind in [
            event.clone(),
            json!({"log": event, "stream": "stdout"}).to_string(),
            format!("2026-11-22T01:28:32Z {event}"),
        ] {
            let found = report(apart(&format!("{first}\n{behind}\n{behind}\n")));
            assert_eq!(found.len(), 3, "{first}\n{behind}: {found:?}");
            assert!(found[0].starts_with("broken "), "{found:?}");
            let last = first.lines().count() + 2;
            for (line, index) in [(last - 1, 1), (last, 2)] {
                let start = format!("case {line}/");
                assert!(found[index].starts_with(&start), "{first}: {found:?}");
            }
        }
    }
}

#[test]
fn lines_above_the_first_record_are_counted() {
    let event = event(json!({}));
    let input = format!("\n# b\na\n\nb: c\n{event}\nd\n{event}\n");
    let found = report(apart(&input));
    assert_eq!(
        found,
        [
            "broken 3 3 lines that are no records, above the first",
            "case 6/1/1 CREATE Pod web",
            "broken 7 column 1: not JSON, expected value",
            "case 8/1/1 CREATE Pod web",
        ]
    );
}

#[test]
fn an_event_that_is_cut_off_is_named() {
    let cut = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","stage":"ResponseComplete","verb":"create","user":{"username":"bob"},"objectRef":{"resource":"pods","namespace":"team-a","name":"web"},"responseObject":{"ki"#;
    let reason = "the text ends inside a JSON value";
    assert_eq!(
        report(cut.as_bytes()),
        [format!(
            "broken 1 an audit event, `create` `pods` `team-a/web` by `bob`: {reason}"
        )]
    );
    // of what does not show who asked for what, the place alone
    let (start, _) = cut.split_at(cut.find("objectRef").unwrap());
    assert_eq!(report(start.as_bytes()), [format!("broken 1 {reason}")]);
}

#[test]
fn what_cannot_change_anything_is_counted() {
    let of = |verb: &str, resource: &str| {
        event(json!({"verb": verb, "objectRef": {"resource": resource, "apiVersion": "v1"}}))
    };
    let health = event(json!({"verb": "get", "objectRef": null, "requestURI": "/readyz"}));
    let text = log(&[
        event(json!({})),
        of("get", "pods"),
        of("list", "pods"),
        of("watch", "clusterroles"),
        of("create", "events"),
        of("update", "configmaps"),
        health,
    ]);
    let mut reader = read(text.as_bytes());
    assert_eq!(reader.by_ref().count(), 1);
    assert_eq!(reader.take_passed().irrelevant, 6);
}

#[test]
fn a_write_whose_end_is_lost_is_told() {
    let received = event(json!({"stage": "RequestReceived", "verb": "patch",
        "responseStatus": null, "requestObject": null, "responseObject": null}));
    let lost = unfinished(std::slice::from_ref(&received));
    let [lost] = lost.as_slice() else {
        panic!("{lost:?}");
    };
    assert_eq!(lost.gap, Gap::Unfinished);
    assert_eq!(lost.place.line, 1);
    assert_eq!(lost.audit.actor.user, "bob");
    let request: Value = serde_json::from_str(&lost.request).unwrap();
    assert_eq!(request["operation"], "UPDATE");
    assert_eq!(request["kind"], "Pod");
    // after five minutes it is not waited for any longer
    let later = event(json!({"auditID": "2", "stageTimestamp": "2026-11-22T01:06:00Z"}));
    let found = report(log(&[received, later]));
    assert_eq!(
        found,
        ["unjudged 1/1/1 unfinished", "case 2/1/1 CREATE Pod web"]
    );
}

#[test]
fn the_end_of_a_request_may_stand_in_the_next_input() {
    let received = event(json!({"stage": "RequestReceived", "responseStatus": null}));
    let text = log(&[received]);
    let mut reader = read(text.as_bytes());
    assert_eq!(reader.by_ref().count(), 0);
    let mut between = reader.into_log();
    between.next_input();
    let text = log(&[event(json!({}))]);
    let mut reader = read_into(between, text.as_bytes());
    assert_eq!(reader.by_ref().count(), 1);
    assert!(reader.into_log().unfinished().is_none());
}

#[test]
fn a_change_is_measured_against_what_the_log_has_shown() {
    let changed = |version: &str| {
        let mut after = pod("new");
        after["metadata"]["resourceVersion"] = json!(version);
        event(
            json!({"auditID": "2", "verb": "patch", "responseStatus": {"code": 200},
            "requestObject": {"spec": {}}, "responseObject": after}),
        )
    };
    let (request, audit) = last(&[event(json!({})), changed("2")]);
    assert_eq!(request["operation"], "UPDATE");
    assert_eq!(request["oldObject"], pod("stored"));
    assert_eq!(
        (audit.outcome, audit.before),
        (Outcome::Modified, Before::Known)
    );
    let (_, audit) = last(&[event(json!({})), changed("1")]);
    assert_eq!(audit.outcome, Outcome::Unchanged);
    let (request, audit) = last(&[changed("2")]);
    assert_eq!(request["oldObject"], Value::Null);
    assert_eq!(
        (audit.outcome, audit.before),
        (Outcome::Modified, Before::Unknown)
    );
}

#[test]
fn a_patch_is_applied_to_what_the_log_has_shown() {
    let patch = |patch: Value| {
        event(json!({"auditID": "2", "verb": "patch", "level": "Request",
            "responseStatus": {"code": 200}, "responseObject": null, "requestObject": patch}))
    };
    let json_patch = json!([{"op": "add", "path": "/spec/hostPID", "value": true}]);
    let strategic = json!({"spec": {"hostPID": true, "containers": [{"name": "app"}]}});
    for sent in [json_patch, strategic] {
        let (request, audit) = last(&[event(json!({})), patch(sent.clone())]);
        let mut expected = pod("stored");
        expected["spec"]["hostPID"] = json!(true);
        assert_eq!(request["object"], expected);
        assert_eq!(request["oldObject"], pod("stored"));
        assert_eq!(audit.object, Judged::Patched);
        assert_eq!(gap(&[patch(sent)]).gap, Gap::NoBase);
    }
}

#[test]
fn a_patch_of_who_set_which_field_is_applied() {
    let mut managed = pod("stored");
    managed["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
    let patch = json!([
        {"op": "test", "path": "/metadata/managedFields/0/manager", "value": "kubectl"},
        {"op": "add", "path": "/spec/hostPID", "value": true}]);
    let (request, audit) = last(&[
        event(json!({"responseObject": managed})),
        event(
            json!({"auditID": "2", "verb": "patch", "responseStatus": {"code": 200},
            "requestObject": patch, "responseObject": null}),
        ),
    ]);
    assert_eq!(request["object"]["spec"]["hostPID"], true);
    assert_eq!(audit.object, Judged::Patched);
}

#[test]
fn nothing_is_measured_against_what_a_write_without_a_body_has_changed() {
    let change = |id: &str, changes: Value| {
        let mut event = event(json!({"auditID": id, "verb": "update",
            "responseStatus": {"code": 200}}));
        event
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        event
    };
    let unseen = |code: u16| {
        change(
            "2",
            json!({"level": "Metadata", "requestObject": null, "responseObject": null,
            "responseStatus": {"code": code}}),
        )
    };
    let before = |code: u16| {
        let items = items(log(&[
            event(json!({})),
            unseen(code),
            change("3", json!({})),
        ]));
        audit(&case_of(items.into_iter().last().unwrap())).before
    };
    assert_eq!(before(200), Before::Unknown);
    // what was refused has changed nothing
    assert_eq!(before(403), Before::Known);
}

#[test]
fn what_the_server_applies_is_whole() {
    let apply = |code: u16| {
        event(
            json!({"verb": "patch", "level": "Request", "responseStatus": {"code": code},
            "requestURI": "/api/v1/namespaces/team-a/pods/web?fieldManager=kubectl",
            "responseObject": null}),
        )
    };
    let (request, audit) = last(&[apply(201)]);
    assert_eq!(request["operation"], "CREATE");
    assert_eq!(request["object"], pod("sent"));
    assert_eq!(
        (audit.outcome, audit.object),
        (Outcome::Created, Judged::Sent)
    );
    let (request, audit) = last(&[apply(200)]);
    assert_eq!(request["operation"], "UPDATE");
    assert_eq!(
        (audit.outcome, audit.before),
        (Outcome::Modified, Before::Unknown)
    );
}

#[test]
fn a_refused_attempt_is_judged_by_what_was_sent() {
    let refused = |code: u16, message: &str, decision: &str| {
        event(json!({"responseStatus": {"code": code, "message": message},
            "responseObject": {"kind": "Status", "apiVersion": "v1", "code": code},
            "annotations": {"authorization.k8s.io/decision": decision}}))
    };
    for (code, message, by) in [
        (
            403,
            "pods \"web\" is forbidden: violates PodSecurity \"baseline:latest\"",
            By::Admission,
        ),
        (
            403,
            "user \"bob\" is attempting to grant RBAC permissions not currently held",
            By::EscalationCheck,
        ),
        (409, "pods \"web\" already exists", By::Conflict),
        (422, "Pod \"web\" is invalid", By::Validation),
    ] {
        let events = [refused(code, message, "allow")];
        let (request, audit) = last(&events);
        assert_eq!(request["object"], pod("sent"));
        assert_eq!(audit.outcome, Outcome::Refused(by));
        assert!(cases(&events)[0].refused);
        let is_there = by == By::Conflict;
        assert_eq!(audit.before == Before::Unknown, is_there, "{message}");
    }
    // nothing of it was kept
    let patch = event(
        json!({"auditID": "2", "verb": "patch", "responseObject": null,
        "responseStatus": {"code": 200}, "requestObject": []}),
    );
    assert_eq!(gap(&[refused(409, "", "allow"), patch]).gap, Gap::NoBase);
}

#[test]
fn a_patch_that_cannot_be_applied_is_told_as_that() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for sent in [
        r#"{"metadata":{"annotations":{"x":"\ud800"}},"spec":{"hostPID":true}}"#,
        &format!(r#"{{"junk":{deep},"spec":{{"hostPID":true}}}}"#),
        r#"[{"op":"test","path":"/spec/hostPID","value":true}]"#,
        r#"[{"op":"remove","path":"/spec/containers/-1"}]"#,
    ] {
        let patch = event(
            json!({"auditID": "2", "verb": "patch", "level": "Request", "responseObject": null,
            "responseStatus": {"code": 200}, "requestObject": "SENT"}),
        );
        let patch = patch.to_string().replace("\"SENT\"", sent);
        let found = report(format!("{}\n{patch}\n", event(json!({}))));
        assert_eq!(found.last().unwrap(), "unjudged 2/1/1 unapplied", "{sent}");
        assert_eq!(report(&patch), ["unjudged 1/1/1 no-base"]);
    }
}

#[test]
fn says_why_there_is_nothing_to_judge() {
    let bare = json!({"requestObject": null, "responseObject": null});
    let with = |changes: Value| {
        let mut all = bare.clone();
        all.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        gap(&[event(all)])
    };
    assert_eq!(with(json!({"level": "Metadata"})).gap, Gap::NoBody);
    let truncated = json!({"annotations": {"audit.k8s.io/truncated": "true"}});
    assert_eq!(with(truncated).gap, Gap::Truncated);
    let forbidden = with(json!({"responseStatus": {"code": 403},
        "annotations": {"authorization.k8s.io/decision": "forbid"}}));
    assert_eq!(forbidden.gap, Gap::RefusedUnread);
    assert_eq!(forbidden.audit.outcome, Outcome::Refused(By::Authorization));
}

/// What the API server writes of it is the first event and the last.
#[test]
fn a_request_of_nobody_known_is_refused_unread() {
    let unknown = event(
        json!({"stage": "ResponseStarted", "level": "Metadata", "user": {},
        "requestObject": null, "responseObject": null, "annotations": null,
        "responseStatus": {"code": 401, "status": "Failure", "message":
            "Authentication failed, attempted: bearer"}}),
    );
    let unjudged = gap(std::slice::from_ref(&unknown));
    assert_eq!(unjudged.gap, Gap::RefusedUnread);
    assert_eq!(unjudged.audit.outcome, Outcome::Refused(By::Authentication));
    assert!(unfinished(&[]).is_empty());
    let mut reads = unknown;
    reads["verb"] = json!("list");
    assert!(report(log(&[reads])).is_empty());
}

#[test]
fn a_dry_run_leaves_nothing() {
    let dry = event(json!({"requestURI": "/api/v1/namespaces/team-a/pods?dryRun=All&a=b"}));
    let (request, audit) = last(std::slice::from_ref(&dry));
    assert_eq!(request["dryRun"], true);
    assert_eq!(audit.outcome, Outcome::DryRun);
    let patch = event(json!({"auditID": "2", "verb": "patch", "responseStatus": {"code": 200}}));
    let (_, audit) = last(&[dry, patch]);
    assert_eq!(audit.before, Before::Unknown);
}

#[test]
fn an_impersonated_user_is_asked_for_and_the_real_one_told() {
    let acting_as = |user: &str| {
        last(&[event(
            json!({"impersonatedUser": {"username": user, "groups": ["others"]}}),
        )])
    };
    let (request, audit) = acting_as("mallory");
    assert_eq!(
        request["userInfo"],
        json!({"username": "mallory", "groups": ["others"]})
    );
    assert_eq!(audit.actor.user, "bob");
    assert_eq!(audit.actor.acted_as().unwrap(), "mallory");
    // who acts as a controller is not believed to be one
    let (request, audit) = acting_as("system:serviceaccount:kube-system:replicaset-controller");
    assert_eq!(request["userInfo"]["username"], "bob");
    assert_eq!(audit.actor.controller(), None);
}

#[test]
fn only_the_last_address_is_known() {
    let (_, audit) = last(&[event(
        json!({"sourceIPs": ["1.1.1.1", "2.2.2.2", "10.0.0.9"]}),
    )]);
    assert_eq!(audit.actor.source_ip.as_deref(), Some("10.0.0.9"));
    assert_eq!(audit.actor.claimed_ips, ["1.1.1.1", "2.2.2.2"]);
}

/// The account of a controller.
fn controller(name: &str) -> Value {
    json!({"username": format!("system:serviceaccount:kube-system:{name}")})
}

fn owned(kind: &str, api_version: &str, name: &str, owner: (&str, &str)) -> Value {
    let mut object = pod("a");
    object["kind"] = json!(kind);
    object["apiVersion"] = json!(api_version);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": owner.0,
        "name": owner.1, "controller": true}]);
    object
}

#[test]
fn what_controllers_make_belongs_to_who_wrote_the_workload() {
    let deployment = event(json!({"auditID": "d",
        "objectRef": reference("apps", "deployments", "team-a", "web"),
        "responseObject": {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "team-a"}}}));
    let set = event(
        json!({"auditID": "s", "user": controller("deployment-controller"),
        "objectRef": reference("apps", "replicasets", "team-a", "web-1"),
        "responseObject": owned("ReplicaSet", "apps/v1", "web-1", ("Deployment", "web"))}),
    );
    let pod = event(
        json!({"auditID": "p", "user": controller("replicaset-controller"),
        "objectRef": reference("", "pods", "team-a", "web-1-a"),
        "responseObject": owned("Pod", "v1", "web-1-a", ("ReplicaSet", "web-1"))}),
    );
    let (_, audit) = last(&[deployment, set, pod.clone()]);
    assert_eq!(
        (audit.root.kind.as_str(), audit.root.name.as_str()),
        ("Deployment", "web")
    );
    let cause = audit.cause.unwrap();
    assert_eq!((cause.user.as_str(), cause.audit_id.as_str()), ("bob", "d"));
    // where the log does not show the set, its name does
    let mut alone = pod.clone();
    alone["responseObject"]["metadata"]["labels"] = json!({"pod-template-hash": "1"});
    let (_, audit) = last(&[alone]);
    assert_eq!(
        (audit.root.kind.as_str(), audit.root.name.as_str()),
        ("Deployment", "web")
    );
    assert!(audit.cause.is_none());
    // whose it is does not change because the controller writes it again
    let mut mallorys = pod.clone();
    mallorys["user"] = json!({"username": "mallory"});
    mallorys["responseStatus"] = json!({"code": 200});
    mallorys["verb"] = json!("patch");
    let mut synced = pod.clone();
    synced["responseStatus"] = json!({"code": 200});
    synced["verb"] = json!("update");
    let (_, audit) = last(&[mallorys, synced]);
    assert_eq!(audit.cause.unwrap().user, "mallory");
    // an account beside the controllers is somebody's
    let mut other = pod.clone();
    other["user"] = controller("aws-load-balancer-controller");
    let (_, audit) = last(&[other]);
    assert_eq!(audit.root.kind, "Pod");
    // an owner reference is its author's word
    for author in [
        json!({"user": {"username": "mallory"}}),
        json!({"user": {"username": "alice"}, "impersonatedUser": pod["user"]}),
    ] {
        let mut forged = pod.clone();
        forged
            .as_object_mut()
            .unwrap()
            .extend(author.as_object().unwrap().clone());
        let (_, audit) = last(&[forged]);
        assert_eq!(
            (audit.root.kind.as_str(), audit.root.name.as_str()),
            ("Pod", "web-1-a")
        );
    }
}

#[test]
fn what_is_aggregated_belongs_to_who_labelled_the_source() {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let label = "rbac.authorization.k8s.io/aggregate-to-view";
    let role = |name: &str, user: Value, object: Value| {
        let mut object = object;
        object["metadata"]["name"] = json!(name);
        object["kind"] = json!("ClusterRole");
        event(
            json!({"auditID": name, "user": user, "responseObject": object,
            "objectRef": reference(RBAC, "clusterroles", "", name)}),
        )
    };
    let source = role(
        "source",
        json!({"username": "alice"}),
        json!({"metadata": {"labels": {label: "true"}}}),
    );
    let other = role(
        "other",
        json!({"username": "carol"}),
        json!({"metadata": {}}),
    );
    let view = role(
        "view",
        controller("clusterrole-aggregation-controller"),
        json!({"metadata": {}, "aggregationRule":
            {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}}),
    );
    let (_, audit) = last(&[source, other, view]);
    let cause = audit.cause.unwrap();
    assert_eq!(
        (cause.user.as_str(), cause.object.name.as_str()),
        ("alice", "source")
    );
}

#[test]
fn what_is_aggregated_belongs_to_who_gave_the_rule_that_it_gained() {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let role = |name: &str, user: Value, resources: &[&str], beside: Value| {
        let rule = |resource: &&str| json!({"apiGroups": [""], "resources": [resource], "verbs": ["create"]});
        let rules: Vec<Value> = resources.iter().map(rule).collect();
        let object = labelled(name, json!(rules), beside);
        event(
            json!({"auditID": name, "user": user, "responseObject": object, "verb": "update",
            "responseStatus": {"code": 200}, "objectRef": reference(RBAC, "clusterroles", "", name)}),
        )
    };
    let by = |user: &str| json!({"username": user});
    let written = |by: Value, minute: u32, resources: &[&str]| {
        let selectors = json!([{"matchExpressions": [{"key": "to-view", "operator": "Exists"}]}]);
        let beside = json!({"aggregationRule": {"clusterRoleSelectors": selectors}});
        let mut view = role("view", by, resources, beside);
        view["requestReceivedTimestamp"] = json!(format!("2026-11-22T01:{minute:02}:00.000000Z"));
        view
    };
    let view = |minute: u32, resources: &[&str]| {
        let by = controller("clusterrole-aggregation-controller");
        written(by, minute, resources)
    };
    let cause = |events: &[Value]| last(events).1.cause.unwrap().user.clone();
    let events = [
        role("harmless", by("dave"), &["events"], json!({})),
        view(1, &["events"]),
        role("pods", by("alice"), &["pods"], json!({})),
        role("harmless", by("carol"), &["events"], json!({})),
        view(2, &["events", "pods"]),
    ];
    assert_eq!(cause(&events), "alice");
    // by other selectors it takes what others gave long before
    let events = [
        role("pods", by("alice"), &["pods"], json!({})),
        view(1, &[]),
        written(by("frank"), 2, &[]),
        view(3, &["pods"]),
    ];
    assert_eq!(cause(&events), "frank");
    let [pods, filled, chosen, again] = events;
    assert_eq!(
        cause(&[pods.clone(), filled.clone(), again.clone()]),
        "alice"
    );
    let later = role("more", by("dave"), &["pods", "events"], json!({}));
    let more = view(4, &["pods", "events"]);
    assert_eq!(cause(&[pods, filled, chosen, again, later, more]), "dave");
}

#[test]
fn who_gave_a_rule_is_not_known_where_too_many_roles_were_written_since() {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let role = |name: &str, user: Value, beside: Value| {
        let mut object = json!({"kind": "ClusterRole", "metadata": {"name": name}});
        let members = object.as_object_mut().unwrap();
        members.extend(beside.as_object().unwrap().clone());
        event(
            json!({"auditID": name, "user": user, "responseObject": object,
            "objectRef": reference(RBAC, "clusterroles", "", name)}),
        )
    };
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]);
    let by = |others: usize| {
        let labels = json!({"name": "source", "labels": {"to-view": "true"}});
        let beside = json!({"metadata": labels, "rules": rules});
        let mut events = vec![role("source", json!({"username": "alice"}), beside)];
        for other in 0..others {
            let carol = json!({"username": "carol"});
            events.push(role(&other.to_string(), carol, json!({"rules": rules})));
        }
        let selectors = json!([{"matchLabels": {"to-view": "true"}}]);
        events.push(role(
            "view",
            controller("clusterrole-aggregation-controller"),
            json!({"rules": rules, "aggregationRule": {"clusterRoleSelectors": selectors}}),
        ));
        last(&events).1.cause.map(|cause| cause.user.clone())
    };
    assert_eq!(by(99).as_deref(), Some("alice"));
    assert_eq!(by(100), None);
}

#[test]
fn a_service_account_delivers_for_a_tool() {
    let mut object = pod("a");
    object["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    let by = |user: &str| {
        let (_, audit) = last(&[event(json!({"responseObject": object,
            "user": {"username": user}}))]);
        audit.claimed_delivery
    };
    let account = "system:serviceaccount:flux-system:kustomize-controller";
    assert_eq!(
        by(account).as_deref(),
        Some("Flux Kustomization flux-system/apps")
    );
    assert_eq!(by("bob"), None);
}

#[test]
fn who_gets_into_a_pod_is_told_at_once() {
    let exec = |stage: &str, id: &str| {
        event(json!({"auditID": id, "stage": stage, "verb": "get",
            "responseStatus": {"code": 101},
            "requestURI": "/api/v1/namespaces/team-a/pods/web/exec?command=sh&command=-c&command=id+-u&container=app",
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "team-a",
                "name": "web", "apiVersion": "v1"}}))
    };
    let events = [
        exec("ResponseStarted", "1"),
        exec("ResponseComplete", "1"),
        exec("ResponseComplete", "2"),
    ];
    let found = report(log(&events));
    assert_eq!(
        found,
        ["case 1/1/1 CONNECT Pod web", "case 3/1/1 CONNECT Pod web"]
    );
    let (_, audit) = last(&events);
    assert_eq!(audit.outcome, Outcome::Used);
    let used = audit.used.unwrap();
    assert_eq!(used.container.as_deref(), Some("app"));
    assert_eq!(used.command, ["sh", "-c", "id -u"]);
}

/// A client may choose the form of the answer, by a header.
#[test]
fn an_answer_that_is_no_object_hides_nothing() {
    for kind in ["PartialObjectMetadata", "Table", "Status"] {
        let answer = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1",
            "metadata": {"name": "web"}});
        let asked = event(json!({"responseObject": answer}));
        let custom = event(json!({"responseObject": answer,
            "objectRef": reference("argoproj.io", "rollouts", "team-a", "web")}));
        for asked in [asked, custom] {
            let (request, audit) = last(&[asked]);
            assert_eq!(request["object"], pod("sent"), "{kind}");
            assert_eq!(audit.object, Judged::Sent);
        }
    }
}

#[test]
fn a_patch_that_says_what_it_is_counts_with_what_was_there() {
    let mut patch = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b"}}});
    let of = |patch: &Value| {
        event(
            json!({"auditID": "2", "verb": "patch", "responseStatus": {"code": 200},
            "responseObject": null, "requestObject": patch}),
        )
    };
    let (request, audit) = last(&[event(json!({})), of(&patch)]);
    assert_eq!(request["object"]["spec"], pod("stored")["spec"]);
    assert_eq!(request["object"]["metadata"]["labels"]["a"], "b");
    assert_eq!(
        (audit.outcome, audit.object),
        (Outcome::Modified, Judged::Patched)
    );
    // what may be read in two ways is not measured against
    patch["spec"] = json!({"containers": [{"name": "app", "$patch": "delete"}]});
    let mut again = of(&patch);
    again["auditID"] = json!("3");
    let (_, audit) = last(&[event(json!({})), of(&patch), again]);
    assert_eq!(audit.before, Before::Unknown);
}

#[test]
fn a_dry_run_is_told_however_it_is_written() {
    let dry = event(json!({"requestURI": "/api/v1/namespaces/team-a/pods?dryRun=%41ll"}));
    let (request, audit) = last(&[dry]);
    assert_eq!(
        (request["dryRun"].clone(), audit.outcome),
        (json!(true), Outcome::DryRun)
    );
    let delete = |uri: &str, options: Value| {
        let delete = event(
            json!({"verb": "delete", "requestURI": uri, "requestObject": options,
            "responseStatus": {"code": 200}, "responseObject": {"kind": "Status"}}),
        );
        last(&[delete]).1.outcome
    };
    assert_eq!(delete("/a?dryRun=All", Value::Null), Outcome::DryRun);
    assert_eq!(delete("/a?dryRun=All", json!({})), Outcome::Deleted);
    assert_eq!(delete("/a", json!({"dryRun": ["All"]})), Outcome::DryRun);
}

#[test]
fn a_later_write_is_not_before_an_earlier_one() {
    let at = |time: &str, id: &str| {
        event(
            json!({"auditID": id, "verb": "update", "responseStatus": {"code": 200},
            "requestReceivedTimestamp": time}),
        )
    };
    let (_, audit) = last(&[
        at("2026-11-22T09:00:00.000000Z", "1"),
        at("2026-11-22T11:00:00.000000Z", "2"),
        at("2026-11-22T10:00:00.000000Z", "3"),
    ]);
    assert_eq!(audit.before, Before::Unknown);
}

#[test]
fn nobody_is_no_background_audit() {
    let (request, _) = last(&[event(json!({"user": {}}))]);
    assert_eq!(request["userInfo"]["username"], "(not in the log)");
}

/// A client may choose the id, by a header.
#[test]
fn an_id_that_a_client_chose_hides_nothing() {
    let exec = |stage: &str, time: &str| {
        event(
            json!({"stage": stage, "verb": "create", "responseStatus": {"code": 101},
            "requestReceivedTimestamp": time, "stageTimestamp": time,
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "team-a",
                "name": "web", "apiVersion": "v1"}}),
        )
    };
    let start = "2026-11-22T01:00:01.000001Z";
    let opened = exec("ResponseStarted", start);
    let mut closed = exec("ResponseComplete", start);
    closed["stageTimestamp"] = json!("2026-11-22T05:00:00Z");
    let found = report(log(&[opened, event(json!({})), closed]));
    assert_eq!(
        found,
        ["case 1/1/1 CONNECT Pod web", "case 2/1/1 CREATE Pod web"]
    );
    let received = |time: &str| {
        event(
            json!({"stage": "RequestReceived", "requestReceivedTimestamp": time,
            "responseStatus": null, "requestObject": null, "responseObject": null}),
        )
    };
    let lost = received("2026-11-22T01:00:00.000001Z");
    let text = log(&[lost, event(json!({}))]);
    let mut reader = read(text.as_bytes());
    assert_eq!(reader.by_ref().count(), 1);
    assert!(reader.into_log().unfinished().is_some());
}

/// What was there before is gone, however the log has lost that.
#[test]
fn an_apply_that_creates_is_judged_by_what_was_sent() {
    let applied = event(json!({"auditID": "2", "verb": "patch", "level": "Request",
        "responseObject": null, "requestObject": pod("applied")}));
    let (request, audit) = last(&[event(json!({})), applied]);
    assert_eq!(request["object"], pod("applied"));
    assert_eq!(request["oldObject"], Value::Null);
    assert_eq!(
        (audit.outcome, audit.before, audit.object),
        (Outcome::Created, Before::Absent, Judged::Sent)
    );
}

#[test]
fn an_object_is_gone_with_its_last_finalizer() {
    let patch = event(json!({"auditID": "3", "verb": "patch", "level": "Request",
        "responseStatus": {"code": 200}, "responseObject": null, "requestObject": {}}));
    let left = |meta: Value| {
        let mut object = pod("stored");
        let all = object["metadata"].as_object_mut().unwrap();
        all.extend(meta.as_object().unwrap().clone());
        let update = event(json!({"auditID": "2", "verb": "update",
            "responseStatus": {"code": 200}, "responseObject": object}));
        let found = items(log(&[event(json!({})), update, patch.clone()]));
        matches!(found.last(), Some(Item::Case(_)))
    };
    let deleted = "2026-11-22T01:00:00Z";
    assert!(left(json!({})));
    assert!(left(
        json!({"deletionTimestamp": deleted, "finalizers": ["a"]})
    ));
    assert!(left(
        json!({"deletionTimestamp": deleted, "deletionGracePeriodSeconds": 30})
    ));
    assert!(!left(
        json!({"deletionTimestamp": deleted, "deletionGracePeriodSeconds": 0})
    ));
    assert!(!left(
        json!({"deletionTimestamp": deleted, "finalizers": []})
    ));
}

#[test]
fn what_is_deleted_is_gone() {
    let delete = event(
        json!({"auditID": "2", "verb": "delete", "responseStatus": {"code": 200},
        "responseObject": {"kind": "Status"}, "requestObject": null}),
    );
    let patch = event(
        json!({"auditID": "3", "verb": "patch", "responseObject": null,
        "responseStatus": {"code": 200}, "requestObject": []}),
    );
    let (request, audit) = last(&[event(json!({})), delete.clone()]);
    assert_eq!(request["operation"], "DELETE");
    assert_eq!(request["oldObject"], pod("stored"));
    assert_eq!(audit.outcome, Outcome::Deleted);
    let found = items(log(&[event(json!({})), delete, patch]));
    assert_eq!(line(found.last().unwrap()), "unjudged 3/1/1 no-base");
    let collection = event(
        json!({"verb": "deletecollection", "responseStatus": {"code": 200},
        "objectRef": {"resource": "pods", "namespace": "team-a", "apiVersion": "v1"},
        "responseObject": {"kind": "PodList", "apiVersion": "v1", "items": [pod("a"), pod("b")]}}),
    );
    assert_eq!(
        report(log(&[collection])),
        ["case 1/1/1 DELETE Pod web", "case 1/1/2 DELETE Pod web"]
    );
}

#[test]
fn what_somebody_in_many_groups_deletes_is_not_told_with_all_of_them_each_time() {
    let groups: Vec<String> = (0..20_000)
        .map(|number| format!("group-{number}"))
        .collect();
    let pods = vec![pod("stored"); 1000];
    let deletion = |groups: &[String], pods: &[Value]| {
        cases(&[event(
            json!({"verb": "deletecollection", "responseStatus": {"code": 200},
            "user": {"username": "bob", "groups": groups},
            "objectRef": {"resource": "pods", "namespace": "team-a", "apiVersion": "v1"},
            "responseObject": {"kind": "PodList", "apiVersion": "v1", "items": pods}}),
        )])
    };
    let cases = deletion(&groups, &pods);
    assert_eq!(cases.len(), pods.len());
    let size: usize = cases.iter().map(|case| case.request().len()).sum();
    assert!(size < 1 << 20, "{size} bytes of requests");
    assert!(cases.iter().all(|case| audit(case).actor.groups == groups));
    // and counted, for a report tells them
    let told: usize = groups.iter().map(String::len).sum();
    assert!(cases.iter().all(|case| case.size() > told));

    // few are told
    let case = &deletion(&groups[..2], &pods[..2])[1];
    assert_eq!(request(case)["userInfo"]["groups"], json!(groups[..2]));
}

#[test]
fn what_cannot_be_told_of_each_object_is_told_of_all() {
    let name = "x".repeat(1 << 20);
    let deletion = event(
        json!({"verb": "deletecollection", "responseStatus": {"code": 200},
        "user": {"username": name}, "objectRef": {"resource": "pods", "namespace": "team-a"},
        "requestObject": null,
        "responseObject": {"kind": "PodList", "items": vec![json!({}); 1000]}}),
    );
    let mut items = items(log(&[deletion]));
    let Some(Item::Unjudged(rest)) = items.pop() else {
        panic!("{}", items.len());
    };
    assert_eq!(rest.gap, Gap::TooLarge);
    assert_eq!(rest.audit.actor.user, name);
    let request = |item| case_of(item).request().len();
    let told: usize = items.into_iter().map(request).sum();
    assert!(told > 32 << 20 && told < 96 << 20, "{told} bytes");
}

#[test]
fn all_that_an_event_tells_is_counted() {
    const LONG: usize = 100_000;
    let long = || "x".repeat(LONG);
    let exec = json!({"resource": "pods", "subresource": "exec", "namespace": "team-a",
        "name": "web", "apiVersion": "v1"});
    let uri = |query: &str| format!("/api/v1/namespaces/team-a/pods/web/exec?{query}={}", long());
    let account = "system:serviceaccount:a:b";
    let with = |key: &str| json!({"username": account, "extra": {key: [long()]}});
    let tracked = json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": long()}}});
    for changes in [
        json!({"user": {"username": long()}}),
        json!({"user": {"groups": [long()]}}),
        json!({"user": {"groups": vec![""; 5_000]}}),
        json!({"user": with("authentication.kubernetes.io/credential-id")}),
        json!({"user": with("authentication.kubernetes.io/pod-name")}),
        json!({"user": with("authentication.kubernetes.io/node-name")}),
        json!({"user": with("arn")}),
        json!({"user": with("sessionName")}),
        json!({"user": {"username": account}, "responseObject": tracked}),
        json!({"impersonatedUser": {"username": long()}}),
        json!({"impersonatedUser": {"username": "carol", "groups": [long()]}}),
        json!({"sourceIPs": [long()]}),
        json!({"sourceIPs": [long(), "10.0.0.1"]}),
        json!({"userAgent": long()}),
        json!({"auditID": long()}),
        json!({"annotations": {"authorization.k8s.io/reason": long()}}),
        json!({"verb": "get", "objectRef": exec, "requestURI": uri("command")}),
        json!({"verb": "get", "objectRef": exec, "requestURI": uri("container")}),
    ] {
        let case = &cases(&[event(changes.clone())])[0];
        let beside = case.size() - case.request().len();
        assert!(
            beside >= LONG,
            "{beside} bytes: {:.200}",
            changes.to_string()
        );
        let reported = serde_json::to_string(audit(case)).unwrap();
        assert!(
            beside + 1_000 > reported.len(),
            "{:.200}",
            changes.to_string()
        );
    }
    let unjudged = gap(&[event(json!({"userAgent": long(),
        "requestObject": null, "responseObject": null}))]);
    assert!(unjudged.size() > LONG + unjudged.request.len());
}

#[test]
fn what_is_remembered_is_counted_with_who_wrote_it() {
    let by = |user: &str| {
        let write = |number: usize| {
            let name = number.to_string();
            event(json!({"user": {"username": user}, "auditID": name,
                "objectRef": reference("", "pods", "team-a", &name)}))
        };
        let text = log(&(0..10).map(write).collect::<Vec<_>>());
        let mut reader = read_into(Log::new(1 << 20), text.as_bytes());
        reader.by_ref().for_each(drop);
        reader.into_log().forgotten()
    };
    assert_eq!(by("bob"), 0);
    assert_eq!(by(&"x".repeat(300_000)), 7);
}

#[test]
fn custom_kinds_are_judged_by_their_own_word() {
    let rollout = event(json!({
        "objectRef": reference("argoproj.io", "rollouts", "team-a", "web"),
        "responseObject": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}}));
    let (request, _) = last(&[rollout]);
    assert_eq!(
        request["kind"],
        json!({"group": "argoproj.io", "version": "v1", "kind": "Rollout"})
    );
}

#[test]
fn an_object_of_which_a_part_cannot_be_read_keeps_its_kind_and_its_name() {
    let named = |metadata: &str| {
        let marker = "MARKER";
        let event = event(json!({
            "objectRef": reference("argoproj.io", "rollouts", "team-a", ""),
            "responseObject": {"apiVersion": "argoproj.io/v1", "kind": "Rollout", "metadata": marker}}));
        let text = event.to_string().replace("\"MARKER\"", metadata);
        let case = case_of(items(text).pop().unwrap());
        let request = request(&case);
        assert_eq!(request["kind"]["kind"], "Rollout", "{metadata}");
        (request["name"].clone(), audit(&case).root.kind.clone())
    };
    for (metadata, name) in [
        (r#"{"name":"a","name":"b"}"#, json!("b")),
        (r#"{"name":"b","resourceVersion":1}"#, json!("b")),
        (r#"{"name":"b","labels":{},"labels":{}}"#, json!("b")),
        (r#"{"name":1}"#, json!("(unreadable)")),
        (r#"[1]"#, json!("(unreadable)")),
        (r#"{"generateName":"b","generateName":"c"}"#, Value::Null),
        (r#"{"name":null}"#, Value::Null),
        ("{}", Value::Null),
        ("null", Value::Null),
    ] {
        assert_eq!(named(metadata), (name, "Rollout".to_owned()), "{metadata}");
    }
}

#[test]
fn objects_whose_names_cannot_be_read_are_not_taken_for_one() {
    let write = |verb: &str, code: u16| {
        let mut object = pod("a");
        object["metadata"]["name"] = json!(1);
        event(
            json!({"verb": verb, "responseStatus": {"code": code}, "responseObject": object,
            "objectRef": reference("", "pods", "team-a", "")}),
        )
    };
    let (_, audit) = last(&[write("create", 201), write("update", 200)]);
    assert_eq!(audit.before, Before::Unknown);
}

#[test]
fn an_event_that_is_too_large_is_named() {
    let mut large = pod(&"x".repeat(17 << 20));
    large["metadata"]["name"] = json!("big");
    let text = log(&[
        event(json!({})),
        event(json!({"responseObject": large})),
        event(json!({"verb": "get", "responseObject": large})),
        event(json!({"auditID": "2"})),
    ]);
    for text in [
        text.clone(),
        format!("[{}]", text.trim_end().replace('\n', ",\n")),
    ] {
        let found = items(&text);
        assert_eq!(found.len(), 3);
        let Item::Unjudged(unjudged) = &found[1] else {
            panic!("{}", line(&found[1]));
        };
        assert_eq!(unjudged.gap, Gap::TooLarge);
        assert_eq!(unjudged.place.line, 2);
        let request: Value = serde_json::from_str(&unjudged.request).unwrap();
        assert_eq!(
            (&request["name"], &request["user"]),
            (&json!("web"), &json!("bob"))
        );
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut reader_log = Log::new(20_000);
    for number in 0..100 {
        let name = format!("web-{number}");
        let text = log(&[event(json!({"auditID": name,
            "objectRef": reference("", "pods", "team-a", &name)}))]);
        let mut reader = read_into(reader_log, text.as_bytes());
        assert_eq!(reader.by_ref().count(), 1);
        reader_log = reader.into_log();
    }
    assert!(
        (80..90).contains(&reader_log.forgotten()),
        "{}",
        reader_log.forgotten()
    );
}

/// How a line is made another.
#[derive(Debug, Clone)]
enum Change {
    /// Another value of a member, as JSON, or none.
    Member(&'static str, Option<Value>),
    /// Another value of a member of the object reference.
    Reference(&'static str, Value),
    /// The members in another order: the one at this place goes to the end.
    Last(usize),
    /// A letter written as an escape, counted from the start.
    Escape(usize),
    /// A space between tokens.
    Space(usize),
    /// A member given twice.
    Twice(usize),
    /// Nothing from here on.
    Cut(usize),
    /// Another byte.
    Byte(usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let verb = prop::sample::select(vec!["create", "patch", "get", "list", "delete", "watch"]);
    let resource =
        prop::sample::select(vec!["pods", "events", "nodes", "rollouts", "clusterroles"]);
    let group = prop::sample::select(vec!["", "apps", "argoproj.io", "rbac.authorization.k8s.io"]);
    let subresource =
        prop::sample::select(vec!["", "status", "exec", "proxy", "ephemeralcontainers"]);
    let uri = prop::sample::select(vec!["/a", "/api/v1/nodes/a/proxy/run/x", "/a?b=\\u0026\""]);
    let member = prop::sample::select(vec![
        "kind",
        "apiVersion",
        "auditID",
        "objectRef",
        "stage",
        "user",
    ]);
    prop_oneof![
        verb.prop_map(|verb| Change::Member("verb", Some(json!(verb)))),
        uri.prop_map(|uri| Change::Member("requestURI", Some(json!(uri)))),
        member.prop_map(|key| Change::Member(key, None)),
        Just(Change::Member(
            "log",
            Some(json!(event(json!({})).to_string()))
        )),
        Just(Change::Member(
            "annotations",
            Some(json!({"objectRef": {"resource": "events"}}))
        )),
        Just(Change::Member(
            "user",
            Some(json!({"username": "}],{\"\\", "extra": {"verb": ["get"]}}))
        )),
        resource.prop_map(|name| Change::Reference("resource", json!(name))),
        group.prop_map(|name| Change::Reference("apiGroup", json!(name))),
        subresource.prop_map(|name| Change::Reference("subresource", json!(name))),
        (0..20_usize).prop_map(Change::Last),
        (0..900_usize).prop_map(Change::Escape),
        (0..900_usize).prop_map(Change::Space),
        (0..20_usize).prop_map(Change::Twice),
        (0..1200_usize).prop_map(Change::Cut),
        (0..1200_usize, any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
    ]
}

/// An event as its members, each as JSON text, in an order.
fn changed(changes: &[Change]) -> Vec<u8> {
    let mut event = event(json!({"responseObject": null}));
    for change in changes {
        match change {
            Change::Member(key, Some(value)) => event[*key] = value.clone(),
            Change::Member(key, None) => drop(event.as_object_mut().unwrap().remove(*key)),
            Change::Reference(key, value) if event["objectRef"].is_object() => {
                event["objectRef"][*key] = value.clone();
            }
            _ => {}
        }
    }
    // as the API server orders them, the head first
    let order = [
        "log",
        "kind",
        "apiVersion",
        "level",
        "auditID",
        "stage",
        "requestURI",
        "verb",
        "user",
        "sourceIPs",
        "userAgent",
        "objectRef",
        "responseStatus",
        "requestObject",
        "requestReceivedTimestamp",
        "stageTimestamp",
        "annotations",
    ];
    let mut members: Vec<String> = order
        .iter()
        .filter_map(|key| Some(format!("\"{key}\":{}", event.get(key)?)))
        .collect();
    for change in changes {
        match change {
            Change::Last(at) if *at < members.len() => {
                let member = members.remove(*at);
                members.push(member);
            }
            Change::Twice(at) if *at < members.len() => members.push(members[*at].clone()),
            _ => {}
        }
    }
    let mut line = format!("{{{}}}", members.join(",")).into_bytes();
    for change in changes {
        match change {
            Change::Escape(at) => {
                let letters = line
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| byte.is_ascii_lowercase());
                if let Some((place, byte)) = letters.map(|(place, byte)| (place, *byte)).nth(*at) {
                    line.splice(place..=place, format!("\\u{byte:04x}").into_bytes());
                }
            }
            Change::Space(at) => {
                let tokens = line
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| b",:{}[]".contains(byte));
                if let Some(place) = tokens.map(|(place, _)| place).nth(*at) {
                    line.insert(place, b' ');
                }
            }
            Change::Cut(at) => line.truncate(*at),
            Change::Byte(at, byte) if *at < line.len() && *byte != b'\n' => line[*at] = *byte,
            _ => {}
        }
    }
    line
}

/// How many requests of an input are told of, judged or not. An object in a log is none.
fn told(input: &[u8]) -> usize {
    let mut reader = read(input);
    let is_told = |item: &Item| match item {
        Item::Case(case) => case.form != Form::Manifest,
        item => matches!(item, Item::Unjudged(_)),
    };
    let found = reader.by_ref().map(Result::unwrap).filter(is_told).count();
    let mut log = reader.into_log();
    found + std::iter::from_fn(|| log.unfinished()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A line of a log is looked at before it is read, by itself and in a wrapper, an item of an
    /// array is not.
    #[test]
    fn no_line_is_passed_over_that_would_be_told(
        changes in prop::collection::vec(change(), 0..5),
        wrapping in prop::sample::select(
            vec!["", "2026-11-22T01:28:32.920Z ", "app> ", "log", "behind"]
        )
    ) {
        let bare = changed(&changes);
        let line = match (wrapping, str::from_utf8(&bare)) {
            ("log", Ok(text)) => json!({"log": text}).to_string().into_bytes(),
            ("log", Err(_)) => bare.clone(),
            ("behind", _) => {
                let read = event(json!({"auditID": "1", "verb": "get"}));
                [read.to_string().as_bytes(), &bare].concat()
            }
            _ => [wrapping.as_bytes(), &bare].concat(),
        };
        let array = [b"[".as_slice(), &bare, b"]"].concat();
        let first = event(json!({"auditID": "0"})).to_string();
        let lines = [first.as_bytes(), b"\n", &line, b"\n"].concat();
        prop_assert!(
            told(&lines) > told(&array),
            "{}", String::from_utf8_lossy(&line)
        );
    }
}
