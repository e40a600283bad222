//! Reads JSON: once, forwards, borrowed. What is not asked for is skipped.
//!
//! Kubernetes' own decoder takes `null` for "absent" and, given a key twice, merges the two values.
//! So `null` reads as absent here too, and a key that stands twice is an error: one of its values
//! would go unseen.

use crate::cursor::{Cursor, Malformed};
use crate::fault::Fault;
use crate::text::{escaped, is_same};
use crate::view::{Text, View};

/// Stands before a value of a JSON text. Where it is `null`, there is nothing.
pub(crate) struct Reader<'de> {
    cursor: Cursor<'de>,
    /// Room for what [`Cursor::skip`] has to remember.
    open: Vec<u8>,
    /// Why a value was not what is read there.
    unfit: Option<Fault>,
    /// Whether a part that is not what is read there counts as absent.
    forgives: bool,
}

/// Reading has stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This is no JSON.
    Malformed(Malformed),
    /// A value is not what is read there; the reader knows why.
    Unfit,
    /// A key stands twice; the same.
    Twice,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// For so many strings there is room in a list from its first on: what 64 bytes of Wasm hold.
const TEXTS: usize = 5;

type Entry<'f, 'de> = &'f mut dyn FnMut(&str, &mut Reader<'de>) -> Result<(), Stop>;
type Element<'f, 'de> = &'f mut dyn FnMut(&mut Reader<'de>) -> Result<(), Stop>;

/// Reads the value that is all of a text.
pub(crate) fn read_str<'de>(text: &'de str, read: Element<'_, 'de>) -> Result<(), Fault> {
    read_all(text, false, read)
}

/// The same of what need not be what is read there: what of it does not fit, counts as absent.
pub(crate) fn read_what_fits<'de>(text: &'de str, read: Element<'_, 'de>) -> Result<(), Fault> {
    read_all(text, true, read)
}

fn read_all<'de>(text: &'de str, forgives: bool, read: Element<'_, 'de>) -> Result<(), Fault> {
    let mut reader = Reader {
        cursor: Cursor::new(text),
        open: Vec::new(),
        unfit: None,
        forgives,
    };
    let read = read(&mut reader).and_then(|()| match reader.cursor.next() {
        None => Ok(()),
        Some(_) => Err(Malformed::Rest.into()),
    });
    read.map_err(|stop| match stop {
        Stop::Malformed(why) => Fault::malformed(text, reader.cursor.at(), why.as_str()),
        Stop::Unfit | Stop::Twice => reader.unfit.unwrap_or_default(),
    })
}

