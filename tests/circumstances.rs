//! What is around a finding decides about it: the rest of the pod, who asked, what the settings
//! allow and exempt, the version of Kubernetes, and the kind that carries the pod.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "../e2e-tests/expectation.rs"]
mod expectation;

use serde_json::{Value, json};

fn inspect(request: &Value, settings: &Value) -> Value {
    let payload = json!({"request": request, "settings": settings}).to_string();
    serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap()
}

/// The mistakes in settings, a line each.
fn mistakes(settings: &Value) -> Vec<String> {
    let answer = policy::validate_settings(settings.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let message = answer["message"].as_str().unwrap_or_default();
    message.lines().map(str::to_owned).collect()
}

fn request(group: &str, kind: &str, object: Value) -> Value {
    json!({
        "operation": "CREATE", "namespace": "team-a", "name": "web",
        "kind": {"group": group, "version": "v1", "kind": kind},
        "userInfo": {"username": "bob", "groups": ["dev"]},
        "object": object,
    })
}

fn pod(spec: Value) -> Value {
    request("", "Pod", json!({"spec": spec}))
}

/// `rule severity`, for each finding.
fn severities(request: &Value, settings: &Value) -> Vec<String> {
    let rows = expectation::rows(&inspect(request, settings));
    let first_two = |row: &String| row.split(' ').take(2).collect::<Vec<_>>().join(" ");
    rows.iter().map(first_two).collect()
}

fn adding(capabilities: &[&str]) -> Value {
    json!([{"name": "main", "image": "i", "securityContext": {"capabilities": {"add": capabilities}}}])
}

mod the_pod {
    use super::*;

    #[track_caller]
    fn assert_message(request: &Value, severity: &str, part: &str) {
        let answer = inspect(request, &json!({}));
        let mut findings = answer["findings"].as_array().unwrap().iter();
        let is_it = |finding: &&Value| {
            finding["severity"] == severity && finding["message"].as_str().unwrap().contains(part)
        };
        assert!(findings.any(|finding| is_it(&finding)), "{answer:#}");
    }

    #[test]
    fn what_is_worse_together_says_so() {
        let ptrace = pod(json!({"hostPID": true, "containers": adding(&["SYS_PTRACE"])}));
        assert_message(
            &ptrace,
            "critical",
            "with `hostPID` these are the processes of the node",
        );
        let network =
            pod(json!({"hostNetwork": true, "containers": adding(&["NET_ADMIN", "NET_RAW"])}));
        assert_message(&network, "critical", "the node's own network");
        assert_message(&network, "medium", "the node's own traffic");
        let node =
            pod(json!({"nodeName": "n", "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}));
        assert_message(&node, "medium", "the pod names the node that it wants");
        // Later, the scheduler has named it.
        let mut scheduled = node.clone();
        scheduled["operation"] = json!("UPDATE");
        let answer = inspect(&scheduled, &json!({})).to_string();
        assert!(!answer.contains("names the node"), "{answer}");
        let alone = pod(json!({"containers": adding(&["SYS_PTRACE", "NET_RAW"])}));
        assert_eq!(
            severities(&alone, &json!({})),
            ["capabilities high", "capabilities low"]
        );
        // and only then
        let said = |request: &Value| {
            let findings = inspect(request, &json!({}))["findings"].take();
            let messages = findings.as_array().unwrap().iter();
            let messages = messages.filter(|finding| finding["value"] == "SYS_PTRACE");
            let texts = messages.map(|finding| finding["message"].as_str().unwrap().to_owned());
            texts.collect::<String>().matches("hostPID").count()
        };
        assert_eq!((said(&alone), said(&ptrace)), (0, 1));
    }

    #[test]
    fn the_control_plane_is_a_step_worse_if_it_is_meant() {
        let with = |part: Value| {
            let mut spec = json!({"hostNetwork": true, "containers": [{"name": "a", "ports": [{"hostPort": 1}]}]});
            spec.as_object_mut()
                .unwrap()
                .extend(part.as_object().unwrap().clone());
            severities(&pod(spec), &json!({}))
        };
        let label = "node-role.kubernetes.io/control-plane";
        let worse = ["host-network high"];
        assert_eq!(with(json!({"nodeSelector": {label: ""}})), worse);
        assert_eq!(with(json!({"tolerations": [{"key": label}]})), worse);
        assert_eq!(
            with(json!({"tolerations": [{"operator": "Exists"}]})),
            ["host-network medium"]
        );
        assert_eq!(
            with(json!({"nodeSelector": {"disk": label}})),
            ["host-network medium"]
        );
        let terms = |operator: &str| {
            let expression = json!({"key": label, "operator": operator});
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [expression]}]}}}})
        };
        assert_eq!(with(terms("Exists")), worse);
        assert_eq!(with(terms("DoesNotExist")), ["host-network medium"]);
        // What is low is no way to a node, wherever it runs.
        let port = pod(
            json!({"nodeSelector": {label: ""}, "containers": [{"name": "a", "ports": [{"hostPort": 1}]}]}),
        );
        assert_eq!(severities(&port, &json!({})), ["host-port low"]);
    }

    #[test]
    fn who_may_mount_is_not_held_by_a_read_only_mount() {
        let mounting = |context: Value| {
            let spec = json!({
                "containers": [{"name": "a", "securityContext": context, "volumeMounts": [{"name": "v", "readOnly": true}]}],
                "volumes": [{"name": "v", "hostPath": {"path": "/usr/bin"}}],
            });
            let found = severities(&pod(spec), &json!({}));
            found
                .into_iter()
                .find(|row| row.starts_with("host-path"))
                .unwrap()
        };
        assert_eq!(mounting(json!({})), "host-path high");
        assert_eq!(mounting(json!({"privileged": true})), "host-path critical");
        assert_eq!(
            mounting(json!({"capabilities": {"add": ["cap_sys_admin"]}})),
            "host-path critical"
        );
        assert_eq!(
            mounting(json!({"capabilities": {"add": ["NET_ADMIN"]}})),
            "host-path high"
        );
    }

    #[test]
    fn a_read_only_mount_that_can_be_undone_is_told_as_such() {
        let mounting = |privileged: bool, read_only: bool| {
            pod(json!({
                "containers": [{"name": "a", "securityContext": {"privileged": privileged},
                    "volumeMounts": [{"name": "v", "readOnly": read_only}]}],
                "volumes": [{"name": "v", "hostPath": {"path": "/var/log"}}],
            }))
        };
        let undone = mounting(true, true);
        assert_message(
            &undone,
            "high",
            "mounts the node's `/var/log` read-only, which a container that is privileged or has \
             `SYS_ADMIN` can undo: ",
        );
        assert_message(&mounting(true, false), "high", "`/var/log` writable: ");
        assert_message(&mounting(false, true), "medium", "`/var/log` read-only: ");

        // one that writes besides is told in its place
        let mut other = undone.clone();
        let writes = json!({"name": "b", "volumeMounts": [{"name": "v"}]});
        let containers = &mut other["object"]["spec"]["containers"];
        containers.as_array_mut().unwrap().push(writes);
        assert_message(&other, "high", "`/var/log` writable: ");

        // what allows reading does not allow it, and to write openly is no news
        let settings =
            json!({"rules": {"host-path": {"allow": [{"path": "/var/log", "readOnly": true}]}}});
        let is_found = |request: &Value| {
            let found = severities(request, &settings);
            found.contains(&"host-path high".to_owned())
        };
        assert!(is_found(&undone));
        assert!(!is_found(&mounting(false, true)));
        let mut update = mounting(true, false);
        update["operation"] = json!("UPDATE");
        update["oldObject"] = undone["object"].clone();
        let findings = inspect(&update, &json!({}))["findings"].take();
        let mut findings = findings.as_array().unwrap().iter();
        assert!(findings.all(|finding| finding["new"] == false));
    }

    /// A single mount that writes is enough, whatever the container and its list.
    #[test]
    fn read_only_is_what_every_mount_is() {
        let mounting = |list: &str, read_only: bool| {
            let mut spec = json!({
                "containers": [{"name": "a", "volumeMounts": [{"name": "v", "readOnly": true}]}],
                "volumes": [{"name": "v", "hostPath": {"path": "/srv/data"}}],
            });
            let other = json!({"name": "b", "volumeMounts": [
                {"name": "v", "readOnly": true}, {"name": "v", "readOnly": read_only}]});
            let containers = spec
                .as_object_mut()
                .unwrap()
                .entry(list)
                .or_insert(json!([]));
            containers.as_array_mut().unwrap().push(other);
            severities(&pod(spec), &json!({}))
        };
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            assert_eq!(mounting(list, true), ["host-path low"], "{list}");
            assert_eq!(mounting(list, false), ["host-path medium"], "{list}");
        }
    }

    /// Files of the node are the node's, whoever the pod's root is.
    #[test]
    fn a_user_namespace_lowers_nothing_but_capabilities_and_proc() {
        let with = |host_users: bool| {
            let spec = json!({
                "hostUsers": host_users, "hostPID": true, "hostIPC": true,
                "containers": [{"name": "a", "securityContext": {"privileged": true},
                    "volumeMounts": [{"name": "v"}, {"name": "w"}], "volumeDevices": [{"name": "d"}]}],
                "volumes": [{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "hostPath": {"path": "/run/docker.sock"}}],
            });
            severities(&pod(spec), &json!({}))
        };
        assert_eq!(with(false), with(true));
        assert_eq!(with(false).len(), 6);
    }

    /// As an object of a custom kind may have it; the API server would refuse it in a pod.
    #[test]
    fn a_volume_may_have_no_path_or_two_sources() {
        let volumes = |volumes: Value| severities(&pod(json!({"volumes": volumes})), &json!({}));
        assert_eq!(
            volumes(json!([{"name": "v", "hostPath": {}}])),
            ["host-path medium"]
        );
        assert_eq!(
            volumes(
                json!([{"name": "v", "emptyDir": {}, "hostPath": {"path": "/srv"}, "gitRepo": {"repository": "r"}}])
            ),
            ["host-path medium", "git-repo medium"]
        );
        assert_eq!(volumes(json!(null)), Vec::<String>::new());
    }

    #[test]
    fn one_cause_is_one_finding() {
        let unconfined = json!({"type": "Unconfined"});
        let context = json!({"privileged": true, "procMount": "Unmasked", "capabilities": {"add": ["SYS_ADMIN"]},
            "seccompProfile": unconfined, "appArmorProfile": unconfined, "seLinuxOptions": {"type": "spc_t"}});
        let spec = json!({"hostNetwork": true, "containers": [
            {"name": "a", "securityContext": context, "ports": [{"containerPort": 80, "hostPort": 80}]}]});
        assert_eq!(
            severities(&pod(spec), &json!({})),
            ["privileged critical", "host-network medium"]
        );
    }

    #[test]
    fn a_slash_is_the_system_drive_in_pods_for_windows() {
        let mounting = |system: &str, path: &str, settings: Value| {
            let spec = json!({"os": {"name": system}, "volumes": [{"name": "v", "hostPath": {"path": path}}],
                "containers": [{"name": "a", "volumeMounts": [{"name": "v"}]}]});
            let answer = inspect(&pod(spec), &settings);
            let found = answer["findings"].as_array().unwrap();
            let row = found.first().map(|finding| {
                let texts = [&finding["severity"], &finding["value"]];
                texts.map(|text| text.as_str().unwrap()).join(" ")
            });
            row.unwrap_or_default()
        };
        let found = |system: &str, path: &str| mounting(system, path, json!({}));
        assert_eq!(found("windows", "/ProgramData"), r"critical c:\ProgramData");
        assert_eq!(found("linux", "/ProgramData"), "medium /ProgramData");
        assert_eq!(found("linux", r"\ProgramData"), r"critical c:\ProgramData");
        assert_eq!(found("windows", "/proc"), r"medium c:\proc");
        // What is allowed is allowed as it is written, wherever it is.
        let allowing = |path: &str| json!({"rules": {"host-path": {"allow": [{"path": path}]}}});
        assert_eq!(
            mounting("windows", "/var/log/pods", allowing("/var/log")),
            ""
        );
        assert_eq!(
            mounting("windows", "/var/log/pods", allowing("C:/var/log")),
            ""
        );
        assert_eq!(mounting("linux", "/var/log/pods", allowing("/var/log")), "");
        assert_ne!(
            mounting("linux", "/var/log/pods", allowing(r"C:\var\log")),
            ""
        );
    }

    #[test]
    fn what_the_pod_says_holds_for_privileged_processes_of_windows() {
        let spec = json!({"os": {"name": "windows"}, "securityContext": {"windowsOptions": {"hostProcess": true}},
            "containers": [{"name": "a", "securityContext": {"privileged": true}}]});
        assert_eq!(
            severities(&pod(spec), &json!({})),
            ["host-process critical"]
        );
    }

    #[test]
    fn one_part_of_a_context_is_not_the_other() {
        let with = |options: Value| {
            pod(
                json!({"containers": [{"name": "a", "securityContext": {"seLinuxOptions": options}}]}),
            )
        };
        let mut update = with(json!({"type": "spc_t"}));
        update["operation"] = json!("UPDATE");
        update["oldObject"] = with(json!({"user": "spc_t"}))["object"].clone();
        assert_eq!(inspect(&update, &json!({}))["findings"][0]["new"], true);
    }

    /// Whether what the pod says for its containers is new, in an update of the containers' own.
    fn is_new(of_pod: &Value, old: Value, new: Value) -> bool {
        let with = |containers: Value| {
            let request = pod(json!({"securityContext": of_pod.clone(), "containers": containers}));
            request["object"].clone()
        };
        let mut update = pod(json!({}));
        update["operation"] = json!("UPDATE");
        update["oldObject"] = with(old);
        update["object"] = with(new);
        let answer = inspect(&update, &json!({}));
        let mut findings = answer["findings"].as_array().unwrap().iter();
        let of_pod = findings.find(|finding| finding["container"].is_null());
        of_pod.unwrap()["new"] == true
    }

    #[test]
    fn to_take_from_the_pod_what_one_had_is_nothing_new() {
        let own = |name: &str, context: Value| json!({"name": name, "securityContext": context});
        let unconfined = json!({"type": "Unconfined"});
        for (key, bad, good) in [
            (
                "seccompProfile",
                unconfined.clone(),
                json!({"type": "RuntimeDefault"}),
            ),
            (
                "appArmorProfile",
                unconfined,
                json!({"type": "RuntimeDefault"}),
            ),
            (
                "seLinuxOptions",
                json!({"type": "spc_t"}),
                json!({"type": "container_t"}),
            ),
            (
                "windowsOptions",
                json!({"hostProcess": true}),
                json!({"hostProcess": false}),
            ),
        ] {
            let of_pod = json!({key: bad});
            let had = own("a", of_pod.clone());
            let takes = own("a", json!({}));
            let confined = own("a", json!({key: good}));
            let others = own("b", json!({key: good}));
            let is_new = |old: Value, new: Value| is_new(&of_pod, old, new);
            assert!(
                !is_new(json!([had, others]), json!([takes, others])),
                "{key}"
            );
            assert!(
                is_new(json!([confined, others]), json!([takes, others])),
                "{key}"
            );
            // Another one that takes it had it not.
            assert!(
                is_new(json!([had, others]), json!([takes, own("b", json!({}))])),
                "{key}"
            );
            assert!(
                is_new(json!([had]), json!([had, own("b", json!({}))])),
                "{key}"
            );
            // One that took it already excuses the rest: the pod says the same as before.
            assert!(
                !is_new(json!([takes]), json!([takes, own("b", json!({}))])),
                "{key}"
            );
        }
    }

    #[test]
    fn who_was_privileged_was_confined_by_nothing() {
        let of_pod = json!({"seccompProfile": {"type": "Unconfined"}});
        let privileged = json!([{"name": "a", "securityContext": {"privileged": true}}]);
        assert!(!is_new(&of_pod, privileged.clone(), json!([{"name": "a"}])));
        assert!(is_new(&of_pod, privileged, json!([{"name": "b"}])));
    }

    /// Kubernetes puts the annotation into the container's field, which stands before the pod's.
    #[test]
    fn an_annotation_stands_before_what_the_pod_says() {
        let annotated = |profile: &str| {
            let context = json!({"appArmorProfile": {"type": "Unconfined"}});
            let mut request =
                pod(json!({"securityContext": context, "containers": [{"name": "a"}]}));
            let key = "container.apparmor.security.beta.kubernetes.io/a";
            request["object"]["metadata"] = json!({"annotations": {key: profile}});
            severities(&request, &json!({}))
        };
        let (medium, low) = ("apparmor-unconfined medium", "apparmor-unconfined low");
        assert_eq!(annotated("runtime/default"), [low]);
        assert_eq!(annotated("localhost/mine"), [low]);
        // Either alone gives it; older API servers write the one from the other.
        assert_eq!(annotated("unconfined"), [medium, medium]);
        // What is no profile puts nothing there.
        assert_eq!(annotated("localhost/"), [medium]);
        assert_eq!(annotated("none"), [medium]);
    }

    #[test]
    fn one_pod_of_an_object_does_not_excuse_the_other() {
        let job = |privileged: bool| {
            json!({"template": {"spec": {"template": {"spec": {
            "containers": [{"name": "a", "image": "i", "securityContext": {"privileged": privileged}}]}}}}})
        };
        let set = |second: bool| {
            let object = json!({"spec": {"replicatedJobs": [job(true), job(second)]}});
            request("jobset.x-k8s.io", "JobSet", object)
        };
        let mut update = set(true);
        update["operation"] = json!("UPDATE");
        update["oldObject"] = set(false)["object"].clone();
        let answer = inspect(&update, &json!({}));
        let findings = answer["findings"].as_array().unwrap();
        let new: Vec<&Value> = findings.iter().map(|finding| &finding["new"]).collect();
        assert_eq!(new, [false, true]);
    }

    #[test]
    fn two_pods_of_one_object_are_judged_apart() {
        let template = |context: Value| {
            json!({"template": {"spec": {"template": {"spec": {
            "containers": [{"name": "a", "image": "i", "securityContext": context}]}}}}})
        };
        let object = json!({"spec": {"replicatedJobs": [
            template(json!({"privileged": true})), template(json!({"capabilities": {"add": ["BPF"]}}))]}});
        assert_eq!(
            severities(&request("jobset.x-k8s.io", "JobSet", object), &json!({})),
            ["privileged critical", "capabilities high"]
        );
    }
}

