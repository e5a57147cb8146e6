//! Integers of 8 bits, exactly as a quantized model makes them.

use super::state::Lowering;
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use crate::quantize::wide;
use crate::requantize::{Line, Requantization, Staircase};
use inferproof_program::{Table, TensorId, Term};
use inferproof_view::{Step, View};
use std::collections::BTreeMap;

impl Lowering<'_> {
    /// Integers by the rescale that makes exactly them; by two, and a table that chooses, where halves are to be told apart.
    pub(super) fn requantize(
        &mut self,
        id: LayerId,
        source: LayerId,
        rule: &Requantization,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let exact = self.exact(source)?;
        let tensor = self.tensor(exact).clone();
        let bounds = (tensor.low, tensor.high);
        let is_sum = self.graph.is_integral(source) && tensor.scale_log2 == 0;
        if is_sum
            && i32::try_from(tensor.low)
                .and(i32::try_from(tensor.high))
                .is_err()
        {
            return Err(OnnxError::Model {
                reason: format!(
                    "{}: its sums can reach {}, beyond the 32 bits in which a quantized model adds up",
                    layer.origin,
                    tensor.high.max(-tensor.low)
                ),
            });
        }
        let lines = match rule.lines(tensor.scale_log2, bounds) {
            Some(lines) => lines,
            None if !self.graph.is_integral(source) => {
                // A number of the input is what it is, to the last bit; whatever else is real was rounded before.
                if wide::is_part_of_input(self.graph, source)
                    && let Some(staircase) = rule.staircase(tensor.scale_log2, bounds)
                {
                    return self.staircase(id, exact, rule, staircase);
                }
                rule.nearest(tensor.scale_log2, bounds)
            }
            None => {
                return Err(OnnxError::Model {
                    reason: format!(
                        "{}: sums from {} to {} cannot be requantized exactly; a model whose weights and scales are smaller can",
                        layer.origin, tensor.low, tensor.high
                    ),
                });
            }
        };
        if lines.lines.len() != rule.factors.len() {
            return Err(OnnxError::Model {
                reason: format!(
                    "{}: its scale is beyond the range of integers",
                    layer.origin
                ),
            });
        }
        let format = Format {
            low: rule.low,
            high: rule.high,
            scale: 0,
        };
        let upper = self.lines(id, exact, rule, &lines.lines, lines.shift, |l| l.upper)?;
        let upper = self.rescaled(&layer.origin, upper, lines.shift, format)?;
        self.limit_rescale(upper, true, true);
        if !lines.is_split() {
            return Ok(upper);
        }
        let lower = self.lines(id, exact, rule, &lines.lines, lines.shift, |l| l.lower)?;
        let lower = self.rescaled(&layer.origin, lower, lines.shift, format)?;
        self.limit_rescale(lower, true, true);
        let view = View::identity(layer.shape.clone())?;
        let read = |source| Term {
            coefficient: 1,
            source: Some(source),
            view: view.clone(),
        };
        let mut terms = vec![read(upper), read(lower)];
        // Each class of channels has a piece of the table for itself.
        let sums = 2 * rule.low..=2 * rule.high;
        let piece = 2 * (rule.high - rule.low) + 1;
        let mut values = Vec::new();
        for class in 0..lines.classes.len() {
            values.extend(sums.clone().map(|sum| lines.choose(class, sum, rule.low)));
            let members = (0..lines.lines.len()).filter(|&c| lines.lines[c].class == class);
            let members: Vec<usize> = members.collect();
            if class > 0 {
                terms.push(Term {
                    coefficient: class as i64 * piece,
                    source: None,
                    view: ones(&layer.shape)?.then(mask(rule, &members))?,
                });
            }
        }
        let low = 2 * rule.low;
        let sum = self.linear(&layer.origin, 0, terms)?;
        // Its bound does not see that a channel is in one class only, and a table has an entry for every argument.
        let bound = self.tensor(sum).high;
        values.resize(usize::try_from(bound - low + 1).unwrap_or(0), rule.low);
        let table = self.builder.table(Table { low, values })?;
        self.looked_up(&layer.origin, sum, table, format)
    }

    /// Integers by a rescale that is at most one too great, and a comparison with where they begin.
    fn staircase(
        &mut self,
        id: LayerId,
        source: TensorId,
        rule: &Requantization,
        staircase: Staircase,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let (origin, shape) = (&layer.origin, &layer.shape);
        let scale = self.tensor(source).scale_log2;
        let format = Format {
            low: rule.low + 1,
            high: rule.high,
            scale: 0,
        };
        let view = View::identity(shape.clone())?;
        let read = |coefficient, source| Term {
            coefficient,
            source: Some(source),
            view: view.clone(),
        };
        let number = |number| -> Result<Term, OnnxError> {
            Ok(Term {
                coefficient: number,
                source: None,
                view: ones(shape)?,
            })
        };
        // A rescale adds half a unit itself.
        let offset = staircase.offset - (1i64 << (staircase.shift - 1));
        let terms = vec![read(staircase.factor, source), number(offset)?];
        let line = self.linear(origin, scale, terms)?;
        let candidate = self.rescaled(origin, line, staircase.shift, format)?;
        self.limit_rescale(candidate, true, true);
        let thresholds = Format {
            low: staircase.thresholds.iter().copied().min().unwrap_or(0),
            high: staircase.thresholds.iter().copied().max().unwrap_or(0),
            scale,
        };
        let table = self.builder.table(Table {
            low: rule.low + 1,
            values: staircase.thresholds,
        })?;
        let threshold = self.looked_up(origin, candidate, table, thresholds)?;
        let terms = vec![read(1, source), read(-1, threshold)];
        let above = self.linear(origin, scale, terms)?;
        let reached = self.rescaled(origin, above, 0, Format::BIT)?;
        self.limit_rescale(reached, true, true);
        // The candidate is above the least integer, so that the sum's bounds are the rule's own.
        let terms = vec![read(1, candidate), read(1, reached), number(-1)?];
        self.linear(origin, 0, terms)
    }

    /// What is rescaled: a line for each channel. A rescale adds half a unit itself.
    fn lines(
        &mut self,
        id: LayerId,
        source: TensorId,
        rule: &Requantization,
        lines: &[Line],
        shift: u32,
        offset: impl Fn(&Line) -> i64,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let half = 1i64 << (shift - 1);
        let mut channels: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
        for (channel, line) in lines.iter().enumerate() {
            let key = (line.factor, offset(line) - half);
            channels.entry(key).or_default().push(channel);
        }
        let mut terms = Vec::new();
        for (&(factor, offset), members) in &channels {
            let mut view = View::identity(layer.shape.clone())?;
            let mut ones = ones(&layer.shape)?;
            if channels.len() > 1 {
                let mask = mask(rule, members);
                view = view.then(mask.clone())?;
                ones = ones.then(mask)?;
            }
            terms.push(Term {
                coefficient: factor,
                source: Some(source),
                view,
            });
            if offset != 0 {
                terms.push(Term {
                    coefficient: offset,
                    source: None,
                    view: ones,
                });
            }
        }
        let scale = self.tensor(source).scale_log2;
        self.linear(&layer.origin, scale, terms)
    }
}

/// One everywhere.
fn ones(shape: &[usize]) -> Result<View, OnnxError> {
    let axes = shape.iter().enumerate();
    let steps = axes.map(|(axis, &len)| Step::Insert { axis, len });
    Ok(View::new(vec![], steps.collect())?)
}

/// Some channels of a tensor that is requantized, and zero elsewhere.
fn mask(rule: &Requantization, members: &[usize]) -> Step {
    let length = rule.factors.len();
    let mut index = vec![None; length];
    for &channel in members {
        index[channel] = u32::try_from(channel).ok();
    }
    Step::Gather {
        axis: rule.axis,
        source: length,
        index,
    }
}
