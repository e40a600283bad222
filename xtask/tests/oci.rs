//! The OCI layout has what Kubewarden asks of a policy in a registry, and nothing that differs from
//! one writing to the next.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xtask::metadata::Metadata;
use xtask::oci;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(
                self::files(&path)
                    .into_iter()
                    .map(|(file, bytes)| (Path::new(path.file_name().unwrap()).join(file), bytes)),
            );
        } else {
            files.insert(path.file_name().unwrap().into(), fs::read(&path).unwrap());
        }
    }
    files
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_module_gives_the_same_bytes_whatever_was_there() {
    let metadata = Metadata::of(Path::new(PROJECT)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let digest = oci::write(&one, MODULE, &metadata).unwrap();
    oci::write(&other, b"another module", &metadata).unwrap();
    assert_eq!(oci::write(&other, MODULE, &metadata).unwrap(), digest);
    assert_eq!(files(&one), files(&other));
    assert_eq!(files(&one).len(), 5);
}

#[test]
fn kubewarden_finds_the_module_its_media_types_and_the_metadata() {
    let metadata = Metadata::of(Path::new(PROJECT)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let digest = oci::write(folder.path(), MODULE, &metadata).unwrap();
    let files = files(folder.path());
    let read = |path: &str| -> Value {
        serde_json::from_slice(files.get(Path::new(path)).unwrap()).unwrap()
    };
    let descriptor = |media_type: &str, bytes: &[u8]| {
        let digest = format!("sha256:{}", hash(bytes));
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    };

    assert_eq!(read("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}));
    let path = format!("blobs/sha256/{}", digest.strip_prefix("sha256:").unwrap());
    let bytes = files.get(Path::new(&path)).unwrap();
    let mut expected = descriptor("application/vnd.oci.image.manifest.v1+json", bytes);
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    expected["annotations"] = json!({"org.opencontainers.image.ref.name": version});
    assert_eq!(read("index.json")["manifests"], json!([expected]));

    let manifest = read(&path);
    assert_eq!(
        manifest["config"],
        descriptor("application/vnd.wasm.config.v1+json", b"{}")
    );
    let layer = descriptor("application/vnd.wasm.content.layer.v1+wasm", MODULE);
    assert_eq!(manifest["layers"], json!([layer]));
    for (hashed, bytes) in files.iter().filter(|(path, _)| path.starts_with("blobs")) {
        assert_eq!(
            hashed.file_name().unwrap().to_str(),
            Some(hash(bytes).as_str())
        );
    }

    let annotations = manifest["annotations"].as_object().unwrap();
    for (key, value) in &metadata.annotations {
        assert_eq!(annotations.get(key), Some(&json!(value)), "{key}");
    }
    let source = metadata.policy("source").unwrap();
    assert_eq!(
        annotations.get("org.opencontainers.image.source"),
        Some(&json!(source))
    );
}

/// OCI tools print annotations on one line.
#[test]
fn what_has_many_lines_is_left_out() {
    let mut metadata = Metadata::of(Path::new(PROJECT)).unwrap();
    let usage = "io.kubewarden.policy.usage".to_owned();
    metadata
        .annotations
        .insert(usage.clone(), "one\ntwo".to_owned());
    let folder = tempfile::tempdir().unwrap();
    oci::write(folder.path(), MODULE, &metadata).unwrap();
    for bytes in files(folder.path()).into_values() {
        assert!(!String::from_utf8_lossy(&bytes).contains(&usage));
    }
}
