//! Values as JSON text.

use serde::Serialize;

/// A value of texts, numbers and objects with names, which always has a text.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
