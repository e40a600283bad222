//! Which paths of a node give more than a few files: one table, and how a path relates to it.

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

/// A path of which something is known, links followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    path: &'static [&'static str],
    class: Class,
    /// What the paths under it are that have no entry of their own.
    children: Class,
    what: &'static str,
}

const fn entry(
    path: &'static [&'static str],
    class: Class,
    children: Class,
    what: &'static str,
) -> Entry {
    Entry {
        path,
        class,
        children,
        what,
    }
}

/// What there is on a Linux node. A path that holds an entry is as sensitive as the worst that it holds,
/// so parents need no entry of their own.
const LINUX: &[Entry] = &[
    entry(
        &[],
        Class::Socket,
        Class::Other,
        "the node's root directory, with every socket, key and program in it",
    ),
    // Sockets of container runtimes and of what else starts programs on the node.
    entry(
        &["run", "docker.sock"],
        Class::Socket,
        Class::Socket,
        "the socket of Docker, which starts any container on the node",
    ),
    entry(
        &["run", "docker"],
        Class::Socket,
        Class::Socket,
        "Docker's sockets, which start any container on the node",
    ),
    entry(
        &["run", "containerd"],
        Class::Socket,
        Class::Socket,
        "containerd's socket and state, which start any container on the node",
    ),
    entry(
        &["run", "crio"],
        Class::Socket,
        Class::Socket,
        "the socket of CRI-O, which starts any container on the node",
    ),
    entry(
        &["run", "cri-dockerd.sock"],
        Class::Socket,
        Class::Socket,
        "the socket of cri-dockerd, which starts any container on the node",
    ),
    entry(
        &["run", "dockershim.sock"],
        Class::Socket,
        Class::Socket,
        "the socket of dockershim, which starts any container on the node",
    ),
    entry(
        &["run", "k3s"],
        Class::Socket,
        Class::Socket,
        "the socket of k3s' containerd, which starts any container on the node",
    ),
    entry(
        &["run", "k0s"],
        Class::Socket,
        Class::Socket,
        "the socket of k0s' containerd, which starts any container on the node",
    ),
    entry(
        &["run", "podman"],
        Class::Socket,
        Class::Socket,
        "the socket of Podman, which starts any container on the node",
    ),
    entry(
        &["run", "libvirt"],
        Class::Socket,
        Class::Socket,
        "the sockets of libvirt, which control the node's virtual machines",
    ),
    entry(
        &["run", "systemd"],
        Class::Socket,
        Class::Socket,
        "the sockets of systemd, which starts any program on the node",
    ),
    entry(
        &["run", "dbus"],
        Class::Socket,
        Class::Socket,
        "the node's D-Bus, through which systemd starts any program",
    ),
    // Devices.
    entry(
        &["dev"],
        Class::Device,
        Class::Device,
        "the node's devices, its disks and memory among them",
    ),
    // What controls the node, or holds its secrets.
    entry(
        &["etc"],
        Class::Secret,
        Class::Control,
        "the node's configuration: accounts, units, cron jobs, certificates and keys",
    ),
    entry(
        &["etc", "kubernetes"],
        Class::Secret,
        Class::Secret,
        "Kubernetes' own configuration: static pods, certificates and keys",
    ),
    entry(
        &["etc", "cni"],
        Class::Control,
        Class::Control,
        "the configuration of network plugins, which run as root",
    ),
    entry(
        &["root"],
        Class::Secret,
        Class::Secret,
        "the home of the node's root user, with its keys",
    ),
    entry(
        &["home"],
        Class::Secret,
        Class::Other,
        "the homes of the node's users, with their keys",
    ),
    entry(
        &["proc"],
        Class::Secret,
        Class::Secret,
        "the kernel's interface to every process, and settings such as `core_pattern` that run programs as root",
    ),
    entry(
        &["sys"],
        Class::Control,
        Class::Control,
        "the kernel's interface to cgroups, devices and modules",
    ),
    entry(
        &["boot"],
        Class::Control,
        Class::Control,
        "the node's kernel and boot loader",
    ),
    entry(
        &["usr"],
        Class::Control,
        Class::Control,
        "the programs and libraries that the node runs as root",
    ),
    entry(
        &["usr", "lib", "modules"],
        Class::Control,
        Class::Control,
        "the modules that the node's kernel loads",
    ),
    entry(
        &["opt", "cni", "bin"],
        Class::Control,
        Class::Control,
        "the network plugins, which run as root",
    ),
    entry(
        &["srv", "kubernetes"],
        Class::Secret,
        Class::Secret,
        "Kubernetes' own configuration, certificates and keys",
    ),
    entry(
        &["var", "lib", "kubelet"],
        Class::Secret,
        Class::Secret,
        "the kubelet's directory: its credentials and every pod's secrets, tokens and volumes",
    ),
    entry(
        &["var", "lib", "etcd"],
        Class::Secret,
        Class::Secret,
        "the cluster's database, with every secret in it",
    ),
    entry(
        &["var", "lib", "docker"],
        Class::Control,
        Class::Control,
        "the files of every container that Docker runs",
    ),
    entry(
        &["var", "lib", "containerd"],
        Class::Control,
        Class::Control,
        "the files of every container that containerd runs",
    ),
    entry(
        &["var", "lib", "containers"],
        Class::Control,
        Class::Control,
        "the files of every container that CRI-O or Podman runs",
    ),
    entry(
        &["var", "lib", "rancher"],
        Class::Secret,
        Class::Secret,
        "the state of k3s or RKE2: certificates, tokens and static pods",
    ),
    entry(
        &["var", "lib", "k0s"],
        Class::Secret,
        Class::Secret,
        "the state of k0s: certificates, tokens and manifests",
    ),
    entry(
        &["var", "spool", "cron"],
        Class::Control,
        Class::Control,
        "the node's cron jobs",
    ),
    // Directories that hold more than what is named above.
    entry(
        &["run"],
        Class::Socket,
        Class::Other,
        "the sockets of the container runtime and of the node's services",
    ),
    entry(
        &["var"],
        Class::Socket,
        Class::Other,
        "a directory that holds the kubelet's keys, container files, logs and, by its link `run`, sockets",
    ),
    entry(
        &["var", "log"],
        Class::Logs,
        Class::Logs,
        "logs, and a known way out: the kubelet follows a link placed here when it serves logs, and so reads any file of the node",
    ),
];

