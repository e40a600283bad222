//! Requests that a log has seen begin and not yet end. One whose end never comes is reported: the
//! API server can lose the last event of a write that it carried out.

use crate::Place;
use std::collections::{BTreeMap, HashMap};

/// Most requests that are waited for at once.
const MOST: usize = 100_000;

/// Most bytes of their first events that are kept.
const MOST_BYTES: usize = 32 << 20;

/// Seconds after which the end of a request is not waited for any longer. The API server gives up
/// after 60 by default.
const PATIENCE: u64 = 300;

/// Requests that have begun and not ended.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    requests: HashMap<String, Begun>,
    /// The ids in the order in which they came.
    order: BTreeMap<u64, String>,
    count: u64,
    /// Bytes of all events that are kept.
    bytes: usize,
}

/// What was known of a request that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// That it had begun.
    Begun,
    /// All that there is to tell, and it was told.
    Told,
}

#[derive(Debug)]
struct Begun {
    number: u64,
    /// In seconds since 1970, if it can be told.
    at: Option<u64>,
    /// What is waited for; nothing if all was told when it began.
    waiting: Option<Waiting>,
}

/// The first event of a request, to be told of if its last never comes.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// As JSON text.
    pub(crate) event: String,
    /// Which input it is in.
    pub(crate) input: usize,
    pub(crate) place: Place,
}

impl Pending {
    /// Takes note of a request that has begun. False if it was known already.
    pub(crate) fn begin(&mut self, id: &str, at: Option<u64>, waiting: Option<Waiting>) -> bool {
        if self.requests.contains_key(id) {
            return false;
        }
        self.count += 1;
        let number = self.count;
        self.bytes += size(waiting.as_ref());
        self.order.insert(number, id.to_owned());
        self.requests.insert(
            id.to_owned(),
            Begun {
                number,
                at,
                waiting,
            },
        );
        true
    }

    /// Takes note that a request has ended; what was known of it.
    pub(crate) fn end(&mut self, id: &str) -> Option<Known> {
        let begun = self.requests.remove(id)?;
        self.order.remove(&begun.number);
        self.bytes -= size(begun.waiting.as_ref());
        Some(match begun.waiting {
            Some(_) => Known::Begun,
            None => Known::Told,
        })
    }

    /// The next request that is not waited for any longer at this time.
    pub(crate) fn overdue(&mut self, now: Option<u64>) -> Option<Waiting> {
        loop {
            let (_, id) = self.order.first_key_value()?;
            let at = self.requests.get(id)?.at;
            let is_late = match (at, now) {
                (Some(at), Some(now)) => now.saturating_sub(at) > PATIENCE,
                _ => false,
            };
            let is_room = self.requests.len() <= MOST && self.bytes <= MOST_BYTES;
            if !is_late && is_room {
                return None;
            }
            if let Some(waiting) = self.next() {
                return Some(waiting);
            }
        }
    }

    /// The first of all that are still waited for.
    pub(crate) fn rest(&mut self) -> Option<Waiting> {
        while !self.order.is_empty() {
            if let Some(waiting) = self.next() {
                return Some(waiting);
            }
        }
        None
    }

    fn next(&mut self) -> Option<Waiting> {
        let (_, id) = self.order.pop_first()?;
        let waiting = self.requests.remove(&id)?.waiting;
        self.bytes -= size(waiting.as_ref());
        waiting
    }
}

fn size(waiting: Option<&Waiting>) -> usize {
    waiting.map_or(0, |waiting| waiting.event.len())
}

#[cfg(test)]
mod tests {
    use super::{Pending, Waiting};
    use crate::Place;

    fn waiting(size: usize) -> Option<Waiting> {
        let place = Place {
            line: 1,
            document: 1,
            item: 1,
        };
        Some(Waiting {
            event: "x".repeat(size),
            input: 0,
            place,
        })
    }

    #[test]
    fn gives_up_on_the_first_when_there_is_no_room() {
        let mut pending = Pending::default();
        for id in ["a", "b", "c"] {
            assert!(pending.begin(id, None, waiting(15 << 20)));
        }
        assert!(pending.overdue(None).is_some());
        assert!(pending.overdue(None).is_none());
        assert_eq!(pending.end("a"), None);
        assert!(pending.end("b").is_some());
        assert!(pending.rest().is_some());
        assert!(pending.rest().is_none());
        assert_eq!(pending.bytes, 0);
    }
}
