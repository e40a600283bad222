//! An input that comes in pieces, for who cannot wait for more of it: JSON Lines, such as audit
//! logs, are read as they come, anything else when it has ended. How the pieces are cut changes
//! nothing.

use crate::audit::Log;
use crate::reader::{Reader, continues, is_record, open_part};
use crate::{Broken, Item, MAX_BYTES, Passed};
use memchr::{memchr, memchr_iter, memrchr};
use std::collections::VecDeque;
use std::io::Cursor;

const TOO_LARGE: &str =
    "too large: more than 64 MiB without the end of a record; it and what follows it are not read";

/// Reads an input that is given to it piece by piece.
///
/// ```
/// use intake::{Feed, Item};
///
/// let mut feed = Feed::default();
/// feed.push(b"{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n{\"apiV");
/// assert!(matches!(feed.next(), Some(Item::Case(_))));
/// assert!(feed.next().is_none());
/// feed.push(b"ersion\":\"v1\",\"kind\":\"Pod\"}");
/// feed.end();
/// assert!(matches!(feed.next(), Some(Item::Case(_))));
/// ```
#[derive(Debug, Default)]
pub struct Feed {
    log: Log,
    /// The inputs that follow this one, as far as they have come before all of this one was taken.
    following: VecDeque<Vec<u8>>,
    /// What of the input is not in `reader` yet.
    held: Vec<u8>,
    /// How much of it was searched for ends of records.
    searched: usize,
    /// Where the last whole record in it ends.
    whole: usize,
    /// Whether the input is JSON Lines, once that can be told.
    is_records: Option<bool>,
    /// How much of an input that does not begin in JSON Lines was searched for them.
    seen: usize,
    /// Whether what comes can be cut nowhere.
    is_shut: bool,
    /// Whether what comes of the input is not read.
    is_given_up: bool,
    /// Whether no other input follows.
    is_ended: bool,
    /// The records that are being read.
    reader: Option<Reader<Cursor<Vec<u8>>>>,
    /// Lines that were read before those of `reader`.
    lines: u64,
    passed: Passed,
    failure: Option<Broken>,
}

impl Iterator for Feed {
    type Item = Item;

    /// The next thing found, none while more of the input has to come. When it has ended, requests
    /// that an audit log began and did not end come last.
    fn next(&mut self) -> Option<Item> {
        loop {
            // reading from memory does not fail
            if let Some(reader) = &mut self.reader
                && let Some(Ok(item)) = reader.next()
            {
                return Some(item);
            }
            if let Some(mut reader) = self.reader.take() {
                add(&mut self.passed, reader.take_passed());
                self.lines = reader.lines();
                self.log = reader.into_log();
            }
            let is_whole = self.is_ended || !self.following.is_empty();
            let ready = if is_whole {
                self.held.len()
            } else {
                self.whole
            };
            if ready == 0 {
                if let Some(broken) = self.failure.take() {
                    return Some(Item::Broken(broken));
                }
                let Some(following) = self.following.pop_front() else {
                    break;
                };
                self.begin(&following);
                continue;
            }
            let rest = self.held.split_off(ready);
            let ready = std::mem::replace(&mut self.held, rest);
            self.searched = self.searched.saturating_sub(self.whole);
            self.whole = 0;
            let log = std::mem::take(&mut self.log);
            let reader = Reader::new(Cursor::new(ready), MAX_BYTES, log).after_lines(self.lines);
            // what stands above the first record is read as what it begins like
            self.reader = Some(if self.is_records == Some(true) && self.lines > 0 {
                reader.in_records()
            } else {
                reader
            });
        }
        if !self.is_ended {
            return None;
        }
        let unfinished = self.log.unfinished()?;
        Some(Item::Unjudged(Box::new(unfinished)))
    }
}

impl Feed {
    /// Takes in the next piece; nothing any more once it was told of the end, or has given up.
    pub fn push(&mut self, piece: &[u8]) {
        if let Some(following) = self.following.back_mut() {
            following.extend_from_slice(piece);
        } else if !self.is_ended {
            self.take(piece);
        }
    }

