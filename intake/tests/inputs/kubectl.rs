//! YAML means what it means to kubectl. Sources: go-yaml v2 `resolve.go` and `decode.go`,
//! sigs.k8s.io/yaml `yaml.go`.

use super::{cases, fault, report, requests};
use serde_json::{Value, json};

/// The object under `spec` of a manifest that ends in `yaml`.
fn spec(yaml: &str) -> Value {
    requests(format!("apiVersion: v1\nkind: Pod\nspec:\n{yaml}"))[0]["object"]["spec"].clone()
}

fn fault_in_spec(yaml: &str) -> (u64, String) {
    fault(format!("apiVersion: v1\nkind: Pod\nspec:\n{yaml}"))
}

#[test]
fn reads_the_words_of_yaml_1_1() {
    assert_eq!(
        spec(
            "  hostPID: yes\n  hostIPC: on\n  hostNetwork: Y\n  a: off\n  b: 'yes'\n  c: ~\n  d:\n"
        ),
        json!({
            "hostPID": true, "hostIPC": true, "hostNetwork": true,
            "a": false, "b": "yes", "c": null, "d": null,
        })
    );
}

#[test]
fn reads_numbers() {
    assert_eq!(
        spec("  [010, 0o10, 0x10, 0b10, 1_0, +1, 1.0, 1e3, 08, 1.5, 1:30, 2001-01-01, -1]"),
        json!([
            8,
            8,
            16,
            2,
            10,
            1,
            1,
            1000,
            8,
            1.5,
            "1:30",
            "2001-01-01",
            -1
        ])
    );
}

