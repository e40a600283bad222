//! Whether audit logs were read in the order of time, file by file and within each, by which alone
//! it is known what a request changed.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use intake::audit::{Gap, Outcome as Ending};
use jiff::{SignedDuration, Timestamp};

use crate::outcome::Outcome;

/// Events of one log are told up to this much out of order, as long requests end late, and files
/// of several API servers overlap.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// A log whose events end earlier than it began by more than this, and go back more often than on,
/// is sorted by the newest first: long requests end late, by less.
const LONG: SignedDuration = SignedDuration::from_mins(1);

/// How far the files that were read have come.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The files so far: what comes late of one, such as a request that never ended, is not read
    /// again.
    files: BTreeSet<Arc<str>>,
    /// The last that began.
    current: Option<Run>,
    /// The first that runs backwards, of those that ended.
    backwards: Option<Backwards>,
    /// The latest time so far, and its file.
    latest: Option<(Timestamp, Arc<str>)>,
    /// The first time that a file went back.
    broken: Option<Broken>,
}

/// The times of one file, in its own order.
#[derive(Debug)]
struct Run {
    file: Arc<str>,
    first: Timestamp,
    last: Timestamp,
    /// Steps on in time, less those back.
    steps: i64,
}

/// A file that has the newest first.
#[derive(Clone, Debug)]
pub(crate) struct Backwards {
    pub(crate) file: Arc<str>,
    /// The time that it begins with.
    pub(crate) first: Timestamp,
    /// The time that it ends with.
    pub(crate) last: Timestamp,
}

impl Run {
    fn backwards(&self) -> Option<Backwards> {
        let is_earlier = self.first.duration_since(self.last) > LONG;
        (is_earlier && self.steps < 0).then(|| Backwards {
            file: Arc::clone(&self.file),
            first: self.first,
            last: self.last,
        })
    }
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
            // told of late
            Outcome::Unjudged(gap) if gap.unjudged.gap == Gap::Unfinished => return,
            Outcome::Unjudged(gap) => (&gap.source, &gap.unjudged.audit),
            _ => return,
        };
        // what changes nothing may end days after it was asked for
        if audit.outcome == Ending::Used {
            return;
        }
        if let Ok(time) = audit.time.parse() {
            self.add(time, &source.file);
        }
    }

    fn add(&mut self, time: Timestamp, file: &Arc<str>) {
        match &mut self.current {
            Some(run) if run.file == *file => {
                run.steps += match time.cmp(&run.last) {
                    Ordering::Less => -1,
                    Ordering::Equal => 0,
                    Ordering::Greater => 1,
                };
                run.last = time;
            }
            _ if !self.files.insert(Arc::clone(file)) => return,
            run => {
                let before = run.replace(Run {
                    file: Arc::clone(file),
                    first: time,
                    last: time,
                    steps: 0,
                });
                let before = before.and_then(|run| run.backwards());
                self.backwards = self.backwards.take().or(before);
            }
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

    /// The first file that has the newest first.
    pub(crate) fn backwards(&self) -> Option<Backwards> {
        let current = || self.current.as_ref()?.backwards();
        self.backwards.clone().or_else(current)
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

    /// The file that runs backwards, of these times, each of a file and in minutes and seconds.
    fn backwards(times: &[(&str, &str)]) -> Option<String> {
        let mut order = Order::default();
        for (file, time) in times {
            let time = format!("2026-11-20T10:{time}Z");
            order.add(time.parse().unwrap(), &Arc::from(*file));
        }
        Some(order.backwards()?.file.to_string())
    }

    #[test]
    fn a_file_that_has_the_newest_first_runs_backwards() {
        for times in [
            &[("a", "00:00"), ("a", "01:00"), ("a", "00:30")][..],
            // a long request ends late
            &[("a", "01:00"), ("a", "00:00")],
            // another server's log stands behind the first
            &[
                ("a", "05:00"),
                ("a", "06:00"),
                ("a", "07:00"),
                ("a", "03:00"),
                ("a", "04:00"),
            ],
            &[("a", "05:00"), ("b", "01:00")],
            &[],
        ] {
            assert_eq!(backwards(times), None, "{times:?}");
        }
        for (times, file) in [
            (&[("a", "01:01"), ("a", "00:00")][..], "a"),
            (
                &[
                    ("a", "05:00"),
                    ("a", "05:00"),
                    ("a", "03:00"),
                    ("a", "03:01"),
                    ("a", "02:00"),
                    ("a", "01:00"),
                ],
                "a",
            ),
            (&[("a", "00:00"), ("b", "05:00"), ("b", "01:00")], "b"),
            (
                &[
                    ("b", "05:00"),
                    ("b", "01:00"),
                    ("a", "09:00"),
                    ("a", "06:00"),
                ],
                "b",
            ),
        ] {
            assert_eq!(backwards(times).as_deref(), Some(file), "{times:?}");
        }
    }
}
