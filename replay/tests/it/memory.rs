//! The memory of `bulkhead replay`: the same for inputs of every size, in lines of every size.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::thread;

use crate::common::{Folder, answer, finding, review};
use serde_json::{Value, json};

/// Bytes of an input.
const SIZE: usize = 256 << 20;

/// Most bytes of memory, fewer than the input has.
const MOST: u64 = 200 << 20;

/// Bytes by which memory may differ from run to run: fewer than 20,000 reported findings have.
const GROWTH: u64 = 4 << 20;

const TOO_LARGE: &str = "too large: more than 64 MiB in one line, give each object its own";

/// What came of a replay.
struct Replayed {
    /// Line and error of each place, or that it was judged.
    outcomes: Vec<String>,
    /// The most bytes of memory that were resident at once.
    memory: u64,
    code: Option<i32>,
}

/// Replays `inputs` and then standard input, to which `send` writes. A request behind that ends
/// it: when its outcome is there, the command has done all else and still waits for more, so that
/// it can be looked at.
fn replay(folder: &Folder, inputs: &str, send: impl FnOnce(&mut ChildStdin) + Send) -> Replayed {
    let mut child = folder
        .bulkhead(&format!(
            "replay --policy policy.wasm --format json {inputs} -"
        ))
        .env("XDG_CACHE_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bulkhead starts");
    let mut input = child.stdin.take().expect("a pipe");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let (outcomes, memory) = thread::scope(|scope| {
        // to be closed only when the command was looked at
        let input = scope.spawn(move || {
            send(&mut input);
            input.write_all(clean("last").as_bytes()).expect("a pipe");
            input
        });
        let outcomes = outcomes_before_last(output);
        let memory = most_resident(&child);
        drop(input.join().expect("everything is read"));
        (outcomes, memory)
    });
    Replayed {
        outcomes,
        memory,
        code: child.wait().expect("an end").code(),
    }
}

fn outcomes_before_last(output: impl BufRead) -> Vec<String> {
    output
        .lines()
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
        .take_while(|outcome: &Value| outcome["request"]["name"] != "last")
        .map(|outcome| {
            let message = outcome["error"]["message"].as_str().unwrap_or("judged");
            format!("{}: {message}", outcome["source"]["line"])
        })
        .collect()
}

/// Replays findings of a few hundred bytes each, and throws away what `format` makes of them.
/// Returns the most bytes of memory that were resident at once.
fn reporting(format: &str, count: usize) -> u64 {
    let folder = Folder::new();
    let mut child = folder
        .bulkhead(&format!(
            "replay --policy policy.wasm --jobs 1 --fail-on never --format {format} -"
        ))
        .env("XDG_CACHE_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bulkhead starts");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = child.stdout.take().expect("a pipe");
    let line = review(&answer("web", false, &[finding(json!({}))]));
    let (written, memory) = thread::scope(|scope| {
        let output = scope.spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        for _ in 0..count {
            input.write_all(line.as_bytes()).expect("a pipe");
        }
        // The pipe holds less than is left to read now, and nothing after it needs more.
        let memory = most_resident(&child);
        drop(input);
        (output.join().expect("an end").expect("a pipe"), memory)
    });
    assert_eq!(child.wait().expect("an end").code(), Some(0), "{format}");
    let least = u64::try_from(count * 200).expect("64 bits");
    assert!(written > least, "{format}: {written} bytes");
    memory
}

#[test]
fn reports_in_foreign_formats_are_not_kept() {
    for format in ["sarif", "ocsf", "falco", "junit", "openreports"] {
        // how many are under way at once is chance; three runs show what that takes
        let few = (0..3).map(|_| reporting(format, 2_000)).max();
        let few = few.expect("a run");
        let many = reporting(format, 20_000);
        assert!(many < few + GROWTH, "{format}: {few} and {many} bytes");
    }
}

fn most_resident(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes.expect("VmHWM").parse::<u64>().expect("a number") << 10
}

fn clean(name: &str) -> String {
    review(&answer(name, true, &[]))
}

/// A request, and then one line of [`SIZE`] that does not end.
fn giant() -> impl Read {
    let text = std::io::repeat(b'x').take(u64::try_from(SIZE).expect("64 bits"));
    let start = clean("first") + "{\"a\":\"";
    std::io::Cursor::new(start).chain(text)
}

#[test]
fn ordinary_lines_are_not_kept() {
    let mut wide = answer("web", true, &[]);
    wide["padding"] = json!("x".repeat(32 << 10));
    let line = review(&wide);
    let count = SIZE / line.len();
    let replayed = replay(&Folder::new(), "", |input| {
        for _ in 0..count {
            input.write_all(line.as_bytes()).expect("a pipe");
        }
    });
    assert_eq!(replayed.outcomes.len(), count);
    assert_eq!(replayed.outcomes[count - 1], format!("{count}: judged"));
    assert!(replayed.memory < MOST, "{} bytes", replayed.memory);
    assert_eq!(replayed.code, Some(0));
}

#[test]
fn a_giant_line_is_not_kept() {
    let replayed = replay(&Folder::new(), "", |input| {
        std::io::copy(&mut giant(), input).expect("a pipe");
        input.write_all(b"\"}\n").expect("a pipe");
    });
    let too_large = format!("2: {TOO_LARGE}");
    assert_eq!(replayed.outcomes, ["1: judged", &too_large]);
    assert!(replayed.memory < MOST, "{} bytes", replayed.memory);
    assert_eq!(replayed.code, Some(2));
}

#[test]
fn a_giant_line_is_not_kept_where_a_small_file_inflates_to_it() {
    let folder = Folder::new();
    let mut small = Vec::new();
    zstd::stream::copy_encode(giant(), &mut small, 1).expect("memory");
    folder.write("small.zst", &small);
    let replayed = replay(&folder, "small.zst", |_| {});
    let too_large = format!("2: {TOO_LARGE}");
    assert_eq!(replayed.outcomes, ["1: judged", &too_large]);
    assert!(replayed.memory < MOST, "{} bytes", replayed.memory);
    assert_eq!(replayed.code, Some(2));
    let ran = folder.replay("small.zst");
    assert_eq!(ran.stderr, format!("error: small.zst:2: {TOO_LARGE}\n"));
    assert!(ran.stdout.contains("not readable"), "{}", ran.stdout);
}
