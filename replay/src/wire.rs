//! Parts of a request that may be of any type: what is not as it should be is as if it were not
//! there.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A part, if it is there and of this type.
pub(crate) fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}
