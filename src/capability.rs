//! The names of Linux capabilities, as container runtimes read them.

use std::borrow::Cow;

/// The capability as the runtimes know it. containerd compares without regard to case, CRI-O also
/// takes a `CAP_` prefix (`spec_opts.go`, `container.go` of theirs).
pub(crate) fn normalised(written: &str) -> Cow<'_, str> {
    let trimmed = written.trim();
    let prefix = trimmed.get(.."CAP_".len());
    let name = match prefix.filter(|prefix| prefix.eq_ignore_ascii_case("CAP_")) {
        Some(prefix) => trimmed.strip_prefix(prefix).unwrap_or(trimmed),
        None => trimmed,
    };
    if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        name.to_ascii_uppercase().into()
    } else {
        name.into()
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
        ] {
            assert_eq!(normalised(written), "SYS_ADMIN", "{written}");
        }
        assert_eq!(normalised("all"), "ALL");
        // Only one prefix is taken off.
        assert_eq!(normalised("CAP_CAP_CHOWN"), "CAP_CHOWN");
    }
}
