//! What a JSON value is for us: a review, a bare request, a list, audit events or a manifest. Of
//! each value it reads the top level alone and leaves everything below as text. What says nothing
//! of itself may be a wrapper of audit events; that is told elsewhere.

use crate::message::given_twice;
use crate::pointer::member;
use crate::{Reason, written};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON value, its top level read.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Object(Box<Members<'a>>),
    Array(Vec<&'a RawValue>),
    Other,
}

/// The members of an object that tell what it is.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    api_version: Option<&'a RawValue>,
    kind: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    items: Option<&'a RawValue>,
    request: Option<&'a RawValue>,
    response: Option<&'a RawValue>,
    operation: Option<&'a RawValue>,
    uid: Option<&'a RawValue>,
    repeated: Option<&'static str>,
}

/// The `apiVersion` and `kind` that items of a typed list may leave out.
#[derive(Debug)]
pub(crate) struct Inherited {
    api_version: String,
    kind: String,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    /// An AdmissionReview: its request as it stands, and whether the answer beside it, which logs
    /// of webhooks have, refuses that.
    Review { request: &'a str, refused: bool },
    /// An admission request: the value itself.
    Request,
    /// Values to look at one by one.
    Many(Vec<&'a RawValue>, Option<Inherited>),
    /// An audit event: the value itself.
    Event,
    /// A Kubernetes object.
    Manifest(Manifest<'a>),
    /// An object that says neither `apiVersion` nor `kind`.
    Untyped,
    /// Nothing of ours.
    Nothing(Reason),
    /// Something of ours that cannot be read, and why.
    Broken(String),
}

/// A Kubernetes object's own words on what it is.
#[derive(Debug)]
pub(crate) struct Manifest<'a> {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) metadata: Option<&'a RawValue>,
    /// Members that the object leaves out and its list gives, as JSON; empty if none.
    pub(crate) added: String,
}

impl<'a> Value<'a> {
    /// What the value is, as an item of a list that gives `inherited`.
    pub(crate) fn shape(self, inherited: Option<&Inherited>) -> Shape<'a> {
        match self {
            Self::Object(members) => members.shape(inherited),
            Self::Array(items) => Shape::Many(items, None),
            Self::Other => Shape::Nothing(Reason::NoObject),
        }
    }
}

impl<'a> Members<'a> {
    fn shape(&self, inherited: Option<&Inherited>) -> Shape<'a> {
        if let Some(key) = self.repeated {
            return Shape::Broken(given_twice(key));
        }
        let own_kind = self.kind.and_then(text);
        if own_kind.as_deref() == Some("AdmissionReview") {
            return match self.request.filter(|request| is_object(request)) {
                Some(request) => Shape::Review {
                    request: request.get(),
                    refused: self.response.is_some_and(refuses),
                },
                None => Shape::Broken("`request`: no object, though this is a review".to_owned()),
            };
        }
        if self.kind.is_some_and(is_object) && (self.operation.is_some() || self.uid.is_some()) {
            return Shape::Request;
        }
        self.object(own_kind, inherited)
    }

    /// What an object that is no review and no request is.
    fn object(&self, own_kind: Option<String>, inherited: Option<&Inherited>) -> Shape<'a> {
        let mut added = String::new();
        // Only what is left out is inherited: a null or a number is not.
        let api_version = match (self.api_version, inherited) {
            (None, Some(list)) => Some(add(&mut added, "apiVersion", &list.api_version)),
            (own, _) => own.and_then(text),
        };
        let kind = match (self.kind, inherited) {
            (None, Some(list)) => Some(add(&mut added, "kind", &list.kind)),
            _ => own_kind,
        };
        let (Some(api_version), Some(kind)) = (api_version, kind) else {
            return match (self.api_version, self.kind) {
                (None, None) => Shape::Untyped,
                _ => Shape::Nothing(Reason::NoKind),
            };
        };
        if kind == "Event" && api_version.starts_with("audit.k8s.io/") {
            return Shape::Event;
        }
        match (kind.strip_suffix("List"), self.items()) {
            (Some(""), Some(items)) => Shape::Many(items, None),
            (Some(of), Some(items)) => {
                let kind = of.to_owned();
                Shape::Many(items, Some(Inherited { api_version, kind }))
            }
            (Some(""), None) if self.items.is_some() => {
                Shape::Broken("`items`: no array, though this is a list".to_owned())
            }
            _ => Shape::Manifest(Manifest {
                api_version,
                kind,
                metadata: self.metadata,
                added,
            }),
        }
    }

    /// The items of a list. Go writes an empty list as null.
    fn items(&self) -> Option<Vec<&'a RawValue>> {
        let items = serde_json::from_str::<Option<_>>(self.items?.get()).ok()?;
        Some(items.unwrap_or_default())
    }

    fn slot(&mut self, key: &str) -> Option<(&'static str, &mut Option<&'a RawValue>)> {
        Some(match key {
            "apiVersion" => ("apiVersion", &mut self.api_version),
            "kind" => ("kind", &mut self.kind),
            "metadata" => ("metadata", &mut self.metadata),
            "items" => ("items", &mut self.items),
            "request" => ("request", &mut self.request),
            "response" => ("response", &mut self.response),
            "operation" => ("operation", &mut self.operation),
            "uid" => ("uid", &mut self.uid),
            _ => return None,
        })
    }
}

/// Adds a member to a JSON text and gives its value back.
fn add(members: &mut String, key: &str, value: &str) -> String {
    members.push_str(&format!(",\"{key}\":{}", written::json(value)));
    value.to_owned()
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Whether an admission response says no.
fn refuses(response: &RawValue) -> bool {
    member(response.get(), "allowed") == Some("false")
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(TopLevel)
    }
}

struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Box::<Members>::default();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            if let Some((name, slot)) = members.slot(&key)
                && slot.replace(value).is_some()
            {
                members.repeated = Some(name);
            }
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }
}
