//! The manifest for krew has what krew asks for.

use std::fs;
use std::path::Path;

use serde_json::Value;
use xtask::krew::{TARGETS, archive, plugin};
use xtask::metadata::Metadata;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn names_every_archive_with_its_sum() {
    let metadata = Metadata::of(Path::new(PROJECT)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = plugin(&metadata, folder.path()).unwrap_err().to_string();
    assert!(missing.contains("bulkhead-v"), "{missing}");
    for (target, ..) in TARGETS {
        fs::write(folder.path().join(archive(target)), b"abc").unwrap();
    }

    let text = plugin(&metadata, folder.path()).unwrap();
    let text = intake::yaml_to_json(&text).unwrap();
    let plugin: Value = serde_json::from_str(&text).unwrap();
    let text = |pointer: &str| plugin.pointer(pointer).and_then(Value::as_str).unwrap();
    assert_eq!(
        text("/apiVersion"),
        "krew.googlecontainertools.github.com/v1alpha2"
    );
    assert_eq!(text("/kind"), "Plugin");
    assert_eq!(text("/metadata/name"), "bulkhead");
    assert_eq!(
        text("/spec/version"),
        concat!("v", env!("CARGO_PKG_VERSION"))
    );
    // krew's naming guide: at most 50 characters, no full stop
    let short = text("/spec/shortDescription");
    assert!(short.len() <= 50 && !short.ends_with('.'), "{short}");

    let platforms = plugin
        .pointer("/spec/platforms")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(platforms.len(), TARGETS.len());
    for (place, (target, os, arch)) in TARGETS.into_iter().enumerate() {
        let of = |key: &str| text(&format!("/spec/platforms/{place}/{key}"));
        assert_eq!(of("selector/matchLabels/os"), os);
        assert_eq!(of("selector/matchLabels/arch"), arch);
        assert!(of("uri").starts_with("https://"));
        assert!(of("uri").ends_with(&format!("/{}", archive(target))));
        // of `abc`
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of("sha256"), sum);
        assert_eq!(of("bin"), "bulkhead");
    }
}
