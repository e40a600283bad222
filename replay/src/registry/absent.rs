//! In place of the client, in a command that was built without the feature `registry`.

use std::fmt;

/// That nothing can be fetched.
#[derive(Debug)]
pub(crate) struct PullError;

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message =
            "this `bulkhead` was built without the feature `registry`: fetch the file first";
        f.write_str(message)
    }
}

/// Fetches nothing.
pub(crate) fn pull(_: &str) -> Result<Vec<u8>, PullError> {
    Err(PullError)
}
