//! What is done to features before a model sees them, and to scores after it.

use super::scores::{row_maximum, row_product, row_sum};
use super::{Imported, Node, Value, Walk, refuse};
use crate::function::Function;
use crate::graph::{Axes, Graph, LayerId};
use inferproof_view::Step;

/// `(x - offset) * scale`, feature by feature.
pub fn scaler(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let (source, _, features) = node.rows(graph)?;
    let offset = node.attributes.floats("offset")?;
    let scale = node.attributes.floats("scale")?;
    for given in [offset, scale] {
        if given.len() != scale.len() || (given.len() != 1 && given.len() != features) {
            return refuse(format!(
                "attributes `offset` and `scale` have {} and {} entries, for {features} features",
                offset.len(),
                scale.len()
            ));
        }
    }
    let full = |values: &[f32]| match values {
        [one] => vec![*one; features],
        _ => values.to_vec(),
    };
    let centred = shifted(graph, &node.origin, (1.0, source), (-1.0, full(offset)))?;
    let layer = scaled(graph, &node.origin, centred, full(scale))?;
    Ok(vec![Value {
        layer,
        is_integer: false,
    }])
}

/// Plus or minus the rows, plus or minus a number for each feature.
pub fn shifted(
    graph: &mut Graph,
    origin: &str,
    (sign, rows): (f64, LayerId),
    (offset_sign, offset): (f64, Vec<f32>),
) -> Imported<LayerId> {
    let len = graph.shape(rows)[0];
    let offset = graph.add_constant(origin, vec![offset.len()], offset);
    let terms = vec![
        graph.summand(sign, rows, vec![])?,
        graph.summand(offset_sign, offset, vec![Step::Insert { axis: 0, len }])?,
    ];
    Ok(graph.sum(origin, terms))
}

/// The rows, each feature times a number of its own.
pub fn scaled(
    graph: &mut Graph,
    origin: &str,
    rows: LayerId,
    factors: Vec<f32>,
) -> Imported<LayerId> {
    let columns = graph.view(origin, rows, vec![Step::Permute(vec![1, 0])])?;
    let factors = graph.add_constant(origin, vec![factors.len()], factors);
    let axes = Axes {
        shared: 1,
        left_free: 1,
        right_free: 0,
        contracted: 0,
    };
    let product = graph.contract(origin, columns, factors, axes);
    Ok(graph.view(origin, product, vec![Step::Permute(vec![1, 0])])?)
}

/// Each row over its norm. A row of zeros has none: calibration refuses a model that meets one.
pub fn normalizer(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let (source, _, _) = node.rows(graph)?;
    let origin = &node.origin;
    let inverse = match node.attributes.word("norm", "MAX")? {
        // Like onnxruntime: the greatest number, not the greatest magnitude.
        "MAX" => {
            let norm = row_maximum(graph, origin, source)?;
            graph.apply(origin, norm, Function::Reciprocal)
        }
        "L1" => {
            let magnitudes = graph.apply(origin, source, Function::Abs);
            let norm = row_sum(graph, origin, magnitudes)?;
            graph.apply(origin, norm, Function::Reciprocal)
        }
        "L2" => {
            let squares = graph.apply(origin, source, Function::Square);
            let sum = row_sum(graph, origin, squares)?;
            graph.apply(origin, sum, Function::ReciprocalSqrt)
        }
        other => {
            return refuse(format!(
                "attribute `norm` is `{other}`; expected MAX, L1 or L2"
            ));
        }
    };
    let layer = row_product(graph, origin, source, inverse);
    Ok(vec![Value {
        layer,
        is_integer: false,
    }])
}

impl Walk<'_> {
    /// Some of the features, by constant positions.
    pub(super) fn extract(&mut self, node: &Node<'_>) -> Imported<Vec<Value>> {
        let value = node.input()?;
        let positions = self.integers(node, 1)?;
        let Some(axis) = self.graph.shape(value.layer).len().checked_sub(1) else {
            return refuse("its input has no axis");
        };
        let source = self.graph.shape(value.layer)[axis];
        let index = positions.iter().map(|&i| {
            let position = u32::try_from(i).ok();
            position.filter(|&i| (i as usize) < source).map(Some)
        });
        let Some(index) = index.collect::<Option<Vec<_>>>() else {
            return refuse(format!("a position is not within the {source} features"));
        };
        let layer = self.graph.view(
            &node.origin,
            value.layer,
            vec![Step::Gather {
                axis,
                source,
                index,
            }],
        )?;
        Ok(vec![Value { layer, ..value }])
    }
}
