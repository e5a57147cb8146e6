//! Missing values in the float graph: which inputs may have them, and the graph without what deals with them.

use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId};
use std::collections::{BTreeMap, BTreeSet};

impl Graph {
    /// Whether everything that reads an input says what it makes of a missing value.
    pub fn takes_missing(&self, input: LayerId) -> bool {
        let mut readers = self.layers.iter().map(|layer| &layer.kind);
        let mut is_read = false;
        let all = readers.all(|kind| {
            let reads = kind.sources().contains(&input);
            is_read |= reads;
            let says = matches!(
                kind,
                Kind::Apply {
                    function: Function::Missing | Function::Present,
                    ..
                }
            );
            !reads || says
        });
        all && is_read && !self.outputs.contains(&input)
    }

    /// The same graph where nothing is missing from these inputs: what deals with missing values is left out.
    pub fn without_missing(&self, inputs: &BTreeSet<LayerId>) -> Self {
        let mut graph = self.clone();
        // Layers that are zero throughout, and layers that are what another one is.
        let mut zero = BTreeSet::new();
        let mut same: BTreeMap<LayerId, LayerId> = BTreeMap::new();
        for position in 0..graph.layers.len() {
            let id = LayerId(position);
            let Some(layer) = graph.layers.get_mut(position) else {
                continue;
            };
            layer.kind.rename(&same);
            let is_zero = match &mut layer.kind {
                Kind::Apply {
                    source,
                    function: Function::Missing,
                } => inputs.contains(source),
                Kind::Apply {
                    source,
                    function: Function::Present,
                } if inputs.contains(source) => {
                    same.insert(id, *source);
                    false
                }
                Kind::Linear(terms) => {
                    terms.retain(|term| term.source.is_none_or(|s| !zero.contains(&s)));
                    terms.is_empty()
                }
                Kind::Contract { left, right, .. } => zero.contains(left) || zero.contains(right),
                _ => false,
            };
            if is_zero && let Ok(term) = Graph::fill(0.0, &layer.shape) {
                layer.kind = Kind::Linear(vec![term]);
                zero.insert(id);
            }
        }
        for output in &mut graph.outputs {
            if let Some(source) = same.get(output) {
                *output = *source;
            }
        }
        graph.prune();
        graph
    }
}
