//! How pod write is granted, and how one comes to act as somebody who can.
//!
//! Source: Kubernetes `pkg/registry/rbac/escalation_check.go` and
//! `pkg/registry/rbac/clusterrole/policybased/storage.go` for roles and bindings;
//! `staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation` for impersonation;
//! `plugin/pkg/admission/certificates/subjectrestriction` for certificates; and the documentation's
//! RBAC good practices for the rest.

use std::collections::BTreeSet;

use super::existing::Existing;
use super::facts::{Fact, Power};
use super::rights::{Proof, Rights};
use crate::rbac::objects::{RoleKind, RoleName};
use crate::rbac::subjects::{MASTERS, Subject, SubjectKind};

/// What somebody does on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    // grants pod write
    IsMaster,
    Escalates,
    WritesWhatItHolds,
    BindsAny,
    BindsNamed,
    BindsWhatItHolds,
    // acts as somebody
    Impersonates,
    TakesToken,
    RunsPod,
    BindsToRunPod,
    RewritesToRunPod,
    MakesCertificate,
    ReadsSecret,
}

impl Act {
    /// A word for machines.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::IsMaster => "masters",
            Self::Escalates => "escalate",
            Self::WritesWhatItHolds => "write-held",
            Self::BindsAny => "bind",
            Self::BindsNamed => "bind-named",
            Self::BindsWhatItHolds => "bind-held",
            Self::Impersonates => "impersonate",
            Self::TakesToken => "token",
            Self::RunsPod => "run-pod",
            Self::BindsToRunPod => "bind-and-run-pod",
            Self::RewritesToRunPod => "rewrite-and-run-pod",
            Self::MakesCertificate => "certificate",
            Self::ReadsSecret => "secret",
        }
    }

    /// What it is, after the name of who does it and with who is reached.
    pub(super) fn in_words(self, target: &str) -> String {
        match self {
            Self::IsMaster => "needs no right: what its members do is not checked".into(),
            Self::Escalates => {
                "writes cluster roles and may `escalate`: they may grant more than it holds".into()
            }
            Self::WritesWhatItHolds => "writes cluster roles, and holds pod write itself".into(),
            Self::BindsAny => {
                "binds cluster roles everywhere and may `bind` any: cluster-admin to itself".into()
            }
            Self::BindsNamed => {
                "binds cluster roles everywhere and may `bind` one that grants pod write".into()
            }
            Self::BindsWhatItHolds => {
                "binds cluster roles everywhere, and holds pod write itself".into()
            }
            Self::Impersonates => format!("impersonates {target}"),
            Self::TakesToken => format!("requests a token of {target}"),
            Self::RunsPod => format!("runs a pod as {target}"),
            Self::BindsToRunPod => {
                format!("binds a role that creates pods to itself, and runs one as {target}")
            }
            Self::RewritesToRunPod => {
                format!("rewrites a role that it holds to create pods, and runs one as {target}")
            }
            Self::MakesCertificate => format!("makes itself a client certificate of {target}"),
            Self::ReadsSecret => {
                format!("reads secrets, and so a token of {target} if one is kept there")
            }
        }
    }
}

/// An act, and the facts that allow it.
pub(super) struct Way<'f, 'a> {
    pub(super) act: Act,
    pub(super) facts: Proof<'f, 'a>,
}

impl<'f, 'a> Way<'f, 'a> {
    /// An act that all these allow together, each told once.
    fn new(act: Act, proofs: &[&[&'f Fact<'a>]]) -> Self {
        let mut facts: Proof<'f, 'a> = Vec::new();
        for fact in proofs.iter().copied().flatten() {
            if !facts.iter().any(|known| std::ptr::eq(*known, *fact)) {
                facts.push(fact);
            }
        }
        Self { act, facts }
    }
}

/// A way to act as others.
pub(super) struct Door<'f, 'a> {
    pub(super) way: Way<'f, 'a>,
    pub(super) to: Target<'a>,
}

