//! `host-path`: a volume that is a path of the node.

mod known;
mod path;
mod sensitive;

use crate::pod::{ByName, Pod, Volume};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::view::Text;

pub(crate) use path::HostPath;
use sensitive::Class;

pub(crate) static RULE: Rule = Rule {
    id: "host-path",
    alert: Some(Alert::HostAccess),
    title: "Host path volume",
    severity: Severity::High,
    techniques: &["T1611", "T1552.001", "T1543"],
    pod_security: Some("HostPath Volumes"),
    help: Help {
        finds: "A volume with `hostPath` (in KubeVirt's machines `hostDisk`), mounted or not. How bad it is follows from the path and \
                its mounts: whether it is, holds or lies under a path that leads to control of \
                the node, and whether every mount of it is read-only, in no container that is \
                privileged or has `SYS_ADMIN`, which can undo that. Paths are compared component \
                by component, `/var/run` counts as `/run`, and `//run/./x/` as `/run/x`; on Windows, \
                where pipes count as sockets, without regard to case. There, a path without a drive \
                lies on `C:`: one with a backslash, and any in a pod with `os.name: windows`.",
        why: "The container reads, and unless every mount is read-only writes, files of its node. \
              Sockets of the container runtime, the kubelet's directory, `/etc`, `/proc`, devices \
              and the root directory each give the whole node; a socket does so read-only too.",
        bad: "spec:\n  containers:\n  - name: main\n    volumeMounts:\n    - {name: host, mountPath: \
              /host}\n  volumes:\n  - name: host\n    hostPath: {path: /}\n",
        good: "spec:\n  containers:\n  - name: main\n    volumeMounts:\n    - {name: scratch, \
               mountPath: /host}\n  volumes:\n  - name: scratch\n    emptyDir: {}\n",
        fix: "use a persistent volume claim, an `emptyDir` or a config map instead; if it has to be \
              the node, mount the narrowest path, read-only in every container, none of which can \
              undo that",
        references: &[
            "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mounts = Mounts::of(pod);
    let volumes = pod.spec.volumes.iter().enumerate();
    volumes
        .filter_map(|(index, volume)| evidence(pod, index, volume, &mounts, settings))
        .collect()
}

fn evidence<'d>(
    pod: &Pod<'_>,
    index: usize,
    volume: &Volume<'_>,
    mounts: &Mounts<'_>,
    settings: &Settings,
) -> Option<Evidence<'d>> {
    let source = volume.host_path.as_ref()?;
    let path = name(source.path.as_ref());
    let path = if pod.is_for_windows() {
        HostPath::on_windows(path)
    } else {
        HostPath::new(path)
    };
    let access = if pod.keys.has_all_volumes {
        Access::Writable
    } else {
        mounts.access(volume)
    };
    if settings.allow.has(&path, access <= Access::ReadOnly) {
        return None;
    }
    let (class, relation) = sensitive::class(&path, source.source_type.as_ref().map(Text::as_str));
    let (verb, how) = match access {
        Access::Unmounted => (
            "declares",
            ", which no container mounts yet, but an ephemeral one can: ",
        ),
        Access::ReadOnly => ("mounts", " read-only: "),
        Access::Remountable => (
            "mounts",
            " read-only, which a container that is privileged or has `SYS_ADMIN` can undo: ",
        ),
        Access::Writable => ("mounts", " writable: "),
    };
    let why = sensitive::reason(class, relation);
    let message = [verb, " the node's ", &quoted(path.as_written()), how, &why].concat();
    let pointer = pod.at(format_args!("volumes/{index}/{}", pod.keys.host_path));
    let identity = path.identity();
    let mut evidence = Evidence::new(
        severity(class, access),
        pointer,
        path.into_written(),
        message,
    );
    evidence.identify(identity);
    // to write openly is no news where a read-only mount could be undone
    evidence.reach = access.min(Access::Remountable) as u8;
    Some(evidence.refused_by_baseline())
}

