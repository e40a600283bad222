//! What users apply, `deploy/`: Kubewarden's own types take it, it is what the metadata and the
//! presets say, and it stands in nobody's way when the policy cannot be asked.
//!
//! `BLESS=1 cargo test --test deploy` writes the settings anew from the presets.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "support/kustomize.rs"]
mod kustomize;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kubewarden_policy_sdk::crd::policies::{ClusterAdmissionPolicy, ClusterAdmissionPolicyGroup};
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SETTINGS: &str = "deploy/monitor/settings.yaml";

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(text: &str) -> Value {
    serde_json::from_str(&intake::yaml_to_json(text).unwrap()).unwrap()
}

fn metadata() -> Value {
    yaml(&text("policy-metadata/metadata.yml"))
}

/// The presets that the manifests carry.
fn preset() -> String {
    text("presets/protect.yaml") + &text("presets/stock-cluster.yaml")
}

fn build(folder: &str, components: &[&str]) -> Vec<Value> {
    let components: Vec<&Path> = components.iter().map(Path::new).collect();
    kustomize::build(Path::new(folder), &components)
}

/// The components for kinds that only some clusters serve.
fn components() -> Vec<PathBuf> {
    let folders = fs::read_dir("deploy/components").unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Everything that can be applied.
fn everything() -> Vec<Value> {
    let mut components = components();
    components.push("deploy/context".into());
    let components: Vec<&str> = components
        .iter()
        .map(|path| path.to_str().unwrap())
        .collect();
    ["deploy/monitor", "deploy/protect"]
        .into_iter()
        .flat_map(|folder| [build(folder, &[]), build(folder, &components)].concat())
        .chain(build("deploy/group", &[]))
        .collect()
}

fn named<'o>(objects: &'o [Value], name: &str) -> &'o Value {
    let mut objects = objects.iter();
    let found = objects.find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|entry| entry.as_str().unwrap()).collect()
}

/// Whether everything in a value is in another, which may have more.
fn is_within(less: &Value, more: &Value) -> bool {
    match (less, more) {
        (Value::Object(less), Value::Object(more)) => less
            .iter()
            .all(|(key, value)| more.get(key).is_some_and(|more| is_within(value, more))),
        (Value::Array(less), Value::Array(more)) => {
            less.len() == more.len() && less.iter().zip(more).all(|(a, b)| is_within(a, b))
        }
        _ => less == more,
    }
}

/// The types refuse unknown fields of their own, and drop those of Kubernetes' types in silence.
#[track_caller]
fn assert_is<T: DeserializeOwned + Serialize>(object: &Value) {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    let kept = serde_json::to_value(typed).unwrap();
    assert!(is_within(object, &kept), "not kept whole: {object}");
}

