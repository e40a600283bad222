//! `pod-modify`: changing the configuration of pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-modify",
    alert: Some(Alert::PodWrite),
    title: "Modifies pods",
    severity: Severity::High,
    techniques: &["T1610", "T1525"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder change the configuration of pods: `update` or `patch` on `pods` (image, tolerations, labels, annotations), `pods/ephemeralcontainers` (a container more) or `pods/resize` (limits), `create` on `pods/binding` or `bindings` (node, labels, annotations); by way of others, templates of workloads, mutating webhooks and policies, labels of namespaces, and, of little weight, ConfigMaps, Secrets and LimitRanges.",
        why: "A running pod with another image runs the attacker's program with the pod's service account, volumes and privileges. An ephemeral container does the same beside the program.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [patch]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [get]\n",
        fix: "take the verbs out of the role; change pods by their Deployment, in one namespace",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement",
        ],
    },
    check: Check::Ability {
        ability: Ability::Modify,
        gain: "can change pods that run: their image, their containers, their limits or their node",
    },
    subsumed_by: &[],
};
