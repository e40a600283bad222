//! `privileged-scc`: a role that lets pods run under an OpenShift security context constraint with
//! host access.

use crate::role::{self, Verbs};
use crate::rule::{Alert, Check, Evidence, Help, JudgedRole, Rule, Severity};
use crate::text::quoted;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "privileged-scc",
    alert: Some(Alert::PodWrite),
    title: "Use of a privileged security context constraint",
    severity: Severity::High,
    techniques: &["T1611", "T1098"],
    pod_security: None,
    help: Help {
        finds: "A rule of a role that has `use` on `securitycontextconstraints` of \
                `security.openshift.io`, but for constraints that give no access to the node: \
                `restricted`, `nonroot` and their successors. A constraint that is not known is \
                medium, `anyuid` low.",
        why: "On OpenShift a pod may do what a constraint allows that its service account, or \
              whoever creates it, may use. `privileged` allows everything on the node.",
        bad: "rules:\n- apiGroups: [security.openshift.io]\n  resources: [securitycontextconstraints]\n  resourceNames: [privileged]\n  verbs: [use]\n",
        good: "rules:\n- apiGroups: [security.openshift.io]\n  resources: [securitycontextconstraints]\n  resourceNames: [restricted-v2]\n  verbs: [use]\n",
        fix: "name the least of the constraints that will do in `resourceNames`",
        references: &[
            "https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies",
        ],
    },
    check: Check::Role(check),
    subsumed_by: &[],
};

const GROUP: &str = "security.openshift.io";
const RESOURCE: &str = "securitycontextconstraints";

/// The constraints that every OpenShift cluster has, and how bad it is to use them; none for those
/// that give nothing of the node.
const KNOWN: &[(&str, Option<Severity>)] = &[
    ("anyuid", Some(Severity::Low)),
    ("hostaccess", Some(Severity::High)),
    ("hostmount-anyuid", Some(Severity::High)),
    ("hostmount-anyuid-v2", Some(Severity::High)),
    ("hostnetwork", Some(Severity::Medium)),
    ("hostnetwork-v2", Some(Severity::Medium)),
    ("nested-container", None),
    ("node-exporter", Some(Severity::High)),
    ("nonroot", None),
    ("nonroot-v2", None),
    ("privileged", Some(Severity::Critical)),
    ("restricted", None),
    ("restricted-v2", None),
    ("restricted-v3", None),
];

fn check<'d>(judged: &JudgedRole<'d>) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for (index, rule) in judged.role.rules.iter().enumerate() {
        // A role that grants everything is found as such.
        if !role::grants(rule, Verbs::USE, GROUP, RESOURCE) || role::is_everything(rule) {
            continue;
        }
        // Whoever uses a constraint names it; without names a rule is for all.
        let names = rule.resource_names.iter().map(Text::as_str);
        let worst = names
            .filter(|name| !name.is_empty())
            .filter_map(|name| {
                let known = KNOWN.iter().find(|(known, _)| *known == name);
                let severity = known.map_or(Some(Severity::Medium), |(_, severity)| *severity);
                severity.map(|severity| (severity, name))
            })
            .max_by_key(|(severity, _)| *severity);
        let (severity, which) = match worst {
            _ if rule.resource_names.is_empty() => {
                (Severity::Critical, "every constraint".to_owned())
            }
            Some((severity, name)) => (severity, ["the constraint ", &quoted(name)].concat()),
            None => continue,
        };
        let entries = rule.resources.iter().map(Text::as_str).enumerate();
        for (place, entry) in entries {
            if role::Entry::of(entry).matches(RESOURCE) {
                let pointer = format!("/rules/{index}/resources/{place}");
                let message = [
                    "whoever is bound to the role may run pods under ",
                    &which,
                    ", with the access to their node that it allows",
                ]
                .concat();
                let value = rule.resource_names.iter().map(Text::as_str);
                let value = value.collect::<Vec<_>>().join(", ");
                found.push(Evidence::new(severity, pointer, value, message));
            }
        }
    }
    found
}
