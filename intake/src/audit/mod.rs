//! Audit events to cases: one case for each request that matters, with who sent it and how it
//! ended. What an event does not hold is taken from what the log has shown before; what cannot be
//! known is said to be unknown.

mod actor;
mod event;
mod head;
mod history;
mod object;
mod outcome;
mod patch;
mod pending;
mod resource;
mod time;
mod wrapper;

pub use actor::{Actor, Impersonated, ServiceAccount};
pub(crate) use head::is_irrelevant;
pub use history::{Cause, Root};
pub use outcome::{By, Outcome};
pub use resource::kinds;
pub(crate) use wrapper::{Content, Text, content, is_prefixed, payload};

use crate::items::Queue;
use crate::origin::Origin;
use crate::{Case, Form, Place};
use event::Event;
use head::Head;
use history::{History, Key};
use object::Object;
use outcome::Signs;
use pending::{Known, Pending, Waiting};
use resource::Matter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;

/// Most bytes of an event that is read. The API server takes requests of 3 MiB at most, and an
/// event holds one and its answer.
pub const MAX_EVENT: usize = 16 << 20;

/// What AKS writes in place of a body that is too large for it. Source: the Azure Monitor Logs
/// reference, table `AKSAudit`.
const DROPPED: &str = r#""skipped-too-big-size-object""#;

/// What the authoriser decided, `allow` or `forbid`.
const ANNOTATION_DECISION: &str = "authorization.k8s.io/decision";

/// What an audit event tells beside the request itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// The `auditID`, the same in every event of one request.
    pub id: String,
    /// When the request came, as the event has it: RFC 3339, in UTC.
    pub time: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who or what refused it.
    pub refused_by: Option<&'static str>,
    /// The HTTP status code.
    pub code: Option<u16>,
    /// What the log knows of the object before the request.
    pub before: Before,
    /// Which object was judged.
    pub object: Judged,
    /// Who asked.
    pub actor: Actor,
    /// For what a controller of Kubernetes wrote: the write that it follows from.
    pub cause: Option<Cause>,
    /// The tool for continuous delivery that the object says it comes from, if a service account
    /// wrote it.
    pub claimed_delivery: Option<String>,
    /// How somebody got into a pod.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub used: Option<Use>,
    /// The object that this one was made for, or itself.
    #[serde(skip)]
    pub root: Root,
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

/// Why a request that matters cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// The audit policy keeps no bodies of such requests.
    NoBody,
    /// The bodies, or the end of the event, were dropped on the way because they were too large.
    Truncated,
    /// It was refused before its body was read.
    RefusedUnread,
    /// A patch of an object that the log has not shown.
    NoBase,
    /// Its last event never came.
    Unfinished,
    /// The event has more than [`MAX_EVENT`] bytes.
    TooLarge,
}

impl Gap {
    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoBody => "no-body",
            Self::Truncated => "truncated",
            Self::RefusedUnread => "refused-unread",
            Self::NoBase => "no-base",
            Self::Unfinished => "unfinished",
            Self::TooLarge => "too-large",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoBody => "no body at this audit level",
            Self::Truncated => "the event was cut short",
            Self::RefusedUnread => "refused before its body was read",
            Self::NoBase => "a patch of an object that the log does not show",
            Self::Unfinished => "its last event is missing, which can hide a write",
            Self::TooLarge => "an event of more than 16 MiB",
        })
    }
}

