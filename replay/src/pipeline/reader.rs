//! The thread that reads: opens what the walk finds, lets intake take it
//! apart, and sends what comes out in batches.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use intake::audit::{Log, Unjudged};
use intake::{Case, Item, Passed, Skipped};
use serde_json::value::RawValue;

use super::growing::{Follow, Marks, follow};
use super::{Closed, Entry, Output};
use crate::cluster::Cluster;
use crate::decompress::decompressed;
use crate::outcome::{self, Failure, Gap, Outcome, Source};
use crate::progress::Progress;
use crate::report::json::{error_line, gap_line};
use crate::walk::{Found, walk};

/// A batch is sent when it holds this many bytes of requests …
const BATCH_BYTES: usize = 256 << 10;

/// … or this many entries.
const BATCH_ENTRIES: usize = 64;

/// So many bytes of input are read at most before what came of them is sent.
const PIECE: usize = 1 << 20;

/// What the thread reads.
pub(crate) enum Inputs {
    /// Everything below these.
    Paths(Vec<PathBuf>),
    /// A log that is being written.
    Growing(Follow),
}

/// Reads all inputs, or until nobody waits for more.
pub(super) fn read(
    inputs: &Inputs,
    cluster: Option<Cluster>,
    log: Log,
    output: Output,
    progress: &Arc<Progress>,
) {
    let mut feed = Feed {
        batch: Rc::new(RefCell::new(Batch::new(cluster, output))),
        progress: Arc::clone(progress),
        log,
        names: Vec::new(),
    };
    let read = match inputs {
        Inputs::Paths(paths) => feed.paths(paths),
        Inputs::Growing(log) => follow(log, &mut feed),
    };
    // closed or not, this was the last
    let _ = read.and_then(|()| feed.finish());
}

/// Where everything that is read goes.
pub(super) struct Feed {
    batch: Rc<RefCell<Batch>>,
    progress: Arc<Progress>,
    /// What audit logs have shown so far.
    log: Log,
    /// The names of the inputs, as the log counts them.
    names: Vec<Arc<str>>,
}

impl Feed {
    fn paths(&mut self, paths: &[PathBuf]) -> Result<(), Closed> {
        let mut closed = Ok(());
        let _ = walk(paths, &mut |found| {
            closed = match found {
                Found::Stdin => self.input(&Arc::from("-"), io::stdin(), true, 0, None),
                Found::File { path, strict } => {
                    let name = Arc::from(path.to_string_lossy());
                    match File::open(&path) {
                        Ok(file) => self.input(&name, file, strict, 0, None),
                        Err(error) => self.add(unreadable(&name, &error)),
                    }
                }
                Found::Skipped(reason) => self.add(skipped(None, reason.to_owned())),
                Found::Failed { path, message } => {
                    let name = Arc::from(path.to_string_lossy());
                    self.add(failure(Source::file(&name), "file", message))
                }
            };
            match closed {
                Ok(()) => ControlFlow::Continue(()),
                Err(Closed) => ControlFlow::Break(()),
            }
        });
        closed
    }

    fn finish(mut self) -> Result<(), Closed> {
        while let Some(unjudged) = self.log.unfinished() {
            let gap = gap(&self.names, unjudged);
            self.add(gap)?;
        }
        let forgotten = self.log.forgotten();
        if forgotten > 0 {
            self.add(Outcome::Unremembered(forgotten))?;
        }
        self.batch.borrow_mut().finish()
    }

    /// Adds what was read and need not be judged.
    pub(super) fn add(&mut self, outcome: Outcome) -> Result<(), Closed> {
        let bytes = outcome.size();
        self.batch.borrow_mut().add(Entry::Done(outcome), bytes)
    }

    /// Sends all that was read so far.
    pub(super) fn flush(&mut self) -> Result<(), Closed> {
        self.batch.borrow_mut().flush()
    }

