//! Input that cannot be read: a clear error with its line, and everything else read all the same.

use super::{fault, report};
use intake::{Item, read};
use std::io::{self, BufReader, Read};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod"}"#;

#[test]
fn goes_on_at_the_next_yaml_document() {
    let input =
        "apiVersion: v1\nkind: Pod\n---\na: b: c\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n";
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod -",
            "broken 4 column 5: not YAML, mapping values are not allowed in this context",
            "case 7/3/1 CREATE Pod -",
        ]
    );
}

#[test]
fn goes_on_at_the_next_json_document() {
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\"\n}\n";
    let broken = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n";
    assert_eq!(
        report(format!("{pretty}{broken}{pretty}")),
        [
            "case 1/1/1 CREATE Pod -",
            "broken 8 column 1: not JSON, key must be a string",
            "case 8/3/1 CREATE Pod -",
        ]
    );
}

#[test]
fn reads_the_whole_items_of_a_truncated_array() {
    assert_eq!(
        report(format!("[\n{POD},\n{POD},\n{{\"apiVersion\":\"v1\",\n")),
        [
            "broken 4 the text ends inside a JSON value",
            "case 2/2/1 CREATE Pod -",
            "case 3/3/1 CREATE Pod -",
            "broken 4 the text ends inside a JSON value",
        ]
    );
}

#[test]
fn complains_once_of_what_stands_between_values() {
    let values = format!("{POD},\n").repeat(3);
    assert_eq!(
        report(format!("{values}---\n{POD}\n{POD},\n")),
        [
            "case 1/1/1 CREATE Pod -",
            "broken 1 column 33: not JSON, expected value",
            "case 2/3/1 CREATE Pod -",
            "case 3/4/1 CREATE Pod -",
            "case 5/5/1 CREATE Pod -",
            "case 6/6/1 CREATE Pod -",
            "broken 6 column 33: not JSON, expected value",
        ]
    );
}

#[test]
fn names_the_line_where_the_text_ends() {
    let end = "the text ends inside a JSON value".to_owned();
    assert_eq!(
        fault("{\"apiVersion\": \"v1\",\n \"kind\": \"Po"),
        (2, end.clone())
    );
    assert_eq!(fault("{"), (1, end.clone()));
    assert_eq!(fault("["), (1, end));
    for yaml in ["a: \"b\n", "a: [1,\n2\n", "a: {b: 1\n"] {
        let (line, message) = fault(format!("apiVersion: v1\n{yaml}"));
        assert!(line == 2 || line == 3, "{line}");
        assert!(message.contains("not YAML"), "{message}");
    }
}

#[test]
fn reports_reviews_without_a_request() {
    let message = "`request`: no object, though this is a review".to_owned();
    for input in [
        r#"{"kind":"AdmissionReview"}"#,
        r#"{"kind":"AdmissionReview","request":null}"#,
        r#"{"kind":"AdmissionReview","request":"a","apiVersion":"admission.k8s.io/v1"}"#,
        "kind: AdmissionReview\nrequest: []\n",
    ] {
        assert_eq!(fault(input), (1, message.clone()));
    }
}

#[test]
fn reports_a_review_with_two_requests() {
    let message = "`request`: given twice, remove one".to_owned();
    assert_eq!(
        fault(r#"{"kind":"AdmissionReview","request":{},"request":{}}"#),
        (1, message)
    );
}

#[test]
fn reports_what_is_not_utf_8() {
    let message = "a byte that is not UTF-8";
    assert_eq!(
        fault(b"apiVersion: v1\nkind: \xff\n"),
        (2, message.to_owned())
    );
    let mut input = format!("{POD}\n").into_bytes();
    input.extend(b"{\"\xff\":1}\n");
    input.extend(format!("{POD}\n").bytes());
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod -",
            &format!("broken 2 {message}"),
            "case 3/1/1 CREATE Pod -"
        ]
    );
    let utf_16 = b"\xff\xfek\0i\0n\0d\0:\0 \0P\0o\0d\0\n\0";
    assert_eq!(
        fault(utf_16),
        (1, "the text is UTF-16, save it as UTF-8".to_owned())
    );
}

#[test]
fn reports_control_characters() {
    let message = "U+0000, a control character, escape it".to_owned();
    for yaml in [
        "kind: a\0b\n",
        "kind: Pod # \0\n",
        "kind: 'a\0'\n",
        "kind: |\n  \0\n",
    ] {
        let (line, text) = fault(format!("apiVersion: v1\n{yaml}"));
        assert!(line == 2 || line == 3);
        assert_eq!(text, message);
    }
    let (line, message) = fault("{\"apiVersion\":\"v1\",\n\"kind\":\"P\0d\"}");
    assert_eq!(line, 2);
    assert!(message.contains("control character"), "{message}");
}

#[test]
fn reports_line_breaks_that_hide_text() {
    let (line, message) = fault("apiVersion: v1\nkind: Pod # \u{85}hostPID: true\n");
    assert_eq!(line, 2);
    assert_eq!(
        message,
        "U+0085, a line break to some readers of YAML alone, escape it"
    );
}

#[test]
fn reports_numbers_out_of_range() {
    let message = "a number too big for JSON readers".to_owned();
    assert_eq!(
        fault("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n\"a\":1e999}"),
        (2, message)
    );
}

#[test]
fn reports_halves_of_letters() {
    let (line, message) = fault("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n\"a\":\"\\ud800\"}");
    assert_eq!(line, 2);
    assert!(message.contains("not JSON"), "{message}");
}

