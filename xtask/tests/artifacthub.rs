//! `artifacthub-pkg.yml` is current, and it and `artifacthub-repo.yml` keep the rules that Artifact
//! Hub documents (docs/metadata/ and docs/kubewarden_annotations.md there).

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use xtask::artifacthub;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn yaml(text: &str) -> Value {
    serde_json::from_str(&intake::yaml_to_json(text).unwrap()).unwrap()
}

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(path)).unwrap()
}

#[test]
fn is_what_the_metadata_gives() {
    // The time of a version that is there stays.
    let made = artifacthub::package(Path::new(PROJECT), "2000-01-01T00:00:00Z").unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(Path::new(PROJECT).join(artifacthub::FILE), made).unwrap();
    } else {
        let given = file(artifacthub::FILE);
        assert_eq!(given, made, "run `make artifacthub-pkg.yml`");
    }
}

#[test]
fn keeps_the_rules_of_artifact_hub() {
    let package = yaml(&file(artifacthub::FILE));
    let text = |pointer: &str| {
        let value = package.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(!value.is_empty(), "{pointer}");
        value
    };

    let version = text("/version");
    let parts = version.split('.').map(str::parse::<u32>);
    assert!(parts.clone().count() == 3 && parts.into_iter().all(|part| part.is_ok()));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    assert!(text("/name").bytes().all(is_plain));
    let _ = (text("/displayName"), text("/description"), text("/install"));
    assert_eq!(text("/category"), "security");
    assert_eq!(text("/license"), "Apache-2.0");
    assert!(text("/homeURL").starts_with("https://"));

    // RFC 3339, in UTC
    let created_at = text("/createdAt").bytes();
    let digits = created_at.map(|byte| {
        if byte.is_ascii_digit() {
            '0'
        } else {
            char::from(byte)
        }
    });
    assert_eq!(digits.collect::<String>(), "0000-00-00T00:00:00Z");

    // what a Kubewarden package must have: one image, by this name
    assert_eq!(package["containersImages"].as_array().unwrap().len(), 1);
    assert_eq!(text("/containersImages/0/name"), "policy");
    let (repository, tag) = text("/containersImages/0/image").split_once(':').unwrap();
    assert_eq!(repository.split('/').count(), 3);
    assert_eq!(tag, format!("v{version}"));

    for (place, link) in package["links"].as_array().unwrap().iter().enumerate() {
        assert!(
            text(&format!("/links/{place}/url")).starts_with("https://"),
            "{link}"
        );
        let _ = text(&format!("/links/{place}/name"));
    }
    assert!(text("/maintainers/0/email").contains('@'));
    let _ = (text("/maintainers/0/name"), text("/provider/name"));
    assert!(text("/recommendations/0/url").starts_with("https://artifacthub.io/packages/"));
    let kinds = [
        "added",
        "changed",
        "deprecated",
        "removed",
        "fixed",
        "security",
    ];
    for change in package["changes"].as_array().unwrap_or(&Vec::new()) {
        assert!(
            kinds.contains(&change["kind"].as_str().unwrap()),
            "{change}"
        );
        assert!(!change["description"].as_str().unwrap().is_empty());
    }

    // keys and values must be strings
    for (key, value) in package["annotations"].as_object().unwrap() {
        assert!(value.is_string(), "{key}");
    }
    assert_eq!(text("/annotations/kubewarden~1mutation"), "false");
    let _ = text("/annotations/kubewarden~1resources");
}

#[test]
fn carries_what_kubewarden_reads_of_it() {
    let package = yaml(&file(artifacthub::FILE));
    let metadata = yaml(&file("policy-metadata/metadata.yml"));
    let annotation = |name: &str| {
        let value = &package["annotations"][&format!("kubewarden/{name}")];
        yaml(value.as_str().unwrap())
    };
    assert_eq!(annotation("rules"), metadata["rules"]);
    assert_eq!(
        annotation("contextAwareResources"),
        metadata["contextAwareResources"]
    );
    assert_eq!(
        annotation("questions-ui"),
        yaml(&file("policy-metadata/questions-ui.yml"))
    );
}

/// Artifact Hub reads policies of Kubewarden from git, and this file at the top of what it reads. It
/// passes over what it does not know, so that a field that is misspelt would claim nothing.
#[test]
fn who_maintains_the_package_may_claim_its_repository() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Repository {
        #[serde(rename = "repositoryID")]
        repository_id: Option<String>,
        owners: Value,
    }
    let repository: Repository =
        serde_json::from_value(yaml(&file("artifacthub-repo.yml"))).unwrap();
    let package = yaml(&file(artifacthub::FILE));
    assert_eq!(repository.owners, package["maintainers"]);

    // a UUID, in Artifact Hub's own spelling
    if let Some(id) = repository.repository_id {
        let groups = id.split('-').map(str::len);
        assert_eq!(groups.collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
        assert!(id.bytes().all(is_digit), "{id}");
    }
}

#[test]
fn a_new_version_has_a_new_time() {
    let project = tempfile::tempdir().unwrap();
    let root = project.path();
    fs::create_dir(root.join("policy-metadata")).unwrap();
    let metadata = file("policy-metadata/metadata.yml");
    let version = format!("policy.version: {}", env!("CARGO_PKG_VERSION"));
    assert!(metadata.contains(&version));
    let metadata = metadata.replace(&version, "policy.version: 9.9.9");
    fs::write(root.join("policy-metadata/metadata.yml"), metadata).unwrap();
    let questions = file("policy-metadata/questions-ui.yml");
    fs::write(root.join("policy-metadata/questions-ui.yml"), questions).unwrap();
    let changelog = "# Changelog\n\n## [9.9.9] - 2030-01-31\n\n### Fixed\n\n- A thing.\n";
    fs::write(root.join("CHANGELOG.md"), changelog).unwrap();
    fs::write(root.join(artifacthub::FILE), file(artifacthub::FILE)).unwrap();

    let package = yaml(&artifacthub::package(root, "2030-01-31T00:00:00Z").unwrap());
    assert_eq!(package["version"], "9.9.9");
    assert_eq!(package["createdAt"], "2030-01-31T00:00:00Z");
    assert_eq!(package["changes"][0]["kind"], "fixed");
    assert_eq!(package["changes"][0]["description"], "A thing.");
}
