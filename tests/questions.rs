//! The form for the settings, `policy-metadata/questions-ui.yml`, asks for every setting and offers
//! nothing that the policy refuses. What there is to ask for, the policy itself says: it names the
//! keys that it would have taken in place of one that it does not know.
//!
//! `BLESS=1 cargo test --test questions` writes the questions for each rule.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "this is a test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use policy::rules::RULES;
use serde::Deserialize;
use serde_json::{Value, json};

const FILE: &str = "policy-metadata/questions-ui.yml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    questions: Vec<Question>,
}

/// What Rancher reads of a question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    variable: String,
    label: String,
    r#type: String,
    group: Option<String>,
    default: Option<Value>,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    sequence_questions: Vec<Self>,
    #[expect(dead_code, reason = "only its name and type are held")]
    tooltip: Option<String>,
    #[expect(dead_code, reason = "only its name and type are held")]
    description: Option<String>,
    #[expect(dead_code, reason = "only its name and type are held")]
    hide_input: Option<bool>,
    required: Option<bool>,
}

fn yaml<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(&intake::yaml_to_json(text).unwrap()).unwrap()
}

fn questions() -> Vec<Question> {
    yaml::<Form>(&fs::read_to_string(FILE).unwrap()).questions
}

fn message(settings: &Value) -> Option<String> {
    let answer = policy::validate_settings(settings.to_string().as_bytes());
    let answer: SettingsValidationResponse = serde_json::from_slice(&answer).unwrap();
    answer.message
}

/// A value at a dotted path, and nothing else.
fn settings(variable: &str, value: Value) -> Value {
    let keys = variable.rsplit('.');
    keys.fold(value, |value, key| json!({ key: value }))
}

/// The keys that the policy takes at a dotted path: those of a table, or of what a list is of.
fn keys(variable: &str, is_list: bool) -> BTreeSet<String> {
    let unknown = json!({"?": true});
    let unknown = if is_list { json!([unknown]) } else { unknown };
    let settings = match variable {
        "" => unknown,
        variable => settings(variable, unknown),
    };
    let message = message(&settings).expect("an unknown key is a mistake");
    let (_, rest) = message
        .split_once("unknown key `?`, expected one of ")
        .unwrap();
    let line = rest.lines().next().unwrap();
    line.split(", ")
        .map(|key| key.trim_matches('`').to_owned())
        .collect()
}

/// Every setting that is not a table of others.
fn variables() -> BTreeSet<String> {
    let mut variables = BTreeSet::new();
    let below = |table: &str| -> Vec<String> {
        let keys = keys(table, false);
        keys.iter().map(|key| format!("{table}.{key}")).collect()
    };
    for key in keys("", false) {
        match key.as_str() {
            "hostAccess" | "podWrite" => variables.extend(below(&key)),
            "rules" => variables.extend(below(&key).iter().flat_map(|rule| below(rule))),
            _ => {
                variables.insert(key);
            }
        }
    }
    variables
}

#[test]
fn every_setting_has_one_question() {
    let asked: Vec<String> = questions()
        .into_iter()
        .map(|question| question.variable)
        .collect();
    let unique: BTreeSet<String> = asked.iter().cloned().collect();
    assert_eq!(unique, variables());
    assert_eq!(asked.len(), unique.len(), "a setting is asked for twice");
}

#[test]
fn every_default_and_every_option_is_taken() {
    for question in questions() {
        let options = question.options.iter().map(|option| json!(option));
        for value in options.chain(question.default) {
            let settings = settings(&question.variable, value);
            assert_eq!(message(&settings), None, "{settings}");
        }
    }
}

/// Whoever sends the form unanswered gets what `{}` gives.
#[test]
fn the_defaults_are_those_of_no_settings() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, example) = readme.split_once("<!-- settings -->\n```yaml\n").unwrap();
    let example: Value = yaml(example.split_once("```").unwrap().0);
    for question in questions() {
        let Some(default) = question.default else {
            continue;
        };
        let pointer = format!("/{}", question.variable.replace('.', "/"));
        let shown = example.pointer(&pointer);
        // The README shows lists with something in them.
        if default != json!([]) {
            assert_eq!(shown, Some(&default), "{}", question.variable);
        }
    }
}

/// What a list is of, and the shape of every answer, by the README's example of every setting.
#[test]
fn the_lists_ask_for_every_key_in_the_shape_that_is_read() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, example) = readme.split_once("<!-- settings -->\n```yaml\n").unwrap();
    let example: Value = yaml(example.split_once("```").unwrap().0);
    let fits = |question: &Question, value: &Value| match question.r#type.as_str() {
        "string" | "enum" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array[" | "sequence[" => value.is_array(),
        other => panic!("{}: {other}", question.variable),
    };
    let mut lists = 0;
    for question in questions() {
        assert_eq!(question.r#type == "enum", !question.options.is_empty());
        assert!(question.group.is_some(), "{}", question.variable);
        assert!(!question.label.is_empty());
        let pointer = format!("/{}", question.variable.replace('.', "/"));
        let shown = example.pointer(&pointer);
        assert!(
            shown.is_none_or(|value| fits(&question, value)),
            "{pointer}"
        );
        if question.r#type != "sequence[" {
            continue;
        }
        lists += 1;
        let asked = question
            .sequence_questions
            .iter()
            .map(|inner| inner.variable.clone());
        let asked: BTreeSet<String> = asked.collect();
        assert_eq!(asked, keys(&question.variable, true), "{pointer}");
        for entry in shown.unwrap().as_array().unwrap() {
            for inner in &question.sequence_questions {
                let value = entry.get(&inner.variable);
                let is_needed = inner.required == Some(true);
                assert!(
                    value.map_or(!is_needed, |value| fits(inner, value)),
                    "{entry}"
                );
            }
        }
    }
    assert_eq!(lists, 4);
}

/// A form makes texts of ports.
#[test]
fn ports_may_be_texts() {
    let ports = json!(["8080", "30000-32767"]);
    assert_eq!(message(&settings("rules.host-port.allow", ports)), None);
}

#[test]
fn there_are_two_questions_for_each_rule() {
    const MARK: &str = "two questions for each rule.\n";
    let mut expected = String::new();
    for rule in RULES {
        let off = if rule.alert.is_some() {
            ", \"off\""
        } else {
            ""
        };
        for (key, options) in [
            ("action", format!("deny, warn, audit{off}")),
            ("severity", "low, medium, high, critical".to_owned()),
        ] {
            let _ = writeln!(
                expected,
                "- variable: rules.{id}.{key}\n  label: \"{id}: {key}\"\n  tooltip: {title}\n  \
                 group: Rules\n  type: enum\n  options: [{options}]\n  required: false",
                id = rule.id,
                title = rule.title,
            );
        }
    }
    let text = fs::read_to_string(FILE).unwrap();
    let (head, given) = text.split_once(MARK).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(FILE, format!("{head}{MARK}{expected}")).unwrap();
    } else {
        assert_eq!(given, expected, "write the questions anew with BLESS=1");
    }
}
