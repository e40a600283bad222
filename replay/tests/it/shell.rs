//! Completions and manual pages know every command and flag, since they are made of the same
//! definition.

use crate::common::{Folder, run};

#[test]
fn every_shell_is_served() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(
            &mut Folder::new().bulkhead(&format!("completions {shell}")),
            b"",
        );
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["replay", "rbac", "rules", "fail-on", "who-can-grant"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_command_has_a_page() {
    let ran = run(&mut Folder::new().bulkhead("man"), b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains(".TH bulkhead 1"), "{ran:?}");
    for (command, text) in [
        ("replay", "Exit codes:"),
        ("rbac", "\\-\\-who\\-can\\-grant"),
        ("rules", "host\\-path"),
        ("completions", "bash"),
        ("man", "bulkhead"),
    ] {
        let ran = run(&mut Folder::new().bulkhead(&format!("man {command}")), b"");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
        assert!(
            ran.stdout.contains(&format!(".TH bulkhead-{command} 1")),
            "{ran:?}"
        );
        assert!(ran.stdout.contains(text), "{command}: {ran:?}");
    }
}

#[test]
fn a_command_that_is_none_has_no_page() {
    let ran = run(&mut Folder::new().bulkhead("man nope"), b"");
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: no command `nope`: `bulkhead --help` lists them\n"
    );
}
