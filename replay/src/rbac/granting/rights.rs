//! What somebody holds, to be asked for one power on one resource in one place; and which objects
//! can be written with it.
//!
//! Source: Kubernetes `pkg/registry/rbac/*/strategy.go` and
//! `staging/src/k8s.io/apiserver/pkg/endpoints/handlers` (PUT and server-side apply create what is
//! not there, for whoever may also `create` that name).

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Fact, Power};

/// Facts that together allow something.
pub(super) type Proof<'f, 'a> = Vec<&'f Fact<'a>>;

/// What somebody holds.
pub(super) struct Rights<'f, 'a> {
    pub(super) facts: &'f [&'f Fact<'a>],
    /// Which of them give a power in a namespace, or everywhere: somebody may hold some in each of
    /// thousands of namespaces, and each is asked about.
    by_place: BTreeMap<(Power, Option<&'a str>), Vec<usize>>,
}

impl<'f, 'a> Rights<'f, 'a> {
    pub(super) fn new(facts: &'f [&'f Fact<'a>]) -> Self {
        let mut by_place: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, fact) in facts.iter().enumerate() {
            let place = (fact.power, fact.namespace);
            by_place.entry(place).or_default().push(index);
        }
        Self { facts, by_place }
    }

    /// Facts that hold somewhere.
    pub(super) fn anywhere(&self, power: Power, resource: &str) -> Proof<'f, 'a> {
        let facts = self.facts.iter().copied();
        facts
            .filter(|fact| fact.power == power && fact.covers(resource))
            .collect()
    }

    /// Facts that hold in a namespace or, where none is named, everywhere.
    pub(super) fn within(
        &self,
        place: Option<&str>,
        power: Power,
        resource: &str,
    ) -> Proof<'f, 'a> {
        let places = [Some(None), place.map(Some)].into_iter().flatten();
        let found = places.filter_map(|place| self.by_place.get(&(power, place)));
        let mut found: Vec<usize> = found.flatten().copied().collect();
        found.sort_unstable();
        let facts = found.iter().filter_map(|index| self.facts.get(*index));
        facts
            .copied()
            .filter(|fact| fact.covers(resource))
            .collect()
    }

    /// The same, for any of these verbs.
    pub(super) fn may(
        &self,
        verbs: &[&str],
        place: Option<&str>,
        power: Power,
        resource: &str,
    ) -> Proof<'f, 'a> {
        let mut facts = self.within(place, power, resource);
        facts.retain(|fact| fact.allows(verbs));
        facts
    }

    /// How objects can be written there, of which these are there already.
    pub(super) fn writes<'n>(
        &self,
        place: Option<&str>,
        power: Power,
        resource: &str,
        existing: Option<&'n BTreeSet<&'n str>>,
    ) -> Writes<'f, 'a, 'n> {
        Writes {
            creates: self.may(&["create"], place, power, resource),
            changes: self.may(&["update", "patch"], place, power, resource),
            existing,
        }
    }

    /// What gives pod write everywhere.
    pub(super) fn pod_write(&self) -> impl Iterator<Item = &'f Fact<'a>> + use<'f, 'a> {
        let facts = self.facts.iter().copied();
        facts.filter(|fact| fact.power == Power::PodWrite && fact.namespace.is_none())
    }
}

/// How objects of one resource can be written in one place.
pub(super) struct Writes<'f, 'a, 'n> {
    creates: Proof<'f, 'a>,
    changes: Proof<'f, 'a>,
    /// The names of those that are there.
    existing: Option<&'n BTreeSet<&'n str>>,
}

impl<'f, 'a> Writes<'f, 'a, '_> {
    /// By whose right the object of this name is changed.
    pub(super) fn change(&self, name: &str) -> Option<&'f Fact<'a>> {
        let mut changes = self.changes.iter().copied();
        changes.find(|change| change.is_for(name))
    }

    /// A new object, under any name that is free.
    pub(super) fn new_one(&self) -> Option<Proof<'f, 'a>> {
        self.post().map(|post| vec![post]).or_else(|| {
            let mut names = self.creates.iter().flat_map(|create| create.named());
            names.find_map(|name| {
                let (create, change) = (self.create(name)?, self.change(name)?);
                let is_free = !self.exists(name) || change.allows(&["delete"]);
                is_free.then(|| vec![create, change])
            })
        })
    }

    /// An object whose content is its author's to choose, new or not; if a right to choose it is
    /// asked for, one that this covers.
    pub(super) fn any_one(&self, chosen_by: Option<&Fact<'_>>) -> Option<Proof<'f, 'a>> {
        let is_covered = |name: &str| chosen_by.is_none_or(|right| right.is_for(name));
        // what is sent to the collection has no name yet when it is asked for
        if let Some(post) = self.post()
            && is_covered("")
        {
            return Some(vec![post]);
        }
        let existing = self.existing.into_iter().flatten().copied();
        let created = self.creates.iter().copied().chain(chosen_by);
        let mut names = existing.chain(created.flat_map(Fact::named));
        names.find_map(|name| {
            let change = self.change(name).filter(|_| is_covered(name))?;
            if self.exists(name) {
                return Some(vec![change]);
            }
            Some(vec![self.create(name)?, change])
        })
    }

    /// The right to send one to the collection, under any name.
    fn post(&self) -> Option<&'f Fact<'a>> {
        self.create("")
    }

    fn create(&self, name: &str) -> Option<&'f Fact<'a>> {
        let mut creates = self.creates.iter().copied();
        creates.find(|create| create.is_for(name))
    }

    fn exists(&self, name: &str) -> bool {
        self.existing.is_some_and(|names| names.contains(name))
    }
}
