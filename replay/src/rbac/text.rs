//! Who can write pods where, for a person: roles with what they grant and who holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::access::{Access, Block, Holder};
use super::evaluate::{Granted, Held};
use super::objects::{Rbac, RoleKind};
use super::subjects::Subject;
use crate::answer::{Grant, Severity};
use crate::report::counted;
use crate::terminal::{Terminal, escaped};

/// Holders that are shown of one role.
const HOLDERS: usize = 40;

/// Resources that are named of one rule.
const RESOURCES: usize = 6;

/// Indent of what belongs to a role; labels stand right-aligned in it.
const LABEL: usize = 10;

pub(super) fn listing(access: &Access<'_>, terminal: Terminal) -> String {
    let mut text = String::new();
    for block in &access.held {
        let mut place = held_in(block);
        if block.is_everybodys() {
            place.push_str(", for everybody or all workloads");
        }
        title(block, &place, terminal, &mut text);
        abilities(block, terminal, &mut text);
        holders(block, terminal, &mut text);
        text.push('\n');
    }
    if !access.unbound.is_empty() {
        let heading = terminal.bold("Bound to nobody by themselves");
        let _ = writeln!(text, "{heading}\n");
        for block in &access.unbound {
            title(block, "", terminal, &mut text);
            match block.collected_by.is_empty() {
                true => abilities(block, terminal, &mut text),
                false => collected(block, terminal, &mut text),
            }
            text.push('\n');
        }
    }
    if !access.unknown.is_empty() {
        let title =
            terminal.bold("Bound, but not in the snapshot: what these roles grant is unknown");
        let _ = writeln!(text, "{title}");
        for (role, holders) in &access.unknown {
            let _ = writeln!(text, "  {}", terminal.bold(&escaped(&role.to_string())));
            for holder in holders {
                text.push_str(&terminal.labelled("    ", &held_by(holder)));
            }
        }
        text.push('\n');
    }
    text
}

/// `  CRITICAL  ClusterRole edit  everywhere`; without a place where nobody holds it.
fn title(block: &Block<'_>, place: &str, terminal: Terminal, text: &mut String) {
    let role = terminal.bold(&escaped(&block.role.to_string()));
    let severity = painted(block.severity(), terminal);
    let gap = if place.is_empty() { "" } else { "  " };
    let _ = writeln!(text, "{severity}  {role}{gap}{place}");
}

/// Columns of a severity.
const SEVERITY: usize = 8;

fn painted(severity: Option<Severity>, terminal: Terminal) -> String {
    severity.map_or_else(String::new, |severity| {
        let name = format!("{:>SEVERITY$}", severity.name().to_uppercase());
        terminal.severity(severity, &name)
    })
}

/// `everywhere`, `in one namespace`, `in 3 namespaces`.
fn held_in(block: &Block<'_>) -> String {
    if !block.namespaced {
        return "everywhere".to_owned();
    }
    let namespaces = block.holders.iter().map(|holder| holder.namespace);
    match namespaces.collect::<BTreeSet<_>>().len() {
        1 => "in one namespace".to_owned(),
        count => format!("in {count} namespaces"),
    }
}

/// A line for each ability; one for all seven where the same rules give them all.
fn abilities(block: &Block<'_>, terminal: Terminal, text: &mut String) {
    let mut alike: Vec<(Vec<&str>, &Held)> = Vec::new();
    for held in &block.abilities {
        let same = |other: &Held| {
            let alike = Held {
                ability: other.ability,
                ..held.clone()
            };
            *other == alike
        };
        match alike.iter_mut().find(|(_, other)| same(other)) {
            Some((words, _)) => words.push(held.word()),
            None => alike.push((vec![held.word()], held)),
        }
    }
    for (words, held) in alike {
        let label = format!("{:>LABEL$}  ", "can");
        let severity = match Some(held.severity) == block.severity() {
            true => String::new(),
            false => format!(" ({})", held.severity.name()),
        };
        let line = format!(
            "{}{severity}: {}",
            words.join(", "),
            granted(held, &block.granted)
        );
        text.push_str(&terminal.labelled(&label, &line));
    }
}

/// What a role is for whose rules are those of others, where each of them is told.
fn collected(block: &Block<'_>, terminal: Terminal, text: &mut String) {
    let words: Vec<&str> = block.abilities.iter().map(Held::word).collect();
    let into = format!("into {}", block.collected_by.join(", "));
    for (label, line) in [("can", words.join(", ")), ("collected", into)] {
        let label = format!("{label:>LABEL$}  ");
        text.push_str(&terminal.labelled(&label, &line));
    }
}

