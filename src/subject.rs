//! What an object is for us: pod specs, wherever its kind keeps them, the rules of a role, a
//! binding, a volume, a claim for devices, nothing, or something that cannot be read. The one place that
//! knows built-in kinds.

use std::borrow::Cow;

use crate::binding::Binding;
use crate::custom;
use crate::fault::Fault;
use crate::metadata::Metadata;
use crate::pod::Pod;
use crate::role::Role;
use crate::storage::{DeviceClaim, DeviceClaimTemplate, DeviceRequests, PersistentVolume};
use crate::view::{self, Fields, Reader, Stop, Text, View};

/// What an object is for us.
#[derive(Debug, Default)]
pub(crate) enum Subject<'a> {
    Workload(Workload<'a>),
    /// Of the cluster or of a namespace.
    Role(Role<'a>),
    /// The same.
    Binding(Binding<'a>),
    Volume(PersistentVolume<'a>),
    Devices {
        /// RFC 6901 pointer of the claim's spec.
        pointer: &'static str,
        requests: DeviceRequests<'a>,
    },
    /// Of a kind that is none of Kubernetes' own, or of no interest; see `custom`.
    Custom(custom::Object<'a>),
    /// Of no interest, or absent.
    #[default]
    Nothing,
    Unreadable(Fault),
}

/// An object that is a pod, or makes pods.
#[derive(Debug, Default)]
pub(crate) struct Workload<'a> {
    /// The metadata of the object itself.
    pub metadata: Metadata<'a>,
    /// One, but for a few custom kinds.
    pub pods: Vec<Pod<'a>>,
}

impl<'a> Workload<'a> {
    /// The metadata of the object, which for a pod is the pod's.
    pub fn metadata(&self) -> &Metadata<'a> {
        match self.pods.as_slice() {
            [pod] if pod.pointer.is_empty() => &pod.metadata,
            _ => &self.metadata,
        }
    }
}

/// How a kind keeps what we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A pod, or the template of one, at this pointer.
    Pod(&'static str),
    Role,
    Binding,
    Volume,
    DeviceClaim,
    DeviceClaimTemplate,
    Unknown,
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Every built-in kind that the rules are about, by group and kind: a `Deployment` of another
/// group is another kind. The version does not matter, they all have the same shape.
const KINDS: &[(&str, &str, Shape)] = &[
    ("", "Pod", Shape::Pod("")),
    ("apps", "ReplicaSet", Shape::Pod("/spec/template")),
    ("apps", "Deployment", Shape::Pod("/spec/template")),
    ("apps", "StatefulSet", Shape::Pod("/spec/template")),
    ("apps", "DaemonSet", Shape::Pod("/spec/template")),
    ("batch", "Job", Shape::Pod("/spec/template")),
    (
        "batch",
        "CronJob",
        Shape::Pod("/spec/jobTemplate/spec/template"),
    ),
    ("", "ReplicationController", Shape::Pod("/spec/template")),
    ("", "PodTemplate", Shape::Pod("/template")),
    (RBAC, "ClusterRole", Shape::Role),
    (RBAC, "Role", Shape::Role),
    (RBAC, "ClusterRoleBinding", Shape::Binding),
    (RBAC, "RoleBinding", Shape::Binding),
    ("", "PersistentVolume", Shape::Volume),
    ("resource.k8s.io", "ResourceClaim", Shape::DeviceClaim),
    (
        "resource.k8s.io",
        "ResourceClaimTemplate",
        Shape::DeviceClaimTemplate,
    ),
];

/// Subresources whose writes leave alone what we judge, although they carry the whole object or
/// act on it. An unknown one is judged. As in Kubernetes' Pod Security admission
/// (`ignoredPodSubresources`), with `scale`, which carries a kind of its own.
const IGNORED_SUBRESOURCES: &[&str] = &[
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "scale",
    "status",
];

/// The shape of a kind.
pub(crate) fn shape(group: &str, kind: &str) -> Shape {
    KINDS
        .iter()
        .find(|(known_group, known_kind, _)| *known_kind == kind && *known_group == group)
        .map_or(Shape::Unknown, |(_, _, shape)| *shape)
}

/// Whether objects of a built-in kind are in no namespace.
pub(crate) fn is_of_cluster(shape: Shape, kind: Option<&Text<'_>>) -> bool {
    match shape {
        Shape::Volume => true,
        Shape::Role | Shape::Binding => {
            kind.is_some_and(|kind| kind.as_str().starts_with("Cluster"))
        }
        _ => false,
    }
}

/// Whether writing the subresource changes what we judge.
pub(crate) fn is_judged(subresource: Option<&str>) -> bool {
    !subresource.is_some_and(|name| IGNORED_SUBRESOURCES.contains(&name))
}

/// Reads an object of a known shape from a text of its own.
pub(crate) fn read<'a>(shape: Shape, text: &'a str) -> Subject<'a> {
    let mut subject = Subject::Nothing;
    let read = view::read_str(text, &mut |value| {
        subject = shape.read(value)?;
        Ok(())
    });
    match read {
        Ok(()) => subject,
        Err(fault) => Subject::Unreadable(fault),
    }
}

impl Shape {
    /// Reads an object of this shape.
    pub fn read<'de>(self, value: &mut Reader<'de>) -> Result<Subject<'de>, Stop> {
        match self {
            Self::Pod(pointer) => pod(pointer, value),
            Self::Role => Ok(view::any(value)?.map(Subject::Role)),
            Self::Binding => Ok(view::any(value)?.map(Subject::Binding)),
            Self::Volume => Ok(view::any(value)?.map(Subject::Volume)),
            Self::DeviceClaim => {
                let claim = view::any::<DeviceClaim<'_>>(value)?;
                Ok(claim.map(|claim| Subject::Devices {
                    pointer: "/spec",
                    requests: claim.spec.devices,
                }))
            }
            Self::DeviceClaimTemplate => {
                let template = view::any::<DeviceClaimTemplate<'_>>(value)?;
                Ok(template.map(|template| Subject::Devices {
                    pointer: "/spec/spec",
                    requests: template.spec.spec.devices,
                }))
            }
            Self::Unknown => Ok(custom::Object::read(value)?.map(Subject::Custom)),
        }
        .map(Option::unwrap_or_default)
    }
}

