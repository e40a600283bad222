//! From what the rules found to what happens: what is new, what another finding covers, what is
//! exempted, and the action that follows from the settings. The one place that decides actions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::ability::Grants;
use crate::fault::Fault;
use crate::pod::ContainerPlace;
use crate::request::{Operation, Request};
use crate::rule::{Check, Evidence, Rule, Severity};
use crate::rules::{RULES, unreadable};
use crate::settings::{Action, OnUpdate, Settings};
use crate::subject::{self, Subject};
use crate::text::visible;
use crate::view::Text;

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
    pub severity: Severity,
    pub evidence: Evidence<'d>,
    /// Whether the old object did not have it, or had it milder.
    pub new: bool,
    pub action: Action,
    pub exempted: Option<Exempted<'d>>,
}

/// The exemption that holds for a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exempted<'d> {
    /// Its place in the settings, from 0.
    pub index: usize,
    /// The reason that it gives.
    pub reason: &'d str,
}

/// Judges a request.
pub(crate) fn decide<'d>(request: &'d Request<'_>, settings: &'d Settings) -> Decision<'d> {
    // Removing an object harms nobody by what it holds, and CONNECT carries none. An object that
    // is being deleted is updated, not deleted: it still acts, so its updates are judged.
    let is_judged = !matches!(
        request.operation,
        Some(Operation::Delete | Operation::Connect)
    ) && subject::is_judged(request.subresource.as_ref().map(Text::as_str));
    if !is_judged {
        return Decision::default();
    }
    let found = evidence(&request.object, settings, |_| true);
    // Of the old object, only what may make a finding old matters.
    let matters = |rule: &Rule| {
        let mut found = found.iter().map(|found| found.rule);
        found.any(|found| std::ptr::eq(found, rule) || found.subsumed_by.contains(&rule.id))
    };
    let old = match request.operation {
        Some(Operation::Update) => evidence(&request.old_object, settings, matters),
        _ => Vec::new(),
    };
    let causes = Causes::of(&found);
    let old = Old::of(&old);
    let findings: Vec<Finding<'d>> = found
        .into_iter()
        .filter(|found| !causes.cover(found))
        .map(|found| {
            let new = matches!(found.rule.check, Check::Unreadable) || !old.covers(&found);
            finding(found, new, request, settings)
        })
        .collect();
    let refusal = findings
        .iter()
        .filter(|finding| finding.action == Action::Deny)
        .map(|finding| match finding.rule.check {
            Check::Unreadable => Refusal::UnreadableObject,
            Check::Pod(_) | Check::Ability { .. } => Refusal::Denied,
        })
        .max();
    let (findings, omitted) = told(findings);
    Decision {
        findings: worst_first(findings),
        omitted,
        refusal,
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
        judged: true,
    }
}

fn finding<'d>(
    found: Found<'d>,
    new: bool,
    request: &Request<'_>,
    settings: &'d Settings,
) -> Finding<'d> {
    let Found { rule, evidence, .. } = found;
    let severity = settings.severity(rule).unwrap_or(evidence.severity);
    let exempted = settings
        .exemptions
        .iter()
        .enumerate()
        .find(|(_, exemption)| exemption.holds(rule, request))
        .map(|(index, exemption)| Exempted {
            index,
            reason: &exemption.reason,
        });
    let counts = exempted.is_none() && (new || settings.on_update == OnUpdate::All);
    let action = if counts {
        settings.action(rule, severity)
    } else {
        Action::Audit
    };
    Finding {
        rule,
        severity,
        evidence,
        new,
        action,
        exempted,
    }
}

/// What a rule found.
struct Found<'d> {
    rule: &'static Rule,
    /// The place of the rule in the registry.
    rank: usize,
    evidence: Evidence<'d>,
}

