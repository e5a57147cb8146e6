//! Missing values: the greatest integer of an input stands for them.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use inferproof_program::{TensorId, Term};
use inferproof_view::{Step, View};

impl Lowering<'_> {
    /// 1 where an input's value is missing, else 0: whether its integer is above the greatest that a number has. It saturates at one,
    /// and is not rounded.
    pub(super) fn missing(&mut self, input: LayerId) -> Result<TensorId, OnnxError> {
        if let Some(&bits) = self.missing.get(&input) {
            return Ok(bits);
        }
        let source = self.exact(input)?;
        let tensor = self.tensor(source).clone();
        let origin = self.graph.layer(input).origin.clone();
        let axes = tensor.shape.iter().enumerate();
        let repeated = axes.map(|(axis, &len)| Step::Insert { axis, len });
        let terms = vec![
            Term {
                coefficient: 1,
                source: Some(source),
                view: View::identity(tensor.shape.clone())?,
            },
            Term {
                coefficient: 1 - tensor.high,
                source: None,
                view: View::new(vec![], repeated.collect())?,
            },
        ];
        let above = self.linear(&origin, tensor.scale_log2, terms)?;
        let bits = self.rescaled(&origin, above, 0, Format::BIT)?;
        self.limit_rescale(bits, true, true);
        self.missing.insert(input, bits);
        Ok(bits)
    }

    /// An input's values, and zero where they are missing.
    pub(super) fn present(&mut self, id: LayerId, input: LayerId) -> Result<TensorId, OnnxError> {
        let bits = self.missing(input)?;
        let source = self.exact(input)?;
        let tensor = self.tensor(source).clone();
        let term = |coefficient, source| -> Result<Term, OnnxError> {
            Ok(Term {
                coefficient,
                source: Some(source),
                view: View::identity(tensor.shape.clone())?,
            })
        };
        let terms = vec![term(1, source)?, term(-tensor.high, bits)?];
        let origin = &self.graph.layer(id).origin;
        self.linear(origin, tensor.scale_log2, terms)
    }
}