/// What there is on a Windows node, in lower case.
const WINDOWS: &[Entry] = &[
    entry(
        &[r"\\."],
        Class::Device,
        Class::Device,
        "the node's devices and pipes",
    ),
    entry(
        &[r"\\.", "pipe"],
        Class::Socket,
        Class::Listener,
        "the node's named pipes, those of the container runtime among them",
    ),
    entry(
        &[r"\\.", "pipe", "docker_engine"],
        Class::Socket,
        Class::Socket,
        "the pipe of Docker, which starts any container on the node",
    ),
    entry(
        &[r"\\.", "pipe", "containerd-containerd"],
        Class::Socket,
        Class::Socket,
        "the pipe of containerd, which starts any container on the node",
    ),
    entry(
        &["c:"],
        Class::Secret,
        Class::Other,
        "the node's system drive, with every key and program on it",
    ),
    entry(
        &["c:", "windows"],
        Class::Control,
        Class::Control,
        "the programs and settings that the node runs as its system",
    ),
    entry(
        &["c:", "program files"],
        Class::Control,
        Class::Control,
        "the programs that the node runs, the container runtime among them",
    ),
    entry(
        &["c:", "programdata"],
        Class::Control,
        Class::Control,
        "the state of the node's services, the container runtime among them",
    ),
    entry(
        &["c:", "users"],
        Class::Secret,
        Class::Secret,
        "the homes of the node's users, with their keys",
    ),
    entry(
        &["c:", "etc", "kubernetes"],
        Class::Secret,
        Class::Secret,
        "Kubernetes' own configuration, certificates and keys",
    ),
    entry(
        &["c:", "var", "lib", "kubelet"],
        Class::Secret,
        Class::Secret,
        "the kubelet's directory: its credentials and every pod's secrets, tokens and volumes",
    ),
    entry(
        &["c:", "k"],
        Class::Secret,
        Class::Secret,
        "the kubelet, the network plugins and their configuration",
    ),
];

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
    // Of two that are equally bad, the path's own entry says more.
    decided
        .into_iter()
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
        (Relation::Is(entry), _) => format!("it is {}", entry.what),
        (Relation::Holds(entry), _) => format!("it holds {}", entry.what),
        (Relation::LiesUnder(entry), _) => format!("it belongs to {}", entry.what),
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
        assert_class("/var/log", Class::Logs);
    }

    #[test]
    fn the_most_specific_entry_decides_about_a_child() {
        assert_class("/etc/hosts", Class::Control);
        assert_class("/etc/kubernetes/pki/ca.key", Class::Secret);
        assert_class("/dev/sda", Class::Device);
        assert_class("/lib/modules", Class::Control);
        assert_class("/var/log/pods", Class::Logs);
        assert_class("/var/lib/kubelet/pods", Class::Secret);
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
