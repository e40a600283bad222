//! Our views read the fields that Kubernetes' own types have, by the names they have there: every
//! field that a rule asks for, set in the types of `k8s-openapi`, is found.

#![expect(clippy::unwrap_used, reason = "this is a test")]

#[path = "../e2e-tests/expectation.rs"]
mod expectation;

use k8s_openapi::api::core::v1::{
    Affinity, AppArmorProfile, Capabilities, Container, ContainerPort, EphemeralContainer,
    GitRepoVolumeSource, HTTPGetAction, HostPathVolumeSource, Lifecycle, LifecycleHandler,
    LocalVolumeSource, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
    PersistentVolume, PersistentVolumeSpec, Pod, PodSecurityContext, PodSpec, Probe,
    SELinuxOptions, SeccompProfile, SecurityContext, Sysctl, TCPSocketAction, Toleration, Volume,
    VolumeDevice, VolumeMount, WindowsSecurityContextOptions,
};
use k8s_openapi::api::rbac::v1::{
    AggregationRule, ClusterRole, PolicyRule, RoleBinding, RoleRef, Subject,
};
use k8s_openapi::api::resource::v1::{
    DeviceClaim, DeviceRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector, LabelSelectorRequirement, ObjectMeta,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
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

fn container(name: &str, security_context: SecurityContext) -> Container {
    Container {
        name: name.to_owned(),
        security_context: Some(security_context),
        ..Container::default()
    }
}

fn adding(capability: &str) -> SecurityContext {
    SecurityContext {
        capabilities: Some(Capabilities {
            add: Some(vec![capability.to_owned()]),
            ..Capabilities::default()
        }),
        ..SecurityContext::default()
    }
}

fn http(host: &str) -> Option<HTTPGetAction> {
    Some(HTTPGetAction {
        host: text(host),
        port: IntOrString::Int(80),
        ..HTTPGetAction::default()
    })
}

fn tcp(host: &str) -> Option<TCPSocketAction> {
    Some(TCPSocketAction {
        host: text(host),
        port: IntOrString::Int(80),
    })
}

/// A pod without anything that is found, but for what a test adds.
fn pod(spec: PodSpec) -> Value {
    let pod = Pod {
        spec: Some(spec),
        ..Pod::default()
    };
    serde_json::to_value(pod).unwrap()
}

#[test]
fn of_containers_in_every_list() {
    let spec = PodSpec {
        containers: vec![container(
            "main",
            SecurityContext {
                proc_mount: text("Unmasked"),
                app_armor_profile: Some(AppArmorProfile {
                    type_: "Unconfined".to_owned(),
                    ..AppArmorProfile::default()
                }),
                seccomp_profile: Some(SeccompProfile {
                    type_: "Unconfined".to_owned(),
                    ..SeccompProfile::default()
                }),
                se_linux_options: Some(SELinuxOptions {
                    type_: text("t"),
                    user: text("u"),
                    role: text("r"),
                    ..SELinuxOptions::default()
                }),
                windows_options: Some(WindowsSecurityContextOptions {
                    host_process: Some(true),
                    ..WindowsSecurityContextOptions::default()
                }),
                ..SecurityContext::default()
            },
        )],
        init_containers: Some(vec![container(
            "init",
            SecurityContext {
                privileged: Some(true),
                ..SecurityContext::default()
            },
        )]),
        ephemeral_containers: Some(vec![EphemeralContainer {
            name: "debug".to_owned(),
            security_context: Some(adding("BPF")),
            ..EphemeralContainer::default()
        }]),
        ..PodSpec::default()
    };
    let context = "/spec/containers/0/securityContext";
    assert_eq!(
        found("", "Pod", &pod(spec)),
        [
            "privileged critical new /spec/initContainers/0/securityContext/privileged \"true\" container=init".to_owned(),
            format!("host-process critical new {context}/windowsOptions/hostProcess \"true\" container=main"),
            "capabilities high new /spec/ephemeralContainers/0/securityContext/capabilities/add/0 \"BPF\" container=debug".to_owned(),
            format!("proc-mount medium new {context}/procMount \"Unmasked\" container=main"),
            format!("apparmor-unconfined medium new {context}/appArmorProfile/type \"Unconfined\" container=main"),
            format!("selinux-options medium new {context}/seLinuxOptions/type \"t\" container=main"),
            format!("selinux-options medium new {context}/seLinuxOptions/user \"u\" container=main"),
            format!("selinux-options medium new {context}/seLinuxOptions/role \"r\" container=main"),
            format!("seccomp-unconfined low new {context}/seccompProfile/type \"Unconfined\" container=main"),
        ]
    );
}

#[test]
fn of_volumes_ports_and_probes() {
    let path = |name: &str, path: &str, type_: Option<String>| Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_,
        }),
        ..Volume::default()
    };
    let mount = |name: &str, read_only: bool, propagation: Option<String>| VolumeMount {
        name: name.to_owned(),
        read_only: Some(read_only),
        mount_propagation: propagation,
        ..VolumeMount::default()
    };
    let probe = |http_get, tcp_socket| {
        Some(Probe {
            http_get,
            tcp_socket,
            ..Probe::default()
        })
    };
    let hook = |http_get, tcp_socket| {
        Some(LifecycleHandler {
            http_get,
            tcp_socket,
            ..LifecycleHandler::default()
        })
    };
    let spec = PodSpec {
        containers: vec![Container {
            name: "main".to_owned(),
            ports: Some(vec![ContainerPort {
                host_port: Some(80),
                host_ip: text("10.0.0.1"),
                protocol: text("UDP"),
                ..ContainerPort::default()
            }]),
            volume_mounts: Some(vec![
                mount("data", true, None),
                mount("agent", false, text("Bidirectional")),
            ]),
            volume_devices: Some(vec![VolumeDevice {
                name: "disk".to_owned(),
                device_path: "/dev/xvda".to_owned(),
            }]),
            liveness_probe: probe(http("a"), None),
            readiness_probe: probe(None, tcp("b")),
            startup_probe: probe(http("c"), None),
            lifecycle: Some(Lifecycle {
                post_start: hook(http("d"), None),
                pre_stop: hook(None, tcp("e")),
                ..Lifecycle::default()
            }),
            ..Container::default()
        }],
        volumes: Some(vec![
            path("data", "/etc/cni", None),
            path("agent", "/srv/disk", text("BlockDevice")),
            Volume {
                name: "source".to_owned(),
                git_repo: Some(GitRepoVolumeSource {
                    repository: "g".to_owned(),
                    ..GitRepoVolumeSource::default()
                }),
                ..Volume::default()
            },
        ]),
        ..PodSpec::default()
    };
    let main = "/spec/containers/0";
    let probed = |place: &str, host: &str| {
        format!("host-probe low new {main}/{place}/host \"{host}\" container=main")
    };
    assert_eq!(
        found("", "Pod", &pod(spec)),
        [
            "host-path critical new /spec/volumes/1/hostPath \"/srv/disk\"".to_owned(),
            "host-path high new /spec/volumes/0/hostPath \"/etc/cni\"".to_owned(),
            format!("raw-block-device medium new {main}/volumeDevices/0 \"disk\" container=main"),
            "git-repo medium new /spec/volumes/2/gitRepo \"g\"".to_owned(),
            format!(
                "mount-propagation medium new {main}/volumeMounts/1/mountPropagation \"Bidirectional\" container=main"
            ),
            format!(
                "host-port low new {main}/ports/0/hostPort \"80/UDP on 10.0.0.1\" container=main"
            ),
            probed("livenessProbe/httpGet", "a"),
            probed("readinessProbe/tcpSocket", "b"),
            probed("startupProbe/httpGet", "c"),
            probed("lifecycle/postStart/httpGet", "d"),
            probed("lifecycle/preStop/tcpSocket", "e"),
        ]
    );
}

