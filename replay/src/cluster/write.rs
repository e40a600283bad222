//! From an admission request to what it leaves behind in a cluster.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{KINDS, Key, kind_of};
use crate::wire::read;

/// What becomes of one object.
pub(super) enum Change {
    Put { key: Key, object: Value },
    Remove(Key),
}

/// Members that may be anything: what is not as it should be is not written.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    operation: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    sub_resource: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(borrow)]
    dry_run: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    old_object: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Gvk {
    group: String,
    version: String,
    kind: String,
}

/// What a request changes among the kinds that are kept, if it does. Subresources do not: the
/// status of a volume is not asked for, and the rest of what is sent with it is not taken over.
pub(super) fn of(request: &str) -> Option<Change> {
    let request: Request<'_> = serde_json::from_str(request).ok()?;
    let gvk: Gvk = read(request.kind)?;
    let kind = kind_of(&gvk.group, &gvk.kind)?;
    let subresource: String = read(request.sub_resource).unwrap_or_default();
    if read(request.dry_run) == Some(true) || !subresource.is_empty() {
        return None;
    }
    let operation: String = read(request.operation)?;
    let (object, is_delete) = match operation.as_str() {
        "CREATE" | "UPDATE" => (request.object, false),
        "DELETE" => (request.old_object, true),
        _ => return None,
    };
    let object = read(object).filter(Value::is_object);
    let of_object = |pointer| {
        let text = object.as_ref()?.pointer(pointer)?.as_str()?;
        Some(text.to_owned())
    };
    let name = read(request.name).filter(|name: &String| !name.is_empty());
    let namespace = read(request.namespace).or_else(|| of_object("/metadata/namespace"));
    let namespaced = KINDS.get(kind).is_some_and(|kind| kind.namespaced);
    let key = Key {
        kind,
        namespace: namespace.filter(|_| namespaced).unwrap_or_default(),
        name: name
            .or_else(|| of_object("/metadata/name"))
            .unwrap_or_default(),
    };
    if is_delete {
        // with a finalizer it stays, and keeps its effect, until that is taken away
        let stays = object.as_ref().is_some_and(has_finalizers);
        return (!stays && !key.name.is_empty()).then_some(Change::Remove(key));
    }
    let mut object = object?;
    let deleted = object.pointer("/metadata/deletionTimestamp");
    if deleted.is_some_and(Value::is_string) && !has_finalizers(&object) {
        return Some(Change::Remove(key));
    }
    // lists leave them out, and old versions of these kinds have the same fields
    let api_version = match gvk.group.as_str() {
        "" => "v1".to_owned(),
        group => format!("{group}/v1"),
    };
    object.as_object_mut()?.extend([
        ("apiVersion".to_owned(), Value::from(api_version)),
        ("kind".to_owned(), Value::from(gvk.kind)),
    ]);
    Some(Change::Put { key, object })
}

fn has_finalizers(object: &Value) -> bool {
    let finalizers = object.pointer("/metadata/finalizers");
    finalizers
        .and_then(Value::as_array)
        .is_some_and(|finalizers| !finalizers.is_empty())
}
