//! How many bytes may be under way at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// A counting gate: [`Budget::take`] waits until there is room.
pub(super) struct Budget {
    limit: usize,
    used: Mutex<usize>,
    given_back: Condvar,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: Mutex::new(0),
            given_back: Condvar::new(),
        }
    }

    /// Takes `bytes`, at once when nothing is taken, so that nothing is too large.
    pub(super) fn take(&self, bytes: usize) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .given_back
            .wait_while(used, |used| {
                *used > 0 && used.saturating_add(bytes) > self.limit
            })
            .unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(bytes);
    }

    pub(super) fn give_back(&self, bytes: usize) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(bytes);
        self.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn lets_a_single_large_thing_pass() {
        Budget::new(1).take(100);
    }

    #[test]
    fn waits_for_room() {
        let budget = Budget::new(10);
        let (taken, order) = mpsc::channel();
        budget.take(8);
        thread::scope(|scope| {
            let (budget, late) = (&budget, taken.clone());
            scope.spawn(move || {
                budget.take(5);
                late.send("second").unwrap();
            });
            taken.send("first").unwrap();
            budget.give_back(8);
        });
        drop(taken);
        assert_eq!(order.iter().collect::<Vec<_>>(), ["first", "second"]);
    }
}
