//! From a pointer back to line and column.

use super::cases;
use intake::{Case, Position};

/// Line and column of what a pointer names.
fn place(case: &Case, pointer: &str) -> Option<(u64, u64)> {
    let Position { line, column } = case.locate(pointer)?;
    Some((line, column))
}

fn check(input: &str, expected: &[(&str, (u64, u64))]) {
    let case = &cases(input)[0];
    for (pointer, position) in expected {
        assert_eq!(place(case, pointer), Some(*position), "{pointer}");
    }
}

#[test]
fn locates_in_yaml() {
    check(
        "\
# é
apiVersion: v1
kind: Pod
spec:
  hostPID: true
  containers:
  - name: a
    securityContext:
      capabilities:
        add: [NET_ADMIN, SYS_ADMIN]
  -
    name: b
  volumes:
    - hostPath:
        path: /
",
        &[
            ("", (2, 1)),
            ("/spec", (4, 1)),
            ("/spec/hostPID", (5, 3)),
            ("/spec/containers", (6, 3)),
            ("/spec/containers/0", (7, 5)),
            ("/spec/containers/0/name", (7, 5)),
            (
                "/spec/containers/0/securityContext/capabilities/add/1",
                (10, 26),
            ),
            ("/spec/containers/1/name", (12, 5)),
            ("/spec/volumes/0/hostPath", (14, 7)),
            ("/spec/volumes/0/hostPath/path", (15, 9)),
        ],
    );
}

#[test]
fn locates_nothing_that_is_not_there() {
    let case = &cases("apiVersion: v1\nkind: Pod\na: [1]\n")[0];
    for pointer in ["/b", "/a/1", "/a/0/x", "a", "/a/-", "/kind/x"] {
        assert_eq!(case.locate(pointer), None, "{pointer}");
    }
}

#[test]
fn locates_through_aliases_and_merges_at_the_anchor() {
    check(
        "\
apiVersion: v1
kind: Pod
x: &x
  hostPID: true
  deep: {a: 1}
y: &y [1, 2]
spec:
  <<: *x
  own: 1
  list: *y
",
        &[
            ("/spec/hostPID", (4, 3)),
            ("/spec/deep/a", (5, 10)),
            ("/spec/own", (9, 3)),
            ("/spec/list", (6, 4)),
            ("/spec/list/1", (6, 11)),
        ],
    );
}

#[test]
fn locates_in_pretty_printed_json() {
    check(
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"é\": [\n    1, {\"a/b\": true}\n  ]\n}\n",
        &[
            ("", (1, 1)),
            ("/kind", (3, 3)),
            ("/é", (4, 3)),
            ("/é/0", (5, 5)),
            ("/é/1", (5, 8)),
            ("/é/1/a~1b", (5, 9)),
        ],
    );
}

#[test]
fn locates_in_one_line() {
    check(
        "  {\"apiVersion\":\"v1\",\"kind\":\"Pod\"}",
        &[("", (1, 3)), ("/kind", (1, 22))],
    );
}

#[test]
fn locates_in_the_object_of_a_review() {
    check(
        "{\"kind\":\"AdmissionReview\",\n\"request\": {\"uid\":\"1\",\n  \"object\": {\"a\":\n 1}}}",
        &[("", (3, 13)), ("/a", (3, 14))],
    );
    check(
        "kind: AdmissionReview\nrequest:\n  uid: '1'\n  object:\n    a: [1]\n",
        &[("", (4, 3)), ("/a", (5, 5)), ("/a/0", (5, 9))],
    );
}

#[test]
fn locates_nothing_without_an_object() {
    let case = &cases("{\"uid\":\"1\",\"kind\":{},\"operation\":\"DELETE\"}")[0];
    assert_eq!(case.locate(""), None);
    assert_eq!(case.locate("/uid"), None);
}

#[test]
fn locates_in_every_item_of_a_list() {
    let yaml = "apiVersion: v1\nkind: PodList\nitems:\n- spec: {a: 1}\n- spec:\n    a: 1\n";
    let json = "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[\n{\"spec\":{\"a\":1}},\n{\"spec\":\n{\"a\":1}}]}";
    for (input, expected) in [
        (yaml, [[(4, 3), (4, 10)], [(5, 3), (6, 5)]]),
        (json, [[(2, 1), (2, 10)], [(3, 1), (4, 2)]]),
    ] {
        let cases = cases(input);
        for (case, [whole, a]) in cases.iter().zip(expected) {
            assert_eq!(place(case, ""), Some(whole));
            assert_eq!(place(case, "/spec/a"), Some(a));
        }
        // What the list gives stands nowhere in the item, but is no reason to fail.
        assert!(cases[0].locate("/kind").is_some());
    }
}

#[test]
fn locates_behind_a_byte_order_mark_and_carriage_returns() {
    check(
        "\u{feff}apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  a: 1\r\n",
        &[("/kind", (2, 1)), ("/spec/a", (4, 3))],
    );
    check(
        "\u{feff}{\"apiVersion\":\"v1\",\r\n\"kind\":\"Pod\"}",
        &[("", (1, 1)), ("/kind", (2, 1))],
    );
}

#[test]
fn locates_in_later_documents() {
    let cases = cases(
        "# a\n---\n\napiVersion: v1\nkind: Pod\n---\n# b\n\n{\"apiVersion\":\"v1\",\n\"kind\":\"Pod\"}\n---\napiVersion: v1\nkind: Pod\n",
    );
    let lines: Vec<_> = cases.iter().map(|case| place(case, "/kind")).collect();
    assert_eq!(lines, [Some((5, 1)), Some((10, 1)), Some((13, 1))]);
}
