//! A place in a JSON text, and the steps from there: over values that nobody reads, however deep,
//! and through strings. It knows the grammar, and nothing of what is read.
//!
//! The lexers are those of `hifijson`. Two things are done here, because in Wasm they decide what a
//! payload costs: strings are gone through eight bytes at a time, and what is skipped is skipped
//! with the place in a register.

use hifijson::escape::{self, Lex as _};
use hifijson::num::Lex as _;
use hifijson::str::{Error as StringError, LexAlloc as _};
use hifijson::token::Lex as _;
use hifijson::{Read, SliceLexer};

use crate::view::Text;

/// A place in a JSON text.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'de> {
    text: &'de str,
    at: usize,
}

/// Why a text is no JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Malformed {
    Value,
    CommaOrEnd,
    Key,
    Colon,
    Digit,
    Control,
    Escape,
    OpenString,
    Rest,
}

impl Malformed {
    /// For a person.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "expected a value",
            Self::CommaOrEnd => "expected a comma or the closing bracket",
            Self::Key => "expected a key",
            Self::Colon => "expected a colon",
            Self::Digit => "expected a digit",
            Self::Control => "control character in a string",
            Self::Escape => "escape that stands for no character",
            Self::OpenString => "string without an end",
            Self::Rest => "text after its end",
        }
    }
}

impl<'de> Cursor<'de> {
    pub fn new(text: &'de str) -> Self {
        Self { text, at: 0 }
    }

    /// The offset in the text, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes back to an earlier offset.
    pub fn go_back(&mut self, at: usize) {
        self.at = at;
    }

    /// What lies between an earlier place and this one.
    pub fn since(&self, start: Self) -> &'de str {
        self.text.get(start.at..self.at).unwrap_or_default()
    }

    /// The next byte that is no white space, which is where the place then is.
    #[inline(always)]
    pub fn next(&mut self) -> Option<u8> {
        match self.peek_next() {
            Some(byte) if byte > b' ' => Some(byte),
            _ => self.aside(Self::ws_peek),
        }
    }

    /// The first byte of the value at hand.
    #[inline]
    pub fn value(&mut self) -> Result<u8, Malformed> {
        self.next().ok_or(Malformed::Value)
    }

    /// The string at hand.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Text<'de>, Malformed> {
        let mut end = *self;
        end.at += 1;
        let start = end;
        end.skip_plain();
        if end.peek_next() == Some(b'"') {
            self.at = end.at + 1;
            return Ok(end.since(start).into());
        }
        self.string_with_escapes()
    }

    #[cold]
    fn string_with_escapes(&mut self) -> Result<Text<'de>, Malformed> {
        let rest = self.text.as_bytes().get(self.at + 1..);
        let mut lexer = SliceLexer::new(rest.unwrap_or_default());
        let text = lexer.str_string();
        self.at = self.text.len() - lexer.as_slice().len();
        Ok(text?.into())
    }

    /// The key of the member at hand, and the colon after it.
    #[inline(always)]
    pub fn key(&mut self) -> Result<Text<'de>, Malformed> {
        if self.next() != Some(b'"') {
            return Err(Malformed::Key);
        }
        let key = self.string()?;
        self.colon()?;
        Ok(key)
    }

    #[inline(always)]
    fn colon(&mut self) -> Result<(), Malformed> {
        if self.next() != Some(b':') {
            return Err(Malformed::Colon);
        }
        self.at += 1;
        Ok(())
    }

    /// The number at hand is skipped.
    pub fn number(&mut self) -> Result<(), Malformed> {
        match self.num_ignore().validate() {
            Ok(_) => Ok(()),
            Err(_) => Err(Malformed::Digit),
        }
    }

    /// `true`, `false`, or `null` for none.
    pub fn word(&mut self) -> Result<Option<bool>, Malformed> {
        let start = self.at;
        self.null_or_bool().ok_or_else(|| {
            self.at = start;
            Malformed::Value
        })
    }

    /// Steps into the object or array at hand, which ends with `end`; whether something is in it.
    #[inline]
    pub fn opens(&mut self, end: u8) -> bool {
        self.at += 1;
        let is_empty = self.next() == Some(end);
        self.at += usize::from(is_empty);
        !is_empty
    }

    /// Steps on to the next part of an object or array, or out of it; whether there is one.
    #[inline]
    pub fn goes_on(&mut self, end: u8) -> Result<bool, Malformed> {
        let next = self.next();
        if next != Some(b',') && next != Some(end) {
            return Err(Malformed::CommaOrEnd);
        }
        self.at += 1;
        Ok(next == Some(b','))
    }

    /// Skips the value at hand, however deep. `open` is room for the brackets that are to come.
    pub fn skip(&mut self, open: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut cursor = *self;
        let skipped = cursor.skip_value(open, |_| {});
        *self = cursor;
        skipped
    }

    /// Skips the value at hand, and tells of each key in it, as it is written.
    pub fn skip_telling(
        &mut self,
        open: &mut Vec<u8>,
        key: impl FnMut(&str),
    ) -> Result<(), Malformed> {
        let mut cursor = *self;
        let skipped = cursor.skip_value(open, key);
        *self = cursor;
        skipped
    }

    #[inline(always)]
    fn skip_value(
        &mut self,
        open: &mut Vec<u8>,
        mut key: impl FnMut(&str),
    ) -> Result<(), Malformed> {
        open.clear();
        let mut close = None;
        loop {
            if close == Some(b'}') {
                if self.next() != Some(b'"') {
                    return Err(Malformed::Key);
                }
                let start = *self;
                self.skip_string()?;
                key(self.since(start));
                self.colon()?;
            }
            match self.value()? {
                b'"' => self.skip_string()?,
                bracket @ (b'{' | b'[') => {
                    let end = if bracket == b'{' { b'}' } else { b']' };
                    if self.opens(end) {
                        if let Some(outer) = close.replace(end) {
                            open.push(outer);
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => self.aside(Self::number)?,
                _ => self.aside(Self::word).map(drop)?,
            }
            loop {
                let Some(end) = close else { return Ok(()) };
                if self.goes_on(end)? {
                    break;
                }
                close = open.pop();
            }
        }
    }

    /// Skips the string at hand. Its escapes need not stand for characters.
    #[inline(always)]
    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        loop {
            self.skip_plain();
            match self.peek_next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek_next() {
                        // JSON in a string, such as that of kubectl's annotation.
                        Some(b'"') => self.at += 1,
                        _ => self.aside(Self::skip_escape)?,
                    }
                }
                Some(_) => return Err(Malformed::Control),
                None => return Err(Malformed::OpenString),
            }
        }
    }

    fn skip_escape(&mut self) -> Result<(), Malformed> {
        let is_one = match self.take_next() {
            Some(b'u') => self.hex::<u16>().is_ok(),
            Some(byte) => escape::Lit::try_from(byte).is_some(),
            None => false,
        };
        is_one.then_some(()).ok_or(Malformed::Escape)
    }

    /// Skips what of a string is neither its end nor an escape.
    #[inline(always)]
    pub fn skip_plain(&mut self) {
        const ONES: u64 = u64::from_le_bytes([1; 8]);
        const TOPS: u64 = ONES << 7;
        // The top bit of every byte that is less; maybe also of bytes that come after one. See
        // "Bit Twiddling Hacks", "Determine if a word has a byte less than n".
        let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word & TOPS;

        let text = self.text.as_bytes();
        while let Some(bytes) = text.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*bytes);
            // With this bit turned, `"` and the control characters are all that is up to a space.
            let ends = less(word ^ (ONES * u64::from(b'"' ^ b' ')), b' ' + 1);
            let found = ends | less(word ^ (ONES * u64::from(b'\\')), 1);
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += bytes.len();
        }
        self.aside(|cursor| cursor.skip_until(|byte| matches!(byte, b'"' | b'\\' | ..b' ')));
    }

    /// Takes a step with a copy. What is called with `self` keeps it from staying in registers.
    #[inline(always)]
    fn aside<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> T {
        let mut copy = *self;
        let taken = step(&mut copy);
        self.at = copy.at;
        taken
    }
}

