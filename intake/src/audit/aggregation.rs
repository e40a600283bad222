//! Which cluster roles an aggregated role takes its rules from, and which of them gave it what it
//! gained.
//!
//! Source: Kubernetes `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`,
//! `syncClusterRole`, and `staging/src/k8s.io/apimachinery/pkg/labels/selector.go`,
//! `Requirement.Matches`.

use super::event::Text;
use super::history::{Entry, History, Labels};
use super::lineage::Whole;
use super::pairs::Pairs;
use super::roles::Found;
use serde::Deserialize;

/// Which roles a role takes its rules from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AggregationRule<'a> {
    #[serde(default, borrow)]
    cluster_role_selectors: Option<Vec<Selector<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selector<'a> {
    #[serde(default, borrow)]
    match_labels: Option<Pairs<'a, Text<'a>>>,
    #[serde(default)]
    match_expressions: Option<Vec<Expression>>,
}

#[derive(Debug, Deserialize)]
struct Expression {
    #[serde(default)]
    key: String,
    #[serde(default)]
    operator: String,
    #[serde(default)]
    values: Option<Vec<String>>,
}

impl AggregationRule<'_> {
    /// Whether one of the selectors chooses a role with these labels.
    fn chooses(&self, labels: &Labels) -> bool {
        let mut selectors = self.cluster_role_selectors.iter().flatten();
        selectors.any(|selector| selector.chooses(labels))
    }
}

impl Selector<'_> {
    /// Whether all that it asks for holds; an empty one chooses every role.
    fn chooses(&self, labels: &Labels) -> bool {
        let mut pairs = self.match_labels.iter().flat_map(Pairs::iter);
        let mut expressions = self.match_expressions.iter().flatten();
        pairs.all(|(key, value)| labels.get(key).map(String::as_str) == Some(&**value))
            && expressions.all(|expression| expression.holds(labels))
    }
}

impl Expression {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let is_listed = |value| self.values.iter().flatten().any(|listed| listed == value);
        match self.operator.as_str() {
            "In" => value.is_some_and(is_listed),
            "NotIn" => !value.is_some_and(is_listed),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            // the controller gives up on such a selector
            _ => false,
        }
    }
}

/// The role that gave `aggregate` what it has and `before` had not: of those that it takes its
/// rules from, the one with such a rule that was written last; where none has, the one that was
/// written last. Where `aggregate` itself was written since, it is that write: with other
/// selectors it takes rules that others had given long before.
pub(super) fn source<'h>(
    aggregate: &Whole<'_>,
    before: Option<&'h Entry>,
    history: &'h History,
) -> Found<&'h Entry> {
    let own = &aggregate.key;
    let selection = aggregate.object.aggregation();
    let source = history.source(aggregate, before, |key, labels| {
        key.name != own.name && key.cluster == own.cluster && selection.chooses(labels)
    });
    match (source, before) {
        (Found::Role(role), Some(before)) if before.is_own() && before.is_later(role) => {
            Found::Role(before)
        }
        (source, _) => source,
    }
}

#[cfg(test)]
mod tests {
    use super::AggregationRule;
    use serde_json::json;

    #[track_caller]
    fn chooses(selectors: &serde_json::Value, labels: &[(&str, &str)]) -> bool {
        let rule = json!({"clusterRoleSelectors": selectors}).to_string();
        let rule: AggregationRule = serde_json::from_str(&rule).unwrap();
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        rule.chooses(&labels.iter().map(owned).collect())
    }

    #[test]
    fn one_selector_is_enough_and_all_of_it_must_hold() {
        let selectors = json!([{"matchLabels": {"a": "1", "b": "2"}}, {"matchLabels": {"c": "3"}}]);
        assert!(chooses(&selectors, &[("a", "1"), ("b", "2")]));
        assert!(chooses(&selectors, &[("c", "3")]));
        assert!(!chooses(&selectors, &[("a", "1")]));
        assert!(!chooses(&selectors, &[("a", "1"), ("b", "3")]));
    }

    #[test]
    fn an_empty_selector_chooses_every_role_and_no_selector_none() {
        assert!(chooses(&json!([{}]), &[]));
        assert!(!chooses(&json!([]), &[("a", "1")]));
        assert!(!chooses(&json!(null), &[("a", "1")]));
    }

    #[test]
    fn expressions_hold_as_kubernetes_has_them() {
        let of = |operator: &str, values: serde_json::Value| json!([{"matchExpressions": [{"key": "a", "operator": operator, "values": values}]}]);
        for (operator, values, of_one, of_other, of_none) in [
            ("In", json!(["1", "2"]), true, false, false),
            ("NotIn", json!(["1", "2"]), false, true, true),
            ("Exists", json!(null), true, true, false),
            ("DoesNotExist", json!(null), false, false, true),
            ("Unheard", json!(["1"]), false, false, false),
        ] {
            let selectors = of(operator, values);
            assert_eq!(chooses(&selectors, &[("a", "1")]), of_one, "{operator}");
            assert_eq!(chooses(&selectors, &[("a", "3")]), of_other, "{operator}");
            assert_eq!(chooses(&selectors, &[("b", "1")]), of_none, "{operator}");
        }
    }
}
