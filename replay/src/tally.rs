//! Counts of everything that was read, and the exit code that follows.

use std::collections::BTreeMap;

use intake::Passed;
use intake::audit::Gap;

use crate::answer::{Action, Finding, Request, Severity};
use crate::cases::Cases;
use crate::exemptions::Exemptions;
use crate::order::Order;
use crate::outcome::{Failure, Judged, Outcome, Source};
use crate::settings::Exemption;

/// The rule of what a policy cannot read.
const UNREADABLE: &str = "unreadable";

/// What makes a replay fail with exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// A request that the policy denies.
    Deny,
    /// A finding of this severity or worse.
    Severity(Severity),
    /// Nothing.
    Never,
}

impl FailOn {
    /// Whether this finding alone makes the replay fail.
    pub(crate) fn is_reached(self, finding: &Finding) -> bool {
        match self {
            Self::Never => false,
            Self::Deny => finding.action == Action::Deny || finding.rule == UNREADABLE,
            Self::Severity(threshold) => {
                finding.rule == UNREADABLE
                    || (finding.exempted.is_none() && finding.severity >= threshold)
            }
        }
    }
}

/// Everything that was read, counted.
#[derive(Debug)]
pub(crate) struct Tally {
    /// What makes the exit code 1.
    pub(crate) fail_on: FailOn,
    /// Whether the replay is incomplete for an event that cannot be judged, or for want of anything
    /// to judge.
    pub(crate) strict: bool,
    pub(crate) files: u64,
    /// Cases that the report shows.
    pub(crate) shown: Cases,
    /// Cases that it was asked to leave out.
    pub(crate) left_out: Cases,
    /// Audit events that nobody needs to see.
    pub(crate) passed: Passed,
    /// Requests of audit logs that matter and could not be judged, by reason.
    pub(crate) gaps: BTreeMap<Gap, u64>,
    /// Findings that it was asked to leave out of what it shows.
    pub(crate) left_out_findings: usize,
    /// Whether audit logs were read in the order of time.
    pub(crate) order: Order,
    /// Cases that are shown and have no time, where a span of time was asked for.
    pub(crate) timeless: u64,
    /// Manifests that are left out for naming no namespace.
    pub(crate) nowhere: u64,
    /// What it was asked to show and nothing has: a sentence for each.
    pub(crate) in_vain: Vec<String>,
    /// Objects of audit logs that could not be kept to measure changes against.
    pub(crate) unremembered: u64,
    /// Cases that no rule is about, by what they are.
    pub(crate) beside: BTreeMap<String, u64>,
    pub(crate) findings: BTreeMap<(Severity, Action), u64>,
    pub(crate) exempted: u64,
    pub(crate) exemptions: Exemptions,
    pub(crate) not_new: u64,
    pub(crate) omitted: u64,
    /// What was left out on purpose, by reason.
    pub(crate) skipped: BTreeMap<String, Skips>,
    /// Objects of the cluster that could not be kept for the policy to ask about.
    pub(crate) forgotten: u64,
    /// What could not be read, by reason.
    pub(crate) broken: BTreeMap<&'static str, u64>,
    /// What was read and not judged, by reason.
    pub(crate) unanswered: BTreeMap<&'static str, u64>,
}

/// What was left out for one reason.
#[derive(Debug, Default)]
pub(crate) struct Skips {
    pub(crate) count: u64,
    /// Where the first of them are; empty for what was never read.
    pub(crate) first: Vec<Source>,
}

/// Places that are kept of what was left out for one reason.
const PLACES: usize = 10;

impl Skips {
    fn add(&mut self, source: Option<&Source>) {
        self.count += 1;
        if self.first.len() < PLACES {
            self.first.extend(source.cloned());
        }
    }
}

