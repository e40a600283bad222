//! From what the rules found to what happens: what is new, what another finding covers, what is
//! exempted, and the action that follows from the settings. The one place that decides actions.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ptr;
use std::rc::Rc;

use crate::ability::Grants;
use crate::built_in::{BuiltIn, Expected};
use crate::capability::ALL;
use crate::context::Context;
use crate::evidence::{Case, Found};
use crate::exemption::Exemptions;
use crate::fault::Fault;
use crate::json::{Json, Writer, field};
use crate::origin::Origin;
use crate::pod::ContainerPlace;
use crate::request::{Operation, Request};
use crate::rule::{Check, Evidence, Rule, Severity};
use crate::rules::{self, capabilities, unreadable};
use crate::settings::{Action, OnUpdate, Settings};
use crate::subject::Subject;
use crate::text::visible;

/// At most so many findings are told of one case: the worst. The others are counted.
pub(crate) const MOST_FINDINGS: usize = 256;

/// What happens to a request, and why.
#[derive(Debug, Default)]
pub(crate) struct Decision<'d> {
    /// The worst first; equal ones in the order of the rules, then of the object.
    pub findings: Vec<Finding<'d>>,
    /// The findings beyond those.
    pub omitted: Vec<Finding<'d>>,
    pub refusal: Option<Refusal>,
    /// Where the request comes from, if there is more to say than who sent it.
    pub origin: Option<Origin<'d>>,
    /// What the rules of a role give, if the object is one.
    pub grants: Option<Rc<Grants<'d>>>,
    /// Whether any rule was asked: whether there was something in the request to judge.
    pub judged: bool,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// The settings deny what was found.
    Denied,
    /// The object cannot be read.
    UnreadableObject,
    /// The request, or the settings that came with it, cannot be read.
    UnreadableRequest,
}

/// Something found, and what happens because of it.
#[derive(Debug)]
pub(crate) struct Finding<'d> {
    pub rule: &'static Rule,
    /// The place of the rule in the registry.
    pub rank: usize,
    pub severity: Severity,
    pub evidence: Evidence<'d>,
    /// Whether the old object did not have it, or had it milder.
    pub new: bool,
    pub action: Action,
    pub exempted: Option<Exempted<'d>>,
}

impl Finding<'_> {
    /// What to do about it; one line.
    pub fn fix(&self) -> Cow<'static, str> {
        self.evidence.fix(self.rule.help.fix)
    }
}

/// The exemption that holds for a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exempted<'d> {
    /// Its place in the settings, from 0.
    pub index: usize,
    /// The reason that it gives.
    pub reason: &'d str,
}

impl Json for Exempted<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[field("index", &self.index), field("reason", &self.reason)]);
    }
}

/// Judges a request.
pub(crate) fn decide<'d>(
    request: &'d Request<'d>,
    settings: &'d Settings,
    context: &'d Context,
) -> Decision<'d> {
    if !request.is_judged() {
        return Decision::default();
    }
    let case = Case {
        request,
        settings,
        context,
        origin: Origin::of(request),
    };
    let judged = case.judged(&request.object);
    let grants = judged.grants();
    let mut found = case.evidence(&judged, &|_| true);
    let given = grants.as_deref().filter(|_| !found.is_empty());
    let built_in = given.and_then(|_| BuiltIn::of(&case));
    let expected = built_in
        .as_ref()
        .zip(given)
        .and_then(|(built_in, given)| Expected::of(&case, given, built_in));
    if let Some(expected) = &expected {
        found.retain_mut(|found| !expected.accepts(found));
    }
    if found.is_empty() {
        return Decision {
            origin: case.origin,
            grants,
            judged: !matches!(request.object, Subject::Nothing),
            ..Decision::default()
        };
    }
    // Of the old object, only what may make a finding old matters.
    let matters = |rule: &Rule| {
        let mut found = found.iter().map(|found| found.rule);
        found.any(|found| ptr::eq(found, rule) || found.subsumed_by.contains(&rule.id))
    };
    let old = match request.operation {
        Some(Operation::Update) => case.evidence(&case.judged(&request.old_object), &matters),
        _ => Vec::new(),
    };
    let exemptions = Exemptions::new(&settings.exemptions, request, case.origin);
    let is_covered: Vec<bool> = {
        let causes = Causes::of(&found);
        found.iter().map(|found| causes.cover(found)).collect()
    };
    let had = Old::of(&mut old.iter());
    // What passed because it was exempted is no reason to let it pass when it no longer is: an
    // update may exchange the image of an exempted pod.
    let had_by_right = (!settings.exemptions.is_empty()).then(|| {
        let unexempted = |found: &&Found<'_>| {
            let Found { rule, evidence, .. } = found;
            let exempted = exemptions.holding(rule, evidence, &request.old_object);
            exempted.is_none()
        };
        Old::of(&mut old.iter().filter(unexempted))
    });
    let mut findings: Vec<Finding<'d>> = Vec::with_capacity(found.len());
    for (mut found, is_covered) in found.into_iter().zip(is_covered) {
        if is_covered {
            continue;
        }
        let exempted = exemptions.holding(found.rule, &found.evidence, &request.object);
        let had = match &had_by_right {
            Some(by_right) if exempted.is_none() => by_right,
            _ => &had,
        };
        let new = matches!(found.rule.check, Check::Unreadable) || !had.covers(&found);
        let is_expected = || expected.as_ref().is_some_and(|known| known.has(&found));
        if !new && is_expected() {
            continue;
        }
        if new && let Some(added) = had.exceeded_by(&found) {
            found.evidence.add(&["; not before: ", &added].concat());
        }
        findings.push(case.finding(found, new, exempted));
    }
    let refusal = findings
        .iter()
        .filter(|finding| finding.action == Action::Deny)
        .map(|finding| match finding.rule.check {
            Check::Unreadable => Refusal::UnreadableObject,
            _ => Refusal::Denied,
        })
        .max();
    let (findings, omitted) = told(findings);
    Decision {
        findings: worst_first(findings),
        omitted,
        refusal,
        origin: case.origin,
        grants,
        judged: !matches!(request.object, Subject::Nothing),
    }
}

