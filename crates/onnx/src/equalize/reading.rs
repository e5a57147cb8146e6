//! Which layers read which, and which of them only rearrange.

use crate::graph::{Graph, Kind, LayerId};

/// Layers that read each layer.
pub fn readers(graph: &Graph) -> Vec<Vec<LayerId>> {
    let mut readers = vec![Vec::new(); graph.layers.len()];
    for (position, layer) in graph.layers.iter().enumerate() {
        for source in layer.kind.sources() {
            readers[source.0].push(LayerId(position));
        }
    }
    readers
}

/// Whether a layer only rearranges another.
pub fn is_view(graph: &Graph, id: LayerId) -> bool {
    matches!(&graph.layer(id).kind, Kind::Linear(terms)
        if terms.len() == 1 && terms[0].coefficient == 1.0 && terms[0].source.is_some() && terms[0].view.magnitude(1) == 1)
}
