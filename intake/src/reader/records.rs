//! JSON Lines: which lines are one record, and what a record is read as.

use super::{LARGE_LINE, Mode, Reader, start_of};
use crate::audit::{self, MAX_EVENT, Part};
use crate::chunk::Chunk;
use crate::lines::Line;
use crate::{Place, json};
use serde::de::IgnoredAny;
use std::io::{self, BufRead};

impl<R: BufRead> Reader<R> {
    pub(super) fn record(&mut self) -> io::Result<bool> {
        let items = &mut self.items;
        self.lines.pass(|line| {
            let passes = audit::is_irrelevant(line);
            if passes {
                items.pass(line);
            }
            passes
        })?;
        if !items.is_empty() {
            // the next line may be long in coming
            return Ok(true);
        }
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if line.is_mark(b"---") {
            self.lines.hold(line);
            self.mode = Mode::Documents;
            return Ok(true);
        }
        let is_open = self.is_open(&line)?;
        let mut record = Chunk::new(self.limit);
        if let Some(part) = open_part(&line.bytes) {
            self.parts(line, part, &mut record)?;
        } else {
            record.add(line);
            while is_open && let Some(next) = self.lines.next()? {
                if next.bytes.first().is_none_or(|first| !continues(*first)) {
                    self.lines.hold(next);
                    break;
                }
                record.add(next);
            }
        }
        let line = record.line();
        let place = Place {
            line,
            document: 1,
            item: 1,
        };
        if record.bytes().len() > MAX_EVENT && self.items.large_event(record.bytes(), place) {
            return Ok(true);
        }
        match record.text(line, LARGE_LINE) {
            Ok(text) if begins_event(text) && self.items.event_line(text, place) => {}
            Ok(text) if audit::is_prefixed(text.as_bytes()) => {
                json::read_logged(text, start_of(line), &mut self.items);
            }
            Ok(text) => {
                let stream = &mut json::Stream::default();
                json::read(text, start_of(line), stream, &mut self.items);
            }
            Err(broken) => self.items.broken(broken),
        }
        Ok(true)
    }

    /// Adds a line of a container that its runtime wrote in parts, of which this is the first.
    fn parts(&mut self, mut line: Line, first: Part, record: &mut Chunk) -> io::Result<()> {
        let mut last = first;
        without_break(&mut line.bytes);
        record.add(line);
        while last.is_open
            && let Some(mut next) = self.lines.next()?
        {
            let Some(part) = audit::part(&next.bytes).filter(|part| part.follows(last)) else {
                self.lines.hold(next);
                break;
            };
            without_break(&mut next.bytes);
            next.bytes.drain(..part.start.min(next.bytes.len()));
            record.add(next);
            last = part;
        }
        Ok(())
    }

    /// Whether a JSON value may go on behind the line read last, as pretty-printed ones do.
    fn is_open(&mut self, line: &Line) -> io::Result<bool> {
        let last = |bytes: &[u8]| bytes.trim_ascii_end().last().copied();
        let mut end = last(&line.bytes);
        self.lines.rest(|piece| end = last(piece).or(end))?;
        Ok(!matches!(end, None | Some(b'}' | b']')))
    }
}

/// How the API server begins an audit event.
const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/"#;

fn begins_event(text: &str) -> bool {
    text.starts_with(EVENT)
}

/// Whether a line is an audit event or a review by itself, or holds an object as logs do: no line of
/// a YAML document is that, though it may be some other object of JSON.
pub(crate) fn is_record(line: &[u8]) -> bool {
    if !line.starts_with(b"{\"") {
        return audit::is_logged_object(line);
    }
    let is_ours = std::str::from_utf8(line).is_ok_and(|text| {
        let mut others = ["\"AdmissionReview\"", "\"protoPayload\""].into_iter();
        audit::may_hold_event(text) || others.any(|member| text.contains(member))
    });
    is_ours && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// Whether a line can only be that of a log: behind a value that could not be read, nothing else
/// is looked for there.
pub(super) fn is_record_of_log(line: &[u8]) -> bool {
    line.starts_with(EVENT.as_bytes()) || audit::is_logged_object(line)
}

fn without_break(line: &mut Vec<u8>) {
    line.pop_if(|last| *last == b'\n');
}

/// What a container runtime has on a line, if the next may go on with it.
pub(crate) fn open_part(line: &[u8]) -> Option<Part> {
    let is_runtimes = line.first().is_some_and(u8::is_ascii_digit);
    let part = is_runtimes.then(|| audit::part(line)).flatten();
    part.filter(|part| part.is_open)
}

/// Whether a line that begins like this belongs to the pretty-printed value above it.
pub(crate) fn continues(first: u8) -> bool {
    matches!(first, b' ' | b'\t' | b'}' | b']')
}