mod the_version {
    use super::*;

    /// What is found for a version, and whether Pod Security's baseline refuses it.
    fn found(spec: Value, version: Option<&str>) -> Vec<(String, Option<bool>)> {
        let settings = version.map_or(json!({}), |version| json!({"kubernetesVersion": version}));
        let answer = inspect(&pod(spec), &settings);
        let findings = answer["findings"].as_array().unwrap().clone();
        let text = |finding: &Value| {
            [&finding["rule"], &finding["severity"]]
                .map(|text| text.as_str().unwrap())
                .join(" ")
        };
        findings
            .iter()
            .map(|finding| (text(finding), finding["refusedByBaseline"].as_bool()))
            .collect()
    }

    fn row(text: &str, refused: bool) -> Vec<(String, Option<bool>)> {
        vec![(text.to_owned(), Some(refused))]
    }

    #[test]
    fn safe_sysctls_grow() {
        let sysctl =
            |name: &str| json!({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}});
        for (name, since) in [
            ("net.ipv4.ip_local_reserved_ports", 27),
            ("net.ipv4.tcp_keepalive_time", 29),
            ("net.ipv4.tcp_rmem", 32),
            ("net.ipv4.tcp_notsent_lowat", 37),
        ] {
            let version = |minor: u32| format!("1.{minor}");
            assert_eq!(found(sysctl(name), Some(&version(since))), []);
            assert_eq!(
                found(sysctl(name), Some(&version(since - 1))),
                row("sysctls medium", true)
            );
            assert_eq!(found(sysctl(name), None), []);
        }
    }

    #[test]
    fn types_of_selinux_grow() {
        let context = json!({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}, "containers": [{"name": "a"}]});
        assert_eq!(found(context.clone(), Some("1.31")), []);
        assert_eq!(
            found(context, Some("1.30")),
            row("selinux-options medium", true)
        );
    }

    #[test]
    fn baseline_came_to_refuse_probes_of_other_hosts() {
        let probe =
            json!({"containers": [{"name": "a", "livenessProbe": {"tcpSocket": {"host": "db"}}}]});
        assert_eq!(
            found(probe.clone(), Some("1.33")),
            row("host-probe low", false)
        );
        assert_eq!(
            found(probe.clone(), Some("1.34")),
            row("host-probe low", true)
        );
        assert_eq!(found(probe, None), row("host-probe low", true));
    }

    #[test]
    fn baseline_came_to_allow_proc_in_user_namespaces() {
        let proc = |host_users: bool| {
            json!({"hostUsers": host_users,
            "containers": [{"name": "a", "securityContext": {"procMount": "Unmasked"}}]})
        };
        assert_eq!(
            found(proc(false), Some("1.34")),
            row("proc-mount low", true)
        );
        assert_eq!(
            found(proc(false), Some("1.35")),
            row("proc-mount low", false)
        );
        assert_eq!(
            found(proc(true), Some("1.35")),
            row("proc-mount medium", true)
        );
    }

    #[test]
    fn kubelets_came_to_refuse_git() {
        let git = json!({"volumes": [{"name": "v", "gitRepo": {"repository": "r"}}]});
        assert_eq!(
            found(git.clone(), Some("1.32")),
            row("git-repo high", false)
        );
        assert_eq!(found(git, Some("1.33")), row("git-repo medium", false));
    }

    #[test]
    fn what_is_no_pod_says_nothing_of_pod_security() {
        let volume = request(
            "",
            "PersistentVolume",
            json!({"spec": {"hostPath": {"path": "/"}}}),
        );
        let answer = inspect(&volume, &json!({}));
        assert_eq!(answer["findings"][0]["rule"], "persistent-volume");
        assert_eq!(answer["findings"][0]["refusedByBaseline"], Value::Null);
    }
}

