//! Findings grouped by the object that has them, or by the incident that they belong to. What
//! several requests found alike is kept once, with a count, and what is kept is bounded: beyond the
//! bound the mildest objects go, and are counted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use intake::Form;
use intake::audit::{Outcome, Root};

use super::acts::{Acts, Aftermath};
use crate::answer::{Action, Exempted, Finding, Rank, Request};
use crate::outcome::Judged;

/// Objects that a report shows.
const OBJECTS: usize = 10_000;

/// Findings that a report shows, all objects together.
const FINDINGS: usize = 30_000;

/// Findings that a report shows of one object.
const FINDINGS_OF_ONE: usize = 300;

/// Kinds of requests that a report shows of one object.
const REQUESTS_OF_ONE: usize = 50;

/// Places that a report shows of one finding.
const PLACES: usize = 3;

/// All objects with findings.
#[derive(Default)]
pub(crate) struct Objects {
    objects: BTreeMap<Key, Object>,
    findings: usize,
    /// Findings that were dropped with their objects.
    pub(super) dropped: u64,
    /// What was done to the workloads of incidents beside.
    pub(super) aftermath: Aftermath,
}

/// What a person calls an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    group: Option<String>,
    subresource: Option<String>,
    /// Of an incident, its id.
    pub(super) incident: Option<String>,
}

/// One object, with what was asked of it and what was found in it.
#[derive(Default)]
pub(super) struct Object {
    /// How often each kind of request came.
    pub(super) requests: BTreeMap<Asked, u64>,
    /// Of an incident, what was done and by whom.
    pub(super) acts: Acts,
    /// Of an incident, the workload that it is about.
    pub(super) root: Option<Arc<Root>>,
    pub(super) judged: u64,
    pub(super) denied: u64,
    /// By what was found, whatever became of it.
    findings: BTreeMap<Finding, Seen>,
    /// Findings beyond those that are kept.
    pub(super) omitted: u64,
}

/// What became of a finding in one request; the worst is the smallest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FindingOutcome {
    pub(super) rank: Rank,
    pub(super) action: Action,
    pub(super) old: bool,
    pub(super) exempted: Option<Exempted>,
}

/// One kind of request: what, by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    pub(super) form: Form,
    pub(super) operation: Option<String>,
    pub(super) user: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) dry_run: bool,
}

/// How often and where a finding was seen, and what became of it.
#[derive(Default)]
pub(super) struct Seen {
    /// How many other findings of the object came before it.
    order: usize,
    /// The worst that became of it.
    pub(super) outcome: Option<FindingOutcome>,
    pub(super) count: u64,
    pub(super) not_new: u64,
    pub(super) exempted: u64,
    /// File and line of the first ones.
    pub(super) places: Vec<(Arc<str>, Option<u64>)>,
    /// Whether there were places beside those that are kept.
    pub(super) elsewhere: bool,
}

impl Objects {
    /// Takes the findings of one case; a case without findings leaves nothing.
    pub(super) fn add(&mut self, judged: Judged) {
        if judged.findings.is_empty() {
            if let Some(audited) = judged.audit {
                self.aftermath.add(&judged.request, audited.audit);
            }
            return;
        }
        let key = Key::of_case(&judged);
        let object = self.objects.entry(key).or_default();
        let before = object.findings.len();
        object.add(judged);
        self.findings += object.findings.len() - before;
        if self.objects.len() > 2 * OBJECTS || self.findings > 2 * FINDINGS {
            self.drop_the_mildest();
        }
    }

    /// The workloads that incidents are about.
    pub(super) fn roots(&self) -> BTreeSet<&Root> {
        let roots = self.objects.values().map(|object| object.root.as_deref());
        roots.flatten().collect()
    }

    /// Objects to show, worst first.
    pub(super) fn worst_first(&self) -> impl Iterator<Item = (&Key, &Object)> {
        let mut objects: Vec<_> = self.objects.iter().collect();
        objects.sort_by_key(|(key, object)| (object.rank(), *key));
        let mut findings = 0;
        objects
            .into_iter()
            .take(OBJECTS)
            .take_while(move |(_, object)| {
                findings += object.findings.len();
                findings <= FINDINGS
            })
    }

    /// Findings that [`Self::worst_first`] does not reach.
    pub(super) fn not_shown(&self) -> u64 {
        let shown: u64 = self.worst_first().map(|(_, object)| object.seen()).sum();
        let kept: u64 = self.objects.values().map(Object::seen).sum();
        self.dropped + (kept - shown)
    }

    fn drop_the_mildest(&mut self) {
        let keep: Vec<Key> = self.worst_first().map(|(key, _)| key.clone()).collect();
        let mut all = std::mem::take(&mut self.objects);
        self.objects = keep
            .into_iter()
            .filter_map(|key| all.remove_entry(&key))
            .collect();
        self.findings = self
            .objects
            .values()
            .map(|object| object.findings.len())
            .sum();
        self.dropped += all.values().map(Object::seen).sum::<u64>();
    }
}