#[test]
fn writes_whole_numbers_without_a_fraction() {
    let case = &cases("apiVersion: v1\nkind: Pod\nspec: {runAsUser: 0.0, a: 1e3}\n")[0];
    assert!(
        case.request()
            .contains(r#""spec":{"runAsUser":0,"a":1000}"#)
    );
}

#[test]
fn keeps_the_digits_of_huge_integers() {
    let case = &cases("apiVersion: v1\nkind: Pod\nspec: [123456789012345678901234567890]\n")[0];
    assert!(
        case.request()
            .contains(r#""spec":[123456789012345678901234567890]"#)
    );
    let case = &cases(r#"{"apiVersion":"v1","kind":"Pod","spec":[1.00000000000000000001]}"#)[0];
    assert!(
        case.request()
            .contains(r#""spec":[1.00000000000000000001]"#)
    );
}

#[test]
fn refuses_numbers_that_json_does_not_know() {
    let (line, message) = fault_in_spec("  a: 1\n  b: .inf\n");
    assert_eq!(line, 5);
    assert_eq!(message, "a number that JSON does not know, such as `.inf`");
}

#[test]
fn keeps_quoted_and_block_texts() {
    assert_eq!(
        spec(
            "  a: \"1\\n\\u00e9\\\"\\\\\"\n  b: 'it''s'\n  c: |\n    x\n     y\n\n  d: >-\n    x\n    y\n"
        ),
        json!({"a": "1\né\"\\", "b": "it's", "c": "x\n y\n", "d": "x y"})
    );
}

#[test]
fn makes_keys_texts() {
    assert_eq!(
        spec("  1: a\n  on: b\n  0x10: c\n  1.50: d\n  no: e\n  \"\": f\n  ? g\n  : h\n"),
        json!({"1": "a", "true": "b", "16": "c", "1.5": "d", "false": "e", "": "f", "g": "h"})
    );
}

#[test]
fn refuses_keys_that_cannot_be_texts() {
    let null = "a null key, quote it or give it a name";
    assert_eq!(fault_in_spec("  a: 1\n  ~: 2\n"), (5, null.to_owned()));
    let list = "a key that is a list or a mapping, use a text";
    assert_eq!(fault_in_spec("  a: 1\n  [b]: 2\n"), (5, list.to_owned()));
}

#[test]
fn refuses_duplicate_keys() {
    let message = |key| format!("`{key}`: given twice, remove one");
    assert_eq!(fault_in_spec("  a: 1\n  b: 2\n  a: 3\n"), (6, message("a")));
    assert_eq!(fault_in_spec("  - 1: a\n    '1': b\n"), (5, message("1")));
    assert_eq!(fault_in_spec("  on: a\n  yes: b\n"), (5, message("true")));
    let json = "{\"apiVersion\":\"v1\",\n\"kind\":\"Pod\",\"spec\":{\"a\":1,\n\"a\":2}}";
    let message = "`a`: given twice, remove one".to_owned();
    assert_eq!(fault(json), (3, message));
}

#[test]
fn costs_only_the_item_with_the_duplicate() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
    let twice = r#"{"apiVersion":"v1","kind":"Pod","a":1,"a":1}"#;
    assert_eq!(
        report(format!("[{pod},\n{twice},\n{pod}]")),
        [
            "case 1/1/1 CREATE Pod -",
            "broken 2 `a`: given twice, remove one",
            "case 3/1/3 CREATE Pod -",
        ]
    );
}

#[test]
fn merges() {
    assert_eq!(
        spec(
            "  x: &x {a: 1, b: 2}\n  z: &z {b: 3, c: 4}\n  one:\n    <<: *x\n    b: 9\n  list:\n    <<: [*x, *z]\n    d: 5\n"
        ),
        json!({
            "x": {"a": 1, "b": 2},
            "z": {"b": 3, "c": 4},
            "one": {"a": 1, "b": 9},
            "list": {"a": 1, "b": 2, "c": 4, "d": 5},
        })
    );
}

#[test]
fn lets_a_merge_win_over_what_stands_before_it() {
    // YAML says otherwise, but this is what go-yaml v2 and so kubectl does: each key is set as it
    // comes.
    assert_eq!(
        spec("  x: &x {hostPID: true}\n  z:\n    hostPID: false\n    <<: *x\n")["z"],
        json!({"hostPID": true})
    );
}

#[test]
fn merges_mappings_that_have_merged_themselves() {
    assert_eq!(
        spec("  x: &x {a: 1}\n  w: &w {<<: *x, b: 2}\n  z: {<<: *w, <<: {c: 3}}\n")["z"],
        json!({"a": 1, "b": 2, "c": 3})
    );
}

#[test]
fn takes_a_quoted_merge_key_for_a_text() {
    assert_eq!(
        spec("  '<<': {a: 1}\n  b: <<\n"),
        json!({"<<": {"a": 1}, "b": "<<"})
    );
}

#[test]
fn refuses_to_merge_what_is_no_mapping() {
    let message = "`<<`: merges a mapping or a list of mappings alone".to_owned();
    assert_eq!(
        fault_in_spec("  a: 1\n  <<: secret\n"),
        (5, message.clone())
    );
    assert_eq!(fault_in_spec("  a: 1\n  <<: [{}, secret]\n"), (5, message));
}

#[test]
fn writes_aliases_out() {
    assert_eq!(
        spec("  a: &a [1, &b x]\n  c: *a\n  *b : *b\n"),
        json!({"a": [1, "x"], "c": [1, "x"], "x": "x"})
    );
}

#[test]
fn uses_the_last_anchor_of_a_name() {
    assert_eq!(spec("  [&a 1, *a, &a 2, *a]"), json!([1, 1, 2, 2]));
}

#[test]
fn refuses_aliases_that_do_not_end() {
    let message = "an alias inside its own anchor".to_owned();
    assert_eq!(fault_in_spec("  a: &a\n    b: *a\n"), (5, message));
}

#[test]
fn refuses_aliases_to_nothing() {
    let (line, message) = fault_in_spec("  a: *secret\n");
    assert_eq!(line, 4);
    assert_eq!(
        message,
        "column 6: not YAML, while parsing node, found unknown anchor"
    );
}

#[test]
fn does_not_take_anchors_into_the_next_document() {
    let input = "apiVersion: v1\nkind: Pod\na: &a 1\n---\napiVersion: v1\nkind: Pod\na: *a\n";
    let report = report(input);
    assert_eq!(report[0], "case 1/1/1 CREATE Pod -");
    assert!(report[1].starts_with("broken 7 "), "{report:?}");
}

#[test]
fn honours_tags() {
    assert_eq!(
        spec("  [!!str 1, !!int \"1\", !!bool \"yes\", !!float 1, ! 1, !own 1, !!null '']"),
        json!(["1", 1, true, 1, "1", "1", null])
    );
    assert_eq!(
        fault_in_spec("  a: !!int secret\n"),
        (4, "`!!int`: the value is of another type".to_owned())
    );
    assert_eq!(
        fault_in_spec("  a: !!binary c2VjcmV0\n"),
        (
            4,
            "`!!binary` has no place in JSON, write the text".to_owned()
        )
    );
}
