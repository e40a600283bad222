//! A log as it is read: which requests have begun, which have ended, and what has been shown.

use super::actor::Actor;
use super::admission::{Identity, operation, some};
use super::event::Event;
use super::head::Head;
use super::history::History;
use super::pending::{Ended, Id, Open, Pending, Waiting, hash};
use super::resource::Matter;
use super::{Audit, Gap, MAX_EVENT, Unjudged, time};
use crate::items::Queue;
use crate::{Place, written};
use memchr::{memchr, memrchr_iter};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;

/// What a log has shown so far. One is carried through all the inputs of a replay, in the order of
/// time.
#[derive(Debug)]
pub struct Log {
    pub(super) history: History,
    pending: Pending,
    /// Connections into pods that were told of and not yet closed.
    open: Open,
    /// Requests that were told of.
    ended: Ended,
    /// The cluster of which is read, if what is read says it.
    pub(super) cluster: Option<Arc<str>>,
    pub(super) input: usize,
    /// The latest time seen, in seconds since 1970.
    now: Option<u64>,
}

impl Default for Log {
    /// A log of which 64 MiB of objects are remembered.
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

impl Log {
    /// A log of which `room` bytes of objects are remembered.
    pub fn new(room: usize) -> Self {
        Self {
            history: History::new(room),
            pending: Pending::default(),
            open: Open::default(),
            ended: Ended::default(),
            cluster: None,
            input: 0,
            now: None,
        }
    }

    /// Counts on to the next input, the first of which has number 0.
    pub fn next_input(&mut self) {
        self.input += 1;
        // another server's log may cover the same time again
        self.now = None;
    }

    /// Says of which cluster the events are that follow; of which those were before.
    pub(crate) fn enter(&mut self, cluster: Option<Arc<str>>) -> Option<Arc<str>> {
        std::mem::replace(&mut self.cluster, cluster)
    }

    /// How many objects had to be forgotten for want of room.
    pub fn forgotten(&self) -> u64 {
        self.history.forgotten()
    }

    /// A request that had not ended where the log ends, taken out of it; none when there are no
    /// more.
    pub fn unfinished(&mut self) -> Option<Unjudged> {
        let begun = self.pending.rest()?;
        Some(self.never_ended(&begun))
    }

    /// Whether a request of the input that is read has begun and not ended.
    pub(crate) fn is_waiting(&self) -> bool {
        self.pending.is_of(self.input)
    }

    /// Takes in an event that does not matter, but for its time: what is waited for may be late.
    pub(crate) fn pass(&mut self, line: &[u8], items: &mut Queue) {
        // of one that is too large the head alone is read
        let is_waited_for = !self.pending.is_empty() && line.len() <= MAX_EVENT;
        if is_waited_for && let Some(time) = stage_time(line) {
            self.tell_time(time, items);
        }
    }

    /// Takes in one event. It must be an event: what it says of its kind is not looked at.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn event(
        &mut self,
        text: &str,
        place: Place,
        items: &mut Queue,
    ) -> Result<(), serde_json::Error> {
        if text.len() > MAX_EVENT && self.large_event(text.as_bytes(), place, items) {
            return Ok(());
        }
        if may_be_first(text)
            && let Some(head) = Head::of(text.as_bytes())
            && head.is_first()
        {
            return self.begun(&head, text, place, items);
        }
        let event: Event<'_> = serde_json::from_str(text)?;
        self.request(&event, text, place, items);
        Ok(())
    }

