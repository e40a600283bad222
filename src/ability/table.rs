//! What gives an ability, or a power: one table, by resource.
//!
//! A resource has the requests that matter; what several resources have alike stands once. Most of
//! it is Kubernetes' own; kinds of others that many clusters have are at its end, and the setting
//! `podMakers` adds to it.

use std::borrow::Cow;

use super::Ability::{self, Create, Delete, Exec, Modify, Scale, Status, Storage};
use super::Ability::{
    Bind, Certificates, Escalate, Impersonate, RunPods, Secrets, Token, WriteBindings, WriteRoles,
};
use super::{Gains, Need, Request, Resource, Target};
use crate::role::Verbs;
use crate::rule::Severity::{self, Critical, High, Low, Medium};
use crate::version::Version;

use Target::{Collection, CollectionOrApply, CollectionOrPut, Named};

/// The verbs that change an object.
const WRITE: Verbs = Verbs::UPDATE.or(Verbs::PATCH);

/// The verbs of the methods of HTTP.
const ANY: Verbs = WRITE.or(Verbs::GET).or(Verbs::CREATE).or(Verbs::DELETE);

/// From here on the API server asks for `create` when a client that speaks websocket sends GET
/// (feature gate AuthorizePodWebsocketUpgradeCreatePermission).
const V1_35: Version = Version::new(1, 35);

type Gain = (Ability, Severity);

const fn direct(verbs: Verbs, target: Target, gains: &[Gain]) -> Request {
    Request {
        verbs,
        target,
        until: None,
        how: None,
        needs: &[],
        is_of_binding: false,
        gains: Gains::of(gains),
    }
}

/// By way of something else than pods; `how` says how, after a colon.
const fn indirect(how: &'static str, verbs: Verbs, target: Target, gains: &[Gain]) -> Request {
    Request {
        how: Some(how),
        ..direct(verbs, target, gains)
    }
}

/// The same, until a version.
const fn until(version: Version, request: Request) -> Request {
    Request {
        until: Some(version),
        ..request
    }
}

/// The same, if the role gives this too.
const fn with(needs: &'static [Need], request: Request) -> Request {
    Request { needs, ..request }
}

const PODS: &[Request] = &[
    direct(
        Verbs::CREATE,
        CollectionOrApply,
        &[(Create, High), (Storage, High), (RunPods, High)],
    ),
    indirect(
        "the pods run what it wants",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Exec, Low)],
    ),
    with(
        &[("", "pods", Verbs::DELETE.or(Verbs::DELETE_COLLECTION), &[])],
        indirect(
            "a pod can be deleted and created anew",
            Verbs::CREATE,
            CollectionOrApply,
            &[(Modify, Low)],
        ),
    ),
    direct(WRITE, Named, &[(Modify, High), (Status, Medium)]),
    indirect(
        "another image runs in the pod",
        WRITE,
        Named,
        &[(Exec, Medium)],
    ),
    indirect(RELABELLED, WRITE, Named, &[(Delete, Low)]),
    direct(Verbs::DELETE, Named, &[(Delete, Medium)]),
    direct(Verbs::DELETE_COLLECTION, Collection, &[(Delete, Medium)]),
];

const RELABELLED: &str = "a controller that counts the pod by its labels may remove it";

/// `exec` and `attach`.
const COMMANDS: &[Request] = &[
    direct(Verbs::CREATE, Named, &[(Exec, High)]),
    until(V1_35, direct(Verbs::GET, Named, &[(Exec, High)])),
];

const PORT_FORWARD: &[Request] = &[
    indirect(LISTENERS, Verbs::CREATE, Named, &[(Exec, Low)]),
    until(
        V1_35,
        indirect(LISTENERS, Verbs::GET, Named, &[(Exec, Low)]),
    ),
];

const PROXY: &[Request] = &[indirect(LISTENERS, ANY, Named, &[(Exec, Low)])];

const LISTENERS: &str = "it reaches whatever listens in the pod, on every address";

const RESIZE: &[Request] = &[direct(WRITE, Named, &[(Modify, High), (Scale, Medium)])];

const STATUS: &[Request] = &[
    direct(WRITE, Named, &[(Status, Medium)]),
    indirect(RELABELLED, WRITE, Named, &[(Delete, Low)]),
];

const BINDING: &[Gain] = &[(Modify, High), (Status, Medium)];
const POD_BINDING: &[Request] = &[direct(Verbs::CREATE, Named, BINDING)];
/// Its name in the path names no pod, unlike that of `pods/binding`.
const BINDINGS: &[Request] = &[direct(Verbs::CREATE, Collection, BINDING)];

