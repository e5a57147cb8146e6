//! Softmax and normalizations by a root mean square.

use super::{Context, Imported, Importer};
use crate::function::Function;
use crate::graph::{Axes, Graph, Kind, LayerId};
use inferproof_view::Step;
use tract_onnx::tract_core::ops::nn::{RmsNorm, Softmax, SoftmaxKind};

/// Steps that bring axes to the end, as one axis, and back.
struct Rows {
    there: Vec<Step>,
    back: Vec<Step>,
    /// The shape of all axes but these.
    outer: Vec<usize>,
    /// Entries of these axes together.
    len: usize,
}

impl Rows {
    fn of(shape: &[usize], axes: &[usize]) -> Self {
        let outer: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
        let order: Vec<usize> = outer.iter().chain(axes).copied().collect();
        let sizes: Vec<usize> = axes.iter().map(|&a| shape[a]).collect();
        let axis = outer.len();
        let place = |a: usize| order.iter().position(|&o| o == a);
        let inverse = (0..shape.len()).filter_map(place).collect();
        Self {
            there: vec![
                Step::Permute(order.clone()),
                Step::Merge {
                    axis,
                    sizes: sizes.clone(),
                },
            ],
            back: vec![
                Step::Split {
                    axis,
                    sizes: sizes.clone(),
                },
                Step::Permute(inverse),
            ],
            outer: outer.iter().map(|&a| shape[a]).collect(),
            len: sizes.iter().product(),
        }
    }

    /// The axis of entries, once they are one axis.
    fn axis(&self) -> usize {
        self.outer.len()
    }

    fn sum(&self) -> Step {
        Step::Reduce {
            axis: self.axis(),
            source: self.len,
            weights: None,
        }
    }

    fn repeat(&self) -> Step {
        Step::Insert {
            axis: self.axis(),
            len: self.len,
        }
    }
}

impl Importer<'_> {
    /// `exp(x - m) / sum exp(x - m)`, or its logarithm, with `m` the greatest entry.
    pub(super) fn softmax(&mut self, context: &Context<'_>, op: &Softmax) -> Imported<LayerId> {
        let origin = &context.origin;
        let rows = Rows::of(&context.output_shape, &op.axes);
        let source = self
            .graph
            .view(origin, context.inputs[0], rows.there.clone())?;
        let shape = self.graph.shape(source).to_vec();
        let logits = self.graph.push(origin, shape, Kind::Logits { source });
        let greatest = self.greatest(origin, logits, rows.axis())?;
        let repeat = vec![
            Step::Reduce {
                axis: rows.axis(),
                source: 1,
                weights: None,
            },
            rows.repeat(),
        ];
        let terms = vec![
            self.graph.summand(1.0, logits, vec![])?,
            self.graph.summand(-1.0, greatest, repeat)?,
        ];
        let below = self.graph.sum(origin, terms);
        let exponentials = self.graph.apply(origin, below, Function::Exp);
        let sum = self.graph.view(origin, exponentials, vec![rows.sum()])?;
        let result = match op.kind {
            SoftmaxKind::Softmax => {
                let inverse = self.graph.apply(origin, sum, Function::Reciprocal);
                self.scaled_rows(origin, exponentials, inverse, &rows)
            }
            SoftmaxKind::LogSoftmax => {
                let logarithm = self.graph.apply(origin, sum, Function::Ln);
                let terms = vec![
                    self.graph.summand(1.0, below, vec![])?,
                    self.graph.summand(-1.0, logarithm, vec![rows.repeat()])?,
                ];
                self.graph.sum(origin, terms)
            }
        };
        Ok(self.graph.view(origin, result, rows.back)?)
    }

    /// `x / sqrt(mean of squares + epsilon)`.
    pub(super) fn rms_norm(&mut self, context: &Context<'_>, op: &RmsNorm) -> Imported<LayerId> {
        let origin = &context.origin;
        let epsilon = super::numbers(&op.eps)?.first().copied().unwrap_or(0.0);
        let rows = Rows::of(&context.output_shape, &[op.axis]);
        let source = self
            .graph
            .view(origin, context.inputs[0], rows.there.clone())?;
        let squares = self.sum_of_squares(origin, source, &rows);
        let terms = vec![
            self.graph.summand(1.0 / rows.len as f64, squares, vec![])?,
            Graph::fill(epsilon.into(), &rows.outer)?,
        ];
        let mean = self.graph.sum(origin, terms);
        let inverse = self.graph.apply(origin, mean, Function::ReciprocalSqrt);
        let normalized = self.scaled_rows(origin, source, inverse, &rows);
        Ok(self.graph.view(origin, normalized, rows.back)?)
    }

    /// The sum (or the mean) of the squares along axes, which keep length one.
    pub(super) fn reduced_squares(
        &mut self,
        context: &Context<'_>,
        source: LayerId,
        axes: &[usize],
        mean: bool,
    ) -> Imported<LayerId> {
        let origin = &context.origin;
        let rows = Rows::of(self.graph.shape(source), axes);
        let source = self.graph.view(origin, source, rows.there.clone())?;
        let squares = self.sum_of_squares(origin, source, &rows);
        let factor = if mean { 1.0 / rows.len as f64 } else { 1.0 };
        let mut steps = Vec::new();
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        steps.extend(sorted.into_iter().map(|axis| Step::Insert { axis, len: 1 }));
        Ok(self.graph.scaled(origin, factor, squares, steps)?)
    }

    /// A contraction of rows with themselves: it commits to nothing.
    fn sum_of_squares(&mut self, origin: &str, source: LayerId, rows: &Rows) -> LayerId {
        let axes = Axes {
            shared: rows.axis(),
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        self.graph.contract(origin, source, source, axes)
    }

    /// Each row times its own factor.
    fn scaled_rows(
        &mut self,
        origin: &str,
        source: LayerId,
        factors: LayerId,
        rows: &Rows,
    ) -> LayerId {
        let axes = Axes {
            shared: rows.axis(),
            left_free: 1,
            right_free: 0,
            contracted: 0,
        };
        self.graph.contract(origin, source, factors, axes)
    }
}
