//! `host-ipc`: a pod in the IPC namespace of its node.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

pub(crate) static RULE: Rule = Rule {
    id: "host-ipc",
    alert: Some(Alert::HostAccess),
    title: "Host IPC namespace",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: Some("Host Namespaces"),
    help: Help {
        finds: "`hostIPC: true` in a pod spec.",
        why: "The pod shares System V IPC and POSIX message queues with its node and with every \
              other pod that does so: it can read and change the shared memory of their programs.",
        bad: "spec:\n  hostIPC: true\n",
        good: "spec:\n  hostIPC: false\n",
        fix: "remove `hostIPC: true`; containers of one pod share memory without it",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let message = "shares the node's IPC namespace: it reads and changes the shared memory of the \
                   programs that use it";
    let evidence = || {
        Evidence::new(Severity::Medium, pod.at("hostIPC"), "true", message).refused_by_baseline()
    };
    let is_shared = pod.spec.host_ipc && !pod.is_for_windows();
    is_shared.then(evidence).into_iter().collect()
}
