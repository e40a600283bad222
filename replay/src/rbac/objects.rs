//! Roles and bindings, as a snapshot has them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::subjects::{Subject, WireSubject};
use crate::cluster::snapshot;
use crate::fatal::Mistake;
use crate::selector::Selector;

const GROUP: &str = "rbac.authorization.k8s.io";

/// All roles and bindings of a cluster.
#[derive(Debug, Default)]
pub(super) struct Rbac {
    pub(super) roles: BTreeMap<RoleName, Role>,
    pub(super) bindings: BTreeMap<BindingName, Binding>,
}

/// What identifies a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct RoleName {
    pub(super) kind: RoleKind,
    /// None for cluster roles; empty where a manifest leaves it to who applies it.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum RoleKind {
    ClusterRole,
    Role,
}

#[derive(Debug)]
pub(super) struct Role {
    /// The object as it stands in the snapshot.
    pub(super) object: Value,
    /// What its rules are collected from; none where they are its own alone.
    pub(super) aggregates: Option<Vec<Selector>>,
    pub(super) labels: BTreeMap<String, String>,
}

/// What identifies a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct BindingName {
    kind: BindingKind,
    /// Where it binds; none for everywhere, empty where a manifest leaves it to who applies it.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum BindingKind {
    ClusterRoleBinding,
    RoleBinding,
}

#[derive(Debug)]
pub(super) struct Binding {
    pub(super) role: RoleName,
    pub(super) subjects: Vec<Subject>,
    pub(super) labels: BTreeMap<String, String>,
}

impl Rbac {
    /// Everything in these snapshots; of what stands there twice, the last.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Vec<Mistake>> {
        let mut rbac = Self::default();
        let mut mistakes = Vec::new();
        snapshot(paths, |file, case| {
            if let Err(message) = rbac.add(case.request()) {
                mistakes.push(Mistake {
                    file: file.to_owned(),
                    line: Some(case.place.line),
                    message,
                });
            }
        })?;
        if mistakes.is_empty() {
            Ok(rbac)
        } else {
            Err(mistakes)
        }
    }

    /// Takes the object of a request to create it, if it is a role or a binding.
    fn add(&mut self, request: &str) -> Result<(), String> {
        #[derive(Deserialize)]
        struct Gvk {
            group: String,
            kind: String,
        }
        #[derive(Deserialize)]
        struct Request {
            kind: Gvk,
            object: Value,
        }
        let Ok(Request { kind, object }) = serde_json::from_str(request) else {
            return Err("no object that can be read".to_owned());
        };
        if kind.group != GROUP {
            return Ok(());
        }
        let place = place(&object);
        if place.1.is_empty() {
            return Err(format!("{}: no `metadata.name` to tell it by", kind.kind));
        }
        match kind.kind.as_str() {
            "ClusterRole" => self.role(RoleKind::ClusterRole, place, object),
            "Role" => self.role(RoleKind::Role, place, object),
            "ClusterRoleBinding" => self.binding(BindingKind::ClusterRoleBinding, place, object),
            "RoleBinding" => self.binding(BindingKind::RoleBinding, place, object),
            _ => Ok(()),
        }
    }

    fn role(&mut self, kind: RoleKind, place: Place, object: Value) -> Result<(), String> {
        let (namespace, name, labels) = place;
        let name = RoleName {
            kind,
            namespace: (kind == RoleKind::Role).then(|| namespace.unwrap_or_default()),
            name,
        };
        let selectors = object.pointer("/aggregationRule/clusterRoleSelectors");
        let aggregates = match selectors {
            None | Some(Value::Null) => None,
            Some(selectors) => {
                let selectors: Vec<_> = serde_json::from_value(selectors.clone())
                    .map_err(|_| format!("{name}: `aggregationRule` cannot be read"))?;
                Some(selectors)
            }
        };
        let role = Role {
            object,
            aggregates,
            labels,
        };
        self.roles.insert(name, role);
        Ok(())
    }

    fn binding(&mut self, kind: BindingKind, place: Place, object: Value) -> Result<(), String> {
        let (namespace, name, labels) = place;
        let name = BindingName {
            kind,
            namespace: (kind == BindingKind::RoleBinding).then(|| namespace.unwrap_or_default()),
            name,
        };
        let Ok(wire) = serde_json::from_value::<WireBinding>(object) else {
            let message = "`roleRef` and `subjects` are not what Kubernetes has there";
            return Err(format!("{name}: {message}"));
        };
        let role = RoleName {
            kind: wire.role_ref.kind,
            namespace: match wire.role_ref.kind {
                RoleKind::ClusterRole => None,
                RoleKind::Role => name.namespace.clone(),
            },
            name: wire.role_ref.name,
        };
        let subjects = wire.subjects.unwrap_or_default().into_iter();
        let subjects = subjects.map(|subject| subject.subject(name.namespace.as_deref()));
        let binding = Binding {
            role,
            subjects: subjects.collect(),
            labels,
        };
        self.bindings.insert(name, binding);
        Ok(())
    }
}

/// Namespace, name and labels.
type Place = (Option<String>, String, BTreeMap<String, String>);

/// What can be read of an object's metadata: the rest is the policy's to complain of.
fn place(object: &Value) -> Place {
    let text = |key| object.pointer(key).and_then(Value::as_str);
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let labels = labels.into_iter().flatten();
    (
        text("/metadata/namespace").map(str::to_owned),
        text("/metadata/name").unwrap_or_default().to_owned(),
        labels
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBinding {
    role_ref: WireRoleRef,
    subjects: Option<Vec<WireSubject>>,
}

#[derive(Deserialize)]
struct WireRoleRef {
    kind: RoleKind,
    name: String,
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        named(
            f,
            &format!("{:?}", self.kind),
            self.namespace.as_deref(),
            &self.name,
        )
    }
}

impl fmt::Display for BindingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        named(
            f,
            &format!("{:?}", self.kind),
            self.namespace.as_deref(),
            &self.name,
        )
    }
}

#[cfg(test)]
impl Rbac {
    /// These objects, whose `apiVersion` may be left out.
    pub(super) fn of(objects: &[Value]) -> Self {
        let mut rbac = Self::default();
        for object in objects {
            let kind = serde_json::json!({"group": GROUP, "kind": object["kind"]});
            let request = serde_json::json!({"kind": kind, "object": object});
            rbac.add(&request.to_string()).unwrap();
        }
        rbac
    }
}

fn named(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
) -> fmt::Result {
    match namespace {
        None | Some("") => write!(f, "{kind} {name}"),
        Some(namespace) => write!(f, "{kind} {namespace}/{name}"),
    }
}
