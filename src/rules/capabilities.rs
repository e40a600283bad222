//! `capabilities`: Linux capabilities that reach beyond the container.

use crate::capability::normalised;
use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;

pub(crate) static RULE: Rule = Rule {
    id: "capabilities",
    alert: Some(Alert::HostAccess),
    title: "Capability with host access",
    severity: Severity::High,
    techniques: &["T1611", "T1548"],
    pod_security: Some("Capabilities"),
    help: Help {
        finds: "An entry of `securityContext.capabilities.add` in a container of any list that is \
                not one of the 13 that Pod Security's baseline allows. Spellings count as the \
                container runtimes read them: in any case, with or without `CAP_`. One finding an \
                entry; in a privileged container, which has them all, none.",
        why: "Capabilities are the parts of root's power. `ALL`, `SYS_ADMIN`, `SYS_MODULE` and \
              `SYS_RAWIO` each give the whole node; others read every file, trace processes, load \
              programs into the kernel or take over the network. `drop: [ALL]` does not help: \
              what is added is added after it.",
        bad: "spec:\n  containers:\n  - name: main\n    securityContext:\n      capabilities:\n        \
              add: [SYS_ADMIN]\n",
        good: "spec:\n  containers:\n  - name: main\n    securityContext:\n      capabilities:\n        \
               drop: [ALL]\n        add: [NET_BIND_SERVICE]\n",
        fix: "remove the capability, or exempt the workload that cannot do without it",
        references: &[
            "https://man7.org/linux/man-pages/man7/capabilities.7.html",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &["privileged"],
};

/// The capabilities that Pod Security's baseline lets a container add, all within the container
/// (`check_capabilities_baseline.go`).
const BASELINE: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// What the others give. See capabilities(7).
const GAINS: &[(&str, Severity, &str)] = &[
    (
        "ALL",
        Severity::Critical,
        "has every capability there is: root on the node in all but name",
    ),
    (
        "SYS_ADMIN",
        Severity::Critical,
        "can mount the node's filesystems and rewrite its cgroups, either of which gives root on the node",
    ),
    (
        "SYS_MODULE",
        Severity::Critical,
        "can load a module into the node's kernel",
    ),
    (
        "SYS_RAWIO",
        Severity::Critical,
        "can read and write the node's memory and devices directly",
    ),
    (
        "SYS_PTRACE",
        Severity::High,
        "can read and change the memory of every process it sees",
    ),
    (
        "DAC_READ_SEARCH",
        Severity::High,
        "can open files of the node by their handle, past every permission",
    ),
    (
        "BPF",
        Severity::High,
        "can load programs into the node's kernel that see what every process does",
    ),
    (
        "PERFMON",
        Severity::High,
        "can watch the kernel and every process of the node",
    ),
    (
        "SYSLOG",
        Severity::High,
        "can read the kernel's log and addresses, the first step of most kernel exploits",
    ),
    (
        "SYS_BOOT",
        Severity::High,
        "can reboot the node, or start another kernel on it",
    ),
    (
        "MAC_ADMIN",
        Severity::High,
        "can change the node's mandatory access control",
    ),
    (
        "MAC_OVERRIDE",
        Severity::High,
        "can ignore the node's mandatory access control",
    ),
    (
        "NET_ADMIN",
        Severity::High,
        "can change interfaces, routes and firewall of its network namespace and reach kernel code full of past exploits",
    ),
    (
        "NET_RAW",
        Severity::Low,
        "can forge packets, and so pose as another pod on the same network",
    ),
    (
        "AUDIT_CONTROL",
        Severity::Low,
        "can change what the node's kernel audits",
    ),
    (
        "AUDIT_READ",
        Severity::Low,
        "can read what the node's kernel audits",
    ),
    (
        "BLOCK_SUSPEND",
        Severity::Low,
        "can keep the node from sleeping",
    ),
    (
        "CHECKPOINT_RESTORE",
        Severity::Low,
        "can checkpoint processes and choose their ids",
    ),
    (
        "IPC_LOCK",
        Severity::Low,
        "can lock memory of the node beyond its limit",
    ),
    (
        "IPC_OWNER",
        Severity::Low,
        "can use shared memory of any owner in its IPC namespace",
    ),
    (
        "LEASE",
        Severity::Low,
        "can be told of, and delay, the opening of files",
    ),
    (
        "LINUX_IMMUTABLE",
        Severity::Low,
        "can make files immutable, also on volumes of the node",
    ),
    ("NET_BROADCAST", Severity::Low, "can send broadcasts"),
    (
        "SYS_NICE",
        Severity::Low,
        "can take processor time from other workloads of the node",
    ),
    (
        "SYS_PACCT",
        Severity::Low,
        "can switch the node's process accounting",
    ),
    (
        "SYS_RESOURCE",
        Severity::Low,
        "can exceed the node's resource limits",
    ),
    (
        "SYS_TIME",
        Severity::Low,
        "can set the node's clock, and so make certificates and tokens valid or invalid",
    ),
    (
        "SYS_TTY_CONFIG",
        Severity::Low,
        "can change the node's terminals",
    ),
    ("WAKE_ALARM", Severity::Low, "can wake the node"),
];

/// The names of all capabilities that are known here, and `ALL`.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let gains = GAINS.iter().map(|(name, ..)| *name);
    BASELINE.iter().copied().chain(gains)
}

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    if pod.is_for_windows() {
        return found;
    }
    for placed in pod.containers() {
        let added = &placed.container.security_context.capabilities.add;
        for (index, written) in added.iter().enumerate() {
            let name = normalised(written.as_str());
            let Some((severity, gain)) = gain(&name) else {
                continue;
            };
            if settings.allow.has_capability(&name) {
                continue;
            }
            // There, they hold for the pod's own namespaces; what is left is the kernel behind.
            let (severity, where_) = if pod.has_user_namespace() {
                (
                    severity.lowered().lowered(),
                    " in a user namespace of its own",
                )
            } else {
                (severity, "")
            };
            let pointer =
                pod.at(placed.part(format_args!("securityContext/capabilities/add/{index}")));
            let message = ["adds ", &quoted(&name), where_, ": ", gain].concat();
            let evidence = Evidence::new(severity, pointer, name, message);
            found.push(evidence.refused_by_baseline().within(placed));
        }
    }
    found
}

fn gain(name: &str) -> Option<(Severity, &'static str)> {
    if BASELINE.contains(&name) {
        return None;
    }
    let known = GAINS.iter().find(|(known, ..)| *known == name);
    let unknown = (
        Severity::Low,
        "a capability that is not known here, so nothing can be said of what it gives",
    );
    Some(known.map_or(unknown, |(_, severity, gain)| (*severity, *gain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_of_linux_is_known_once() {
        // capabilities(7), Linux 6.12.
        const LINUX: usize = 41;
        assert_eq!(BASELINE.len() + GAINS.len(), LINUX + "ALL".lines().count());
        assert!(GAINS.iter().all(|(name, ..)| !BASELINE.contains(name)));
    }

    #[test]
    fn unknown_names_are_low() {
        assert_eq!(
            gain("FLY").map(|(severity, _)| severity),
            Some(Severity::Low)
        );
        assert_eq!(gain("CHOWN"), None);
    }
}
