//! What messages say: the words of an input bounded, on one line, and names alone, for a value may
//! be a secret; and a JSON parser's errors in our own words.

use crate::{Broken, Position};

/// The longest name shown whole, in characters.
const LONGEST: usize = 60;

/// `name` between backticks, with what would break a line or a terminal escaped, cut to
/// [`LONGEST`].
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::from("`");
    for (count, letter) in name.chars().enumerate() {
        if count == LONGEST {
            text.push('…');
            break;
        }
        match letter {
            '`' => text.push('\''),
            '"' | '\'' => text.push(letter),
            _ => text.extend(letter.escape_debug()),
        }
    }
    text.push('`');
    text
}

/// The text, cut to a number of bytes; `…` at its end says so.
pub(crate) fn bounded(text: &str, bytes: usize) -> String {
    const MARK: &str = "…";

    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(MARK.len()));
    format!("{}{MARK}", text.get(..end).unwrap_or_default())
}

/// The complaint about a key that one object or mapping has twice.
pub(crate) fn given_twice(key: &str) -> String {
    format!("{}: given twice, remove one", quoted(key))
}

/// What is wrong with a JSON text that starts at `start` in the input.
pub(crate) fn broken(error: &serde_json::Error, start: Position) -> Broken {
    let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
    // Column 0 is the line break before the line.
    let (line, column) = match (number(error.line()), number(error.column())) {
        (line @ 2.., 0) => (line - 1, None),
        (1, column) => (1, Some(start.column - 1 + column.max(1))),
        (line, column) => (line.max(1), Some(column)),
    };
    Broken::new(start.line - 1 + line, reason(error, column))
}

/// A parser's complaint in our own words.
pub(crate) fn reason(error: &serde_json::Error, column: Option<u64>) -> String {
    if error.is_eof() {
        return "the text ends inside a JSON value".to_owned();
    }
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason);
    let reason = match reason {
        "recursion limit exceeded" => return "nested more than 127 deep".to_owned(),
        "number out of range" => return "a number too big for JSON readers".to_owned(),
        "expected ident" => "expected value",
        _ if reason.starts_with("control character") => {
            "a control character or a line break in a text"
        }
        _ => reason,
    };
    match column {
        Some(column) => format!("column {column}: not JSON, {reason}"),
        None => format!("not JSON, {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn shows_a_name_as_it_is() {
        assert_eq!(quoted("hostPID"), "`hostPID`");
    }

    #[test]
    fn escapes_what_breaks_a_line() {
        assert_eq!(quoted("a\n`b`\u{1b}[31m"), "`a\\n'b'\\u{1b}[31m`");
    }

    #[test]
    fn cuts_a_long_name() {
        let text = quoted(&"x".repeat(1000));
        assert_eq!(text, format!("`{}…`", "x".repeat(60)));
    }
}
