//! Every recorded review against the expectation written by hand beside it, in the module as it
//! is shipped; and the module against the native library, byte for byte.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use bulkhead::host::{Options, Policy};
use serde_json::Value;

use crate::expectation;

static MODULE: LazyLock<Policy> =
    LazyLock::new(|| Policy::load(bulkhead::POLICY, &Options::default()).unwrap());

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/recordings")
}

/// Every recorded review with its place, and the blocks that are expected of its file.
fn recordings() -> Vec<(PathBuf, Vec<String>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let reviews = std::fs::read_to_string(&file).unwrap();
            (file, reviews.lines().map(str::to_owned).collect())
        })
        .collect()
}

fn payload(review: &str) -> Vec<u8> {
    let review: Value = serde_json::from_str(review).unwrap();
    serde_json::to_vec(&serde_json::json!({"request": review["request"], "settings": {}})).unwrap()
}

#[test]
fn every_review_gets_what_is_expected_of_it() {
    let mut wrong = String::new();
    let mut judged = 0;
    for (file, reviews) in recordings() {
        let expected = std::fs::read_to_string(file.with_extension("expected")).unwrap();
        let expected = blocks(&expected);
        assert_eq!(expected.len(), reviews.len(), "{}", file.display());
        for (index, (review, expected)) in reviews.iter().zip(expected).enumerate() {
            let answer = MODULE.call("inspect", payload(review)).unwrap();
            let given = block(index + 1, &serde_json::from_slice(&answer).unwrap());
            judged += 1;
            if given != expected {
                wrong += &format!("{}:\n- {expected}\n+ {given}\n\n", file.display());
            }
        }
    }
    assert!(judged >= 60, "only {judged} reviews are shipped");
    if !wrong.is_empty() {
        panic!("expected (-) and given (+) differ:\n{wrong}");
    }
}

#[test]
fn native_and_wasm_answers_are_equal_byte_for_byte() {
    for (file, reviews) in recordings() {
        for (index, review) in reviews.iter().enumerate() {
            let payload = payload(review);
            for (operation, native) in [
                ("inspect", policy::inspect as fn(&[u8]) -> Vec<u8>),
                ("validate", policy::validate),
            ] {
                let module = MODULE.call(operation, payload.as_slice()).unwrap();
                assert!(
                    module == native(&payload),
                    "{}:{}",
                    file.display(),
                    index + 1
                );
            }
        }
    }
}

/// What a later request finds depends on what the input has shown before: the command's own host
/// answers from that.
#[test]
fn roles_and_bindings_are_judged_by_what_was_written_before() {
    let folder = folder().join("../in-order");
    let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(["replay", "--format", "json", "--settings"])
        .args([folder.join("settings.yaml"), folder.join("rbac.jsonl")])
        .output()
        .unwrap();
    let given = String::from_utf8(output.stdout).unwrap();
    let expected = std::fs::read_to_string(folder.join("rbac.expected")).unwrap();
    let expected = blocks(&expected);
    assert_eq!(given.lines().count(), expected.len());
    for (index, (given, expected)) in given.lines().zip(expected).enumerate() {
        let given = block(index + 1, &serde_json::from_str(given).unwrap());
        assert_eq!(given, expected);
    }
}

/// The blocks of a file of expectations, without comments, their columns one blank apart.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        match columns.first() {
            None => {}
            Some(first) if first.starts_with('#') => {}
            Some(_) if line.starts_with(' ') => {
                let block = blocks.last_mut().unwrap();
                block.push_str("\n  ");
                block.push_str(&columns.join(" "));
            }
            Some(_) => blocks.push(columns.join(" ")),
        }
    }
    blocks
}

/// What an answer of `inspect` is in the same form.
fn block(line: usize, answer: &Value) -> String {
    let request = &answer["request"];
    let text = |key: &str| request[key].as_str().unwrap_or("-").to_owned();
    let verdict = if answer["allowed"] == true {
        "allowed"
    } else {
        "denied"
    };
    let name = match &request["namespace"] {
        Value::Null => format!("-/{}", text("name")),
        namespace => format!("{}/{}", namespace.as_str().unwrap(), text("name")),
    };
    let mut block = format!(
        "{line} {verdict} {} {name} {} {}",
        text("kind"),
        text("operation"),
        text("user")
    );
    for row in expectation::rows(answer) {
        block += "\n  ";
        block += &row;
    }
    block
}
