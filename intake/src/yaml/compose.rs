//! YAML events to nodes: anchors, merge keys and duplicate keys. What a scalar means and how JSON
//! is written is done elsewhere. It keeps a stack of its own, so that nesting costs no recursion.

use super::budget::Budget;
use super::node::{Child, Member, Node, NodeId, Nodes, Value};
use super::print::{Composed, print};
use super::scalar::{self, Scalar};
use super::{MAX_DEPTH, Refused};
use crate::message::given_twice;
use crate::named::Named;
use crate::{Broken, Position};
use saphyr_parser::Event;
use std::collections::HashMap;

/// Builds one document.
#[derive(Debug)]
pub(crate) struct Composer {
    nodes: Nodes,
    budget: Budget,
    /// The whole document, once its last event is in.
    root: Option<Child>,
    /// By the parser's number of the anchor; none while the node is being read. Never gone
    /// through, so its order shows nowhere.
    anchors: HashMap<usize, Option<NodeId>>,
    open: Vec<Open>,
}

/// A collection whose end has not come yet.
#[derive(Debug)]
struct Open {
    at: Position,
    anchor: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Sequence(Vec<Child>),
    Mapping(Mapping),
}

impl Composer {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            nodes: Nodes::default(),
            budget,
            root: None,
            anchors: HashMap::new(),
            open: Vec::new(),
        }
    }

    /// Takes in the next event, which starts at `at`.
    pub(crate) fn event(&mut self, event: Event, at: Position) -> Result<(), Refused> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar::resolve(text.into_owned(), style, tag.as_deref())
                    .map_err(|message| Broken::new(at.line, message))?;
                self.add(Value::Scalar(value), at, anchor)
            }
            Event::Alias(anchor) => {
                let node = match self.anchors.get(&anchor) {
                    Some(Some(node)) => *node,
                    Some(None) => {
                        return Err(Broken::new(at.line, "an alias inside its own anchor").into());
                    }
                    None => return Err(Broken::new(at.line, "an alias to another document").into()),
                };
                self.place(Child { node, alias: true }, at)
            }
            Event::SequenceStart(anchor, _) => self.open(Content::Sequence(Vec::new()), at, anchor),
            Event::MappingStart(anchor, _) => {
                self.open(Content::Mapping(Mapping::default()), at, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// The document as JSON; none if there is nothing in it.
    pub(crate) fn finish(&mut self) -> Result<Option<Composed>, Broken> {
        let Some(root) = self.root.take() else {
            return Ok(None);
        };
        let nodes = std::mem::take(&mut self.nodes);
        match nodes.get(root.node).map(|node| &node.value) {
            None | Some(Value::Scalar(Scalar::Null)) => Ok(None),
            Some(_) => print(&nodes, root, &mut self.budget).map(Some),
        }
    }

    fn open(&mut self, content: Content, at: Position, anchor: usize) -> Result<(), Refused> {
        if self.open.len() >= MAX_DEPTH {
            return Err(super::too_deep(at.line).into());
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.open.push(Open {
            at,
            anchor,
            content,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refused> {
        let Some(Open {
            at,
            anchor,
            content,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping(mapping) => Value::Mapping(mapping.members()),
        };
        self.add(value, at, anchor)
    }

    fn add(&mut self, value: Value, at: Position, anchor: usize) -> Result<(), Refused> {
        // Most keys have no anchor; they need no node.
        if anchor == 0
            && let Some(Content::Mapping(mapping)) =
                self.open.last_mut().map(|open| &mut open.content)
            && mapping.key.is_none()
        {
            mapping.key = Some(key(value, at)?);
            return Ok(());
        }
        let node = self.nodes.add(Node { value, at });
        if anchor != 0 {
            self.anchors.insert(anchor, Some(node));
        }
        self.place(Child { node, alias: false }, at)
    }

    /// Puts a node where the document has come to.
    fn place(&mut self, child: Child, at: Position) -> Result<(), Refused> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(child),
            Some(Content::Sequence(items)) => items.push(child),
            Some(Content::Mapping(mapping)) => match mapping.key.take() {
                None => mapping.key = Some(shared_key(&self.nodes, child, at)?),
                Some(Key::Named(name, at)) => mapping.set(name, at, child)?,
                Some(Key::Merge) => mapping.merge(&self.nodes, child, at, &mut self.budget)?,
            },
        }
        Ok(())
    }
}

/// A key that waits for its value.
#[derive(Debug)]
enum Key {
    Named(String, Position),
    Merge,
}

fn key(value: Value, at: Position) -> Result<Key, Refused> {
    match value {
        Value::Scalar(Scalar::Merge) => Ok(Key::Merge),
        Value::Scalar(scalar) => match scalar.key() {
            Some(name) => Ok(Key::Named(name, at)),
            None => Err(Broken::new(at.line, "a null key, quote it or give it a name").into()),
        },
        // `{{ .Values.x }}` of a template is such a key: a mapping in a mapping.
        _ => Err(Refused::Syntax(Broken::new(
            at.line,
            "a key that is a list or a mapping, use a text",
        ))),
    }
}

/// A key with an anchor, or an alias of one; an alias never merges.
fn shared_key(nodes: &Nodes, child: Child, at: Position) -> Result<Key, Refused> {
    let value = match nodes.get(child.node).map(|node| &node.value) {
        Some(Value::Scalar(Scalar::Merge)) if child.alias => Scalar::Text("<<".to_owned()),
        Some(Value::Scalar(scalar)) => scalar.clone(),
        _ => return key(Value::Sequence(Vec::new()), at),
    };
    key(Value::Scalar(value), at)
}

/// The members of a mapping so far, in the order in which their keys came first.
#[derive(Debug, Default)]
struct Mapping {
    key: Option<Key>,
    entries: Named<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Position,
    child: Child,
    /// Whether the mapping itself has the key, not one merged into it.
    own: bool,
}

impl Mapping {
    /// Sets a key of the mapping's own, which no other may repeat.
    fn set(&mut self, name: String, at: Position, child: Child) -> Result<(), Broken> {
        if self.has_own(&name) {
            return Err(Broken::new(at.line, given_twice(&name)));
        }
        let own = true;
        self.entries.put(name, Entry { at, child, own });
        Ok(())
    }

    /// Merges in one mapping, or a sequence of them of which the first wins. As in go-yaml v2, and
    /// so in kubectl, what comes later in the document wins over what came before it, be it merged
    /// or the mapping's own.
    fn merge(
        &mut self,
        nodes: &Nodes,
        child: Child,
        at: Position,
        budget: &mut Budget,
    ) -> Result<(), Broken> {
        let refused = || {
            Broken::new(
                at.line,
                "`<<`: merges a mapping or a list of mappings alone",
            )
        };
        match nodes.get(child.node).map(|node| &node.value) {
            Some(Value::Mapping(members)) => self.merge_one(members, at, budget),
            Some(Value::Sequence(items)) if !child.alias => {
                for item in items.iter().rev() {
                    match nodes.get(item.node).map(|node| &node.value) {
                        Some(Value::Mapping(members)) => self.merge_one(members, at, budget)?,
                        _ => return Err(refused()),
                    }
                }
                Ok(())
            }
            _ => Err(refused()),
        }
    }

    fn merge_one(
        &mut self,
        members: &[Member],
        at: Position,
        budget: &mut Budget,
    ) -> Result<(), Broken> {
        budget.spend(1, at.line)?;
        for Member { key, at, child } in members {
            budget.spend(key.len() + 1, at.line)?;
            let entry = Entry {
                at: *at,
                child: *child,
                own: self.has_own(key),
            };
            self.entries.put(key.clone(), entry);
        }
        Ok(())
    }

    fn has_own(&self, name: &str) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.own)
    }

    fn members(self) -> Vec<Member> {
        let entries = self.entries.into_values();
        entries
            .map(|(key, Entry { at, child, .. })| Member { key, at, child })
            .collect()
    }
}
