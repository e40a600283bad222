//! Builds what is measured: the policy with its baselines, and the command. Each is built as it is
//! shipped, whatever flags, wrappers or profile this was built with; see `replay/build.rs`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Variables, by how they begin, that would make it another build.
const OUTER: &[&str] = &[
    "CARGO_BUILD_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_LLVM_COV",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "LLVM_PROFILE_FILE",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// The bytes of a `policy.wasm` with the feature `baselines`, from a target directory of its own.
pub(crate) fn policy_with_baselines() -> Result<Vec<u8>, Box<dyn Error>> {
    let directory = target_directory().join("baselines");
    let wasm = "wasm32-wasip1";
    let arguments = ["--package", "bulkhead-policy", "--features", "baselines"];
    cargo_build(&[&arguments, &["--target", wasm][..]].concat(), &directory)?;
    Ok(fs::read(directory.join(wasm).join("release/policy.wasm"))?)
}

/// The path of the command. It shares the target directory, so that what is built is not built
/// again: cargo holds no lock on it while it runs a bench.
pub(crate) fn command() -> Result<PathBuf, Box<dyn Error>> {
    let directory = target_directory();
    cargo_build(&["--package", "bulkhead"], directory)?;
    let name = format!("bulkhead{}", env::consts::EXE_SUFFIX);
    Ok(directory.join("release").join(name))
}

/// Cargo's target directory, which holds the folder that benches may use.
pub(crate) fn target_directory() -> &'static Path {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    folder.parent().unwrap_or(folder)
}

fn cargo_build(arguments: &[&str], target_directory: &Path) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--release", "--locked"])
        .args(arguments)
        .arg("--target-dir")
        .arg(target_directory);
    for (name, _) in env::vars_os() {
        let outer = |name: &str| OUTER.iter().any(|prefix| name.starts_with(prefix));
        if name.to_str().is_some_and(outer) {
            cargo.env_remove(name);
        }
    }
    let status = cargo.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`cargo build {}` failed: see above", arguments.join(" ")).into())
    }
}
