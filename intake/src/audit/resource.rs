//! Which requests of an audit log matter, and the kinds of the resources that an event names.

use percent_encoding::percent_decode_str;

/// Why a request matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matter {
    /// It writes an object that can be judged, or that says what another one is.
    Write,
    /// It runs something in a pod, or reaches into it.
    Use,
}

/// Resources of Kubernetes' own whose objects matter: group, name, kind. Claims for volumes are no
/// subject of a rule but lead to one that is.
const JUDGED: &[(&str, &str, &str)] = &[
    ("", "pods", "Pod"),
    ("", "replicationcontrollers", "ReplicationController"),
    ("", "podtemplates", "PodTemplate"),
    ("", "persistentvolumes", "PersistentVolume"),
    ("", "persistentvolumeclaims", "PersistentVolumeClaim"),
    ("apps", "deployments", "Deployment"),
    ("apps", "replicasets", "ReplicaSet"),
    ("apps", "statefulsets", "StatefulSet"),
    ("apps", "daemonsets", "DaemonSet"),
    ("batch", "jobs", "Job"),
    ("batch", "cronjobs", "CronJob"),
    (RBAC, "clusterroles", "ClusterRole"),
    (RBAC, "roles", "Role"),
    (RBAC, "clusterrolebindings", "ClusterRoleBinding"),
    (RBAC, "rolebindings", "RoleBinding"),
    ("resource.k8s.io", "resourceclaims", "ResourceClaim"),
    (
        "resource.k8s.io",
        "resourceclaimtemplates",
        "ResourceClaimTemplate",
    ),
];

pub(crate) const RBAC: &str = "rbac.authorization.k8s.io";

/// Groups whose resources are all Kubernetes' own. In any other group, whatever is written may
/// carry a pod.
///
/// Source: `kubectl api-versions` of 1.36 with every API on. `extensions`, which had workloads
/// before 1.16, is like any other group.
const BUILT_IN: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    RBAC,
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Subresources that carry none of what is judged; an unknown one matters.
const BESIDE: &[&str] = &[
    "approval",
    "attach",
    "binding",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "scale",
    "status",
    "token",
];

/// Subresources of a pod by which somebody gets into it.
const USES: &[&str] = &["attach", "exec", "portforward"];

/// The kubelet's own ways into its pods, behind `nodes/proxy`.
///
/// Source: Kubernetes `pkg/kubelet/server/server.go`.
const KUBELET_USES: &[&str] = &["attach", "cri", "exec", "portForward", "run"];

/// What a request is about, as an event's `objectRef` has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) verb: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
}

impl About<'_> {
    /// Why the request matters, if it does.
    pub(crate) fn matter(&self) -> Option<Matter> {
        match self.verb {
            "create" | "update" | "patch" | "delete" | "deletecollection" | "get"
                if self.is_use() =>
            {
                Some(Matter::Use)
            }
            "create" | "update" | "patch" | "delete" | "deletecollection" => {
                let judged = !BESIDE.contains(&self.subresource)
                    && !self.resource.is_empty()
                    && (!BUILT_IN.contains(&self.group) || self.kind().is_some());
                judged.then_some(Matter::Write)
            }
            _ => None,
        }
    }

    /// Whether `uri` decides with the rest whether the request matters.
    pub(crate) fn depends_on_uri(&self) -> bool {
        (self.group, self.resource, self.subresource) == ("", "nodes", "proxy")
    }

    fn is_use(&self) -> bool {
        if self.depends_on_uri() {
            return gets_in(self.uri);
        }
        (self.group, self.resource) == ("", "pods") && USES.contains(&self.subresource)
    }

    /// The kind of the resource, where it is one of those that are known.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        let mut known = JUDGED.iter();
        known
            .find(|(group, name, _)| (*group, *name) == (self.group, self.resource))
            .map(|(_, _, kind)| *kind)
    }
}

/// Whether the kubelet lets somebody into a pod by this address, by the first part of what stands
/// behind the proxy. One that may lead elsewhere is taken to.
fn gets_in(uri: &str) -> bool {
    let path = uri.split('?').next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    let (mut first, mut any, mut is_odd) = (false, false, false);
    // before the first slash stands nothing, then come api, v1, nodes, the node and proxy
    for (index, part) in path.split('/').enumerate().skip(1) {
        let leads_in = KUBELET_USES.contains(&part);
        any |= leads_in;
        first |= leads_in && index == 6;
        is_odd |= matches!(part, "" | "." | "..") || (index == 5 && part != "proxy");
    }
    first || (is_odd && any)
}

