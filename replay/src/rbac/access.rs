//! Who can write pods where: roles joined with their bindings, the worst first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::bound::{Bound, Judged};
use super::components::is_component;
use super::evaluate::{Granted, Held};
use super::objects::{BindingName, Rbac, RoleKind, RoleName};
use super::subjects::Subject;
use crate::answer::Severity;
use crate::near::{did_you_mean, nearest};
use crate::terminal::escaped;

/// What to show; everything where nothing is said.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// A place in [`ABILITIES`](super::evaluate::ABILITIES).
    pub(super) ability: Option<usize>,
    pub(super) subjects: Option<BTreeSet<Subject>>,
    /// What holds in this namespace, whether there alone or everywhere.
    pub(super) namespace: Option<String>,
    /// Also what Kubernetes' own components hold.
    pub(super) components: bool,
}

/// Who can write pods where.
#[derive(Default)]
pub(super) struct Access<'a> {
    /// Roles that somebody holds, the worst first.
    pub(super) held: Vec<Block<'a>>,
    /// Roles that nobody holds, the worst first.
    pub(super) unbound: Vec<Block<'a>>,
    /// Roles that are bound and not in the snapshot.
    pub(super) unknown: BTreeMap<&'a RoleName, Vec<Holder<'a>>>,
    /// Grants to Kubernetes' own components that are not shown.
    pub(super) folded: u64,
    /// Grants of pod write that were not asked for.
    pub(super) left_out: u64,
}

/// A role with everybody who holds it everywhere, or in namespaces.
pub(super) struct Block<'a> {
    pub(super) role: &'a RoleName,
    /// Whether it holds in the namespaces of its bindings alone.
    pub(super) namespaced: bool,
    pub(super) granted: Rc<Granted>,
    /// Those of its abilities that were asked for, the worst first.
    pub(super) abilities: Vec<Held>,
    /// By namespace and subject.
    pub(super) holders: Vec<Holder<'a>>,
    /// Roles that collect its rules, and so hand them on.
    pub(super) collected_by: Vec<&'a str>,
}

/// Somebody to whom a binding gives a role.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holder<'a> {
    pub(super) namespace: Option<&'a str>,
    pub(super) subject: &'a Subject,
    pub(super) binding: &'a BindingName,
    pub(super) component: bool,
}

impl Filter {
    /// Everybody whose rights are those of `asked`: the subject that it means, or all of that name,
    /// and the groups that the API server puts them into.
    pub(super) fn subjects(asked: &str, judged: &Judged<'_>) -> BTreeSet<Subject> {
        let meant = Subject::called(asked);
        let all = judged
            .bindings
            .iter()
            .flat_map(|bound| &bound.binding.subjects);
        let mut subjects: BTreeSet<Subject> = all
            .filter(|subject| subject.name == asked || **subject == meant)
            .cloned()
            .collect();
        if subjects.is_empty() {
            subjects.insert(meant);
        }
        let groups: Vec<Subject> = subjects.iter().flat_map(Subject::groups).collect();
        subjects.extend(groups);
        subjects
    }

    /// What to say of a subject that no binding names: a slip of the pen looks like somebody who
    /// may do nothing.
    pub(super) fn stranger(asked: &str, judged: &Judged<'_>) -> Option<String> {
        let meant = Subject::called(asked);
        let all = judged
            .bindings
            .iter()
            .flat_map(|bound| &bound.binding.subjects)
            .collect::<BTreeSet<_>>();
        let mut known = all.iter();
        if known.any(|subject| subject.name == asked || **subject == meant) {
            return None;
        }
        let called: Vec<String> = all.iter().map(ToString::to_string).collect();
        let called = called.iter().map(String::as_str);
        let near = match asked.contains('/') {
            true => nearest(asked, called),
            // the name alone, whatever has it
            false => nearest(asked, all.iter().map(|subject| subject.name.as_str())),
        };
        let near = did_you_mean(&near).unwrap_or_else(|| {
            "subjects are called `User/bob`, `Group/admins` or `ServiceAccount/team-a/deployer`"
                .to_owned()
        });
        Some(format!(
            "no binding names {meant}, so that only what everybody holds is listed; {near}"
        ))
    }

    /// What to say of a namespace in which the snapshot has nothing.
    pub(super) fn nowhere(asked: &str, rbac: &Rbac) -> Option<String> {
        let roles = rbac.roles.keys().map(|role| &role.namespace);
        let bindings = rbac.bindings.keys().map(|binding| &binding.namespace);
        let all: BTreeSet<&str> = roles
            .chain(bindings)
            .filter_map(|namespace| namespace.as_deref())
            .collect();
        if all.contains(asked) {
            return None;
        }
        let near = did_you_mean(&nearest(asked, all));
        let near = near.map_or_else(String::new, |near| format!("; {near}"));
        Some(format!(
            "no role or binding is in the namespace `{}`, so that only what holds everywhere is \
             listed{near}",
            escaped(asked)
        ))
    }

    fn shows(&self, subject: &Subject) -> bool {
        self.subjects
            .as_ref()
            .is_none_or(|subjects| subjects.contains(subject))
    }

