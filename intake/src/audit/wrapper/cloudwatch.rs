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
        _ => Content::Records(records),
    })
}

fn events<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let records = members.items("events")?;
    let first = Members::of(records.first()?)?;
    let is_one = first.has("message") && first.has("timestamp");
    is_one.then_some(Content::Records(records))
}

/// Rows of `{"field": "@message", "value": "…"}`.
fn results<'a>(members: &Members<'a>) -> Option<Content<'a>> {
    let rows = members.items("results")?;
    let messages = rows.into_iter().map(|row| {
        let text = message(row)?;
        let part = row.get();
        Some(Text { part, text })
    });
    messages.collect::<Option<_>>().map(Content::Logged)
}

/// The message of a row; an empty one where the query left it out.
fn message(row: &RawValue) -> Option<Cow<'_, str>> {
    let mut message = None;
    for cell in serde_json::from_str::<Vec<&RawValue>>(row.get()).ok()? {
        let cell = Members::of(cell)?;
        if cell.string("field")? == "@message" {
            message = cell.string("value");
        }
    }
    Some(message.unwrap_or_default())
}
