//! Kinds that keep parts of a pod away from its containers, or under other names: what Argo's
//! workflows and Tekton's runs say for all their pods, the drivers and executors of Spark, and the
//! disks of KubeVirt's machines.

use crate::fault::Fault;
use crate::pod::{Container, HostPath, OtherContainer, Pod, PodSecurityContext};
use crate::view::{Fields, Reader, Stop, View, object, object_if_any, objects, reads};

use super::{Place, at_path, pod, read_into, search};

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
    /// It is a task, whose steps are the containers.
    Task,
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
    ("tekton.dev", "Task", "/spec", Part::Task),
    ("tekton.dev", "ClusterTask", "/spec", Part::Task),
    ("tekton.dev", "TaskRun", "/spec/taskSpec", Part::Task),
    (
        "tekton.dev",
        "Pipeline",
        "/spec/tasks/*/taskSpec",
        Part::Task,
    ),
    (
        "tekton.dev",
        "Pipeline",
        "/spec/finally/*/taskSpec",
        Part::Task,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/pipelineSpec/tasks/*/taskSpec",
        Part::Task,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        "/spec/pipelineSpec/finally/*/taskSpec",
        Part::Task,
    ),
    ("tekton.dev", "StepAction", "/spec", Part::Container),
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
        search::add(object, true, &mut others)?;
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
        let is_part = self != Self::Template;
        if is_part {
            // The metadata beside it is not that of pods.
            place.metadata = None;
        }
        pods.push(pod(&place));
        let Some(pod) = pods.last_mut() else {
            return Ok(());
        };
        pod.is_part = is_part;
        read_into(&mut pod.spec, value, &place)?;
        match self {
            Self::Template | Self::Shared | Self::OfTask => Ok(()),
            Self::Task => read_into(&mut Task(&mut pod.others), value, &place),
            Self::Container => {
                main_container(pod, value, &place)?;
                read_into(&mut Task(&mut pod.others), value, &place)
            }
            Self::Machine => host_disks(pod, value, &place),
        }
    }
}

/// The containers that pod specs do not have: lists, and what steps have in common.
struct Task<'t, 'a>(&'t mut Vec<OtherContainer<'a>>);

impl<'de> View<'de> for Task<'_, 'de> {
    fn fields(&self) -> &'static Fields {
        const { &Fields::of(&["steps", "sidecars", "stepTemplate"]) }
    }

    fn read(&mut self, field: usize, value: &mut Reader<'de>) -> Result<(), Stop> {
        let (key, is_list) = match field {
            0 => ("steps", true),
            1 => ("sidecars", true),
            _ => ("stepTemplate", false),
        };
        let mut containers = Vec::new();
        OtherContainer::read(&mut containers, is_list, value)?;
        OtherContainer::add(self.0, key, is_list, containers);
        Ok(())
    }
}

/// Reads the container that is written into its pod's spec, and what is called otherwise there.
fn main_container<'a>(pod: &mut Pod<'a>, value: &'a str, place: &Place<'a>) -> Result<(), Fault> {
    #[derive(Default)]
    struct Context<'a> {
        of_pod: PodSecurityContext<'a>,
    }

    reads!(Context<'de> { "podSecurityContext" => of_pod: object });

    let mut context = Context::default();
    read_into(&mut context, value, place)?;
    pod.keys.security_context = "podSecurityContext";
    pod.spec.security_context = context.of_pod;
    let mut container = Container::default();
    read_into(&mut container, value, place)?;
    let path = String::new();
    pod.others.push(OtherContainer { path, container });
    Ok(())
}

/// Reads the disks of a machine that are files of its node. The machine has them all, writable.
fn host_disks<'a>(pod: &mut Pod<'a>, value: &'a str, place: &Place<'a>) -> Result<(), Fault> {
    #[derive(Default)]
    struct Machine<'a> {
        volumes: Vec<Disk<'a>>,
    }

    #[derive(Default)]
    struct Disk<'a> {
        host: Option<HostPath<'a>>,
    }

    reads!(Machine<'de> { "volumes" => volumes: objects });
    reads!(Disk<'de> { "hostDisk" => host: object_if_any });

    pod.keys.host_path = "hostDisk";
    pod.keys.has_all_volumes = true;
    let mut machine = Machine::default();
    read_into(&mut machine, value, place)?;
    for (volume, disk) in pod.spec.volumes.iter_mut().zip(machine.volumes) {
        volume.host_path = disk.host;
    }
    Ok(())
}
