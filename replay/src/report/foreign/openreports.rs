//! Reports of `openreports.io/v1alpha1`, as Kubewarden's audit scanner keeps them in a cluster: a
//! `List` for kubectl, with a `Report` or `ClusterReport` for each object that was judged.
//!
//! Source: openreports/reports-api `apis/openreports.io/v1alpha1`, and adm-controller
//! `internal/audit-scanner/report/openreports.go`. An audit scanner names a report by the uid of
//! its object, which a manifest does not have; here it is a digest of what identifies the object.

use std::collections::BTreeMap;
use std::io::{self, Write};

use intake::Form;
use intake::incident::digest;
use serde::Serialize;

use super::{Foreign, Setting, Told, Unjudged, audit_id};
use crate::answer::{Action, Request};
use crate::outcome::{Judged, Source};
use crate::report::json::line;
use crate::tally::Tally;

/// Kinds that are judged and that no namespace holds.
const OF_THE_CLUSTER: [&str; 4] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "SecurityContextConstraints",
];

/// A list of reports in the making.
#[derive(Default)]
pub(in crate::report) struct Openreports {
    has_items: bool,
    /// How many manifests of each identity came, so that the reports of two that are called the
    /// same, or have no name yet, do not take each other's place. A few bytes for each object that
    /// a manifest has, and nothing for requests, of which there is no end.
    manifests: BTreeMap<String, u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope<'a>>,
    summary: Summary,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    labels: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scope<'a> {
    api_version: String,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct Summary {
    pass: u32,
    fail: u32,
    warn: u32,
    error: u32,
    skip: u32,
}

#[derive(Serialize)]
struct Outcome<'a> {
    source: &'a str,
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    timestamp: Time,
    result: &'static str,
    scored: bool,
    message: String,
    properties: BTreeMap<&'static str, String>,
}

#[derive(Clone, Copy, Serialize)]
struct Time {
    seconds: i64,
    nanos: i32,
}

impl Openreports {
    /// The same for an object whenever it is judged, so that a report takes the place of the last.
    fn of_object(&mut self, request: &Request, file: &str) -> String {
        let Request {
            group,
            kind,
            namespace,
            name,
            ..
        } = request;
        let object = [group, kind, namespace, name];
        let object = object.map(|text| text.as_deref().unwrap_or_default());
        let id = digest(object.into_iter().chain([file]));
        let earlier = self.manifests.entry(id.clone()).or_default();
        *earlier += 1;
        match *earlier {
            1 => id,
            nth => digest([&*id, &nth.to_string()].into_iter()),
        }
    }

    fn write(
        &mut self,
        setting: &Setting,
        id: &str,
        request: Option<&Request>,
        results: Vec<Outcome<'_>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut summary = Summary::default();
        for outcome in &results {
            let count = match outcome.result {
                "pass" => &mut summary.pass,
                "fail" => &mut summary.fail,
                "warn" => &mut summary.warn,
                "error" => &mut summary.error,
                _ => &mut summary.skip,
            };
            *count += 1;
        }
        let request = request.and_then(|request| Some((request, request.kind.as_deref()?)));
        let is_of_cluster = request.is_none_or(|(_, kind)| OF_THE_CLUSTER.contains(&kind));
        let namespace = request.and_then(|(request, _)| request.namespace.as_deref());
        let namespace = namespace.filter(|namespace| !namespace.is_empty() && !is_of_cluster);
        let source = setting.catalog.policy.name.as_str();
        let report = line(&Report {
            api_version: "openreports.io/v1alpha1",
            kind: if is_of_cluster {
                "ClusterReport"
            } else {
                "Report"
            },
            metadata: Metadata {
                name: format!("bulkhead-{id}"),
                namespace,
                labels: [("app.kubernetes.io/managed-by", "bulkhead")].into(),
            },
            source,
            scope: request.map(|(request, kind)| Scope {
                api_version: api_version(request),
                kind,
                namespace,
                name: request.name.as_deref(),
            }),
            summary,
            results,
        });
        let separator = if self.has_items { ",\n" } else { "\n" };
        self.has_items = true;
        write!(out, "{separator}{}", report.trim_end())
    }
}

impl Foreign for Openreports {
    fn begin(&mut self, _: &Setting, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(br#"{"apiVersion":"v1","kind":"List","metadata":{},"items":["#)
    }

    fn judged(
        &mut self,
        setting: &Setting,
        judged: &Judged,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !judged.asked {
            return Ok(());
        }
        let policy = setting.catalog.policy.name.as_str();
        let audit = judged.audit.as_ref().map(|audited| &audited.audit);
        let timestamp = time(setting, audit);
        let mut results: Vec<Outcome<'_>> = Told::of(judged, setting)
            .map(|told| Outcome {
                source: policy,
                policy,
                rule: Some(&told.finding.rule),
                category: told.rule.and_then(|rule| setting.catalog.alert(rule)),
                severity: Some(told.finding.severity.name()),
                timestamp,
                result: match (told.finding.action, &told.finding.exempted) {
                    (_, Some(_)) => "skip",
                    (Action::Deny, None) => "fail",
                    (Action::Warn | Action::Audit, None) => "warn",
                },
                scored: told.finding.action == Action::Deny,
                message: told.finding.message.clone(),
                properties: told.fields().into_iter().collect(),
            })
            .collect();
        if results.is_empty() {
            results.push(Outcome {
                source: policy,
                policy,
                rule: None,
                category: None,
                severity: None,
                timestamp,
                result: "pass",
                scored: true,
                message: String::new(),
                properties: BTreeMap::new(),
            });
        }
        let id = match judged.form {
            Form::Manifest => self.of_object(&judged.request, &judged.source.file),
            Form::Request | Form::Event => of_request(&judged.source, audit_id(audit)),
        };
        self.write(setting, &id, Some(&judged.request), results, out)
    }

    fn unjudged(
        &mut self,
        setting: &Setting,
        unjudged: &Unjudged<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let policy = setting.catalog.policy.name.as_str();
        let Source { file, line, .. } = unjudged.source;
        let mut properties = BTreeMap::from([
            ("reason", unjudged.reason.to_owned()),
            ("file", file.to_string()),
        ]);
        properties.extend(line.map(|line| ("line", line.to_string())));
        let result = Outcome {
            source: policy,
            policy,
            rule: None,
            category: None,
            severity: None,
            timestamp: time(setting, unjudged.audit),
            result: "error",
            scored: false,
            message: unjudged.message.clone(),
            properties,
        };
        self.write(setting, &unjudged.id(), unjudged.request, vec![result], out)
    }

    fn finish(&mut self, _: &Tally, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n]}\n")
    }
}

/// That of one request alone.
fn of_request(source: &Source, audit: &str) -> String {
    let place = match audit {
        "" => format!("{}{:?}{:?}", source.file, source.line, source.case),
        id => id.to_owned(),
    };
    digest([&*place].into_iter())
}

fn api_version(request: &Request) -> String {
    let version = request.version.as_deref().unwrap_or_default();
    match request.group.as_deref() {
        None | Some("") => version.to_owned(),
        Some(group) => format!("{group}/{version}"),
    }
}

fn time(setting: &Setting, audit: Option<&intake::audit::Audit>) -> Time {
    let time = setting.time(audit);
    Time {
        seconds: time.as_second(),
        nanos: time.subsec_nanosecond(),
    }
}