    /// Takes in the first event of a request that matters, of which no more is read than it takes
    /// to recognise the last one.
    fn begun(
        &mut self,
        head: &Head<'_>,
        text: &str,
        place: Place,
        items: &mut Queue,
    ) -> Result<(), serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Times<'a> {
            #[serde(default, borrow)]
            request_received_timestamp: Cow<'a, str>,
            #[serde(default, borrow)]
            stage_timestamp: Cow<'a, str>,
        }
        let times: Times<'_> = serde_json::from_str(text)?;
        self.tell_time(&times.stage_timestamp, items);
        let received = &times.request_received_timestamp;
        self.begin(id(head.id, head.verb, received), text, place, items);
        Ok(())
    }

    fn begin(&mut self, id: Id, text: &str, place: Place, items: &mut Queue) {
        if self.ended.has(hash((&id, &self.cluster))) {
            // its last event came before, as in logs that begin with the newest
            items.passed.stages += 1;
            return;
        }
        // where the log goes back in time, its end is behind it all the same
        let at = time::seconds(&id.received).max(self.now);
        let waiting = Waiting {
            event: text.to_owned(),
            cluster: self.cluster.clone(),
            input: self.input,
            place,
        };
        if !self.pending.begin(id, at, waiting) {
            items.passed.stages += 1;
        }
    }

    /// Takes in an event that is too large to be read, of which `start` holds the head; false if
    /// this is no event, by all that can be seen.
    pub(crate) fn large_event(&mut self, start: &[u8], place: Place, items: &mut Queue) -> bool {
        self.headed(start, Gap::TooLarge, place, items)
    }

    /// Takes in an event whose end is missing; false if this is no event, or does not show what it
    /// is about.
    pub(crate) fn cut_event(&mut self, start: &[u8], place: Place, items: &mut Queue) -> bool {
        self.headed(start, Gap::Truncated, place, items)
    }

    /// Takes in an event of which the head alone is read.
    fn headed(&mut self, start: &[u8], gap: Gap, place: Place, items: &mut Queue) -> bool {
        let Some(head) = Head::of(start) else {
            return false;
        };
        if head.about().matter().is_none() {
            items.passed.irrelevant += 1;
            return true;
        }
        if self.pending.end_any(head.id, head.verb) {
            items.passed.stages += 1;
        }
        let audit = Audit {
            cluster: self.cluster.clone(),
            id: head.id.to_owned(),
            actor: Arc::new(Actor {
                user: head.user.to_owned(),
                ..Actor::default()
            }),
            ..Audit::unknown()
        };
        let kind = head.about().kind();
        let request = written::json(&Identity {
            operation: Some(operation(head.verb)),
            group: Some(head.group),
            kind: Some(kind.unwrap_or(head.resource)),
            subresource: some(head.subresource),
            namespace: some(head.namespace),
            name: some(head.name),
            user: Some(head.user),
            ..Identity::default()
        });
        items.unjudged(Unjudged {
            input: self.input,
            place,
            request,
            audit,
            gap,
        });
        true
    }

    fn request(&mut self, event: &Event<'_>, text: &str, place: Place, items: &mut Queue) {
        let Some(matter) = event.about().matter() else {
            items.passed.irrelevant += 1;
            // as of those that are not read
            return self.pass(text.as_bytes(), items);
        };
        let is_use = matter == Matter::Use;
        let received = &event.request_received_timestamp;
        let id = id(&event.audit_id, &event.verb, received);
        let is_last = match &*event.stage {
            "ResponseComplete" | "Panic" => true,
            // an upgraded connection may stay open for days, and of whom nobody knows the API
            // server tells no more: Kubernetes
            // `staging/src/k8s.io/apiserver/pkg/endpoints/filters/authn_audit.go`
            "ResponseStarted" => is_use || event.code() >= Some(400),
            _ => false,
        };
        // each event is counted once: the first of a request when its last has come, late or not
        if is_last && self.pending.end(&id) {
            items.passed.stages += 1;
        }
        self.tell_time(&event.stage_timestamp, items);
        if !is_last {
            return self.begin(id, text, place, items);
        }
        let is_opened = is_use && event.stage == "ResponseStarted";
        let was_open = is_use && !is_opened && self.open.remove(&id);
        if self.is_told(&id, event) || was_open {
            items.passed.stages += 1;
            return;
        }
        if !is_use {
            return self.write(event, text.len(), place, items);
        }
        if is_opened {
            self.open.add(id);
        }
        self.used(event, place, items);
    }

    /// Whether a request was told of before; from now on it was. Of a copy without the body, another
    /// with it is not, as where two backends keep different levels, or one cuts what is large.
    fn is_told(&mut self, id: &Id, event: &Event<'_>) -> bool {
        // of what has no time, nothing but its id may be its own
        if id.received.is_empty() {
            return false;
        }
        let request = hash((id, &self.cluster));
        self.ended.add(request);
        let object = event.object_ref.as_ref().map(|object| {
            let about = (&object.api_group, &object.resource, &object.subresource);
            (about, &object.namespace, &object.name)
        });
        let whole = hash((request, &object, true));
        if event.has_body() {
            return self.ended.add(whole);
        }
        self.ended.has(whole) || self.ended.add(hash((request, &object, false)))
    }

    /// Moves the time on, and reports what is not waited for any longer.
    fn tell_time(&mut self, time: &str, items: &mut Queue) {
        self.now = self.now.max(time::seconds(time));
        while let Some(overdue) = self.pending.overdue(self.now) {
            items.unjudged(self.never_ended(&overdue));
        }
    }

    /// A request whose last event never came.
    fn never_ended(&mut self, begun: &Waiting) -> Unjudged {
        let event = serde_json::from_str(&begun.event).unwrap_or_default();
        let current = self.enter(begun.cluster.clone());
        let unjudged = self.unjudged(&event, begun.place, Gap::Unfinished);
        self.enter(current);
        Unjudged {
            input: begun.input,
            ..unjudged
        }
    }
}

/// Whether an event looks like the first of a request. The API server writes the stage early; an
/// event that says it elsewhere is read in full, to the same end.
fn may_be_first(text: &str) -> bool {
    const EARLY: usize = 256;
    let start = text.get(..text.floor_char_boundary(EARLY));
    start.is_some_and(|start| start.contains("RequestReceived"))
}

/// When an event was written, from its text alone. The API server writes that behind all bodies, in
/// which the same may stand.
fn stage_time(event: &[u8]) -> Option<&str> {
    // by its rarest letter, from the end
    let behind = memrchr_iter(b'T', event).find_map(|at| {
        let behind = event.get(at..)?.strip_prefix(br#"Timestamp":"#)?;
        event.get(..at)?.ends_with(br#""stage"#).then_some(behind)
    })?;
    let text = behind.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr(b'"', text)?;
    str::from_utf8(text.get(..end)?).ok()
}

fn id(audit_id: &str, verb: &str, received: &str) -> Id {
    /// A client may choose any, and the server chooses 36 letters.
    const MOST: usize = 128;

    let text = |text: &str| text.chars().take(MOST).collect();
    Id {
        audit_id: text(audit_id),
        verb: text(verb),
        received: text(received),
    }
}
