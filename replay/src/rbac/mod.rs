//! `bulkhead rbac`: who can write pods where, and who can grant that, in a snapshot of a cluster.

mod access;
mod bound;
mod components;
mod evaluate;
mod granting;
mod objects;
mod rows;
mod rules;
mod subjects;
mod text;

use std::io::{self, Write};

use crate::cli::{self, RbacFormat, SeverityLevel};
use crate::fatal::Fatal;
use crate::host::Policy;
use crate::report::counted;
use crate::settings;
use crate::terminal::Terminal;
use access::{Access, Filter};
pub(crate) use evaluate::ABILITIES;
use evaluate::Evaluator;
use granting::Granting;
use objects::Rbac;

/// Where complaints and notices go.
pub(crate) struct Told<'a> {
    /// What could not be judged.
    pub(crate) error: &'a dyn Fn(&str),
    /// What is no error, and no part of the list.
    pub(crate) notice: &'a dyn Fn(&str),
}

/// What to say of roles alone: a list of nobody looks like a safe cluster.
const UNBOUND: &str = "no binding is in the snapshot, so nobody holds anything there: `kubectl \
    get clusterroles,roles,clusterrolebindings,rolebindings -A -o json` prints what belongs in it";

/// Writes what is asked for, and returns the exit code.
pub(crate) fn write(
    policy: &Policy,
    arguments: &cli::Rbac,
    terminal: Terminal,
    out: &mut impl Write,
    told: &Told<'_>,
) -> Result<u8, Fatal> {
    let settings =
        settings::load(policy, arguments.settings.as_deref()).map_err(Fatal::Mistakes)?;
    let rbac = Rbac::read(&arguments.cluster).map_err(Fatal::Mistakes)?;
    let evaluator = Evaluator {
        policy,
        settings: &settings.json,
        rbac: &rbac,
    };
    let judged = bound::judged(&evaluator);
    judged
        .failures
        .iter()
        .for_each(|failure| (told.error)(failure));
    let subjects = arguments.subject.as_deref();
    if rbac.bindings.is_empty() {
        (told.notice)(UNBOUND);
    } else if let Some(stranger) = subjects.and_then(|asked| Filter::stranger(asked, &judged)) {
        (told.notice)(&stranger);
    }
    let namespace = arguments.namespace.as_deref();
    if let Some(nowhere) = namespace.and_then(|asked| Filter::nowhere(asked, &rbac)) {
        (told.notice)(&nowhere);
    }
    let filter = Filter {
        ability: arguments.ability.map(|ability| ability.0),
        subjects: subjects.map(|asked| Filter::subjects(asked, &judged)),
        namespace: arguments.namespace.clone(),
        components: arguments.all,
    };
    let report = Report {
        rbac: &rbac,
        format: arguments.format,
        fail_on: arguments.fail_on,
        terminal,
    };
    let mut failing = false;
    let written = if arguments.who_can_grant {
        let knows_powers = || evaluator.knows_powers();
        let (subjects, components) = (filter.subjects.as_ref(), filter.components);
        let granting = Granting::new(&judged, knows_powers, subjects, components);
        granting
            .notices
            .iter()
            .for_each(|notice| (told.notice)(notice));
        report.granting(&granting, out)
    } else {
        let access = Access::new(&judged, &filter);
        if arguments.format != RbacFormat::Text && !access.unbound.is_empty() {
            (told.notice)(&unlisted(number(access.unbound.len()), arguments));
        }
        let worst = access.worst();
        failing = worst.is_some_and(|worst| arguments.fail_on.is_reached(worst));
        report.access(&access, out)
    };
    match written.and_then(|()| out.flush()) {
        // whoever read the output has enough
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(Fatal::Output(error));
        }
        _ => {}
    }
    Ok(match (judged.failures.is_empty(), failing) {
        (false, _) => 2,
        (true, failing) => u8::from(failing),
    })
}

/// What to say of roles that have no line where each is for what somebody holds.
fn unlisted(count: u64, arguments: &cli::Rbac) -> String {
    let (roles, are, have, them, they) = match count {
        1 => ("1 role".to_owned(), "is", "has", "it", "it grants"),
        _ => (
            counted(count, "role", "roles"),
            "are",
            "have",
            "them",
            "they grant",
        ),
    };
    let counts = match arguments.fail_on {
        SeverityLevel::Never => String::new(),
        _ => format!("; --fail-on counts what {they}"),
    };
    format!(
        "{roles} with pod write {are} bound to nobody, and {have} no line: `--format text` lists \
         {them}{counts}"
    )
}

/// How a list is written.
struct Report<'a> {
    rbac: &'a Rbac,
    format: RbacFormat,
    fail_on: SeverityLevel,
    terminal: Terminal,
}

impl Report<'_> {
    fn access(&self, access: &Access<'_>, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            RbacFormat::Json => all(rows::json(access), out),
            RbacFormat::Csv => all(rows::csv(access), out),
            RbacFormat::Text => {
                all([text::listing(access, self.terminal)].into_iter(), out)?;
                let held = access.held.iter().map(|block| block.holders.len());
                let shown = format!(
                    "{} with pod write, and {} of them",
                    counted(number(access.roles()), "role", "roles"),
                    counted(number(held.sum()), "grant", "grants"),
                );
                let folded = (access.folded > 0)
                    .then(|| format!("{} to", counted(access.folded, "grant", "grants")));
                let left_out = (access.left_out > 0).then(|| {
                    let grants = counted(access.left_out, "grant", "grants");
                    let counts = match self.fail_on {
                        SeverityLevel::Never => "",
                        _ => "; --fail-on counts what is asked for alone",
                    };
                    format!("{grants} of pod write, as asked for{counts}")
                });
                self.summary(&shown, left_out, folded, out)
            }
        }
    }

    fn granting(&self, granting: &Granting<'_>, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            RbacFormat::Json => all(granting.json(), out),
            RbacFormat::Csv => all(granting.csv(), out),
            RbacFormat::Text => {
                all(granting.text(self.terminal), out)?;
                let count = counted(number(granting.count()), "subject", "subjects");
                let shown = format!("{count} that can grant pod write");
                let folded = (granting.folded > 0).then(|| format!("{} of", granting.folded));
                let left_out = (granting.left_out > 0).then(|| {
                    let subjects = counted(granting.left_out, "subject", "subjects");
                    format!("{subjects}, as asked for")
                });
                self.summary(&shown, left_out, folded, out)
            }
        }
    }

    fn summary(
        &self,
        shown: &str,
        left_out: Option<String>,
        folded: Option<String>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let summary = text::summary(self.rbac, shown, left_out, folded, self.terminal);
        out.write_all(summary.as_bytes())
    }
}

fn all(parts: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
    for part in parts {
        out.write_all(part.as_bytes())?;
    }
    Ok(())
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