/// `create pods (/rules/3 of system:aggregate-to-edit); only those named a, b`.
pub(super) fn granted(held: &Held, of: &Granted) -> String {
    let mut text = String::new();
    if held.grant == "indirect" {
        text.push_str("indirectly, ");
    }
    text.push_str(&places(&held.grants, of));
    if let Some(names) = &held.resource_names {
        let _ = write!(text, "; only those named {}", names.join(", "));
    }
    if let Some(until) = &held.until {
        let _ = write!(text, "; until Kubernetes {until}");
    }
    text
}

/// `create pods (/rules/3 of system:aggregate-to-edit), create jobs, cronjobs (/rules/4)`.
pub(super) fn places(grants: &[Grant], of: &Granted) -> String {
    let mut rules: BTreeMap<usize, Vec<(String, &str)>> = BTreeMap::new();
    for grant in grants {
        let place = of.rule(&grant.path).map_or(usize::MAX, |(place, _)| place);
        let parts = rules.entry(place).or_default();
        let part = (grant.verbs.join("|"), grant.resource.as_str());
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let said = rules.iter().map(|(place, parts)| {
        let mut verbs = "";
        let mut text = String::new();
        for (index, (by, resource)) in parts.iter().take(RESOURCES).enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            if verbs != by {
                let _ = write!(text, "{by} ");
                verbs = by;
            }
            text.push_str(resource);
        }
        if parts.len() > RESOURCES {
            let _ = write!(text, " and {} more", parts.len() - RESOURCES);
        }
        let path = format!("/rules/{place}");
        match of.rule(&path) {
            Some((_, Some(source))) => format!("{text} ({path}, from {source})"),
            _ if *place == usize::MAX => text,
            _ => format!("{text} ({path})"),
        }
    });
    said.collect::<Vec<_>>().join("; ")
}

fn holders(block: &Block<'_>, terminal: Terminal, text: &mut String) {
    for (index, holder) in block.holders.iter().take(HOLDERS).enumerate() {
        let label = if index == 0 { "held by" } else { "" };
        let label = format!("{label:>LABEL$}  ");
        text.push_str(&terminal.labelled(&label, &held_by(holder)));
    }
    if let Some(more) = block
        .holders
        .len()
        .checked_sub(HOLDERS)
        .filter(|more| *more > 0)
    {
        let more = format!(
            "and {more} more: `--subject` and `--namespace` narrow them down, `--format csv` lists all"
        );
        text.push_str(&terminal.labelled(&" ".repeat(LABEL + 2), &more));
    }
}

/// `User/bob in team-a, by RoleBinding team-a/bob-edit`.
fn held_by(holder: &Holder<'_>) -> String {
    format!(
        "{}{}, by {}",
        in_full(holder.subject),
        place(holder.namespace),
        holder.binding
    )
}

/// ` in team-a`; nothing for everywhere.
fn place(namespace: Option<&str>) -> String {
    match namespace {
        None => String::new(),
        Some("") => " in the namespace it is applied to".to_owned(),
        Some(namespace) => format!(" in {namespace}"),
    }
}

/// A subject, and who that is where its name does not say.
pub(super) fn in_full(subject: &Subject) -> String {
    match subject.in_words() {
        Some(words) => format!("{subject} ({words})"),
        None => subject.to_string(),
    }
}

/// What was read and what is not shown.
pub(super) fn summary(
    read: &Rbac,
    shown: &str,
    left_out: Option<String>,
    folded: Option<String>,
    terminal: Terminal,
) -> String {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let cluster_roles = read
        .roles
        .keys()
        .filter(|name| name.kind == RoleKind::ClusterRole)
        .count();
    let roles = read.roles.len() - cluster_roles;
    let mut text = format!("{}\n", terminal.bold("Summary"));
    let mut line = |label: &str, line: &str| {
        text.push_str(&terminal.labelled(&format!("  {label:<12}"), line));
    };
    line(
        "read",
        &[
            counted(count(cluster_roles), "cluster role", "cluster roles"),
            counted(count(roles), "role", "roles"),
            counted(count(read.bindings.len()), "binding", "bindings"),
        ]
        .join(", "),
    );
    line("shown", shown);
    if let Some(left_out) = left_out {
        line("left out", &left_out);
    }
    if let Some(folded) = folded {
        line(
            "not shown",
            &format!("and {folded} Kubernetes' own components; --all shows them"),
        );
    }
    text
}
