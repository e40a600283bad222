//! Which of the seven abilities to write pods the rules of a role give, and where.
//!
//! What gives an ability stands in a table of resources; here is how a role is held against it,
//! name by name, as the authorizer would. No wildcard is decided here: see `role`.

mod table;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::role::{self, PolicyRule, Role, Verbs};
use crate::rule::{Evidence, GrantPlace, Severity, What};
use crate::text::quoted;
use crate::version::Version;
use crate::view::Text;

/// What the holder of a role can do to pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    Create,
    Modify,
    Delete,
    Scale,
    Status,
    Storage,
    Exec,
}

/// An ability, and how bad it is to have it on every object.
type Gain = (Ability, Severity);

/// Kinds of request that, if allowed, give abilities.
#[derive(Debug)]
struct Row {
    group: &'static str,
    /// As a rule names it, such as `pods/exec`.
    resource: &'static str,
    /// Any of them will do.
    verbs: Verbs,
    target: Target,
    /// The first version that no longer allows it.
    until: Option<Version>,
    gains: &'static [Gain],
}

impl Row {
    fn gain(&self, ability: Ability) -> Option<Severity> {
        let gain = self.gains.iter().find(|(gained, _)| *gained == ability);
        gain.map(|(_, severity)| *severity)
    }

    /// The rows of the resources that a rule's entry stands for.
    fn named_by(entry: &str) -> impl Iterator<Item = &'static Self> {
        let entry = role::Entry::of(entry);
        let rows = match entry {
            role::Entry::Exactly(resource) => {
                let wanted = order(resource);
                let start = table::TABLE.partition_point(|row| order(row.resource) < wanted);
                table::TABLE.get(start..).unwrap_or_default()
            }
            role::Entry::All | role::Entry::SubresourceOfAll(_) => table::TABLE,
        };
        let is_sorted = matches!(entry, role::Entry::Exactly(_));
        rows.iter()
            .take_while(move |row| !is_sorted || entry.matches(row.resource))
            .filter(move |row| is_sorted || entry.matches(row.resource))
    }
}

/// The order of the table: by length first, which is quicker to compare than letters.
fn order(resource: &str) -> (usize, &str) {
    (resource.len(), resource)
}

/// Whether the authorizer is told the name of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The request's path names the object.
    Named,
    /// The request's path names the collection, so it counts as named `""`.
    Collection,
    /// As for a collection, but whoever may also patch the same name can create it by
    /// server-side apply, and is then asked for with its name.
    CollectionOrApply,
}

/// All that the rules of a role give, in their order.
#[derive(Debug)]
pub(crate) struct Grants<'r> {
    role: &'r Role<'r>,
    /// The oldest version of Kubernetes for which the answer must hold. When it is unset, what
    /// only older versions allow is found as well, and weighs less.
    oldest: Option<Version>,
    hits: Vec<Hit>,
    /// What hits are restricted to.
    names: Vec<BTreeSet<&'r str>>,
    /// What may be applied, by group and resource, as far as it was asked for.
    appliable: Vec<(&'static str, &'static str, Appliable<'r>)>,
}

/// An entry of a rule's resources that gives something.
#[derive(Debug)]
struct Hit {
    row: &'static Row,
    /// The place of the rule in the role, and of the entry in the rule.
    rule: usize,
    entry: usize,
    /// Those of the rule's verbs that count.
    verbs: Verbs,
    /// The place in [`Grants::names`], if it is restricted to names.
    names: Option<usize>,
    /// Whether the rule gives everything there is.
    of_everything: bool,
}

impl<'r> Grants<'r> {
    /// Holds a role against the table.
    pub fn new(role: &'r Role<'r>, oldest: Option<Version>) -> Self {
        let mut grants = Self {
            role,
            oldest,
            hits: Vec::new(),
            names: Vec::new(),
            appliable: Vec::new(),
        };
        for (index, rule) in role.rules.iter().enumerate() {
            grants.add(index, rule);
        }
        grants
    }

