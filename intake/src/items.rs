//! What has been read and not yet handed on. Audit events, which are not judged yet, are counted
//! here, so that a whole log of them is one message.

use crate::{Broken, Case, Item, Place, Reason, Skipped};
use std::collections::VecDeque;

/// Items in input order.
#[derive(Debug, Default)]
pub(crate) struct Items {
    ready: VecDeque<Item>,
    events: Option<Events>,
}

/// Audit events that follow each other.
#[derive(Debug)]
struct Events {
    line: u64,
    count: u64,
}

impl Items {
    /// The next item, once nothing that is still to come can change it.
    pub(crate) fn next(&mut self) -> Option<Item> {
        self.ready.pop_front()
    }

    pub(crate) fn case(&mut self, case: Case) {
        self.push(Item::Case(case));
    }

    pub(crate) fn skipped(&mut self, place: Place, reason: Reason) {
        self.push(Item::Skipped(Skipped { place, reason }));
    }

    pub(crate) fn broken(&mut self, broken: Broken) {
        self.push(Item::Broken(broken));
    }

    /// Counts audit events that start on `line`.
    pub(crate) fn events(&mut self, line: u64, count: u64) {
        let events = self.events.get_or_insert(Events { line, count: 0 });
        events.count = events.count.saturating_add(count);
    }

    /// Says how many audit events there were; nothing follows them.
    pub(crate) fn close(&mut self) {
        if let Some(Events { line, count }) = self.events.take() {
            let events = if count == 1 { "event" } else { "events" };
            self.ready.push_back(Item::Broken(Broken::new(
                line,
                format!("{count} audit {events} from here on: audit logs cannot be judged yet"),
            )));
        }
    }

    fn push(&mut self, item: Item) {
        self.close();
        self.ready.push_back(item);
    }
}