#[test]
fn of_pods_as_a_whole() {
    let spec = PodSpec {
        host_ipc: Some(true),
        host_network: Some(true),
        host_pid: Some(true),
        security_context: Some(PodSecurityContext {
            seccomp_profile: Some(SeccompProfile {
                type_: "Unconfined".to_owned(),
                ..SeccompProfile::default()
            }),
            sysctls: Some(vec![Sysctl {
                name: "kernel.msgmax".to_owned(),
                value: "1".to_owned(),
            }]),
            ..PodSecurityContext::default()
        }),
        containers: vec![Container::default()],
        ..PodSpec::default()
    };
    assert_eq!(
        found("", "Pod", &pod(spec)),
        [
            "host-pid high new /spec/hostPID \"true\"",
            "host-network medium new /spec/hostNetwork \"true\"",
            "host-ipc medium new /spec/hostIPC \"true\"",
            "sysctls medium new /spec/securityContext/sysctls/0 \"kernel.msgmax\"",
            "seccomp-unconfined low new /spec/securityContext/seccompProfile/type \"Unconfined\"",
        ]
    );
}

#[test]
fn of_scheduling() {
    const LABEL: &str = "node-role.kubernetes.io/control-plane";
    let terms = NodeSelector {
        node_selector_terms: vec![NodeSelectorTerm {
            match_expressions: Some(vec![NodeSelectorRequirement {
                key: LABEL.to_owned(),
                operator: "Exists".to_owned(),
                values: None,
            }]),
            ..NodeSelectorTerm::default()
        }],
    };
    let host_pid = PodSpec {
        host_pid: Some(true),
        ..PodSpec::default()
    };
    for spec in [
        PodSpec {
            node_selector: Some([(LABEL.to_owned(), String::new())].into()),
            ..host_pid.clone()
        },
        PodSpec {
            tolerations: Some(vec![Toleration {
                key: text(LABEL),
                ..Toleration::default()
            }]),
            ..host_pid.clone()
        },
        PodSpec {
            affinity: Some(Affinity {
                node_affinity: Some(NodeAffinity {
                    required_during_scheduling_ignored_during_execution: Some(terms),
                    ..NodeAffinity::default()
                }),
                ..Affinity::default()
            }),
            ..host_pid
        },
    ] {
        assert_eq!(
            found("", "Pod", &pod(spec)),
            ["host-pid critical new /spec/hostPID \"true\""]
        );
    }
}

