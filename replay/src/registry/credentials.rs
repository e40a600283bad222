//! Logins that docker or podman left in a file. What they keep elsewhere, by a credential helper,
//! is not looked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// User and password, as Basic authentication sends them.
    auth: Option<String>,
}

/// The value of an `Authorization` header for a host.
pub(super) fn of(host: &str) -> Option<String> {
    files().find_map(|file| {
        let text = fs::read(file).ok()?;
        let file: File = serde_json::from_slice(&text).ok()?;
        let entry = file.auths.get(host)?;
        let auth = entry.auth.as_deref().filter(|auth| !auth.is_empty())?;
        Some(format!("Basic {auth}"))
    })
}

/// Where docker and podman write, in the order in which they are looked at.
fn files() -> impl Iterator<Item = PathBuf> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    [
        variable("REGISTRY_AUTH_FILE"),
        variable("DOCKER_CONFIG").map(|folder| folder.join("config.json")),
        variable("HOME").map(|folder| folder.join(".docker/config.json")),
        variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
    ]
    .into_iter()
    .flatten()
}
