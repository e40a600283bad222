//! The roles that Kubernetes itself makes, and what their rules give. The one place that knows
//! which writes of roles and bindings are the API server's own.
//!
//! A name, a label or a user agent can be anybody's. So an object counts as Kubernetes' own only
//! where three agree: who writes it, which role it is, and what its rules give.

use std::rc::Rc;

use crate::ability::{Grant, Grants, Scope};
use crate::binding::Binding;
use crate::evidence::{Case, Found};
use crate::origin::Origin;
use crate::role::{Aggregation, AggregationLabels, PolicyRule, Role};
use crate::rule::{Check, What};
use crate::subject::Subject;
use crate::view::Text;

/// What `make built-in-roles` derived from a cluster: for each role the entries of its rules that
/// give an ability.
///
/// A line that starts a role is its name. Below it, indented: `verbs groups resources`, and where
/// it is restricted the names, commas between, `-` for the core group; `= role` for the rules of
/// another; `> role` for a role that its rules are aggregated into.
const ROLES: &str = include_str!("built_in/roles.txt");

/// Where the lines are that start a role: most lines do not, and to look for them costs more than
/// to read the role.
const STARTS: [usize; starts(&mut [])] = {
    let mut starts_of = [0; starts(&mut [])];
    starts(&mut starts_of);
    starts_of
};

/// Writes where roles start, as far as there is room, and says how many there are.
const fn starts(room: &mut [usize]) -> usize {
    let text = ROLES.as_bytes();
    let mut count = 0;
    let mut at = 0;
    let mut is_first = true;
    while let Some((_, [byte, ..])) = text.split_at_checked(at) {
        if is_first && *byte != b' ' {
            if let Some((_, [place, ..])) = room.split_at_mut_checked(count) {
                *place = at;
            }
            count += 1;
        }
        is_first = *byte == b'\n';
        at += 1;
    }
    count
}

/// The version of Kubernetes that has these roles.
pub(crate) const VERSION: &str = "1.36";

/// A role as Kubernetes makes it.
#[derive(Debug, Default)]
pub(crate) struct BuiltIn {
    /// The rules that give an ability, in pieces.
    pub rules: Vec<PolicyRule<'static>>,
    /// The roles that its rules are aggregated into.
    pub parents: Vec<&'static str>,
    /// Whether its rules are those of other roles.
    pub is_aggregated: bool,
}

impl BuiltIn {
    /// The names of those that do not start with `system:`.
    const OF_PEOPLE: &[&str] = &["admin", "cluster-admin", "edit", "view"];

    /// The role that a request writes, if it is one that Kubernetes makes.
    pub fn of(case: &Case<'_>) -> Option<Self> {
        let Subject::Role(role) = &case.request.object else {
            return None;
        };
        let name = role.metadata.name.as_ref()?.as_str();
        Self::named(name).filter(|_| case.terms().scope == Scope::Cluster)
    }

    /// The cluster role of this name, if Kubernetes makes one.
    pub fn named(name: &str) -> Option<Self> {
        // Most names need no look at the list.
        let may_be = name.starts_with("system:") || Self::OF_PEOPLE.contains(&name);
        if !may_be {
            return None;
        }
        let mut role = Self::default();
        role.read(name).then_some(role)
    }

    fn read(&mut self, name: &str) -> bool {
        let starts = |&at: &usize| {
            let rest = ROLES.get(at..)?.strip_prefix(name)?;
            rest.strip_prefix('\n')
        };
        let Some(rest) = STARTS.iter().find_map(starts) else {
            return false;
        };
        for line in rest.lines() {
            let Some(line) = line.strip_prefix(' ') else {
                break;
            };
            match line.split_once(' ') {
                Some(("=", other)) => {
                    self.is_aggregated = true;
                    let parents = self.parents.len();
                    self.read(other);
                    self.parents.truncate(parents);
                }
                Some((">", parent)) => self.parents.push(parent),
                Some((verbs, rest)) => self.rules.extend(rule(verbs, rest)),
                None => {}
            }
        }
        true
    }
}

fn rule(verbs: &'static str, rest: &'static str) -> Option<PolicyRule<'static>> {
    fn texts(list: &'static str) -> Vec<Text<'static>> {
        let entries = list.split(',');
        entries
            .map(|entry| Text::from(if entry == "-" { "" } else { entry }))
            .collect()
    }
    let mut rest = rest.split(' ');
    Some(PolicyRule {
        verbs: texts(verbs),
        api_groups: rest.next().map(texts)?,
        resources: rest.next().map(texts)?,
        resource_names: rest.next().map_or_else(Vec::new, texts),
        ..PolicyRule::default()
    })
}

