//! `host-pid`: a pod that sees the processes of its node.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

pub(crate) static RULE: Rule = Rule {
    id: "host-pid",
    alert: Some(Alert::HostAccess),
    title: "Host process namespace",
    severity: Severity::High,
    techniques: &["T1611", "T1552"],
    pod_security: Some("Host Namespaces"),
    help: Help {
        finds: "`hostPID: true` in a pod spec. `shareProcessNamespace` is no such thing: it stays \
                within the pod.",
        why: "The pod sees every process of its node. As root it reads their environment, with \
              the secrets in it, and their files through `/proc`, and can kill them; with ptrace \
              or privileges it enters them.",
        bad: "spec:\n  hostPID: true\n",
        good: "spec:\n  hostPID: false\n  shareProcessNamespace: true\n",
        fix: "remove `hostPID: true`; `shareProcessNamespace: true` shows a pod its own processes",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
            "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let message = "sees every process of the node and, as root, reads their environment and files \
                   through `/proc`";
    let evidence =
        || Evidence::new(Severity::High, pod.at("hostPID"), "true", message).refused_by_baseline();
    let is_shared = pod.spec.host_pid && !pod.is_for_windows();
    is_shared.then(evidence).into_iter().collect()
}
