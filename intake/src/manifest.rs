//! Manifest to admission request: an object judged as if it were being created, in the words of
//! Kubewarden's background audit.
//!
//! Source: kubewarden/audit-scanner, `internal/policies/admission_review.go`.

use crate::written;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The request and where in it the object starts.
pub(crate) struct Request {
    pub(crate) text: String,
    pub(crate) object: usize,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
}

/// The request to create `object`, whose `metadata` may be anything.
pub(crate) fn request(
    api_version: &str,
    kind: &str,
    metadata: Option<&RawValue>,
    object: &str,
) -> Request {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let metadata: Metadata = metadata
        .and_then(|metadata| serde_json::from_str(metadata.get()).ok())
        .unwrap_or_default();
    let mut head = json!({
        "uid": "",
        "kind": { "group": group, "version": version, "kind": kind },
        "resource": { "group": group, "version": version, "resource": kind },
        "operation": "CREATE",
        // Nobody: a manifest does not say who will apply it.
        "userInfo": {},
    });
    for (member, value) in [("name", metadata.name), ("namespace", metadata.namespace)] {
        if let (Some(value), Some(head)) = (value.and_then(text), head.as_object_mut()) {
            head.insert(member.to_owned(), Value::String(value));
        }
    }
    let mut text = written::json(&head);
    text.pop();
    text.push_str(",\"object\":");
    let start = text.len();
    text.push_str(object);
    text.push('}');
    Request {
        text,
        object: start,
    }
}

/// A text that is given; anything else is the policy's to complain of.
fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::request;
    use serde_json::{Value, json};

    fn made(api_version: &str, kind: &str, metadata: &str, object: &str) -> Value {
        let metadata = serde_json::from_str(metadata).unwrap();
        let request = request(api_version, kind, Some(metadata), object);
        serde_json::from_str(&request.text).unwrap()
    }

    #[test]
    fn reads_as_a_creation() {
        let metadata = r#"{"name":"web","namespace":"a"}"#;
        assert_eq!(
            made("apps/v1", "Deployment", metadata, r#"{"x":1}"#),
            json!({
                "uid": "",
                "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "resource": {"group": "apps", "version": "v1", "resource": "Deployment"},
                "operation": "CREATE",
                "name": "web",
                "namespace": "a",
                "userInfo": {},
                "object": {"x": 1},
            })
        );
    }

    #[test]
    fn leaves_out_what_is_not_given() {
        let metadata = r#"{"generateName":"web-","namespace":3}"#;
        assert_eq!(
            made("v1", "Pod", metadata, "{}"),
            json!({
                "uid": "",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "Pod"},
                "operation": "CREATE",
                "userInfo": {},
                "object": {},
            })
        );
    }

    #[test]
    fn takes_any_metadata() {
        for metadata in ["3", "null", "[]", r#""text""#] {
            assert_eq!(made("v1", "Pod", metadata, "{}")["name"], Value::Null);
        }
    }

    #[test]
    fn says_where_the_object_starts() {
        let request = request("v1", "Pod", None, "{\"a\":1}");
        let object = request.text.get(request.object..);
        assert_eq!(object, Some("{\"a\":1}}"));
    }
}
