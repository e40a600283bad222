//! What a patch makes of an object, for logs that hold what was sent and not what came of it.
//! Nothing in an event says which kind of patch it was: an array is a JSON patch, and an object is
//! taken as kubectl sends it, strategic for Kubernetes' own kinds and a merge patch for all others.

use serde_json::{Map, Value};

/// Lists that are merged by a key of their items, wherever in an object they stand.
///
/// Source: `patchMergeKey` in Kubernetes `staging/src/k8s.io/api/core/v1/types.go` and
/// `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.
const MERGED: &[(&str, &str)] = &[
    ("containers", "name"),
    ("env", "name"),
    ("ephemeralContainers", "name"),
    ("hostAliases", "ip"),
    ("imagePullSecrets", "name"),
    ("initContainers", "name"),
    ("ownerReferences", "uid"),
    ("ports", "containerPort"),
    ("resourceClaims", "name"),
    ("topologySpreadConstraints", "topologyKey"),
    ("volumeDevices", "devicePath"),
    ("volumeMounts", "mountPath"),
    ("volumes", "name"),
];

/// The object after the patch; none if the patch does not fit it.
pub(crate) fn patched(object: &str, patch: &str, is_built_in: bool) -> Option<String> {
    let mut object: Value = serde_json::from_str(object).ok()?;
    if patch.starts_with('[') {
        let patch: json_patch::Patch = serde_json::from_str(patch).ok()?;
        json_patch::patch(&mut object, &patch).ok()?;
    } else {
        let patch: Value = serde_json::from_str(patch).ok()?;
        if is_built_in {
            merge(&mut object, patch);
        } else {
            json_patch::merge(&mut object, &patch);
        }
    }
    Some(object.to_string())
}

/// A strategic merge.
///
/// Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.
fn merge(object: &mut Value, patch: Value) {
    let Value::Object(mut patch) = patch else {
        *object = patch;
        return;
    };
    let replaces = patch.remove("$patch").is_some_and(|how| how == "replace");
    if replaces || !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Some(members) = object.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(kept)) = patch.remove("$retainKeys") {
        members.retain(|key, _| kept.iter().any(|name| name == key));
    }
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            remove_all(members.get_mut(list), &value);
            continue;
        }
        if key.starts_with('$') {
            // the order of a list does not matter here
            continue;
        }
        match value {
            Value::Null => {
                members.remove(&key);
            }
            Value::Array(items) => {
                let list = members.entry(key.as_str()).or_insert(Value::Null);
                match MERGED.iter().find(|(name, _)| *name == key) {
                    Some((_, by)) => merge_list(list, items, by),
                    None if key == "finalizers" => add_all(list, items),
                    None => *list = Value::Array(items),
                }
            }
            value => merge(members.entry(key).or_insert(Value::Null), value),
        }
    }
}

fn merge_list(list: &mut Value, items: Vec<Value>, by: &str) {
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let Some(list) = list.as_array_mut() else {
        return;
    };
    if items
        .iter()
        .any(|item| item.get("$patch").is_some_and(|how| how == "replace"))
    {
        list.clear();
    }
    for item in items {
        let Some(key) = item.get(by) else { continue };
        let place = list.iter().position(|other| other.get(by) == Some(key));
        let is_deleted = item.get("$patch").is_some_and(|how| how == "delete");
        match (place, is_deleted) {
            (Some(place), true) => {
                list.remove(place);
            }
            (Some(place), false) => {
                if let Some(other) = list.get_mut(place) {
                    merge(other, item);
                }
            }
            (None, true) => {}
            (None, false) => {
                let mut added = Value::Null;
                merge(&mut added, item);
                list.push(added);
            }
        }
    }
}

fn remove_all(list: Option<&mut Value>, items: &Value) {
    let items = items.as_array().map_or(&[][..], Vec::as_slice);
    if let Some(list) = list.and_then(Value::as_array_mut) {
        list.retain(|item| !items.contains(item));
    }
}

fn add_all(list: &mut Value, items: Vec<Value>) {
    let mut all = match list.take() {
        Value::Array(all) => all,
        _ => Vec::new(),
    };
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    *list = Value::Array(all);
}

#[cfg(test)]
mod tests {
    use super::patched;
    use serde_json::{Value, json};

    fn after(object: &Value, patch: &Value, is_built_in: bool) -> Value {
        let text = patched(&object.to_string(), &patch.to_string(), is_built_in).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn pod() -> Value {
        json!({"metadata": {"finalizers": ["a"]}, "spec": {"hostPID": true, "containers": [
            {"name": "app", "image": "a:1", "securityContext": {"privileged": true}},
            {"name": "log", "image": "b:1"}]}})
    }

    #[test]
    fn applies_a_json_patch() {
        let patch = json!([{"op": "add", "path": "/spec/hostIPC", "value": true},
            {"op": "remove", "path": "/spec/hostPID"}]);
        let spec = &after(&pod(), &patch, true)["spec"];
        assert_eq!(spec["hostIPC"], true);
        assert_eq!(spec["hostPID"], Value::Null);
    }

    #[test]
    fn a_json_patch_that_does_not_fit_makes_nothing() {
        let patch = json!([{"op": "test", "path": "/spec/hostPID", "value": false}]);
        assert_eq!(patched(&pod().to_string(), &patch.to_string(), true), None);
    }

    #[test]
    fn merges_lists_by_key() {
        let patch = json!({"spec": {"$setElementOrder/containers": [{"name": "app"}],
            "hostPID": null, "containers": [{"name": "app", "image": "a:2"},
            {"name": "log", "$patch": "delete"}, {"name": "new", "image": "c"}]}});
        assert_eq!(
            after(&pod(), &patch, true)["spec"],
            json!({"containers": [
                {"name": "app", "image": "a:2", "securityContext": {"privileged": true}},
                {"name": "new", "image": "c"}]})
        );
    }

    #[test]
    fn follows_directives() {
        let patch = json!({"spec": {"containers": [{"$patch": "replace"},
            {"name": "one", "image": "a"}]}, "metadata": {"finalizers": ["b"]}});
        let object = after(&pod(), &patch, true);
        assert_eq!(
            object["spec"]["containers"],
            json!([{"name": "one", "image": "a"}])
        );
        assert_eq!(object["metadata"]["finalizers"], json!(["a", "b"]));
        let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]},
            "spec": {"$retainKeys": ["hostPID"]}});
        let object = after(&pod(), &patch, true);
        assert_eq!(object["metadata"]["finalizers"], json!([]));
        assert_eq!(object["spec"], json!({"hostPID": true}));
    }

    #[test]
    fn replaces_what_has_no_key() {
        let role = json!({"rules": [{"verbs": ["get"]}]});
        let patch = json!({"rules": [{"verbs": ["*"]}]});
        assert_eq!(after(&role, &patch, true), patch);
    }

    #[test]
    fn merges_a_custom_object_without_a_strategy() {
        let patch = json!({"spec": {"containers": [{"name": "new"}]}});
        assert_eq!(
            after(&pod(), &patch, false)["spec"],
            json!({"hostPID": true, "containers": [{"name": "new"}]})
        );
    }
}
