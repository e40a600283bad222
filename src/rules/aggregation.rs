//! `aggregation`: a role whose rules become another's, or that takes whatever others have.

use crate::ability::Grants;
use crate::role::{Aggregation, AggregationLabels, PolicyRule, Role};
use crate::rule::{Alert, Check, Evidence, Help, JudgedRole, Rule, Severity};
use crate::selector::{Labels, Selector};
use crate::text::{escaped, quoted, visible};
use crate::view::{self, Text, object_if_any, raw, reads, text};

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
    let selectors = rule.selectors.iter().map(Selector::said);
    let value = selectors.collect::<Vec<_>>().join(" or ");
    let (severity, known) = at_hand(rule, judged);
    let message = [
        "its rules are those of every role that is labelled so, now or later",
        &known,
    ]
    .concat();
    Evidence::new(severity, "/aggregationRule".to_owned(), value, message)
}

/// The most labels and values of the selectors of a role by which others are looked up: each role
/// of the cluster is held against all of them.
const MOST: usize = 256;

/// How bad it is to have the rules of the roles that are selected now, and what there is to say of
/// them.
fn at_hand(rule: &Aggregation<'_>, judged: &JudgedRole<'_>) -> (Severity, String) {
    let unknown = |reason: &str| {
        let reason = visible(reason, 200);
        ["; which there are now is not known: ", &reason].concat()
    };
    let list = match &judged.context.roles {
        None => return (Severity::Medium, String::new()),
        // It is the author who makes it unknowable: no milder than what may be behind it.
        Some(_) if rule.selectors.iter().map(Selector::size).sum::<usize>() > MOST => {
            let reason = format!("more than {MOST} labels and values are not looked up");
            return (Severity::Critical, unknown(&reason));
        }
        Some(Err(reason)) => return (Severity::Medium, unknown(reason)),
        Some(Ok(list)) => list,
    };
    let Some(roles) = items(list) else {
        return (Severity::Medium, unknown("the answer cannot be read"));
    };
    let mut rules: Vec<PolicyRule<'_>> = Vec::new();
    let mut are_all_read = true;
    let own_name = judged.role.metadata.name.as_ref();
    for role in roles {
        match selected(role, rule, own_name) {
            Some(mut of_role) => rules.append(&mut of_role),
            None => are_all_read = false,
        }
    }
    let grants = Grants::new(&rules, judged.terms);
    let mut severity = grants.worst().unwrap_or(Severity::Low);
    let said = grants.said();
    let may = match grants.worst() {
        Some(_) => &said,
        None => "not write pods",
    };
    let mut known = ["; those that there are now may ", may].concat();
    if !are_all_read {
        severity = severity.max(Severity::Medium);
        known.push_str("; some of them cannot be read");
    }
    (severity, known)
}

/// The elements of a list that the host made; none where it is no list.
fn items(list: &str) -> Option<Vec<&str>> {
    #[derive(Default)]
    struct List<'a> {
        items: Option<&'a str>,
    }

    reads!(List<'de> { "items" => items: raw });

    let list: List<'_> = view::from_str(list).ok()?;
    view::elements(list.items?)
}

/// The rules of a role if it is selected, and none of it if not. The controller passes over the
/// role that it fills (`syncClusterRole`). Nothing at all if it cannot be read.
fn selected<'r>(
    role: &'r str,
    rule: &Aggregation<'_>,
    own_name: Option<&Text<'_>>,
) -> Option<Vec<PolicyRule<'r>>> {
    #[derive(Default)]
    struct Labelled<'a> {
        metadata: Option<Metadata<'a>>,
    }

    reads!(Labelled<'de> { "metadata" => metadata: object_if_any });

    #[derive(Default)]
    struct Metadata<'a> {
        name: Option<Text<'a>>,
        labels: Labels<'a>,
    }

    reads!(Metadata<'de> { "name" => name: text, "labels" => labels: Labels::read });

    let metadata = view::from_str::<Labelled<'_>>(role).ok()?.metadata?;
    let mut selectors = rule.selectors.iter();
    let is_itself = metadata.name.is_some() && metadata.name.as_ref() == own_name;
    if is_itself || !selectors.any(|selector| selector.selects(&|key| metadata.labels.get(key))) {
        return Some(Vec::new());
    }
    view::from_str::<Role<'_>>(role).ok().map(|role| role.rules)
}
