//! Kubernetes versions, as far as they change an answer: the minor release.

use std::fmt;

/// A minor release of Kubernetes, such as 1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u16,
    minor: u16,
}

impl Version {
    /// The newest whose rules are known here.
    pub const NEWEST: Self = Self::new(1, 37);

    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `1.36`, also with a leading `v` and a patch release.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let version = Self {
            major: number(parts.next()?)?,
            minor: number(parts.next()?)?,
        };
        if let Some(patch) = parts.next() {
            number(patch)?;
        }
        Some(version)
    }
}

/// Digits alone: `parse` would take a sign.
fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for text in ["1.36", "v1.36", "1.36.2", "v1.36.0"] {
            assert_eq!(Version::parse(text), Some(Version::new(1, 36)), "{text}");
        }
        for text in ["", "1", "1.", "one", "1.36.x", "1.36.2.1", "-1.3", "+1.+36"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn compares_by_number() {
        assert!(Version::new(1, 9) < Version::new(1, 36));
    }
}