impl<'f, 'a> Door<'f, 'a> {
    fn new(act: Act, proofs: &[&[&'f Fact<'a>]], to: Target<'a>) -> Self {
        let way = Way::new(act, proofs);
        Self { way, to }
    }
}

/// Whom a door leads to.
pub(super) enum Target<'a> {
    /// Users of these names, or all that a binding names.
    Users(Option<Vec<&'a str>>),
    /// Groups of these names, or all but, maybe, the masters.
    Groups(Option<Vec<&'a str>>, Masters),
    /// Service accounts of a namespace or of all, and of these names or all.
    Accounts(Option<&'a str>, Option<Vec<&'a str>>),
}

/// Whether a door leads to the group of masters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masters {
    Included,
    Excluded,
}

/// How a subject with these rights grants pod write by itself, if it can: the plainest way.
pub(super) fn grants<'f, 'a>(
    subject: &Subject,
    facts: &'f [&'f Fact<'a>],
    existing: &Existing<'a>,
) -> Option<Way<'f, 'a>> {
    if is_master(subject) {
        return Some(Way::new(Act::IsMaster, &[]));
    }
    let rights = Rights::new(facts);
    writes_roles(&rights, existing).or_else(|| binds_roles(&rights, existing))
}

/// By a cluster role that it writes.
fn writes_roles<'f, 'a>(rights: &Rights<'f, 'a>, existing: &Existing<'a>) -> Option<Way<'f, 'a>> {
    let there = existing.roles(None);
    let writes = rights.writes(None, Power::WriteRoles, "clusterroles", there);
    for escalate in rights.within(None, Power::Escalate, "clusterroles") {
        if let Some(written) = writes.any_one(Some(escalate)) {
            return Some(Way::new(Act::Escalates, &[&written, &[escalate]]));
        }
    }
    let (written, held) = (writes.any_one(None)?, rights.pod_write().next()?);
    Some(Way::new(Act::WritesWhatItHolds, &[&written, &[held]]))
}

/// By a binding of the cluster that it writes: a new one, or one that is there, whose role cannot
/// be changed.
fn binds_roles<'f, 'a>(rights: &Rights<'f, 'a>, existing: &Existing<'a>) -> Option<Way<'f, 'a>> {
    let there = existing.bindings(None);
    let writes = rights.writes(None, Power::WriteBindings, "clusterrolebindings", there);
    let new = writes.new_one();
    let changed = |is_meant: &dyn Fn(&RoleName) -> bool| {
        let mut bindings = existing.handing.iter();
        bindings.find_map(|bound| {
            let change = writes.change(&bound.name.name)?;
            is_meant(&bound.binding.role).then(|| vec![change])
        })
    };
    for bind in rights.within(None, Power::Bind, "clusterroles") {
        let is_bindable = |role: &RoleName| bind.is_for(&role.name);
        let some = || existing.granting.iter().any(|role| is_bindable(role));
        let (act, written) = match (&new, bind.names.is_none()) {
            (Some(new), true) => (Act::BindsAny, Some(new.clone())),
            (Some(new), false) if some() => (Act::BindsNamed, Some(new.clone())),
            _ => (Act::BindsNamed, changed(&is_bindable)),
        };
        if let Some(written) = written {
            return Some(Way::new(act, &[&written, &[bind]]));
        }
    }
    rights.pod_write().find_map(|held| {
        let written = new.clone().or_else(|| changed(&|role| role == held.role))?;
        Some(Way::new(Act::BindsWhatItHolds, &[&written, &[held]]))
    })
}

pub(super) fn is_master(subject: &Subject) -> bool {
    subject.kind == SubjectKind::Group && subject.name == MASTERS
}

