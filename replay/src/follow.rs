//! A log that is still being written, across its rotation: the file is read to its end, then waited
//! at; when another one stands in its place, that one is read from its start.
//!
//! A file is known by its first bytes, never by a number that the file system may give to another:
//! the first event of an audit log has an id that no other has.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(200);

/// Bytes that a file is known by.
const HEAD: usize = 1 << 10;

/// The first bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    length: usize,
    sha256: String,
}

impl Head {
    fn of(start: &[u8]) -> Self {
        let hash = Sha256::digest(start);
        Self {
            length: start.len(),
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The head of a file as it is now.
    pub(crate) fn read(file: &mut File) -> io::Result<Self> {
        start(file, HEAD).map(|start| Self::of(&start))
    }

    /// Whether the file had no bytes.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether more bytes of the file would not change it.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= HEAD
    }

    /// Whether a file starts with these bytes.
    pub(crate) fn is_of(&self, file: &mut File) -> io::Result<bool> {
        Ok(!self.is_empty() && Self::of(&start(file, self.length)?) == *self)
    }
}

/// The first bytes of a file, `most` of them; where the file stands does not change.
fn start(file: &mut File, most: usize) -> io::Result<Vec<u8>> {
    let at = file.stream_position()?;
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    file.by_ref()
        .take(u64::try_from(most).unwrap_or(u64::MAX))
        .read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(at))?;
    Ok(start)
}

/// A file that is being written. Reading waits for more, and ends when another file has taken its
/// place, or something else was written into it.
pub(crate) struct Growing {
    file: File,
    path: PathBuf,
    /// As it was when it was opened, or since it had that many bytes.
    head: Head,
    read: u64,
}

/// What has become of a file.
enum Now {
    /// It is still the one at its path.
    Current,
    /// Another one is there; this one has its end still.
    Rotated,
    /// It begins otherwise, or is shorter than what was read of it.
    Replaced,
}

impl Growing {
    /// Opens the file, as soon as there is one in its folder.
    pub(crate) fn wait(path: &Path) -> io::Result<File> {
        // what may come can only come where there is a folder
        fs::metadata(folder(path))?;
        loop {
            match File::open(path) {
                // between a rotation's two steps there is none
                Err(error) if error.kind() == io::ErrorKind::NotFound => pause(),
                opened => return opened,
            }
        }
    }

    /// The file at this path, of which so many bytes were read.
    pub(crate) fn new(mut file: File, path: &Path, read: u64) -> io::Result<Self> {
        Ok(Self {
            head: Head::read(&mut file)?,
            file,
            path: path.to_owned(),
            read,
        })
    }

    fn now(&mut self) -> io::Result<Now> {
        let is_shorter = self.file.metadata()?.len() < self.read;
        if is_shorter || !(self.head.is_empty() || self.head.is_of(&mut self.file)?) {
            return Ok(Now::Replaced);
        }
        if !self.head.is_full() {
            self.head = Head::read(&mut self.file)?;
        }
        match File::open(&self.path) {
            Ok(mut there) => {
                // an empty file has nothing to be known by
                let is_it = self.head.is_empty() || self.head.is_of(&mut there)?;
                Ok(if is_it { Now::Current } else { Now::Rotated })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Now::Rotated),
            Err(error) => Err(error),
        }
    }
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let now = self.now()?;
            if matches!(now, Now::Replaced) || buffer.is_empty() {
                return Ok(0);
            }
            // read after looking, so that what was written before the rotation is not missed
            let read = self.file.read(buffer)?;
            if read > 0 || matches!(now, Now::Rotated) {
                self.read += u64::try_from(read).unwrap_or(u64::MAX);
                return Ok(read);
            }
            pause();
        }
    }
}

/// Waits before looking again.
pub(crate) fn pause() {
    thread::sleep(PAUSE);
}

/// The files that a log was rotated into, the oldest first: those beside it that are called after it
/// and a time or a number.
///
/// Source: `audit-2026-11-22T01-28-32.920.log` of the API server's lumberjack, `audit.log.1` of
/// logrotate.
pub(crate) fn rotated(path: &Path) -> Vec<PathBuf> {
    let text = |name: Option<&OsStr>| name.map(|name| name.to_string_lossy().into_owned());
    let (Some(name), Some(stem)) = (text(path.file_name()), text(path.file_stem())) else {
        return Vec::new();
    };
    let has_number = |rest: Option<&str>| {
        rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
    };
    let entries = fs::read_dir(folder(path)).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| {
            let other = entry.file_name();
            let other = other.to_string_lossy();
            has_number(other.strip_prefix(&format!("{stem}-")))
                || has_number(other.strip_prefix(&format!("{name}.")))
        })
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let file = path.with_file_name(entry.file_name());
            metadata
                .is_file()
                .then(|| Some((metadata.modified().ok()?, file)))?
        })
        .collect();
    files.sort();
    files.into_iter().map(|(_, file)| file).collect()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