impl Object {
    fn add(&mut self, judged: Judged) {
        if let Some(audited) = judged.audit {
            self.root = Some(Arc::clone(&audited.audit.root));
            self.acts.add(&judged.request, audited.audit);
        }
        let asked = Asked {
            form: judged.form,
            operation: judged.request.operation,
            user: judged.request.user,
            origin: judged.origin,
            dry_run: judged.request.dry_run,
        };
        if self.requests.len() < REQUESTS_OF_ONE || self.requests.contains_key(&asked) {
            *self.requests.entry(asked).or_default() += 1;
        }
        self.judged += 1;
        self.denied += u64::from(!judged.allowed);
        self.omitted += judged.omitted;
        for (mut finding, position) in judged.findings {
            let outcome = FindingOutcome::take(&mut finding);
            if self.root.is_some() {
                finding = self.of_incident(finding);
            }
            if self.findings.len() >= FINDINGS_OF_ONE && !self.findings.contains_key(&finding) {
                self.omitted += 1;
                continue;
            }
            let line = position
                .map(|position| position.line)
                .or(judged.source.line);
            let order = self.findings.len();
            self.findings
                .entry(finding)
                .or_insert_with(|| Seen {
                    order,
                    ..Seen::default()
                })
                .add(outcome, &judged.source.file, line);
        }
    }

    /// In an incident, the same finding in another object is the same: a pod has what its
    /// Deployment has, at another place.
    fn of_incident(&self, finding: Finding) -> Finding {
        let same = self
            .findings
            .keys()
            .find(|other| other.identity() == finding.identity());
        same.cloned().unwrap_or(finding)
    }

    /// Its findings, worst first, and otherwise in the order in which the policy told them.
    pub(super) fn worst_first(&self) -> Vec<(&Finding, &Seen)> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|(_, seen)| (seen.rank(), seen.order));
        findings
    }

    /// How often anything was seen in it.
    fn seen(&self) -> u64 {
        self.findings.values().map(|seen| seen.count).sum::<u64>() + self.omitted
    }

    /// What came to nothing is the mildest; else it is as bad as its worst finding; then the more
    /// findings, the worse.
    fn rank(&self) -> (bool, Option<Rank>, Reverse<usize>) {
        let worst = self.findings.values().filter_map(Seen::rank).min();
        let is_kept = self.acts.outcome().is_none_or(Outcome::may_be_kept);
        (!is_kept, worst, Reverse(self.findings.len()))
    }

    /// Whether somebody was warned.
    pub(super) fn warned(&self) -> bool {
        self.findings
            .values()
            .filter_map(|seen| seen.outcome.as_ref())
            .any(|outcome| outcome.action == Action::Warn)
    }
}

impl FindingOutcome {
    /// Takes what became of a finding out of it, so that what is left says
    /// only what was found.
    fn take(finding: &mut Finding) -> Self {
        let outcome = Self {
            rank: finding.rank(),
            action: finding.action,
            old: !finding.new,
            exempted: finding.exempted.take(),
        };
        finding.action = Action::Audit;
        finding.new = false;
        outcome
    }
}

impl Seen {
    fn add(&mut self, outcome: FindingOutcome, file: &Arc<str>, line: Option<u64>) {
        self.count += 1;
        self.not_new += u64::from(outcome.old);
        self.exempted += u64::from(outcome.exempted.is_some());
        if self.outcome.as_ref().is_none_or(|worst| outcome < *worst) {
            self.outcome = Some(outcome);
        }
        let place = (Arc::clone(file), line);
        if self.places.contains(&place) {
            return;
        }
        if self.places.len() < PLACES {
            self.places.push(place);
        } else {
            self.elsewhere = true;
        }
    }

    /// Whether the same became of it, as often and in the same places.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.outcome, self.count, self.not_new, self.exempted)
            == (&other.outcome, other.count, other.not_new, other.exempted)
            && (&self.places, self.elsewhere) == (&other.places, other.elsewhere)
    }

    fn rank(&self) -> Option<Rank> {
        self.outcome.as_ref().map(|outcome| outcome.rank)
    }
}

impl Key {
    /// What the findings of a case are told of: its object, or the workload of its incident.
    fn of_case(judged: &Judged) -> Self {
        let Some(audited) = &judged.audit else {
            return Self::of(&judged.request);
        };
        let Root {
            group,
            kind,
            namespace,
            name,
            cluster: _,
        } = &*audited.audit.root;
        Self {
            kind: Some(kind.clone()),
            namespace: Some(namespace.clone()),
            name: Some(name.clone()),
            group: Some(group.clone()),
            subresource: None,
            incident: audited.incident.clone(),
        }
    }

    pub(super) fn of(request: &Request) -> Self {
        Self {
            incident: None,
            kind: request.kind.clone(),
            namespace: request.namespace.clone(),
            name: request.name.clone(),
            group: request.group.clone(),
            subresource: request.subresource.clone(),
        }
    }
}

