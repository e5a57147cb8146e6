//! Layers that compute the same of the same are one layer: exports write masks, positions and casts out again for every block.

use crate::graph::{Graph, Kind, LayerId};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Lets every layer read the first of those that are alike; the others are no longer read.
///
/// A sum or product that only sums read stays where it is, however often it occurs: it is committed to nowhere, and would be if several
/// read the same one.
pub fn merge(graph: &mut Graph) {
    let stays = read_by_sums_alone(graph);
    // What a layer is alike to, and what stands in its place; they differ where a sum stays.
    let mut alike: BTreeMap<LayerId, LayerId> = BTreeMap::new();
    let mut replaced: BTreeMap<LayerId, LayerId> = BTreeMap::new();
    let mut classes: HashMap<u64, Vec<(LayerId, Kind)>> = HashMap::new();
    for (position, stays) in stays.into_iter().enumerate() {
        let id = LayerId(position);
        let layer = &mut graph.layers[position];
        if matches!(layer.kind, Kind::Input { .. }) {
            continue;
        }
        let mut kind = layer.kind.clone();
        kind.rename(&alike);
        layer.kind.rename(&replaced);
        let members = classes.entry(key(&kind, &layer.shape)).or_default();
        let shape = &graph.layers[position].shape;
        let known = members
            .iter()
            .find(|(other, known)| *known == kind && graph.layers[other.0].shape == *shape);
        match known {
            Some(&(known, _)) => {
                alike.insert(id, known);
                if !stays {
                    replaced.insert(id, known);
                }
            }
            None => members.push((id, kind)),
        }
    }
    for output in &mut graph.outputs {
        *output = replaced.get(output).copied().unwrap_or(*output);
    }
}

/// For each layer, whether it is a sum or a product that nothing but sums read.
fn read_by_sums_alone(graph: &Graph) -> Vec<bool> {
    let is_virtual = |kind: &Kind| matches!(kind, Kind::Linear(_) | Kind::Contract { .. });
    let mut stays: Vec<bool> = graph.layers.iter().map(|l| is_virtual(&l.kind)).collect();
    for layer in &graph.layers {
        if !matches!(layer.kind, Kind::Linear(_)) {
            for source in layer.kind.sources() {
                stays[source.0] = false;
            }
        }
    }
    for output in &graph.outputs {
        stays[output.0] = false;
    }
    stays
}

/// The same for layers that are alike.
fn key(kind: &Kind, shape: &[usize]) -> u64 {
    let mut hasher = DefaultHasher::new();
    shape.hash(&mut hasher);
    std::mem::discriminant(kind).hash(&mut hasher);
    for source in kind.sources() {
        source.0.hash(&mut hasher);
    }
    match kind {
        Kind::Constant(values) => values.key().hash(&mut hasher),
        Kind::Linear(terms) => {
            for term in terms {
                term.coefficient.to_bits().hash(&mut hasher);
                term.view.hash(&mut hasher);
            }
        }
        Kind::Apply { function, .. } => function.to_string().hash(&mut hasher),
        _ => {}
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Function;

    #[test]
    fn what_is_alike_becomes_one() {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![3], kind);
        graph.inputs.push(x);
        let mut roots = Vec::new();
        for origin in ["a", "b"] {
            let terms = vec![
                graph.summand(2.0, x, vec![]).unwrap(),
                Graph::fill(1.0, &[3]).unwrap(),
            ];
            let sum = graph.sum(origin, terms);
            roots.push(graph.apply(origin, sum, Function::Sqrt));
        }
        let other = graph.apply("c", x, Function::Sqrt);
        graph.outputs = vec![roots[0], roots[1], other];
        merge(&mut graph);
        assert_eq!(graph.outputs[0], graph.outputs[1]);
        assert_ne!(graph.outputs[0], graph.outputs[2]);
        graph.prune();
        assert_eq!(graph.layers.len(), 4);
    }

    /// Merged, the sum would be committed for the sums that read it.
    #[test]
    fn sums_inside_of_sums_stay() {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![2], kind);
        graph.inputs.push(x);
        let mut outer = Vec::new();
        for (origin, factor) in [("a", 3.0), ("b", 5.0)] {
            let terms = vec![
                graph.summand(2.0, x, vec![]).unwrap(),
                Graph::fill(1.0, &[2]).unwrap(),
            ];
            let inner = graph.sum(origin, terms);
            let terms = vec![
                graph.summand(factor, inner, vec![]).unwrap(),
                graph.summand(1.0, x, vec![]).unwrap(),
            ];
            outer.push(graph.sum(origin, terms));
        }
        graph.outputs = outer;
        merge(&mut graph);
        graph.prune();
        assert_eq!(graph.layers.len(), 5);
    }
}
