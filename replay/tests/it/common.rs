//! Tiny waPC guests written as text, for what a real policy never does, and
//! a folder to run the command in.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The start of every guest here: its memory, and the imports it uses.
const HEAD: &str = r#"
(import "wapc" "__guest_request" (func $request (param i32 i32)))
(import "wapc" "__guest_response" (func $respond (param i32 i32)))
(import "wapc" "__guest_error" (func $fail (param i32 i32)))
(import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "wapc" "__host_response_len" (func $host_response_len (result i32)))
(import "wapc" "__host_response" (func $host_response (param i32)))
(import "wapc" "__host_error_len" (func $host_error_len (result i32)))
(import "wapc" "__host_error" (func $host_error (param i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
(memory (export "memory") 4)
"#;

/// A guest whose `__guest_call` is `body`; `$operation` and `$payload` are the
/// lengths of its two arguments.
pub fn guest(body: &str) -> Vec<u8> {
    guest_with("", body)
}

/// A guest with more definitions beside its `__guest_call`.
pub fn guest_with(definitions: &str, body: &str) -> Vec<u8> {
    module(&format!(
        "{HEAD}{definitions}
        (func (export \"__guest_call\") (param $operation i32) (param $payload i32) (result i32)
        {body})"
    ))
}

/// A module from the text of its fields.
pub fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).expect("a module")
}

/// Where the guests keep their texts: operation, settings, catalogue, answer, payload.
const SETTINGS: usize = 0x400;
const RULES: usize = 0x800;
const ANSWER: usize = 0x4000;
const PAYLOAD: usize = 0x40000;

/// A policy that answers `inspect` with the same text for every case.
pub fn constant(answer: &str) -> Vec<u8> {
    policy(
        &format!(r#"(data (i32.const {ANSWER}) "{}")"#, escape(answer)),
        &format!(
            "(call $respond (i32.const {ANSWER}) (i32.const {}))",
            answer.len()
        ),
    )
}

/// A policy that answers `inspect` with what the request says: its one member
/// is `answer`. A number there is what the policy does instead: 0 traps, 1 runs
/// for ever, 2 takes all memory, 3 fails, 4 gives no answer.
pub fn parrot() -> Vec<u8> {
    let front = r#"{"request":{"answer":"#.len();
    let back = r#"},"settings":{}}"#.len();
    let fault = |digit: char, code: &str| {
        let digit = u32::from(digit);
        format!("(if (i32.eq (local.get $first) (i32.const {digit})) (then {code}))")
    };
    let faults = [
        fault('0', "unreachable"),
        fault('1', "(loop $again (br $again))"),
        fault(
            '2',
            "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) unreachable",
        ),
        fault(
            '3',
            "(call $fail (i32.const 1) (i32.const 6)) (return (i32.const 0))",
        ),
        fault('4', "(return (i32.const 1))"),
    ];
    policy(
        "",
        &format!(
            "(local.set $first (i32.load8_u (i32.const {})))
            {}
            (call $respond (i32.const {}) (i32.sub (local.get $payload) (i32.const {})))",
            PAYLOAD + front,
            faults.concat(),
            PAYLOAD + front,
            front + back
        ),
    )
}

/// A policy with fixed settings and rules: `inspect` runs `code`.
fn policy(data: &str, code: &str) -> Vec<u8> {
    let good = r#"{"valid":true}"#;
    let bad = r#"{"valid":false,"message":"`hostAccess.deny`: `always` is no severity\n`rules.nope`: no such rule"}"#;
    let second = SETTINGS + 0x100;
    guest_with(
        &format!(
            r#"(data (i32.const {SETTINGS}) "{}") (data (i32.const {second}) "{}") (data (i32.const {RULES}) "{}") {data}"#,
            escape(good),
            escape(bad),
            escape(CATALOG),
        ),
        &format!(
            "(local $first i32)
            (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $payload) (i32.const 16)))))
            (call $request (i32.const 0) (i32.const {PAYLOAD}))
            (local.set $first (i32.load8_u (i32.const 0)))
            (if (i32.eq (local.get $first) (i32.const 118)) ;; validate_settings: good when empty
                (then (if (i32.eq (local.get $payload) (i32.const 2))
                    (then (call $respond (i32.const {SETTINGS}) (i32.const {})))
                    (else (call $respond (i32.const {second}) (i32.const {}))))
                    (return (i32.const 1))))
            (if (i32.eq (local.get $first) (i32.const 99)) ;; catalog
                (then (call $respond (i32.const {RULES}) (i32.const {})) (return (i32.const 1))))
            {code}
            (i32.const 1)",
            good.len(),
            bad.len(),
            CATALOG.len(),
        ),
    )
}

