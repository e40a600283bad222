//! `bulkhead rules`, with a policy that has two rules.

use crate::common::{CATALOG, Folder, Ran, assert_expected, run};

fn rules(arguments: &str) -> Ran {
    let folder = Folder::new();
    run(
        &mut folder.bulkhead(&format!("rules --policy policy.wasm {arguments}")),
        b"",
    )
}

#[test]
fn lists_rules_under_their_alerts() {
    let ran = rules("");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_expected("rules.txt", &ran.stdout);
}

#[test]
fn explains_one_rule() {
    let ran = rules("host-path");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_expected("rule.txt", &ran.stdout);
}

#[test]
fn passes_the_catalogue_on_as_json() {
    assert_eq!(rules("--format json").stdout, format!("{CATALOG}\n"));
    let one: serde_json::Value =
        serde_json::from_str(&rules("--format json pod-create").stdout).expect("JSON");
    assert_eq!(one["id"], "pod-create");
}

#[test]
fn suggests_the_rule_that_was_meant() {
    for (asked, suggested) in [
        ("hostpath", "no rule `hostpath`: did you mean `host-path`?"),
        ("pod", "no rule `pod`: did you mean `pod-create`?"),
        (
            "pod-write",
            "no rule `pod-write`: it is an alert, of `pod-create`",
        ),
        ("x", "no rule `x`: `bulkhead rules` lists them"),
    ] {
        let ran = rules(asked);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert_eq!(ran.stderr, format!("error: {suggested}\n"));
    }
}
