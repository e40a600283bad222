//! The spellings that mean the same: of the paths of a node, and of capabilities.

/// Spellings of a path, its own among them.
pub fn of_path(path: &str, on_windows: bool) -> Vec<String> {
    let (start, rest) = match path.get(1..2) {
        _ if path.starts_with(r"\\") => path.split_at(2),
        Some(":") => path.split_at(2),
        _ if on_windows || path.starts_with('\\') => ("", path),
        _ => return of_linux_path(path),
    };
    // What starts the name of a pipe is no drive, and slashes are not the same there.
    let mut rest = rest.replace('/', r"\");
    if start.is_empty() {
        // Two would be the start of another.
        rest = format!(r"\{}", rest.trim_start_matches('\\'));
    }
    let drives = match start {
        "" => vec!["", "c:", "C:", r"\\?\c:", r"\\localhost\C$"],
        start => vec![start],
    };
    let slash = if start == r"\\" { r"\" } else { "/" };
    let spellings = drives.iter().flat_map(|drive| {
        let path = format!("{drive}{rest}");
        [
            path.to_uppercase(),
            path.to_lowercase(),
            format!(r"{path}\"),
            format!(r"{path}\."),
            format!("{drive}{}", rest.replace('\\', slash)),
            path,
        ]
    });
    let is_the_same = |spelling: &String| {
        // Elsewhere, only a backslash tells that it is Windows'.
        on_windows || !spelling.starts_with('/')
    };
    spellings.filter(is_the_same).collect()
}

fn of_linux_path(path: &str) -> Vec<String> {
    const LINKS: &[(&str, &str)] = &[
        ("/var/run", "/run"),
        ("/lib", "/usr/lib"),
        ("/lib64", "/usr/lib64"),
        ("/bin", "/usr/bin"),
        ("/sbin", "/usr/sbin"),
    ];
    let mut same = vec![path.to_owned()];
    let shortest: Vec<&str> = path
        .split('/')
        .filter(|part| !["", "."].contains(part))
        .collect();
    let shortest = format!("/{}", shortest.join("/"));
    for (link, target) in LINKS {
        for (from, to) in [(link, target), (target, link)] {
            let rest = shortest.strip_prefix(from);
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                same.push(format!("{to}{rest}"));
            }
        }
    }
    let spellings = same.iter().flat_map(|path| {
        [
            path.clone(),
            path.replace('/', "//"),
            path.replace('/', "/./"),
            format!("{path}/"),
            format!("{path}/."),
        ]
    });
    spellings.collect()
}

/// Spellings of a capability, from its name without prefix in upper case.
pub fn of_capability(name: &str) -> Vec<String> {
    let letters = name.chars().enumerate();
    let mixed: String = letters
        .map(|(index, letter)| match index % 2 {
            0 => letter,
            _ => letter.to_ascii_lowercase(),
        })
        .collect();
    vec![
        name.to_owned(),
        name.to_lowercase(),
        format!("CAP_{name}"),
        format!("cap_{}", name.to_lowercase()),
        format!("Cap_{mixed}"),
    ]
}
