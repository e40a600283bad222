//! The whole path: recorded requests, bad input and the module itself, as they are shipped.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

mod audited;
mod bad_input;
mod expectation;
mod module;
#[cfg(unix)]
mod packages;
mod readme;
mod recorded;
mod registry;
#[cfg(unix)]
mod reproducible;
