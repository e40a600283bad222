//! Paths of a node, compared as its kernel would: by component, past the spellings and the
//! symbolic links that every distribution has; on Windows without regard to case.

/// A path as a `hostPath` volume names it.
#[derive(Debug)]
pub(crate) struct HostPath {
    system: System,
    written: String,
    /// Its components after the links are followed, on Windows in lower case; none for the root.
    components: Vec<String>,
}

/// Whose path it is. Linux paths start with `/`, and work on Windows nodes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    Windows,
}

/// How the name of a pipe or device starts on Windows.
const DEVICE: &str = r"\\.";

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
        let mut letters = path.chars();
        let has_drive = letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && letters.next() == Some(':');
        if has_drive || path.starts_with('\\') {
            Self::windows(path)
        } else {
            Self::linux(path)
        }
    }

    fn linux(path: &str) -> Self {
        let mut components = resolved(path.split('/'));
        let written = format!("/{}", components.join("/"));
        for (link, target) in LINKS {
            if starts_with(&components, link) {
                components.splice(..link.len(), target.iter().map(|name| (*name).to_owned()));
            }
        }
        Self {
            system: System::Linux,
            written,
            components,
        }
    }

    fn windows(path: &str) -> Self {
        let (start, rest) = match path.replace('/', r"\").strip_prefix(DEVICE) {
            Some(rest) => (Some(DEVICE.to_owned()), rest.to_owned()),
            None => (None, path.replace('/', r"\")),
        };
        let rest = resolved(rest.split('\\'));
        let components: Vec<String> = start.into_iter().chain(rest).collect();
        let written = components.join(r"\");
        let components = components
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        Self {
            system: System::Windows,
            written,
            components,
        }
    }

    pub fn system(&self) -> System {
        self.system
    }

    /// The path in its shortest spelling, links not followed.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The same, when nothing else is asked of the path.
    pub fn into_written(self) -> String {
        self.written
    }

    /// What two spellings of the same path have in common.
    pub fn identity(&self) -> String {
        match self.system {
            System::Linux => format!("/{}", self.components.join("/")),
            System::Windows => self.components.join(r"\"),
        }
    }

    /// Whether it is the other path, or lies under it.
    pub fn lies_in(&self, other: &Self) -> bool {
        let above: Vec<&str> = other.components.iter().map(String::as_str).collect();
        self.system == other.system && starts_with(&self.components, &above)
    }

    pub fn components(&self) -> &[String] {
        &self.components
    }
}

/// The components without those that name nothing.
fn resolved<'c>(components: impl Iterator<Item = &'c str>) -> Vec<String> {
    let mut resolved: Vec<String> = Vec::new();
    for component in components {
        match component {
            "" | "." => {}
            ".." => {
                resolved.pop();
            }
            name => resolved.push(name.to_owned()),
        }
    }
    resolved
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
        (path.as_written().to_owned(), path.identity())
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
            (r"C:\Windows\", r"C:\Windows", r"c:\windows"),
            ("c:/Windows/./System32/..", r"c:\Windows", r"c:\windows"),
            (
                r"\\.\pipe\docker_engine",
                r"\\.\pipe\docker_engine",
                r"\\.\pipe\docker_engine",
            ),
            (
                r"\\.\PIPE\\Docker_Engine",
                r"\\.\PIPE\Docker_Engine",
                r"\\.\pipe\docker_engine",
            ),
        ] {
            assert_eq!(
                both(spelling),
                (written.to_owned(), resolved.to_owned()),
                "{spelling}"
            );
        }
    }
}