    fn add(&mut self, index: usize, rule: &'r PolicyRule<'r>) {
        let given = Verbs::of(rule);
        let of_everything = role::is_everything(rule);
        // The names depend on the row alone; few rows match what is restricted to names.
        let mut known: Vec<(&'static str, Target, Option<usize>)> = Vec::new();
        for (entry_index, entry) in rule.resources.iter().enumerate() {
            for row in Row::named_by(entry.as_str()) {
                let verbs = given.and(row.verbs);
                let is_gone = row
                    .until
                    .zip(self.oldest)
                    .is_some_and(|(until, oldest)| oldest >= until);
                if verbs.is_empty() || is_gone || !role::has_group(rule, row.group) {
                    continue;
                }
                let mut names = None;
                if !rule.resource_names.is_empty() {
                    let same = known.iter().find(|(resource, target, _)| {
                        (*resource, *target) == (row.resource, row.target)
                    });
                    names = match same {
                        Some((.., names)) => *names,
                        None => {
                            let names = self.names_for(row, rule).map(|names| {
                                self.names.push(names);
                                self.names.len() - 1
                            });
                            known.push((row.resource, row.target, names));
                            names
                        }
                    };
                    let is_for_none = names
                        .is_some_and(|names| self.names.get(names).is_none_or(BTreeSet::is_empty));
                    if is_for_none {
                        continue;
                    }
                }
                self.hits.push(Hit {
                    row,
                    rule: index,
                    entry: entry_index,
                    verbs,
                    names,
                    of_everything,
                });
            }
        }
    }

    /// The names to which the rule restricts the row; empty if the restriction leaves nothing,
    /// none if it does not restrict.
    fn names_for(&mut self, row: &Row, rule: &'r PolicyRule<'r>) -> Option<BTreeSet<&'r str>> {
        let names = rule.resource_names.iter().map(Text::as_str);
        // A request without a name counts as named "", which a rule may list.
        if row.target != Target::Named && names.clone().any(str::is_empty) {
            return None;
        }
        // To collect them would bring a sort into the module, of some kilobytes.
        let mut named = BTreeSet::new();
        match row.target {
            Target::Named => named.extend(names.filter(|name| !name.is_empty())),
            Target::Collection => {}
            Target::CollectionOrApply => {
                let appliable = self.appliable(row);
                named.extend(names.filter(|name| appliable.has(name)));
            }
        }
        Some(named)
    }

    fn appliable(&mut self, row: &Row) -> &Appliable<'r> {
        let is_known =
            |known: &(&str, &str, Appliable<'_>)| (known.0, known.1) == (row.group, row.resource);
        let place = match self.appliable.iter().position(is_known) {
            Some(place) => place,
            None => {
                let appliable = Appliable::new(row, self.role);
                self.appliable.push((row.group, row.resource, appliable));
                self.appliable.len() - 1
            }
        };
        self.appliable
            .get(place)
            .map_or(&Appliable::All, |known| &known.2)
    }

    /// The evidence that the role gives an ability, if it does. `gain` is what its holder can do.
    pub fn evidence(self: &Rc<Self>, ability: Ability, gain: &'static str) -> Option<Evidence<'r>> {
        let grant = Grant {
            grants: Rc::clone(self),
            ability,
            gain,
        };
        Some(Evidence {
            severity: grant.severity()?,
            container: None,
            pod: 0,
            reach: 0,
            refused_by_baseline: None,
            what: What::Grant(grant),
        })
    }

    /// All names in sets, which are given by their places.
    fn union(&self, sets: &[usize]) -> BTreeSet<&'r str> {
        let mut all = BTreeSet::new();
        let sets = sets.iter().filter_map(|set| self.names.get(*set));
        all.extend(sets.flatten());
        all
    }

    /// The version from which on the hit gives nothing. A setting that names an older version
    /// makes it as good as any other.
    fn until(&self, hit: &Hit) -> Option<Version> {
        hit.row.until.filter(|_| self.oldest.is_none())
    }

    fn severity(&self, hit: &Hit, ability: Ability) -> Option<Severity> {
        let mut severity = hit.row.gain(ability)?;
        if hit.of_everything {
            severity = Severity::Critical;
        }
        if hit.names.is_some() {
            severity = severity.lowered();
        }
        if self.until(hit).is_some() {
            severity = severity.lowered();
        }
        Some(severity)
    }
}

/// How a role gives one ability.
#[derive(Clone, Debug)]
pub(crate) struct Grant<'r> {
    grants: Rc<Grants<'r>>,
    ability: Ability,
    gain: &'static str,
}

impl<'r> Grant<'r> {
    fn hits(&self) -> impl Iterator<Item = &Hit> {
        let gives = |hit: &&Hit| hit.row.gain(self.ability).is_some();
        self.grants.hits.iter().filter(gives)
    }

