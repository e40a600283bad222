//! What an object belongs to: the workload that it was made for, and the write that a controller's
//! follows from. Owner references and labels are their author's word, and count from a controller
//! of Kubernetes alone.

use super::Log;
use super::actor::Actor;
use super::aggregation;
use super::event::{self, Event};
use super::history::{Cause, Key, Root};
use super::object::Object;
use super::resource;
use super::roles::Found;
use std::sync::Arc;

/// What a request is about, from what the event and the object say.
pub(super) struct Whole<'a> {
    pub(super) key: Key,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) object: Object<'a>,
}

impl<'a> Whole<'a> {
    /// The object may be empty, or a patch.
    fn new(event: &Event<'_>, object: Object<'a>, cluster: Option<Arc<str>>) -> Self {
        let about = event.about();
        let reference = event.object_ref.as_ref();
        let of_reference = |text: &dyn Fn(&event::ObjectRef<'_>) -> String| {
            reference.map(text).unwrap_or_default()
        };
        // the API server writes objects in the version that was asked for
        let own_kind = Some(object.kind.as_ref()).filter(|kind| !kind.is_empty());
        let kind = about.kind().or(own_kind).unwrap_or(about.resource);
        let named = of_reference(&|object| object.name.clone().into_owned());
        let name = Some(named).filter(|name| !name.is_empty());
        let namespace = of_reference(&|object| object.namespace.clone().into_owned());
        Self {
            key: Key {
                cluster,
                group: about.group.to_owned(),
                resource: about.resource.to_owned(),
                namespace: Some(namespace)
                    .filter(|namespace| !namespace.is_empty())
                    .unwrap_or_else(|| object.metadata.namespace.clone().into_owned()),
                name: name.unwrap_or_else(|| object.metadata.name.clone().into_owned()),
            },
            version: of_reference(&|object| object.api_version.clone().into_owned()),
            kind: kind.to_owned(),
            object,
        }
    }

    pub(super) fn own(&self) -> Root {
        Root {
            group: self.key.group.clone(),
            kind: self.kind.clone(),
            namespace: self.key.namespace.clone(),
            name: self.key.name.clone(),
            cluster: self.key.cluster.clone(),
        }
    }

    /// The Deployment of a pod's ReplicaSet, which is named after it and the hash in a label.
    ///
    /// Source: Kubernetes `pkg/controller/deployment/sync.go`, `getNewReplicaSet`.
    pub(super) fn deployment<'o>(&self, kind: &str, name: &'o str) -> Option<&'o str> {
        if kind != "ReplicaSet" {
            return None;
        }
        let labels = self.object.metadata.labels();
        let hash = labels.get("pod-template-hash")?;
        name.strip_suffix(&**hash)?.strip_suffix('-')
    }
}

impl Log {
    /// What a request to the cluster that is read of is about. The object may be empty, or a patch.
    pub(super) fn whole<'o>(&self, event: &Event<'_>, object: Object<'o>) -> Whole<'o> {
        Whole::new(event, object, self.cluster.clone())
    }

    /// The object that this one was made for, and the write that a controller's follows from.
    pub(super) fn lineage(
        &self,
        actor: &Actor,
        whole: &Whole<'_>,
    ) -> (Arc<Root>, Option<Arc<Cause>>) {
        let known = self.history.get(&whole.key);
        let Some(controller) = actor.controller() else {
            let root = known.map_or_else(|| whole.own().into(), |known| Arc::clone(&known.root));
            return (root, None);
        };
        if controller == "clusterrole-aggregation-controller" {
            let source = match aggregation::source(whole, known, &self.history) {
                Found::Role(role) => Some(role),
                Found::None => known,
                Found::Unknown => None,
            };
            let cause = source.map(|known| Arc::clone(&known.cause));
            return (whole.own().into(), cause);
        }
        // whose it is does not change because a controller takes it over or syncs it
        if let Some(known) = known {
            return (Arc::clone(&known.root), Some(Arc::clone(&known.cause)));
        }
        // an owner reference is its author's word, and a controller writes none but its own
        if let Some(owner) = whole.object.metadata.controller() {
            let group = owner
                .api_version
                .split_once('/')
                .map_or("", |(group, _)| group);
            let of = |kind: &str, name: &str| {
                let key = Key {
                    cluster: whole.key.cluster.clone(),
                    group: group.to_owned(),
                    resource: resource::of_kind(group, kind)?.to_owned(),
                    namespace: whole.key.namespace.clone(),
                    name: name.to_owned(),
                };
                self.history.get(&key)
            };
            if let Some(entry) = of(&owner.kind, &owner.name) {
                return (Arc::clone(&entry.root), Some(Arc::clone(&entry.cause)));
            }
            let (kind, name) = match whole.deployment(&owner.kind, &owner.name) {
                Some(name) => ("Deployment", name),
                None => (owner.kind.as_str(), owner.name.as_str()),
            };
            let root = Root {
                group: group.to_owned(),
                kind: kind.to_owned(),
                namespace: whole.key.namespace.clone(),
                name: name.to_owned(),
                cluster: whole.key.cluster.clone(),
            };
            let cause = of(kind, name).map(|entry| Arc::clone(&entry.cause));
            return (root.into(), cause);
        }
        (whole.own().into(), None)
    }
}
