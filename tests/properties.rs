//! What holds of every pod, over pods that are made up.
//!
//! The pods are the same in every run. `PROPTEST_CASES` makes more of them, `PROPTEST_RNG_SEED`
//! makes others.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

#[path = "properties/pods.rs"]
mod pods;
#[path = "support/property.rs"]
mod property;
#[path = "properties/spellings.rs"]
mod spellings;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;
use serde_json::{Map, Value, json};

use pods::{LISTS, pod, vector};
use property::always;

/// The group and the kind of an object, and the pointer of the pod or template in it.
type Kind = (&'static str, &'static str, &'static str);

const POD: &Kind = &("", "Pod", "");
const JOB_SET: Kind = (
    "jobset.x-k8s.io",
    "JobSet",
    "/spec/replicatedJobs/0/template/spec/template",
);

fn created((group, kind, pointer): &Kind, pod: &Value) -> Value {
    json!({
        "kind": {"group": group, "version": "v1", "kind": kind},
        "operation": "CREATE",
        "object": wrapped(pod, pointer),
    })
}

fn updated(old: &Value, new: &Value) -> Value {
    json!({
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": "UPDATE", "object": new, "oldObject": old,
    })
}

/// An object that has the pod at the pointer.
fn wrapped(pod: &Value, pointer: &str) -> Value {
    let mut object = pod.clone();
    for key in pointer.rsplit('/').filter(|key| !key.is_empty()) {
        object = match key {
            "0" => json!([object]),
            key => Value::Object(Map::from_iter([(key.to_owned(), object)])),
        };
    }
    if !pointer.is_empty() {
        // Only the annotations of the template act.
        let annotation = "container.apparmor.security.beta.kubernetes.io/c0";
        object["metadata"] = json!({"name": "outer", "annotations": {annotation: "unconfined"}});
    }
    object
}

fn inspect(request: &Value) -> Value {
    let settings = json!({"podTemplates": [
        {"group": "example.com", "kind": "Farm", "path": "/spec/template/spec"},
    ]});
    let payload = json!({"request": request, "settings": settings});
    let answer = policy::inspect(&serde_json::to_vec(&payload).unwrap());
    serde_json::from_slice(&answer).unwrap()
}

fn findings(request: &Value) -> Vec<Value> {
    let mut answer = inspect(request);
    assert_eq!(answer["omitted"], 0);
    match answer["findings"].take() {
        Value::Array(findings) => findings,
        other => panic!("{other}"),
    }
}

fn text<'f>(finding: &'f Value, key: &str) -> &'f str {
    finding[key].as_str().unwrap_or_default()
}

/// Whether an update from one pod to another has nothing new.
fn has_nothing_new(old: &Value, new: &Value) -> TestCaseResult {
    let request = updated(old, new);
    for finding in findings(&request) {
        prop_assert_eq!(&finding["new"], false, "{} {}", finding, request);
    }
    Ok(())
}

/// A row for a finding: its fields with these names.
fn row(finding: &Value, fields: &[&str]) -> String {
    let fields = fields.iter().map(|field| finding[field].to_string());
    fields.collect::<Vec<_>>().join(" ")
}

/// How many findings there are of a rule, a container and a value.
fn counted(findings: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(row(finding, SAME)).or_default() += 1;
    }
    counts
}

const SAME: &[&str] = &["rule", "container", "value"];

/// What a rule would say again of a container, or of a pod, of which another rule says more.
const SUBSUMED: &[(&str, &str)] = &[
    ("apparmor-unconfined", "privileged"),
    ("capabilities", "privileged"),
    ("host-port", "host-network"),
    ("proc-mount", "privileged"),
    ("seccomp-unconfined", "privileged"),
    ("selinux-options", "privileged"),
];

/// Whether others are the cause of a finding.
fn is_subsumed(finding: &Value, by: &[Value]) -> bool {
    by.iter().any(|cause| {
        let is_cause = SUBSUMED.contains(&(text(finding, "rule"), text(cause, "rule")));
        is_cause && (cause["container"] == finding["container"] || cause["container"].is_null())
    })
}

