//! `CHANGELOG.md`, in the format of Keep a Changelog 1.1.

use crate::Error;

/// What a version changed, as the changelog has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'t> {
    /// The day of the release: `2026-01-31`.
    pub date: &'t str,
    /// The text below the heading.
    pub text: &'t str,
}

/// One line of a section.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// `added`, `changed`, `deprecated`, `removed`, `fixed` or `security`.
    pub kind: String,
    /// The text, without marks of the list.
    pub description: String,
}

/// The section of a version.
///
/// # Errors
/// When there is none, when it has no date or nothing below it, and when it stands behind another
/// version's, so that the release was not written down last.
pub fn section<'t>(changelog: &'t str, version: &str) -> Result<Section<'t>, Error> {
    let headings = changelog.split("\n## ").skip(1);
    for heading in headings {
        let (title, text) = heading.split_once('\n').unwrap_or((heading, ""));
        if title == "[Unreleased]" {
            continue;
        }
        let Some(date) = title.strip_prefix(&format!("[{version}] - ")) else {
            return Err(format!(
                "the first release in CHANGELOG.md is `{title}`, expected `[{version}] - YYYY-MM-DD`"
            )
            .into());
        };
        if !is_date(date) {
            return Err(format!("`{date}` in CHANGELOG.md is no date such as 2026-01-31").into());
        }
        let text = text.trim();
        if changes(text).is_empty() {
            return Err(format!("CHANGELOG.md says nothing of what {version} changed").into());
        }
        return Ok(Section { date, text });
    }
    Err(format!("CHANGELOG.md has no `## [{version}] - YYYY-MM-DD`").into())
}

/// The changes in the text of a section.
pub fn changes(text: &str) -> Vec<Change> {
    let mut kind = "changed".to_owned();
    let mut changes = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            kind = title.to_lowercase();
        } else if let Some(description) = line.strip_prefix("- ") {
            changes.push(Change {
                kind: kind.clone(),
                description: description.to_owned(),
            });
        }
    }
    changes
}

/// Whether this is a day as RFC 3339 writes it.
fn is_date(text: &str) -> bool {
    let mut parts = text
        .split('-')
        .map(|part| (part.len(), part.parse::<u16>()));
    let fits = |part: Option<(usize, Result<u16, _>)>, length, most| {
        part.is_some_and(|(given, value)| {
            given == length && value.is_ok_and(|value| (1..=most).contains(&value))
        })
    };
    fits(parts.next(), 4, 9999)
        && fits(parts.next(), 2, 12)
        && fits(parts.next(), 2, 31)
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "\
# Changelog

## [Unreleased]

## [0.2.0] - 2026-03-01

### Added

- One thing.

### Fixed

- `another` thing.

## [0.1.0] - 2026-01-31

### Added

- Everything.
";

    #[test]
    fn finds_what_the_newest_release_changed() {
        let section = section(CHANGELOG, "0.2.0").unwrap();
        assert_eq!(section.date, "2026-03-01");
        let change = |kind: &str, description: &str| Change {
            kind: kind.to_owned(),
            description: description.to_owned(),
        };
        assert_eq!(
            changes(section.text),
            [
                change("added", "One thing."),
                change("fixed", "`another` thing.")
            ]
        );
    }

    #[track_caller]
    fn assert_refused(changelog: &str, version: &str, expected: &str) {
        let error = section(changelog, version).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn refuses_a_release_that_is_not_written_down() {
        assert_refused(
            CHANGELOG,
            "0.3.0",
            "the first release in CHANGELOG.md is `[0.2.0] - 2026-03-01`, expected `[0.3.0] - YYYY-MM-DD`",
        );
        assert_refused(
            "# Changelog\n\n## [Unreleased]\n\n- One thing.\n",
            "0.1.0",
            "CHANGELOG.md has no `## [0.1.0] - YYYY-MM-DD`",
        );
        assert_refused(
            "\n## [0.1.0] - 2026-13-01\n\n- One thing.\n",
            "0.1.0",
            "`2026-13-01` in CHANGELOG.md is no date such as 2026-01-31",
        );
        assert_refused(
            "\n## [0.1.0] - 2026-01-31\n\n### Added\n\n## [0.0.9] - 2026-01-01\n\n- Old.\n",
            "0.1.0",
            "CHANGELOG.md says nothing of what 0.1.0 changed",
        );
    }
}
