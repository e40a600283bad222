//! JSON text to items: values that follow each other, and where to go on after one that cannot
//! be read.

use crate::audit::{Content, Text, content, is_irrelevant, may_hold_event, payload, told};
use crate::items::Items;
use crate::message::{broken, reason};
use crate::origin::{Mark, Source};
use crate::shape::{Inherited, Manifest, Shape, Value};
use crate::strict::check;
use crate::{Broken, Case, Form, Place, Position, Reason, manifest};
use serde_json::value::RawValue;

/// How deep lists, arrays and wrappers may hold each other. Each level is read again, so that time
/// would grow with their depth.
const MAX_LISTS: usize = 8;

/// How many values may fail at one and the same place before everything up to there is given up.
/// Each of them is read that far, so that time would grow with their number.
const MAX_TRIES: u32 = 16;

/// What is known of values that follow each other, over all the texts they are in.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// How many documents there were.
    pub(crate) documents: u64,
    /// Whether a value could not be read, so that what stands between values says nothing new.
    pub(crate) is_broken: bool,
}

/// Reads every value of `text`, which starts at `first` in the input. After a value that cannot be
/// read it goes on at the next line that begins with `{` or `[`, even within that value: of a
/// truncated array, the whole items are read.
pub(crate) fn read(text: &str, first: Position, stream: &mut Stream, items: &mut Items) {
    let text = text.trim_ascii_end();
    let mut source = Source::written(text, first);
    let mut recovery = None;
    let mut next = if stream.is_broken && !text.starts_with(['{', '[']) {
        next_start(text, 0)
    } else {
        next_value(text, 0)
    };
    while let Some(start) = next {
        let rest = text.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        stream.documents += 1;
        match values.next() {
            None => return,
            Some(Ok(value)) => {
                let end = start + values.byte_offset();
                let whole = text.get(start..end).unwrap_or_default();
                Document::new(&mut source, stream.documents, items).read(whole, value);
                next = if stream.is_broken {
                    next_start(text, end)
                } else {
                    next_value(text, end)
                };
            }
            Some(Err(error)) => {
                let mut broken = broken(&error, source.position(start));
                let line = broken.line;
                if error.is_eof()
                    && let Some(request) = told(rest.as_bytes())
                {
                    broken.message = format!("an audit event, {request}: {}", broken.message);
                }
                items.broken(broken);
                stream.is_broken = true;
                let fault = start + line_start(rest, error.line());
                let recovery = recovery.get_or_insert(Recovery { fault, tries: 0 });
                next = if recovery.goes_on(fault) {
                    next_start(text, start)
                } else {
                    items.broken(Broken::new(
                        line,
                        "too much is broken here: gave up everything above that was not read",
                    ));
                    next_start(text, fault.saturating_sub(1).max(start))
                };
            }
        }
    }
}

/// The fault that was met last and how often.
struct Recovery {
    fault: usize,
    tries: u32,
}

impl Recovery {
    /// Whether to look for values before this fault, too.
    fn goes_on(&mut self, fault: usize) -> bool {
        if fault > self.fault {
            *self = Self { fault, tries: 0 };
        }
        self.tries += 1;
        self.tries <= MAX_TRIES
    }
}

/// The offset at which a line, counted from 1, starts.
fn line_start(text: &str, line: usize) -> usize {
    match line.checked_sub(2) {
        None => 0,
        Some(breaks) => {
            let line_break = text.match_indices('\n').nth(breaks);
            line_break.map_or(text.len(), |(offset, _)| offset + 1)
        }
    }
}

/// Reads one JSON text that was composed from YAML.
pub(crate) fn read_composed(source: &mut Source, document: u64, items: &mut Items) {
    let text = source.text;
    match serde_json::from_str(text) {
        Ok(value) => Document::new(source, document, items).read(text, value),
        Err(error) => items.broken(broken(&error, source.position(0))),
    }
}

/// Reads a line of a log, which starts at `first` in the input.
pub(crate) fn read_logged(text: &str, first: Position, items: &mut Items) {
    let mut source = Source::written(text, first);
    let mut document = Document::new(&mut source, 1, items);
    document.inside = Inside::Log;
    document.inner(text, text, 0);
}

