//! What is read of the objects in events: who they belong to and what they are called. The rest is
//! the policy's to read.

use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An object, its metadata read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Object<'a> {
    #[serde(borrow)]
    pub(crate) api_version: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) kind: Cow<'a, str>,
    pub(crate) metadata: Meta,
    pub(crate) aggregation_rule: Option<AggregationRule>,
}

/// An object's metadata.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) resource_version: Option<String>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    pub(crate) owner_references: Option<Vec<Owner>>,
    finalizers: Option<Vec<String>>,
}

/// What owns an object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Owner {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) controller: Option<bool>,
}

/// Which roles a role takes its rules from.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AggregationRule {
    cluster_role_selectors: Option<Vec<Selector>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Selector {
    match_labels: Option<BTreeMap<String, String>>,
}

impl<'a> Object<'a> {
    /// What can be read of an object; what is not as it should be is as if it were not there.
    pub(crate) fn of(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// The labels of the roles that this one takes its rules from.
    pub(crate) fn sources(&self) -> Vec<(String, String)> {
        let selectors = self
            .aggregation_rule
            .as_ref()
            .and_then(|rule| rule.cluster_role_selectors.as_ref());
        let labels = |selector: &Selector| selector.match_labels.clone().unwrap_or_default();
        selectors.into_iter().flatten().flat_map(labels).collect()
    }
}

impl Meta {
    pub(crate) fn has_finalizers(&self) -> bool {
        self.finalizers.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// The owner that manages the object.
    pub(crate) fn controller(&self) -> Option<&Owner> {
        let owners = self.owner_references.as_ref()?;
        owners.iter().find(|owner| owner.controller == Some(true))
    }

    /// The tool for continuous delivery that the object says it comes from.
    ///
    /// Source: the documentation of Flux (labels of kustomize- and helm-controller), Argo CD
    /// (resource tracking) and Helm (`pkg/action/validate.go`).
    pub(crate) fn delivered_by(&self) -> Option<String> {
        let label = |key: &str| self.labels.as_ref()?.get(key).map(String::as_str);
        let annotation = |key: &str| self.annotations.as_ref()?.get(key).map(String::as_str);
        let pair = |prefix: &str, what: &str| {
            let name = label(&format!("{prefix}/name"))?;
            let namespace = label(&format!("{prefix}/namespace"))?;
            Some(format!("{what} {namespace}/{name}"))
        };
        pair("kustomize.toolkit.fluxcd.io", "Flux Kustomization")
            .or_else(|| pair("helm.toolkit.fluxcd.io", "Flux HelmRelease"))
            .or_else(|| {
                let id = annotation("argocd.argoproj.io/tracking-id")?;
                let application = id.split_once(':').map_or(id, |(name, _)| name);
                Some(format!("Argo CD Application {application}"))
            })
            .or_else(|| {
                let application = label("argocd.argoproj.io/instance")?;
                Some(format!("Argo CD Application {application}"))
            })
            .or_else(|| {
                let name = annotation("meta.helm.sh/release-name")?;
                let namespace = annotation("meta.helm.sh/release-namespace")?;
                Some(format!("Helm release {namespace}/{name}"))
            })
    }
}