    /// Reads one input, before which `lines` of it were read already.
    pub(super) fn input(
        &mut self,
        name: &Arc<str>,
        raw: impl Raw,
        strict: bool,
        lines: u64,
        marks: Option<&mut Marks>,
    ) -> Result<(), Closed> {
        let raw = Watched {
            may_wait: raw.may_wait(),
            raw,
            unsent: 0,
            batch: Rc::clone(&self.batch),
            progress: Arc::clone(&self.progress),
        };
        let plain = match decompressed(raw) {
            Ok(plain) => plain,
            Err(error) => return self.add(unreadable(name, &error)),
        };
        self.add(Outcome::File)?;
        self.names.push(Arc::clone(name));
        let mut reader = intake::read_into(std::mem::take(&mut self.log), plain).after_lines(lines);
        let is_followed = marks.is_some();
        let read = self.items(&mut reader, name, strict, marks);
        self.log = reader.into_log();
        self.log.next_input();
        match (read?, strict) {
            (false, _) => Ok(()),
            // there may be more to come, or have been more before
            (true, _) if is_followed => Ok(()),
            // what comes out of a pipe that broke is empty too
            (true, true) => self.add(nothing(name)),
            (true, false) => {
                let source = Source::file(name);
                self.add(skipped(Some(source), "empty file".to_owned()))
            }
        }
    }

    /// Sends everything that an input holds; whether there was nothing.
    fn items<R: BufRead>(
        &mut self,
        reader: &mut intake::Reader<R>,
        name: &Arc<str>,
        strict: bool,
        mut marks: Option<&mut Marks>,
    ) -> Result<bool, Closed> {
        let mut empty = true;
        while let Some(item) = reader.next() {
            empty = false;
            if let Some(mark) = marks.as_mut().and_then(|marks| marks.first()) {
                self.add(Outcome::Mark(mark))?;
            }
            match item {
                Ok(Item::Case(case)) => {
                    let source = Source::case(name, case.place);
                    self.batch.borrow_mut().case(source, case)?;
                }
                Ok(Item::Unjudged(unjudged)) => self.add(gap(&self.names, *unjudged))?,
                Ok(Item::Skipped(skipped)) => self.add(left_out(name, &skipped, strict))?,
                Ok(Item::Broken(broken)) => {
                    let source = Source::line(name, broken.line);
                    self.add(failure(source, "broken", broken.message))?;
                }
                // the rest of this input is lost, not the next
                Err(error) => self.add(unreadable(name, &error))?,
            }
            if let Some(marks) = &mut marks
                && let Some(mark) = reader
                    .settled()
                    .and_then(|bytes| marks.at(bytes, reader.lines()))
            {
                self.add(Outcome::Mark(mark))?;
            }
        }
        let passed = reader.take_passed();
        if passed != Passed::default() {
            empty = false;
            self.add(Outcome::Passed(passed))?;
        }
        Ok(empty && !reader.is_waiting())
    }

    /// Reads `bytes` of a file into the log alone, as they were told of before.
    pub(super) fn remember(&mut self, path: &Path, bytes: u64) -> Result<(), Closed> {
        let name = Arc::from(path.to_string_lossy());
        let opened = File::open(path).and_then(|file| decompressed(file.take(bytes)));
        let plain = match opened {
            Ok(plain) => plain,
            Err(error) => return self.add(unreadable(&name, &error)),
        };
        self.names.push(name);
        let mut reader = intake::read_into(std::mem::take(&mut self.log), plain);
        reader.by_ref().for_each(drop);
        self.log = reader.into_log();
        self.log.next_input();
        Ok(())
    }
}

fn gap(names: &[Arc<str>], unjudged: Unjudged) -> Outcome {
    let unknown = Arc::from("");
    let name = names.get(unjudged.input).unwrap_or(&unknown);
    let source = Source::case(name, unjudged.place);
    let raw: &RawValue = serde_json::from_str(&unjudged.request).unwrap_or(RawValue::NULL);
    Outcome::Unjudged(Box::new(Gap {
        json: gap_line(&source, raw, &unjudged),
        request: serde_json::from_str(&unjudged.request).unwrap_or_default(),
        source,
        unjudged,
    }))
}

/// What is no Kubernetes object is an error where it was asked for by name.
fn left_out(name: &Arc<str>, object: &Skipped, strict: bool) -> Outcome {
    let source = Source::case(name, object.place);
    let reason = object.reason.to_string();
    if strict {
        failure(
            source,
            "no-object",
            format!("no Kubernetes object: {reason}"),
        )
    } else {
        skipped(Some(source), reason)
    }
}

