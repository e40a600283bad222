//! From a settings file to the JSON that goes into every payload, accepted by
//! the policy itself before anything is judged.

use std::fs;
use std::path::Path;

use intake::Config;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fatal::Mistake;
use crate::host::Policy;
use crate::terminal::escaped;

/// Settings that the policy accepts.
#[derive(Debug)]
pub(crate) struct Settings {
    /// As JSON text.
    pub(crate) json: String,
    /// The exemptions, in their order.
    pub(crate) exemptions: Vec<Exemption>,
    /// Whether the policy asks its host for what it cannot see.
    pub(crate) cluster_context: bool,
}

/// What is known here of an exemption.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Exemption {
    /// Why it is there.
    pub(crate) reason: String,
    /// The rules that it is for.
    pub(crate) rules: Vec<String>,
    /// Where it holds, as do the following.
    pub(crate) namespaces: Vec<String>,
    pub(crate) service_accounts: Vec<String>,
    pub(crate) workloads: Vec<String>,
}

/// The settings of `file`, or those of no file: `{}`.
pub(crate) fn load(policy: &Policy, file: Option<&Path>) -> Result<Settings, Vec<Mistake>> {
    let name = file.map_or("settings".to_owned(), |file| file.display().to_string());
    let error = |message: String| Mistake {
        file: name.clone(),
        line: None,
        message,
    };
    let settings = match file {
        None => Config::from_json("{}"),
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|io| vec![error(io.to_string())])?;
            parse(&text).map_err(|(line, message)| {
                vec![Mistake {
                    line,
                    ..error(message)
                }]
            })?
        }
    };
    if let Some(message) = whole(settings.json()) {
        return Err(vec![error(message)]);
    }
    let mistakes = validate(policy, settings.json());
    if mistakes.is_empty() {
        return Ok(read(settings.into_json()));
    }
    let mistakes = mistakes.into_iter().map(|message| Mistake {
        line: settings.line_of(&message),
        ..error(message)
    });
    Err(mistakes.collect())
}

/// What is to be known here of settings that are right.
fn read(json: String) -> Settings {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Read {
        exemptions: Vec<Exemption>,
        cluster_context: bool,
    }
    let read: Read = serde_json::from_str(&json).unwrap_or_default();
    Settings {
        json,
        exemptions: read.exemptions,
        cluster_context: read.cluster_context,
    }
}

/// What to say of a Kubernetes object where its settings alone are wanted.
fn whole(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Gvk {
        api_version: String,
        kind: String,
    }
    let Gvk { api_version, kind } = serde_json::from_str(json).ok()?;
    let what = match api_version.split_once('/') {
        Some(("policies.kubewarden.io", _)) if kind.ends_with("Group") => {
            "give what is below the `settings` of its member"
        }
        Some(("policies.kubewarden.io", _)) => "give what is below its `spec.settings`",
        _ => "expected settings of the policy",
    };
    Some(format!("this is a whole {}: {what}", escaped(&kind)))
}

/// Every mistake that the policy finds.
fn validate(policy: &Policy, settings: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Answer {
        valid: bool,
        message: Option<String>,
    }
    let answer = match policy.call("validate_settings", settings.as_bytes()) {
        Ok(answer) => answer,
        Err(error) => return vec![error.to_string()],
    };
    match serde_json::from_slice::<Answer>(&answer) {
        Ok(Answer { valid: true, .. }) => Vec::new(),
        Ok(Answer { message, .. }) => {
            let message = message.unwrap_or_else(|| "the policy refuses them".to_owned());
            message.lines().map(str::to_owned).collect()
        }
        Err(error) => {
            let error =
                format!("the policy's answer to `validate_settings` is not understood: {error}");
            vec![error]
        }
    }
}

/// An object: JSON as it is, or a YAML mapping that is read exactly as a manifest is. The error
/// has the line where it is known.
fn parse(text: &str) -> Result<Config, (Option<u64>, String)> {
    let text = text.trim_start_matches('\u{feff}');
    if serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        // the policy must see it as written, to refuse duplicate keys
        return Ok(Config::from_json(text));
    }
    let settings = Config::from_yaml(text).map_err(|broken| (Some(broken.line), broken.message))?;
    match settings.json().as_bytes().first() {
        Some(b'{') => Ok(settings),
        Some(b'n') => Ok(Config::from_json("{}")),
        _ => Err((None, "no mapping of settings".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn json(text: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(parse(text).unwrap().json()).unwrap();
        value.to_string()
    }

    #[test]
    fn reads_yaml_and_json() {
        let expected = r#"{"hostAccess":{"deny":"high"},"onUpdate":"all"}"#;
        for text in [
            "hostAccess: { deny: high }\nonUpdate: all\n",
            "---\n# mine\nhostAccess:\n  deny: high\nonUpdate: all\n",
            "{\"hostAccess\":{\"deny\":\"high\"},\n\"onUpdate\":\"all\"}\n",
            "\u{feff}onUpdate: all\nhostAccess:\n  deny: \"high\"",
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
        for text in ["", "{}", "---\n", "# nothing yet\n"] {
            assert_eq!(json(text), "{}", "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_mapping() {
        for text in [
            "- a\n",
            "[1]",
            "text\n",
            "{",
            "a: 1\n---\nb: 2\n",
            "a: 1\na: 2\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_the_line_of_a_mistake() {
        assert_eq!(parse("a: 1\nb: 2\na: 3\n").unwrap_err().0, Some(3));
        assert_eq!(parse("{\n\"a\": ]").unwrap_err().0, Some(2));
    }
}