fn next_value(text: &str, offset: usize) -> Option<usize> {
    let rest = text.get(offset..)?;
    let space = rest.find(|letter: char| !letter.is_ascii_whitespace())?;
    Some(offset + space)
}

/// The next line after `offset` that begins with `{` or `[`.
fn next_start(text: &str, offset: usize) -> Option<usize> {
    let rest = text.get(offset..)?.as_bytes();
    let line = rest
        .windows(2)
        .position(|pair| matches!(pair, b"\n{" | b"\n["))?;
    Some(offset + line + 1)
}

/// One document on its way to cases.
struct Document<'s, 'a> {
    source: &'s mut Source<'a>,
    document: u64,
    item: u64,
    items: &'s mut Items,
    inside: Inside,
}

/// What a value is found in, which says what may be expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// The input itself, or a list in it.
    Input,
    /// An object that is a wrapper only if there are events in it.
    Forwarded,
    /// A log, most of which may be about anything.
    Log,
}

impl<'s, 'a> Document<'s, 'a> {
    fn new(source: &'s mut Source<'a>, document: u64, items: &'s mut Items) -> Self {
        Self {
            source,
            document,
            item: 0,
            items,
            inside: Inside::Input,
        }
    }

    fn read(mut self, text: &'a str, value: Value<'a>) {
        self.value(text, value, None, 0);
    }

    /// Takes in one value, whose text is `text`.
    fn value(
        &mut self,
        text: &'a str,
        value: Value<'a>,
        inherited: Option<&Inherited>,
        depth: usize,
    ) {
        let shape = value.shape(inherited);
        if let Shape::Untyped = shape
            && let Some(content) = content(text)
        {
            return self.wrapper(text, content, depth);
        }
        if let Shape::Many(values, inherited) = shape {
            if depth < MAX_LISTS {
                for value in values {
                    self.item(value, inherited.as_ref(), depth + 1);
                }
            } else {
                let place = self.place(text);
                self.items.broken(Broken::new(place.line, too_deep()));
            }
            return;
        }
        let place = self.place(text);
        match shape {
            Shape::Manifest(_) | Shape::Nothing(_) | Shape::Untyped
                if self.inside != Inside::Input =>
            {
                self.other(place);
            }
            Shape::Review { request, refused } => {
                let origin = self.source.origin(request, 0);
                let mut case = Case::new(place, Form::Request, request.to_owned(), origin);
                case.refused = refused;
                self.items.case(case);
            }
            Shape::Request => {
                let origin = self.source.origin(text, 0);
                self.items
                    .case(Case::new(place, Form::Request, text.to_owned(), origin));
            }
            Shape::Manifest(manifest) => self.manifest(place, text, &manifest),
            Shape::Event => self.items.event(text, place),
            Shape::Untyped => self.items.skipped(place, Reason::NoKind),
            Shape::Nothing(reason) => self.items.skipped(place, reason),
            Shape::Broken(message) => self.items.broken(Broken::new(place.line, message)),
            Shape::Many(..) => {}
        }
    }

    fn item(&mut self, value: &'a RawValue, inherited: Option<&Inherited>, depth: usize) {
        let text = value.get();
        match serde_json::from_str(text) {
            Ok(value) => self.value(text, value, inherited, depth),
            Err(error) => {
                self.item += 1;
                let start = self.position(text);
                self.items.broken(broken(&error, start));
            }
        }
    }

    /// Takes in what a wrapper holds, whose text is `text`.
    fn wrapper(&mut self, text: &'a str, content: Content<'a>, depth: usize) {
        if depth >= MAX_LISTS {
            let place = self.place(text);
            return self.items.broken(Broken::new(place.line, too_deep()));
        }
        let outside = self.inside;
        self.inside = match (&content, outside) {
            (Content::Forwarded(_), Inside::Input) => Inside::Forwarded,
            (Content::Forwarded(_), outside) => outside,
            _ => Inside::Log,
        };
        match content {
            Content::Records { records, cluster } => self.of_cluster(cluster, |document| {
                for record in records {
                    document.item(record, None, depth + 1);
                }
            }),
            Content::Logged(texts) => {
                for text in texts {
                    self.text(text, depth + 1);
                }
            }
            Content::Forwarded(text) => self.text(text, depth + 1),
            Content::Other => {
                let place = self.place(text);
                self.other(place);
            }
            Content::Broken(message) => {
                let place = self.place(text);
                self.items.broken(Broken::new(place.line, message));
            }
        }
        self.inside = outside;
    }

