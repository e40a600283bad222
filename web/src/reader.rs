//! An input that comes in pieces.

use intake::Feed;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use crate::items::{value, value_of};
use crate::text;

/// Reads an input that comes in pieces, such as a big log: push a piece, take items until there
/// are none, and say when it ends. JSON Lines are read as they come and are not kept; anything
/// else is held until it ends, up to 64 MiB.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Reader(Feed);

#[wasm_bindgen]
impl Reader {
    /// A reader of one input, or of several that follow each other.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next piece, cut anywhere.
    ///
    /// # Errors
    /// When the piece is neither text nor bytes.
    pub fn push(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] piece: JsValue,
    ) -> Result<(), JsError> {
        self.0.push(&text::bytes(&piece, "piece")?);
        Ok(())
    }

    /// Says that this input has ended and another follows, such as the next file of an audit log:
    /// what the log told is kept, and lines count from 1 again. Take the items of this one before
    /// you push the next, which is held until you do.
    #[wasm_bindgen(js_name = endInput)]
    pub fn end_input(&mut self) {
        self.0.end_input();
    }

    /// Says that there is no more.
    pub fn end(&mut self) {
        self.0.end();
    }

    /// The next item; none while more of the input has to come. When it has ended, requests that
    /// an audit log began and did not end come last.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "Item | undefined")]
    pub fn pull(&mut self) -> Result<JsValue, JsError> {
        self.0.next().map_or(Ok(JsValue::UNDEFINED), value)
    }

    /// Audit events that nobody needs to see, counted since the last time this was asked.
    #[wasm_bindgen(js_name = takePassed, unchecked_return_type = "Passed")]
    pub fn take_passed(&mut self) -> Result<JsValue, JsError> {
        value_of(&self.0.take_passed())
    }

    /// How many objects of an audit log had to be forgotten for want of room, so that what is new
    /// in them is not known. To be asked at the end.
    #[wasm_bindgen(getter)]
    pub fn forgotten(&self) -> f64 {
        // exact below 2^53
        u32::try_from(self.0.forgotten()).map_or(f64::INFINITY, f64::from)
    }
}
