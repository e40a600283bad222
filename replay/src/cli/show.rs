//! What `bulkhead replay` is asked to show.

use clap::Args;

use crate::answer::Severity;
use crate::filter::{Asked, Filter, Time};

#[derive(Args, Debug)]
#[command(next_help_heading = "What to show (the exit code counts everything)")]
pub(crate) struct Show {
    /// Only what has a finding at least as bad
    #[arg(long, value_name = "SEVERITY")]
    min_severity: Option<Severity>,

    /// Only requests of audit logs from this time on: `2026-11-22 01:30` (UTC), `2026-11-22`, or `2h` ago
    ///
    /// What has no time, as manifests and reviews, is shown and counted in the summary.
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,

    /// Only requests of audit logs up to this time, or to the end of this day
    ///
    /// What has no time is shown, as with --since.
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,

    /// Only requests by this user, as this user, or that follow from what they wrote
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,

    /// Only requests in this namespace
    #[arg(long, value_name = "NAME")]
    namespace: Vec<String>,

    /// Only requests for the object of this name, or for what controllers made for it
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,

    /// Only findings of this rule, or of all rules of an alert: `host-access`, `pod-write`
    ///
    /// `bulkhead rules` lists them.
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
}

impl Show {
    /// What the report leaves out; `rules` are those that each `--rule` is.
    pub(crate) fn filter(&self, rules: Vec<Vec<String>>) -> Filter {
        Filter {
            min_severity: self.min_severity,
            since: self.since.map(Time::start),
            until: self.until.map(Time::end),
            users: Asked::names("--user", &self.user),
            namespaces: Asked::names("--namespace", &self.namespace),
            names: Asked::names("--name", &self.name),
            rules: Asked::rules(&self.rule, rules),
        }
    }
}
