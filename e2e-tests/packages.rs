//! What a release packs: the archives of the command, and its container image.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Packs a file as if it were the command, which is too large here to be packed with all that helps
/// to find its faults.
fn pack(folder: &Path) -> Vec<u8> {
    let binary = folder.join("binary");
    fs::write(&binary, "binary").unwrap();
    let output = Command::new(Path::new(PROJECT).join(".ci/archive"))
        .env("RUNNER", env!("CARGO_BIN_EXE_bulkhead"))
        .arg(&binary)
        .arg("x86_64-unknown-linux-musl")
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let name = xtask::krew::archive("x86_64-unknown-linux-musl");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn an_archive_has_what_belongs_to_the_command_and_the_same_bytes_each_time() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [one, other] = folders.each_ref().map(|folder| pack(folder.path()));
    assert!(one == other, "the two archives differ");

    let archive = folders[0]
        .path()
        .join(xtask::krew::archive("x86_64-unknown-linux-musl"));
    let output = Command::new("tar")
        .arg("-tvzf")
        .arg(archive)
        .output()
        .unwrap();
    let listing = String::from_utf8(output.stdout).unwrap();
    let files: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.rsplit_once(" ./"))
        .map(|(_, name)| name)
        .filter(|name| !name.is_empty() && !name.ends_with('/'))
        .collect();
    let expected = [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "bulkhead",
        "completions/bulkhead.bash",
        "completions/bulkhead.elvish",
        "completions/bulkhead.fish",
        "completions/bulkhead.powershell",
        "completions/bulkhead.zsh",
        "man/bulkhead-audit-policy.1",
        "man/bulkhead-rbac.1",
        "man/bulkhead-replay.1",
        "man/bulkhead-rules.1",
        "man/bulkhead.1",
        "presets/monitor.yaml",
        "presets/protect.yaml",
        "presets/psa-baseline.yaml",
        "presets/stock-cluster.yaml",
    ];
    assert_eq!(files, expected.into());
    assert!(
        listing.lines().all(|line| line.contains(" 0/0 ")),
        "{listing}"
    );
}

/// Nothing to break into, and nobody to be.
#[test]
fn the_image_has_the_command_alone_and_no_root() {
    let recipe = fs::read_to_string(Path::new(PROJECT).join("Dockerfile")).unwrap();
    let steps: Vec<&str> = recipe
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(
        steps,
        [
            "FROM scratch",
            "COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
            "COPY bulkhead /bulkhead",
            "USER 65532:65532",
            "ENTRYPOINT [\"/bulkhead\"]",
        ]
    );
}
