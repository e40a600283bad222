//! What the README says is so. `BLESS=1 cargo test --test readme` writes its table of rules.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fmt::Write as _;
use std::fs;

use policy::rules::RULES;
use serde_json::Value;

/// The text between two marks.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn the_table_has_every_rule() {
    let mut table = String::from("\n| rule | severity | what |\n|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} |",
            rule.id,
            rule.severity.as_str(),
            rule.title
        );
    }
    let readme = fs::read_to_string("README.md").unwrap();
    let given = between(&readme, "<!-- rules -->", "<!-- /rules -->");
    if std::env::var_os("BLESS").is_some() {
        let blessed = readme.replace(
            &format!("<!-- rules -->{given}<!-- /rules -->"),
            &format!("<!-- rules -->{table}<!-- /rules -->"),
        );
        fs::write("README.md", blessed).unwrap();
    } else {
        assert_eq!(given, table, "write the README anew with BLESS=1");
    }
}

#[test]
fn the_settings_are_valid() {
    let readme = fs::read_to_string("README.md").unwrap();
    let settings = between(&readme, "<!-- settings -->\n```yaml\n", "```");
    let settings = intake::yaml_to_json(settings).unwrap();
    assert_eq!(
        policy::validate_settings(settings.as_bytes()),
        br#"{"valid":true}"#
    );
}

#[test]
fn the_manifest_has_the_rules_of_the_metadata() {
    let yaml = |text: &str| -> Value {
        serde_json::from_str(&intake::yaml_to_json(text).unwrap()).unwrap()
    };
    let readme = fs::read_to_string("README.md").unwrap();
    let manifest = between(
        &readme,
        "```yaml\napiVersion: policies.kubewarden.io/v1\n",
        "```",
    );
    let manifest = yaml(manifest);
    let metadata = yaml(&fs::read_to_string("policy-metadata/metadata.yml").unwrap());
    assert_eq!(manifest["spec"]["rules"], metadata["rules"]);
    assert_eq!(manifest["spec"]["mutating"], metadata["mutating"]);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        metadata["annotations"]["io.kubewarden.policy.version"],
        version
    );
    let module = manifest["spec"]["module"].as_str().unwrap();
    let published = metadata["annotations"]["io.kubewarden.policy.ociUrl"]
        .as_str()
        .unwrap();
    assert_eq!(module, format!("registry://{published}:v{version}"));
}
