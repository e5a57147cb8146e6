//! TopK: the greatest entries of rows, one after the other.

use super::{Context, Imported, Importer, refuse};
use crate::graph::{Axes, Kind, LayerId};
use inferproof_view::Step;
use tract_onnx::tract_core::ops::array::Topk;

/// Each entry that is asked for is a commitment as large as the tensor, and a term of all that come after it.
const MAX_COUNT: usize = 64;

impl Importer<'_> {
    /// The values and the indices. Each is found by a one-hot code of the greatest of those that are not taken yet.
    pub(super) fn top(&mut self, context: &Context<'_>, op: &Topk) -> Imported<Vec<LayerId>> {
        let origin = &context.origin;
        let shape = self.graph.shape(context.inputs[0]).to_vec();
        let (axis, rank, len) = (op.axis, shape.len(), shape[op.axis]);
        let sign = if op.largest { 1.0 } else { -1.0 };
        let order: Vec<usize> = (0..rank).filter(|&a| a != axis).chain([axis]).collect();
        let source = vec![Step::Permute(order.clone())];
        let source = self.graph.scaled(origin, sign, context.inputs[0], source)?;
        let hot_shape = self.graph.shape(source).to_vec();
        let axes = Axes {
            shared: rank - 1,
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        let column = Step::Insert {
            axis: rank - 1,
            len: 1,
        };
        let index = Step::Reduce {
            axis: rank - 1,
            source: len,
            weights: Some((0i64..).take(len).collect()),
        };
        let mut taken: Vec<LayerId> = Vec::new();
        let (mut values, mut indices) = (Vec::new(), Vec::new());
        let count = context.output_shape[axis];
        if count > MAX_COUNT {
            return refuse(format!("k = {count}; at most {MAX_COUNT} is supported"));
        }
        for _ in 0..count {
            let hot = Kind::OneHot {
                source,
                taken: taken.clone(),
            };
            let hot = self.graph.push(origin, hot_shape.clone(), hot);
            let value = self.graph.contract(origin, hot, source, axes);
            let value = self
                .graph
                .scaled(origin, sign, value, vec![column.clone()])?;
            values.push(value);
            let place = vec![index.clone(), column.clone()];
            indices.push(self.graph.view(origin, hot, place)?);
            taken.push(hot);
        }
        let back = (0..rank).filter_map(|a| order.iter().position(|&o| o == a));
        let back = vec![Step::Permute(back.collect())];
        let mut outputs = Vec::new();
        for parts in [values, indices] {
            let joined = self.joined(origin, &parts, rank - 1)?;
            outputs.push(self.graph.view(origin, joined, back.clone())?);
        }
        Ok(outputs)
    }
}
