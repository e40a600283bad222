//! Requests of audit logs that matter and could not be judged: what, by whom and why, those alike
//! once, with a count.

use std::collections::BTreeMap;
use std::io::{self, Write};

use intake::audit::{Gap as Reason, Outcome};

use super::objects::Key;
use super::{counted, place};
use crate::outcome::Gap;
use crate::terminal::Terminal;

/// Kinds of gaps that are kept.
const KEPT: usize = 1_000;

/// All gaps of a report.
#[derive(Default)]
pub(crate) struct Gaps {
    gaps: BTreeMap<What, Times>,
    more: u64,
}

/// Gaps that are told as one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct What {
    reason: Reason,
    object: String,
    operation: String,
    user: String,
    outcome: Outcome,
}

struct Times {
    count: u64,
    first: String,
    place: String,
}

impl Gaps {
    pub(super) fn add(&mut self, gap: &Gap) {
        let Gap {
            unjudged,
            request,
            source,
            ..
        } = gap;
        let actor = &unjudged.audit.actor;
        let what = What {
            reason: unjudged.gap,
            object: Key::of(request).to_string(),
            operation: request.operation.clone().unwrap_or_default(),
            user: match &actor.impersonated {
                Some(other) => format!("{} acting as {}", actor.user, other.user),
                None => actor.user.clone(),
            },
            outcome: unjudged.audit.outcome,
        };
        if self.gaps.len() >= KEPT && !self.gaps.contains_key(&what) {
            self.more += 1;
            return;
        }
        let times = self.gaps.entry(what).or_insert_with(|| Times {
            count: 0,
            first: unjudged.audit.time.clone(),
            place: place(&source.file, source.line),
        });
        times.count += 1;
    }

    pub(super) fn write(&self, terminal: Terminal, out: &mut impl Write) -> io::Result<()> {
        if self.gaps.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", terminal.bold("Could not be judged"))?;
        let mut reason = None;
        for (what, times) in &self.gaps {
            if reason.replace(what.reason) != Some(what.reason) {
                write!(out, "{}", terminal.labelled("  ", &what.reason.to_string()))?;
            }
            let mut text = format!(
                "{} {} by {}, {} ({})",
                what.operation, what.object, what.user, times.first, times.place
            );
            if times.count > 1 {
                text.push_str(&format!(", {}", counted(times.count, "time", "times")));
            }
            if matches!(what.outcome, Outcome::Refused(_) | Outcome::Failed) {
                text.push_str(&format!(": {}", what.outcome));
            }
            write!(out, "{}", terminal.labelled("    ", &text))?;
        }
        if self.more > 0 {
            let more = counted(self.more, "request", "requests");
            writeln!(out, "    and {more} more, `--format json` lists them all")?;
        }
        writeln!(out)
    }
}
