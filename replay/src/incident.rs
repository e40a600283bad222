//! Which cases of an audit log are one incident: those of the same workload with the same findings.
//! A Deployment, its ReplicaSets and their pods are one, unless something was added on the way.

use intake::audit::Root;
use sha2::{Digest as _, Sha256};

use crate::answer::Finding;

/// The id of the incident that a case belongs to; none without findings. It depends on what was
/// found in which workload alone, so that it is the same in every run and in every log.
pub(crate) fn id<'f>(root: &Root, findings: impl Iterator<Item = &'f Finding>) -> Option<String> {
    let mut found: Vec<[&str; 3]> = findings
        .map(|finding| {
            let text = |text: &'f Option<String>| text.as_deref().unwrap_or_default();
            [
                finding.rule.as_str(),
                text(&finding.container),
                text(&finding.value),
            ]
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    found.sort_unstable();
    found.dedup();
    let root = [&root.group, &root.kind, &root.namespace, &root.name].map(String::as_str);
    Some(digest(root.into_iter().chain(found.into_iter().flatten())))
}

/// 16 digits that no other list of texts has.
pub(crate) fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // with its length, so that no two lists of texts read the same
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    let digest = hash.finalize();
    let bytes = digest.iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::id;
    use crate::answer::Finding;
    use intake::audit::Root;

    fn root(name: &str) -> Root {
        Root {
            group: "apps".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: "team-a".to_owned(),
            name: name.to_owned(),
        }
    }

    fn finding(path: &str, value: &str) -> Finding {
        serde_json::from_value(serde_json::json!({"rule": "host-path", "severity": "low",
            "action": "deny", "path": path, "value": value, "message": "", "fix": "", "new": true}))
        .unwrap()
    }

    fn of(name: &str, findings: &[Finding]) -> Option<String> {
        id(&root(name), findings.iter())
    }

    #[test]
    fn is_of_what_was_found_and_not_of_where() {
        let of_pod = [finding("/spec/a", "/"), finding("/spec/b", "/etc")];
        let of_template = [finding("/template/b", "/etc"), finding("/template/a", "/")];
        assert_eq!(of("web", &of_pod), of("web", &of_template));
        assert_ne!(of("web", &of_pod), of("web", &of_pod[..1]));
        assert_ne!(of("web", &of_pod), of("db", &of_pod));
        assert_eq!(of("web", &[]), None);
    }

    #[test]
    fn stays_the_same_from_version_to_version() {
        let id = of("web", &[finding("/spec", "/")]);
        assert_eq!(id.as_deref(), Some("9c13e25916321f4e"));
    }
}
