//! What Kubewarden is told of the policy is what Kubewarden takes, and the background audit, which
//! asks in its own way, gets the answers that admission got.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test"
)]

use std::collections::BTreeSet;
use std::fs;

use intake::Item;
use policy::rules::RULES;
use serde_json::{Value, json};

fn metadata() -> Value {
    let metadata = fs::read_to_string("policy-metadata/metadata.yml").unwrap();
    serde_json::from_str(&intake::yaml_to_json(&metadata).unwrap()).unwrap()
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|entry| entry.as_str().unwrap()).collect()
}

/// The keys of `Metadata` in policy-evaluator's `policy_metadata.rs`, which ignores all others in
/// silence.
#[test]
fn has_no_key_that_kubewarden_would_ignore() {
    const KNOWN: &[&str] = &[
        "annotations",
        "backgroundAudit",
        "contextAwareResources",
        "executionMode",
        "hostCapabilities",
        "minimumKubewardenVersion",
        "mutating",
        "policyType",
        "protocolVersion",
        "rules",
    ];
    for key in metadata().as_object().unwrap().keys() {
        assert!(KNOWN.contains(&key.as_str()), "{key}");
    }
}

/// Where a rule has a wildcard the background audit skips it; where it names a subresource for
/// CREATE, or a resource that is not of its group, the whole policy fails there.
#[test]
fn the_background_audit_can_follow_every_rule() {
    let metadata = metadata();
    assert_eq!(metadata["backgroundAudit"], true);
    for rule in metadata["rules"].as_array().unwrap() {
        for key in ["apiGroups", "apiVersions", "resources", "operations"] {
            let list = strings(&rule[key]);
            assert!(!list.is_empty() && !list.contains(&"*"), "{rule}");
        }
        assert_eq!(strings(&rule["apiGroups"]).len(), 1, "{rule}");
        let resources = strings(&rule["resources"]);
        let expected: &[&str] = if resources.iter().any(|name| name.contains('/')) {
            assert_eq!(resources, ["pods/ephemeralcontainers"]);
            &["UPDATE"]
        } else {
            &["CREATE", "UPDATE"]
        };
        assert_eq!(strings(&rule["operations"]), expected, "{rule}");
    }
}

#[test]
fn the_annotations_are_those_that_reports_and_registries_read() {
    let metadata = metadata();
    let annotations = metadata["annotations"].as_object().unwrap();
    for (key, value) in annotations {
        let value = value.as_str().unwrap();
        assert!(!value.is_empty() && !value.contains('\n'), "{key}: {value}");
    }
    let annotation = |name: &str| annotations[&format!("io.kubewarden.policy.{name}")].as_str();
    let severities = ["info", "low", "medium", "high", "critical"];
    assert!(severities.contains(&annotation("severity").unwrap()));
    assert!(annotation("category").is_some());
    let version = metadata["minimumKubewardenVersion"].as_str().unwrap();
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert_eq!(parts.len(), 3, "{version}");
}

/// What the background audit sends for an object, as audit-scanner 1.38 makes it
/// (internal/audit-scanner/scanner/admission_request.go): no user, the kind where the resource
/// would be, and the object as the cluster keeps it.
fn audited(created: &Value) -> Value {
    let kind = &created["kind"];
    let resource = json!({
        "group": kind["group"], "version": kind["version"], "resource": kind["kind"],
    });
    let mut object = created["object"].clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        let kept = json!({
            "uid": "0b4ee5d4-3d2b-4a8e-9f7a-1f8f8e2f5a11",
            "resourceVersion": "4711",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{
                "manager": "kubectl", "operation": "Update", "apiVersion": "v1",
                "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:spec": {"f:hostPID": {}, "f:containers": {"k:{\"name\":\"a\"}": {}}}},
            }],
        });
        metadata.extend(kept.as_object().unwrap().clone());
    }
    if object.get("rules").is_none() && object.get("subjects").is_none() {
        object["status"] = json!({"observedGeneration": 1, "conditions": []});
    }
    json!({
        "uid": "0b4ee5d4-3d2b-4a8e-9f7a-1f8f8e2f5a11",
        "operation": "CREATE",
        "name": created["name"],
        "namespace": created["namespace"],
        "kind": kind, "requestKind": kind,
        "resource": resource, "requestResource": resource,
        "userInfo": {},
        "object": object,
    })
}

/// Every fixture of every rule that is one object.
fn fixtures() -> Vec<(String, Value)> {
    let mut fixtures = Vec::new();
    for rule in RULES {
        let folder = fs::read_dir(format!("tests/fixtures/{}", rule.id)).unwrap();
        for file in folder.map(|entry| entry.unwrap().path()) {
            if file.ends_with("cluster.yaml") {
                continue;
            }
            let manifest = fs::read(&file).unwrap();
            let Some(Ok(Item::Case(case))) = intake::read(manifest.as_slice()).next() else {
                panic!("no case in {}", file.display())
            };
            let request = serde_json::from_str(case.request()).unwrap();
            fixtures.push((file.display().to_string(), request));
        }
    }
    fixtures
}

fn answer(request: &Value) -> Value {
    let payload = json!({"request": request, "settings": {}}).to_string();
    serde_json::from_slice(&policy::inspect(payload.as_bytes())).unwrap()
}

#[test]
fn the_background_audit_finds_what_admission_finds() {
    let mut rules = BTreeSet::new();
    for (file, created) in fixtures() {
        let [at_admission, in_audit] = [&created, &audited(&created)].map(answer);
        assert_eq!(in_audit["findings"], at_admission["findings"], "{file}");
        assert_eq!(in_audit["allowed"], at_admission["allowed"], "{file}");
        // With 500 the report would say that the policy failed.
        let code = in_audit["response"].get("code").and_then(Value::as_u64);
        assert!(!matches!(code, Some(500..)), "{file}: {in_audit}");
        for finding in in_audit["findings"].as_array().unwrap() {
            rules.insert(finding["rule"].as_str().unwrap().to_owned());
        }
    }
    assert!(rules.len() >= RULES.len() - 1, "{rules:?}");
}
