//! What passes a place between two nodes of a program, and where least does.

use inferproof_inference::Slice;
use inferproof_program::{Op, Program, TensorId, ValidProgram};
use std::collections::BTreeSet;

/// Whether a tensor can be a boundary: it is committed, and narrow enough to be.
fn is_narrow(program: &Program, id: TensorId) -> bool {
    let range = i64::from(i32::MIN)..=i64::from(i32::MAX);
    let tensor = program.tensor(id);
    tensor.is_some_and(|t| range.contains(&t.low) && range.contains(&t.high))
}

/// A tensor that a part takes as it is: an input, or one that takes lookups to compute. Sums and products that nothing was looked up for are
/// computed again by whoever reads them, which costs little, while they may be wide.
fn is_held(program: &Program, id: TensorId) -> bool {
    program.node(id).is_some_and(|node| match node.op {
        Op::Input
        | Op::Rescale(_)
        | Op::Map(_)
        | Op::Max(_)
        | Op::OneHot(_)
        | Op::Indicator(_)
        | Op::Root(_)
        | Op::Quotient(_) => true,
        Op::Weight | Op::Linear(_) | Op::Contract(_) => false,
    })
}

fn position(id: TensorId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}

/// Whether a tensor is made before a place and taken as it is behind it.
fn is_held_before(program: &Program, id: TensorId, place: usize) -> bool {
    position(id) < place && is_held(program, id)
}

/// These tensors and what they read, as far back as what is held before a place.
fn reached(
    program: &Program,
    readers: impl IntoIterator<Item = TensorId>,
    place: usize,
) -> BTreeSet<TensorId> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<TensorId> = readers.into_iter().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id) && !is_held_before(program, id, place) {
            let node = program.node(id).into_iter();
            open.extend(node.flat_map(|node| node.op.sources()));
        }
    }
    seen
}

/// What passes a place: what everything behind it needs of what is before it.
fn frontier(program: &Program, place: usize) -> BTreeSet<TensorId> {
    let behind = program.nodes.iter().skip(place);
    let behind = behind
        .filter(|node| is_held(program, node.output) || program.outputs.contains(&node.output));
    let made = behind
        .filter(|node| node.op != Op::Input)
        .map(|node| node.output);
    let mut passing = reached(program, made, place);
    passing.retain(|&id| is_held_before(program, id, place));
    passing
}

pub(super) fn boundary_volume(program: &Program, place: usize) -> usize {
    let tensors = frontier(program, place)
        .into_iter()
        .filter_map(|id| program.tensor(id));
    tensors.map(|t| t.volume()).sum()
}

/// The part whose nodes lie between two places.
pub(super) fn part(program: &Program, from: usize, to: usize) -> Slice {
    let is_inside = |id: &TensorId| (from..to).contains(&position(*id));
    let is_input = |id: &TensorId| program.node(*id).is_some_and(|node| node.op == Op::Input);
    let handed_on = frontier(program, to).into_iter();
    let mut outputs: BTreeSet<TensorId> = handed_on
        .filter(|id| is_inside(id) && !is_input(id))
        .collect();
    outputs.extend(program.outputs.iter().copied().filter(is_inside));
    // What it reads of before, and inputs of the program that stand among its own nodes.
    let read = reached(program, outputs.iter().copied(), from).into_iter();
    let inputs = read.filter(|id| is_held_before(program, *id, from) || is_input(id));
    Slice {
        inputs: inputs.collect(),
        outputs: outputs.into_iter().collect(),
    }
}

/// How many places are candidates, at most: the parts between any two of them may have to be estimated.
const CANDIDATES: usize = 32;

/// The beginning, the end, and the places between where least passes, in stretches of about equal numbers of committed nodes.
pub(super) fn candidates(program: &ValidProgram) -> Vec<usize> {
    let end = program.nodes.len();
    let made = program
        .nodes
        .iter()
        .filter(|node| node.op != Op::Input && is_held(program, node.output));
    let all: Vec<usize> = made.map(|node| position(node.output) + 1).collect();
    let length = all.len().div_ceil(CANDIDATES).max(1);
    let mut places = vec![0];
    for stretch in all.chunks(length) {
        let possible = stretch.iter().copied().filter(|&place| {
            let passing = frontier(program, place);
            let is_made = passing.iter().any(|&id| !program.inputs.contains(&id));
            // Inputs of one program have names of their own, and so have its outputs.
            let names = passing.iter().filter_map(|&id| program.tensor(id));
            let names: BTreeSet<&str> = names.map(|t| t.name.as_str()).collect();
            is_made
                && names.len() == passing.len()
                && passing.iter().all(|&id| is_narrow(program, id))
        });
        let best = possible
            .min_by_key(|&place| (boundary_volume(program, place), std::cmp::Reverse(place)));
        // A part between two places makes something that is handed on, or an output.
        let last = places.last().copied().unwrap_or_default();
        places.extend(best.filter(|&place| !part(program, last, place).outputs.is_empty()));
    }
    let last = places.last().copied().unwrap_or_default();
    if part(program, last, end).outputs.is_empty() {
        places.pop();
    }
    places.push(end);
    places
}
