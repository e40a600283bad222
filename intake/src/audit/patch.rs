//! What a patch makes of an object, for logs that hold what was sent and not what came of it.
//! Nothing in an event says which kind of patch it was: an array is a JSON patch, and an object is
//! taken as kubectl sends it, strategic for Kubernetes' own kinds and a merge patch for all others.

use crate::written;
use json_patch::jsonptr::PointerBuf;
use json_patch::{
    AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation,
    TestOperation,
};
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
    match serde_json::from_str(patch).ok()? {
        Value::Array(operations) => apply(&mut object, operations)?,
        patch if is_built_in => merge(&mut object, patch)?,
        patch => json_patch::merge(&mut object, &patch),
    }
    Some(written::json(&object))
}

/// Whether a patch may be read in two ways that differ: as a strategic one, whose directives take
/// something away, and as a merge patch, to which they say nothing.
pub(crate) fn is_ambiguous(patch: &str) -> bool {
    ["\"$patch\"", "\"$retainKeys\""]
        .iter()
        .any(|directive| patch.contains(directive))
}

/// Applies a JSON patch; none if it does not fit, or does too much.
///
/// Source of the bounds: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go`
/// and `pkg/server/config.go`.
fn apply(object: &mut Value, operations: Vec<Value>) -> Option<()> {
    const MOST_OPERATIONS: usize = 10_000;
    const MOST_COPIED: usize = 3 << 20;

    if operations.len() > MOST_OPERATIONS {
        return None;
    }
    let operations: Option<Vec<_>> = operations.into_iter().map(operation).collect();
    let mut copied = 0_usize;
    for operation in operations? {
        if let PatchOperation::Copy(copy) = &operation {
            let from = object.pointer(copy.from.as_str())?;
            copied = copied.saturating_add(written::json(from).len());
            if copied > MOST_COPIED {
                return None;
            }
        }
        json_patch::patch(object, &[operation]).ok()?;
    }
    Some(())
}

/// One operation of a JSON patch; none if it is none. It is read by hand because what serde derives
/// for it would be 24 kB of the npm package.
fn operation(mut operation: Value) -> Option<PatchOperation> {
    let pointer = |name| PointerBuf::parse(operation.get(name)?.as_str()?).ok();
    let path = pointer("path")?;
    let from = pointer("from");
    let value = operation.get_mut("value").map(Value::take);
    Some(match operation.get("op")?.as_str()? {
        "add" => PatchOperation::Add(AddOperation {
            path,
            value: value?,
        }),
        "remove" => PatchOperation::Remove(RemoveOperation { path }),
        "replace" => PatchOperation::Replace(ReplaceOperation {
            path,
            value: value?,
        }),
        "move" => PatchOperation::Move(MoveOperation { from: from?, path }),
        "copy" => PatchOperation::Copy(CopyOperation { from: from?, path }),
        "test" => PatchOperation::Test(TestOperation {
            path,
            value: value?,
        }),
        _ => return None,
    })
}