mod who_asked {
    use super::*;

    fn by(mut request: Value, user: &str, groups: &[&str]) -> Value {
        request["userInfo"] = json!({"username": user, "groups": groups});
        request
    }

    fn owned(kind: &str, name: &str) -> Value {
        let mut request = pod(json!({"hostPID": true}));
        request["object"]["metadata"] =
            json!({"ownerReferences": [{"kind": kind, "name": name, "controller": true}]});
        request
    }

    fn origin(request: &Value) -> Value {
        inspect(request, &json!({}))["origin"].clone()
    }

    #[test]
    fn a_pod_belongs_to_a_workload_if_its_controller_says_so() {
        let account = "system:serviceaccount:kube-system:daemon-set-controller";
        let agent = owned("DaemonSet", "agent");
        let expected =
            json!({"kind": "controller", "owner": {"kind": "DaemonSet", "name": "agent"}});
        assert_eq!(origin(&by(agent.clone(), account, &[])), expected);
        let answer = inspect(&by(agent.clone(), account, &[]), &json!({}));
        let message = answer["response"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("for DaemonSet `agent`: high host-pid"),
            "{message}"
        );
        // In a background audit there is no user.
        let mut audited = agent.clone();
        audited.as_object_mut().unwrap().remove("userInfo");
        assert_eq!(origin(&audited), expected);
        for stranger in [
            "bob",
            "system:serviceaccount:kube-system:job-controller",
            "system:serviceaccount:team-a:daemon-set-controller",
        ] {
            assert_eq!(
                origin(&by(agent.clone(), stranger, &[])),
                Value::Null,
                "{stranger}"
            );
        }
    }

    #[test]
    fn a_mirror_is_trusted_from_its_own_node_alone() {
        let mut mirror = pod(json!({"hostPID": true, "nodeName": "node-1"}));
        mirror["object"]["metadata"] = json!({"annotations": {"kubernetes.io/config.mirror": "x"}});
        let action = |user: &str, groups: &[&str]| {
            let answer = inspect(&by(mirror.clone(), user, groups), &json!({}));
            answer["findings"][0]["action"].as_str().unwrap().to_owned()
        };
        assert_eq!(action("system:node:node-1", &["system:nodes"]), "audit");
        assert_eq!(action("system:node:node-2", &["system:nodes"]), "deny");
        assert_eq!(action("system:node:node-1", &["dev"]), "deny");
        assert_eq!(action("bob", &["system:nodes"]), "deny");
        let plain = by(
            pod(json!({"hostPID": true, "nodeName": "node-1"})),
            "system:node:node-1",
            &["system:nodes"],
        );
        assert_eq!(inspect(&plain, &json!({}))["findings"][0]["action"], "deny");
    }

