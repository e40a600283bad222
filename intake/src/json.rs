//! JSON text to items: values that follow each other, and where to go on after one that cannot
//! be read.

use crate::items::Items;
use crate::message::broken;
use crate::origin::Source;
use crate::shape::{Inherited, Manifest, Shape, Value};
use crate::strict::check;
use crate::{Broken, Case, Form, Place, Position, manifest};
use serde_json::value::RawValue;

/// How deep lists and arrays may hold each other. Each level is read again, so that time would
/// grow with their depth.
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
                let broken = broken(&error, source.position(start));
                let line = broken.line;
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
}

impl<'s, 'a> Document<'s, 'a> {
    fn new(source: &'s mut Source<'a>, document: u64, items: &'s mut Items) -> Self {
        Self {
            source,
            document,
            item: 0,
            items,
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
        if let Shape::Many(values, inherited) = shape {
            if depth < MAX_LISTS {
                for value in values {
                    self.item(value, inherited.as_ref(), depth + 1);
                }
            } else {
                let place = self.place(text);
                let message = format!("lists and arrays nested more than {MAX_LISTS} deep");
                self.items.broken(Broken::new(place.line, message));
            }
            return;
        }
        let place = self.place(text);
        match shape {
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
