//! How bad it is to reach a path of a node: how the path relates to what is known there.

use super::known::{Entry, IN_HOMES, LINUX, RUNTIME_SOCKETS, WINDOWS};
use super::path::{HostPath, System, starts_with};

/// What reaching a path amounts to; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// A socket that takes commands; its mount being read-only changes nothing.
    Socket,
    /// Devices; a read-only mount does not stop writing to them.
    Device,
    /// Files that hold keys to the node or the cluster, so that reading them is enough.
    Secret,
    /// Files that control the node when they are written.
    Control,
    /// A socket of a service that nothing is known of.
    Listener,
    /// The directory whose links the kubelet follows when it serves logs.
    Logs,
    /// Files that anybody may read; writing them misleads the node.
    Public,
    /// A part of the node that nothing is known of.
    Other,
}

/// How a path relates to the entry that decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation<'t> {
    Is(&'t Entry),
    Holds(&'t Entry),
    LiesUnder(&'t Entry),
    /// Nothing is known of it, nor of what is around it.
    None,
}

/// The class of a path, and the entry that decides it. `source_type` is the type of the
/// `hostPath`, which the kubelet checks.
///
/// The most specific entry that the path is, or lies under, decides; but a path that holds other
/// entries is at least as sensitive as they are.
pub(super) fn class(path: &HostPath, source_type: Option<&str>) -> (Class, Relation<'static>) {
    let entries = match path.system() {
        System::Linux => LINUX,
        System::Windows => WINDOWS,
    };
    let components = path.components();
    let decided = entries
        .iter()
        .filter(|entry| starts_with(components, entry.path))
        .max_by_key(|entry| entry.path.len())
        .map(|entry| {
            if entry.path.len() == components.len() {
                (entry.class, Relation::Is(entry))
            } else {
                (entry.children, Relation::LiesUnder(entry))
            }
        });
    let held = entries
        .iter()
        .filter(|entry| holds(components, entry.path))
        .min_by_key(|entry| entry.class)
        .map(|entry| (entry.class, Relation::Holds(entry)));
    let typed = match source_type {
        Some("Socket") => Some((Class::Listener, Relation::None)),
        Some("BlockDevice" | "CharDevice") => Some((Class::Device, Relation::None)),
        _ => None,
    };
    let named = components
        .last()
        .is_some_and(|name| RUNTIME_SOCKETS.contains(&name.as_str()))
        .then_some((Class::Socket, Relation::None));
    let in_home = match components {
        [home, _, name, ..] if home == "home" && IN_HOMES.path.contains(&name.as_str()) => {
            Some((IN_HOMES.class, Relation::LiesUnder(&IN_HOMES)))
        }
        _ => None,
    };
    // Of two that are equally bad, the path's own entry says more.
    decided
        .into_iter()
        .chain(named.or(in_home))
        .chain(held)
        .chain(typed)
        .min_by_key(|(class, _)| *class)
        .unwrap_or((Class::Other, Relation::None))
}

fn holds(components: &[String], path: &[&str]) -> bool {
    path.len() > components.len() && components.iter().zip(path).all(|(one, other)| one == other)
}

/// Why a path of this class and relation matters.
pub(super) fn reason(class: Class, relation: Relation<'_>) -> String {
    match (relation, class) {
        (_, Class::Other) => {
            "it is shared with the node and with every pod that mounts it".to_owned()
        }
        (Relation::Is(entry), _) => ["it is ", entry.what].concat(),
        (Relation::Holds(entry), _) => ["it may hold ", entry.what].concat(),
        (Relation::LiesUnder(entry), _) => ["it belongs to ", entry.what].concat(),
        (Relation::None, Class::Socket) => {
            "it is the socket of a container runtime, which starts any container on the node"
                .to_owned()
        }
        (Relation::None, Class::Device) => {
            "it is a device of the node, and a read-only mount keeps nobody from writing to it"
                .to_owned()
        }
        (Relation::None, _) => {
            "it is a socket of a service on the node, which takes commands through a read-only \
             mount too"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_class(path: &str, expected: Class) {
        assert_eq!(class(&HostPath::new(path), None).0, expected, "{path}");
    }

    #[test]
    fn windows_has_its_own_paths() {
        assert_class(r"\\.\pipe\docker_engine", Class::Socket);
        assert_class(r"\\.\pipe\agent", Class::Listener);
        assert_class(r"C:\", Class::Secret);
        assert_class(r"c:\WINDOWS\System32", Class::Control);
        assert_class(r"C:\var\lib", Class::Secret);
        assert_class(r"D:\data", Class::Other);
        assert_class(r"C:\windows-data", Class::Other);
        assert_class(r"\Windows\System32", Class::Control);
        assert_class(r"\\files\share", Class::Other);
        assert_class(r"\\?\C:\ProgramData\docker", Class::Control);
        assert_class(r"\\.\PhysicalDrive0", Class::Device);
        assert_class(r"C:\Program Files (x86)", Class::Control);
        assert_class(r"C:\var\log\pods", Class::Logs);
        let in_pod_for_windows = |path: &str| class(&HostPath::on_windows(path), None).0;
        assert_eq!(in_pod_for_windows("/ProgramData"), Class::Control);
        assert_eq!(in_pod_for_windows("/"), Class::Secret);
        assert_eq!(in_pod_for_windows("/etc/kubernetes/pki"), Class::Secret);
        assert_eq!(in_pod_for_windows("/proc"), Class::Other);
        assert_eq!(in_pod_for_windows("/run/docker.sock"), Class::Socket);
        // On a Windows node this is `C:\etc`, on any other what it says.
        assert_class("/etc/kubernetes", Class::Secret);
    }

    #[test]
    fn the_type_of_a_source_tells_of_sockets_and_devices() {
        let typed = |path, source_type| class(&HostPath::new(path), Some(source_type)).0;
        assert_eq!(typed("/srv/agent.sock", "Socket"), Class::Listener);
        assert_eq!(typed("/srv/disk", "BlockDevice"), Class::Device);
        assert_eq!(typed("/srv/tty", "CharDevice"), Class::Device);
        assert_eq!(typed("/run/docker.sock", "Socket"), Class::Socket);
        assert_eq!(typed("/srv/data", "DirectoryOrCreate"), Class::Other);
    }

    #[test]
    fn a_path_is_what_its_entry_says() {
        assert_class("/", Class::Socket);
        assert_class("/var/run/docker.sock", Class::Socket);
        assert_class("/etc", Class::Secret);
        assert_class("/dev", Class::Device);
        assert_class(
            "/var/snap/microk8s/common/run/containerd.sock",
            Class::Socket,
        );
        assert_class("/run/user/1000/podman/podman.sock", Class::Socket);
        assert_class("/var/log", Class::Logs);
    }

    #[test]
    fn the_most_specific_entry_decides_about_a_child() {
        assert_class("/etc/cron.d/job", Class::Control);
        assert_class("/etc/kubernetes/pki/ca.key", Class::Secret);
        assert_class("/dev/sda", Class::Device);
        assert_class("/dev/null", Class::Public);
        assert_class("/lib/modules", Class::Control);
        assert_class("/var/log/pods", Class::Logs);
        assert_class("/var/lib/kubelet/pods", Class::Secret);
    }

    #[test]
    fn homes_of_users_hold_keys() {
        assert_class("/home/core/.ssh", Class::Secret);
        assert_class("/home/ubuntu/.aws/credentials", Class::Secret);
        assert_class("/home/core/.cache", Class::Other);
        assert_class("/srv/core/.ssh", Class::Other);
        // On ostree systems.
        assert_class("/var/roothome/.bashrc", Class::Secret);
        assert_class("/var/home", Class::Secret);
        assert_class("/var/home/core/.ssh", Class::Secret);
        assert_class("/sysroot", Class::Secret);
        assert_class("/sysroot/ostree/deploy", Class::Control);
        assert_class("/sysroots", Class::Other);
    }

    #[test]
    fn what_k3s_keeps_for_volumes_is_no_state_of_its_own() {
        assert_class("/var/lib/rancher/k3s/storage/pvc-1", Class::Other);
        assert_class("/var/lib/rancher/k3s/storage/", Class::Other);
        assert_class("/var/lib/rancher/k3s/storage/../server", Class::Secret);
        assert_class("/var/lib/rancher/k3s", Class::Secret);
    }

    #[test]
    fn what_anybody_may_read_is_known() {
        assert_class("/etc/ssl/certs/ca.pem", Class::Public);
        assert_class("/etc/localtime", Class::Public);
        assert_class("/etc/ssl", Class::Control);
        assert_class("/etc/ssl/private", Class::Control);
    }

    #[test]
    fn a_directory_is_as_sensitive_as_the_worst_that_it_holds() {
        assert_class("/run", Class::Socket);
        assert_class("/var/run/", Class::Socket);
        assert_class("/var", Class::Socket);
        assert_class("/var/lib", Class::Secret);
        assert_class("/opt", Class::Control);
        assert_class("/opt/cni", Class::Control);
        assert_class("/srv", Class::Secret);
    }

    #[test]
    fn what_only_looks_alike_is_another_path() {
        for path in [
            "/etcd-data",
            "/etc-backup",
            "/run/xtables.lock",
            "/srv/data",
            "/opt/app",
            "/mnt/disks/1",
            "/home/app",
            "/variable",
            "/development",
            "/proc2",
        ] {
            assert_class(path, Class::Other);
        }
    }

    #[test]
    fn entries_are_resolved_and_stand_once() {
        for (separator, entries) in [("/", LINUX), (r"\", WINDOWS)] {
            for (index, entry) in entries.iter().enumerate() {
                let path = HostPath::new(&entry.path.join(separator));
                assert_eq!(path.components(), entry.path);
                let mut others = entries.iter().skip(index + 1);
                assert!(others.all(|other| other.path != entry.path), "{entry:?}");
            }
        }
    }
}
