//! What JavaScript hands over, as text.

use intake::Config;
use js_sys::{JSON, JsString, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::{JsError, JsValue};

/// The payload of the policy's operations about a request.
pub(crate) fn payload(request: &str, settings: &str) -> String {
    ["{\"request\":", request, ",\"settings\":", settings, "}"].concat()
}

/// A request as JSON text; a text is taken as it is.
pub(crate) fn request(value: &JsValue) -> Result<String, JsError> {
    value.as_string().map_or_else(|| json(value, "request"), Ok)
}

/// Settings as JSON text, out of YAML if they are a text; none are the default ones.
pub(crate) fn settings(value: &JsValue) -> Result<String, JsError> {
    config(value).map(Config::into_json)
}

/// The same, with the way back to the text if they are one.
pub(crate) fn config(value: &JsValue) -> Result<Config, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(Config::from_json("{}"));
    }
    let Some(yaml) = value.as_string() else {
        return json(value, "settings").map(|json| Config::from_json(&json));
    };
    Config::from_yaml(&yaml).map_err(|broken| {
        JsError::new(&format!(
            "settings: line {}: {}",
            broken.line, broken.message
        ))
    })
}

/// The bytes of a text, or of an array of them; `what` it is, for the message when it is neither.
pub(crate) fn bytes(value: &JsValue, what: &str) -> Result<Vec<u8>, JsError> {
    if let Some(text) = value.as_string() {
        return Ok(text.into_bytes());
    }
    value
        .dyn_ref::<Uint8Array>()
        .map(Uint8Array::to_vec)
        .ok_or_else(|| JsError::new(&format!("{what}: neither a text nor a Uint8Array")))
}

/// A text; `what` it is, for the message when it is none.
pub(crate) fn text(value: &JsValue, what: &str) -> Result<String, JsError> {
    let text = value.as_string();
    text.ok_or_else(|| JsError::new(&format!("{what}: no text")))
}

/// A value as JSON text; `what` it is, for the message when it has none.
pub(crate) fn json(value: &JsValue, what: &str) -> Result<String, JsError> {
    // a function or a symbol gives nothing, a cycle fails
    JSON::stringify(value)
        .ok()
        .and_then(|text| text.dyn_into::<JsString>().ok())
        .map(String::from)
        .ok_or_else(|| JsError::new(&format!("{what}: neither a text nor a value of JSON")))
}