/// What a log has shown so far. One is carried through all the inputs of a replay, in the order of
/// time.
#[derive(Debug)]
pub struct Log {
    history: History,
    pending: Pending,
    input: usize,
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
            input: 0,
            now: None,
        }
    }

    /// Counts on to the next input, the first of which has number 0.
    pub fn next_input(&mut self) {
        self.input += 1;
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
        match Head::of(text.as_bytes()) {
            Some(head) if head.is_first() => self.begun(&head, text, place, items),
            _ => {
                let event: Event<'_> = serde_json::from_str(text)?;
                self.request(&event, text, place, items);
                Ok(())
            }
        }
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
        #[serde(default, rename_all = "camelCase")]
        #[derive(Default)]
        struct Times<'a> {
            #[serde(borrow)]
            request_received_timestamp: Cow<'a, str>,
            #[serde(borrow)]
            stage_timestamp: Cow<'a, str>,
        }
        let times: Times<'_> = serde_json::from_str(text)?;
        self.tell_time(&times.stage_timestamp, items);
        let at = time::seconds(&times.request_received_timestamp);
        self.begin(head.id, at, text, place, items);
        Ok(())
    }

    fn begin(&mut self, id: &str, at: Option<u64>, text: &str, place: Place, items: &mut Queue) {
        let waiting = Waiting {
            event: text.to_owned(),
            input: self.input,
            place,
        };
        if !self.pending.begin(id, at, Some(waiting)) {
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
        if self.pending.end(head.id).is_some() {
            items.passed.stages += 1;
        }
        let audit = Audit {
            id: head.id.to_owned(),
            actor: Actor {
                user: head.user.to_owned(),
                ..Actor::default()
            },
            ..Audit::unknown()
        };
        let kind = head.about().kind();
        let request = identity(&json!({
            "operation": operation(head.verb),
            "group": head.group,
            "kind": kind.unwrap_or(head.resource),
            "subresource": some(head.subresource),
            "namespace": some(head.namespace),
            "name": some(head.name),
            "user": head.user,
        }));
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
        self.tell_time(&event.stage_timestamp, items);
        let Some(matter) = event.about().matter() else {
            items.passed.irrelevant += 1;
            return;
        };
        let is_use = matter == Matter::Use;
        let at = time::seconds(&event.request_received_timestamp);
        let is_last = match &*event.stage {
            "ResponseComplete" | "Panic" => true,
            // an upgraded connection may stay open for days
            "ResponseStarted" => is_use,
            _ => false,
        };
        if !is_last {
            return self.begin(&event.audit_id, at, text, place, items);
        }
        // each event is counted once: the first of a request when its last has come
        let known = self.pending.end(&event.audit_id);
        if known.is_some() {
            items.passed.stages += 1;
        }
        if known == Some(Known::Told) {
            return;
        }
        if event.stage == "ResponseStarted" {
            self.pending.begin(&event.audit_id, at, None);
        }
        if is_use {
            self.used(event, place, items);
        } else {
            self.write(event, place, items);
        }
    }

    /// Moves the time on, and reports what is not waited for any longer.
    fn tell_time(&mut self, time: &str, items: &mut Queue) {
        self.now = self.now.max(time::seconds(time));
        while let Some(overdue) = self.pending.overdue(self.now) {
            items.unjudged(self.never_ended(&overdue));
        }
    }

    /// A request whose last event never came.
    fn never_ended(&self, begun: &Waiting) -> Unjudged {
        let event = serde_json::from_str(&begun.event).unwrap_or_default();
        Unjudged {
            input: begun.input,
            ..self.unjudged(&event, begun.place, Gap::Unfinished)
        }
    }

    fn used(&mut self, event: &Event<'_>, place: Place, items: &mut Queue) {
        let query = event
            .request_uri
            .split_once('?')
            .map_or("", |(_, query)| query);
        let mut used = Use {
            container: None,
            command: Vec::new(),
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "container" => used.container = Some(value.into_owned()),
                "command" => used.command.push(value.into_owned()),
                _ => {}
            }
        }
        let whole = Whole::new(event, Object::default());
        let mut audit = self.audit(event, &whole);
        audit.used = Some(used);
        let text = admission(event, &audit.actor, &whole, "CONNECT", None, None);
        items.case(case(place, text, audit));
    }

    fn write(&mut self, event: &Event<'_>, place: Place, items: &mut Queue) {
        if event.verb == "deletecollection" || event.verb == "delete" {
            return self.delete(event, place, items);
        }
        let (json, judged) = match self.object(event) {
            Ok(object) => object,
            Err(gap) => return items.unjudged(self.unjudged(event, place, gap)),
        };
        let whole = Whole::new(event, Object::of(&json));
        let mut audit = self.audit(event, &whole);
        audit.object = judged;
        let old = self.history.get(&whole.key);
        let is_new = matches!(event.code(), Some(201)) || event.verb == "create";
        let old = old.filter(|_| !is_new);
        audit.before = match (is_new, &old) {
            (true, _) => Before::Absent,
            (false, Some(_)) => Before::Known,
            (false, None) => Before::Unknown,
        };
        if let (Outcome::Modified, Some(old)) = (audit.outcome, &old)
            && old.resource_version.is_some()
            && old.resource_version.as_deref() == whole.object.metadata.resource_version.as_deref()
        {
            audit.outcome = Outcome::Unchanged;
        }
        let operation = if is_new { "CREATE" } else { "UPDATE" };
        let old = old.map(|old| old.json.as_str());
        let text = admission(event, &audit.actor, &whole, operation, Some(&json), old);
        if audit.outcome.is_kept() && !whole.key.name.is_empty() && !whole.key.is_subresource(event)
        {
            let cause = match &audit.cause {
                Some(cause) => cause.clone(),
                None => Cause {
                    object: whole.own(),
                    user: audit.actor.user.clone(),
                    impersonated: audit
                        .actor
                        .impersonated
                        .as_ref()
                        .map(|other| other.user.clone()),
                    time: audit.time.clone(),
                    audit_id: audit.id.clone(),
                },
            };
            let root = audit.root.clone();
            let Whole { key, object, .. } = whole;
            self.history.put(key, &json, &object.metadata, root, cause);
        }
        items.case(case(place, text, audit));
    }

    /// The object that a write is judged by.
    fn object<'e>(&self, event: &Event<'e>) -> Result<(Cow<'e, str>, Judged), Gap> {
        if let Some(response) = event.response() {
            return Ok((response.into(), Judged::After));
        }
        let sent = event.request_object.map(|raw| raw.get());
        let Some(sent) = sent.filter(|text| *text != DROPPED) else {
            return Err(event.gap());
        };
        if event.verb != "patch" {
            return Ok((sent.into(), Judged::Sent));
        }
        // only what is applied by the server says what it is
        let object = Object::of(sent);
        if !object.kind.is_empty() && !object.api_version.is_empty() {
            return Ok((sent.into(), Judged::Sent));
        }
        let whole = Whole::new(event, Object::default());
        let old = self.history.get(&whole.key).ok_or(Gap::NoBase)?;
        let is_built_in = event.about().kind().is_some();
        let object = patch::patched(&old.json, sent, is_built_in).ok_or(Gap::NoBase)?;
        Ok((object.into(), Judged::Patched))
    }

    fn delete(&mut self, event: &Event<'_>, place: Place, items: &mut Queue) {
        let response = event.response_object.map_or("", |raw| raw.get());
        let mut deleted = Vec::new();
        if event.verb == "deletecollection" {
            #[derive(serde::Deserialize)]
            struct List<'a> {
                #[serde(borrow)]
                items: Vec<&'a serde_json::value::RawValue>,
            }
            let list = serde_json::from_str::<List<'_>>(response);
            deleted.extend(
                list.iter()
                    .flat_map(|list| &list.items)
                    .map(|item| item.get()),
            );
        }
        if deleted.is_empty() {
            deleted.push(event.response().unwrap_or_default());
        }
        for (object, item) in deleted.into_iter().zip(place.item..) {
            let whole = Whole::new(event, Object::of(object));
            let audit = self.audit(event, &whole);
            let old = self.history.get(&whole.key).map(|old| old.json.as_str());
            let old = Some(object).filter(|object| !object.is_empty()).or(old);
            let text = admission(event, &audit.actor, &whole, "DELETE", None, old);
            // with a finalizer it stays until that is taken away
            if audit.outcome == Outcome::Deleted && !whole.object.metadata.has_finalizers() {
                self.history.remove(&whole.key);
            }
            items.case(case(Place { item, ..place }, text, audit));
        }
    }

    fn unjudged(&self, event: &Event<'_>, place: Place, gap: Gap) -> Unjudged {
        let sent = event.request_object.map_or("", |raw| raw.get());
        let whole = Whole::new(event, Object::of(sent));
        let audit = self.audit(event, &whole);
        let (user, _) = audit.actor.judged_as();
        let request = identity(&json!({
            "operation": operation(&event.verb),
            "group": whole.key.group,
            "version": some(&whole.version),
            "kind": some(&whole.kind),
            "subresource": event.object_ref.as_ref().and_then(|object| some(&object.subresource)),
            "namespace": some(&whole.key.namespace),
            "name": some(&whole.key.name),
            "user": user,
            "dryRun": event.is_dry_run(),
        }));
        Unjudged {
            input: self.input,
            place,
            request,
            audit,
            gap,
        }
    }

    /// What the event tells beside the request.
    fn audit(&self, event: &Event<'_>, whole: &Whole<'_>) -> Audit {
        let actor = Actor::of(event);
        let is_use = event.about().matter() == Some(Matter::Use);
        let status = event.response_status.as_ref();
        let outcome = Outcome::of(&Signs {
            code: event.code(),
            verb: &event.verb,
            is_use,
            is_dry_run: event.is_dry_run(),
            decision: event.annotation(ANNOTATION_DECISION),
            message: status.map_or("", |status| &status.message),
        });
        let (root, cause) = self.lineage(&actor, whole);
        let is_account = actor.service_account.is_some() && actor.controller().is_none();
        let delivery = is_account.then(|| whole.object.metadata.delivered_by());
        Audit {
            id: event.audit_id.clone().into_owned(),
            time: event.time().to_owned(),
            refused_by: match outcome {
                Outcome::Refused(by) => Some(by.word()),
                _ => None,
            },
            outcome,
            code: event.code(),
            before: Before::Unknown,
            object: Judged::None,
            claimed_delivery: delivery.flatten(),
            actor,
            cause,
            used: None,
            root,
        }
    }

    /// The object that this one was made for, and the write that a controller's follows from.
    fn lineage(&self, actor: &Actor, whole: &Whole<'_>) -> (Root, Option<Cause>) {
        let known = self.history.get(&whole.key);
        let Some(controller) = actor.controller() else {
            let root = known.map_or_else(|| whole.own(), |known| known.root.clone());
            return (root, None);
        };
        if controller == "clusterrole-aggregation-controller" {
            let Key {
                group, resource, ..
            } = &whole.key;
            let source = self
                .history
                .labelled(group, resource, &whole.object.sources());
            let cause = source.map(|source| source.cause.clone());
            return (
                whole.own(),
                cause.or_else(|| known.map(|known| known.cause.clone())),
            );
        }
        // an owner reference is its author's word, and a controller writes none but its own
        if let Some(owner) = whole.object.metadata.controller() {
            let group = owner
                .api_version
                .split_once('/')
                .map_or("", |(group, _)| group);
            let of = |kind: &str, name: &str| {
                let key = Key {
                    group: group.to_owned(),
                    resource: resource::of_kind(group, kind)?.to_owned(),
                    namespace: whole.key.namespace.clone(),
                    name: name.to_owned(),
                };
                self.history.get(&key)
            };
            if let Some(entry) = of(&owner.kind, &owner.name) {
                return (entry.root.clone(), Some(entry.cause.clone()));
            }
            let (kind, name) = match whole.deployment(&owner.kind, &owner.name) {
                Some(name) => ("Deployment", name),
                None => (owner.kind.as_str(), owner.name.as_str()),
            };
            let root = Root {
                group: group.to_owned(),
                kind: kind.to_owned(),
                namespace: whole.key.namespace.clone(),
                name: name.to_owned(),
            };
            return (root, of(kind, name).map(|entry| entry.cause.clone()));
        }
        let root = known.map_or_else(|| whole.own(), |known| known.root.clone());
        (root, known.map(|known| known.cause.clone()))
    }
}

