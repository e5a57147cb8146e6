//! Names and what they stand for: the graph's own, those of the graphs around it, and nothing of a function's caller.

use super::value::Value;
use crate::proto::{AttributeProto, GraphProto, NodeProto, OperatorSetIdProto};
use std::collections::BTreeMap;

/// The names of one graph.
#[derive(Default)]
pub struct Scope<'a> {
    values: BTreeMap<&'a str, Value>,
    /// How many times each name is read in this graph and those inside of it.
    uses: BTreeMap<&'a str, usize>,
}

impl<'a> Scope<'a> {
    /// A scope for these nodes and outputs, in which nothing is known yet.
    pub fn of(nodes: &'a [NodeProto], outputs: impl Iterator<Item = &'a str>) -> Self {
        let mut scope = Self::default();
        scope.count(nodes, &mut { outputs });
        scope
    }

    fn count(&mut self, nodes: &'a [NodeProto], outputs: &mut dyn Iterator<Item = &'a str>) {
        let inputs = nodes
            .iter()
            .flat_map(|node| &node.input)
            .map(String::as_str);
        for name in inputs.chain(outputs) {
            *self.uses.entry(name).or_default() += 1;
        }
        for inner in nodes.iter().flat_map(subgraphs) {
            let mut outputs = inner.output.iter().map(|o| o.name.as_str());
            self.count(&inner.node, &mut outputs);
        }
    }

    /// In how many places a name is read, in this graph and those inside of it.
    pub fn reads(&self, name: &str) -> usize {
        self.uses.get(name).copied().unwrap_or_default()
    }

    /// Lets a name stand for a value. Whether it did not stand for one before.
    pub fn bind(&mut self, name: &'a str, value: Value) -> bool {
        self.values.insert(name, value).is_none()
    }
}

/// The graphs among a node's attributes.
pub fn subgraphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute
        .iter()
        .flat_map(|a| a.g.as_deref().into_iter().chain(&a.graphs))
}

/// What a model's graph, or a function's body, sees.
pub struct Frame<'a> {
    /// Versions by domain.
    pub opsets: BTreeMap<&'a str, i64>,
    /// The attributes of the function that the body belongs to.
    pub attributes: BTreeMap<&'a str, &'a AttributeProto>,
    /// What the names of nodes begin with in messages: the names of the nodes that they are inside of.
    pub prefix: String,
    /// From the outermost graph to the innermost.
    pub scopes: Vec<Scope<'a>>,
}

impl<'a> Frame<'a> {
    /// A frame without names.
    pub fn new(opsets: &'a [OperatorSetIdProto], prefix: String) -> Self {
        let opsets = opsets
            .iter()
            .map(|set| (super::domains::canonical(&set.domain), set.version));
        Self {
            opsets: opsets.collect(),
            attributes: BTreeMap::new(),
            prefix,
            scopes: Vec::new(),
        }
    }

    /// What a name stands for.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.scopes.iter().rev().find_map(|s| s.values.get(name))
    }

    /// In how many places a name is read, in the innermost graph and those inside of it.
    pub fn reads(&self, name: &str) -> usize {
        let innermost = self.scopes.last();
        innermost.map_or(0, |s| s.reads(name))
    }

    /// Whether a name of the innermost graph is read in one place only.
    pub fn is_read_once(&self, name: &str) -> bool {
        let innermost = self.scopes.last();
        innermost.is_some_and(|s| s.values.contains_key(name) && s.reads(name) == 1)
    }
}
