//! Says where in a JSON text something could not be read, and why, without quoting the payload.
//!
//! `serde_json` knows the offset of an error but not its JSON Pointer, and its messages quote the
//! value that did not fit. Both are put right here, on the rare path where reading has failed.

use serde_json::error::Category;

use crate::text::{escaped, split_once};

/// What could not be read: the place and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// RFC 6901 pointer of the value that could not be read.
    pub pointer: String,
    /// What is wrong with it, for a person; holds nothing of the payload.
    pub reason: String,
}

impl Fault {
    /// Explains why reading `text` failed with `error`.
    pub fn new(text: &[u8], error: &serde_json::Error) -> Self {
        let message = error.to_string();
        match error.classify() {
            Category::Data => {
                let end = offset(text, error.line(), error.column());
                let (pointer, start) = value_at(text, end);
                let message = split_once(&message, " at line ").map_or("", |(what, _)| what);
                Self {
                    pointer,
                    reason: data_reason(message, text.get(start)),
                }
            }
            // The keys on the way may be anything, and nothing after this place was read.
            Category::Syntax | Category::Eof | Category::Io => Self {
                pointer: String::new(),
                reason: format!("not valid JSON: {message}"),
            },
        }
    }
}

/// The reason for a value of the wrong kind. Of serde's message only the part that comes from our
/// own types is used: what it says of the value found is payload.
fn data_reason(message: &str, first_byte: Option<&u8>) -> String {
    if message.starts_with("duplicate field") {
        return "the key stands twice, and only one of its values could be judged".to_owned();
    }
    let found = match first_byte {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "something else",
    };
    let expected = match expected(message) {
        Some("a boolean") => "a boolean",
        Some("a string") => "a string",
        Some("a sequence" | "an array") => "an array",
        Some("i32") => "an integer",
        Some(_) => "an object",
        None => "what Kubernetes has here",
    };
    format!("{found}, expected {expected}")
}

/// What serde expected, after what it found.
fn expected(message: &str) -> Option<&str> {
    let mut last = None;
    let mut rest = message;
    while let Some((_, after)) = split_once(rest, "expected ") {
        last = Some(after);
        rest = after;
    }
    last
}

/// The offset in `text` of serde_json's line and column, which count from 1.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + column).min(text.len())
}

/// An object or array that is still open, with where in it the reader is.
struct Level {
    place: Place,
    /// Offset of its bracket.
    start: usize,
    /// Offset of the member or element that is being read, or of what stands before it.
    value: usize,
}

enum Place {
    /// Offsets of the current key, its quotes included.
    Member(Option<(usize, usize)>),
    Element(usize),
}

/// The pointer of the innermost value that a reader who stopped at `end` was in, and the offset
/// where this value starts.
fn value_at(text: &[u8], end: usize) -> (String, usize) {
    let mut open: Vec<Level> = Vec::new();
    let mut at = 0;
    while at < end {
        let Some(byte) = text.get(at) else { break };
        let next = match byte {
            b'"' => end_of_string(text, at),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => at + 1,
            _ => end_of_literal(text, at),
        };
        match (byte, open.last_mut()) {
            (b'}' | b']', _) => {
                open.pop();
            }
            (b',', Some(level)) => {
                level.value = next;
                match &mut level.place {
                    Place::Member(key) => *key = None,
                    Place::Element(index) => *index += 1,
                }
            }
            (b',' | b':' | b' ' | b'\t' | b'\r' | b'\n', _) => {}
            (
                b'"',
                Some(Level {
                    place: Place::Member(key @ None),
                    value,
                    ..
                }),
            ) => {
                *key = Some((at, next));
                *value = next;
            }
            (b'{', _) => open.push(Level {
                place: Place::Member(None),
                start: at,
                value: next,
            }),
            (b'[', _) => open.push(Level {
                place: Place::Element(0),
                start: at,
                value: next,
            }),
            _ => {}
        }
        at = next;
    }
    let before = match open.last() {
        Some(Level {
            place: Place::Member(None),
            start,
            ..
        }) => *start,
        Some(level) => level.value,
        None => 0,
    };
    let is_before = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b':';
    let start = before + text.iter().skip(before).take_while(is_before).count();
    (pointer(text, &open), start)
}