/// `Pod team-a/web (ephemeralcontainers)`; the caller escapes it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let kind = some(&self.kind).unwrap_or_else(|| "object of unknown kind".into());
        let name = some(&self.name).unwrap_or_else(|| "(no name yet)".into());
        match some(&self.namespace) {
            Some(namespace) => write!(f, "{kind} {namespace}/{name}")?,
            None => write!(f, "{kind} {name}")?,
        }
        match some(&self.subresource) {
            Some(subresource) => write!(f, " ({subresource})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FINDINGS, FINDINGS_OF_ONE, Form, OBJECTS, Objects};
    use crate::answer::{Action, Finding, Request};
    use crate::outcome::{Judged, Source};
    use std::sync::Arc;

    fn finding(severity: &str, value: u64) -> Finding {
        serde_json::from_value(
            serde_json::json!({"rule": "host-path", "severity": severity,
            "action": "deny", "path": "/spec", "value": value.to_string(), "message": "m",
            "fix": "f", "new": true}),
        )
        .unwrap()
    }

    fn judged(name: &str, line: u64, findings: Vec<Finding>) -> Judged {
        Judged {
            source: Source::line(&Arc::from("a.json"), line),
            request: Request {
                kind: Some("Pod".into()),
                namespace: Some("team-a".into()),
                name: Some(name.into()),
                ..Request::default()
            },
            allowed: false,
            findings: findings
                .into_iter()
                .map(|finding| (finding, None))
                .collect(),
            origin: None,
            form: Form::Request,
            asked: true,
            omitted: 0,
            audit: None,
            json: None,
        }
    }

    #[test]
    fn merges_what_several_requests_have_alike() {
        let mut objects = Objects::default();
        for line in 1..=5 {
            objects.add(judged(
                "web",
                line,
                vec![finding("high", 0), finding("low", line / 5)],
            ));
        }
        let (key, object) = objects.worst_first().next().unwrap();
        assert_eq!(key.to_string(), "Pod team-a/web");
        let findings = object.worst_first();
        let counts: Vec<_> = findings.iter().map(|(_, seen)| seen.count).collect();
        assert_eq!(counts, [5, 4, 1]);
        let (_, first) = findings[0];
        let lines: Vec<_> = first.places.iter().map(|(_, line)| line.unwrap()).collect();
        assert_eq!(lines, [1, 2, 3]);
        assert!(first.elsewhere);
        assert_eq!(objects.not_shown(), 0);
    }

    #[test]
    fn shows_the_worst_that_became_of_a_finding() {
        let mut objects = Objects::default();
        let before = Finding {
            action: Action::Audit,
            new: false,
            ..finding("high", 0)
        };
        objects.add(judged("web", 1, vec![before.clone()]));
        objects.add(judged("web", 2, vec![finding("high", 0)]));
        objects.add(judged("web", 3, vec![before]));
        let (_, object) = objects.worst_first().next().unwrap();
        let findings = object.worst_first();
        assert_eq!(findings.len(), 1);
        let (_, seen) = findings[0];
        assert_eq!((seen.count, seen.not_new), (3, 2));
        assert_eq!(seen.outcome.as_ref().unwrap().action, Action::Deny);
    }

    #[test]
    fn shows_the_worst_object_first() {
        let mut objects = Objects::default();
        objects.add(judged("a", 1, vec![finding("low", 1), finding("low", 2)]));
        objects.add(judged("b", 2, vec![finding("critical", 1)]));
        objects.add(judged("c", 3, vec![finding("low", 1)]));
        objects.add(judged("d", 4, vec![]));
        let names: Vec<_> = objects
            .worst_first()
            .map(|(key, _)| key.to_string())
            .collect();
        assert_eq!(names, ["Pod team-a/b", "Pod team-a/a", "Pod team-a/c"]);
    }

    #[test]
    fn keeps_the_worst_objects_when_there_are_too_many() {
        let mut objects = Objects::default();
        let many = 3 * OBJECTS + 5;
        for index in 0..many {
            let severity = if index == many - 1 { "critical" } else { "low" };
            objects.add(judged(&index.to_string(), 1, vec![finding(severity, 0)]));
        }
        assert_eq!(objects.worst_first().count(), OBJECTS);
        assert_eq!(objects.not_shown(), u64::try_from(many - OBJECTS).unwrap());
        let (worst, _) = objects.worst_first().next().unwrap();
        assert_eq!(worst.to_string(), format!("Pod team-a/{}", many - 1));
    }

    #[test]
    fn keeps_a_bounded_number_of_findings() {
        let mut objects = Objects::default();
        for name in 0..300 {
            let findings = (0..FINDINGS_OF_ONE + 1).map(|value| finding("low", value as u64));
            objects.add(judged(&name.to_string(), 1, findings.collect()));
        }
        assert!(objects.findings <= 2 * FINDINGS);
        let shown: usize = objects
            .worst_first()
            .map(|(_, object)| object.findings.len())
            .sum();
        assert_eq!(shown, FINDINGS);
        let (_, object) = objects.worst_first().next().unwrap();
        assert_eq!(object.omitted, 1);
    }
}
