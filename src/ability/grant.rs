//! What is told of an ability that a role gives: put together only when it is told.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Ability, Grants, Hit, Request, Resource};
use crate::role::Verbs;
use crate::rule::{Evidence, GrantPlace, Severity, What};
use crate::text::{push_all, quoted, split_once};
use crate::version::Version;
use crate::view::Text;

/// How a role gives one ability.
#[derive(Clone, Debug)]
pub(crate) struct Grant<'r> {
    grants: Rc<Grants<'r>>,
    ability: Ability,
    gain: &'static str,
    /// What is told beside what it gives.
    reasons: String,
}

/// What is told of a role that may do everything, in place of each ability.
const EVERYTHING: &str = "can do everything: every verb on every resource of every API group";
const EVERYTHING_FIX: &str = "name the groups, resources and verbs that are needed in place of `*`";

impl<'r> Grants<'r> {
    /// The evidence that the role gives an ability, if it does. `gain` is what its holder can do.
    pub fn evidence(self: &Rc<Self>, ability: Ability, gain: &'static str) -> Option<Evidence<'r>> {
        Some(Evidence {
            severity: self.severity(ability)?,
            container: None,
            pod: 0,
            pod_number: [0; 2],
            reach: 0,
            refused_by_baseline: None,
            what: What::Grant(Grant::new(self, ability, gain)),
        })
    }
}

impl<'r> Grant<'r> {
    /// How a role gives an ability, which it must give.
    pub fn new(grants: &Rc<Grants<'r>>, ability: Ability, gain: &'static str) -> Self {
        Self {
            grants: Rc::clone(grants),
            ability,
            gain,
            reasons: String::new(),
        }
    }

    fn hits(&self) -> impl Iterator<Item = &Hit<'r>> {
        let gives = |hit: &&Hit<'_>| hit.request.gains.severity(self.ability).is_some();
        self.grants.hits.iter().filter(gives)
    }

    /// Whether it is by a rule that grants everything.
    pub fn is_of_everything(&self) -> bool {
        self.hits().any(Hit::is_everything)
    }

    /// Whether the role gives it on pods themselves, and not only by way of something else.
    pub fn is_direct(&self) -> bool {
        self.hits().any(|hit| hit.request.how.is_none())
    }

