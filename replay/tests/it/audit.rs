//! Audit logs through the command and the built-in policy.

use crate::common::{Folder, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn the_audit_policy_keeps_everything_that_is_judged() {
    let folder = Folder::new();
    let printed = run(&mut folder.bulkhead("audit-policy"), b"");
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let policy = intake::yaml_to_json(&printed.stdout).unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["kind"], "Policy");
    let kept = &policy["rules"][0];
    assert_eq!(kept["level"], "RequestResponse");
    let mut resources = BTreeSet::new();
    for of in kept["resources"].as_array().unwrap() {
        for resource in of["resources"].as_array().unwrap() {
            resources.insert(format!(
                "{}/{}",
                of["group"].as_str().unwrap(),
                resource.as_str().unwrap()
            ));
        }
    }
    for (group, kind) in intake::audit::kinds() {
        let resource = format!("{group}/{}s", kind.to_lowercase());
        assert!(resources.contains(&resource), "{resource}");
    }
    assert_eq!(policy["rules"][2], json!({"level": "None"}));
}
