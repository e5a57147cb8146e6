//! Masks: numbers so great that they mean "never", kept apart from what they are added to.
//!
//! A mask of `-1e9`, `-inf` or the least float is no quantity. In an integer range it would leave no digits for what is seen. So each sum
//! that masks go into is written as a *finite* part and huge numbers times small integers, its *levels*:
//!
//! ```text
//! x = f - C b,    b = 0 where x is seen, 1 where one mask hides it, 2 where two do
//! ```
//!
//! This holds whichever way a model writes masks: added or selected, as constants or computed, negated, through views, products with
//! truth values, and maxima. It is algebra on real numbers, so that the float graph means what it meant before; but `x + C - C` is not computed
//! any more, in which `x` would be lost. Whatever reads `x` can then tell what is hidden from the levels ([`Graph::masked`]), and quantization
//! gives `f` all of the range.
//!
//! Where all that a softmax or a maximum has to choose from is hidden, the least hidden entries count. So a maximum is made of levels
//! relative to the least one among its entries, and a softmax of levels relative to the least one in its row:
//!
//! ```text
//! max(f - C b, g - C d) = max(f - C (b - m), g - C (d - m)) - C m,    m = min(b, d)
//! ```

mod constants;
mod interval;
mod levels;
mod logarithm;
mod masked_sums;
mod maxima;
mod products;
mod selections;
mod separation;
mod sums;
mod value;

use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId, MASK};
use inferproof_view::ViewError;
use interval::Intervals;
use logarithm::{LogSoftmax, read_beyond};
use separation::Separation;
use std::collections::BTreeMap;
use value::Value;

/// The same graph with masks apart from what they hide.
pub fn separate(graph: &Graph) -> Result<Graph, ViewError> {
    if !needs_separation(graph) {
        return Ok(graph.clone());
    }
    let mut separation = Separation {
        old: graph,
        graph: graph.empty(),
        intervals: Intervals::default(),
        values: Vec::with_capacity(graph.layers.len()),
        leaves: BTreeMap::new(),
        is_outermost: outermost(graph),
        is_read_beyond: read_beyond(graph),
        rows: BTreeMap::new(),
    };
    for position in 0..graph.layers.len() {
        let value = separation.layer(LayerId(position))?;
        separation.values.push(value);
    }
    let mut new = separation.graph;
    let renamed = |ids: &[LayerId]| {
        let wholes = ids.iter().map(|id| separation.values[id.0].whole);
        wholes.collect::<Vec<_>>()
    };
    new.inputs = renamed(&graph.inputs);
    new.outputs = renamed(&graph.outputs);
    new.prune();
    Ok(new)
}

/// Whether there are numbers as great as masks in a graph, or a softmax of which more is read than exponentials.
fn needs_separation(graph: &Graph) -> bool {
    let is_great = |number: f64| number.abs() >= MASK;
    graph.layers.iter().any(|layer| match &layer.kind {
        Kind::Constant(values) => is_great(values.range().low) || is_great(values.range().high),
        Kind::Linear(terms) => terms.iter().any(|t| is_great(t.coefficient)),
        Kind::Logits { .. } => true,
        _ => false,
    })
}

/// For each layer, whether something reads it that is no maximum.
fn outermost(graph: &Graph) -> Vec<bool> {
    let mut found = vec![false; graph.layers.len()];
    graph.outputs.iter().for_each(|id| found[id.0] = true);
    for layer in &graph.layers {
        if !matches!(layer.kind, Kind::Max { .. }) {
            layer
                .kind
                .sources()
                .iter()
                .for_each(|id| found[id.0] = true);
        }
    }
    found
}

impl Separation<'_> {
    fn layer(&mut self, id: LayerId) -> Result<Value, ViewError> {
        let old = self.old;
        let layer = old.layer(id);
        match &layer.kind {
            Kind::Constant(values) => self.constant(id, values),
            Kind::Linear(terms) => self.linear(id, terms),
            Kind::Contract { left, right, axes } => self.contract(id, *left, *right, *axes),
            Kind::Max { left, right } => self.max(id, *left, *right),
            Kind::Logits { source } => self.logits(id, *source),
            Kind::Apply { source, function } => {
                if let Some(value) = self.selection(id, *source, function)? {
                    return Ok(value);
                }
                if let Some(value) = self.clamped(id, *source, function)? {
                    return Ok(value);
                }
                if let Some(quotient) = LogSoftmax::of(old, id) {
                    return self.logarithm(id, &quotient);
                }
                let value = self.values[source.0].clone();
                let source = match (function, value.narrow) {
                    (Function::Exp, Some(narrow)) => narrow,
                    _ => self.reading(*source)?,
                };
                let function = function.clone();
                Ok(self.push(id, Kind::Apply { source, function }))
            }
            Kind::OneHot { source, taken } => {
                let source = self.reading(*source)?;
                let taken = taken.iter().map(|t| self.values[t.0].whole).collect();
                Ok(self.push(id, Kind::OneHot { source, taken }))
            }
            Kind::Input { .. }
            | Kind::Indicator { .. }
            | Kind::Requantize { .. }
            | Kind::Quotient { .. }
            | Kind::Lookup { .. } => {
                let names = layer.kind.sources();
                let names = names.into_iter().map(|s| (s, self.values[s.0].whole));
                let mut kind = layer.kind.clone();
                kind.rename(&names.collect());
                Ok(self.push(id, kind))
            }
        }
    }
}
