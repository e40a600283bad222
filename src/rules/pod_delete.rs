//! `pod-delete`: deleting pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-delete",
    alert: Some(Alert::PodWrite),
    title: "Deletes pods",
    severity: Severity::Medium,
    techniques: &["T1489"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder delete pods: `delete` or `deletecollection` on `pods`, `create` on `pods/eviction`; by way of others, deleting workloads, namespaces and nodes, tainting nodes, and, of little weight, labels of pods, scaling to nothing, disruption budgets and priorities.",
        why: "Deleting pods stops what runs, and what watches: agents, admission controllers, the network. Deleted often enough, a pod moves to the node where it is wanted.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [deletecollection]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [list]\n",
        fix: "take `delete`, `deletecollection` and evictions out of the role; restrict by `resourceNames` what has to stay",
        references: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/"],
    },
    check: Check::Ability {
        ability: Ability::Delete,
        gain: "can delete pods, the ones that watch over the cluster included",
    },
    subsumed_by: &[],
};
