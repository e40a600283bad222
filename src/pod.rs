//! The pod spec as the rules see it: its containers in every list, its volumes and who mounts
//! them, each with its place in the object. It does not know in which kind the spec sits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use crate::metadata::Metadata;
use crate::text::escaped;
use crate::view::{
    Fields, Reader, Stop, Text, View, flag, integer, object, object_if_any, objects, reads, text,
    texts, tristate,
};

/// A pod, or the template of one, and where it sits.
#[derive(Debug, Default)]
pub(crate) struct Pod<'a> {
    /// RFC 6901 pointer, in the object, of what has the spec and its metadata, such as
    /// `/spec/template`; empty for a pod itself.
    pub pointer: Cow<'static, str>,
    /// The key of the spec there; empty where the spec itself is at the pointer.
    pub spec_key: &'static str,
    /// What it is called among the pods of its object, in kinds that may have several.
    pub name: String,
    /// Its number among them, the same in both versions of an object that is updated, and its number
    /// among those of its name.
    pub number: [usize; 2],
    /// Whether nothing but its structure tells that it is a pod.
    pub is_by_structure: bool,
    /// Whether it may be less than a pod, the rest of which is elsewhere in the object.
    pub is_part: bool,
    /// The service account that the object names for its pods.
    pub account: Option<&'a str>,
    pub metadata: Metadata<'a>,
    pub spec: PodSpec<'a>,
    /// What custom kinds have beside the lists of a pod spec.
    pub others: Vec<OtherContainer<'a>>,
    /// Containers of other pods of the object, for which what this one says holds too.
    pub elsewhere: Vec<Container<'a>>,
    pub keys: Keys,
}

/// How custom kinds say what a pod spec says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub security_context: &'static str,
    pub host_path: &'static str,
    /// Whether all volumes are in use, writable, without a container that mounts them.
    pub has_all_volumes: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            security_context: "securityContext",
            host_path: "hostPath",
            has_all_volumes: false,
        }
    }
}

/// A container outside of the lists that a pod spec has.
#[derive(Debug)]
pub(crate) struct OtherContainer<'a> {
    /// Its pointer within the pod spec, without a slash at the start, such as `steps/0`; empty where
    /// the spec is the container too.
    pub path: String,
    pub container: Container<'a>,
}

impl<'a> OtherContainer<'a> {
    /// Reads a list, or a single one.
    #[inline(never)]
    pub fn read(
        containers: &mut Vec<Container<'a>>,
        is_list: bool,
        value: &mut Reader<'a>,
    ) -> Result<(), Stop> {
        if is_list {
            return objects(containers, value);
        }
        let mut single = Container::default();
        value.object(&mut single)?;
        containers.push(single);
        Ok(())
    }

    /// Adds those of a list by another name, or a single one.
    #[inline(never)]
    pub fn add(to: &mut Vec<Self>, key: &str, is_list: bool, containers: Vec<Container<'a>>) {
        for (index, container) in containers.into_iter().enumerate() {
            let mut path = escaped(key);
            if is_list {
                path = [&path, "/", &index.to_string()].concat();
            }
            to.push(Self { path, container });
        }
    }
}

impl<'a> Pod<'a> {
    /// Every container, in the order in which Kubernetes starts them.
    pub fn containers(&self) -> Containers<'_, 'a> {
        self.containers_to(ContainerList::Other)
    }

    /// The same, with those elsewhere that have what the pod says.
    pub fn all_containers(&self) -> Containers<'_, 'a> {
        self.containers_to(ContainerList::Elsewhere)
    }

    fn containers_to(&self, last: ContainerList) -> Containers<'_, 'a> {
        Containers {
            pod: self,
            last,
            next: ContainerPlace {
                list: ContainerList::Init,
                index: 0,
            },
        }
    }

    /// The container at a place.
    pub fn container(&self, place: ContainerPlace) -> Option<PlacedContainer<'_, 'a>> {
        let spec = &self.spec;
        let (path, container) = match place.list {
            ContainerList::Init => ("initContainers", spec.init_containers.get(place.index)),
            ContainerList::Main => ("containers", spec.containers.get(place.index)),
            ContainerList::Ephemeral => (
                "ephemeralContainers",
                spec.ephemeral_containers.get(place.index),
            ),
            ContainerList::Other => {
                let other = self.others.get(place.index)?;
                (other.path.as_str(), Some(&other.container))
            }
            ContainerList::Elsewhere => ("", self.elsewhere.get(place.index)),
        };
        Some(PlacedContainer {
            place,
            path,
            container: container?,
        })
    }

