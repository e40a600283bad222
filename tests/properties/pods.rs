//! Pods that are made up: of all that the rules read, in the spellings that count, and of near
//! misses beside it. Every part may be absent, so that a pod that fails a property shrinks to the
//! few parts that matter.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use super::spellings;

/// The lists of containers, in the order in which Kubernetes starts them.
pub const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// What comes before a container's name in the key of its AppArmor annotation.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The name of a container, or of a volume, that a [`Vector`] adds.
const ADDED: &str = "added";

/// The metadata and the spec of a pod. The names of its containers are unique, and so are those of
/// its volumes.
pub fn pod() -> BoxedStrategy<Value> {
    let containers = || vec(container(), 0..3);
    let lists = [containers(), containers(), containers()];
    let volumes = vec(volume(), 0..4);
    let annotations = vec((select(CONTAINERS), select(APP_ARMOR_PROFILES)), 0..4);
    (spec(), lists, volumes, annotations)
        .prop_map(|(mut spec, lists, volumes, annotations)| {
            for (list, containers) in LISTS.iter().zip(lists) {
                let initial = list.chars().next().unwrap();
                let named = containers.into_iter().enumerate();
                spec[list] = named
                    .map(|(index, container)| named_as(&format!("{initial}{index}"), container))
                    .collect();
            }
            let named = volumes.into_iter().enumerate();
            spec["volumes"] = named
                .map(|(index, volume)| named_as(VOLUMES[index], volume))
                .collect();
            let annotations = annotations
                .into_iter()
                .map(|(container, profile)| (format!("{APP_ARMOR}{container}"), json!(profile)));
            json!({"metadata": {"annotations": Map::from_iter(annotations)}, "spec": spec})
        })
        .boxed()
}

/// One more way to the host, wherever it is put.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The list and the container that it is put in, of those that there are; none for the pod.
    container: Option<(usize, Index)>,
    part: Value,
}

/// One more way to the host.
pub fn vector() -> BoxedStrategy<Vector> {
    let of_container = (0..LISTS.len(), any::<Index>(), container_vector());
    let of_container = of_container.prop_map(|(list, index, part)| Vector {
        container: Some((list, index)),
        part,
    });
    let of_pod = pod_vector().prop_map(|part| Vector {
        container: None,
        part,
    });
    prop_oneof![of_container, of_pod].boxed()
}

impl Vector {
    /// The pod with it. What the pod says already stays as it is; lists grow at their ends.
    pub fn added_to(&self, pod: &Value) -> Value {
        let mut pod = pod.clone();
        let Some((list, index)) = self.container else {
            merge(&mut pod, &self.part);
            return pod;
        };
        let containers = pod["spec"][LISTS[list]].as_array_mut().unwrap();
        if containers.is_empty() {
            containers.push(named_as(ADDED, self.part.clone()));
        } else {
            let index = index.index(containers.len());
            merge(&mut containers[index], &self.part);
        }
        pod
    }
}

fn merge(into: &mut Value, part: &Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => {
            for (key, part) in part {
                merge(into.entry(key).or_insert(Value::Null), part);
            }
        }
        (Value::Array(into), Value::Array(part)) => into.extend(part.iter().cloned()),
        (into @ (Value::Null | Value::Bool(false)), part) => *into = part.clone(),
        _ => {}
    }
}

fn named_as(name: &str, mut value: Value) -> Value {
    value["name"] = json!(name);
    value
}

