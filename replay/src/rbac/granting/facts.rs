//! What each subject holds that leads to granting pod write, as the policy tells it of its roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::Grant;
use crate::rbac::bound::{Bound, Judged};
use crate::rbac::evaluate::{ABILITIES, Granted};
use crate::rbac::objects::{BindingName, RoleName};
use crate::rbac::subjects::Subject;

/// What leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// Writes cluster roles or roles.
    WriteRoles,
    /// Need not hold what it writes into them.
    Escalate,
    /// Writes bindings.
    WriteBindings,
    /// Need not hold what it binds.
    Bind,
    /// Acts as users, groups or service accounts.
    Impersonate,
    /// Requests tokens of service accounts.
    Token,
    /// Reads secrets, where tokens are.
    Secrets,
    /// Makes client certificates.
    Certificates,
    /// Runs pods, as any service account of their namespace.
    RunPods,
    /// Has one of the seven abilities.
    PodWrite,
}

/// The words of the policy for those that it tells of by themselves.
const WORDS: [(&str, Power); 8] = [
    ("write-roles", Power::WriteRoles),
    ("escalate", Power::Escalate),
    ("write-bindings", Power::WriteBindings),
    ("bind", Power::Bind),
    ("impersonate", Power::Impersonate),
    ("token", Power::Token),
    ("secrets", Power::Secrets),
    ("certificates", Power::Certificates),
];

/// That a binding gives a subject a power.
#[derive(Clone, Debug)]
pub(super) struct Fact<'a> {
    pub(super) power: Power,
    pub(super) holder: &'a Subject,
    /// Where it holds; none for everywhere.
    pub(super) namespace: Option<&'a str>,
    /// The only objects that it covers.
    pub(super) names: Option<&'a [String]>,
    pub(super) grants: &'a [Grant],
    pub(super) granted: &'a Granted,
    pub(super) role: &'a RoleName,
    pub(super) binding: &'a BindingName,
    /// Whether the holder is the part of Kubernetes that the role is made for.
    pub(super) component: bool,
}

/// All facts, by who holds them.
#[derive(Default)]
pub(super) struct Facts<'a> {
    by_holder: BTreeMap<&'a Subject, Vec<Fact<'a>>>,
    /// Powers that the policy tells of and nobody here knows.
    pub(super) unknown: BTreeSet<&'a str>,
    /// Whether the policy told of any power.
    pub(super) told: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn new(judged: &'a Judged<'a>) -> Self {
        let mut facts = Self::default();
        for bound in &judged.bindings {
            for power in &bound.granted.powers {
                facts.told = true;
                if !WORDS.iter().any(|(word, _)| *word == power.power) {
                    facts.unknown.insert(&power.power);
                }
            }
            for subject in &bound.binding.subjects {
                let known = facts.by_holder.entry(subject).or_default();
                known.extend(of(bound, subject));
            }
        }
        facts
    }

    /// Everybody that a binding names.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &'a Subject> {
        self.by_holder.keys().copied()
    }

    /// What a subject holds, itself and as everybody of its kind.
    pub(super) fn of(&self, subject: &Subject) -> Vec<&Fact<'a>> {
        let groups = subject.groups();
        let holders = [subject].into_iter().chain(&groups);
        let facts = holders.filter_map(|holder| self.by_holder.get(holder));
        facts.flatten().collect()
    }
}

/// What a binding gives one of its subjects.
fn of<'a>(bound: &'a Bound<'a>, holder: &'a Subject) -> Vec<Fact<'a>> {
    let component = bound.holder(holder).component;
    let fact = |power, names, grants| Fact {
        power,
        holder,
        namespace: bound.name.namespace.as_deref(),
        names,
        grants,
        granted: &bound.granted,
        role: &bound.binding.role,
        binding: bound.name,
        component,
    };
    let told = bound.granted.powers.iter().filter_map(|told| {
        let (_, power) = WORDS.iter().find(|(word, _)| *word == told.power)?;
        Some(fact(
            *power,
            told.resource_names.as_deref(),
            told.grants.as_slice(),
        ))
    });
    let mut facts: Vec<Fact<'_>> = told.collect();
    for held in &bound.granted.abilities {
        let names = held.resource_names.as_deref();
        if runs_pods(held.ability, &held.grants, &bound.granted) {
            facts.push(fact(Power::RunPods, names, held.grants.as_slice()));
        }
        facts.push(fact(Power::PodWrite, names, held.grants.as_slice()));
    }
    facts
}

/// Whether a role makes pods whose service account it can choose.
pub(super) fn makes_pods(granted: &Granted) -> bool {
    let mut abilities = granted.abilities.iter();
    abilities.any(|held| runs_pods(held.ability, &held.grants, granted))
}

/// The kinds that pods are made by, with their groups: of all that the policy counts as a way to
/// create pods, those where one can choose what runs.
const MAKERS: [(&str, &str); 8] = [
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];

fn runs_pods(ability: usize, grants: &[Grant], granted: &Granted) -> bool {
    let creates = ABILITIES
        .get(ability)
        .is_some_and(|(word, _)| *word == "create");
    let writes = |grant: &Grant| {
        let mut verbs = grant.verbs.iter();
        verbs.any(|verb| matches!(verb.as_str(), "*" | "create" | "update" | "patch"))
    };
    let makes = |grant: &Grant| {
        let groups = granted.groups(&grant.path);
        MAKERS.iter().any(|(group, resource)| {
            names(&grant.resource, resource) && groups.iter().any(|it| it == "*" || it == group)
        })
    };
    creates && grants.iter().any(|grant| writes(grant) && makes(grant))
}

/// Whether an entry of a rule's resources, as it is written, means a resource.
///
/// Source: Kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go`, `ResourceMatches`.
fn names(entry: &str, resource: &str) -> bool {
    let of_any = || {
        let (_, subresource) = resource.split_once('/')?;
        entry.strip_prefix("*/").map(|entry| entry == subresource)
    };
    entry == "*" || entry == resource || of_any() == Some(true)
}

impl Fact<'_> {
    /// Whether it is about this resource.
    pub(super) fn covers(&self, resource: &str) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|grant| names(&grant.resource, resource))
    }

    /// Whether it holds for an object of this name.
    pub(super) fn is_for(&self, name: &str) -> bool {
        self.names
            .is_none_or(|names| names.iter().any(|it| it == name))
    }

    /// Whether there is an object for which both hold.
    pub(super) fn meets(&self, other: &Fact<'_>) -> bool {
        match self.names {
            None => true,
            Some(names) => names.iter().any(|name| other.is_for(name)),
        }
    }
}
