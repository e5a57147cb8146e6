//! A program's nodes, gathered into boxes few enough to be looked at.
//!
//! The nodes that came from one ONNX node are one box. Where these are too many, boxes that only follow each other become one; where that
//! is not enough, nodes of one scope of the ONNX names (`/encoder/layer.0/..`), as deep as possible; else equal stretches of the program.
//! Boxes never depend on each other in a circle: a node joins a box only if all that it reads is made in that box or in earlier ones.

use inferproof_program::{Op, Program, TensorId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most boxes that are drawn, inputs and outputs aside.
const BOXES: usize = 90;
/// More inputs, or outputs, than this share a box.
const ENDS: usize = 16;
/// The most names that a box tells.
const NAMES: usize = 24;

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Inputs of the program.
    Input,
    /// Outputs of the program.
    Output,
    /// Nodes, and whether a prover commits to a tensor that one of them makes.
    Step { is_committed: bool },
}

/// Something to draw.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: Kind,
    /// Names of ONNX nodes, or of tensors; the first ones.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// ONNX operations, in the order in which they first occur.
    pub operations: Vec<String>,
    /// Core operations.
    pub core: BTreeMap<&'static str, usize>,
    /// Entries of the weights that it reads first.
    pub weights: usize,
}

/// From one block to a later one.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// The tensors that pass.
    pub tensors: BTreeSet<TensorId>,
}

/// A program to draw.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Every block reads only blocks before it.
    pub blocks: Vec<Block>,
    /// By their ends.
    pub edges: Vec<Edge>,
    /// What stands for one block.
    pub unit: &'static str,
}

/// The block of every node; `None` for weights.
type Places = Vec<Option<usize>>;

/// Gathers a program.
pub fn gather(program: &Program) -> Gathered {
    let (places, unit) = places(program);
    blocks(program, &places, unit)
}

fn places(program: &Program) -> (Places, &'static str) {
    let origins = by_key(program, |position| {
        program
            .nodes
            .get(position)
            .map_or("", |n| n.origin.as_str())
    });
    if count(&origins) <= BOXES {
        return (origins, "one ONNX node");
    }
    let chains = chained(program, &origins);
    if count(&chains) <= BOXES {
        return (chains, "ONNX nodes that only follow each other");
    }
    let depth = |origin: &str| origin.matches('/').count();
    let deepest = program.nodes.iter().map(|n| depth(&n.origin)).max();
    for depth in (1..=deepest.unwrap_or(0).min(16)).rev() {
        let scoped = by_key(program, |position| {
            program
                .nodes
                .get(position)
                .map_or("", |n| scope(&n.origin, depth))
        });
        if count(&scoped) <= BOXES {
            return (scoped, "a scope of ONNX nodes");
        }
    }
    let all = program.nodes.len().max(1);
    let stretches = by_key(program, |position| position * BOXES / all);
    (stretches, "a stretch of the program")
}

fn count(places: &Places) -> usize {
    places.iter().flatten().max().map_or(0, |last| last + 1)
}