    /// The names of the claims for volumes.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        let claims = self.spec.volumes.iter().flat_map(|volume| &volume.claim);
        claims.flat_map(|claim| &claim.name).map(Text::as_str)
    }

    /// The pointer of a part of the spec.
    #[inline(never)] // nothing is gained by a copy in every rule
    pub fn at(&self, part: impl Display) -> String {
        let key = self.spec_key;
        let slash = if key.is_empty() { "" } else { "/" };
        [&self.pointer, slash, key, "/", &part.to_string()].concat()
    }

    /// Moves its containers, of whichever list, to the end of others.
    pub fn give_containers(mut self, to: &mut Vec<Container<'a>>) {
        to.append(&mut self.spec.init_containers);
        to.append(&mut self.spec.containers);
        to.append(&mut self.spec.ephemeral_containers);
        for other in self.others {
            to.push(other.container);
        }
    }

    /// The pointer of an annotation.
    pub fn at_annotation(&self, name: &str) -> String {
        format!("{}/metadata/annotations/{}", self.pointer, escaped(name))
    }

    /// The service account the pod runs as; none if the object does not tell.
    pub fn service_account(&self) -> Option<&str> {
        // The older `serviceAccount` counts where the newer name is empty. Kubernetes fills both
        // in before it asks a policy; manifests leave them out.
        let spec = &self.spec;
        let otherwise = if self.is_part {
            self.account
        } else {
            Some("default")
        };
        [&spec.service_account_name, &spec.service_account]
            .into_iter()
            .flatten()
            .map(Text::as_str)
            .find(|name| !name.is_empty())
            .or(otherwise)
    }

    /// Whether the pod runs on Windows nodes, whose kubelet knows nothing of what is Linux's. The
    /// API server refuses such settings in these pods. Any other spelling is not Windows.
    pub fn is_for_windows(&self) -> bool {
        self.spec.os.name.as_ref().map(Text::as_str) == Some("windows")
    }

    /// Whether the pod has a user namespace of its own, so that its root is nobody on the node.
    pub fn has_user_namespace(&self) -> bool {
        self.spec.host_users == Some(false)
    }
}

/// What of a pod spec the rules ask for.
#[derive(Debug, Default)]
pub(crate) struct PodSpec<'a> {
    pub volumes: Vec<Volume<'a>>,
    pub init_containers: Vec<Container<'a>>,
    pub containers: Vec<Container<'a>>,
    pub ephemeral_containers: Vec<Container<'a>>,
    pub host_network: bool,
    pub host_pid: bool,
    pub host_ipc: bool,
    /// Absent is true.
    pub host_users: Option<bool>,
    pub security_context: PodSecurityContext<'a>,
    pub service_account_name: Option<Text<'a>>,
    pub service_account: Option<Text<'a>>,
    pub os: Os<'a>,
    pub node_name: Option<Text<'a>>,
    pub node_selector: NodeSelector,
    pub affinity: Affinity<'a>,
    pub tolerations: Vec<Toleration<'a>>,
}

reads!(PodSpec<'de> {
    "volumes" => volumes: objects,
    "initContainers" => init_containers: objects,
    "containers" => containers: objects,
    "ephemeralContainers" => ephemeral_containers: objects,
    "hostNetwork" => host_network: flag,
    "hostPID" => host_pid: flag,
    "hostIPC" => host_ipc: flag,
    "hostUsers" => host_users: tristate,
    "securityContext" => security_context: object,
    "serviceAccountName" => service_account_name: text,
    "serviceAccount" => service_account: text,
    "os" => os: object,
    "nodeName" => node_name: text,
    "nodeSelector" => node_selector: NodeSelector::read,
    "affinity" => affinity: object,
    "tolerations" => tolerations: objects,
});

impl PodSpec<'_> {
    /// The keys of the lists of containers.
    pub const CONTAINERS: &'static [&'static str] =
        &["initContainers", "containers", "ephemeralContainers"];
}

/// The operating system that a pod asks for.
#[derive(Debug, Default)]
pub(crate) struct Os<'a> {
    pub name: Option<Text<'a>>,
}

reads!(Os<'de> { "name" => name: text });

/// Labels that mark the nodes of the control plane, as kubeadm and its predecessors set them; their
/// taints have the same keys.
pub(crate) const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/controlplane",
    "node-role.kubernetes.io/etcd",
];

