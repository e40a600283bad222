//! From the last event of a request to a case: which object is judged, against which one before,
//! and how it ended.

use super::actor::Actor;
use super::admission::{Identity, admission, operation, some};
use super::event::Event;
use super::history::{Cause, Entry, Key, Shown};
use super::lineage::Whole;
use super::object::{Object, UNREADABLE};
use super::outcome::{By, Outcome, Signs};
use super::resource::Matter;
use super::{Audit, Before, Gap, Judged, Log, MAX_EVENT, Unjudged, Use, patch};
use crate::items::Queue;
use crate::message::bounded;
use crate::origin::Origin;
use crate::pointer::member;
use crate::{Case, Form, Place, written};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// What the authoriser decided, `allow` or `forbid`.
const ANNOTATION_DECISION: &str = "authorization.k8s.io/decision";

/// Most bytes that are kept of what the API server answered.
const MAX_MESSAGE: usize = 1 << 10;

impl Log {
    pub(super) fn used(&mut self, event: &Event<'_>, place: Place, items: &mut Queue) {
        let mut used = Use {
            container: None,
            command: Vec::new(),
        };
        for (key, value) in event.query() {
            match &*key {
                "container" => used.container = Some(value.into_owned()),
                "command" => used.command.push(value.into_owned()),
                _ => {}
            }
        }
        let whole = self.whole(event, Object::default());
        let mut audit = self.audit(event, actor(event), &whole);
        audit.used = Some(used);
        let text = admission(
            event,
            audit.actor.judged_as(),
            &whole,
            "CONNECT",
            None,
            None,
        );
        items.case(case(place, text, audit));
    }

    /// Takes in the last event of a write, of so many bytes.
    pub(super) fn write(
        &mut self,
        event: &Event<'_>,
        length: usize,
        place: Place,
        items: &mut Queue,
    ) {
        if event.verb == "deletecollection" || event.verb == "delete" {
            return self.delete(event, length, place, items);
        }
        let (json, judged) = match self.object(event) {
            Ok(object) => object,
            Err(gap) => {
                let unjudged = self.unjudged(event, place, gap);
                if unjudged.audit.outcome.may_be_kept() {
                    // how it is now is not known
                    let whole = self.whole(event, Object::of(event.sent().unwrap_or_default()));
                    self.history.remove(&whole.key);
                }
                return items.unjudged(unjudged);
            }
        };
        let whole = self.whole(event, Object::of(&json));
        let mut audit = self.audit(event, actor(event), &whole);
        audit.object = judged;
        let old = self.history.get(&whole.key);
        let is_new = matches!(event.code(), Some(201)) || event.verb == "create";
        // where logs of several servers follow each other, what was shown may be of later
        let is_earlier = |old: &&Entry| old.written.as_str() <= audit.time.as_str();
        let old = old.filter(|_| !is_new).filter(is_earlier);
        audit.before = match (is_new, &old) {
            // it exists already
            (true, _) if audit.outcome == Outcome::Refused(By::Conflict) => Before::Unknown,
            (true, _) => Before::Absent,
            (false, Some(_)) => Before::Known,
            (false, None) => Before::Unknown,
        };
        if let (Outcome::Modified, Judged::After, Some(old)) = (audit.outcome, judged, &old)
            && old.resource_version.is_some()
            && old.resource_version.as_deref() == whole.object.metadata.resource_version.as_deref()
        {
            audit.outcome = Outcome::Unchanged;
        }
        let is_ambiguous =
            judged == Judged::Patched && event.sent().is_some_and(patch::is_ambiguous);
        let operation = if is_new { "CREATE" } else { "UPDATE" };
        let old = old.map(|old| old.json.as_str());
        let text = admission(
            event,
            audit.actor.judged_as(),
            &whole,
            operation,
            Some(&json),
            old,
        );
        if audit.outcome.may_be_kept()
            && !whole.key.name.is_empty()
            && whole.key.name != UNREADABLE
            && !whole.key.is_subresource(event)
        {
            let cause = match &audit.cause {
                Some(cause) => Arc::clone(cause),
                None => Arc::new(Cause {
                    object: whole.own(),
                    user: audit.actor.user.clone(),
                    impersonated: audit.actor.acted_as().map(str::to_owned),
                    time: audit.time.clone(),
                    audit_id: audit.id.clone(),
                }),
            };
            let root = Arc::clone(&audit.root);
            let Whole { key, object, .. } = whole;
            let shown = Shown {
                json: &json,
                object: &object,
                is_whole: judged == Judged::After,
                written: &audit.time,
            };
            let is_gone = object.metadata.is_gone(&json);
            if audit.outcome == Outcome::Failed || is_ambiguous || is_gone {
                self.history.remove(&key);
            } else {
                self.history.put(key, &shown, root, cause);
            }
        }
        items.case(case(place, text, audit));
    }