    fn take(&mut self, piece: &[u8]) {
        if self.is_given_up {
            return;
        }
        self.held.extend_from_slice(piece);
        self.search();
        if self.held.len() - self.whole > MAX_BYTES {
            self.held.truncate(self.whole);
            let lines = self.reader.as_ref().map_or(self.lines, Reader::lines);
            let ahead = memchr_iter(b'\n', &self.held).fold(0, |count, _| count + 1);
            self.failure = Some(Broken::new(lines + ahead + 1, TOO_LARGE));
            self.is_given_up = true;
        }
    }

    /// Says that this input has ended and another follows, such as the next file of an audit log:
    /// what the log told is kept, and lines count from 1 again. Before another is pushed, what is
    /// left of this one should be taken: the other is held until it is.
    pub fn end_input(&mut self) {
        if !self.is_ended {
            self.following.push_back(Vec::new());
        }
    }

    /// Begins another input, when all of the one before was taken.
    fn begin(&mut self, piece: &[u8]) {
        self.log.next_input();
        self.held.clear();
        (self.searched, self.whole, self.seen, self.lines) = (0, 0, 0, 0);
        self.is_records = None;
        (self.is_shut, self.is_given_up) = (false, false);
        self.take(piece);
    }

    /// Says that there is no more.
    pub fn end(&mut self) {
        self.is_ended = true;
    }

    /// The audit events passed since the last time this was asked.
    pub fn take_passed(&mut self) -> Passed {
        if let Some(reader) = &mut self.reader {
            add(&mut self.passed, reader.take_passed());
        }
        std::mem::take(&mut self.passed)
    }

    /// How many objects had to be forgotten for want of room. To be asked at the end.
    pub fn forgotten(&self) -> u64 {
        self.log.forgotten()
    }

    /// Looks for the ends of records in what has come, and tells from the first what they are.
    fn search(&mut self) {
        while !self.is_shut
            && let Some(rest) = self.held.get(self.searched..)
        {
            let Some(at) = memchr(b'\n', rest) else {
                self.searched = self.held.len();
                break;
            };
            match rest.get(at + 1..).unwrap_or_default() {
                // the next piece tells what begins here
                [] | [b'-'] | [b'-', b'-'] => {
                    self.searched += at;
                    break;
                }
                [b'-', b'-', b'-', ..] => {
                    self.whole = self.searched + at + 1;
                    self.is_shut = true;
                }
                [first, ..] => {
                    self.searched += at + 1;
                    if !continues(*first) && !self.ends_open() {
                        self.whole = self.searched;
                    }
                }
            }
        }
        if self.is_records.is_none() {
            self.is_records = begun(&self.held, self.whole).tell_records();
            self.seen = 0;
        }
        if self.is_records == Some(false) {
            self.come_to_records();
        }
        if self.is_records != Some(true) {
            self.whole = 0;
        }
    }

    /// Whether the line that was searched last is a part of one that goes on.
    fn ends_open(&self) -> bool {
        let searched = self.held.get(..self.searched).unwrap_or_default();
        let line = searched.strip_suffix(b"\n").unwrap_or(searched);
        let start = memrchr(b'\n', line).map_or(0, |at| at + 1);
        line.get(start..).and_then(open_part).is_some()
    }

    /// Looks for the first record of an input that does not begin with one. What its first line
    /// that looks like one is no record of may hold many such lines, and is shut.
    fn come_to_records(&mut self) {
        let come = self.held.get(..self.whole).unwrap_or_default();
        while let Some(rest) = come.get(self.seen..)
            && let Some(at) = memchr(b'\n', rest)
        {
            let (line, _) = rest.split_at(at);
            self.seen += at + 1;
            if is_record(line) {
                self.is_records = Some(begun(come, self.seen).comes_to_records());
                self.is_shut |= self.is_records == Some(false);
                break;
            }
        }
    }
}

/// Reads so much of what is held, to tell what it is. A copy, for a reader of another type would be
/// its code once more in the npm package.
fn begun(held: &[u8], length: usize) -> Reader<Cursor<Vec<u8>>> {
    let begun = held.get(..length).unwrap_or_default().to_vec();
    Reader::new(Cursor::new(begun), MAX_BYTES, Log::default())
}

fn add(sum: &mut Passed, more: Passed) {
    sum.irrelevant += more.irrelevant;
    sum.stages += more.stages;
    sum.other += more.other;
}