/// The evidence for a path of a node that whoever claims it gets, writable.
pub(super) fn claimable<'d>(pointer: &str, path: &str, source_type: Option<&str>) -> Evidence<'d> {
    let path = HostPath::new(path);
    let (class, relation) = sensitive::class(&path, source_type);
    let why = sensitive::reason(class, relation);
    let shown = quoted(path.as_written());
    let message = ["gives the node's ", &shown, " to whoever claims it: ", &why].concat();
    let identity = path.identity();
    let severity = severity(class, Access::Writable);
    let mut evidence = Evidence::new(severity, pointer.to_owned(), path.into_written(), message);
    evidence.identify(identity);
    evidence
}

/// A path that the settings name, whatever system its nodes have.
#[derive(Debug)]
pub(crate) struct PathAnywhere([HostPath; 2]);

impl PathAnywhere {
    pub fn new(path: &str) -> Self {
        Self([HostPath::new(path), HostPath::on_windows(path)])
    }

    /// Whether it is a path.
    pub fn is(&self, path: &HostPath) -> bool {
        self.0
            .iter()
            .any(|own| path.lies_in(own) && own.lies_in(path))
    }

    /// Whether a path is this one or lies under it.
    pub fn is_or_holds(&self, path: &HostPath) -> bool {
        self.0.iter().any(|own| path.lies_in(own))
    }
}

/// What the containers of a pod may do with a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    /// No container mounts it. An ephemeral container may, later.
    Unmounted,
    /// Every mount of it, in every container, is read-only.
    ReadOnly,
    /// The same, but a container that mounts it can mount it anew.
    Remountable,
    Writable,
}

/// What the containers of a pod may do with its volumes, by their names.
struct Mounts<'p>(ByName<'p>);

impl<'p> Mounts<'p> {
    fn of(pod: &'p Pod<'_>) -> Self {
        let mut mounts = ByName::new();
        let has_host_paths = pod
            .spec
            .volumes
            .iter()
            .any(|volume| volume.host_path.is_some());
        let containers = has_host_paths.then(|| pod.all_containers());
        let all = containers.into_iter().flatten().flat_map(|placed| {
            let mounts = placed.container.volume_mounts.iter();
            mounts.map(move |mount| (placed.can_remount(), mount))
        });
        for (can_remount, mount) in all {
            let access = match (mount.read_only, can_remount) {
                (false, _) => Access::Writable,
                (true, true) => Access::Remountable,
                (true, false) => Access::ReadOnly,
            };
            let most = mounts.entry(name(mount.name.as_ref())).or_default();
            *most = (access as usize).max(*most);
        }
        Self(mounts)
    }

    fn access(&self, volume: &Volume<'_>) -> Access {
        let most = self.0.get(name(volume.name.as_ref()));
        let of = |access: &Access| most == Some(&(*access as usize));
        let mounted = [Access::ReadOnly, Access::Remountable, Access::Writable];
        mounted.into_iter().find(of).unwrap_or(Access::Unmounted)
    }
}

fn name<'n>(name: Option<&'n Text<'_>>) -> &'n str {
    name.map_or("", Text::as_str)
}

fn severity(class: Class, access: Access) -> Severity {
    let writes = access > Access::ReadOnly;
    let is_mounted = access > Access::Unmounted;
    match class {
        Class::Socket | Class::Device | Class::Secret if is_mounted => Severity::Critical,
        Class::Control if writes => Severity::Critical,
        Class::Control | Class::Listener if is_mounted => Severity::High,
        Class::Logs | Class::Public if writes => Severity::High,
        Class::Socket | Class::Device | Class::Secret | Class::Control => Severity::Medium,
        Class::Logs if is_mounted => Severity::Medium,
        Class::Other if writes => Severity::Medium,
        Class::Listener | Class::Logs | Class::Public | Class::Other => Severity::Low,
    }
}
