//! `bulkhead replay` from files to exit codes, with a policy that says what
//! the requests tell it to.

use std::fmt::Write as _;
#[cfg(unix)]
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
#[cfg(unix)]
use std::process::Command;
use std::process::{Child, Stdio};

use crate::common::{Folder, answer, finding, review, run};
use serde_json::json;

fn clean(name: &str) -> String {
    review(&answer(name, true, &[]))
}

fn denied(name: &str) -> String {
    review(&answer(name, false, &[finding(json!({}))]))
}

fn warned(name: &str) -> String {
    let warning = finding(json!({"action": "warn", "severity": "medium"}));
    review(&answer(name, true, &[warning]))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn exit_codes_follow_the_threshold() {
    let folder = Folder::new();
    folder
        .write("clean.json", clean("web"))
        .write("warned.json", warned("web"))
        .write("denied.json", denied("web"));
    for (arguments, code) in [
        ("clean.json", 0),
        ("clean.json --fail-on low", 0),
        ("warned.json", 0),
        ("warned.json --fail-on medium", 1),
        ("warned.json --fail-on high", 0),
        ("denied.json", 1),
        ("denied.json --fail-on critical", 1),
        ("denied.json --fail-on never", 0),
        ("clean.json warned.json denied.json", 1),
        ("denied.json nowhere.json", 2),
        ("denied.json nowhere.json --fail-on never", 2),
    ] {
        let ran = folder.replay(arguments);
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
    }
}

#[test]
fn reports_in_input_order_whatever_the_jobs() {
    let folder = Folder::new();
    // some answers take long, so that workers overtake each other
    let lines: String = (0..2000)
        .map(|index| {
            let many = if index % 97 == 0 { 200 } else { index % 3 };
            let findings = vec![finding(json!({"path": format!("/{index}")})); many];
            review(&answer(&index.to_string(), many == 0, &findings))
        })
        .collect();
    folder
        .write("a.jsonl", &lines)
        .write("b.jsonl", clean("last"));
    let one = folder.replay("--format json --jobs 1 a.jsonl b.jsonl");
    assert_eq!(one.code, 1, "{}", one.stderr);
    let names: Vec<_> = one
        .json()
        .iter()
        .map(|line| line["request"]["name"].clone())
        .collect();
    let mut expected: Vec<_> = (0..2000).map(|index| json!(index.to_string())).collect();
    expected.push(json!("last"));
    assert_eq!(names, expected);
    for jobs in [2, 7] {
        let many = folder.replay(&format!("--format json --jobs {jobs} a.jsonl b.jsonl"));
        assert!(many.stdout == one.stdout, "--jobs {jobs} differs");
    }
    let text = |jobs| {
        folder
            .replay(&format!("--jobs {jobs} a.jsonl b.jsonl"))
            .stdout
    };
    assert!(text(1) == text(5));
}

#[test]
fn reads_gzip_by_its_content() {
    let folder = Folder::new();
    let members = [gzip(&clean("first")), gzip(&denied("second"))].concat();
    folder.write("named-as-it-likes", &members);
    let from_file = folder.replay("--format json named-as-it-likes");
    let names: Vec<_> = from_file
        .json()
        .iter()
        .map(|line| line["request"]["name"].clone())
        .collect();
    assert_eq!(names, [json!("first"), json!("second")]);
    let mut command = folder.bulkhead("replay --policy policy.wasm --format json");
    let from_pipe = run(&mut command, &members);
    assert_eq!(
        from_pipe.stdout,
        from_file.stdout.replace("named-as-it-likes", "-")
    );
    assert_eq!(from_pipe.code, 1);
}

#[test]
fn judges_what_comes_before_the_end_of_a_truncated_gzip() {
    let folder = Folder::new();
    let mut bytes = [gzip(&denied("first")), gzip(&clean("second"))].concat();
    bytes.truncate(bytes.len() - 4);
    folder.write("a.gz", bytes).write("b.json", clean("third"));
    let ran = folder.replay("--format json a.gz b.json");
    let lines = ran.json();
    assert_eq!(ran.code, 2);
    assert_eq!(lines[0]["request"]["name"], "first");
    assert_eq!(lines.last().expect("lines")["request"]["name"], "third");
    let broken = lines
        .iter()
        .find(|line| line["error"]["reason"] == "file")
        .expect("an error");
    assert_eq!(broken["source"]["file"], "a.gz");
}

#[test]
fn reads_folders_in_order_and_counts_the_rest() {
    let folder = Folder::new();
    folder
        .write("in/b/2.jsonl", clean("second") + &clean("third"))
        .write("in/a.json", clean("first"))
        .write("in/c.json.gz", gzip(&clean("fourth")))
        .write("in/README.md", "text")
        .write("in/.git/config.json", "{")
        .write("in/values.yaml", "replicas: 3\n")
        .write("in/empty.yaml", "");
    let ran = folder.replay("--format json in");
    assert_eq!(ran.code, 0, "{ran:?}");
    let places: Vec<_> = ran
        .json()
        .iter()
        .map(|line| {
            let source = &line["source"];
            format!(
                "{}:{} {}",
                source["file"], source["line"], line["request"]["name"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        places,
        [
            "in/a.json:1 first",
            "in/b/2.jsonl:1 second",
            "in/b/2.jsonl:2 third",
            "in/c.json.gz:1 fourth"
        ]
    );
    for reason in [
        "hidden",
        "another file ending",
        "no `apiVersion` and `kind`",
        "empty file",
    ] {
        assert!(
            ran.stderr.contains(&format!("{reason} (1)")),
            "{reason}: {}",
            ran.stderr
        );
    }
    let text = folder.replay("in").stdout;
    assert!(text.contains("skipped"), "{text}");
}

#[test]
fn nothing_to_judge_fails_if_that_is_asked_for() {
    let folder = Folder::new();
    let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": "1", "stage": "ResponseComplete", "verb": "get", "user": {"username": "bob"},
        "requestURI": "/api/v1/namespaces/a/pods/b", "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2026-11-22T01:00:00Z",
        "objectRef": {"resource": "pods", "namespace": "a", "name": "b"}});
    folder
        .write("templates/a.yaml", "spec: {{ .Values.spec }}\n")
        .write(
            "objects/a.yaml",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n",
        )
        .write("audit/audit.log", format!("{event}\n"));
    for (arguments, code) in [
        ("templates", 0),
        ("templates --strict", 2),
        ("templates --strict --fail-on never --format json", 2),
        ("objects --strict", 0),
        ("objects --strict --namespace b", 0),
        // an hour in which nothing of note happened
        ("audit --strict", 0),
    ] {
        let ran = run(&mut folder.bulkhead(&format!("replay {arguments}")), b"");
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
    }
}

#[test]
fn names_what_was_read_and_is_no_object() {
    let folder = Folder::new();
    let values = "replicas: 3\n---\n".repeat(12);
    folder
        .write("in/values.yaml", values)
        .write("in/a.yaml", "# a chart\nspec: {{ .Values.spec }}\n")
        .write("in/empty\u{1b}.json", "")
        .write("in/README.md", "")
        .write("in/LICENSE", "");
    let places: Vec<String> = (0..10)
        .map(|document| format!("in/values.yaml:{}", 1 + 2 * document))
        .collect();
    let untyped = format!(
        "no `apiVersion` and `kind` (12): {}, and 2 more",
        places.join(", ")
    );
    let expected = [
        "a Go template, render it first (1): in/a.yaml:2",
        // by their names, and nobody looks for objects in these
        "another file ending (2)",
        "empty file (1): in/empty\\u{1b}.json",
        &untyped,
    ];
    let ran = folder.replay("in");
    assert_eq!(ran.code, 0);
    let (_, skipped) = ran.stdout.split_once("  skipped       ").unwrap();
    let words: Vec<&str> = skipped.split_whitespace().collect();
    assert_eq!(words.join(" "), expected.join(" "));
    let line = "\n                another file ending (2)\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);

    let json = folder.replay("--format json in");
    assert_eq!((json.code, json.stdout.as_str()), (0, ""));
    let expected = expected.map(|text| format!("skipped: {text}"));
    assert!(
        json.stderr.contains(&expected.join("; ")),
        "{}",
        json.stderr
    );
}

#[test]
fn takes_named_files_strictly() {
    let folder = Folder::new();
    folder.write("values.yaml", "replicas: 3\n");
    for file in ["values.yaml", "nowhere.json"] {
        let ran = folder.replay(file);
        assert_eq!(ran.code, 2, "{ran:?}");
        let start = format!("error: {file}:");
        assert!(ran.stderr.starts_with(&start), "{ran:?}");
        assert!(ran.stdout.contains("not readable"), "{ran:?}");
        let json = folder.replay(&format!("--format json {file}"));
        assert!(json.stderr.starts_with(&start), "{json:?}");
        assert_eq!(json.json().len(), 1);
    }
}

#[test]
fn an_empty_file_is_a_mistake_where_it_was_named() {
    let folder = Folder::new();
    folder
        .write("in/empty.json", "")
        .write("in/comments.yaml", "# nothing\n---\n");
    for input in ["in/empty.json", "in/comments.yaml", "-"] {
        let ran = folder.replay(input);
        assert_eq!(ran.code, 2, "{input}");
        let message = format!(
            "error: {input}: no Kubernetes object: nothing in it\n\
             bulkhead: nothing was judged: not readable: no Kubernetes object (1)\n"
        );
        assert_eq!(ran.stderr, message);
    }
    let ran = folder.replay("in");
    let told = "bulkhead: nothing was judged: skipped: empty file (2): in/comments.yaml, \
        in/empty.json\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, told));
    assert!(
        ran.stdout.contains("skipped       empty file (2)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn judges_the_lines_around_a_broken_one() {
    let folder = Folder::new();
    let lines = format!("{}{{\"kind\":\n{}", clean("first"), denied("third"));
    folder.write("a.jsonl", lines);
    let ran = folder.replay("a.jsonl");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.starts_with("error: a.jsonl:2: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("Pod team-a/third"), "{}", ran.stdout);
    let lines = folder.replay("--format json a.jsonl").json();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["error"]["reason"], "broken");
    assert_eq!(lines[1]["source"]["line"], 2);
}

#[test]
fn says_what_the_policy_could_not_answer() {
    let folder = Folder::new();
    let faults = [
        (0, "trap"),
        (1, "timeout"),
        (2, "memory"),
        (3, "guest-error"),
        (4, "no-answer"),
        (5, "answer"),
    ];
    let mut lines = clean("first");
    for (fault, _) in faults {
        lines.push_str(&review(&json!(fault)));
    }
    lines.push_str(&clean("last"));
    folder.write("a.jsonl", lines);
    let ran = folder.replay("--format json a.jsonl");
    assert_eq!(ran.code, 2);
    let lines = ran.json();
    assert_eq!(lines.len(), faults.len() + 2);
    for ((_, reason), line) in faults.iter().zip(&lines[1..]) {
        assert_eq!(line["error"]["reason"], *reason);
        assert!(line.get("findings").is_none());
    }
    assert_eq!(lines.last().expect("lines")["request"]["name"], "last");
    let text = folder.replay("a.jsonl");
    assert_eq!(text.stderr.lines().count(), faults.len(), "{}", text.stderr);
    assert!(text.stdout.contains("not judged"), "{}", text.stdout);
}

#[test]
fn reads_standard_input_beside_files() {
    let folder = Folder::new();
    folder.write("a.json", clean("first"));
    let mut command = folder.bulkhead("replay --policy policy.wasm --format json a.json - a.json");
    let ran = run(&mut command, clean("second").as_bytes());
    let names: Vec<_> = ran
        .json()
        .iter()
        .map(|line| line["request"]["name"].clone())
        .collect();
    assert_eq!(names, [json!("first"), json!("second"), json!("first")]);
}

#[test]
fn reports_a_line_before_the_next_one_comes() {
    let folder = Folder::new();
    let mut child = folder
        .bulkhead("replay --policy policy.wasm --format json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bulkhead starts");
    let input = child.stdin.take().expect("a pipe");
    told_one_by_one(child, input);
}

#[cfg(unix)]
#[test]
fn reports_a_line_of_a_named_pipe_before_the_next_one_comes() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let child = folder
        .bulkhead("replay --policy policy.wasm --format json pipe")
        .stdout(Stdio::piped())
        .spawn()
        .expect("bulkhead starts");
    let input = File::options().write(true).open(pipe);
    told_one_by_one(child, input.expect("bulkhead reads it"));
}

/// Writes one line after the other, each when the one before was told.
fn told_one_by_one(mut child: Child, mut input: impl Write) {
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    for name in ["first", "second"] {
        // the reader looks one line ahead to tell JSON Lines from one document
        input.write_all(clean(name).as_bytes()).expect("a pipe");
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        assert!(line.contains(name), "{line}");
    }
    drop(input);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn ends_quietly_when_the_output_is_closed() {
    let folder = Folder::new();
    folder.write("a.jsonl", denied("web").repeat(5000));
    for format in ["text", "json"] {
        let mut child = folder
            .bulkhead(&format!(
                "replay --policy policy.wasm --format {format} a.jsonl"
            ))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bulkhead starts");
        drop(child.stdout.take());
        let mut errors = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut errors).expect("a pipe");
        assert_eq!(errors, "", "{format}");
        assert_eq!(child.wait().expect("an end").code(), Some(1), "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn fails_when_the_output_cannot_be_written() {
    let folder = Folder::new();
    folder.write("a.json", clean("web"));
    for arguments in [
        "replay --policy policy.wasm a.json",
        "replay --policy policy.wasm --format json a.json",
        "rules --policy policy.wasm",
        "--help",
    ] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let output = folder
            .bulkhead(arguments)
            .stdout(full)
            .output()
            .expect("bulkhead runs");
        assert_eq!(output.status.code(), Some(2), "{arguments}");
    }
}

#[test]
fn shows_every_mistake_in_the_settings() {
    let folder = Folder::new();
    folder
        .write("a.json", clean("web"))
        .write("good.yaml", "# nothing\n");
    assert_eq!(folder.replay("--settings good.yaml a.json").code, 0);
    folder.write(
        "bad.yaml",
        "hostAccess:\n  deny: always\nrules:\n  nope: {}\n",
    );
    let ran = folder.replay("--settings bad.yaml a.json");
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "error: bad.yaml: `hostAccess.deny`: `always` is no severity\n\
         error: bad.yaml: `rules.nope`: no such rule\n"
    );
    for (text, start) in [
        ("a: 1\nb: [\n", "error: broken.yaml:"),
        ("{\n\"a\": ]", "error: broken.yaml:2: "),
        ("- a\n", "error: broken.yaml"),
    ] {
        folder.write("broken.yaml", text);
        let ran = folder.replay("--settings broken.yaml a.json");
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.starts_with(start), "{ran:?}");
    }
    assert_eq!(folder.replay("--settings nowhere.yaml a.json").code, 2);
}

#[test]
fn says_of_a_whole_object_where_its_settings_are() {
    let folder = Folder::new();
    folder.write("a.json", clean("web"));
    for (kind, told) in [
        (
            "policies.kubewarden.io/v1, kind: ClusterAdmissionPolicy",
            "ClusterAdmissionPolicy: give what is below its `spec.settings`",
        ),
        (
            "policies.kubewarden.io/v1, kind: AdmissionPolicyGroup",
            "AdmissionPolicyGroup: give what is below the `settings` of its member",
        ),
        (
            "v1, kind: ConfigMap",
            "ConfigMap: expected settings of the policy",
        ),
    ] {
        folder.write(
            "s.yaml",
            format!("{{apiVersion: {kind}, spec: {{settings: {{}}}}}}\n"),
        );
        let ran = folder.replay("--settings s.yaml a.json");
        let told = format!("error: s.yaml: this is a whole {told}\n");
        assert_eq!((ran.code, ran.stderr), (2, told));
    }
}

#[test]
fn refuses_a_policy_that_cannot_be_used() {
    let folder = Folder::new();
    folder.write("a.json", clean("web"));
    folder.write("text.wasm", "no module");
    folder.write(
        "import.wasm",
        crate::common::module(
            r#"(import "env" "now" (func)) (memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#,
        ),
    );
    for (policy, message) in [
        ("nowhere.wasm", "error: nowhere.wasm: No such file"),
        (
            "ghcr.io/policies/bulkhead:v1",
            "error: ghcr.io/policies/bulkhead:v1: no such file; for a policy in a registry write \
             `oci://ghcr.io/policies/bulkhead:v1`\n",
        ),
        (
            "localhost:5000/bulkhead@sha256:00",
            "error: localhost:5000/bulkhead@sha256:00: no such file; for a policy in a registry \
             write `oci://localhost:5000/bulkhead@sha256:00`\n",
        ),
        ("deploy/next.wasm", "error: deploy/next.wasm: No such file"),
        ("text.wasm", "error: text.wasm: not a WebAssembly module\n"),
        (
            "import.wasm",
            "error: import.wasm: imports `env::now`, which",
        ),
    ] {
        let ran = run(
            &mut folder.bulkhead(&format!("replay --policy {policy} a.json")),
            b"",
        );
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.starts_with(message), "{ran:?}");
    }
}

#[test]
fn usage_errors_are_two() {
    let folder = Folder::new();
    for arguments in [
        "",
        "replay --fail-on sometimes",
        "replay --jobs 0 a.json",
        "replay --nope",
        "explain",
    ] {
        let ran = run(&mut folder.bulkhead(arguments), b"");
        assert_eq!(ran.code, 2, "{arguments}");
        assert_eq!(ran.stdout, "", "{arguments}");
    }
    for arguments in ["--help", "--version", "replay --help", "rules --help"] {
        let ran = run(&mut folder.bulkhead(arguments), b"");
        assert_eq!(ran.code, 0, "{arguments}");
        assert_eq!(ran.stderr, "", "{arguments}");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_no_error() {
    let folder = Folder::new();
    folder.write("a.json", clean("web"));
    let mut command = folder.bulkhead("replay --policy policy.wasm a.json");
    command.env_clear();
    assert_eq!(run(&mut command, b"").code, 0);
    // a file where the cache folder should be
    command
        .env("HOME", folder.path().join("a.json"))
        .env("XDG_CACHE_HOME", "/dev/null");
    let ran = run(&mut command, b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_large_request_is_judged() {
    let folder = Folder::new();
    let mut wide = answer("web", true, &[]);
    wide["padding"] = json!("x".repeat(50_000_000));
    folder.write("a.jsonl", review(&wide) + &clean("next"));
    let ran = folder.replay("--format json a.jsonl");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json().len(), 2);
}

#[test]
fn a_long_log_is_not_kept_in_memory() {
    let folder = Folder::new();
    let mut log = String::new();
    for index in 0..20_000 {
        let finding = finding(json!({"value": index.to_string(), "message": "m".repeat(200)}));
        let _ = write!(log, "{}", review(&answer("web", false, &[finding])));
    }
    folder.write("a.jsonl", log);
    let ran = folder.replay("a.jsonl");
    assert!(
        ran.stdout
            .contains("and 19,700 findings more of this object"),
        "{}",
        ran.stdout.len()
    );
}

#[test]
fn says_that_nothing_was_judged_and_why() {
    let folder = Folder::new();
    folder
        .write("notes/README.md", "hello")
        .write("values/a.yaml", "replicas: 1\n")
        .write("values/b.yaml", "replicas: 2\n---\nreplicas: 3\n")
        .write("blank/a.yaml", "# nothing yet\n")
        .write("some/a.yaml", "replicas: 1\n")
        .write("some/b.json", clean("web"));
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (input, why) in [
        ("empty", Some("no file was read")),
        (
            "notes",
            Some("no file was read; skipped: another file ending (1)"),
        ),
        (
            "values",
            Some(
                "skipped: no `apiVersion` and `kind` (3): values/a.yaml:1, values/b.yaml:1, values/b.yaml:3",
            ),
        ),
        ("blank", Some("skipped: empty file (1): blank/a.yaml")),
        ("some", None),
    ] {
        for format in [
            "text",
            "json",
            "sarif",
            "ocsf",
            "falco",
            "junit",
            "openreports",
        ] {
            let ran = folder.replay(&format!("--format {format} {input}"));
            let told = ran.stderr.strip_prefix("bulkhead: nothing was judged: ");
            assert_eq!(ran.code, 0, "{ran:?}");
            assert_eq!(told.map(str::trim_end), why, "{format}: {}", ran.stderr);
        }
    }
    // an error says enough, and once
    let named = folder.replay("values/a.yaml");
    assert_eq!(named.code, 2);
    let told = "error: values/a.yaml:1: no Kubernetes object: no `apiVersion` and `kind`\n\
        bulkhead: nothing was judged: not readable: no Kubernetes object (1)\n";
    assert_eq!(named.stderr, told);
    // what was judged and is not shown was judged
    let hidden = folder.replay("some/b.json --name other --format json");
    assert_eq!(
        hidden.stderr,
        "bulkhead: not found: no case has `--name other`\n"
    );
}
