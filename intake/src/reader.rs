//! One input, read as far as the caller asks. It tells JSON Lines from other texts and cuts those
//! into documents, so that never more than one is held, and none that is too large; what is in
//! them is not its business.

mod records;

use records::is_record_of_log;
pub(crate) use records::{continues, is_record, open_part};

use crate::audit::{self, Log};
use crate::brackets::Brackets;
use crate::chunk::Chunk;
use crate::items::Items;
use crate::lines::{BYTE_ORDER_MARK, Line, Lines, body};
use crate::opening::{begins_json, is_bracket, is_opening};
use crate::{Broken, Item, MAX_BYTES, Passed, Position, json, yaml};
use serde::de::IgnoredAny;
use std::io::{self, BufRead};

/// What to say of more than [`MAX_BYTES`], by what has them.
pub(crate) const LARGE_LINE: &str =
    "too large: more than 64 MiB in one line, give each object its own";
pub(crate) const LARGE_VALUE: &str =
    "too large: more than 64 MiB in one JSON value, give each object a line of its own";
pub(crate) const LARGE_DOCUMENT: &str =
    "too large: more than 64 MiB in one document, divide it with `---`";

/// Iterates over everything in one input, in its order. Made by [`read`].
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    /// Most bytes that are read as one text.
    limit: usize,
    mode: Mode,
    stream: json::Stream,
    items: Items,
    failure: Option<io::Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing but blank lines so far.
    Start,
    /// JSON Lines: each line by itself.
    Records,
    /// Documents that `---` divides, YAML or JSON each.
    Documents,
    /// JSON values that follow each other, up to the end of their document.
    Values,
    /// All read.
    End,
}

/// Reads everything in `input`: reviews, bare requests, audit events and manifests, as JSON, JSON
/// Lines or YAML. An error of `input` is the last that the iterator gives.
///
/// ```
/// use intake::{Item, Position, read};
///
/// let input = "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: yes\n";
/// let Some(Ok(Item::Case(case))) = read(input.as_bytes()).next() else {
///     panic!("a manifest is a case");
/// };
/// assert!(case.request().ends_with(r#""spec":{"hostPID":true}}}"#));
/// let position = Position { line: 4, column: 3 };
/// assert_eq!(case.locate("/spec/hostPID"), Some(position));
/// ```
pub fn read<R: BufRead>(input: R) -> Reader<R> {
    read_into(Log::default(), input)
}

