//! Which of the seven abilities to write pods the rules of a role give, and where.
//!
//! The tables of what gives an ability stand with its rule; here is how they are held against a
//! role, name by name, as the authorizer would. No wildcard is decided here: see `role`.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::rbac::v1::PolicyRule;

use crate::role::{self, Resource, Role};
use crate::rule::{Evidence, Grant, GrantPlace, Severity};
use crate::text::quoted;
use crate::version::Version;

/// A kind of request that, if allowed, gives an ability.
#[derive(Debug)]
pub(crate) struct Access {
    pub resource: Resource,
    /// Any of them will do.
    pub verbs: &'static [&'static str],
    pub target: Target,
    /// How bad it is to be allowed this on every object.
    pub severity: Severity,
    /// The first version that no longer allows it.
    pub until: Option<Version>,
}

/// The verbs that change an object.
pub(crate) const WRITE: &[&str] = &["update", "patch"];

impl Access {
    /// Access to objects of the core group by their names.
    pub const fn named(
        name: &'static str,
        subresource: &'static str,
        verbs: &'static [&'static str],
        severity: Severity,
    ) -> Self {
        Self {
            resource: Resource {
                group: "",
                name,
                subresource,
            },
            verbs,
            target: Target::Named,
            severity,
            until: None,
        }
    }

    /// Access to a collection of the core group.
    pub const fn collection(
        name: &'static str,
        verbs: &'static [&'static str],
        severity: Severity,
    ) -> Self {
        Self {
            target: Target::Collection,
            ..Self::named(name, "", verbs, severity)
        }
    }

    /// The same, also by server-side apply.
    pub const fn or_apply(self) -> Self {
        Self {
            target: Target::CollectionOrApply,
            ..self
        }
    }

    /// The same, until a version.
    pub const fn until(self, version: Version) -> Self {
        Self {
            until: Some(version),
            ..self
        }
    }
}

/// Whether the authorizer is told the name of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The request's path names the object.
    Named,
    /// The request's path names the collection, so it counts as named `""`.
    Collection,
    /// As for a collection, but whoever may also patch the same name can create it by
    /// server-side apply, and is then asked for with its name.
    CollectionOrApply,
}

/// The evidence that the role gives the ability, if it does.
///
/// `oldest` is the oldest version of Kubernetes for which the answer must hold; when it is
/// unset, what only older versions allow is found as well, and weighs less.
pub(crate) fn evidence(
    gain: &str,
    accesses: &[Access],
    role: &Role,
    oldest: Option<Version>,
) -> Option<Evidence> {
    let gone = |access: &&Access| {
        access
            .until
            .zip(oldest)
            .is_some_and(|(until, oldest)| oldest >= until)
    };
    let accesses: Vec<(&Access, Appliable<'_>)> = accesses
        .iter()
        .filter(|access| !gone(access))
        .map(|access| (access, Appliable::new(access, role)))
        .collect();
    let mut places = Vec::new();
    let mut ways = Ways::default();
    for (index, rule) in role.rules.iter().enumerate() {
        let mut granted: Vec<(&Access, Vec<&String>)> = Vec::new();
        for (access, appliable) in accesses.iter().filter(|(access, _)| grants(rule, access)) {
            if let Some(names) = names(access, rule, appliable) {
                ways.add(Way::new(access, rule, names.is_some(), oldest), names);
                granted.push((access, access_verbs(access, rule)));
            }
        }
        for (entry_index, entry) in role::resources(rule).iter().enumerate() {
            let mut verbs: Vec<&String> = Vec::new();
            for (access, its) in &granted {
                if role::entry_matches(entry, access.resource) {
                    for verb in its {
                        if !verbs.contains(verb) {
                            verbs.push(verb);
                        }
                    }
                }
            }
            if !verbs.is_empty() {
                places.push(GrantPlace {
                    path: format!("/rules/{index}/resources/{entry_index}"),
                    resource: entry.clone(),
                    verbs: verbs.into_iter().cloned().collect(),
                });
            }
        }
    }
    let severity = ways.severity()?;
    let (names, until) = (ways.names(), ways.until());
    Some(Evidence {
        severity,
        pointer: places.first()?.path.clone(),
        container: None,
        reach: 0,
        value: value(&places),
        identity: Some(String::new()),
        message: message(gain, names.as_ref(), until),
        grant: Some(Grant {
            places,
            names,
            until,
            ways,
        }),
    })
}

/// A way in which a role gives an ability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    resource: Resource,
    severity: Severity,
    until: Option<Version>,
}

impl Way {
    fn new(
        access: &Access,
        rule: &PolicyRule,
        is_restricted: bool,
        oldest: Option<Version>,
    ) -> Self {
        // A setting that names an older version makes the grant as good as any other.
        let until = access.until.filter(|_| oldest.is_none());
        let mut severity = access.severity;
        if role::is_everything(rule) {
            severity = Severity::Critical;
        }
        if is_restricted {
            severity = severity.lowered();
        }
        if until.is_some() {
            severity = severity.lowered();
        }
        Self {
            resource: access.resource,
            severity,
            until,
        }
    }

