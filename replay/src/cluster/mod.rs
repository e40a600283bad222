//! The cluster that a replay's host answers from: what was written so far, over a snapshot.
//!
//! The thread that reads the input applies each request, in input order, and hands every case a
//! [`View`] of what was there before it. Views share what they have in common, so that one costs
//! a reference count, and what is overwritten goes when the last view of it does.

mod answer;
mod snapshot;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use serde_json::Value;

use crate::fatal::Mistake;
pub(crate) use snapshot::snapshot;

/// Bytes of objects from the input that are kept at once; a snapshot is kept as a whole.
const ROOM: usize = 64 << 20;

/// A kind of objects that are kept.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    group: &'static str,
    name: &'static str,
    namespaced: bool,
}

/// The kinds that a policy about hosts and pods asks for.
const KINDS: [Kind; 4] = [
    kind("rbac.authorization.k8s.io", "ClusterRole", false),
    kind("rbac.authorization.k8s.io", "Role", true),
    kind("", "PersistentVolume", false),
    kind("", "PersistentVolumeClaim", true),
];

const fn kind(group: &'static str, name: &'static str, namespaced: bool) -> Kind {
    Kind {
        group,
        name,
        namespaced,
    }
}

/// The place of a kind in [`KINDS`].
fn kind_of(group: &str, name: &str) -> Option<usize> {
    KINDS
        .iter()
        .position(|kind| (kind.group, kind.name) == (group, name))
}

/// What an object is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The place in [`KINDS`].
    kind: usize,
    /// Empty for what has none, or does not say.
    namespace: String,
    name: String,
}

/// An object as the host hands it out.
#[derive(Debug)]
struct Object {
    json: String,
    labels: BTreeMap<String, String>,
}

/// The objects at one point of the input.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    objects: RedBlackTreeMapSync<Key, Arc<Object>>,
    /// Whether an object had to be forgotten, so that what is not found may exist.
    incomplete: bool,
}

/// The objects where the input is read.
#[derive(Debug)]
pub(crate) struct Cluster {
    now: View,
    /// Bytes of objects that may still be kept.
    room: usize,
    /// Objects that were not kept for want of room.
    forgotten: u64,
    /// Objects that were kept without knowing their names.
    nameless: u64,
}

impl Cluster {
    /// What snapshots hold, all of it.
    pub(crate) fn of(snapshots: &[PathBuf]) -> Result<Self, Vec<Mistake>> {
        let mut cluster = Self::with_room(usize::MAX);
        if !snapshots.is_empty() {
            snapshot(snapshots, |_, case| cluster.apply(case.request()))?;
        }
        cluster.room = ROOM;
        Ok(cluster)
    }

    fn with_room(room: usize) -> Self {
        Self {
            now: View::default(),
            room,
            forgotten: 0,
            nameless: 0,
        }
    }

    /// What is there now.
    pub(crate) fn view(&self) -> View {
        self.now.clone()
    }

    /// How many objects had to be forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Makes the change that a request, as JSON text, leaves behind in a cluster.
    pub(crate) fn apply(&mut self, request: &str) {
        match write::of(request) {
            Some(write::Change::Put { key, object }) => self.put(key, object),
            Some(write::Change::Remove(key)) => self.remove(&key),
            None => {}
        }
    }

