//! What the Makefile needs beyond cargo: files that are made of the policy's metadata, and
//! the package for browsers and Node.
//!
//! Everything here is a function of the project's files. It builds nothing and asks nobody.

pub mod artifacthub;
pub mod changelog;
pub mod krew;
pub mod metadata;
pub mod oci;
pub mod web;

/// Why something cannot be made, for a person.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The version of everything in the project.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
