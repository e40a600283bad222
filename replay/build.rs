//! Builds the policy, so that the command carries it in itself.
//!
//! The policy is the root package, compiled for wasm32-wasip1 by a cargo of
//! its own. That cargo has a target directory of its own too, because two
//! cargos on one directory wait for each other for ever. It is `policy` in the
//! outer target directory, whatever the profile, and `make policy.wasm` uses
//! the same one: the module is compiled once, and is the same everywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

const TARGET: &str = "wasm32-wasip1";

/// What the policy is made of, below the root package.
const SOURCES: [&str; 7] = [
    "src",
    "Cargo.toml",
    "Cargo.lock",
    "intake",
    "build.rs",
    "policy-metadata",
    "rust-toolchain.toml",
];

/// Variables of the outer build that must not reach the inner one: it is
/// always the same module, whatever flags, wrappers, coverage or profile the
/// command is built with.
const OUTER: [&str; 13] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_TARGET_DIR",
    "LLVM_PROFILE_FILE",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// The same, by how they begin.
const OUTER_PREFIXES: [&str; 5] = [
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_LLVM_COV",
    "CARGO_PROFILE_",
    "CARGO_TARGET_WASM32_WASIP1_",
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let manifest = directory("CARGO_MANIFEST_DIR")?;
    let out = directory("OUT_DIR")?;
    let root = manifest.parent().ok_or("the package has no parent")?;
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES.map(|source| root.join(source)) {
        // a missing file would make cargo run this every time
        if source.exists() {
            println!("cargo::rerun-if-changed={}", source.display());
        }
    }
    target_is_installed()?;
    let target_directory = target_directory(&out)?.join("policy");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "bulkhead-policy",
        ])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target_directory);
    if env::var_os("CARGO_NET_OFFLINE").is_some_and(|value| value == "true") {
        cargo.arg("--offline");
    }
    for (name, _) in env::vars_os() {
        let outer = name.to_str().is_some_and(|name| {
            OUTER.contains(&name) || OUTER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        });
        if outer {
            cargo.env_remove(name);
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", without_paths()?);
    let status = cargo
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the policy does not build: see above".to_owned());
    }
    let built = target_directory.join(TARGET).join("release/policy.wasm");
    fs::copy(&built, out.join("policy.wasm"))
        .map_err(|error| format!("{}: {error}", built.display()))?;
    Ok(())
}

/// Keeps the places of sources out of the module, so that it is the same wherever it is built: of
/// cargo's, and of the standard library's, which are on a machine that has the component rust-src.
/// The same as `.ci/without-paths`, or each would build anew what the other built.
fn without_paths() -> Result<String, String> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir()
            .ok_or("neither CARGO_HOME nor a home folder is known")?
            .join(".cargo"),
    };
    let sources = home.join("registry/src");
    let sysroot = rustc(&["--print", "sysroot"])?;
    let standard = Path::new(sysroot.trim_end()).join("lib/rustlib/src/rust");
    let version = rustc(&["--version", "--verbose"])?;
    let mut lines = version.lines();
    let commit = lines.find_map(|line| line.strip_prefix("commit-hash: "));
    Ok(format!(
        "--remap-path-prefix={}=/cargo\u{1f}--remap-path-prefix={}=/rustc/{}",
        sources.display(),
        standard.display(),
        commit.unwrap_or_default(),
    ))
}

/// What the compiler says of itself.
fn rustc(arguments: &[&str]) -> Result<String, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(arguments)
        .output()
        .map_err(|error| format!("rustc cannot be started: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The outer target directory: `OUT_DIR` is `<target>/<profile>/build/<package>/out`.
fn target_directory(out: &Path) -> Result<&Path, String> {
    out.ancestors()
        .nth(4)
        .ok_or_else(|| format!("no target directory above {}", out.display()))
}

/// Fails with the command that installs what is missing.
fn target_is_installed() -> Result<(), String> {
    let libraries = rustc(&["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(libraries.trim()).is_dir() {
        Ok(())
    } else {
        Err(format!(
            "the target {TARGET} is not installed: run `rustup target add {TARGET}`"
        ))
    }
}

fn directory(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{variable} is not set: this is run by cargo"))
}