    fn put(&mut self, mut key: Key, mut object: Value) {
        self.remove(&key);
        if key.name.is_empty() {
            // the API server is to make a name: found by its labels alone. No name has a space.
            self.nameless += 1;
            key.name = format!(" {}", self.nameless);
        }
        for bulk in [
            "/metadata/managedFields",
            "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
        ] {
            // Kubewarden takes these away too (policy-evaluator, `reflector.rs`)
            if let Some(bulk) = object.pointer_mut(bulk) {
                bulk.take();
            }
        }
        let labels = object
            .pointer("/metadata/labels")
            .and_then(Value::as_object);
        let labels = labels.into_iter().flatten().filter_map(|(key, value)| {
            let value = value.as_str()?;
            Some((key.clone(), value.to_owned()))
        });
        let object = Object {
            labels: labels.collect(),
            json: object.to_string(),
        };
        match self.room.checked_sub(object.json.len()) {
            Some(room) => {
                self.room = room;
                self.now.objects.insert_mut(key, Arc::new(object));
            }
            None => {
                self.forgotten += 1;
                self.now.incomplete = true;
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(object) = self.now.objects.get(key) {
            self.room = self.room.saturating_add(object.json.len());
            self.now.objects.remove_mut(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cluster, ROOM, View};
    use crate::host::HostCall;
    use serde_json::{Value, json};

    const RBAC: &str = "rbac.authorization.k8s.io/v1";

    fn call(view: &View, operation: &str, argument: &Value) -> Result<Value, String> {
        let answer = view.answer(&HostCall {
            binding: "kubewarden".into(),
            namespace: "kubernetes".into(),
            operation: operation.into(),
            payload: argument.to_string().into_bytes(),
        })?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    fn get(cluster: &Cluster, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let version = if kind.ends_with("Role") { RBAC } else { "v1" };
        let argument = json!({"api_version": version, "kind": kind, "name": name,
            "namespace": namespace, "disable_cache": false, "field_masks": null});
        match call(&cluster.view(), "get_resource", &argument) {
            Ok(object) => Some(object),
            Err(error) => {
                let found = format!(
                    "Callback evaluation failure: Cannot find {version}/{kind} named '{name}'"
                );
                assert!(error.starts_with(&found), "{error}");
                None
            }
        }
    }

    fn list(cluster: &Cluster, labels: Option<&str>) -> Result<Vec<Value>, String> {
        let argument = json!({"api_version": RBAC, "kind": "ClusterRole", "label_selector": labels,
            "field_selector": null, "field_masks": ["rules"]});
        let answer = call(&cluster.view(), "list_resources_all", &argument)?;
        assert_eq!(answer["apiVersion"], RBAC);
        assert_eq!(answer["kind"], "ClusterRoleList");
        assert_eq!(answer["metadata"], json!({}));
        let items = answer["items"].as_array().unwrap().iter();
        Ok(items.map(|item| item["metadata"]["name"].clone()).collect())
    }

    fn request(operation: &str, kind: &str, object: &Value) -> Value {
        let group = if kind.ends_with("Role") {
            "rbac.authorization.k8s.io"
        } else {
            ""
        };
        json!({"operation": operation, "kind": {"group": group, "version": "v1", "kind": kind},
            "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
            "object": object, "oldObject": null})
    }

    fn write(cluster: &mut Cluster, operation: &str, kind: &str, object: &Value) {
        cluster.apply(&request(operation, kind, object).to_string());
    }

    fn role(name: &str) -> Value {
        json!({"metadata": {"name": name}, "rules": [{"verbs": ["get"]}]})
    }

    fn delete(cluster: &mut Cluster, kind: &str, old: &Value) {
        let mut request = request("DELETE", kind, old);
        request["oldObject"] = request["object"].take();
        cluster.apply(&request.to_string());
    }

    #[test]
    fn holds_what_was_written_last() {
        let mut cluster = Cluster::with_room(ROOM);
        assert_eq!(get(&cluster, "ClusterRole", None, "a"), None);
        write(&mut cluster, "CREATE", "ClusterRole", &role("a"));
        let object = get(&cluster, "ClusterRole", None, "a").unwrap();
        assert_eq!(object["apiVersion"], RBAC);
        assert_eq!(object["kind"], "ClusterRole");
        assert_eq!(object["rules"], json!([{"verbs": ["get"]}]));
        let mut wider = role("a");
        wider["rules"] = json!([{"verbs": ["*"]}]);
        write(&mut cluster, "UPDATE", "ClusterRole", &wider);
        let object = get(&cluster, "ClusterRole", None, "a").unwrap();
        assert_eq!(object["rules"], json!([{"verbs": ["*"]}]));
        delete(&mut cluster, "ClusterRole", &wider);
        assert_eq!(get(&cluster, "ClusterRole", None, "a"), None);
    }

    #[test]
    fn a_view_does_not_change() {
        let mut cluster = Cluster::with_room(ROOM);
        write(&mut cluster, "CREATE", "ClusterRole", &role("a"));
        let before = Cluster {
            now: cluster.view(),
            ..Cluster::with_room(ROOM)
        };
        delete(&mut cluster, "ClusterRole", &role("a"));
        write(&mut cluster, "CREATE", "ClusterRole", &role("b"));
        assert_eq!(list(&before, None), Ok(vec![json!("a")]));
        assert_eq!(list(&cluster, None), Ok(vec![json!("b")]));
    }

    #[test]
    fn tells_namespaces_and_kinds_apart() {
        let mut cluster = Cluster::with_room(ROOM);
        let of = |namespace| json!({"metadata": {"name": "a", "namespace": namespace}});
        write(&mut cluster, "CREATE", "Role", &of("one"));
        write(&mut cluster, "CREATE", "PersistentVolumeClaim", &of("two"));
        assert!(get(&cluster, "Role", Some("one"), "a").is_some());
        assert!(get(&cluster, "Role", Some("two"), "a").is_none());
        assert!(get(&cluster, "ClusterRole", None, "a").is_none());
        assert!(get(&cluster, "PersistentVolumeClaim", Some("two"), "a").is_some());
        assert!(get(&cluster, "PersistentVolume", None, "a").is_none());
    }

    #[test]
    fn keeps_what_changes_nothing_out() {
        let mut cluster = Cluster::with_room(ROOM);
        let create = request("CREATE", "ClusterRole", &role("a"));
        for (member, value) in [
            ("dryRun", json!(true)),
            ("subResource", json!("status")),
            ("operation", json!("CONNECT")),
            ("object", json!([])),
            (
                "kind",
                json!({"group": "", "version": "v1", "kind": "ClusterRole"}),
            ),
            ("kind", json!(3)),
        ] {
            let mut request = create.clone();
            request[member] = value;
            cluster.apply(&request.to_string());
            assert!(list(&cluster, None).unwrap().is_empty(), "{member}");
        }
        cluster.apply("[");
        cluster.apply(&create.to_string());
        assert_eq!(list(&cluster, None).unwrap().len(), 1);
    }

    #[test]
    fn what_has_a_finalizer_acts_until_that_is_gone() {
        let mut cluster = Cluster::with_room(ROOM);
        let mut guarded = role("a");
        guarded["metadata"]["finalizers"] = json!(["example.com/hold"]);
        write(&mut cluster, "CREATE", "ClusterRole", &guarded);
        delete(&mut cluster, "ClusterRole", &guarded);
        assert!(get(&cluster, "ClusterRole", None, "a").is_some());
        let mut freed = role("a");
        freed["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        write(&mut cluster, "UPDATE", "ClusterRole", &freed);
        assert!(get(&cluster, "ClusterRole", None, "a").is_none());
    }

    #[test]
    fn selects_by_labels_in_one_order() {
        let mut cluster = Cluster::with_room(ROOM);
        for (name, labels) in [
            ("c", json!({"aggregate-to-view": "true"})),
            ("a", json!({"aggregate-to-view": "true", "tier": "one"})),
            ("b", json!({"tier": "two"})),
        ] {
            let mut role = role(name);
            role["metadata"]["labels"] = labels;
            write(&mut cluster, "CREATE", "ClusterRole", &role);
        }
        for (labels, names) in [
            (None, &["a", "b", "c"][..]),
            (Some("aggregate-to-view=true"), &["a", "c"]),
            (Some("tier in (one,two)"), &["a", "b"]),
            (Some("tier notin (one)"), &["b", "c"]),
            (Some("!tier"), &["c"]),
        ] {
            assert_eq!(list(&cluster, labels).unwrap(), names, "{labels:?}");
        }
        let error = list(&cluster, Some("tier>1")).unwrap_err();
        assert!(error.contains("`tier>1` is no requirement"), "{error}");
    }

    #[test]
    fn a_mask_leaves_what_it_names_and_what_is_always_there() {
        let mut cluster = Cluster::with_room(ROOM);
        let mut parent = role("a");
        parent["aggregationRule"] = json!({"clusterRoleSelectors": [{}]});
        write(&mut cluster, "CREATE", "ClusterRole", &parent);
        for (masks, kept) in [
            (json!(null), &["aggregationRule", "rules"][..]),
            (json!([]), &["aggregationRule", "rules"]),
            (json!(["rules"]), &["rules"]),
            (json!(["rules.verbs", "other"]), &["rules"]),
            (json!(["metadata"]), &[]),
        ] {
            let argument =
                json!({"api_version": RBAC, "kind": "ClusterRole", "field_masks": masks});
            let list = call(&cluster.view(), "list_resources_all", &argument).unwrap();
            let mut object = list["items"][0].clone();
            let members = object.as_object_mut().unwrap();
            for always in ["apiVersion", "kind", "metadata"] {
                assert!(members.remove(always).is_some(), "{masks}: {always}");
            }
            let members: Vec<_> = members.keys().collect();
            assert_eq!(members, kept, "{masks}");
        }
    }

    #[test]
    fn an_object_that_is_to_get_a_name_is_found_by_its_labels() {
        let mut cluster = Cluster::with_room(ROOM);
        let nameless = json!({"metadata": {"generateName": "a-", "labels": {"x": "y"}}});
        write(&mut cluster, "CREATE", "ClusterRole", &nameless);
        write(&mut cluster, "CREATE", "ClusterRole", &nameless);
        assert_eq!(list(&cluster, Some("x=y")).unwrap().len(), 2);
        assert_eq!(get(&cluster, "ClusterRole", None, ""), None);
    }

    #[test]
    fn hands_out_no_bulk() {
        let mut cluster = Cluster::with_room(ROOM);
        let mut bulky = role("a");
        bulky["metadata"]["managedFields"] = json!(["bulk"]);
        bulky["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/last-applied-configuration": "bulk", "a": "b"});
        write(&mut cluster, "CREATE", "ClusterRole", &bulky);
        let object = get(&cluster, "ClusterRole", None, "a").unwrap();
        assert!(!object.to_string().contains("bulk"), "{object}");
        assert_eq!(object["metadata"]["annotations"]["a"], "b");
    }

    #[test]
    fn says_that_it_had_to_forget() {
        let mut cluster = Cluster::with_room(400);
        for name in ["a", "b", "c", "d", "e", "f"] {
            write(&mut cluster, "CREATE", "ClusterRole", &role(name));
        }
        assert!(cluster.forgotten() > 0);
        assert!(get(&cluster, "ClusterRole", None, "a").is_some());
        for answer in [
            list(&cluster, None),
            call(
                &cluster.view(),
                "get_resource",
                &json!({"api_version": RBAC, "kind": "ClusterRole", "name": "f"}),
            )
            .map(|object| vec![object]),
        ] {
            let error = answer.unwrap_err();
            assert!(error.contains("had to forget"), "{error}");
        }
        // what is rewritten takes no more room than before
        write(&mut cluster, "UPDATE", "ClusterRole", &role("a"));
        assert!(get(&cluster, "ClusterRole", None, "a").is_some());
    }

    #[test]
    fn says_what_it_does_not_answer() {
        let view = View::default();
        let secret = json!({"api_version": "v1", "kind": "Secret", "name": "a"});
        let error = call(&view, "get_resource", &secret).unwrap_err();
        assert!(error.contains("a replay keeps no v1/Secret"), "{error}");
        let error = call(&view, "can_i", &json!({})).unwrap_err();
        assert!(error.contains("kubewarden/kubernetes/can_i"), "{error}");
        let error = call(&view, "get_resource", &json!({"kind": 3})).unwrap_err();
        assert!(error.contains("`get_resource`: "), "{error}");
        let fields =
            json!({"api_version": RBAC, "kind": "ClusterRole", "field_selector": "spec.a=b"});
        let error = call(&view, "list_resources_all", &fields).unwrap_err();
        assert!(error.contains("`spec.a` cannot be selected by"), "{error}");
    }
}
