//! One request to judge, and the way back from its object to the input.

use crate::audit::Audit;
use crate::origin::Origin;
use crate::{Place, Position, pointer};

/// One request to judge.
#[derive(Debug)]
pub struct Case {
    /// Where it starts.
    pub place: Place,
    /// What it was read as.
    pub form: Form,
    /// Whether the input says that the request was refused, so that it left nothing behind.
    pub refused: bool,
    /// Of an audit event, what it tells beside the request.
    pub audit: Option<Box<Audit>>,
    request: String,
    origin: Origin,
}

/// What a case was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// An admission request, in a review or bare.
    Request,
    /// A Kubernetes object, to be judged as if it were created.
    Manifest,
    /// An audit event, as the request that it tells of.
    Event,
}

impl Case {
    pub(crate) fn new(place: Place, form: Form, request: String, origin: Origin) -> Self {
        Self {
            place,
            form,
            refused: false,
            audit: None,
            request,
            origin,
        }
    }

    /// The admission request as JSON text, to stand after `"request":`. Of a review these are the
    /// very bytes of the input, which need not be a request that can be read.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// About how many bytes it takes to hold and to report: those of the request, and of all that
    /// an event tells beside it.
    pub fn size(&self) -> usize {
        self.request.len() + self.audit.as_ref().map_or(0, |audit| audit.size())
    }

    /// The position in the input of what an RFC 6901 pointer from the object names: of its key
    /// for a member, of its value for an item and for the whole; through a YAML alias, of the
    /// node that has the anchor. None when it does not resolve, and in an audit event. Takes time
    /// in proportion to the request.
    pub fn locate(&self, pointer: &str) -> Option<Position> {
        let offset = pointer::find(&self.request, "object", pointer)?;
        self.origin.position(&self.request, offset)
    }
}
