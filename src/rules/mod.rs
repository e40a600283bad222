//! The registry: every rule, in reading order. Settings keys, the README's table, `bulkhead
//! rules` and every report follow from it.

mod capabilities;
mod host_ipc;
mod host_network;
mod host_path;
mod host_pid;
mod pod_create;
mod pod_delete;
mod pod_exec;
mod pod_modify;
mod pod_scale;
mod pod_status;
mod pod_storage;
mod privileged;
pub(crate) mod unreadable;

use crate::rule::Rule;

/// Every rule. Findings of equal severity come in this order.
pub static RULES: &[&Rule] = &[
    &privileged::RULE,
    &host_path::RULE,
    &host_network::RULE,
    &host_pid::RULE,
    &host_ipc::RULE,
    &capabilities::RULE,
    &pod_create::RULE,
    &pod_modify::RULE,
    &pod_delete::RULE,
    &pod_scale::RULE,
    &pod_status::RULE,
    &pod_storage::RULE,
    &pod_exec::RULE,
    &unreadable::RULE,
];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for id in ids {
            assert!(
                id.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{id}"
            );
        }
    }

    #[test]
    fn every_rule_helps() {
        for rule in RULES {
            let help = &rule.help;
            for text in [
                rule.title, help.finds, help.why, help.bad, help.good, help.fix,
            ] {
                assert!(!text.trim().is_empty(), "{}", rule.id);
            }
            assert!(
                !help.fix.ends_with('.') && !rule.title.ends_with('.'),
                "{}",
                rule.id
            );
            assert!(
                help.references
                    .iter()
                    .all(|link| link.starts_with("https://")),
                "{}",
                rule.id
            );
        }
    }

    #[test]
    fn what_subsumes_a_rule_is_a_rule() {
        for rule in RULES {
            assert!(
                rule.subsumed_by.iter().all(|id| super::rule(id).is_some()),
                "{}",
                rule.id
            );
        }
    }
}