/// Reads everything in `input` as [`read`] does, its audit events into a log that may have come
/// through other inputs.
pub fn read_into<R: BufRead>(log: Log, input: R) -> Reader<R> {
    Reader::new(input, MAX_BYTES, log)
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            if self.mode == Mode::End {
                return self.failure.take().map(Err);
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => self.end(None),
                Err(failure) => self.end(Some(failure)),
            }
        }
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads at most `limit` bytes as one text.
    pub(crate) fn new(input: R, limit: usize, log: Log) -> Self {
        Self {
            lines: Lines::new(input, limit),
            limit,
            mode: Mode::Start,
            stream: json::Stream::default(),
            items: Items::with(log),
            failure: None,
        }
    }

    /// The same, for an input that goes on behind so many lines that were read before.
    #[must_use]
    pub fn after_lines(mut self, lines: u64) -> Self {
        self.lines.count_from(lines);
        self
    }

    /// The same, for an input that goes on in JSON Lines.
    #[must_use]
    pub(crate) fn in_records(mut self) -> Self {
        self.mode = Mode::Records;
        self
    }

    /// Whether the input is JSON Lines; none for one in which nothing stands.
    pub(crate) fn tell_records(mut self) -> Option<bool> {
        while self.mode == Mode::Start && self.start().is_ok_and(|goes_on| goes_on) {}
        (self.mode != Mode::Start).then_some(self.mode == Mode::Records)
    }

    /// Whether an input that does not begin in JSON Lines comes to them.
    pub(crate) fn comes_to_records(mut self) -> bool {
        let is_before = |mode| !matches!(mode, Mode::Records | Mode::End);
        while is_before(self.mode) && self.advance().is_ok_and(|goes_on| goes_on) {}
        self.mode == Mode::Records
    }

    /// How many lines were read, those before the input too.
    pub fn lines(&self) -> u64 {
        self.lines.count()
    }

    /// How many bytes of the input were read of which everything was given out; none while
    /// something of them is still to come.
    pub fn settled(&self) -> Option<u64> {
        self.items.is_empty().then(|| self.lines.bytes())
    }

    /// The audit events passed since the last time this was asked.
    pub fn take_passed(&mut self) -> Passed {
        self.items.take_passed()
    }

    /// Whether a request that an audit log began was read, and is to be told of when its end comes
    /// or is given up.
    pub fn is_waiting(&self) -> bool {
        self.items.is_waiting()
    }

    /// The log, with the events of this input up to where it was read.
    pub fn into_log(self) -> Log {
        self.items.into_log()
    }

    fn end(&mut self, failure: Option<io::Error>) {
        self.mode = Mode::End;
        self.failure = failure;
    }

    /// Reads one step on; false at the end of the input.
    fn advance(&mut self) -> io::Result<bool> {
        match self.mode {
            Mode::Start => self.start(),
            Mode::Records => self.record(),
            Mode::Documents => self.document(),
            Mode::Values => self.value(),
            Mode::End => Ok(false),
        }
    }

    /// A line that is too large to be looked at is taken for a record if it begins like one: what
    /// follows it is read either way.
    fn start(&mut self) -> io::Result<bool> {
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if line.trimmed().is_empty() && !line.is_cut {
            return Ok(true);
        }
        let is_json = begins_json(line.trimmed())
            && (line.is_cut || serde_json::from_slice::<IgnoredAny>(&line.bytes).is_ok());
        self.mode = if is_json || audit::is_prefixed(line.trimmed()) {
            Mode::Records
        } else {
            Mode::Documents
        };
        self.lines.hold(line);
        Ok(true)
    }

    /// Reads up to the next line that divides documents, or the first value of a document that is
    /// JSON. Comments and directives belong to the document that follows them.
    fn document(&mut self) -> io::Result<bool> {
        let mut chunk = Chunk::new(self.limit);
        let mut brackets = Brackets::default();
        let has_content = self.head(&mut chunk)?;
        if has_content {
            self.opening(&mut chunk, &mut brackets)?;
        }
        if chunk.is_empty() {
            return Ok(false);
        }
        let (above, body) = body(chunk.start());
        let content = chunk.line() + above;
        if begins_json(body.as_bytes().trim_ascii_start()) {
            self.mode = Mode::Values;
            self.stream.is_broken = false;
            self.rest_of_value(&mut chunk, &mut brackets)?;
            self.json(&chunk, content);
        } else {
            if has_content && let Some(record) = self.rest_of_yaml(&mut chunk)? {
                self.records_below(record, content);
            } else {
                self.yaml(&chunk, content);
            }
        }
        Ok(true)
    }

    /// Adds the lines above the content of a document; false if it has none.
    fn head(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        while let Some(line) = self.lines.next()? {
            let is_end = line.is_mark(b"...");
            if !is_end && holds_content(&line) {
                self.lines.hold(line);
                return Ok(true);
            }
            chunk.add(line);
            if is_end {
                break;
            }
        }
        Ok(false)
    }

    /// Adds the lines that tell JSON from YAML: up to the first that has more than opening
    /// brackets.
    fn opening(&mut self, chunk: &mut Chunk, brackets: &mut Brackets) -> io::Result<()> {
        let mut goes_on = true;
        while goes_on && let Some(line) = self.lines.next()? {
            if brackets.is_open() && ends_document(&line) {
                self.lines.hold(line);
                break;
            }
            goes_on = line.bytes.iter().all(is_opening);
            self.add(line, chunk, brackets)?;
        }
        Ok(())
    }

    /// Adds what is left of a YAML document. A record, which stands in none, shows that it is a log
    /// of which the first line is lost or is another log's: that line is given back.
    fn rest_of_yaml(&mut self, chunk: &mut Chunk) -> io::Result<Option<Line>> {
        while let Some(line) = self.lines.next()? {
            if is_record(&line.bytes) {
                return Ok(Some(line));
            }
            if line.is_mark(b"---") {
                self.lines.hold(line);
                break;
            }
            let is_end = line.is_mark(b"...");
            chunk.add(line);
            if is_end {
                break;
            }
        }
        Ok(None)
    }

    /// Goes on in JSON Lines from this one, below lines from `first` on that are none.
    fn records_below(&mut self, record: Line, first: u64) {
        let message = match record.number.saturating_sub(first) {
            0 | 1 => "a line that is no record, above the first".to_owned(),
            count => format!("{count} lines that are no records, above the first"),
        };
        self.items.broken(Broken::new(first, message));
        self.lines.hold(record);
        self.mode = Mode::Records;
    }

    /// Takes in a YAML document, whose content starts on line `content`.
    fn yaml(&mut self, chunk: &Chunk, content: u64) {
        match chunk.text(content, LARGE_DOCUMENT) {
            Ok(text) => {
                let documents = &mut self.stream.documents;
                yaml::read(text, chunk.line(), documents, &mut self.items);
            }
            Err(broken) => self.broken(broken),
        }
    }

    /// Reads the next of several JSON values.
    fn value(&mut self) -> io::Result<bool> {
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if ends_document(&line) {
            self.mode = Mode::Documents;
            if line.is_mark(b"---") {
                self.lines.hold(line);
            }
            return Ok(true);
        }
        if self.stream.is_broken && is_record_of_log(&line.bytes) {
            self.lines.hold(line);
            self.mode = Mode::Records;
            return Ok(true);
        }
        let mut chunk = Chunk::new(self.limit);
        let mut brackets = Brackets::default();
        self.add(line, &mut chunk, &mut brackets)?;
        self.rest_of_value(&mut chunk, &mut brackets)?;
        self.json(&chunk, chunk.line());
        Ok(true)
    }

    /// Adds what is left of a JSON value: up to the line after which nothing is open, or to a line
    /// that begins the next value although this one has not ended.
    fn rest_of_value(&mut self, chunk: &mut Chunk, brackets: &mut Brackets) -> io::Result<()> {
        while brackets.is_open()
            && let Some(line) = self.lines.next()?
        {
            let is_next = line.bytes.first().is_some_and(is_bracket) && !brackets.take_value();
            let is_next = is_next || audit::is_logged_object(&line.bytes);
            if is_next || ends_document(&line) {
                self.lines.hold(line);
                break;
            }
            self.add(line, chunk, brackets)?;
        }
        Ok(())
    }

    /// Takes in a JSON value, which starts on line `content`.
    fn json(&mut self, chunk: &Chunk, content: u64) {
        match chunk.text(content, LARGE_VALUE) {
            Ok(text) => {
                let (above, body) = body(text);
                let start = start_of(chunk.line() + above);
                json::read(body, start, &mut self.stream, &mut self.items);
            }
            Err(broken) => self.broken(broken),
        }
    }

    /// Adds a line to `chunk`, and all of it to `brackets`, however large it is.
    fn add(&mut self, line: Line, chunk: &mut Chunk, brackets: &mut Brackets) -> io::Result<()> {
        brackets.see(&line.bytes);
        chunk.add(line);
        self.lines.rest(|piece| brackets.see(piece))
    }

    /// Takes note of a document that is no text or too large.
    fn broken(&mut self, broken: Broken) {
        self.stream.documents += 1;
        self.items.broken(broken);
    }
}

/// Whether a YAML document has begun with this line at the latest.
fn holds_content(line: &Line) -> bool {
    let bare = if line.is_mark(b"---") {
        line.bytes.get(3..).unwrap_or_default()
    } else {
        &line.bytes
    };
    let bare = bare.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bare);
    !matches!(bare.trim_ascii_start().first(), None | Some(b'#')) && !bare.starts_with(b"%")
}

/// Whether a line ends the document above it.
fn ends_document(line: &Line) -> bool {
    line.is_mark(b"---") || line.is_mark(b"...")
}

fn start_of(line: u64) -> Position {
    Position { line, column: 1 }
}
