//! How many cases there were and what became of them, once of those that are shown and once of those
//! that are left out.

use intake::Form;
use intake::audit::{Audit, Judged as Body};

use crate::outcome::Judged;

/// Cases, counted.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    /// Judged cases that were admission requests.
    pub(crate) requests: u64,
    /// Judged cases that were manifests, judged as if created.
    pub(crate) objects: u64,
    /// Judged cases that were requests of audit logs.
    pub(crate) audited: u64,
    /// Requests of audit logs that matter and could not be judged.
    pub(crate) unjudged: u64,
    pub(crate) denied: u64,
    pub(crate) with_findings: u64,
    /// Those that the exit code is 1 for.
    pub(crate) failing: u64,
    /// Requests of audit logs that were judged by an object.
    pub(crate) bodies: u64,
    /// The first and the last time of a request of an audit log.
    pub(crate) times: Option<(String, String)>,
}

impl Cases {
    /// Counts a case that was judged.
    pub(crate) fn judged(&mut self, judged: &Judged, is_failing: bool) {
        if let Some(audited) = &judged.audit {
            self.covers(&audited.audit.time);
            self.bodies += u64::from(audited.audit.object != Body::None);
        }
        match judged.form {
            Form::Request => self.requests += 1,
            Form::Event => self.audited += 1,
            Form::Manifest => self.objects += 1,
        }
        self.denied += u64::from(!judged.allowed);
        self.with_findings += u64::from(!judged.findings.is_empty());
        self.failing += u64::from(is_failing);
    }

    /// Counts one that could not be judged.
    pub(crate) fn unjudged(&mut self, audit: &Audit) {
        self.covers(&audit.time);
        self.unjudged += 1;
    }

    /// How many were judged.
    pub(crate) fn count(&self) -> u64 {
        self.requests + self.objects + self.audited
    }

    /// Takes note of the time of a request.
    fn covers(&mut self, time: &str) {
        if time.is_empty() {
            return;
        }
        let (first, last) = self
            .times
            .get_or_insert_with(|| (time.to_owned(), time.to_owned()));
        if time < first.as_str() {
            time.clone_into(first);
        }
        if time > last.as_str() {
            time.clone_into(last);
        }
    }
}
