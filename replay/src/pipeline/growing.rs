//! Reads a log that is being written, from where a checkpoint says on, and says after each case how
//! far it came.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Closed;
use super::reader::{Feed, failure};
use crate::checkpoint::Mark;
use crate::follow::{Growing, Head, pause, rotated};
use crate::outcome::Source;

/// A log to follow.
pub(crate) struct Follow {
    pub(crate) path: PathBuf,
    /// How far it was told of already.
    pub(crate) from: Option<Mark>,
}

/// Reads the log until nobody waits for more.
pub(super) fn follow(log: &Follow, feed: &mut Feed) -> Result<(), Closed> {
    let mut last = log.from.clone();
    let (mut first, mut at) = match &last {
        Some(mark) => restart(log, mark, feed)?,
        None => (0, At::default()),
    };
    let mut failed = Failed::default();
    loop {
        let before = last.clone();
        let files = files(log);
        let newest = files.len() - 1;
        if last.is_none() {
            first = newest;
        }
        for (index, path) in files.iter().enumerate().skip(first) {
            let at = std::mem::take(&mut at);
            let read = one(path, index == newest, at, &mut failed, feed)?;
            last = read.or(last);
        }
        if last == before {
            pause();
        }
        // another file has taken the place of the last, which may have more than was read of it
        let files = self::files(log);
        let known = last
            .as_ref()
            .and_then(|mark| Some((find(&files, mark)?, At::of(mark))));
        (first, at) = known.unwrap_or((files.len() - 1, At::default()));
    }
}

/// The files of a log, the one that is being written last.
fn files(log: &Follow) -> Vec<PathBuf> {
    let mut files = rotated(&log.path);
    files.push(log.path.clone());
    files
}

/// A place in a file.
#[derive(Clone, Copy, Default)]
struct At {
    bytes: u64,
    lines: u64,
}

impl At {
    fn of(mark: &Mark) -> Self {
        Self {
            bytes: mark.offset,
            lines: mark.lines,
        }
    }
}

/// Which of the files to go on with, and where. What was told of is read again, with the file
/// before it, for what later events are measured against and for requests that have not ended.
fn restart(log: &Follow, mark: &Mark, feed: &mut Feed) -> Result<(usize, At), Closed> {
    let files = files(log);
    let Some(file) = find(&files, mark) else {
        let message = "the checkpoint is of another log, or of a file that is gone: this one is \
                       told from its start, and what was written in between is not";
        let source = Source::file(&Arc::from(log.path.to_string_lossy()));
        feed.add(failure(source, "checkpoint", message.to_owned()))?;
        return Ok((files.len() - 1, At::default()));
    };
    for (path, bytes) in [(file.checked_sub(1), u64::MAX), (Some(file), mark.offset)] {
        if let Some(path) = path.and_then(|index| files.get(index)) {
            feed.remember(path, bytes)?;
        }
    }
    Ok((file, At::of(mark)))
}

/// Which of the files a mark is of: the newest that is, for a copy has the same start.
fn find(files: &[PathBuf], mark: &Mark) -> Option<usize> {
    let is_it = |path: &PathBuf| {
        let Ok(mut file) = File::open(path) else {
            return false;
        };
        let is_long_enough = file
            .metadata()
            .is_ok_and(|metadata| metadata.len() >= mark.offset);
        is_long_enough && mark.head.is_of(&mut file).unwrap_or(false)
    };
    files.iter().rposition(is_it)
}

/// Why each file could not be opened the last time that it was tried.
#[derive(Default)]
struct Failed(BTreeMap<Arc<str>, String>);

impl Failed {
    /// Tells of it, once as long as it lasts.
    fn tell(&mut self, name: &Arc<str>, error: &io::Error, feed: &mut Feed) -> Result<(), Closed> {
        let message = error.to_string();
        if self.0.get(name) != Some(&message) {
            feed.add(failure(Source::file(name), "file", message.clone()))?;
            self.0.insert(Arc::clone(name), message);
        }
        // nothing is read that would send it
        feed.flush()
    }
}

/// Reads one file from a place on; how far it came.
fn one(
    path: &Path,
    is_growing: bool,
    at: At,
    failed: &mut Failed,
    feed: &mut Feed,
) -> Result<Option<Mark>, Closed> {
    let opened = || -> io::Result<(Box<dyn Read>, File)> {
        let mut file = if is_growing {
            Growing::wait(path)?
        } else {
            File::open(path)?
        };
        let head = File::open(path)?;
        file.seek(SeekFrom::Start(at.bytes))?;
        Ok(match is_growing {
            true => (Box::new(Growing::new(file, path, at.bytes)?), head),
            false => (Box::new(file), head),
        })
    };
    let name: Arc<str> = Arc::from(path.to_string_lossy());
    match opened() {
        Ok((raw, file)) => {
            failed.0.remove(&name);
            let mut marks = Marks {
                file,
                start: at,
                last: None,
            };
            feed.input(&name, raw, true, at.lines, Some(&mut marks))?;
            Ok(marks.last)
        }
        Err(error) => {
            failed.tell(&name, &error, feed)?;
            Ok(None)
        }
    }
}

/// How far a file was read.
pub(super) struct Marks {
    file: File,
    start: At,
    last: Option<Mark>,
}

impl Marks {
    /// Where the file was begun, once: it is to be known before anything of it is told.
    pub(super) fn first(&mut self) -> Option<Mark> {
        match self.last {
            None => self.at(0, self.start.lines),
            Some(_) => None,
        }
    }

    /// The mark behind so many bytes that were read, and so many lines of the file; none while the file has nothing that it could
    /// be known by.
    pub(super) fn at(&mut self, bytes: u64, lines: u64) -> Option<Mark> {
        let known = self.last.take().map(|mark| mark.head);
        let head = match known.filter(Head::is_full) {
            Some(head) => head,
            None => Head::read(&mut self.file)
                .ok()
                .filter(|head| !head.is_empty())?,
        };
        let offset = self.start.bytes.saturating_add(bytes);
        self.last = Some(Mark {
            head,
            offset,
            lines,
        });
        self.last.clone()
    }
}