#[test]
fn every_kind_gives_the_same_findings() {
    const KINDS: &[Kind] = &[
        ("apps", "DaemonSet", "/spec/template"),
        ("apps", "Deployment", "/spec/template"),
        ("apps", "ReplicaSet", "/spec/template"),
        ("apps", "StatefulSet", "/spec/template"),
        ("batch", "Job", "/spec/template"),
        ("batch", "CronJob", "/spec/jobTemplate/spec/template"),
        ("", "ReplicationController", "/spec/template"),
        ("", "PodTemplate", "/template"),
    ];
    always(pod(), |pod| are_the_same(KINDS, &pod));
}

#[test]
fn every_listed_kind_gives_the_same_findings() {
    const KINDS: &[Kind] = &[
        ("argoproj.io", "Rollout", "/spec/template"),
        JOB_SET,
        ("serving.knative.dev", "Revision", ""),
        ("example.com", "Farm", "/spec/template"),
    ];
    always(pod(), |pod| are_the_same(KINDS, &pod));
}

fn are_the_same(kinds: &[Kind], pod: &Value) -> TestCaseResult {
    let expected = findings(&created(POD, pod));
    for kind in kinds {
        let mut found = findings(&created(kind, pod));
        for finding in &mut found {
            from_pod(finding, kind.2);
        }
        prop_assert_eq!(&found, &expected, "{:?} {}", kind, pod);
    }
    Ok(())
}

#[test]
fn structure_gives_the_same_findings() {
    const KINDS: &[Kind] = &[
        ("example.com", "Widget", "/spec/template"),
        ("example.com", "Deployment", "/spec/pools/0/pod"),
        ("example.com", "Pod", ""),
    ];
    const SUFFIX: &str = "; found by its structure, in a kind that is not known";
    let has_container = |pod: &Value| LISTS.iter().any(|list| pod["spec"][list] != json!([]));
    always(pod().prop_filter("no container", has_container), |pod| {
        let expected = findings(&created(POD, &pod));
        for kind in KINDS {
            let mut found = findings(&created(kind, &pod));
            for finding in &mut found {
                from_pod(finding, kind.2);
                finding["message"] = json!(text(finding, "message").strip_suffix(SUFFIX));
            }
            prop_assert_eq!(&found, &expected, "{:?} {}", kind, pod);
        }
        Ok(())
    });
}

/// Takes the pointer of the pod from the path of a finding.
fn from_pod(finding: &mut Value, pointer: &str) {
    let path = text(finding, "path").strip_prefix(pointer);
    finding["path"] = json!(path);
}

#[test]
fn the_pods_of_one_object_are_judged_each_by_itself() {
    const SECOND: &str = "/spec/replicatedJobs/1/template/spec/template";
    always((pod(), pod()), |(first, second)| {
        let mut request = created(&JOB_SET, &first);
        let jobs = |request: &mut Value| request["object"]["spec"]["replicatedJobs"].take();
        let mut both = jobs(&mut request);
        let other = jobs(&mut created(&JOB_SET, &second));
        both.as_array_mut()
            .unwrap()
            .extend(other.as_array().unwrap().iter().cloned());
        request["object"]["spec"]["replicatedJobs"] = both;
        let mut apart = findings(&created(&JOB_SET, &first));
        apart.extend(
            findings(&created(&JOB_SET, &second))
                .into_iter()
                .map(|mut finding| {
                    from_pod(&mut finding, JOB_SET.2);
                    finding["path"] = json!(format!("{SECOND}{}", text(&finding, "path")));
                    finding
                }),
        );
        let unchanged = |_: &mut Value| {};
        let together = sorted(findings(&request), unchanged);
        prop_assert_eq!(together, sorted(apart, unchanged), "{}", request);
        Ok(())
    });
}

