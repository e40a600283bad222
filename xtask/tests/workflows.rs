//! The workflows run what somebody looked at, with no more rights than each job needs.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::path::Path;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The workflows, by their file names.
fn workflows() -> Vec<(String, String)> {
    let folder = Path::new(PROJECT).join(".github/workflows");
    let entries = fs::read_dir(folder).unwrap();
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    let mut workflows: Vec<_> = entries.map(|entry| read(&entry.unwrap().path())).collect();
    workflows.sort();
    assert_eq!(workflows.len(), 2);
    workflows
}

/// A tag can be moved; a commit cannot.
#[test]
fn every_action_is_pinned_by_its_commit_and_says_which_version_that_is() {
    let mut count = 0;
    for (file, text) in workflows() {
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            let (_, action) = line.split_once("uses: ").unwrap();
            let (_, rest) = action.split_once('@').unwrap();
            let (commit, version) = rest.split_once(" # ").unwrap_or_default();
            let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hash && !version.is_empty(), "{file}: {action}");
            count += 1;
        }
    }
    assert!(count > 5);
}

#[test]
fn one_job_alone_may_write_and_builds_nothing() {
    for (file, text) in workflows() {
        let (head, jobs) = text.split_once("\njobs:\n").unwrap();
        assert!(head.contains("\npermissions:"), "{file}");
        assert!(!head.contains(": write"), "{file}");
        for job in jobs.split("\n\n  ") {
            let name = job.lines().next().unwrap().trim();
            if job.contains(": write") {
                assert_eq!((file.as_str(), name), ("release.yml", "publish:"));
                for tool in ["cargo ", "make ", "rustup ", "git checkout"] {
                    assert!(!job.contains(tool), "{tool}");
                }
            }
            assert!(
                file == "ci.yml" || job.contains("    permissions:\n"),
                "{file} {name}"
            );
            assert!(job.contains("timeout-minutes: "), "{file} {name}");
        }
    }
}

/// What somebody else names, a branch or a title, would run as a command.
#[test]
fn no_expression_stands_in_a_command() {
    for (file, text) in workflows() {
        for line in text.lines().filter(|line| line.contains("${{")) {
            let allowed = ["group: ", "runs-on: ", "name: ", "GH_TOKEN: "];
            let is_allowed = allowed.iter().any(|key| line.trim().starts_with(key));
            assert!(is_allowed, "{file}: {line}");
        }
    }
}

#[test]
fn a_release_has_an_archive_for_each_system() {
    let (_, release) = workflows().pop().unwrap();
    for (target, system, _) in xtask::krew::TARGETS {
        let is_built = match system {
            // `make archive` builds for the runner's own processor.
            "linux" if target.starts_with("aarch64") => release.contains("ubuntu-24.04-arm"),
            "linux" => release.contains("runner: ubuntu-24.04,"),
            _ => release.contains(target),
        };
        assert!(is_built, "{target}");
    }
}