const EVICTION: &[Request] = &[direct(Verbs::CREATE, Named, &[(Delete, Medium)])];

const EPHEMERAL: &[Request] = &[direct(
    WRITE,
    Named,
    &[(Modify, High), (Storage, High), (Exec, High)],
)];

const TEMPLATE: &str = "its controller makes pods of the template";

const MAKE: Request = indirect(
    TEMPLATE,
    Verbs::CREATE,
    CollectionOrApply,
    &[
        (Create, High),
        (Storage, High),
        (Exec, Low),
        (RunPods, High),
    ],
);

const CHANGE: &[Gain] = &[
    (Create, High),
    (RunPods, High),
    (Modify, High),
    (Storage, High),
    (Exec, Medium),
    (Status, Low),
];

const REMOVE: Request = indirect(
    "its pods go with it",
    Verbs::DELETE,
    Named,
    &[(Delete, Medium)],
);

const REMOVE_ALL: Request = indirect(
    "its pods go with it",
    Verbs::DELETE_COLLECTION,
    Collection,
    &[(Delete, Medium)],
);

const REPLICATED: &[Request] = &[
    MAKE,
    indirect(TEMPLATE, WRITE, Named, CHANGE),
    indirect(
        "it says how many pods there are",
        WRITE,
        Named,
        &[(Scale, Medium)],
    ),
    REMOVE,
    REMOVE_ALL,
];

/// What makes pods without a number of them: DaemonSets, and kinds of others.
const MAKER: &[Request] = &[
    MAKE,
    indirect(TEMPLATE, WRITE, Named, CHANGE),
    REMOVE,
    REMOVE_ALL,
];

/// The template of a Job cannot be changed (`ValidateJobUpdate`), but for where its pods run while
/// it is suspended.
const JOBS: &[Request] = &[
    MAKE,
    indirect(
        "it says how many pods run, and where",
        WRITE,
        Named,
        &[(Scale, Medium), (Create, Low), (Modify, Low), (Status, Low)],
    ),
    REMOVE,
    REMOVE_ALL,
];

const SCALED: &[Request] = &[indirect(
    "pods of the workload are made or removed until there are as many",
    WRITE,
    Named,
    &[(Scale, Medium), (Create, Low), (Delete, Low)],
)];

const AUTOSCALER: &[Request] = &[
    indirect(
        "it scales the workload that it names",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Scale, Medium), (Create, Low)],
    ),
    indirect(
        "it scales the workload that it names",
        WRITE,
        Named,
        &[(Scale, Medium), (Create, Low)],
    ),
];

const NODE_PROXY: &[Request] = &[indirect(
    "the kubelet runs commands in every pod of the node, past admission and the audit log",
    Verbs::GET.or(Verbs::CREATE),
    Named,
    &[(Exec, High)],
)];

const NODES: &[Request] = &[
    indirect(
        "the pods of a node that is gone are removed",
        Verbs::DELETE,
        Named,
        &[(Delete, Medium)],
    ),
    indirect(
        "the pods of nodes that are gone are removed",
        Verbs::DELETE_COLLECTION,
        Collection,
        &[(Delete, Medium)],
    ),
    indirect(
        "a taint with `NoExecute` evicts the pods of the node",
        WRITE,
        Named,
        &[(Delete, Medium)],
    ),
];

const NODE_STATUS: &[Request] = &[indirect(
    "the pods of a node that counts as lost are not ready, and are evicted",
    WRITE,
    Named,
    &[(Delete, Low), (Status, Low)],
)];

const NAMESPACES: &[Request] = &[
    indirect(
        "a namespace takes its pods with it",
        Verbs::DELETE,
        Named,
        &[(Delete, Medium)],
    ),
    indirect(
        "its labels say what Pod Security lets pass",
        WRITE,
        Named,
        &[(Modify, Medium)],
    ),
];

const VOLUMES: &[Request] = &[
    indirect(
        "a volume can be any path of a node",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Storage, High)],
    ),
    indirect(
        "it says which claim gets the volume",
        WRITE,
        Named,
        &[(Storage, Medium)],
    ),
];

/// What, created or changed, says which storage or device a pod gets.
const CLAIMS: &[Request] = &[
    indirect(
        CLAIMED,
        Verbs::CREATE,
        CollectionOrApply,
        &[(Storage, Medium)],
    ),
    indirect(CLAIMED, WRITE, Named, &[(Storage, Medium)]),
];

const CLAIMED: &str = "pods get the storage or the device that it claims";

