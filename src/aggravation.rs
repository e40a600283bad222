//! What makes a finding worse than it is by itself: other settings of the same pod.

use crate::pod::{CONTROL_PLANE, Pod};
use crate::request::Operation;
use crate::rule::{Evidence, Rule, Severity};
use crate::view::Text;

/// Raises the severity of what a rule found in a pod, and says why.
pub(crate) fn aggravate(
    rule: &Rule,
    found: &mut [Evidence<'_>],
    pod: &Pod<'_>,
    operation: Option<Operation>,
) {
    let targets_control_plane = !found.is_empty() && targets_control_plane(pod);
    for evidence in found {
        if let Some((severity, reason)) = combination(rule, evidence, pod, operation) {
            evidence.severity = severity;
            evidence.add(reason);
        }
        // Low findings are not a way to the node by themselves, on no node.
        if evidence.severity > Severity::Low && targets_control_plane {
            evidence.severity = evidence.severity.raised();
            evidence.add(
                "; the pod is made for nodes of the control plane, which hold the cluster's keys",
            );
        }
    }
}

/// Two settings that are more together than each alone.
fn combination(
    rule: &Rule,
    evidence: &Evidence<'_>,
    pod: &Pod<'_>,
    operation: Option<Operation>,
) -> Option<(Severity, &'static str)> {
    let spec = &pod.spec;
    // A pod that is there already has its node from the scheduler.
    let is_scheduled = pod.pointer.is_empty() && operation == Some(Operation::Update);
    let is_of_node = !pod.has_user_namespace();
    let value = evidence.value();
    match (rule.id, &*value) {
        ("capabilities", "SYS_PTRACE") if spec.host_pid && is_of_node => Some((
            Severity::Critical,
            "; with `hostPID` these are the processes of the node",
        )),
        ("capabilities", "NET_ADMIN") if spec.host_network && is_of_node => Some((
            Severity::Critical,
            "; with `hostNetwork` it is the node's own network that it changes",
        )),
        ("capabilities", "NET_RAW") if spec.host_network && is_of_node => Some((
            Severity::Medium,
            "; with `hostNetwork` it reads and forges the node's own traffic",
        )),
        ("host-path", "/") if spec.node_name.is_some() && !is_scheduled => {
            Some((evidence.severity, "; the pod names the node that it wants"))
        }
        _ => None,
    }
}

/// Whether the pod is made for the control plane: it asks for its nodes, or tolerates their taint
/// by name. A toleration of every taint is what any agent of the nodes has.
fn targets_control_plane(pod: &Pod<'_>) -> bool {
    let spec = &pod.spec;
    let names = |key: &Option<Text<'_>>| {
        key.as_ref()
            .is_some_and(|key| CONTROL_PLANE.contains(&key.as_str()))
    };
    let terms = spec.affinity.node.required.terms.iter();
    let mut expressions = terms.flat_map(|term| &term.expressions);
    spec.node_selector.names_control_plane
        || spec
            .tolerations
            .iter()
            .any(|toleration| names(&toleration.key))
        || expressions.any(|expression| {
            let operator = expression.operator.as_ref().map(Text::as_str);
            names(&expression.key) && matches!(operator, Some("Exists" | "In"))
        })
}
