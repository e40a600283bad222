//! Tests of the limit of what is read as one text, with one that is quick to reach.

use crate::Item;
use crate::audit::Log;
use crate::reader::{LARGE_DOCUMENT, LARGE_LINE, LARGE_VALUE, Reader};

const LIMIT: usize = 100;
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod"}"#;
const YAML: &str = "apiVersion: v1\nkind: Pod\n";

/// A pod on lines 1 to 4.
const PRETTY: &str = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\"\n}\n";

/// Where the cases of an input start, and what is broken where.
fn report(input: &str) -> Vec<String> {
    let line = |item| match item {
        Item::Case(case) => case_on(case.place.line),
        Item::Unjudged(unjudged) => format!("unjudged on {}", unjudged.place.line),
        Item::Skipped(skipped) => format!("skipped on {}", skipped.place.line),
        Item::Broken(broken) => broken_on(broken.line, &broken.message),
    };
    let items = Reader::new(input.as_bytes(), LIMIT, Log::default()).map(Result::unwrap);
    items.map(line).collect()
}

fn case_on(line: u64) -> String {
    format!("case on {line}")
}

fn broken_on(line: u64, message: &str) -> String {
    format!("broken on {line}: {message}")
}

/// A pod as a line of `size` bytes, with brackets in a text.
fn line_of(size: usize) -> String {
    let start = r#"{"apiVersion":"v1","kind":"Pod","a":"{\"["#;
    let rest = size - start.len() - "\"}\n".len();
    format!("{start}{}\"}}\n", "x".repeat(rest))
}

#[test]
fn reads_lines_up_to_the_limit() {
    let line = line_of(LIMIT);
    let input = format!("{line}{line}{}", line_of(LIMIT + 1).trim_end());
    assert_eq!(report(&input), [case_on(1), case_on(2), case_on(3)]);
}

#[test]
fn passes_over_a_line_wherever_it_stands() {
    for size in [LIMIT + 1, 3 * LIMIT, 500_000] {
        let line = line_of(size);
        let input = format!("{line}{POD}\n{line}\r\n{POD}\n{line}x");
        let broken = |line| broken_on(line, LARGE_LINE);
        let expected = [broken(1), case_on(2), broken(3), case_on(5), broken(6)];
        assert_eq!(report(&input)[..5], expected);
        let input = format!("{POD}\n{}", line_of(size + 1).trim_end());
        assert_eq!(report(&input), [case_on(1), broken(2)]);
    }
}

#[test]
fn passes_over_all_lines_of_a_record() {
    let text = "x".repeat(3 * LIMIT);
    for record in [
        format!("{{\"a\":\n \"{text}\",\n \"b\":1\n}}"),
        format!("{{\"a\":\"{text}\",\n \"b\":1,\n \"c\":2\n}}"),
        format!("{{\"a\":[\n{} 1\n]}}", " 1,\n".repeat(LIMIT)),
    ] {
        let next = 2 + u64::try_from(record.lines().count()).unwrap();
        let input = format!("{POD}\n{record}\n{POD}\n");
        let expected = [case_on(1), broken_on(2, LARGE_LINE), case_on(next)];
        assert_eq!(report(&input), expected);
    }
}

#[test]
fn does_not_take_the_next_record_for_a_part_of_one() {
    let input = format!("{POD}\n{}  {POD}\n", line_of(3 * LIMIT));
    let expected = [case_on(1), broken_on(2, LARGE_LINE), case_on(3)];
    assert_eq!(report(&input), expected);
}

#[test]
fn passes_over_a_yaml_document_of_many_lines() {
    let large = format!("# b\n{YAML}a:\n{}", "- x\n".repeat(LIMIT));
    let input = format!("# a\n{YAML}---\n{large}---\n{YAML}");
    let broken = broken_on(6, LARGE_DOCUMENT);
    assert_eq!(report(&input), [case_on(2), broken, case_on(110)]);
}

#[test]
fn passes_over_a_yaml_document_with_a_large_line() {
    let broken = |line| broken_on(line, LARGE_DOCUMENT);
    let text = "x".repeat(3 * LIMIT);
    let large = format!("{YAML}a: {text}\nb: 1\n");
    let input = format!("---\n{large}...\n{large}---\n{YAML}");
    assert_eq!(report(&input), [broken(2), broken(7), case_on(12)]);
    let input = format!("{text}\n{YAML}---\n{YAML}---\n{text}");
    assert_eq!(report(&input), [broken(1), case_on(5), broken(8)]);
}

#[test]
fn passes_over_a_document_with_too_many_comments() {
    let comments = "# a comment\n".repeat(LIMIT);
    for document in [YAML, PRETTY] {
        let found = report(&format!("{comments}{document}---\n{YAML}"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("broken"), "{found:?}");
    }
}

#[test]
fn passes_over_a_json_value_of_many_lines() {
    let list = format!(
        "{{\n\"items\": [\n{}  {POD}\n]}}\n",
        format!("  {POD},\n").repeat(10)
    );
    let array = format!("[\n{}{POD}\n]\n", format!("{POD},\n").repeat(11));
    for value in [list, array] {
        let input = format!("{PRETTY}{value}{PRETTY}---\n{YAML}");
        let broken = broken_on(5, LARGE_VALUE);
        let expected = [case_on(1), broken, case_on(19), case_on(24)];
        assert_eq!(report(&input), expected);
    }
}

#[test]
fn passes_over_a_json_value_with_a_large_line() {
    let text = r#"]} \" {["#.repeat(LIMIT);
    let value = format!("{{\n\"a\": \"{text}\", \"b\": [\n]}}\n");
    let input = format!("# a\n---\n{value}{POD}\n");
    assert_eq!(report(&input), [broken_on(3, LARGE_VALUE), case_on(6)]);
    let input = format!("{PRETTY}{}{PRETTY}", line_of(3 * LIMIT));
    let expected = [case_on(1), broken_on(5, LARGE_VALUE), case_on(6)];
    assert_eq!(report(&input), expected);
}

#[test]
fn goes_on_behind_a_json_value_that_does_not_end() {
    let value = format!("{{\n\"a\": [\n{} 1\n", " 1,\n".repeat(LIMIT));
    let expected = [broken_on(1, LARGE_VALUE), case_on(104)];
    assert_eq!(report(&format!("{value}{PRETTY}")), expected);
    assert_eq!(
        report(&format!("{value}---\n{YAML}")),
        [broken_on(1, LARGE_VALUE), case_on(105)]
    );
}

#[test]
fn reads_any_number_of_json_values() {
    let found = report(&PRETTY.repeat(LIMIT));
    assert_eq!(found.len(), LIMIT);
    assert_eq!(found[LIMIT - 1], case_on(397));
}

#[test]
fn reads_the_lines_behind_a_cut_one() {
    let lines = format!("{POD}\n").repeat(LIMIT);
    for cut in 1..POD.len() - 1 {
        let (start, _) = POD.split_at(cut);
        let found = report(&format!("{start}\n{lines}"));
        assert_eq!(found.len(), 1 + LIMIT, "{found:?}");
        assert!(found[0].starts_with("broken"), "{found:?}");
        assert_eq!((&found[1], &found[LIMIT]), (&case_on(2), &case_on(101)));
    }
}
