//! Reads JSON: once, forwards, borrowed. What is not asked for is skipped, however deep it is, and
//! only its grammar is looked at.
//!
//! The lexers are those of `hifijson`. Kubernetes' own decoder takes `null` for "absent" and, given
//! a key twice, merges the two values. So `null` reads as absent here too, and a key that stands
//! twice is an error: one of its values would go unseen.

use hifijson::escape::{self, Lex as _};
use hifijson::num::Lex as _;
use hifijson::str::{Error as StringError, LexAlloc as _};
use hifijson::token::Lex as _;
use hifijson::{Expect, Read, SliceLexer};

use crate::fault::Fault;
use crate::text::escaped;
use crate::view::{Text, View};

/// Stands before a value of a JSON text. Where it is `null`, there is nothing.
pub(crate) struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// The brackets that close what is being skipped; kept, so that it is allocated once.
    open: Vec<u8>,
    /// Why a value was not what is read there.
    unfit: Option<Fault>,
}

/// Reading has stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This is no JSON: something else was expected.
    Malformed(&'static str),
    /// A value is not what is read there; the reader knows why.
    Unfit,
}

type Entry<'f, 'de> = &'f mut dyn FnMut(&str, &mut Reader<'de>) -> Result<(), Stop>;
type Element<'f, 'de> = &'f mut dyn FnMut(&mut Reader<'de>) -> Result<(), Stop>;

/// Reads the value that is all of a text.
pub(crate) fn read_str<'de>(text: &'de str, read: Element<'_, 'de>) -> Result<(), Fault> {
    let mut reader = Reader {
        text,
        at: 0,
        open: Vec::new(),
        unfit: None,
    };
    let read = read(&mut reader).and_then(|()| match reader.next() {
        None => Ok(()),
        Some(_) => Err(Stop::Malformed("text after its end")),
    });
    read.map_err(|stop| match (stop, reader.unfit) {
        (Stop::Malformed(what), _) => Fault::malformed(text, reader.at, what),
        (Stop::Unfit, fault) => fault.unwrap_or_default(),
    })
}

