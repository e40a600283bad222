//! Writes JSON: answers, and questions to the host. An object is a table of fields, whose values are
//! trait objects: were writing generic over them, as that of `serde` is, each type would bring its
//! own copy of it into the module.

use std::borrow::Cow;

use crate::cursor::Cursor;

/// What can be written as JSON.
pub(crate) trait Json {
    fn write(&self, json: &mut Writer);

    /// Whether an object may leave it out where it leaves out what is nothing.
    fn is_nothing(&self) -> bool {
        false
    }
}

/// A JSON text in the writing.
pub(crate) struct Writer(String);

/// A field of an object.
pub(crate) struct Field<'v> {
    name: &'static str,
    value: &'v dyn Json,
    may_be_left_out: bool,
}

/// A field that every such object has.
pub(crate) fn field<'v>(name: &'static str, value: &'v dyn Json) -> Field<'v> {
    Field {
        name,
        value,
        may_be_left_out: false,
    }
}

/// A field that an object has if there is something in it.
pub(crate) fn if_any<'v>(name: &'static str, value: &'v dyn Json) -> Field<'v> {
    Field {
        may_be_left_out: true,
        ..field(name, value)
    }
}

/// The text of a value.
pub(crate) fn text(value: &dyn Json) -> String {
    // Most answers need no more, and growing means copying.
    let mut json = Writer(String::with_capacity(2_048));
    value.write(&mut json);
    json.0
}

impl Writer {
    pub fn object(&mut self, fields: &[Field<'_>]) {
        let written = |field: &&Field<'_>| !(field.may_be_left_out && field.value.is_nothing());
        let mut separator = "{";
        for field in fields.iter().filter(written) {
            self.0.push_str(separator);
            separator = ",";
            self.string(field.name);
            self.0.push(':');
            field.value.write(self);
        }
        self.0.push_str(if separator == "{" { "{}" } else { "}" });
    }

    fn array(&mut self, values: &mut dyn Iterator<Item = &dyn Json>) {
        self.0.push('[');
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            value.write(self);
        }
        self.0.push(']');
    }

    fn string(&mut self, text: &str) {
        self.0.push('"');
        let mut rest = text;
        loop {
            // What needs no escape where it is read needs none here.
            let mut cursor = Cursor::new(rest);
            cursor.skip_plain();
            let (plain, special) = rest.split_at_checked(cursor.at()).unwrap_or((rest, ""));
            self.0.push_str(plain);
            let mut characters = special.chars();
            match characters.next() {
                None => break,
                Some('"') => self.0.push_str("\\\""),
                Some('\\') => self.0.push_str("\\\\"),
                Some('\u{8}') => self.0.push_str("\\b"),
                Some('\t') => self.0.push_str("\\t"),
                Some('\n') => self.0.push_str("\\n"),
                Some('\u{c}') => self.0.push_str("\\f"),
                Some('\r') => self.0.push_str("\\r"),
                Some(control) => {
                    let digit = |value| char::from_digit(value, 16).unwrap_or_default();
                    let code = u32::from(control);
                    self.0.push_str("\\u00");
                    self.0.push(digit(code >> 4));
                    self.0.push(digit(code & 15));
                }
            }
            rest = characters.as_str();
        }
        self.0.push('"');
    }
}

impl Json for str {
    fn write(&self, json: &mut Writer) {
        json.string(self);
    }
}

impl Json for String {
    fn write(&self, json: &mut Writer) {
        json.string(self);
    }
}

impl Json for Cow<'_, str> {
    fn write(&self, json: &mut Writer) {
        json.string(self);
    }
}

impl Json for bool {
    fn write(&self, json: &mut Writer) {
        json.0.push_str(if *self { "true" } else { "false" });
    }
}

impl Json for usize {
    fn write(&self, json: &mut Writer) {
        json.0.push_str(&self.to_string());
    }
}

/// Nothing is `null`.
impl<T: Json> Json for Option<T> {
    fn write(&self, json: &mut Writer) {
        match self {
            Some(value) => value.write(json),
            None => json.0.push_str("null"),
        }
    }

    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, json: &mut Writer) {
        json.array(&mut self.iter().map(|value| -> &dyn Json { value }));
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, json: &mut Writer) {
        self.as_slice().write(json);
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Json + ?Sized> Json for &T {
    fn write(&self, json: &mut Writer) {
        (**self).write(json);
    }

    fn is_nothing(&self) -> bool {
        (**self).is_nothing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character that may need an escape, those beside them, and long texts around them.
    #[test]
    fn writes_strings_as_others_do() {
        let mut texts = vec![String::new(), "ä\u{2028}\u{10ffff}".repeat(9)];
        for character in '\0'..='\u{a0}' {
            texts.push(format!("{character}"));
            texts.push(format!(
                "a text before{character}\\{character}and one after"
            ));
        }
        for string in texts {
            assert_eq!(text(&string), serde_json::to_string(&string).unwrap());
        }
    }

    #[test]
    fn leaves_out_what_may_be_and_is_nothing() {
        struct Door {
            name: Option<&'static str>,
            keys: Vec<usize>,
        }
        impl Json for Door {
            fn write(&self, json: &mut Writer) {
                json.object(&[
                    if_any("name", &self.name),
                    if_any("keys", &self.keys),
                    field("owner", &None::<bool>),
                ]);
            }
        }
        let door = |name, keys: &[usize]| {
            text(&Door {
                name,
                keys: keys.to_vec(),
            })
        };
        assert_eq!(door(None, &[]), r#"{"owner":null}"#);
        assert_eq!(
            door(Some("hall"), &[0, 17]),
            r#"{"name":"hall","keys":[0,17],"owner":null}"#
        );
    }

    #[test]
    fn writes_what_is_empty() {
        struct Nothing;
        impl Json for Nothing {
            fn write(&self, json: &mut Writer) {
                json.object(&[]);
            }
        }
        assert_eq!(text(&[Some(Nothing), None].as_slice()), "[{},null]");
        assert_eq!(text(&Vec::<bool>::new()), "[]");
    }
}
