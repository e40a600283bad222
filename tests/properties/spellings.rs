//! The spellings that mean the same: of the paths of a node, and of capabilities.

/// Spellings of a path, its own among them.
pub fn of_path(path: &str) -> Vec<String> {
    const LINKS: &[(&str, &str)] = &[
        ("/var/run", "/run"),
        ("/lib", "/usr/lib"),
        ("/lib64", "/usr/lib64"),
        ("/bin", "/usr/bin"),
        ("/sbin", "/usr/sbin"),
    ];
    if !path.starts_with('/') {
        // A drive, or what starts the name of a pipe, where slashes are not the same.
        let (start, rest) = path.split_at(2);
        let slashes = if start == r"\\" { r"\\" } else { "/" };
        return vec![
            path.to_owned(),
            path.to_uppercase(),
            path.to_lowercase(),
            format!(r"{path}\"),
            format!(r"{path}\."),
            format!("{start}{}", rest.replace('\\', slashes)),
        ];
    }
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