impl<'de> Reader<'de> {
    /// A string.
    pub fn text(&mut self) -> Result<Option<Text<'de>>, Stop> {
        if self.has(b'"', "a string")? {
            self.string().map(Some)
        } else {
            Ok(None)
        }
    }

    /// An array of strings.
    pub fn texts(&mut self) -> Result<Vec<Text<'de>>, Stop> {
        let mut texts = Vec::new();
        self.array(&mut |element| {
            if element.value()? != b'"' {
                return Err(element.unfit("a string"));
            }
            texts.push(element.string()?);
            Ok(())
        })?;
        Ok(texts)
    }

    /// An integer of 32 bits.
    pub fn integer(&mut self) -> Result<Option<i32>, Stop> {
        const EXPECTED: &str = "an integer";

        let (b'-' | b'0'..=b'9') = self.value()? else {
            return self.null(EXPECTED).map(|()| None);
        };
        let start = self.at;
        self.number()?;
        let number = self.text.get(start..self.at).unwrap_or_default();
        number.parse().map(Some).map_err(|_| {
            self.at = start;
            self.unfit(EXPECTED)
        })
    }

    /// True, false or nothing.
    pub fn tristate(&mut self) -> Result<Option<bool>, Stop> {
        match self.value()? {
            b't' | b'f' => self.word(),
            _ => self.null("a boolean").map(|()| None),
        }
    }

    /// Any value, as text.
    pub fn raw(&mut self) -> Result<Option<&'de str>, Stop> {
        let is_null = self.value()? == b'n';
        let text = self.as_written()?;
        Ok((!is_null).then_some(text))
    }

    /// Any value as text, `null` too.
    pub fn as_written(&mut self) -> Result<&'de str, Stop> {
        self.value()?;
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// The members of an object, as text.
    pub fn members(&mut self) -> Result<Vec<(Text<'de>, &'de str)>, Stop> {
        let mut members = Vec::new();
        self.each_member(|key, reader| {
            members.push((key.clone(), reader.as_written()?));
            Ok(())
        })?;
        Ok(members)
    }

    /// An object; says whether there is one.
    pub fn object(&mut self, view: &mut dyn View<'de>) -> Result<bool, Stop> {
        let fields = view.fields();
        let mut seen = 0u32;
        self.each_member(|key, reader| {
            let Some(field) = fields.iter().position(|name| *name == key.as_str()) else {
                return Ok(());
            };
            if seen & (1 << field) != 0 {
                reader.unfit = Some(Fault::twice());
                return Err(Stop::Unfit);
            }
            seen |= 1 << field;
            view.read(field, reader)
        })
    }

    /// An object of whatever keys: of those that are wanted, `entry` is called for each. What
    /// stands twice comes twice.
    pub fn entries(
        &mut self,
        is_wanted: fn(&str) -> bool,
        entry: Entry<'_, 'de>,
    ) -> Result<(), Stop> {
        let read = self.each_member(|key, reader| {
            if is_wanted(key.as_str()) {
                entry(key.as_str(), reader)
            } else {
                Ok(())
            }
        });
        read.map(drop)
    }

    /// An array; `element` is called for each of its elements.
    pub fn array(&mut self, element: Element<'_, 'de>) -> Result<(), Stop> {
        if !self.has(b'[', "an array")? {
            return Ok(());
        }
        let mut index = 0usize;
        self.discarded().seq(b']', Self::next, |_, reader| {
            let read = reader.part(|reader| element(reader));
            read.map_err(|stop| reader.below(&index.to_string(), stop))?;
            index += 1;
            Ok(())
        })
    }

    /// Skips a value, however deep.
    pub fn skip(&mut self) -> Result<(), Stop> {
        self.open.clear();
        loop {
            match self.value()? {
                b'"' => self.skip_string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                bracket @ (b'{' | b'[') => {
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.discarded().next() != Some(close) {
                        self.open.push(close);
                        self.skip_key()?;
                        continue;
                    }
                    self.take_next();
                }
                _ => drop(self.word()?),
            }
            loop {
                let Some(close) = self.open.last().copied() else {
                    return Ok(());
                };
                match self.next() {
                    Some(b',') => {
                        self.take_next();
                        self.skip_key()?;
                        break;
                    }
                    Some(byte) if byte == close => {
                        self.take_next();
                        self.open.pop();
                    }
                    _ => return Err(Expect::CommaOrEnd.into()),
                }
            }
        }
    }

    /// Skips the key of the next member of what is being skipped, if that is an object.
    fn skip_key(&mut self) -> Result<(), Stop> {
        if self.open.last() != Some(&b'}') {
            return Ok(());
        }
        if self.next() != Some(b'"') {
            return Err(Expect::String.into());
        }
        self.skip_string()?;
        self.colon()
    }

    /// Skips a string, its quotes included. Its escapes need not stand for characters.
    fn skip_string(&mut self) -> Result<(), Stop> {
        self.take_next();
        loop {
            self.skip_plain();
            match self.peek_next() {
                Some(b'"') => {
                    self.take_next();
                    return Ok(());
                }
                Some(b'\\') => self.discarded().skip_escape()?,
                Some(_) => return Err(StringError::Control.into()),
                None => return Err(StringError::Eof.into()),
            }
        }
    }

    fn skip_escape(&mut self) -> Result<(), StringError> {
        match self.take_next().ok_or(StringError::Eof)? {
            b'u' => self.hex::<u16>().map(drop)?,
            byte if escape::Lit::try_from(byte).is_some() => {}
            byte => return Err(escape::Error::InvalidKind(byte).into()),
        }
        Ok(())
    }

    /// An object; says whether there is one. What `member` does not read is skipped.
    fn each_member(
        &mut self,
        mut member: impl FnMut(&Text<'de>, &mut Self) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        if !self.has(b'{', "an object")? {
            return Ok(false);
        }
        self.discarded().seq(b'}', Self::next, |next, reader| {
            if next != b'"' {
                return Err(Expect::String.into());
            }
            let key = reader.string()?;
            reader.colon()?;
            let read = reader.part(|reader| member(&key, reader));
            read.map_err(|stop| reader.below(key.as_str(), stop))
        })?;
        Ok(true)
    }

    /// A part of an object or array; skipped, if it is not read.
    fn part(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let start = self.at;
        read(self)?;
        if self.at == start {
            self.skip()?;
        }
        Ok(())
    }

    /// Notes in which part of the value at hand reading stopped.
    #[cold]
    fn below(&mut self, key: &str, stop: Stop) -> Stop {
        if let Some(fault) = &mut self.unfit {
            fault.pointer = ["/", &escaped(key), &fault.pointer].concat();
        }
        stop
    }

    /// Whether the value at hand begins with this byte. If not, it must be `null`, which is read.
    fn has(&mut self, first: u8, expected: &'static str) -> Result<bool, Stop> {
        if self.value()? == first {
            Ok(true)
        } else {
            self.null(expected).map(|()| false)
        }
    }

    /// Nothing, where something else was expected.
    fn null(&mut self, expected: &'static str) -> Result<(), Stop> {
        if self.value()? == b'n' {
            self.word().map(drop)
        } else {
            Err(self.unfit(expected))
        }
    }

    #[cold]
    fn unfit(&mut self, expected: &'static str) -> Stop {
        let found = match self.next() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => return Expect::Value.into(),
        };
        self.unfit = Some(Fault::unfit(found, expected));
        Stop::Unfit
    }

    fn string(&mut self) -> Result<Text<'de>, Stop> {
        self.take_next();
        let start = self.at;
        self.skip_plain();
        let plain = self.text.get(start..self.at);
        match plain.filter(|_| self.take_next() == Some(b'"')) {
            Some(plain) => Ok(plain.into()),
            None => self.string_with_escapes(start),
        }
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Result<Text<'de>, Stop> {
        let rest = self.text.as_bytes().get(start..);
        let mut lexer = SliceLexer::new(rest.unwrap_or_default());
        let text = lexer.str_string();
        self.at = self.text.len() - lexer.as_slice().len();
        Ok(text?.into())
    }

    /// Skips what of a string is neither its end nor an escape.
    ///
    /// Eight bytes at a time, most of a payload being strings: `hifijson` takes them one by one.
    fn skip_plain(&mut self) {
        const ONES: u64 = u64::from_le_bytes([1; 8]);
        const TOPS: u64 = ONES << 7;
        // The top bit of every byte that is less; maybe also of bytes that come after one. See
        // "Bit Twiddling Hacks", "Determine if a word has a byte less than n".
        let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word & TOPS;
        let is = |word: u64, byte: u8| less(word ^ (ONES * u64::from(byte)), 1);

        let text = self.text.as_bytes();
        while let Some(bytes) = text.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*bytes);
            let found = is(word, b'"') | is(word, b'\\') | less(word, b' ');
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += bytes.len();
        }
        self.skip_until(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    }

    fn colon(&mut self) -> Result<(), Stop> {
        let colon = self.expect(Self::next, b':');
        Ok(colon.ok_or(Expect::Colon)?)
    }

    fn number(&mut self) -> Result<(), Stop> {
        match self.num_ignore().validate() {
            Ok(_) => Ok(()),
            Err(_) => Err(Stop::Malformed("expected a digit")),
        }
    }

    fn word(&mut self) -> Result<Option<bool>, Stop> {
        let start = self.at;
        let word = self.null_or_bool();
        word.ok_or_else(|| {
            self.at = start;
            Expect::Value.into()
        })
    }

    /// The first byte of the value at hand.
    fn value(&mut self) -> Result<u8, Stop> {
        Ok(self.next().ok_or(Expect::Value)?)
    }

    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        match self.peek_next() {
            Some(byte) if byte > b' ' => Some(byte),
            _ => self.ws_peek(),
        }
    }
}

