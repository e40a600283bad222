//! `aggregation`: a role whose rules become another's, or that takes whatever others have.

use crate::ability::Grants;
use crate::role::{Aggregation, AggregationLabels, PolicyRule, Role};
use crate::rule::{Alert, Check, Evidence, Help, JudgedRole, Rule, Severity};
use crate::text::{escaped, quoted, visible};
use crate::view::{self, objects, reads};

pub(crate) static RULE: Rule = Rule {
    id: "aggregation",
    alert: Some(Alert::PodWrite),
    title: "Aggregated pod write",
    severity: Severity::Medium,
    techniques: &["T1098"],
    pod_security: None,
    help: Help {
        finds: "A cluster role that grants an ability to write pods and has a label \
                `rbac.authorization.k8s.io/aggregate-to-…: \"true\"`, so that a controller adds \
                its rules to `view`, `edit`, `admin` or another role. And a cluster role with an \
                `aggregationRule`, whose rules are those of every role that is labelled so, now or \
                later; with the setting `clusterContext` those that there are now are looked up.",
        why: "Everybody who is bound to the other role gets what this one grants, without a new \
              binding. `view` is for people who are to read; what is added to it writes.",
        bad: "metadata:\n  labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}\nrules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [create]\n",
        good: "metadata:\n  labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}\nrules:\n- apiGroups: [example.com]\n  resources: [widgets]\n  verbs: [get]\n",
        fix: "take the label or the `aggregationRule` away, and bind the role to those who need it",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
        ],
    },
    check: Check::Role(check),
    subsumed_by: &[],
};

fn check<'d>(judged: &JudgedRole<'d>) -> Vec<Evidence<'d>> {
    let role = judged.role;
    let mut found = Vec::new();
    if let Some(worst) = judged.grants.worst() {
        let parents = role.metadata.labels.parents.iter();
        found.extend(parents.map(|parent| into(parent, worst, &judged.grants)));
    }
    found.extend(role.aggregation.as_ref().map(|rule| of(rule, judged)));
    found
}

/// The rules of the role become those of another.
fn into<'d>(parent: &'d str, worst: Severity, grants: &Grants<'_>) -> Evidence<'d> {
    let is_for_reading = parent == "view";
    let severity = if is_for_reading {
        worst.raised()
    } else {
        worst.lowered()
    };
    let label = [AggregationLabels::PREFIX, parent].concat();
    let pointer = ["/metadata/labels/", &escaped(&label)].concat();
    let purpose = if is_for_reading {
        ", which is for reading,"
    } else {
        ""
    };
    let message = [
        "whoever is bound to ",
        &quoted(parent),
        purpose,
        " may, by this role: ",
        &grants.said(),
    ]
    .concat();
    Evidence::new(severity, pointer, parent, message)
}

/// The rules of the role are those of others.
fn of<'d>(rule: &Aggregation<'_>, judged: &JudgedRole<'_>) -> Evidence<'d> {
    let selectors: Vec<String> = rule
        .selectors
        .iter()
        .map(|selector| selector.said())
        .collect();
    let value = selectors.join(" or ");
    let mut message =
        "its rules are those of every role that is labelled so, now or later".to_owned();
    let severity = match at_hand(judged) {
        Known::Nothing => Severity::Medium,
        Known::Failed(reason) => {
            message.push_str("; which there are now is not known: ");
            message.push_str(&visible(&reason, 200));
            Severity::Medium
        }
        Known::Abilities(worst, said) => {
            message.push_str("; those that there are now may ");
            message.push_str(if worst.is_some() {
                &said
            } else {
                "not write pods"
            });
            worst.unwrap_or(Severity::Low)
        }
    };
    Evidence::new(severity, "/aggregationRule".to_owned(), value, message)
}

/// What is known of the roles that another aggregates.
enum Known {
    Nothing,
    Failed(String),
    /// How bad the worst ability is that they give, and all of them.
    Abilities(Option<Severity>, String),
}

fn at_hand(judged: &JudgedRole<'_>) -> Known {
    #[derive(Default)]
    struct Roles<'a> {
        items: Vec<Role<'a>>,
    }

    reads!(Roles<'de> { "items" => items: objects });

    if judged.context.aggregated.is_empty() {
        return Known::Nothing;
    }
    let mut rules: Vec<PolicyRule<'_>> = Vec::new();
    for answer in &judged.context.aggregated {
        let roles = match answer {
            Ok(list) => view::from_str::<Roles<'_>>(list).ok(),
            Err(reason) => return Known::Failed(reason.clone()),
        };
        let Some(roles) = roles else {
            return Known::Failed("the answer cannot be read".to_owned());
        };
        for mut role in roles.items {
            rules.append(&mut role.rules);
        }
    }
    let grants = Grants::new(&rules, judged.terms);
    Known::Abilities(grants.worst(), grants.said())
}
