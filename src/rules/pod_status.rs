//! `pod-status`: writing the status and metadata of pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-status",
    alert: Some(Alert::PodWrite),
    title: "Writes pod status and metadata",
    severity: Severity::Medium,
    techniques: &["T1036"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder write the status, labels or annotations of pods: `update` or `patch` on `pods` or `pods/status`, `create` on `pods/binding` or `bindings`; of little weight, by way of the templates of workloads and the status of nodes.",
        why: "With other labels a pod receives the traffic of another service or leaves the reach of a network policy, and its controller starts a new one in its place. A forged status makes a broken pod ready.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/status]\n  verbs: [patch]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/status]\n  verbs: [get]\n",
        fix: "take the verbs out of the role; only the kubelet and controllers write a pod's status",
        references: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/"],
    },
    check: Check::Ability {
        ability: Ability::Status,
        gain: "can change the status, labels and annotations of pods, and so who receives their traffic",
    },
    subsumed_by: &[],
};
