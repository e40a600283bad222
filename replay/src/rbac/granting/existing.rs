//! The roles and bindings that are there already: by name, and those that pods come of.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::makes_pods;
use crate::rbac::bound::{Bound, Judged};
use crate::rbac::objects::{RoleKind, RoleName};

/// What is there.
pub(super) struct Existing<'a> {
    /// Names of roles and of bindings, by namespace; of the cluster where there is none.
    roles: BTreeMap<Option<&'a str>, BTreeSet<&'a str>>,
    bindings: BTreeMap<Option<&'a str>, BTreeSet<&'a str>>,
    /// Cluster roles that grant pod write.
    pub(super) granting: Vec<&'a RoleName>,
    /// Roles that make pods whose service account can be chosen, by namespace.
    makers: BTreeMap<Option<&'a str>, Vec<&'a RoleName>>,
    /// Bindings of the cluster that hand on pod write.
    pub(super) handing: Vec<&'a Bound<'a>>,
    /// Bindings that hand on the making of pods, by namespace.
    making: BTreeMap<Option<&'a str>, Vec<&'a Bound<'a>>>,
}

impl<'a> Existing<'a> {
    pub(super) fn new(judged: &'a Judged<'a>) -> Self {
        let mut roles: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut bindings: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for role in judged.roles.keys() {
            let names = roles.entry(role.namespace.as_deref()).or_default();
            names.insert(role.name.as_str());
        }
        for bound in &judged.bindings {
            let names = bindings.entry(bound.name.namespace.as_deref()).or_default();
            names.insert(bound.name.name.as_str());
        }
        let granting = judged.roles.iter().filter(|(role, granted)| {
            role.kind == RoleKind::ClusterRole && !granted.abilities.is_empty()
        });
        let mut makers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let makes = judged.roles.iter().filter(|(_, it)| makes_pods(it));
        for (role, _) in makes {
            let of_place = makers.entry(role.namespace.as_deref()).or_default();
            of_place.push(*role);
        }
        let mut making: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut handing = Vec::new();
        for bound in &judged.bindings {
            let place = bound.name.namespace.as_deref();
            if makes_pods(&bound.granted) {
                making.entry(place).or_default().push(bound);
            }
            if place.is_none() && !bound.granted.abilities.is_empty() {
                handing.push(bound);
            }
        }
        Self {
            roles,
            bindings,
            granting: granting.map(|(role, _)| *role).collect(),
            makers,
            handing,
            making,
        }
    }

    /// The names of the roles of a namespace, or of the cluster roles.
    pub(super) fn roles<'s>(&'s self, namespace: Option<&'s str>) -> Option<&'s BTreeSet<&'a str>> {
        self.roles.get(&namespace)
    }

    /// The names of the bindings of a namespace, or of those of the cluster.
    pub(super) fn bindings<'s>(
        &'s self,
        namespace: Option<&'s str>,
    ) -> Option<&'s BTreeSet<&'a str>> {
        self.bindings.get(&namespace)
    }

    /// Roles of a namespace, or cluster roles, that make pods whose service account can be chosen.
    pub(super) fn makers<'s>(&'s self, namespace: Option<&'s str>) -> &'s [&'a RoleName] {
        self.makers.get(&namespace).map_or(&[], Vec::as_slice)
    }

    /// Bindings of a namespace that hand on the making of pods.
    pub(super) fn making<'s>(&'s self, namespace: &'s str) -> &'s [&'a Bound<'a>] {
        self.making.get(&Some(namespace)).map_or(&[], Vec::as_slice)
    }

    /// Namespaces that have a role or a binding by which pods are made.
    pub(super) fn namespaces_of_makers(&self) -> impl Iterator<Item = &'a str> {
        self.makers
            .keys()
            .chain(self.making.keys())
            .copied()
            .flatten()
    }
}