/// The findings that are told, and the rest, both in their order. Where there are too many, those
/// with consequences come before those without, and then the worse before the milder.
fn told(findings: Vec<Finding<'_>>) -> (Vec<Finding<'_>>, Vec<Finding<'_>>) {
    let mut room = MOST_FINDINGS;
    if findings.len() <= room {
        return (findings, Vec::new());
    }
    let mut is_told = vec![false; findings.len()];
    for acts in [true, false] {
        for severity in Severity::ALL.into_iter().rev() {
            for (finding, is_told) in findings.iter().zip(&mut is_told) {
                let is_next =
                    finding.severity == severity && (finding.action != Action::Audit) == acts;
                if is_next && room > 0 {
                    *is_told = true;
                    room -= 1;
                }
            }
        }
    }
    let mut is_told = is_told.into_iter();
    findings
        .into_iter()
        .partition(|_| is_told.next().unwrap_or_default())
}

/// The findings by severity; equal ones stay in their order.
fn worst_first(mut findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    if findings.is_sorted_by_key(|finding| Reverse(finding.severity)) {
        return findings;
    }
    let mut sorted = Vec::with_capacity(findings.len());
    for severity in Severity::ALL.into_iter().rev() {
        sorted.extend(findings.extract_if(.., |finding| finding.severity == severity));
    }
    sorted
}

/// The decision about what is no request, or comes with settings that cannot be read. The place
/// of the fault is in no object, so it is told in the message.
pub(crate) fn refuse(fault: Fault) -> Decision<'static> {
    let evidence = unreadable::evidence(&Fault {
        reason: match fault.pointer.as_str() {
            "" => fault.reason,
            place => format!("{}: {}", visible(place, 100), fault.reason),
        },
        pointer: String::new(),
    });
    let finding = Finding {
        rule: &unreadable::RULE,
        rank: rules::rank(unreadable::RULE.id).unwrap_or_default(),
        severity: evidence.severity,
        evidence,
        new: true,
        action: Action::Deny,
        exempted: None,
    };
    Decision {
        findings: vec![finding],
        omitted: Vec::new(),
        refusal: Some(Refusal::UnreadableRequest),
        origin: None,
        grants: None,
        judged: true,
    }
}

impl<'d> Case<'d> {
    fn finding(&self, found: Found<'d>, new: bool, exempted: Option<Exempted<'d>>) -> Finding<'d> {
        let Found {
            rule,
            rank,
            evidence,
        } = found;
        let severity = self.settings.severity(rule).unwrap_or(evidence.severity);
        // A kubelet runs its own pods whatever anybody says of their mirrors. A cluster whose API
        // server cannot write its own roles, or cannot aggregate them, does not work.
        let is_own = matches!(
            self.origin,
            Some(Origin::Mirror { .. } | Origin::ApiServer | Origin::Aggregation)
        );
        let counts =
            exempted.is_none() && !is_own && (new || self.settings.on_update == OnUpdate::All);
        let action = if counts {
            self.settings.action(rule, severity)
        } else {
            Action::Audit
        };
        Finding {
            rule,
            rank,
            severity,
            evidence,
            new,
            action,
            exempted,
        }
    }
}

/// Findings by what tells them apart: the rank of the rule, and what else matters. One type for all
/// uses: each other one would bring its own tree into the module.
type Index<'f> = BTreeMap<Key<'f>, &'f Evidence<'f>>;
type Key<'f> = (usize, [usize; 3], Option<&'f str>, &'f str);

/// Of what has the same key the worst is kept.
fn insert<'f>(index: &mut Index<'f>, key: Key<'f>, evidence: &'f Evidence<'f>) {
    let known = index.entry(key).or_insert(evidence);
    if !ptr::eq(*known, evidence) && evidence.is_worse_than(known) {
        *known = evidence;
    }
}