impl<'de> Reader<'de> {
    /// A string.
    pub fn text(&mut self) -> Result<Option<Text<'de>>, Stop> {
        if self.has(b'"', "a string")? {
            Ok(Some(self.cursor.string()?))
        } else {
            Ok(None)
        }
    }

    /// An array of strings.
    pub fn texts(&mut self) -> Result<Vec<Text<'de>>, Stop> {
        let mut texts = Vec::new();
        if !self.has(b'[', "an array")? {
            return Ok(texts);
        }
        let mut has_more = self.cursor.opens(b']');
        if has_more {
            // Most lists are short; to let this one grow to its first four would cost more.
            texts.reserve_exact(TEXTS);
        }
        while has_more {
            if self.cursor.value()? != b'"' {
                let stop = self.unfit("a string");
                return Err(self.below(&texts.len().to_string(), stop));
            }
            texts.push(self.cursor.string()?);
            has_more = self.cursor.goes_on(b']')?;
        }
        Ok(texts)
    }

    /// An integer of 32 bits.
    pub fn integer(&mut self) -> Result<Option<i32>, Stop> {
        const EXPECTED: &str = "an integer of 32 bits";

        let (b'-' | b'0'..=b'9') = self.cursor.value()? else {
            return self.null(EXPECTED).map(|()| None);
        };
        let start = self.cursor;
        self.cursor.number()?;
        self.cursor.since(start).parse().map(Some).map_err(|_| {
            self.cursor = start;
            self.unfit(EXPECTED)
        })
    }

    /// True, false or nothing.
    pub fn tristate(&mut self) -> Result<Option<bool>, Stop> {
        match self.cursor.value()? {
            b't' | b'f' => Ok(self.cursor.word()?),
            _ => self.null("a boolean").map(|()| None),
        }
    }

    /// Any value, as text.
    pub fn raw(&mut self) -> Result<Option<&'de str>, Stop> {
        let is_null = self.cursor.value()? == b'n';
        let text = self.as_written()?;
        Ok((!is_null).then_some(text))
    }

    /// Any value as text, `null` too.
    pub fn as_written(&mut self) -> Result<&'de str, Stop> {
        self.cursor.value()?;
        let start = self.cursor;
        self.skip()?;
        Ok(self.cursor.since(start))
    }

    /// Any value, as text, and whether it may have this key: some key is it, or has letters that are
    /// written as escapes.
    pub fn raw_and_key(&mut self, wanted: &str) -> Result<Option<(&'de str, bool)>, Stop> {
        let is_null = self.cursor.value()? == b'n';
        let start = self.cursor;
        let mut may_have_it = false;
        self.cursor.skip_telling(&mut self.open, |key| {
            // With its quotes.
            let key = key.get(1..key.len() - 1).unwrap_or_default();
            let mut pairs = key.as_bytes().windows(2);
            may_have_it |= key == wanted || pairs.any(|pair| pair == b"\\u");
        })?;
        Ok((!is_null).then_some((self.cursor.since(start), may_have_it)))
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
    #[inline]
    pub fn object<V: View<'de>>(&mut self, view: &mut V) -> Result<bool, Stop> {
        self.fields(view.fields(), view)
    }

    /// An object of which these fields are read into a view.
    fn fields(&mut self, fields: &Fields, view: &mut dyn View<'de>) -> Result<bool, Stop> {
        let mut seen = 0u32;
        self.each_member(|key, reader| {
            let Some(field) = fields.position(key.as_str()) else {
                return reader.skip();
            };
            if seen & (1 << field) != 0 {
                reader.unfit = Some(Fault::twice());
                return Err(Stop::Twice);
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
                reader.skip()
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
        let mut has_more = self.cursor.opens(b']');
        while has_more {
            if let Err(stop) = self.part(&mut *element) {
                return Err(self.below(&index.to_string(), stop));
            }
            index += 1;
            has_more = self.cursor.goes_on(b']')?;
        }
        Ok(())
    }

    /// Skips a value.
    pub fn skip(&mut self) -> Result<(), Stop> {
        Ok(self.cursor.skip(&mut self.open)?)
    }

    /// An object; says whether there is one. What `member` does not read is skipped.
    fn each_member(
        &mut self,
        mut member: impl FnMut(&Text<'de>, &mut Self) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        if !self.has(b'{', "an object")? {
            return Ok(false);
        }
        let mut has_more = self.cursor.opens(b'}');
        while has_more {
            let key = self.cursor.key()?;
            if let Err(stop) = self.part(|reader| member(&key, reader)) {
                return Err(self.below(key.as_str(), stop));
            }
            has_more = self.cursor.goes_on(b'}')?;
        }
        Ok(true)
    }

    /// A part of an object or array; skipped, if it is not read.
    #[inline]
    fn part(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let start = self.cursor.at();
        if let Err(stop) = read(self) {
            self.forgive(stop, start)?;
        }
        if self.cursor.at() == start {
            self.skip()?;
        }
        Ok(())
    }

    /// Goes back to the start of a part that is not what is read there, if that is forgiven.
    #[cold]
    fn forgive(&mut self, stop: Stop, start: usize) -> Result<(), Stop> {
        if !self.forgives || !matches!(stop, Stop::Unfit) {
            return Err(stop);
        }
        self.cursor.go_back(start);
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
    #[inline]
    fn has(&mut self, first: u8, expected: &'static str) -> Result<bool, Stop> {
        if self.cursor.value()? == first {
            Ok(true)
        } else {
            self.null(expected).map(|()| false)
        }
    }

    /// Nothing, where something else was expected.
    fn null(&mut self, expected: &'static str) -> Result<(), Stop> {
        if self.cursor.value()? == b'n' {
            self.cursor.word()?;
            Ok(())
        } else {
            Err(self.unfit(expected))
        }
    }

    #[cold]
    fn unfit(&mut self, expected: &'static str) -> Stop {
        let found = match self.cursor.next() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => return Malformed::Value.into(),
        };
        self.unfit = Some(Fault::unfit(found, expected));
        Stop::Unfit
    }
}

/// The names of the fields that are read of an object.
pub(crate) struct Fields {
    names: &'static [&'static str],
    /// For each mark, the place of the first name that has it. Most keys of an object are not read,
    /// and most of those have a mark that no name has.
    first: [u8; MARKS],
}

const MARKS: usize = 16;

impl Fields {
    pub const fn of(names: &'static [&'static str]) -> Self {
        let mut first = [u8::MAX; MARKS];
        let mut place = names.len();
        let mut rest = names;
        while let [others @ .., name] = rest {
            place -= 1;
            if let (_, [first, ..]) = first.split_at_mut(mark(name)) {
                *first = place as u8;
            }
            rest = others;
        }
        Self { names, first }
    }

    /// The place of a name.
    #[inline]
    fn position(&self, key: &str) -> Option<usize> {
        let first = usize::from(*self.first.get(mark(key))?);
        let mut names = self.names.get(first..)?.iter();
        Some(first + names.position(|name| is_same(name, key))?)
    }
}

/// A small number, by the length of a name and its first letter.
const fn mark(name: &str) -> usize {
    let first = match name.as_bytes() {
        [first, ..] => *first as usize,
        [] => 0,
    };
    (name.len() + first) % MARKS
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (
                "2147483648",
                Err("a number, expected an integer of 32 bits"),
            ),
            ("1.0", Err("a number, expected an integer of 32 bits")),
            ("1e999999", Err("a number, expected an integer of 32 bits")),
            ("\"80\"", Err("a string, expected an integer of 32 bits")),
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
