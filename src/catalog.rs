//! The answer to `catalog`: every rule with its help. A wire format of its own: fields may be
//! added to it, never renamed or removed.

use crate::json::{Json, Writer, field};
use crate::rule::{Alert, Rule, Severity};
use crate::rules::RULES;

/// The answer to `catalog`.
#[derive(Debug)]
pub struct Catalog {
    /// The version of this format: 1.
    pub version: usize,
    /// The policy that answers.
    pub policy: PolicyEntry,
    /// The alerts, in reading order.
    pub alerts: Vec<AlertEntry>,
    /// The rules, in reading order.
    pub rules: Vec<RuleEntry>,
}

impl Json for Catalog {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("version", &self.version),
            field("policy", &self.policy),
            field("alerts", &self.alerts),
            field("rules", &self.rules),
        ]);
    }
}

/// The policy that answers.
#[derive(Debug)]
pub struct PolicyEntry {
    /// `bulkhead`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Json for PolicyEntry {
    fn write(&self, json: &mut Writer) {
        json.object(&[field("name", &self.name), field("version", &self.version)]);
    }
}

/// An alert.
#[derive(Debug)]
pub struct AlertEntry {
    /// As findings name it.
    pub id: Alert,
    /// As people say it.
    pub title: &'static str,
}

impl Json for AlertEntry {
    fn write(&self, json: &mut Writer) {
        json.object(&[field("id", &self.id), field("title", &self.title)]);
    }
}

/// A rule. The texts mean what [`crate::rule::Help`] says of them.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are those of `Rule` and `Help`")]
pub struct RuleEntry {
    pub id: &'static str,
    pub alert: Option<Alert>,
    pub title: &'static str,
    pub severity: Severity,
    pub techniques: &'static [&'static str],
    pub pod_security: Option<&'static str>,
    pub finds: &'static str,
    pub why: &'static str,
    pub bad: &'static str,
    pub good: &'static str,
    pub fix: &'static str,
    pub references: &'static [&'static str],
}

impl Json for RuleEntry {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("id", &self.id),
            field("alert", &self.alert),
            field("title", &self.title),
            field("severity", &self.severity),
            field("techniques", &self.techniques),
            field("podSecurity", &self.pod_security),
            field("finds", &self.finds),
            field("why", &self.why),
            field("bad", &self.bad),
            field("good", &self.good),
            field("fix", &self.fix),
            field("references", &self.references),
        ]);
    }
}

impl Catalog {
    pub(crate) fn new() -> Self {
        Self {
            version: 1,
            policy: PolicyEntry {
                name: "bulkhead",
                version: env!("CARGO_PKG_VERSION"),
            },
            alerts: Alert::ALL
                .map(|alert| AlertEntry {
                    id: alert,
                    title: alert.title(),
                })
                .into(),
            rules: RULES.iter().map(|rule| RuleEntry::new(rule)).collect(),
        }
    }
}

impl RuleEntry {
    fn new(rule: &'static Rule) -> Self {
        let help = &rule.help;
        Self {
            id: rule.id,
            alert: rule.alert,
            title: rule.title,
            severity: rule.severity,
            techniques: rule.techniques,
            pod_security: rule.pod_security,
            finds: help.finds,
            why: help.why,
            bad: help.bad,
            good: help.good,
            fix: help.fix,
            references: help.references,
        }
    }
}
