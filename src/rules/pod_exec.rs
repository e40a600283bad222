//! `pod-exec`: executing commands in pods.

use crate::ability::Ability;
use crate::rule::{Alert, Check, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "pod-exec",
    alert: Some(Alert::PodWrite),
    title: "Executes commands in pods",
    severity: Severity::High,
    techniques: &["T1609"],
    pod_security: None,
    help: Help {
        finds: "Rules of a role that let its holder execute commands in pods: `create` on `pods/exec` or `pods/attach`, `update` or `patch` on `pods/ephemeralcontainers`; before Kubernetes 1.35 also `get` on `pods/exec` or `pods/attach`, which is said with the version; by way of others, `nodes/proxy`, another image in a pod that runs, the rights of others (`escalate`, `bind`, `impersonate`, tokens, certificates), and, of little weight, ports and proxies of pods.",
        why: "A command in a pod runs with its service account, its volumes and its privileges; in a privileged pod it runs on the node.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/exec]\n  verbs: [create]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/log]\n  verbs: [get]\n",
        fix: "take `pods/exec`, `pods/attach` and `pods/ephemeralcontainers` out of the role; grant that for one namespace, for as long as it is needed",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ],
    },
    check: Check::Ability {
        ability: Ability::Exec,
        gain: "can execute commands in pods, with their service account, volumes and privileges",
    },
    subsumed_by: &[],
};