    fn holds_in(&self, namespace: Option<&str>) -> bool {
        self.namespace.is_none() || namespace.is_none() || self.namespace.as_deref() == namespace
    }

    fn abilities(&self, granted: &Granted) -> Vec<Held> {
        let asked = |held: &&Held| self.ability.is_none_or(|ability| ability == held.ability);
        granted.abilities.iter().filter(asked).cloned().collect()
    }
}

impl<'a> Access<'a> {
    pub(super) fn new(judged: &Judged<'a>, filter: &Filter) -> Self {
        let mut access = Self::default();
        let mut held: BTreeMap<(&RoleName, bool, Vec<Held>), Block<'a>> = BTreeMap::new();
        for bound in &judged.bindings {
            let abilities = filter.abilities(&bound.granted);
            let is_asked = filter.holds_in(bound.name.namespace.as_deref())
                && (bound.role.is_none() || !abilities.is_empty());
            for subject in &bound.binding.subjects {
                let holder = bound.holder(subject);
                if !is_asked || !filter.shows(subject) {
                    let counts = filter.components || !holder.component;
                    let grants = !bound.granted.abilities.is_empty();
                    access.left_out += u64::from(counts && grants);
                    continue;
                }
                if holder.component && !filter.components {
                    access.folded += 1;
                    continue;
                }
                let role = &bound.binding.role;
                if bound.role.is_none() {
                    access.unknown.entry(role).or_default().push(holder);
                    continue;
                }
                let namespaced = bound.name.namespace.is_some();
                let block = held
                    .entry((role, namespaced, abilities.clone()))
                    .or_insert_with(|| Block {
                        role,
                        namespaced,
                        granted: Rc::clone(&bound.granted),
                        abilities: abilities.clone(),
                        holders: Vec::new(),
                        collected_by: Vec::new(),
                    });
                block.holders.push(holder);
            }
        }
        access.held = held.into_values().collect();
        access.unbound = unbound(judged, filter);
        for block in &mut access.held {
            block.holders.sort();
        }
        access.held.sort_by_key(Block::rank);
        access.unbound.sort_by_key(Block::rank);
        access
    }

    /// How many roles are shown.
    pub(super) fn roles(&self) -> usize {
        let blocks = self.held.iter().chain(&self.unbound);
        blocks
            .map(|block| block.role)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// The worst that somebody holds, or could.
    pub(super) fn worst(&self) -> Option<Severity> {
        let blocks = self.held.iter().chain(&self.unbound);
        blocks.filter_map(Block::severity).max()
    }
}

/// Roles with abilities that no binding gives to anybody. A search for a subject has none.
fn unbound<'a>(judged: &Judged<'a>, filter: &Filter) -> Vec<Block<'a>> {
    if filter.subjects.is_some() {
        return Vec::new();
    }
    let bound: BTreeSet<&RoleName> = judged
        .bindings
        .iter()
        .filter(|bound| !bound.binding.subjects.is_empty())
        .map(|bound| &bound.binding.role)
        .collect();
    let unbound = judged.roles.iter().filter(|(name, _)| {
        let elsewhere = filter.namespace.is_some() && filter.namespace != name.namespace;
        !bound.contains(*name) && !elsewhere
    });
    let blocks = unbound.map(|(role, granted)| Block {
        role,
        namespaced: role.namespace.is_some(),
        granted: Rc::clone(granted),
        abilities: filter.abilities(granted),
        holders: Vec::new(),
        collected_by: judged
            .roles
            .iter()
            .filter(|(_, other)| role.kind == RoleKind::ClusterRole && other.collects(&role.name))
            .map(|(other, _)| other.name.as_str())
            .collect(),
    });
    blocks.filter(|block| !block.abilities.is_empty()).collect()
}

impl<'a> Bound<'a> {
    pub(super) fn holder(&self, subject: &'a Subject) -> Holder<'a> {
        let binding = (self.name, self.binding);
        Holder {
            namespace: self.name.namespace.as_deref(),
            subject,
            binding: self.name,
            component: self
                .role
                .is_some_and(|role| is_component(role, binding, subject)),
        }
    }
}

impl Block<'_> {
    /// The severity of its worst ability; in the hands of everybody, any is critical.
    pub(super) fn severity(&self) -> Option<Severity> {
        let worst = self.abilities.iter().map(|held| held.severity).max()?;
        Some(if self.is_everybodys() {
            Severity::Critical
        } else {
            worst
        })
    }

    /// Whether it is in the hands of everybody, or of all workloads.
    pub(super) fn is_everybodys(&self) -> bool {
        self.holders
            .iter()
            .any(|holder| holder.subject.is_everybody())
    }

    /// What everybody can do everywhere first, then by severity, everywhere before in namespaces,
    /// and the more abilities, the worse.
    fn rank(&self) -> impl Ord + use<> {
        (
            Reverse(self.is_everybodys() && !self.namespaced),
            Reverse(self.severity()),
            self.namespaced,
            Reverse(self.abilities.len()),
            self.role.clone(),
        )
    }
}