/// The labels that a node must have.
#[derive(Debug, Default)]
pub(crate) struct NodeSelector {
    /// Whether it must have one of the control plane.
    pub names_control_plane: bool,
}

impl NodeSelector {
    fn read(&mut self, value: &mut Reader<'_>) -> Result<(), Stop> {
        let is_of_control_plane = |key: &str| CONTROL_PLANE.contains(&key);
        value.entries(is_of_control_plane, &mut |_, _| {
            self.names_control_plane = true;
            Ok(())
        })
    }
}

/// The nodes that a pod wants to be near to, or far from.
#[derive(Debug, Default)]
pub(crate) struct Affinity<'a> {
    pub node: NodeAffinity<'a>,
}

reads!(Affinity<'de> { "nodeAffinity" => node: object });

#[derive(Debug, Default)]
pub(crate) struct NodeAffinity<'a> {
    pub required: NodeTerms<'a>,
}

reads!(NodeAffinity<'de> { "requiredDuringSchedulingIgnoredDuringExecution" => required: object });

#[derive(Debug, Default)]
pub(crate) struct NodeTerms<'a> {
    pub terms: Vec<NodeTerm<'a>>,
}

reads!(NodeTerms<'de> { "nodeSelectorTerms" => terms: objects });

#[derive(Debug, Default)]
pub(crate) struct NodeTerm<'a> {
    pub expressions: Vec<NodeExpression<'a>>,
}

reads!(NodeTerm<'de> { "matchExpressions" => expressions: objects });

/// What a label of the node must be.
#[derive(Debug, Default)]
pub(crate) struct NodeExpression<'a> {
    pub key: Option<Text<'a>>,
    pub operator: Option<Text<'a>>,
}

reads!(NodeExpression<'de> { "key" => key: text, "operator" => operator: text });

/// A taint that keeps a pod from no node.
#[derive(Debug, Default)]
pub(crate) struct Toleration<'a> {
    /// Absent, with the operator `Exists`, for every taint.
    pub key: Option<Text<'a>>,
}

reads!(Toleration<'de> { "key" => key: text });

/// What holds for all containers of a pod that do not say otherwise, and for the pod as a whole.
#[derive(Debug, Default)]
pub(crate) struct PodSecurityContext<'a> {
    pub profiles: Profiles<'a>,
    pub sysctls: Vec<Sysctl<'a>>,
}

impl<'de> View<'de> for PodSecurityContext<'de> {
    fn fields(&self) -> &'static Fields {
        const {
            &Fields::of(&[
                "seccompProfile",
                "appArmorProfile",
                "seLinuxOptions",
                "windowsOptions",
                "sysctls",
            ])
        }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        match field {
            4 => objects(&mut self.sysctls, value),
            profile => self.profiles.read(profile, value),
        }
    }
}

/// What a container may do, as far as it is its own to say.
#[derive(Debug, Default)]
pub(crate) struct SecurityContext<'a> {
    pub profiles: Profiles<'a>,
    pub privileged: bool,
    pub capabilities: Capabilities<'a>,
    pub proc_mount: Option<Text<'a>>,
}

impl<'de> View<'de> for SecurityContext<'de> {
    fn fields(&self) -> &'static Fields {
        const {
            &Fields::of(&[
                "seccompProfile",
                "appArmorProfile",
                "seLinuxOptions",
                "windowsOptions",
                "privileged",
                "capabilities",
                "procMount",
            ])
        }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        match field {
            4 => flag(&mut self.privileged, value),
            5 => object(&mut self.capabilities, value),
            6 => text(&mut self.proc_mount, value),
            profile => self.profiles.read(profile, value),
        }
    }
}

/// What both a pod and its containers may say; each field of a container stands before the same
/// field of its pod.
#[derive(Debug, Default)]
pub(crate) struct Profiles<'a> {
    pub seccomp: Option<Profile<'a>>,
    pub app_armor: Option<Profile<'a>>,
    pub se_linux: Option<SeLinuxOptions<'a>>,
    pub windows: WindowsOptions,
}

impl<'a> Profiles<'a> {
    fn read(&mut self, field: usize, value: &mut Reader<'a>) -> Result<(), Stop> {
        match field {
            0 => object_if_any(&mut self.seccomp, value),
            1 => object_if_any(&mut self.app_armor, value),
            2 => object_if_any(&mut self.se_linux, value),
            _ => object(&mut self.windows, value),
        }
    }
}

