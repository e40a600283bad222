//! Which exemptions of the settings are of no use to what was read, whether it is shown or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::Judged;
use crate::settings::Exemption;

/// The exemptions of the settings, as far as they have been used.
#[derive(Debug)]
pub(crate) struct Exemptions {
    /// How many there are.
    pub(crate) count: usize,
    /// Those that have matched nothing yet, by their place in the settings.
    unmatched: BTreeMap<u64, Exemption>,
    /// Rules that found something, as long as an exemption is unmatched.
    found: BTreeSet<String>,
    /// Those of them that found something in a manifest that lacks its namespace.
    nowhere: BTreeSet<String>,
}

impl Exemptions {
    /// All that the settings have, in their order.
    pub(crate) fn new(all: Vec<Exemption>) -> Self {
        Self {
            count: all.len(),
            unmatched: (0..).zip(all).collect(),
            found: BTreeSet::new(),
            nowhere: BTreeSet::new(),
        }
    }

    /// Takes note of which of them hold for a case, and of what there was for the others.
    pub(crate) fn note(&mut self, judged: &Judged) {
        if self.unmatched.is_empty() {
            return;
        }
        for (finding, _) in &judged.findings {
            if let Some(exempted) = &finding.exempted {
                self.unmatched.remove(&exempted.index);
            }
            if !self.found.contains(&finding.rule) {
                self.found.insert(finding.rule.clone());
            }
            if judged.lacks_namespace() && !self.nowhere.contains(&finding.rule) {
                self.nowhere.insert(finding.rule.clone());
            }
        }
    }

    /// How many matched something.
    pub(crate) fn matched(&self) -> usize {
        self.count - self.unmatched.len()
    }

    /// Those that matched nothing although one of their rules found something. Of the others the
    /// input says nothing.
    pub(crate) fn idle(&self) -> Vec<(u64, &Exemption)> {
        let was_found = |rule: &String| self.found.contains(rule);
        self.unmatched
            .iter()
            .filter(|(_, exemption)| exemption.rules.iter().any(was_found))
            .map(|(index, exemption)| (*index, exemption))
            .collect()
    }

    /// Whether one that holds in namespaces alone may be idle because a manifest lacks its own.
    pub(crate) fn is_nowhere(&self, exemption: &Exemption) -> bool {
        let was_found = |rule: &String| self.nowhere.contains(rule);
        let is_local = !(exemption.namespaces.is_empty() && exemption.service_accounts.is_empty());
        is_local && exemption.rules.iter().any(was_found)
    }
}
