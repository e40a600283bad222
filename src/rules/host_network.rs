//! `host-network`: a pod in the network namespace of its node.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

pub(crate) static RULE: Rule = Rule {
    id: "host-network",
    alert: Some(Alert::HostAccess),
    title: "Host network namespace",
    severity: Severity::Medium,
    techniques: &["T1611", "T1557", "T1552.005"],
    pod_security: Some("Host Namespaces"),
    help: Help {
        finds: "`hostNetwork: true` in a pod spec.",
        why: "The pod shares the network of its node: it reaches services that listen on the \
              node's loopback address and the cloud's metadata service with the node's identity, \
              sees the node's traffic, and no network policy holds for it.",
        bad: "spec:\n  hostNetwork: true\n",
        good: "spec:\n  hostNetwork: false\n",
        fix: "remove `hostNetwork: true`; publish the pod by a Service",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
            "https://github.com/kubernetes/kubernetes/issues/92315",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let message = "shares the node's network: its loopback services, its traffic and its identity \
                   at the cloud's metadata service, past every network policy";
    let evidence = || {
        Evidence::new(Severity::Medium, pod.at("hostNetwork"), "true", message)
            .refused_by_baseline()
    };
    pod.spec.host_network.then(evidence).into_iter().collect()
}
