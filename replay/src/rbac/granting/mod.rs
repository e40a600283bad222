//! `bulkhead rbac --who-can-grant`: who can make a cluster role that grants pod write, or hand one
//! on, and the chain that makes it so.

mod existing;
mod facts;
mod rights;
mod search;
mod ways;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::bound::Judged;
use super::objects::{BindingName, RoleName};
use super::rows::{Place, places, record};
use super::subjects::Subject;
use super::text::{self, in_full};
use crate::answer::Grant;
use crate::report::json::line;
use crate::terminal::{Terminal, escaped};
use facts::{Fact, Facts};
use search::{Reached, Step, search};

/// Everybody who can grant pod write, as far as was asked for.
pub(super) struct Granting<'a> {
    reached: Reached<'a>,
    /// The nearest first.
    shown: Vec<Subject>,
    /// Kubernetes' own components that are not shown.
    pub(super) folded: u64,
    /// Others that were not asked for.
    pub(super) left_out: u64,
    /// What the policy did not tell, or nobody here understood: a sentence for each.
    pub(super) notices: Vec<String>,
}

impl<'a> Granting<'a> {
    /// `knows_powers` says whether the policy tells of powers at all, and is asked where it told of
    /// none.
    pub(super) fn new(
        judged: &'a Judged<'a>,
        knows_powers: impl FnOnce() -> bool,
        subjects: Option<&BTreeSet<Subject>>,
        components: bool,
    ) -> Self {
        let facts = Facts::new(judged);
        let reached = search(&facts, judged);
        let (mut folded, mut left_out) = (0, 0);
        let mut shown = Vec::new();
        for (subject, step) in reached.nearest_first() {
            let alone = step.facts.iter().any(|fact| fact.holder == subject);
            // what a subject can only as everybody of its kind is said once, of the group
            if !(alone || step.facts.is_empty()) {
                continue;
            }
            let own = step.facts.iter().all(|fact| fact.component);
            let is_folded = own && !step.facts.is_empty() && !components;
            let asked = subjects.is_none_or(|subjects| subjects.contains(subject));
            if !asked || is_folded {
                folded += u64::from(asked);
                left_out += u64::from(!asked && !is_folded);
                continue;
            }
            shown.push(subject.clone());
        }
        let mut notices = Vec::new();
        // without bindings nobody holds anything, whatever the policy tells
        if !facts.told && !judged.bindings.is_empty() && !knows_powers() {
            notices.push(
                "the policy is one that does not tell of powers that lead to more rights, such as \
                 `escalate`: chains are missing"
                    .to_owned(),
            );
        }
        if !facts.unknown.is_empty() {
            let unknown: Vec<&str> = facts.unknown.iter().copied().collect();
            let unknown = unknown.join("`, `");
            notices.push(format!(
                "the policy tells of powers that are not known here: `{unknown}`"
            ));
        }
        Self {
            reached,
            shown,
            folded,
            left_out,
            notices,
        }
    }

    /// How many subjects are shown.
    pub(super) fn count(&self) -> usize {
        self.shown.len()
    }

    /// Who, and by what steps, for a person.
    pub(super) fn text(&self, terminal: Terminal) -> impl Iterator<Item = String> {
        self.shown.iter().map(move |subject| {
            let who = escaped(&in_full(subject)).into_owned();
            let mut text = format!("{}\n", terminal.bold(&who));
            let chain = self.reached.chain(subject);
            let many = chain.len() > 1;
            for (index, (_, step)) in chain.iter().enumerate() {
                let target = step.target.as_ref().map(in_full).unwrap_or_default();
                let words = step.act.in_words(&target);
                let label = match many {
                    true => format!("  {}. ", index + 1),
                    false => "  ".to_owned(),
                };
                let which = if index > 0 { "which " } else { "" };
                text.push_str(&terminal.labelled(&label, &format!("{which}{words}")));
                for fact in told(step) {
                    text.push_str(&terminal.labelled("       by  ", &fact));
                }
            }
            text.push('\n');
            text
        })
    }

    /// A line of JSON for each subject. Fields may be added, never renamed.
    pub(super) fn json(&self) -> impl Iterator<Item = String> {
        self.shown.iter().map(|subject| {
            let chain = self.reached.chain(subject);
            let steps = chain.iter().map(|(who, step)| StepRow::of(who, step));
            line(&Row {
                subject,
                steps: steps.collect(),
            })
        })
    }

    /// A header, and a line for each step.
    pub(super) fn csv(&self) -> impl Iterator<Item = String> {
        let header = "subject,step,who,act,target,grants\r\n".to_owned();
        let rows = self.shown.iter().flat_map(|subject| {
            let chain = self.reached.chain(subject).into_iter().enumerate();
            chain.map(move |(index, (who, step))| {
                record(&[
                    subject.to_string(),
                    (index + 1).to_string(),
                    who.to_string(),
                    step.act.word().to_owned(),
                    step.target
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                    told(step).join("; "),
                ])
            })
        });
        std::iter::once(header).chain(rows)
    }
}

/// `create|update clusterroles (/rules/0) of ClusterRole x, by ClusterRoleBinding y`, for each
/// binding that a step needs.
fn told(step: &Step<'_>) -> Vec<String> {
    let of_one = |one: &Fact<'_>, other: &Fact<'_>| {
        (one.binding, &one.names) == (other.binding, &other.names)
    };
    let bindings = step.facts.chunk_by(of_one);
    let told = bindings.filter_map(|facts| {
        let first = facts.first()?;
        let mut grants: Vec<Grant> = Vec::new();
        for grant in facts.iter().flat_map(|fact| fact.grants) {
            match grants.iter_mut().find(|known| known.path == grant.path) {
                Some(known) => {
                    let verbs = grant.verbs.iter().cloned();
                    let new: Vec<_> = verbs.filter(|verb| !known.verbs.contains(verb)).collect();
                    known.verbs.extend(new);
                }
                None => grants.push(grant.clone()),
            }
        }
        let grants = text::places(&grants, first.granted);
        let mut text = format!("{grants} of {}, by {}", first.role, first.binding);
        if let Some(names) = &first.names {
            let _ = write!(text, "; only those named {}", names.join(", "));
        }
        Some(text)
    });
    told.collect()
}

#[derive(Serialize)]
struct Row<'a> {
    subject: &'a Subject,
    steps: Vec<StepRow<'a>>,
}

#[derive(Serialize)]
struct StepRow<'a> {
    subject: &'a Subject,
    act: &'static str,
    /// As whom it goes on; none where this grants pod write.
    target: Option<&'a Subject>,
    facts: Vec<FactRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FactRow<'a> {
    holder: &'a Subject,
    namespace: Option<&'a str>,
    binding: &'a BindingName,
    role: &'a RoleName,
    grants: Vec<Place<'a>>,
    resource_names: Option<&'a [&'a str]>,
}

impl<'a> StepRow<'a> {
    fn of(subject: &'a Subject, step: &'a Step<'_>) -> Self {
        let facts = step.facts.iter().map(|fact| FactRow {
            holder: fact.holder,
            namespace: fact.namespace,
            binding: fact.binding,
            role: fact.role,
            grants: places(fact.grants, fact.granted),
            resource_names: fact.names.as_deref(),
        });
        Self {
            subject,
            act: step.act.word(),
            target: step.target.as_ref(),
            facts: facts.collect(),
        }
    }
}
