//! The version is the same wherever it is written, and so is the toolchain's.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every text that names a version for users, below these.
fn files() -> Vec<PathBuf> {
    const PLACES: &[&str] = &[
        "README.md",
        "Dockerfile",
        "Makefile",
        "artifacthub-pkg.yml",
        "policy-metadata",
        "deploy",
        "docs",
        "replay/src",
    ];
    let mut files = Vec::new();
    let mut places: Vec<PathBuf> = PLACES.iter().map(PathBuf::from).collect();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            places.extend(
                fs::read_dir(place)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            files.push(place);
        }
    }
    files.sort();
    files
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

/// References to what is published: `…/bulkhead:v1.2.3`, `?ref=v1.2.3`, `/releases/download/v1.2.3`.
#[test]
fn everything_that_is_named_is_of_this_version() {
    let mut counts = [0; 4];
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let marks = [
            "bulkhead:v",
            "bulkhead-cli:v",
            "?ref=v",
            "/releases/download/v",
        ];
        for (mark, count) in marks.into_iter().zip(&mut counts) {
            for rest in text.split(mark).skip(1) {
                let rest = rest.strip_prefix(VERSION);
                let ends = rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
                assert!(ends, "{}: behind `{mark}`", file.display());
                *count += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn the_packages_agree() {
    let lines = |path: &str, start: &str| -> Vec<String> {
        let text = text(path);
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix(start));
        lines.map(str::to_owned).collect()
    };
    let metadata = "policy-metadata/metadata.yml";
    assert_eq!(lines(metadata, "io.kubewarden.policy.version: "), [VERSION]);
    assert_eq!(lines("artifacthub-pkg.yml", "version: "), [VERSION]);
    let package = "web/npm/package.json";
    assert_eq!(lines(package, "\"version\": "), [format!("\"{VERSION}\",")]);
    for manifest in [
        "Cargo.toml",
        "intake/Cargo.toml",
        "replay/Cargo.toml",
        "web/Cargo.toml",
        "xtask/Cargo.toml",
    ] {
        assert!(
            text(manifest).contains("\nversion.workspace = true\n"),
            "{manifest}"
        );
        assert!(
            text(manifest).contains("\nrust-version.workspace = true\n"),
            "{manifest}"
        );
    }
    let lock = text("Cargo.lock");
    for package in ["bulkhead", "bulkhead-intake", "bulkhead-policy", "xtask"] {
        let entry = format!("name = \"{package}\"\nversion = \"{VERSION}\"\n");
        assert!(lock.contains(&entry), "{package}");
    }
}

/// The newest entry is of this version, or of what comes after the last release.
#[test]
fn the_changelog_goes_as_far() {
    let changelog = text("CHANGELOG.md");
    let mut headings = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## ["));
    let newest = headings.next().unwrap();
    let is_released = newest.starts_with(&format!("{VERSION}] - "));
    assert!(is_released || newest == "Unreleased]", "{newest}");
}

#[test]
fn the_toolchain_is_the_one_that_the_manifest_asks_for() {
    let of = |path: &str, key: &str| {
        let text = text(path);
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key).map(str::to_owned));
        line.unwrap().trim_matches('"').to_owned()
    };
    let channel = of("rust-toolchain.toml", "channel = ");
    let oldest = of("Cargo.toml", "rust-version = ");
    assert!(
        channel.starts_with(&format!("{oldest}.")),
        "{channel} {oldest}"
    );
    assert!(Path::new("Cargo.lock").is_file());
}
