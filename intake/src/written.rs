//! Values as JSON text.

use serde::Serialize;

/// A value of texts, numbers and objects with names, which always has a text.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An object that is put together of its members.
#[derive(Debug, Default)]
pub(crate) struct Object(String);

impl Object {
    /// Adds a member that is a text.
    pub(crate) fn text(self, key: &str, text: &str) -> Self {
        self.json(key, &json(text))
    }

    /// Adds a member whose value is given as JSON; none if that is empty.
    pub(crate) fn json(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '{' } else { ',' });
            self.0 += &json(key);
            self.0.push(':');
            self.0 += value;
        }
        self
    }

    /// The whole.
    pub(crate) fn end(mut self) -> String {
        self.0 += if self.0.is_empty() { "{}" } else { "}" };
        self.0
    }
}
