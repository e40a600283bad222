//! `privileged`: a container that runs with the host's own rights.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

pub(crate) static RULE: Rule = Rule {
    id: "privileged",
    alert: Some(Alert::HostAccess),
    title: "Privileged container",
    severity: Severity::Critical,
    techniques: &["T1611", "T1610"],
    pod_security: Some("Privileged Containers"),
    help: Help {
        finds: "`securityContext.privileged: true` in a container of any list: containers, init \
                containers (sidecars among them) and ephemeral containers.",
        why: "A privileged container has every capability and every device of its node, and no \
              seccomp, AppArmor or SELinux confinement. Whoever runs code in it can mount the \
              node's disks and become root on the node.",
        bad: "spec:\n  containers:\n  - name: main\n    securityContext:\n      privileged: true\n",
        good: "spec:\n  containers:\n  - name: main\n    securityContext:\n      privileged: false\n",
        fix: "remove `privileged: true`; add only the capability or device plugin that the program \
              needs",
        references: &[
            "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/#privileged-containers",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    pod.containers()
        .filter(|placed| placed.container.security_context.privileged && !pod.is_for_windows())
        .map(|placed| {
            let pointer = pod.at(placed.part("securityContext/privileged"));
            Evidence::new(
                Severity::Critical,
                pointer,
                "true",
                "runs privileged: with every capability and device of its node and without \
                 confinement, its root user is the node's",
            )
            .refused_by_baseline()
            .within(placed)
        })
        .collect()
}
