//! The presets do what their comments say: `presets/*.yaml`, over the fixtures of every rule and
//! over what a stock cluster runs.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

use std::collections::BTreeSet;
use std::fs;

use intake::Item;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use policy::rule::Alert;
use policy::rules::RULES;
use serde_json::{Value, json};

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder, in one order.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<String> = entries
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    files
}

fn settings(yaml: &str) -> Value {
    serde_json::from_str(&intake::yaml_to_json(yaml).unwrap()).unwrap()
}

fn preset(name: &str) -> Value {
    settings(&text(&format!("presets/{name}.yaml")))
}

/// A preset with the exemptions of the stock cluster, put together as its comment says.
fn with_exemptions(name: &str) -> Value {
    let preset = text(&format!("presets/{name}.yaml"));
    settings(&[preset, text("presets/stock-cluster.yaml")].concat())
}

#[track_caller]
fn assert_valid(settings: &Value, what: &str) {
    let answer = policy::validate_settings(settings.to_string().as_bytes());
    let answer: SettingsValidationResponse = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer.message, None, "{what}");
}

fn inspect(request: &Value, settings: &Value) -> Value {
    let payload = json!({"request": request, "settings": settings}).to_string();
    serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap()
}

fn findings(answer: &Value) -> &Vec<Value> {
    answer["findings"].as_array().unwrap()
}

/// Whether a request passes without a word: neither refused nor warned of.
fn passes(request: &Value, settings: &Value) -> bool {
    let answer = inspect(request, settings);
    let is_silent = answer["response"].get("warnings").is_none();
    assert_eq!(
        is_silent,
        findings(&answer)
            .iter()
            .all(|found| found["action"] == "audit")
    );
    is_silent && answer["allowed"] == true
}

/// A manifest as if it were created, by nobody.
fn created(manifest: &str) -> Value {
    let mut items = intake::read(manifest.as_bytes());
    let Some(Ok(Item::Case(case))) = items.next() else {
        panic!("no case in {manifest}")
    };
    assert!(items.next().is_none(), "more than one case in {manifest}");
    serde_json::from_str(case.request()).unwrap()
}

/// Every fixture of every rule, with its path.
fn fixtures() -> Vec<(String, Value)> {
    let folders = files("tests/fixtures");
    let files = folders.iter().flat_map(|folder| files(folder));
    files
        .filter(|file| !file.ends_with("/cluster.yaml"))
        .map(|file| (file.clone(), created(&text(&file))))
        .collect()
}

#[test]
fn every_preset_is_valid_and_named_in_the_readme() {
    let readme = text("README.md");
    for file in files("presets") {
        assert_valid(&settings(&text(&file)), &file);
        assert!(readme.contains(&format!("`{file}`")), "{file}");
    }
    for name in ["monitor", "protect", "psa-baseline"] {
        assert_valid(&with_exemptions(name), name);
    }
}

mod monitor {
    use super::*;

    /// Everything that a pod can have at once.
    fn worst_pod() -> Value {
        created(
            r#"
apiVersion: v1
kind: Pod
metadata: {name: worst, namespace: team-a}
spec:
  hostNetwork: true
  hostPID: true
  hostIPC: true
  nodeName: control-plane-1
  nodeSelector: {node-role.kubernetes.io/control-plane: ""}
  securityContext:
    windowsOptions: {hostProcess: true}
    sysctls: [{name: kernel.msgmax, value: "1+kernel.core_pattern=|/bin/sh"}]
    seccompProfile: {type: Unconfined}
    appArmorProfile: {type: Unconfined}
    seLinuxOptions: {user: system_u, role: sysadm_r, type: spc_t}
  initContainers:
  - name: confined-by-nothing
    securityContext: {procMount: Unmasked, capabilities: {add: [ALL, SYS_ADMIN, sys_ptrace, FLY]}}
    livenessProbe: {httpGet: {host: 127.0.0.1, port: 10250}}
    volumeDevices: [{name: disk, devicePath: /dev/xvda}]
  containers:
  - name: privileged
    securityContext: {privileged: true}
    ports: [{containerPort: 22, hostPort: 22}]
    volumeMounts:
    - {name: root, mountPath: /host, mountPropagation: Bidirectional}
    - {name: socket, mountPath: /run/docker.sock}
  ephemeralContainers:
  - name: debugger
    securityContext: {privileged: true}
  volumes:
  - {name: root, hostPath: {path: /}}
  - {name: socket, hostPath: {path: /var/run/docker.sock}}
  - {name: source, gitRepo: {repository: "https://git.example.com/a.git"}}
  - {name: disk, persistentVolumeClaim: {claimName: disk}}
"#,
        )
    }