#[test]
fn of_user_namespaces_and_windows() {
    let spec = |host_users, os: Option<&str>| PodSpec {
        host_users,
        os: os.map(|name| k8s_openapi::api::core::v1::PodOS {
            name: name.to_owned(),
        }),
        containers: vec![container("main", adding("SYS_ADMIN"))],
        ..PodSpec::default()
    };
    let severity = |spec| {
        let rows = found("", "Pod", &pod(spec));
        rows.first()
            .map(|row| row.split(' ').nth(1).unwrap().to_owned())
    };
    assert_eq!(severity(spec(None, None)).as_deref(), Some("critical"));
    assert_eq!(
        severity(spec(Some(true), None)).as_deref(),
        Some("critical")
    );
    assert_eq!(severity(spec(Some(false), None)).as_deref(), Some("medium"));
    assert_eq!(severity(spec(None, Some("windows"))), None);
    assert_eq!(
        severity(spec(None, Some("Windows"))).as_deref(),
        Some("critical")
    );
}

#[test]
fn of_metadata() {
    let annotation = "container.apparmor.security.beta.kubernetes.io/main";
    let pod = Pod {
        metadata: ObjectMeta {
            annotations: Some([(annotation.to_owned(), "unconfined".to_owned())].into()),
            ..ObjectMeta::default()
        },
        spec: Some(PodSpec {
            containers: vec![container("main", SecurityContext::default())],
            ..PodSpec::default()
        }),
        ..Pod::default()
    };
    assert_eq!(
        found("", "Pod", &serde_json::to_value(pod).unwrap()),
        [
            "apparmor-unconfined medium new /metadata/annotations/container.apparmor.security.beta.kubernetes.io~1main \"Unconfined\" container=main"
        ]
    );
}

