//! OCSF: one Detection Finding (class 2004) a line.
//!
//! Source: ocsf-schema 1.3.0, `events/findings/detection_finding.json` and the objects it names.

use std::io::{self, Write};

use intake::audit::{Actor, Audit};
use serde_json::{Map, Value, json};

use super::{Foreign, Setting, Told, Unjudged};
use crate::answer::{Action, Request, Severity};
use crate::outcome::Judged;
use crate::report::json::line;
use crate::report::objects::Key;

/// Events of OCSF.
pub(in crate::report) struct Ocsf;

impl Foreign for Ocsf {
    fn judged(
        &mut self,
        setting: &Setting,
        judged: &Judged,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for told in Told::of(judged, setting) {
            out.write_all(line(&finding(setting, &told)).as_bytes())?;
        }
        Ok(())
    }

    fn unjudged(
        &mut self,
        setting: &Setting,
        unjudged: &Unjudged<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut event = event(setting, unjudged.audit, "not-judged", None);
        let user = unjudged.audit.map(|audit| audit.actor.user.as_str());
        let mut own = given([
            ("severity_id", json!(0)),
            ("severity", json!("Unknown")),
            ("status_id", json!(1)),
            ("status", json!("New")),
            ("message", json!(unjudged.sentence())),
            (
                "finding_info",
                json!({
                    "uid": unjudged.id(),
                    "title": "Not judged",
                    "desc": unjudged.message,
                    "analytic": {"type_id": 1, "type": "Rule", "uid": "not-judged", "name": "Not judged"},
                    "data_sources": [&*unjudged.source.file],
                }),
            ),
            (
                "unmapped",
                json!({
                    "reason": unjudged.reason,
                    "line": unjudged.source.line,
                    "audit": unjudged.audit,
                }),
            ),
        ]);
        if let Some(request) = unjudged.request.filter(|request| request.kind.is_some()) {
            let about = given([
                ("resources", json!([resource(request, None)])),
                (
                    "evidences",
                    json!([evidence(request, user, unjudged.audit, None)]),
                ),
            ]);
            extend(&mut own, about);
        }
        extend(&mut event, own);
        out.write_all(line(&event).as_bytes())
    }
}

/// What every event has.
fn event(setting: &Setting, audit: Option<&Audit>, code: &str, incident: Option<&str>) -> Value {
    let policy = &setting.catalog.policy;
    json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200_401,
        "type_name": "Detection Finding: Create",
        "time": setting.time(audit).as_millisecond(),
        "metadata": given([
            ("version", json!("1.3.0")),
            ("product", json!({"name": policy.name, "vendor_name": "Bulkhead", "version": policy.version})),
            ("event_code", json!(code)),
            ("correlation_uid", json!(incident)),
            ("original_time", json!(audit.map(|audit| &audit.time))),
        ]),
    })
}

fn finding(setting: &Setting, told: &Told<'_>) -> Value {
    let finding = told.finding;
    let mut event = event(setting, told.audit, &finding.rule, told.incident());
    let (severity_id, severity) = severity(finding.severity);
    let (status_id, status) = match finding.exempted {
        Some(_) => (3, "Suppressed"),
        None => (1, "New"),
    };
    let techniques = told.rule.map(|rule| &rule.techniques);
    let attacks: Vec<Value> = techniques
        .into_iter()
        .flatten()
        .map(|id| attack(id))
        .collect();
    let alert = told.rule.and_then(|rule| setting.catalog.alert(rule));
    let references = told.rule.map(|rule| &rule.references);
    let request = &told.judged.request;
    let own = given([
        ("severity_id", json!(severity_id)),
        ("severity", json!(severity)),
        ("status_id", json!(status_id)),
        ("status", json!(status)),
        ("is_alert", json!(finding.action != Action::Audit)),
        (
            "message",
            json!(format!("{}: {}", told.object(), finding.message)),
        ),
        (
            "finding_info",
            given([
                ("uid", json!(told.id())),
                ("title", json!(told.title())),
                ("desc", json!(finding.message)),
                ("types", json!(alert.map(|alert| [alert]))),
                (
                    "analytic",
                    json!({"type_id": 1, "type": "Rule", "uid": finding.rule, "name": told.title()}),
                ),
                ("attacks", some(attacks)),
                ("data_sources", json!([&*told.judged.source.file])),
            ]),
        ),
        ("resources", json!([resource(request, Some(told))])),
        (
            "evidences",
            json!([evidence(request, told.user(), told.audit, Some(told))]),
        ),
        (
            "remediation",
            given([
                ("desc", json!(finding.fix)),
                ("references", json!(references)),
            ]),
        ),
        ("unmapped", json!(told.details())),
    ]);
    extend(&mut event, own);
    event
}