/// What may be found in the role that a request writes, because Kubernetes has it so.
pub(crate) struct Expected<'e> {
    role: &'e Role<'e>,
    built_in: &'e BuiltIn,
    grants: Rc<Grants<'e>>,
    /// Whether the role gives nothing beyond.
    is_within: bool,
    /// Whether Kubernetes itself has written it, or nobody, as in a background audit.
    is_own: bool,
}

impl<'e> Expected<'e> {
    /// None for what is no role of Kubernetes' own.
    pub fn of(case: &Case<'e>, grants: &Grants<'_>, built_in: &'e BuiltIn) -> Option<Self> {
        let Subject::Role(role) = &case.request.object else {
            return None;
        };
        let user = case.request.user.name.as_ref().map_or("", Text::as_str);
        let is_kubernetes = matches!(case.origin, Some(Origin::ApiServer | Origin::Aggregation));
        let expected = Grants::new(&built_in.rules, case.terms());
        Some(Self {
            role,
            built_in,
            is_within: grants.is_within(&expected),
            grants: Rc::new(expected),
            is_own: is_kubernetes || user.is_empty(),
        })
    }

    /// Whether the finding is no news: Kubernetes has it so, and wrote it. What goes beyond is told
    /// as such.
    pub fn accepts(&self, found: &mut Found<'_>) -> bool {
        if !self.is_own {
            return false;
        }
        let Some(what) = self.exceeded_by(found) else {
            return true;
        };
        let beyond = "; beyond what Kubernetes ";
        let reason = [beyond, VERSION, " gives this role: ", &what].concat();
        found.evidence.add(&reason);
        false
    }

    /// Whether Kubernetes has it so, whoever wrote it.
    pub fn has(&self, found: &Found<'_>) -> bool {
        self.exceeded_by(found).is_none()
    }

    /// What goes beyond; none for nothing.
    fn exceeded_by(&self, found: &Found<'_>) -> Option<String> {
        match (&found.evidence.what, &found.rule.check) {
            (What::Grant(_), _) if self.is_within => None,
            (What::Grant(grant), Check::Ability { ability, .. }) => {
                grant.beyond(&Grant::new(&self.grants, *ability, ""))
            }
            (What::Part { pointer, value, .. }, _) => {
                let is_expected = match pointer.as_str() {
                    "/aggregationRule" => {
                        let rule = self.role.aggregation.as_ref();
                        self.built_in.is_aggregated
                            && rule.is_some_and(|rule| self.is_own_rule(rule))
                    }
                    pointer => {
                        pointer.starts_with("/metadata/labels/")
                            && self.built_in.parents.contains(&&**value)
                    }
                };
                (!is_expected).then(|| value.to_string())
            }
            (What::Grant(_), _) => None,
        }
    }

    /// Whether the role aggregates those that are labelled for it, and no others.
    fn is_own_rule(&self, rule: &Aggregation<'_>) -> bool {
        let [selector] = rule.selectors.as_slice() else {
            return false;
        };
        let [(label, value)] = selector.labels.0.as_slice() else {
            return false;
        };
        selector.expressions.is_empty()
            && value.as_str() == "true"
            && label.strip_prefix(AggregationLabels::PREFIX)
                == self.role.metadata.name.as_ref().map(Text::as_str)
    }
}

/// Subjects that the API server binds to roles of its own, beside each controller's account to
/// the role of its name (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`).
const BOUND: &[(&str, &str)] = &[
    ("cluster-admin", "Group system:masters"),
    (
        "system:kube-controller-manager",
        "User system:kube-controller-manager",
    ),
    ("system:kube-scheduler", "User system:kube-scheduler"),
    ("system:volume-scheduler", "User system:kube-scheduler"),
];

/// Whether the API server itself binds the role to the subject, as it does in every cluster.
pub(crate) fn binds(origin: Option<Origin<'_>>, binding: &Binding<'_>, subject: &str) -> bool {
    let role = binding.role.name.as_ref().map_or("", Text::as_str);
    let account = role.strip_prefix("system:controller:");
    let is_of_controller = account.is_some_and(|account| {
        subject.strip_prefix("ServiceAccount kube-system/") == Some(account)
    });
    matches!(origin, Some(Origin::ApiServer))
        && (is_of_controller || BOUND.contains(&(role, subject)))
}