impl Tally {
    /// `exemptions` are all that the settings have, in their order.
    pub(crate) fn new(fail_on: FailOn, strict: bool, exemptions: Vec<Exemption>) -> Self {
        Self {
            fail_on,
            strict,
            files: 0,
            shown: Cases::default(),
            left_out: Cases::default(),
            passed: Passed::default(),
            gaps: BTreeMap::new(),
            left_out_findings: 0,
            order: Order::default(),
            timeless: 0,
            nowhere: 0,
            in_vain: Vec::new(),
            unremembered: 0,
            beside: BTreeMap::new(),
            findings: BTreeMap::new(),
            exempted: 0,
            exemptions: Exemptions::new(exemptions),
            not_new: 0,
            omitted: 0,
            skipped: BTreeMap::new(),
            forgotten: 0,
            broken: BTreeMap::new(),
            unanswered: BTreeMap::new(),
        }
    }

    pub(crate) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::File => self.files += 1,
            Outcome::Mark(_) => {}
            Outcome::Judged(judged) => self.judged(judged),
            Outcome::Failed(failure) => self.failed(failure),
            Outcome::Skipped(skipped) => {
                let skips = self.skipped.entry(skipped.reason.clone()).or_default();
                skips.add(skipped.source.as_ref());
            }
            Outcome::Unjudged(gap) => {
                self.shown.unjudged(&gap.unjudged.audit);
                *self.gaps.entry(gap.unjudged.gap).or_default() += 1;
            }
            Outcome::Passed(passed) => {
                self.passed.irrelevant += passed.irrelevant;
                self.passed.stages += passed.stages;
                self.passed.other += passed.other;
            }
            Outcome::Unremembered(count) => self.unremembered += count,
            Outcome::Forgotten(count) => self.forgotten += count,
        }
    }

    /// Counts what the report was asked to leave out.
    pub(crate) fn leave_out(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Judged(judged) => {
                self.left_out.judged(judged, self.fails(judged));
                self.note(judged);
            }
            Outcome::Unjudged(gap) => self.left_out.unjudged(&gap.unjudged.audit),
            _ => {}
        }
    }

    /// Whether a case is what the replay fails for.
    fn fails(&self, judged: &Judged) -> bool {
        let is_denied = self.fail_on == FailOn::Deny && !judged.allowed;
        let mut findings = judged.findings.iter();
        is_denied || findings.any(|(finding, _)| self.fail_on.is_reached(finding))
    }

    fn judged(&mut self, judged: &Judged) {
        self.shown.judged(judged, self.fails(judged));
        self.note(judged);
        self.omitted += judged.omitted;
        for (finding, _) in &judged.findings {
            *self
                .findings
                .entry((finding.severity, finding.action))
                .or_default() += 1;
            self.exempted += u64::from(finding.exempted.is_some());
            self.not_new += u64::from(!finding.new);
        }
    }

    /// Takes note of what counts whether a case is shown or not.
    fn note(&mut self, judged: &Judged) {
        self.exemptions.note(judged);
        if !judged.asked {
            *self.beside.entry(what(&judged.request)).or_default() += 1;
        }
    }

    fn failed(&mut self, failure: &Failure) {
        let counts = if failure.unanswered {
            &mut self.unanswered
        } else {
            &mut self.broken
        };
        *counts.entry(failure.reason).or_default() += 1;
    }

    /// Whether an audit log was read that keeps no body of anything that matters, so that it can
    /// never tell what was written.
    pub(crate) fn is_blind(&self) -> bool {
        let bodiless = self.gaps.get(&Gap::NoBody).copied().unwrap_or_default();
        bodiless > 0 && self.shown.bodies + self.left_out.bodies == 0
    }

    /// Whether there was nothing to judge. Of an audit log that was read there was, though nobody
    /// need see what it tells.
    pub(crate) fn is_void(&self) -> bool {
        let Passed {
            irrelevant, stages, ..
        } = self.passed;
        self.shown.count() + self.left_out.count() + irrelevant + stages == 0
    }

    /// Whether something could not be read or not be judged.
    pub(crate) fn incomplete(&self) -> bool {
        let has_gaps = self.shown.unjudged + self.left_out.unjudged > 0;
        (self.strict && (has_gaps || self.is_void()))
            || !(self.broken.is_empty() && self.unanswered.is_empty())
    }

    /// 0: nothing that counts; 1: something; 2: not all could be judged.
    pub(crate) fn exit_code(&self) -> u8 {
        let is_failing = self.shown.failing + self.left_out.failing > 0;
        match (self.incomplete(), is_failing) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// What a request is about, in two words: `Service`, `Pod status`, `DELETE Pod`.
fn what(request: &Request) -> String {
    let kind = request.kind.as_deref().unwrap_or_default();
    match (request.operation.as_deref(), request.subresource.as_deref()) {
        (Some(operation @ ("DELETE" | "CONNECT")), _) => format!("{operation} {kind}"),
        (_, Some("status")) => format!("{kind} status"),
        _ => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use intake::Form;

    use super::{FailOn, Tally};
    use crate::answer::{Finding, Request, Severity};
    use crate::outcome::{Failure, Judged, Outcome, Source};
    use std::sync::Arc;

    fn source() -> Source {
        Source::file(&Arc::from("a"))
    }

    fn judged(finding: serde_json::Value) -> Outcome {
        let mut whole = serde_json::json!({"rule": "host-path", "severity": "high",
            "action": "audit", "path": "", "message": "", "fix": "", "new": true});
        whole
            .as_object_mut()
            .unwrap()
            .extend(finding.as_object().unwrap().clone());
        let finding: Finding = serde_json::from_value(whole).unwrap();
        Outcome::Judged(Box::new(Judged {
            source: source(),
            request: Request::default(),
            origin: None,
            form: Form::Request,
            asked: true,
            allowed: finding.action != crate::answer::Action::Deny,
            findings: vec![(finding, None)],
            omitted: 0,
            audit: None,
            json: None,
        }))
    }

    fn code(fail_on: FailOn, outcomes: &[Outcome]) -> u8 {
        let mut tally = Tally::new(fail_on, false, Vec::new());
        for outcome in outcomes {
            tally.count(outcome);
        }
        tally.exit_code()
    }

    #[test]
    fn fails_at_or_above_the_threshold() {
        let deny = judged(serde_json::json!({"action": "deny", "severity": "medium"}));
        let warn = judged(serde_json::json!({"action": "warn", "severity": "critical"}));
        assert_eq!(code(FailOn::Deny, &[]), 0);
        assert_eq!(code(FailOn::Deny, std::slice::from_ref(&warn)), 0);
        assert_eq!(code(FailOn::Deny, std::slice::from_ref(&deny)), 1);
        assert_eq!(
            code(
                FailOn::Severity(Severity::High),
                std::slice::from_ref(&warn)
            ),
            1
        );
        assert_eq!(
            code(
                FailOn::Severity(Severity::High),
                std::slice::from_ref(&deny)
            ),
            0
        );
        assert_eq!(
            code(
                FailOn::Severity(Severity::Medium),
                std::slice::from_ref(&deny)
            ),
            1
        );
        assert_eq!(code(FailOn::Never, &[warn, deny]), 0);
    }

    #[test]
    fn an_exempted_finding_does_not_fail() {
        let exempted = judged(serde_json::json!({"exempted": {"index": 0, "reason": "r"}}));
        assert_eq!(code(FailOn::Severity(Severity::Low), &[exempted]), 0);
    }

    #[test]
    fn what_the_policy_cannot_read_fails_whatever_its_action() {
        let unreadable = || judged(serde_json::json!({"rule": "unreadable", "severity": "low"}));
        assert_eq!(code(FailOn::Deny, &[unreadable()]), 1);
        assert_eq!(
            code(FailOn::Severity(Severity::Critical), &[unreadable()]),
            1
        );
        assert_eq!(code(FailOn::Never, &[unreadable()]), 0);
    }

    #[test]
    fn what_cannot_be_judged_beats_everything() {
        let failure = Outcome::Failed(Box::new(Failure {
            source: source(),
            unanswered: true,
            reason: "timeout",
            message: String::new(),
            request: None,
            json: None,
        }));
        let deny = judged(serde_json::json!({"action": "deny"}));
        assert_eq!(code(FailOn::Deny, &[deny, failure]), 2);
    }
}
