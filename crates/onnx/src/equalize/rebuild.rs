//! The graph with the factors in it.

use super::reading::is_view;
use super::solve::{Layout, Solution};
use super::symbols::Symbols;
use crate::OnnxError;
use crate::float::Activations;
use crate::graph::{Graph, Kind, LayerId, Summand};
use crate::numbers::{PowersOfTwo, two_to_the};
use inferproof_view::{Step, View};
use std::collections::{BTreeMap, BTreeSet};

/// An equalized graph, and what became of its inputs.
pub struct Equalized {
    pub graph: Graph,
    /// Inputs of columns that differ much, which need as many bits as can be committed.
    pub wide: BTreeSet<LayerId>,
}

/// Makes the graph anew. `moved` is what it computes from the middles of its inputs' columns.
pub fn rebuild(
    graph: &Graph,
    symbols: &Symbols,
    solution: &Solution,
    moved: Option<&Activations<'_>>,
    realigned: &[LayerId],
) -> Result<Equalized, OnnxError> {
    let mut rebuilt = graph.empty();
    let mut names: BTreeMap<LayerId, LayerId> = BTreeMap::new();
    let mut inputs = BTreeMap::new();
    let mut wide = BTreeSet::new();
    // Layers that are an input whose columns are moved, or views of one.
    let mut is_moved = BTreeSet::new();
    for (position, layer) in graph.layers.iter().enumerate() {
        let id = LayerId(position);
        let origin = &layer.origin;
        let shape = layer.shape.clone();
        let mut made = match &layer.kind {
            Kind::Linear(terms) => {
                let mut terms = terms.clone();
                for (place, term) in terms.iter_mut().enumerate() {
                    let Some(source) = &mut term.source else {
                        continue;
                    };
                    *source = match symbols.added.get(&(id, place)) {
                        Some(factors) => {
                            let exponents = factors.iter().map(|&s| solution.exponent(symbols, s));
                            let powers = PowersOfTwo::of_entries(exponents.collect());
                            scaled(graph, &mut rebuilt, &names, *source, powers)
                        }
                        None => names[source],
                    };
                }
                rebuilt.push(origin, shape, Kind::Linear(terms))
            }
            Kind::Contract { left, right, axes } => {
                let weights = match symbols.weights.get(right) {
                    Some(weights) if weights.axes == *axes => {
                        let exponent = |&symbol: &u32| solution.exponent(symbols, symbol);
                        let powers = PowersOfTwo {
                            rows: weights.rows.iter().map(exponent).collect(),
                            columns: weights.columns.iter().map(exponent).collect(),
                            block: Layout::of(graph, *right, axes.shared, axes.contracted).rows(),
                        };
                        scaled(graph, &mut rebuilt, &names, *right, powers)
                    }
                    _ => names[right],
                };
                let (left, right, axes) = (names[left], weights, *axes);
                rebuilt.push(origin, shape, Kind::Contract { left, right, axes })
            }
            kind => {
                let mut kind = kind.clone();
                kind.rename(&names);
                rebuilt.push(origin, shape, kind)
            }
        };
        if let Some(&masked) = graph.masked.get(&id) {
            rebuilt.masked.insert(made, masked);
        }
        match &layer.kind {
            Kind::Input { .. } => {
                inputs.insert(id, made);
                let exponents = solution.of_layer(symbols, id);
                let middles = solution.middles.get(&id);
                if middles.is_some() || exponents.iter().any(|&e| e != 0) {
                    wide.insert(id);
                    made = brought_to_size(&mut rebuilt, origin, made, &exponents, middles)?;
                }
                if middles.is_some() {
                    is_moved.insert(id);
                }
            }
            Kind::Linear(terms)
                if is_view(graph, id)
                    && terms[0]
                        .source
                        .is_some_and(|source| is_moved.contains(&source)) =>
            {
                is_moved.insert(id);
            }
            Kind::Contract { left, .. } if is_moved.contains(left) => {
                let values = moved.and_then(|moved| moved.get(id)).unwrap_or_default();
                let exponents = solution.of_layer(symbols, id);
                let offset = values
                    .iter()
                    .zip(exponents)
                    .map(|(v, e)| (v.0 * two_to_the(e)) as f32);
                let offset = rebuilt.add_constant(origin, layer.shape.clone(), offset.collect());
                let terms = vec![
                    rebuilt.summand(1.0, made, vec![])?,
                    rebuilt.summand(1.0, offset, vec![])?,
                ];
                made = rebuilt.sum(origin, terms);
            }
            _ => {}
        }
        names.insert(id, made);
    }
    for &output in &graph.outputs {
        let mut made = names[&output];
        if realigned.contains(&output) {
            let exponents = solution.of_layer(symbols, output);
            if exponents.iter().any(|&e| e != 0) {
                let back: Vec<i32> = exponents.iter().map(|e| -e).collect();
                let origin = &graph.layer(output).origin;
                made = brought_to_size(&mut rebuilt, origin, made, &back, None)?;
            }
        }
        rebuilt.outputs.push(made);
    }
    rebuilt.inputs = graph.inputs.iter().map(|id| inputs[id]).collect();
    // Weights as they were are not needed any more.
    rebuilt.prune();
    let inputs = graph.inputs.iter().zip(&rebuilt.inputs);
    let wide = inputs.filter(|(id, _)| wide.contains(id));
    let wide = wide.map(|(_, &made)| made).collect();
    Ok(Equalized {
        graph: rebuilt,
        wide,
    })
}

/// A constant with each row and each column times its power of two.
fn scaled(
    graph: &Graph,
    rebuilt: &mut Graph,
    names: &BTreeMap<LayerId, LayerId>,
    id: LayerId,
    powers: PowersOfTwo,
) -> LayerId {
    let Some(values) = graph.constant(id).filter(|_| !powers.are_one()) else {
        return names[&id];
    };
    let layer = graph.layer(id);
    let kind = Kind::Constant(values.times(powers));
    rebuilt.push(&layer.origin, layer.shape.clone(), kind)
}

/// A tensor with each entry times its power of two, less its middle.
fn brought_to_size(
    graph: &mut Graph,
    origin: &str,
    source: LayerId,
    exponents: &[i32],
    middles: Option<&Vec<f32>>,
) -> Result<LayerId, OnnxError> {
    let shape = graph.shape(source).to_vec();
    let mut flat = View::identity(shape.clone())?;
    flat = flat.then(Step::Merge {
        axis: 0,
        sizes: shape.clone(),
    })?;
    let count = exponents.len();
    let distinct: BTreeSet<i32> = exponents.iter().copied().collect();
    let mut terms = Vec::new();
    for &exponent in &distinct {
        let mut view = flat.clone();
        if distinct.len() > 1 {
            let index = (0u32..)
                .zip(exponents)
                .map(|(i, &e)| (e == exponent).then_some(i));
            let index = index.collect();
            view = view.then(Step::Gather {
                axis: 0,
                source: count,
                index,
            })?;
        }
        view = view.then(Step::Split {
            axis: 0,
            sizes: shape.clone(),
        })?;
        terms.push(Summand {
            coefficient: 2f64.powi(exponent),
            source: Some(source),
            view,
        });
    }
    if let Some(middles) = middles {
        let middles = middles
            .iter()
            .zip(exponents)
            .map(|(m, &e)| -m * two_to_the(e) as f32);
        let middles = graph.add_constant(origin, shape, middles.collect());
        terms.push(graph.summand(1.0, middles, vec![])?);
    }
    Ok(graph.push(origin, graph.shape(source).to_vec(), Kind::Linear(terms)))
}
