//! One-hot codes of indices.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use inferproof_program::{TensorId, Term};
use inferproof_view::{Step, View};

impl Lowering<'_> {
    /// The format of an input that is an index of so many classes; below zero only if it is so in calibration.
    pub(super) fn index_format(&self, id: LayerId, classes: i64) -> Format {
        Format {
            low: if self.range(id).low < 0.0 {
                -classes
            } else {
                0
            },
            high: classes - 1,
            scale: 0,
        }
    }

    /// One-hot codes. Where indices wrap and some are negative in calibration, codes are twice as long, and their halves are added.
    pub(super) fn indicator(
        &mut self,
        id: LayerId,
        source: LayerId,
        wraps: bool,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let origin = &layer.origin;
        let Some((&count, rows)) = layer.shape.split_last() else {
            return Err(OnnxError::Model {
                reason: format!("{origin}: codes without an axis"),
            });
        };
        let classes = count as i64;
        let exact = self.exact(source)?;
        let exact = self.refine(origin, exact, 0)?;
        if !wraps || self.range(source).low >= 0.0 {
            let source = self.index(origin, exact, classes)?;
            return self.codes(origin, source, count);
        }
        let scale = self.tensor(exact).scale_log2;
        let axes = rows.iter().enumerate();
        let ones = axes
            .map(|(axis, &len)| Step::Insert { axis, len })
            .collect();
        let terms = vec![
            Term {
                coefficient: 1,
                source: Some(exact),
                view: View::identity(rows.to_vec())?,
            },
            Term {
                coefficient: classes << scale.clamp(0, 30),
                source: None,
                view: View::new(vec![], ones)?,
            },
        ];
        let shifted = self.linear(origin, scale, terms)?;
        let source = self.index(origin, shifted, 2 * classes)?;
        let wide = [rows, &[2 * count]].concat();
        let codes = self.codes(origin, source, 2 * count)?;
        let half = |start: usize| -> Result<Term, OnnxError> {
            let step = Step::Slice {
                axis: rows.len(),
                source: 2 * count,
                start: start as i64,
                step: 1,
                len: count,
            };
            Ok(Term {
                coefficient: 1,
                source: Some(codes),
                view: View::new(wide.clone(), vec![step])?,
            })
        };
        let terms = vec![half(0)?, half(count)?];
        self.linear(origin, 0, terms)
    }

    /// A tensor of indices below `classes`.
    fn index(
        &mut self,
        origin: &str,
        exact: TensorId,
        classes: i64,
    ) -> Result<TensorId, OnnxError> {
        let tensor = self.tensor(exact);
        if tensor.scale_log2 == 0 && tensor.low >= 0 && tensor.high < classes {
            return Ok(exact);
        }
        let format = Format {
            low: 0,
            high: classes - 1,
            scale: 0,
        };
        let index = self.rescale(origin, exact, format)?;
        // An index that is moved by one chooses another row.
        self.limit_exactly(index);
        Ok(index)
    }
}