    fn everything() -> Value {
        created(
            r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: everything}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
"#,
        )
    }

    /// Whatever is found, in whatever it is found.
    #[test]
    fn refuses_nothing_and_tells_everything() {
        let monitor = preset("monitor");
        let mut cases = fixtures();
        cases.push(("the worst pod".to_owned(), worst_pod()));
        cases.push(("a role for everything".to_owned(), everything()));
        let mut told = BTreeSet::new();
        for (case, request) in &cases {
            let answer = inspect(request, &monitor);
            assert_eq!(answer["allowed"], true, "{case}");
            for finding in findings(&answer) {
                assert_eq!(finding["action"], "warn", "{case}: {finding}");
                told.insert(finding["rule"].as_str().unwrap().to_owned());
            }
            let is_found = !findings(&answer).is_empty();
            let is_warned = answer["response"].get("warnings").is_some();
            assert_eq!(is_warned, is_found, "{case}");
        }
        // What is behind a claim needs a cluster.
        let rules = RULES.iter().map(|rule| rule.id.to_owned());
        let rules: BTreeSet<String> = rules.filter(|id| id != "persistent-volume-claim").collect();
        assert_eq!(told, rules);
    }

    #[test]
    fn the_worst_is_denied_by_the_others() {
        for name in ["protect", "psa-baseline", "stock-cluster"] {
            let answer = inspect(&worst_pod(), &preset(name));
            assert_eq!(answer["allowed"], false, "{name}");
        }
    }
}

mod protect {
    use super::*;

    const ACTIONS: &[&str] = &["audit", "warn", "deny"];

    fn rank(finding: &Value) -> usize {
        let action = finding["action"].as_str().unwrap();
        ACTIONS.iter().position(|known| *known == action).unwrap()
    }

    #[test]
    fn is_nowhere_milder_than_the_defaults_and_somewhere_stricter() {
        let protect = preset("protect");
        let mut stricter = BTreeSet::new();
        for (file, request) in fixtures() {
            let [default, answer] =
                [json!({}), protect.clone()].map(|settings| inspect(&request, &settings));
            let [default, found] = [&default, &answer].map(findings);
            assert_eq!(default.len(), found.len(), "{file}");
            for (default, found) in default.iter().zip(found) {
                assert_eq!(default["path"], found["path"], "{file}");
                assert!(rank(found) >= rank(default), "{file}: {found}");
                if rank(found) > rank(default) {
                    stricter.insert(found["rule"].as_str().unwrap().to_owned());
                }
            }
        }
        for rule in ["host-network", "host-ipc", "apparmor-unconfined", "sysctls"] {
            assert!(stricter.contains(rule), "{rule}: {stricter:?}");
        }
        for rule in ["raw-block-device", "host-port", "pod-create"] {
            assert!(!stricter.contains(rule), "{rule}");
        }
    }
}

mod psa_baseline {
    use super::*;

    /// What Pod Security refuses is refused, and nothing else.
    #[test]
    fn denies_what_pod_security_refuses() {
        let psa = preset("psa-baseline");
        let mut counts = [0, 0];
        for (file, request) in fixtures() {
            if request["kind"]["kind"] != "Pod" {
                continue;
            }
            let answer = inspect(&request, &psa);
            let mut found = findings(&answer).iter();
            // The API server refuses it before Pod Security is asked.
            if found.clone().any(|finding| finding["rule"] == "unreadable") {
                assert_eq!(answer["allowed"], false, "{file}");
                continue;
            }
            let is_refused = found.any(|finding| finding["refusedByBaseline"] == true);
            assert_eq!(answer["allowed"], !is_refused, "{file}: {answer}");
            assert!(answer["response"].get("warnings").is_none() || is_refused);
            counts[usize::from(is_refused)] += 1;
        }
        assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    }

