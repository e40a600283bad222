//! `seccomp-unconfined` and `apparmor-unconfined`: containers whose system calls nothing filters.

use crate::metadata::AppArmor;
use crate::pod::{PlacedContainer, Pod};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

use super::inherited::{self, Of};

pub(crate) static SECCOMP: Rule = Rule {
    id: "seccomp-unconfined",
    alert: Some(Alert::HostAccess),
    title: "No seccomp filter",
    severity: Severity::Low,
    techniques: &["T1611", "T1562"],
    pod_security: Some("Seccomp"),
    help: Help {
        finds: "`seccompProfile.type: Unconfined` in a security context, of a container or of the \
                pod. A container's own profile stands before the pod's. Low, since it is what a pod \
                without any profile has where the kubelet sets none, and that is not found.",
        why: "The container may make every system call, among them those through which most \
              escapes by a kernel fault go.",
        bad: "spec:\n  securityContext:\n    seccompProfile: {type: Unconfined}\n  containers:\n  - name: main\n",
        good: "spec:\n  securityContext:\n    seccompProfile: {type: RuntimeDefault}\n  containers:\n  - name: main\n",
        fix: "use `type: RuntimeDefault`, or a profile of your own",
        references: &[
            "https://kubernetes.io/docs/tutorials/security/seccomp/",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(seccomp),
    subsumed_by: &["privileged"],
};

pub(crate) static APP_ARMOR: Rule = Rule {
    id: "apparmor-unconfined",
    alert: Some(Alert::HostAccess),
    title: "No AppArmor confinement",
    severity: Severity::Medium,
    techniques: &["T1611", "T1562"],
    pod_security: Some("AppArmor"),
    help: Help {
        finds: "`appArmorProfile.type: Unconfined` in a security context, of a container or of the \
                pod; or, where a container has no such field, its annotation \
                `container.apparmor.security.beta.kubernetes.io/…: unconfined`. A container's own \
                profile stands before the pod's.",
        why: "AppArmor keeps containers from mounting file systems and from writing to what is \
              dangerous in `/proc` and `/sys`, where another fault would let them.",
        bad: "spec:\n  containers:\n  - name: main\n    securityContext:\n      appArmorProfile: {type: Unconfined}\n",
        good: "spec:\n  containers:\n  - name: main\n    securityContext:\n      appArmorProfile: {type: RuntimeDefault}\n",
        fix: "use `type: RuntimeDefault`, or a profile of your own",
        references: &[
            "https://kubernetes.io/docs/tutorials/security/apparmor/",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(app_armor),
    subsumed_by: &["privileged"],
};

fn seccomp<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    if pod.is_for_windows() {
        return Vec::new();
    }
    let given = inherited::given(pod, Of::Confined, |profiles| profiles.seccomp.as_ref());
    let unconfined = given
        .into_iter()
        .filter(|given| given.value.is_unconfined());
    unconfined
        .map(|given| {
            let message = "runs without a seccomp filter, so no filter keeps it from a system call of \
                           the node's kernel";
            let pointer = given.pointer("seccompProfile/type");
            given.evidence(Severity::Low, pointer, "Unconfined", message)
        })
        .collect()
}

const APP_ARMOR_MESSAGE: &str = "runs without AppArmor, which would keep it from mounting file \
                                 systems and writing to the kernel's settings";

fn app_armor<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    if pod.is_for_windows() {
        return Vec::new();
    }
    let given = inherited::given(pod, Of::Confined, |profiles| profiles.app_armor.as_ref());
    let unconfined = given
        .into_iter()
        .filter(|given| given.value.is_unconfined());
    let by_field = unconfined.map(|given| {
        let pointer = given.pointer("appArmorProfile/type");
        given.evidence(Severity::Medium, pointer, "Unconfined", APP_ARMOR_MESSAGE)
    });
    let annotations = &pod.metadata.annotations.app_armor;
    let unconfined = annotations
        .iter()
        .filter(|given| given.profile.as_str() == "unconfined");
    let by_annotation = unconfined.filter_map(|given| {
        let placed = annotated(pod, given)?;
        let pointer = pod.at_annotation(&[AppArmor::PREFIX, &given.container].concat());
        let evidence = Evidence::new(Severity::Medium, pointer, "Unconfined", APP_ARMOR_MESSAGE);
        Some(evidence.refused_by_baseline().within(placed))
    });
    by_field.chain(by_annotation).collect()
}

/// The container that an annotation is about, if it has no field of its own. Kubernetes puts what
/// the annotation says into that field, whatever the pod has (`applyAppArmorVersionSkew`).
fn annotated<'d, 'a>(pod: &'d Pod<'a>, given: &AppArmor<'_>) -> Option<PlacedContainer<'d, 'a>> {
    let mut containers = pod.containers();
    containers.find(|placed| {
        placed.name() == Some(given.container.as_str())
            && placed
                .container
                .security_context
                .profiles
                .app_armor
                .is_none()
    })
}
