//! `mount-propagation`: mounts that a container makes and its node sees.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "mount-propagation",
    alert: Some(Alert::HostAccess),
    title: "Mounts shared with the node",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: None,
    help: Help {
        finds: "`mountPropagation: Bidirectional` in a volume mount of a container of any list.",
        why: "What the container mounts there appears on its node and in every pod that mounts the \
              same volume, and stays when the container is gone. Kubernetes wants the container to \
              be privileged for it; this is another thing that it does with that.",
        bad: "spec:\n  containers:\n  - name: main\n    volumeMounts:\n    - {name: data, mountPath: /data, mountPropagation: Bidirectional}\n",
        good: "spec:\n  containers:\n  - name: main\n    volumeMounts:\n    - {name: data, mountPath: /data, mountPropagation: HostToContainer}\n",
        fix: "use `HostToContainer`, or remove `mountPropagation`; storage drivers alone need it",
        references: &["https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation"],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for placed in pod.containers() {
        for (index, mount) in placed.container.volume_mounts.iter().enumerate() {
            if mount.propagation.as_ref().map(Text::as_str) != Some("Bidirectional") {
                continue;
            }
            let volume = mount.name.as_ref().map_or("", Text::as_str);
            let pointer =
                pod.at(placed.part(format_args!("volumeMounts/{index}/mountPropagation")));
            let message = [
                "shares what it mounts in the volume ",
                &quoted(volume),
                " with its node and with every pod that has the volume",
            ];
            let mut evidence =
                Evidence::new(Severity::Medium, pointer, "Bidirectional", message.concat());
            evidence.identify(volume.to_owned());
            found.push(evidence.passed_by_baseline().within(placed));
        }
    }
    found
}