    /// A rule that is added later would else be decided by thresholds that are not made for it.
    #[test]
    fn has_an_action_for_every_rule_but_one() {
        let psa = preset("psa-baseline");
        for rule in RULES {
            let expected = match (rule.alert, rule.pod_security) {
                (Some(Alert::PodWrite), _) => continue,
                (Some(Alert::HostAccess), None) => json!("audit"),
                _ if rule.id == "proc-mount" => json!(null),
                (Some(Alert::HostAccess), Some(_)) | (None, _) => json!("deny"),
            };
            assert_eq!(psa["rules"][rule.id]["action"], expected, "{}", rule.id);
        }
        assert_eq!(psa["podWrite"], json!({"deny": "never", "warn": "never"}));
    }

    #[track_caller]
    fn assert_allowed(spec: &str, kind: &str, is_allowed: bool) {
        let manifest = match kind {
            "Pod" => format!("apiVersion: v1\nkind: Pod\nspec: {spec}"),
            _ => format!("apiVersion: apps/v1\nkind: {kind}\nspec: {{template: {{spec: {spec}}}}}"),
        };
        let answer = inspect(&created(&manifest), &preset("psa-baseline"));
        assert_eq!(answer["allowed"], is_allowed, "{answer}");
    }

    /// The first three differences that its comment names.
    #[test]
    fn differs_from_pod_security_where_it_says() {
        assert_allowed("{hostNetwork: true}", "Deployment", false);
        let capability =
            "{containers: [{name: a, securityContext: {capabilities: {add: [chown]}}}]}";
        assert_allowed(capability, "Pod", true);
        let sysctl =
            "{securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: 1+a=b}]}}";
        assert_allowed(sysctl, "Pod", false);
    }

    #[test]
    fn tells_proc_mount_with_and_without_a_user_namespace_apart() {
        let unmasked = "containers: [{name: a, securityContext: {procMount: Unmasked}}]";
        assert_allowed(&format!("{{{unmasked}}}"), "Pod", false);
        assert_allowed(&format!("{{hostUsers: false, {unmasked}}}"), "Pod", true);
        // What is made for the control plane is no step worse for it.
        let there = "nodeSelector: {node-role.kubernetes.io/control-plane: \"\"}";
        let spec = format!("{{hostUsers: false, {there}, {unmasked}}}");
        assert_allowed(&spec, "Pod", true);
    }
}

mod stock_cluster {
    use super::*;

    /// A manifest of a stock cluster, and what comes of it.
    struct Stock {
        file: String,
        needs_exemption: bool,
        /// Its own request, and those of the controllers that carry it out.
        requests: Vec<Value>,
    }

    /// Every manifest of `tests/stock-cluster`. The first line may say who sends it, or that it
    /// needs no exemption.
    fn stock_cluster() -> Vec<Stock> {
        let stock = |file: String| {
            let manifest = text(&file);
            let user = manifest
                .lines()
                .find_map(|line| line.strip_prefix("# user: "));
            let mut request = created(&manifest);
            request["userInfo"] = json!({"username": user.unwrap_or("kubernetes-admin")});
            Stock {
                file,
                needs_exemption: !manifest.starts_with("# Needs no exemption"),
                requests: carried_out(request),
            }
        };
        files("tests/stock-cluster")
            .into_iter()
            .map(stock)
            .collect()
    }

    fn in_need() -> Vec<Stock> {
        let mut stock = stock_cluster();
        stock.retain(|stock| stock.needs_exemption);
        stock
    }

    /// A request, and those that Kubernetes' own controllers send because of it.
    fn carried_out(request: Value) -> Vec<Value> {
        match request["kind"]["kind"].as_str().unwrap() {
            "DaemonSet" => {
                let pod = made(&request, "daemon-set-controller", "Pod", "x7k2p");
                vec![request, pod]
            }
            "Deployment" => {
                let set = made(&request, "deployment-controller", "ReplicaSet", "5d4f8c7b9");
                let pod = made(&set, "replicaset-controller", "Pod", "q8zv4");
                vec![request, set, pod]
            }
            _ => vec![request],
        }
    }