#[test]
fn kubewardens_types_take_every_policy() {
    let mut counts = [0, 0];
    for object in everything() {
        match object["kind"].as_str().unwrap() {
            "ClusterAdmissionPolicy" => {
                assert_is::<ClusterAdmissionPolicy>(&object);
                counts[0] += 1;
            }
            "ClusterAdmissionPolicyGroup" => {
                assert_is::<ClusterAdmissionPolicyGroup>(&object);
                counts[1] += 1;
            }
            "ClusterRole" => assert_is::<k8s_openapi::api::rbac::v1::ClusterRole>(&object),
            "ClusterRoleBinding" => {
                assert_is::<k8s_openapi::api::rbac::v1::ClusterRoleBinding>(&object);
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(counts, [8, 1]);
}

#[test]
fn the_module_is_the_published_one_of_this_version() {
    let metadata = metadata();
    let published = metadata["annotations"]["io.kubewarden.policy.ociUrl"].as_str();
    let module = format!(
        "registry://{}:v{}",
        published.unwrap(),
        env!("CARGO_PKG_VERSION")
    );
    for object in everything() {
        let group = &object["spec"]["policies"]["no_host_access"];
        for spec in [&object["spec"], group] {
            assert!(spec.get("module").is_none_or(|given| *given == module));
        }
    }
}

#[test]
fn monitor_refuses_nothing_and_protect_what_the_settings_deny() {
    for (folder, mode, on_failure) in [
        ("deploy/monitor", "monitor", "Ignore"),
        ("deploy/protect", "protect", "Fail"),
    ] {
        let objects = build(folder, &[]);
        assert_eq!(objects.len(), 2);
        for object in &objects {
            assert_eq!(object["spec"]["mode"], mode);
        }
        let policy = named(&objects, "bulkhead");
        assert_eq!(policy["spec"]["failurePolicy"], on_failure);
        // Whatever else happens, the network plugin must be able to start.
        let nodes = named(&objects, "bulkhead-node-namespaces");
        assert_eq!(nodes["spec"]["failurePolicy"], "Ignore");
    }
}

/// The controller copies nothing else of a selector, and an empty one selects everything.
#[test]
fn namespaces_are_selected_by_expressions() {
    for object in everything() {
        let selector = &object["spec"]["namespaceSelector"];
        if object["kind"] == "ClusterRole" || object["kind"] == "ClusterRoleBinding" {
            continue;
        }
        let keys: Vec<&String> = selector.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["matchExpressions"]);
        assert!(
            object["spec"].get("objectSelector").is_none(),
            "anybody can set labels"
        );
    }
}

/// Each request is judged once, by one of the two.
#[test]
fn the_two_policies_share_the_requests_of_the_metadata() {
    let objects = build("deploy/monitor", &[]);
    let [policy, nodes] =
        ["bulkhead", "bulkhead-node-namespaces"].map(|name| named(&objects, name));
    assert_eq!(policy["spec"]["rules"], metadata()["rules"]);

    let selector = |policy: &Value| {
        let expression = policy["spec"]["namespaceSelector"]["matchExpressions"][0].clone();
        let operator = expression["operator"].as_str().unwrap().to_owned();
        (
            operator,
            expression["key"].clone(),
            expression["values"].clone(),
        )
    };
    let [(not_in, key, values), (in_, other_key, others)] = [policy, nodes].map(selector);
    assert_eq!((not_in.as_str(), in_.as_str()), ("NotIn", "In"));
    assert_eq!((key, values), (other_key, others));

    // Objects without a namespace are sent whatever the selector says.
    const CLUSTER_WIDE: &[&str] = &["persistentvolumes", "clusterrolebindings", "clusterroles"];
    let mut expected = metadata()["rules"].clone();
    for rule in expected.as_array_mut().unwrap() {
        let resources = rule["resources"].as_array_mut().unwrap();
        resources.retain(|name| !CLUSTER_WIDE.contains(&name.as_str().unwrap()));
    }
    assert_eq!(nodes["spec"]["rules"], expected);
}

/// The same text, comments and all, two levels deeper.
#[test]
fn the_settings_are_those_of_the_presets() {
    let mut expected = String::from(
        "# Written by `BLESS=1 cargo test --test deploy` from presets/protect.yaml and \
         presets/stock-cluster.yaml.\n- op: add\n  path: /spec/settings\n  value:\n",
    );
    for line in preset().lines() {
        let indented = format!("    {line}");
        expected.push_str(indented.trim_end());
        expected.push('\n');
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(SETTINGS, &expected).unwrap();
    } else {
        assert_eq!(text(SETTINGS), expected, "write it anew with BLESS=1");
    }
}

#[test]
fn the_policy_takes_all_settings() {
    for object in everything() {
        let group = &object["spec"]["policies"]["no_host_access"];
        for settings in [&object["spec"]["settings"], &group["settings"]] {
            let answer = policy::validate_settings(settings.to_string().as_bytes());
            let answer: SettingsValidationResponse = serde_json::from_slice(&answer).unwrap();
            assert!(settings.is_null() || answer.valid, "{:?}", answer.message);
        }
    }
    let policy = &build("deploy/monitor", &[])[0];
    assert_eq!(policy["spec"]["settings"], yaml(&preset()));
}

#[test]
fn the_context_is_what_the_metadata_asks_for_and_may_be_read() {
    let objects = build("deploy/protect", &["deploy/context"]);
    let metadata = metadata();
    let asked = &metadata["contextAwareResources"];
    for name in ["bulkhead", "bulkhead-node-namespaces"] {
        let spec = &named(&objects, name)["spec"];
        assert_eq!(spec["contextAwareResources"], *asked);
        assert_eq!(spec["settings"]["clusterContext"], true);
    }
    let asked: BTreeSet<(String, String)> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| {
            let version = kind["apiVersion"].as_str().unwrap();
            let group = version.split_once('/').map_or("", |(group, _)| group);
            let plural = format!("{}s", kind["kind"].as_str().unwrap().to_lowercase());
            (group.to_owned(), plural)
        })
        .collect();
    let mut granted = BTreeSet::new();
    let role = objects
        .iter()
        .find(|object| object["kind"] == "ClusterRole")
        .unwrap();
    for rule in role["rules"].as_array().unwrap() {
        assert_eq!(strings(&rule["verbs"]), ["get", "list", "watch"]);
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                granted.insert((group.to_owned(), resource.to_owned()));
            }
        }
    }
    assert_eq!(granted, asked);
    let binding = objects
        .iter()
        .find(|object| object["kind"] == "ClusterRoleBinding")
        .unwrap();
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
}

