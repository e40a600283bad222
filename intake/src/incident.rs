//! Which cases of an audit log are one incident: those of the same workload with the same findings.
//! A Deployment, its ReplicaSets and their pods are one, unless something was added on the way.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::audit::Root;

/// The id of the incident that a case belongs to; none without findings. Of each finding it takes
/// the rule, the container and the value, empty where there is none. It depends on what was found
/// in which workload of which cluster alone, so that it is the same in every run and in every log.
#[must_use]
pub fn id<'f>(root: &Root, findings: impl Iterator<Item = [&'f str; 3]>) -> Option<String> {
    let mut found = BTreeSet::new();
    found.extend(findings);
    if found.is_empty() {
        return None;
    }
    let own = [&root.group, &root.kind, &root.namespace, &root.name].map(String::as_str);
    let texts = own.into_iter().chain(found.into_iter().flatten());
    Some(digest(texts.chain(root.cluster.as_deref())))
}

/// 16 digits that no other list of texts has.
#[must_use]
pub fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // with its length, so that no two lists of texts read the same; as wide on every machine
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let digest = hash.finalize();
    let bytes = digest.iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::id;
    use crate::audit::Root;

    fn of(name: &str, values: &[&str]) -> Option<String> {
        of_cluster(None, name, values)
    }

    fn of_cluster(cluster: Option<&str>, name: &str, values: &[&str]) -> Option<String> {
        let root = Root {
            group: "apps".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: "team-a".to_owned(),
            name: name.to_owned(),
            cluster: cluster.map(Into::into),
        };
        id(&root, values.iter().map(|value| ["host-path", "", value]))
    }

    #[test]
    fn is_of_what_was_found_and_not_of_its_order() {
        let of_pod = of("web", &["/", "/etc"]);
        assert_eq!(of_pod, of("web", &["/etc", "/", "/etc"]));
        assert_ne!(of_pod, of("web", &["/"]));
        assert_ne!(of_pod, of("db", &["/", "/etc"]));
        assert_eq!(of("web", &[]), None);
        let there = of_cluster(Some("there"), "web", &["/", "/etc"]);
        assert!(![of_pod, of_cluster(Some("here"), "web", &["/", "/etc"])].contains(&there));
    }

    #[test]
    fn stays_the_same_from_version_to_version() {
        let id = of("web", &["/"]);
        assert_eq!(id.as_deref(), Some("9c13e25916321f4e"));
    }
}
