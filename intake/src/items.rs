//! What has been read and not yet handed on, counts of what nobody needs to see, and the log that
//! events are read into.

use crate::audit::{Log, Unjudged};
use crate::{Broken, Case, Item, Passed, Place, Reason, Skipped, message};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is read, in input order.
#[derive(Debug, Default)]
pub(crate) struct Items {
    queue: Queue,
    log: Log,
}

/// What comes out.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    ready: VecDeque<Item>,
    pub(crate) passed: Passed,
}

impl Items {
    /// Events are read into this log.
    pub(crate) fn with(log: Log) -> Self {
        Self {
            queue: Queue::default(),
            log,
        }
    }

    /// The log, with all the events that were read.
    pub(crate) fn into_log(self) -> Log {
        self.log
    }

    /// The next item.
    pub(crate) fn next(&mut self) -> Option<Item> {
        self.queue.ready.pop_front()
    }

    /// Whether everything was handed on.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.ready.is_empty()
    }

    /// Whether something that was read is held back.
    pub(crate) fn is_waiting(&self) -> bool {
        self.log.is_waiting()
    }

    /// What was passed since the last time this was asked.
    pub(crate) fn take_passed(&mut self) -> Passed {
        std::mem::take(&mut self.queue.passed)
    }

    /// Takes in an event that does not matter.
    pub(crate) fn pass(&mut self, line: &[u8]) {
        self.queue.passed.irrelevant += 1;
        self.log.pass(line, &mut self.queue);
    }

    /// Counts a record of another log.
    pub(crate) fn other(&mut self) {
        self.queue.passed.other += 1;
    }

    pub(crate) fn case(&mut self, case: Case) {
        self.queue.case(case);
    }

    pub(crate) fn broken(&mut self, broken: Broken) {
        self.queue.broken(broken);
    }

    pub(crate) fn skipped(&mut self, place: Place, reason: Reason) {
        let skipped = Skipped { place, reason };
        self.queue.ready.push_back(Item::Skipped(skipped));
    }

    /// Says of which cluster the events are that follow; of which those were before.
    pub(crate) fn enter(&mut self, cluster: Option<Arc<str>>) -> Option<Arc<str>> {
        self.log.enter(cluster)
    }

    /// Takes in an audit event.
    pub(crate) fn event(&mut self, text: &str, place: Place) {
        if let Err(error) = self.log.event(text, place, &mut self.queue) {
            // the parser would repeat the value
            let reason = if error.is_data() {
                let column = error.column();
                format!("column {column}: something else than an audit event has there")
            } else {
                message::reason(&error, None)
            };
            let broken = Broken::new(place.line, format!("an audit event: {reason}"));
            self.broken(broken);
        }
    }

    /// Takes in a line that begins as an audit event does; false if it is more or less than one,
    /// or cannot be read.
    pub(crate) fn event_line(&mut self, text: &str, place: Place) -> bool {
        self.log.event(text, place, &mut self.queue).is_ok()
    }

    /// Takes in an audit event that is too large to be read; false if this is none.
    pub(crate) fn large_event(&mut self, start: &[u8], place: Place) -> bool {
        self.log.large_event(start, place, &mut self.queue)
    }

    /// Takes in an audit event whose end is missing; false if this is none.
    pub(crate) fn cut_event(&mut self, start: &[u8], place: Place) -> bool {
        self.log.cut_event(start, place, &mut self.queue)
    }
}

impl Queue {
    pub(crate) fn case(&mut self, case: Case) {
        self.ready.push_back(Item::Case(case));
    }

    pub(crate) fn broken(&mut self, broken: Broken) {
        self.ready.push_back(Item::Broken(broken));
    }

    pub(crate) fn unjudged(&mut self, unjudged: Unjudged) {
        self.ready.push_back(Item::Unjudged(Box::new(unjudged)));
    }
}
