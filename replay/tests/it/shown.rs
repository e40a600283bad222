//! What a report is asked to show, where the question itself may be wrong.

use crate::common::{Folder, answer, finding, review, run};
use serde_json::json;

/// A folder with pods `web-0` and `db` of bob, in team-a, one of which has a finding.
fn pods() -> Folder {
    let folder = Folder::new();
    let clean = review(&answer("db", true, &[]));
    let warned = finding(json!({"action": "warn"}));
    let warned = review(&answer("web-0", true, &[warned]));
    folder.write("a.jsonl", clean + &warned);
    folder
}

#[test]
fn a_name_that_no_case_has_is_told_with_the_nearest() {
    let folder = pods();
    for (options, told) in [
        (
            "--user bbo",
            "no case has `--user bbo`: did you mean `bob`?",
        ),
        (
            "--user bobb",
            "no case has `--user bobb`: did you mean `bob`?",
        ),
        (
            "--namespace tema-a",
            "no case has `--namespace tema-a`: did you mean `team-a`?",
        ),
        (
            "--name web",
            "no case has `--name web`: did you mean `web-0`?",
        ),
        ("--rule pod-write", "no case has `--rule pod-write`"),
        ("--name cache", "no case has `--name cache`"),
        ("--rule pod-create", "no case has `--rule pod-create`"),
        (
            "--user eve --name cache",
            "no case has `--user eve`; no case has `--name cache`",
        ),
    ] {
        let text = folder.replay(&format!("a.jsonl {options}"));
        assert!(text.summary().contains(told), "{options}: {}", text.stdout);
        let json = folder.replay(&format!("a.jsonl --format json {options}"));
        assert_eq!(
            json.stderr,
            format!("bulkhead: not found: {told}\n"),
            "{options}"
        );
        assert_eq!(json.code, 0);
    }
}

#[test]
fn a_name_that_some_case_has_is_not_told() {
    let folder = pods();
    for options in [
        "--user bob",
        "--namespace team-a --name db",
        // each is there, if not together
        "--name db --rule host-path",
    ] {
        let text = folder.replay(&format!("a.jsonl {options}"));
        assert!(!text.stdout.contains("no case"), "{}", text.stdout);
        let json = folder.replay(&format!("a.jsonl --format json {options}"));
        assert_eq!(json.stderr, "", "{options}");
    }
}

#[test]
fn a_name_of_the_input_cannot_paint_the_terminal() {
    let folder = Folder::new();
    folder.write("a.jsonl", review(&answer("web\u{1b}[2J", true, &[])));
    let json = folder.replay("a.jsonl --format json --name web");
    let told = "no case has `--name web`: did you mean `web\\u{1b}[2J`?";
    assert_eq!(json.stderr, format!("bulkhead: not found: {told}\n"));
}

