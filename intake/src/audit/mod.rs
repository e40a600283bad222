//! Audit events to cases: one case for each request that matters, with who sent it and how it
//! ended. What an event does not hold is taken from what the log has shown before; what cannot be
//! known is said to be unknown.

mod actor;
mod admission;
mod aggregation;
mod event;
mod gap;
mod head;
mod history;
mod lineage;
mod log;
mod object;
mod outcome;
mod pairs;
mod patch;
mod pending;
mod resource;
mod roles;
mod size;
mod time;
mod wrapper;
mod write;

pub use actor::{Actor, Impersonated, ServiceAccount};
pub use gap::Gap;
pub(crate) use head::{is_irrelevant, told};
pub use history::{Cause, Root};
pub use log::Log;
pub(crate) use object::UNREADABLE;
pub use outcome::{By, Outcome};
pub use resource::kinds;
pub(crate) use wrapper::{
    Content, Part, Text, content, is_logged_object, is_prefixed, may_hold_event, part, payload,
};

use crate::Place;
use serde::Serialize;
use std::sync::Arc;

/// Most bytes of an event that is read. The API server takes requests of 3 MiB at most, and an
/// event holds one and its answer.
pub const MAX_EVENT: usize = 16 << 20;

/// What an audit event tells beside the request itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// The cluster, by the name that its cloud has for it, where the log says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Arc<str>>,
    /// The `auditID`, the same in every event of one request.
    pub id: String,
    /// When the request came, as the event has it: RFC 3339, in UTC.
    pub time: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who or what refused it.
    pub refused_by: Option<&'static str>,
    /// Of what was refused or failed: what the API server answered, at most 1 KiB of it. Its words
    /// may be those of a webhook, and of whoever wrote the object.
    pub message: Option<String>,
    /// The HTTP status code.
    pub code: Option<u16>,
    /// What the log knows of the object before the request.
    pub before: Before,
    /// Which object was judged.
    pub object: Judged,
    /// Who asked.
    pub actor: Arc<Actor>,
    /// For what a controller of Kubernetes wrote: the write that it follows from.
    pub cause: Option<Arc<Cause>>,
    /// The tool for continuous delivery that the object says it comes from, if a service account
    /// wrote it.
    pub claimed_delivery: Option<String>,
    /// How somebody got into a pod.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub used: Option<Use>,
    /// The object that this one was made for, or itself.
    #[serde(skip)]
    pub root: Arc<Root>,
}

/// What a log knows of an object before a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Before {
    /// There was none.
    Absent,
    /// The log has shown it.
    Known,
    /// The log has not shown it, so that whether a finding is new is not known.
    Unknown,
}

/// Which object was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judged {
    /// The whole object, as the request left it.
    After,
    /// The object that was sent, before defaults, webhooks and what others had set.
    Sent,
    /// The object that the log had shown before, with the patch that was sent.
    Patched,
    /// None: the request carries none, or the event does not.
    None,
}

/// How somebody got into a pod, as the address of the request has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// The container, where one is named.
    pub container: Option<String>,
    /// The command and its arguments; empty for what runs none.
    pub command: Vec<String>,
}

/// A request that matters and that cannot be judged.
#[derive(Debug, Clone)]
pub struct Unjudged {
    /// Which input it is in, as [`Log::next_input`] counts them.
    pub input: usize,
    /// Where its event starts.
    pub place: Place,
    /// What was asked, in the shape in which the policy's `inspect` repeats it, as JSON.
    pub request: String,
    /// Who asked, and how it ended.
    pub audit: Audit,
    /// Why it cannot be judged.
    pub gap: Gap,
}

impl Audit {
    /// Of what nothing is known.
    fn unknown() -> Self {
        Self {
            cluster: None,
            id: String::new(),
            time: String::new(),
            outcome: Outcome::Unknown,
            refused_by: None,
            message: None,
            code: None,
            before: Before::Unknown,
            object: Judged::None,
            actor: Arc::default(),
            cause: None,
            claimed_delivery: None,
            used: None,
            root: Arc::default(),
        }
    }
}
