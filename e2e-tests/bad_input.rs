//! Bad input of every kind, through the command: each is judged rightly or is a clear error that
//! names file and line, and whatever lies beside it is still judged.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// A file, and what is expected of it.
struct Case {
    name: &'static str,
    content: Vec<u8>,
    expected: Expected,
}

enum Expected {
    /// A line for each case judged: the rules that fire, in order.
    Judged(&'static [&'static [&'static str]]),
    /// Some cases judged, then these lines of standard error, without the folder.
    Broken(&'static [&'static [&'static str]], &'static [&'static str]),
}

use Expected::{Broken, Judged};

fn case(name: &'static str, content: impl Into<Vec<u8>>, expected: Expected) -> Case {
    Case {
        name,
        content: content.into(),
        expected,
    }
}

/// A review of a pod with this spec, as text.
fn review(spec: &str) -> String {
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"1","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},"operation":"CREATE","namespace":"team-a","name":"web","userInfo":{{"username":"bob"}},"object":{{"spec":{spec}}}}}}}"#
    )
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {spec}\n")
}

fn nested(open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(10_000), close.repeat(10_000))
}

const HOST_PID: &str = r#"{"hostPID":true}"#;
const PID: &[&str] = &["host-pid"];
const NOTHING: &[&str] = &[];
const UNREADABLE: &[&str] = &["unreadable"];

fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("empty.json", "", Broken(&[], &["empty.json: "])),
        case(
            "comments.yaml",
            "# nothing\n---\n# here\n",
            Broken(&[], &["comments.yaml: "]),
        ),
        case(
            "mark.json",
            format!("\u{feff}{}", review(HOST_PID)),
            Judged(&[PID]),
        ),
        case(
            "truncated.json",
            review(HOST_PID).split_at(200).0,
            Broken(&[], &["truncated.json:1: "]),
        ),
        case(
            "broken-line.jsonl",
            format!("{0}\n{{\"kind\":\n{0}\n", review(HOST_PID)),
            Broken(&[PID, PID], &["broken-line.jsonl:2: "]),
        ),
        case(
            "broken-document.yaml",
            format!("{0}---\nkind: [\n---\n{0}", pod("{hostPID: true}")),
            Broken(&[PID, PID], &["broken-document.yaml:"]),
        ),
        case(
            "not-utf8.yaml",
            b"kind: \xff\xfe\n".as_slice(),
            Broken(&[], &["not-utf8.yaml:1: "]),
        ),
        case(
            "not-utf8.json",
            [b"{\"kind\":\"\xff".as_slice(), b"\"}"].concat(),
            Broken(&[], &["not-utf8.json:1: "]),
        ),
        case(
            "zero-bytes.yaml",
            "a: \0\n",
            Broken(&[], &["zero-bytes.yaml:1: "]),
        ),
        // In a part that no rule reads, depth does no harm; where a rule reads, it is a wrong type.
        case(
            "deep-skipped.json",
            review(&format!(
                r#"{{"hostPID":true,"topologySpreadConstraints":{}}}"#,
                nested("[", "]")
            )),
            Judged(&[PID]),
        ),
        case(
            "deep-read.json",
            review(&format!(r#"{{"containers":{}}}"#, nested("[", "]"))),
            Judged(&[UNREADABLE]),
        ),
        case(
            "deep.yaml",
            pod(&format!("{{affinity: {}}}", nested("[", "]"))),
            Broken(&[], &["deep.yaml:4: "]),
        ),
        case(
            "laughs.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
            Broken(&[], &["laughs.yaml:"]),
        ),
        // The API server takes the second key of two; kubectl refuses them, and so do we.
        case(
            "key-twice.yaml",
            pod("{hostPID: true, hostPID: false}"),
            Broken(&[], &["key-twice.yaml:4: "]),
        ),
        case(
            "key-twice-read.json",
            review(r#"{"hostPID":true,"hostPID":false}"#),
            Judged(&[UNREADABLE]),
        ),
        case(
            "key-twice-skipped.json",
            review(r#"{"hostPID":true,"hostname":"a","hostname":"b"}"#),
            Judged(&[PID]),
        ),
        case(
            "numbers.json",
            review(
                r#"{"hostPID":true,"priority":1e999999,"activeDeadlineSeconds":123456789012345678901234567890}"#,
            ),
            Judged(&[PID]),
        ),
        case(
            "number-read.json",
            review(r#"{"containers":[{"ports":[{"hostPort":1e999999}]}]}"#),
            Judged(&[UNREADABLE]),
        ),
        case(
            "nulls.json",
            review(r#"{"containers":[null],"volumes":null,"hostPID":null}"#),
            Judged(&[NOTHING]),
        ),
        case(
            "null-object.json",
            review("null").replace(r#"{"spec":null}"#, "null"),
            Judged(&[UNREADABLE]),
        ),
        case(
            "unknown-kind.yaml",
            "apiVersion: example.com/v1\nkind: Pod\nspec: {hostPID: 7, containers: x}\n",
            Judged(&[NOTHING]),
        ),
        case(
            "no-kind.yaml",
            "replicas: 3\n",
            Broken(&[], &["no-kind.yaml:1: "]),
        ),
        case("text.yaml", "hello\n", Broken(&[], &["text.yaml:1: "])),
        case(
            "binary.gz",
            b"\x1f\x8bnot gzip".as_slice(),
            Broken(&[], &["binary.gz: "]),
        ),
        case(
            "request-without-kind.json",
            r#"{"kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE","object":{}}}"#,
            Judged(&[UNREADABLE]),
        ),
        case(
            "request-with-odd-operation.json",
            review("{}").replace("CREATE", "PATCH"),
            Judged(&[UNREADABLE]),
        ),
        case(
            "huge.json",
            review(&format!(
                r#"{{"hostPID":true,"nodeName":"{}"}}"#,
                "x".repeat(50_000_000)
            )),
            Judged(&[PID]),
        ),
    ];
    for (name, wrong) in [
        ("wrong-type-text.json", r#""x""#),
        ("wrong-type-array.json", "[1]"),
        ("wrong-type-number.json", "7"),
    ] {
        for field in ["hostPID", "containers", "volumes"] {
            let spec = format!(r#"{{"{field}":{wrong}}}"#);
            let content = review(&spec);
            cases.push(case(name, content, Judged(&[UNREADABLE])));
        }
    }
    cases
}

struct Run {
    lines: Vec<Value>,
    stderr: String,
    code: Option<i32>,
}

fn replay(files: &[&Path]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(["replay", "--format", "json", "--fail-on", "never"])
        .args(files)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    Run {
        lines: stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

fn rules(line: &Value) -> Vec<&str> {
    let findings = line["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn bad_input_is_judged_rightly_or_named_and_the_rest_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let good: PathBuf = folder.path().join("good.json");
    fs::write(&good, review(HOST_PID)).unwrap();
    let mut wrong = String::new();
    for Case {
        name,
        content,
        expected,
    } in cases()
    {
        let file = folder.path().join(name);
        fs::write(&file, content).unwrap();
        let run = replay(&[&file, &good]);
        let judged: Vec<Vec<&str>> = run
            .lines
            .iter()
            .filter(|line| line.get("findings").is_some())
            .map(rules)
            .collect();
        let (mut cases, messages, code) = match expected {
            Judged(cases) => (cases.to_vec(), [].as_slice(), 0),
            Broken(cases, messages) => (cases.to_vec(), messages, 2),
        };
        // The file beside it.
        cases.push(PID);
        let named = messages.iter().all(|message| {
            run.stderr
                .lines()
                .any(|line| line.contains(&format!("{}/{message}", folder.path().display())))
        });
        if judged != cases || !named || run.code != Some(code) {
            let _ = writeln!(
                wrong,
                "{name}: expected {cases:?}, {messages:?}, code {code}\n  got {judged:?}, code {:?}\n{}",
                run.code, run.stderr
            );
        }
        fs::remove_file(&file).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn fifty_thousand_findings_in_one_object_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let volumes: Vec<Value> = (0..50_000)
        .map(|index| json!({"name": format!("v{index}"), "hostPath": {"path": format!("/etc/{index}")}}))
        .collect();
    let file = folder.path().join("many.json");
    fs::write(&file, review(&json!({"volumes": volumes}).to_string())).unwrap();
    let run = replay(&[&file]);
    assert_eq!(run.lines.len(), 1, "{}", run.stderr);
    assert_eq!(run.lines[0]["findings"].as_array().unwrap().len(), 256);
    assert_eq!(run.lines[0]["omitted"], 50_000 - 256);
}

/// Invariant 7 holds for what is bad, too.
#[test]
fn native_and_module_answer_the_same_to_what_is_no_request() {
    use bulkhead::host::{Options, Policy};

    let policy = Policy::load(bulkhead::POLICY, &Options::default()).unwrap();
    let review = review(HOST_PID);
    let request = review.split_once(r#""request":"#).unwrap().1;
    let request = request.strip_suffix('}').unwrap();
    let whole = format!(r#"{{"request":{request},"settings":{{}}}}"#);
    for length in 0..whole.len() {
        let payload = &whole.as_bytes()[..length];
        assert!(
            policy.call("inspect", payload).unwrap() == policy::inspect(payload),
            "{length}"
        );
    }
    for payload in ["", "null", "7", "[]", "{}", r#"{"settings":7}"#, "\u{0}"] {
        for (operation, native) in [
            ("inspect", policy::inspect as fn(&[u8]) -> Vec<u8>),
            ("validate", policy::validate),
            ("validate_settings", policy::validate_settings),
        ] {
            let module = policy.call(operation, payload.as_bytes()).unwrap();
            assert!(
                module == native(payload.as_bytes()),
                "{operation} {payload}"
            );
        }
    }
}