    /// What a controller makes of its object: the template, with the object as owner.
    fn made(of: &Value, controller: &str, kind: &str, suffix: &str) -> Value {
        let mut template = of["object"]["spec"]["template"].clone();
        if kind == "ReplicaSet" {
            template["metadata"]["labels"]["pod-template-hash"] = json!(suffix);
        }
        let (group, mut object) = match kind {
            "Pod" => ("", template),
            _ => (
                "apps",
                json!({"metadata": {}, "spec": {"template": template}}),
            ),
        };
        let name = format!("{}-{suffix}", of["name"].as_str().unwrap());
        object["metadata"]["name"] = json!(name);
        object["metadata"]["namespace"] = of["namespace"].clone();
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": of["kind"]["kind"], "name": of["name"], "uid": "1",
            "controller": true, "blockOwnerDeletion": true,
        }]);
        json!({
            "uid": "", "operation": "CREATE", "namespace": of["namespace"], "name": name,
            "kind": {"group": group, "version": "v1", "kind": kind},
            "userInfo": {
                "username": format!("system:serviceaccount:kube-system:{controller}"),
                "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
            },
            "object": object,
        })
    }

    #[test]
    fn passes_without_a_word() {
        for settings in [
            preset("stock-cluster"),
            with_exemptions("protect"),
            with_exemptions("monitor"),
            with_exemptions("psa-baseline"),
        ] {
            for stock in stock_cluster() {
                for request in &stock.requests {
                    let answer = inspect(request, &settings);
                    assert!(passes(request, &settings), "{}: {answer}", stock.file);
                    let mut found = findings(&answer).iter();
                    assert!(
                        found.all(|finding| !finding["exempted"].is_null()),
                        "{}: {answer}",
                        stock.file
                    );
                }
            }
        }
    }

    #[test]
    fn only_what_says_so_needs_no_exemption() {
        for stock in stock_cluster() {
            for request in &stock.requests {
                let is_free = findings(&inspect(request, &json!({}))).is_empty();
                assert_eq!(is_free, !stock.needs_exemption, "{}", stock.file);
            }
        }
    }

    fn exemptions(settings: &Value) -> &Vec<Value> {
        settings["exemptions"].as_array().unwrap()
    }

    /// The entries that hold for what is found in a request.
    fn entries(request: &Value, settings: &Value) -> BTreeSet<usize> {
        let answer = inspect(request, settings);
        let index = |finding: &Value| finding["exempted"]["index"].as_u64().unwrap();
        let indexes = findings(&answer).iter().map(index);
        indexes
            .map(|index| usize::try_from(index).unwrap())
            .collect()
    }

    #[test]
    fn every_entry_is_used() {
        let settings = preset("stock-cluster");
        let used: BTreeSet<usize> = in_need()
            .iter()
            .flat_map(|stock| &stock.requests)
            .flat_map(|request| entries(request, &settings))
            .collect();
        let count = exemptions(&settings).len();
        assert_eq!(used, (0..count).collect());
    }

    /// What an entry lists, its workload has: without it, that would not pass.
    #[test]
    fn no_entry_has_more_than_is_needed() {
        let settings = preset("stock-cluster");
        let requests: Vec<(BTreeSet<usize>, Value)> = in_need()
            .into_iter()
            .flat_map(|stock| stock.requests)
            .map(|request| (entries(&request, &settings), request))
            .collect();
        let mut tried = 0;
        for (index, exemption) in exemptions(&settings).iter().enumerate() {
            for key in ["rules", "values", "images", "workloads", "containers"] {
                let listed = exemption[key].as_array().map_or(0, Vec::len);
                // Of one alone, the test above says that it is used.
                for place in (0..listed).filter(|_| listed > 1) {
                    let mut less = settings.clone();
                    let list = &mut less["exemptions"][index][key];
                    let gone = list.as_array_mut().unwrap().remove(place);
                    let mut own = requests.iter().filter(|(of, _)| of.contains(&index));
                    assert!(
                        own.any(|(_, request)| !passes(request, &less)),
                        "{}: nothing needs {gone}",
                        exemption["reason"]
                    );
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "{tried}");
    }

    /// By everything that can narrow it; but for what the comments there explain.
    #[test]
    fn every_entry_is_narrowed_by_all_that_there_is() {
        for exemption in exemptions(&preset("stock-cluster")) {
            let reason = exemption["reason"].as_str().unwrap();
            let missing: Vec<&str> = [
                "namespaces",
                "serviceAccounts",
                "workloads",
                "containers",
                "images",
                "values",
            ]
            .into_iter()
            .filter(|key| exemption[key].is_null())
            .collect();
            let expected: &[&str] = match reason {
                "local-path-provisioner makes volumes of directories of the node" => {
                    &["namespaces", "serviceAccounts", "containers", "images"]
                }
                _ => &[],
            };
            assert_eq!(missing, expected, "{reason}");
            assert_eq!(
                exemption["users"].is_null(),
                !reason.starts_with("local-path-provisioner"),
                "{reason}"
            );
        }
    }

    /// Where a request has its pod spec, if it has one.
    fn pod_spec(request: &Value) -> Option<&'static str> {
        match request["kind"]["kind"].as_str().unwrap() {
            "PersistentVolume" => None,
            "Pod" => Some("/object/spec"),
            _ => Some("/object/spec/template/spec"),
        }
    }

    /// A request with its pod spec changed.
    fn with_spec(request: &Value, change: impl FnOnce(&mut Value)) -> Vec<Value> {
        let mut changed = request.clone();
        let Some(pointer) = pod_spec(request) else {
            return Vec::new();
        };
        change(changed.pointer_mut(pointer).unwrap());
        vec![changed]
    }

    fn containers(spec: &Value) -> Vec<(&'static str, usize)> {
        let lists = ["initContainers", "containers"].into_iter();
        lists
            .flat_map(|list| {
                let count = spec[list].as_array().map_or(0, Vec::len);
                (0..count).map(move |index| (list, index))
            })
            .collect()
    }

    fn elsewhere(request: &Value) -> Vec<Value> {
        let mut changed = request.clone();
        changed["namespace"] = json!("team-a");
        changed["object"]["metadata"]["namespace"] = json!("team-a");
        pod_spec(request).map(|_| changed).into_iter().collect()
    }

    fn with_another_account(request: &Value) -> Vec<Value> {
        with_spec(request, |spec| {
            spec["serviceAccountName"] = json!("default")
        })
    }

    /// The same image name, of another registry, in one container after the other.
    fn with_another_image(request: &Value) -> Vec<Value> {
        let spec = request.pointer(pod_spec(request).unwrap_or("/none"));
        let places = spec.map(containers).unwrap_or_default();
        let change = |(list, index): (&str, usize)| {
            with_spec(request, |spec| {
                let image = &mut spec[list][index]["image"];
                let written = image.as_str().unwrap();
                let rest = written.split_once('/').map_or(written, |(_, rest)| rest);
                *image = json!(format!("registry.example.com/{rest}"));
            })
        };
        places.into_iter().flat_map(change).collect()
    }

    fn with_one_more_path(request: &Value) -> Vec<Value> {
        ["/", "/etc/kubernetes", "/var/run/docker.sock", "/srv/data"]
            .into_iter()
            .flat_map(|path| {
                with_spec(request, |spec| {
                    let volumes = spec["volumes"].as_array_mut().unwrap();
                    // The node-exporter has the root itself.
                    let path = match path {
                        "/" if volumes
                            .iter()
                            .any(|volume| volume["hostPath"]["path"] == "/") =>
                        {
                            "/etc"
                        }
                        _ => path,
                    };
                    volumes.push(json!({"name": "more", "hostPath": {"path": path}}));
                    let mounts = &mut spec["containers"][0]["volumeMounts"];
                    let mount = json!({"name": "more", "mountPath": "/more", "readOnly": true});
                    mounts.as_array_mut().unwrap().push(mount);
                })
            })
            .collect()
    }

    /// In every container that is not privileged, which has them all, and in one that is added.
    fn with_one_more_capability(request: &Value) -> Vec<Value> {
        let context = json!({"capabilities": {"add": ["SYS_RAWIO"]}});
        let mut changed = with_spec(request, |spec| {
            let mut more = spec["containers"][0].clone();
            more["name"] = json!("more");
            more["securityContext"] = context.clone();
            spec["containers"].as_array_mut().unwrap().push(more);
        });
        let spec = request.pointer(pod_spec(request).unwrap_or("/none"));
        for (list, index) in spec.map(containers).unwrap_or_default() {
            if spec.unwrap()[list][index]["securityContext"]["privileged"] != true {
                changed.extend(with_spec(request, |spec| {
                    spec[list][index]["securityContext"] = context.clone();
                }));
            }
        }
        changed
    }

    /// An image that the workload has, in a container that it has not.
    fn with_one_more_container(request: &Value) -> Vec<Value> {
        with_spec(request, |spec| {
            let image = spec["containers"][0]["image"].clone();
            let more = json!({"name": "more", "image": image});
            spec["containers"].as_array_mut().unwrap().push(more);
        })
    }

    fn with_a_container_of_another_name(request: &Value) -> Vec<Value> {
        with_spec(request, |spec| {
            spec["containers"][0]["name"] = json!("other");
        })
    }

    fn with_another_namespace_of_the_node(request: &Value) -> Vec<Value> {
        with_spec(request, |spec| spec["hostIPC"] = json!(true))
    }

    fn of_another_name(request: &Value) -> Vec<Value> {
        let mut changed = request.clone();
        match changed.pointer_mut("/object/metadata/ownerReferences/0/name") {
            Some(owner) => *owner = json!("other"),
            None => {
                changed["name"] = json!("other");
                changed["object"]["metadata"]["name"] = json!("other");
            }
        }
        pod_spec(request).map(|_| changed).into_iter().collect()
    }

    /// Somebody who writes the workload's name, its owner and all the rest by hand.
    fn forged(request: &Value) -> Vec<Value> {
        let mut changed = request.clone();
        changed["userInfo"] = json!({"username": "mallory", "groups": ["system:authenticated"]});
        let is_by_its_user = request["userInfo"]["username"] != "kubernetes-admin";
        is_by_its_user.then_some(changed).into_iter().collect()
    }

    type Change = fn(&Value) -> Vec<Value>;

    const CHANGES: &[(&str, Change)] = &[
        ("in another namespace", elsewhere),
        ("with another service account", with_another_account),
        ("with another image", with_another_image),
        ("with one more host path", with_one_more_path),
        ("with one more capability", with_one_more_capability),
        (
            "with one more namespace of the node",
            with_another_namespace_of_the_node,
        ),
        ("with one more container", with_one_more_container),
        (
            "with a container of another name",
            with_a_container_of_another_name,
        ),
        ("of another name", of_another_name),
        ("sent by somebody else", forged),
    ];

    #[test]
    fn anything_else_is_told() {
        let settings = preset("stock-cluster");
        let mut tried = vec![0; CHANGES.len()];
        for stock in in_need() {
            for request in &stock.requests {
                for ((what, change), tried) in CHANGES.iter().zip(&mut tried) {
                    for changed in change(request) {
                        let kind = &request["kind"]["kind"];
                        assert!(
                            !passes(&changed, &settings),
                            "{}: a {kind} {what} passes: {changed}",
                            stock.file
                        );
                        *tried += 1;
                    }
                }
            }
        }
        assert!(tried.iter().all(|tried| *tried >= 10), "{tried:?}");
    }

    /// A background audit tells no user; what controllers made passes there by its owner.
    #[test]
    fn a_background_audit_is_as_quiet() {
        let settings = preset("stock-cluster");
        for stock in in_need() {
            for request in &stock.requests {
                let mut request = request.clone();
                let entries = entries(&request, &settings);
                request["userInfo"] = json!({});
                // An entry that names a user holds for nobody.
                let names_no_user =
                    |index: &usize| exemptions(&settings)[*index]["users"].is_null();
                let expected = entries.iter().all(names_no_user);
                assert_eq!(passes(&request, &settings), expected, "{}", stock.file);
            }
        }
    }
}