    /// The hit that the severity, the place and the text are of: the worst. Of equal ones the first
    /// on pods themselves or, if there is none, the first.
    fn leading(&self) -> Option<&Hit<'r>> {
        let mut leading = None;
        for hit in self.hits() {
            let severity = self.grants.severity_of(hit, self.ability);
            let weight = (severity, hit.request.how.is_none());
            if leading.is_none_or(|(known, _)| weight > known) {
                leading = Some((weight, hit));
            }
        }
        leading.map(|(_, hit)| hit)
    }

    /// RFC 6901 pointer of the entry that makes it as bad as it is.
    pub fn pointer(&self) -> String {
        self.leading().map(Hit::pointer).unwrap_or_default()
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
            let Some(rule) = self.grants.rules.get(hit.rule) else {
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
        let is_of_everything = self.is_of_everything();
        let gain = if is_of_everything {
            EVERYTHING
        } else {
            self.gain
        };
        let mut message = ["whoever is bound to the role ", gain].concat();
        let leading = self.leading();
        if let Some((hit, how)) = leading.and_then(|hit| hit.request.how.map(|how| (hit, how))) {
            push_all(
                &mut message,
                &["; by way of ", &hit.resource.name, ": ", how],
            );
        }
        if let Some(names) = self.names() {
            message.push_str("; only those named ");
            push_some(
                &mut message,
                &mut names.iter().map(|name| quoted(name)),
                SHOWN,
            );
        }
        if let Some(until) = self.until() {
            message.push_str(&format!(
                "; on clusters before {until}, where `get` is enough"
            ));
        }
        message.push_str(&self.reasons);
        message
    }

    /// The grants in short, such as `create pods`, each once and the leading one first; of more
    /// than `most`, one more than that.
    fn parts(&self, most: usize) -> Vec<String> {
        let leading = self.pointer();
        let places = self.places();
        let mut parts: Vec<String> = Vec::new();
        for leads in [true, false] {
            for place in &places {
                let part = [&place.verbs.join("|"), " ", &place.resource].concat();
                let is_next = (place.path == leading) == leads;
                if is_next && parts.len() <= most && !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        parts
    }

    /// The grants in short, such as `create pods, create pods/exec`; the first few.
    pub fn value(&self) -> String {
        let mut value = String::new();
        push_some(&mut value, &mut self.parts(SHOWN).into_iter(), SHOWN);
        value
    }

    /// Whether a text has all of the grants in short, in whatever order; never of more than any role
    /// should have.
    pub fn is_all_of(&self, text: &str) -> bool {
        const MOST: usize = 64;

        let mut parts = self.parts(MOST);
        if parts.len() > MOST {
            return false;
        }
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (part, next) = match split_once(text, ", ") {
                Some((part, next)) => (part, Some(next)),
                None => (text, None),
            };
            let Some(at) = parts.iter().position(|known| known == part) else {
                return false;
            };
            parts.swap_remove(at);
            rest = next;
        }
        parts.is_empty()
    }

    /// What to do: what is in the role, and what the rule's own fix says after its semicolon, which
    /// is about pods themselves.
    pub fn fix(&self, of_rule: &'static str) -> Cow<'static, str> {
        if self.is_of_everything() {
            return EVERYTHING_FIX.into();
        }
        let parts = self.parts(SHOWN);
        let has_wildcard = parts.iter().any(|part| part.contains('*'));
        let mut fix = "take ".to_owned();
        push_some(
            &mut fix,
            &mut parts.iter().map(|part| ["`", part, "`"].concat()),
            SHOWN,
        );
        fix.push_str(" out of the role");
        if has_wildcard {
            fix.push_str(", or name what is needed in place of `*`");
        }
        let leading = self.leading();
        let is_direct = leading.is_some_and(|hit| hit.request.how.is_none());
        if is_direct && let Some((_, instead)) = split_once(of_rule, "; ") {
            push_all(&mut fix, &["; ", instead]);
        }
        fix.into()
    }

    /// Adds to what is told.
    pub fn add(&mut self, reason: &str) {
        self.reasons.push_str(reason);
    }

    /// What this grants and the old role did not, or only for other names, in short; none where
    /// there is nothing of the kind.
    pub fn beyond(&self, old: &Self) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        for way in self.added(old) {
            if way.resource.is_everything() {
                return Some("everything".to_owned());
            }
            let part = [way.verb_name, " ", &way.resource.name].concat();
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let mut text = String::new();
        push_some(&mut text, &mut parts.into_iter(), SHOWN);
        Some(text).filter(|text| !text.is_empty())
    }

    /// Whether this gives the ability in a way that the old role did not have, or had for fewer
    /// names.
    pub fn widens(&self, old: &Self) -> bool {
        !self.added(old).is_empty()
    }

    /// The ways that the old role did not have, or had for fewer names.
    fn added(&self, old: &Self) -> Vec<Way<'r>> {
        let had = old.ways();
        let mut ways = self.ways();
        ways.retain(|way| {
            let covering = || had.iter().filter(|old| old.covers(way));
            let Some(sets) = &way.sets else {
                return covering().all(|old| old.sets.is_some());
            };
            let names = |way: &Way<'_>| way.sets.as_ref().map(|sets| old.grants.union(sets));
            let known: Vec<_> = covering().map(names).collect();
            let is_known = |name: &&str| {
                let mut known = known.iter();
                known.any(|names| names.as_ref().is_none_or(|names| names.contains(name)))
            };
            !self.grants.union(sets).iter().all(is_known)
        });
        ways
    }

    /// The distinct ways in which the role gives the ability; few, whatever the role.
    fn ways(&self) -> Vec<Way<'r>> {
        let mut ways: Vec<Way<'r>> = Vec::new();
        for hit in self.hits() {
            let Some(severity) = self.grants.severity_of(hit, self.ability) else {
                continue;
            };
            for (verb, verb_name) in hit.verbs.each() {
                let new = Way {
                    resource: hit.resource,
                    request: hit.request,
                    verb,
                    verb_name,
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
        }
        ways
    }
}

/// How many of many things a text shows.
const SHOWN: usize = 4;

/// Adds the first few of some things to a text.
fn push_some(text: &mut String, parts: &mut dyn Iterator<Item = String>, most: usize) {
    for index in 0..=most {
        let Some(part) = parts.next() else {
            return;
        };
        let part = if index < most { &part } else { "…" };
        push_all(text, &[if index > 0 { ", " } else { "" }, part]);
    }
}

/// A way in which a role gives an ability.
#[derive(Debug)]
struct Way<'r> {
    resource: &'r Resource,
    request: &'static Request,
    verb: Verbs,
    verb_name: &'static str,
    severity: Severity,
    until: Option<Version>,
    /// The places in [`Grants::names`] of what it is restricted to; none for all names.
    sets: Option<Vec<usize>>,
}

/// Notes a set of names once. Hits of one rule stand together and have few sets between them, so
/// the last ones are enough to look at.
fn note(sets: &mut Vec<usize>, set: usize) {
    const SETS_OF_A_RULE: usize = 32;

    if !sets
        .iter()
        .rev()
        .take(SETS_OF_A_RULE)
        .any(|known| *known == set)
    {
        sets.push(set);
    }
}

impl Way<'_> {
    fn is_like(&self, other: &Self) -> bool {
        self.is_of(other)
            && (self.verb, self.severity, self.until) == (other.verb, other.severity, other.until)
    }

    /// Whether it is by the same requests.
    fn is_of(&self, other: &Self) -> bool {
        // The settings' own are read anew for each request, but once for both objects.
        std::ptr::eq(self.resource, other.resource) && std::ptr::eq(self.request, other.request)
    }

    /// Whether this way gives all that `new` gives, names aside.
    fn covers(&self, new: &Self) -> bool {
        let lasts = match (self.until, new.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) => old >= new,
        };
        // What gives the ability in every version gives all that older ones have beside it.
        let is_for_all = new.until.is_some() && self.until.is_none();
        let is_same = std::ptr::eq(self.resource, new.resource)
            && (is_for_all || (self.is_of(new) && self.verb == new.verb));
        (self.resource.is_everything() || is_same) && self.severity >= new.severity && lasts
    }
}
