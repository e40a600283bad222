//! Logs that are still being written: told of as they grow, across rotation and across sudden
//! death.

use crate::common::Folder;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(300);

/// An event of the request with this id: a privileged pod of the same name is created.
fn event(id: &str, stage: &str) -> String {
    let object = (stage == "ResponseComplete").then(|| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": id, "namespace": "a"},
            "spec": {"containers": [{"name": "app", "image": "b",
                "securityContext": {"privileged": true}}]}})
    });
    let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse", "auditID": id, "stage": stage, "verb": "create",
        "user": {"username": "bob"}, "responseStatus": {"code": 201},
        "objectRef": {"resource": "pods", "namespace": "a", "name": id, "apiVersion": "v1"},
        "requestObject": object, "responseObject": object,
        "requestReceivedTimestamp": "2026-11-22T01:00:00Z"});
    format!("{event}\n")
}

fn created(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| event(&id.to_string(), "ResponseComplete"))
        .collect()
}

/// A replay that follows `audit.log`, and is killed in the end.
struct Follower(Child);

impl Follower {
    fn start(folder: &Folder) -> Self {
        let arguments = "replay --format json --follow audit.log --checkpoint state --output out";
        let mut command = folder.bulkhead(arguments);
        let child = command.stderr(Stdio::null()).spawn();
        Self(child.expect("bulkhead starts"))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // as `kill -9` does
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

fn append(folder: &Folder, text: &str) {
    let path = folder.path().join("audit.log");
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.expect("the log is written");
}

/// The ids of the requests that were told of, whole lines alone; empty for what is no request.
fn told(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join("out")).unwrap_or_default();
    let whole = text
        .rfind('\n')
        .map_or("", |end| text.get(..end).unwrap_or_default());
    let id = |line: &str| {
        let line: Value = serde_json::from_str(line).expect(line);
        line["audit"]["id"].as_str().unwrap_or_default().to_owned()
    };
    whole.lines().map(id).collect()
}

fn ids(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|id| id.to_string()).collect()
}

/// Waits until so many requests were told of.
fn wait_for(folder: &Folder, count: usize) -> Vec<String> {
    let start = Instant::now();
    loop {
        let told = told(folder);
        if told.len() >= count {
            return told;
        }
        assert!(start.elapsed() < PATIENCE, "told of {told:?} alone");
        thread::sleep(Duration::from_millis(10));
    }
}

fn rotate(folder: &Folder, name: &str) {
    let path = folder.path();
    fs::rename(path.join("audit.log"), path.join(name)).expect("a rotation");
}

#[test]
fn tells_of_each_request_as_it_comes() {
    let folder = Folder::new();
    append(&folder, &created(0..2));
    let _follower = Follower::start(&folder);
    assert_eq!(wait_for(&folder, 2), ids(0..2));
    // half a line is waited for
    let line = created(2..3);
    let (start, end) = line.split_at(100);
    append(&folder, start);
    append(&folder, end);
    assert_eq!(wait_for(&folder, 3), ids(0..3));
}

#[test]
fn tells_of_each_request_below_a_line_that_is_none() {
    let folder = Folder::new();
    append(&folder, "I1122 01:28:32.920959       1 server.go:1] text\n");
    append(&folder, &created(0..2));
    drop({
        let follower = Follower::start(&folder);
        assert_eq!(wait_for(&folder, 3), ["", "0", "1"]);
        follower
    });
    // what a crash of the machine leaves
    append(&folder, &("\0".repeat(100) + "\n" + &created(2..4)));
    let _follower = Follower::start(&folder);
    assert_eq!(wait_for(&folder, 6), ["", "0", "1", "", "2", "3"]);
}

#[test]
fn tells_of_a_request_that_does_not_end_when_it_is_late() {
    let folder = Folder::new();
    append(&folder, &event("1", "RequestReceived"));
    let _follower = Follower::start(&folder);
    let other = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "2",
        "stage": "ResponseComplete", "verb": "update", "user": {"username": "node"},
        "objectRef": {"resource": "leases", "apiGroup": "coordination.k8s.io"},
        "stageTimestamp": "2026-11-22T01:06:00Z"});
    append(&folder, &format!("{other}\n"));
    assert_eq!(wait_for(&folder, 1), ["1"]);
}

#[test]
fn waits_for_what_cannot_be_opened_and_says_so_once() {
    let folder = Folder::new();
    let arguments = "replay --format json --follow logs/audit.log --output out";
    let mut command = folder.bulkhead(arguments);
    let child = command.stderr(Stdio::piped()).spawn();
    let mut follower = Follower(child.expect("bulkhead starts"));
    let log = folder.path().join("logs");
    wait_for(&folder, 1);
    fs::create_dir(&log).expect("a folder");
    folder.write("logs/audit.log", created(0..1));
    wait_for(&folder, 2);
    fs::remove_dir_all(&log).expect("it is gone");
    wait_for(&folder, 3);
    folder.write("logs/audit.log", created(1..2));
    assert_eq!(wait_for(&folder, 4), ["", "0", "", "1"]);
    let mut errors = follower.0.stderr.take().expect("a pipe");
    drop(follower);
    let mut text = String::new();
    errors.read_to_string(&mut text).expect("UTF-8");
    assert_eq!(text.matches("No such file").count(), 2, "{text}");
}

