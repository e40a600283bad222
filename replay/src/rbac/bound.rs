//! Every role with what it grants, and every binding with what it hands on.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::evaluate::{Evaluator, Granted, Question};
use super::objects::{Binding, BindingName, Rbac, Role, RoleName};

/// A cluster's roles, judged.
pub(super) struct Judged<'a> {
    /// What each role grants: a cluster role everywhere, another in its namespace.
    pub(super) roles: BTreeMap<&'a RoleName, Rc<Granted>>,
    pub(super) bindings: Vec<Bound<'a>>,
    /// What could not be judged, and why: a sentence for each.
    pub(super) failures: Vec<String>,
}

/// A binding, and its role, if the snapshot has it.
pub(super) struct Bound<'a> {
    pub(super) name: &'a BindingName,
    pub(super) binding: &'a Binding,
    pub(super) role: Option<&'a Role>,
    /// What it hands on in the place where it binds.
    pub(super) granted: Rc<Granted>,
}

/// Judges all roles, each once for every place it is bound in.
pub(super) fn judged<'a>(evaluator: &'a Evaluator<'a>) -> Judged<'a> {
    let Rbac { roles, bindings } = evaluator.rbac;
    let mut failures = Vec::new();
    let mut questions: BTreeMap<&RoleName, Question<'_>> = BTreeMap::new();
    let mut known: BTreeMap<(&RoleName, Option<&str>), Rc<Granted>> = BTreeMap::new();
    let mut granted = |name: &'a RoleName, role: &Role, namespace: Option<&'a str>| {
        let known = known.entry((name, namespace)).or_insert_with(|| {
            let question = questions
                .entry(name)
                .or_insert_with(|| Question::new(evaluator, name, role));
            Rc::new(question.granted(namespace).unwrap_or_else(|error| {
                let failure = format!("{name}: {error}");
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
                Granted::default()
            }))
        });
        Rc::clone(known)
    };
    let judged_roles = roles
        .iter()
        .map(|(name, role)| (name, granted(name, role, name.namespace.as_deref())))
        .collect();
    let bindings = bindings
        .iter()
        .map(|(name, binding)| {
            let role = roles.get_key_value(&binding.role);
            Bound {
                name,
                binding,
                role: role.map(|(_, role)| role),
                granted: role.map_or_else(Rc::default, |(role, object)| {
                    granted(role, object, name.namespace.as_deref())
                }),
            }
        })
        .collect();
    Judged {
        roles: judged_roles,
        bindings,
        failures,
    }
}