/// What a request is about, from what the event and the object say.
struct Whole<'a> {
    key: Key,
    version: String,
    kind: String,
    object: Object<'a>,
}

impl<'a> Whole<'a> {
    /// The object may be empty, or a patch.
    fn new(event: &Event<'_>, object: Object<'a>) -> Self {
        let about = event.about();
        let reference = event.object_ref.as_ref();
        let of_reference = |text: &dyn Fn(&event::ObjectRef<'_>) -> String| {
            reference.map(text).unwrap_or_default()
        };
        // the API server writes objects in the version that was asked for
        let own_kind = Some(object.kind.as_ref()).filter(|kind| !kind.is_empty());
        let kind = about.kind().or(own_kind).unwrap_or(about.resource);
        let named = of_reference(&|object| object.name.clone().into_owned());
        let name = Some(named).filter(|name| !name.is_empty());
        let namespace = of_reference(&|object| object.namespace.clone().into_owned());
        Self {
            key: Key {
                group: about.group.to_owned(),
                resource: about.resource.to_owned(),
                namespace: Some(namespace)
                    .filter(|namespace| !namespace.is_empty())
                    .unwrap_or_else(|| object.metadata.namespace.clone().into_owned()),
                name: name.unwrap_or_else(|| object.metadata.name.clone().into_owned()),
            },
            version: of_reference(&|object| object.api_version.clone().into_owned()),
            kind: kind.to_owned(),
            object,
        }
    }