/// What may be the cause of other findings: rules with the pod and the container in which they
/// found something, or none for the whole pod.
struct Causes<'f>(Index<'f>);

impl<'f> Causes<'f> {
    fn of(found: &'f [Found<'f>]) -> Self {
        let mut causes = Index::new();
        if found.iter().any(|found| !found.rule.subsumed_by.is_empty()) {
            for Found { rank, evidence, .. } in found {
                insert(&mut causes, (*rank, place(evidence), None, ""), evidence);
            }
        }
        Self(causes)
    }

    /// Whether a rule that subsumes this one found something in the same container.
    fn cover(&self, found: &Found<'_>) -> bool {
        let own = place(&found.evidence);
        let whole = whole(&found.evidence);
        subsuming(found.rule).any(|rank| {
            let mut places = [own, whole].into_iter();
            places.any(|place| self.0.contains_key(&(rank, place, None, "")))
        })
    }
}

/// The ranks of the rules that subsume a rule.
fn subsuming(rule: &Rule) -> impl Iterator<Item = usize> {
    rule.subsumed_by.iter().filter_map(|id| rules::rank(id))
}

/// The pod and the container, in numbers.
fn place(evidence: &Evidence<'_>) -> [usize; 3] {
    match evidence.container.map(|container| container.place) {
        Some(ContainerPlace { list, index }) => [evidence.pod, list as usize + 1, index],
        None => whole(evidence),
    }
}

/// What the rules found in the old object.
struct Old<'f> {
    /// By what makes it the same: rule, container's name, and what was found.
    found: Index<'f>,
    /// By rule and container's name.
    causes: Index<'f>,
}

/// The pod, in numbers.
fn whole(evidence: &Evidence<'_>) -> [usize; 3] {
    [evidence.pod, 0, 0]
}

/// The same across objects, where names and values tell findings apart, not places.
fn same_pod(evidence: &Evidence<'_>) -> [usize; 3] {
    let [number, count] = evidence.pod_number;
    [number, count, 0]
}

impl<'f> Old<'f> {
    fn of(found: &mut dyn Iterator<Item = &'f Found<'f>>) -> Self {
        let mut old = Self {
            found: Index::new(),
            causes: Index::new(),
        };
        for Found { rank, evidence, .. } in found {
            let name = container(evidence);
            let identity = evidence.identity();
            insert(
                &mut old.found,
                (*rank, same_pod(evidence), name, identity),
                evidence,
            );
            // What a container takes from its pod, it has as if it said so itself.
            for taker in evidence.takers() {
                let key = (*rank, same_pod(evidence), Some(*taker), identity);
                insert(&mut old.found, key, evidence);
            }
            insert(
                &mut old.causes,
                (*rank, same_pod(evidence), name, ""),
                evidence,
            );
        }
        old
    }

    /// What is found gives beyond the same in the old object, where that is told.
    fn exceeded_by(&self, found: &Found<'_>) -> Option<String> {
        let evidence = &found.evidence;
        evidence.beyond(self.same(found, container(evidence), evidence.identity())?)
    }

    /// Whether the old object had it already, and no milder; or had what implies it. What a pod says
    /// for its containers may come to hold for some that did not take it: they had it if each had
    /// as much by itself.
    fn covers(&self, found: &Found<'_>) -> bool {
        let name = container(&found.evidence);
        let takers = found.evidence.takers();
        let had = |name| self.had(found, name);
        had(name)
            || (!takers.is_empty()
                && self.same(found, name, found.evidence.identity()).is_some()
                && takers.iter().all(|taker| had(Some(taker))))
    }

    /// Whether a container, or the pod as a whole, had what was found.
    fn had(&self, found: &Found<'_>, name: Option<&str>) -> bool {
        let is_implied = subsuming(found.rule).any(|rank| {
            let mut names = [name, None].into_iter();
            names.any(|name| {
                let pod = same_pod(&found.evidence);
                self.causes.contains_key(&(rank, pod, name, ""))
            })
        });
        let is_no_worse = |identity| {
            let same = self.same(found, name, identity);
            same.is_some_and(|same| !found.evidence.is_worse_than(same))
        };
        is_implied
            || is_no_worse(found.evidence.identity())
            || (found.rule.id == capabilities::RULE.id && is_no_worse(ALL))
    }

    /// The worst of the same of a container, or of the pod as a whole.
    #[inline(never)]
    fn same<'s>(
        &'s self,
        found: &'s Found<'s>,
        name: Option<&'s str>,
        identity: &'s str,
    ) -> Option<&'s Evidence<'s>> {
        let key = (found.rank, same_pod(&found.evidence), name, identity);
        self.found.get(&key).copied()
    }
}

fn container<'f>(evidence: &'f Evidence<'_>) -> Option<&'f str> {
    evidence.container.and_then(|container| container.name)
}