#[test]
fn reports_deep_nesting() {
    let deep = "nested more than 127 deep".to_owned();
    let flow = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let json = format!("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n\"a\":{flow}}}");
    assert_eq!(fault(json), (2, deep.clone()));
    let (line, message) = fault(format!("apiVersion: v1\nkind: Pod\na: {flow}\n"));
    assert_eq!(line, 3);
    assert!(
        message.contains("recursion limit") || message == deep,
        "{message}"
    );
    let block: String = (0..10_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert_eq!(fault(block), (128, deep.clone()));
    let dashes = format!("apiVersion: v1\nkind: Pod\na:\n{}1\n", "- ".repeat(10_000));
    assert_eq!(fault(dashes), (4, deep));
    let (_, message) = fault(flow);
    assert_eq!(
        message,
        "lists, arrays and wrappers nested more than 8 deep"
    );
}

#[test]
fn passes_deep_nesting_in_a_review_on() {
    let flow = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let input = format!(r#"{{"kind":"AdmissionReview","request":{{"object":{{"a":{flow}}}}}}}"#);
    match read(input.as_bytes()).next() {
        Some(Ok(Item::Case(case))) => assert!(case.locate("/a/0/0/0").is_some()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reports_aliases_that_multiply() {
    let mut input =
        String::from("apiVersion: v1\nkind: Pod\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = format!("*a{}", level - 1);
        input.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [below.as_str(); 9].join(", ")
        ));
    }
    let (_, message) = fault(input);
    assert_eq!(
        message,
        "aliases and merge keys make the document many times its size"
    );
}

#[test]
fn reports_long_texts_that_aliases_multiply() {
    let aliases = "- *a\n".repeat(10_000);
    let input = format!(
        "apiVersion: v1\nkind: Pod\na: &a {}\nb:\n{aliases}",
        "x".repeat(100_000)
    );
    let (_, message) = fault(input);
    assert_eq!(
        message,
        "aliases and merge keys make the document many times its size"
    );
}

#[test]
fn reports_merges_that_multiply() {
    let keys: String = (0..10_000).map(|key| format!("  k{key}: 1\n")).collect();
    let merges = ["*a"; 10_000].join(", ");
    let input = format!("apiVersion: v1\nkind: Pod\na: &a\n{keys}b:\n  <<: [{merges}]\n");
    let (_, message) = fault(input);
    assert_eq!(
        message,
        "aliases and merge keys make the document many times its size"
    );
}

#[test]
fn reports_aliases_that_nest_too_deep() {
    let mut input = String::from("apiVersion: v1\nkind: Pod\na0: &a0 [1]\n");
    for level in 1..200 {
        input.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let (_, message) = fault(input);
    assert_eq!(message, "nested more than 127 deep");
}

#[test]
fn says_nothing_of_the_text_but_key_names() {
    for input in [
        "apiVersion: v1\nkind: Pod\nx: hunter2: hunter2\n",
        "apiVersion: v1\nkind: Pod\nx: @hunter2\n",
        "apiVersion: v1\nkind: Pod\nx: \"hunter2\n",
        "apiVersion: v1\nkind: Pod\nx: *hunter2\n",
        "apiVersion: v1\nkind: Pod\nx: !hunter2!hunter2 hunter2\n",
        "apiVersion: v1\nkind: Pod\nx: \"\\hunter2\"\n",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"x\": hunter2}",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"x\": \"\\hunter2\"}",
        "{\"kind\":\"AdmissionReview\",\"request\":\"hunter2\"}",
    ] {
        let report = report(input).join("\n");
        assert!(report.starts_with("broken "), "{report}");
        assert!(!report.contains("hunter"), "{report}");
    }
}

#[test]
fn keeps_messages_short_and_on_one_line() {
    let key = format!("a{}`\\n\\u001b", "b".repeat(10_000));
    let (_, message) = fault(format!(
        r#"{{"apiVersion":"v1","kind":"Pod","{key}":1,"{key}":1}}"#
    ));
    assert!(message.len() < 200 && !message.contains('\n'), "{message}");
}

#[test]
fn ends_with_the_error_of_its_input() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let input = format!("{POD}\n");
    let mut reader = read(BufReader::new(input.as_bytes().chain(Failing)));
    assert!(matches!(reader.next(), Some(Ok(Item::Case(_)))));
    assert_eq!(reader.next().unwrap().unwrap_err().to_string(), "gone");
    assert!(reader.next().is_none());
}

#[test]
fn never_panics_on_any_cut() {
    let yaml = "%YAML 1.1\n---\napiVersion: v1\nkind: List\nitems:\n- &a {kind: 'é', \"b\": [1, *a]}\n- |+\n  x\n- <<: {a: 1}\n...\n--- !!map\n? a\n: b\n";
    let json = "{\"kind\":\"PodList\",\"items\":[{\"é\":[1e5,\"\\u00e9\"]}],\n\"a\":null}\n[true]\n{\"kind\":\"AdmissionReview\",\"request\":{}}\n";
    for text in [yaml.as_bytes(), json.as_bytes()] {
        for cut in 0..=text.len() {
            report(&text[..cut]);
            report(&text[cut..]);
            for byte in [0, b'{', b'"', b'-', b':', b'\n', b' ', 0xff] {
                let mut changed = text.to_vec();
                if let Some(old) = changed.get_mut(cut) {
                    *old = byte;
                }
                for item in read(changed.as_slice()).flatten() {
                    if let Item::Case(case) = item {
                        case.locate("/items/0");
                    }
                }
            }
        }
    }
}
