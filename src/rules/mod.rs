//! The registry: every rule, in reading order. Settings keys, the README's table, `bulkhead
//! rules` and every report follow from it.

mod aggregation;
pub(crate) mod capabilities;
mod dead_grant;
mod device_admin_access;
mod git_repo;
mod host_ipc;
mod host_network;
pub(crate) mod host_path;
mod host_pid;
mod host_port;
mod host_probe;
mod host_process;
mod inherited;
mod mount_propagation;
mod persistent_volume;
mod persistent_volume_claim;
mod pod_create;
mod pod_delete;
mod pod_exec;
mod pod_modify;
mod pod_scale;
mod pod_status;
mod pod_storage;
mod pod_write_binding;
mod privileged;
mod privileged_scc;
mod proc_mount;
mod raw_block_device;
mod selinux_options;
mod sysctls;
mod unconfined;
pub(crate) mod unreadable;

use crate::rule::Rule;

/// Every rule. Findings of equal severity come in this order.
pub static RULES: &[&Rule] = &[
    &privileged::RULE,
    &host_process::RULE,
    &host_path::RULE,
    &persistent_volume::RULE,
    &persistent_volume_claim::RULE,
    &raw_block_device::RULE,
    &git_repo::RULE,
    &mount_propagation::RULE,
    &host_network::RULE,
    &host_port::RULE,
    &host_probe::RULE,
    &host_pid::RULE,
    &host_ipc::RULE,
    &capabilities::RULE,
    &proc_mount::RULE,
    &unconfined::SECCOMP,
    &unconfined::APP_ARMOR,
    &selinux_options::RULE,
    &sysctls::RULE,
    &device_admin_access::RULE,
    &pod_create::RULE,
    &pod_modify::RULE,
    &pod_delete::RULE,
    &pod_scale::RULE,
    &pod_status::RULE,
    &pod_storage::RULE,
    &pod_exec::RULE,
    &pod_write_binding::RULE,
    &aggregation::RULE,
    &privileged_scc::RULE,
    &dead_grant::RULE,
    &unreadable::RULE,
];

// What is told of an object has sets of rules, which are bits of a word.
const _: () = assert!(RULES.len() <= u64::BITS as usize);

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.get(rank(id)?).copied()
}

/// The place in the registry of the rule with this id.
#[inline(never)] // it is asked for in many places
pub(crate) fn rank(id: &str) -> Option<usize> {
    RULES.iter().position(|rule| rule.id == id)
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
