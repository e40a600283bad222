//! The README's excerpt of a report is what the README's command prints.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_excerpts_are_what_the_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut commands = Vec::new();
    for example in readme.split("<!-- output: ").skip(1) {
        let (arguments, rest) = example.split_once(" -->\n```text\n").unwrap();
        let (excerpt, _) = rest.split_once("```").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .current_dir(&root)
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let given = String::from_utf8(output.stdout).unwrap();
        for part in excerpt.split("…\n") {
            assert!(given.contains(part), "not printed:\n{part}\nbut:\n{given}");
        }
        commands.push(arguments.to_owned());
    }
    let makefile = fs::read_to_string(root.join("Makefile")).unwrap();
    assert_eq!(commands.len(), 3);
    assert!(
        makefile.contains(&commands[0]),
        "`make replay` runs something else"
    );
}