/// The first parts of a name, up to a depth.
fn scope(origin: &str, depth: usize) -> &str {
    let (name, _) = split(origin);
    let mut ends = name.match_indices('/').map(|(end, _)| end);
    // A name that begins with a slash has an empty first part.
    let nth = if name.starts_with('/') {
        depth
    } else {
        depth - 1
    };
    let end = ends.clone().nth(nth).or_else(|| ends.next_back());
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// The name and the operation of an ONNX node, from what a program's node says of it.
fn split(origin: &str) -> (&str, &str) {
    let parts = origin.strip_suffix(')').and_then(|o| o.rsplit_once(" ("));
    parts.unwrap_or((origin, ""))
}

/// One block for each key, more where one would close a circle.
fn by_key<K: std::hash::Hash + Eq>(program: &Program, key: impl Fn(usize) -> K) -> Places {
    let mut places: Places = Vec::with_capacity(program.nodes.len());
    let mut latest: HashMap<K, usize> = HashMap::new();
    let mut next = 0;
    for (position, node) in program.nodes.iter().enumerate() {
        let place = match node.op {
            Op::Weight | Op::Input => None,
            _ => {
                let read = node.op.sources().filter_map(|id| place(&places, id)).max();
                let key = key(position);
                let known = latest.get(&key).copied();
                Some(
                    match known.filter(|&known| read.is_none_or(|read| read <= known)) {
                        Some(known) => known,
                        None => {
                            latest.insert(key, next);
                            next += 1;
                            next - 1
                        }
                    },
                )
            }
        };
        places.push(place);
    }
    places
}

fn place(places: &Places, id: TensorId) -> Option<usize> {
    places.get(usize::try_from(id.0).ok()?).copied().flatten()
}

/// Puts every block that alone reads the only block that it reads together with that one.
fn chained(program: &Program, places: &Places) -> Places {
    let count = count(places);
    let mut read = vec![BTreeSet::new(); count];
    let mut readers = vec![BTreeSet::new(); count];
    let mut reads_input = vec![false; count];
    for (node, at) in program.nodes.iter().zip(places) {
        let Some(at) = *at else { continue };
        for source in node.op.sources() {
            match place(places, source) {
                Some(from) if from != at => {
                    read[at].insert(from);
                    readers[from].insert(at);
                }
                Some(_) => {}
                None => reads_input[at] |= is_input(program, source),
            }
        }
    }
    for &output in &program.outputs {
        // An output is a reader of its own, so that the box that makes it ends there.
        if let Some(at) = place(places, output) {
            readers[at].insert(usize::MAX);
        }
    }
    let mut chain: Vec<usize> = Vec::with_capacity(count);
    let mut next = 0;
    for at in 0..count {
        let only = match (read[at].len(), reads_input[at]) {
            (1, false) => read[at].first().copied(),
            _ => None,
        };
        let joined = only.filter(|&from| readers[from].len() == 1);
        chain.push(match joined.and_then(|from| chain.get(from).copied()) {
            Some(joined) => joined,
            None => {
                next += 1;
                next - 1
            }
        });
    }
    let renamed = places
        .iter()
        .map(|at| at.and_then(|at| chain.get(at).copied()));
    renamed.collect()
}

fn is_input(program: &Program, id: TensorId) -> bool {
    program.node(id).is_some_and(|n| n.op == Op::Input)
}

/// The blocks of inputs, nodes and outputs, and what passes between them.
fn blocks(program: &Program, places: &Places, unit: &'static str) -> Gathered {
    let name = |id: &TensorId| program.tensor(*id).map(|t| t.name.clone());
    let (mut blocks, input_of) = ends(Kind::Input, program.inputs.iter().filter_map(name));
    let first = blocks.len();
    blocks.resize_with(first + count(places), || {
        block(Kind::Step {
            is_committed: false,
        })
    });
    let input_at: HashMap<TensorId, usize> = program.inputs.iter().copied().zip(input_of).collect();
    let at = |id: TensorId| {
        let step = place(places, id).map(|at| at + first);
        step.or_else(|| input_at.get(&id).copied())
    };
    let mut passing: BTreeMap<(usize, usize), BTreeSet<TensorId>> = BTreeMap::new();
    let mut read_weights = BTreeSet::new();
    for node in &program.nodes {
        let Some(to) = place(places, node.output).map(|at| at + first) else {
            continue;
        };
        if let Some(block) = blocks.get_mut(to) {
            block.add(&node.origin, &node.op);
        }
        for source in node.op.sources() {
            let is_weight = program.node(source).is_some_and(|n| n.op == Op::Weight);
            if is_weight && read_weights.insert(source) {
                let entries = program.tensor(source).map_or(0, |t| t.volume());
                if let Some(block) = blocks.get_mut(to) {
                    block.weights = block.weights.saturating_add(entries);
                }
            }
            if let Some(from) = at(source).filter(|&from| from != to) {
                passing.entry((from, to)).or_default().insert(source);
            }
        }
    }
    let (outputs, output_of) = ends(Kind::Output, program.outputs.iter().filter_map(name));
    for (&id, place) in program.outputs.iter().zip(output_of) {
        if let Some(from) = at(id) {
            passing
                .entry((from, blocks.len() + place))
                .or_default()
                .insert(id);
        }
    }
    blocks.extend(outputs);
    let edges = passing.into_iter();
    let edges = edges.map(|((from, to), tensors)| Edge { from, to, tensors });
    Gathered {
        edges: edges.collect(),
        blocks,
        unit,
    }
}

/// A block for each end of the program, or one for all if they are many; and the block of each.
fn ends(kind: Kind, names: impl Iterator<Item = String>) -> (Vec<Block>, Vec<usize>) {
    let names: Vec<String> = names.collect();
    let is_one = names.len() > ENDS;
    let mut blocks: Vec<Block> = Vec::new();
    let mut places = Vec::new();
    for name in names {
        if blocks.is_empty() || !is_one {
            blocks.push(block(kind));
        }
        if let Some(block) = blocks.last_mut() {
            block.name(&name);
        }
        places.push(blocks.len() - 1);
    }
    (blocks, places)
}

fn block(kind: Kind) -> Block {
    Block {
        kind,
        names: Vec::new(),
        more: 0,
        operations: Vec::new(),
        core: BTreeMap::new(),
        weights: 0,
    }
}

impl Block {
    fn add(&mut self, origin: &str, op: &Op) {
        let (name, operation) = split(origin);
        self.name(name);
        if !operation.is_empty() && !self.operations.iter().any(|known| known == operation) {
            self.operations.push(operation.to_owned());
        }
        *self.core.entry(op.name()).or_default() += 1;
        if let Kind::Step { is_committed } = &mut self.kind {
            *is_committed |= op.is_committed();
        }
    }

    fn name(&mut self, name: &str) {
        if self.names.iter().any(|known| known == name) {
            return;
        }
        match self.names.len() < NAMES {
            true => self.names.push(name.to_owned()),
            // Nodes of one origin stand together mostly, so that this counts few twice.
            false => self.more += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scope;

    #[test]
    fn scopes_of_names() {
        let name = "/encoder/layer.0/attention/MatMul (MatMul)";
        assert_eq!(scope(name, 1), "/encoder");
        assert_eq!(scope(name, 2), "/encoder/layer.0");
        assert_eq!(scope(name, 9), "/encoder/layer.0/attention");
        assert_eq!(scope("model/conv/Conv2D (Conv)", 1), "model");
        assert_eq!(scope("Conv_3 (Conv)", 1), "Conv_3");
    }
}
