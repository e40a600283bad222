//! What Kubernetes is told: the response in Kubewarden's protocol, with a message, warnings and an
//! audit annotation that stay within what API servers and people take.

use std::borrow::Cow;

use crate::decision::{Decision, Finding, Refusal};
use crate::json::{Json, Writer, field, if_any};
use crate::origin::Origin;
use crate::rule::Severity;
use crate::rules::RULES;
use crate::settings::Action;
use crate::text::{bounded, push_all, quoted, visible};

/// The answer to `validate`, as the policy server reads it (`ValidationResponse` of Kubewarden's
/// SDK, which the browser build cannot link; a test decodes the one with the other).
#[derive(Debug)]
pub struct Response {
    /// Whether the request may pass.
    pub accepted: bool,
    /// Why it may not; one line.
    pub message: Option<String>,
    /// 403 for what the settings deny, 422 for an object and 400 for a request that cannot be
    /// read.
    pub code: Option<usize>,
    /// What is recorded in the audit log, if there is anything.
    pub audit_annotations: Option<AuditAnnotations>,
    /// What the user is shown whether or not the request passes. In monitor mode only this is.
    pub warnings: Vec<String>,
}

impl Json for Response {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("accepted", &self.accepted),
            if_any("message", &self.message),
            if_any("code", &self.code),
            if_any("audit_annotations", &self.audit_annotations),
            if_any("warnings", &self.warnings),
        ]);
    }
}

/// What is recorded in the audit log.
#[derive(Debug)]
pub struct AuditAnnotations {
    /// Each rule that found something with its worst severity, the worst first:
    /// `host-path=critical,host-pid=high`.
    pub findings: String,
}

impl Json for AuditAnnotations {
    fn write(&self, json: &mut Writer) {
        json.object(&[field("findings", &self.findings)]);
    }
}

/// The longest message, in bytes.
const MESSAGE: usize = 2_000;
/// The most warnings. API servers cut all warnings of a response at 4,096 bytes.
const WARNINGS: usize = 10;
/// The longest warning, in bytes.
const WARNING: usize = 200;

impl Response {
    /// The response that follows from a decision.
    pub(crate) fn new(decision: &Decision<'_>) -> Self {
        let causes = Causes::of(decision);
        Self {
            accepted: decision.refusal.is_none(),
            message: decision.refusal.map(|_| message(&causes, decision.origin)),
            code: decision.refusal.map(|refusal| match refusal {
                Refusal::Denied => 403,
                Refusal::UnreadableObject => 422,
                Refusal::UnreadableRequest => 400,
            }),
            audit_annotations: annotation(decision).map(|findings| AuditAnnotations { findings }),
            warnings: warnings(&causes),
        }
    }
}

/// The findings that have consequences, by their cause: those of one rule that say the same, such
/// as that of three privileged containers.
struct Causes<'d> {
    causes: Vec<Cause<'d>>,
    /// How many findings refuse the request, those that are told of nowhere included.
    denied: usize,
    /// How many have consequences.
    told: usize,
}

struct Cause<'d> {
    first: &'d Finding<'d>,
    message: Cow<'d, str>,
    others: usize,
    /// Whether the others are of other rules, for the same reason.
    is_of_everything: bool,
    text: String,
}

impl<'d> Causes<'d> {
    fn of(decision: &'d Decision<'d>) -> Self {
        let mut causes: Vec<Cause<'d>> = Vec::new();
        for finding in decision
            .findings
            .iter()
            .filter(|finding| finding.action != Action::Audit)
        {
            let message = finding.evidence.message();
            let same = |cause: &&mut Cause<'_>| cause.is_of(finding, &message);
            match causes.iter_mut().find(same) {
                Some(cause) => cause.others += 1,
                None => causes.push(Cause {
                    first: finding,
                    message,
                    others: 0,
                    is_of_everything: finding.evidence.is_of_everything(),
                    text: String::new(),
                }),
            }
        }
        for cause in &mut causes {
            cause.text = text(cause);
        }
        let count = |least: Action| {
            let all = decision.findings.iter().chain(&decision.omitted);
            all.filter(|finding| finding.action >= least).count()
        };
        Self {
            causes,
            denied: count(Action::Deny),
            told: count(Action::Warn),
        }
    }
}

impl Cause<'_> {
    fn is_of(&self, finding: &Finding<'_>, message: &str) -> bool {
        let is_of_everything = self.is_of_everything && finding.evidence.is_of_everything();
        (is_of_everything || std::ptr::eq(self.first.rule, finding.rule))
            && self.first.action == finding.action
            && self.message == message
    }

    fn findings(&self) -> usize {
        1 + self.others
    }
}

