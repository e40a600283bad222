//! Requests of audit logs that matter and could not be judged: what, by whom and why, those alike
//! once, with a count.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use intake::audit::{Gap as Reason, Outcome};

use super::alert::{acting, ended};
use super::objects::Key;
use super::{counted, place};
use crate::answer::Request;
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
    cluster: Option<Arc<str>>,
}

struct Times {
    count: u64,
    first: String,
    place: String,
    /// How the first of them ended.
    ended: String,
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
            object: named(request),
            operation: request.operation.clone().unwrap_or_default(),
            user: acting(&actor.user, actor.acted_as()),
            outcome: unjudged.audit.outcome,
            cluster: unjudged.audit.cluster.clone(),
        };
        if self.gaps.len() >= KEPT && !self.gaps.contains_key(&what) {
            self.more += 1;
            return;
        }
        let times = self.gaps.entry(what).or_insert_with(|| Times {
            count: 0,
            first: unjudged.audit.time.clone(),
            place: place(&source.file, source.line),
            ended: ended(&unjudged.audit),
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
            if let Some(cluster) = &what.cluster {
                text.push_str(&format!(", in {cluster}"));
            }
            if times.count > 1 {
                text.push_str(&format!(", {}", counted(times.count, "time", "times")));
            }
            if matches!(what.outcome, Outcome::Refused(_) | Outcome::Failed) {
                text.push_str(&format!(": {}", times.ended));
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

/// What the object is called. Of a kind that is none of Kubernetes' own, it is not known whether
/// its objects matter, and all of them are told as one.
fn named(request: &Request) -> String {
    let group = request.group.as_deref().unwrap_or_default();
    let is_own = intake::audit::kinds().any(|(own, _)| own == group);
    let kind = request.kind.as_deref().filter(|_| !is_own);
    match kind {
        Some(kind) => format!("{kind} of {group}"),
        None => Key::of(request).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::answer::Request;

    #[test]
    fn tells_custom_objects_as_one() {
        let request = |group: &str, kind: &str| Request {
            group: Some(group.to_owned()),
            kind: Some(kind.to_owned()),
            namespace: Some("team-a".to_owned()),
            name: Some("web".to_owned()),
            ..Request::default()
        };
        assert_eq!(named(&request("", "Pod")), "Pod team-a/web");
        assert_eq!(
            named(&request("argoproj.io", "Rollout")),
            "Rollout of argoproj.io"
        );
    }
}
