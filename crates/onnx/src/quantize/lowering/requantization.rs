//! Integers of 8 bits, exactly as a quantized model makes them.

use super::Lowering;
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use crate::requantize::{Line, Requantization};
use inferproof_program::{Op, Table, TensorId, Term};
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
            None if !self.graph.is_integral(source) => rule.nearest(tensor.scale_log2, bounds),
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
        let op = |source| Op::Rescale {
            source,
            shift: lines.shift,
        };
        let upper = self.lines(id, exact, rule, &lines.lines, lines.shift, |l| l.upper)?;
        let upper = self.push(&layer.origin, &layer.shape, format, op(upper))?;
        self.limit_rescale(upper, true, true);
        if !lines.is_split() {
            return Ok(upper);
        }
        let lower = self.lines(id, exact, rule, &lines.lines, lines.shift, |l| l.lower)?;
        let lower = self.push(&layer.origin, &layer.shape, format, op(lower))?;
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
        let sum = self.push_virtual(&layer.origin, &layer.shape, 0, Op::Linear { terms })?;
        // Its bound does not see that a channel is in one class only, and a table has an entry for every argument.
        let bound = self.tensor(sum).high;
        values.resize(usize::try_from(bound - low + 1).unwrap_or(0), rule.low);
        let table = self.table(Table { low, values });
        let op = Op::Map { source: sum, table };
        self.push(&layer.origin, &layer.shape, format, op)
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
        self.push_virtual(&layer.origin, &layer.shape, scale, Op::Linear { terms })
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
