//! Nodes to JSON text, with a mark for every place that a pointer can name. Aliases are written
//! out here, as far as their budget goes.

use super::budget::Budget;
use super::node::{Child, Nodes, Value};
use super::scalar::Scalar;
use super::{MAX_DEPTH, number, too_deep};
use crate::origin::Mark;
use crate::{Broken, Position, written};

/// The JSON text of a document and its marks, in order of their offsets.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) json: String,
    pub(crate) marks: Vec<Mark>,
}

/// Writes a document as JSON.
pub(crate) fn print(nodes: &Nodes, root: Child, budget: &mut Budget) -> Result<Composed, Broken> {
    let mut printer = Printer {
        nodes,
        budget,
        json: String::new(),
        marks: Vec::new(),
    };
    printer.item(root, 0, false)?;
    Ok(Composed {
        json: printer.json,
        marks: printer.marks,
    })
}

struct Printer<'a> {
    nodes: &'a Nodes,
    budget: &'a mut Budget,
    json: String,
    marks: Vec<Mark>,
}

impl Printer<'_> {
    /// Writes a node that has no key; `copied` is true below an alias.
    fn item(&mut self, child: Child, depth: usize, copied: bool) -> Result<(), Broken> {
        if let Some(node) = self.nodes.get(child.node) {
            self.mark(node.at);
        }
        self.value(child, depth, copied)
    }

    /// Writes a node. Recursion ends at [`MAX_DEPTH`].
    fn value(&mut self, child: Child, depth: usize, copied: bool) -> Result<(), Broken> {
        let Some(node) = self.nodes.get(child.node) else {
            return Ok(());
        };
        let copied = copied || child.alias;
        let line = node.at.line;
        let before = self.json.len();
        match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar, line)?,
            _ if depth >= MAX_DEPTH => return Err(too_deep(line)),
            Value::Sequence(items) => {
                let mut next = '[';
                for item in items {
                    self.json.push(next);
                    next = ',';
                    self.item(*item, depth + 1, copied)?;
                }
                self.json
                    .push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Value::Mapping(members) => {
                let mut next = '{';
                for member in members {
                    self.json.push(next);
                    next = ',';
                    let aliased = self.nodes.get(member.child.node);
                    let at = aliased.filter(|_| member.child.alias).map(|node| node.at);
                    self.mark(at.unwrap_or(member.at));
                    if copied {
                        self.budget.spend(member.key.len(), line)?;
                    }
                    self.text(&member.key);
                    self.json.push(':');
                    self.value(member.child, depth + 1, copied)?;
                }
                self.json
                    .push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
        if copied {
            let size = match node.value {
                Value::Scalar(_) => self.json.len() - before,
                _ => 2,
            };
            self.budget.spend(size, line)?;
        }
        Ok(())
    }

    fn scalar(&mut self, scalar: &Scalar, line: u64) -> Result<(), Broken> {
        match scalar {
            Scalar::Null => self.json.push_str("null"),
            Scalar::Bool(true) => self.json.push_str("true"),
            Scalar::Bool(false) => self.json.push_str("false"),
            Scalar::Integer(digits) => self.json.push_str(digits),
            Scalar::Float(value) => match number::json(*value) {
                Some(text) => self.json.push_str(&text),
                None => {
                    let message = "a number that JSON does not know, such as `.inf`";
                    return Err(Broken::new(line, message));
                }
            },
            Scalar::Text(text) => self.text(text),
            Scalar::Merge => self.text("<<"),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let as_it_is = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(as_it_is) {
            self.json.push('"');
            self.json.push_str(text);
            self.json.push('"');
        } else {
            self.json.push_str(&written::json(text));
        }
    }

    fn mark(&mut self, at: Position) {
        self.marks.push(Mark {
            offset: self.json.len(),
            at,
        });
    }
}
