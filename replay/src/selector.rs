//! Label selectors, as Kubernetes reads them, in text and in objects: all requirements must hold.
//!
//! Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/labels/selector.go` and
//! `pkg/apis/meta/v1/helpers.go`, `LabelSelectorAsSelector`, beside it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A selector of objects by their labels. One without requirements matches everything.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(try_from = "LabelSelector")]
pub(crate) struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    /// Of what has no such label, too.
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads the text form: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`,
    /// with commas between them. Comparisons of numbers (`a>1`) are not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let requirements = parts(text).map(|part| {
            Requirement::parse(part.trim())
                .ok_or_else(|| format!("selector `{text}`: `{}` is no requirement", part.trim()))
        });
        Ok(Self {
            requirements: requirements.collect::<Result<_, _>>()?,
        })
    }

    /// Whether an object is selected whose labels are what `label` says.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = label(&requirement.key);
            let among = |values: &[String]| values.iter().any(|other| value == Some(other));
            match &requirement.operator {
                Operator::In(values) => among(values),
                Operator::NotIn(values) => !among(values),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }

    /// What it asks for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().map(|it| it.key.as_str())
    }
}

/// The form that selectors have in objects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LabelSelector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<Expression>>,
}

#[derive(Deserialize)]
struct Expression {
    key: String,
    operator: String,
    values: Option<Vec<String>>,
}

impl TryFrom<LabelSelector> for Selector {
    type Error = String;

    fn try_from(selector: LabelSelector) -> Result<Self, String> {
        let labels = selector.match_labels.unwrap_or_default().into_iter();
        let labels = labels.map(|(key, value)| Requirement {
            key,
            operator: Operator::In(vec![value]),
        });
        let mut requirements: Vec<_> = labels.collect();
        for expression in selector.match_expressions.unwrap_or_default() {
            let values = expression.values.unwrap_or_default();
            requirements.push(Requirement {
                key: expression.key,
                operator: match expression.operator.as_str() {
                    "In" => Operator::In(values),
                    "NotIn" => Operator::NotIn(values),
                    "Exists" => Operator::Exists,
                    "DoesNotExist" => Operator::DoesNotExist,
                    _ => return Err("`operator`: In, NotIn, Exists or DoesNotExist".to_owned()),
                },
            });
        }
        Ok(Self { requirements })
    }
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (key, operator) = if let Some((key, value)) = text.split_once("!=") {
            (key, Operator::NotIn(vec![value.trim().to_owned()]))
        } else if let Some((key, value)) = text.split_once('=') {
            let value = value.strip_prefix('=').unwrap_or(value);
            (key, Operator::In(vec![value.trim().to_owned()]))
        } else if let Some(key) = text.strip_prefix('!') {
            (key, Operator::DoesNotExist)
        } else if let Some(set) = text.strip_suffix(')') {
            let (head, values) = set.split_once('(')?;
            let (key, operator) = head.trim_end().rsplit_once(char::is_whitespace)?;
            let values = values.split(',').map(|value| value.trim().to_owned());
            match operator {
                "in" => (key, Operator::In(values.collect())),
                "notin" => (key, Operator::NotIn(values.collect())),
                _ => return None,
            }
        } else {
            (text, Operator::Exists)
        };
        let key = key.trim();
        let sound = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        (!key.is_empty() && key.chars().all(sound)).then(|| Self {
            key: key.to_owned(),
            operator,
        })
    }
}

/// What stands between the commas that are in no parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.split(move |letter| {
        inside = match letter {
            '(' => true,
            ')' => false,
            _ => inside,
        };
        letter == ',' && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::Selector;

    /// Whether `text` selects an object with labels `a=1` and `b` (empty).
    fn selects(text: &str) -> bool {
        let selector = Selector::parse(text).unwrap();
        selector.matches(|key| match key {
            "a" => Some("1"),
            "example.com/b" => Some(""),
            _ => None,
        })
    }

    #[test]
    fn selects_as_kubernetes_does() {
        for text in [
            "",
            " ",
            "a=1",
            "a==1",
            "a = 1",
            "a in (1)",
            "a in (2, 1),example.com/b",
            "a notin (2,3)",
            "a!=2",
            "a",
            "!c",
            "! c",
            "example.com/b=",
            "c!=1",
            "c notin (1)",
        ] {
            assert!(selects(text), "{text}");
        }
        for text in [
            "a=2",
            "a in (2,3)",
            "a notin (1)",
            "a!=1",
            "!a",
            "c",
            "c=1",
            "c in (1)",
            "a=1,c",
            "example.com/b=1",
        ] {
            assert!(!selects(text), "{text}");
        }
    }

    #[test]
    fn reads_the_form_of_objects() {
        for (object, text) in [
            (serde_json::json!({}), ""),
            (serde_json::json!({"matchLabels": null}), ""),
            (
                serde_json::json!({"matchLabels": {"a": "1", "b": "2"}}),
                "a=1,b=2",
            ),
            (
                serde_json::json!({"matchLabels": {"a": "1"}, "matchExpressions": [
                    {"key": "b", "operator": "In", "values": ["1", "2"]},
                    {"key": "c", "operator": "NotIn", "values": ["3"]},
                    {"key": "d", "operator": "Exists"},
                    {"key": "e", "operator": "DoesNotExist", "values": []}]}),
                "a=1,b in (1,2),c notin (3),d,!e",
            ),
        ] {
            let selector: Selector = serde_json::from_value(object).unwrap();
            assert_eq!(selector, Selector::parse(text).unwrap());
        }
        let unknown = serde_json::json!({"matchExpressions": [{"key": "a", "operator": "Near"}]});
        assert!(serde_json::from_value::<Selector>(unknown).is_err());
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for text in [
            "a>1",
            "a,",
            ",a",
            "a b",
            "a in 1",
            "a within (1)",
            "=1",
            "(1)",
            "!",
        ] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
