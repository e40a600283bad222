//! Big inputs take time and memory in proportion to their size. These tests would not end in a
//! day if they did not.

use super::items;
use intake::{Item, MAX_BYTES, read};
use std::io::{self, BufReader, Read};

/// 50 MB.
const SIZE: usize = 50_000_000;

fn count(input: &str) -> usize {
    items(input)
        .iter()
        .filter(|item| matches!(item, Item::Case(_)))
        .count()
}

#[test]
fn reads_many_json_lines() {
    let line = format!(
        "{{\"kind\":\"AdmissionReview\",\"request\":{{\"object\":\"{}\"}}}}\n",
        "x".repeat(950)
    );
    let lines = SIZE / line.len();
    assert_eq!(count(&line.repeat(lines)), lines);
}

#[test]
fn reads_a_long_list_and_locates_in_each_item() {
    let item = "{\"metadata\":{\"name\":\"a\"},\n\"spec\":{\"hostPID\":true}}";
    let number = SIZE / 10 / item.len();
    let list = vec![item; number].join(",\n");
    let input = format!("{{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[\n{list}]}}");
    let items = items(input);
    assert_eq!(items.len(), number);
    for (index, item) in items.iter().enumerate() {
        let Item::Case(case) = item else { panic!() };
        let position = case.locate("/spec/hostPID").unwrap();
        assert_eq!(position.line, 3 + 2 * u64::try_from(index).unwrap());
    }
}

#[test]
fn reads_a_long_yaml_document() {
    let entry = "- name: a\n  value: \"b\"\n";
    let input = format!(
        "apiVersion: v1\nkind: Pod\nenv:\n{}",
        entry.repeat(SIZE / 10 / entry.len())
    );
    assert_eq!(count(&input), 1);
}

#[test]
fn reads_many_yaml_documents() {
    let document = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\n";
    let number = SIZE / 10 / document.len();
    assert_eq!(count(&document.repeat(number)), number);
}

#[test]
fn reads_one_huge_text() {
    let text = "x y ".repeat(SIZE / 4);
    assert_eq!(count(&format!("apiVersion: v1\nkind: Pod\na: {text}\n")), 1);
    assert_eq!(
        count(&format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"a\":\"{text}\"}}"
        )),
        1
    );
}

#[test]
fn passes_over_a_line_of_any_size() {
    let mebibyte = 1 << 20;
    for size in [MAX_BYTES, 4 * MAX_BYTES] {
        let giant = io::repeat(b'x').take(u64::try_from(size).unwrap());
        let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
        let (start, end) = (format!("{pod}\n{{\"a\":\""), format!("\"}}\n{pod}\n"));
        let input = start.as_bytes().chain(giant).chain(end.as_bytes());
        let items: Vec<Item> = read(BufReader::with_capacity(mebibyte, input))
            .map(Result::unwrap)
            .collect();
        let [Item::Case(first), Item::Broken(broken), Item::Case(last)] = items.as_slice() else {
            panic!("{items:?}");
        };
        assert_eq!((first.place.line, last.place.line), (1, 3));
        assert_eq!(broken.line, 2);
        assert_eq!(
            broken.message,
            "too large: more than 64 MiB in one line, give each object its own"
        );
        assert_eq!(MAX_BYTES, 64 * mebibyte);
    }
}

#[test]
fn reads_a_mapping_of_many_keys() {
    let keys: String = (0..200_000).map(|key| format!("  k{key}: 1\n")).collect();
    assert_eq!(count(&format!("apiVersion: v1\nkind: Pod\na:\n{keys}")), 1);
}

#[test]
fn gives_up_on_a_wall_of_brackets() {
    for text in [
        "[",
        "{",
        "{\"a\":",
        "[\n",
        "{\"a\":[\n",
        "a: [",
        "- ",
        "? ",
        "{{",
        "&a ",
        "!a ",
        "*a ",
    ] {
        let found = items(text.repeat(1_000_000 / text.len()));
        assert!(
            found.iter().all(|item| !matches!(item, Item::Case(_))),
            "{text}"
        );
        assert!(!found.is_empty(), "{text}");
    }
}