/// How a subject with these rights comes to act as others, the plainest first.
pub(super) fn doors<'f, 'a>(
    facts: &'f [&'f Fact<'a>],
    existing: &Existing<'a>,
) -> Vec<Door<'f, 'a>> {
    let rights = Rights::new(facts);
    let mut doors = Vec::new();
    impersonation(&rights, &mut doors);
    for token in rights.anywhere(Power::Token, "serviceaccounts/token") {
        let names = token.names.clone();
        let to = Target::Accounts(token.namespace, names);
        doors.push(Door::new(Act::TakesToken, &[&[token]], to));
    }
    let of = |power| {
        facts
            .iter()
            .copied()
            .filter(move |fact| fact.power == power)
    };
    for run in of(Power::RunPods) {
        let to = Target::Accounts(run.namespace, None);
        doors.push(Door::new(Act::RunsPod, &[&[run]], to));
    }
    binds_to_run_pods(&rights, existing, &mut doors);
    rewrites_to_run_pods(&rights, &mut doors);
    for secrets in rights.anywhere(Power::Secrets, "secrets") {
        let to = Target::Accounts(secrets.namespace, None);
        doors.push(Door::new(Act::ReadsSecret, &[&[secrets]], to));
    }
    certificates(&rights, &mut doors);
    doors
}

/// By a RoleBinding to a role that makes pods, whether it does already or is written so: a new one,
/// or one that is there.
fn binds_to_run_pods<'f, 'a>(
    rights: &Rights<'f, 'a>,
    existing: &Existing<'a>,
    doors: &mut Vec<Door<'f, 'a>>,
) {
    let bindings = rights.anywhere(Power::WriteBindings, "rolebindings");
    let kinds = [
        (RoleKind::ClusterRole, "clusterroles"),
        (RoleKind::Role, "roles"),
    ];
    let binds = kinds.map(|(_, resource)| rights.anywhere(Power::Bind, resource));
    if bindings.is_empty() || binds.iter().all(Vec::is_empty) {
        return;
    }
    let mut places: BTreeSet<Option<&str>> = BTreeSet::from([None]);
    let held = || bindings.iter().chain(binds.iter().flatten());
    places.extend(held().map(|fact| fact.namespace));
    if held().any(|fact| fact.namespace.is_none()) {
        places.extend(existing.namespaces_of_makers().map(Some));
    }
    for place in places {
        // each namespace has names of its own
        let there = place.and_then(|_| existing.bindings(place));
        let writes = rights.writes(place, Power::WriteBindings, "rolebindings", there);
        let new = writes.new_one();
        for (kind, resource) in kinds {
            let of_kind = match kind {
                RoleKind::ClusterRole => None,
                // roles are bound where they are
                RoleKind::Role if place.is_none() => continue,
                RoleKind::Role => place,
            };
            for bind in rights.within(place, Power::Bind, resource) {
                let is_bindable = |role: &RoleName| role.kind == kind && bind.is_for(&role.name);
                let is_any = kind == RoleKind::ClusterRole && bind.names.is_none();
                let some = || {
                    existing
                        .makers(of_kind)
                        .iter()
                        .any(|role| is_bindable(role))
                };
                let changed = || {
                    let mut making = existing.making(place?).iter();
                    making.find_map(|bound| {
                        let change = writes.change(&bound.name.name)?;
                        is_bindable(&bound.binding.role).then_some(change)
                    })
                };
                let made = || {
                    let is_free = kind == RoleKind::Role && bind.names.is_none();
                    is_free.then(|| writes_a_role(rights, place?, existing))?
                };
                let written = match &new {
                    Some(new) if is_any || some() => Some(new.clone()),
                    Some(new) => made().map(|role| [new.as_slice(), &role].concat()),
                    None => None,
                };
                let written = written.or_else(|| changed().map(|change| vec![change]));
                if let Some(written) = written {
                    let to = Target::Accounts(place, None);
                    doors.push(Door::new(Act::BindsToRunPod, &[&written, &[bind]], to));
                }
            }
        }
    }
}

