//! The manifest by which krew installs the command as `kubectl bulkhead`, made of a release's
//! archives. Its format is krew's v1alpha2 (docs/DEVELOPER_GUIDE.md, pkg/index/types.go there).

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::metadata::Metadata;
use crate::oci::sha256;
use crate::{Error, VERSION};

/// The systems that a release has archives for, as Rust and as Kubernetes call them.
pub const TARGETS: [(&str, &str, &str); 4] = [
    ("x86_64-unknown-linux-musl", "linux", "amd64"),
    ("aarch64-unknown-linux-musl", "linux", "arm64"),
    ("x86_64-apple-darwin", "darwin", "amd64"),
    ("aarch64-apple-darwin", "darwin", "arm64"),
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plugin<'m> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Name,
    spec: Spec<'m>,
}

#[derive(Serialize)]
struct Name {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'m> {
    version: String,
    homepage: &'m str,
    short_description: &'static str,
    description: &'static str,
    platforms: Vec<Platform>,
}

#[derive(Serialize)]
struct Platform {
    selector: Selector,
    uri: String,
    sha256: String,
    files: [Copied; 2],
    bin: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    match_labels: Labels,
}

#[derive(Serialize)]
struct Labels {
    os: &'static str,
    arch: &'static str,
}

#[derive(Serialize)]
struct Copied {
    from: &'static str,
    to: &'static str,
}

/// The name of an archive of the command.
pub fn archive(target: &str) -> String {
    format!("bulkhead-v{VERSION}-{target}.tar.gz")
}

/// The text of the manifest, for the archives in a folder.
///
/// # Errors
/// When one of them is not there.
pub fn plugin(metadata: &Metadata, archives: &Path) -> Result<String, Error> {
    let source = metadata.policy("source")?;
    let platform = |(target, os, arch)| -> Result<Platform, Error> {
        let name = archive(target);
        let path = archives.join(&name);
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Platform {
            selector: Selector {
                match_labels: Labels { os, arch },
            },
            uri: format!("{source}/releases/download/v{VERSION}/{name}"),
            sha256: sha256(&bytes),
            files: ["bulkhead", "LICENSE"].map(|from| Copied { from, to: "." }),
            bin: "bulkhead",
        })
    };
    let platforms: Result<Vec<Platform>, Error> = TARGETS.into_iter().map(platform).collect();
    let plugin = Plugin {
        api_version: "krew.googlecontainertools.github.com/v1alpha2",
        kind: "Plugin",
        metadata: Name { name: "bulkhead" },
        spec: Spec {
            version: format!("v{VERSION}"),
            homepage: metadata.policy("url")?,
            short_description: "Find ways to the node and who can write pods",
            description: "\
Judges manifests, admission reviews and the roles of a cluster with the same
policy that Kubewarden runs at admission:

  kubectl get deploy -A -o yaml | kubectl bulkhead replay -
  kubectl get clusterroles,roles,clusterrolebindings,rolebindings -A -o json |
    kubectl bulkhead rbac --cluster -
",
            platforms: platforms?,
        },
    };
    Ok(serde_yaml::to_string(&plugin)?)
}