    fn severity(&self) -> Option<Severity> {
        let severity = |hit| self.grants.severity(hit, self.ability);
        self.grants.hits.iter().filter_map(severity).max()
    }

    /// RFC 6901 pointer of the first entry that contributes.
    pub fn pointer(&self) -> String {
        self.hits().next().map(Hit::pointer).unwrap_or_default()
    }

    /// Every entry that contributes, in the order of the role, with the verbs that count.
    pub fn places(&self) -> Vec<GrantPlace> {
        let mut hits = self.hits().peekable();
        let mut places: Vec<GrantPlace> = Vec::new();
        // Most entries of a rule count for the same verbs, which may be many.
        let mut written = (usize::MAX, Verbs::NONE, Vec::new());
        while let Some(hit) = hits.next() {
            let mut verbs = hit.verbs;
            while let Some(same) =
                hits.next_if(|next| (next.rule, next.entry) == (hit.rule, hit.entry))
            {
                verbs = verbs.or(same.verbs);
            }
            let Some(rule) = self.grants.role.rules.get(hit.rule) else {
                continue;
            };
            if (written.0, written.1) != (hit.rule, verbs) {
                written = (hit.rule, verbs, verbs.as_written(rule));
            }
            let entry = rule.resources.get(hit.entry).map(Text::as_str);
            places.push(GrantPlace {
                path: hit.pointer(),
                resource: entry.unwrap_or_default().to_owned(),
                verbs: written.2.clone(),
            });
        }
        places
    }

    /// The names to which all hits together are restricted.
    pub fn names(&self) -> Option<BTreeSet<&'r str>> {
        let mut sets = Vec::new();
        for hit in self.hits() {
            note(&mut sets, hit.names?);
        }
        Some(self.grants.union(&sets))
    }

    /// The first version of Kubernetes in which the role no longer gives the ability.
    pub fn until(&self) -> Option<Version> {
        let mut last = None;
        for hit in self.hits() {
            last = last.max(Some(self.grants.until(hit)?));
        }
        last
    }

    /// What the holder gains; one line.
    pub fn message(&self) -> String {
        const SHOWN: usize = 4;

        let mut message = ["whoever is bound to the role ", self.gain].concat();
        if let Some(names) = self.names() {
            let shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
            let more = if names.len() > SHOWN { " and more" } else { "" };
            message.push_str(&format!("; only those named {}{more}", shown.join(", ")));
        }
        if let Some(until) = self.until() {
            message.push_str(&format!(
                "; on clusters before {until}, where `get` is enough"
            ));
        }
        message
    }

    /// The grants in short, such as `create pods, create pods/exec`; the first few.
    pub fn value(&self) -> String {
        const SHOWN: usize = 4;

        let mut parts: Vec<String> = Vec::new();
        for place in self.places() {
            let part = format!("{} {}", place.verbs.join("|"), place.resource);
            if !parts.contains(&part) {
                parts.push(part);
            }
            if parts.len() > SHOWN {
                break;
            }
        }
        let more = parts.len() > SHOWN;
        parts.truncate(SHOWN);
        let mut value = parts.join(", ");
        if more {
            value.push_str(", …");
        }
        value
    }

    /// Whether this gives the ability in a way that the old role did not have, or had for fewer
    /// names.
    pub fn widens(&self, old: &Self) -> bool {
        let had = old.ways();
        let is_had = |way: &Way| {
            let covering = || had.iter().filter(|old| old.covers(way));
            let Some(sets) = &way.sets else {
                return covering().any(|old| old.sets.is_none());
            };
            let names = |way: &Way| way.sets.as_ref().map(|sets| old.grants.union(sets));
            let known: Vec<_> = covering().map(names).collect();
            let is_known = |name: &&str| {
                let mut known = known.iter();
                known.any(|names| names.as_ref().is_none_or(|names| names.contains(name)))
            };
            self.grants.union(sets).iter().all(is_known)
        };
        !self.ways().iter().all(is_had)
    }

    /// The distinct ways in which the role gives the ability; few, whatever the role.
    fn ways(&self) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for hit in self.hits() {
            let Some(severity) = self.grants.severity(hit, self.ability) else {
                continue;
            };
            let new = Way {
                resource: (hit.row.group, hit.row.resource),
                severity,
                until: self.grants.until(hit),
                sets: hit.names.map(|names| vec![names]),
            };
            match ways.iter_mut().find(|way| way.is_like(&new)) {
                None => ways.push(new),
                Some(way) => match (&mut way.sets, hit.names) {
                    (Some(sets), Some(names)) => note(sets, names),
                    (sets, None) => *sets = None,
                    (None, Some(_)) => {}
                },
            }
        }
        ways
    }
}

