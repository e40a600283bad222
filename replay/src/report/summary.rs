//! Counts of everything that was read, so that nothing is dropped in silence.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use intake::Passed;
use jiff::Timestamp;

use super::{cases, counted, exemptions, place};
use crate::answer::{Action, Severity};
use crate::tally::Tally;
use crate::terminal::{Terminal, escaped};

/// Width of the labels.
const LABEL: usize = 14;

/// Where the details of a failure are.
const NAMED: &str = "each is named on standard error";

pub(super) fn write(tally: &Tally, terminal: Terminal, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", terminal.bold("Summary"))?;
    for (label, text) in lines(tally) {
        let label = format!("  {label:<LABEL$}");
        write!(out, "{}", terminal.labelled(&label, &text))?;
    }
    Ok(())
}

fn lines(tally: &Tally) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("read", counted(tally.files, "file", "files")),
        ("judged", cases::judged(tally)),
        ("no rule for", beside(tally)),
        ("covers", cases::covers(tally)),
        ("not relevant", passed(tally)),
    ];
    let mut label = "left out";
    lines.extend(cases::left_out(tally).map(|text| (std::mem::take(&mut label), text)));
    lines.extend([
        ("not found", tally.in_vain.join("; ")),
        ("no namespace", nowhere(tally).unwrap_or_default()),
        ("no time", timeless(tally).unwrap_or_default()),
    ]);
    lines.extend(match cases::shown(tally) {
        Some(nothing) => vec![("shown", nothing.to_owned())],
        None => vec![
            ("verdicts", cases::verdicts(tally)),
            ("findings", findings(tally)),
        ],
    });
    let other: Vec<String> = [
        (tally.not_new, "not new"),
        (tally.exempted, "exempted"),
        (tally.omitted, "more that the policy did not list"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if !other.is_empty() {
        lines.push(("", other.join(", ")));
    }
    lines.extend(exemptions::told(tally).map(|text| ("exemptions", text)));
    let mut label = "skipped";
    lines.extend(skipped(tally).map(|text| (std::mem::take(&mut label), text)));
    if tally.forgotten > 0 {
        lines.push(("cluster", forgotten(tally)));
    }
    lines.extend(disorder(tally).map(|text| ("out of order", text)));
    lines.extend(backwards(tally).map(|text| ("out of order", text)));
    if tally.unremembered > 0 {
        lines.push(("audit log", unremembered(tally)));
    }
    if !tally.gaps.is_empty() {
        lines.push(("no verdict", gaps_by_reason(tally)));
    }
    if !tally.broken.is_empty() {
        let text = failures(&tally.broken);
        lines.push(("not readable", format!("{text}: {NAMED}")));
    }
    if !tally.unanswered.is_empty() {
        let text = failures(&tally.unanswered);
        lines.push(("not judged", format!("{text}: {NAMED}")));
    }
    lines.retain(|(_, text)| !text.is_empty());
    lines
}

/// `14 of them: 9 Service, 5 Scale`: what passed because no rule is about it, the most first.
fn beside(tally: &Tally) -> String {
    const SHOWN: usize = 8;

    let total: u64 = tally.beside.values().sum();
    if total == 0 {
        return String::new();
    }
    let mut kinds: Vec<(&String, &u64)> = tally.beside.iter().collect();
    kinds.sort_by_key(|(_, count)| Reverse(**count));
    let mut parts: Vec<String> = kinds
        .iter()
        .take(SHOWN)
        .map(|(kind, count)| format!("{count} {}", escaped(kind)))
        .collect();
    if kinds.len() > SHOWN {
        parts.push("and others".to_owned());
    }
    format!("{total} of them: {}", parts.join(", "))
}

fn findings(tally: &Tally) -> String {
    let total: u64 = tally.findings.values().sum();
    if total == 0 {
        return "none".to_owned();
    }
    let sum = |wanted: &dyn Fn(Severity, Action) -> bool| -> u64 {
        let of = |(&(severity, action), count): (&(Severity, Action), &u64)| {
            if wanted(severity, action) { *count } else { 0 }
        };
        tally.findings.iter().map(of).sum()
    };
    let severities =
        Severity::ALL.map(|severity| (sum(&|other, _| other == severity), severity.name()));
    let actions = Action::ALL.map(|action| (sum(&|_, other| other == action), action.name()));
    format!("{total}: {}; {}", some(&severities), some(&actions))
}

/// `3 high, 1 low`, without what there is none of.
fn some(counts: &[(u64, &str)]) -> String {
    let some: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    some.join(", ")
}

/// `hidden (2), not an object (1)`.
fn reasons<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(reason, count)| format!("{} ({count})", escaped(reason)))
        .collect();
    counts.join(", ")
}

/// ``no `apiVersion` and `kind` (12): values.yaml:1, Chart.yaml:1, and 10 more``, a line for each
/// reason.
fn skipped(tally: &Tally) -> impl Iterator<Item = String> {
    tally.skipped.iter().map(|(reason, skips)| {
        let places = skips.first.iter();
        let mut places: Vec<String> = places
            .map(|source| place(&source.file, source.line))
            .collect();
        let shown = u64::try_from(places.len()).unwrap_or(u64::MAX);
        if (1..skips.count).contains(&shown) {
            places.push(format!("and {} more", skips.count - shown));
        }
        let text = reasons([(reason.as_str(), skips.count)]);
        match places.as_slice() {
            [] => text,
            places => format!("{text}: {}", places.join(", ")),
        }
    })
}

