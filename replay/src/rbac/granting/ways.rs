//! How pod write is granted, and how one comes to act as somebody who can.
//!
//! Source: Kubernetes `pkg/registry/rbac/escalation_check.go` and
//! `pkg/registry/rbac/clusterrole/policybased/storage.go` for roles and bindings;
//! `staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation` for impersonation;
//! `plugin/pkg/admission/certificates/subjectrestriction` for certificates; and the documentation's
//! RBAC good practices for the rest.

use super::facts::{Fact, Power, makes_pods};
use crate::rbac::bound::Judged;
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
    pub(super) facts: Vec<&'f Fact<'a>>,
}

/// A way to act as others.
pub(super) struct Door<'f, 'a> {
    pub(super) way: Way<'f, 'a>,
    pub(super) to: Target<'a>,
}

/// Whom a door leads to.
pub(super) enum Target<'a> {
    /// Users of these names, or all that a binding names.
    Users(Option<&'a [String]>),
    /// Groups of these names, or all but, maybe, the masters.
    Groups(Option<&'a [String]>, Masters),
    /// Service accounts of a namespace or of all, and of these names or all.
    Accounts(Option<&'a str>, Option<&'a [String]>),
}

/// Whether a door leads to the group of masters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masters {
    Included,
    Excluded,
}

/// What somebody holds, to be asked for one power at a time.
struct Rights<'f, 'a> {
    facts: &'f [&'f Fact<'a>],
}

impl<'f, 'a> Rights<'f, 'a> {
    fn all(&self, power: Power, resource: &'f str) -> impl Iterator<Item = &'f Fact<'a>> {
        let facts = self.facts.iter().copied();
        facts.filter(move |fact| fact.power == power && fact.covers(resource))
    }

    /// Facts that hold everywhere, and so for what has no namespace.
    fn everywhere(&self, power: Power, resource: &'f str) -> impl Iterator<Item = &'f Fact<'a>> {
        self.all(power, resource)
            .filter(|fact| fact.namespace.is_none())
    }

    fn pod_write(&self) -> Option<&'f Fact<'a>> {
        let mut facts = self.facts.iter().copied();
        facts.find(|fact| fact.power == Power::PodWrite && fact.namespace.is_none())
    }
}

/// How a subject with these rights grants pod write by itself, if it can: the plainest way.
pub(super) fn grants<'f, 'a>(
    subject: &Subject,
    facts: &'f [&'f Fact<'a>],
    judged: &Judged<'_>,
) -> Option<Way<'f, 'a>> {
    if is_master(subject) {
        return Some(Way {
            act: Act::IsMaster,
            facts: Vec::new(),
        });
    }
    let rights = Rights { facts };
    for write in rights.everywhere(Power::WriteRoles, "clusterroles") {
        let mut escalates = rights.everywhere(Power::Escalate, "clusterroles");
        if let Some(escalate) = escalates.find(|escalate| write.meets(escalate)) {
            return Some(Way {
                act: Act::Escalates,
                facts: vec![write, escalate],
            });
        }
        if let Some(held) = rights.pod_write() {
            return Some(Way {
                act: Act::WritesWhatItHolds,
                facts: vec![write, held],
            });
        }
    }
    for write in rights.everywhere(Power::WriteBindings, "clusterrolebindings") {
        for bind in rights.everywhere(Power::Bind, "clusterroles") {
            let bindable =
                |role: &RoleName| bind.is_for(&role.name) && hands_on(write, role, judged);
            let act = match (bind.names, write.names) {
                (None, None) => Some(Act::BindsAny),
                _ => judged
                    .roles
                    .iter()
                    .any(|(role, granted)| !granted.abilities.is_empty() && bindable(role))
                    .then_some(Act::BindsNamed),
            };
            if let Some(act) = act {
                return Some(Way {
                    act,
                    facts: vec![write, bind],
                });
            }
        }
        if let Some(held) = rights.pod_write()
            && hands_on(write, held.role, judged)
        {
            return Some(Way {
                act: Act::BindsWhatItHolds,
                facts: vec![write, held],
            });
        }
    }
    None
}

/// Whether who may write these bindings can give a cluster role to somebody: by a new binding, or
/// by one of those that it may change, whose role cannot be changed.
fn hands_on(write: &Fact<'_>, role: &RoleName, judged: &Judged<'_>) -> bool {
    let Some(names) = write.names else {
        return role.kind == RoleKind::ClusterRole;
    };
    let mut bindings = judged.bindings.iter();
    bindings.any(|bound| {
        bound.name.namespace.is_none()
            && bound.binding.role == *role
            && names.contains(&bound.name.name)
    })
}

