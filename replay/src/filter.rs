//! What a report is asked to leave out. The policy is asked all the same, so that what a later
//! request changed is known; what is left out is counted.

mod asked;

use std::str::FromStr;

use intake::audit::Audit;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::answer::{Finding, Request, Severity};
use crate::outcome::{Judged, Outcome};
pub(crate) use asked::Asked;

/// What to show; nothing given shows everything.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Findings at least as bad.
    pub(crate) min_severity: Option<Severity>,
    /// Requests of audit logs from this time on.
    pub(crate) since: Option<Timestamp>,
    /// Requests of audit logs up to this time.
    pub(crate) until: Option<Timestamp>,
    /// Requests of these users.
    pub(crate) users: Vec<Asked>,
    /// Requests in these namespaces.
    pub(crate) namespaces: Vec<Asked>,
    /// Objects of these names, and what was made for them.
    pub(crate) names: Vec<Asked>,
    /// Findings of these rules.
    pub(crate) rules: Vec<Asked>,
}

/// A point in time on the command line, or a whole day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    first: Timestamp,
    last: Timestamp,
}

impl Time {
    /// Where a span that begins with it begins.
    pub(crate) fn start(self) -> Timestamp {
        self.first
    }

    /// Where a span that ends with it ends.
    pub(crate) fn end(self) -> Timestamp {
        self.last
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = |time: Timestamp| Self {
            first: time,
            last: time,
        };
        let point = || {
            text.parse()
                .ok()
                .or_else(|| local(text))
                .or_else(|| ago(text))
        };
        day(text).or_else(|| point().map(at)).ok_or_else(|| {
            "not a time that is read here: `2026-11-22T01:30:00Z`, `2026-11-22 01:30` (UTC), \
             `2026-11-22`, or `90m`, `2h`, `3d` ago"
                .to_owned()
        })
    }
}

