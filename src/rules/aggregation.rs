//! `aggregation`: a role whose rules become another's, or that takes whatever others have.

use crate::ability::Grants;
use crate::context::{Answered, Labelled, UNREADABLE};
use crate::role::{Aggregation, AggregationLabels, PolicyRule};
use crate::rule::{Alert, Check, Evidence, Help, JudgedRole, Rule, Severity};
use crate::selector::Selector;
use crate::text::{escaped, quoted, visible};
use crate::view::{self, objects, read_str};

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
                `aggregationRule`, whose rules are those of every role that it selects, now or \
                later; with the setting `clusterContext` those that there are now are looked up. One that \
                takes those of `cluster-admin` is critical.",
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
    let selectors: Vec<String> = rule.selectors.iter().map(Selector::said).collect();
    let (severity, known) = if rule.has_cluster_admin() {
        (Severity::Critical, ALL_RIGHTS.to_owned())
    } else {
        at_hand(rule, judged)
    };
    let message = [
        "its rules are those of every role that it selects, now or later",
        &known,
    ]
    .concat();
    let pointer = "/aggregationRule";
    let value = selectors.join(" or ");
    let mut evidence = Evidence::new(severity, pointer.to_owned(), value, message);
    if selectors.len() <= MOST {
        evidence.identify(pointer.to_owned());
        evidence.consists_of(selectors);
    }
    evidence
}

const ALL_RIGHTS: &str = "; `cluster-admin` is one of them: everything";

/// The most labels and values of the selectors of a role by which others are looked up: each role
/// of the cluster is held against all of them.
const MOST: usize = 256;
const TOO_MANY: &str = "too many labels to look up";

/// How bad it is to have the rules of the roles that are selected now, and what there is to say of
/// them.
fn at_hand(rule: &Aggregation<'_>, judged: &JudgedRole<'_>) -> (Severity, String) {
    let (severity, reason) = match &judged.context.roles {
        None => return (Severity::Medium, String::new()),
        // It is the author who makes it unknowable: no milder than what may be behind it.
        Some(_) if rule.selectors.iter().map(Selector::size).sum::<usize>() > MOST => {
            (Severity::Critical, TOO_MANY)
        }
        Some(Err(reason)) => (Severity::Medium, reason.as_str()),
        Some(Ok(list)) => match Answered::items(list) {
            Some(roles) => return given(&roles, rule, judged),
            None => (Severity::Medium, UNREADABLE),
        },
    };
    let reason = visible(reason, 200);
    let known = ["; which there are now is not known: ", &reason].concat();
    (severity, known)
}

/// The same, of those of the cluster's roles that are selected.
fn given(roles: &[&str], rule: &Aggregation<'_>, judged: &JudgedRole<'_>) -> (Severity, String) {
    let mut rules: Vec<PolicyRule<'_>> = Vec::new();
    let mut unread = "";
    let mut least = Severity::Low;
    for role in roles {
        if !add_selected(&mut rules, role, rule, judged) {
            (unread, least) = ("; some cannot be read", Severity::Medium);
        }
    }
    let grants = Grants::new(&rules, judged.terms);
    let said = grants.said();
    let (severity, may) = match grants.worst() {
        Some(worst) => (worst.max(least), said.as_str()),
        None => (least, "not write pods"),
    };
    let known = ["; those that there are now may ", may, unread].concat();
    (severity, known)
}

/// Adds the rules of a role if it is selected. The controller passes over the role that it fills
/// (`syncClusterRole`). Says whether all could be read.
fn add_selected<'r>(
    rules: &mut Vec<PolicyRule<'r>>,
    role: &'r str,
    rule: &Aggregation<'_>,
    judged: &JudgedRole<'_>,
) -> bool {
    let object: Answered<'_> = view::from_str(role).unwrap_or_default();
    let metadata = object.metadata.map(view::from_str::<Labelled<'_>>);
    let Some(Ok(metadata)) = metadata else {
        return false;
    };
    let mut selectors = rule.selectors.iter();
    let is_itself = metadata.name.is_some() && metadata.name == judged.role.metadata.name;
    is_itself
        || !selectors.any(|selector| selector.selects(&|key| metadata.labels.get(key)))
        || read_str(object.rules.unwrap_or("null"), &mut |value| {
            objects(rules, value)
        })
        .is_ok()
}
