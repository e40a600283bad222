//! Who can write pods where, for programs: one row for each ability that a subject has by a
//! binding, as JSON or CSV.

use serde::Serialize;

use super::access::{Access, Block, Holder};
use super::evaluate::{Granted, Held};
use super::objects::{BindingName, RoleName};
use super::subjects::Subject;
use crate::answer::{Grant, Severity};
use crate::report::json::line;
use crate::terminal::escaped;

/// Fields may be added, never renamed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    /// None for a role that the snapshot does not have, as are the following.
    severity: Option<&'static str>,
    ability: Option<&'static str>,
    rule: Option<&'static str>,
    grant: Option<&'a str>,
    subject: &'a Subject,
    /// Where it holds; none for everywhere.
    namespace: Option<&'a str>,
    binding: &'a BindingName,
    role: &'a RoleName,
    /// Whether the snapshot has the role.
    known: bool,
    grants: Vec<Place<'a>>,
    resource_names: Option<&'a [String]>,
    until: Option<&'a str>,
    /// Whether the subject is the part of Kubernetes that the role is made for.
    component: bool,
}

/// A grant, and the cluster role that its rule is collected from.
#[derive(Serialize)]
pub(super) struct Place<'a> {
    #[serde(flatten)]
    grant: &'a Grant,
    from: Option<&'a str>,
}

pub(super) fn places<'a>(grants: &'a [Grant], of: &'a Granted) -> Vec<Place<'a>> {
    let place = |grant: &'a Grant| Place {
        grant,
        from: of.rule(&grant.path).and_then(|(_, source)| source),
    };
    grants.iter().map(place).collect()
}

/// What somebody holds. A role that is bound to nobody has no row: a program that counts them would
/// take it for one that everybody has, or holds everywhere.
fn rows<'a>(access: &'a Access<'_>) -> impl Iterator<Item = Row<'a>> {
    let held = access.held.iter().flat_map(|block| {
        let holders = block.holders.iter();
        holders.flat_map(move |holder| {
            let abilities = block.abilities.iter();
            abilities.map(move |held| Row::of(block, held, holder))
        })
    });
    let unknown = access.unknown.iter().flat_map(|(role, holders)| {
        holders.iter().map(move |holder| Row {
            severity: None,
            ability: None,
            rule: None,
            grant: None,
            subject: holder.subject,
            namespace: holder.namespace,
            binding: holder.binding,
            role,
            known: false,
            grants: Vec::new(),
            resource_names: None,
            until: None,
            component: holder.component,
        })
    });
    held.chain(unknown)
}

impl<'a> Row<'a> {
    fn of(block: &'a Block<'_>, held: &'a Held, holder: &'a Holder<'_>) -> Self {
        let severity = match holder.subject.is_everybody() {
            true => Severity::Critical,
            false => held.severity,
        };
        Self {
            severity: Some(severity.name()),
            ability: Some(held.word()),
            rule: Some(held.rule()),
            grant: Some(&held.grant),
            subject: holder.subject,
            namespace: holder.namespace,
            binding: holder.binding,
            role: block.role,
            known: true,
            grants: places(&held.grants, &block.granted),
            resource_names: held.resource_names.as_deref(),
            until: held.until.as_deref(),
            component: holder.component,
        }
    }

    fn cells(&self) -> [String; 11] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let grants = self.grants.iter().map(|place| {
            let Grant {
                path,
                resource,
                verbs,
            } = place.grant;
            let from = place.from.map(|from| format!(" from {from}"));
            format!(
                "{} {resource} ({path}{})",
                verbs.join("|"),
                from.unwrap_or_default()
            )
        });
        [
            text(self.severity),
            text(self.ability),
            text(self.grant),
            self.subject.to_string(),
            match self.namespace {
                Some(namespace) => namespace.to_owned(),
                None => "*".to_owned(),
            },
            self.binding.to_string(),
            self.role.to_string(),
            grants.collect::<Vec<_>>().join("; "),
            self.resource_names.unwrap_or_default().join(" "),
            text(self.until),
            self.component.to_string(),
        ]
    }
}

/// A line of JSON for each row.
pub(super) fn json(access: &Access<'_>) -> impl Iterator<Item = String> {
    rows(access).map(|row| line(&row))
}

/// A header, and a line for each row; a namespace `*` is everywhere.
pub(super) fn csv(access: &Access<'_>) -> impl Iterator<Item = String> {
    let header = "severity,ability,grant,subject,namespace,binding,role,grants,resourceNames,until,\
                  component\r\n";
    let rows = rows(access).map(|row| record(&row.cells()));
    std::iter::once(header.to_owned()).chain(rows)
}

/// One record of RFC 4180. A cell that a spreadsheet would take for a formula is none any more:
/// names come from whoever wrote the objects.
pub(super) fn record(cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| {
        let cell = escaped(cell);
        let guard = if cell.starts_with(['=', '+', '-', '@']) {
            "'"
        } else {
            ""
        };
        if guard.is_empty() && !cell.contains([',', '"', ';', ' ']) {
            cell.into_owned()
        } else {
            format!("\"{guard}{}\"", cell.replace('"', "\"\""))
        }
    });
    let mut record = cells.collect::<Vec<_>>().join(",");
    record.push_str("\r\n");
    record
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn writes_cells_that_any_reader_takes_as_they_are() {
        let cells = ["a", "a,b", "say \"hi\"", "=1+1", "", "a\nb"].map(str::to_owned);
        assert_eq!(
            record(&cells),
            "a,\"a,b\",\"say \"\"hi\"\"\",\"'=1+1\",,a\\nb\r\n"
        );
    }
}