#[test]
fn an_alert_is_all_its_rules() {
    let folder = pods();
    let ran = folder.replay("a.jsonl --rule host-access");
    assert!(ran.stdout.contains("host-path: warned"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("no case"), "{}", ran.stdout);
    let ran = folder.replay("a.jsonl --rule pod-write --rule host-path");
    assert!(ran.stdout.contains("host-path: warned"), "{}", ran.stdout);
    let wrong = folder.replay("a.jsonl --rule hostaccess");
    let told = "error: no rule `hostaccess`: did you mean `host-access`?\n";
    assert_eq!((wrong.code, wrong.stderr.as_str()), (2, told));
}

#[test]
fn what_has_no_time_is_shown_and_counted() {
    let folder = pods();
    for options in [
        "--since 2026-11-22",
        "--until 2026-11-22",
        "--since 2h --until 1h",
    ] {
        let told = "2 cases, shown whatever --since and --until say";
        let text = folder.replay(&format!("a.jsonl {options}"));
        let line = format!("no time {told}");
        assert!(text.summary().contains(&line), "{}", text.stdout);
        let json = folder.replay(&format!("a.jsonl --format json {options}"));
        assert_eq!(json.stderr, format!("bulkhead: no time: {told}\n"));
        assert_eq!(json.json().len(), 2);
    }
    let all = folder.replay("a.jsonl");
    assert!(!all.stdout.contains("no time"), "{}", all.stdout);
}

#[test]
fn a_span_that_ends_before_it_begins_is_a_wrong_question() {
    let folder = pods();
    let ran = folder.replay("a.jsonl --since 2026-11-23 --until 2026-11-22");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let told = "error: `--since` (2026-11-23T00:00:00Z) is later than `--until` \
        (2026-11-22T23:59:59Z): no time is in between";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    let day = folder.replay("a.jsonl --since 2026-11-22 --until 2026-11-22");
    assert_eq!(day.code, 0, "{}", day.stderr);
}

#[test]
fn what_is_left_out_is_told_with_what_the_exit_code_counts_of_it() {
    let folder = Folder::new();
    let denied = finding(json!({"severity": "high"}));
    let warned = finding(json!({"action": "warn", "severity": "low"}));
    folder.write(
        "a.jsonl",
        review(&answer("db", false, &[denied])) + &review(&answer("web", true, &[warned])),
    );
    let all = "2 cases, as asked for: 1 denied, 1 allowed";
    for (options, code, told) in [
        (
            "--min-severity critical",
            1,
            format!("{all}; 1 at or above --fail-on, which the exit code counts shown nothing"),
        ),
        (
            "--min-severity critical --fail-on low",
            1,
            format!("{all}; 2 at or above --fail-on, which the exit code counts shown nothing"),
        ),
        (
            "--min-severity critical --fail-on critical",
            0,
            format!("{all}; none at or above --fail-on shown nothing"),
        ),
        (
            "--min-severity critical --fail-on never",
            0,
            format!("{all} shown nothing"),
        ),
        (
            "--name web",
            1,
            "1 case, as asked for: 1 denied, 0 allowed; 1 at or above --fail-on, which the exit \
             code counts verdicts of what is shown: 0 denied, 1 allowed; 1 with findings, 0 without \
             findings 1: 1 low; 1 warn"
                .to_owned(),
        ),
    ] {
        let ran = folder.replay(&format!("a.jsonl {options}"));
        let expected = format!("read 1 file judged 2 requests left out {told}");
        assert_eq!((ran.code, ran.summary()), (code, expected), "{options}");
    }
    // a format without a summary says what its lines do not show
    let json = folder.replay("a.jsonl --format json --name web");
    let told = "bulkhead: left out: 1 case, as asked for: 1 denied, 0 allowed; 1 at or above \
                --fail-on, which the exit code counts\n";
    assert_eq!((json.code, json.stderr.as_str()), (1, told));
    let json = folder.replay("a.jsonl --format json --name db");
    assert_eq!((json.code, json.stderr.as_str()), (1, ""));
}

#[test]
fn manifests_without_a_namespace_are_told_where_one_is_asked_for() {
    let folder = Folder::new();
    let object = |kind: &str, metadata: &str| {
        format!("{{apiVersion: v1, kind: {kind}, metadata: {{{metadata}}}, spec: {{}}}}\n---\n")
    };
    folder.write(
        "a.yaml",
        object("Pod", "name: web")
            + &object("Pod", "name: db, namespace: payments")
            // these have none to name
            + &object("PersistentVolume", "name: disk")
            + &object("Namespace", "name: payments"),
    );
    let told = "1 manifest, left out by --namespace: whoever applies them says where, and `helm \
                template` prints no namespace unless the chart does";
    let replay = |options: &str| {
        run(
            &mut folder.bulkhead(&format!("replay a.yaml {options}")),
            b"",
        )
    };
    let text = replay("--namespace payments");
    let line = format!(" no namespace {told} verdicts ");
    assert!(text.summary().contains(&line), "{}", text.stdout);
    let json = replay("--namespace payments --format json");
    assert_eq!(json.stderr, format!("bulkhead: no namespace: {told}\n"));
    for options in ["", "--name db"] {
        let ran = replay(options);
        assert!(!ran.stdout.contains("no namespace"), "{}", ran.stdout);
    }
}
