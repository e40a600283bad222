//! Where a JSON value ends, told by its brackets and quotes alone: so much can be said of a value
//! of any size without holding it. Whether it is JSON is not known here.

/// What the bytes seen so far have left open.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    depth: u64,
    inside: Inside,
    /// The last byte that is no space; of a text its first quote.
    last: Option<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Inside {
    #[default]
    Value,
    Text,
    Escape,
}

impl Brackets {
    /// Takes in the bytes that follow.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Whether an object or array has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// Whether a value may come next.
    pub(crate) fn take_value(&self) -> bool {
        matches!(self.last, None | Some(b'[' | b',' | b':'))
    }

    fn byte(&mut self, byte: u8) {
        self.inside = match (self.inside, byte) {
            // A text has no line break: one without an end is over with its line.
            (_, b'\n') => Inside::Value,
            (Inside::Text, b'"') => Inside::Value,
            (Inside::Text, b'\\') => Inside::Escape,
            (Inside::Text | Inside::Escape, _) => Inside::Text,
            (Inside::Value, byte) => return self.value(byte),
        };
    }

    /// Takes in a byte that is in no text.
    fn value(&mut self, byte: u8) {
        match byte {
            b'"' => self.inside = Inside::Text,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ if byte.is_ascii_whitespace() => return,
            _ => {}
        }
        self.last = Some(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::Brackets;

    fn seen(text: &str) -> Brackets {
        let mut brackets = Brackets::default();
        // One by one: a value may come in pieces.
        for byte in text.as_bytes().chunks(1) {
            brackets.see(byte);
        }
        brackets
    }

    #[test]
    fn tells_where_a_value_ends() {
        for text in ["", "1", "{}", "[{}]\n", r#"{"a": "]", "b": [1, {}]}"#] {
            assert!(!seen(text).is_open(), "{text}");
        }
        for text in ["[", "{\n", "{[}", r#"{"a": "}"#, "{}{"] {
            assert!(seen(text).is_open(), "{text}");
        }
    }

    #[test]
    fn does_not_count_brackets_in_texts() {
        for text in [r#"["{"]"#, r#"["\"{"]"#, r#"["\\"]"#, r#"["\\\"{"]"#] {
            assert!(!seen(text).is_open(), "{text}");
        }
    }

    #[test]
    fn counts_on_after_a_bracket_too_many() {
        assert!(seen("}]{").is_open());
        assert!(!seen("}]{}").is_open());
    }

    #[test]
    fn ends_a_text_with_its_line() {
        assert!(!seen("{\"a\n}").is_open());
        assert!(!seen("{\"a\\\n}").is_open());
    }

    #[test]
    fn tells_where_no_value_can_start() {
        for text in ["", "[\n", "[1,\n", "{\"a\": "] {
            assert!(seen(text).take_value(), "{text}");
        }
        for text in ["{", "[1\n", "[{}\n", "{\"a\"\n", "{\"a\": \"b,\n"] {
            assert!(!seen(text).take_value(), "{text}");
        }
    }
}