    fn own(&self) -> Root {
        Root {
            group: self.key.group.clone(),
            kind: self.kind.clone(),
            namespace: self.key.namespace.clone(),
            name: self.key.name.clone(),
        }
    }

    /// The Deployment of a pod's ReplicaSet, which is named after it and the hash in a label.
    ///
    /// Source: Kubernetes `pkg/controller/deployment/sync.go`, `getNewReplicaSet`.
    fn deployment<'o>(&self, kind: &str, name: &'o str) -> Option<&'o str> {
        if kind != "ReplicaSet" {
            return None;
        }
        let labels = self.object.metadata.labels();
        let hash = labels.get("pod-template-hash")?;
        name.strip_suffix(&**hash)?.strip_suffix('-')
    }
}

impl Key {
    /// Whether the event writes a part of the object alone, without giving the whole.
    fn is_subresource(&self, event: &Event<'_>) -> bool {
        let subresource = event.about().subresource;
        !subresource.is_empty() && event.response_object.is_none()
    }
}

impl<'a> Event<'a> {
    /// The object in the answer, if there is one and not a `Status` in its place.
    fn response(&self) -> Option<&'a str> {
        let response = self.response_object?.get();
        let is_status = match response.strip_prefix("{\"kind\":\"") {
            // as the API server writes it
            Some(kind) => kind.starts_with("Status\""),
            None => Object::of(response).is_status(),
        };
        (response.starts_with('{') && !is_status).then_some(response)
    }

    fn code(&self) -> Option<u16> {
        self.response_status.as_ref()?.code.filter(|code| *code > 0)
    }

    fn time(&self) -> &str {
        match &*self.request_received_timestamp {
            "" => &self.stage_timestamp,
            time => time,
        }
    }

    /// Why the event holds no object.
    fn gap(&self) -> Gap {
        let is_refused = matches!(self.code(), Some(401 | 403));
        let bodies = [self.request_object, self.response_object];
        let is_dropped = bodies
            .into_iter()
            .flatten()
            .any(|body| body.get() == DROPPED);
        if is_dropped || self.annotation("audit.k8s.io/truncated") == Some("true") {
            Gap::Truncated
        } else if is_refused && self.level.starts_with("Request") {
            Gap::RefusedUnread
        } else {
            Gap::NoBody
        }
    }
}

