//! The wire format of `catalog`: the policy's rules with their help, as far as the command reads
//! it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::answer::Severity;
use crate::fatal::Fatal;
use crate::host::Policy;

/// What `catalog` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Catalog {
    pub(crate) policy: Name,
    pub(crate) alerts: Vec<Alert>,
    /// In reading order.
    pub(crate) rules: Vec<Rule>,
}

/// The policy that answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// An alert.
#[derive(Debug, Deserialize)]
pub(crate) struct Alert {
    /// As rules name it.
    pub(crate) id: String,
    /// As people say it.
    pub(crate) title: String,
}

/// A rule with its help.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) alert: Option<String>,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) techniques: Vec<String>,
    #[serde(default)]
    pub(crate) pod_security: Option<String>,
    #[serde(default)]
    pub(crate) finds: String,
    #[serde(default)]
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) bad: String,
    #[serde(default)]
    pub(crate) good: String,
    #[serde(default)]
    pub(crate) fix: String,
    #[serde(default)]
    pub(crate) references: Vec<String>,
}

/// The policy's answer, to be read or passed on.
pub(crate) fn ask(policy: &Policy) -> Result<Vec<u8>, Fatal> {
    policy
        .call("catalog", b"")
        .map_err(|error| Fatal::Call("catalog", error))
}

/// Reads the answer as a whole or in part.
pub(crate) fn read<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Fatal> {
    serde_json::from_slice(answer).map_err(|error| Fatal::Answer("catalog", error))
}

impl Catalog {
    /// The place of each rule among the rules, by its id.
    pub(crate) fn places(&self) -> BTreeMap<String, usize> {
        let places = self.rules.iter().enumerate();
        places
            .map(|(place, rule)| (rule.id.clone(), place))
            .collect()
    }

    /// The rule of this id.
    pub(crate) fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The ids of the rules of an alert, in reading order.
    pub(crate) fn of_alert<'a>(&'a self, alert: &'a str) -> impl Iterator<Item = &'a str> {
        let is_of = move |rule: &&Rule| rule.alert.as_deref() == Some(alert);
        self.rules.iter().filter(is_of).map(|rule| rule.id.as_str())
    }

    /// The title of the alert that a rule belongs to.
    pub(crate) fn alert(&self, rule: &Rule) -> Option<&str> {
        let id = rule.alert.as_deref()?;
        let alert = self.alerts.iter().find(|alert| alert.id == id)?;
        Some(&alert.title)
    }
}
