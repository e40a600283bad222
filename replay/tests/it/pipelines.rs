//! The examples of `docs/pipelines.md`, executed as they stand there, with the programs around
//! them as far as they are here: git and a shell are, the others are stood in for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Folder, Ran, run};

const GUIDE: &str = include_str!("../../../docs/pipelines.md");

const BAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: true\n  containers: [{name: app, image: app}]\n";

const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: app, image: app}]\n";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(300);

/// The examples under a heading.
fn examples(heading: &str) -> Vec<String> {
    let (_, section) = GUIDE
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading);
    let section = section.split("\n## ").next().expect(heading);
    let fences = section.split("```").skip(1).step_by(2);
    let example = |fence: &str| fence.split_once('\n').expect("a language").1.to_owned();
    fences.map(example).collect()
}

fn yaml(text: &str) -> Value {
    let json = intake::yaml_to_json(text).expect("YAML");
    serde_json::from_str(&json).expect("JSON")
}

/// A program in this folder, with `bulkhead` and what is in its `bin` where it looks for others.
fn program(folder: &Folder, name: &str) -> Command {
    let bulkhead = Path::new(env!("CARGO_BIN_EXE_bulkhead"))
        .parent()
        .expect("a folder");
    let bin = folder.path().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command
        .current_dir(folder.path())
        .env(
            "PATH",
            format!("{}:{}:{path}", bin.display(), bulkhead.display()),
        )
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

fn script(folder: &Folder, name: &str, text: &str) {
    folder.write(name, text);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path().join(name), executable).expect("a file");
}

fn shell(folder: &Folder, text: &str) -> Ran {
    run(program(folder, "sh").args(["-c", text]), b"")
}

#[test]
fn the_hook_refuses_what_is_staged_and_bad() {
    let folder = Folder::new();
    let git = |arguments: &[&str]| run(program(&folder, "git").args(arguments), b"");
    assert_eq!(git(&["init", "-q"]).code, 0);
    script(
        &folder,
        ".git/hooks/pre-commit",
        &examples("Before a commit")[0],
    );
    let commit = || {
        git(&[
            "-c",
            "user.name=bob",
            "-c",
            "user.email=bob@example.com",
            "commit",
            "-qm",
            "web",
        ])
    };
    folder
        .write("values.yaml", "replicas: 3\n")
        .write("deploy/web.yaml", BAD);
    git(&["add", "values.yaml", "deploy"]);
    let refused = commit();
    assert_eq!(refused.code, 1, "{refused:?}");
    let report = refused.stdout + &refused.stderr;
    assert!(report.contains("deploy/web.yaml:5"), "{report}");
    // what is staged counts, not what lies in the folder
    folder.write("deploy/web.yaml", GOOD);
    assert_eq!(commit().code, 1);
    git(&["add", "deploy"]);
    let taken = commit();
    assert_eq!(taken.code, 0, "{taken:?}");
    folder.write("notes.txt", "nothing to judge\n");
    git(&["add", "notes.txt"]);
    let taken = commit();
    assert_eq!((taken.code, &*taken.stdout, &*taken.stderr), (0, "", ""));
}

#[test]
fn the_hook_of_pre_commit_fails_by_what_files_hold() {
    let folder = Folder::new();
    folder
        .write("deploy/bad.yaml", BAD)
        .write("deploy/good.yaml", GOOD);
    let config = yaml(&examples("Before a commit")[1]);
    let hook = &config["repos"][0]["hooks"][0];
    assert_eq!(hook["language"], "system");
    assert_eq!(hook["files"], r"^deploy/.*\.ya?ml$");
    let entry = hook["entry"].as_str().expect("a command");
    assert_eq!(shell(&folder, &format!("{entry} deploy/good.yaml")).code, 0);
    assert_eq!(
        shell(
            &folder,
            &format!("{entry} deploy/good.yaml deploy/bad.yaml")
        )
        .code,
        1
    );
}

#[test]
fn the_step_writes_what_is_uploaded() {
    let folder = Folder::new();
    folder.write("deploy/web.yaml", BAD);
    let steps = yaml(&examples("GitHub's code scanning")[0]);
    let ran = shell(&folder, steps[0]["run"].as_str().expect("a command"));
    assert_eq!((ran.code, &*ran.stdout), (0, ""), "{ran:?}");
    let file = steps[1]["with"]["sarif_file"].as_str().expect("a file");
    let log = fs::read_to_string(folder.path().join(file)).expect("a report");
    let log: Value = serde_json::from_str(&log).expect("JSON");
    crate::formats::assert_sarif(&log);
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/web.yaml");
    assert_eq!(place["region"]["startLine"], 5);
}

