//! `pod-exec`: executing commands in pods.

use crate::ability::{Access, WRITE};
use crate::rule::{Alert, Check, Help, Rule, Severity};
use crate::version::Version;

pub(crate) static RULE: Rule = Rule {
    id: "pod-exec",
    alert: Some(Alert::PodWrite),
    title: "Executes commands in pods",
    severity: Severity::High,
    techniques: &["T1609"],
    help: Help {
        finds: "Rules of a cluster role that let its holder execute commands in pods: `create` on `pods/exec` or `pods/attach`, `update` or `patch` on `pods/ephemeralcontainers`; before Kubernetes 1.35 also `get` on `pods/exec` or `pods/attach`, which is said with the version.",
        why: "A command in a pod runs with its service account, its volumes and its privileges; in a privileged pod it runs on the node.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/exec]\n  verbs: [create]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/log]\n  verbs: [get]\n",
        fix: "take `pods/exec`, `pods/attach` and `pods/ephemeralcontainers` out of the role; grant them for one namespace, for as long as they are needed",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ],
    },
    check: Check::Ability {
        gain: "can execute commands in pods, with their service account, volumes and privileges",
        accesses: ACCESSES,
    },
    subsumed_by: &[],
};

/// From here on the API server asks for `create` when a client that speaks websocket sends GET
/// (feature gate AuthorizePodWebsocketUpgradeCreatePermission).
const V1_35: Version = Version::new(1, 35);

const ACCESSES: &[Access] = &[
    Access::named("pods", "exec", &["create"], Severity::High),
    Access::named("pods", "attach", &["create"], Severity::High),
    Access::named("pods", "ephemeralcontainers", WRITE, Severity::High),
    Access::named("pods", "exec", &["get"], Severity::High).until(V1_35),
    Access::named("pods", "attach", &["get"], Severity::High).until(V1_35),
];
