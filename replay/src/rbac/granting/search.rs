//! Who can grant pod write, and by which shortest chain: from those who can at once, outward to
//! whoever can act as one of them. Each round reaches somebody new or is the last.

use std::collections::BTreeMap;

use super::existing::Existing;
use super::facts::{Fact, Facts};
use super::ways::{Act, Masters, Target, Way, doors, grants, is_master};
use crate::rbac::bound::Judged;
use crate::rbac::subjects::{ALL_ACCOUNTS, MASTERS, Subject, SubjectKind};

/// What somebody does, and as whom it goes on.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) act: Act,
    pub(super) facts: Vec<Fact<'a>>,
    /// None where this grants pod write.
    pub(super) target: Option<Subject>,
    /// How many steps there are from here.
    pub(super) steps: usize,
}

/// Everybody who can grant pod write.
#[derive(Default)]
pub(super) struct Reached<'a> {
    first: BTreeMap<Subject, Step<'a>>,
    /// Those who are nearest, by what doors lead to.
    accounts: BTreeMap<(Option<String>, Option<String>), Subject>,
    user: Option<Subject>,
    group: Option<Subject>,
}

/// Searches a cluster.
pub(super) fn search<'a>(facts: &Facts<'a>, judged: &'a Judged<'a>) -> Reached<'a> {
    let existing = Existing::new(judged);
    let mut reached = Reached::default();
    let mut subjects: Vec<Subject> = facts.subjects().cloned().collect();
    let masters = Subject::group(MASTERS);
    if !subjects.contains(&masters) {
        subjects.push(masters);
    }
    let held = subjects.into_iter().map(|subject| {
        let held = facts.of(&subject);
        (subject, held)
    });
    let held: Vec<_> = held.collect();
    let mut open = Vec::new();
    for (subject, held) in &held {
        match grants(subject, held, &existing) {
            Some(way) => reached.add(subject.clone(), Step::new(&way, None, 1)),
            None => open.push((subject, doors(held, &existing))),
        }
    }
    for round in 2.. {
        let mut found = Vec::new();
        open.retain(|(subject, doors)| {
            let step = doors.iter().find_map(|door| {
                let target = reached.target(&door.to, subject)?;
                Some(Step::new(&door.way, Some(target.clone()), round))
            });
            let Some(step) = step else { return true };
            found.push(((*subject).clone(), step));
            false
        });
        if found.is_empty() {
            break;
        }
        found
            .into_iter()
            .for_each(|(subject, step)| reached.add(subject, step));
    }
    reached
}

impl<'a> Step<'a> {
    fn new(way: &Way<'_, 'a>, target: Option<Subject>, steps: usize) -> Self {
        Self {
            act: way.act,
            facts: way.facts.iter().copied().cloned().collect(),
            target,
            steps,
        }
    }
}

impl<'a> Reached<'a> {
    /// Everybody, the nearest first.
    pub(super) fn nearest_first(&self) -> Vec<(&Subject, &Step<'a>)> {
        let mut all: Vec<_> = self.first.iter().collect();
        all.sort_by_key(|(subject, step)| (step.steps, !subject.is_everybody()));
        all
    }

    /// The steps of somebody, to the end.
    pub(super) fn chain<'r>(&'r self, subject: &'r Subject) -> Vec<(&'r Subject, &'r Step<'a>)> {
        let mut chain = Vec::new();
        let mut next = Some(subject);
        while let Some(subject) = next {
            let Some(step) = self.first.get(subject) else {
                break;
            };
            chain.push((subject, step));
            next = step.target.as_ref();
        }
        chain
    }

    fn add(&mut self, subject: Subject, step: Step<'a>) {
        match subject.kind {
            SubjectKind::User => drop(self.user.get_or_insert_with(|| subject.clone())),
            SubjectKind::Group if is_master(&subject) => {}
            SubjectKind::Group => drop(self.group.get_or_insert_with(|| subject.clone())),
            SubjectKind::ServiceAccount => {
                let (namespace, name) = (subject.namespace.clone(), Some(subject.name.clone()));
                for key in [
                    (None, None),
                    (namespace.clone(), None),
                    (None, name.clone()),
                    (namespace, name),
                ] {
                    self.accounts.entry(key).or_insert_with(|| subject.clone());
                }
            }
        }
        self.first.insert(subject, step);
    }

    /// The group of all service accounts, of a namespace or at all, if that can.
    fn any_account(&self, namespace: Option<&str>) -> Option<&Subject> {
        let own = namespace.map(|namespace| format!("{ALL_ACCOUNTS}:{namespace}"));
        let groups = own.into_iter().chain([ALL_ACCOUNTS.to_owned()]);
        let mut groups = groups.map(|name| Subject::group(&name));
        groups.find_map(|group| self.first.get_key_value(&group).map(|(group, _)| group))
    }

    /// Somebody whom a door leads to, other than who goes through it.
    fn target(&self, to: &Target<'_>, from: &Subject) -> Option<&Subject> {
        let named = |kind, names: &[&str]| {
            names.iter().find_map(|name| {
                let subject = Subject {
                    kind,
                    namespace: None,
                    name: (*name).to_owned(),
                };
                self.first
                    .get_key_value(&subject)
                    .map(|(subject, _)| subject)
            })
        };
        let target = match to {
            Target::Users(None) => self.user.as_ref(),
            Target::Users(Some(names)) => named(SubjectKind::User, names),
            Target::Groups(None, Masters::Included) => {
                let masters = self.first.get_key_value(&Subject::group(MASTERS));
                masters.map(|(masters, _)| masters)
            }
            Target::Groups(None, Masters::Excluded) => self.group.as_ref(),
            Target::Groups(Some(names), _) => named(SubjectKind::Group, names),
            Target::Accounts(namespace, names) => {
                let account = |name: Option<&str>| {
                    let key = (namespace.map(str::to_owned), name.map(str::to_owned));
                    self.accounts.get(&key)
                };
                let found = match names {
                    None => account(None),
                    Some(names) => names.iter().find_map(|name| account(Some(name))),
                };
                found.or_else(|| self.any_account(*namespace))
            }
        };
        target.filter(|target| *target != from)
    }
}
