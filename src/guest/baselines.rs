//! What `validate` is measured against, in the same module: three operations that take the same
//! payload and answer nothing. For `cargo bench` only; what is shipped has none of them.

use std::hint::black_box;

use kubewarden_policy_sdk::wapc_guest;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Adds `copy`, `skip` and `parse` to the operations.
pub(super) fn register() {
    wapc_guest::register_function("copy", |payload| {
        black_box(payload);
        Ok(Vec::new())
    });
    wapc_guest::register_function("skip", |payload| {
        black_box(serde_json::from_slice::<IgnoredAny>(payload)?);
        Ok(Vec::new())
    });
    wapc_guest::register_function("parse", |payload| {
        black_box(serde_json::from_slice::<Value>(payload)?);
        Ok(Vec::new())
    });
}