const ATTACHMENTS: &[Request] = &[
    indirect(
        ATTACHED,
        Verbs::CREATE,
        CollectionOrApply,
        &[(Storage, Medium)],
    ),
    indirect(
        ATTACHED,
        WRITE.or(Verbs::DELETE),
        Named,
        &[(Storage, Medium)],
    ),
];

const ATTACHMENT_STATUS: &[Request] = &[indirect(ATTACHED, WRITE, Named, &[(Storage, Medium)])];

const ATTACHED: &str = "it attaches volumes to nodes";

/// What only sets how storage is made.
const CLASSES: &[Request] = &[
    indirect(
        PROVIDED,
        Verbs::CREATE,
        CollectionOrApply,
        &[(Storage, Low)],
    ),
    indirect(PROVIDED, WRITE, Named, &[(Storage, Low)]),
];

const PROVIDED: &str = "it sets how the storage of claims is made";

const CONFIGURATION: &[Request] = &[indirect(
    "pods that mount it read what it says",
    WRITE,
    Named,
    &[(Modify, Low)],
)];

const SECRETS: &[Request] = &[
    indirect(
        "pods that mount it read what it says",
        WRITE,
        Named,
        &[(Modify, Low)],
    ),
    // A list has the content too.
    direct(
        Verbs::GET.or(Verbs::LIST).or(Verbs::WATCH),
        Named,
        &[(Secrets, High)],
    ),
];

const LIMITS: &[Request] = &[
    indirect(
        "new pods get the limits that they do not set",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Modify, Low)],
    ),
    indirect(
        "new pods get the limits that they do not set",
        WRITE,
        Named,
        &[(Modify, Low)],
    ),
];

const MUTATION: &[Request] = &[
    indirect(
        "it changes every pod that is created",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Modify, High)],
    ),
    indirect(
        "it changes every pod that is created",
        WRITE,
        Named,
        &[(Modify, High)],
    ),
];

const BUDGETS: &[Request] = &[
    indirect(
        "it no longer keeps pods from being evicted",
        WRITE.or(Verbs::DELETE),
        Named,
        &[(Delete, Low)],
    ),
    indirect(
        "they no longer keep pods from being evicted",
        Verbs::DELETE_COLLECTION,
        Collection,
        &[(Delete, Low)],
    ),
];

const PRIORITIES: &[Request] = &[with(
    &[("", "pods", Verbs::CREATE, &[])],
    indirect(
        "pods of a higher priority push out others",
        Verbs::CREATE,
        CollectionOrApply,
        &[(Delete, Low)],
    ),
)];

/// Who may be somebody else has what they have.
const fn as_others(power: Ability) -> [Gain; 3] {
    [(Create, High), (Exec, High), (power, High)]
}

const BINDS: Request = Request {
    is_of_binding: true,
    ..indirect(
        "roles may be bound that their author does not have",
        Verbs::BIND,
        Named,
        &as_others(Bind),
    )
};

/// Of the cluster or of a namespace.
const ROLES: &[Request] = &[
    indirect(ESCALATED, Verbs::ESCALATE, Named, &as_others(Escalate)),
    BINDS,
    direct(Verbs::CREATE, CollectionOrPut, &[(WriteRoles, High)]),
    direct(WRITE, Named, &[(WriteRoles, High)]),
];

const ESCALATED: &str = "roles may be given more than their author has";

const ROLE_BINDINGS: &[Request] = &[
    direct(Verbs::CREATE, CollectionOrPut, &[(WriteBindings, High)]),
    direct(WRITE, Named, &[(WriteBindings, High)]),
];

const IMPERSONATED: &[Request] = &[indirect(
    "whoever may impersonate others has their rights",
    Verbs::IMPERSONATE,
    Named,
    &as_others(Impersonate),
)];

const TOKENS: &[Request] = &[indirect(
    "with the token of an account come its rights",
    Verbs::CREATE,
    Named,
    &as_others(Token),
)];

/// By the signer for which it may approve (`pkg/controller/certificates/signer`,
/// `pkg/apis/certificates/types.go`): the others sign for nobody whom the API server knows.
const APPROVALS: &[Request] = &[
    with(
        &[
            REQUESTED,
            approved(&["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"]),
        ],
        indirect(SIGNED, WRITE, Named, &as_others(Certificates)),
    ),
    with(
        &[
            REQUESTED,
            approved(&["kubernetes.io/kube-apiserver-client-kubelet"]),
        ],
        indirect(SIGNED, WRITE, Named, &[(Create, Medium), (Exec, Medium)]),
    ),
    direct(WRITE, Named, &[(Certificates, High)]),
];

