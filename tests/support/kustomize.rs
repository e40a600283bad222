//! As much of kustomize as `deploy/` uses: resources, components and JSON patches. What it does not
//! know, it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kustomization {
    api_version: String,
    kind: String,
    #[serde(default)]
    resources: Vec<PathBuf>,
    #[serde(default)]
    components: Vec<PathBuf>,
    #[serde(default)]
    patches: Vec<Patch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    path: Option<PathBuf>,
    patch: Option<String>,
    target: Target,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    kind: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    op: String,
    path: String,
    value: Value,
}

/// The objects that a folder makes, with components added to it.
pub fn build(folder: &Path, components: &[&Path]) -> Vec<Value> {
    let mut objects = apply(folder, Vec::new());
    for component in components {
        objects = apply(component, objects);
    }
    objects
}

/// Adds what a folder has to what is there, and changes both.
fn apply(folder: &Path, mut objects: Vec<Value>) -> Vec<Value> {
    let kustomization = fs::read_to_string(folder.join("kustomization.yaml")).unwrap();
    let kustomization: Kustomization = read(&kustomization);
    match (
        kustomization.kind.as_str(),
        kustomization.api_version.as_str(),
    ) {
        ("Kustomization", "kustomize.config.k8s.io/v1beta1")
        | ("Component", "kustomize.config.k8s.io/v1alpha1") => {}
        other => panic!("{other:?}"),
    }
    for resource in &kustomization.resources {
        let path = folder.join(resource);
        if path.is_dir() {
            objects.extend(build(&path, &[]));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            objects.extend(text.split("\n---\n").map(read::<Value>));
        }
    }
    for component in &kustomization.components {
        objects = apply(&folder.join(component), objects);
    }
    for patch in kustomization.patches {
        let text = match (patch.path, patch.patch) {
            (Some(path), None) => fs::read_to_string(folder.join(path)).unwrap(),
            (None, Some(text)) => text,
            _ => panic!("a patch has a path or a text"),
        };
        let mut count = 0;
        for object in &mut objects {
            let name = &object["metadata"]["name"];
            let is_named = patch
                .target
                .name
                .as_ref()
                .is_none_or(|wanted| name == wanted.as_str());
            if object["kind"] == patch.target.kind.as_str() && is_named {
                count += 1;
                for step in read::<Vec<Step>>(&text) {
                    take(object, &step);
                }
            }
        }
        assert!(count > 0, "nothing to patch in {}", folder.display());
    }
    objects
}

fn take(object: &mut Value, step: &Step) {
    let (parent, key) = step.path.rsplit_once('/').unwrap();
    let parent = object.pointer_mut(parent).unwrap();
    match (step.op.as_str(), parent) {
        ("add", Value::Array(list)) if key == "-" => list.push(step.value.clone()),
        ("add", Value::Object(table)) => {
            table.insert(key.to_owned(), step.value.clone());
        }
        ("replace", Value::Object(table)) => {
            let old = table.insert(key.to_owned(), step.value.clone());
            assert!(old.is_some(), "{} is not there to be replaced", step.path);
        }
        _ => panic!("{} {}", step.op, step.path),
    }
}

fn read<T: for<'de> Deserialize<'de>>(yaml: &str) -> T {
    serde_json::from_str(&intake::yaml_to_json(yaml).unwrap()).unwrap()
}
