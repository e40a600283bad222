//! Kinds that keep parts of a pod away from its containers, or under other names: what Argo's
//! workflows and Tekton's runs say for all their pods, the drivers and executors of Spark, and the
//! disks of KubeVirt's machines.

use crate::fault::Fault;
use crate::pod::{HostPath, Pod, PodSecurityContext, PodSpec};

use super::{
    DEPTH, Place, at_path, container_at, elements, member, other_containers, pod, read_into, search,
};

/// How a value is a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It is a pod spec.
    Template,
    /// It is what a pod spec has beside containers, and holds for those of the whole object. No
    /// object has two.
    Shared,
    /// It is the same for one task of many; which, the object need not tell.
    OfTask,
    /// It is a pod spec and its main container in one.
    Container,
    /// It is a virtual machine.
    Machine,
}

/// Groups, kinds and where they keep such parts; `*` stands for every element of an array.
const PARTS: &[(&str, &str, &str, Part)] = &[
    ("argoproj.io", "Workflow", "/spec", Part::Shared),
    ("argoproj.io", "WorkflowTemplate", "/spec", Part::Shared),
    (
        "argoproj.io",
        "ClusterWorkflowTemplate",
        "/spec",
        Part::Shared,
    ),
    (
        "argoproj.io",
        "CronWorkflow",
        "/spec/workflowSpec",
        Part::Shared,
    ),
    ("tekton.dev", "TaskRun", "/spec/podTemplate", Part::Shared),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/podTemplate",
        Part::Shared,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/taskRunTemplate/podTemplate",
        Part::Shared,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/taskRunSpecs/*/podTemplate",
        Part::OfTask,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/taskRunSpecs/*/taskPodTemplate",
        Part::OfTask,
    ),
    (SPARK, "SparkApplication", "/spec", Part::Shared),
    (SPARK, "SparkApplication", "/spec/driver", Part::Container),
    (SPARK, "SparkApplication", "/spec/executor", Part::Container),
    (
        SPARK,
        "ScheduledSparkApplication",
        "/spec/template",
        Part::Shared,
    ),
    (
        SPARK,
        "ScheduledSparkApplication",
        "/spec/template/driver",
        Part::Container,
    ),
    (
        SPARK,
        "ScheduledSparkApplication",
        "/spec/template/executor",
        Part::Container,
    ),
    (
        "kubevirt.io",
        "VirtualMachine",
        "/spec/template/spec",
        Part::Machine,
    ),
    (
        "kubevirt.io",
        "VirtualMachineInstance",
        "/spec",
        Part::Machine,
    ),
    (
        "kubevirt.io",
        "VirtualMachineInstanceReplicaSet",
        "/spec/template/spec",
        Part::Machine,
    ),
    (
        "pool.kubevirt.io",
        "VirtualMachinePool",
        "/spec/virtualMachineTemplate/spec/template/spec",
        Part::Machine,
    ),
];

const SPARK: &str = "sparkoperator.k8s.io";

/// The most parts of one kind that are pod specs and containers. The structure, their sidecars,
/// tells of them too.
pub(super) const MOST_CONTAINERS: usize = 2;

/// Adds what a kind keeps in such parts. They come before the pods that are found by structure, so
/// that one more of these changes nothing about them.
pub(super) fn add<'a>(
    group: &str,
    kind: &str,
    object: &'a str,
    pods: &mut Vec<Pod<'a>>,
) -> Result<(), Fault> {
    add_some(group, kind, object, false, pods)?;
    let own = pods.len();
    add_some(group, kind, object, true, pods)?;
    if let Some(pod) = pods.get_mut(own) {
        let mut others = Vec::new();
        add_some(group, kind, object, false, &mut others)?;
        search(object, &Place::default(), DEPTH, &mut others);
        for other in others {
            other.give_containers(&mut pod.elsewhere);
        }
    }
    Ok(())
}

/// Adds parts that are shared, or those that are not.
#[inline(never)]
fn add_some<'a>(
    group: &str,
    kind: &str,
    object: &'a str,
    are_shared: bool,
    pods: &mut Vec<Pod<'a>>,
) -> Result<(), Fault> {
    for (of_group, of_kind, path, part) in PARTS {
        let is_wanted = (*part == Part::Shared) == are_shared;
        if *of_kind == kind && *of_group == group && is_wanted {
            at_path(object, path, Place::default(), *part, pods)?;
        }
    }
    Ok(())
}

impl Part {
    /// Reads a value that is such a part, and adds its pod.
    pub fn read<'a>(
        self,
        value: &'a str,
        mut place: Place<'a>,
        pods: &mut Vec<Pod<'a>>,
    ) -> Result<(), Fault> {
        if self != Self::Template {
            // The metadata beside it is not that of pods.
            place.metadata = None;
        }
        pods.push(pod(place.clone(), PodSpec::default(), false));
        let Some(pod) = pods.last_mut() else {
            return Ok(());
        };
        read_into(&mut pod.spec, value, &place)?;
        match self {
            Self::Template | Self::Shared | Self::OfTask => Ok(()),
            Self::Container => main_container(pod, value, &place),
            Self::Machine => host_disks(pod, value, &place),
        }
    }
}

/// Reads the container that is written into its pod's spec, and what is called otherwise there.
fn main_container<'a>(pod: &mut Pod<'a>, value: &'a str, place: &Place<'a>) -> Result<(), Fault> {
    pod.keys.security_context = "podSecurityContext";
    pod.spec.security_context = PodSecurityContext::default();
    pod.others.push(container_at(String::new(), value, place)?);
    if let Some(sidecars) = member(value, "sidecars") {
        pod.others
            .append(&mut other_containers("sidecars", sidecars));
    }
    let key = pod.keys.security_context;
    if let Some(context) = member(value, key) {
        let place = place.below(key, None);
        read_into(&mut pod.spec.security_context, context, &place)?;
    }
    Ok(())
}

/// Reads the disks of a machine that are files of its node. The machine has them all, writable.
fn host_disks<'a>(pod: &mut Pod<'a>, value: &'a str, place: &Place<'a>) -> Result<(), Fault> {
    pod.keys.host_path = "hostDisk";
    pod.keys.has_all_volumes = true;
    let volumes = member(value, "volumes").map_or_else(Vec::new, elements);
    for ((index, raw), volume) in volumes.into_iter().enumerate().zip(&mut pod.spec.volumes) {
        volume.host_path = None;
        if let Some(disk) = member(raw, "hostDisk").filter(|disk| *disk != "null") {
            let place = place.below("volumes", None).below(&index.to_string(), None);
            let path = volume.host_path.insert(HostPath::default());
            read_into(path, disk, &place.below("hostDisk", None))?;
        }
    }
    Ok(())
}