impl Hit {
    fn pointer(&self) -> String {
        format!("/rules/{}/resources/{}", self.rule, self.entry)
    }
}

/// A way in which a role gives an ability.
#[derive(Debug)]
struct Way {
    /// Group and resource.
    resource: (&'static str, &'static str),
    severity: Severity,
    until: Option<Version>,
    /// The places in [`Grants::names`] of what it is restricted to; none for all names.
    sets: Option<Vec<usize>>,
}

/// Notes a set of names once. Hits of one rule stand together and have few sets between them, so
/// the last ones are enough to look at.
fn note(sets: &mut Vec<usize>, set: usize) {
    if !sets
        .iter()
        .rev()
        .take(table::TABLE.len())
        .any(|known| *known == set)
    {
        sets.push(set);
    }
}

impl Way {
    fn is_like(&self, other: &Self) -> bool {
        (self.resource, self.severity, self.until) == (other.resource, other.severity, other.until)
    }

    /// Whether this way gives all that `new` gives, names aside.
    fn covers(&self, new: &Self) -> bool {
        let lasts = match (self.until, new.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) => old >= new,
        };
        self.resource == new.resource && self.severity >= new.severity && lasts
    }
}

/// The names under which the role may apply an object, and so create it by `create`.
#[derive(Debug)]
enum Appliable<'r> {
    All,
    Named(BTreeSet<&'r str>),
}

impl<'r> Appliable<'r> {
    fn new(row: &Row, role: &'r Role<'r>) -> Self {
        let mut named = BTreeSet::new();
        for rule in &role.rules {
            let mut entries = rule.resources.iter().map(Text::as_str);
            if !Verbs::of(rule).and(Verbs::PATCH).is_empty()
                && role::has_group(rule, row.group)
                && entries.any(|entry| role::Entry::of(entry).matches(row.resource))
            {
                if rule.resource_names.is_empty() {
                    return Self::All;
                }
                named.extend(rule.resource_names.iter().map(Text::as_str));
            }
        }
        Self::Named(named)
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view;
    use serde_json::{Value, json};

    fn role(object: &str) -> Role<'_> {
        view::from_str(object).unwrap()
    }