type Fields = Vec<(&'static str, BoxedStrategy<Value>)>;

/// An object each of whose fields is there with a probability.
fn object(probability: f64, fields: Fields) -> BoxedStrategy<Value> {
    let (keys, values): (Vec<&str>, Vec<_>) = fields
        .into_iter()
        .map(|(key, value)| (key, option::weighted(probability, value)))
        .unzip();
    values
        .prop_map(move |values| {
            let fields = keys.iter().zip(values);
            let given = fields.filter_map(|(key, value)| Some(((*key).to_owned(), value?)));
            Value::Object(given.collect())
        })
        .boxed()
}

/// An object with one of the fields.
fn one_field(fields: Fields) -> BoxedStrategy<Value> {
    let fields = fields.into_iter().map(|(key, value)| {
        let alone = move |value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
        value.prop_map(alone).boxed()
    });
    proptest::strategy::Union::new(fields).boxed()
}

fn text(texts: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(texts).prop_map(Value::from).boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

fn list(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    vec(element, 0..4).prop_map(Value::from).boxed()
}

/// A value that is mostly there, and else null.
fn given(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    option::weighted(0.9, value)
        .prop_map(Option::unwrap_or_default)
        .boxed()
}

fn spec() -> BoxedStrategy<Value> {
    let node_selector = NODES.iter().map(|label| (*label, text(&[""])));
    let toleration = vec![("key", text(NODES)), ("operator", text(&["Exists"]))];
    let fields = vec![
        ("hostNetwork", flag()),
        ("hostPID", flag()),
        ("hostIPC", flag()),
        ("hostUsers", flag()),
        (
            "os",
            object(0.6, vec![("name", text(&["linux", "windows"]))]),
        ),
        ("nodeName", text(&["node-1"])),
        ("nodeSelector", object(0.3, node_selector.collect())),
        ("affinity", affinity()),
        ("tolerations", list(object(0.6, toleration))),
        ("serviceAccountName", text(&["default", "agent"])),
    ];
    let security_context = [profiles(), vec![("sysctls", list(sysctl()))]].concat();
    (object(0.25, fields), given(object(0.3, security_context)))
        .prop_map(|(mut spec, security_context)| {
            spec["securityContext"] = security_context;
            spec
        })
        .boxed()
}

const NODES: &[&str] = &["node-role.kubernetes.io/control-plane", "disk"];

fn affinity() -> BoxedStrategy<Value> {
    let operator = text(&["Exists", "In", "DoesNotExist"]);
    let expression = object(0.9, vec![("key", text(NODES)), ("operator", operator)]);
    let term = object(0.9, vec![("matchExpressions", list(expression))]);
    let required = object(0.9, vec![("nodeSelectorTerms", list(term))]);
    let node = object(
        0.9,
        vec![("requiredDuringSchedulingIgnoredDuringExecution", required)],
    );
    object(0.9, vec![("nodeAffinity", node)])
}

fn sysctl() -> BoxedStrategy<Value> {
    let name = text(&[
        "kernel.msgmax",
        "kernel/msgmax",
        "net.ipv4.tcp_rmem",
        "kernel.shm_rmid_forced",
        "net/ipv4/conf/eth0.1/rp_filter",
    ]);
    let value = text(&["1", "1+kernel.core_pattern=|/evil", "a=b"]);
    object(0.9, vec![("name", name), ("value", value)])
}

/// What both a pod and a container may say.
fn profiles() -> Fields {
    let profile = || {
        object(
            0.8,
            vec![("type", text(&["Unconfined", "RuntimeDefault", "Localhost"]))],
        )
    };
    let se_linux = vec![
        (
            "type",
            text(&["spc_t", "container_t", "container_engine_t", ""]),
        ),
        ("user", text(&["system_u", "spc_t", ""])),
        ("role", text(&["system_r", "spc_t", ""])),
        ("level", text(&["s0:c1,c2"])),
    ];
    vec![
        ("seccompProfile", profile()),
        ("appArmorProfile", profile()),
        ("seLinuxOptions", object(0.5, se_linux)),
        ("windowsOptions", object(0.8, vec![("hostProcess", flag())])),
    ]
}

const CONTAINERS: &[&str] = &["i0", "i1", "c0", "c1", "e0", "e1", "nobody"];
const APP_ARMOR_PROFILES: &[&str] = &["unconfined", "runtime/default", "localhost/mine"];

/// A container without a name. All have an image, by which those of unknown kinds are found.
fn container() -> BoxedStrategy<Value> {
    let capabilities = vec![
        ("add", list(capability())),
        ("drop", list(text(&["ALL", "NET_RAW"]))),
    ];
    let security_context = [
        profiles(),
        vec![
            ("privileged", flag()),
            ("procMount", text(&["Default", "Unmasked", ""])),
            ("capabilities", object(0.8, capabilities)),
        ],
    ];
    let lifecycle = vec![("postStart", handler()), ("preStop", handler())];
    let fields = vec![
        ("ports", list(port())),
        ("volumeDevices", list(device())),
        ("livenessProbe", handler()),
        ("readinessProbe", handler()),
        ("startupProbe", handler()),
        ("lifecycle", object(0.5, lifecycle)),
    ];
    let security_context = given(object(0.35, security_context.concat()));
    (object(0.2, fields), security_context, given(list(mount())))
        .prop_map(|(mut container, security_context, mounts)| {
            container["securityContext"] = security_context;
            container["volumeMounts"] = mounts;
            container["image"] = json!("registry.example.com/image");
            container
        })
        .boxed()
}

fn port() -> BoxedStrategy<Value> {
    let number = select(&[0, 80, 8080]).prop_map(Value::from).boxed();
    let fields = vec![
        ("hostPort", number),
        ("hostIP", text(&["", "0.0.0.0", "127.0.0.1", "::"])),
        ("protocol", text(&["TCP", "UDP", ""])),
    ];
    object(0.6, fields)
}

const VOLUMES: &[&str] = &["v0", "v1", "v2", "v3", ADDED];

fn mount() -> BoxedStrategy<Value> {
    let propagation = text(&["Bidirectional", "HostToContainer", "None"]);
    let fields = vec![("readOnly", flag()), ("mountPropagation", propagation)];
    (select(VOLUMES), object(0.5, fields))
        .prop_map(|(name, mount)| named_as(name, mount))
        .boxed()
}

fn device() -> BoxedStrategy<Value> {
    select(VOLUMES)
        .prop_map(|name| json!({"name": name, "devicePath": "/dev/xvda"}))
        .boxed()
}

/// A probe or a hook that asks another host, or may do so.
fn handler() -> BoxedStrategy<Value> {
    let hosts = text(&["", "localhost", "127.0.0.2", "[::1]", "10.0.0.1"]);
    let destination = object(0.8, vec![("host", hosts)]);
    one_field(vec![
        ("httpGet", destination.clone()),
        ("tcpSocket", destination),
    ])
}

/// A capability, in a spelling that a runtime takes.
fn capability() -> BoxedStrategy<Value> {
    let name = select(&[
        "ALL",
        "SYS_ADMIN",
        "SYS_MODULE",
        "SYS_PTRACE",
        "NET_ADMIN",
        "NET_RAW",
        "BPF",
        "SYS_TIME",
        "CHOWN",
        "NET_BIND_SERVICE",
        "MKNOD",
        "FLY",
        "",
    ]);
    (name, any::<Index>())
        .prop_map(|(name, spelling)| json!(spelling.get(&spellings::of_capability(name))))
        .boxed()
}

/// A volume without a name.
fn volume() -> BoxedStrategy<Value> {
    let host_path =
        (select(PATHS), select(TYPES)).prop_map(|(path, source_type)| match source_type {
            None => json!({"hostPath": {"path": path}}),
            Some(source_type) => json!({"hostPath": {"path": path, "type": source_type}}),
        });
    let git_repo = text(&["https://git.example.com/a.git", "--upload-pack=evil"]);
    let git_repo = git_repo.prop_map(|repository| json!({"gitRepo": {"repository": repository}}));
    prop_oneof![
        5 => host_path,
        1 => git_repo,
        1 => Just(json!({"emptyDir": {}})),
        1 => Just(json!({"persistentVolumeClaim": {"claimName": "data"}})),
        1 => Just(json!({})),
    ]
    .boxed()
}

const TYPES: &[Option<&str>] = &[
    None,
    Some(""),
    Some("Directory"),
    Some("Socket"),
    Some("BlockDevice"),
];

/// Paths of every class, some in other spellings than their shortest.
const PATHS: &[&str] = &[
    "/",
    "//",
    "/.",
    "/var",
    "/var/run",
    "/run/",
    "/var/run/docker.sock",
    "/run//docker.sock",
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/./containerd.sock",
    "/run/systemd",
    "/run/xtables.lock",
    "/srv/docker.sock",
    "/dev",
    "/dev/null",
    "/dev/log",
    "/dev/sda",
    "/etc",
    "/etc/",
    "/etc/kubernetes/pki",
    "/etc/cni/net.d",
    "/etc/ssl/certs",
    "/etc/ssl",
    "/etc/localtime",
    "/etcd",
    "/root/.ssh",
    "/home",
    "/home/app",
    "/proc",
    "/proc/sys/kernel",
    "/sys/fs/cgroup",
    "/lib/modules",
    "/usr/lib/modules",
    "/lib",
    "/lib/os-release",
    "/bin",
    "/usr/bin/kubelet",
    "/sbin/init",
    "/lib64",
    "/usr",
    "/boot",
    "/opt",
    "/opt/cni/bin",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/lib/kubelet/pods",
    "/var/lib/etcd",
    "/var/lib/docker",
    "/var/log",
    "/var/log/pods",
    "/var/runner",
    "/library",
    "/srv/data",
    "/mnt/disks/1",
    r"\\.\pipe\docker_engine",
    r"\\.\pipe\agent",
    r"C:\",
    r"c:\Windows\System32",
    r"C:\var\lib\kubelet",
    r"C:\ProgramData\docker",
    r"D:\data",
    r"\Windows\System32",
    r"\ProgramData",
    "/ProgramData/docker",
    "/Windows",
    r"\\files\share",
];

fn container_vector() -> BoxedStrategy<Value> {
    let mut context = unconfined();
    context.extend([
        ("privileged", Just(json!(true)).boxed()),
        ("procMount", text(&["Unmasked"])),
        (
            "capabilities",
            one_field(vec![("add", alone(capability()))]),
        ),
    ]);
    let context = one_field(context).prop_map(|context| json!({"securityContext": context}));
    let hooks = vec![("postStart", handler()), ("preStop", handler())];
    let rest = one_field(vec![
        ("ports", alone(port())),
        ("volumeMounts", alone(mount())),
        ("volumeDevices", alone(device())),
        ("livenessProbe", handler()),
        ("startupProbe", handler()),
        ("lifecycle", one_field(hooks)),
    ]);
    prop_oneof![context, rest].boxed()
}

fn pod_vector() -> BoxedStrategy<Value> {
    let mut context = unconfined();
    context.push(("sysctls", alone(sysctl())));
    let context = one_field(context).prop_map(|context| json!({"securityContext": context}));
    let named = |element: BoxedStrategy<Value>| {
        let named = element.prop_map(|element| named_as(ADDED, element));
        alone(named.boxed())
    };
    let yes = || Just(json!(true)).boxed();
    let mut rest = vec![
        ("hostNetwork", yes()),
        ("hostPID", yes()),
        ("hostIPC", yes()),
        ("volumes", named(volume())),
    ];
    rest.extend(LISTS.map(|list| (list, named(container()))));
    let spec = prop_oneof![context, one_field(rest)].prop_map(|spec| json!({"spec": spec}));
    let annotation = select(CONTAINERS).prop_map(|name| {
        let key = format!("{APP_ARMOR}{name}");
        json!({"metadata": {"annotations": {key: "unconfined"}}})
    });
    prop_oneof![8 => spec, 1 => annotation].boxed()
}

/// A list of one element.
fn alone(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    element.prop_map(|element| json!([element])).boxed()
}

/// The profiles that keep from nothing.
fn unconfined() -> Fields {
    let profile = || Just(json!({"type": "Unconfined"})).boxed();
    let se_linux = vec![
        ("type", text(&["spc_t"])),
        ("user", text(&["unconfined_u"])),
        ("role", text(&["unconfined_r"])),
    ];
    vec![
        ("seccompProfile", profile()),
        ("appArmorProfile", profile()),
        ("seLinuxOptions", one_field(se_linux)),
        ("windowsOptions", Just(json!({"hostProcess": true})).boxed()),
    ]
}
