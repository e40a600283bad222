//! CloudWatch Logs, where EKS writes: what subscriptions deliver, what the `aws` command prints,
//! and the results of Logs Insights. In all of them a `message` is the text of an event.
//!
//! Source: the CloudWatch Logs API reference, `FilterLogEvents`, `GetLogEvents` and
//! `GetQueryResults`, and its user guide, "Real-time processing of log data with subscriptions".

use super::{Content, Members, Text};
use serde_json::value::RawValue;
use std::borrow::Cow;

pub(super) fn content<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    subscription(members)
        .or_else(|| events(members))
        .or_else(|| results(members))
}

fn subscription<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let kind = members.string("messageType")?;
    let records = members.items("logEvents")?;
    // to say that a subscription works, CloudWatch sends messages of its own
    Some(match &*kind {
        "CONTROL_MESSAGE" => Content::Other,
        _ => Content::Records {
            records,
            cluster: cluster(members),
        },
    })
}

/// The log group of a delivery, as queries write it: EKS has one for each cluster.
fn cluster(members: &Members<'_>) -> Option<String> {
    let group = members.string("logGroup")?;
    let owner = members.string("owner").unwrap_or_default();
    (!group.is_empty()).then(|| format!("{owner}:{group}"))
}

/// The log group of a row that a query gave.
pub(super) fn group(row: &Members<'_>) -> Option<String> {
    row.string("@log").map(Cow::into_owned)
}

fn events<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let records = members.items("events")?;
    let first = Members::of(records.first()?)?;
    let is_one = first.has("message") && first.has("timestamp");
    is_one.then_some(Content::Records {
        records,
        cluster: None,
    })
}

/// Rows of `{"field": "@message", "value": "…"}`.
fn results<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let rows = members.items("results")?;
    let messages = rows.into_iter().map(|row| {
        let (text, cluster) = message(row)?;
        let part = row.get();
        Some(Text {
            part,
            text,
            cluster,
        })
    });
    messages.collect::<Option<_>>().map(Content::Logged)
}

/// The message of a row, an empty one where the query left it out, and its log group.
fn message(row: &RawValue) -> Option<(Cow<'_, str>, Option<String>)> {
    let (mut message, mut group) = (None, None);
    for cell in serde_json::from_str::<Vec<&RawValue>>(row.get()).ok()? {
        let cell = Members::of(cell)?;
        match &*cell.string("field")? {
            "@message" => message = cell.string("value"),
            "@log" => group = cell.string("value").map(Cow::into_owned),
            _ => {}
        }
    }
    Some((message.unwrap_or_default(), group))
}