    fn text(&mut self, text: Text<'a>, depth: usize) {
        let Text {
            part,
            text,
            cluster,
        } = text;
        self.of_cluster(cluster, |document| document.inner(part, &text, depth));
    }

    /// Reads what is of this cluster; where it is not told, of the one around it.
    fn of_cluster(&mut self, cluster: Option<String>, read: impl FnOnce(&mut Self)) {
        let Some(cluster) = cluster else {
            return read(self);
        };
        let around = self.items.enter(Some(cluster.into()));
        read(self);
        self.items.enter(around);
    }

    /// Takes in a text that a wrapper has in `part`. All of it is where that starts.
    fn inner(&mut self, part: &'a str, text: &str, depth: usize) {
        let text = payload(text);
        if !text.starts_with(['{', '[']) {
            let place = self.place(part);
            if may_hold_event(text) {
                let message = "a line of a log: an audit event behind something unknown";
                return self.items.broken(Broken::new(place.line, message));
            }
            return self.other(place);
        }
        let marks = [Mark {
            offset: 0,
            at: self.position(part),
        }];
        let mut source = Source::composed(text, &marks);
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value<'_>>();
        let mut start = 0;
        let before = self.item;
        while let Some(value) = values.next() {
            let rest = text.get(start..).unwrap_or_default().trim_ascii_start();
            match value {
                Ok(value) => {
                    let end = values.byte_offset();
                    let whole = text.get(start..end).unwrap_or_default().trim_ascii_start();
                    start = end;
                    if is_irrelevant(whole.as_bytes()) {
                        self.item += 1;
                        self.items.pass(whole.as_bytes());
                        continue;
                    }
                    let mut inner = Document {
                        source: &mut source,
                        document: self.document,
                        item: self.item,
                        items: &mut *self.items,
                        inside: self.inside,
                    };
                    inner.value(whole, value, None, depth);
                    self.item = inner.item;
                }
                Err(error) => return self.cut(part, rest, &error),
            }
        }
        if self.item == before {
            // a list of nothing
            let place = self.place(part);
            self.other(place);
        }
    }

    /// Takes in a text of a log that is no JSON to its end.
    fn cut(&mut self, part: &'a str, text: &str, error: &serde_json::Error) {
        let place = self.place(part);
        if self.items.cut_event(text.as_bytes(), place) {
            return;
        }
        if self.inside == Inside::Log || may_hold_event(text) {
            let message = format!("a line of a log: {}", reason(error, None));
            self.items.broken(Broken::new(place.line, message));
        } else {
            self.other(place);
        }
    }

    /// Takes note of something in a wrapper that is no event.
    fn other(&mut self, place: Place) {
        match self.inside {
            Inside::Log => self.items.other(),
            Inside::Input | Inside::Forwarded => self.items.skipped(place, Reason::NoKind),
        }
    }

    fn manifest(&mut self, place: Place, text: &'a str, manifest: &Manifest) {
        if self.source.is_written()
            && let Err(broken) = check(text, self.position(text))
        {
            return self.items.broken(broken);
        }
        let object = completed(text, &manifest.added);
        let Manifest {
            api_version, kind, ..
        } = manifest;
        let request = manifest::request(api_version, kind, manifest.metadata, &object);
        let origin = self.source.origin(text, request.object);
        self.items
            .case(Case::new(place, Form::Manifest, request.text, origin));
    }

    /// The place of the next item, which starts where `text` does.
    fn place(&mut self, text: &str) -> Place {
        self.item += 1;
        Place {
            line: self.position(text).line,
            document: self.document,
            item: self.item,
        }
    }

    fn position(&mut self, part: &str) -> Position {
        self.source.position(self.source.offset(part))
    }
}

fn too_deep() -> String {
    format!("lists, arrays and wrappers nested more than {MAX_LISTS} deep")
}

/// The object with members put behind its own, where they move nothing.
fn completed(object: &str, added: &str) -> String {
    let Some(open) = object.strip_suffix('}') else {
        return object.to_owned();
    };
    let none = open.trim_ascii_end() == "{";
    let added = if none {
        added.trim_start_matches(',')
    } else {
        added
    };
    format!("{open}{added}}}")
}
