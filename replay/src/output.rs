//! Where a report goes: standard output, or a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, StdoutLock, Write};
use std::path::Path;

/// Bytes of output that are written at once.
pub(crate) const BUFFER: usize = 64 << 10;

/// Output that is written in large pieces.
pub(crate) type Out = BufWriter<Output>;

/// Where a report goes.
pub(crate) enum Output {
    Stdout(StdoutLock<'static>),
    File(File),
}

impl Output {
    /// A file of `length` bytes, which are there already, or anew.
    pub(crate) fn file(path: &Path, length: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        let metadata = file.metadata()?;
        // a device or a pipe has no length
        if metadata.is_file() {
            file.set_len(length.min(metadata.len()))?;
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self::File(file))
    }

    /// Bytes of the file so far; none of what is no file.
    pub(crate) fn length(&mut self) -> io::Result<u64> {
        match self {
            Self::Stdout(_) => Ok(0),
            Self::File(file) => file.stream_position(),
        }
    }

    /// Waits until what was written is safe.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(file) => file.sync_data(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}
