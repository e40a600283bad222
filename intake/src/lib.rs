//! Bytes to cases: reviews, bare admission requests, audit events and manifests, as JSON, JSON
//! Lines or YAML.
//!
//! What an input holds is recognised by its content, never by a name. Everything read comes out
//! as an [`Item`], a case to judge, something that cannot be judged, something skipped or
//! something broken, or is counted as [`Passed`]; nothing is dropped in silence. This crate opens
//! nothing and knows no rule of the policy.

pub mod audit;
mod brackets;
mod case;
mod chunk;
mod config;
mod feed;
pub mod incident;
mod items;
mod json;
#[cfg(test)]
mod limit;
mod lines;
mod manifest;
mod message;
mod named;
mod opening;
mod origin;
mod pointer;
mod reader;
mod shape;
mod strict;
mod written;
mod yaml;

use serde::Serialize;
use std::fmt;

pub use case::{Case, Form};
pub use config::Config;
pub use feed::Feed;
pub use reader::{Reader, read, read_into};

/// Most bytes of one line of JSON Lines, one JSON value or one YAML document. What is larger is
/// passed over without being held, so that no input takes memory without bound, and is
/// [`Broken`].
///
/// An API server takes requests of 3 MiB at most, and a review holds two objects, so that only a
/// list of many objects, or something that is none of ours, comes near it.
///
/// Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/server/config.go`, `MaxRequestBodyBytes`.
pub const MAX_BYTES: usize = 64 << 20;

/// The one document of a YAML text as JSON text, read as a manifest is: for what is configuration
/// and no request. An empty text is `null`.
///
/// # Errors
/// When the text is not YAML, has no equal in JSON, or holds more than one document.
pub fn yaml_to_json(text: &str) -> Result<String, Broken> {
    Config::from_yaml(text).map(Config::into_json)
}

/// Where in its input a case starts. All count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line on which the review, the object or the list item starts.
    pub line: u64,
    /// Which document of the input it is in; documents with nothing in them do not count. In
    /// JSON Lines every line is an input of its own.
    pub document: u64,
    /// Which item of the document's list or array it is; 1 where there is none.
    pub item: u64,
}

/// One character of an input; line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line; a byte-order mark or a blank line before it counts like any other.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Position {
    const START: Self = Self { line: 1, column: 1 };
}

/// One thing found in an input.
#[derive(Debug)]
pub enum Item {
    /// A request to judge.
    Case(Case),
    /// A request of an audit log that matters and cannot be judged.
    Unjudged(Box<audit::Unjudged>),
    /// Something that is no Kubernetes object.
    Skipped(Skipped),
    /// Something that could not be read.
    Broken(Broken),
}

/// Records of logs that were read and that nobody needs to see, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// Events of requests that can change nothing that is judged.
    pub irrelevant: u64,
    /// Other events of requests that are told of, or may yet be.
    pub stages: u64,
    /// Records of other logs that were beside them.
    pub other: u64,
}

/// Something read that is no Kubernetes object. Whether that is an error is the caller's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Where it starts.
    pub place: Place,
    /// Why it is none.
    pub reason: Reason,
}

/// Why something read is no Kubernetes object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An object without `apiVersion` and `kind`, or whose ones are no text.
    NoKind,
    /// A text, a number, or anything else that is no object.
    NoObject,
    /// YAML that a Go template, such as a Helm chart's, has yet to make.
    Template,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoKind => "no `apiVersion` and `kind`",
            Self::NoObject => "not an object",
            Self::Template => "a Go template, render it first",
        })
    }
}

/// Something that could not be read. What follows it is read all the same where a new document
/// or line shows where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line of the fault.
    pub line: u64,
    /// What is wrong there, in one line of bounded length. Of the input it repeats key names
    /// alone.
    pub message: String,
}

impl Broken {
    fn new(line: u64, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}
