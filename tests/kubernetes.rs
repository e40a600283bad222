//! Our views read the fields that Kubernetes' own types have, by the names they have there: every
//! field that a rule asks for, set in the types of `k8s-openapi`, is found.

#![expect(clippy::unwrap_used, reason = "this is a test")]

#[path = "../e2e-tests/expectation.rs"]
mod expectation;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EphemeralContainer, HostPathVolumeSource, PodSpec, SecurityContext,
    Volume, VolumeMount,
};
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::{Value, json};

fn found(group: &str, kind: &str, object: &Value) -> Vec<String> {
    let kind = json!({"group": group, "version": "v1", "kind": kind});
    let payload = json!({"request": {"kind": kind, "operation": "CREATE", "object": object}});
    let answer = policy::inspect(&serde_json::to_vec(&payload).unwrap());
    expectation::rows(&serde_json::from_slice(&answer).unwrap())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn of_pod_specs() {
    let context = |privileged: bool, capability: &str| SecurityContext {
        privileged: Some(privileged),
        capabilities: Some(Capabilities {
            add: Some(vec![capability.to_owned()]),
            ..Capabilities::default()
        }),
        ..SecurityContext::default()
    };
    let path = |name: &str, path: &str, type_: Option<String>| Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_,
        }),
        ..Volume::default()
    };
    let spec = PodSpec {
        host_ipc: Some(true),
        host_network: Some(true),
        host_pid: Some(true),
        containers: vec![Container {
            name: "main".to_owned(),
            security_context: Some(context(false, "SYS_ADMIN")),
            volume_mounts: Some(vec![VolumeMount {
                name: "data".to_owned(),
                read_only: Some(true),
                ..VolumeMount::default()
            }]),
            ..Container::default()
        }],
        init_containers: Some(vec![Container {
            name: "init".to_owned(),
            security_context: Some(context(true, "CHOWN")),
            ..Container::default()
        }]),
        ephemeral_containers: Some(vec![EphemeralContainer {
            name: "debug".to_owned(),
            security_context: Some(context(false, "BPF")),
            ..EphemeralContainer::default()
        }]),
        volumes: Some(vec![
            path("data", "/etc/cni", None),
            path("agent", "/srv/disk", text("BlockDevice")),
        ]),
        ..PodSpec::default()
    };
    let object = json!({"spec": spec});
    assert_eq!(
        found("", "Pod", &object),
        [
            "privileged critical new /spec/initContainers/0/securityContext/privileged \"true\" container=init",
            "capabilities critical new /spec/containers/0/securityContext/capabilities/add/0 \"SYS_ADMIN\" container=main",
            "host-path high new /spec/volumes/0/hostPath \"/etc/cni\"",
            "host-pid high new /spec/hostPID \"true\"",
            "capabilities high new /spec/ephemeralContainers/0/securityContext/capabilities/add/0 \"BPF\" container=debug",
            "host-path medium new /spec/volumes/1/hostPath \"/srv/disk\"",
            "host-network medium new /spec/hostNetwork \"true\"",
            "host-ipc medium new /spec/hostIPC \"true\"",
        ]
    );
}

#[test]
fn of_roles() {
    let rule = PolicyRule {
        api_groups: Some(vec![String::new()]),
        resources: Some(vec!["pods".to_owned()]),
        resource_names: Some(vec!["web".to_owned()]),
        verbs: vec!["delete".to_owned()],
        non_resource_urls: None,
    };
    let object = json!({"rules": [rule]});
    assert_eq!(
        found("rbac.authorization.k8s.io", "ClusterRole", &object),
        ["pod-delete low new /rules/0/resources/0 - names=web"]
    );
}