    #[test]
    fn kubectl_debug_node_is_named() {
        let spec = |node: &str| {
            json!({"nodeName": node, "hostPID": true,
            "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}]})
        };
        let named = |name: &str, node: &str| {
            let mut request = pod(spec(node));
            request["name"] = json!(name);
            origin(&request)
        };
        let expected = json!({"kind": "debug-node", "node": "node-1"});
        assert_eq!(named("node-debugger-node-1-x7k2p", "node-1"), expected);
        assert_eq!(named("node-debugger-node-2-x7k2p", "node-1"), Value::Null);
        assert_eq!(named("web", "node-1"), Value::Null);
    }
}

mod settings {
    use super::*;

    #[test]
    fn an_allowed_path_is_allowed_with_what_is_under_it() {
        let mounting = |path: &str, read_only: bool| {
            let spec = json!({
                "containers": [{"name": "a", "volumeMounts": [{"name": "v", "readOnly": read_only}]}],
                "volumes": [{"name": "v", "hostPath": {"path": path}}],
            });
            let settings = json!({"rules": {"host-path": {"allow": [
                {"path": "/var/log/", "readOnly": true}, {"path": "/run/agent"}]}}});
            severities(&pod(spec), &settings).len()
        };
        for (path, read_only, found) in [
            ("/var/log", true, 0),
            ("//var/./log/pods/", true, 0),
            ("/var/log", false, 1),
            ("/var", true, 1),
            ("/var/logs", true, 1),
            ("/var/log/../lib", true, 1),
            ("/var/run/agent/socket", false, 0),
            ("/run/agent", true, 0),
        ] {
            assert_eq!(mounting(path, read_only), found, "{path} {read_only}");
        }
    }

    #[test]
    fn what_is_allowed_of_an_empty_list_is_nothing() {
        let settings = json!({"rules": {"host-path": {"allow": []}, "capabilities": {"allow": []}, "host-port": {"allow": []}}});
        assert_eq!(mistakes(&settings), Vec::<String>::new());
        let mut containers = adding(&["SYS_TIME"]);
        containers[0]["ports"] = json!([{"hostPort": 80}]);
        let spec = json!({"containers": containers, "volumes": [{"name": "v", "hostPath": {"path": "/mnt/a"}}]});
        assert_eq!(
            severities(&pod(spec), &settings),
            ["host-path low", "host-port low", "capabilities low"]
        );
    }

    #[test]
    fn allowed_capabilities_and_ports_are_allowed() {
        let settings = json!({"rules": {"capabilities": {"allow": ["cap_net_admin"]}, "host-port": {"allow": [80, "30000-30010"]}}});
        let spec = json!({"containers": [{"name": "a",
            "securityContext": {"capabilities": {"add": ["NET_ADMIN", "Net_Admin", "SYS_TIME"]}},
            "ports": [{"hostPort": 80}, {"hostPort": 30005}, {"hostPort": 30011}]}]});
        assert_eq!(
            severities(&pod(spec), &settings),
            ["host-port low", "capabilities low"]
        );
    }

    #[test]
    fn an_allowed_capability_is_one_of_linux() {
        let long = "A".repeat(100);
        let allow = [
            "all",
            "CHOWN",
            " Cap_Bpf ",
            "NETADMIN",
            "CAP_NETADMIN",
            "sys_admn",
            "CAP_CAP_CHOWN",
            "FLY",
            "ALLL",
            "",
            &long,
        ];
        let settings = json!({"rules": {"capabilities": {"allow": allow}}});
        let expected = [
            "[3]: `NETADMIN` is no capability of Linux, did you mean `NET_ADMIN`?",
            "[4]: `CAP_NETADMIN` is no capability of Linux, did you mean `NET_ADMIN`?",
            "[5]: `sys_admn` is no capability of Linux, did you mean `SYS_ADMIN`?",
            "[6]: `CAP_CAP_CHOWN` is no capability of Linux, expected a name such as `NET_ADMIN`",
            "[7]: `FLY` is no capability of Linux, expected a name such as `NET_ADMIN`",
            "[8]: `ALLL` is no capability of Linux, expected a name such as `NET_ADMIN`",
            "[9]: `` is no capability of Linux, expected a name such as `NET_ADMIN`",
            &format!(
                "[10]: `{}…` is no capability of Linux, expected a name such as `NET_ADMIN`",
                "A".repeat(80)
            ),
        ];
        assert_eq!(
            mistakes(&settings),
            expected.map(|line| format!("rules.capabilities.allow{line}"))
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let settings = json!({
            "rules": {
                "host-path": {"allow": [{"readOnly": true}, {"path": "var/log"}, {"path": "/a", "readonly": true}]},
                "capabilities": {"allow": ["NET ADMIN", 7]},
                "host-port": {"allow": [0, "9-8", 70000, "x"]},
                "privileged": {"allow": []},
            },
            "podTemplates": [{"group": "a"}, {"group": "a", "kind": "B", "path": "spec"}],
        });
        let places: Vec<String> = mistakes(&settings)
            .iter()
            .map(|line| line.split(": ").next().unwrap().to_owned())
            .collect();
        assert_eq!(
            places,
            [
                "podTemplates[0]",
                "podTemplates[0]",
                "podTemplates[1]",
                "rules.capabilities.allow[0]",
                "rules.capabilities.allow[1]",
                "rules.host-path.allow[0]",
                "rules.host-path.allow[1]",
                "rules.host-path.allow[2]",
                "rules.host-port.allow[0]",
                "rules.host-port.allow[1]",
                "rules.host-port.allow[2]",
                "rules.host-port.allow[3]",
                "rules.privileged",
            ]
            .map(str::to_owned)
            .into_iter()
            .collect::<Vec<_>>(),
        );
    }
}

mod exemptions {
    use super::*;

    fn exempted(request: &Value, conditions: Value) -> bool {
        let mut exemption =
            json!({"reason": "known", "rules": ["privileged", "host-path", "host-network"]});
        exemption
            .as_object_mut()
            .unwrap()
            .extend(conditions.as_object().unwrap().clone());
        let settings = json!({"exemptions": [exemption]});
        assert_eq!(mistakes(&settings), Vec::<String>::new());
        let answer = inspect(request, &settings);
        let findings = answer["findings"].as_array().unwrap();
        assert!(!findings.is_empty());
        findings
            .iter()
            .all(|finding| finding["exempted"] != Value::Null)
    }

    fn agent() -> Value {
        let mut request = pod(json!({"containers": [
            {"name": "a", "image": "registry.example.com:5000/agent:v1@sha256:0", "securityContext": {"privileged": true}}]}));
        request["object"]["metadata"] = json!({
            "labels": {"pod-template-hash": "5d9f"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "agent-5d9f", "controller": true}],
        });
        request["userInfo"] =
            json!({"username": "system:serviceaccount:kube-system:replicaset-controller"});
        request
    }

    #[test]
    fn a_workload_is_known_by_its_own_name_or_its_controllers_word() {
        let place = |workload: &str| json!({"namespaces": ["team-a"], "workloads": [workload]});
        for workload in [
            "Pod/web",
            "Pod/w*",
            "ReplicaSet/agent-5d9f",
            "ReplicaSet/agent-*",
            "Deployment/agent",
            "Deployment/*",
        ] {
            assert!(exempted(&agent(), place(workload)), "{workload}");
        }
        for workload in [
            "Pod/webs",
            "Deployment/agent-5d9f",
            "Deployment/agen",
            "DaemonSet/agent",
            "ReplicaSet/*-agent",
            "Pod/*b*b*",
        ] {
            assert!(!exempted(&agent(), place(workload)), "{workload}");
        }
        // Anybody can write an owner reference.
        let mut forged = agent();
        forged["userInfo"] = json!({"username": "bob"});
        assert!(!exempted(&forged, place("Deployment/agent")));
    }

    #[test]
    fn an_image_is_known_with_its_registry() {
        let place = |image: &str| json!({"namespaces": ["team-a"], "images": [image]});
        for image in [
            "registry.example.com:5000/agent",
            "registry.example.com:5000/agent:v1@sha256:0",
        ] {
            assert!(exempted(&agent(), place(image)), "{image}");
        }
        for image in [
            "registry.example.com:5000/agent:v2",
            "registry.example.com:5000/agen",
            "registry.example.com/agent",
        ] {
            assert!(!exempted(&agent(), place(image)), "{image}");
        }
        // What is found in the pod as a whole is in all its containers.
        let mut shared = pod(json!({"hostNetwork": true, "containers": [
            {"name": "a", "image": "registry.example.com/a"}, {"name": "b", "image": "registry.example.com/b"}]}));
        assert!(!exempted(&shared, place("registry.example.com/a")));
        shared["object"]["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .pop();
        assert!(exempted(&shared, place("registry.example.com/a")));
    }

    /// A pod's image can be changed, and with it who is privileged.
    #[test]
    fn an_update_that_loses_its_exemption_is_new() {
        let settings = json!({"exemptions": [{"reason": "known", "rules": ["privileged"],
            "namespaces": ["team-a"], "images": ["registry.example.com:5000/agent"]}]});
        let updated = |image: &str| {
            let mut update = agent();
            update["operation"] = json!("UPDATE");
            update["oldObject"] = update["object"].clone();
            update["object"]["spec"]["containers"][0]["image"] = json!(image);
            let answer = inspect(&update, &settings);
            let finding = &answer["findings"][0];
            (finding["action"].clone(), finding["new"].clone())
        };
        let same = "registry.example.com:5000/agent:v2";
        assert_eq!(updated(same), (json!("audit"), json!(false)));
        let other = "registry.example.com:5000/other:v1";
        assert_eq!(updated(other), (json!("deny"), json!(true)));
    }

    #[test]
    fn an_image_without_a_registry_is_docker_hubs() {
        let mut hub = agent();
        for (image, wanted) in [
            ("busybox:1.36", "docker.io/library/busybox"),
            ("grafana/promtail", "docker.io/grafana/promtail"),
            ("localhost/a", "localhost/a"),
        ] {
            hub["object"]["spec"]["containers"][0]["image"] = json!(image);
            assert!(
                exempted(&hub, json!({"namespaces": ["team-a"], "images": [wanted]})),
                "{image}"
            );
        }
    }

    #[test]
    fn a_value_is_what_the_finding_shows() {
        let volume =
            |path: &str| pod(json!({"volumes": [{"name": "v", "hostPath": {"path": path}}]}));
        let place = |value: &str| json!({"namespaces": ["team-a"], "values": [value]});
        assert!(exempted(&volume("//proc/"), place("/proc")));
        assert!(!exempted(&volume("//proc/"), place("/")));
        assert!(!exempted(&volume("/proc/sys"), place("/proc")));
        // However a path is written, in the object or here, it is the same.
        assert!(exempted(&volume("/proc"), place("/proc/")));
        assert!(exempted(&volume("/run/calico"), place("/var/run/calico")));
        assert!(exempted(
            &volume(r"C:\ProgramData"),
            place("c:/programdata")
        ));
        let mut windows = volume("/ProgramData");
        windows["object"]["spec"]["os"] = json!({"name": "windows"});
        assert!(exempted(&windows, place("/ProgramData")));
        assert!(exempted(&windows, place(r"C:\ProgramData")));
    }

    /// Not only what the finding has room for.
    #[test]
    fn a_role_is_exempted_by_all_that_it_grants() {
        let role = |resources: Value| {
            let rule = json!({"apiGroups": [""], "resources": resources, "verbs": ["create"]});
            let proxy = json!({"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]});
            let mut role = request(
                "rbac.authorization.k8s.io",
                "ClusterRole",
                json!({"rules": [rule, proxy]}),
            );
            role.as_object_mut().unwrap().remove("namespace");
            role
        };
        let is_exempted = |role: &Value, value: &str| {
            let settings = json!({"exemptions": [{"reason": "r", "rules": ["pod-exec"],
                "users": ["bob"], "values": [value]}]});
            assert_eq!(mistakes(&settings), Vec::<String>::new());
            let answer = inspect(role, &settings);
            let findings = answer["findings"].as_array().unwrap();
            let mut of_rule = findings.iter().filter(|it| it["rule"] == "pod-exec");
            !of_rule.next().unwrap()["exempted"].is_null()
        };
        let few = role(json!(["pods/exec"]));
        assert!(is_exempted(&few, "create pods/exec, get nodes/proxy"));
        assert!(is_exempted(&few, "get nodes/proxy, create pods/exec"));
        assert!(!is_exempted(&few, "create pods/exec, create pods/exec"));
        assert!(!is_exempted(&few, "create pods/exec"));
        let many = role(json!([
            "pods/exec",
            "pods/attach",
            "pods/portforward",
            "pods/proxy"
        ]));
        let shown =
            "create pods/exec, create pods/attach, create pods/portforward, create pods/proxy";
        assert!(!is_exempted(&many, shown));
        assert!(is_exempted(&many, &format!("{shown}, get nodes/proxy")));
        let cut = json!({"exemptions": [{"reason": "r", "rules": ["pod-exec"],
            "users": ["bob"], "values": [format!("{shown}, …")]}]});
        assert_eq!(
            mistakes(&cut),
            ["exemptions[0]: can never hold: `…` in a value is short for others, give them all"]
        );
    }

    #[test]
    fn what_lies_under_a_path_is_meant_by_a_star() {
        let volume =
            |path: &str| pod(json!({"volumes": [{"name": "v", "hostPath": {"path": path}}]}));
        let place = |value: &str| json!({"namespaces": ["team-a"], "values": [value]});
        let under = "/var/lib/plugins/*";
        for path in [
            "/var/lib/plugins/a",
            "/var/lib/plugins/a/b",
            "//var/lib/plugins//a/",
        ] {
            assert!(exempted(&volume(path), place(under)), "{path}");
        }
        for path in [
            "/var/lib/plugins",
            "/var/lib/plugins/",
            "/var/lib/plugins-a",
            "/var/lib",
            "/var/lib/plugins/..",
        ] {
            assert!(!exempted(&volume(path), place(under)), "{path}");
        }
        assert!(exempted(
            &volume("/run/calico/a"),
            place("/var/run/calico/*")
        ));
        assert!(exempted(&volume(r"C:\k\a"), place(r"c:\k\*")));
        assert!(exempted(&volume("/srv"), place("/*")));
        assert!(!exempted(&volume("/"), place("/*")));

        let mut local = request(
            "",
            "PersistentVolume",
            json!({"spec": {"local": {"path": "/mnt/disks/a"}}}),
        );
        local.as_object_mut().unwrap().remove("namespace");
        let settings = |value: &str| {
            json!({"exemptions": [{"reason": "r", "rules": ["persistent-volume"], "users": ["bob"],
                "values": [value]}]})
        };
        let is_exempted =
            |value: &str| !inspect(&local, &settings(value))["findings"][0]["exempted"].is_null();
        assert!(is_exempted("/mnt/disks/*"));
        assert!(!is_exempted("/mnt/disks/a/*"));
    }

    /// The API server refuses or clears it; a manifest may have it all the same.
    #[test]
    fn what_is_of_the_cluster_is_in_no_namespace() {
        let settings = json!({"exemptions": [{"reason": "r", "rules": ["persistent-volume", "pod-create"],
            "namespaces": ["team-a"]}]});
        let rules =
            json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]});
        let rbac = "rbac.authorization.k8s.io";
        for (group, kind, object, holds) in [
            (
                "",
                "PersistentVolume",
                json!({"spec": {"hostPath": {"path": "/"}}}),
                false,
            ),
            (rbac, "ClusterRole", rules.clone(), false),
            (rbac, "Role", rules, true),
        ] {
            let answer = inspect(&request(group, kind, object), &settings);
            assert_eq!(answer["request"]["namespace"].is_null(), !holds, "{kind}");
            assert_eq!(
                !answer["findings"][0]["exempted"].is_null(),
                holds,
                "{kind}"
            );
        }
    }

    fn sidecar() -> Value {
        let mut spec = json!({"containers": adding(&["NET_ADMIN"])});
        let mut injected = adding(&["NET_ADMIN"])[0].clone();
        injected["name"] = json!("proxy-init");
        spec["initContainers"] = json!([injected]);
        pod(spec)
    }

    #[test]
    fn a_container_is_known_by_its_name() {
        let settings = |names: &[&str]| {
            json!({"exemptions": [{"reason": "mesh", "rules": ["capabilities", "host-network"],
                "namespaces": ["team-a"], "containers": names}]})
        };
        let exempted = |request: &Value, names: &[&str]| {
            let settings = settings(names);
            assert_eq!(mistakes(&settings), Vec::<String>::new());
            let answer = inspect(request, &settings);
            let findings = answer["findings"].as_array().unwrap().clone();
            let names = findings
                .iter()
                .filter(|finding| !finding["exempted"].is_null());
            names
                .map(|finding| finding["container"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(exempted(&sidecar(), &["proxy-init"]), [json!("proxy-init")]);
        assert_eq!(exempted(&sidecar(), &["proxy"]), Vec::<Value>::new());
        // What is found in the pod as a whole is in all its containers.
        let mut shared = sidecar();
        shared["object"]["spec"]["hostNetwork"] = json!(true);
        assert_eq!(exempted(&shared, &["proxy-init"]), [json!("proxy-init")]);
        let both = exempted(&shared, &["proxy-init", "main"]);
        assert!(both.contains(&Value::Null), "{both:?}");
    }

    /// As far as a request tells: a pod knows its Job, and a Job is called by its CronJob and the
    /// minute for which it was made.
    #[test]
    fn a_cron_job_covers_its_jobs_and_their_pods() {
        let owned = |kind: &str, name: &str, owner: &str, owned_by: &str, account: &str| {
            let mut request = match kind {
                "Pod" => pod(json!({"hostNetwork": true})),
                _ => request(
                    "batch",
                    kind,
                    json!({"spec": {"template": {"spec": {"hostNetwork": true}}}}),
                ),
            };
            request["name"] = json!(name);
            request["object"]["metadata"] =
                json!({"ownerReferences": [{"kind": owned_by, "name": owner, "controller": true}]});
            request["userInfo"] =
                json!({"username": format!("system:serviceaccount:kube-system:{account}")});
            request
        };
        let place = |workload: &str| json!({"namespaces": ["team-a"], "workloads": [workload]});
        let job = owned(
            "Job",
            "backup-29391840",
            "backup",
            "CronJob",
            "cronjob-controller",
        );
        let by_job = |job: &str, account: &str| owned("Pod", "x", job, "Job", account);
        let made = by_job("backup-29391840", "job-controller");
        assert!(exempted(&job, place("CronJob/backup")));
        assert!(exempted(&made, place("CronJob/backup")));
        assert!(exempted(&made, place("CronJob/back*")));
        assert!(exempted(&made, place("Job/backup-*")));
        for other in [
            by_job("backup-now", "job-controller"),
            by_job("backup-", "job-controller"),
            by_job("backup", "job-controller"),
            by_job("backup2-29391840", "job-controller"),
            by_job("backup-29391840", "replicaset-controller"),
            owned(
                "Pod",
                "x",
                "backup-29391840",
                "ReplicaSet",
                "replicaset-controller",
            ),
        ] {
            assert!(!exempted(&other, place("CronJob/backup")), "{other}");
        }
        let mut forged = made;
        forged["userInfo"] = json!({"username": "bob"});
        assert!(!exempted(&forged, place("CronJob/backup")));
    }

    /// They have no namespace, so who writes them is all that there is to go by.
    #[test]
    fn what_has_no_namespace_is_exempted_by_who_writes_it() {
        let account = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";
        let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]);
        let mut role = request(
            "rbac.authorization.k8s.io",
            "ClusterRole",
            json!({"rules": rules}),
        );
        role.as_object_mut().unwrap().remove("namespace");
        role["name"] = json!("system:aggregate-to-edit");
        role["userInfo"] =
            json!({"username": account, "groups": ["system:serviceaccounts:kube-system"]});
        let mut volume = request(
            "",
            "PersistentVolume",
            json!({"spec": {"hostPath": {"path": "/"}}}),
        );
        volume.as_object_mut().unwrap().remove("namespace");
        volume["userInfo"] = role["userInfo"].clone();
        for (request, rule) in [(&role, "pod-create"), (&volume, "persistent-volume")] {
            let mut by_name = json!({"users": [account], "workloads": ["ClusterRole/system:*", "ClusterRoleBinding/system:node", "PersistentVolume/web"]});
            for who in [
                json!({"users": [account]}),
                json!({"groups": ["system:serviceaccounts:kube-system"]}),
                by_name.take(),
            ] {
                let mut exemption = json!({"reason": "the cluster's own", "rules": [rule]});
                exemption
                    .as_object_mut()
                    .unwrap()
                    .extend(who.as_object().unwrap().clone());
                let settings = json!({"exemptions": [exemption]});
                assert_eq!(mistakes(&settings), Vec::<String>::new());
                let answer = inspect(request, &settings);
                assert_eq!(answer["findings"][0]["exempted"]["index"], 0, "{settings}");
            }
        }
    }

    #[test]
    fn docker_hub_has_one_name() {
        let mut hub = agent();
        for image in [
            "busybox",
            "docker.io/busybox",
            "docker.io/library/busybox:1",
            "index.docker.io/library/busybox",
        ] {
            hub["object"]["spec"]["containers"][0]["image"] = json!(image);
            for wanted in ["docker.io/library/busybox", "docker.io/busybox"] {
                let place = json!({"namespaces": ["team-a"], "images": [wanted]});
                assert!(exempted(&hub, place), "{image} {wanted}");
            }
        }
    }

    /// It may hold for the rules that are missing.
    #[test]
    fn an_exemption_whose_rules_are_not_known_is_told_of_those_alone() {
        for conditions in [
            json!({"namespaces": ["a"]}),
            json!({"serviceAccounts": ["a/b"]}),
            json!({"namespaces": ["a"], "values": ["/var/log"]}),
        ] {
            for (rules, expected) in [
                (None, "exemptions[0]: no `rules`"),
                (Some(json!([])), "exemptions[0].rules: empty"),
                (
                    Some(json!(["host-paths"])),
                    "exemptions[0].rules[0]: `host-paths`, did you mean `host-path`?",
                ),
                (
                    Some(json!(["persistent-volume", "host-paths"])),
                    "exemptions[0].rules[1]: `host-paths`, did you mean `host-path`?",
                ),
            ] {
                let mut exemption = conditions.clone();
                exemption["reason"] = json!("r");
                if let Some(rules) = rules {
                    exemption["rules"] = rules;
                }
                let told = mistakes(&json!({"exemptions": [exemption]}));
                assert_eq!(told.len(), 1, "{exemption} {told:?}");
                assert!(told[0].starts_with(expected), "{exemption} {told:?}");
            }
        }
    }

    #[test]
    fn one_that_could_never_hold_is_refused() {
        let mistake = |rules: &[&str], conditions: Value| {
            let mut exemption = json!({"reason": "r", "rules": rules});
            exemption
                .as_object_mut()
                .unwrap()
                .extend(conditions.as_object().unwrap().clone());
            mistakes(&json!({"exemptions": [exemption]})).join("; ")
        };
        for (rules, conditions) in [
            (
                &["host-path"][..],
                json!({"namespaces": ["a"], "serviceAccounts": ["b/c"]}),
            ),
            (&["persistent-volume"], json!({"namespaces": ["a"]})),
            (
                &["persistent-volume", "pod-create"],
                json!({"users": ["a"], "images": ["a.io/b"]}),
            ),
            (
                &["device-admin-access"],
                json!({"namespaces": ["a"], "containers": ["b"]}),
            ),
            (&["pod-exec"], json!({"serviceAccounts": ["a/b"]})),
            (
                &["host-network"],
                json!({"namespaces": ["a"], "values": ["yes"]}),
            ),
            (
                &["host-network", "privileged"],
                json!({"namespaces": ["a"], "values": ["true", "/x"]}),
            ),
            (
                &["capabilities"],
                json!({"namespaces": ["a"], "values": ["CAP_SYS_ADMIN"]}),
            ),
            (
                &["capabilities"],
                json!({"namespaces": ["a"], "values": ["net_admin"]}),
            ),
            (
                &["host-path"],
                json!({"namespaces": ["a"], "values": ["var/log"]}),
            ),
            (
                &["host-path"],
                json!({"namespaces": ["a"], "values": ["/var/log*"]}),
            ),
            (
                &["seccomp-unconfined"],
                json!({"namespaces": ["a"], "values": ["unconfined"]}),
            ),
            (
                &["host-path"],
                json!({"namespaces": ["a"], "containers": ["A b"]}),
            ),
        ] {
            let mistake = mistake(rules, conditions.clone());
            assert!(
                mistake.starts_with("exemptions[0]"),
                "{rules:?} {conditions}: {mistake}"
            );
            let says_so = mistake.contains("can never hold") || mistake.contains("no name that");
            assert!(says_so, "{mistake}");
        }
        for (rules, conditions) in [
            (
                &["persistent-volume", "host-path"][..],
                json!({"namespaces": ["a"]}),
            ),
            (
                &["host-path", "pod-exec"],
                json!({"serviceAccounts": ["a/b"], "images": ["a.io/b"]}),
            ),
            (
                &["host-network", "capabilities"],
                json!({"namespaces": ["a"], "values": ["true", "NET_ADMIN"]}),
            ),
            (
                &["sysctls", "host-path"],
                json!({"namespaces": ["a"], "values": ["kernel.msgmax", "/*"]}),
            ),
            (
                &["host-path"],
                json!({"namespaces": ["a"], "values": [r"\\.\pipe\a", r"C:\k\*"]}),
            ),
        ] {
            assert_eq!(mistake(rules, conditions), "", "{rules:?}");
        }
    }

    #[test]
    fn what_everybody_can_choose_only_narrows() {
        let settings = json!({"exemptions": [{"reason": "r", "rules": ["privileged"],
            "workloads": ["DaemonSet/a"], "images": ["a.io/b"], "values": ["true"]}]});
        let told = mistakes(&settings);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("names nobody"), "{told:?}");
        let wrong = json!({"exemptions": [{"reason": "r", "rules": ["privileged"], "namespaces": ["a"],
            "workloads": ["agent", "/x", "DaemonSet/A b"], "images": ["agent", "library/agent", "a.io/*"]}]});
        assert_eq!(mistakes(&wrong).len(), 6, "{:?}", mistakes(&wrong));
    }
}

/// What an update does not make worse is not new, whatever says it.
mod updates {
    use super::*;

    #[track_caller]
    fn assert_new(old: Value, new: Value, expected: bool) {
        let mut update = pod(new);
        update["operation"] = json!("UPDATE");
        update["oldObject"] = json!({"spec": old});
        let answer = inspect(&update, &json!({}));
        let findings = answer["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{answer:#}");
        assert_eq!(findings[0]["new"], expected, "{answer:#}");
    }

    #[test]
    fn all_capabilities_hold_each() {
        let adds = |capabilities: &[&str]| json!({"containers": adding(capabilities)});
        assert_new(adds(&["ALL"]), adds(&["SYS_ADMIN"]), false);
        assert_new(adds(&["SYS_ADMIN"]), adds(&["ALL"]), true);
        assert_new(adds(&["SYS_MODULE"]), adds(&["SYS_ADMIN"]), true);
        let mut milder = adds(&["ALL"]);
        milder["hostUsers"] = json!(false);
        assert_new(milder, adds(&["SYS_ADMIN"]), true);
        let mut other = adds(&["ALL"]);
        other["containers"][0]["name"] = json!("other");
        assert_new(other, adds(&["SYS_ADMIN"]), true);
    }

    #[test]
    fn a_container_had_what_it_took_from_its_pod() {
        let host = json!({"windowsOptions": {"hostProcess": true}});
        let of_pod = |names: &[&str]| {
            let containers: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            json!({"securityContext": host, "containers": containers})
        };
        let own = json!({"containers": [{"name": "a", "securityContext": host}]});
        assert_new(of_pod(&["a"]), own.clone(), false);
        assert_new(of_pod(&["b"]), own, true);
    }
}

mod custom_kinds {
    use super::*;

    fn template(context: Value) -> Value {
        json!({"spec": {"hostPID": true, "containers": [{"name": "a", "image": "i", "securityContext": context}]}})
    }

    fn paths(answer: &Value) -> Vec<&str> {
        let findings = answer["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["path"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn known_kinds_are_read_where_they_keep_pods() {
        for (group, kind, object, place) in [
            (
                "argoproj.io",
                "Rollout",
                json!({"spec": {"template": template(json!({}))}}),
                "/spec/template/spec",
            ),
            (
                "serving.knative.dev",
                "Service",
                json!({"spec": {"template": template(json!({}))}}),
                "/spec/template/spec",
            ),
            (
                "serving.knative.dev",
                "Revision",
                template(json!({})),
                "/spec",
            ),
            (
                "apps.kruise.io",
                "CloneSet",
                json!({"spec": {"template": template(json!({}))}}),
                "/spec/template/spec",
            ),
            (
                "jobset.x-k8s.io",
                "JobSet",
                json!({"spec": {"replicatedJobs": [{}, {"template": {"spec": {"template": template(json!({}))}}}]}}),
                "/spec/replicatedJobs/1/template/spec/template/spec",
            ),
        ] {
            let answer = inspect(&request(group, kind, object), &json!({}));
            assert_eq!(paths(&answer), [format!("{place}/hostPID")], "{kind}");
            assert!(
                !answer["findings"][0]["message"]
                    .as_str()
                    .unwrap()
                    .contains("structure")
            );
        }
    }

    #[test]
    fn what_they_keep_there_is_unreadable_if_it_is_no_pod() {
        let object = json!({"spec": {"template": {"spec": {"hostPID": "yes"}}}});
        let answer = inspect(&request("argoproj.io", "Rollout", object), &json!({}));
        assert_eq!(paths(&answer), ["/spec/template/spec/hostPID"]);
        assert_eq!(answer["response"]["code"], 422);
    }

    #[test]
    fn the_settings_say_where_else() {
        let settings = json!({"podTemplates": [{"group": "example.com", "kind": "Fleet", "path": "/spec/ships/*/pod"}]});
        let ship = json!({"pod": {"hostPID": true}});
        let object = json!({"spec": {"ships": [ship, {}, ship]}});
        let answer = inspect(&request("example.com", "Fleet", object.clone()), &settings);
        assert_eq!(
            paths(&answer),
            ["/spec/ships/0/pod/hostPID", "/spec/ships/2/pod/hostPID"]
        );
        assert_eq!(
            inspect(&request("example.com", "Fleet", object), &json!({}))["judged"],
            false
        );
    }

    #[test]
    fn what_looks_like_a_pod_is_found_by_its_structure() {
        let object = json!({"spec": {"deep": [{"er": template(json!({"privileged": true}))}]}});
        let answer = inspect(&request("example.com", "Thing", object), &json!({}));
        let place = "/spec/deep/0/er/spec";
        assert_eq!(
            paths(&answer),
            [
                format!("{place}/containers/0/securityContext/privileged"),
                format!("{place}/hostPID")
            ]
        );
        let message = answer["findings"][0]["message"].as_str().unwrap();
        assert!(
            message.ends_with("found by its structure, in a kind that is not known"),
            "{message}"
        );
    }

    #[test]
    fn an_escaped_key_hides_nothing() {
        let object = json!({"spec": template(json!({}))}).to_string();
        let object = object.replace("\"image\"", "\"im\\u0061ge\"");
        let kind = r#"{"group":"example.com","version":"v1","kind":"Thing"}"#;
        let payload =
            format!(r#"{{"request":{{"kind":{kind},"operation":"CREATE","object":{object}}}}}"#);
        let answer: Value = serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
        assert_eq!(paths(&answer), ["/spec/spec/hostPID"]);
    }

    #[test]
    fn containers_by_other_names_count() {
        let privileged =
            json!({"name": "a", "image": "i", "securityContext": {"privileged": true}});
        let task = json!({"spec": {"steps": [privileged], "sidecars": [privileged],
            "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}});
        assert_eq!(
            paths(&inspect(&request("tekton.dev", "Task", task), &json!({}))),
            [
                "/spec/sidecars/0/securityContext/privileged",
                "/spec/steps/0/securityContext/privileged",
                "/spec/volumes/0/hostPath",
            ]
        );
        let single = json!({"image": "i", "securityContext": {"privileged": true}});
        let workflow = json!({"spec": {"templates": [
            {"name": "a", "container": single}, {"name": "b", "script": single, "hostPID": "odd"},
            {"name": "c", "containerSet": {"containers": [privileged]}}]}});
        assert_eq!(
            paths(&inspect(
                &request("argoproj.io", "Workflow", workflow),
                &json!({})
            )),
            [
                "/spec/templates/0/container/securityContext/privileged",
                "/spec/templates/1/script/securityContext/privileged",
                "/spec/templates/2/containerSet/containers/0/securityContext/privileged",
            ]
        );
    }

    /// `severity path` for each finding.
    fn found(group: &str, kind: &str, object: Value) -> Vec<String> {
        let answer = inspect(&request(group, kind, object), &json!({}));
        let findings = answer["findings"].as_array().unwrap();
        let text = |finding: &Value| {
            let texts = [&finding["severity"], &finding["path"]];
            texts.map(|text| text.as_str().unwrap()).join(" ")
        };
        findings.iter().map(text).collect()
    }

    /// The node's root directory, as a volume, and a mount of it.
    fn root() -> (Value, Value) {
        (
            json!([{"name": "root", "hostPath": {"path": "/"}}]),
            json!([{"name": "root", "mountPath": "/host"}]),
        )
    }

    #[test]
    fn what_a_workflow_says_holds_for_its_templates() {
        let (volumes, mounts) = root();
        let spec = json!({
            "hostNetwork": true, "volumes": volumes,
            "securityContext": {"appArmorProfile": {"type": "Unconfined"}},
            "templates": [
                {"name": "a", "container": {"image": "i", "volumeMounts": mounts}},
                {"name": "b", "script": {"image": "i", "securityContext": {"privileged": true}}},
            ],
        });
        let expected = |at: &str| {
            [
                format!("critical {at}/templates/1/script/securityContext/privileged"),
                format!("critical {at}/volumes/0/hostPath"),
                format!("medium {at}/hostNetwork"),
                format!("medium {at}/securityContext/appArmorProfile/type"),
            ]
        };
        for kind in ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"] {
            let object = json!({"metadata": {"name": "x"}, "spec": spec});
            assert_eq!(
                found("argoproj.io", kind, object),
                expected("/spec"),
                "{kind}"
            );
        }
        let cron = json!({"spec": {"workflowSpec": spec}});
        assert_eq!(
            found("argoproj.io", "CronWorkflow", cron),
            expected("/spec/workflowSpec")
        );
        // Mounted by none, taken by none.
        let mut unused = spec;
        unused["templates"] = json!([{"name": "a", "container": {"image": "i", "securityContext": {
            "appArmorProfile": {"type": "RuntimeDefault"}}}}]);
        assert_eq!(
            found("argoproj.io", "Workflow", json!({"spec": unused})),
            [
                "medium /spec/volumes/0/hostPath",
                "medium /spec/hostNetwork",
                "low /spec/securityContext/appArmorProfile/type"
            ]
        );
    }

    #[test]
    fn one_more_template_makes_nothing_new_of_the_workflow() {
        let workflow = |templates: usize| {
            let template =
                |index: usize| json!({"name": index.to_string(), "container": {"image": "i"}});
            let templates: Vec<Value> = (0..templates).map(template).collect();
            json!({"spec": {"hostPID": true, "templates": templates}})
        };
        let mut update = request("argoproj.io", "WorkflowTemplate", workflow(3));
        update["operation"] = json!("UPDATE");
        update["oldObject"] = workflow(1);
        assert_eq!(inspect(&update, &json!({}))["findings"][0]["new"], false);
    }

    #[test]
    fn pod_templates_of_tekton_hold_for_its_steps() {
        let (volumes, mounts) = root();
        let template = json!({"hostNetwork": true, "volumes": volumes});
        let step = json!({"name": "a", "image": "i", "volumeMounts": mounts});
        let task =
            json!({"steps": [step], "stepTemplate": {"securityContext": {"privileged": true}}});
        let run = json!({"spec": {"podTemplate": template, "taskSpec": task}});
        assert_eq!(
            found("tekton.dev", "TaskRun", run),
            [
                "critical /spec/taskSpec/stepTemplate/securityContext/privileged",
                "critical /spec/podTemplate/volumes/0/hostPath",
                "medium /spec/podTemplate/hostNetwork",
            ]
        );
        // The task is elsewhere, and may mount it.
        let run = json!({"spec": {"podTemplate": template, "taskRef": {"name": "t"}}});
        assert_eq!(
            found("tekton.dev", "TaskRun", run),
            [
                "medium /spec/podTemplate/volumes/0/hostPath",
                "medium /spec/podTemplate/hostNetwork"
            ]
        );
        let host = json!({"hostNetwork": true});
        for (spec, path) in [
            (json!({"podTemplate": host}), "podTemplate"),
            (
                json!({"taskRunTemplate": {"podTemplate": host}}),
                "taskRunTemplate/podTemplate",
            ),
            (
                json!({"taskRunSpecs": [{}, {"podTemplate": host}]}),
                "taskRunSpecs/1/podTemplate",
            ),
            (
                json!({"taskRunSpecs": [{"taskPodTemplate": host}]}),
                "taskRunSpecs/0/taskPodTemplate",
            ),
        ] {
            let run = json!({"spec": spec});
            let expected = format!("medium /spec/{path}/hostNetwork");
            assert_eq!(found("tekton.dev", "PipelineRun", run), [expected]);
        }
    }

    #[test]
    fn drivers_and_executors_of_spark_are_pods_and_containers_in_one() {
        let (volumes, mounts) = root();
        let sidecar = json!({"name": "s", "image": "i", "securityContext": {"capabilities": {"add": ["BPF"]}}});
        let application = json!({
            "image": "i", "volumes": volumes,
            "driver": {"hostNetwork": true, "securityContext": {"privileged": true}, "sidecars": [sidecar],
                "podSecurityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}],
                    "appArmorProfile": {"type": "Unconfined"}}},
            "executor": {"volumeMounts": mounts, "securityContext": {"procMount": "Unmasked"},
                "initContainers": [{"name": "i", "image": "i", "securityContext": {"privileged": true}}]},
        });
        let expected = |at: &str| {
            [
                format!("critical {at}/driver/securityContext/privileged"),
                format!("critical {at}/executor/initContainers/0/securityContext/privileged"),
                format!("critical {at}/volumes/0/hostPath"),
                format!("high {at}/driver/sidecars/0/securityContext/capabilities/add/0"),
                format!("medium {at}/driver/hostNetwork"),
                format!("medium {at}/executor/securityContext/procMount"),
                format!("medium {at}/driver/podSecurityContext/appArmorProfile/type"),
                format!("medium {at}/driver/podSecurityContext/sysctls/0"),
            ]
        };
        let object = json!({"metadata": {"name": "x"}, "spec": application});
        let group = "sparkoperator.k8s.io";
        assert_eq!(found(group, "SparkApplication", object), expected("/spec"));
        let scheduled = json!({"spec": {"template": application}});
        assert_eq!(
            found(group, "ScheduledSparkApplication", scheduled),
            expected("/spec/template")
        );
    }

    #[test]
    fn disks_of_virtual_machines_may_be_the_nodes() {
        let machine = json!({
            "domain": {"devices": {"disks": [{"name": "d", "disk": {}}], "gpus": [{"name": "g", "deviceName": "x"}]}},
            "volumes": [
                {"name": "c", "containerDisk": {"image": "i"}},
                {"name": "d", "hostDisk": {"path": "/etc/disk.img", "type": "DiskOrCreate"}},
            ],
        });
        for (group, kind, object, at) in [
            (
                "kubevirt.io",
                "VirtualMachineInstance",
                json!({"spec": machine}),
                "/spec",
            ),
            (
                "kubevirt.io",
                "VirtualMachine",
                json!({"spec": {"template": {"spec": machine}}}),
                "/spec/template/spec",
            ),
            (
                "kubevirt.io",
                "VirtualMachineInstanceReplicaSet",
                json!({"spec": {"template": {"spec": machine}}}),
                "/spec/template/spec",
            ),
            (
                "pool.kubevirt.io",
                "VirtualMachinePool",
                json!({"spec": {"virtualMachineTemplate": {"spec": {"template": {"spec": machine}}}}}),
                "/spec/virtualMachineTemplate/spec/template/spec",
            ),
        ] {
            let expected = format!("critical {at}/volumes/1/hostDisk");
            assert_eq!(found(group, kind, object), [expected], "{kind}");
        }
        // A pod has no such volumes.
        let pod = pod(json!({"volumes": [{"name": "d", "hostDisk": {"path": "/etc/disk.img"}}]}));
        assert_eq!(severities(&pod, &json!({})), Vec::<String>::new());
    }

    #[test]
    fn what_these_kinds_keep_is_unreadable_if_it_does_not_fit() {
        for (group, kind, object, path) in [
            (
                "argoproj.io",
                "Workflow",
                json!({"spec": {"hostNetwork": "yes"}}),
                "/spec/hostNetwork",
            ),
            (
                "tekton.dev",
                "TaskRun",
                json!({"spec": {"podTemplate": {"volumes": 7}}}),
                "/spec/podTemplate/volumes",
            ),
            (
                "sparkoperator.k8s.io",
                "SparkApplication",
                json!({"spec": {"driver": {"securityContext": {"privileged": 1}}}}),
                "/spec/driver/securityContext/privileged",
            ),
            (
                "sparkoperator.k8s.io",
                "SparkApplication",
                json!({"spec": {"executor": {"podSecurityContext": {"sysctls": 1}}}}),
                "/spec/executor/podSecurityContext/sysctls",
            ),
            (
                "kubevirt.io",
                "VirtualMachine",
                json!({"spec": {"template": {"spec": {"volumes": [{"hostDisk": {"path": 1}}]}}}}),
                "/spec/template/spec/volumes/0/hostDisk/path",
            ),
        ] {
            let answer = inspect(&request(group, kind, object), &json!({}));
            assert_eq!(paths(&answer), [path], "{kind}");
            assert_eq!(answer["response"]["code"], 422, "{kind}");
        }
        // Parts that are not there are no fault, nor is what else there is.
        for (group, kind, object) in [
            (
                "argoproj.io",
                "Workflow",
                json!({"spec": {"workflowTemplateRef": {"name": "x"}}}),
            ),
            (
                "tekton.dev",
                "PipelineRun",
                json!({"spec": {"taskRunSpecs": {}}}),
            ),
            (
                "sparkoperator.k8s.io",
                "SparkApplication",
                json!({"spec": null}),
            ),
            ("kubevirt.io", "VirtualMachine", json!({})),
        ] {
            let answer = inspect(&request(group, kind, object), &json!({}));
            assert_eq!(answer["findings"], json!([]), "{kind}");
        }
    }

    /// An exemption for images is for those of the containers that have what the object says.
    #[test]
    fn images_are_those_of_all_that_it_holds_for() {
        let exempted = |steps: Value| {
            let run = json!({"spec": {"podTemplate": {"hostNetwork": true}, "taskSpec": {"steps": steps}}});
            let settings = json!({"exemptions": [{"reason": "r", "rules": ["host-network"],
                "namespaces": ["team-a"], "images": ["a.io/a"]}]});
            let answer = inspect(&request("tekton.dev", "TaskRun", run), &settings);
            !answer["findings"][0]["exempted"].is_null()
        };
        let step = |image: &str| json!({"name": "s", "image": image});
        assert!(exempted(json!([step("a.io/a:1")])));
        assert!(!exempted(json!([step("a.io/a:1"), step("a.io/b")])));
        // Nothing is known of the task.
        assert!(!exempted(json!([])));
    }

    #[test]
    fn annotations_beside_a_spec_are_its_own() {
        let object = json!({"spec": {"template": {
            "metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}},
            "spec": {"containers": [{"name": "a", "image": "i"}]}}}});
        for (group, kind) in [("example.com", "Thing"), ("argoproj.io", "Rollout")] {
            let answer = inspect(&request(group, kind, object.clone()), &json!({}));
            assert_eq!(
                paths(&answer),
                [
                    "/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a"
                ],
                "{kind}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_none_of_ours() {
        for spec in [
            json!({"containers": ["image", "name"], "hostPID": true}),
            json!({"containers": [{"name": "a"}], "hostPID": true, "note": "image"}),
            json!({"containers": [{"name": "a", "image": 7}], "hostPID": true}),
            json!({"containers": {"name": "a", "image": "i"}, "hostPID": true}),
            json!({"containers": [{"name": "a", "image": "i"}, "b"], "hostPID": true}),
            json!({"containers": [{"name": "a", "image": "i"}, null], "hostPID": true}),
            json!({"containers": [[], {"name": "a", "image": "i"}], "hostPID": true}),
            json!({"containers": [], "hostPID": true, "image": "x"}),
            json!({"containers": [{"name": "a", "image": "i"}], "hostPID": "x"}),
        ] {
            let answer = inspect(
                &request("example.com", "Thing", json!({"spec": spec})),
                &json!({}),
            );
            assert_eq!(answer["findings"], json!([]), "{spec}");
            assert_eq!(answer["allowed"], true);
        }
    }

    fn privileged() -> Value {
        json!({"name": "p", "image": "i", "securityContext": {"privileged": true}})
    }

    #[test]
    fn padding_hides_no_pod() {
        let mut templates = vec![json!({"container": {"image": "i"}}); 3_000];
        templates.push(json!({"name": "last", "container": privileged()}));
        let workflow = json!({"spec": {"templates": templates}});
        for (group, kind) in [("argoproj.io", "Workflow"), ("example.com", "Thing")] {
            assert_eq!(
                found(group, kind, workflow.clone()),
                ["critical /spec/templates/3000/container/securityContext/privileged"],
                "{kind}"
            );
        }
    }

    #[test]
    fn what_is_too_deep_to_be_searched_is_unreadable() {
        let nested =
            |levels: usize, inner: Value| (0..levels).fold(inner, |inner, _| json!({"x": inner}));
        let pods = json!({"containers": [privileged()]});
        let deep = inspect(
            &request("example.com", "Thing", nested(30, pods.clone())),
            &json!({}),
        );
        assert_eq!(paths(&deep)[0].matches("/x").count(), 30);
        let deeper = inspect(
            &request("example.com", "Thing", nested(100, pods)),
            &json!({}),
        );
        assert_eq!(deeper["response"]["code"], 422);
        assert_eq!(paths(&deeper), ["/x".repeat(64)]);
        // As deep, and nothing that has an image.
        let settings = nested(100, json!({"name": "a"}));
        assert_eq!(found("example.com", "Thing", settings), [""; 0]);
    }

    /// Names of elements need not be their own where nothing says so.
    #[test]
    fn a_second_pod_of_the_same_name_is_new() {
        let element = json!({"name": "a", "template": {"spec": {"containers": [privileged()]}}});
        let thing = |count: usize| json!({"w": vec![element.clone(); count]});
        let mut update = request("example.com", "Thing", thing(2));
        update["operation"] = json!("UPDATE");
        update["oldObject"] = thing(1);
        let answer = inspect(&update, &json!({}));
        let new = |at: usize| answer["findings"][at]["new"].clone();
        assert_eq!((new(0), new(1)), (json!(false), json!(true)), "{answer:#}");
        assert_eq!(answer["allowed"], false);
        update["oldObject"] = thing(2);
        assert_eq!(inspect(&update, &json!({}))["allowed"], true);
    }

    /// The account of whoever applies something is not that of its pods.
    #[test]
    fn an_account_around_a_pod_is_its_own_in_kinds_that_are_known() {
        let settings = json!({"exemptions": [{"reason": "r", "rules": ["privileged"],
            "serviceAccounts": ["team-a/builder"]}]});
        for (group, kind, within, holds) in [
            ("helm.toolkit.fluxcd.io", "HelmRelease", "values", false),
            ("example.com", "Thing", "values", false),
            ("tekton.dev", "TaskRun", "taskSpec", true),
        ] {
            let spec =
                json!({"serviceAccountName": "builder", within: {"sidecars": [privileged()]}});
            let answer = inspect(&request(group, kind, json!({"spec": spec})), &settings);
            let exempted = &answer["findings"][0]["exempted"];
            assert_eq!(!exempted.is_null(), holds, "{kind}: {answer:#}");
        }
    }

    #[test]
    fn of_a_part_that_does_not_fit_nothing_is_told() {
        let spec = json!({"containers": [{"name": "a", "image": "i", "volumeDevices": ["v"]}],
            "volumes": [{"name": "v", "hostPath": "/etc"}, {"name": "w", "gitRepo": "https://x"}],
            "securityContext": {"sysctls": ["a=1"]}});
        assert_eq!(
            found("example.com", "Thing", json!({"spec": spec})),
            [""; 0]
        );
    }

    #[test]
    fn a_patch_beside_a_container_hides_it_not() {
        let (volumes, _) = root();
        let spec = json!({"hostNetwork": true, "volumes": volumes,
            "containers": [privileged(), {"name": "prometheus", "args": ["--x"]}]});
        assert_eq!(
            found(
                "monitoring.coreos.com",
                "Prometheus",
                json!({"spec": spec.clone()})
            ),
            [
                "critical /spec/containers/0/securityContext/privileged",
                "medium /spec/volumes/0/hostPath",
                "medium /spec/hostNetwork",
            ]
        );
        // Where nothing says that it is one of containers, a list with a patch is something else.
        let other = json!({"spec": {"containers": spec["containers"]}});
        assert_eq!(found("example.com", "Thing", other), [""; 0]);
    }

    #[test]
    fn what_does_not_fit_hides_nothing_beside_it() {
        let spec = json!({"hostPID": true, "hostIPC": "odd", "volumes": {"temp": {}},
            "containers": [{"name": "a", "image": "i", "ports": [8080]}, privileged()],
            "sidecars": [{"name": "a", "image": "i", "ports": "http"}, privileged()]});
        assert_eq!(
            found("example.com", "Thing", json!({"spec": spec})),
            [
                "critical /spec/containers/1/securityContext/privileged",
                "critical /spec/sidecars/1/securityContext/privileged",
                "high /spec/hostPID",
            ]
        );
    }

    #[test]
    fn tasks_of_tekton_are_read_whatever_their_steps_are_called() {
        let (volumes, mounts) = root();
        let unnamed = json!({"image": "i", "volumeMounts": mounts,
            "securityContext": {"privileged": true}});
        let task = json!({"volumes": volumes, "sidecars": [{"securityContext": {"privileged": true}}],
            "steps": [unnamed, {"name": "b", "ref": {"name": "git-clone"}}]});
        for (kind, object, at) in [
            ("Task", json!({"spec": task}), "/spec"),
            ("ClusterTask", json!({"spec": task}), "/spec"),
            (
                "TaskRun",
                json!({"spec": {"taskSpec": task}}),
                "/spec/taskSpec",
            ),
            (
                "Pipeline",
                json!({"spec": {"tasks": [{"name": "a", "taskSpec": task}]}}),
                "/spec/tasks/0/taskSpec",
            ),
            (
                "Pipeline",
                json!({"spec": {"finally": [{"name": "a", "taskSpec": task}]}}),
                "/spec/finally/0/taskSpec",
            ),
            (
                "PipelineRun",
                json!({"spec": {"pipelineSpec": {"tasks": [{}, {"taskSpec": task}]}}}),
                "/spec/pipelineSpec/tasks/1/taskSpec",
            ),
            (
                "PipelineRun",
                json!({"spec": {"pipelineSpec": {"finally": [{"taskSpec": task}]}}}),
                "/spec/pipelineSpec/finally/0/taskSpec",
            ),
        ] {
            assert_eq!(
                found("tekton.dev", kind, object),
                [
                    format!("critical {at}/sidecars/0/securityContext/privileged"),
                    format!("critical {at}/steps/0/securityContext/privileged"),
                    format!("critical {at}/volumes/0/hostPath"),
                ],
                "{kind}"
            );
        }
        assert_eq!(
            found("tekton.dev", "StepAction", json!({"spec": unnamed})),
            ["critical /spec/securityContext/privileged"]
        );
        let odd = json!({"spec": {"steps": [{}, {"securityContext": {"privileged": "yes"}}]}});
        let answer = inspect(&request("tekton.dev", "Task", odd), &json!({}));
        assert_eq!(paths(&answer), ["/spec/steps/1/securityContext/privileged"]);
        assert_eq!(answer["response"]["code"], 422);
    }

    /// A trigger puts the image in.
    #[test]
    fn containers_of_a_deployment_config_need_no_image() {
        let spec = json!({"hostPID": true, "containers": [{"name": "a", "securityContext": {"privileged": true}}]});
        let place = "/spec/template/spec";
        assert_eq!(
            found(
                "apps.openshift.io",
                "DeploymentConfig",
                json!({"spec": {"template": {"spec": spec}}})
            ),
            [
                format!("critical {place}/containers/0/securityContext/privileged"),
                format!("high {place}/hostPID")
            ]
        );
    }

    /// Neither the lists nor the settings know every place, and settings may be mistaken.
    #[test]
    fn kinds_that_are_named_are_searched_too() {
        let pod = template(json!({"privileged": true}));
        let place = "/spec/template/broadcastJobTemplate/spec/template/spec";
        let expected = [
            format!("critical {place}/containers/0/securityContext/privileged"),
            format!("high {place}/hostPID"),
        ];
        let object =
            json!({"spec": {"template": {"broadcastJobTemplate": {"spec": {"template": pod}}}}});
        assert_eq!(
            found("apps.kruise.io", "AdvancedCronJob", object.clone()),
            expected
        );
        assert_eq!(found("argoproj.io", "Rollout", object.clone()), expected);
        let settings = |path: &str| json!({"podTemplates": [{"group": "example.com", "kind": "Fleet", "path": path}]});
        let paths_with = |path: &str, object: &Value| -> Vec<String> {
            let answer = inspect(
                &request("example.com", "Fleet", object.clone()),
                &settings(path),
            );
            paths(&answer).into_iter().map(str::to_owned).collect()
        };
        let by_structure = paths_with("/spec/tmplate/spec", &object);
        assert_eq!(by_structure.len(), 2);
        assert_eq!(paths_with(place, &object), by_structure);
        // What is named is read as a pod spec, with what a pod spec has not beside it.
        let mut object = json!({"spec": {"container": privileged(), "hostPID": true}});
        object["spec"]["containers"] = json!([privileged()]);
        assert_eq!(
            paths_with("/spec", &object),
            [
                "/spec/containers/0/securityContext/privileged",
                "/spec/container/securityContext/privileged",
                "/spec/hostPID",
            ]
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_unreadable_where_it_counts() {
        for (kind, object, path) in [
            (
                r#"{"group":"argoproj.io","version":"v1","kind":"Rollout"}"#,
                r#"{"spec":{"template":{"spec":{"containers":[]}}},"spec":{"template":{"spec":{"hostPID":true}}}}"#,
                "/spec",
            ),
            (
                r#"{"group":"example.com","version":"v1","kind":"Thing"}"#,
                r#"{"spec":{"containers":[{"name":"a","image":"b"}],"containers":[{"name":"a","image":"b"}]}}"#,
                "/spec/containers",
            ),
        ] {
            let payload = format!(
                r#"{{"request":{{"kind":{kind},"operation":"CREATE","object":{object}}}}}"#
            );
            let answer: Value =
                serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap();
            assert_eq!(paths(&answer), [path]);
            assert_eq!(answer["response"]["code"], 422);
        }
    }

    /// The account that is named nearest around a part; without one, nothing is known of it.
    #[test]
    fn parts_of_pods_run_as_the_account_of_their_object() {
        let exempted = |account: &str, group: &str, kind: &str, spec: Value| {
            let settings = json!({"exemptions": [{"reason": "r", "rules": ["privileged", "host-network"],
                "serviceAccounts": [format!("team-a/{account}")]}]});
            let answer = inspect(&request(group, kind, json!({"spec": spec})), &settings);
            let findings = answer["findings"].as_array().unwrap();
            assert!(!findings.is_empty(), "{kind}");
            findings
                .iter()
                .all(|finding| !finding["exempted"].is_null())
        };
        let template = json!([{"name": "m", "container": privileged()}]);
        let named =
            json!([{"name": "m", "serviceAccountName": "other", "container": privileged()}]);
        let task = json!({"steps": [privileged()]});
        let workflow = ("argoproj.io", "Workflow");
        let run = ("tekton.dev", "TaskRun");
        for (account, (group, kind), spec, holds) in [
            (
                "builder",
                workflow,
                json!({"serviceAccountName": "builder", "templates": template}),
                true,
            ),
            (
                "default",
                workflow,
                json!({"serviceAccountName": "builder", "templates": template}),
                false,
            ),
            ("default", workflow, json!({"templates": template}), false),
            (
                "other",
                workflow,
                json!({"serviceAccountName": "builder", "templates": named}),
                true,
            ),
            (
                "builder",
                workflow,
                json!({"serviceAccountName": "builder", "templates": named}),
                false,
            ),
            (
                "builder",
                run,
                json!({"serviceAccountName": "builder", "taskSpec": task}),
                true,
            ),
            (
                "default",
                run,
                json!({"serviceAccountName": "builder", "taskSpec": task}),
                false,
            ),
            (
                "builder",
                run,
                json!({"serviceAccountName": "builder", "podTemplate": {"hostNetwork": true}}),
                true,
            ),
            // A pod spec in full has Kubernetes' default.
            (
                "default",
                ("argoproj.io", "Rollout"),
                json!({"template": {"spec": {"containers": [privileged()]}}}),
                true,
            ),
        ] {
            assert_eq!(
                exempted(account, group, kind, spec.clone()),
                holds,
                "{account} {spec}"
            );
        }
    }

    /// Pods of an object are told apart by their names, and only without by their order.
    #[test]
    fn a_pod_that_is_put_first_makes_nothing_new_of_the_others() {
        let new = |group: &str, kind: &str, old: &Value, object: &Value| {
            let mut update = request(group, kind, object.clone());
            update["operation"] = json!("UPDATE");
            update["oldObject"] = old.clone();
            let answer = inspect(&update, &json!({}));
            let findings = answer["findings"].as_array().unwrap();
            assert!(!findings.is_empty(), "{kind}");
            findings.iter().any(|finding| finding["new"] == true)
        };
        let plain = json!({"name": "c", "image": "i"});
        let workflow = |templates: &[(&str, &Value)]| {
            let template =
                |(name, container): &(&str, &Value)| json!({"name": name, "container": container});
            json!({"spec": {"templates": templates.iter().map(template).collect::<Vec<_>>()}})
        };
        let job = |(name, container): &(&str, &Value)| json!({"name": name, "template": {"spec": {"template": {"spec": {"containers": [container]}}}}});
        let job_set = |jobs: &[(&str, &Value)]| json!({"spec": {"replicatedJobs": jobs.iter().map(job).collect::<Vec<_>>()}});
        let with = privileged();
        type Make<'m> = &'m dyn Fn(&[(&str, &Value)]) -> Value;
        let kinds: [(&str, &str, Make<'_>); 3] = [
            ("argoproj.io", "WorkflowTemplate", &workflow),
            ("example.com", "Thing", &job_set),
            ("jobset.x-k8s.io", "JobSet", &job_set),
        ];
        for (group, kind, object) in kinds {
            let before = object(&[("a", &plain), ("p", &with)]);
            assert!(!new(
                group,
                kind,
                &before,
                &object(&[("n", &plain), ("a", &plain), ("p", &with)])
            ));
            assert!(!new(group, kind, &before, &object(&[("p", &with)])));
            assert!(new(
                group,
                kind,
                &before,
                &object(&[("a", &with), ("p", &with)])
            ));
            assert!(new(
                group,
                kind,
                &before,
                &object(&[("a", &plain), ("q", &with)])
            ));
        }
    }

    #[test]
    fn an_update_is_compared_with_the_old_object() {
        let object = json!({"spec": {"template": template(json!({}))}});
        let mut update = request("example.com", "Thing", object.clone());
        update["operation"] = json!("UPDATE");
        update["oldObject"] = object;
        let answer = inspect(&update, &json!({}));
        assert_eq!(answer["findings"][0]["new"], false);
        assert_eq!(answer["allowed"], true);
    }
}
