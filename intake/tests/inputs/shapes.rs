//! What is recognised, and as what.

use super::{cases, report, requests};
use serde_json::json;

const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","kind":{"group":"","version":"v1","kind":"Pod"},"name":"a","operation":"UPDATE","object":{"x":[1, 2]}}}"#;
const REQUEST: &str = r#"{"uid":"2","kind":{"group":"","version":"v1","kind":"Pod"},"name":"b","operation":"DELETE"}"#;
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}}"#;

#[test]
fn passes_the_request_of_a_review_on_untouched() {
    let request = r#"{"uid" : "1", "a": 1e999, "a": "\ud800",  "operation":3}"#;
    let input = format!(r#"{{"kind":"AdmissionReview","request":  {request} }}"#);
    assert_eq!(cases(&input)[0].request(), request);
}

#[test]
fn says_whether_a_review_was_refused() {
    for (response, refused) in [
        ("", false),
        (r#","response":{"uid":"1","allowed":true}"#, false),
        (r#","response":{"uid":"1","allowed":false}"#, true),
        (r#","response":null"#, false),
    ] {
        let input = format!(r#"{{"kind":"AdmissionReview","request":{REQUEST}{response}}}"#);
        let cases = cases(&input);
        assert_eq!(cases[0].request(), REQUEST);
        assert_eq!(cases[0].refused, refused, "{response}");
    }
    assert!(!cases(POD)[0].refused);
}

#[test]
fn passes_a_bare_request_on_untouched() {
    assert_eq!(cases(format!("  {REQUEST}\n"))[0].request(), REQUEST);
}

#[test]
fn judges_a_manifest_as_created() {
    let input = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: a}\n";
    assert_eq!(
        requests(input),
        [json!({
            "uid": "",
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "resource": {"group": "apps", "version": "v1", "resource": "Deployment"},
            "operation": "CREATE",
            "name": "web",
            "namespace": "a",
            "userInfo": {},
            "object": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "a"},
            },
        })]
    );
}

#[test]
fn reads_json_lines() {
    let input = format!("\n{REVIEW}\n\n{REQUEST}\r\n{POD}");
    assert_eq!(
        report(input),
        [
            "case 2/1/1 UPDATE Pod a",
            "case 4/1/1 DELETE Pod b",
            "case 5/1/1 CREATE Pod c"
        ]
    );
}

#[test]
fn reads_on_behind_a_broken_line() {
    let input = format!("{REVIEW}\n{{\"kind\":\"AdmissionReview\",\"req\n{POD}\nnot json\n{POD}\n");
    assert_eq!(
        report(input),
        [
            "case 1/1/1 UPDATE Pod a",
            "broken 2 the text ends inside a JSON value",
            "case 3/1/1 CREATE Pod c",
            "broken 4 column 2: not JSON, expected value",
            "case 5/1/1 CREATE Pod c",
        ]
    );
}

#[test]
fn counts_items_within_a_line() {
    let input = format!(
        "{POD}\n[{POD}, {REVIEW},3]\n{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{POD}]}}\n"
    );
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod c",
            "case 2/1/1 CREATE Pod c",
            "case 2/1/2 UPDATE Pod a",
            "skipped 2/1/3 not an object",
            "case 3/1/1 CREATE Pod c",
        ]
    );
}

#[test]
fn reads_a_pretty_printed_document_among_lines() {
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\"\n}";
    let input = format!("{POD}\n{pretty}\n{POD}\n{pretty}\n");
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod c",
            "case 2/1/1 CREATE Pod -",
            "case 6/1/1 CREATE Pod c",
            "case 7/1/1 CREATE Pod -",
        ]
    );
}

#[test]
fn reads_several_documents_in_one_text() {
    let pretty = "{\n\"apiVersion\": \"v1\",\n\"kind\": \"Pod\"\n}";
    let input = format!("{pretty} {pretty}\n\n{POD}{REVIEW}\n");
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod -",
            "case 4/2/1 CREATE Pod -",
            "case 9/3/1 CREATE Pod c",
            "case 9/4/1 UPDATE Pod a",
        ]
    );
}

#[test]
fn reads_an_indented_document() {
    let input = "\n  {\n    \"apiVersion\": \"v1\",\n    \"kind\": \"Pod\"\n  }\n";
    assert_eq!(report(input), ["case 2/1/1 CREATE Pod -"]);
    assert_eq!(report(format!("---\n{input}")), ["case 3/1/1 CREATE Pod -"]);
}

#[test]
fn reads_an_array_over_several_lines() {
    let input = format!("[\n{POD},\n{REVIEW},\n{REQUEST}\n]\n");
    assert_eq!(
        report(input),
        [
            "case 2/1/1 CREATE Pod c",
            "case 3/1/2 UPDATE Pod a",
            "case 4/1/3 DELETE Pod b"
        ]
    );
}

#[test]
fn gives_items_what_their_list_says() {
    let input = r#"{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[
        {"metadata":{"name":"a"}},
        {},
        {"kind":"Special","metadata":{"name":"b"}},
        {"apiVersion":null}
    ]}"#;
    assert_eq!(
        report(input),
        [
            "case 2/1/1 CREATE Pod a",
            "case 3/1/2 CREATE Pod -",
            "case 4/1/3 CREATE Special b",
            "skipped 5/1/4 no `apiVersion` and `kind`",
        ]
    );
}

