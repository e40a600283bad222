//! The names of Linux capabilities, as container runtimes read them.

use std::borrow::Cow;

/// What stands for every capability.
pub(crate) const ALL: &str = "ALL";

/// The capability as the runtimes know it. containerd compares without regard to case, CRI-O also
/// takes a `CAP_` prefix (`spec_opts.go`, `container.go` of theirs).
pub(crate) fn normalised(written: &str) -> Cow<'_, str> {
    let trimmed = written.trim();
    let prefix = trimmed.get(.."CAP_".len());
    let name = match prefix.filter(|prefix| prefix.eq_ignore_ascii_case("CAP_")) {
        Some(prefix) => trimmed.strip_prefix(prefix).unwrap_or(trimmed),
        None => trimmed,
    };
    let is_upper = |byte: u8| byte.is_ascii() && !byte.is_ascii_lowercase();
    if name.bytes().all(is_upper) {
        name.into()
    } else {
        name.chars().map(upper).collect::<String>().into()
    }
}

/// A letter in upper case, as Go has it (`strings.ToUpper`), as far as that is one of ASCII.
fn upper(letter: char) -> char {
    match letter {
        'ı' => 'I',
        'ſ' => 'S',
        other => other.to_ascii_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_count_as_the_runtimes_read_them() {
        for written in [
            "SYS_ADMIN",
            "sys_admin",
            "CAP_SYS_ADMIN",
            "cap_sys_admin",
            " Sys_Admin ",
            "sys_admın",
            "ſyſ_admin",
            "cap_ſys_admın",
        ] {
            assert_eq!(normalised(written), "SYS_ADMIN", "{written}");
        }
        assert_eq!(normalised("all"), "ALL");
        // Only one prefix is taken off.
        assert_eq!(normalised("CAP_CAP_CHOWN"), "CAP_CHOWN");
    }
}