    /// The object that a write is judged by.
    fn object<'e>(&self, event: &Event<'e>) -> Result<(Cow<'e, str>, Judged), Gap> {
        if let Some(response) = event.response() {
            return Ok((response.into(), Judged::After));
        }
        let sent = event.sent().ok_or_else(|| event.gap())?;
        if event.verb != "patch" {
            return Ok((sent.into(), Judged::Sent));
        }
        let whole = self.whole(event, Object::default());
        // of what is new, what was shown before is gone
        let is_new = event.code() == Some(201);
        let old = self.history.get(&whole.key).filter(|_| !is_new);
        let Some(old) = old else {
            // what is applied by the server says what it is, and may be whole
            let object = Object::of(sent);
            let is_applied = !object.kind.is_empty() && !object.api_version.is_empty();
            return is_applied
                .then(|| (sent.into(), Judged::Sent))
                .ok_or(Gap::NoBase);
        };
        let is_built_in = event.about().kind().is_some();
        let object = patch::patched(&old.json, sent, is_built_in).ok_or(Gap::Unapplied)?;
        Ok((object.into(), Judged::Patched))
    }

    fn delete(&mut self, event: &Event<'_>, length: usize, place: Place, items: &mut Queue) {
        /// Bytes that may be told of the objects of one event, beside the objects.
        const TOLD: usize = 64 << 20;
        /// Bytes that are told of each, at least.
        const EACH: usize = 1 << 10;

        let response = event.response_object.map_or("", |raw| raw.get());
        let mut deleted = Vec::new();
        if event.verb == "deletecollection" {
            let items = member(response, "items").unwrap_or_default();
            let items: Vec<&RawValue> = serde_json::from_str(items).unwrap_or_default();
            deleted.extend(items.into_iter().map(RawValue::get));
        }
        if deleted.is_empty() {
            deleted.push(event.response().unwrap_or_default());
        }
        let actor = actor(event);
        let (user, groups) = actor.judged_as();
        // each request would have its own copy, and no rule asks who deletes
        let has_room = size(groups).saturating_mul(deleted.len()) <= MAX_EVENT;
        let asking = (user, if has_room { groups } else { &[] });
        // everything else that the event says is said of each object
        let beside = length.saturating_sub(response.len() + size(groups));
        let most = (TOLD / beside.max(EACH)).max(1);
        let is_more = deleted.len() > most;
        for (index, (object, item)) in deleted.into_iter().zip(place.item..).enumerate() {
            let whole = self.whole(event, Object::of(object));
            if index >= most {
                self.history.remove(&whole.key);
                continue;
            }
            let audit = self.audit(event, Arc::clone(&actor), &whole);
            let old = self.history.get(&whole.key).map(|old| old.json.as_str());
            let old = Some(object).filter(|object| !object.is_empty()).or(old);
            let text = admission(event, asking, &whole, "DELETE", None, old);
            // with a finalizer it stays until that is taken away
            if audit.outcome == Outcome::Deleted && !whole.object.metadata.has_finalizers() {
                self.history.remove(&whole.key);
            }
            items.case(case(Place { item, ..place }, text, audit));
        }
        if is_more {
            items.unjudged(self.unjudged(event, place, Gap::TooLarge));
        }
    }

    pub(super) fn unjudged(&self, event: &Event<'_>, place: Place, gap: Gap) -> Unjudged {
        let sent = event.sent().unwrap_or_default();
        let whole = self.whole(event, Object::of(sent));
        let audit = self.audit(event, actor(event), &whole);
        let (user, _) = audit.actor.judged_as();
        let request = written::json(&Identity {
            operation: Some(operation(&event.verb)),
            group: Some(&whole.key.group),
            version: some(&whole.version),
            kind: some(&whole.kind),
            subresource: some(event.about().subresource),
            namespace: some(&whole.key.namespace),
            name: some(&whole.key.name),
            user: Some(user),
            dry_run: event.is_dry_run(),
        });
        Unjudged {
            input: self.input,
            place,
            request,
            audit,
            gap,
        }
    }

    /// What the event tells beside the request.
    pub(super) fn audit(&self, event: &Event<'_>, actor: Arc<Actor>, whole: &Whole<'_>) -> Audit {
        let is_use = event.about().matter() == Some(Matter::Use);
        let status = event.response_status.as_ref();
        let message = status.map_or("", |status| &status.message);
        let outcome = Outcome::of(&Signs {
            code: event.code(),
            verb: &event.verb,
            is_use,
            is_dry_run: event.is_dry_run(),
            decision: event.annotation(ANNOTATION_DECISION),
            message,
        });
        let (root, cause) = self.lineage(&actor, whole);
        let is_account = actor.service_account.is_some() && actor.controller().is_none();
        let delivery = is_account.then(|| whole.object.metadata.delivered_by());
        Audit {
            cluster: self.cluster.clone(),
            id: event.audit_id.clone().into_owned(),
            time: event.time().to_owned(),
            refused_by: match outcome {
                Outcome::Refused(by) => Some(by.word()),
                _ => None,
            },
            message: some(message)
                .filter(|_| matches!(outcome, Outcome::Refused(_) | Outcome::Failed))
                .map(|message| bounded(message, MAX_MESSAGE)),
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
}

impl Key {
    /// Whether the event writes a part of the object alone, without giving the whole.
    pub(super) fn is_subresource(&self, event: &Event<'_>) -> bool {
        let subresource = event.about().subresource;
        !subresource.is_empty() && event.response_object.is_none()
    }
}

/// Bytes of a list of texts, as JSON.
fn size(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + "\"\",".len()).sum()
}

fn actor(event: &Event<'_>) -> Arc<Actor> {
    Arc::new(Actor::of(event))
}

fn case(place: Place, request: String, audit: Audit) -> Case {
    let mut case = Case::new(place, Form::Event, request, Origin::None);
    case.refused = !audit.outcome.may_be_kept();
    case.audit = Some(Box::new(audit));
    case
}