    /// Whether this way gives all that `new` gives, names aside.
    fn covers(self, new: Self) -> bool {
        let lasts = match (self.until, new.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) => old >= new,
        };
        self.resource == new.resource && self.severity >= new.severity && lasts
    }
}

/// All ways in which a role gives an ability, with the names to which each is restricted; none
/// for all names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways(BTreeMap<Way, Option<BTreeSet<String>>>);

impl Ways {
    fn add(&mut self, way: Way, names: Option<BTreeSet<String>>) {
        match (
            self.0.entry(way).or_insert_with(|| Some(BTreeSet::new())),
            names,
        ) {
            (Some(known), Some(names)) => known.extend(names),
            (known, None) => *known = None,
            (None, Some(_)) => {}
        }
    }

    fn severity(&self) -> Option<Severity> {
        self.0.keys().map(|way| way.severity).max()
    }

    /// The names to which all ways together are restricted.
    fn names(&self) -> Option<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        for names in self.0.values() {
            all.extend(names.as_ref()?.iter().cloned());
        }
        Some(all)
    }

    /// The first version in which none of the ways is left.
    fn until(&self) -> Option<Version> {
        let mut last = None;
        for way in self.0.keys() {
            last = last.max(Some(way.until?));
        }
        last
    }

    /// Whether there is a way here that the old role did not have, or had for fewer names.
    pub fn widen(&self, old: &Self) -> bool {
        let had = |way: &Way, names: &Option<BTreeSet<String>>| {
            old.0.iter().any(|(old_way, old_names)| {
                old_way.covers(*way)
                    && match (names, old_names) {
                        (_, None) => true,
                        (None, Some(_)) => false,
                        (Some(names), Some(old_names)) => names.is_subset(old_names),
                    }
            })
        };
        !self.0.iter().all(|(way, names)| had(way, names))
    }
}

/// Whether the rule has the access's group, its resource and one of its verbs.
fn grants(rule: &PolicyRule, access: &Access) -> bool {
    let names_it = |entry: &String| role::entry_matches(entry, access.resource);
    role::has_group(rule, access.resource.group)
        && role::resources(rule).iter().any(names_it)
        && access.verbs.iter().any(|verb| role::has_verb(rule, verb))
}

/// The rule's verbs that give the access, as written, each once: a handful at most.
fn access_verbs<'r>(access: &Access, rule: &'r PolicyRule) -> Vec<&'r String> {
    let mut verbs: Vec<&String> = Vec::new();
    for entry in &rule.verbs {
        let counts = entry == "*" || access.verbs.contains(&entry.as_str());
        if counts && !verbs.contains(&entry) {
            verbs.push(entry);
        }
    }
    verbs
}

/// The names under which the role may apply an object, and so create it by `create`.
enum Appliable<'r> {
    All,
    Named(BTreeSet<&'r str>),
}

