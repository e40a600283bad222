//! Why a policy could not be loaded, or did not answer.

use std::fmt;
use std::time::Duration;

use wasmtime::{Trap, UnknownImportError};

use super::engine::Clock;
use super::guest::Guest;

/// Why a module cannot be used as a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes do not even start as a WebAssembly module does.
    OtherBytes,
    /// The bytes are no WebAssembly module that wasmtime can compile.
    NotAModule(String),
    /// The module imports what a replay does not provide.
    UnknownImport {
        /// The import's module, such as `env`.
        module: String,
        /// The import's name.
        name: String,
    },
    /// The module imports something known with another type.
    WrongImport(String),
    /// An export that every waPC guest has is missing, or of another type.
    MissingExport(&'static str),
    /// wasmtime cannot run on this machine.
    Engine(String),
}

impl LoadError {
    pub(super) fn module(error: wasmtime::Error) -> Self {
        Self::NotAModule(one_line(&error))
    }

    pub(super) fn link(error: wasmtime::Error) -> Self {
        match error.downcast_ref::<UnknownImportError>() {
            Some(import) => Self::UnknownImport {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
            },
            None => Self::WrongImport(one_line(&error)),
        }
    }

    pub(super) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(one_line(&error))
    }

    pub(super) fn clock(error: std::io::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherBytes => f.write_str("not a WebAssembly module"),
            Self::NotAModule(message) => {
                write!(f, "not a WebAssembly module that can be used: {message}")
            }
            Self::UnknownImport { module, name } => write!(
                f,
                "imports `{module}::{name}`, which a replay does not provide: \
                 build the policy for wasm32-wasip1, with waPC imports only"
            ),
            Self::WrongImport(message) => write!(f, "imports do not fit: {message}"),
            Self::MissingExport(name) => {
                write!(
                    f,
                    "not a Kubewarden policy: exports no `{name}` as waPC has it"
                )
            }
            Self::Engine(message) => write!(f, "WebAssembly cannot run here: {message}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The guest answered with an error.
    Guest(String),
    /// The guest reported success and gave no answer.
    NoAnswer,
    /// The guest was stopped at this limit.
    TimedOut(Duration),
    /// The guest wanted more memory than it may have.
    OutOfMemory {
        /// Bytes it may have for this payload.
        limit: usize,
        /// Bytes of the payload.
        payload: usize,
    },
    /// The payload does not fit into a WebAssembly memory.
    PayloadTooLarge {
        /// Bytes of the payload.
        payload: usize,
    },
    /// The guest trapped: a panic, a stack overflow, an illegal access.
    Trapped(String),
}

impl CallError {
    pub(super) fn of(error: &wasmtime::Error, guest: &Guest, clock: &Clock) -> Self {
        let trap = error.downcast_ref::<Trap>();
        if trap == Some(&Trap::Interrupt) {
            return Self::TimedOut(clock.limit());
        }
        if let Some(limit) = guest.exceeded_memory() {
            return Self::OutOfMemory {
                limit,
                payload: guest.payload.len(),
            };
        }
        let message = trap.map_or_else(|| one_line(error), ToString::to_string);
        Self::Trapped(message.trim_start_matches("wasm trap: ").to_owned())
    }

    /// A word for machines: `guest-error`, `no-answer`, `timeout`, `memory` or `trap`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Guest(_) => "guest-error",
            Self::NoAnswer => "no-answer",
            Self::TimedOut(_) => "timeout",
            Self::OutOfMemory { .. } | Self::PayloadTooLarge { .. } => "memory",
            Self::Trapped(_) => "trap",
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guest(message) => write!(f, "the policy answered with an error: {message}"),
            Self::NoAnswer => write!(f, "the policy gave no answer"),
            Self::TimedOut(limit) => {
                write!(f, "the policy was stopped after {} s", limit.as_secs_f64())
            }
            Self::OutOfMemory { limit, payload } => write!(
                f,
                "the policy needed more than {} MiB of memory for a request of {}",
                limit >> 20,
                size(*payload)
            ),
            Self::PayloadTooLarge { payload } => write!(
                f,
                "a request of {} does not fit into a WebAssembly memory of 4 GiB",
                size(*payload)
            ),
            Self::Trapped(message) => write!(f, "the policy trapped: {message}"),
        }
    }
}

impl std::error::Error for CallError {}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// The whole chain of causes, without line breaks.
fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").replace(['\n', '\r'], " ")
}
