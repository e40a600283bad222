//! A cluster that answers as Kubewarden's host does, from manifests.

use intake::Item;
use serde_json::{Value, json};

/// The objects of a cluster.
#[derive(Debug, Default)]
pub struct Objects(Vec<Value>);

impl Objects {
    /// Reads manifests, which must be whole.
    pub fn read(manifests: &str) -> Self {
        let cases = intake::read(manifests.as_bytes()).filter_map(|item| match item.unwrap() {
            Item::Case(case) => Some(case.request().to_owned()),
            _ => None,
        });
        let object = |request: String| {
            let request: Value = serde_json::from_str(&request).unwrap();
            request["object"].clone()
        };
        Self(cases.map(object).collect())
    }

    /// Answers a question of the policy.
    pub fn answer(&self, operation: &str, question: &[u8]) -> Result<Vec<u8>, String> {
        let question: Value = serde_json::from_slice(question).unwrap();
        let is_of_kind = |object: &&Value| {
            object["apiVersion"] == question["api_version"] && object["kind"] == question["kind"]
        };
        match operation {
            "get_resource" => {
                let is_named = |object: &&Value| {
                    object["metadata"]["name"] == question["name"]
                        && (question["namespace"].is_null()
                            || object["metadata"]["namespace"] == question["namespace"])
                };
                let mut objects = self.0.iter().filter(is_of_kind);
                let found = objects.find(is_named);
                let missing = format!(
                    "Cannot find {} named {}",
                    question["kind"], question["name"]
                );
                found
                    .map(|object| object.to_string().into_bytes())
                    .ok_or(missing)
            }
            "list_resources_all" => {
                assert_eq!(question["label_selector"], Value::Null);
                assert_eq!(question["field_selector"], Value::Null);
                let masks = question["field_masks"].as_array().unwrap();
                // As `field_mask.rs` of the policy evaluator: these are always kept.
                let is_kept = |key: &str| {
                    ["apiVersion", "kind", "metadata"].contains(&key) || masks.contains(&json!(key))
                };
                let pruned = |object: &Value| {
                    let mut object = object.clone();
                    object
                        .as_object_mut()
                        .unwrap()
                        .retain(|key, _| is_kept(key));
                    object
                };
                let items: Vec<Value> = self.0.iter().filter(is_of_kind).map(pruned).collect();
                Ok(json!({"kind": "List", "items": items})
                    .to_string()
                    .into_bytes())
            }
            other => Err(format!("no operation {other}")),
        }
    }
}
