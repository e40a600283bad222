//! `persistent-volume`: a PersistentVolume that is a path of a node.

use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::storage::PersistentVolume;
use crate::view::Text;

use super::host_path;

pub(crate) static RULE: Rule = Rule {
    id: "persistent-volume",
    alert: Some(Alert::HostAccess),
    title: "Persistent volume on a node",
    severity: Severity::Medium,
    techniques: &["T1611", "T1610"],
    pod_security: None,
    help: Help {
        finds: "A PersistentVolume with `hostPath` or `local`. How bad it is follows from the path, \
                as for `host-path`. `local`, the ordinary way to use a node's disks, is a step \
                milder.",
        why: "Whoever may claim the volume gets the path into a pod that itself names no host \
              path, so that no check of pods sees it (TOB-K8S-038).",
        bad: "apiVersion: v1\nkind: PersistentVolume\nspec:\n  hostPath: {path: /}\n",
        good: "apiVersion: v1\nkind: PersistentVolume\nspec:\n  csi: {driver: disk.csi.example.com, volumeHandle: a}\n",
        fix: "use a storage driver; where it has to be the node, a `local` volume on a disk that holds nothing else",
        references: &[
            "https://kubernetes.io/docs/concepts/storage/volumes/#local",
            "https://github.com/kubernetes/kubernetes/issues/81110",
        ],
    },
    check: Check::Volume(check),
    subsumed_by: &[],
};

fn check<'d>(volume: &'d PersistentVolume<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    found(volume, settings)
}

/// What is found in a volume, whoever asks.
pub(super) fn found<'d>(volume: &PersistentVolume<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    fn given<'d>(path: &'d Option<Text<'_>>) -> &'d str {
        path.as_ref().map_or("", Text::as_str)
    }
    let spec = &volume.spec;
    let by_path = spec.host_path.as_ref().map(|source| {
        let source_type = source.source_type.as_ref().map(Text::as_str);
        host_path::claimable("/spec/hostPath", given(&source.path), source_type)
    });
    let local = spec.local.as_ref().map(|source| {
        let evidence = host_path::claimable("/spec/local", given(&source.path), None);
        Evidence {
            severity: evidence.severity.lowered(),
            ..evidence
        }
    });
    let is_allowed =
        |evidence: &Evidence<'_>| settings.allow.has_host_path(&evidence.value(), false);
    let found = by_path.into_iter().chain(local);
    found.filter(|evidence| !is_allowed(evidence)).collect()
}
