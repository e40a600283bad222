//! The `bulkhead` command: replays Kubernetes requests and manifests through
//! the Bulkhead policy, and shows what it found.
//!
//! It knows the policy by its bytes and by what `inspect` and `catalog` answer;
//! it links no detector. [`host`] runs a policy, everything else is the command.

mod answer;
mod cases;
mod catalog;
mod checkpoint;
mod cli;
mod cluster;
mod command;
mod decompress;
mod exemptions;
mod fatal;
mod filter;
mod follow;
pub mod host;
mod judge;
mod near;
mod order;
mod outcome;
mod output;
mod pipeline;
mod progress;
mod rbac;
mod registry;
mod replay;
mod report;
mod rules;
mod selector;
mod settings;
mod shell;
mod tally;
mod terminal;
mod walk;
mod wire;

pub use command::run;

/// The policy that is built into the command: the bytes of `policy.wasm`.
pub const POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"));
