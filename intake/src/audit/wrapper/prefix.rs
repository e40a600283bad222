//! What stands before a record on its line, and behind it.

use crate::opening::begins_json;

/// The most bytes of a name before a record.
const LONGEST: usize = 64;

/// What EKS writes behind as much of an event as it keeps.
const TRUNCATED: &str = "[Truncated...]";

/// A line without what stands before its record: the time, which exports of CloudWatch to S3 have
/// (`2026-11-22T01:28:32.920Z {…}`), or the name of an application, as OVH's tools print it
/// (`web> {…}`); and without the mark of an end that is missing.
pub(crate) fn payload(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim_ascii();
    let length = prefix(line.as_bytes()).unwrap_or(0);
    let payload = line.get(length..).unwrap_or(line).trim_ascii_start();
    payload.strip_suffix(TRUNCATED).unwrap_or(payload)
}

/// Whether something stands before the record of a line.
pub(crate) fn is_prefixed(line: &[u8]) -> bool {
    prefix(line).is_some()
}

/// Whether something stands before an object on its line.
pub(crate) fn is_logged_object(line: &[u8]) -> bool {
    let rest = prefix(line).and_then(|length| line.get(length..));
    rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{"))
}

/// How long that is.
pub(super) fn prefix(line: &[u8]) -> Option<usize> {
    match line.first()? {
        b'0'..=b'9' => time(line).or_else(|| name(line)),
        b'{' | b'[' => None,
        _ => name(line),
    }
}

/// The length of a time in UTC and the space behind it.
fn time(line: &[u8]) -> Option<usize> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let (time, rest) = line.split_at_checked(FORM.len())?;
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    };
    if !time.iter().zip(FORM).all(fits) {
        return None;
    }
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let fraction = rest.iter().take_while(is_part).count();
    let end = rest.get(fraction..)?;
    end.starts_with(b"Z ").then_some(FORM.len() + fraction + 2)
}

/// The length of a name and the mark behind it, where a JSON value follows.
fn name(line: &[u8]) -> Option<usize> {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(*byte);
    let length = line.iter().take(LONGEST).take_while(is_letter).count();
    let rest = line.get(length..)?.strip_prefix(b"> ")?;
    (length > 0 && begins_json(rest.trim_ascii_start())).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::payload;

    #[test]
    fn takes_away_what_is_known() {
        for (line, rest) in [
            ("2026-11-22T01:28:32.920Z {\"a\":1}\n", "{\"a\":1}"),
            ("2026-11-22T01:28:32Z I1122 text", "I1122 text"),
            ("2026-11-22T01:28:32Z  {}", "{}"),
            ("my-app_1> {\"a\":1}", "{\"a\":1}"),
            ("app>  [ {\"a\":1}]", "[ {\"a\":1}]"),
            ("{\"a\":[Truncated...]\n", "{\"a\":"),
            ("\u{feff}{\"a\":1}", "{\"a\":1}"),
        ] {
            assert_eq!(payload(line), rest);
        }
    }

    #[test]
    fn leaves_everything_else() {
        for line in [
            "",
            "{\"a\":1}",
            "2026-11-22 {\"a\":1}",
            "2026-11-22T01:28:32.920Z",
            "2026-11-22T01:28:32.920+01:00 {}",
            "my app> {\"a\":1}",
            "> {\"a\":1}",
            "app> text",
        ] {
            assert_eq!(payload(line), line);
        }
    }
}