#[test]
fn completes_the_object_of_a_list_item() {
    let input = r#"{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"a":1},{ }]}"#;
    let objects: Vec<_> = requests(input)
        .iter()
        .map(|request| request["object"].clone())
        .collect();
    assert_eq!(
        objects,
        [
            json!({"a": 1, "apiVersion": "apps/v1", "kind": "Deployment"}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment"}),
        ]
    );
}

#[test]
fn gives_items_of_a_list_of_anything_nothing() {
    let input = r#"{"apiVersion":"v1","kind":"List","items":[{"kind":"Pod"},{"metadata":{}}]}"#;
    assert_eq!(
        report(input),
        [
            "skipped 1/1/1 no `apiVersion` and `kind`",
            "skipped 1/1/2 no `apiVersion` and `kind`",
        ]
    );
}

#[test]
fn counts_the_items_of_lists_in_lists_on() {
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{POD},{POD}]}}"#);
    assert_eq!(
        report(format!("[{list},{POD}]")),
        [
            "case 1/1/1 CREATE Pod c",
            "case 1/1/2 CREATE Pod c",
            "case 1/1/3 CREATE Pod c"
        ]
    );
}

#[test]
fn takes_an_empty_list_for_nothing() {
    for items in ["[]", "null"] {
        let list = format!(r#"{{"apiVersion":"v1","kind":"PodList","items":{items}}}"#);
        assert_eq!(report(list), [""; 0]);
    }
}

#[test]
fn takes_a_kind_that_only_sounds_like_a_list_for_an_object() {
    let input = r#"{"apiVersion":"x.io/v1","kind":"AllowList","metadata":{"name":"a"},"items":{}}"#;
    assert_eq!(report(input), ["case 1/1/1 CREATE AllowList a"]);
}

#[test]
fn reads_many_yaml_documents() {
    let input = "\
# first
---
apiVersion: v1
kind: Pod
metadata: {name: a}
--- # second
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: b}
-
  apiVersion: v1
  kind: Pod
  metadata: {name: c}
---
# nothing here
---
---
apiVersion: v1
kind: Pod
metadata: {name: d}
...
---
";
    assert_eq!(
        report(input),
        [
            "case 3/1/1 CREATE Pod a",
            "case 10/2/1 CREATE Pod b",
            "case 14/2/2 CREATE Pod c",
            "case 21/3/1 CREATE Pod d",
        ]
    );
}

#[test]
fn reads_json_documents_that_marks_end() {
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\"\n}\n";
    assert_eq!(
        report(format!("{pretty}...\n{pretty}{pretty}---\n{pretty}...\n")),
        [
            "case 1/1/1 CREATE Pod -",
            "case 6/2/1 CREATE Pod -",
            "case 10/3/1 CREATE Pod -",
            "case 15/4/1 CREATE Pod -",
        ]
    );
}

#[test]
fn reads_reviews_and_requests_as_yaml() {
    let input = "\
kind: AdmissionReview
request:
  operation: CREATE
  kind: {kind: Pod}
  name: a
---
operation: CREATE
kind: {kind: Pod}
name: b
---
- apiVersion: v1
  kind: Pod
  metadata: {name: c}
";
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod a",
            "case 7/2/1 CREATE Pod b",
            "case 11/3/1 CREATE Pod c"
        ]
    );
}

#[test]
fn reads_json_and_yaml_documents_in_one_text() {
    let input =
        format!("---\n{POD}\n---\napiVersion: v1\nkind: Pod\n---\n# {{\n{{\n\"kind\": 1\n}}\n");
    assert_eq!(
        report(input),
        [
            "case 2/1/1 CREATE Pod c",
            "case 4/2/1 CREATE Pod -",
            "skipped 8/3/1 no `apiVersion` and `kind`",
        ]
    );
}

#[test]
fn reads_yaml_behind_json_lines() {
    let input = format!("{POD}\n{POD}\n---\napiVersion: v1\nkind: Pod\n");
    assert_eq!(
        report(input),
        [
            "case 1/1/1 CREATE Pod c",
            "case 2/1/1 CREATE Pod c",
            "case 4/1/1 CREATE Pod -"
        ]
    );
}

/// A flow mapping at the start of a line is no record of a log.
#[test]
fn reads_yaml_with_a_line_that_is_json() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations:\n{\"a\":\"b\"}\n}\n";
    assert_eq!(report(pod), ["case 1/1/1 CREATE Pod web"]);
    let tagged =
        "--- !!map\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"}}\n";
    assert_eq!(report(tagged).len(), 1);
    assert!(report(tagged)[0].starts_with("case "));
    let template = "{{- define \"pull\" -}}\n{\"auths\":{\"a\":\"b\"}}\n{{- end -}}\n";
    assert_eq!(report(template).len(), 1, "{:?}", report(template));
}

#[test]
fn reads_yaml_in_flow_style() {
    assert_eq!(
        report("{apiVersion: v1, kind: Pod, metadata: {name: a}}"),
        ["case 1/1/1 CREATE Pod a"]
    );
    assert_eq!(
        report("{ 'apiVersion': v1, kind: Pod }\n---\n[{apiVersion: v1, kind: Pod}]"),
        ["case 1/1/1 CREATE Pod -", "case 3/2/1 CREATE Pod -"]
    );
}

#[test]
fn reads_directives() {
    let input = "\
%YAML 1.1
---
apiVersion: v1
kind: Pod
metadata: {name: a}
...
# between
%TAG !k! tag:yaml.org,2002:
---
apiVersion: !k!str v1
kind: Pod
metadata: {name: !k!str 1}
";
    assert_eq!(
        report(input),
        ["case 3/1/1 CREATE Pod a", "case 10/2/1 CREATE Pod 1"]
    );
}

#[test]
fn events_of_the_api_are_objects_like_any_other() {
    let event = r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"e"}}"#;
    assert_eq!(report(event), ["case 1/1/1 CREATE Event e"]);
}