#[test]
fn of_storage() {
    let volume = PersistentVolume {
        spec: Some(PersistentVolumeSpec {
            host_path: Some(HostPathVolumeSource {
                path: "/etc".to_owned(),
                type_: None,
            }),
            local: Some(LocalVolumeSource {
                path: "/srv/disk".to_owned(),
                ..LocalVolumeSource::default()
            }),
            ..PersistentVolumeSpec::default()
        }),
        ..PersistentVolume::default()
    };
    assert_eq!(
        found(
            "",
            "PersistentVolume",
            &serde_json::to_value(volume).unwrap()
        ),
        [
            "persistent-volume critical new /spec/hostPath \"/etc\"",
            "persistent-volume low new /spec/local \"/srv/disk\"",
        ]
    );
    let claim = ResourceClaim {
        spec: ResourceClaimSpec {
            devices: Some(DeviceClaim {
                requests: Some(vec![DeviceRequest {
                    name: "gpus".to_owned(),
                    exactly: Some(ExactDeviceRequest {
                        admin_access: Some(true),
                        ..ExactDeviceRequest::default()
                    }),
                    ..DeviceRequest::default()
                }]),
                ..DeviceClaim::default()
            }),
        },
        ..ResourceClaim::default()
    };
    assert_eq!(
        found(
            "resource.k8s.io",
            "ResourceClaim",
            &serde_json::to_value(claim).unwrap()
        ),
        ["device-admin-access medium new /spec/devices/requests/0/exactly/adminAccess \"gpus\""]
    );
}

#[test]
fn of_roles() {
    let rule = |resources: &[&str], urls: &[&str]| PolicyRule {
        api_groups: Some(vec![String::new()]),
        resources: Some(resources.iter().map(|it| (*it).to_owned()).collect()),
        resource_names: Some(vec!["web".to_owned()]),
        verbs: vec!["delete".to_owned()],
        non_resource_urls: Some(urls.iter().map(|it| (*it).to_owned()).collect()),
    };
    let label = "rbac.authorization.k8s.io/aggregate-to-admin".to_owned();
    let role = ClusterRole {
        metadata: ObjectMeta {
            name: text("cleaner"),
            labels: Some([(label, "true".to_owned())].into()),
            ..ObjectMeta::default()
        },
        rules: Some(vec![rule(&["pods"], &[]), rule(&[], &["/api/v1/pods"])]),
        aggregation_rule: Some(AggregationRule {
            cluster_role_selectors: Some(vec![LabelSelector {
                match_labels: Some([("a".to_owned(), "b".to_owned())].into()),
                match_expressions: Some(vec![LabelSelectorRequirement {
                    key: "c".to_owned(),
                    operator: "In".to_owned(),
                    values: Some(vec!["d".to_owned()]),
                }]),
            }]),
        }),
    };
    assert_eq!(
        found(
            "rbac.authorization.k8s.io",
            "ClusterRole",
            &serde_json::to_value(role).unwrap()
        ),
        [
            "aggregation medium new /aggregationRule \"a=b,c in (d)\"",
            "pod-delete low new /rules/0/resources/0 - names=web",
            "aggregation low new /metadata/labels/rbac.authorization.k8s.io~1aggregate-to-admin \"admin\"",
            "dead-grant low new /rules/1/nonResourceURLs/0 \"/api/v1/pods\"",
        ]
    );
}

#[test]
fn of_bindings() {
    let binding = RoleBinding {
        role_ref: RoleRef {
            api_group: text("rbac.authorization.k8s.io"),
            kind: "ClusterRole".to_owned(),
            name: "edit".to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: "deployer".to_owned(),
            namespace: text("ci"),
            ..Subject::default()
        }]),
        ..RoleBinding::default()
    };
    assert_eq!(
        found(
            "rbac.authorization.k8s.io",
            "ClusterRoleBinding",
            &serde_json::to_value(binding).unwrap()
        ),
        ["pod-write-binding high new /subjects/0 \"ServiceAccount ci/deployer\""]
    );
}