impl Read for Cursor<'_> {
    #[inline]
    fn peek_next(&mut self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn take_next(&mut self) -> Option<u8> {
        let next = self.peek_next()?;
        self.at += 1;
        Some(next)
    }
}

impl From<StringError> for Malformed {
    fn from(error: StringError) -> Self {
        match error {
            StringError::Control => Self::Control,
            StringError::Eof => Self::OpenString,
            StringError::Escape(_) | StringError::Utf8(_) => Self::Escape,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::IgnoredAny;

    /// Every part of the grammar, and what is at its edges.
    const EVERYTHING: &str = r#" {"a" : [1, -0.5e+10, 0, 2E-3, true,false , null, {}, [ ]], "\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t":
        "a text of more than eight bytes, \\ with escapes \ud800, and ä", "":{"x":[[["y"]]]}, "12345678":"1234567"}
    "#;

    fn is_json(text: &str) -> bool {
        let mut cursor = Cursor::new(text);
        cursor.skip(&mut Vec::new()).is_ok() && cursor.next().is_none()
    }

    #[test]
    fn skips_what_is_json_and_nothing_else() {
        assert!(is_json(EVERYTHING));
        let wrong = [
            "", "\\", "\"", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "u", "\u{1f}", " ",
            "x",
        ];
        for (at, character) in EVERYTHING.char_indices() {
            let (before, rest) = EVERYTHING.split_at(at);
            let after = rest.split_at(character.len_utf8()).1;
            let mut texts = vec![before.to_owned()];
            for wrong in wrong {
                texts.push([before, wrong, after].concat());
                texts.push([before, wrong, rest].concat());
            }
            for text in texts {
                let known = serde_json::from_str::<IgnoredAny>(&text).is_ok();
                assert_eq!(is_json(&text), known, "{text}");
            }
        }
    }

    #[test]
    fn skips_any_depth() {
        let deep = |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat();
        assert!(is_json(&deep("[", "]")));
        assert!(is_json(&deep(r#"{"a":["#, "]}")));
        assert!(!is_json(&deep("[", "}")));
        assert!(!is_json(&deep("[", "")));
    }
}
