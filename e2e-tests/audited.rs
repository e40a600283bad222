//! An audit log as the command reads it, against what the steps it was recorded from did.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/audit")
}

/// `bulkhead replay` of the log, with the roles that it shows behind its bindings.
fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(["replay", "--settings", "../in-order/settings.yaml"])
        .args(["--fail-on", "never", "audit.jsonl"])
        .args(arguments)
        .current_dir(folder())
        .output()
        .unwrap()
}

fn lines() -> Vec<Value> {
    let output = replay(&["--format", "json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A line of the report as one of `audit.expected`, but for its step.
fn line(case: &Value) -> String {
    let short = |user: &str| user.replace("system:serviceaccount:", "sa:");
    let mut line = format!(
        "{} | {}",
        case["source"]["line"],
        short(text(case, "/audit/actor/user"))
    );
    let as_whom = text(case, "/audit/actor/impersonated/user");
    if !as_whom.is_empty() {
        write!(line, " as {}", short(as_whom)).unwrap();
    }
    if case["audit"]["cause"].is_object() {
        let cause = |member: &str| text(case, &format!("/audit/cause/{member}")).to_owned();
        write!(
            line,
            " for {}'s {} {}",
            cause("user"),
            cause("kind"),
            cause("name")
        )
        .unwrap();
    }
    write!(line, " | {}", text(case, "/audit/outcome")).unwrap();
    let by = text(case, "/audit/refusedBy");
    if !by.is_empty() {
        write!(line, " by {by}").unwrap();
    }
    let gap = text(case, "/error/reason");
    if !gap.is_empty() {
        write!(line, ", {gap}").unwrap();
    }
    let request = |member: &str| text(case, &format!("/request/{member}")).to_owned();
    write!(line, " | {} {} ", request("operation"), request("kind")).unwrap();
    if !request("namespace").is_empty() {
        write!(line, "{}/", request("namespace")).unwrap();
    }
    let name = request("name");
    line.push_str(if name.is_empty() { "?" } else { &name });
    if !request("subresource").is_empty() {
        write!(line, "/{}", request("subresource")).unwrap();
    }
    let findings = case["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let found: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding["severity"] != "low")
        .map(|finding| match finding["new"] == true {
            true => text(finding, "/rule").to_owned(),
            false => format!("({})", text(finding, "/rule")),
        })
        .collect();
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let found = if found.is_empty() {
        "-".to_owned()
    } else {
        found.join(", ")
    };
    write!(line, " | {found}").unwrap();
    line
}

#[test]
fn every_step_is_told_of_the_right_person_with_the_right_end() {
    let expected = std::fs::read_to_string(folder().join("audit.expected")).unwrap();
    let expected: Vec<&str> = expected
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" | ").unwrap().1)
        .collect();
    let given: Vec<String> = lines().iter().map(line).collect();
    let mut wrong = String::new();
    for line in expected
        .iter()
        .filter(|line| !given.iter().any(|other| other == *line))
    {
        writeln!(wrong, "- {line}").unwrap();
    }
    for line in given
        .iter()
        .filter(|line| !expected.contains(&line.as_str()))
    {
        writeln!(wrong, "+ {line}").unwrap();
    }
    assert!(
        wrong.is_empty(),
        "expected (-) and given (+) differ:\n{wrong}"
    );
    assert_eq!(given, expected, "the order differs");
}

#[test]
fn a_workload_and_what_is_made_for_it_are_one_incident() {
    let cases = lines();
    let of = |workload: &str| -> BTreeSet<&str> {
        cases
            .iter()
            .filter(|case| text(case, "/request/name").starts_with("k-deploy-hostpath"))
            .filter(|case| text(case, "/request/namespace") == workload)
            .map(|case| text(case, "/incident"))
            .filter(|incident| !incident.is_empty())
            .collect()
    };
    assert_eq!(of("team-a").len(), 1);
    assert_eq!(of("psa").len(), 1);
    assert_ne!(of("team-a"), of("psa"));
}

#[test]
fn every_line_is_accounted_for() {
    let log = std::fs::read_to_string(folder().join("audit.jsonl")).unwrap();
    let output = replay(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, summary) = text.split_once("Summary\n").unwrap();
    let number = |before: &str| -> usize {
        let (start, _) = summary.split_once(before).unwrap();
        start
            .rsplit([' ', '('])
            .find_map(|word| word.parse().ok())
            .unwrap()
    };
    let judged = number(" requests of audit logs");
    let irrelevant = number(" audit events");
    let stages = number(" events of other stages");
    let unjudged = lines()
        .iter()
        .filter(|case| case["error"].is_object())
        .count();
    assert_eq!(
        judged + irrelevant + stages + unjudged,
        log.lines().count(),
        "{summary}"
    );
}
