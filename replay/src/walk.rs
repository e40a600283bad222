//! From the paths on the command line to the files to read, in one order:
//! arguments as given, folders by name. Follows links to files, not links to
//! folders, so that it ends and stays where it was sent.

use std::fs::{self, DirEntry};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What a folder's files end in, with or without an ending of [`COMPRESSED`].
const ENDINGS: [&str; 6] = ["yaml", "yml", "json", "jsonl", "ndjson", "log"];

const COMPRESSED: [&str; 2] = ["gz", "zst"];

/// What the walk meets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Standard input, named `-`.
    Stdin,
    /// A file to read.
    File {
        path: PathBuf,
        /// Named on the command line, so everything in it must be readable.
        strict: bool,
    },
    /// Something in a folder that is not read, and why.
    Skipped(&'static str),
    /// Something that cannot be looked at, and why.
    Failed { path: PathBuf, message: String },
}

/// Shows everything below `inputs` to `visit`, until it breaks.
pub(crate) fn walk(
    inputs: &[PathBuf],
    visit: &mut impl FnMut(Found) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for input in inputs {
        if input.as_os_str() == "-" {
            visit(Found::Stdin)?;
        } else if input.is_dir() {
            folder(input, visit)?;
        } else {
            visit(Found::File {
                path: input.clone(),
                strict: true,
            })?;
        }
    }
    ControlFlow::Continue(())
}

fn folder(path: &Path, visit: &mut impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    let read = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>);
    let mut entries = match read {
        Ok(entries) => entries,
        Err(error) => return visit(failed(path.to_owned(), &error)),
    };
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let linked = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        match fs::metadata(&path) {
            _ if hidden(&path) => visit(Found::Skipped("hidden")),
            Ok(target) if target.is_dir() && linked => visit(Found::Skipped("link to a folder")),
            Ok(target) if target.is_dir() => folder(&path, visit),
            _ if !readable_by_name(&path) => visit(Found::Skipped("another file ending")),
            Ok(target) if target.is_file() => visit(Found::File {
                path,
                strict: false,
            }),
            Ok(_) => visit(Found::Skipped("neither file nor folder")),
            Err(error) => visit(failed(path, &error)),
        }?;
    }
    ControlFlow::Continue(())
}

fn failed(path: PathBuf, error: &std::io::Error) -> Found {
    Found::Failed {
        path,
        message: error.to_string(),
    }
}

fn hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn readable_by_name(path: &Path) -> bool {
    ends_in(path, &ENDINGS)
        || (ends_in(path, &COMPRESSED)
            && path
                .file_stem()
                .is_some_and(|stem| ends_in(Path::new(stem), &ENDINGS)))
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::{Found, readable_by_name, walk};
    use std::fs;
    use std::ops::ControlFlow;
    use std::path::{Path, PathBuf};

    /// Paths relative to `root`; what is no file in square brackets.
    fn names(root: &Path, inputs: &[PathBuf]) -> Vec<String> {
        let mut names = Vec::new();
        let relative = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let _ = walk(inputs, &mut |found| {
            names.push(match found {
                Found::Stdin => "-".into(),
                Found::File { path, strict } if strict => format!("{} strictly", relative(&path)),
                Found::File { path, .. } => relative(&path),
                Found::Skipped(reason) => format!("[{reason}]"),
                Found::Failed { path, .. } => format!("[failed {}]", relative(&path)),
            });
            ControlFlow::Continue(())
        });
        names
    }

    #[test]
    fn reads_folders_by_name_and_in_order() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("b/.git")).unwrap();
        fs::create_dir_all(root.join("d.json")).unwrap();
        for file in [
            "c.YAML",
            "a.json",
            "b/x.jsonl.gz",
            "b/.git/y.json",
            "b/.z.json",
            "README.md",
            "d.json/e.log",
            "f.gz",
        ] {
            fs::write(root.join(file), "").unwrap();
        }
        let inputs = [root.to_owned(), PathBuf::from("-"), root.join("README.md")];
        assert_eq!(
            names(root, &inputs),
            [
                "[another file ending]",
                "a.json",
                "[hidden]",
                "[hidden]",
                "b/x.jsonl.gz",
                "c.YAML",
                "d.json/e.log",
                "[another file ending]",
                "-",
                "README.md strictly",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn follows_links_to_files_only() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::write(root.join("a.json"), "").unwrap();
        symlink(root, root.join("loop")).unwrap();
        symlink(root.join("a.json"), root.join("b.json")).unwrap();
        symlink(root.join("nowhere"), root.join("c.json")).unwrap();
        assert_eq!(
            names(root, &[root.to_owned()]),
            ["a.json", "b.json", "[failed c.json]", "[link to a folder]"]
        );
    }

    #[test]
    fn stops_when_told() {
        let mut visits = 0;
        let inputs = [PathBuf::from("-"), PathBuf::from("-")];
        let end = walk(&inputs, &mut |_| {
            visits += 1;
            ControlFlow::Break(())
        });
        assert!(end.is_break());
        assert_eq!(visits, 1);
    }

    #[test]
    fn knows_endings() {
        for name in [
            "a.yaml",
            "a.yml",
            "a.json",
            "a.jsonl",
            "a.ndjson",
            "a.log",
            "a.log.gz",
            "a.yaml.zst",
        ] {
            assert!(readable_by_name(Path::new(name)), "{name}");
        }
        for name in [
            "a",
            "a.gz",
            "yaml",
            "a.yaml.bz2",
            "a.tar.gz",
            "a.yaml.gz.gz",
        ] {
            assert!(!readable_by_name(Path::new(name)), "{name}");
        }
    }
}
