//! Label selectors, as Kubernetes reads them: all that one asks for must hold.
//!
//! Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`,
//! `LabelSelectorAsSelector`, and `pkg/labels/selector.go` beside it.

use crate::text::push_all;
use crate::view::{Reader, Stop, Text, objects, reads, text, texts};

/// A selector by labels. One that asks for nothing selects everything.
#[derive(Debug, Default)]
pub(crate) struct Selector<'a> {
    pub labels: Labels<'a>,
    pub expressions: Vec<LabelExpression<'a>>,
}

reads!(Selector<'de> {
    "matchLabels" => labels: Labels::read,
    "matchExpressions" => expressions: objects,
});

impl Selector<'_> {
    /// Whether something is selected whose labels are what `label` says.
    pub fn selects<'l>(&self, label: &dyn Fn(&str) -> Option<&'l str>) -> bool {
        let mut labels = self.labels.0.iter();
        let mut expressions = self.expressions.iter();
        labels.all(|(key, value)| label(key) == Some(value.as_str()))
            && expressions.all(|expression| expression.holds(label))
    }

    /// How many labels and values it asks for.
    pub fn size(&self) -> usize {
        let expressions = self.expressions.iter();
        let of_expressions = expressions.map(|expression| 1 + expression.values.len());
        of_expressions.sum::<usize>() + self.labels.0.len()
    }

    /// As `kubectl --selector` takes it, or that it selects all.
    pub fn said(&self) -> String {
        let mut said = String::new();
        let mut separator = "";
        for (key, value) in &self.labels.0 {
            push_all(&mut said, &[separator, key, "=", value.as_str()]);
            separator = ",";
        }
        for expression in &self.expressions {
            let (before, after, has_values) = match given(&expression.operator) {
                "In" => ("", " in (", true),
                "NotIn" => ("", " notin (", true),
                "DoesNotExist" => ("!", "", false),
                _ => ("", "", false),
            };
            push_all(
                &mut said,
                &[separator, before, given(&expression.key), after],
            );
            separator = ",";
            if has_values {
                let mut separator = "";
                for value in &expression.values {
                    push_all(&mut said, &[separator, value.as_str()]);
                    separator = ",";
                }
                said.push(')');
            }
        }
        if said.is_empty() {
            said.push_str("every cluster role");
        }
        said
    }
}

fn given<'t>(text: &'t Option<Text<'_>>) -> &'t str {
    text.as_ref().map_or("", Text::as_str)
}

/// Labels with their values, in the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Labels<'a>(pub Vec<(String, Text<'a>)>);

impl<'a> Labels<'a> {
    pub fn read(&mut self, value: &mut Reader<'a>) -> Result<(), Stop> {
        value.entries(|_| true, &mut |key, value| {
            let text = value.text()?.unwrap_or_default();
            self.0.push((key.to_owned(), text));
            Ok(())
        })
    }

    /// The value of a label, if there is one.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut labels = self.0.iter();
        let (_, value) = labels.find(|(known, _)| known == key)?;
        Some(value.as_str())
    }
}

/// What a label must be.
#[derive(Debug, Default)]
pub(crate) struct LabelExpression<'a> {
    pub key: Option<Text<'a>>,
    pub operator: Option<Text<'a>>,
    pub values: Vec<Text<'a>>,
}

reads!(LabelExpression<'de> {
    "key" => key: text,
    "operator" => operator: text,
    "values" => values: texts,
});

impl LabelExpression<'_> {
    fn holds<'l>(&self, label: &dyn Fn(&str) -> Option<&'l str>) -> bool {
        let value = label(given(&self.key));
        let is_among = || {
            self.values
                .iter()
                .any(|known| Some(known.as_str()) == value)
        };
        match given(&self.operator) {
            "In" => is_among(),
            // Of what has no such label, too.
            "NotIn" => !is_among(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            // No API server takes another, so this keeps nothing out.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view;

    /// Whether a selector, as JSON, selects what has the labels `a=1` and `example.com/b` (empty).
    fn selects(selector: &str) -> bool {
        let selector: Selector<'_> = view::from_str(selector).unwrap();
        selector.selects(&|key| match key {
            "a" => Some("1"),
            "example.com/b" => Some(""),
            _ => None,
        })
    }

    fn expression(text: &str) -> String {
        format!("{{\"matchExpressions\":[{text}]}}")
    }

    #[test]
    fn selects_as_kubernetes_does() {
        for selector in [
            "{}",
            "null",
            r#"{"matchLabels":null,"matchExpressions":[]}"#,
            r#"{"matchLabels":{"a":"1","example.com/b":""}}"#,
            &expression(r#"{"key":"a","operator":"In","values":["2","1"]}"#),
            &expression(r#"{"key":"a","operator":"NotIn","values":["2"]}"#),
            &expression(r#"{"key":"c","operator":"NotIn","values":["1"]}"#),
            &expression(r#"{"key":"a","operator":"Exists"}"#),
            &expression(r#"{"key":"c","operator":"DoesNotExist"}"#),
            &expression(r#"{"key":"c","operator":"Near"}"#),
        ] {
            assert!(selects(selector), "{selector}");
        }
        for selector in [
            r#"{"matchLabels":{"a":"2"}}"#,
            r#"{"matchLabels":{"a":"1","c":"1"}}"#,
            r#"{"matchLabels":{"c":""}}"#,
            r#"{"matchLabels":{"A":"1"}}"#,
            &expression(r#"{"key":"a","operator":"In","values":["2"]}"#),
            &expression(r#"{"key":"c","operator":"In","values":[""]}"#),
            &expression(r#"{"key":"a","operator":"NotIn","values":["2","1"]}"#),
            &expression(r#"{"key":"c","operator":"Exists"}"#),
            &expression(r#"{"key":"a","operator":"DoesNotExist"}"#),
            &expression(r#"{"key":"a","operator":"Exists"},{"key":"c","operator":"Exists"}"#),
        ] {
            assert!(!selects(selector), "{selector}");
        }
    }
}
