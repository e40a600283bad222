//! `bulkhead rules`: what `catalog` says, as a list or one rule in full.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::catalog::{self, Catalog, Rule};
use crate::cli::{Rules, RulesFormat};
use crate::fatal::Fatal;
use crate::host::Policy;
use crate::near::{did_you_mean, nearest};
use crate::terminal::{Terminal, escaped};

/// The rules as the policy wrote them, to be passed on.
#[derive(Deserialize)]
struct Texts<'a> {
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

/// Writes the list of rules, or explains the one that is asked for.
pub(crate) fn write(
    policy: &Policy,
    arguments: &Rules,
    terminal: Terminal,
    out: &mut impl Write,
) -> Result<(), Fatal> {
    let answer = catalog::ask(policy)?;
    let catalog: Catalog = catalog::read(&answer)?;
    let texts: Texts<'_> = catalog::read(&answer)?;
    let written = match (&arguments.id, arguments.format) {
        (None, RulesFormat::Json) => out
            .write_all(answer.trim_ascii_end())
            .and_then(|()| writeln!(out)),
        (None, RulesFormat::Text) => out.write_all(list(&catalog, terminal).as_bytes()),
        (Some(id), format) => {
            let mut rules = catalog.rules.iter().zip(texts.rules);
            let Some((rule, text)) = rules.find(|(rule, _)| rule.id == *id) else {
                return Err(no_such_rule(id, &catalog, std::iter::empty()));
            };
            match format {
                RulesFormat::Json => writeln!(out, "{text}"),
                RulesFormat::Text => out.write_all(explained(rule, &catalog, terminal).as_bytes()),
            }
        }
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(Fatal::Output),
    }
}

/// The rules that each of these is: that of this id, or all of an alert.
pub(crate) fn named(policy: &Policy, ids: &[String]) -> Result<Vec<Vec<String>>, Fatal> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let answer = catalog::ask(policy)?;
    let catalog: Catalog = catalog::read(&answer)?;
    let named = ids.iter().map(|id| match catalog.rule(id) {
        Some(rule) => Ok(vec![rule.id.clone()]),
        None => {
            let rules: Vec<String> = catalog.of_alert(id).map(str::to_owned).collect();
            let alerts = catalog.alerts.iter().map(|alert| alert.id.as_str());
            match rules.is_empty() {
                true => Err(no_such_rule(id, &catalog, alerts)),
                false => Ok(rules),
            }
        }
    });
    named.collect()
}

/// One line a rule, under the title of its alert, in the catalogue's order.
fn list(catalog: &Catalog, terminal: Terminal) -> String {
    let titles: BTreeMap<&str, &str> = catalog
        .alerts
        .iter()
        .map(|alert| (alert.id.as_str(), alert.title.as_str()))
        .collect();
    let alerts = catalog.alerts.iter().map(|alert| Some(alert.id.as_str()));
    let rules = catalog.rules.iter();
    let width = rules.map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for alert in alerts.chain([None]) {
        // what belongs to no alert that is known comes last
        let belongs = |rule: &Rule| match rule.alert.as_deref() {
            Some(id) if titles.contains_key(id) => alert == Some(id),
            _ => alert.is_none(),
        };
        let rules = catalog.rules.iter();
        let mut of_alert = rules.filter(|rule| belongs(rule)).peekable();
        if of_alert.peek().is_none() {
            continue;
        }
        let title = alert
            .and_then(|id| titles.get(id))
            .unwrap_or(&"Any request");
        text.push_str(&format!("{}\n", terminal.bold(&escaped(title))));
        for rule in of_alert {
            text.push_str(&format!(
                "  {}  {}  {}\n",
                escaped(&format!("{:width$}", rule.id)),
                terminal.severity(rule.severity, &format!("{:8}", rule.severity.name())),
                escaped(&rule.title)
            ));
        }
        text.push('\n');
    }
    text.push_str("`bulkhead rules ID` explains one.\n");
    text
}

fn explained(rule: &Rule, catalog: &Catalog, terminal: Terminal) -> String {
    let mut facts = vec![terminal.severity(rule.severity, rule.severity.name())];
    facts.extend(catalog.alert(rule).map(|title| escaped(title).into_owned()));
    if !rule.techniques.is_empty() {
        let techniques = rule.techniques.join(", ");
        facts.push(format!("MITRE ATT&CK {}", escaped(&techniques)));
    }
    if let Some(control) = &rule.pod_security {
        facts.push(format!("Pod Security baseline: {}", escaped(control)));
    }
    let mut text = format!(
        "{}  {}\n{}\n",
        terminal.bold(&escaped(&rule.id)),
        escaped(&rule.title),
        facts.join(" · ")
    );
    for (title, body) in [
        ("What it finds", paragraphs(&rule.finds, terminal)),
        ("Why it matters", paragraphs(&rule.why, terminal)),
        ("Bad", verbatim(&rule.bad)),
        ("Good", verbatim(&rule.good)),
        ("How to fix it", paragraphs(&rule.fix, terminal)),
        ("References", verbatim(&rule.references.join("\n"))),
    ] {
        if !body.is_empty() {
            text.push_str(&format!("\n{}\n{body}", terminal.bold(title)));
        }
    }
    text
}

/// Wrapped text; an empty line separates paragraphs.
fn paragraphs(text: &str, terminal: Terminal) -> String {
    let paragraphs: Vec<String> = text
        .trim()
        .split("\n\n")
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| {
            let words: Vec<&str> = paragraph.split_whitespace().collect();
            terminal.labelled("  ", &words.join(" "))
        })
        .collect();
    paragraphs.join("\n")
}

/// Lines as they are, indented.
fn verbatim(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(|line| format!("  {}\n", escaped(line)))
        .collect()
}

/// `others` are names that may be meant beside those of rules.
fn no_such_rule<'a>(
    id: &str,
    catalog: &'a Catalog,
    others: impl Iterator<Item = &'a str>,
) -> Fatal {
    let of_alert: Vec<&str> = catalog.of_alert(id).collect();
    let hint = match of_alert.is_empty() {
        true => {
            let known = catalog.rules.iter().map(|rule| rule.id.as_str());
            did_you_mean(&nearest(id, known.chain(others)))
        }
        false => Some(format!("it is an alert, of `{}`", of_alert.join("`, `"))),
    };
    Fatal::NoSuchRule(id.to_owned(), hint)
}