pub(super) fn is_master(subject: &Subject) -> bool {
    subject.kind == SubjectKind::Group && subject.name == MASTERS
}

/// How a subject with these rights comes to act as others, the plainest first.
pub(super) fn doors<'f, 'a>(facts: &'f [&'f Fact<'a>], judged: &Judged<'_>) -> Vec<Door<'f, 'a>> {
    let rights = Rights { facts };
    let mut doors = Vec::new();
    impersonation(&rights, &mut doors);
    let mut accounts = |act, facts: Vec<&'f Fact<'a>>, namespace, names| {
        doors.push(Door {
            way: Way { act, facts },
            to: Target::Accounts(namespace, names),
        });
    };
    for token in rights.all(Power::Token, "serviceaccounts/token") {
        accounts(Act::TakesToken, vec![token], token.namespace, token.names);
    }
    for run in facts
        .iter()
        .copied()
        .filter(|fact| fact.power == Power::RunPods)
    {
        accounts(Act::RunsPod, vec![run], run.namespace, None);
    }
    for write in rights.all(Power::WriteBindings, "rolebindings") {
        for bind in rights.all(Power::Bind, "clusterroles") {
            let some = || {
                let mut roles = judged.roles.iter();
                roles.any(|(role, granted)| bind.is_for(&role.name) && makes_pods(granted))
            };
            if let (None, Some(namespace)) = (write.names, both(write, bind))
                && (bind.names.is_none() || some())
            {
                accounts(Act::BindsToRunPod, vec![write, bind], namespace, None);
            }
        }
    }
    for write in rights.all(Power::WriteRoles, "roles") {
        for escalate in rights.all(Power::Escalate, "roles") {
            let own = facts.iter().copied().find(|own| {
                let within =
                    |fact: &Fact<'_>| fact.namespace.is_none_or(|it| own.namespace == Some(it));
                own.role.kind == RoleKind::Role
                    && [write, escalate]
                        .iter()
                        .all(|it| within(it) && it.is_for(&own.role.name))
            });
            if let Some(own) = own {
                let facts = vec![write, escalate, own];
                accounts(Act::RewritesToRunPod, facts, own.namespace, None);
            }
        }
    }
    for secrets in rights.all(Power::Secrets, "secrets") {
        accounts(Act::ReadsSecret, vec![secrets], secrets.namespace, None);
    }
    certificates(&rights, &mut doors);
    doors
}

/// The place where both of two facts hold, if there is one; its namespace is none for everywhere.
fn both<'a>(one: &Fact<'a>, other: &Fact<'a>) -> Option<Option<&'a str>> {
    match (one.namespace, other.namespace) {
        (None, place) | (place, None) => Some(place),
        (one, other) => (one == other).then_some(one),
    }
}

/// A group needs a user or service account to be impersonated with it.
fn impersonation<'f, 'a>(rights: &Rights<'f, 'a>, doors: &mut Vec<Door<'f, 'a>>) {
    let with = |act, facts, to| Door {
        way: Way { act, facts },
        to,
    };
    let users = || rights.everywhere(Power::Impersonate, "users");
    let accounts = || rights.all(Power::Impersonate, "serviceaccounts");
    let act = Act::Impersonates;
    if let Some(user) = users().chain(accounts()).next() {
        for group in rights.everywhere(Power::Impersonate, "groups") {
            let mut facts = vec![group];
            if !std::ptr::eq(group, user) {
                facts.push(user);
            }
            doors.push(with(
                act,
                facts,
                Target::Groups(group.names, Masters::Included),
            ));
        }
    }
    for user in users() {
        doors.push(with(act, vec![user], Target::Users(user.names)));
    }
    for account in accounts() {
        let to = Target::Accounts(account.namespace, account.names);
        doors.push(with(act, vec![account], to));
    }
}

/// Who may both ask for a certificate and approve it has one of any user and group but the
/// masters, whom an admission plugin refuses.
fn certificates<'f, 'a>(rights: &Rights<'f, 'a>, doors: &mut Vec<Door<'f, 'a>>) {
    let ask = rights
        .everywhere(Power::Certificates, "certificatesigningrequests")
        .next();
    let approve = rights
        .everywhere(Power::Certificates, "certificatesigningrequests/approval")
        .next();
    if let (Some(ask), Some(approve)) = (ask, approve) {
        let mut facts = vec![ask];
        if !std::ptr::eq(ask, approve) {
            facts.push(approve);
        }
        for to in [Target::Users(None), Target::Groups(None, Masters::Excluded)] {
            let facts = facts.clone();
            doors.push(Door {
                way: Way {
                    act: Act::MakesCertificate,
                    facts,
                },
                to,
            });
        }
    }
}