fn end_of_literal(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    start + rest.iter().take_while(part).count().max(1)
}

fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

fn pointer(text: &[u8], open: &[Level]) -> String {
    /// Deeper than anything we read; a fault down there is named by what holds it.
    const DEPTH: usize = 32;

    let mut pointer = String::new();
    for level in open.iter().take(DEPTH) {
        match level.place {
            Place::Member(None) => {}
            Place::Member(Some((start, end))) => {
                let key = text.get(start..end).unwrap_or_default();
                // Only a key that the text ends in cannot be decoded.
                let key = std::str::from_utf8(key).unwrap_or_default();
                let Ok(key) = serde_json::from_str::<String>(key) else {
                    break;
                };
                pointer.push('/');
                pointer.push_str(&escaped(&key));
            }
            Place::Element(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::PodSpec;
    use crate::view;

    fn fault(json: &str) -> Fault {
        match view::from_str::<PodSpec<'_>>(json) {
            Ok(_) => panic!("{json} was read"),
            Err(error) => Fault::new(json.as_bytes(), &error),
        }
    }

    #[track_caller]
    fn assert_fault(json: &str, pointer: &str, reason: &str) {
        assert_eq!(
            fault(json),
            Fault {
                pointer: pointer.to_owned(),
                reason: reason.to_owned()
            }
        );
    }

    #[test]
    fn names_the_value_and_both_types() {
        for (json, pointer, reason) in [
            (
                r#"{"hostPID":"yes"}"#,
                "/hostPID",
                "a string, expected a boolean",
            ),
            (
                r#"{"hostPID": {} }"#,
                "/hostPID",
                "an object, expected a boolean",
            ),
            (
                r#"{"hostPID":{"a":1}}"#,
                "/hostPID",
                "an object, expected a boolean",
            ),
            (
                r#"{"hostPID":-1.5e3}"#,
                "/hostPID",
                "a number, expected a boolean",
            ),
            (
                r#"{"containers":{}}"#,
                "/containers",
                "an object, expected an array",
            ),
            (
                r#"{"containers":"x"}"#,
                "/containers",
                "a string, expected an array",
            ),
            (
                r#"{"containers":[{},[]]}"#,
                "/containers/1",
                "an array, expected an object",
            ),
            (
                r#"{"containers":[{"name":7}]}"#,
                "/containers/0/name",
                "a number, expected a string",
            ),
            ("7", "", "a number, expected an object"),
            (
                r#"{"containers":[{"securityContext":{"capabilities":{"add":["A",1]}}}]}"#,
                "/containers/0/securityContext/capabilities/add/1",
                "a number, expected a string",
            ),
            (
                r#"{"containers":[{"ports":[{"hostPort":1.5}]}]}"#,
                "/containers/0/ports/0/hostPort",
                "a number, expected an integer",
            ),
            (
                r#"{"containers":[{"securityContext":{"capabilities":[]}}]}"#,
                "/containers/0/securityContext/capabilities",
                "an array, expected an object",
            ),
        ] {
            assert_fault(json, pointer, reason);
        }
    }

    #[test]
    fn names_the_second_of_two_keys() {
        assert_fault(
            r#"{"hostPID":true,"hostPID":false}"#,
            "/hostPID",
            "the key stands twice, and only one of its values could be judged",
        );
    }

    #[test]
    fn finds_its_place_across_lines_and_escapes() {
        assert_fault(
            "{\n  \"a\\\"b\": [1, {\"x\": null}],\n  \"volumes\": [\n    {\"name\": []}]}",
            "/volumes/0/name",
            "an array, expected a string",
        );
    }

    #[test]
    fn never_quotes_the_payload() {
        let fault = fault(r#"{"hostPID":"expected hunter2 at line 5"}"#);
        assert!(!fault.reason.contains("hunter2"), "{fault:?}");
    }

    #[test]
    fn says_where_a_text_ends_too_early() {
        let fault = fault(r#"{"containers":[{"name":"a"},{"na"#);
        assert_eq!(fault.pointer, "");
        assert!(fault.reason.starts_with("not valid JSON: EOF"), "{fault:?}");
    }
}
