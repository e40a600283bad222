//! What a report is asked to leave out. The policy is asked all the same, so that what a later
//! request changed is known; what is left out is counted.

use std::str::FromStr;

use intake::audit::Audit;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::answer::{Request, Severity};
use crate::outcome::{Judged, Outcome};

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
    pub(crate) users: Vec<String>,
    /// Requests in these namespaces.
    pub(crate) namespaces: Vec<String>,
}

/// A point in time on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(pub(crate) Timestamp);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let before_now = || {
            let span: SignedDuration = text.parse().ok()?;
            Timestamp::now().checked_sub(span).ok()
        };
        let midnight = || {
            let date: Date = text.parse().ok()?;
            Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        let time = text.parse().ok().or_else(midnight).or_else(before_now);
        time.map(Self).ok_or_else(|| {
            "no time: `2026-11-22T01:30:00Z`, `2026-11-22`, or `2h` for two hours ago".to_owned()
        })
    }
}

impl Filter {
    /// Whether to show this. What could not be read is always shown.
    pub(crate) fn shows(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Judged(judged) => {
                let audit = judged.audit.as_ref().map(|audited| &audited.audit);
                self.is_about(&judged.request, audit) && self.is_bad_enough(judged)
            }
            Outcome::Unjudged(gap) => self.is_about(&gap.request, Some(&gap.unjudged.audit)),
            _ => true,
        }
    }

    /// Whether the severity of a finding is shown.
    pub(crate) fn shows_severity(&self, severity: Severity) -> bool {
        self.min_severity.is_none_or(|least| severity >= least)
    }

    fn is_bad_enough(&self, judged: &Judged) -> bool {
        let mut findings = judged.findings.iter();
        self.min_severity.is_none()
            || findings.any(|(finding, _)| self.shows_severity(finding.severity))
    }

    fn is_about(&self, request: &Request, audit: Option<&Audit>) -> bool {
        let of = |wanted: &[String], given: &[Option<&str>]| {
            let is_given = |text: &String| given.contains(&Some(text.as_str()));
            wanted.is_empty() || wanted.iter().any(is_given)
        };
        let actor = audit.map(|audit| &audit.actor);
        let users = [
            request.user.as_deref(),
            actor.map(|actor| actor.user.as_str()),
            actor.and_then(|actor| actor.acted_as()),
            audit.and_then(|audit| Some(audit.cause.as_ref()?.user.as_str())),
        ];
        let namespaces = [
            request.namespace.as_deref(),
            audit.map(|audit| audit.root.namespace.as_str()),
        ];
        of(&self.users, &users) && of(&self.namespaces, &namespaces) && self.is_in_time(audit)
    }

    /// What has no time is shown.
    fn is_in_time(&self, audit: Option<&Audit>) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let time = audit.and_then(|audit| audit.time.parse::<Timestamp>().ok());
        time.is_none_or(|time| {
            self.since.is_none_or(|since| time >= since)
                && self.until.is_none_or(|until| time <= until)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Time;
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn reads_times() {
        let time = |text: &str| text.parse::<Time>().unwrap().0;
        assert_eq!(time("2026-11-22"), time("2026-11-22T00:00:00Z"));
        assert_eq!(time("2026-11-22T01:00:00+01:00"), time("2026-11-22"));
        // The clock goes on between the two.
        let span = SignedDuration::from_mins(90);
        let [before, parsed, after] = [Timestamp::now(), time("1h30m"), Timestamp::now()];
        assert!((before - span..=after - span).contains(&parsed), "{parsed}");
        for text in ["", "yesterday", "2026", "22.11.2026", "5"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