/// A seccomp or AppArmor profile.
#[derive(Debug, Default)]
pub(crate) struct Profile<'a> {
    pub profile_type: Option<Text<'a>>,
}

reads!(Profile<'de> { "type" => profile_type: text });

impl Profile<'_> {
    pub fn is_unconfined(&self) -> bool {
        self.profile_type.as_ref().map(Text::as_str) == Some("Unconfined")
    }
}

/// The SELinux context of a process.
#[derive(Debug, Default)]
pub(crate) struct SeLinuxOptions<'a> {
    pub user: Option<Text<'a>>,
    pub role: Option<Text<'a>>,
    pub context_type: Option<Text<'a>>,
}

reads!(SeLinuxOptions<'de> {
    "user" => user: text,
    "role" => role: text,
    "type" => context_type: text,
});

/// What is only said of Windows.
#[derive(Debug, Default)]
pub(crate) struct WindowsOptions {
    pub host_process: Option<bool>,
}

reads!(WindowsOptions { "hostProcess" => host_process: tristate });

/// What a container gets beyond what its runtime gives to all. What it drops is of no account:
/// what is added is added after that.
#[derive(Debug, Default)]
pub(crate) struct Capabilities<'a> {
    pub add: Vec<Text<'a>>,
}

reads!(Capabilities<'de> { "add" => add: texts });

/// A parameter of the kernel.
#[derive(Debug, Default)]
pub(crate) struct Sysctl<'a> {
    pub name: Option<Text<'a>>,
    pub value: Option<Text<'a>>,
}

reads!(Sysctl<'de> { "name" => name: text, "value" => value: text });

/// A volume; of its sources only those that reach the host are read.
#[derive(Debug, Default)]
pub(crate) struct Volume<'a> {
    pub name: Option<Text<'a>>,
    pub host_path: Option<HostPath<'a>>,
    pub git_repo: Option<GitRepo<'a>>,
    pub claim: Option<ClaimSource<'a>>,
}

reads!(Volume<'de> {
    "name" => name: text,
    "hostPath" => host_path: object_if_any,
    "gitRepo" => git_repo: object_if_any,
    "persistentVolumeClaim" => claim: object_if_any,
});

/// A claim that is looked up in the pod's namespace.
#[derive(Debug, Default)]
pub(crate) struct ClaimSource<'a> {
    pub name: Option<Text<'a>>,
}

reads!(ClaimSource<'de> { "claimName" => name: text });

/// A path of the node.
#[derive(Debug, Default)]
pub(crate) struct HostPath<'a> {
    pub path: Option<Text<'a>>,
    /// What the kubelet makes sure that the path is, such as `Socket`.
    pub source_type: Option<Text<'a>>,
}

reads!(HostPath<'de> { "path" => path: text, "type" => source_type: text });

/// A repository that the kubelet clones.
#[derive(Debug, Default)]
pub(crate) struct GitRepo<'a> {
    pub repository: Option<Text<'a>>,
}

reads!(GitRepo<'de> { "repository" => repository: text });

/// What is known of each of a pod's containers, or volumes, by their names. One type for all uses:
/// each other one would bring its own tree into the module.
pub(crate) type ByName<'n> = BTreeMap<&'n str, usize>;

/// A container of any list.
#[derive(Debug, Default)]
pub(crate) struct Container<'a> {
    pub name: Option<Text<'a>>,
    pub image: Option<Text<'a>>,
    pub security_context: SecurityContext<'a>,
    pub ports: Vec<Port<'a>>,
    pub volume_mounts: Vec<VolumeMount<'a>>,
    pub volume_devices: Vec<VolumeDevice<'a>>,
    pub liveness_probe: Handler<'a>,
    pub readiness_probe: Handler<'a>,
    pub startup_probe: Handler<'a>,
    pub lifecycle: Lifecycle<'a>,
}

reads!(Container<'de> {
    "name" => name: text,
    "image" => image: text,
    "securityContext" => security_context: object,
    "ports" => ports: objects,
    "volumeMounts" => volume_mounts: objects,
    "volumeDevices" => volume_devices: objects,
    "livenessProbe" => liveness_probe: object,
    "readinessProbe" => readiness_probe: object,
    "startupProbe" => startup_probe: object,
    "lifecycle" => lifecycle: object,
});

