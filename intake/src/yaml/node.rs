//! One YAML document in memory: nodes that may stand in several places, as aliases let them.

use super::scalar::Scalar;
use crate::Position;

/// The nodes of a document; children come before their parent, so that there is no cycle.
#[derive(Debug, Default)]
pub(crate) struct Nodes(Vec<Node>);

/// The number of a node in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(usize);

/// One node and where it starts.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) at: Position,
}

#[derive(Debug)]
pub(crate) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Child>),
    Mapping(Vec<Member>),
}

/// A node in one of the places where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    pub(crate) node: NodeId,
    /// Whether an alias put it there.
    pub(crate) alias: bool,
}

/// A key with its value and where the key stands.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) at: Position,
    pub(crate) child: Child,
}

impl Nodes {
    pub(crate) fn add(&mut self, node: Node) -> NodeId {
        self.0.push(node);
        NodeId(self.0.len() - 1)
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&Node> {
        self.0.get(id.0)
    }
}
