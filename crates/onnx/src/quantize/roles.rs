//! What layers are used for, where that decides which integers stand for them.

use crate::graph::{Graph, Kind, LayerId, MASK};
use crate::range::Range;
use std::collections::{BTreeMap, BTreeSet};

/// The inputs that are read as indices, and how many entries they choose from.
pub fn indices(graph: &Graph) -> BTreeMap<LayerId, usize> {
    let mut indices = BTreeMap::new();
    for layer in &graph.layers {
        let Kind::Indicator { mut source, .. } = layer.kind else {
            continue;
        };
        while let Some((inner, _)) = graph.viewed(source) {
            source = inner;
        }
        if matches!(graph.layer(source).kind, Kind::Input { .. }) {
            let classes = layer.shape.last().copied().unwrap_or(1);
            let known = indices.entry(source).or_insert(classes);
            *known = classes.min(*known);
        }
    }
    indices
}

/// The layers of which something is rounded to an integer, compared, or multiplied by a mask: one unit less would be another result.
pub fn unsaturated(graph: &Graph) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    for (position, layer) in graph.layers.iter().enumerate().rev() {
        let rounds = match &layer.kind {
            Kind::Apply { function, .. } => function.is_integral(),
            _ => false,
        };
        if let Kind::Linear(terms) = &layer.kind {
            let hiding = terms.iter().filter(|t| t.coefficient.abs() >= MASK);
            found.extend(hiding.filter_map(|t| t.source));
        }
        let passes_on = matches!(layer.kind, Kind::Linear(_) | Kind::Max { .. })
            && found.contains(&LayerId(position));
        if rounds || passes_on {
            found.extend(layer.kind.sources());
        }
    }
    found
}

/// The inputs that say what masks hide, if calibration has seen nothing but zeros and ones of them: a bit each.
pub fn truths(graph: &Graph, ranges: &[Range]) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    let levels = graph.masked.keys().flat_map(|&id| {
        let sources = graph.layer(id).kind.sources();
        sources
            .into_iter()
            .filter(move |&source| graph.is_integral(source))
    });
    let mut open: Vec<LayerId> = levels.collect();
    let mut known = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !known.insert(id) {
            continue;
        }
        match &graph.layer(id).kind {
            Kind::Linear(_) => open.extend(graph.layer(id).kind.sources()),
            Kind::Input {
                integral: true,
                bounds: None,
            } if ranges[id.0].low >= 0.0 && ranges[id.0].high <= 1.0 => {
                found.insert(id);
            }
            _ => {}
        }
    }
    found
}
