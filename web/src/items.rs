//! What an input holds, as JavaScript sees it: a case is an object with methods, because it knows
//! the way back to the input; everything else is plain data.

use intake::audit::{Audit, Root, Unjudged};
use intake::{Broken, Form, Item, Place, Skipped, incident};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use crate::{parsed, text};

/// One request to judge.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Case(intake::Case);

#[wasm_bindgen]
impl Case {
    /// Tells it from other items.
    #[wasm_bindgen(getter = type, unchecked_return_type = "\"case\"")]
    pub fn tag(&self) -> String {
        "case".to_owned()
    }

    /// Where it starts in the input.
    #[wasm_bindgen(getter, unchecked_return_type = "Place")]
    pub fn place(&self) -> Result<JsValue, JsError> {
        value_of(&self.0.place)
    }

    /// What it was read as: an admission request, a manifest that is judged as if it were created,
    /// or an audit event, as the request that it tells of.
    #[wasm_bindgen(
        getter,
        unchecked_return_type = "\"request\" | \"manifest\" | \"event\""
    )]
    pub fn form(&self) -> String {
        let form = match self.0.form {
            Form::Request => "request",
            Form::Manifest => "manifest",
            Form::Event => "event",
        };
        form.to_owned()
    }

    /// Whether the input says that the request was refused, so that it left nothing behind.
    #[wasm_bindgen(getter)]
    pub fn refused(&self) -> bool {
        self.0.refused
    }

    /// The admission request as JSON text: what `inspect` takes.
    #[wasm_bindgen(getter)]
    pub fn request(&self) -> String {
        self.0.request().to_owned()
    }

    /// Of an audit event, what it tells beside the request.
    #[wasm_bindgen(getter, unchecked_return_type = "Audit | undefined")]
    pub fn audit(&self) -> Result<JsValue, JsError> {
        match &self.0.audit {
            Some(audit) => value_of(audit),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The position in the input of what an RFC 6901 pointer from the object names, as findings
    /// have it in `path`. None in an audit event, or when it does not resolve.
    ///
    /// # Errors
    /// When the pointer is no text.
    #[wasm_bindgen(unchecked_return_type = "Position | undefined")]
    pub fn locate(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] pointer: JsValue,
    ) -> Result<JsValue, JsError> {
        match self.0.locate(&text::text(&pointer, "pointer")?) {
            Some(at) => value_of(&at),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Judges the request, as the function `inspect` does.
    ///
    /// # Errors
    /// When the settings are no YAML; the message names the line.
    #[wasm_bindgen(unchecked_return_type = "Inspection")]
    pub fn inspect(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "string | object")] settings: JsValue,
    ) -> Result<JsValue, JsError> {
        let payload = text::payload(self.0.request(), &text::settings(&settings)?);
        parsed(&policy::inspect(payload.as_bytes()))
    }

    /// Of an audit event with findings, the incident that they belong to: the same for the same
    /// findings in the same workload, whichever of its objects has them, in every log.
    ///
    /// # Errors
    /// When what is given is no list of findings, as `inspect` answers them.
    #[wasm_bindgen(unchecked_return_type = "Incident | undefined")]
    pub fn incident(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Finding[]")] findings: JsValue,
    ) -> Result<JsValue, JsError> {
        let text = text::json(&findings, "findings")?;
        let findings: Value = serde_json::from_str(&text).unwrap_or_default();
        let findings =
            found(&findings).ok_or_else(|| JsError::new("findings: not a list of findings"))?;
        let Some(audit) = &self.0.audit else {
            return Ok(JsValue::UNDEFINED);
        };
        match incident::id(&audit.root, findings.into_iter()) {
            Some(id) => value_of(&Incident {
                id,
                workload: &audit.root,
            }),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}

/// What of each finding says which incident it belongs to; none of what is no list of findings.
fn found(findings: &Value) -> Option<Vec<[&str; 3]>> {
    let parts = findings.as_array()?.iter().map(|finding| {
        let text = |name| match finding.get(name) {
            None | Some(Value::Null) => Some(""),
            Some(value) => value.as_str(),
        };
        let rule = finding.get("rule")?.as_str()?;
        Some([rule, text("container")?, text("value")?])
    });
    parts.collect()
}

/// An item as a value of JavaScript.
pub(crate) fn value(item: Item) -> Result<JsValue, JsError> {
    match item {
        Item::Case(case) => Ok(Case(case).into()),
        Item::Unjudged(unjudged) => {
            let Unjudged {
                input,
                place,
                request,
                audit,
                gap,
            } = &*unjudged;
            value_of(&Plain::Gap {
                input: *input,
                place: *place,
                request: serde_json::from_str(request)?,
                audit,
                reason: gap.word(),
                message: gap.to_string(),
            })
        }
        Item::Skipped(Skipped { place, reason }) => value_of(&Plain::Skipped {
            place,
            message: reason.to_string(),
        }),
        Item::Broken(Broken { line, message }) => value_of(&Plain::Broken { line, message }),
    }
}

/// Plain data as a value of JavaScript.
pub(crate) fn value_of(data: &impl Serialize) -> Result<JsValue, JsError> {
    parsed(&serde_json::to_vec(data)?)
}

/// An item that is no case.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Plain<'a> {
    Gap {
        input: usize,
        place: Place,
        request: &'a RawValue,
        audit: &'a Audit,
        reason: &'a str,
        message: String,
    },
    Skipped {
        place: Place,
        message: String,
    },
    Broken {
        line: u64,
        message: String,
    },
}

#[derive(Serialize)]
struct Incident<'a> {
    id: String,
    workload: &'a Root,
}