impl Audit {
    /// Of what nothing is known.
    fn unknown() -> Self {
        Self {
            id: String::new(),
            time: String::new(),
            outcome: Outcome::Unknown,
            refused_by: None,
            code: None,
            before: Before::Unknown,
            object: Judged::None,
            actor: Actor::default(),
            cause: None,
            claimed_delivery: None,
            used: None,
            root: Root {
                group: String::new(),
                kind: String::new(),
                namespace: String::new(),
                name: String::new(),
            },
        }
    }
}

fn case(place: Place, request: String, audit: Audit) -> Case {
    let mut case = Case::new(place, Form::Event, request, Origin::None);
    case.refused = !audit.outcome.is_kept();
    case.audit = Some(Box::new(audit));
    case
}

/// The admission request that the API server sent, or would have sent, to its webhooks.
fn admission(
    event: &Event<'_>,
    actor: &Actor,
    whole: &Whole<'_>,
    operation: &str,
    object: Option<&str>,
    old: Option<&str>,
) -> String {
    let (username, groups) = actor.judged_as();
    let about = event.about();
    let Whole {
        version, kind, key, ..
    } = whole;
    let head = Admission {
        uid: &event.audit_id,
        kind: Kind {
            group: about.group,
            version,
            kind,
        },
        resource: Resource {
            group: about.group,
            version,
            resource: about.resource,
        },
        operation,
        sub_resource: some(about.subresource),
        name: some(&key.name),
        namespace: some(&key.namespace),
        user_info: UserInfo { username, groups },
        dry_run: event.is_dry_run(),
    };
    // texts and numbers always serialize
    let mut text = serde_json::to_string(&head).unwrap_or_default();
    text.pop();
    for (member, object) in [(",\"object\":", object), (",\"oldObject\":", old)] {
        text.push_str(member);
        text.push_str(object.unwrap_or("null"));
    }
    text.push('}');
    text
}

/// An admission request without its objects.
///
/// Source: Kubernetes `staging/src/k8s.io/api/admission/v1/types.go`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Admission<'a> {
    uid: &'a str,
    kind: Kind<'a>,
    resource: Resource<'a>,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    user_info: UserInfo<'a>,
    dry_run: bool,
}

#[derive(Serialize)]
struct Kind<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct Resource<'a> {
    group: &'a str,
    version: &'a str,
    resource: &'a str,
}

#[derive(Serialize)]
struct UserInfo<'a> {
    username: &'a str,
    groups: &'a [String],
}

/// The identity of a request, with what is not given as the policy would show it.
fn identity(given: &Value) -> String {
    let mut whole = json!({"operation": null, "group": null, "version": null, "kind": null,
        "subresource": null, "namespace": null, "name": null, "user": null, "dryRun": false});
    if let (Some(whole), Some(given)) = (whole.as_object_mut(), given.as_object()) {
        whole.extend(given.clone());
    }
    whole.to_string()
}

fn operation(verb: &str) -> &'static str {
    match verb {
        "create" => "CREATE",
        "delete" | "deletecollection" => "DELETE",
        "get" => "CONNECT",
        _ => "UPDATE",
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
