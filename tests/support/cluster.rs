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
                let selector = question["label_selector"].as_str().unwrap();
                let has = |object: &&Value| {
                    let labels = &object["metadata"]["labels"];
                    selector.split(',').all(|part| {
                        let (key, value) = part.split_once('=').unwrap();
                        labels[key] == value
                    })
                };
                let items: Vec<&Value> = self.0.iter().filter(is_of_kind).filter(has).collect();
                Ok(json!({"kind": "List", "items": items})
                    .to_string()
                    .into_bytes())
            }
            other => Err(format!("no operation {other}")),
        }
    }
}
