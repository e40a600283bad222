//! `device-admin-access`: a claim for devices that others use.

use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::storage::DeviceRequests;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "device-admin-access",
    alert: Some(Alert::HostAccess),
    title: "Admin access to devices",
    severity: Severity::Medium,
    techniques: &["T1610"],
    pod_security: None,
    help: Help {
        finds: "`adminAccess: true` in a request of a ResourceClaim or ResourceClaimTemplate.",
        why: "The claim gets devices that are given to others, to watch or change them. Kubernetes \
              wants the namespace to be labelled for it \
              (`resource.kubernetes.io/admin-access: \"true\"`).",
        bad: "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nspec:\n  devices:\n    requests:\n    - name: gpus\n      exactly: {deviceClassName: gpu, adminAccess: true}\n",
        good: "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nspec:\n  devices:\n    requests:\n    - name: gpus\n      exactly: {deviceClassName: gpu}\n",
        fix: "remove `adminAccess`; leave it to the namespace of those who run the devices",
        references: &[
            "https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#admin-access",
        ],
    },
    check: Check::Devices(check),
    subsumed_by: &[],
};

/// `pointer` is that of the claim's spec in its object.
fn check<'d>(devices: &'d DeviceRequests<'_>, pointer: &str, _: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for (index, request) in devices.requests.iter().enumerate() {
        let name = request.name.as_ref().map_or("", Text::as_str);
        for (part, given) in [
            ("adminAccess", request.admin_access),
            ("exactly/adminAccess", request.exactly.admin_access),
        ] {
            if given {
                let pointer = format!("{pointer}/devices/requests/{index}/{part}");
                let message = "asks for devices that others use, to watch or change what they do";
                found.push(Evidence::new(Severity::Medium, pointer, name, message));
            }
        }
    }
    found
}
