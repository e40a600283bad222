//! How what users wrote appears in messages: bounded, and on one line.

use std::fmt::Write;

// The standard library's search for a text in another is fast for long ones, and some kilobytes of
// the module. What is searched here is short.

/// What comes before the first occurrence of a part in a text, and after it.
#[inline(never)] // its copies would be 2 kB
pub(crate) fn split_once<'t>(text: &'t str, part: &str) -> Option<(&'t str, &'t str)> {
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    places.find_map(|at| {
        let (before, rest) = text.split_at_checked(at)?;
        Some((before, rest.strip_prefix(part)?))
    })
}

/// Whether two texts are the same: by their first and their last bytes, which for up to 16 are
/// all. Wasm has nothing to compare memory with, so `==` goes byte by byte.
#[inline]
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let longs = |text: &[u8]| {
        let (first, last) = (text.first_chunk()?, text.last_chunk()?);
        Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
    };
    let shorts = |text: &[u8]| {
        let (first, last) = (text.first_chunk()?, text.last_chunk()?);
        Some((u32::from_le_bytes(*first), u32::from_le_bytes(*last)))
    };
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len()
        && match one.len() {
            4..8 => shorts(one) == shorts(other),
            8..=16 => longs(one) == longs(other),
            _ => one == other,
        }
}

/// Adds texts to a text.
#[inline(never)] // `extend` would bring a loop for each number of them
pub(crate) fn push_all(text: &mut String, parts: &[&str]) {
    text.reserve(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
}

/// A key as a segment of a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The segment of a JSON pointer as the key that it stands for.
pub(crate) fn unescaped(segment: &str) -> String {
    let mut parts = segment.split('~');
    let mut key = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (character, rest) = match part.strip_prefix('1') {
            Some(rest) => ('/', rest),
            None => ('~', part.strip_prefix('0').unwrap_or(part)),
        };
        key.push(character);
        key.push_str(rest);
    }
    key
}

/// A name or path from an object, in backticks, without control characters and not too long.
#[inline(never)] // it is in every message
pub(crate) fn quoted(text: &str) -> String {
    /// Longer than any name that Kubernetes lets pass.
    const SHOWN: usize = 80;

    ["`", &visible(text, SHOWN), "`"].concat()
}

/// The first so many characters of a text, none of which acts on a terminal or breaks a line.
pub(crate) fn visible(text: &str, characters: usize) -> String {
    if text.len() <= characters
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    {
        return text.to_owned();
    }
    let mut visible = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == characters {
            visible.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            // Writing to a string cannot fail.
            let _ = write!(visible, "{}", character.escape_unicode());
        } else {
            visible.push(character);
        }
    }
    visible
}

/// Line and paragraph separators, and characters that change the direction of a line.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_paint_a_terminal_or_break_a_line() {
        assert_eq!(quoted("web-0"), "`web-0`");
        assert_eq!(quoted("a\nb\u{1b}[31m"), "`a\\u{a}b\\u{1b}[31m`");
        assert_eq!(quoted("\u{202e}gpj"), "`\\u{202e}gpj`");
        assert_eq!(quoted(&"x".repeat(81)), format!("`{}…`", "x".repeat(80)));
    }

    #[test]
    fn a_text_is_split_at_the_first_of_a_part() {
        assert_eq!(split_once("a-b-c", "-"), Some(("a", "b-c")));
        assert_eq!(split_once("äbc", "bc"), Some(("ä", "")));
        assert_eq!(split_once("abc", ""), Some(("", "abc")));
        assert_eq!(split_once("abc", "d"), None);
    }

    #[test]
    fn a_segment_of_a_pointer_is_a_key() {
        for (segment, key) in [("a", "a"), ("a~1b", "a/b"), ("~0~1", "~/"), ("~01", "~1")] {
            assert_eq!(unescaped(segment), key);
            assert_eq!(escaped(key), segment);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(bounded("abc", 3), "abc");
        assert_eq!(bounded("abcd", 3), "…");
        assert_eq!(bounded("abcdefgh", 7), "abcd…");
        assert_eq!(bounded("äääää", 6), "ä…");
    }
}
