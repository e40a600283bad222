//! `unreadable`: what cannot be read cannot be judged, and so does not pass.

use crate::fault::Fault;
use crate::rule::{Check, Evidence, Help, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    id: "unreadable",
    alert: None,
    title: "Object that cannot be read",
    severity: Severity::High,
    techniques: &[],
    pod_security: None,
    help: Help {
        finds: "A request, or an object of a kind that the rules are about, with a value of the \
                wrong type, a key that stands twice or no content at all, in a part that a rule \
                would read.",
        why: "The API server never stores such an object, so its content cannot be trusted to be \
              what it seems, and nothing can be said of what it would do.",
        bad: "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: \"no\"\n",
        good: "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: false\n",
        fix: "correct the value that the finding names",
        references: &[
            "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
        ],
    },
    check: Check::Unreadable,
    subsumed_by: &[],
};

/// The evidence that something could not be read.
pub(crate) fn evidence<'d>(fault: &Fault) -> Evidence<'d> {
    let message = format!("cannot be judged: {}", fault.reason);
    Evidence::new(Severity::High, fault.pointer.clone(), "", message)
}
