//! The thread that reads: opens what the walk finds, lets intake take it
//! apart, and sends what comes out in batches.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use intake::audit::{Log, Unjudged};
use intake::{Case, Item, Passed, Skipped};
use serde_json::value::RawValue;

use super::{Closed, Entry, Output};
use crate::cluster::Cluster;
use crate::decompress::decompressed;
use crate::outcome::{Failure, Gap, Outcome, Source};
use crate::progress::Progress;
use crate::report::json::{error_line, gap_line};
use crate::walk::{Found, walk};

/// A batch is sent when it holds this many bytes of requests …
const BATCH_BYTES: usize = 256 << 10;

/// … or this many entries.
const BATCH_ENTRIES: usize = 64;

/// Reads everything below `inputs`, or until nobody waits for more.
pub(super) fn read(
    inputs: &[PathBuf],
    cluster: Option<Cluster>,
    log: Log,
    output: Output,
    progress: &Arc<Progress>,
) {
    let batch = Rc::new(RefCell::new(Batch::new(cluster, output)));
    let mut logs = Logs {
        log,
        names: Vec::new(),
    };
    let end = walk(inputs, &mut |found| {
        let step = match found {
            Found::Stdin => one_input(
                &Arc::from("-"),
                io::stdin(),
                true,
                &mut logs,
                &batch,
                progress,
            ),
            Found::File { path, strict } => {
                let name = Arc::from(path.to_string_lossy());
                match File::open(&path) {
                    Ok(file) => one_input(&name, file, strict, &mut logs, &batch, progress),
                    Err(error) => add(&batch, unreadable(&name, &error)),
                }
            }
            Found::Skipped(reason) => add(&batch, Outcome::Skipped(reason.to_owned())),
            Found::Failed { path, message } => {
                let name = Arc::from(path.to_string_lossy());
                add(&batch, failure(Source::file(&name), "file", message))
            }
        };
        match step {
            Ok(()) => ControlFlow::Continue(()),
            Err(Closed) => ControlFlow::Break(()),
        }
    });
    if end.is_continue() {
        // closed or not, this was the last
        let _ = finish(logs, &batch);
    }
}

/// What audit logs have shown so far, and the names of the inputs.
struct Logs {
    log: Log,
    names: Vec<Arc<str>>,
}

fn finish(mut logs: Logs, batch: &RefCell<Batch>) -> Result<(), Closed> {
    while let Some(unjudged) = logs.log.unfinished() {
        add(batch, gap(&logs.names, unjudged))?;
    }
    let forgotten = logs.log.forgotten();
    if forgotten > 0 {
        add(batch, Outcome::Unremembered(forgotten))?;
    }
    batch.borrow_mut().finish()
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

fn one_input(
    name: &Arc<str>,
    raw: impl Read,
    strict: bool,
    logs: &mut Logs,
    batch: &Rc<RefCell<Batch>>,
    progress: &Arc<Progress>,
) -> Result<(), Closed> {
    let raw = Watched {
        raw,
        batch: Rc::clone(batch),
        progress: Arc::clone(progress),
    };
    let plain = match decompressed(raw) {
        Ok(plain) => plain,
        Err(error) => return add(batch, unreadable(name, &error)),
    };
    add(batch, Outcome::File)?;
    logs.names.push(Arc::clone(name));
    let mut reader = intake::read_into(std::mem::take(&mut logs.log), plain);
    let read = items(&mut reader, name, strict, &logs.names, batch);
    logs.log = reader.into_log();
    logs.log.next_input();
    let empty = read?;
    match (empty, strict) {
        (false, _) => Ok(()),
        // what comes out of a pipe that broke is empty too
        (true, true) => add(batch, nothing(name)),
        (true, false) => add(batch, Outcome::Skipped("empty file".to_owned())),
    }
}

/// Sends everything that an input holds; whether there was nothing.
fn items<R: BufRead>(
    reader: &mut intake::Reader<R>,
    name: &Arc<str>,
    strict: bool,
    names: &[Arc<str>],
    batch: &RefCell<Batch>,
) -> Result<bool, Closed> {
    let mut empty = true;
    for item in reader.by_ref() {
        empty = false;
        match item {
            Ok(Item::Case(case)) => {
                let source = Source::case(name, case.place);
                batch.borrow_mut().case(source, case)?;
            }
            Ok(Item::Unjudged(unjudged)) => add(batch, gap(names, *unjudged))?,
            Ok(Item::Skipped(skipped)) => add(batch, left_out(name, &skipped, strict))?,
            Ok(Item::Broken(broken)) => {
                let source = Source::line(name, broken.line);
                add(batch, failure(source, "broken", broken.message))?;
            }
            // the rest of this input is lost, not the next
            Err(error) => add(batch, unreadable(name, &error))?,
        }
    }
    let passed = reader.take_passed();
    if passed != Passed::default() {
        empty = false;
        add(batch, Outcome::Passed(passed))?;
    }
    Ok(empty)
}

/// What is no Kubernetes object is an error where it was asked for by name.
fn left_out(name: &Arc<str>, skipped: &Skipped, strict: bool) -> Outcome {
    if strict {
        let message = format!("no Kubernetes object: {}", skipped.reason);
        failure(Source::case(name, skipped.place), "no-object", message)
    } else {
        Outcome::Skipped(skipped.reason.to_string())
    }
}

fn nothing(name: &Arc<str>) -> Outcome {
    let message = "no Kubernetes object: nothing in it".to_owned();
    failure(Source::file(name), "no-object", message)
}

fn unreadable(name: &Arc<str>, error: &io::Error) -> Outcome {
    failure(Source::file(name), "file", error.to_string())
}

fn failure(source: Source, reason: &'static str, message: String) -> Outcome {
    Outcome::Failed(Box::new(Failure {
        json: Some(error_line(&source, None, reason, &message)),
        source,
        unanswered: false,
        reason,
        message,
        request: None,
    }))
}

fn add(batch: &RefCell<Batch>, outcome: Outcome) -> Result<(), Closed> {
    batch.borrow_mut().add(Entry::Done(outcome), 0)
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
        let bytes = case.request().len();
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

/// Raw input. Before it waits for more, it sends what was read so far, so
/// that a log which is still being written is reported line by line.
struct Watched<R> {
    raw: R,
    batch: Rc<RefCell<Batch>>,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.batch.borrow_mut().flush().is_err() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let read = self.raw.read(buffer)?;
        self.progress.read(read);
        Ok(read)
    }
}