/// By whose rights a role of a namespace comes to hold what its author does not.
fn writes_a_role<'f, 'a>(
    rights: &Rights<'f, 'a>,
    namespace: &str,
    existing: &Existing<'a>,
) -> Option<Proof<'f, 'a>> {
    let place = Some(namespace);
    let there = existing.roles(place);
    let writes = rights.writes(place, Power::WriteRoles, "roles", there);
    let mut escalates = rights.within(place, Power::Escalate, "roles").into_iter();
    escalates.find_map(|escalate| {
        let written = writes.any_one(Some(escalate))?;
        Some([written.as_slice(), &[escalate]].concat())
    })
}

/// By its own role of a namespace, into which it writes that it makes pods.
fn rewrites_to_run_pods<'f, 'a>(rights: &Rights<'f, 'a>, doors: &mut Vec<Door<'f, 'a>>) {
    let own = rights.facts.iter().copied();
    for own in own.filter(|own| own.role.kind == RoleKind::Role) {
        let place = own.namespace;
        let covering = |facts: Proof<'f, 'a>| {
            let mut facts = facts.into_iter();
            facts.find(|fact| fact.is_for(&own.role.name))
        };
        let writes = rights.may(&["update", "patch"], place, Power::WriteRoles, "roles");
        let escalates = rights.within(place, Power::Escalate, "roles");
        if let (Some(write), Some(escalate)) = (covering(writes), covering(escalates)) {
            // what else the role gives is told where nothing else of it is
            let is_told = [write, escalate].iter().any(|fact| fact.role == own.role);
            let held: &[_] = if is_told { &[] } else { &[own] };
            let to = Target::Accounts(place, None);
            let proof: [&[_]; 2] = [&[write, escalate], held];
            doors.push(Door::new(Act::RewritesToRunPod, &proof, to));
        }
    }
}

/// A group needs a user or service account to be impersonated with it.
fn impersonation<'f, 'a>(rights: &Rights<'f, 'a>, doors: &mut Vec<Door<'f, 'a>>) {
    let act = Act::Impersonates;
    let users = rights.within(None, Power::Impersonate, "users");
    let accounts = rights.anywhere(Power::Impersonate, "serviceaccounts");
    if let Some(user) = users.iter().chain(&accounts).copied().next() {
        for group in rights.within(None, Power::Impersonate, "groups") {
            let to = Target::Groups(group.names.clone(), Masters::Included);
            doors.push(Door::new(act, &[&[group, user]], to));
        }
    }
    for user in users {
        let to = Target::Users(user.names.clone());
        doors.push(Door::new(act, &[&[user]], to));
    }
    for account in accounts {
        let to = Target::Accounts(account.namespace, account.names.clone());
        doors.push(Door::new(act, &[&[account]], to));
    }
}

/// The signer whose certificates the API server takes for whom they name, and the way to say all
/// of its domain (`plugin/pkg/admission/certificates/util.go`).
const SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"];

/// Who may ask for a certificate, approve it and approve for its signer has one of any user and
/// group but the masters, whom an admission plugin refuses.
fn certificates<'f, 'a>(rights: &Rights<'f, 'a>, doors: &mut Vec<Door<'f, 'a>>) {
    let may = |verbs: &[&str], resource| rights.may(verbs, None, Power::Certificates, resource);
    let asks = may(&["create"], "certificatesigningrequests");
    let approves = may(&["update", "patch"], "certificatesigningrequests/approval");
    let mut signs = may(&["approve"], "signers");
    signs.retain(|sign| SIGNERS.iter().any(|signer| sign.is_for(signer)));
    if let (Some(ask), Some(approve), Some(sign)) = (asks.first(), approves.first(), signs.first())
    {
        for to in [Target::Users(None), Target::Groups(None, Masters::Excluded)] {
            let proof: [&[_]; 1] = [&[*ask, *approve, *sign]];
            doors.push(Door::new(Act::MakesCertificate, &proof, to));
        }
    }
}
