//! The README's excerpt of a report is what the README's command prints.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_excerpt_is_what_the_command_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- output: ").unwrap();
    let (arguments, rest) = rest.split_once(" -->\n```text\n").unwrap();
    let (excerpt, _) = rest.split_once("```").unwrap();
    let makefile = fs::read_to_string(root.join("Makefile")).unwrap();
    assert!(
        makefile.contains(arguments),
        "`make replay` runs something else"
    );

    let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .current_dir(&root)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let given = String::from_utf8(output.stdout).unwrap();
    for part in excerpt.split("…\n") {
        assert!(given.contains(part), "not printed:\n{part}\nbut:\n{given}");
    }
}