/// `2026-11-22`, all of it, in UTC.
fn day(text: &str) -> Option<Time> {
    // a date with a time behind it reads as a date, too
    if text.len() != "2026-11-22".len() {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let midnight = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let next = midnight(date.tomorrow().ok()?)?;
    Some(Time {
        first: midnight(date)?,
        last: next.checked_sub(SignedDuration::from_nanos(1)).ok()?,
    })
}

/// `2026-11-22T01:30` or `2026-11-22 01:30:05`, in UTC.
fn local(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `2h`, or `3d`, before now.
fn ago(text: &str) -> Option<Timestamp> {
    let span = match text.strip_suffix('d') {
        Some(days) => SignedDuration::from_hours(days.parse::<i64>().ok()?.checked_mul(24)?),
        None => text.parse().ok()?,
    };
    Timestamp::now().checked_sub(span).ok()
}

/// What a case may be asked for by.
struct Names<'a> {
    /// Who sent it, as whom, and who caused it.
    users: [Option<&'a str>; 4],
    namespaces: [Option<&'a str>; 2],
    names: [Option<&'a str>; 2],
}

impl<'a> Names<'a> {
    fn of(request: &'a Request, audit: Option<&'a Audit>) -> Self {
        let actor = audit.map(|audit| &audit.actor);
        let root = audit.map(|audit| &audit.root);
        Self {
            users: [
                request.user.as_deref(),
                actor.map(|actor| actor.user.as_str()),
                actor.and_then(|actor| actor.acted_as()),
                audit.and_then(|audit| Some(audit.cause.as_ref()?.user.as_str())),
            ],
            namespaces: [
                request.namespace.as_deref(),
                root.map(|root| root.namespace.as_str()),
            ],
            names: [
                request.name.as_deref().or_else(|| refused(audit?)),
                root.map(|root| root.name.as_str()),
            ],
        }
    }
}

impl Filter {
    /// Takes note of what is there to be asked for, whether it is shown or not.
    pub(crate) fn note(&mut self, outcome: &Outcome) {
        let (request, audit) = match outcome {
            Outcome::Judged(judged) => (&judged.request, audit_of(judged)),
            Outcome::Unjudged(gap) => (&gap.request, Some(&gap.unjudged.audit)),
            Outcome::Failed(failure) => match &failure.request {
                Some(request) => (request, None),
                None => return,
            },
            _ => return,
        };
        let names = Names::of(request, audit);
        for (asked, given) in [
            (&mut self.users, names.users.as_slice()),
            (&mut self.namespaces, names.namespaces.as_slice()),
            (&mut self.names, names.names.as_slice()),
        ] {
            for asked in asked {
                asked.note(given.iter().copied().flatten());
            }
        }
        if let Outcome::Judged(judged) = outcome {
            for asked in &mut self.rules {
                let rules = judged.findings.iter();
                asked.find(rules.map(|(finding, _)| finding.rule.as_str()));
            }
        }
    }

    /// A sentence for each name that was asked for and that nothing has.
    pub(crate) fn in_vain(&self) -> Vec<String> {
        let all = [&self.users, &self.namespaces, &self.names, &self.rules];
        all.into_iter()
            .flatten()
            .filter_map(Asked::in_vain)
            .collect()
    }

    /// Whether to show this. What could not be read is always shown.
    pub(crate) fn shows(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Judged(judged) => {
                self.is_about(&judged.request, audit_of(judged)) && self.has_finding(judged)
            }
            Outcome::Unjudged(gap) => self.is_about(&gap.request, Some(&gap.unjudged.audit)),
            _ => true,
        }
    }

    /// Whether to show this of the findings of a case.
    pub(crate) fn shows_finding(&self, finding: &Finding) -> bool {
        self.min_severity
            .is_none_or(|least| finding.severity >= least)
            && (self.rules.is_empty() || self.rules.iter().any(|asked| asked.is(&finding.rule)))
    }

    /// Whether a case has a finding to show, where not all are asked for.
    fn has_finding(&self, judged: &Judged) -> bool {
        let mut findings = judged.findings.iter();
        (self.min_severity.is_none() && self.rules.is_empty())
            || findings.any(|(finding, _)| self.shows_finding(finding))
    }

    fn is_about(&self, request: &Request, audit: Option<&Audit>) -> bool {
        let has = |asked: &[Asked], given: &[Option<&str>]| {
            let mut given = given.iter().copied().flatten();
            asked.is_empty() || given.any(|name| asked.iter().any(|asked| asked.is(name)))
        };
        let names = Names::of(request, audit);
        has(&self.users, &names.users)
            && has(&self.namespaces, &names.namespaces)
            && has(&self.names, &names.names)
            && self.is_in_time(audit)
    }

    /// What has no time is shown.
    fn is_in_time(&self, audit: Option<&Audit>) -> bool {
        !self.has_span()
            || time_of(audit).is_none_or(|time| {
                self.since.is_none_or(|since| time >= since)
                    && self.until.is_none_or(|until| time <= until)
            })
    }

    fn has_span(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    /// Whether this is left out by `--namespace` for naming none, which a manifest need not.
    pub(crate) fn is_nowhere(&self, outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Judged(judged) if judged.lacks_namespace())
            && !self.namespaces.is_empty()
    }

    /// Whether this, which is shown, has no time to compare with the span that was asked for.
    pub(crate) fn is_timeless(&self, outcome: &Outcome) -> bool {
        let audit = match outcome {
            Outcome::Judged(judged) => audit_of(judged),
            Outcome::Unjudged(gap) => Some(&gap.unjudged.audit),
            _ => return false,
        };
        self.has_span() && time_of(audit).is_none()
    }

    /// Why no time is in the span that was asked for.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let (since, until) = (self.since?, self.until?);
        let said = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ");
        (since > until).then(|| {
            format!(
                "`--since` ({}) is later than `--until` ({}): no time is in between",
                said(since),
                said(until)
            )
        })
    }
}

fn time_of(audit: Option<&Audit>) -> Option<Timestamp> {
    audit?.time.parse().ok()
}

/// The name that the API server made for what it then refused, as it stands in its answer:
/// `pods "web-6d57c96-8kkrt" is forbidden: …`.
fn refused(audit: &Audit) -> Option<&str> {
    let (_, rest) = audit.message.as_deref()?.split_once(' ')?;
    let (name, why) = rest.strip_prefix('"')?.split_once('"')?;
    // what is not found, or there already, is another object
    let is_its_own = why.starts_with(" is forbidden: ") || why.starts_with(" is invalid: ");
    is_its_own.then_some(name)
}

/// What an audit log tells of a case, where it comes from one.
fn audit_of(judged: &Judged) -> Option<&Audit> {
    judged.audit.as_ref().map(|audited| &audited.audit)
}

#[cfg(test)]
mod tests {
    use super::Time;
    use jiff::Timestamp;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn reads_times() {
        let midnight = time("2026-11-22T00:00:00Z").start();
        for text in [
            "2026-11-22",
            "2026-11-22T01:00:00+01:00",
            "2026-11-22T00:00",
            "2026-11-22 00:00:00",
        ] {
            assert_eq!(time(text).start(), midnight, "{text}");
        }
        assert!(time("2026-11-22 01:30").start() > midnight);
        for text in [
            "",
            "yesterday",
            "2026",
            "22.11.2026",
            "5",
            "d",
            "2026-11-22T25:00",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_is_all_of_it() {
        let day = time("2026-11-22");
        assert!(day.end() > time("2026-11-22T23:59:59.999Z").end());
        assert!(day.end() < time("2026-11-23").start());
    }

    #[test]
    fn counts_back_from_now() {
        for (text, hours) in [("1h30m", 1), ("3d", 72)] {
            let before = time(text).start();
            let passed = Timestamp::now().duration_since(before);
            assert!((hours..=hours + 1).contains(&passed.as_hours()), "{text}");
        }
    }
}