impl<'r> Appliable<'r> {
    fn new(access: &Access, role: &'r Role) -> Self {
        let mut named = BTreeSet::new();
        if access.target != Target::CollectionOrApply {
            return Self::Named(named);
        }
        for rule in &role.rules {
            let resources = role::resources(rule);
            if role::has_verb(rule, "patch")
                && role::has_group(rule, access.resource.group)
                && resources
                    .iter()
                    .any(|entry| role::entry_matches(entry, access.resource))
            {
                if role::names(rule).is_empty() {
                    return Self::All;
                }
                named.extend(role::names(rule).iter().map(String::as_str));
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

/// The names for which the rule gives the access: `Some(None)` for all, `None` for none.
fn names(
    access: &Access,
    rule: &PolicyRule,
    appliable: &Appliable<'_>,
) -> Option<Option<BTreeSet<String>>> {
    let names = role::names(rule);
    // A request without a name counts as named "", which a rule may list.
    let unnamed = access.target != Target::Named && names.iter().any(String::is_empty);
    if names.is_empty() || unnamed {
        return Some(None);
    }
    let counts = |name: &&String| match access.target {
        Target::Named => !name.is_empty(),
        Target::Collection => false,
        Target::CollectionOrApply => appliable.has(name),
    };
    // To collect them would bring a sort into the module, of some kilobytes.
    let mut named = BTreeSet::new();
    named.extend(names.iter().filter(counts).cloned());
    (!named.is_empty()).then_some(Some(named))
}

fn message(gain: &str, names: Option<&BTreeSet<String>>, until: Option<Version>) -> String {
    const SHOWN: usize = 4;

    let mut message = format!("whoever is bound to the role {gain}");
    if let Some(names) = names {
        let shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
        let more = if names.len() > SHOWN { " and more" } else { "" };
        message.push_str(&format!("; only those named {}{more}", shown.join(", ")));
    }
    if let Some(until) = until {
        message.push_str(&format!(
            "; on clusters before {until}, where `get` is enough"
        ));
    }
    message
}

/// The grants in short, such as `create pods, create pods/exec`; the first few.
fn value(places: &[GrantPlace]) -> String {
    const SHOWN: usize = 4;

    let mut parts: Vec<String> = Vec::new();
    for place in places {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CREATE: Access = Access::collection("pods", &["create"], Severity::High).or_apply();
    const DELETE_ALL: Access = Access::collection("pods", &["deletecollection"], Severity::High);
    const DELETE: Access = Access::named("pods", "", &["delete"], Severity::High);
    const OLD: Access =
        Access::named("pods", "", &["get"], Severity::High).until(Version::new(1, 35));

    fn found(accesses: &[Access], rules: &Value) -> Option<Evidence> {
        let role = Role {
            rules: serde_json::from_value(rules.clone()).unwrap(),
        };
        evidence("can", accesses, &role, None)
    }

    fn rule(verbs: &[&str], names: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": ["pods"], "verbs": verbs, "resourceNames": names})
    }

    /// The names to which the ability is restricted; `None` for no ability, empty for no names.
    fn names(accesses: &[Access], rules: &Value) -> Option<Vec<String>> {
        let grant = found(accesses, rules)?.grant.unwrap();
        Some(grant.names.unwrap_or_default().into_iter().collect())
    }

    #[test]
    fn a_request_without_a_name_needs_a_rule_without_names() {
        for access in [CREATE, DELETE_ALL] {
            let verb = access.verbs[0];
            assert_eq!(names(&[access], &json!([rule(&[verb], &["a"])])), None);
        }
        assert_eq!(
            names(&[CREATE], &json!([rule(&["create"], &[])])),
            Some(vec![])
        );
    }

    /// `ResourceNameMatches` compares the names with that of the request, which is empty here.
    #[test]
    fn a_request_without_a_name_matches_the_empty_name() {
        let rules = json!([rule(&["create", "deletecollection"], &["", "a"])]);
        assert_eq!(names(&[CREATE], &rules), Some(vec![]));
        assert_eq!(names(&[DELETE_ALL], &rules), Some(vec![]));
        assert_eq!(names(&[DELETE], &json!([rule(&["delete"], &[""])])), None);
    }

    #[test]
    fn what_may_be_patched_may_be_created_by_apply() {
        let both =
            |patched: &[&str]| json!([rule(&["create"], &["a", "b"]), rule(&["patch"], patched)]);
        assert_eq!(
            names(&[CREATE], &both(&["b", "c"])),
            Some(vec!["b".to_owned()])
        );
        assert_eq!(
            names(&[CREATE], &both(&[])),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(names(&[CREATE], &both(&["c"])), None);
        let elsewhere = json!([rule(&["create"], &["a"]), {"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["patch"]}]);
        assert_eq!(names(&[CREATE], &elsewhere), None);
    }

    #[test]
    fn names_of_several_rules_add_up_and_one_rule_for_all_lifts_them() {
        let named = json!([rule(&["delete"], &["a"]), rule(&["delete"], &["b"])]);
        assert_eq!(
            names(&[DELETE], &named),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(found(&[DELETE], &named).unwrap().severity, Severity::Medium);
        let all = json!([rule(&["delete"], &["a"]), rule(&["*"], &[])]);
        let evidence = found(&[DELETE], &all).unwrap();
        assert_eq!(evidence.severity, Severity::High);
        assert_eq!(evidence.grant.as_ref().unwrap().names, None);
        assert_eq!(
            evidence.grant.unwrap().places.len(),
            2,
            "both places must go"
        );
    }

    #[test]
    fn what_newer_versions_do_not_give_is_said_only_if_nothing_else_gives_it() {
        let old = found(&[OLD, DELETE], &json!([rule(&["get"], &[])])).unwrap();
        assert_eq!(old.grant.unwrap().until, Some(Version::new(1, 35)));
        assert_eq!(old.severity, Severity::Medium);
        let both = found(
            &[OLD, DELETE],
            &json!([rule(&["get"], &[]), rule(&["delete"], &[])]),
        );
        assert_eq!(both.unwrap().grant.unwrap().until, None);
    }

    #[test]
    fn everything_is_critical() {
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(
            found(&[DELETE], &everything).unwrap().severity,
            Severity::Critical
        );
        let core = json!([{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(found(&[DELETE], &core).unwrap().severity, Severity::High);
    }

    #[test]
    fn rules_for_urls_grant_no_resources() {
        let rules = json!([{"nonResourceURLs": ["*"], "verbs": ["*"]}]);
        assert!(found(&[CREATE, DELETE], &rules).is_none());
    }
}