    /// What is found of an ability: its severity and its grant.
    fn found<R>(
        ability: Ability,
        rules: &Value,
        ask: impl FnOnce(Severity, &Grant<'_>) -> R,
    ) -> Option<R> {
        let object = json!({"rules": rules}).to_string();
        let role = role(&object);
        let evidence = Rc::new(Grants::new(&role, None)).evidence(ability, "can")?;
        match &evidence.what {
            What::Grant(grant) => Some(ask(evidence.severity, grant)),
            What::Part { .. } => None,
        }
    }

    fn rule_for(resource: &str, verbs: &[&str], names: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": [resource], "verbs": verbs, "resourceNames": names})
    }

    fn rule(verbs: &[&str], names: &[&str]) -> Value {
        rule_for("pods", verbs, names)
    }

    /// The names to which the ability is restricted; `None` for no ability, empty for no names.
    fn names(ability: Ability, rules: &Value) -> Option<Vec<String>> {
        found(ability, rules, |_, grant| {
            let names = grant.names().unwrap_or_default();
            names.into_iter().map(str::to_owned).collect()
        })
    }

    #[test]
    fn rows_are_in_their_order() {
        assert!(table::TABLE.is_sorted_by_key(|row| order(row.resource)));
    }

    #[test]
    fn an_entry_finds_the_rows_that_it_stands_for() {
        for (entry, expected) in [
            ("*", table::TABLE.len()),
            ("*/exec", 2),
            ("pods", 4),
            ("pods/exec", 2),
            ("bindings", 1),
            ("pods/*", 0),
            ("a", 0),
            ("zebras", 0),
        ] {
            assert_eq!(Row::named_by(entry).count(), expected, "{entry}");
        }
    }

    #[test]
    fn a_request_without_a_name_needs_a_rule_without_names() {
        for (ability, verb) in [
            (Ability::Create, "create"),
            (Ability::Delete, "deletecollection"),
        ] {
            assert_eq!(names(ability, &json!([rule(&[verb], &["a"])])), None);
        }
        assert_eq!(
            names(Ability::Create, &json!([rule(&["create"], &[])])),
            Some(vec![])
        );
    }

    /// `ResourceNameMatches` compares the names with that of the request, which is empty here.
    #[test]
    fn a_request_without_a_name_matches_the_empty_name() {
        let rules = json!([rule(&["create", "deletecollection"], &["", "a"])]);
        assert_eq!(names(Ability::Create, &rules), Some(vec![]));
        assert_eq!(names(Ability::Delete, &rules), Some(vec![]));
        let named = json!([rule(&["delete"], &[""])]);
        assert_eq!(names(Ability::Delete, &named), None);
    }

    #[test]
    fn what_may_be_patched_may_be_created_by_apply() {
        let both =
            |patched: &[&str]| json!([rule(&["create"], &["a", "b"]), rule(&["patch"], patched)]);
        let create = |rules: &Value| names(Ability::Create, rules);
        assert_eq!(create(&both(&["b", "c"])), Some(vec!["b".to_owned()]));
        assert_eq!(
            create(&both(&[])),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(create(&both(&["c"])), None);
        let elsewhere = json!([rule(&["create"], &["a"]), {"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["patch"]}]);
        assert_eq!(create(&elsewhere), None);
    }

    #[test]
    fn names_of_several_rules_add_up_and_one_rule_for_all_lifts_them() {
        let evict = |names: &[&str]| rule_for("pods/eviction", &["create"], names);
        let severity = |rules: &Value| found(Ability::Delete, rules, |severity, _| severity);
        let named = json!([rule(&["delete"], &["a"]), evict(&["b"])]);
        assert_eq!(
            names(Ability::Delete, &named),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(severity(&named), Some(Severity::Low));
        let all = json!([rule(&["delete"], &["a"]), evict(&[])]);
        assert_eq!(severity(&all), Some(Severity::Medium));
        found(Ability::Delete, &all, |_, grant| {
            assert_eq!(grant.names(), None);
            assert_eq!(grant.places().len(), 2, "both places must go");
        })
        .unwrap();
    }

    #[test]
    fn what_newer_versions_do_not_give_is_said_only_if_nothing_else_gives_it() {
        let get = rule_for("pods/exec", &["get"], &[]);
        let old = |rules: &Value| {
            found(Ability::Exec, rules, |severity, grant| {
                (severity, grant.until())
            })
        };
        assert_eq!(
            old(&json!([get])),
            Some((Severity::Medium, Some(Version::new(1, 35))))
        );
        let create = rule_for("pods/attach", &["create"], &[]);
        assert_eq!(old(&json!([get, create])), Some((Severity::High, None)));

        let object = json!({"rules": [get]}).to_string();
        let role = role(&object);
        let asked_for = |oldest| {
            let grants = Rc::new(Grants::new(&role, Some(oldest)));
            grants
                .evidence(Ability::Exec, "can")
                .map(|evidence| evidence.severity)
        };
        assert_eq!(asked_for(Version::new(1, 34)), Some(Severity::High));
        assert_eq!(asked_for(Version::new(1, 35)), None);
    }

    #[test]
    fn everything_is_critical() {
        let severity = |rules: &Value| found(Ability::Delete, rules, |severity, _| severity);
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(severity(&everything), Some(Severity::Critical));
        let core = json!([{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(severity(&core), Some(Severity::Medium));
    }

    #[test]
    fn rules_for_urls_grant_no_resources() {
        let rules = json!([{"nonResourceURLs": ["*"], "verbs": ["*"]}]);
        for ability in [Ability::Create, Ability::Delete] {
            assert_eq!(names(ability, &rules), None);
        }
    }

    #[test]
    fn a_place_has_every_verb_that_counts_once_and_as_written() {
        let rules = json!([rule(&["delete", "get", "*", "delete"], &[])]);
        let verbs = found(Ability::Delete, &rules, |_, grant| grant.places());
        let verbs: Vec<_> = verbs
            .into_iter()
            .flatten()
            .map(|place| place.verbs)
            .collect();
        assert_eq!(verbs, [["delete", "*"]]);
    }
}
