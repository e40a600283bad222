//! `seccomp-unconfined` and `apparmor-unconfined`: containers whose system calls nothing filters.

use crate::metadata::AppArmor;
use crate::pod::{ByName, PlacedContainer, Pod, Profile};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;

use super::inherited::{self, Given};

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
    let unconfined = inherited::given(
        pod,
        |profiles| profiles.seccomp.as_ref(),
        &Profile::is_unconfined,
        &inherited::is_confined,
    );
    let evidence = |given: Given<'d, '_, Profile<'_>>| {
        let message = "runs without a seccomp filter, so no filter keeps it from a system call of \
                       the node's kernel";
        let pointer = given.pointer("seccompProfile/type");
        given.evidence(Severity::Low, pointer, "Unconfined", message)
    };
    unconfined.into_iter().map(evidence).collect()
}

const APP_ARMOR_MESSAGE: &str = "runs without AppArmor, which would keep it from mounting file \
                                 systems and writing to the kernel's settings";

fn app_armor<'d>(pod: &'d Pod<'_>, _: &Settings) -> Vec<Evidence<'d>> {
    if pod.is_for_windows() {
        return Vec::new();
    }
    let annotations = &pod.metadata.annotations.app_armor;
    let mut by_name = ByName::new();
    for (index, given) in annotations.iter().enumerate() {
        by_name.insert(&given.container, index);
    }
    // Kubernetes puts what an annotation says into the container's field, if it has none, whatever
    // the pod has (`SyncAppArmorAnnotations`, once `applyAppArmorVersionSkew`).
    let annotated = |placed: &PlacedContainer<'d, '_>| {
        let index = by_name.get(placed.name()?)?;
        let profile = annotations.get(*index)?.profile.as_str();
        is_profile(profile).then_some(profile)
    };
    let unconfined = inherited::given(
        pod,
        |profiles| profiles.app_armor.as_ref(),
        &Profile::is_unconfined,
        &|placed| {
            // Some API servers also write what the pod's field says into annotations.
            inherited::is_confined(placed) && annotated(placed).is_none_or(|own| own == UNCONFINED)
        },
    );
    let evidence = |given: Given<'d, '_, Profile<'_>>| {
        let pointer = given.pointer("appArmorProfile/type");
        given.evidence(Severity::Medium, pointer, "Unconfined", APP_ARMOR_MESSAGE)
    };
    let mut found: Vec<Evidence<'d>> = unconfined.into_iter().map(evidence).collect();
    if annotations.is_empty() {
        return found;
    }
    for placed in pod.containers() {
        let has_field = placed
            .container
            .security_context
            .profiles
            .app_armor
            .is_some();
        if !has_field && annotated(&placed) == Some(UNCONFINED) {
            let name = placed.name().unwrap_or_default();
            let pointer = pod.at_annotation(&[AppArmor::PREFIX, name].concat());
            let mut evidence =
                Evidence::new(Severity::Medium, pointer, "Unconfined", APP_ARMOR_MESSAGE);
            evidence.reach = inherited::HOLDS;
            found.push(evidence.refused_by_baseline().within(placed));
        }
    }
    found
}

const UNCONFINED: &str = "unconfined";

/// Whether an annotation names a profile. What does not, puts nothing into the field
/// (`ApparmorFieldForAnnotation`).
fn is_profile(value: &str) -> bool {
    let is_local = |name: &str| !name.is_empty();
    value == UNCONFINED
        || value == "runtime/default"
        || value.strip_prefix("localhost/").is_some_and(is_local)
}
