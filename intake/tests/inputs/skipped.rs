//! What is read but is no Kubernetes object: counted with its reason, never an error.

use super::{report, requests};

#[test]
fn finds_nothing_in_an_empty_input() {
    for input in [
        "",
        "\n \n",
        "\u{feff}",
        "# a comment\n",
        "---\n# a\n---\n...\n",
        "%YAML 1.1\n---\n",
    ] {
        assert_eq!(report(input), [""; 0], "{input:?}");
    }
}

#[test]
fn skips_what_is_no_kubernetes_object() {
    for (input, reason) in [
        ("a: 1\n", "no `apiVersion` and `kind`"),
        ("apiVersion: v1\n", "no `apiVersion` and `kind`"),
        ("kind: Pod\n", "no `apiVersion` and `kind`"),
        ("apiVersion: 1\nkind: Pod\n", "no `apiVersion` and `kind`"),
        (
            "apiVersion: v1\nkind: {a: 1}\n",
            "no `apiVersion` and `kind`",
        ),
        ("{}", "no `apiVersion` and `kind`"),
        ("just text\n", "not an object"),
        ("'text'\n", "not an object"),
        ("[3]", "not an object"),
        ("- null\n", "not an object"),
    ] {
        assert_eq!(
            report(input),
            [format!("skipped 1/1/1 {reason}")],
            "{input:?}"
        );
    }
}

#[test]
fn skips_templates() {
    for input in [
        "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        "kind: Pod\n{{- if .Values.a }}\nspec: {}\n{{- end }}\n",
        "kind: {{ .Values.kind | quote }}\nkind: {{ .Values.other }}\n",
        "{{- if .Values.a -}}\nkind: Pod\n{{ end }}\n",
        "{{ include \"a\" . }}\n",
    ] {
        assert_eq!(
            report(input),
            ["skipped 1/1/1 a Go template, render it first"],
            "{input:?}"
        );
    }
}

#[test]
fn skips_only_the_documents_of_a_chart_that_are_templates() {
    let input = "\
{{- if .Values.rbac }}
---
# Source
apiVersion: v1
kind: Pod
metadata: {name: a}
---
# Source
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  {{- with .Values.labels }}
---
{{- end }}
";
    assert_eq!(
        report(input),
        [
            "skipped 1/1/1 a Go template, render it first",
            "case 4/2/1 CREATE Pod a",
            "skipped 9/3/1 a Go template, render it first",
            "skipped 15/4/1 a Go template, render it first",
        ]
    );
}

#[test]
fn judges_an_object_with_braces_in_its_texts() {
    let input = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {a: '{{inputs.a}}'}\n";
    assert_eq!(requests(input)[0]["object"]["spec"]["a"], "{{inputs.a}}");
}

/// What kubectl would apply, or refuse for a reason that no rendering removes, is no template.
#[test]
fn a_template_elsewhere_excuses_nothing() {
    for input in [
        "kind: Pod\nspec: {hostPID: true}\nspec: {} # {{ x }}\n",
        "args: ['{{x}}']\nkind: Pod\nkind: Pod\n",
        "# {{ x }}\nkind: [\n",
        "args: ['{{x}}'] # \u{85}\n",
    ] {
        let report = report(input);
        assert!(
            report.iter().all(|line| line.starts_with("broken")),
            "{input:?}: {report:?}"
        );
    }
}

#[test]
fn a_list_without_an_array_is_broken() {
    let input = r#"{"kind":"List","apiVersion":"v1","items":{"kind":"Pod"}}"#;
    assert!(
        report(input)[0].starts_with("broken"),
        "{:?}",
        report(input)
    );
}
