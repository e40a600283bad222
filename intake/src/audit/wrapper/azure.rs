//! Azure Monitor, where AKS writes: the records that diagnostic settings send to an event hub or a
//! storage account, the table `AzureDiagnostics`, and the tables `AKSAudit` and `AKSAuditAdmin`,
//! which have a column for each part of an event.
//!
//! Source: the Azure Monitor Logs reference, tables `AKSAudit` and `AzureDiagnostics`, and the
//! schema of Azure resource logs.

use super::{Content, Members, Text};
use crate::written::Object;
use std::borrow::Cow;

/// The categories that hold audit events. All others hold lines of other logs.
const CATEGORIES: &[&str] = &["kube-audit", "kube-audit-admin"];

/// Members of an event that have parts. The others are texts, whatever a client made of them.
const HAS_PARTS: [&str; 8] = [
    "user",
    "impersonatedUser",
    "sourceIPs",
    "objectRef",
    "responseStatus",
    "requestObject",
    "responseObject",
    "annotations",
];

/// The columns of the tables and the members of events, in the order of events. The tables do not
/// show impersonation by their reference, but may.
const COLUMNS: &[(&str, &str)] = &[
    ("Level", "level"),
    ("AuditId", "auditID"),
    ("Stage", "stage"),
    ("RequestUri", "requestURI"),
    ("Verb", "verb"),
    ("User", "user"),
    ("ImpersonatedUser", "impersonatedUser"),
    ("SourceIps", "sourceIPs"),
    ("UserAgent", "userAgent"),
    ("ObjectRef", "objectRef"),
    ("ResponseStatus", "responseStatus"),
    ("RequestObject", "requestObject"),
    ("ResponseObject", "responseObject"),
    ("RequestReceivedTime", "requestReceivedTimestamp"),
    ("StageReceivedTime", "stageTimestamp"),
    ("Annotations", "annotations"),
];

pub(super) fn content<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    records(members)
        .or_else(|| record(object, members))
        .or_else(|| row(object, members))
}

/// What an event hub delivers.
fn records<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let records = members.items("records")?;
    let first = Members::of(records.first()?)?;
    let is_one = first.has("category") && first.has("properties");
    is_one.then_some(Content::Records {
        records,
        cluster: None,
    })
}

/// One record, or a row of `AzureDiagnostics`.
fn record<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    let (category, text) = match members.object("properties") {
        Some(properties) => (members.string("category")?, properties.text("log")),
        None if members.has("log_s") => (members.string("Category")?, members.text("log_s")),
        None => return None,
    };
    Some(match text {
        Some(text) if CATEGORIES.contains(&&*category) => {
            let cluster = cluster(members);
            Content::Logged(vec![Text {
                part: object,
                text,
                cluster,
            }])
        }
        _ => Content::Other,
    })
}

/// A row of one of the tables of events.
fn row<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    let is_one = ["AuditId", "Stage", "Verb"]
        .iter()
        .all(|key| members.has(key));
    if !is_one {
        return None;
    }
    let mut event = Object::default()
        .text("kind", "Event")
        .text("apiVersion", "audit.k8s.io/v1");
    for (column, member) in COLUMNS {
        let Some(value) = members.get(column).map(|value| value.get()) else {
            continue;
        };
        // a query may give a value of several parts as a text
        let parts = members
            .string(column)
            .filter(|text| text.starts_with(['{', '[']) && HAS_PARTS.contains(member));
        match parts.as_deref().unwrap_or(value) {
            r#""""# | "null" => {}
            value => event = event.json(member, value),
        }
    }
    let text = Text {
        part: object,
        text: Cow::Owned(event.end()),
        cluster: cluster(members),
    };
    Some(Content::Logged(vec![text]))
}

/// The id of the cluster, which Azure writes in letters of either case. All of them are ASCII; what
/// knows the others' cases would be 20 kB of the npm package.
fn cluster(members: &Members<'_>) -> Option<String> {
    let mut keys = ["resourceId", "ResourceId", "_ResourceId"].iter();
    let id = keys.find_map(|key| members.string(key))?;
    (!id.is_empty()).then(|| id.to_ascii_lowercase())
}
