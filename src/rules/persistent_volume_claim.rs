//! `persistent-volume-claim`: a pod that claims a volume which is a path of a node.

use crate::context::{Claimed, Context};
use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::storage::PersistentVolume;
use crate::text::{quoted, visible};
use crate::view::{self, Text};

use super::persistent_volume;

pub(crate) static RULE: Rule = Rule {
    id: "persistent-volume-claim",
    alert: Some(Alert::HostAccess),
    title: "Claim of a volume on a node",
    severity: Severity::Medium,
    techniques: &["T1611", "T1610"],
    pod_security: None,
    help: Help {
        finds: "A `persistentVolumeClaim` of a pod whose PersistentVolume has `hostPath` or \
                `local`, as bad as `persistent-volume` finds that. The volume is looked up in the \
                cluster, so only with the setting `clusterContext`. A claim that is not bound yet \
                has no volume. What the cluster does not answer is low. Beyond 16 claims none \
                is looked up: critical.",
        why: "The pod names no host path, and gets one all the same (TOB-K8S-038).",
        bad: "spec:\n  volumes:\n  - name: data\n    persistentVolumeClaim: {claimName: on-a-host-path}\n",
        good: "spec:\n  volumes:\n  - name: data\n    persistentVolumeClaim: {claimName: on-a-disk}\n",
        fix: "claim a volume of a storage driver",
        references: &["https://github.com/kubernetes/kubernetes/issues/81110"],
    },
    check: Check::Claims(check),
    subsumed_by: &[],
};

fn check<'d>(pod: &'d Pod<'_>, context: &Context, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    for (index, volume) in pod.spec.volumes.iter().enumerate() {
        let claim = volume.claim.as_ref().and_then(|claim| claim.name.as_ref());
        let Some(claim) = claim.map(Text::as_str) else {
            continue;
        };
        let pointer = pod.at(format_args!("volumes/{index}/persistentVolumeClaim"));
        let mut unknown = |severity, reason: &str| {
            found.push(unknown(severity, pointer.clone(), claim, reason));
        };
        match context.claimed(claim) {
            Some(Claimed::Volume(volume)) => {
                let volume: PersistentVolume<'_> = match view::from_str(volume) {
                    Ok(volume) => volume,
                    Err(_) => {
                        unknown(Severity::Low, "its volume cannot be read");
                        continue;
                    }
                };
                for evidence in persistent_volume::found(&volume, settings) {
                    let mut evidence = evidence.at(pointer.clone());
                    evidence.add(&["; by the claim ", &quoted(claim)].concat());
                    found.push(evidence);
                }
            }
            Some(Claimed::Unknown(reason)) => unknown(Severity::Low, reason),
            // It is the author who makes it unknowable: no milder than what may be behind it.
            Some(Claimed::OneOfTooMany) => {
                unknown(Severity::Critical, "more than 16 claims are not looked up");
            }
            Some(Claimed::Unbound) | None => {}
        }
    }
    found
}

fn unknown<'d>(severity: Severity, pointer: String, claim: &str, reason: &str) -> Evidence<'d> {
    let reason = visible(reason, 200);
    let message = [
        "what is behind the claim ",
        &quoted(claim),
        " is not known: ",
        &reason,
    ]
    .concat();
    Evidence::new(severity, pointer, claim.to_owned(), message)
}
