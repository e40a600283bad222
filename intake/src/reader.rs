//! One input, read as far as the caller asks. It tells JSON Lines from other texts and cuts those
//! into documents, so that never more than one is held; what is in them is not its business.

use crate::items::Items;
use crate::lines::{Line, Lines, body};
use crate::{Broken, Item, Position, json, yaml};
use serde::de::IgnoredAny;
use std::io::{self, BufRead};

/// Iterates over everything in one input, in its order. Made by [`read`].
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    mode: Mode,
    documents: u64,
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
    /// All read.
    End,
}

/// Reads everything in `input`: reviews, bare requests and manifests, as JSON, JSON Lines or
/// YAML. An error of `input` is the last that the iterator gives.
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
    Reader {
        lines: Lines::new(input),
        mode: Mode::Start,
        documents: 0,
        items: Items::default(),
        failure: None,
    }
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
    fn end(&mut self, failure: Option<io::Error>) {
        self.items.close();
        self.mode = Mode::End;
        self.failure = failure;
    }

    /// Reads one step on; false at the end of the input.
    fn advance(&mut self) -> io::Result<bool> {
        match self.mode {
            Mode::Start => self.start(),
            Mode::Records => self.record(),
            Mode::Documents => self.document(),
            Mode::End => Ok(false),
        }
    }

    fn start(&mut self) -> io::Result<bool> {
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if line.trimmed().is_empty() {
            return Ok(true);
        }
        self.mode = if begins_json(line.trimmed())
            && serde_json::from_slice::<IgnoredAny>(&line.bytes).is_ok()
        {
            Mode::Records
        } else {
            Mode::Documents
        };
        self.lines.hold(line);
        Ok(true)
    }

    fn record(&mut self) -> io::Result<bool> {
        let Some(mut line) = self.lines.next()? else {
            return Ok(false);
        };
        if line.is_mark(b"---") {
            self.lines.hold(line);
            self.mode = Mode::Documents;
            return Ok(true);
        }
        if is_open(&line) {
            while let Some(next) = self.lines.next()? {
                if !continues(&next) {
                    self.lines.hold(next);
                    break;
                }
                line.bytes.extend(next.bytes);
            }
        }
        let Some(text) = text(&line, &mut self.items) else {
            return Ok(true);
        };
        json::read(text, start_of(&line), &mut 0, &mut self.items);
        Ok(true)
    }

    /// Reads up to the next line that divides documents. Comments and directives belong to the
    /// document that follows them.
    fn document(&mut self) -> io::Result<bool> {
        let Some(mut chunk) = self.lines.next()? else {
            return Ok(false);
        };
        let mut content = holds_content(&chunk);
        while let Some(next) = self.lines.next()? {
            if content && next.is_mark(b"---") {
                self.lines.hold(next);
                break;
            }
            content |= holds_content(&next);
            let last = next.is_mark(b"...");
            chunk.bytes.extend(next.bytes);
            if last {
                break;
            }
        }
        if let Some(text) = text(&chunk, &mut self.items) {
            self.chunk(text, start_of(&chunk));
        }
        Ok(true)
    }

    fn chunk(&mut self, text: &str, start: Position) {
        let (above, body) = body(text);
        if begins_json(body.as_bytes().trim_ascii_start()) {
            let start = Position {
                line: start.line + above,
                column: 1,
            };
            json::read(body, start, &mut self.documents, &mut self.items);
        } else {
            yaml::read(text, start.line, &mut self.documents, &mut self.items);
        }
    }
}

/// Whether a text that starts so is JSON: the same first letters can begin a YAML collection or a
/// Go template.
fn begins_json(text: &[u8]) -> bool {
    let is_bracket = |byte: &u8| matches!(byte, b'{' | b'[');
    let is_open = |byte: &u8| is_bracket(byte) || byte.is_ascii_whitespace();
    let length = text.iter().take_while(|byte| is_open(byte)).count();
    let Some((open, rest)) = text.split_at_checked(length) else {
        return false;
    };
    if !text.first().is_some_and(is_bracket) || open.starts_with(b"{{") {
        return false;
    }
    match (open.iter().rfind(|byte| is_bracket(byte)), rest.first()) {
        (_, None | Some(b'"')) => true,
        (Some(b'{'), Some(next)) => *next == b'}',
        (_, Some(next)) => matches!(next, b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'),
    }
}

/// Whether a JSON value may go on behind the line, as pretty-printed ones do.
fn is_open(line: &Line) -> bool {
    !matches!(line.bytes.trim_ascii_end().last(), None | Some(b'}' | b']'))
}

/// Whether a line belongs to the pretty-printed value above it.
fn continues(line: &Line) -> bool {
    matches!(line.bytes.first(), Some(b' ' | b'\t' | b'}' | b']'))
}

/// Whether a YAML document has begun with this line at the latest.
fn holds_content(line: &Line) -> bool {
    let bare = if line.is_mark(b"---") {
        line.bytes.get(3..).unwrap_or_default()
    } else {
        &line.bytes
    };
    !matches!(bare.trim_ascii_start().first(), None | Some(b'#')) && !bare.starts_with(b"%")
}

/// The bytes as text; reports what is not UTF-8.
fn text<'a>(line: &'a Line, items: &mut Items) -> Option<&'a str> {
    match str::from_utf8(&line.bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = line.bytes.get(..error.valid_up_to()).unwrap_or_default();
            let above = before
                .iter()
                .filter(|byte| **byte == b'\n')
                .fold(0, |sum, _| sum + 1);
            let message = match line.bytes.as_slice() {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the text is UTF-16, save it as UTF-8",
                _ => "a byte that is not UTF-8",
            };
            items.broken(Broken::new(line.number + above, message));
            None
        }
    }
}

fn start_of(line: &Line) -> Position {
    Position {
        line: line.number,
        column: 1,
    }
}