fn skipped(source: Option<Source>, reason: String) -> Outcome {
    Outcome::Skipped(outcome::Skipped { reason, source })
}

fn nothing(name: &Arc<str>) -> Outcome {
    let message = "no Kubernetes object: nothing in it".to_owned();
    failure(Source::file(name), "no-object", message)
}

fn unreadable(name: &Arc<str>, error: &io::Error) -> Outcome {
    failure(Source::file(name), "file", error.to_string())
}

pub(super) fn failure(source: Source, reason: &'static str, message: String) -> Outcome {
    Outcome::Failed(Box::new(Failure {
        json: Some(error_line(&source, None, reason, &message)),
        source,
        unanswered: false,
        reason,
        message,
        request: None,
    }))
}

/// Entries that are not yet sent.
struct Batch {
    /// As everything that was read so far left it.
    cluster: Option<Cluster>,
    entries: Vec<Entry>,
    bytes: usize,
    output: Output,
    closed: bool,
}

impl Batch {
    fn new(cluster: Option<Cluster>, output: Output) -> Self {
        Self {
            cluster,
            entries: Vec::new(),
            bytes: 0,
            output,
            closed: false,
        }
    }

    fn case(&mut self, source: Source, case: Case) -> Result<(), Closed> {
        let bytes = case.size();
        let view = self.cluster.as_mut().map(|cluster| {
            let before = cluster.view();
            if !case.refused {
                cluster.apply(case.request());
            }
            before
        });
        self.add(Entry::Case(source, case, view), bytes)
    }

    fn finish(&mut self) -> Result<(), Closed> {
        let forgotten = self.cluster.as_ref().map_or(0, Cluster::forgotten);
        if forgotten > 0 {
            self.add(Entry::Done(Outcome::Forgotten(forgotten)), 0)?;
        }
        self.flush()
    }

    fn add(&mut self, entry: Entry, bytes: usize) -> Result<(), Closed> {
        self.entries.push(entry);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries.len() >= BATCH_ENTRIES || self.bytes >= BATCH_BYTES || self.closed {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), Closed> {
        if self.closed {
            return Err(Closed);
        }
        if self.entries.is_empty() {
            return Ok(());
        }
        let sent = self
            .output
            .send(std::mem::take(&mut self.entries), self.bytes);
        self.bytes = 0;
        self.closed = sent.is_err();
        sent
    }
}

/// The bytes of an input.
pub(super) trait Raw: Read {
    /// Whether the next ones may not have been written yet.
    fn may_wait(&self) -> bool;
}

impl Raw for File {
    fn may_wait(&self) -> bool {
        // a named pipe, for one, has an end that somebody else writes to
        !self.metadata().is_ok_and(|metadata| metadata.is_file())
    }
}

impl Raw for io::Stdin {
    fn may_wait(&self) -> bool {
        true
    }
}

/// What a log that is followed is read from.
impl Raw for Box<dyn Read> {
    fn may_wait(&self) -> bool {
        true
    }
}

/// Raw input. Before it waits for more, it sends what was read so far, so that a log which is
/// still being written is reported line by line. What need not be waited for is sent piece by
/// piece, for a batch is bounded by what it was read from, too.
struct Watched<R> {
    raw: R,
    may_wait: bool,
    /// Bytes that were read since something was sent.
    unsent: usize,
    batch: Rc<RefCell<Batch>>,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.may_wait || self.unsent >= PIECE {
            self.unsent = 0;
            if self.batch.borrow_mut().flush().is_err() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        let read = self.raw.read(buffer)?;
        self.unsent = self.unsent.saturating_add(read);
        self.progress.read(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::gap;
    use intake::Item;

    #[test]
    fn what_cannot_be_judged_is_counted_with_all_that_is_told_of_it() {
        const LONG: usize = 100_000;
        let agent = "x".repeat(LONG);
        let event = format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"1","verb":"create",
            "stage":"ResponseComplete","objectRef":{{"resource":"pods"}},"userAgent":"{agent}"}}"#
        );
        let Some(Ok(Item::Unjudged(unjudged))) = intake::read(event.as_bytes()).next() else {
            panic!("an event without a body is a gap");
        };
        assert!(gap(&[], *unjudged).size() > 2 * LONG);
    }
}
