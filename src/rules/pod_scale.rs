//! `pod-scale`: scaling pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-scale",
    alert: Some(Alert::PodWrite),
    title: "Scales pods",
    severity: Severity::Medium,
    techniques: &["T1496"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder scale pods: `update` or `patch` on `pods/resize`; by way of others, on `scale` of workloads (also `*/scale`), on the workloads themselves, and on autoscalers.",
        why: "With other limits a pod starves its neighbours, or is starved until it is killed.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/resize]\n  verbs: [patch]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [get]\n",
        fix: "take `pods/resize` out of the role; change the limits in the workload's template",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/",
        ],
    },
    check: Check::Ability {
        ability: Ability::Scale,
        gain: "can scale pods: how many there are of a workload, or the limits of those that run",
    },
    subsumed_by: &[],
};