/// What the rules that matter find, in the order of the rules.
fn evidence<'d>(
    subject: &'d Subject<'_>,
    settings: &Settings,
    matters: impl Fn(&Rule) -> bool,
) -> Vec<Found<'d>> {
    let grants = match subject {
        Subject::ClusterRole(role) => Some(Rc::new(Grants::new(role, settings.kubernetes_version))),
        Subject::Pod(_) | Subject::Nothing | Subject::Unreadable(_) => None,
    };
    let mut found = Vec::new();
    for (rank, rule) in RULES.iter().copied().enumerate() {
        if settings.is_off(rule) || !matters(rule) {
            continue;
        }
        let of_rule = |evidence| Found {
            rule,
            rank,
            evidence,
        };
        match (&rule.check, subject, &grants) {
            (Check::Pod(check), Subject::Pod(pod), _) => {
                found.extend(check(pod).into_iter().map(of_rule));
            }
            (Check::Ability { ability, gain }, _, Some(grants)) => {
                let evidence = grants.evidence(*ability, gain);
                found.extend(evidence.map(of_rule));
            }
            (Check::Unreadable, Subject::Unreadable(fault), _) => {
                found.push(of_rule(unreadable::evidence(fault)));
            }
            (Check::Pod(_) | Check::Ability { .. } | Check::Unreadable, ..) => {}
        }
    }
    found
}

/// What may be the cause of other findings: rules with the container in which they found
/// something, or none for the whole pod.
struct Causes(BTreeSet<(&'static str, Option<ContainerPlace>)>);

impl Causes {
    fn of(found: &[Found<'_>]) -> Self {
        // To collect them would bring a sort into the module, of some kilobytes.
        let mut causes = BTreeSet::new();
        if can_be_subsumed(found) {
            causes.extend(
                found
                    .iter()
                    .map(|found| (found.rule.id, place(&found.evidence))),
            );
        }
        Self(causes)
    }

    /// Whether a rule that subsumes this one found something in the same container.
    fn cover(&self, found: &Found<'_>) -> bool {
        let place = place(&found.evidence);
        let covers =
            |id: &&'static str| self.0.contains(&(*id, place)) || self.0.contains(&(*id, None));
        found.rule.subsumed_by.iter().any(covers)
    }
}

fn can_be_subsumed(found: &[Found<'_>]) -> bool {
    found.iter().any(|found| !found.rule.subsumed_by.is_empty())
}

fn place(evidence: &Evidence<'_>) -> Option<ContainerPlace> {
    evidence.container.map(|container| container.place)
}

/// What the rules found in the old object.
struct Old<'f> {
    /// By what makes it the same.
    found: BTreeMap<Identity<'f>, Vec<&'f Evidence<'f>>>,
    /// The rules that found something, with the container's name.
    causes: BTreeSet<(&'static str, Option<&'f str>)>,
}

/// The rank of a rule, the name of the container, and what was found.
type Identity<'f> = (usize, Option<&'f str>, &'f str);

impl<'f> Old<'f> {
    fn of(found: &'f [Found<'f>]) -> Self {
        let mut old = Self {
            found: BTreeMap::new(),
            causes: BTreeSet::new(),
        };
        for found in found {
            let same = old.found.entry(identity(found)).or_default();
            same.push(&found.evidence);
            old.causes
                .insert((found.rule.id, container(&found.evidence)));
        }
        old
    }

    /// Whether the old object had it already, and no milder; or had what implies it.
    fn covers(&self, found: &Found<'_>) -> bool {
        let same = self.found.get(&identity(found));
        let by = [container(&found.evidence), None];
        let implied =
            |cause: &&'static str| by.iter().any(|by| self.causes.contains(&(*cause, *by)));
        found.rule.subsumed_by.iter().any(implied)
            || same.is_some_and(|same| same.iter().any(|old| !found.evidence.is_worse_than(old)))
    }
}

fn container<'f>(evidence: &'f Evidence<'_>) -> Option<&'f str> {
    evidence.container.and_then(|container| container.name)
}

fn identity<'f>(found: &'f Found<'_>) -> Identity<'f> {
    (
        found.rank,
        container(&found.evidence),
        found.evidence.identity(),
    )
}
