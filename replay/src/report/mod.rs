//! What is shown of a replay: lines of JSON as they come, text at the end, or what other programs
//! read.

mod acts;
mod alert;
mod cases;
mod exemptions;
mod foreign;
mod gaps;
pub(crate) mod json;
mod nothing;
mod objects;
mod summary;
mod text;

use std::io::{self, Write};

use crate::outcome::{Failure, Outcome};
use crate::tally::Tally;
use crate::terminal::{Terminal, escaped};
pub(crate) use foreign::Setting;
use foreign::falco::Falco;
use foreign::junit::Junit;
use foreign::ocsf::Ocsf;
use foreign::openreports::Openreports;
use foreign::sarif::Sarif;
use foreign::{Foreign, Unjudged};
use gaps::Gaps;
use objects::Objects;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Text,
    /// For programs: a line for each case
    Json,
    /// For code scanning: one SARIF 2.1.0 document
    Sarif,
    /// For a SIEM: an OCSF Detection Finding a line
    Ocsf,
    /// For what reads Falco's alerts: a line for each finding
    Falco,
    /// For CI: one JUnit document, a test case an object or request
    Junit,
    /// For a cluster: a List of OpenReports' reports, for `kubectl apply`
    Openreports,
}

impl Format {
    /// Whether the whole is one document, which has an end.
    pub(crate) fn is_document(self) -> bool {
        matches!(self, Self::Sarif | Self::Junit | Self::Openreports)
    }
}

/// A report in the making.
pub(crate) enum Report {
    Text {
        objects: Objects,
        gaps: Gaps,
        terminal: Terminal,
        /// Whether each case is told of at once.
        is_live: bool,
    },
    Json,
    Foreign(Box<dyn Foreign>, Box<Setting>),
}

impl Report {
    /// A live one tells of each case at once, instead of all in the end. `setting` is asked for
    /// by formats that other programs define.
    pub(crate) fn new<E>(
        format: Format,
        terminal: Terminal,
        is_live: bool,
        setting: impl FnOnce() -> Result<Setting, E>,
    ) -> Result<Self, E> {
        let report: Box<dyn Foreign> = match format {
            Format::Text => {
                return Ok(Self::Text {
                    objects: Objects::default(),
                    gaps: Gaps::default(),
                    terminal,
                    is_live,
                });
            }
            Format::Json => return Ok(Self::Json),
            Format::Sarif => Box::new(Sarif::new()),
            Format::Ocsf => Box::new(Ocsf),
            Format::Falco => Box::new(Falco),
            Format::Junit => Box::new(Junit::default()),
            Format::Openreports => Box::new(Openreports::default()),
        };
        Ok(Self::Foreign(report, Box::new(setting()?)))
    }

    /// Writes what stands before everything else.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Foreign(report, setting) => report.begin(setting, out),
            Self::Text { .. } | Self::Json => Ok(()),
        }
    }

    /// Takes one outcome: `out` is standard output, `notice` gets what a
    /// person should see at once.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn add(
        &mut self,
        outcome: Outcome,
        out: &mut impl Write,
        notice: impl FnOnce(&str),
    ) -> io::Result<()> {
        self.take(outcome, out, notice)?;
        if let Self::Text {
            objects,
            gaps,
            terminal,
            is_live: true,
        } = self
        {
            text::write(&std::mem::take(objects), *terminal, out)?;
            std::mem::take(gaps).write(*terminal, out)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        outcome: Outcome,
        out: &mut impl Write,
        notice: impl FnOnce(&str),
    ) -> io::Result<()> {
        match (self, outcome) {
            (
                _,
                Outcome::File
                | Outcome::Skipped(_)
                | Outcome::Passed(_)
                | Outcome::Mark(_)
                | Outcome::Forgotten(_)
                | Outcome::Unremembered(_),
            ) => Ok(()),
            (Self::Json, Outcome::Unjudged(gap)) => line(Some(&gap.json), out),
            (Self::Text { gaps, .. }, Outcome::Unjudged(gap)) => {
                gaps.add(&gap);
                Ok(())
            }
            (Self::Json, Outcome::Judged(judged)) => line(judged.json.as_deref(), out),
            (Self::Json, Outcome::Failed(failure)) => {
                notice(&sentence(&failure));
                line(failure.json.as_deref(), out)
            }
            (Self::Foreign(report, setting), Outcome::Judged(judged)) => {
                report.judged(setting, &judged, out)
            }
            (Self::Foreign(report, setting), Outcome::Unjudged(gap)) => {
                report.unjudged(setting, &Unjudged::from(&*gap), out)
            }
            (Self::Foreign(report, setting), Outcome::Failed(failure)) => {
                notice(&sentence(&failure));
                report.unjudged(setting, &Unjudged::from(&*failure), out)
            }
            (Self::Text { objects, .. }, Outcome::Judged(judged)) => {
                objects.add(*judged);
                Ok(())
            }
            (Self::Text { .. }, Outcome::Failed(failure)) => {
                notice(&sentence(&failure));
                Ok(())
            }
        }
    }

    /// Writes what is left to say at the end.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn finish(
        self,
        tally: &Tally,
        out: &mut impl Write,
        notice: impl FnOnce(&str),
    ) -> io::Result<()> {
        let nothing = nothing::judged(tally);
        let said = match self {
            Self::Text {
                objects,
                gaps,
                terminal,
                ..
            } => {
                if tally.is_blind() {
                    write!(out, "{}", terminal.hanging("", 0, BLIND))?;
                    writeln!(out)?;
                }
                text::write(&objects, terminal, out)?;
                gaps.write(terminal, out)?;
                summary::write(tally, terminal, out)?;
                nothing
            }
            Self::Foreign(mut report, _) => {
                report.finish(tally, out)?;
                nothing.or_else(|| summary::gaps(tally))
            }
            Self::Json => nothing.or_else(|| summary::gaps(tally)),
        };
        if let Some(said) = said {
            notice(&said);
        }
        Ok(())
    }
}

/// What to say first of a log that can never answer.
const BLIND: &str = "This audit log keeps no bodies, so it can never tell what was written: who \
    wrote, and when, is below. `bulkhead audit-policy` prints a policy for the API server that \
    would tell.";

fn line(json: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(json.unwrap_or_default().as_bytes())
}

/// `file:line: Kind namespace/name: what is wrong`.
fn sentence(failure: &Failure) -> String {
    let mut sentence = place(&failure.source.file, failure.source.line);
    if let Some(request) = failure
        .request
        .as_ref()
        .filter(|request| request.kind.is_some())
    {
        sentence.push_str(": ");
        sentence.push_str(&escaped(&objects::Key::of(request).to_string()));
    }
    format!("{sentence}: {}", escaped(&failure.message))
}

/// `file:line`, as editors and terminals link it.
fn place(file: &str, line: Option<u64>) -> String {
    match line {
        Some(line) => format!("{}:{line}", escaped(file)),
        None => escaped(file).into_owned(),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn groups_digits() {
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(0, "file", "files"), "0 files");
        assert_eq!(counted(999, "file", "files"), "999 files");
        assert_eq!(counted(1000, "file", "files"), "1,000 files");
        assert_eq!(counted(1_234_567, "file", "files"), "1,234,567 files");
    }
}