#[test]
fn every_list_of_containers_gives_the_same_findings() {
    let lists = select(vec![(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]);
    always((pod(), lists), |(pod, (from, to))| {
        let mut moved = pod.clone();
        let containers = moved["spec"][LISTS[from]].take();
        moved["spec"].as_object_mut().unwrap().remove(LISTS[from]);
        let list = moved["spec"][LISTS[to]].as_array_mut().unwrap();
        list.extend(containers.as_array().unwrap().iter().cloned());
        // The container's name, which the finding has too, says as much as its place.
        let rows = |pod: &Value| {
            sorted(findings(&created(POD, pod)), |finding| {
                let path = text(finding, "path");
                let parts: Vec<&str> = path.split('/').collect();
                finding["path"] = match parts.as_slice() {
                    ["", "spec", list, _, part @ ..] if LISTS.contains(list) => json!(part),
                    _ => json!(path),
                };
            })
        };
        prop_assert_eq!(rows(&pod), rows(&moved), "{}", pod);
        has_nothing_new(&pod, &moved)
    });
}

/// The findings as texts in one order, after a change to each.
fn sorted(mut findings: Vec<Value>, change: impl Fn(&mut Value)) -> Vec<String> {
    findings.iter_mut().for_each(change);
    let mut rows: Vec<String> = findings.iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

#[test]
fn order_does_not_matter() {
    fn reordered(value: &mut Value, order: u64) {
        match value {
            Value::Array(values) => {
                values.iter_mut().for_each(|value| reordered(value, order));
                values.sort_by_cached_key(|value| {
                    let mut hasher = DefaultHasher::new();
                    (order, value.to_string()).hash(&mut hasher);
                    hasher.finish()
                });
            }
            Value::Object(values) => {
                values
                    .values_mut()
                    .for_each(|value| reordered(value, order));
            }
            _ => {}
        }
    }
    // In the place of the indices, what they lead to.
    fn rows(pod: &Value) -> Vec<String> {
        sorted(findings(&created(POD, pod)), |finding| {
            let path = text(finding, "path");
            finding["path"] = json!([starred(path), pod.pointer(path).unwrap()]);
        })
    }

    always((pod(), any::<u64>()), |(pod, order)| {
        let mut other = pod.clone();
        reordered(&mut other, order);
        prop_assert_eq!(rows(&pod), rows(&other), "{}", pod);
        has_nothing_new(&pod, &other)
    });
}

/// A path with `*` for its indices.
fn starred(path: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = path
        .split('/')
        .map(|part| if is_index(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn what_no_rule_reads_changes_nothing() {
    /// Keys that are read nowhere.
    const UNREAD: &str = "\
        env resources restartPolicy command mountPath runAsUser readOnlyRootFilesystem \
        allowPrivilegeEscalation drop subPath initialDelaySeconds fsGroup status unknown";
    /// Keys that are read somewhere, as absent where they are null.
    const READ: &str = "\
        metadata spec annotations labels ownerReferences hostPID hostNetwork hostIPC \
        hostUsers os nodeName nodeSelector affinity tolerations securityContext privileged \
        capabilities add procMount seccompProfile appArmorProfile seLinuxOptions \
        windowsOptions hostProcess sysctls type user role hostPath gitRepo path repository \
        volumeMounts volumeDevices ports hostPort hostIP protocol readOnly mountPropagation \
        livenessProbe lifecycle preStop httpGet tcpSocket host oldObject subResource \
        userInfo namespace dryRun value key";
    let values = select(vec![
        json!(true),
        json!("privileged"),
        json!([{"name": "PATH", "value": "/"}]),
        json!({"hostPID": true, "privileged": true, "hostPath": {"path": "/"}}),
        json!({"spec": {"containers": [{"name": "a", "image": "b", "securityContext": {"privileged": true}}]}}),
    ]);
    let key = |keys: &'static str| select(keys.split_whitespace().collect::<Vec<_>>());
    let unread = (key(UNREAD), values);
    let read = key(READ).prop_map(|key| (key, Value::Null));
    let additions = vec((any::<Index>(), prop_oneof![unread, read]), 1..16);
    let kind = select(vec![*POD, ("apps", "Deployment", "/spec/template")]);
    always((pod(), kind, additions), |(pod, kind, additions)| {
        let request = created(&kind, &pod);
        let mut more = request.clone();
        for (object, (key, value)) in additions {
            let objects = objects(&more);
            let object = more
                .pointer_mut(&objects[object.index(objects.len())])
                .unwrap();
            object.as_object_mut().unwrap().entry(key).or_insert(value);
        }
        prop_assert_eq!(inspect(&more), inspect(&request), "{}", more);
        Ok(())
    });
}

/// The pointers of all objects in a value.
fn objects(value: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, found: &mut Vec<String>) {
        match value {
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    walk(value, &format!("{pointer}/{index}"), found);
                }
            }
            Value::Object(values) => {
                found.push(pointer.to_owned());
                for (key, value) in values {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    walk(value, &format!("{pointer}/{key}"), found);
                }
            }
            _ => {}
        }
    }

    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

#[test]
fn every_spelling_is_the_same() {
    always((pod(), vec(any::<Index>(), 1..8)), |(pod, choices)| {
        let mut other = pod.clone();
        let mut choices = choices.iter().cycle();
        let on_windows = pod["spec"]["os"]["name"] == "windows";
        for volume in other["spec"]["volumes"].as_array_mut().unwrap() {
            if let Some(Value::String(path)) = volume.pointer_mut("/hostPath/path") {
                let spellings = spellings::of_path(path, on_windows);
                *path = choices.next().unwrap().get(&spellings).clone();
            }
        }
        for list in LISTS {
            for container in other["spec"][list].as_array_mut().unwrap() {
                let added = container.pointer_mut("/securityContext/capabilities/add");
                for added in added.and_then(Value::as_array_mut).into_iter().flatten() {
                    let name = added.as_str().unwrap().to_uppercase();
                    let name = name.strip_prefix("CAP_").unwrap_or(&name);
                    let spellings = spellings::of_capability(name);
                    *added = json!(choices.next().unwrap().get(&spellings));
                }
            }
        }
        let rows = |pod: &Value| {
            let findings = findings(&created(POD, pod)).into_iter().map(|finding| {
                // The links in a path are told as they are written.
                let is_path = finding["rule"] == "host-path";
                let value = if is_path {
                    Value::Null
                } else {
                    finding["value"].clone()
                };
                let fields = ["rule", "severity", "path", "container", "refusedByBaseline"];
                format!("{} {value}", row(&finding, &fields))
            });
            findings.collect::<Vec<_>>()
        };
        prop_assert_eq!(rows(&pod), rows(&other), "{} {}", pod, other);
        has_nothing_new(&pod, &other)
    });
}

#[test]
fn without_what_a_path_names_the_finding_is_gone() {
    let kind = select(vec![
        *POD,
        ("apps", "Deployment", "/spec/template"),
        ("batch", "CronJob", "/spec/jobTemplate/spec/template"),
        JOB_SET,
    ]);
    always((pod(), kind), |(pod, kind)| {
        let request = created(&kind, &pod);
        let all = findings(&request);
        let counts = counted(&all);
        for finding in &all {
            let path = text(finding, "path");
            prop_assert!(
                request["object"].pointer(path).is_some(),
                "{} {}",
                finding,
                request
            );
            let mut less = request.clone();
            remove(&mut less["object"], path);
            let same = row(finding, SAME);
            let left = counted(&findings(&less))
                .get(&same)
                .copied()
                .unwrap_or_default();
            prop_assert_eq!(left, counts[&same] - 1, "{} {}", finding, request);
        }
        Ok(())
    });
}

/// Removes what a pointer names.
fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Array(values) => drop(values.remove(key.parse().unwrap())),
        Value::Object(values) => drop(values.remove(&key.replace("~1", "/").replace("~0", "~"))),
        other => panic!("{other}"),
    }
}

#[test]
fn another_way_to_the_host_hides_none() {
    always((pod(), vector()), |(pod, vector)| {
        let more = vector.added_to(&pod);
        let before = findings(&created(POD, &pod));
        let after = findings(&created(POD, &more));
        for finding in &after {
            prop_assert!(!is_subsumed(finding, &after), "{} {}", finding, more);
        }
        let (counts, left) = (counted(&before), counted(&after));
        for finding in &before {
            let same = row(finding, SAME);
            let is_there = left.get(&same) >= counts.get(&same);
            let is_as_bad =
                |other: &Value| row(other, SAME) == same && severity(other) >= severity(finding);
            prop_assert!(
                is_there && (after.iter().any(is_as_bad) || is_overridden(finding, &after))
                    || is_subsumed(finding, &after),
                "{} {} {:?}",
                finding,
                pod,
                vector
            );
        }
        Ok(())
    });
}

fn severity(finding: &Value) -> Option<usize> {
    let severities = ["low", "medium", "high", "critical"];
    severities
        .iter()
        .position(|one| finding["severity"] == *one)
}

/// Whether what the pod says for all its containers may hold for none of them any more, because
/// of what one of them says.
fn is_overridden(finding: &Value, by: &[Value]) -> bool {
    let is_of_container = |other: &&Value| !other["container"].is_null();
    let mut of_containers = by.iter().filter(is_of_container);
    finding["container"].is_null()
        && of_containers.any(|other| {
            let rules = (text(finding, "rule"), text(other, "rule"));
            let is_same = rules.0 == rules.1 && severity(other) >= severity(finding);
            is_same || SUBSUMED.contains(&rules)
        })
}

#[test]
fn an_update_that_changes_nothing_has_nothing_new() {
    always(pod(), |pod| {
        let count = |request: &Value| findings(request).len();
        prop_assert_eq!(count(&created(POD, &pod)), count(&updated(&pod, &pod)));
        has_nothing_new(&pod, &pod)
    });
}

#[test]
fn what_an_update_adds_is_new() {
    const SAME_PLACE: &[&str] = &["rule", "severity", "container", "value", "path", "message"];
    // What a cause implied before is not new, whether the cause is still there or not.
    let loses_causes = any::<bool>();
    let updates = (pod(), vector(), loses_causes);
    always(updates, |(pod, vector, loses_causes)| {
        let before = findings(&created(POD, &pod));
        let mut other = pod.clone();
        let is_cause = |finding: &&Value| {
            let rule = text(finding, "rule");
            SUBSUMED.iter().any(|(_, cause)| *cause == rule)
        };
        for cause in before.iter().filter(is_cause).filter(|_| loses_causes) {
            remove(&mut other, text(cause, "path"));
        }
        let request = updated(&pod, &vector.added_to(&other));
        for finding in findings(&request) {
            let is_same = |old: &Value| row(old, SAME_PLACE) == row(&finding, SAME_PLACE);
            // What the pod said before, containers come to take that a cause freed from it.
            let is_freed = loses_causes && finding["container"].is_null();
            let is_known = |old: &Value| {
                let is_same = row(old, SAME) == row(&finding, SAME) && part(old) == part(&finding);
                is_same && (severity(old) >= severity(&finding) || is_freed)
            };
            if before.iter().any(is_same) || is_subsumed(&finding, &before) {
                prop_assert_eq!(&finding["new"], false, "{} {}", finding, request);
            } else if !before.iter().any(is_known) {
                prop_assert_eq!(&finding["new"], true, "{} {}", finding, request);
            }
        }
        Ok(())
    });
}

/// What part of an object a finding is about.
fn part(finding: &Value) -> String {
    match text(finding, "rule") {
        // A container's field and its annotation are the same.
        "apparmor-unconfined" => String::new(),
        // The mounts of a volume are the same, and the message names the volume.
        "mount-propagation" => text(finding, "message").to_owned(),
        _ => starred(text(finding, "path")),
    }
}

#[test]
fn what_an_update_removes_makes_nothing_new() {
    always(pod(), |pod| {
        for removed in findings(&created(POD, &pod)) {
            let mut less = pod.clone();
            remove(&mut less, text(&removed, "path"));
            has_nothing_new(&pod, &less)?;
        }
        Ok(())
    });
}
