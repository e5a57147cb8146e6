//! What layers are used for, where that decides which integers stand for them.

use crate::graph::{Graph, Kind, LayerId, Summand};
use std::collections::{BTreeMap, BTreeSet};

/// The inputs that are read as indices, and how many entries they choose from.
pub fn indices(graph: &Graph) -> BTreeMap<LayerId, usize> {
    let mut indices = BTreeMap::new();
    for layer in &graph.layers {
        let Kind::Indicator { mut source, .. } = layer.kind else {
            continue;
        };
        while let Kind::Linear(terms) = &graph.layer(source).kind
            && let [
                Summand {
                    coefficient: 1.0,
                    source: Some(inner),
                    ..
                },
            ] = &terms[..]
        {
            source = *inner;
        }
        if matches!(graph.layer(source).kind, Kind::Input { .. }) {
            let classes = layer.shape.last().copied().unwrap_or(1);
            let known = indices.entry(source).or_insert(classes);
            *known = classes.min(*known);
        }
    }
    indices
}

/// The layers of which something is rounded to an integer or compared: one unit less would be another result.
pub fn unsaturated(graph: &Graph) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    for (position, layer) in graph.layers.iter().enumerate().rev() {
        let rounds = match &layer.kind {
            Kind::Apply { function, .. } => function.is_integral(),
            _ => false,
        };
        let passes_on = matches!(layer.kind, Kind::Linear(_) | Kind::Max { .. })
            && found.contains(&LayerId(position));
        if rounds || passes_on {
            found.extend(layer.kind.sources());
        }
    }
    found
}

/// The sums that only a softmax reads: they may have masks in them.
pub fn masked(graph: &Graph) -> BTreeSet<LayerId> {
    let readers = graph.readers();
    let logits = graph.layers.iter().filter_map(|layer| match layer.kind {
        Kind::Logits { source } => Some(source),
        _ => None,
    });
    let is_sum =
        |id: &LayerId| matches!(&graph.layer(*id).kind, Kind::Linear(terms) if terms.len() > 1);
    logits
        .filter(|id| readers[id.0] == 1 && is_sum(id))
        .collect()
}
