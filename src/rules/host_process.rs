//! `host-process`: a container that runs as a process of its Windows node.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

use super::inherited;

pub(crate) static RULE: Rule = Rule {
    id: "host-process",
    alert: Some(Alert::HostAccess),
    title: "Windows host process",
    severity: Severity::Critical,
    techniques: &["T1611", "T1610"],
    pod_security: Some("HostProcess"),
    help: Help {
        finds: "`windowsOptions.hostProcess: true` in a security context, of the pod or of a \
                container.",
        why: "The container is a process of its Windows node, with the rights of the account that \
              it names, which may be the system's.",
        bad: "spec:\n  securityContext:\n    windowsOptions: {hostProcess: true}\n  containers:\n  - name: main\n",
        good: "spec:\n  securityContext:\n    windowsOptions: {hostProcess: false}\n  containers:\n  - name: main\n",
        fix: "remove `hostProcess: true`",
        references: &[
            "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let given = inherited::given(
        pod,
        |profiles| profiles.windows.host_process.as_ref(),
        &|is_host_process| *is_host_process,
        &|_| true,
    );
    given
        .into_iter()
        .map(|given| {
            let message = "runs as a process of its Windows node, with what the node's own \
                           programs may do";
            let pointer = given.pointer("windowsOptions/hostProcess");
            given.evidence(Severity::Critical, pointer, "true", message)
        })
        .collect()
}
