//! Square roots of sums that are too wide for a table.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use inferproof_program::{MAX_BOUND, TensorId};

impl Lowering<'_> {
    /// The root of a tensor that is never negative, as fine as a table's values of so many bits would be. No bit of the argument is
    /// lost, so that small roots are as precise as great ones.
    pub(super) fn root(
        &mut self,
        id: LayerId,
        source: TensorId,
        bits: u32,
    ) -> Result<TensorId, OnnxError> {
        let origin = &self.graph.layer(id).origin;
        let format = Format::activation(self.range(id), bits);
        let tensor = self.tensor(source);
        // Half of the argument's scale is that of the root.
        let mut scale = tensor.scale_log2.max(2 * format.scale);
        scale += scale & 1;
        let fits = |scale: i32| {
            let finer = i128::from(tensor.high) << (scale - tensor.scale_log2).clamp(0, 60);
            finer < i128::from(MAX_BOUND)
        };
        while scale - 2 >= tensor.scale_log2 && !fits(scale) {
            scale -= 2;
        }
        let square = self.refine(origin, source, scale)?;
        let tensor = self.tensor(square).clone();
        let greatest = tensor.high.isqrt();
        // A range of a power of two is checked on one side only.
        let exact = Format {
            low: 0,
            high: (1 << (64 - greatest.leading_zeros())) - 1,
            scale: scale / 2,
        };
        let root = self.rooted(origin, square, exact)?;
        if exact.high >> bits == 0 {
            return Ok(root);
        }
        self.rescale(origin, root, format)
    }
}
