//! Reports in formats that other programs define, and what all of them tell of a finding. Each is
//! written as the outcomes come, and holds nothing of them that grows with the input; the names of
//! OpenReports alone keep which objects the manifests had.

pub(super) mod falco;
pub(super) mod junit;
pub(super) mod ocsf;
pub(super) mod openreports;
pub(super) mod sarif;

use std::io::{self, Write};

use intake::Position;
use intake::audit::Audit;
use intake::incident::digest;
use jiff::Timestamp;
use serde::Serialize;

use super::objects::Key;
use super::place;
use crate::answer::{Exempted, Finding, Grant};
use crate::catalog::{Catalog, Rule};
use crate::outcome::{Failure, Gap, Judged, Source};
use crate::tally::{FailOn, Tally};

/// A report in the making.
pub(crate) trait Foreign {
    /// Writes what stands before everything else.
    fn begin(&mut self, _: &Setting, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Tells of a case that was judged.
    fn judged(&mut self, setting: &Setting, judged: &Judged, out: &mut dyn Write)
    -> io::Result<()>;

    /// Tells of what could not be judged.
    fn unjudged(
        &mut self,
        setting: &Setting,
        unjudged: &Unjudged<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()>;

    /// Writes what is left to say.
    fn finish(&mut self, _: &Tally, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// What the formats know beside the outcomes.
pub(crate) struct Setting {
    pub(crate) catalog: Catalog,
    pub(crate) fail_on: FailOn,
    /// Whether what cannot be judged of an audit log fails.
    pub(crate) strict: bool,
    /// When what has no time of its own was found.
    pub(crate) now: Timestamp,
}

/// What could not be read, or not be judged.
pub(crate) struct Unjudged<'a> {
    pub(crate) source: &'a Source,
    /// A word for machines.
    pub(crate) reason: &'a str,
    /// A sentence for people.
    pub(crate) message: String,
    pub(crate) request: Option<&'a crate::answer::Request>,
    /// Of a request of an audit log, what that tells; the log is at fault, and not the input.
    pub(crate) audit: Option<&'a Audit>,
}

impl<'a> From<&'a Failure> for Unjudged<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            source: &failure.source,
            reason: failure.reason,
            message: failure.message.clone(),
            request: failure.request.as_ref(),
            audit: None,
        }
    }
}

impl<'a> From<&'a Gap> for Unjudged<'a> {
    fn from(gap: &'a Gap) -> Self {
        Self {
            source: &gap.source,
            reason: gap.unjudged.gap.word(),
            message: format!("cannot be judged: {}", gap.unjudged.gap),
            request: Some(&gap.request),
            audit: Some(&gap.unjudged.audit),
        }
    }
}

