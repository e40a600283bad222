//! An OCI image layout of the policy, as Kubewarden takes it from a registry: one layer, the module,
//! and an empty configuration, both of Wasm's media types. The same module gives the same bytes, and
//! so the same digest.
//!
//! The media types are those of oci-client 0.17 (src/manifest.rs), the annotations those of `kwctl
//! push`: the metadata's, without what has many lines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::metadata::Metadata;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v1+json";
const LAYER: &str = "application/vnd.wasm.content.layer.v1+wasm";

/// Where the layout names its image.
const NAME: &str = "org.opencontainers.image.ref.name";
/// Where tools that watch for updates look.
const SOURCE: &str = "org.opencontainers.image.source";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'m> {
    schema_version: u8,
    media_type: &'static str,
    config: Descriptor<'m>,
    layers: [Descriptor<'m>; 1],
    annotations: BTreeMap<&'m str, &'m str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index<'m> {
    schema_version: u8,
    media_type: &'static str,
    manifests: [Descriptor<'m>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'m> {
    media_type: &'static str,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'m str, &'m str>,
}

/// Writes the layout of a module into a folder, in place of what was there, and returns the digest
/// of its manifest. The image is called by the version: `v0.1.0`.
///
/// # Errors
/// When a file cannot be written, or the metadata has no version or source.
pub fn write(folder: &Path, module: &[u8], metadata: &Metadata) -> Result<String, Error> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let blob = |media_type, bytes: &[u8]| -> Result<Descriptor<'_>, Error> {
        let hash = sha256(bytes);
        fs::write(blobs.join(&hash), bytes)?;
        Ok(Descriptor {
            media_type,
            digest: format!("sha256:{hash}"),
            size: bytes.len(),
            annotations: BTreeMap::new(),
        })
    };

    let annotations = metadata.annotations.iter();
    let mut annotations: BTreeMap<&str, &str> = annotations
        .filter(|(_, value)| !value.contains('\n'))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    annotations.insert(SOURCE, metadata.policy("source")?);
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST,
        config: blob(CONFIG, b"{}")?,
        layers: [blob(LAYER, module)?],
        annotations,
    };
    let mut manifest = blob(MANIFEST, &serde_json::to_vec(&manifest)?)?;
    let digest = manifest.digest.clone();
    let name = format!("v{}", metadata.policy("version")?);
    manifest.annotations.insert(NAME, &name);
    let index = Index {
        schema_version: 2,
        media_type: INDEX,
        manifests: [manifest],
    };
    fs::write(folder.join("index.json"), serde_json::to_vec(&index)?)?;
    fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok(digest)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}
