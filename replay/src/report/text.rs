//! The objects with findings, for a person who has to act: which object, what
//! was asked and by whom, and for each finding where it is, what an attacker
//! gains and what to do.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use intake::Form;

use super::acts::Acts;
use super::objects::{Asked, Key, Object, Objects, Seen};
use super::{alert, counted, place};
use crate::answer::{Action, Finding};
use crate::terminal::{Terminal, escaped};

/// Indent of what belongs to a finding; labels stand right-aligned in it.
const LABEL: usize = 10;

pub(super) fn write(objects: &Objects, terminal: Terminal, out: &mut impl Write) -> io::Result<()> {
    for (key, object) in objects.worst_first() {
        let root = object.root.as_deref();
        let after = root.and_then(|root| objects.aftermath.of(root));
        write_object(key, object, after, terminal, out)?;
    }
    let more = objects.not_shown();
    if more > 0 {
        let text = format!(
            "And {} in milder objects: too many to show, `--format json` lists them all.",
            counted(more, "finding", "findings")
        );
        writeln!(out, "{}\n", terminal.bold(&text))?;
    }
    alert::write_uses(&objects.aftermath, &objects.roots(), terminal, out)
}

fn write_object(
    key: &Key,
    object: &Object,
    after: Option<&Acts>,
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    let name = terminal.bold(&escaped(&key.to_string()));
    writeln!(out, "{name}  {}", verdict(object, terminal))?;
    if object.acts.is_empty() {
        let requests = object.requests.iter();
        let asked: Vec<String> = requests
            .map(|(asked, count)| request(asked, *count))
            .collect();
        write!(out, "{}", terminal.labelled("  ", &asked.join("; ")))?;
    } else {
        alert::write_acts(&object.acts, after, terminal, out)?;
    }
    for alike in object.worst_first().chunk_by(are_alike) {
        writeln!(out)?;
        write_findings(alike, object.root.is_some(), terminal, out)?;
    }
    if object.omitted > 0 {
        let more = counted(object.omitted, "finding", "findings");
        writeln!(out, "\n  and {more} more of this object")?;
    }
    if let Some(root) = &object.root {
        alert::write_now(root, &object.acts, after, terminal, out)?;
    }
    if let Some(incident) = &key.incident {
        write!(out, "{}", terminal.labelled("  incident ", incident))?;
    }
    writeln!(out)
}

/// `denied`, `denied 2 of 3 times`, `allowed with a warning`, `allowed`; of an incident what came
/// of it, whatever the policy says.
fn verdict(object: &Object, terminal: Terminal) -> String {
    if let Some(outcome) = object.acts.outcome() {
        let style = match outcome.may_be_kept() {
            true => AnsiColor::Red.on_default().bold(),
            false => AnsiColor::Green.on_default(),
        };
        return terminal.paint(style, &outcome.to_string());
    }
    match (object.denied, object.judged) {
        (0, _) if object.warned() => {
            terminal.paint(AnsiColor::Yellow.on_default(), "allowed with a warning")
        }
        (0, _) => terminal.paint(AnsiColor::Green.on_default(), "allowed"),
        (denied, judged) if denied == judged => {
            terminal.paint(AnsiColor::Red.on_default().bold(), "denied")
        }
        (denied, judged) => terminal.paint(
            AnsiColor::Red.on_default().bold(),
            &format!("denied {denied} of {judged} times"),
        ),
    }
}

/// `UPDATE by bob (3 times)`.
fn request(asked: &Asked, count: u64) -> String {
    let operation = asked.operation.as_deref().unwrap_or("unknown operation");
    let mut text = match (asked.form, &asked.user) {
        (Form::Manifest, _) => "manifest, judged as if created".to_owned(),
        (Form::Request | Form::Event, Some(user)) => format!("{operation} by {user}"),
        (Form::Request | Form::Event, None) => operation.to_owned(),
    };
    if let Some(origin) = &asked.origin {
        text.push_str(&format!(", {origin}"));
    }
    if asked.dry_run {
        text.push_str(", dry run");
    }
    if count > 1 {
        text.push_str(&format!(" ({})", counted(count, "time", "times")));
    }
    text
}

/// Whether two findings tell the same under different rules, as those of a role that may do
/// everything.
fn are_alike((one, seen): &(&Finding, &Seen), (other, other_seen): &(&Finding, &Seen)) -> bool {
    let told = |finding: &Finding| {
        let Finding { path, message, .. } = finding;
        (path.clone(), message.clone(), finding.severity)
    };
    one.rule != other.rule && told(one) == told(other) && seen.is_like(other_seen)
}

