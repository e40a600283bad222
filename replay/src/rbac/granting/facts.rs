//! What each subject holds that leads to granting pod write, as the policy tells it of its roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::Grant;
use crate::rbac::bound::{Bound, Judged};
use crate::rbac::evaluate::Granted;
use crate::rbac::objects::{BindingName, RoleName};
use crate::rbac::subjects::Subject;

/// What leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Asks for client certificates, approves them, or approves for a signer.
    Certificates,
    /// Runs pods, as any service account of their namespace.
    RunPods,
    /// Has one of the seven abilities.
    PodWrite,
}

/// The words of the policy for those that it tells of by themselves.
const WORDS: [(&str, Power); 9] = [
    ("write-roles", Power::WriteRoles),
    ("escalate", Power::Escalate),
    ("write-bindings", Power::WriteBindings),
    ("bind", Power::Bind),
    ("impersonate", Power::Impersonate),
    ("token", Power::Token),
    ("secrets", Power::Secrets),
    ("certificates", Power::Certificates),
    (RUN_PODS, Power::RunPods),
];

const RUN_PODS: &str = "run-pods";

/// That a binding gives a subject a power, by one entry of one rule where the policy tells of it by
/// itself: what two entries give holds for the names of each.
#[derive(Clone, Debug)]
pub(super) struct Fact<'a> {
    pub(super) power: Power,
    pub(super) holder: &'a Subject,
    /// Where it holds; none for everywhere.
    pub(super) namespace: Option<&'a str>,
    /// The only objects that it covers; a request that names none has the name `""`.
    pub(super) names: Option<Vec<&'a str>>,
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
    let told = bound.granted.powers.iter().flat_map(|told| {
        let known = WORDS.iter().find(|(word, _)| *word == told.power);
        let places = known.into_iter().flat_map(|(_, power)| {
            let of_place = |grant| {
                let names = names_of(told.resource_names.as_deref(), grant, &bound.granted);
                fact(*power, names, std::slice::from_ref(grant))
            };
            told.grants.iter().map(of_place)
        });
        places.collect::<Vec<_>>()
    });
    // to escalate or bind is no pod write yet: it takes something to write, and leads on by itself
    let powers = bound.granted.powers.iter();
    let alone = powers.filter(|told| ["escalate", "bind"].contains(&told.power.as_str()));
    let alone: Vec<&Grant> = alone.flat_map(|told| &told.grants).collect();
    let held = bound.granted.abilities.iter();
    let held = held.filter(|held| !held.grants.iter().all(|grant| alone.contains(&grant)));
    let held = held.map(|held| {
        let names = held.resource_names.as_ref();
        let names = names.map(|names| names.iter().map(String::as_str).collect());
        fact(Power::PodWrite, names, held.grants.as_slice())
    });
    told.chain(held).collect()
}

/// The names for which one place gives a power: of those of its rule, those for which the role does
/// at all, if it is restricted.
fn names_of<'a>(
    all: Option<&'a [String]>,
    place: &Grant,
    granted: &'a Granted,
) -> Option<Vec<&'a str>> {
    let of_rule = granted.names(&place.path);
    // of requests that name something the policy leaves out the name `""`, which others have
    let is_given = |name: &&String| name.is_empty() || all.is_none_or(|all| all.contains(name));
    let names = match of_rule {
        [] => all?,
        names => names,
    };
    let names = names.iter().filter(is_given).map(String::as_str);
    Some(names.collect())
}

/// Whether a role makes pods whose service account it can choose.
pub(super) fn makes_pods(granted: &Granted) -> bool {
    granted.powers.iter().any(|told| told.power == RUN_PODS)
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

impl<'a> Fact<'a> {
    /// Whether it is about this resource.
    pub(super) fn covers(&self, resource: &str) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|grant| names(&grant.resource, resource))
    }

    /// Whether it is for any of these verbs.
    pub(super) fn allows(&self, verbs: &[&str]) -> bool {
        let mut given = self.grants.iter().flat_map(|grant| &grant.verbs);
        given.any(|given| given == "*" || verbs.contains(&given.as_str()))
    }

    /// Whether it holds for an object of this name.
    pub(super) fn is_for(&self, name: &str) -> bool {
        self.names
            .as_ref()
            .is_none_or(|names| names.contains(&name))
    }

    /// The names that it is restricted to; none where it is not.
    pub(super) fn named(&self) -> impl Iterator<Item = &'a str> {
        let names = self.names.iter().flatten().copied();
        names.filter(|name| !name.is_empty())
    }
}
