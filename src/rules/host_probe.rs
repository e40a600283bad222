//! `host-probe`: a probe or hook that makes the kubelet send requests elsewhere.

use crate::pod::{PlacedContainer, Pod};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::version::Version;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "host-probe",
    alert: Some(Alert::HostAccess),
    title: "Probe of another host",
    severity: Severity::Low,
    techniques: &["T1046"],
    pod_security: Some("Host Probes / Lifecycle Hooks"),
    help: Help {
        finds: "`host` in `httpGet` or `tcpSocket` of a probe or lifecycle hook, in a container of \
                any list. Loopback addresses are medium: they are the node's own.",
        why: "The kubelet sends the request from its node's network, so whoever writes the pod \
              reaches what only nodes reach, and learns from the pod's state whether it answers.",
        bad: "spec:\n  containers:\n  - name: main\n    livenessProbe:\n      httpGet: {port: 80, host: 10.0.0.1}\n",
        good: "spec:\n  containers:\n  - name: main\n    livenessProbe:\n      httpGet: {port: 80, host: \"\"}\n",
        fix: "remove `host`; to choose a virtual host, set the header `Host` in `httpHeaders`",
        references: &[
            "https://github.com/kubernetes/enhancements/issues/4940",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

/// From here on Pod Security refuses it.
const V1_34: Version = Version::new(1, 34);

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for placed in pod.containers() {
        let container = placed.container;
        for (place, handler) in [
            ("livenessProbe", &container.liveness_probe),
            ("readinessProbe", &container.readiness_probe),
            ("startupProbe", &container.startup_probe),
            ("lifecycle/postStart", &container.lifecycle.post_start),
            ("lifecycle/preStop", &container.lifecycle.pre_stop),
        ] {
            for (kind, destination) in [
                ("httpGet", &handler.http_get),
                ("tcpSocket", &handler.tcp_socket),
            ] {
                let host = destination.host.as_ref().map_or("", Text::as_str);
                if !host.is_empty() {
                    let part = [place, "/", kind].concat();
                    found.push(evidence(pod, placed, &part, host, settings.version()));
                }
            }
        }
    }
    found
}

/// One copy for all probes and hooks.
#[inline(never)]
fn evidence<'d>(
    pod: &Pod<'_>,
    placed: PlacedContainer<'d, '_>,
    part: &str,
    host: &'d str,
    version: Version,
) -> Evidence<'d> {
    let (severity, whose) = if is_loopback(host) {
        (Severity::Medium, ", which is the node itself")
    } else {
        (Severity::Low, "")
    };
    let pointer = pod.at(placed.part(format_args!("{part}/host")));
    let message = [
        "makes the kubelet send requests to ",
        &quoted(host),
        whose,
        ", from the node's network",
    ];
    let mut evidence = Evidence::new(severity, pointer, host, message.concat()).within(placed);
    evidence.identify([part, " ", host].concat());
    if version >= V1_34 {
        evidence.refused_by_baseline()
    } else {
        evidence.passed_by_baseline()
    }
}

/// Whether the host is the kubelet's own. Other spellings of these addresses resolve too, but to
/// parse them all would cost more than it tells: the finding is there all the same.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host == "::1"
}
