//! Where the parts of a JSON text stood in the input: in the same shape for a text that was
//! written there and for one that was composed from YAML.

use crate::Position;

/// Where the parts of a JSON text that is kept stood.
#[derive(Debug)]
pub(crate) enum Origin {
    /// From this offset on the text is the input's own, which had this position.
    Written(Mark),
    /// Every key, every item and the whole has a mark, in the order of the text.
    Composed(Vec<Mark>),
    /// The input holds no such text.
    None,
}

/// An offset in a JSON text and the position in the input that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) offset: usize,
    pub(crate) at: Position,
}

impl Mark {
    /// The mark of a later offset in the same text, which the input has word for word.
    fn moved_to(self, text: &str, offset: usize) -> Self {
        let between = text.get(self.offset..offset).unwrap_or_default();
        let at = match between.rsplit_once('\n') {
            None => Position {
                column: self.at.column + count(between.chars()),
                ..self.at
            },
            Some((before, last)) => Position {
                line: self.at.line + 1 + count(before.matches('\n')),
                column: 1 + count(last.chars()),
            },
        };
        Self { offset, at }
    }
}

impl Origin {
    /// The position of an offset in `text`, which must be the text this is the origin of.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Option<Position> {
        match self {
            Self::Written(start) => {
                (start.offset <= offset).then(|| start.moved_to(text, offset).at)
            }
            Self::Composed(marks) => nearest(marks, offset).map(|mark| mark.at),
            Self::None => None,
        }
    }
}

/// A JSON text that is read from front to back, with its positions.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    positions: Positions<'a>,
}

#[derive(Debug)]
enum Positions<'a> {
    Written(Mark),
    Composed(&'a [Mark]),
}

impl<'a> Source<'a> {
    /// A text that the input has word for word, from `start` on.
    pub(crate) fn written(text: &'a str, start: Position) -> Self {
        let start = Mark {
            offset: 0,
            at: start,
        };
        Self {
            text,
            positions: Positions::Written(start),
        }
    }

    /// A text composed from YAML, with its marks in order.
    pub(crate) fn composed(text: &'a str, marks: &'a [Mark]) -> Self {
        Self {
            text,
            positions: Positions::Composed(marks),
        }
    }

    /// Whether the input holds this text itself, so that it has not been checked yet.
    pub(crate) fn is_written(&self) -> bool {
        matches!(self.positions, Positions::Written(_))
    }

    /// Where `part`, a part of this text, starts in it.
    pub(crate) fn offset(&self, part: &str) -> usize {
        offset_in(self.text, part)
    }

    /// The position of an offset, which must not be before one that was asked for already: a
    /// long text is walked once.
    pub(crate) fn position(&mut self, offset: usize) -> Position {
        match &mut self.positions {
            Positions::Written(mark) => {
                *mark = mark.moved_to(self.text, offset);
                mark.at
            }
            Positions::Composed(marks) => {
                nearest(marks, offset).map_or(Position::START, |mark| mark.at)
            }
        }
    }

    /// The origin of `part`, a part of this text, in a text that has it from `offset` on.
    pub(crate) fn origin(&mut self, part: &str, offset: usize) -> Origin {
        let start = self.offset(part);
        match &self.positions {
            Positions::Written(_) => Origin::Written(Mark {
                offset,
                at: self.position(start),
            }),
            Positions::Composed(marks) => {
                let end = start + part.len();
                let from = marks.partition_point(|mark| mark.offset < start);
                let to = marks.partition_point(|mark| mark.offset < end);
                let own = marks.get(from..to).unwrap_or_default().iter();
                let first = nearest(marks, start).map(|mark| Mark {
                    offset,
                    at: mark.at,
                });
                let rest = own.filter(|mark| mark.offset > start).map(|mark| Mark {
                    offset: mark.offset - start + offset,
                    at: mark.at,
                });
                Origin::Composed(first.into_iter().chain(rest).collect())
            }
        }
    }
}

/// Where `part` starts in `text`, of which it must be a part.
pub(crate) fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// The last mark at or before an offset: values of members have no mark of their own but stand
/// where their key does.
fn nearest(marks: &[Mark], offset: usize) -> Option<&Mark> {
    let after = marks.partition_point(|mark| mark.offset <= offset);
    marks.get(after.checked_sub(1)?)
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.fold(0, |count, _| count + 1)
}
