//! What clouds and forwarders put around audit events: each wrapper has a module of its own, which
//! takes events out or makes them of what it finds. What an event says is not read here.
//!
//! A wrapper is told by its members. Nothing that says its `apiVersion` or `kind` comes here, so
//! that no object, review or list can be taken for one.

mod azure;
mod cloud_logging;
mod cloudwatch;
mod prefix;

pub(crate) use prefix::{Part, is_logged_object, is_prefixed, part, payload};

use crate::named::Named;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Whether a text may hold an audit event: each has this.
pub(crate) fn may_hold_event(text: &str) -> bool {
    text.contains("audit.k8s.io/")
}

/// What a wrapper holds.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Records of a log, to look at one by one.
    Records {
        records: Vec<&'a RawValue>,
        /// Of which cluster they are, if it is told of all.
        cluster: Option<String>,
    },
    /// Texts of a log, which may be events or anything else.
    Logged(Vec<Text<'a>>),
    /// A text that whatever forwarded it may have put here: only if it is an event, the rest is a
    /// wrapper.
    Forwarded(Text<'a>),
    /// A record of another log.
    Other,
    /// A wrapper that cannot be read, and why.
    Broken(&'static str),
}

/// A text, and the part of the wrapper in which it stands.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) part: &'a str,
    pub(crate) text: Cow<'a, str>,
    /// Of which cluster it is, by the name that its cloud has for it, if the wrapper says it.
    pub(crate) cluster: Option<String>,
}

/// What an object without `apiVersion` and `kind` holds, if it is a wrapper.
pub(crate) fn content(object: &str) -> Option<Content<'_>> {
    let members: Members<'_> = serde_json::from_str(object).ok()?;
    cloud_logging::content(object, &members)
        .or_else(|| azure::content(object, &members))
        .or_else(|| cloudwatch::content(&members))
        .or_else(|| forwarded(object, &members))
}

/// Where forwarders put a line of a log. Source: the documentation of Fluent Bit (`log`), Docker's
/// `json-file` (`log`), Logstash and Vector (`message`), CloudWatch Logs Insights (`@message`) and
/// GELF, which OVH has in its `message` (`short_message`).
const LINES: &[&str] = &["message", "log", "@message", "short_message"];

/// A line of a log as forwarders pass it on, as a text or already read.
fn forwarded<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    let holds_objects = |text: &Cow<'_, str>| {
        let text = payload(text);
        // an event behind something unknown is for whoever reads it to tell
        text.starts_with('{') || text.starts_with("[{") || may_hold_event(text)
    };
    let line = LINES
        .iter()
        .find_map(|key| members.text(key).filter(holds_objects));
    // what a container runtime wrote is a log, whatever it says
    let is_log = matches!(
        members.string("stream").as_deref(),
        Some("stdout" | "stderr")
    );
    let cluster = cloudwatch::group(members);
    let text = |text| Text {
        part: object,
        text,
        cluster,
    };
    match line.map(text) {
        Some(text) if is_log => Some(Content::Logged(vec![text])),
        Some(text) => Some(Content::Forwarded(text)),
        None => is_log.then_some(Content::Other),
    }
}

/// The members of an object, none of them twice.
#[derive(Debug, Default)]
struct Members<'a>(Named<&'a RawValue>);

impl<'a> Members<'a> {
    fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.get(key).copied()
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A member that is a string.
    fn string(&self, key: &str) -> Option<Cow<'a, str>> {
        unquoted(self.get(key)?)
    }

    /// A string, or an object or array as its text.
    fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = self.get(key)?;
        match value.get().as_bytes().first() {
            Some(b'{' | b'[') => Some(Cow::Borrowed(value.get())),
            _ => unquoted(value),
        }
    }

    /// The items of a member that is an array.
    fn items(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        items(self.get(key)?)
    }

    /// A member that is not null.
    fn body(&self, key: &str) -> Option<&'a RawValue> {
        self.get(key).filter(|value| value.get() != "null")
    }

    /// What `read` makes of a member, or nothing of one that is not there; none if it cannot.
    fn given<T: Default>(
        &self,
        key: &str,
        read: impl FnOnce(&'a RawValue) -> Option<T>,
    ) -> Option<T> {
        self.get(key).map_or_else(|| Some(T::default()), read)
    }

    /// The members of a member that is an object.
    fn object(&self, key: &str) -> Option<Self> {
        Self::of(self.get(key)?)
    }

    fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }
}

/// What a JSON string says; none of anything else.
fn unquoted(value: &RawValue) -> Option<Cow<'_, str>> {
    /// A text without escapes is not copied.
    #[derive(serde::Deserialize)]
    struct Quoted<'a>(#[serde(borrow)] Cow<'a, str>);
    let quoted: Quoted<'_> = serde_json::from_str(value.get()).ok()?;
    Some(quoted.0)
}

/// A number or a truth value.
fn parsed<T: FromStr>(value: &RawValue) -> Option<T> {
    value.get().parse().ok()
}

fn items(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_map(All)
    }
}

struct All;

impl<'de> Visitor<'de> for All {
    type Value = Members<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if members.has(&key) {
                return Err(A::Error::custom("given twice"));
            }
            members.0.put(key, value);
        }
        Ok(members)
    }
}