/// A catalogue with two rules.
pub const CATALOG: &str = r#"{"version":1,"policy":{"name":"toy","version":"0.0.1"},"alerts":[{"id":"host-access","title":"New workload with host access"},{"id":"pod-write","title":"Cluster role with pod write"}],"rules":[{"id":"host-path","alert":"host-access","title":"Host path volume","severity":"critical","techniques":["T1611"],"finds":"Volumes of type `hostPath`.","why":"They reach the node.","bad":"volumes:\n- name: root\n  hostPath: {path: /}\n","good":"volumes:\n- name: root\n  emptyDir: {}\n","fix":"Use another volume type.","references":["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"]},{"id":"pod-create","alert":"pod-write","title":"Create pods","severity":"high","techniques":[],"finds":"Rules that grant `create` on `pods`.","why":"Whoever starts a pod may reach its node.","bad":"rules: []\n","good":"rules: []\n","fix":"Grant less.","references":[]}]}"#;

fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A folder of its own for one test, which is its working directory.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with `policy.wasm`, the parrot.
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("policy.wasm", parrot());
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, in folders that are made for it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// `bulkhead` in this folder, its arguments separated by spaces.
    pub fn bulkhead(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command
            .current_dir(self.path())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("RUST_BACKTRACE")
            .args(arguments.split_whitespace())
            .stdin(Stdio::null());
        command
    }

    /// Runs `bulkhead replay --policy policy.wasm …`.
    pub fn replay(&self, arguments: &str) -> Ran {
        run(
            &mut self.bulkhead(&format!("replay --policy policy.wasm {arguments}")),
            b"",
        )
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The lines of a JSON report.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// The summary of a text report, its line breaks aside.
    pub fn summary(&self) -> String {
        let (_, summary) = self.stdout.split_once("Summary\n").expect("a summary");
        let words: Vec<&str> = summary.split_whitespace().collect();
        words.join(" ")
    }
}

/// Runs a command with this standard input.
pub fn run(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bulkhead starts");
    let mut input = child.stdin.take().expect("a pipe");
    let output = thread::scope(|scope| {
        // a command that fails early does not read it
        scope.spawn(move || input.write_all(stdin));
        child.wait_with_output().expect("bulkhead ends")
    });
    Ran {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A review that makes the parrot answer so.
pub fn review(answer: &serde_json::Value) -> String {
    format!("{{\"kind\":\"AdmissionReview\",\"request\":{{\"answer\":{answer}}}}}\n")
}

/// The answer for a pod of team-a that bob creates.
pub fn answer(name: &str, allowed: bool, findings: &[serde_json::Value]) -> serde_json::Value {
    serde_json::json!({
        "version": 1,
        "request": {"operation": "CREATE", "group": "", "version": "v1", "kind": "Pod",
            "subresource": null, "namespace": "team-a", "name": name, "user": "bob", "dryRun": false},
        "allowed": allowed, "findings": findings, "omitted": 0,
        "response": {"accepted": allowed}
    })
}

/// A finding, with `changes` made to it.
pub fn finding(changes: serde_json::Value) -> serde_json::Value {
    let mut finding = serde_json::json!({
        "rule": "host-path", "alert": "host-access", "severity": "critical", "action": "deny",
        "path": "/spec/volumes/0/hostPath", "container": null, "value": "/",
        "message": "whoever controls the pod can write every file of its node and so becomes root there",
        "fix": "use a volume that is no part of the node, such as a PersistentVolumeClaim",
        "new": true, "exempted": null
    });
    let serde_json::Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    finding.as_object_mut().expect("an object").extend(changes);
    finding
}

/// Compares with `tests/expected/{name}`. `BULKHEAD_BLESS=1` writes it instead.
pub fn assert_expected(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name);
    if std::env::var_os("BULKHEAD_BLESS").is_some() {
        fs::write(&path, actual).expect("a file");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{} differs; this is what came:\n{actual}\nIf it is right, run the test again with BULKHEAD_BLESS=1",
        path.display()
    );
}
