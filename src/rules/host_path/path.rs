//! Paths of a node, compared as its kernel would: by component, past the spellings and the
//! symbolic links that every distribution has.

/// A path as a `hostPath` volume names it.
#[derive(Debug)]
pub(super) struct HostPath {
    written: String,
    /// Its components after the links are followed; none for the root.
    components: Vec<String>,
}

/// Directories that are links on every mainstream distribution: `/var/run`, and what the `/usr`
/// merge moved.
const LINKS: &[(&[&str], &[&str])] = &[
    (&["var", "run"], &["run"]),
    (&["bin"], &["usr", "bin"]),
    (&["sbin"], &["usr", "sbin"]),
    (&["lib"], &["usr", "lib"]),
    (&["lib64"], &["usr", "lib64"]),
];

impl HostPath {
    /// Understands a path. The API server refuses `..`; a manifest may still hold it, and the
    /// kernel would resolve it, so it is resolved here.
    pub fn new(path: &str) -> Self {
        let mut components: Vec<String> = Vec::new();
        for component in path.split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    components.pop();
                }
                name => components.push(name.to_owned()),
            }
        }
        let written = format!("/{}", components.join("/"));
        for (link, target) in LINKS {
            if starts_with(&components, link) {
                components.splice(..link.len(), target.iter().map(|name| (*name).to_owned()));
            }
        }
        Self {
            written,
            components,
        }
    }

    /// The path in its shortest spelling, links not followed.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The path with links followed.
    pub fn resolved(&self) -> String {
        format!("/{}", self.components.join("/"))
    }

    pub fn components(&self) -> &[String] {
        &self.components
    }
}

/// Whether the components start with those of a prefix.
pub(super) fn starts_with(components: &[String], prefix: &[&str]) -> bool {
    components.len() >= prefix.len()
        && components
            .iter()
            .zip(prefix)
            .all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(path: &str) -> (String, String) {
        let path = HostPath::new(path);
        (path.as_written().to_owned(), path.resolved())
    }

    #[test]
    fn every_spelling_of_a_path_is_the_same_path() {
        for (spelling, written, resolved) in [
            ("/", "/", "/"),
            ("", "/", "/"),
            ("//", "/", "/"),
            ("/.", "/", "/"),
            ("/..", "/", "/"),
            ("/etc/", "/etc", "/etc"),
            (
                "//etc//kubernetes/./pki/",
                "/etc/kubernetes/pki",
                "/etc/kubernetes/pki",
            ),
            ("/srv/../etc", "/etc", "/etc"),
            (
                "/var/run/docker.sock",
                "/var/run/docker.sock",
                "/run/docker.sock",
            ),
            ("/var/run", "/var/run", "/run"),
            ("/lib/modules", "/lib/modules", "/usr/lib/modules"),
            ("/library", "/library", "/library"),
            ("/var/runner", "/var/runner", "/var/runner"),
        ] {
            assert_eq!(
                both(spelling),
                (written.to_owned(), resolved.to_owned()),
                "{spelling}"
            );
        }
    }
}
