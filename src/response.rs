//! What Kubernetes is told: the response in Kubewarden's protocol, with a message, warnings and an
//! audit annotation that stay within what API servers and people take.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::decision::{Decision, Finding, Refusal};
use crate::rule::Severity;
use crate::rules::RULES;
use crate::settings::Action;
use crate::text::{bounded, quoted, visible};

/// The answer to `validate`, as the policy server reads it (`ValidationResponse` of Kubewarden's
/// SDK, which the browser build cannot link; a test decodes the one with the other).
#[derive(Debug, Serialize)]
pub struct Response {
    /// Whether the request may pass.
    pub accepted: bool,
    /// Why it may not; one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// 403 for what the settings deny, 422 for an object and 400 for a request that cannot be
    /// read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// `findings`: each rule with its worst severity, the worst first.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub audit_annotations: BTreeMap<&'static str, String>,
    /// What the user is shown whether or not the request passes. In monitor mode only this is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
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
        let denied = Causes::of(decision, |action| action == Action::Deny);
        let told = Causes::of(decision, |action| action != Action::Audit);
        Self {
            accepted: decision.refusal.is_none(),
            message: decision.refusal.map(|_| message(&denied)),
            code: decision.refusal.map(|refusal| match refusal {
                Refusal::Denied => 403,
                Refusal::UnreadableObject => 422,
                Refusal::UnreadableRequest => 400,
            }),
            audit_annotations: annotation(decision)
                .map(|findings| ("findings", findings))
                .into_iter()
                .collect(),
            warnings: warnings(&told),
        }
    }
}

/// Findings by their cause: those of one rule that say the same, such as that of three privileged
/// containers.
struct Causes<'d> {
    causes: Vec<Cause<'d>>,
    /// How many findings there are, those that are told of nowhere included.
    findings: usize,
}

struct Cause<'d> {
    first: &'d Finding<'d>,
    others: usize,
}

impl<'d> Causes<'d> {
    fn of(decision: &'d Decision<'_>, counts: impl Fn(Action) -> bool) -> Self {
        let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut causes: Vec<Cause<'d>> = Vec::new();
        for finding in decision
            .findings
            .iter()
            .filter(|finding| counts(finding.action))
        {
            let place = *places
                .entry((finding.rule.id, finding.evidence.message.as_str()))
                .or_insert(causes.len());
            match causes.get_mut(place) {
                Some(cause) => cause.others += 1,
                None => causes.push(Cause {
                    first: finding,
                    others: 0,
                }),
            }
        }
        let omitted = decision
            .omitted
            .iter()
            .filter(|finding| counts(finding.action))
            .count();
        let findings = causes.iter().map(Cause::findings).sum::<usize>() + omitted;
        Self { causes, findings }
    }
}

impl Cause<'_> {
    fn findings(&self) -> usize {
        1 + self.others
    }

    /// `critical privileged in container `main` and 2 more places (/spec/…): runs privileged …`
    fn text(&self) -> String {
        let Finding {
            rule,
            severity,
            evidence,
            ..
        } = self.first;
        let mut text = format!("{} {}", severity.as_str(), rule.id);
        if let Some(name) = evidence
            .container
            .as_ref()
            .and_then(|found| found.name.as_deref())
        {
            text.push_str(" in container ");
            text.push_str(&quoted(name));
        }
        match self.others {
            0 => {}
            1 => text.push_str(" and 1 more place"),
            others => text.push_str(&format!(" and {others} more places")),
        }
        let pointer = if evidence.pointer.is_empty() {
            "the object"
        } else {
            &evidence.pointer
        };
        format!(
            "{text} ({}): {}",
            visible(pointer, WARNING / 2),
            evidence.message
        )
    }
}

/// Why the request is refused: as many causes as fit, the worst first, then how many more.
fn message(causes: &Causes<'_>) -> String {
    /// What ` (and 50000 more findings)` may take.
    const REST: usize = 40;

    let mut message = String::new();
    let mut left = causes.findings;
    for cause in &causes.causes {
        let part = format!("{}; {}", cause.text(), cause.first.rule.help.fix);
        let separator = if message.is_empty() { "" } else { " | " };
        if message.len() + separator.len() + part.len() > MESSAGE - REST {
            break;
        }
        message.push_str(separator);
        message.push_str(&part);
        left -= cause.findings();
    }
    if message.is_empty() {
        let first = causes.causes.first().map(Cause::text).unwrap_or_default();
        message = bounded(&first, MESSAGE - REST);
        left = left.saturating_sub(1);
    }
    if left > 0 {
        let noun = if left == 1 { "finding" } else { "findings" };
        message.push_str(&format!(" | and {left} more {noun}"));
    }
    message
}

fn warnings(causes: &Causes<'_>) -> Vec<String> {
    let told = |most: usize| causes.causes.iter().take(most);
    let findings = |most: usize| told(most).map(Cause::findings).sum::<usize>();
    // The last of many says how many more there are.
    let shown = if findings(WARNINGS) < causes.findings {
        WARNINGS - 1
    } else {
        WARNINGS
    };
    let mut warnings: Vec<String> = told(shown)
        .map(|cause| bounded(&cause.text(), WARNING))
        .collect();
    let left = causes.findings - findings(shown);
    if left > 0 {
        warnings.push(format!("and {left} more findings"));
    }
    warnings
}

/// Every rule that found something, with its worst severity.
fn annotation(decision: &Decision<'_>) -> Option<String> {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for Finding { rule, severity, .. } in decision.findings.iter().chain(&decision.omitted) {
        let known = worst.entry(rule.id).or_insert(*severity);
        *known = (*severity).max(*known);
    }
    let mut parts = Vec::new();
    for severity in Severity::ALL.into_iter().rev() {
        for rule in RULES
            .iter()
            .filter(|rule| worst.get(rule.id) == Some(&severity))
        {
            parts.push(format!("{}={}", rule.id, severity.as_str()));
        }
    }
    (!parts.is_empty()).then(|| parts.join(","))
}
