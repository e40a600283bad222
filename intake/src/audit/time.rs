//! The time of an event, as Kubernetes writes it: RFC 3339 in UTC.

/// Seconds since 1970 of `2026-11-22T01:28:32.920959Z`; none of what is not written so.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_sound = text.ends_with('Z') && (1..=12).contains(&month) && year >= 1970 && day >= 1;
    if !is_sound {
        return None;
    }
    // Days up to the month in a year that starts in March, so that the leap day is its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    // 1970-01-01 counted the same way
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn counts_from_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:01.5Z", 951_825_601),
            ("2026-11-22T01:28:32.920959Z", 1_795_310_912),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn knows_nothing_of_what_is_written_otherwise() {
        for text in [
            "",
            "yesterday",
            "2026-11-22T01:28:32+01:00",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
