//! Powers with exponents that are weights, `exp(y ln x)`: the error of a logarithm is that of the power relative to itself, so that both
//! tables are finer than those of other functions. What the exponential makes of a logarithm of zero is multiplied by zero, and has no say in
//! ranges.

use crate::function::{Expression, Function};
use crate::graph::{Graph, Kind, LOGIT_REACH, LayerId};
use crate::range::Range;
use std::collections::{BTreeMap, BTreeSet};

/// The width of exponents.
pub const EXPONENT_BITS: u32 = 16;

/// Bits that the argument of an exponential has beyond those of activations.
pub const FINER_BITS: u32 = 6;

/// The layers of such powers.
#[derive(Default)]
pub struct Powers {
    /// Logarithms.
    pub logarithms: BTreeSet<LayerId>,
    /// Products of them and the exponents.
    pub products: BTreeSet<LayerId>,
    /// Exponentials.
    pub exponentials: BTreeSet<LayerId>,
    /// Exponentials that are multiplied by whether the base is above zero, what they are of, and these products.
    whole: BTreeMap<LayerId, (LayerId, LayerId)>,
}

impl Powers {
    /// Of a graph.
    pub fn of(graph: &Graph) -> Self {
        let mut powers = Self::default();
        for (position, layer) in graph.layers.iter().enumerate() {
            let id = LayerId(position);
            match &layer.kind {
                Kind::Apply {
                    source,
                    function: Function::Exp,
                } => {
                    let Some((logarithm, product)) = logarithm(graph, &layer.origin, *source)
                    else {
                        continue;
                    };
                    powers.logarithms.insert(logarithm);
                    powers.products.insert(product);
                    powers.exponentials.insert(id);
                }
                Kind::Contract { left, .. } if powers.exponentials.contains(left) => {
                    if let [source] = graph.layer(*left).kind.sources()[..]
                        && graph.layer(*left).origin == layer.origin
                    {
                        powers.whole.insert(*left, (source, id));
                    }
                }
                _ => {}
            }
        }
        powers
    }

    /// Ranges as they are where the base is not zero.
    pub fn ranges(&self, ranges: &mut [Range]) {
        for (exponential, &(exponent, power)) in &self.whole {
            let Range { high, .. } = ranges[power.0];
            if high > 0.0 {
                let greatest = libm::log(high);
                ranges[exponential.0] = Range { low: 0.0, high };
                ranges[exponent.0] = Range {
                    low: ranges[exponent.0].low.max(greatest - LOGIT_REACH),
                    high: greatest,
                };
            }
        }
    }
}

/// The logarithm of which something is a multiple, and the product with the factors, all of one node.
fn logarithm(graph: &Graph, origin: &str, id: LayerId) -> Option<(LayerId, LayerId)> {
    let read = |mut id: LayerId| {
        while let Some((source, _)) = graph.viewed(id) {
            id = source;
        }
        (graph.layer(id).origin == origin).then_some(id)
    };
    let product = read(id)?;
    let Kind::Contract { left, right, axes } = graph.layer(product).kind else {
        return None;
    };
    graph.constant(right).filter(|_| axes.contracted == 0)?;
    let logarithm = read(left)?;
    let Kind::Apply { function, .. } = &graph.layer(logarithm).kind else {
        return None;
    };
    let is_logarithm = match function {
        Function::Ln => true,
        Function::Composite(expression) => **expression == Expression::logarithm_or_zero(),
        _ => false,
    };
    is_logarithm.then_some((logarithm, product))
}
