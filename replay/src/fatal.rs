//! What ends the command before its work is done, and how it is said.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::host::{CallError, LoadError};
use crate::pipeline::Stopped;
use crate::registry::{self, PullError};

/// What ends the command at once.
pub(crate) enum Fatal {
    Usage(clap::Error),
    Policy(PathBuf, PolicyError),
    /// Mistakes in the settings, or in a snapshot.
    Mistakes(Vec<Mistake>),
    /// A rule that does not exist, and what may be meant.
    NoSuchRule(String, Option<String>),
    /// A command that `man` has no page of.
    NoSuchCommand(String),
    Call(&'static str, CallError),
    Answer(&'static str, serde_json::Error),
    Output(io::Error),
    /// A file to write to.
    File(PathBuf, io::Error),
    /// A checkpoint that is none, and why.
    Checkpoint(PathBuf, String),
    Threads(io::Error),
    Stopped,
}

/// Why a policy cannot be used.
pub(crate) enum PolicyError {
    File(io::Error),
    Pull(PullError),
    Load(LoadError),
}

/// One mistake, with the file it is in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) file: String,
    pub(crate) line: Option<u64>,
    pub(crate) message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl From<Stopped> for Fatal {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Fatal {
    /// What to tell the user, one line each.
    pub(crate) fn messages(&self) -> Vec<String> {
        match self {
            Self::Mistakes(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::Policy(path, PolicyError::File(error)) => {
                match (registry::meant(path), error.kind()) {
                    (Some(meant), io::ErrorKind::NotFound) => write!(
                        f,
                        "{}: no such file; for a policy in a registry write `{meant}`",
                        path.display()
                    ),
                    _ => write!(f, "{}: {error}", path.display()),
                }
            }
            Self::Policy(path, PolicyError::Pull(error)) => {
                write!(f, "{}: {error}", path.display())
            }
            Self::Policy(path, PolicyError::Load(error)) => {
                write!(f, "{}: {error}", path.display())
            }
            Self::Mistakes(mistakes) => write!(f, "{} mistakes", mistakes.len()),
            Self::NoSuchRule(id, near) => {
                write!(f, "no rule `{id}`: ")?;
                f.write_str(near.as_deref().unwrap_or("`bulkhead rules` lists them"))
            }
            Self::NoSuchCommand(name) => {
                write!(f, "no command `{name}`: `bulkhead --help` lists them")
            }
            Self::Call(operation, error) => write!(f, "`{operation}`: {error}"),
            Self::Answer(operation, error) => {
                write!(
                    f,
                    "the policy's answer to `{operation}` is not understood: {error}"
                )
            }
            Self::Output(error) => write!(f, "standard output: {error}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Checkpoint(path, reason) => {
                write!(f, "{}: no checkpoint: {reason}", path.display())
            }
            Self::Threads(error) => write!(f, "no thread can be started: {error}"),
            Self::Stopped => write!(f, "a thread stopped before all was judged: this is a bug"),
        }
    }
}