/// One more host namespace, wherever a kind keeps pods or parts of them.
fn with_host_access(group: &str, plural: &str) -> Value {
    let spec = json!({"hostPID": true, "containers": [{"name": "a", "image": "b"}]});
    let template = json!({"spec": spec});
    let device =
        json!({"devices": {"requests": [{"name": "a", "exactly": {"adminAccess": true}}]}});
    let machine = json!({
        "domain": {"devices": {}},
        "volumes": [{"name": "a", "hostDisk": {"path": "/etc/shadow", "type": "Disk"}}],
    });
    let steps =
        json!({"steps": [{"name": "a", "image": "b", "securityContext": {"privileged": true}}]});
    match (group, plural) {
        ("resource.k8s.io", "resourceclaims") => json!({"spec": device}),
        ("resource.k8s.io", _) => json!({"spec": {"spec": device}}),
        ("argoproj.io", "rollouts") => json!({"spec": {"template": template}}),
        ("argoproj.io", "cronworkflows") => json!({"spec": {"workflowSpec": privileged_step()}}),
        ("argoproj.io", _) => json!({"spec": privileged_step()}),
        ("serving.knative.dev", "revisions") => json!({"spec": spec}),
        ("apps.kruise.io", "advancedcronjobs") => {
            json!({"spec": {"template": {"jobTemplate": {"spec": {"template": template}}}}})
        }
        ("jobset.x-k8s.io", _) => {
            let job = json!({"name": "a", "template": {"spec": {"template": template}}});
            json!({"spec": {"replicatedJobs": [job]}})
        }
        ("tekton.dev", "tasks") => json!({"spec": steps}),
        ("tekton.dev", "taskruns") => json!({"spec": {"taskSpec": steps}}),
        ("tekton.dev", "pipelines") => {
            json!({"spec": {"tasks": [{"name": "a", "taskSpec": steps}]}})
        }
        ("tekton.dev", _) => {
            json!({"spec": {"pipelineSpec": {"tasks": [{"name": "a", "taskSpec": steps}]}}})
        }
        ("sparkoperator.k8s.io", kind) => {
            let driver = json!({"driver": {"securityContext": {"privileged": true}}});
            match kind {
                "sparkapplications" => json!({"spec": driver}),
                _ => json!({"spec": {"template": driver}}),
            }
        }
        ("kubevirt.io", "virtualmachineinstances") => json!({"spec": machine}),
        ("kubevirt.io", _) => json!({"spec": {"template": {"spec": machine}}}),
        ("pool.kubevirt.io", _) => {
            json!({"spec": {"virtualMachineTemplate": {"spec": {"template": {"spec": machine}}}}})
        }
        _ => json!({"spec": {"template": template}}),
    }
}

fn privileged_step() -> Value {
    let container = json!({"name": "", "image": "b", "securityContext": {"privileged": true}});
    json!({"templates": [{"name": "a", "container": container}]})
}

