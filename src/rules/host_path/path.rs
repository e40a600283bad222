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

/// Whose path it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    Windows,
}

/// How the name of a pipe or device starts on Windows.
const DEVICE: &str = r"\\.";

/// The drive of a Windows path that names none.
const SYSTEM_DRIVE: &str = "c:";

type Links = &'static [(&'static [&'static str], &'static [&'static str])];

/// Directories that are links on every mainstream distribution: `/var/run`, and what the `/usr`
/// merge moved. And what `/root` and `/home` link to on ostree systems.
const LINKS: Links = &[
    (&["var", "run"], &["run"]),
    (&["var", "roothome"], &["root"]),
    (&["var", "home"], &["home"]),
    (&["bin"], &["usr", "bin"]),
    (&["sbin"], &["usr", "sbin"]),
    (&["lib"], &["usr", "lib"]),
    (&["lib64"], &["usr", "lib64"]),
];

/// Other names of directories of Windows: a junction, and short names as setup gives them.
const WINDOWS_LINKS: Links = &[
    (&["c:", "progra~1"], &["c:", "program files"]),
    (&["c:", "progra~2"], &["c:", "program files (x86)"]),
    (&["c:", "progra~3"], &["c:", "programdata"]),
    (&["c:", "docume~1"], &["c:", "users"]),
    (&["c:", "documents and settings"], &["c:", "users"]),
];

impl HostPath {
    /// Understands a path, of which nothing is known but its form. The API server refuses `..`; a
    /// manifest may still hold it, and the kernel would resolve it, so it is resolved here.
    pub fn new(path: &str) -> Self {
        if drive(path).is_some() || path.starts_with('\\') {
            Self::on_windows(path)
        } else {
            Self::linux(path)
        }
    }

    /// Whether a text is a path from a root, of either system.
    pub fn is_absolute(text: &str) -> bool {
        let is_rooted = |text: &str| text.starts_with(['/', '\\']);
        is_rooted(text) || drive(text).is_some_and(|(_, rest)| is_rooted(rest))
    }

    fn linux(path: &str) -> Self {
        let mut components = resolved(&mut path.split('/'));
        let written = ["/", &components.join("/")].concat();
        follow(LINKS, &mut components);
        Self {
            system: System::Linux,
            written,
            components,
        }
    }

    /// Understands a path of a Windows node. One that starts with a slash lies on the system drive,
    /// where the kubelet puts it (`IsWindowsLocalPath` and `MakeAbsolutePath` of its volume
    /// utilities).
    pub fn on_windows(path: &str) -> Self {
        let starts = [r"\\", "//./", "//?/"];
        let is_local = !starts.iter().any(|start| path.starts_with(start));
        let parts = path.split(['/', '\\']).filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.collect();
        let mut components = Vec::new();
        let rest = if is_local {
            on_drive(&parts, &mut components)
        } else {
            elsewhere(&parts, &mut components)
        };
        components.append(&mut resolved(&mut rest.iter().copied()));
        let written = windows_text(&components);
        for name in &mut components {
            *name = windows_name(name);
        }
        follow(WINDOWS_LINKS, &mut components);
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
            System::Linux => ["/", &self.components.join("/")].concat(),
            System::Windows => windows_text(&self.components),
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

/// The drive that a path starts with, and the rest.
fn drive(path: &str) -> Option<(&str, &str)> {
    let (drive, rest) = path.split_at_checked(2)?;
    let is_drive =
        drive.ends_with(':') && drive.starts_with(|first: char| first.is_ascii_alphabetic());
    is_drive.then_some((drive, rest))
}

/// A path on a drive: what it starts with is added to the components, and the rest returned.
fn on_drive<'p>(parts: &'p [&'p str], components: &mut Vec<String>) -> &'p [&'p str] {
    let Some((first, rest)) = parts.split_first() else {
        components.push(SYSTEM_DRIVE.to_owned());
        return parts;
    };
    let Some((drive, below)) = drive(first) else {
        components.push(SYSTEM_DRIVE.to_owned());
        return parts;
    };
    components.push(drive.to_owned());
    if !below.is_empty() {
        components.push(below.to_owned());
    }
    rest
}

/// The same for a path that starts with two backslashes: a device or pipe, or a share of a machine.
fn elsewhere<'p>(parts: &'p [&'p str], components: &mut Vec<String>) -> &'p [&'p str] {
    let Some((machine, share)) = parts.split_first() else {
        components.push(DEVICE.to_owned());
        return parts;
    };
    let (name, below) = share
        .split_first()
        .map_or(("", share), |(name, below)| (*name, below));
    let start = if matches!(*machine, "." | "?") {
        if name.eq_ignore_ascii_case("unc") {
            return elsewhere(below, components);
        }
        // Every path can be written as that of a device. A drive alone is its raw volume.
        if drive(name).is_some() && !below.is_empty() {
            return on_drive(share, components);
        }
        DEVICE.to_owned()
    } else if machine.eq_ignore_ascii_case("localhost") || machine.starts_with("127.") {
        // What Windows shares with administrators by itself.
        if name.eq_ignore_ascii_case("admin$") {
            components.push(SYSTEM_DRIVE.to_owned());
            components.push("Windows".to_owned());
            return below;
        }
        if name.len() == 2 && name.ends_with('$') {
            components.push(name.replace('$', ":"));
            return below;
        }
        if name.eq_ignore_ascii_case("pipe") {
            DEVICE.to_owned()
        } else {
            [r"\\", machine].concat()
        }
    } else {
        [r"\\", machine].concat()
    };
    components.push(start);
    share
}

/// A component of a path as Windows compares it: without regard to case, to dots and spaces at its
/// end, and to which stream of the file is meant.
fn windows_name(name: &str) -> String {
    let stream = name.find(':').filter(|at| *at > 1);
    let name = stream.and_then(|at| name.get(..at)).unwrap_or(name);
    let short = name.trim_end_matches([' ', '.']);
    let is_name = !short.is_empty() && !name.starts_with('\\');
    if is_name { short } else { name }.to_ascii_lowercase()
}

/// The components of a Windows path as one text.
fn windows_text(components: &[String]) -> String {
    let text = components.join(r"\");
    if components.len() == 1 && text.ends_with(':') {
        return [&text, r"\"].concat();
    }
    text
}

/// Puts the targets of links in their places.
fn follow(links: Links, components: &mut Vec<String>) {
    for (link, target) in links {
        if starts_with(components, link) {
            let mut rest = components.split_off(link.len());
            components.clear();
            components.extend(target.iter().map(|name| (*name).to_owned()));
            components.append(&mut rest);
        }
    }
}

/// The components without those that name nothing.
fn resolved(components: &mut dyn Iterator<Item = &str>) -> Vec<String> {
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
            (r"C:\", r"C:\", r"c:\"),
            ("C:", r"C:\", r"c:\"),
            (r"C:\..\", r"C:\", r"c:\"),
            (r"C:\Windows\", r"C:\Windows", r"c:\windows"),
            ("c:Windows", r"c:\Windows", r"c:\windows"),
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

    /// As the kubelet does: `IsWindowsLocalPath` and `MakeAbsolutePath`.
    #[test]
    fn a_path_without_a_drive_is_on_the_system_drive() {
        for (spelling, path) in [
            (r"\Windows", r"c:\Windows"),
            (r"\", r"c:\"),
            ("/Windows", r"c:\Windows"),
            ("/Windows/./System32/", r"c:\Windows\System32"),
            ("//var/run", r"c:\var\run"),
            (r"\/var/run", r"c:\var\run"),
            ("/", r"c:\"),
            ("data", r"c:\data"),
            ("D:/data", r"D:\data"),
        ] {
            let shown = HostPath::on_windows(spelling);
            assert_eq!(shown.as_written(), path, "{spelling}");
        }
        // Only a backslash tells by itself.
        assert_eq!(both(r"\Windows").1, r"c:\windows");
        assert_eq!(both("/Windows").1, "/Windows");
    }

    #[test]
    fn windows_has_many_names_for_one_path() {
        for (spelling, path) in [
            (r"\\?\C:\Windows", r"c:\windows"),
            (r"\\.\C:\Windows", r"c:\windows"),
            (r"\\localhost\C$\Windows", r"c:\windows"),
            (r"\\127.0.0.1\ADMIN$\System32", r"c:\windows\system32"),
            (r"\\?\UNC\localhost\d$", r"d:\"),
            (r"C:\Windows.", r"c:\windows"),
            (r"C:\Windows \System32", r"c:\windows\system32"),
            (r"C:\Windows::$INDEX_ALLOCATION", r"c:\windows"),
            (r"C:\PROGRA~1\containerd", r"c:\program files\containerd"),
            (r"C:\Progra~3", r"c:\programdata"),
            (r"C:\Documents and Settings\a", r"c:\users\a"),
            (r"\\?\pipe\docker_engine", r"\\.\pipe\docker_engine"),
            (r"\\localhost\pipe\docker_engine", r"\\.\pipe\docker_engine"),
            ("//./pipe/docker_engine", r"\\.\pipe\docker_engine"),
            (r"\\./pipe/docker_engine", r"\\.\pipe\docker_engine"),
            (r"\\.\PhysicalDrive0", r"\\.\physicaldrive0"),
            // The volume itself, not its root directory.
            (r"\\.\C:", r"\\.\c:"),
            (r"\\files\share\a\..\b", r"\\files\share\b"),
            (r"\\files\C$", r"\\files\c$"),
        ] {
            assert_eq!(
                HostPath::on_windows(spelling).identity(),
                path,
                "{spelling}"
            );
        }
    }
}
