//! The policy and the reader of inputs for JavaScript, in browsers and in Node: the same detectors
//! as in the module, in the shapes of JavaScript. What is decided here is only how values cross.

mod items;
mod reader;
mod text;
mod types;

use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

pub use items::Case;
pub use reader::Reader;

/// Judges an admission request, and tells every finding in full.
///
/// The request is an object or its JSON text, settings are an object or their YAML or JSON text.
/// Whatever the request is, there is an answer: what cannot be read is a finding, and refused.
///
/// # Errors
/// When the settings are no YAML; the message names the line.
#[wasm_bindgen(unchecked_return_type = "Inspection")]
pub fn inspect(
    #[wasm_bindgen(unchecked_param_type = "string | object")] request: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | object")] settings: JsValue,
) -> Result<JsValue, JsError> {
    let payload = text::payload(&text::request(&request)?, &text::settings(&settings)?);
    parsed(&policy::inspect(payload.as_bytes()))
}

/// Judges an admission request as `inspect` does, and answers what Kubernetes is told.
///
/// # Errors
/// When the settings are no YAML; the message names the line.
#[wasm_bindgen(unchecked_return_type = "PolicyResponse")]
pub fn validate(
    #[wasm_bindgen(unchecked_param_type = "string | object")] request: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "string | object")] settings: JsValue,
) -> Result<JsValue, JsError> {
    let payload = text::payload(&text::request(&request)?, &text::settings(&settings)?);
    parsed(&policy::validate(payload.as_bytes()))
}

/// Says whether settings are valid, and if not, every mistake in them with its place: by the path of
/// the setting and, of settings that are a text, by the line.
///
/// # Errors
/// When they are no YAML; the message names the line.
#[wasm_bindgen(js_name = validateSettings, unchecked_return_type = "SettingsValidation")]
pub fn validate_settings(
    #[wasm_bindgen(unchecked_param_type = "string | object")] settings: JsValue,
) -> Result<JsValue, JsError> {
    let config = text::config(&settings)?;
    let answer = parsed(&policy::validate_settings(config.json().as_bytes()))?;
    let message = Reflect::get(&answer, &"message".into()).unwrap_or_default();
    if let Some(message) = message.as_string() {
        let mistakes: Vec<Mistake<'_>> = message
            .lines()
            .map(|text| Mistake {
                text,
                line: config.line_of(text).filter(|_| settings.is_string()),
            })
            .collect();
        let mistakes = items::value_of(&mistakes)?;
        let _ = Reflect::set(&answer, &"mistakes".into(), &mistakes);
    }
    Ok(answer)
}

/// What is wrong in settings, and in which line of their text.
#[derive(Serialize)]
struct Mistake<'a> {
    text: &'a str,
    line: Option<u64>,
}

/// Every rule with its help.
///
/// # Errors
/// None.
#[wasm_bindgen(unchecked_return_type = "Catalog")]
pub fn catalog() -> Result<JsValue, JsError> {
    parsed(&policy::catalog())
}

/// Calls an operation of the policy by its name, bytes in and bytes out, as hosts of the module
/// do: `validate`, `inspect`, `validate_settings`, `catalog` or `protocol_version`. The answer is
/// that of every other host, byte for byte.
///
/// # Errors
/// When there is no such operation, or the payload is neither bytes nor text.
#[wasm_bindgen]
pub fn call(
    #[wasm_bindgen(unchecked_param_type = "string")] operation: JsValue,
    #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] payload: JsValue,
) -> Result<Vec<u8>, JsError> {
    let operation = text::text(&operation, "operation")?;
    let payload = text::bytes(&payload, "payload")?;
    Ok(match &*operation {
        "validate" => policy::validate(&payload),
        "inspect" => policy::inspect(&payload),
        "validate_settings" => policy::validate_settings(&payload),
        "catalog" => policy::catalog(),
        "protocol_version" => policy::protocol_version(),
        _ => return Err(JsError::new(&format!("no operation `{operation}`"))),
    })
}

/// Everything in an input: manifests, reviews and audit events, as YAML, JSON or JSON Lines. What
/// cannot be read is an item with its line, and does not stop what follows it.
///
/// # Errors
/// When the input is neither text nor bytes.
#[wasm_bindgen(unchecked_return_type = "Item[]")]
pub fn cases(
    #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] input: JsValue,
) -> Result<Vec<JsValue>, JsError> {
    let mut feed = intake::Feed::default();
    feed.push(&text::bytes(&input, "input")?);
    feed.end();
    feed.map(items::value).collect()
}

fn parsed(json: &[u8]) -> Result<JsValue, JsError> {
    let text = String::from_utf8_lossy(json);
    JSON::parse(&text).map_err(|_| JsError::new("the answer is not JSON"))
}