fn forgotten(tally: &Tally) -> String {
    format!(
        "{} more than there is room for: where one of them may be meant, the policy was told so",
        counted(tally.forgotten, "object", "objects")
    )
}

/// `4,113 audit events, 354 events of other stages of a request, 12 records of other logs`.
pub(super) fn passed(tally: &Tally) -> String {
    let Passed {
        irrelevant,
        stages,
        other,
    } = tally.passed;
    let mut parts = Vec::new();
    if irrelevant > 0 {
        parts.push(counted(irrelevant, "audit event", "audit events"));
    }
    if stages > 0 {
        let events = counted(stages, "event", "events");
        parts.push(format!("{events} of other stages of a request"));
    }
    if other > 0 {
        let records = counted(other, "record", "records");
        parts.push(format!("{records} of other logs"));
    }
    parts.join(", ")
}

/// `3 cases, shown whatever --since and --until say`.
fn timeless(tally: &Tally) -> Option<String> {
    let cases = counted(tally.timeless, "case", "cases");
    (tally.timeless > 0).then(|| format!("{cases}, shown whatever --since and --until say"))
}

/// `3 manifests, left out by --namespace`, and what to do.
fn nowhere(tally: &Tally) -> Option<String> {
    let manifests = counted(tally.nowhere, "manifest", "manifests");
    (tally.nowhere > 0).then(|| {
        format!(
            "{manifests}, left out by --namespace: whoever applies them says where, and `helm \
             template` prints no namespace unless the chart does"
        )
    })
}

/// What it means that a file goes back in time behind one that was read before it.
fn disorder(tally: &Tally) -> Option<String> {
    let broken = tally.order.broken()?;
    Some(format!(
        "{} goes back to {} after {} came to {}: a change is measured against what was read before \
         it, so that what is called new may be wrong; name the files in the order of time",
        escaped(&broken.after),
        said(broken.back),
        escaped(&broken.before),
        said(broken.latest)
    ))
}

/// What it means that a file has the newest first.
fn backwards(tally: &Tally) -> Option<String> {
    let run = tally.order.backwards()?;
    Some(format!(
        "{} goes from {} back to {}: a change is measured against what was read before it, so that \
         what is called new may be wrong; sort it by time, the oldest first",
        escaped(&run.file),
        said(run.first),
        said(run.last)
    ))
}

/// A time to the second.
fn said(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn unremembered(tally: &Tally) -> String {
    format!(
        "{} more than there is room for: what changed in them later is not known (--remember)",
        counted(tally.unremembered, "object", "objects")
    )
}

/// `refused before its body was read (10), no body at this audit level (3)`.
fn gaps_by_reason(tally: &Tally) -> String {
    let gaps = tally.gaps.iter();
    let gaps: Vec<_> = gaps.map(|(gap, count)| (gap.to_string(), *count)).collect();
    reasons(gaps.iter().map(|(gap, count)| (gap.as_str(), *count)))
}

fn failures(counts: &BTreeMap<&'static str, u64>) -> String {
    reasons(
        counts
            .iter()
            .map(|(reason, count)| (in_words(reason), *count)),
    )
}

/// A failure's reason for a person.
fn in_words(reason: &str) -> &str {
    match reason {
        "broken" => "broken document or line",
        "file" => "unreadable file",
        "no-object" => "no Kubernetes object",
        "timeout" => "out of time",
        "memory" => "out of memory",
        "trap" => "policy trapped",
        "guest-error" => "policy answered with an error",
        "no-answer" => "no answer",
        "answer" => "answer not understood",
        other => other,
    }
}

/// One sentence about what a JSON report cannot say, if there is anything.
pub(super) fn gaps(tally: &Tally) -> Option<String> {
    let mut gaps = Vec::new();
    gaps.extend(cases::counting(tally).map(|text| format!("left out: {text}")));
    gaps.extend(skipped(tally).map(|text| format!("skipped: {text}")));
    if tally.forgotten > 0 {
        gaps.push(format!("cluster: {}", forgotten(tally)));
    }
    let disorder = disorder(tally).into_iter().chain(backwards(tally));
    gaps.extend(disorder.map(|text| format!("out of order: {text}")));
    if tally.unremembered > 0 {
        gaps.push(format!("audit log: {}", unremembered(tally)));
    }
    if !tally.gaps.is_empty() {
        gaps.push(format!("no verdict: {}", gaps_by_reason(tally)));
    }
    if !tally.broken.is_empty() {
        gaps.push(format!("not readable: {}", failures(&tally.broken)));
    }
    if !tally.unanswered.is_empty() {
        gaps.push(format!("not judged: {}", failures(&tally.unanswered)));
    }
    gaps.extend(exemptions::idle(tally).map(|text| format!("exemptions: {text}")));
    gaps.extend(nowhere(tally).map(|text| format!("no namespace: {text}")));
    gaps.extend(timeless(tally).map(|text| format!("no time: {text}")));
    if !tally.in_vain.is_empty() {
        gaps.push(format!("not found: {}", tally.in_vain.join("; ")));
    }
    (!gaps.is_empty()).then(|| gaps.join("; "))
}
