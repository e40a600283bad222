//! What was done in an incident, when and by whom. Acts alike are told once, with a count, and
//! their number is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use intake::audit::{Audit, Outcome, Root};

use crate::answer::Request;

/// Kinds of acts that are kept of one incident, or of one workload.
const ACTS: usize = 50;

/// Names of objects that are kept of one kind of acts.
const NAMES: usize = 3;

/// Workloads whose aftermath is kept.
const WORKLOADS: usize = 10_000;

/// Acts of one incident, or of one workload.
#[derive(Debug, Default)]
pub(super) struct Acts {
    acts: BTreeMap<Act, Times>,
    /// Acts beyond those that are kept.
    pub(super) more: u64,
}

/// One kind of acts: what was done to what kind of object, and by whom.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Act {
    pub(super) outcome: Outcome,
    pub(super) kind: String,
    pub(super) subresource: Option<String>,
    pub(super) user: String,
    pub(super) impersonated: Option<String>,
    /// What was run in a pod.
    command: Option<Vec<String>>,
}

/// How often it was done.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) count: u64,
    pub(super) last: String,
    /// Some of the objects that it was done to.
    pub(super) names: BTreeSet<String>,
    /// What the log tells of the first time.
    pub(super) first: Audit,
}

impl Acts {
    pub(super) fn is_empty(&self) -> bool {
        self.acts.is_empty()
    }

    /// Takes note of one more.
    pub(super) fn add(&mut self, request: &Request, audit: Audit) {
        let act = Act {
            outcome: audit.outcome,
            kind: request.kind.clone().unwrap_or_default(),
            subresource: request.subresource.clone(),
            user: audit.actor.user.clone(),
            impersonated: audit.actor.acted_as().map(str::to_owned),
            command: audit.used.as_ref().map(|used| used.command.clone()),
        };
        if self.acts.len() >= ACTS && !self.acts.contains_key(&act) {
            self.more += 1;
            return;
        }
        let times = self.acts.entry(act).or_insert_with(|| Times {
            count: 0,
            last: String::new(),
            names: BTreeSet::new(),
            first: audit.clone(),
        });
        times.count += 1;
        if let Some(name) = request.name.as_ref().filter(|_| times.names.len() < NAMES) {
            times.names.insert(name.clone());
        }
        times.last = times.last.as_str().max(&audit.time).to_owned();
    }

    /// All kinds of acts, in the order in which they came first.
    pub(super) fn in_order<'a>(&'a self, after: Option<&'a Self>) -> Vec<(&'a Act, &'a Times)> {
        let after = after.into_iter().flat_map(|acts| &acts.acts);
        let mut all: Vec<_> = self.acts.iter().chain(after).collect();
        all.sort_by_key(|(act, times)| (&times.first.time, *act));
        all
    }

    /// What somebody did, and no controller for them, or else the first of all.
    pub(super) fn lead(&self) -> Option<&Audit> {
        let all = self.in_order(None);
        let own = all.iter().find(|(_, times)| times.first.cause.is_none());
        own.or(all.first()).map(|(_, times)| &times.first)
    }

    /// When the last of these acts was.
    pub(super) fn last(&self, is_meant: impl Fn(&Act) -> bool) -> Option<&str> {
        let meant = self.acts.iter().filter(|(act, _)| is_meant(act));
        meant.map(|(_, times)| times.last.as_str()).max()
    }

    /// How the incident stands: the most that came of it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.acts.keys().map(|act| act.outcome).min()
    }
}

/// What else was done to workloads: who got into their pods, who deleted them.
#[derive(Debug, Default)]
pub(super) struct Aftermath {
    by_root: BTreeMap<Arc<Root>, Acts>,
    /// Acts of workloads beyond those that are kept.
    pub(super) more: u64,
}

impl Aftermath {
    pub(super) fn add(&mut self, request: &Request, audit: Audit) {
        let is_use = audit.used.is_some();
        if !is_use && audit.outcome != Outcome::Deleted {
            return;
        }
        // what is deleted leaves room for who got into pods, so that it is no cover
        let most = if is_use { 2 * WORKLOADS } else { WORKLOADS };
        if self.by_root.len() < most || self.by_root.contains_key(&audit.root) {
            let acts = self.by_root.entry(Arc::clone(&audit.root)).or_default();
            acts.add(request, audit);
        } else if is_use {
            self.more += 1;
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Root, &Acts)> {
        self.by_root.iter().map(|(root, acts)| (&**root, acts))
    }

    /// What else was done to this workload.
    pub(super) fn of(&self, root: &Root) -> Option<&Acts> {
        self.by_root.get(root)
    }
}
