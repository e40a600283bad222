//! `host-port`: a container that takes a port of its node.

use crate::pod::{Pod, Port};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::visible;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "host-port",
    alert: Some(Alert::HostAccess),
    title: "Host port",
    severity: Severity::Low,
    techniques: &["T1610"],
    pod_security: Some("Host Ports"),
    help: Help {
        finds: "`hostPort` other than 0 in a port of a container of any list. With `hostNetwork`, \
                where Kubernetes fills it in, that is found instead.",
        why: "The container is reachable at its node's address, past network policies that are \
              made for pods, and can stand where a service of the node is expected.",
        bad: "spec:\n  containers:\n  - name: main\n    ports:\n    - {containerPort: 8080, hostPort: 80}\n",
        good: "spec:\n  containers:\n  - name: main\n    ports:\n    - {containerPort: 8080, hostPort: 0}\n",
        fix: "remove `hostPort`; publish the pod by a Service",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &["host-network"],
};

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for placed in pod.containers() {
        for (index, port) in placed.container.ports.iter().enumerate() {
            let number = port.host_port.unwrap_or_default();
            if number == 0 || settings.allow.has_host_port(number) {
                continue;
            }
            let pointer = pod.at(placed.part(format_args!("ports/{index}/hostPort")));
            let value = shown(number, port);
            let message = [
                "takes ",
                &visible(&value, 100),
                " of its node, where a service of the node may be expected",
            ]
            .concat();
            let evidence = Evidence::new(Severity::Low, pointer, value, message);
            found.push(evidence.refused_by_baseline().within(placed));
        }
    }
    found
}

/// Such as `8082/UDP on 127.0.0.1`.
fn shown(number: i32, port: &Port<'_>) -> String {
    let given = |text: &Option<Text<'_>>| {
        let text = text.as_ref().map_or("", Text::as_str);
        (!text.is_empty()).then(|| text.to_owned())
    };
    let protocol = given(&port.protocol).unwrap_or_else(|| "TCP".to_owned());
    let address = given(&port.host_ip).filter(|address| address != "0.0.0.0" && address != "::");
    match address {
        Some(address) => format!("{number}/{protocol} on {address}"),
        None => format!("{number}/{protocol}"),
    }
}
