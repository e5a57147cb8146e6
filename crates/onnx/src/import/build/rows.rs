//! Softmax and normalizations by a root mean square.

use crate::function::{Expression, Function};
use crate::graph::{Axes, Graph, Kind, LayerId, Summand};
use crate::import::Importer;
use crate::import::refusal::Imported;
use inferproof_view::Step;

/// What stands for a magnitude of zero where logarithms are taken.
const LEAST_MAGNITUDE: f64 = 1e-30;

/// Steps that bring axes to the end, as one axis, and back.
pub struct Rows {
    pub there: Vec<Step>,
    pub back: Vec<Step>,
    /// The shape of all axes but these.
    pub outer: Vec<usize>,
    /// Entries of these axes together.
    pub len: usize,
}

impl Rows {
    pub fn of(shape: &[usize], axes: &[usize]) -> Self {
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
    pub fn axis(&self) -> usize {
        self.outer.len()
    }

    pub fn sum(&self) -> Step {
        Step::Reduce {
            axis: self.axis(),
            source: self.len,
            weights: None,
        }
    }

    pub fn repeat(&self) -> Step {
        Step::Insert {
            axis: self.axis(),
            len: self.len,
        }
    }
}

/// `x - m`, `exp(x - m)`, the sums of these along rows, and the greatest entries `m`.
struct Exponentials {
    below: LayerId,
    exponentials: LayerId,
    sum: LayerId,
    greatest: LayerId,
}

/// Axes that a view sums, and what it does with the others once these are gone.
struct Summed {
    axes: Vec<usize>,
    back: Vec<Step>,
}

/// What a view does, if that is to sum whole axes, to drop or insert axes of length one, and to permute them.
fn summed_axes(steps: &[Step], rank: usize) -> Option<Summed> {
    // For each axis at this point the one that it was; none for what was inserted.
    let mut current: Vec<Option<usize>> = (0..rank).map(Some).collect();
    let mut axes = Vec::new();
    for step in steps {
        match step {
            Step::Reduce {
                axis,
                source,
                weights: None,
            } => match current.get(*axis)? {
                Some(own) => {
                    axes.push(*own);
                    current.remove(*axis);
                }
                None if *source == 1 => {
                    current.remove(*axis);
                }
                None => return None,
            },
            Step::Insert { axis, len: 1 } if *axis <= current.len() => current.insert(*axis, None),
            Step::Permute(order) => {
                let permuted = order.iter().map(|&from| current.get(from).copied());
                current = permuted.collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    axes.sort_unstable();
    let kept: Vec<usize> = current.iter().flatten().copied().collect();
    let mut sorted = kept.clone();
    sorted.sort_unstable();
    let order = kept.iter().map(|own| sorted.iter().position(|s| s == own));
    let mut back = vec![Step::Permute(order.collect::<Option<_>>()?)];
    let inserted = current.iter().enumerate().filter(|(_, own)| own.is_none());
    back.extend(inserted.map(|(axis, _)| Step::Insert { axis, len: 1 }));
    Some(Summed { axes, back })
}

impl Importer<'_> {
    /// `exp(x - m) / sum exp(x - m)` along axes together, or its logarithm, with `m` the greatest entry.
    pub fn softmax(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        logarithm: bool,
    ) -> Imported<LayerId> {
        let rows = Rows::of(self.graph.shape(source), axes);
        let source = self.graph.view(origin, source, rows.there.clone())?;
        let Exponentials {
            below,
            exponentials,
            sum,
            greatest: _,
        } = self.exponentials(origin, source, &rows)?;
        let result = if logarithm {
            let logarithm = self.graph.apply(origin, sum, Function::Ln);
            let terms = vec![
                self.graph.summand(1.0, below, vec![])?,
                self.graph.summand(-1.0, logarithm, vec![rows.repeat()])?,
            ];
            self.graph.sum(origin, terms)
        } else {
            let inverse = self.graph.apply(origin, sum, Function::Reciprocal);
            self.scaled_rows(origin, exponentials, inverse, &rows)
        };
        Ok(self.graph.view(origin, result, rows.back)?)
    }

    /// The exponentials of rows relative to their greatest entries.
    fn exponentials(
        &mut self,
        origin: &str,
        source: LayerId,
        rows: &Rows,
    ) -> Imported<Exponentials> {
        let shape = self.graph.shape(source).to_vec();
        let logits = self.graph.push(origin, shape, Kind::Logits { source });
        let greatest = self.greatest(origin, logits, rows.axis())?;
        let one = Step::Reduce {
            axis: rows.axis(),
            source: 1,
            weights: None,
        };
        let terms = vec![
            self.graph.summand(1.0, logits, vec![])?,
            self.graph
                .summand(-1.0, greatest, vec![one.clone(), rows.repeat()])?,
        ];
        let below = self.graph.sum(origin, terms);
        let exponentials = self.graph.apply(origin, below, Function::Exp);
        Ok(Exponentials {
            below,
            exponentials,
            sum: self.graph.view(origin, exponentials, vec![rows.sum()])?,
            greatest: self.graph.view(origin, greatest, vec![one])?,
        })
    }

    /// `ln(c sum exp(x))`, if that is what the logarithm of this layer is: `m + ln sum exp(x - m) + ln c` with the greatest entry `m`. The
    /// sum itself would need more digits than a table has arguments.
    pub fn log_sum_exp(&mut self, origin: &str, source: LayerId) -> Imported<Option<LayerId>> {
        let (inner, factor, steps) = self.through_views(source);
        let Kind::Apply {
            source: argument,
            function: Function::Exp,
        } = self.graph.layer(inner).kind
        else {
            return Ok(None);
        };
        let rank = self.graph.shape(argument).len();
        let summed = summed_axes(&steps, rank).filter(|_| factor > 0.0);
        let Some(Summed { axes, back }) = summed else {
            return Ok(None);
        };
        let result = self.log_sum_exp_along(origin, argument, &axes)?;
        let mut terms = vec![self.graph.summand(1.0, result, back)?];
        if factor != 1.0 {
            let shape = terms[0].view.target().to_vec();
            terms.push(Graph::fill(factor.ln(), &shape)?);
        }
        Ok(Some(self.graph.sum(origin, terms)))
    }

    /// What a layer is a multiple of a view of, through any number of such layers; the factor, and the steps of the view.
    fn through_views(&self, mut layer: LayerId) -> (LayerId, f64, Vec<Step>) {
        let (mut factor, mut steps) = (1.0, Vec::new());
        while let Kind::Linear(terms) = &self.graph.layer(layer).kind
            && let [
                Summand {
                    coefficient,
                    source: Some(source),
                    view,
                },
            ] = &terms[..]
        {
            factor *= coefficient;
            steps = [view.steps(), &steps].concat();
            layer = *source;
        }
        (layer, factor, steps)
    }

    /// `ln sum exp(x)` along axes, which are dropped.
    pub fn log_sum_exp_along(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
    ) -> Imported<LayerId> {
        let rows = Rows::of(self.graph.shape(source), axes);
        let source = self.graph.view(origin, source, rows.there.clone())?;
        let Exponentials { sum, greatest, .. } = self.exponentials(origin, source, &rows)?;
        let logarithm = self.graph.apply(origin, sum, Function::Ln);
        let terms = vec![
            self.graph.summand(1.0, logarithm, vec![])?,
            self.graph.summand(1.0, greatest, vec![])?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    /// `(sum |x|^p)^(1/p)` along the last axis, which is dropped, as `m (sum (|x|/m)^p)^(1/p)` with the greatest magnitude `m`: powers of the
    /// entries themselves would need `p` times as many digits as these have. The quotients are taken as differences of logarithms.
    pub fn power_norm(&mut self, origin: &str, source: LayerId, p: f64) -> Imported<LayerId> {
        let axis = self.graph.shape(source).len().saturating_sub(1);
        let rows = Rows::of(self.graph.shape(source), &[axis]);
        let magnitudes = self.apply(origin, source, Function::Abs);
        let greatest = self.greatest(origin, magnitudes, axis)?;
        let one = Step::Reduce {
            axis,
            source: 1,
            weights: None,
        };
        let greatest = self.graph.view(origin, greatest, vec![one])?;
        // Zero has no logarithm. What stands for it is nothing beside the greatest entry, or all are zero, and so is what they are multiplied by.
        let floor = Function::Clamp {
            low: Some(LEAST_MAGNITUDE),
            high: None,
        };
        let logarithm = Expression::Argument.then(floor).then(Function::Ln);
        let logarithms = self.graph.apply(origin, magnitudes, logarithm.into());
        let logits = self.graph.scaled(origin, p, logarithms, vec![])?;
        let Exponentials { sum, .. } = self.exponentials(origin, logits, &rows)?;
        let root = self.graph.apply(origin, sum, Function::Power(1.0 / p));
        Ok(self.graph.entrywise(origin, greatest, root))
    }

    /// `x / sqrt(mean of squares + epsilon)`, with the mean over axes together.
    pub fn rms_norm(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        epsilon: f64,
    ) -> Imported<LayerId> {
        let rows = Rows::of(self.graph.shape(source), axes);
        let source = self.graph.view(origin, source, rows.there.clone())?;
        let squares = self.sum_of_squares(origin, source, &rows);
        let terms = vec![
            self.graph.summand(1.0 / rows.len as f64, squares, vec![])?,
            Graph::fill(epsilon, &rows.outer)?,
        ];
        let mean = self.graph.sum(origin, terms);
        let inverse = self.graph.apply(origin, mean, Function::ReciprocalSqrt);
        let normalized = self.scaled_rows(origin, source, inverse, &rows);
        Ok(self.graph.view(origin, normalized, rows.back)?)
    }

    /// `x - mean of x` along axes together.
    pub fn centred(&mut self, origin: &str, source: LayerId, axes: &[usize]) -> Imported<LayerId> {
        let rows = Rows::of(self.graph.shape(source), axes);
        let steps = [&rows.there[..], &[rows.sum(), rows.repeat()], &rows.back].concat();
        let terms = vec![
            self.graph.summand(1.0, source, vec![])?,
            self.graph.summand(-1.0 / rows.len as f64, source, steps)?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    /// The sum (or the mean) of the squares along axes, which keep length one.
    pub fn reduced_squares(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        mean: bool,
    ) -> Imported<LayerId> {
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
    pub fn sum_of_squares(&mut self, origin: &str, source: LayerId, rows: &Rows) -> LayerId {
        let axes = Axes {
            shared: rows.axis(),
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        self.graph.contract(origin, source, source, axes)
    }

    /// Each row times its own factor.
    pub fn scaled_rows(
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
