//! What is known of the paths of a node: two tables.

use super::sensitive::Class;

/// A path of which something is known, links followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: &'static [&'static str],
    pub class: Class,
    /// What the paths under it are that have no entry of their own.
    pub children: Class,
    /// What it is, for a sentence that begins with "it is".
    pub what: &'static str,
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
pub(super) const LINUX: &[Entry] = &[
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
        &["dev", "null"],
        Class::Public,
        Class::Public,
        "a device that holds nothing",
    ),
    entry(
        &["dev", "zero"],
        Class::Public,
        Class::Public,
        "a device that holds nothing",
    ),
    entry(
        &["dev", "random"],
        Class::Public,
        Class::Public,
        "the node's random numbers",
    ),
    entry(
        &["dev", "urandom"],
        Class::Public,
        Class::Public,
        "the node's random numbers",
    ),
    entry(
        &["dev", "shm"],
        Class::Other,
        Class::Other,
        "the node's shared memory",
    ),
    entry(
        &["dev", "log"],
        Class::Listener,
        Class::Listener,
        "the socket of the node's system log",
    ),
    // What programs often mount, and may read.
    entry(
        &["etc", "ssl", "certs"],
        Class::Public,
        Class::Public,
        "the certificates that the node trusts",
    ),
    entry(
        &["etc", "pki", "ca-trust"],
        Class::Public,
        Class::Public,
        "the certificates that the node trusts",
    ),
    entry(
        &["etc", "ca-certificates"],
        Class::Public,
        Class::Public,
        "the certificates that the node trusts",
    ),
    entry(
        &["usr", "share", "ca-certificates"],
        Class::Public,
        Class::Public,
        "the certificates that the node trusts",
    ),
    entry(
        &["usr", "local", "share", "ca-certificates"],
        Class::Public,
        Class::Public,
        "the certificates that the node trusts",
    ),
    entry(
        &["etc", "localtime"],
        Class::Public,
        Class::Public,
        "the node's time zone",
    ),
    entry(
        &["etc", "timezone"],
        Class::Public,
        Class::Public,
        "the node's time zone",
    ),
    entry(
        &["usr", "share", "zoneinfo"],
        Class::Public,
        Class::Public,
        "the time zones",
    ),
    entry(
        &["etc", "hosts"],
        Class::Public,
        Class::Public,
        "the names that the node knows",
    ),
    entry(
        &["etc", "hostname"],
        Class::Public,
        Class::Public,
        "the node's name",
    ),
    entry(
        &["etc", "resolv.conf"],
        Class::Public,
        Class::Public,
        "the name servers that the node asks",
    ),
    entry(
        &["etc", "machine-id"],
        Class::Public,
        Class::Public,
        "the node's identity",
    ),
    entry(
        &["etc", "os-release"],
        Class::Public,
        Class::Public,
        "what the node says it is",
    ),
    entry(
        &["usr", "lib", "os-release"],
        Class::Public,
        Class::Public,
        "what the node says it is",
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
        &["sysroot"],
        Class::Secret,
        Class::Control,
        "the disk that an ostree system starts from, with every file of the node",
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
        "the directory of the modules that the node's kernel loads",
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
        &["var", "lib", "rancher", "k3s", "storage"],
        Class::Other,
        Class::Other,
        "the volumes of k3s' own storage class",
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
        "the directory of the logs, and a known way out: the kubelet follows a link placed here when it serves logs, and so reads any file of the node",
    ),
];

/// What homes of users hold that is worth a theft.
pub(super) static IN_HOMES: Entry = entry(
    &[
        ".ssh", ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube",
    ],
    Class::Secret,
    Class::Secret,
    "the keys and tokens of a user of the node",
);

/// Names of sockets that start any container on the node, wherever they lie: distributions move
/// them.
pub(super) const RUNTIME_SOCKETS: &[&str] = &[
    "containerd.sock",
    "cri-dockerd.sock",
    "crio.sock",
    "docker.sock",
    "dockershim.sock",
    "podman.sock",
];

/// What there is on a Windows node, in lower case.
pub(super) const WINDOWS: &[Entry] = &[
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
        &["c:", "program files (x86)"],
        Class::Control,
        Class::Control,
        "programs that the node runs",
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
        &["c:", "var", "log"],
        Class::Logs,
        Class::Logs,
        "the directory of the logs, which the kubelet serves",
    ),
    entry(
        &["c:", "k"],
        Class::Secret,
        Class::Secret,
        "the kubelet, the network plugins and their configuration",
    ),
];
