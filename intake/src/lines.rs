//! The input line by line, with line numbers, and never more of a line in memory than a limit. It
//! does not know what a line means.

use memchr::memchr;
use std::io::{self, BufRead, Read as _};

/// The byte-order mark, which some editors put before the first letter of a text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line of more bytes is given the room of the largest at once.
const LARGE: usize = 8 << 20;

/// How much of the rest of a line is read at once.
const PIECE: u64 = 64 << 10;

/// One line with its line break, if it has one.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
    /// Its bytes in the input, as far as they were read.
    size: u64,
    /// Whether this is its start alone, one byte more than the limit.
    pub(crate) is_cut: bool,
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
    limit: usize,
    read: u64,
    /// Bytes that were read.
    bytes: u64,
    held: Option<Line>,
    /// The bytes of the next line, where all of it is known to be in memory.
    seen: Option<usize>,
    /// Whether the input stands inside a line that was cut.
    inside: bool,
}

impl<R: BufRead> Lines<R> {
    /// Cuts lines of more than `limit` bytes.
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            read: 0,
            bytes: 0,
            held: None,
            seen: None,
            inside: false,
        }
    }

    /// Passes over the lines that come next as long as they pass `test`. It looks at those alone
    /// that are in memory already, and may stop at any line.
    pub(crate) fn pass(&mut self, test: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        if self.held.is_some() || self.inside {
            return Ok(());
        }
        let leading = leading_lines(self.input.fill_buf()?, test);
        self.input.consume(leading.bytes);
        self.bytes += size(leading.bytes);
        self.read += leading.lines;
        self.seen = leading.next;
        Ok(())
    }

    /// Counts lines on from these, which came before the input.
    pub(crate) fn count_from(&mut self, lines: u64) {
        self.read = lines;
    }

    /// How many lines were handed out.
    pub(crate) fn count(&self) -> u64 {
        self.read - u64::from(self.held.is_some())
    }

    /// The bytes of the lines that were handed out.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes - self.held.as_ref().map_or(0, |line| line.size)
    }

    /// The next line, or none at the end of the input.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.held.take() {
            return Ok(Some(line));
        }
        self.rest(|_| {})?;
        let mut bytes = Vec::new();
        let most = self.limit.saturating_add(1);
        let (first, rest) = (most.min(LARGE), most.saturating_sub(LARGE));
        if self.until_break(size(first), &mut bytes)? == 0 {
            return Ok(None);
        }
        if rest > 0 && bytes.len() == LARGE && !ends_line(&bytes) {
            // growing by copying, as most allocators do, would hold it twice, and twice as large
            bytes.reserve_exact(rest);
            self.until_break(size(rest), &mut bytes)?;
        }
        let size = size(bytes.len());
        let is_cut = bytes.len() > self.limit;
        self.inside = is_cut && !ends_line(&bytes);
        if self.read == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self.read += 1;
        Ok(Some(Line {
            number: self.read,
            bytes,
            size,
            is_cut,
        }))
    }

    /// Shows what the line read last has beyond its start, if it was cut, piece by piece.
    pub(crate) fn rest(&mut self, mut show: impl FnMut(&[u8])) -> io::Result<()> {
        let mut piece = Vec::new();
        while self.inside {
            piece.clear();
            let is_end = self.until_break(PIECE, &mut piece)? == 0;
            self.inside = !is_end && !ends_line(&piece);
            show(&piece);
        }
        Ok(())
    }

    /// Gives back a line, to be the next again.
    pub(crate) fn hold(&mut self, line: Line) {
        self.held = Some(line);
    }

    /// Reads to the end of the line, `most` bytes at most; how many those are.
    fn until_break(&mut self, most: u64, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let read = match self.seen.take() {
            Some(length) if size(length) <= most => {
                bytes.extend_from_slice(self.input.fill_buf()?.get(..length).unwrap_or_default());
                self.input.consume(length);
                length
            }
            _ => self.input.by_ref().take(most).read_until(b'\n', bytes)?,
        };
        self.bytes += size(read);
        Ok(read)
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The lines that a text begins with and that pass a test.
#[derive(Default)]
struct Leading {
    lines: u64,
    /// Their bytes, with their line breaks.
    bytes: usize,
    /// The bytes of the line behind them, if its end is there too.
    next: Option<usize>,
}

fn leading_lines(text: &[u8], mut test: impl FnMut(&[u8]) -> bool) -> Leading {
    let mut leading = Leading::default();
    while let Some(rest) = text.get(leading.bytes..)
        && let Some(length) = memchr(b'\n', rest)
    {
        if !rest.get(..length).is_some_and(&mut test) {
            leading.next = Some(length + 1);
            break;
        }
        leading.bytes += length + 1;
        leading.lines += 1;
    }
    leading
}

fn ends_line(bytes: &[u8]) -> bool {
    bytes.last() == Some(&b'\n')
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