impl Unjudged<'_> {
    /// What was asked, as a person calls it; none where not even that could be read.
    fn object(&self) -> Option<String> {
        let request = self.request.filter(|request| request.kind.is_some())?;
        Some(Key::of(request).to_string())
    }

    /// What could not be judged, where that is known, and why.
    fn sentence(&self) -> String {
        match self.object() {
            Some(object) => format!("{object}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// The same in every run: that of no other place that could not be judged.
    fn id(&self) -> String {
        let case = match audit_id(self.audit) {
            "" => place(&self.source.file, self.source.line),
            id => id.to_owned(),
        };
        digest([self.reason, &case].into_iter())
    }
}

/// A finding with all that is known around it.
struct Told<'a> {
    judged: &'a Judged,
    finding: &'a Finding,
    position: Option<Position>,
    /// None for a rule that the catalogue does not have.
    rule: Option<&'a Rule>,
    audit: Option<&'a Audit>,
}

impl<'a> Told<'a> {
    /// The findings of a case, in its order.
    fn of(judged: &'a Judged, setting: &'a Setting) -> impl Iterator<Item = Self> {
        let audit = judged.audit.as_ref().map(|audited| &audited.audit);
        let findings = judged.findings.iter();
        findings.map(move |(finding, position)| Self {
            judged,
            finding,
            position: *position,
            rule: setting.catalog.rule(&finding.rule),
            audit,
        })
    }

    /// `Pod team-a/web`.
    fn object(&self) -> String {
        Key::of(&self.judged.request).to_string()
    }

    /// The rule's title, or its id.
    fn title(&self) -> &'a str {
        self.rule.map_or(&self.finding.rule, |rule| &rule.title)
    }

    /// The line of the finding itself, or else where its case starts.
    fn line(&self) -> Option<u64> {
        let line = self.position.map(|position| position.line);
        line.or(self.judged.source.line)
    }

    /// Who asked, as authenticated.
    fn user(&self) -> Option<&'a str> {
        let actor = self.audit.map(|audit| audit.actor.user.as_str());
        actor.or(self.judged.request.user.as_deref())
    }

    fn incident(&self) -> Option<&'a str> {
        self.judged.audit.as_ref()?.incident.as_deref()
    }

    /// What makes it the same finding wherever it stands and whenever it is found: the workload
    /// and its cluster, the rule, the container and the value, never a line or an index.
    fn identity(&self) -> String {
        let Judged { request, .. } = self.judged;
        let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
        let object = match self.audit.map(|audit| &audit.root) {
            Some(root) => [&*root.group, &*root.kind, &*root.namespace, &*root.name],
            None => [
                &request.group,
                &request.kind,
                &request.namespace,
                &request.name,
            ]
            .map(text),
        };
        let Finding {
            container, value, ..
        } = self.finding;
        let found = [&*self.finding.rule, text(container), text(value)];
        let cluster = self.audit.and_then(|audit| audit.cluster.as_deref());
        digest(object.into_iter().chain(found).chain(cluster))
    }

    /// The same in every run: that of no other finding of the input. A request of an audit log has
    /// an id of its own, wherever its log lies by now.
    fn id(&self) -> String {
        let Source { file, line, case } = &self.judged.source;
        let case = match audit_id(self.audit) {
            "" => format!("{file}{line:?}{case:?}"),
            id => id.to_owned(),
        };
        let Finding { rule, path, .. } = self.finding;
        let value = self.finding.value.as_deref().unwrap_or_default();
        digest([&*case, rule, path, value].into_iter())
    }

    /// Everything else that is known of it, for what a format has no field for.
    fn details(&self) -> Details<'a> {
        let Judged { request, .. } = self.judged;
        let Finding {
            container,
            path,
            value,
            new,
            fix,
            ..
        } = self.finding;
        Details {
            severity: self.finding.severity.name(),
            action: self.finding.action.name(),
            new: *new,
            path,
            value: value.as_deref(),
            container: container.as_deref(),
            fix,
            refused_by_baseline: self.finding.refused_by_baseline,
            exempted: self.finding.exempted.as_ref(),
            grant: self.finding.grant.as_deref(),
            grants: &self.finding.grants,
            resource_names: self.finding.resource_names.as_deref(),
            until: self.finding.until.as_deref(),
            operation: request.operation.as_deref(),
            subresource: request.subresource.as_deref(),
            user: self.user(),
            dry_run: request.dry_run,
            origin: self.judged.origin.as_deref(),
            allowed: self.judged.allowed,
            omitted: self.judged.omitted,
            incident: self.incident(),
            audit: self.audit,
        }
    }

    /// The same as texts with names, as far as it fits into such.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let Judged {
            request, source, ..
        } = self.judged;
        let Finding { exempted, .. } = self.finding;
        let own = |text: &Option<String>| text.clone();
        let grants = self.finding.grants.iter();
        let grants: Vec<String> = grants
            .map(|grant| {
                format!(
                    "{} {} at {}",
                    grant.verbs.join("|"),
                    grant.resource,
                    grant.path
                )
            })
            .collect();
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let audit = self.audit;
        let all = [
            ("action", Some(self.finding.action.name().to_owned())),
            ("new", Some(self.finding.new.to_string())),
            ("path", Some(self.finding.path.clone())),
            ("value", own(&self.finding.value)),
            ("container", own(&self.finding.container)),
            ("fix", Some(self.finding.fix.clone())),
            ("grants", (!grants.is_empty()).then(|| grants.join("; "))),
            ("exempted", exempted.as_ref().map(exemption)),
            ("operation", own(&request.operation)),
            ("user", self.user().map(str::to_owned)),
            ("origin", own(&self.judged.origin)),
            ("file", Some(source.file.to_string())),
            ("line", number(self.line())),
            (
                "column",
                number(self.position.map(|position| position.column)),
            ),
            ("incident", self.incident().map(str::to_owned)),
            ("auditID", audit.map(|audit| audit.id.clone())),
            (
                "outcome",
                audit.map(|audit| audit.outcome.word().to_owned()),
            ),
            ("refusal", audit.and_then(|audit| own(&audit.message))),
            (
                "sourceIP",
                audit.and_then(|audit| own(&audit.actor.source_ip)),
            ),
            (
                "omitted",
                number(Some(self.judged.omitted).filter(|omitted| *omitted > 0)),
            ),
        ];
        let given = all.into_iter();
        given
            .filter_map(|(name, text)| Some((name, text?)))
            .collect()
    }
}

/// See [`Told::details`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    severity: &'static str,
    action: &'static str,
    new: bool,
    path: &'a str,
    value: Option<&'a str>,
    container: Option<&'a str>,
    fix: &'a str,
    refused_by_baseline: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exempted: Option<&'a Exempted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Grant]>::is_empty")]
    grants: &'a [Grant],
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_names: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subresource: Option<&'a str>,
    user: Option<&'a str>,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    allowed: bool,
    #[serde(skip_serializing_if = "is_zero")]
    omitted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<&'a Audit>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// `exemptions[2]: the CNI needs it`.
fn exemption(exempted: &Exempted) -> String {
    format!("exemptions[{}]: {}", exempted.index, exempted.reason)
}

fn audit_id(audit: Option<&Audit>) -> &str {
    audit.map_or("", |audit| &audit.id)
}

impl Setting {
    /// When something happened, or else when it was found.
    fn time(&self, audit: Option<&Audit>) -> Timestamp {
        let time = audit.and_then(|audit| audit.time.parse().ok());
        time.unwrap_or(self.now)
    }
}