/// A port of a container.
#[derive(Debug, Default)]
pub(crate) struct Port<'a> {
    /// The port on the node; 0 is none.
    pub host_port: Option<i32>,
    /// The address on the node; all of them where it is absent.
    pub host_ip: Option<Text<'a>>,
    pub protocol: Option<Text<'a>>,
}

reads!(Port<'de> {
    "hostPort" => host_port: integer,
    "hostIP" => host_ip: text,
    "protocol" => protocol: text,
});

/// A mount of a volume in a container.
#[derive(Debug, Default)]
pub(crate) struct VolumeMount<'a> {
    /// The name of the volume.
    pub name: Option<Text<'a>>,
    pub read_only: bool,
    pub propagation: Option<Text<'a>>,
}

reads!(VolumeMount<'de> {
    "name" => name: text,
    "readOnly" => read_only: flag,
    "mountPropagation" => propagation: text,
});

/// A volume that a container gets as a device, not as files.
#[derive(Debug, Default)]
pub(crate) struct VolumeDevice<'a> {
    /// The name of the volume.
    pub name: Option<Text<'a>>,
}

reads!(VolumeDevice<'de> { "name" => name: text });

/// What the kubelet does when a container starts or stops.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle<'a> {
    pub post_start: Handler<'a>,
    pub pre_stop: Handler<'a>,
}

reads!(Lifecycle<'de> { "postStart" => post_start: object, "preStop" => pre_stop: object });

/// A probe or a hook, as far as it makes the kubelet send a request.
#[derive(Debug, Default)]
pub(crate) struct Handler<'a> {
    pub http_get: Destination<'a>,
    pub tcp_socket: Destination<'a>,
}

reads!(Handler<'de> { "httpGet" => http_get: object, "tcpSocket" => tcp_socket: object });

/// Where the kubelet sends a request.
#[derive(Debug, Default)]
pub(crate) struct Destination<'a> {
    /// The pod itself, where it is absent or empty.
    pub host: Option<Text<'a>>,
}

reads!(Destination<'de> { "host" => host: text });

/// The three lists in which a pod spec keeps containers, and what else there is in custom kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ContainerList {
    Init,
    Main,
    Ephemeral,
    Other,
    /// Of another pod of the object.
    Elsewhere,
}

/// See [`Pod::containers`].
pub(crate) struct Containers<'p, 'a> {
    pod: &'p Pod<'a>,
    last: ContainerList,
    next: ContainerPlace,
}

impl<'p, 'a> Iterator for Containers<'p, 'a> {
    type Item = PlacedContainer<'p, 'a>;

    #[inline(never)] // nothing is gained by a copy in every rule
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(placed) = self.pod.container(self.next) {
                self.next.index += 1;
                return Some(placed);
            }
            let list = self.next.list;
            self.next = ContainerPlace {
                list: list.next().filter(|_| list != self.last)?,
                index: 0,
            };
        }
    }
}

impl ContainerList {
    fn next(self) -> Option<Self> {
        match self {
            Self::Init => Some(Self::Main),
            Self::Main => Some(Self::Ephemeral),
            Self::Ephemeral => Some(Self::Other),
            Self::Other => Some(Self::Elsewhere),
            Self::Elsewhere => None,
        }
    }
}

/// Which container of a pod spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContainerPlace {
    pub list: ContainerList,
    pub index: usize,
}

/// A container and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct PlacedContainer<'p, 'a> {
    pub place: ContainerPlace,
    /// The key of its list; for other containers, where it is.
    path: &'p str,
    pub container: &'p Container<'a>,
}

impl<'p> PlacedContainer<'p, '_> {
    pub fn name(&self) -> Option<&'p str> {
        self.container.name.as_ref().map(Text::as_str)
    }

    /// The pointer, within the pod spec, of a part of the container.
    #[inline(never)] // as for `Pod::at`
    pub fn part(&self, part: impl Display) -> String {
        match self.place.list {
            _ if self.path.is_empty() => part.to_string(),
            ContainerList::Other => [self.path, "/", &part.to_string()].concat(),
            _ => {
                let index = self.place.index.to_string();
                [self.path, "/", &index, "/", &part.to_string()].concat()
            }
        }
    }

    /// Whether the container can undo a read-only mount: with the capability to mount.
    pub fn can_remount(&self) -> bool {
        let context = &self.container.security_context;
        let adds = |name: &Text<'_>| {
            matches!(
                &*crate::capability::normalised(name.as_str()),
                "SYS_ADMIN" | "ALL"
            )
        };
        context.privileged || context.capabilities.add.iter().any(adds)
    }
}