/// Writes findings that are alike as one; `is_past` if the request ended without the policy.
fn write_findings(
    alike: &[(&Finding, &Seen)],
    is_past: bool,
    terminal: Terminal,
    out: &mut impl Write,
) -> io::Result<()> {
    let Some((finding, seen)) = alike.first() else {
        return Ok(());
    };
    let rule = terminal.bold(&escaped(&finding.rule));
    let others: Vec<&str> = alike
        .iter()
        .skip(1)
        .map(|(finding, _)| finding.rule.as_str())
        .collect();
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let severity = format!("{:>8}", finding.severity.name().to_uppercase());
    let container = match &finding.container {
        Some(container) => format!(" in container `{}`", escaped(container)),
        None => String::new(),
    };
    writeln!(
        out,
        "  {}  {rule}{more}{container}: {}",
        terminal.severity(finding.severity, &severity),
        outcome(seen, is_past, terminal),
    )?;
    let others = (!others.is_empty()).then(|| ("also", others.join(", ")));
    for (label, text) in others.into_iter().chain(details(finding, seen)) {
        let label = format!("{label:>LABEL$}  ");
        write!(out, "{}", terminal.labelled(&label, &text))?;
    }
    Ok(())
}

/// What became of it, and why nothing did where nothing did.
fn outcome(seen: &Seen, is_past: bool, terminal: Terminal) -> String {
    let Some(outcome) = &seen.outcome else {
        return String::new();
    };
    let (words, style) = match (outcome.action, is_past) {
        (Action::Deny, false) => ("denied", AnsiColor::Red.on_default()),
        (Action::Deny, true) => ("the policy would deny it", AnsiColor::Red.on_default()),
        (Action::Warn, false) => ("warned", AnsiColor::Yellow.on_default()),
        (Action::Warn, true) => ("the policy would warn", AnsiColor::Yellow.on_default()),
        (Action::Audit, _) => ("recorded only", Style::new()),
    };
    let done = terminal.paint(style, words);
    match (&outcome.exempted, outcome.old) {
        (Some(_), _) => format!("{done}, exempted"),
        (None, false) => format!("{done}, new"),
        (None, true) => format!("{done}, the object had it before"),
    }
}

/// Label and text of each line below a finding.
fn details(finding: &Finding, seen: &Seen) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    let pointer = match finding.path.as_str() {
        "" => "the whole object",
        path => path,
    };
    let mut places = seen.places.iter().map(|(file, line)| place(file, *line));
    let first = places.next().unwrap_or_default();
    details.push(("at", format!("{first}  {pointer}")));
    if let Some(value) = finding.value.as_ref().filter(|value| !value.is_empty()) {
        details.push(("found", value.clone()));
    }
    details.push(("risk", finding.message.clone()));
    details.push(("fix", finding.fix.clone()));
    if let Some(refused) = finding.refused_by_baseline {
        let does = if refused {
            "refuses the pod for it"
        } else {
            "lets the pod pass"
        };
        details.push(("baseline", format!("Pod Security {does}")));
    }
    let granted: Vec<&str> = finding
        .grants
        .iter()
        .map(|grant| grant.path.as_str())
        .collect();
    if granted.len() > 1 {
        details.push(("granted", format!("at {}", granted.join(", "))));
    }
    if let Some(names) = &finding.resource_names {
        details.push((
            "only",
            format!("for the objects named {}", names.join(", ")),
        ));
    }
    if let Some(until) = &finding.until {
        details.push((
            "until",
            format!("Kubernetes {until}, which grants it no more"),
        ));
    }
    let exempted = seen
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.exempted.as_ref());
    if let Some(exempted) = exempted {
        let text = format!("by exemptions[{}]: {}", exempted.index, exempted.reason);
        details.push(("exempted", text));
    }
    if seen.count > 1 {
        details.push(("seen", times(seen, places)));
    }
    details
}

/// `3 times, 2 of them not new; also at a.json:7`.
fn times(seen: &Seen, others: impl Iterator<Item = String>) -> String {
    let mut text = counted(seen.count, "time", "times");
    for (count, what) in [(seen.not_new, "not new"), (seen.exempted, "exempted")] {
        if count > 0 && count < seen.count {
            text.push_str(&format!(", {count} of them {what}"));
        }
    }
    let mut others: Vec<String> = others.collect();
    if seen.elsewhere {
        others.push("and elsewhere".to_owned());
    }
    if !others.is_empty() {
        text.push_str(&format!("; also at {}", others.join(", ")));
    }
    text
}