impl Read for Reader<'_> {
    fn peek_next(&mut self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take_next(&mut self) -> Option<u8> {
        let next = self.peek_next()?;
        self.at += 1;
        Some(next)
    }
}

impl From<Expect> for Stop {
    fn from(expected: Expect) -> Self {
        Self::Malformed(match expected {
            Expect::Value | Expect::ValueOrEnd | Expect::Eof => "expected a value",
            Expect::CommaOrEnd => "expected a comma or the closing bracket",
            Expect::String => "expected a key",
            Expect::Colon => "expected a colon",
        })
    }
}

impl From<StringError> for Stop {
    fn from(error: StringError) -> Self {
        Self::Malformed(match error {
            StringError::Control => "control character in a string",
            StringError::Escape(_) => "escape that stands for no character",
            StringError::Eof => "string without an end",
            StringError::Utf8(_) => "not UTF-8",
        })
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
        read_str(text, &mut Reader::skip).is_ok()
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

    #[test]
    fn reads_strings_as_others_do() {
        let read = |json: &str| {
            let mut text = None;
            let read = read_str(json, &mut |value| {
                text = value.text()?.map(|text| text.as_str().to_owned());
                Ok(())
            });
            read.ok().and(text)
        };
        for string in [
            "",
            "a",
            "seven..",
            "eight...",
            "nine.....",
            "ä",
            "\u{2028}",
            r"\u00e9",
            r"\ud83d\ude00",
            r"1234567\n",
            r"12345678\t1234567\\",
            r#"\""#,
            r"\ud800",
            r"\ud800\u0041",
            r"\udc00",
            r"\u12",
            r"\x",
            r"\",
            "\n",
            "\u{7f}",
            "\u{80}",
            "1234567\u{1f}",
            "\"",
        ] {
            let json = ["\"", string, "\""].concat();
            let known = serde_json::from_str::<String>(&json).ok();
            assert_eq!(read(&json), known, "{json}");
        }
    }

    #[test]
    fn reads_integers_of_32_bits() {
        for (json, integer) in [
            ("0", Ok(Some(0))),
            (" 80 ", Ok(Some(80))),
            ("-2147483648", Ok(Some(i32::MIN))),
            ("null", Ok(None)),
            ("2147483648", Err("a number, expected an integer")),
            ("1.0", Err("a number, expected an integer")),
            ("1e999999", Err("a number, expected an integer")),
            ("\"80\"", Err("a string, expected an integer")),
            (
                "-",
                Err("not valid JSON: it ends too early, at line 1 column 2"),
            ),
            (
                "007",
                Err("not valid JSON: text after its end, at line 1 column 2"),
            ),
        ] {
            let mut read = None;
            let result = read_str(json, &mut |value| {
                read = value.integer()?;
                Ok(())
            });
            let read = result.map(|()| read).map_err(|fault| fault.reason);
            assert_eq!(read, integer.map_err(str::to_owned), "{json}");
        }
    }
}
