//! `sysctls`: settings of the node's kernel.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::version::Version;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "sysctls",
    alert: Some(Alert::HostAccess),
    title: "Unsafe sysctl",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: Some("Sysctls"),
    help: Help {
        finds: "An entry of the pod's `securityContext.sysctls` that is not among those that \
                Kubernetes calls safe; which those are depends on its version. `/` counts as `.` in \
                a name. A value with `+` or `=` is critical.",
        why: "Such a parameter may hold for the whole node, or take from other pods of it. CRI-O \
              once took what came after a `+` for another parameter, `kernel.core_pattern`, which \
              runs a program as root (CVE-2022-0811).",
        bad: "spec:\n  securityContext:\n    sysctls:\n    - {name: kernel.msgmax, value: \"65536\"}\n",
        good: "spec:\n  securityContext:\n    sysctls:\n    - {name: net.ipv4.tcp_syncookies, value: \"1\"}\n",
        fix: "remove the entry, or set the parameter on the nodes that need it",
        references: &[
            "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

/// The safe ones, each with the version since when (`check_sysctls.go`).
const SAFE: &[(&str, Version)] = &[
    ("kernel.shm_rmid_forced", Version::new(1, 0)),
    ("net.ipv4.ip_local_port_range", Version::new(1, 0)),
    ("net.ipv4.ip_unprivileged_port_start", Version::new(1, 0)),
    ("net.ipv4.tcp_syncookies", Version::new(1, 0)),
    ("net.ipv4.ping_group_range", Version::new(1, 0)),
    ("net.ipv4.ip_local_reserved_ports", Version::new(1, 27)),
    ("net.ipv4.tcp_keepalive_time", Version::new(1, 29)),
    ("net.ipv4.tcp_fin_timeout", Version::new(1, 29)),
    ("net.ipv4.tcp_keepalive_intvl", Version::new(1, 29)),
    ("net.ipv4.tcp_keepalive_probes", Version::new(1, 29)),
    ("net.ipv4.tcp_rmem", Version::new(1, 32)),
    ("net.ipv4.tcp_wmem", Version::new(1, 32)),
    ("net.ipv4.tcp_slow_start_after_idle", Version::new(1, 37)),
    ("net.ipv4.tcp_notsent_lowat", Version::new(1, 37)),
];

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    if pod.is_for_windows() {
        return found;
    }
    let sysctls = &pod.spec.security_context.sysctls;
    for (index, sysctl) in sysctls.iter().enumerate() {
        // Kubernetes takes none without a name.
        let Some(name) = &sysctl.name else { continue };
        let name = normalised(name.as_str());
        let value = sysctl.value.as_ref().map_or("", Text::as_str);
        let smuggles = value.contains(['+', '=']);
        let mut safe = SAFE.iter();
        let is_safe = safe.any(|(safe, since)| *safe == name && settings.version() >= *since);
        if is_safe && !smuggles {
            continue;
        }
        let (severity, gain) = if smuggles {
            (
                Severity::Critical,
                " to a value that hides another parameter: CRI-O before 1.24 then ran a program of \
                 the pod's choice on the node (CVE-2022-0811)",
            )
        } else {
            (
                Severity::Medium,
                ", which may change the node or its other pods",
            )
        };
        let context = pod.keys.security_context;
        let pointer = pod.at(format_args!("{context}/sysctls/{index}"));
        let message = ["sets the kernel's ", &quoted(&name), gain].concat();
        let evidence = Evidence::new(severity, pointer, name, message);
        found.push(if is_safe {
            evidence.passed_by_baseline()
        } else {
            evidence.refused_by_baseline()
        });
    }
    found
}

/// The name with dots between its parts. Where a slash comes first, slashes separate, and a dot
/// belongs to the name of an interface.
fn normalised(name: &str) -> String {
    let by_slash = name
        .find(['.', '/'])
        .is_some_and(|at| name.as_bytes().get(at) == Some(&b'/'));
    if !by_slash {
        return name.to_owned();
    }
    let swapped = name.chars().map(|character| match character {
        '/' => '.',
        '.' => '/',
        other => other,
    });
    swapped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_count_as_dots() {
        for (written, name) in [
            ("kernel.msgmax", "kernel.msgmax"),
            ("kernel/msgmax", "kernel.msgmax"),
            (
                "net/ipv4/conf/eth0.1/rp_filter",
                "net.ipv4.conf.eth0/1.rp_filter",
            ),
            (
                "net.ipv4.conf.eth0/1.rp_filter",
                "net.ipv4.conf.eth0/1.rp_filter",
            ),
        ] {
            assert_eq!(normalised(written), name);
        }
    }
}
