//! Lines that are read as one text, and what cannot be read as one: what is too large or is not
//! UTF-8.

use crate::Broken;
use crate::lines::Line;

/// Lines that follow each other. Of more than the limit it holds the start alone.
#[derive(Debug)]
pub(crate) struct Chunk {
    limit: usize,
    first: Option<u64>,
    bytes: Vec<u8>,
    is_too_large: bool,
}

impl Chunk {
    /// No line yet, and at most `limit` bytes of those to come.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            first: None,
            bytes: Vec::new(),
            is_too_large: false,
        }
    }

    pub(crate) fn add(&mut self, mut line: Line) {
        self.first.get_or_insert(line.number);
        let room = self.limit.saturating_sub(self.bytes.len());
        self.is_too_large |= line.is_cut || line.bytes.len() > room;
        line.bytes.truncate(room);
        if self.bytes.is_empty() {
            self.bytes = line.bytes;
        } else {
            self.bytes.extend(line.bytes);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// As much of it as is held.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of the first line.
    pub(crate) fn line(&self) -> u64 {
        self.first.unwrap_or(1)
    }

    /// As much of the start as is text.
    pub(crate) fn start(&self) -> &str {
        let text = self.bytes.utf8_chunks().next();
        unmarked(text.map_or("", |text| text.valid()))
    }

    /// All of it as text. When that is too much, `too_large` says so, and the fault is on `line`.
    pub(crate) fn text(&self, line: u64, too_large: &str) -> Result<&str, Broken> {
        if self.is_too_large {
            return Err(Broken::new(line, too_large));
        }
        let text = str::from_utf8(&self.bytes);
        text.map(unmarked)
            .map_err(|error| self.no_text(error.valid_up_to()))
    }

    /// What is wrong when `valid` bytes are text and the next is not.
    fn no_text(&self, valid: usize) -> Broken {
        let before = self.bytes.get(..valid).unwrap_or_default();
        let breaks = before.iter().filter(|byte| **byte == b'\n');
        let above = breaks.fold(0, |sum, _| sum + 1);
        let message = match self.bytes.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the text is UTF-16, save it as UTF-8",
            _ => "a byte that is not UTF-8",
        };
        Broken::new(self.line() + above, message)
    }
}

/// A text without the byte-order mark that it may start with where inputs were put together.
fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