/// What, beside approving, a certificate takes; others may have given the rest.
const CERTIFICATE_REQUESTS: &[Request] = &[direct(
    Verbs::CREATE,
    CollectionOrApply,
    &[(Certificates, High)],
)];
const SIGNERS: &[Request] = &[direct(Verbs::APPROVE, Named, &[(Certificates, High)])];

const SIGNED: &str = "it approves its own certificate, in another's name";

const REQUESTED: Need = (
    CERTIFICATES,
    "certificatesigningrequests",
    Verbs::CREATE,
    &[],
);

const fn approved(signers: &'static [&'static str]) -> Need {
    (CERTIFICATES, "signers", Verbs::APPROVE, signers)
}

const CERTIFICATES: &str = "certificates.k8s.io";

/// What a rule of `*` on `*` in every group stands for.
pub(super) static EVERYTHING: Resource = resource("*", "*", EVERY_REQUEST);

const EVERY_REQUEST: &[Request] = &[direct(
    Verbs::ALL,
    Named,
    &[
        (Create, Critical),
        (Modify, Critical),
        (Delete, Critical),
        (Scale, Critical),
        (Status, Critical),
        (Storage, Critical),
        (Exec, Critical),
        (WriteRoles, Critical),
        (Escalate, Critical),
        (WriteBindings, Critical),
        (Bind, Critical),
        (Impersonate, Critical),
        (Token, Critical),
        (Secrets, Critical),
        (Certificates, Critical),
        (RunPods, Critical),
    ],
)];

const fn resource(
    group: &'static str,
    name: &'static str,
    requests: &'static [Request],
) -> Resource {
    Resource {
        group: Cow::Borrowed(group),
        name: Cow::Borrowed(name),
        requests,
        is_of_cluster: false,
    }
}

/// The same, of a resource that is in no namespace.
const fn of_cluster(
    group: &'static str,
    name: &'static str,
    requests: &'static [Request],
) -> Resource {
    Resource {
        group: Cow::Borrowed(group),
        name: Cow::Borrowed(name),
        requests,
        is_of_cluster: true,
    }
}

