//! What stands before a record on its line, and behind it.

use crate::opening::begins_json;

/// The most bytes of a name before a record.
const LONGEST: usize = 64;

/// What EKS writes behind as much of an event as it keeps.
const TRUNCATED: &str = "[Truncated...]";

/// A line without what stands before its record: the time, which exports of CloudWatch to S3 have
/// (`2026-11-22T01:28:32.920Z {…}`), with what a container runtime adds to it, or the name of an application, as OVH's tools print it
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

/// The length of a time and the space behind it: in UTC, or wherever a container runtime is.
fn time(line: &[u8]) -> Option<usize> {
    if let Some(part) = part(line) {
        return Some(part.start);
    }
    let end = clock(line)?;
    line.get(end..)?.starts_with(b"Z ").then_some(end + 2)
}

/// A line of a container, or a part of one, as a runtime writes it:
/// `2026-11-22T01:28:32.920959Z stdout F {…}`.
///
/// Source: Kubernetes `pkg/kubelet/kuberuntime/logs/logs.go`, `parseCRILog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where in the line what was printed starts.
    pub(crate) start: usize,
    is_error: bool,
    /// Whether the next part of the same stream goes on with it.
    pub(crate) is_open: bool,
}

impl Part {
    /// Whether this one goes on where `before` left off.
    pub(crate) fn follows(self, before: Self) -> bool {
        before.is_open && self.is_error == before.is_error
    }
}

/// What a container runtime has on this line, if it is one's.
pub(crate) fn part(line: &[u8]) -> Option<Part> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let zone = line.get(clock(line)?..)?;
    let space = zone.iter().position(|byte| *byte == b' ')?;
    let (zone, rest) = zone.split_at_checked(space)?;
    let is_zone = match zone {
        b"Z" => true,
        [b'+' | b'-', hours @ ..] => fits(hours, b"00:00"),
        _ => false,
    };
    let (is_error, rest) = match rest.strip_prefix(b" stdout ") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(b" stderr ")?),
    };
    // tags may be added behind a colon
    let tags = rest.split(|byte| *byte == b' ').next()?;
    let is_open = match tags.split(|byte| *byte == b':').next()? {
        b"P" => true,
        b"F" => false,
        _ => return None,
    };
    let behind = rest.get(tags.len()..)?;
    let behind = behind.strip_prefix(b" ").unwrap_or(behind);
    is_zone.then_some(Part {
        start: line.len() - behind.len(),
        is_error,
        is_open,
    })
}

fn fits(text: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    };
    text.len() == form.len() && text.iter().zip(form).all(fits)
}

/// The length of a time without its zone.
fn clock(line: &[u8]) -> Option<usize> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let (time, rest) = line.split_at_checked(FORM.len())?;
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let fraction = rest.iter().take_while(is_part).count();
    fits(time, FORM).then_some(FORM.len() + fraction)
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
    use super::{part, payload};

    #[test]
    fn takes_away_what_is_known() {
        for (line, rest) in [
            ("2026-11-22T01:28:32.920Z {\"a\":1}\n", "{\"a\":1}"),
            ("2026-11-22T01:28:32Z I1122 text", "I1122 text"),
            ("2026-11-22T01:28:32Z  {}", "{}"),
            ("my-app_1> {\"a\":1}", "{\"a\":1}"),
            ("app>  [ {\"a\":1}]", "[ {\"a\":1}]"),
            ("2026-11-22T01:28:32.92Z stdout F {\"a\":1}\n", "{\"a\":1}"),
            ("2026-11-22T01:28:32+01:00 stderr P:x {\"a\"", "{\"a\""),
            ("2026-11-22T01:28:32Z stdout F \n", ""),
            ("2026-11-22T01:28:32Z stdout X {}", "stdout X {}"),
            ("2026-11-22T01:28:32Z stdin F {}", "stdin F {}"),
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
            "2026-11-22T01:28:32+1:00 stdout F {}",
            "2026-11-22T01:28:32 stdout F {}",
            "my app> {\"a\":1}",
            "> {\"a\":1}",
            "app> text",
        ] {
            assert_eq!(payload(line), line);
        }
    }

    #[test]
    fn knows_which_part_follows() {
        let of = |text: &str| part(format!("2026-11-22T01:28:32Z {text} a").as_bytes()).unwrap();
        assert!(of("stdout F").follows(of("stdout P")));
        assert!(of("stderr P").follows(of("stderr P:tag")));
        assert!(!of("stdout F").follows(of("stderr P")));
        assert!(!of("stdout P").follows(of("stdout F")));
    }
}
