//! The cluster roles that a log has shown, by when they were written and by the rules that they
//! give: how it is found who gave an aggregated role what it gained, at a cost that does not grow
//! with the roles that are remembered.

use super::history::{Key, Labels};
use super::object::Object;
use serde_json::value::RawValue;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

/// Most roles that are looked at for one change. The controller follows a write within moments, so
/// the role that it follows is among those that were written last.
const MOST: usize = 100;

/// A rule, by a hash of its text: the API server writes the same rule alike wherever it stands.
pub(super) type Rule = u64;

/// The cluster roles that were shown. Each is known by a number that says when it was written. Maps
/// of numbers hold pointers, so that one copy of their code does for all.
#[derive(Debug, Default)]
pub(super) struct Roles {
    written: BTreeMap<u64, Box<Role>>,
    /// Which of them give a rule.
    givers: BTreeMap<Rule, Box<Givers>>,
}

/// The roles that give a rule.
#[derive(Debug, Default)]
struct Givers(BTreeSet<u64>);

#[derive(Debug)]
struct Role {
    key: Arc<Key>,
    /// By which others take its rules.
    labels: Labels,
    rules: BTreeSet<Rule>,
}

/// What was found of the role that a change comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// This one.
    Role(T),
    /// None of all that were shown.
    None,
    /// None of the [`MOST`] that were written last, and there are more.
    Unknown,
}

impl Roles {
    /// Bytes that it takes to know which rules a role gives, about.
    pub(super) fn size(rules: &BTreeSet<Rule>) -> usize {
        const EACH: usize = 64;
        rules.len() * EACH
    }

    pub(super) fn add(
        &mut self,
        number: u64,
        key: Arc<Key>,
        labels: Labels,
        rules: BTreeSet<Rule>,
    ) {
        for rule in &rules {
            self.givers.entry(*rule).or_default().0.insert(number);
        }
        let role = Box::new(Role { key, labels, rules });
        self.written.insert(number, role);
    }

    /// Takes a role out, and says how many bytes its rules took.
    pub(super) fn remove(&mut self, number: u64) -> usize {
        let Some(role) = self.written.remove(&number) else {
            return 0;
        };
        for rule in &role.rules {
            if let Some(givers) = self.givers.get_mut(rule) {
                givers.0.remove(&number);
                if givers.0.is_empty() {
                    self.givers.remove(rule);
                }
            }
        }
        Self::size(&role.rules)
    }

    /// The rules that a role gives, if it is shown.
    pub(super) fn rules(&self, number: u64) -> Option<&BTreeSet<Rule>> {
        Some(&self.written.get(&number)?.rules)
    }

    /// Of the roles that are chosen, the one with such a rule that was written last; where none
    /// has, the one that was written last.
    pub(super) fn source(
        &self,
        gained: &BTreeSet<Rule>,
        mut chooses: impl FnMut(&Key, &Labels) -> bool,
    ) -> Found<&Key> {
        let mut first = |numbers: &mut dyn Iterator<Item = u64>| {
            let roles = |number| self.written.get(&number);
            let mut last = (&mut *numbers).take(MOST).filter_map(roles);
            match last.find(|role| chooses(&role.key, &role.labels)) {
                Some(role) => Found::Role(&*role.key),
                None if numbers.next().is_some() => Found::Unknown,
                None => Found::None,
            }
        };
        match first(&mut self.giving(gained)) {
            Found::None => first(&mut self.written.keys().rev().copied()),
            found => found,
        }
    }

    /// The roles that give one of these rules, the one that was written last first.
    fn giving(&self, rules: &BTreeSet<Rule>) -> impl Iterator<Item = u64> {
        let known = rules
            .iter()
            .filter_map(|rule| Some(&self.givers.get(rule)?.0));
        let last = |givers: &BTreeSet<u64>| givers.last().copied();
        let mut next: BinaryHeap<(u64, usize)> = BinaryHeap::new();
        let known: Vec<_> = known.collect();
        for (index, givers) in known.iter().enumerate() {
            next.extend(last(givers).map(|number| (number, index)));
        }
        let mut told = None;
        std::iter::from_fn(move || {
            loop {
                let (number, index) = next.pop()?;
                let before = known.get(index)?.range(..number).next_back();
                next.extend(before.map(|number| (*number, index)));
                if told.replace(number) != Some(number) {
                    return Some(number);
                }
            }
        })
    }
}

