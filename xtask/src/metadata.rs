//! `policy-metadata/metadata.yml`: what Kubewarden is told of the policy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The metadata, as far as packages are made of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Whether the policy changes what it is asked about.
    pub mutating: bool,
    /// The requests that it is asked about.
    pub rules: Vec<Rule>,
    /// What it may ask its host for.
    pub context_aware_resources: Vec<ContextAwareResource>,
    /// What people and registries are told.
    pub annotations: BTreeMap<String, String>,
}

/// Requests that the policy is asked about, as in a webhook.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are Kubernetes'")]
pub struct Rule {
    pub api_groups: Vec<String>,
    pub api_versions: Vec<String>,
    pub resources: Vec<String>,
    pub operations: Vec<String>,
}

/// A kind of which the policy may read objects.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are Kubernetes'")]
pub struct ContextAwareResource {
    pub api_version: String,
    pub kind: String,
}

impl Metadata {
    /// Reads the metadata of the project in this folder.
    ///
    /// # Errors
    /// When the file cannot be read, or has not what packages need.
    pub fn of(project: &Path) -> Result<Self, Error> {
        let path = project.join("policy-metadata/metadata.yml");
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let json = intake::yaml_to_json(&text)
            .map_err(|broken| format!("{}:{}: {}", path.display(), broken.line, broken.message))?;
        serde_json::from_str(&json).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// One of Kubewarden's annotations, by what stands behind `io.kubewarden.policy.`.
    ///
    /// # Errors
    /// When it is not there.
    pub fn policy(&self, name: &str) -> Result<&str, Error> {
        self.annotation(&format!("io.kubewarden.policy.{name}"))
    }

    /// An annotation by its whole name.
    ///
    /// # Errors
    /// When it is not there.
    pub fn annotation(&self, name: &str) -> Result<&str, Error> {
        let value = self.annotations.get(name).map(String::as_str);
        value.ok_or_else(|| format!("the metadata has no annotation `{name}`").into())
    }
}
