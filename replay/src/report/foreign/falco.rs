//! Alerts as Falco writes them with `json_output: true`: one line a finding, for Falcosidekick and
//! whatever else reads Falco.
//!
//! Source: falcosidekick `types/types.go` (`FalcoPayload`, and `Check`, which wants a priority, a
//! rule, a time and output fields) and `types/priority.go`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Foreign, Setting, Told, Unjudged};
use crate::answer::{Request, Severity};
use crate::outcome::Judged;
use crate::report::json::line;
use crate::report::place;

/// Alerts of Falco.
pub(in crate::report) struct Falco;

#[derive(Serialize)]
struct Alert<'a> {
    uuid: String,
    time: String,
    priority: &'static str,
    rule: &'a str,
    source: &'static str,
    tags: Vec<&'a str>,
    output: String,
    output_fields: BTreeMap<String, String>,
}

impl Foreign for Falco {
    fn judged(
        &mut self,
        setting: &Setting,
        judged: &Judged,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for told in Told::of(judged, setting) {
            let mut tags = vec!["bulkhead"];
            if let Some(rule) = told.rule {
                tags.extend(rule.alert.as_deref());
                tags.extend(rule.techniques.iter().map(String::as_str));
            }
            let time = setting.time(told.audit).to_string();
            let priority = priority(told.finding.severity);
            let mut fields = told.fields();
            fields.push(("title", told.title().to_owned()));
            fields.push(("message", told.finding.message.clone()));
            fields.push(("severity", told.finding.severity.name().to_owned()));
            let alert = Alert {
                uuid: uuid(&told.id(), &told.identity()),
                output: format!(
                    "{time}: {priority} {}: {} (path={} user={} action={})",
                    told.object(),
                    told.finding.message,
                    told.finding.path,
                    told.user().unwrap_or("<NA>"),
                    told.finding.action.name(),
                ),
                time,
                priority,
                rule: &told.finding.rule,
                source: source(told.audit.is_some()),
                tags,
                output_fields: named(fields, Some(&judged.request), told.audit.is_some()),
            };
            out.write_all(line(&alert).as_bytes())?;
        }
        Ok(())
    }

    fn unjudged(
        &mut self,
        setting: &Setting,
        unjudged: &Unjudged<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let time = setting.time(unjudged.audit).to_string();
        let priority = "Notice";
        let sentence = unjudged.sentence();
        let place = place(&unjudged.source.file, unjudged.source.line);
        let mut fields = vec![
            ("reason", unjudged.reason.to_owned()),
            ("message", unjudged.message.clone()),
            ("file", unjudged.source.file.to_string()),
        ];
        fields.extend(unjudged.source.line.map(|line| ("line", line.to_string())));
        if let Some(audit) = unjudged.audit {
            fields.push(("auditID", audit.id.clone()));
            fields.push(("user", audit.actor.user.clone()));
            fields.push(("outcome", audit.outcome.word().to_owned()));
        }
        let id = unjudged.id();
        let alert = Alert {
            uuid: uuid(&id, &id),
            output: format!("{time}: {priority} {sentence} ({place})"),
            time,
            priority,
            rule: "not-judged",
            source: source(unjudged.audit.is_some()),
            tags: vec!["bulkhead"],
            output_fields: named(fields, unjudged.request, unjudged.audit.is_some()),
        };
        out.write_all(line(&alert).as_bytes())
    }
}

/// Fields under `bulkhead.`, and those that Falco's own rules have for the same: `k8s.…`, and of
/// an audit event `ka.…`, as its plugin `k8saudit` names them.
fn named(
    fields: Vec<(&'static str, String)>,
    request: Option<&Request>,
    is_audit: bool,
) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    if let Some(request) = request {
        let pod = request
            .name
            .as_ref()
            .filter(|_| request.kind.as_deref() == Some("Pod"));
        let all = [
            ("k8s.ns.name", request.namespace.as_ref()),
            ("k8s.pod.name", pod),
            ("bulkhead.kind", request.kind.as_ref()),
            ("bulkhead.name", request.name.as_ref()),
        ];
        let given = all
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)));
        named.extend(given.map(|(name, text)| (name.to_owned(), text.clone())));
        if is_audit {
            let all = [
                ("ka.target.name", request.name.as_ref()),
                ("ka.target.namespace", request.namespace.as_ref()),
            ];
            let given = all
                .into_iter()
                .filter_map(|(name, text)| Some((name, text?)));
            named.extend(given.map(|(name, text)| (name.to_owned(), text.clone())));
        }
    }
    for (name, text) in fields {
        let falcos = match name {
            "user" if is_audit => Some("ka.user.name"),
            "auditID" => Some("ka.auditid"),
            "sourceIP" => Some("ka.sourceips"),
            _ => None,
        };
        if let Some(falcos) = falcos {
            named.insert(falcos.to_owned(), text.clone());
        }
        named.insert(format!("bulkhead.{name}"), text);
    }
    named
}

fn source(is_audit: bool) -> &'static str {
    if is_audit { "k8s_audit" } else { "bulkhead" }
}

fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "Error",
        Severity::Medium => "Warning",
        Severity::Low => "Notice",
    }
}

/// The UUID, of the version for values of one's own (RFC 9562, 8), that is the same in every run.
fn uuid(id: &str, identity: &str) -> String {
    let digits: Vec<char> = id.chars().chain(identity.chars()).collect();
    let part =
        |from: usize, count: usize| -> String { digits.iter().skip(from).take(count).collect() };
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 4),
        part(13, 3),
        part(17, 3),
        part(20, 12)
    )
}
