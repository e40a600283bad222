//! Whether the files of audit logs were read in the order of time, by which alone it is known what
//! a request changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::outcome::Outcome;

/// Events of one log are told up to this much out of order, as long requests end late, and files
/// of several API servers overlap.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// How far the files that were read have come.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The files so far: what comes late of one, such as a request that never ended, is not read
    /// again.
    files: BTreeSet<Arc<str>>,
    /// The last that began.
    current: Option<Arc<str>>,
    /// The latest time so far, and its file.
    latest: Option<(Timestamp, Arc<str>)>,
    /// The first time that a file went back.
    broken: Option<Broken>,
}

/// A file that goes back behind one that was read before it.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    /// The file that was read first.
    pub(crate) before: Arc<str>,
    /// The file that goes back.
    pub(crate) after: Arc<str>,
    /// How far the one had come.
    pub(crate) latest: Timestamp,
    /// How far the other goes back.
    pub(crate) back: Timestamp,
}

impl Order {
    /// Takes note of the time of an event.
    pub(crate) fn note(&mut self, outcome: &Outcome) {
        let (source, audit) = match outcome {
            Outcome::Judged(judged) => match &judged.audit {
                Some(audited) => (&judged.source, &audited.audit),
                None => return,
            },
            Outcome::Unjudged(gap) => (&gap.source, &gap.unjudged.audit),
            _ => return,
        };
        if let Ok(time) = audit.time.parse() {
            self.add(time, &source.file);
        }
    }

    fn add(&mut self, time: Timestamp, file: &Arc<str>) {
        if self.current.as_ref() != Some(file) {
            if !self.files.insert(Arc::clone(file)) {
                return;
            }
            self.current = Some(Arc::clone(file));
        }
        match &mut self.latest {
            Some((latest, before)) if time <= *latest => {
                let is_back = before != file && latest.duration_since(time) > LATE;
                if is_back && self.broken.is_none() {
                    self.broken = Some(Broken {
                        before: Arc::clone(before),
                        after: Arc::clone(file),
                        latest: *latest,
                        back: time,
                    });
                }
            }
            latest => *latest = Some((time, Arc::clone(file))),
        }
    }

    /// The first file that goes back by more than a day.
    pub(crate) fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::Order;
    use std::sync::Arc;

    /// The two files between which these times, each of a file, go back.
    fn broken(times: &[(&str, &str)]) -> Option<(String, String)> {
        let mut order = Order::default();
        for (file, time) in times {
            order.add(time.parse().unwrap(), &Arc::from(*file));
        }
        let broken = order.broken()?;
        Some((broken.before.to_string(), broken.after.to_string()))
    }

    #[test]
    fn a_file_that_goes_back_by_more_than_a_day_is_out_of_order() {
        let (first, day, later) = (
            "2026-11-20T10:00:00Z",
            "2026-11-21T10:00:00Z",
            "2026-11-21T10:00:01Z",
        );
        for times in [
            &[("a", first), ("b", later)][..],
            &[("b", day), ("a", first)],
            // within a file, it is the log's own order
            &[("a", later), ("a", first)],
            // what comes late of a file that was read before
            &[("a", first), ("b", later), ("a", first), ("b", later)],
            &[],
        ] {
            assert_eq!(broken(times), None, "{times:?}");
        }
        let pair = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
        for (times, expected) in [
            (&[("b", later), ("a", first)][..], pair("b", "a")),
            // by the file that came furthest, not by the last
            (&[("c", later), ("b", day), ("a", first)], pair("c", "a")),
            // once, and the first
            (&[("c", later), ("b", first), ("a", first)], pair("c", "b")),
        ] {
            assert_eq!(broken(times), expected, "{times:?}");
        }
    }
}
