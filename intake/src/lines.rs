//! The input line by line, with line numbers. It does not know what a line means.

use std::io::{self, BufRead};

/// The byte-order mark, which some editors put before the first letter of a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line with its line break, if it has one.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Line {
    /// The line from its first byte that is no space.
    pub(crate) fn trimmed(&self) -> &[u8] {
        self.bytes.trim_ascii_start()
    }

    /// Whether the line ends a document or starts one: three of `marker`, then nothing or space.
    pub(crate) fn is_mark(&self, marker: &[u8; 3]) -> bool {
        self.bytes
            .strip_prefix(marker)
            .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
    }
}

/// Reads lines. A byte-order mark at the start of the input is left out.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    read: u64,
    held: Option<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            read: 0,
            held: None,
        }
    }

    /// The next line, or none at the end of the input.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.held.take() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        if self.input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if self.read == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self.read += 1;
        Ok(Some(Line {
            number: self.read,
            bytes,
        }))
    }

    /// Gives back a line, to be the next again.
    pub(crate) fn hold(&mut self, line: Line) {
        self.held = Some(line);
    }
}

/// The text behind blank lines, comments and document marks, and how many lines those are.
pub(crate) fn body(text: &str) -> (u64, &str) {
    let mut above = 0;
    let mut rest = text;
    while let Some((line, below)) = rest.split_once('\n') {
        let bare = line.strip_prefix("---").unwrap_or(line).trim_ascii();
        if !(bare.is_empty() || bare.starts_with('#')) {
            break;
        }
        above += 1;
        rest = below;
    }
    (above, rest)
}

/// How many lines a text has.
pub(crate) fn lines(text: &str) -> u64 {
    text.lines().fold(0, |sum, _| sum + 1)
}
