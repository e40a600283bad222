//! The module is a function of the source: built elsewhere, by somebody else, it is the same.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Copies the project, without what was built of it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        let target = to.join(name);
        if name == "target" || name == ".git" {
        } else if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Cargo's home by another name, so that its sources lie elsewhere.
fn other_home(folder: &Path) -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap().join(".cargo"),
        PathBuf::from,
    );
    let other = folder.join("another cargo home");
    fs::create_dir(&other).unwrap();
    for entry in fs::read_dir(home).unwrap() {
        let path = entry.unwrap().path();
        symlink(&path, other.join(path.file_name().unwrap())).unwrap();
    }
    other
}

#[test]
fn the_module_is_the_same_wherever_it_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("elsewhere");
    copy(Path::new(PROJECT), &project);
    let output = Command::new("make")
        .arg("policy.wasm")
        .current_dir(&project)
        .env("CARGO", env!("CARGO"))
        .env("CARGO_HOME", other_home(folder.path()))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let module = fs::read(project.join("policy.wasm")).unwrap();
    let text = String::from_utf8_lossy(&module);
    let folder = folder.path().to_str().unwrap();
    assert!(!text.contains(folder), "a place of the machine is in it");
    assert!(
        module == bulkhead::POLICY,
        "it differs from the built-in module"
    );
}