#[test]
fn goes_on_across_rotation() {
    let folder = Folder::new();
    append(&folder, &created(0..2));
    let follower = Follower::start(&folder);
    wait_for(&folder, 2);
    append(&folder, &created(2..4));
    rotate(&folder, "audit-2026-11-22T01-28-32.920.log");
    append(&folder, &created(4..6));
    assert_eq!(wait_for(&folder, 6), ids(0..6));
    drop(follower);
    // twice while nobody looked
    append(&folder, &created(6..7));
    rotate(&folder, "audit-2026-11-22T01-29-32.920.log");
    append(&folder, &created(7..8));
    rotate(&folder, "audit-2026-11-22T01-30-32.920.log");
    append(&folder, &created(8..9));
    let _follower = Follower::start(&folder);
    assert_eq!(wait_for(&folder, 9), ids(0..9));
}

#[test]
fn goes_on_where_the_log_is_copied_and_emptied() {
    let folder = Folder::new();
    append(&folder, &created(0..2));
    let _follower = Follower::start(&folder);
    wait_for(&folder, 2);
    append(&folder, &created(2..4));
    let path = |name: &str| folder.path().join(name);
    fs::copy(path("audit.log"), path("audit.log.1")).expect("a copy");
    // what is called otherwise is none of the log's, such as our own files
    folder.write("audit.alerts", created(90..91));
    fs::write(path("audit.log"), created(4..9)).expect("another log");
    assert_eq!(wait_for(&folder, 9), ids(0..9));
}

#[test]
fn a_sudden_death_loses_nothing_and_tells_nothing_twice() {
    const REQUESTS: u32 = 400;
    let folder = Folder::new();
    let start = Instant::now();
    let mut written = 0;
    let mut round = 0;
    while told(&folder).len() < REQUESTS as usize {
        assert!(
            start.elapsed() < PATIENCE,
            "told of {} alone",
            told(&folder).len()
        );
        let follower = Follower::start(&folder);
        let next = (written + 40).min(REQUESTS);
        append(&folder, &created(written..next));
        written = next;
        // at another moment each time, and once in a while late enough to get somewhere
        thread::sleep(Duration::from_millis(30 + 83 * (round % 13)));
        round += 1;
        drop(follower);
    }
    assert_eq!(told(&folder), ids(0..REQUESTS));
    assert!(round > 1);
}

#[test]
fn remembers_what_was_open_before_its_death() {
    let folder = Folder::new();
    append(&folder, &event("lost", "RequestReceived"));
    append(&folder, &created(0..1));
    drop({
        let follower = Follower::start(&folder);
        wait_for(&folder, 1);
        follower
    });
    rotate(&folder, "audit-2026-11-22T01-28-32.920.log");
    append(&folder, &created(1..2));
    drop({
        let follower = Follower::start(&folder);
        wait_for(&folder, 2);
        follower
    });
    let late = created(2..3).replace(
        "\"stage\":",
        "\"stageTimestamp\":\"2026-11-22T01:10:00Z\",\"stage\":",
    );
    append(&folder, &late);
    let _follower = Follower::start(&folder);
    assert_eq!(wait_for(&folder, 4), ["0", "1", "lost", "2"]);
}

#[test]
fn says_that_the_log_of_a_checkpoint_is_gone() {
    let folder = Folder::new();
    append(&folder, &created(0..1));
    drop({
        let follower = Follower::start(&folder);
        wait_for(&folder, 1);
        follower
    });
    folder.write("audit.log", created(1..2));
    let _follower = Follower::start(&folder);
    let start = Instant::now();
    let out = || fs::read_to_string(folder.path().join("out")).unwrap_or_default();
    while !out().contains("\"id\":\"1\"") {
        assert!(start.elapsed() < PATIENCE, "{}", out());
        thread::sleep(Duration::from_millis(10));
    }
    assert!(out().contains("\"reason\":\"checkpoint\""), "{}", out());
}

#[test]
fn refuses_what_it_cannot_follow() {
    let folder = Folder::new();
    for (arguments, complaint) in [
        (
            "replay --follow .",
            "`--follow` needs one file: this is a folder",
        ),
        (
            "replay --follow a b",
            "`--follow` needs one file: these are several",
        ),
        ("replay --checkpoint state a", "--follow"),
    ] {
        let ran = crate::common::run(&mut folder.bulkhead(arguments), b"");
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(complaint), "{}", ran.stderr);
    }
    folder.write("state", "{}x").write("audit.log", "");
    let ran = crate::common::run(
        &mut folder.bulkhead("replay --follow audit.log --checkpoint state --output out"),
        b"",
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.starts_with("error: state: no checkpoint:"),
        "{}",
        ran.stderr
    );
}
