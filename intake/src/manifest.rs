//! Manifest to admission request: an object judged as if it were being created, in the words of
//! Kubewarden's background audit.
//!
//! Source: kubewarden/audit-scanner, `internal/policies/admission_review.go`.

use crate::audit::UNREADABLE;
use crate::pointer::member;
use crate::written::Object;
use serde_json::value::RawValue;

/// The request and where in it the object starts.
pub(crate) struct Request {
    pub(crate) text: String,
    pub(crate) object: usize,
}

/// The request to create `object`, whose `metadata` may be anything.
pub(crate) fn request(
    api_version: &str,
    kind: &str,
    metadata: Option<&RawValue>,
    object: &str,
) -> Request {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let of_kind = |key| {
        let object = Object::default().text("group", group).text(key, kind);
        object.text("version", version).end()
    };
    let mut head = Object::default().json("kind", &of_kind("kind"));
    for key in ["name", "namespace"] {
        let value = metadata.and_then(|metadata| member(metadata.get(), key));
        // `y` and `on` are no texts in YAML, and an object without a name is another thing
        let value = value.and_then(|value| serde_json::from_str(value).unwrap_or(Some(UNREADABLE)));
        if let Some(value) = value {
            head = head.text(key, &value);
        }
    }
    let mut text = head
        .text("operation", "CREATE")
        .json("resource", &of_kind("resource"))
        .text("uid", "")
        // nobody: a manifest does not say who will apply it
        .json("userInfo", "{}")
        .end();
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
        let metadata = r#"{"generateName":"web-","namespace":null}"#;
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
    fn names_what_is_no_name_unreadable() {
        for value in ["3", "true", "[]", "{}"] {
            let metadata = format!(r#"{{"name":{value},"namespace":{value}}}"#);
            let made = made("v1", "Pod", &metadata, "{}");
            for key in ["name", "namespace"] {
                assert_eq!(made[key], "(unreadable)", "{key} {value}");
            }
        }
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