/// `critical privileged in container `main` and 2 more places (/spec/…): runs privileged …`
fn text(cause: &Cause<'_>) -> String {
    let Finding {
        rule,
        severity,
        evidence,
        ..
    } = cause.first;
    let mut text = String::with_capacity(WARNING * 2);
    push_all(&mut text, &[severity.as_str(), " ", rule.id]);
    if let Some(name) = evidence.container.and_then(|found| found.name) {
        push_all(&mut text, &[" in container ", &quoted(name)]);
    }
    let noun = if cause.is_of_everything {
        "rule"
    } else {
        "place"
    };
    match cause.others {
        0 => {}
        1 => push_all(&mut text, &[" and 1 more ", noun]),
        others => text.push_str(&format!(" and {others} more {noun}s")),
    }
    let pointer = match evidence.pointer() {
        pointer if pointer.is_empty() => "the object".into(),
        pointer => pointer,
    };
    push_all(
        &mut text,
        &[" (", &visible(&pointer, WARNING / 2), "): ", &cause.message],
    );
    text
}

/// Why the request is refused: as many causes as fit, the worst first, then how many more.
fn message(causes: &Causes<'_>, origin: Option<Origin<'_>>) -> String {
    /// What ` (and 50000 more findings)` may take.
    const REST: usize = 40;

    let start = origin.map(said).unwrap_or_default();
    let mut message = start.clone();
    let mut left = causes.denied;
    let denied = || {
        causes
            .causes
            .iter()
            .filter(|cause| cause.first.action == Action::Deny)
    };
    for cause in denied() {
        let separator = if message.len() == start.len() {
            ""
        } else {
            " | "
        };
        let fix = cause.first.fix();
        let parts = [separator, &cause.text, "; ", &fix];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if message.len() + length > MESSAGE - REST {
            break;
        }
        push_all(&mut message, &parts);
        left -= cause.findings();
    }
    if message.len() == start.len()
        && let Some(first) = denied().next()
    {
        message.push_str(&bounded(&first.text, MESSAGE - REST - start.len()));
        left -= first.findings();
    }
    if left > 0 {
        let noun = if left == 1 { "finding" } else { "findings" };
        message.push_str(&format!(" | and {left} more {noun}"));
    }
    message
}

/// Where the request comes from, before all else.
fn said(origin: Origin<'_>) -> String {
    match origin {
        Origin::Controller { owner } => {
            let (kind, name) = (visible(owner.kind, 63), quoted(owner.name));
            ["for ", &kind, " ", &name, ": "].concat()
        }
        Origin::Mirror { node } => ["mirror of node ", &quoted(node), ": "].concat(),
        Origin::ApiServer => "by the API server itself: ".to_owned(),
        Origin::Aggregation => "by the aggregation of cluster roles: ".to_owned(),
        Origin::DebugNode { node } => ["kubectl debug node/", &visible(node, 80), ": "].concat(),
    }
}

fn warnings(causes: &Causes<'_>) -> Vec<String> {
    let told = |most: usize| causes.causes.iter().take(most);
    let findings = |most: usize| told(most).map(Cause::findings).sum::<usize>();
    // The last of many says how many more there are.
    let shown = if findings(WARNINGS) < causes.told {
        WARNINGS - 1
    } else {
        WARNINGS
    };
    let mut warnings: Vec<String> = told(shown)
        .map(|cause| bounded(&cause.text, WARNING))
        .collect();
    let left = causes.told - findings(shown);
    if left > 0 {
        warnings.push(format!("and {left} more findings"));
    }
    warnings
}

/// Every rule that found something, with its worst severity.
fn annotation(decision: &Decision<'_>) -> Option<String> {
    let all = || decision.findings.iter().chain(&decision.omitted);
    all().next()?;
    // Sets of rules, by their ranks.
    let bit = |rank: usize| 1u64 << rank;
    let mut told = 0;
    let mut text = String::with_capacity(WARNING);
    for severity in Severity::ALL.into_iter().rev() {
        let its = all().filter(|finding| finding.severity == severity);
        let mut rest = its.fold(0, |ranks, finding| ranks | bit(finding.rank)) & !told;
        told |= rest;
        while rest != 0 {
            let rank = rest.trailing_zeros() as usize;
            rest &= !bit(rank);
            if let Some(rule) = RULES.get(rank) {
                let separator = if text.is_empty() { "" } else { "," };
                push_all(&mut text, &[separator, rule.id, "=", severity.as_str()]);
            }
        }
    }
    Some(text)
}
