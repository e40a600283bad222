//! `pod-storage`: attaching storage to pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-storage",
    alert: Some(Alert::PodWrite),
    title: "Attaches storage to pods",
    severity: Severity::High,
    techniques: &["T1611", "T1552"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder attach storage to pods: `create` on `pods` (volumes are chosen then), `update` or `patch` on `pods/ephemeralcontainers` (mounts volumes that the pod has); by way of others, workloads, volumes and claims, their attachments, claims for devices, and, of little weight, storage classes and drivers.",
        why: "A pod's volumes are how it reaches secrets, the data of others and, by `hostPath`, its node.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [create]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [list]\n",
        fix: "take the verbs out of the role; let people create workloads in their own namespace by a Role there",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/concepts/storage/volumes/",
        ],
    },
    check: Check::Ability {
        ability: Ability::Storage,
        gain: "can attach volumes to the pods that it creates, or mount those that a pod has: secrets, the data of others and, by `hostPath`, the node",
    },
    subsumed_by: &[],
};