/// Object `resource_details`.
fn resource(request: &Request, told: Option<&Told<'_>>) -> Value {
    let group = request.group.as_ref().filter(|group| !group.is_empty());
    given([
        ("uid", json!(Key::of(request).to_string())),
        ("type", json!(request.kind)),
        ("namespace", json!(request.namespace)),
        ("name", json!(request.name)),
        ("version", json!(request.version)),
        ("group", json!(group.map(|name| json!({"name": name})))),
        (
            "data",
            json!(told.map(|told| json!({
                "path": told.finding.path,
                "value": told.finding.value,
                "container": told.finding.container,
            }))),
        ),
    ])
}

/// Object `evidences`: the request, who sent it and where it was read.
fn evidence(
    request: &Request,
    user: Option<&str>,
    audit: Option<&Audit>,
    told: Option<&Told<'_>>,
) -> Value {
    let code = audit.and_then(|audit| audit.code);
    let group = request.group.as_ref().filter(|group| !group.is_empty());
    let api = request.operation.as_ref().map(|operation| {
        given([
            ("operation", json!(operation)),
            ("service", json!({"name": "kube-apiserver"})),
            ("group", json!(group.map(|name| json!({"name": name})))),
            ("version", json!(request.version)),
            (
                "request",
                json!(audit.map(|audit| json!({"uid": audit.id}))),
            ),
            ("response", json!(code.map(|code| json!({"code": code})))),
        ])
    });
    let actor = audit.map(|audit| &*audit.actor);
    let source_ip = actor.and_then(|actor| actor.source_ip.as_ref());
    let agent = actor.and_then(|actor| actor.claimed_user_agent.as_ref());
    given([
        (
            "actor",
            json!(user.map(|user| json!({"user": person(user, actor)}))),
        ),
        ("api", json!(api)),
        ("src_endpoint", json!(source_ip.map(|ip| json!({"ip": ip})))),
        (
            "http_request",
            json!(agent.map(|agent| json!({"user_agent": agent}))),
        ),
        (
            "data",
            json!(told.map(|told| given([
                ("file", json!(&*told.judged.source.file)),
                ("line", json!(told.line())),
                (
                    "column",
                    json!(told.position.map(|position| position.column))
                ),
            ]))),
        ),
    ])
}

/// Object `user`.
fn person(user: &str, actor: Option<&Actor>) -> Value {
    let (type_id, kind) = match user.split_once(':') {
        Some(("system", rest)) if rest.starts_with("serviceaccount:") => (4, "Service"),
        Some(("system", _)) => (3, "System"),
        _ => (1, "User"),
    };
    let groups = actor.map(|actor| actor.groups.iter().map(|name| json!({"name": name})));
    given([
        ("name", json!(user)),
        ("type_id", json!(type_id)),
        ("type", json!(kind)),
        (
            "uid",
            json!(actor.and_then(|actor| actor.principal.as_ref())),
        ),
        (
            "credential_uid",
            json!(actor.and_then(|actor| actor.credential.as_ref())),
        ),
        ("groups", some(groups.into_iter().flatten().collect())),
    ])
}

/// Object `attack`, of a technique such as `T1611` or `T1552.005`.
fn attack(id: &str) -> Value {
    match id.split_once('.') {
        Some((technique, _)) => {
            json!({"technique": {"uid": technique}, "sub_technique": {"uid": id}})
        }
        None => json!({"technique": {"uid": id}}),
    }
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

/// A list, or null where it is empty.
fn some(list: Vec<Value>) -> Value {
    if list.is_empty() {
        Value::Null
    } else {
        Value::Array(list)
    }
}

/// An object of those members that are not null: OCSF has no null.
fn given<const N: usize>(members: [(&str, Value); N]) -> Value {
    let given = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        given
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

/// Adds the members of an object to another.
fn extend(whole: &mut Value, part: Value) {
    if let (Value::Object(whole), Value::Object(part)) = (whole, part) {
        whole.extend(part);
    }
}
