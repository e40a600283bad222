//! Which letters a YAML text may have. go-yaml refuses control characters. Three letters end a
//! line for YAML 1.1, which kubectl reads, but not for YAML 1.2, which our parser reads: behind
//! one of them a comment could hide what kubectl applies.
//!
//! Source: go-yaml v2 `readerc.go` and `yamlprivateh.go`.

use crate::Broken;

/// Refuses the first letter of `text` that must not be there.
pub(crate) fn check(text: &str, first: u64) -> Result<(), Broken> {
    let Some((offset, letter)) = text.char_indices().find(|(_, letter)| !is_allowed(*letter))
    else {
        return Ok(());
    };
    let before = text.get(..offset).unwrap_or_default();
    let line = first + before.matches('\n').fold(0, |sum, _| sum + 1);
    let code = u32::from(letter);
    Err(Broken::new(
        line,
        if ends_line(letter) {
            format!("U+{code:04X}, a line break to some readers of YAML alone, escape it")
        } else {
            format!("U+{code:04X}, a control character, escape it")
        },
    ))
}

fn is_allowed(letter: char) -> bool {
    match letter {
        '\t' | '\n' | '\r' | ' '..='~' => true,
        '\u{a0}'.. => !ends_line(letter) && !matches!(letter, '\u{fffe}' | '\u{ffff}'),
        _ => false,
    }
}

fn ends_line(letter: char) -> bool {
    matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn accepts_text_of_every_script() {
        assert_eq!(check("a:\t\"é – 漢字 🦀\"\r\n", 1), Ok(()));
    }

    #[test]
    fn refuses_control_characters() {
        for letter in ['\0', '\u{1b}', '\u{7f}', '\u{80}', '\u{ffff}'] {
            let broken = check(&format!("a: 1\nb: {letter}"), 10).unwrap_err();
            assert_eq!(broken.line, 11);
            assert!(broken.message.ends_with("a control character, escape it"));
        }
    }

    #[test]
    fn refuses_line_breaks_of_yaml_1_1_alone() {
        for letter in ['\u{85}', '\u{2028}', '\u{2029}'] {
            let broken = check(&format!("# {letter}hostPID: true"), 1).unwrap_err();
            assert!(broken.message.contains("a line break to some readers"));
        }
    }
}
