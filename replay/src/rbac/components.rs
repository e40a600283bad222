//! What Kubernetes' own components hold, so that it can be counted in one line.
//!
//! A label or a name proves nothing: whoever may write roles can set both. So all must be as the
//! API server makes it: the role and its binding with one name that is Kubernetes', both labelled
//! as built in, and a subject that is the component this role is for. Anybody else in the same
//! binding is shown, and so is the component in any other.
//!
//! Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`,
//! `controller_policy.go` and `namespace_policy.go`.

use super::objects::{Binding, BindingName, Role};
use super::subjects::Subject;

/// The controllers of kube-controller-manager that have a role of their own, and in `kube-system`
/// a service account of the same name.
const CONTROLLERS: [&str; 44] = [
    "attachdetach-controller",
    "bootstrap-signer",
    "certificate-controller",
    "cloud-provider",
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-migrator-controller",
    "storageversion-garbage-collector",
    "taint-eviction-controller",
    "token-cleaner",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
];

/// Other roles and the subjects that they are for.
const OTHERS: [(&str, &str); 9] = [
    (
        "system:kube-controller-manager",
        "User/system:kube-controller-manager",
    ),
    ("system:kube-scheduler", "User/system:kube-scheduler"),
    ("system:volume-scheduler", "User/system:kube-scheduler"),
    ("system:node-proxier", "User/system:kube-proxy"),
    ("system:node", "Group/system:nodes"),
    (
        "system::leader-locking-kube-controller-manager",
        "User/system:kube-controller-manager",
    ),
    (
        "system::leader-locking-kube-controller-manager",
        "ServiceAccount/kube-system/kube-controller-manager",
    ),
    (
        "system::leader-locking-kube-scheduler",
        "User/system:kube-scheduler",
    ),
    (
        "system::leader-locking-kube-scheduler",
        "ServiceAccount/kube-system/kube-scheduler",
    ),
];

/// Whether a subject is the component that a built-in binding gives its built-in role.
pub(super) fn is_component(
    role: &Role,
    (name, binding): (&BindingName, &Binding),
    subject: &Subject,
) -> bool {
    let built_in = [&role.labels, &binding.labels].iter().all(|labels| {
        labels
            .get("kubernetes.io/bootstrapping")
            .map(String::as_str)
            == Some("rbac-defaults")
    });
    built_in && name.name == binding.role.name && is_for(&name.name, subject)
}

fn is_for(role: &str, subject: &Subject) -> bool {
    let subject = subject.to_string();
    match role.strip_prefix("system:controller:") {
        Some(controller) => {
            CONTROLLERS.contains(&controller)
                && subject.strip_prefix("ServiceAccount/kube-system/") == Some(controller)
        }
        None => OTHERS.contains(&(role, &subject)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_component;
    use crate::rbac::objects::Rbac;
    use serde_json::{Value, json};

    /// The subjects that are components, of a built-in role and binding with these `changes`.
    fn components(role: &str, subjects: &[Value], changes: &[(&str, Value)]) -> Vec<String> {
        let labels = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
        let mut objects = [
            json!({"kind": "ClusterRole", "metadata": {"name": role, "labels": labels}}),
            json!({"kind": "ClusterRoleBinding", "metadata": {"name": role, "labels": labels},
                "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects}),
        ];
        for (pointer, value) in changes {
            let (object, pointer) = pointer.split_at(1);
            let object = objects[object.parse::<usize>().unwrap()].pointer_mut(pointer);
            *object.unwrap() = value.clone();
        }
        let rbac = Rbac::of(&objects);
        let role = rbac.roles.values().next().unwrap();
        let binding = rbac.bindings.iter().next().unwrap();
        let subjects = binding.1.subjects.iter();
        subjects
            .filter(|subject| is_component(role, binding, subject))
            .map(ToString::to_string)
            .collect()
    }

    fn account(namespace: &str, name: &str) -> Value {
        json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
    }

    #[test]
    fn knows_who_a_built_in_role_is_for() {
        let scheduler = json!({"kind": "User", "name": "system:kube-scheduler"});
        assert_eq!(
            components("system:kube-scheduler", &[scheduler], &[]),
            ["User/system:kube-scheduler"]
        );
        let job = account("kube-system", "job-controller");
        assert_eq!(
            components("system:controller:job-controller", &[job], &[]),
            ["ServiceAccount/kube-system/job-controller"]
        );
    }

    #[test]
    fn shows_everybody_else_in_a_built_in_binding() {
        let others = [
            json!({"kind": "User", "name": "eve"}),
            json!({"kind": "User", "name": "job-controller"}),
            json!({"kind": "Group", "name": "system:authenticated"}),
            account("team-a", "job-controller"),
            account("kube-system", "cronjob-controller"),
            account("kube-system", "default"),
        ];
        assert!(components("system:controller:job-controller", &others, &[]).is_empty());
    }

    #[test]
    fn takes_no_label_and_no_name_for_proof() {
        let job = [account("kube-system", "job-controller")];
        let role = "system:controller:job-controller";
        for change in [
            ("0/metadata/labels", json!({})),
            ("1/metadata/labels", json!({})),
            (
                "1/metadata/labels",
                json!({"kubernetes.io/bootstrapping": "mine"}),
            ),
            ("1/metadata/name", json!("mine")),
            ("1/roleRef/name", json!("cluster-admin")),
        ] {
            assert!(
                components(role, &job, std::slice::from_ref(&change)).is_empty(),
                "{change:?}"
            );
        }
        let own = [account("kube-system", "own-controller")];
        assert!(components("system:controller:own-controller", &own, &[]).is_empty());
        assert!(components("cluster-admin", &job, &[]).is_empty());
    }
}