/// What makes pods of an object of another's kind, such as the setting `podMakers` names.
pub(crate) fn maker(group: String, name: String) -> Resource {
    Resource {
        group: group.into(),
        name: name.into(),
        requests: MAKER,
        is_of_cluster: false,
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const STORAGE: &str = "storage.k8s.io";

/// In the order of their names, shorter ones first, so that one is found among few of its length.
pub(super) static TABLE: &[Resource] = &[
    resource("batch", "jobs", JOBS),
    resource("batch.volcano.sh", "jobs", MAKER),
    resource("", "pods", PODS),
    of_cluster("", "nodes", NODES),
    resource(RBAC, "roles", ROLES),
    of_cluster("", "users", IMPERSONATED),
    of_cluster("", "groups", IMPERSONATED),
    resource("kubeflow.org", "tfjobs", MAKER),
    resource("jobset.x-k8s.io", "jobsets", MAKER),
    resource("kubeflow.org", "mpijobs", MAKER),
    resource("ray.io", "rayjobs", MAKER),
    resource("", "secrets", SECRETS),
    of_cluster(CERTIFICATES, "signers", SIGNERS),
    resource("", "bindings", BINDINGS),
    resource("batch", "cronjobs", REPLICATED),
    resource("argoproj.io", "rollouts", REPLICATED),
    resource("serving.knative.dev", "services", MAKER),
    resource("tekton.dev", "taskruns", MAKER),
    resource("apps.kruise.io", "clonesets", REPLICATED),
    resource("kubeflow.org", "notebooks", MAKER),
    resource("", "pods/exec", COMMANDS),
    resource("argoproj.io", "workflows", MAKER),
    resource("", "configmaps", CONFIGURATION),
    of_cluster(STORAGE, "csidrivers", CLASSES),
    resource("apps", "daemonsets", MAKER),
    resource("apps.kruise.io", "daemonsets", MAKER),
    resource("", "namespaces", NAMESPACES),
    resource("", "pods/proxy", PROXY),
    resource("keda.sh", "scaledjobs", MAKER),
    resource("apps", "deployments", REPLICATED),
    resource("", "limitranges", LIMITS),
    of_cluster("", "nodes/proxy", NODE_PROXY),
    resource("", "pods/attach", COMMANDS),
    resource("", "pods/resize", RESIZE),
    resource("", "pods/status", STATUS),
    resource("kubeflow.org", "pytorchjobs", MAKER),
    resource("ray.io", "rayclusters", MAKER),
    resource("ray.io", "rayservices", MAKER),
    resource("apps", "replicasets", REPLICATED),
    resource("argoproj.io", "applications", MAKER),
    of_cluster(RBAC, "clusterroles", ROLES),
    resource("helm.toolkit.fluxcd.io", "helmreleases", MAKER),
    of_cluster("", "nodes/status", NODE_STATUS),
    resource("tekton.dev", "pipelineruns", MAKER),
    resource("", "pods/binding", POD_BINDING),
    resource(RBAC, "rolebindings", ROLE_BINDINGS),
    resource("apps", "statefulsets", REPLICATED),
    resource("apps.kruise.io", "statefulsets", REPLICATED),
    resource("apps.kruise.io", "broadcastjobs", MAKER),
    resource("argoproj.io", "cronworkflows", MAKER),
    resource("", "pods/eviction", EVICTION),
    resource("keda.sh", "scaledobjects", AUTOSCALER),
    resource("serving.knative.dev", "configurations", MAKER),
    resource("kustomize.toolkit.fluxcd.io", "kustomizations", MAKER),
    resource("resource.k8s.io", "resourceclaims", CLAIMS),
    resource("argoproj.io", "rollouts/scale", SCALED),
    resource("", "services/proxy", PROXY),
    of_cluster(STORAGE, "storageclasses", CLASSES),
    resource("argoproj.io", "applicationsets", MAKER),
    resource("apps.kruise.io", "clonesets/scale", SCALED),
    of_cluster("scheduling.k8s.io", "priorityclasses", PRIORITIES),
    resource("", "serviceaccounts", IMPERSONATED),
    resource("kubevirt.io", "virtualmachines", MAKER),
    resource("apps.kruise.io", "advancedcronjobs", MAKER),
    resource("leaderworkerset.x-k8s.io", "leaderworkersets", REPLICATED),
    resource("", "pods/portforward", PORT_FORWARD),
    resource("apps", "deployments/scale", SCALED),
    of_cluster("", "persistentvolumes", VOLUMES),
    resource("apps", "replicasets/scale", SCALED),
    resource("sparkoperator.k8s.io", "sparkapplications", MAKER),
    resource("apps.kruise.io", "uniteddeployments", REPLICATED),
    of_cluster(STORAGE, "volumeattachments", ATTACHMENTS),
    resource("apps", "statefulsets/scale", SCALED),
    resource("apps.kruise.io", "statefulsets/scale", SCALED),
    of_cluster(RBAC, "clusterrolebindings", ROLE_BINDINGS),
    resource("policy", "poddisruptionbudgets", BUDGETS),
    resource("", "serviceaccounts/token", TOKENS),
    resource("leaderworkerset.x-k8s.io", "leaderworkersets/scale", SCALED),
    resource("", "persistentvolumeclaims", CLAIMS),
    resource("", "replicationcontrollers", REPLICATED),
    resource("resource.k8s.io", "resourceclaimtemplates", CLAIMS),
    resource("autoscaling.k8s.io", "verticalpodautoscalers", AUTOSCALER),
    resource("apps.kruise.io", "uniteddeployments/scale", SCALED),
    resource("kubevirt.io", "virtualmachineinstances", MAKER),
    of_cluster(STORAGE, "volumeattributesclasses", CLASSES),
    resource("autoscaling", "horizontalpodautoscalers", AUTOSCALER),
    resource("", "pods/ephemeralcontainers", EPHEMERAL),
    of_cluster(STORAGE, "volumeattachments/status", ATTACHMENT_STATUS),
    of_cluster(ADMISSION, "mutatingadmissionpolicies", MUTATION),
    of_cluster(
        CERTIFICATES,
        "certificatesigningrequests",
        CERTIFICATE_REQUESTS,
    ),
    resource("sparkoperator.k8s.io", "scheduledsparkapplications", MAKER),
    resource("", "replicationcontrollers/scale", SCALED),
    of_cluster(ADMISSION, "mutatingwebhookconfigurations", MUTATION),
    of_cluster(ADMISSION, "mutatingadmissionpolicybindings", MUTATION),
    resource(
        "kubevirt.io",
        "virtualmachineinstancereplicasets",
        REPLICATED,
    ),
    of_cluster(
        CERTIFICATES,
        "certificatesigningrequests/approval",
        APPROVALS,
    ),
    resource(
        "kubevirt.io",
        "virtualmachineinstancereplicasets/scale",
        SCALED,
    ),
];
