//! The lines of the summary that account for the cases: judged, left out and shown.

use super::alert::to_the_second;
use super::counted;
use crate::cases::Cases;
use crate::tally::{FailOn, Tally};

/// `3 requests, 1 object from manifests`, whether they are shown or not.
pub(super) fn judged(tally: &Tally) -> String {
    let Tally {
        shown, left_out, ..
    } = tally;
    let parts = [
        (shown.requests + left_out.requests, "request", "requests"),
        (
            shown.objects + left_out.objects,
            "object from manifests",
            "objects from manifests",
        ),
        (
            shown.audited + left_out.audited,
            "request of an audit log",
            "requests of audit logs",
        ),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => parts.join(", "),
    }
}

/// `2026-11-22T01:28:32Z to 2026-11-22T01:30:05Z`: the requests that matter, and those of them that
/// are shown where that is less.
pub(super) fn covers(tally: &Tally) -> String {
    let said = |(first, last): &(String, String)| {
        format!("{} to {}", to_the_second(first), to_the_second(last))
    };
    let times = (tally.shown.times.as_ref(), tally.left_out.times.as_ref());
    match times {
        (None, None) => String::new(),
        (Some(times), None) | (None, Some(times)) => said(times),
        (Some(shown), Some(other)) => {
            let first = (&shown.0).min(&other.0).clone();
            let last = (&shown.1).max(&other.1).clone();
            let all = said(&(first, last));
            match said(shown) {
                shown if shown == all => all,
                shown => format!("{all}; what is shown, {shown}"),
            }
        }
    }
}

/// What the options leave out: cases, and findings of cases that are shown.
pub(super) fn left_out(tally: &Tally) -> impl Iterator<Item = String> {
    let findings = u64::try_from(tally.left_out_findings).unwrap_or(u64::MAX);
    let findings = (findings > 0).then(|| {
        let are = if findings == 1 { "is" } else { "are" };
        let findings = counted(findings, "finding", "findings");
        format!("{findings} of what is shown, which {are} counted below")
    });
    cases(tally).into_iter().chain(findings)
}

/// The cases that the options leave out, where the exit code is not 0 for them.
pub(super) fn counting(tally: &Tally) -> Option<String> {
    cases(tally).filter(|_| tally.left_out.failing > 0)
}

/// `4 cases, as asked for: 2 denied, 2 allowed; 3 at or above --fail-on, which the exit code
/// counts`.
fn cases(tally: &Tally) -> Option<String> {
    let left_out = &tally.left_out;
    let count = left_out.count() + left_out.unjudged;
    if count == 0 {
        return None;
    }
    let count = counted(count, "case", "cases");
    let mut parts = Vec::new();
    if left_out.count() > 0 {
        parts.push(allowed(left_out, tally));
    }
    if left_out.unjudged > 0 {
        parts.push(format!("{} without a verdict", left_out.unjudged));
    }
    let failing = match (tally.fail_on, left_out.failing) {
        (FailOn::Never, _) => String::new(),
        (_, 0) => "; none at or above --fail-on".to_owned(),
        (_, failing) => {
            format!("; {failing} at or above --fail-on, which the exit code counts")
        }
    };
    Some(format!(
        "{count}, as asked for: {}{failing}",
        parts.join(", ")
    ))
}

/// What to say in place of verdicts where no case of those that were judged is shown.
pub(super) fn shown(tally: &Tally) -> Option<&'static str> {
    if tally.shown.count() > 0 || tally.left_out.count() == 0 {
        return None;
    }
    Some(match tally.shown.unjudged {
        0 => "nothing",
        _ => "nothing that was judged",
    })
}

/// What became of the cases that are shown.
pub(super) fn verdicts(tally: &Tally) -> String {
    let shown = &tally.shown;
    let which = match tally.left_out.count() {
        0 => "",
        _ => "of what is shown: ",
    };
    format!(
        "{which}{}; {} with findings, {} without",
        allowed(shown, tally),
        shown.with_findings,
        shown.count() - shown.with_findings,
    )
}

/// `2 denied, 2 allowed`.
fn allowed(cases: &Cases, tally: &Tally) -> String {
    let (denied, allowed) = match tally.shown.audited + tally.left_out.audited {
        0 => ("denied", "allowed"),
        // what happened, happened without the policy
        _ => ("that the policy would deny", "that it would allow"),
    };
    let of = cases.count() - cases.denied;
    format!("{} {denied}, {of} {allowed}", cases.denied)
}
