//! The host and the command from outside, in one program: it links once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test needs and does not get fails the test"
)]

mod audit;
mod built_in;
mod cluster;
mod common;
mod exemptions;
mod follow;
mod formats;
mod granting;
mod granting_by_rules;
mod host;
mod judge;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(unix)]
mod pipelines;
mod rbac;
#[cfg(feature = "registry")]
mod registry;
mod replay;
mod report;
mod rules;
mod shell;
mod shown;