/// The kind of a resource, for the resources that the components name.
fn kind(plural: &str) -> &'static str {
    const KINDS: &[&str] = &[
        "AdvancedCronJob",
        "BroadcastJob",
        "CloneSet",
        "ClusterWorkflowTemplate",
        "Configuration",
        "CronWorkflow",
        "DaemonSet",
        "JobSet",
        "Pipeline",
        "PipelineRun",
        "ResourceClaim",
        "ResourceClaimTemplate",
        "Revision",
        "Rollout",
        "ScheduledSparkApplication",
        "Service",
        "SparkApplication",
        "StatefulSet",
        "Task",
        "TaskRun",
        "VirtualMachine",
        "VirtualMachineInstance",
        "VirtualMachineInstanceReplicaSet",
        "VirtualMachinePool",
        "Workflow",
        "WorkflowTemplate",
    ];
    let mut kinds = KINDS.iter();
    let found = kinds.find(|kind| format!("{}s", kind.to_lowercase()) == plural);
    found.unwrap_or_else(|| panic!("{plural}"))
}

/// A rule for a kind that is never found anything in would cost time and give nothing.
#[test]
fn every_component_adds_kinds_that_are_judged() {
    let folders = components();
    let readme = text("deploy/README.md");
    for folder in &folders {
        let folder = folder.to_str().unwrap();
        assert!(
            readme.contains(&format!("`{folder}`")),
            "{folder} is not in the README"
        );
        let objects = build("deploy/monitor", &[folder]);
        let rules = named(&objects, "bulkhead")["spec"]["rules"]
            .as_array()
            .unwrap()
            .clone();
        let added = &rules[metadata()["rules"].as_array().unwrap().len()..];
        assert!(!added.is_empty(), "{folder}");
        for rule in added {
            let [groups, versions] = ["apiGroups", "apiVersions"].map(|key| strings(&rule[key]));
            assert_eq!((groups.len(), versions.len()), (1, 1), "{folder}");
            assert_eq!(strings(&rule["operations"]), ["CREATE", "UPDATE"]);
            for resource in strings(&rule["resources"]) {
                let mut object = with_host_access(groups[0], resource);
                object["metadata"] = json!({"name": "a", "namespace": "team-a"});
                let request = json!({
                    "uid": "", "operation": "CREATE", "name": "a", "namespace": "team-a",
                    "kind": {"group": groups[0], "version": versions[0], "kind": kind(resource)},
                    "object": object,
                });
                let payload = json!({"request": request, "settings": {}}).to_string();
                let answer = policy::inspect(payload.as_bytes());
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                assert_eq!(
                    answer["findings"][0]["alert"], "host-access",
                    "{folder} {resource}"
                );
            }
        }
    }
    assert_eq!(folders.len(), 10);
}

/// What a group's expression does not name is never asked, and its message is all that users see.
#[test]
fn the_group_asks_each_of_its_members() {
    let objects = build("deploy/group", &[]);
    let spec = &objects[0]["spec"];
    let expression = spec["expression"].as_str().unwrap();
    for member in spec["policies"].as_object().unwrap().keys() {
        assert!(expression.contains(&format!("{member}()")), "{member}");
    }
    assert!(!spec["message"].as_str().unwrap().is_empty());
}

#[test]
fn the_guide_names_what_there_is_in_this_version() {
    let readme = text("deploy/README.md");
    for folder in ["monitor", "protect", "context", "group"] {
        assert!(readme.contains(&format!("`deploy/{folder}`")), "{folder}");
    }
    let refs: Vec<&str> = readme.split("?ref=v").skip(1).collect();
    assert!(refs.len() > 3);
    for rest in refs {
        assert!(rest.starts_with(env!("CARGO_PKG_VERSION")), "{rest}");
    }
}

#[test]
fn the_guide_shows_what_users_see() {
    let spec = json!({"hostPID": true, "containers": [{"name": "a", "image": "b"}]});
    let request = json!({
        "uid": "", "operation": "CREATE", "name": "a", "namespace": "team-a",
        "kind": {"group": "", "version": "v1", "kind": "Pod"}, "object": {"spec": spec},
    });
    let settings = build("deploy/protect", &[])[0]["spec"]["settings"].clone();
    let payload = json!({"request": request, "settings": settings});
    let answer: Value =
        serde_json::from_slice(&policy::validate(payload.to_string().as_bytes())).unwrap();
    let readme = text("deploy/README.md");
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(
        readme.contains(&format!("\nWarning: {warning}\n")),
        "{warning}"
    );
    let message = answer["message"].as_str().unwrap();
    assert!(
        readme.contains(&format!("denied the request: {message}\n")),
        "{message}"
    );
}
