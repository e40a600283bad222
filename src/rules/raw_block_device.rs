//! `raw-block-device`: a volume that a container gets as a device.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;

pub(crate) static RULE: Rule = Rule {
    id: "raw-block-device",
    alert: Some(Alert::HostAccess),
    title: "Raw block device",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: None,
    help: Help {
        finds: "An entry of `volumeDevices` in a container of any list.",
        why: "The container reads and writes the device itself, past every file permission. What \
              device it is the claim behind it decides: where that is a disk of the node, it is \
              the node's files.",
        bad: "spec:\n  containers:\n  - name: main\n    volumeDevices:\n    - {name: disk, devicePath: /dev/xvda}\n",
        good: "spec:\n  containers:\n  - name: main\n    volumeMounts:\n    - {name: disk, mountPath: /data}\n",
        fix: "mount the volume as a file system (`volumeMounts`, `volumeMode: Filesystem`)",
        references: &[
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for placed in pod.containers() {
        for (index, device) in placed.container.volume_devices.iter().enumerate() {
            // Kubernetes takes none without a name.
            let Some(name) = &device.name else { continue };
            let volume = name.as_str().to_owned();
            let pointer = pod.at(placed.part(format_args!("volumeDevices/{index}")));
            let message = [
                "has the volume ",
                &quoted(&volume),
                " as a raw device, past every file permission; if its claim is a disk of the node, \
                 the node's files",
            ];
            let evidence = Evidence::new(Severity::Medium, pointer, volume, message.concat());
            found.push(evidence.passed_by_baseline().within(placed));
        }
    }
    found
}