/// A strategic merge, but that what it takes out of lists stays: a merge patch of the same text
/// would put it in. None if it does too much.
///
/// Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.
fn merge(object: &mut Value, patch: Value) -> Option<()> {
    let Value::Object(patch) = patch else {
        *object = patch;
        return Some(());
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let members = object.as_object_mut()?;
    for (key, value) in patch {
        if key.starts_with('$') {
            continue;
        }
        match value {
            Value::Null => {
                members.remove(&key);
            }
            Value::Array(items) => {
                let list = members.entry(key.as_str()).or_insert(Value::Null);
                match MERGED.iter().find(|(name, _)| *name == key) {
                    Some((_, by)) => merge_list(list, items, by)?,
                    None if key == "finalizers" => add_all(list, items),
                    None => *list = Value::Array(items),
                }
            }
            value => merge(members.entry(key).or_insert(Value::Null), value)?,
        }
    }
    Some(())
}

fn merge_list(list: &mut Value, items: Vec<Value>, by: &str) -> Option<()> {
    /// Comparisons, for each item with each.
    const MOST: usize = 1_000_000;

    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let list = list.as_array_mut()?;
    let comparisons = list.len().saturating_add(items.len());
    if comparisons.saturating_mul(items.len()) > MOST {
        return None;
    }
    for item in items {
        let Some(key) = item.get(by) else { continue };
        let place = list.iter().position(|other| other.get(by) == Some(key));
        match place.and_then(|place| list.get_mut(place)) {
            Some(other) => merge(other, item)?,
            None => {
                let mut added = Value::Null;
                merge(&mut added, item)?;
                list.push(added);
            }
        }
    }
    Some(())
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
    use super::{is_ambiguous, patched};
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
    fn applies_every_operation_of_a_json_patch() {
        let patch = json!([{"op": "test", "path": "/a~1b", "value": null},
            {"op": "copy", "from": "/a~1b", "path": "/c"},
            {"op": "replace", "path": "/c", "value": 1},
            {"op": "move", "from": "/c", "path": "/d"},
            {"op": "add", "path": "/e", "value": null, "from": 2}]);
        assert_eq!(
            after(&json!({"a/b": null}), &patch, true),
            json!({"a/b": null, "d": 1, "e": null})
        );
    }

    #[test]
    fn what_is_no_json_patch_makes_nothing() {
        for operation in [
            json!(null),
            json!({"path": "/a"}),
            json!({"op": "Add", "path": "/a", "value": 1}),
            json!({"op": "add", "path": "/a"}),
            json!({"op": "add", "path": "a", "value": 1}),
            json!({"op": "add", "value": 1}),
            json!({"op": "copy", "path": "/a"}),
            json!({"op": "move", "from": 1, "path": "/a"}),
        ] {
            let patch = json!([operation]).to_string();
            assert_eq!(patched("{}", &patch, true), None, "{patch}");
        }
    }

    #[test]
    fn a_json_patch_that_does_not_fit_makes_nothing() {
        let patch = json!([{"op": "test", "path": "/spec/hostPID", "value": false}]);
        assert_eq!(patched(&pod().to_string(), &patch.to_string(), true), None);
    }

    #[test]
    fn merges_lists_by_key() {
        let patch = json!({"metadata": {"finalizers": ["b"]}, "spec": {
            "$setElementOrder/containers": [{"name": "app"}], "hostPID": null,
            "containers": [{"name": "app", "image": "a:2"}, {"name": "new", "image": "c"}]}});
        let object = after(&pod(), &patch, true);
        assert_eq!(
            object["spec"],
            json!({"containers": [
                {"name": "app", "image": "a:2", "securityContext": {"privileged": true}},
                {"name": "log", "image": "b:1"},
                {"name": "new", "image": "c"}]})
        );
        assert_eq!(object["metadata"]["finalizers"], json!(["a", "b"]));
    }

    #[test]
    fn what_one_reading_takes_away_stays() {
        let patch = json!({"spec": {"containers": [{"name": "evil", "$patch": "delete",
            "securityContext": {"privileged": true}}]}});
        assert!(is_ambiguous(&patch.to_string()));
        let object = after(&pod(), &patch, true);
        assert_eq!(
            object["spec"]["containers"][2]["securityContext"]["privileged"],
            true
        );
        assert!(!is_ambiguous(
            r#"{"spec":{"$setElementOrder/containers":[]}}"#
        ));
    }

    #[test]
    fn does_not_grow_without_bound() {
        let copy = json!({"op": "copy", "from": "/x", "path": "/x/-"});
        let patch = Value::Array(vec![copy; 32]);
        let object = json!({"x": ["y"]});
        assert_eq!(patched(&object.to_string(), &patch.to_string(), true), None);
        let items = |from: u32| -> Vec<Value> {
            (from..from + 2_000)
                .map(|name| json!({"name": name.to_string()}))
                .collect()
        };
        let object = json!({"spec": {"volumes": items(0)}});
        let patch = json!({"spec": {"volumes": items(2_000)}});
        assert_eq!(patched(&object.to_string(), &patch.to_string(), true), None);
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
