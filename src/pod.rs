//! The pod spec as the rules see it: its containers in every list, its volumes and who mounts
//! them, each with its place in the object. It does not know in which kind the spec sits.

use serde::de::MapAccess;

use crate::view::{Object, Text, View, flag, object, objects, texts};

/// A pod spec and where it sits.
#[derive(Debug, Default)]
pub(crate) struct Pod<'a> {
    /// RFC 6901 pointer of the spec in its object, such as `/spec/template/spec`.
    pub pointer: &'static str,
    pub spec: PodSpec<'a>,
}

impl<'a> Pod<'a> {
    /// Every container, in the order in which Kubernetes starts them.
    pub fn containers(&self) -> impl Iterator<Item = PlacedContainer<'_, 'a>> {
        let spec = &self.spec;
        [
            (ContainerList::Init, &spec.init_containers),
            (ContainerList::Main, &spec.containers),
            (ContainerList::Ephemeral, &spec.ephemeral_containers),
        ]
        .into_iter()
        .flat_map(|(list, containers)| {
            containers
                .iter()
                .enumerate()
                .map(move |(index, container)| PlacedContainer {
                    place: ContainerPlace { list, index },
                    container,
                })
        })
    }

    /// The pointer of a part of the spec.
    pub fn at(&self, part: impl std::fmt::Display) -> String {
        format!("{}/{part}", self.pointer)
    }

    /// The service account the pod runs as.
    pub fn service_account(&self) -> &str {
        // The older `serviceAccount` counts where the newer name is empty. Kubernetes fills both
        // in before it asks a policy; manifests leave them out.
        [&self.spec.service_account_name, &self.spec.service_account]
            .into_iter()
            .flatten()
            .map(Text::as_str)
            .find(|name| !name.is_empty())
            .unwrap_or("default")
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
    pub service_account_name: Option<Text<'a>>,
    pub service_account: Option<Text<'a>>,
}

impl<'de> View<'de> for PodSpec<'de> {
    const FIELDS: &'static [&'static str] = &[
        "volumes",
        "initContainers",
        "containers",
        "ephemeralContainers",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "serviceAccountName",
        "serviceAccount",
    ];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.volumes = objects(map)?,
            1 => self.init_containers = objects(map)?,
            2 => self.containers = objects(map)?,
            3 => self.ephemeral_containers = objects(map)?,
            4 => self.host_network = flag(map)?,
            5 => self.host_pid = flag(map)?,
            6 => self.host_ipc = flag(map)?,
            7 => self.service_account_name = map.next_value()?,
            _ => self.service_account = map.next_value()?,
        }
        Ok(())
    }
}

/// A volume; of its sources only those that reach the host are read.
#[derive(Debug, Default)]
pub(crate) struct Volume<'a> {
    pub name: Option<Text<'a>>,
    pub host_path: Option<HostPath<'a>>,
}

impl<'de> View<'de> for Volume<'de> {
    const FIELDS: &'static [&'static str] = &["name", "hostPath"];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.name = map.next_value()?,
            _ => {
                self.host_path = map
                    .next_value::<Option<Object<_>>>()?
                    .map(|Object(path)| path)
            }
        }
        Ok(())
    }
}

/// A path of the node.
#[derive(Debug, Default)]
pub(crate) struct HostPath<'a> {
    pub path: Option<Text<'a>>,
    /// What the kubelet makes sure that the path is, such as `Socket`.
    pub source_type: Option<Text<'a>>,
}

impl<'de> View<'de> for HostPath<'de> {
    const FIELDS: &'static [&'static str] = &["path", "type"];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.path = map.next_value()?,
            _ => self.source_type = map.next_value()?,
        }
        Ok(())
    }
}

/// A container of any list.
#[derive(Debug, Default)]
pub(crate) struct Container<'a> {
    pub name: Option<Text<'a>>,
    pub security_context: SecurityContext<'a>,
    pub volume_mounts: Vec<VolumeMount<'a>>,
}

impl<'de> View<'de> for Container<'de> {
    const FIELDS: &'static [&'static str] = &["name", "securityContext", "volumeMounts"];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.name = map.next_value()?,
            1 => self.security_context = object(map)?,
            _ => self.volume_mounts = objects(map)?,
        }
        Ok(())
    }
}

/// What a container may do, as far as it is its own to say.
#[derive(Debug, Default)]
pub(crate) struct SecurityContext<'a> {
    pub privileged: bool,
    pub capabilities: Capabilities<'a>,
}

impl<'de> View<'de> for SecurityContext<'de> {
    const FIELDS: &'static [&'static str] = &["privileged", "capabilities"];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.privileged = flag(map)?,
            _ => self.capabilities = object(map)?,
        }
        Ok(())
    }
}

/// What a container gets beyond what its runtime gives to all. What it drops is of no account:
/// what is added is added after that.
#[derive(Debug, Default)]
pub(crate) struct Capabilities<'a> {
    pub add: Vec<Text<'a>>,
}

impl<'de> View<'de> for Capabilities<'de> {
    const FIELDS: &'static [&'static str] = &["add"];

    fn read<A: MapAccess<'de>>(&mut self, _: usize, map: &mut A) -> Result<(), A::Error> {
        self.add = texts(map)?;
        Ok(())
    }
}

/// A mount of a volume in a container.
#[derive(Debug, Default)]
pub(crate) struct VolumeMount<'a> {
    /// The name of the volume.
    pub name: Option<Text<'a>>,
    pub read_only: bool,
}

impl<'de> View<'de> for VolumeMount<'de> {
    const FIELDS: &'static [&'static str] = &["name", "readOnly"];

    fn read<A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error> {
        match field {
            0 => self.name = map.next_value()?,
            _ => self.read_only = flag(map)?,
        }
        Ok(())
    }
}

/// The three lists in which a pod spec keeps containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ContainerList {
    Init,
    Main,
    Ephemeral,
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
    pub container: &'p Container<'a>,
}

impl<'p> PlacedContainer<'p, '_> {
    pub fn name(&self) -> Option<&'p str> {
        self.container.name.as_ref().map(Text::as_str)
    }

    /// The pointer, within the pod spec, of a part of the container.
    pub fn part(&self, part: impl std::fmt::Display) -> String {
        let list = match self.place.list {
            ContainerList::Init => "initContainers",
            ContainerList::Main => "containers",
            ContainerList::Ephemeral => "ephemeralContainers",
        };
        format!("{list}/{}/{part}", self.place.index)
    }
}
