//! What is read of the objects in events: who they belong to and what they are called. The rest is
//! the policy's to read.

use super::aggregation::AggregationRule;
use super::event::Text;
use super::pairs::Pairs;
use crate::pointer::member;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Deref;

/// The name of an object of which it cannot be read.
pub(crate) const UNREADABLE: Cow<'static, str> = Cow::Borrowed("(unreadable)");

/// An object, its metadata read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object<'a> {
    #[serde(default, borrow)]
    pub(crate) api_version: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) metadata: Meta<'a>,
    #[serde(default, borrow)]
    aggregation_rule: Option<&'a RawValue>,
    /// Of a role.
    #[serde(default, borrow)]
    pub(crate) rules: Option<&'a RawValue>,
}

/// An object's metadata. What few events need is read when it is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta<'a> {
    #[serde(default, borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) namespace: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(crate) resource_version: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    labels: Option<&'a RawValue>,
    #[serde(default, borrow)]
    annotations: Option<&'a RawValue>,
    #[serde(default, borrow)]
    owner_references: Option<&'a RawValue>,
    #[serde(default, borrow)]
    finalizers: Option<&'a RawValue>,
    #[serde(default, borrow)]
    deletion_timestamp: Option<&'a RawValue>,
}

/// What owns an object.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl<'a> Object<'a> {
    /// What can be read of an object; what is not as it should be is as if it were not there, but
    /// for its name, which is said to be unreadable.
    pub(crate) fn of(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|_| Self::by_members(&members(json)))
    }

    /// The same, member by member.
    fn by_members(members: &Members<'a>) -> Self {
        Self {
            api_version: read(members.get("apiVersion").copied()),
            kind: read(members.get("kind").copied()),
            metadata: members.get("metadata").map(Meta::of).unwrap_or_default(),
            aggregation_rule: members.get("aggregationRule").copied(),
            rules: members.get("rules").copied(),
        }
    }

    /// Which roles this one takes its rules from.
    pub(crate) fn aggregation(&self) -> AggregationRule<'a> {
        read(self.aggregation_rule)
    }
}

/// The members of an object; of those that are given twice the last, as Kubernetes takes it.
type Members<'a> = Pairs<'a, &'a RawValue>;

fn members(json: &str) -> Members<'_> {
    serde_json::from_str(json).unwrap_or_default()
}

/// A part, or its default if it is not there or is not as it should be.
fn read<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

impl<'a> Meta<'a> {
    fn of(json: &&'a RawValue) -> Self {
        let json = json.get();
        serde_json::from_str(json).unwrap_or_else(|_| Self::by_members(json))
    }

    fn by_members(json: &'a str) -> Self {
        let members = members(json);
        let part = |key: &str| members.get(key).copied();
        let name = match part("name").map(RawValue::get) {
            Some(name) if name != "null" => serde_json::from_str(name).unwrap_or(UNREADABLE),
            _ if json.starts_with('{') || json == "null" => Cow::default(),
            _ => UNREADABLE,
        };
        Self {
            name,
            namespace: read(part("namespace")),
            resource_version: read(part("resourceVersion")),
            labels: part("labels"),
            annotations: part("annotations"),
            owner_references: part("ownerReferences"),
            finalizers: part("finalizers"),
            deletion_timestamp: part("deletionTimestamp"),
        }
    }

    pub(crate) fn has_finalizers(&self) -> bool {
        !read::<Vec<String>>(self.finalizers).is_empty()
    }

    /// Whether a change that leaves the object so, all of it `json`, takes it away: it is to be
    /// deleted, and nothing is waited for any more.
    ///
    /// Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`,
    /// `ShouldDeleteDuringUpdate`.
    pub(crate) fn is_gone(&self, json: &str) -> bool {
        let is_deleted = self
            .deletion_timestamp
            .is_some_and(|time| time.get() != "null");
        let meta = || member(json, "metadata").unwrap_or_default();
        let grace = || member(meta(), "deletionGracePeriodSeconds");
        is_deleted && matches!(grace(), None | Some("0" | "null")) && !self.has_finalizers()
    }

    pub(crate) fn labels(&self) -> Pairs<'a, Text<'a>> {
        read(self.labels)
    }

    /// The owner that manages the object.
    pub(crate) fn controller(&self) -> Option<Owner> {
        let owners: Vec<&RawValue> = read(self.owner_references);
        let mut owners = owners.into_iter().map(RawValue::get);
        let owner = owners.find(|owner| member(owner, "controller") == Some("true"))?;
        let text = |key| serde_json::from_str(member(owner, key)?).ok();
        Some(Owner {
            api_version: text("apiVersion")?,
            kind: text("kind")?,
            name: text("name")?,
        })
    }

    /// The tool for continuous delivery that the object says it comes from.
    ///
    /// Source: the documentation of Flux (labels of kustomize- and helm-controller), Argo CD
    /// (resource tracking) and Helm (`pkg/action/validate.go`).
    pub(crate) fn delivered_by(&self) -> Option<String> {
        let labels = self.labels();
        let annotations: Pairs<'_, Text<'_>> = read(self.annotations);
        let label = |key: &str| labels.get(key).map(Deref::deref);
        let annotation = |key: &str| annotations.get(key).map(Deref::deref);
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