/// The rules of a role, those of each cluster apart.
pub(super) fn rules(role: &Object<'_>, cluster: Option<&str>) -> BTreeSet<Rule> {
    let rules: Option<Vec<&RawValue>> = role
        .rules
        .and_then(|rules| serde_json::from_str(rules.get()).ok());
    let rule = |text: &RawValue| {
        let mut hasher = DefaultHasher::new();
        (cluster, text.get()).hash(&mut hasher);
        hasher.finish()
    };
    let mut all = BTreeSet::new();
    all.extend(rules.into_iter().flatten().map(rule));
    all
}

#[cfg(test)]
mod tests {
    use super::{Found, MOST, Roles, Rule};
    use crate::audit::history::Key;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn key(number: usize) -> Key {
        Key {
            cluster: None,
            group: String::new(),
            resource: String::new(),
            namespace: String::new(),
            name: number.to_string(),
        }
    }

    /// Roles that give these rules, in the order in which they were written.
    fn roles(given: &[&[Rule]]) -> Roles {
        let mut roles = Roles::default();
        for (index, rules) in given.iter().enumerate() {
            let rules: BTreeSet<Rule> = rules.iter().copied().collect();
            let number = u64::try_from(index).unwrap();
            roles.add(
                number,
                Arc::new(key(index)),
                super::Labels::default(),
                rules,
            );
        }
        roles
    }

    /// The index of the role that a gain of `gained` comes from, where all but some are chosen.
    fn source(roles: &Roles, gained: &[Rule], others: &[usize]) -> Found<usize> {
        let gained = gained.iter().copied().collect();
        let chooses = |key: &Key, _: &_| !others.iter().any(|other| key.name == other.to_string());
        match roles.source(&gained, chooses) {
            Found::Role(key) => Found::Role(key.name.parse().unwrap()),
            Found::None => Found::None,
            Found::Unknown => Found::Unknown,
        }
    }

    #[test]
    fn finds_the_last_that_gives_one_of_the_rules() {
        let mut roles = roles(&[&[1, 2], &[2, 3], &[3, 4], &[]]);
        assert_eq!(source(&roles, &[1], &[]), Found::Role(0));
        assert_eq!(source(&roles, &[1, 2], &[]), Found::Role(1));
        assert_eq!(source(&roles, &[1, 2, 3], &[2]), Found::Role(1));
        assert_eq!(source(&roles, &[1, 2, 3], &[2, 1]), Found::Role(0));
        assert_eq!(source(&roles, &[5], &[]), Found::Role(3));
        assert_eq!(source(&roles, &[4], &[2]), Found::Role(3));
        assert_eq!(source(&roles, &[4], &[0, 1, 2, 3]), Found::None);
        roles.remove(1);
        assert_eq!(source(&roles, &[1, 2, 3], &[2]), Found::Role(0));
    }

    #[test]
    fn looks_at_as_many_roles_however_many_are_known() {
        let known = vec![&[7][..]; 20 * MOST];
        let roles = roles(&known);
        for gained in [&[7][..], &[8], &[]] {
            let mut looked = 0;
            let found = roles.source(&gained.iter().copied().collect(), |_, _| {
                looked += 1;
                false
            });
            assert_eq!((found, looked), (Found::Unknown, MOST));
        }
        assert_eq!(source(&roles, &[8], &[]), Found::Role(20 * MOST - 1));
    }

    #[test]
    fn forgets_the_rules_of_a_role_with_it() {
        let mut roles = roles(&[&[1, 2], &[2]]);
        assert_eq!((roles.remove(0), roles.remove(0)), (128, 0));
        roles.remove(1);
        assert!(roles.givers.is_empty() && roles.written.is_empty());
    }
}
