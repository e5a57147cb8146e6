//! Layer by layer: which integers stand for a layer, and where they are rescaled.
//!
//! A layer may stand in the program in two ways. Its *exact* tensor follows the layer's definition on the tensors of its sources: it is
//! virtual for sums and contractions, with as many bits as the bounds need. Its *narrow* tensor has the width of an
//! activation and may be an operand of a contraction; it is made by a rescale of the exact one, once, when something asks
//! for it. A clamp (a ReLU) is itself a rescale of its source's exact tensor, so it costs nothing more.
//!
//! The files here call each other: a layer's tensor is made of those of its sources ([`exact`]), which are made when something asks for them
//! first. They share one [`state`], which knows none of them.

mod bands;
mod boundary;
mod common;
mod constants;
mod exact;
mod function;
mod hidden;
mod indices;
mod inverse;
mod limits;
mod lookup;
mod meaning;
mod missing;
mod nodes;
mod quotient;
mod reciprocal;
mod requantization;
mod root;
mod state;
mod sum;
#[cfg(test)]
mod tests;
mod widths;

use super::{Format, Plan, full, powers, roles, shifts, wide};
use crate::OnnxError;
use crate::calibrate::Calibration;
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Port;
use crate::interface::Interface;
use inferproof_program::{BoundWeights, Builder, Op, Weights};
use state::Lowering;
use std::collections::BTreeMap;

/// Makes the program of a calibrated graph, with its weights.
pub fn lower(
    graph: &Graph,
    calibration: &Calibration,
    inputs: &[Port],
    outputs: &[Port],
    interface: &Interface,
    plan: &Plan,
) -> Result<BoundWeights, OnnxError> {
    let full = full::Full::of(graph);
    let powers = powers::Powers::of(graph);
    let mut ranges = full.ranges(graph, &calibration.ranges);
    powers.ranges(&mut ranges);
    // What a run begins with is what another has ended with.
    let mut seen = calibration.ranges.clone();
    for feed in &interface.feeds {
        let (input, output) = (graph.inputs[feed.input], graph.outputs[feed.output]);
        for ranges in [&mut ranges, &mut seen] {
            ranges[input.0] = ranges[input.0].hull(ranges[output.0]);
        }
    }
    let declared = interface.inputs.iter();
    let declared: BTreeMap<LayerId, Format> = declared
        .map(|(&place, &format)| (graph.inputs[place], format))
        .collect();
    let mut lowering = Lowering {
        graph,
        ranges: &ranges,
        full,
        powers,
        seen: &calibration.seen,
        headroom: calibration.headroom(),
        plan,
        readers: graph.readers(),
        wide: wide::layers(graph, &seen),
        indices: roles::indices(graph),
        unsaturated: roles::unsaturated(graph),
        truths: roles::truths(graph, &seen),
        declared,
        imposed: BTreeMap::new(),
        ports: graph.inputs.iter().copied().zip(inputs).collect(),
        builder: Builder::new(),
        weights: Weights::new(),
        exact: BTreeMap::new(),
        narrow: BTreeMap::new(),
        hidden: BTreeMap::new(),
        virtuals: vec![],
        constants: BTreeMap::new(),
        missing: BTreeMap::new(),
        common: BTreeMap::new(),
    };
    lowering.common = lowering.common_scales();
    for &id in &graph.inputs {
        lowering.exact(id)?;
    }
    let mut formats = interface.outputs.clone();
    for feed in &interface.feeds {
        let input = lowering.exact(graph.inputs[feed.input])?;
        formats.insert(feed.output, lowering.format_of(input));
        lowering.builder.feed(*feed);
    }
    for (&place, &format) in &formats {
        lowering.impose(graph.outputs[place], format)?;
    }
    // In the graph's order, so that nothing here recurses deeper than from a view to what it reads.
    for (position, layer) in graph.layers.iter().enumerate() {
        let id = LayerId(position);
        let is_view = matches!(&layer.kind, Kind::Linear(terms) if terms.len() == 1);
        let is_constant = matches!(layer.kind, Kind::Constant(_));
        if !is_view && !is_constant && !graph.masked.contains_key(&id) {
            lowering.exact(id)?;
        }
    }
    for (place, (&id, port)) in graph.outputs.iter().zip(outputs).enumerate() {
        let mut tensor = lowering.exact(id)?;
        if let Some(&format) = formats.get(&place) {
            tensor = lowering.fitted(&graph.layer(id).origin, tensor, format)?;
        }
        // An output has its own name, so that one tensor cannot be two of them, nor an input as well.
        let is_taken = lowering.builder.outputs.contains(&tensor);
        if is_taken || matches!(lowering.op(tensor), Op::Weight | Op::Input) {
            tensor = lowering.reread(&port.name, tensor)?;
        }
        lowering.builder.rename(tensor, &port.name);
        if let Some(meaning) = meaning::of_output(port, tensor) {
            lowering.builder.meaning(meaning);
        }
        lowering.builder.output(tensor);
    }
    let mut program = lowering.builder.finish()?.into_program();
    shifts::equalize(&mut program);
    Ok(program.validated()?.bind(lowering.weights)?)
}