#[test]
fn the_job_writes_what_is_kept_and_fails() {
    let folder = Folder::new();
    folder.write("deploy/web.yaml", BAD);
    let job = &yaml(&examples("GitLab, Jenkins and others that read JUnit")[0])["bulkhead"];
    assert_eq!(job["artifacts"]["when"], "always");
    assert_eq!(
        shell(&folder, job["script"].as_str().expect("a command")).code,
        1
    );
    let file = job["artifacts"]["reports"]["junit"]
        .as_str()
        .expect("a file");
    let report = fs::read_to_string(folder.path().join(file)).expect("a report");
    assert!(report.contains("<failure type=\"host-pid\""), "{report}");
}

/// The command of an example, with its paths below this folder.
fn placed(folder: &Folder, command: &str) -> String {
    let below = format!("{}/var/", folder.path().display());
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/audit/audit.jsonl");
    folder.write(
        "var/log/kubernetes/audit/audit.log",
        fs::read(log).expect("the recorded log"),
    );
    folder
        .write("var/lib/bulkhead/.keep", "")
        .write("var/log/bulkhead/.keep", "");
    command.replace("/var/", &below)
}

#[test]
fn the_service_writes_what_the_forwarder_reads() {
    let folder = Folder::new();
    let examples = examples("A SIEM");
    let service = placed(&folder, &examples[0]);
    let mut words = service.split_whitespace();
    assert_eq!(words.next(), Some("bulkhead"));
    let mut child = program(&folder, env!("CARGO_BIN_EXE_bulkhead"))
        .args(words)
        .stderr(Stdio::null())
        .spawn()
        .expect("bulkhead starts");
    let config = yaml(&examples[1]);
    let path = config["pipeline"]["inputs"][0]["path"]
        .as_str()
        .expect("a path");
    let path = folder.path().join(path.trim_start_matches('/'));
    let start = Instant::now();
    let mut events = String::new();
    while events.lines().count() < 80 && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
        events = fs::read_to_string(&path).unwrap_or_default();
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let (whole, _) = events.rsplit_once('\n').expect("events");
    for event in whole.lines() {
        let event: Value = serde_json::from_str(event).expect("JSON");
        assert_eq!(event["class_uid"], 2004);
        assert!(event["finding_info"]["uid"].is_string());
    }
    assert!(whole.contains("correlation_uid"), "{whole}");
}

#[test]
fn falcosidekick_is_sent_every_alert() {
    let folder = Folder::new();
    let example = placed(&folder, &examples("Falcosidekick")[0]);
    script(
        &folder,
        "bin/curl",
        "#!/bin/sh\necho \"$*\" >>calls\ncat >>posted\necho >>posted\n",
    );
    // a log that has an end
    let example = example.replace("--follow ", "");
    let ran = shell(&folder, &example);
    assert_eq!(ran.code, 0, "{ran:?}");
    let posted = fs::read_to_string(folder.path().join("posted")).expect("alerts");
    // wherever the log lies, the ids are the same
    let log = "replay --format falco var/log/kubernetes/audit/audit.log";
    let alerts = run(&mut folder.bulkhead(log), b"").stdout;
    let ids = |alerts: &str| -> Vec<Value> {
        let alerts = alerts.lines().map(serde_json::from_str::<Value>);
        alerts
            .map(|alert| alert.expect("JSON")["uuid"].clone())
            .collect()
    };
    assert!(alerts.lines().count() > 80);
    assert_eq!(ids(&posted), ids(&alerts));
    let calls = fs::read_to_string(folder.path().join("calls")).expect("calls");
    assert!(calls.starts_with("--silent --show-error --fail --json @- http://localhost:2801/\n"));
}

#[test]
fn kubectl_is_given_reports() {
    let folder = Folder::new();
    folder.write("pod.yaml", BAD);
    let kubectl = "#!/bin/sh\ncase $1 in get) cat pod.yaml ;; apply) cat >applied ;; esac\n";
    script(&folder, "bin/kubectl", kubectl);
    let ran = shell(&folder, &examples("Reports in the cluster")[0]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let applied = fs::read_to_string(folder.path().join("applied")).expect("reports");
    let list: Value = serde_json::from_str(&applied).expect("JSON");
    assert_eq!(list["items"][0]["results"][0]["rule"], "host-pid");
    assert_eq!(list["items"][0]["scope"]["kind"], "Pod");
}
