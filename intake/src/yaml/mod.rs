//! YAML to items, as kubectl reads YAML: through JSON, with the rules of YAML 1.1 where they
//! differ from the parser's.

mod budget;
mod compose;
mod letters;
mod node;
mod number;
mod print;
mod scalar;

use crate::items::Items;
use crate::lines::{body, lines};
use crate::origin::Source;
use crate::{Broken, Place, Position, Reason, json};
use budget::Budget;
use compose::Composer;
use print::Composed;
use saphyr_parser::{Event, Marker, Parser, ScanError};

/// How deep a document may nest: as deep as JSON readers go. The parser itself uses no recursion
/// and bounds flow collections at 255.
const MAX_DEPTH: usize = 127;

/// The message for documents that copy too much.
const EXPANSION: &str = "aliases and merge keys make the document many times its size";

/// Reads every document of `text`, whose first line is line `first` of the input. A document that
/// cannot be read is the last: the caller cuts texts where documents start.
pub(crate) fn read(text: &str, first: u64, documents: &mut u64, items: &mut Items) {
    let Err(refused) = stream(text, first, documents, items) else {
        return;
    };
    *documents += 1;
    let (broken, is_template) = match refused {
        Refused::Syntax(broken) => {
            let is_template = has_action(text, first, broken.line);
            (broken, is_template)
        }
        Refused::Ours(broken) => (broken, false),
    };
    if is_template {
        let place = Place {
            line: first + body(text).0,
            document: *documents,
            item: 1,
        };
        items.skipped(place, Reason::Template);
    } else {
        items.broken(broken);
    }
}

/// Why a text is not read.
#[derive(Debug)]
enum Refused {
    /// It is no YAML that stands for an object: what a template looks like before it is rendered.
    Syntax(Broken),
    /// It is YAML, and we refuse it.
    Ours(Broken),
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::Ours(broken)
    }
}

fn stream(text: &str, first: u64, documents: &mut u64, items: &mut Items) -> Result<(), Refused> {
    each_document(text, first, &mut |Composed { json, marks }| {
        *documents += 1;
        let mut source = Source::composed(&json, &marks);
        json::read_composed(&mut source, *documents, items);
    })
}

/// The one document of `text`; none when it has none that is not empty.
pub(crate) fn single(text: &str) -> Result<Option<Composed>, Broken> {
    let mut documents = Vec::new();
    each_document(text, 1, &mut |composed| documents.push(composed)).map_err(|refused| {
        match refused {
            Refused::Syntax(broken) | Refused::Ours(broken) => broken,
        }
    })?;
    match documents.get(1).and_then(|second| second.marks.first()) {
        Some(mark) => Err(Broken::new(mark.at.line, "a second document, expected one")),
        None => Ok(documents.pop()),
    }
}

/// Composes the documents of `text` that are not empty, in order.
fn each_document(
    text: &str,
    first: u64,
    document: &mut dyn FnMut(Composed),
) -> Result<(), Refused> {
    letters::check(text, first)?;
    let mut composer = Composer::new(Budget::new(text.len()));
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Refused::Syntax(fault(&error, text, first)))?;
        match event {
            Event::DocumentStart(_) => composer = Composer::new(Budget::new(text.len())),
            Event::DocumentEnd => {
                if let Some(composed) = composer.finish()? {
                    document(composed);
                }
            }
            _ => composer.event(event, position(&span.start, first))?,
        }
    }
    Ok(())
}

fn position(marker: &Marker, first: u64) -> Position {
    let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
    Position {
        line: first - 1 + number(marker.line()),
        column: 1 + number(marker.col()),
    }
}

/// The parser's error, without the letter of the text that some of its messages end in.
fn fault(error: &ScanError, text: &str, first: u64) -> Broken {
    let Position { line, column } = position(error.marker(), first);
    // At the end of the text the parser counts one line more than there are.
    let last = first + lines(text).saturating_sub(1);
    let info = error.info();
    let reason = info.split_once(": `").map_or(info, |(reason, _)| reason);
    Broken::new(
        line.min(last),
        format!("column {column}: not YAML, {reason}"),
    )
}

fn too_deep(line: u64) -> Broken {
    Broken::new(line, format!("nested more than {MAX_DEPTH} deep"))
}

/// Whether a template's action stands on the line that could not be read, or before it; not in a
/// comment, which may say anything.
fn has_action(text: &str, first: u64, line: u64) -> bool {
    let lines = usize::try_from(line.saturating_sub(first) + 1).unwrap_or(usize::MAX);
    text.lines().take(lines).any(|line| {
        let content = match line.split_once(" #") {
            Some((content, _)) => content,
            None if line.starts_with('#') => "",
            None => line,
        };
        content.contains("{{")
    })
}
