//! `pod-create`: creating pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-create",
    alert: Some(Alert::PodWrite),
    title: "Creates pods",
    severity: Severity::High,
    techniques: &["T1610", "T1611"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder create pods: `create` on `pods`; by way of others, `create`, `update` or `patch` on what makes pods (Deployments, Jobs and their like, the kinds of others that are known or that `podMakers` names), and `escalate`, `bind`, `impersonate`, tokens of service accounts and certificates, which give the rights of others. Restricted by `resourceNames`, `create` counts only together with `patch` on the same name, as server-side apply wants.",
        why: "Whoever creates pods chooses their service account, volumes and node. Unless something else refuses it, the pod is privileged, and so the node is theirs; and they can run as any service account of the namespace.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [get, create]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [get, list, watch]\n",
        fix: "take `create` on `pods` out of the role; let people create workloads in their own namespace by a Role there",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ],
    },
    check: Check::Ability {
        ability: Ability::Create,
        gain: "can create pods, and with them run anything as any service account",
    },
    subsumed_by: &[],
};
