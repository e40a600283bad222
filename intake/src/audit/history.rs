//! The objects that a log has shown so far, each as it was left last, and who wrote it: what a
//! later change is measured against. What is kept is bounded; the objects that were touched
//! longest ago are forgotten first.

use super::lineage::Whole;
use super::object::Object;
use super::resource::RBAC;
use super::roles::{self, Found, Roles, Rule};
use crate::named::Named;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The labels of an object.
pub(crate) type Labels = Named<String>;

/// What an object is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Of logs of several clusters, which have objects of the same name.
    pub(crate) cluster: Option<Arc<str>>,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// The object that others were made for: a Deployment for its ReplicaSets and their pods.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Root {
    /// Its API group; empty for the core group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for an object of the cluster.
    pub namespace: String,
    /// Its name; empty where the API server was to make one.
    pub name: String,
    /// The cluster that it is in, where the log says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Arc<str>>,
}

/// A write that others follow from, and who did it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// What was written.
    #[serde(flatten)]
    pub object: Root,
    /// The user that was authenticated for it.
    pub user: String,
    /// As whom they acted, if not as themselves.
    pub impersonated: Option<String>,
    /// When, as the event has it.
    pub time: String,
    /// The `auditID` of its event.
    pub audit_id: String,
}

/// An object as it was left last.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The whole object, as JSON text.
    pub(crate) json: String,
    /// Of an object that the log has shown as it was stored.
    pub(crate) resource_version: Option<String>,
    /// When it was written, as the event has it.
    pub(crate) written: String,
    pub(crate) root: Arc<Root>,
    pub(crate) cause: Arc<Cause>,
    touched: u64,
}

/// An object as a request has left it.
pub(crate) struct Shown<'a> {
    /// The whole object, as JSON text.
    pub(crate) json: &'a str,
    /// The same, as far as it is read.
    pub(crate) object: &'a Object<'a>,
    /// Whether it is as it was stored, and not as it was sent or put together.
    pub(crate) is_whole: bool,
    pub(crate) written: &'a str,
}

/// The objects that a log has shown so far.
#[derive(Debug)]
pub(crate) struct History {
    /// Looked up for every event, and never gone through, so its order shows nowhere.
    entries: HashMap<Arc<Key>, Entry>,
    /// The cluster roles among them, by when they were touched.
    cluster_roles: Roles,
    /// Every key by when it was touched.
    order: BTreeMap<u64, Arc<Key>>,
    clock: u64,
    /// Bytes of objects that may still be kept.
    room: usize,
    forgotten: u64,
}

impl History {
    /// Keeps `room` bytes of objects.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            entries: HashMap::new(),
            cluster_roles: Roles::default(),
            order: BTreeMap::new(),
            clock: 0,
            room,
            forgotten: 0,
        }
    }

    /// How many objects had to be forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Keeps an object in place of what it was before.
    pub(crate) fn put(&mut self, key: Key, shown: &Shown<'_>, root: Arc<Root>, cause: Arc<Cause>) {
        let is_later = |known: &Entry| known.written.as_str() > shown.written;
        if self.entries.get(&key).is_some_and(is_later) {
            return;
        }
        self.remove(&key);
        let Shown { json, object, .. } = shown;
        let meta = &object.metadata;
        self.clock += 1;
        let entry = Entry {
            json: (*json).to_owned(),
            resource_version: meta
                .resource_version
                .clone()
                .filter(|_| shown.is_whole)
                .map(Cow::into_owned),
            written: shown.written.to_owned(),
            root,
            cause,
            touched: self.clock,
        };
        let rules = key
            .is_cluster_role()
            .then(|| roles::rules(object, key.cluster.as_deref()));
        let size = entry.size(&key) + rules.as_ref().map_or(0, Roles::size);
        while self.room < size
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.forgotten += 1;
            self.take(&oldest);
        }
        if let Some(room) = self.room.checked_sub(size) {
            self.room = room;
            let key = Arc::new(key);
            self.order.insert(self.clock, Arc::clone(&key));
            if let Some(rules) = rules {
                let labels = meta.labels();
                let owned = labels.iter().map(|(key, value)| (key.into(), value.into()));
                let role = Arc::clone(&key);
                self.cluster_roles
                    .add(self.clock, role, owned.collect(), rules);
            }
            self.entries.insert(key, entry);
        } else {
            self.forgotten += 1;
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.take(key) {
            self.order.remove(&entry.touched);
        }
    }

    /// Takes an object out, all but its place in the order.
    fn take(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        let size = entry.size(key) + self.cluster_roles.remove(entry.touched);
        self.room = self.room.saturating_add(size);
        Some(entry)
    }

    /// The role that an aggregated role has what it gained from, of those that are chosen.
    pub(crate) fn source(
        &self,
        aggregate: &Whole<'_>,
        before: Option<&Entry>,
        chooses: impl FnMut(&Key, &Labels) -> bool,
    ) -> Found<&Entry> {
        let had = before.and_then(|before| self.cluster_roles.rules(before.touched));
        let has = roles::rules(&aggregate.object, aggregate.key.cluster.as_deref());
        let mut gained = BTreeSet::new();
        let is_gained = |rule: &Rule| had.is_none_or(|had| !had.contains(rule));
        gained.extend(has.into_iter().filter(is_gained));
        match self.cluster_roles.source(&gained, chooses) {
            Found::Role(key) => self.get(key).map_or(Found::None, Found::Role),
            Found::None => Found::None,
            Found::Unknown => Found::Unknown,
        }
    }
}

impl Key {
    fn is_cluster_role(&self) -> bool {
        self.group == RBAC && self.resource == "clusterroles"
    }
}

impl Entry {
    /// Whether it was last written by whoever is told of, and by no controller that follows.
    pub(super) fn is_own(&self) -> bool {
        self.cause.time == self.written && self.cause.object == *self.root
    }

    /// Whether it was written after the other.
    pub(super) fn is_later(&self, other: &Self) -> bool {
        self.touched > other.touched
    }

    /// What keeping it under a key costs, about: little beside the text, but for what somebody made
    /// long.
    fn size(&self, key: &Key) -> usize {
        const BESIDE: usize = 1 << 10;
        let Key {
            cluster: _,
            group,
            resource,
            namespace,
            name,
        } = key;
        let key: usize = [group, resource, namespace, name]
            .map(String::len)
            .iter()
            .sum();
        let version = self.resource_version.as_ref().map_or(0, String::len);
        let beside = key + version + self.written.len() + self.root.size() + self.cause.size();
        self.json.len() + beside.max(BESIDE)
    }
}