/// The group and the name of the resource whose objects are of this kind.
pub(crate) fn of_kind(group: &str, kind: &str) -> Option<&'static str> {
    let mut known = JUDGED.iter();
    known
        .find(|(of, _, name)| (*of, *name) == (group, kind))
        .map(|(_, name, _)| *name)
}

/// The kinds of Kubernetes' own that matter, each with its group.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    JUDGED.iter().map(|(group, _, kind)| (*group, *kind))
}

#[cfg(test)]
mod tests {
    use super::{About, Matter};

    fn matter(verb: &str, what: &str) -> Option<Matter> {
        let (path, uri) = what.split_once(' ').unwrap_or((what, ""));
        let mut parts = path.split('/');
        let mut next = || parts.next().unwrap_or_default();
        About {
            verb,
            group: next(),
            resource: next(),
            subresource: next(),
            uri,
        }
        .matter()
    }

    #[test]
    fn tells_what_matters() {
        for what in [
            "/pods",
            "/pods/ephemeralcontainers",
            "/pods/resize",
            "/pods/unheard-of",
            "apps/deployments",
            "rbac.authorization.k8s.io/clusterroles",
            "argoproj.io/rollouts",
            "extensions/deployments",
            "jobset.x-k8s.io/jobsets",
            "gateway.networking.k8s.io/gateways",
        ] {
            for verb in ["create", "update", "patch", "delete", "deletecollection"] {
                assert_eq!(matter(verb, what), Some(Matter::Write), "{verb} {what}");
            }
            for verb in ["get", "list", "watch"] {
                assert_eq!(matter(verb, what), None, "{verb} {what}");
            }
        }
    }

    #[test]
    fn tells_what_does_not() {
        for what in [
            "",
            "/pods/status",
            "/pods/binding",
            "/pods/eviction",
            "/secrets",
            "apps/deployments/scale",
            "apps/controllerrevisions",
            "coordination.k8s.io/leases",
            "argoproj.io/rollouts/status",
            "/nodes/proxy /api/v1/nodes/a/proxy/metrics",
            "/nodes/proxy /api/v1/nodes/a/proxy/logs/?query=kubelet&since=2026-11-22T01%3A00Z",
            "/nodes/proxy /api/v1/nodes/a/proxy/logs/?query=/exec/",
            "/nodes/proxy /api/v1/nodes/a/proxy/metrics?match=%7B%7D",
            "/nodes/proxy /api/v1/nodes/a/proxy/logs/run/foo.log",
            "/nodes/proxy /api/v1/nodes/exec/proxy/pods",
            "/nodes/proxy /api/v1/nodes/a/proxy/logs/a%20b/exec/c..d",
            "/nodes/proxy /api/v1/nodes/a/proxy",
        ] {
            assert_eq!(matter("patch", what), None, "{what}");
        }
    }

    #[test]
    fn tells_who_gets_into_a_pod() {
        for what in [
            "/nodes/proxy /api/v1/nodes/proxy/proxy/exec/team-a/web/app?command=id",
            "/nodes/proxy /api/v1/nodes/a/proxy//exec/team-a/web/app",
            "/nodes/proxy /api/v1/nodes/a/proxy%2Fexec/team-a/web/app",
            "/nodes/proxy /api/v1/nodes/a/proxy/logs/%2e%2e/exec/team-a/web/app",
            "/nodes/proxy /api/v1/nodes/a/proxy/./exec/team-a/web/app",
            "/nodes/proxy /api/v1/proxy/nodes/a/exec/team-a/web/app",
            "/nodes/proxy /api/v1/nodes/a/proxy/cri/exec/token",
            "/pods/exec",
            "/nodes/proxy /api/v1/nodes/a/proxy/%65xec/team-a/web/app",
            "/pods/attach",
            "/pods/portforward",
            "/nodes/proxy /api/v1/nodes/a/proxy/run/team-a/web/app?cmd=id",
        ] {
            for verb in ["get", "create"] {
                assert_eq!(matter(verb, what), Some(Matter::Use), "{verb} {what}");
            }
        }
        assert_eq!(matter("get", "/pods/log"), None);
        assert_eq!(matter("create", "example.com/pods/exec"), None);
    }
}
