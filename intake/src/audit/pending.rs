//! Requests that a log has seen begin and not yet end. One whose end never comes is reported: the
//! API server can lose the last event of a write that it carried out.

use super::Unjudged;
use std::collections::{BTreeMap, HashMap};

/// Most requests that are waited for at once.
const MOST: usize = 100_000;

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
    /// What to report; none of what was reported when it began.
    report: Option<Box<Unjudged>>,
}

impl Pending {
    /// Takes note of a request that has begun, `report` if its end never comes. False if it was
    /// known already.
    pub(crate) fn begin(
        &mut self,
        id: &str,
        at: Option<u64>,
        report: Option<Box<Unjudged>>,
    ) -> bool {
        if self.requests.contains_key(id) {
            return false;
        }
        self.count += 1;
        let number = self.count;
        self.order.insert(number, id.to_owned());
        self.requests
            .insert(id.to_owned(), Begun { number, at, report });
        true
    }

    /// Takes note that a request has ended; what was known of it.
    pub(crate) fn end(&mut self, id: &str) -> Option<Known> {
        let begun = self.requests.remove(id)?;
        self.order.remove(&begun.number);
        Some(match begun.report {
            Some(_) => Known::Begun,
            None => Known::Told,
        })
    }

    /// The next request that is not waited for any longer at this time.
    pub(crate) fn overdue(&mut self, now: Option<u64>) -> Option<Box<Unjudged>> {
        loop {
            let (_, id) = self.order.first_key_value()?;
            let at = self.requests.get(id)?.at;
            let is_late = match (at, now) {
                (Some(at), Some(now)) => now.saturating_sub(at) > PATIENCE,
                _ => false,
            };
            if !is_late && self.requests.len() <= MOST {
                return None;
            }
            if let Some(report) = self.next() {
                return Some(report);
            }
        }
    }

    /// The first of all that are still waited for.
    pub(crate) fn rest(&mut self) -> Option<Box<Unjudged>> {
        while !self.order.is_empty() {
            if let Some(report) = self.next() {
                return Some(report);
            }
        }
        None
    }

    fn next(&mut self) -> Option<Box<Unjudged>> {
        let (_, id) = self.order.pop_first()?;
        self.requests.remove(&id)?.report
    }
}
