//! Where a request comes from, beyond the user's name: a controller that carries out somebody
//! else's wish, a kubelet that tells of a pod it already runs, a person who debugs a node.
//!
//! Names, labels, annotations and owner references are the author's word. They count only with
//! what cannot be forged: the authenticated user.

use crate::json::{Json, Writer, field};
use crate::metadata::Metadata;
use crate::pod::Pod;
use crate::request::{Operation, Request};
use crate::subject::{Subject, Workload};
use crate::view::Text;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'d> {
    /// A controller of Kubernetes made or changed the object, for what owns it. Also so, by the
    /// object's own word, where there is no user, as in a background audit.
    Controller {
        /// The kind and the name of the owner.
        owner: OwnerEntry<'d>,
    },
    /// The kubelet of a node shows a pod that it runs by itself. Refusing it would only hide it.
    Mirror {
        /// The node.
        node: &'d str,
    },
    /// The API server makes the roles and bindings that it needs itself.
    ApiServer,
    /// The controller that puts the rules of some roles into another has written that one.
    Aggregation,
    /// Made by `kubectl debug node/…`, by all that can be seen.
    DebugNode {
        /// The node.
        node: &'d str,
    },
}

impl Json for Origin<'_> {
    fn write(&self, json: &mut Writer) {
        let kind = |kind| field("kind", kind);
        match self {
            Self::Controller { owner } => {
                json.object(&[kind(&"controller"), field("owner", owner)]);
            }
            Self::Mirror { node } => json.object(&[kind(&"mirror"), field("node", node)]),
            Self::ApiServer => json.object(&[kind(&"api-server")]),
            Self::Aggregation => json.object(&[kind(&"aggregation")]),
            Self::DebugNode { node } => json.object(&[kind(&"debug-node"), field("node", node)]),
        }
    }
}

/// What owns an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerEntry<'d> {
    /// Its kind.
    pub kind: &'d str,
    /// Its name.
    pub name: &'d str,
}

impl Json for OwnerEntry<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[field("kind", &self.kind), field("name", &self.name)]);
    }
}

/// Controllers' own accounts in `kube-system`, with the kind of what they make objects for.
const CONTROLLERS: &[(&str, &str)] = &[
    ("deployment-controller", "Deployment"),
    ("replicaset-controller", "ReplicaSet"),
    ("statefulset-controller", "StatefulSet"),
    ("daemon-set-controller", "DaemonSet"),
    ("job-controller", "Job"),
    ("cronjob-controller", "CronJob"),
    ("replication-controller", "ReplicationController"),
];

const KUBE_SYSTEM: &str = "system:serviceaccount:kube-system:";

impl<'d> Origin<'d> {
    /// Where a request comes from, if there is more to say than who sent it.
    pub(crate) fn of(request: &'d Request<'_>) -> Option<Self> {
        let user = request.user.name.as_ref().map_or("", Text::as_str);
        let workload = match &request.object {
            Subject::Workload(workload) => workload,
            Subject::Role(_) | Subject::Binding(_) => return of_rbac(request, user),
            _ => return None,
        };
        controller(workload.metadata(), user)
            .or_else(|| mirror(workload, request, user))
            .or_else(|| debug_node(workload, request))
    }
}

/// The API server authenticates as itself, with the group that is above all rules; who can pose as
/// either account can do everything anyway.
fn of_rbac<'d>(request: &Request<'_>, user: &str) -> Option<Origin<'d>> {
    let is_of = |wanted: &str| {
        let mut groups = request.user.groups.iter();
        groups.any(|group| group.as_str() == wanted)
    };
    if user == "system:apiserver" && is_of("system:masters") {
        return Some(Origin::ApiServer);
    }
    let is_aggregated =
        matches!(&request.object, Subject::Role(role) if role.aggregation.is_some());
    let is_controller =
        user.strip_prefix(KUBE_SYSTEM) == Some("clusterrole-aggregation-controller");
    (is_aggregated && is_controller).then_some(Origin::Aggregation)
}

fn controller<'d>(metadata: &'d Metadata<'_>, user: &str) -> Option<Origin<'d>> {
    let owner = metadata.owners.iter().find(|owner| owner.controller)?;
    let (kind, name) = (owner.kind.as_ref()?.as_str(), owner.name.as_ref()?.as_str());
    let is_its_controller = user.strip_prefix(KUBE_SYSTEM).is_some_and(|account| {
        let mut controllers = CONTROLLERS.iter();
        controllers.any(|(known, of)| *known == account && *of == kind)
    });
    let owner = OwnerEntry { kind, name };
    (is_its_controller || user.is_empty()).then_some(Origin::Controller { owner })
}

fn mirror<'d>(workload: &'d Workload<'_>, request: &Request<'_>, user: &str) -> Option<Origin<'d>> {
    let pod = only_pod(workload)?;
    let node = pod.spec.node_name.as_ref()?.as_str();
    let mut groups = request.user.groups.iter();
    let is_of_node = user.strip_prefix("system:node:") == Some(node)
        && groups.any(|group| group.as_str() == "system:nodes");
    (pod.metadata.annotations.is_mirror && is_of_node).then_some(Origin::Mirror { node })
}

/// `kubectl debug node/…` calls the pod after the node, gives it the node's root directory and the
/// namespaces, and sets the node instead of having it scheduled (`pkg/cmd/debug` of kubectl).
fn debug_node<'d>(workload: &'d Workload<'_>, request: &Request<'_>) -> Option<Origin<'d>> {
    let pod = only_pod(workload)?;
    let node = pod.spec.node_name.as_ref()?.as_str();
    let name = request.name.as_ref()?.as_str();
    let is_named = name.strip_prefix("node-debugger-").is_some_and(|rest| {
        rest.strip_prefix(node)
            .is_some_and(|rest| rest.starts_with('-'))
    });
    let has_host_root = pod.spec.volumes.iter().any(|volume| {
        volume.name.as_ref().map(Text::as_str) == Some("host-root") && volume.host_path.is_some()
    });
    let is_new = !matches!(request.operation, Some(Operation::Update));
    (is_named && has_host_root && is_new).then_some(Origin::DebugNode { node })
}

/// The pod, if the object is one.
fn only_pod<'d, 'a>(workload: &'d Workload<'a>) -> Option<&'d Pod<'a>> {
    match workload.pods.as_slice() {
        [pod] if pod.pointer.is_empty() => Some(pod),
        _ => None,
    }
}