fn pod<'de>(pointer: &'static str, value: &mut Reader<'de>) -> Result<Option<Subject<'de>>, Stop> {
    let mut workload = Workload {
        metadata: Metadata::default(),
        pods: vec![Pod {
            pointer: Cow::Borrowed(pointer),
            spec_key: "spec",
            ..Pod::default()
        }],
    };
    let Workload { metadata, pods } = &mut workload;
    let Some(pod) = pods.first_mut() else {
        return Ok(None);
    };
    let mut walk = Walk {
        path: pointer.strip_prefix('/').unwrap_or(pointer),
        pod,
        root: (!pointer.is_empty()).then_some(metadata),
    };
    let is_there = value.object(&mut walk)?;
    Ok(is_there.then_some(Subject::Workload(workload)))
}

/// Walks to a pod along a path of keys, `/` between them.
struct Walk<'w, 'a> {
    path: &'static str,
    pod: &'w mut Pod<'a>,
    /// Where the metadata of this level goes, if it is the object's own.
    root: Option<&'w mut Metadata<'a>>,
}

impl<'de> View<'de> for Walk<'_, 'de> {
    fn fields(&self) -> &'static Fields {
        let next = self.path.split('/').next().unwrap_or_default();
        match (next, self.root.is_some()) {
            // The template itself.
            ("", _) | ("spec", true) => const { &Fields::of(&["spec", "metadata"]) },
            ("template", true) => const { &Fields::of(&["template", "metadata"]) },
            ("spec", false) => const { &Fields::of(&["spec"]) },
            ("template", false) => const { &Fields::of(&["template"]) },
            _ => const { &Fields::of(&["jobTemplate"]) },
        }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        if field > 0 {
            let metadata = match &mut self.root {
                Some(root) => &mut **root,
                None => &mut self.pod.metadata,
            };
            return value.object(metadata).map(drop);
        }
        if self.path.is_empty() {
            return value.object(&mut self.pod.spec).map(drop);
        }
        let rest = self.path.split_once('/').map_or("", |(_, rest)| rest);
        let mut next = Walk {
            path: rest,
            pod: &mut *self.pod,
            root: None,
        };
        value.object(&mut next).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    use serde_json::Value;

    /// Kinds that only some clusters serve: one of them in the metadata would make the background
    /// audit fail as a whole on the others. The README has their rules.
    const NOT_EVERYWHERE: &[&str] = &["resource.k8s.io"];

    /// A kind that no webhook sends is never judged, and one that is sent in vain costs time.
    #[test]
    fn the_metadata_has_every_kind_that_all_clusters_serve_and_no_other() {
        let metadata = fs::read_to_string("policy-metadata/metadata.yml").unwrap();
        let metadata = intake::yaml_to_json(&metadata).unwrap();
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let mut sent = BTreeSet::new();
        for rule in metadata["rules"].as_array().unwrap() {
            let groups = rule["apiGroups"].as_array().unwrap();
            assert_eq!(
                groups.len(),
                1,
                "a rule of mixed groups fails the background audit"
            );
            for resource in rule["resources"].as_array().unwrap() {
                let resource = resource.as_str().unwrap().to_owned();
                sent.insert((groups[0].as_str().unwrap().to_owned(), resource));
            }
        }
        let mut judged: BTreeSet<(String, String)> = KINDS
            .iter()
            .filter(|(group, ..)| !NOT_EVERYWHERE.contains(group))
            .map(|(group, kind, _)| ((*group).to_owned(), format!("{}s", kind.to_lowercase())))
            .collect();
        judged.insert((String::new(), "pods/ephemeralcontainers".to_owned()));
        assert_eq!(sent, judged);
    }
}
