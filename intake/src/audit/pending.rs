//! Requests that a log has seen begin and not yet end. One whose end never comes is reported: the
//! API server can lose the last event of a write that it carried out.

use crate::Place;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{Hash, Hasher as _};
use std::sync::Arc;

/// Most requests that are waited for at once.
const MOST: usize = 100_000;

/// Most bytes of their first events that are kept.
const MOST_BYTES: usize = 32 << 20;

/// Seconds after which the end of a request is not waited for any longer. The API server gives up
/// after 60 by default.
const PATIENCE: u64 = 300;

/// Most of what is known of requests that ended, once over.
const MOST_ENDED: usize = 200_000;

/// What all events of one request have in common. The `auditID` alone does not tell requests
/// apart: a client may choose it (header `Audit-ID`), and so give two the same.
///
/// Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/filters/audit_init.go`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) audit_id: String,
    pub(crate) verb: String,
    /// When the API server received it, to the microsecond.
    pub(crate) received: String,
}

/// Requests that have begun and not ended.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    requests: BTreeMap<Arc<Id>, Begun>,
    /// The ids in the order in which they came.
    order: BTreeMap<u64, Arc<Id>>,
    count: u64,
    /// Bytes of all events that are kept.
    bytes: usize,
}

#[derive(Debug)]
struct Begun {
    number: u64,
    /// In seconds since 1970, if it can be told.
    at: Option<u64>,
    first: Waiting,
}

/// The first event of a request, to be told of if its last never comes.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// As JSON text.
    pub(crate) event: String,
    /// Of which cluster it is, if the log says it.
    pub(crate) cluster: Option<Arc<str>>,
    /// Which input it is in.
    pub(crate) input: usize,
    pub(crate) place: Place,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Whether the first event of one is in this input.
    pub(crate) fn is_of(&self, input: usize) -> bool {
        let newest = self.order.last_key_value();
        let begun = newest.and_then(|(_, id)| self.requests.get(id));
        begun.is_some_and(|begun| begun.first.input == input)
    }

    /// Takes note of a request that has begun. False if it was known already.
    pub(crate) fn begin(&mut self, id: Id, at: Option<u64>, first: Waiting) -> bool {
        if self.requests.contains_key(&id) {
            return false;
        }
        self.count += 1;
        let number = self.count;
        self.bytes += first.event.len();
        let id = Arc::new(id);
        self.order.insert(number, Arc::clone(&id));
        self.requests.insert(id, Begun { number, at, first });
        true
    }

    /// Takes note that a request has ended; whether it was known to have begun.
    pub(crate) fn end(&mut self, id: &Id) -> bool {
        let Some(begun) = self.requests.remove(id) else {
            return false;
        };
        self.order.remove(&begun.number);
        self.bytes -= begun.first.event.len();
        true
    }

    /// The same, of a request of which it is not known when it was received.
    pub(crate) fn end_any(&mut self, audit_id: &str, verb: &str) -> bool {
        let first = Id {
            audit_id: audit_id.to_owned(),
            verb: verb.to_owned(),
            received: String::new(),
        };
        let next = self.requests.range::<Id, _>(&first..).next();
        let id = next
            .map(|(id, _)| Arc::clone(id))
            .filter(|id| (id.audit_id.as_str(), id.verb.as_str()) == (audit_id, verb));
        id.is_some_and(|id| self.end(&id))
    }

    /// The next request that is not waited for any longer at this time.
    pub(crate) fn overdue(&mut self, now: Option<u64>) -> Option<Waiting> {
        let (_, id) = self.order.first_key_value()?;
        let at = self.requests.get(id)?.at;
        let is_late = match (at, now) {
            (Some(at), Some(now)) => now.saturating_sub(at) > PATIENCE,
            _ => false,
        };
        let is_room = self.requests.len() <= MOST && self.bytes <= MOST_BYTES;
        (is_late || !is_room).then(|| self.rest()).flatten()
    }

    /// The first of all that are still waited for.
    pub(crate) fn rest(&mut self) -> Option<Waiting> {
        let (_, id) = self.order.pop_first()?;
        let Begun { first, .. } = self.requests.remove(&id)?;
        self.bytes -= first.event.len();
        Some(first)
    }
}

/// Requests that were told of before their last event. Of too many, the oldest are forgotten, and
/// would be told of again.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// Looked up, and never gone through.
    ids: HashSet<Id>,
    order: VecDeque<Id>,
}

impl Open {
    pub(crate) fn add(&mut self, id: Id) {
        if self.ids.insert(id.clone()) {
            self.order.push_back(id);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    /// Whether it was told of; the next time it is not known.
    pub(crate) fn remove(&mut self, id: &Id) -> bool {
        self.ids.remove(id)
    }
}

/// Requests that were told of, each by a hash: events may come twice, or the first of them last. Of
/// too many, the oldest are forgotten, and would be told of again.
///
/// Whoever chooses an id cannot choose when the API server receives it, to the microsecond, and so
/// cannot make two requests look like one.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    recent: BTreeSet<u64>,
    before: BTreeSet<u64>,
}

impl Ended {
    /// Takes note of what has this hash, if it is not known already; whether it was.
    pub(crate) fn add(&mut self, hash: u64) -> bool {
        if self.has(hash) {
            return true;
        }
        if self.recent.len() >= MOST_ENDED {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(hash);
        false
    }

    pub(crate) fn has(&self, hash: u64) -> bool {
        self.recent.contains(&hash) || self.before.contains(&hash)
    }
}

/// The hash by which something is known.
pub(crate) fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{Ended, Id, MOST_ENDED, Pending, Waiting};
    use crate::Place;

    fn id(audit_id: &str) -> Id {
        Id {
            audit_id: audit_id.to_owned(),
            verb: "create".to_owned(),
            received: "2026-11-22T01:00:00Z".to_owned(),
        }
    }

    fn waiting(size: usize) -> Waiting {
        let place = Place {
            line: 1,
            document: 1,
            item: 1,
        };
        Waiting {
            cluster: None,
            event: "x".repeat(size),
            input: 0,
            place,
        }
    }

    #[test]
    fn gives_up_on_the_first_when_there_is_no_room() {
        let mut pending = Pending::default();
        for name in ["a", "b", "c"] {
            assert!(pending.begin(id(name), None, waiting(15 << 20)));
        }
        assert!(pending.overdue(None).is_some());
        assert!(pending.overdue(None).is_none());
        assert!(!pending.end(&id("a")));
        assert!(!pending.end_any("b", "update"));
        assert!(pending.end_any("b", "create"));
        assert!(pending.rest().is_some());
        assert!(pending.rest().is_none());
        assert_eq!(pending.bytes, 0);
    }

    #[test]
    fn knows_the_last_that_ended() {
        let mut ended = Ended::default();
        let most = u64::try_from(MOST_ENDED).unwrap();
        for number in 0..3 * most {
            assert!(!ended.add(number));
        }
        assert!(ended.add(3 * most - 1));
        assert!(ended.has(most) && !ended.has(most - 1));
        assert_eq!(ended.recent.len() + ended.before.len(), 2 * MOST_ENDED);
    }
}
