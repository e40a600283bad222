//! `pod-write-binding`: a binding that hands a role with pod write to somebody.

use crate::ability::{Ability, Grants, Scope};
use crate::binding::BoundSubject;
use crate::built_in::BuiltIn;
use crate::role::{PolicyRule, Role};
use crate::rule::{Alert, Check, Evidence, Help, JudgedBinding, Rule, Severity};
use crate::text::{quoted, visible};
use crate::view::{self, Text};

pub(crate) static RULE: Rule = Rule {
    id: "pod-write-binding",
    alert: Some(Alert::PodWrite),
    title: "Pod write handed out",
    severity: Severity::High,
    techniques: &["T1098"],
    pod_security: None,
    help: Help {
        finds: "A ClusterRoleBinding or RoleBinding to a role that grants an ability to write \
                pods: one finding a subject. Roles that Kubernetes itself makes are known; the \
                rules of others are looked up where the setting `clusterContext` allows it, else \
                there is one low finding that says that the role is not known. Everybody, all \
                service accounts, and the default one of a namespace are critical; what is bound \
                in one namespace, other than `kube-system`, is a step milder.",
        why: "A role does nothing until it is bound. This is the moment in which somebody gets it.",
        bad: "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\nsubjects:\n- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: system:serviceaccounts}\n",
        good: "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects:\n- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: system:serviceaccounts}\n",
        fix: "bind a role without these abilities, or bind it in the one namespace where it is needed, to the one account that needs it",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ],
    },
    check: Check::Binding(check),
    subsumed_by: &[],
};

fn check<'d>(judged: &JudgedBinding<'d>) -> Vec<Evidence<'d>> {
    let binding = judged.binding;
    if binding.subjects.is_empty() {
        return Vec::new();
    }
    let name = binding.role.name.as_ref().map_or("", Text::as_str);
    let given = match given(judged, name) {
        Ok(given) => given,
        Err(reason) => {
            let message = [
                "the role ",
                &quoted(name),
                " is not known: ",
                &visible(&reason, 200),
            ]
            .concat();
            let pointer = "/roleRef".to_owned();
            return vec![Evidence::new(Severity::Low, pointer, name, message)];
        }
    };
    let Some((severity, what)) = given else {
        return Vec::new();
    };
    let place = match judged.terms.scope {
        Scope::Cluster => ", and so in the whole cluster: ",
        Scope::Namespace => ", and so in this namespace: ",
        Scope::KubeSystem => ", and so among the cluster's own pods: ",
    };
    let subjects = binding.subjects.iter().enumerate();
    subjects
        .map(|(index, subject)| {
            let pointer = format!("/subjects/{index}");
            let (severity, who) = held_by(subject, severity);
            let role = quoted(name);
            let message = ["gives ", &who, " the role ", &role, place, &what].concat();
            Evidence::new(severity, pointer, subject.said(), message)
        })
        .collect()
}

/// How bad it is that the role is bound, and what it gives; none for nothing. The error says why
/// the role is not known.
fn given(judged: &JudgedBinding<'_>, name: &str) -> Result<Option<(Severity, String)>, String> {
    let kind = judged.binding.role.kind.as_ref().map_or("", Text::as_str);
    let built_in = || BuiltIn::named(name).filter(|_| kind == "ClusterRole");
    let of = |rules: &[PolicyRule<'_>]| {
        let grants = Grants::new(rules, judged.terms);
        let said = || (grants.worst(), grants.said());
        match said() {
            (Some(worst), said) => Some((worst, said)),
            (None, _) => {
                let hands_on = [Ability::WriteRoles, Ability::WriteBindings];
                let mut powers = hands_on.into_iter();
                powers
                    .any(|power| grants.severity(power).is_some())
                    .then(|| {
                        (
                            Severity::Low,
                            "write roles or bindings, of what they may do themselves".to_owned(),
                        )
                    })
            }
        }
    };
    match (&judged.context.role, built_in()) {
        (Some(Ok(role)), known) => {
            let role: Role<'_> =
                view::from_str(role).map_err(|_| "it cannot be read".to_owned())?;
            match known {
                // A manifest of it leaves to the controller what is aggregated.
                Some(known) if role.rules.is_empty() => Ok(of(&known.rules)),
                None if role.rules.is_empty() && role.aggregation.is_some() => {
                    Err("its rules are those of others, and are not there yet".to_owned())
                }
                _ => Ok(of(&role.rules)),
            }
        }
        (_, Some(known)) => Ok(of(&known.rules)),
        (Some(Err(reason)), None) => Err(reason.clone()),
        (None, None) => Err("with the setting `clusterContext` its rules are looked up".to_owned()),
    }
}

/// Accounts that stand for more than somebody.
const MANY: &[(&str, &str, &str)] = &[
    (
        "User",
        "system:anonymous",
        "everybody who reaches the API server",
    ),
    (
        "Group",
        "system:unauthenticated",
        "everybody who reaches the API server",
    ),
    (
        "Group",
        "system:authenticated",
        "everybody who has an account",
    ),
    (
        "Group",
        "system:serviceaccounts",
        "every pod of the cluster",
    ),
];

/// Whether it is the default account of a namespace by its user name, such as
/// `system:serviceaccount:team-a:default`.
fn is_default(kind: &str, name: &str) -> bool {
    kind == "User" && name.starts_with("system:serviceaccount:") && name.ends_with(":default")
}

/// How bad it is in this subject's hands, and who that is.
fn held_by(subject: &BoundSubject<'_>, severity: Severity) -> (Severity, String) {
    let (kind, name) = (subject.kind(), subject.name());
    let mut many = MANY.iter();
    let known = many.find(|(known_kind, known, _)| (*known_kind, *known) == (kind, name));
    let many = match known {
        Some((.., who)) => Some(*who),
        None if kind == "Group" && name.starts_with("system:serviceaccounts:") => {
            Some("every pod of a namespace")
        }
        None if name == "default" && kind == "ServiceAccount" || is_default(kind, name) => {
            Some("every pod of its namespace that names no account")
        }
        None => None,
    };
    let said = quoted(&subject.said());
    match many {
        Some(who) => {
            // What is next to nothing in one hand is something in all.
            let severity = if severity == Severity::Low {
                Severity::Medium
            } else {
                Severity::Critical
            };
            (severity, [&said, " (", who, ")"].concat())
        }
        // They may do everything anyway.
        None if kind == "Group" && name == "system:masters" => (Severity::Low, said),
        None => (severity, said),
    }
}
