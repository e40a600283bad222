//! What a view answers to the host calls that Kubewarden's SDK makes: `get_resource` and
//! `list_resources_all`.
//!
//! Source: `kubewarden-policy-sdk-0.17.3/src/host_capabilities/kubernetes.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{KINDS, Key, View, kind_of};
use crate::host::HostCall;
use crate::selector::Selector;

#[derive(Deserialize)]
struct Get {
    api_version: String,
    kind: String,
    name: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct List {
    api_version: String,
    kind: String,
    label_selector: Option<String>,
    field_selector: Option<String>,
    field_masks: Option<Vec<String>>,
}

/// What Kubewarden puts in front of every error of a host call.
const FAILURE: &str = "Callback evaluation failure: ";

impl View {
    /// Answers a host call.
    pub(crate) fn answer(&self, call: &HostCall) -> Result<Vec<u8>, String> {
        self.answered(call)
            .map(String::into_bytes)
            .map_err(|error| [FAILURE, &error].concat())
    }

    fn answered(&self, call: &HostCall) -> Result<String, String> {
        let names = [&call.binding, &call.namespace, &call.operation];
        match names.map(String::as_str) {
            ["kubewarden", "kubernetes", "get_resource"] => {
                self.get(&argument(call)?).map(str::to_owned)
            }
            ["kubewarden", "kubernetes", "list_resources_all"] => self.list(&argument(call)?),
            names => Err(format!("a replay does not answer `{}`", names.join("/"))),
        }
    }

    fn get(&self, asked: &Get) -> Result<&str, String> {
        let Get {
            api_version,
            kind,
            name,
            namespace,
        } = asked;
        let key = Key {
            kind: kept(api_version, kind)?,
            namespace: namespace.clone().unwrap_or_default(),
            name: name.clone(),
        };
        if let Some(object) = self.objects.get(&key) {
            return Ok(&object.json);
        }
        self.is_complete()?;
        // in Kubewarden's words: policy-evaluator, `callback_handler/kubernetes/client.rs`
        let place = match namespace {
            Some(namespace) => format!(" inside of namespace '{namespace}'"),
            None => String::new(),
        };
        Err(format!(
            "Cannot find {api_version}/{kind} named '{name}'{place}"
        ))
    }

    fn list(&self, asked: &List) -> Result<String, String> {
        let List {
            api_version, kind, ..
        } = asked;
        let place = kept(api_version, kind)?;
        let labels = Selector::parse(asked.label_selector.as_deref().unwrap_or_default())?;
        let fields = Selector::parse(asked.field_selector.as_deref().unwrap_or_default())?;
        if let Some(field) = fields.keys().find(|field| !is_selectable(field)) {
            return Err(format!("field selector: `{field}` cannot be selected by"));
        }
        self.is_complete()?;
        let first = Key {
            kind: place,
            namespace: String::new(),
            name: String::new(),
        };
        let items: Vec<Cow<'_, str>> = self
            .objects
            .range(first..)
            .take_while(|(key, _)| key.kind == place)
            .filter(|(_, object)| labels.matches(|key| object.labels.get(key).map(String::as_str)))
            .filter(|(key, _)| {
                fields.matches(|field| match field {
                    NAME => Some(&key.name),
                    _ => Some(&key.namespace),
                })
            })
            .map(|(_, object)| match &asked.field_masks {
                Some(masks) if !masks.is_empty() => masked(&object.json, masks),
                _ => object.json.as_str().into(),
            })
            .collect();
        let head = serde_json::json!({
            "apiVersion": api_version,
            "kind": format!("{kind}List"),
            "metadata": {},
        });
        let head = head.to_string();
        let head = head.strip_suffix('}').unwrap_or(&head);
        Ok(format!("{head},\"items\":[{}]}}", items.join(",")))
    }

    fn is_complete(&self) -> Result<(), String> {
        if self.incomplete {
            return Err("too many objects: the replay had to forget some of them".to_owned());
        }
        Ok(())
    }
}

/// An object with no more than what the masks name and what is always kept (policy-evaluator,
/// `field_mask.rs`). Of what a mask names a part of, all is kept.
fn masked<'o>(object: &'o str, masks: &[String]) -> Cow<'o, str> {
    let Ok(mut members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(object) else {
        return object.into();
    };
    let named = |key: &str| masks.iter().any(|mask| mask.split('.').next() == Some(key));
    members.retain(|key, _| matches!(&**key, "apiVersion" | "kind" | "metadata") || named(key));
    serde_json::to_string(&members).map_or(object.into(), Cow::Owned)
}

const NAME: &str = "metadata.name";

/// Whether Kubernetes selects objects of every kind by a field.
fn is_selectable(field: &str) -> bool {
    matches!(field, NAME | "metadata.namespace")
}

fn argument<'a, T: Deserialize<'a>>(call: &'a HostCall) -> Result<T, String> {
    serde_json::from_slice(&call.payload).map_err(|error| format!("`{}`: {error}", call.operation))
}

/// The place of a kind in [`KINDS`], if it is one of them.
fn kept(api_version: &str, kind: &str) -> Result<usize, String> {
    let group = match api_version.split_once('/') {
        Some((group, "v1")) => Some(group),
        None if api_version == "v1" => Some(""),
        _ => None,
    };
    group.and_then(|group| kind_of(group, kind)).ok_or_else(|| {
        let kinds = KINDS.map(|kind| kind.name).join(", ");
        format!("a replay keeps no {api_version}/{kind}, only {kinds}")
    })
}
