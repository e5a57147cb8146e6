//! Values that a run moved to the end of a range, though the model itself would not.
//!
//! Ranges are chosen from calibration data. What lies beyond one is moved to its end, in the interpreter and in the proof alike, so a proof
//! of such a run is valid, and its answer may be poor. Whoever runs a program is told, entry by entry.

#[cfg(feature = "interpreter")]
use crate::Rescale;
use crate::{Op, Program, ProgramError, TensorId};
use serde::{Deserialize, Serialize};

/// How far what a rescale or a table reads may lie out without loss. A rescale that has no limit of its own may be left by one unit,
/// no more than rounding moves a value; a table that has none is true to its function throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The tensor that is made.
    pub tensor: TensorId,
    /// The least value before it is cut off, in units of the output of a rescale or of the argument of a table; `i64::MIN` where
    /// it is the model itself that cuts off, as a ReLU does.
    pub low: i64,
    /// The greatest, likewise; `i64::MAX` where it is the model itself that cuts off.
    pub high: i64,
}

impl Limit {
    /// Both ends are the model's own.
    #[must_use]
    pub fn none(tensor: TensorId) -> Self {
        Self {
            tensor,
            low: i64::MIN,
            high: i64::MAX,
        }
    }
}

/// What was cut off in one tensor of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saturation {
    /// The tensor that is made.
    pub tensor: TensorId,
    /// How many of its entries were moved to the end of the range.
    pub entries: usize,
    /// Of how many.
    pub of: usize,
    /// The least value of the range; `i64::MIN` where it is the model itself that cuts off.
    pub low: i64,
    /// The greatest; `i64::MAX` likewise.
    pub high: i64,
    /// The value that lay farthest beyond.
    pub farthest: i64,
    /// What these three integers mean: `n * 2^-scale_log2`.
    pub scale_log2: i32,
}

impl Program {
    /// The limit of a tensor, if it can lose anything.
    #[must_use]
    pub fn limit(&self, id: TensorId) -> Option<Limit> {
        let found = self.limits.binary_search_by_key(&id, |l| l.tensor);
        if let Some(own) = found.ok().and_then(|position| self.limits.get(position)) {
            return Some(*own);
        }
        let tensor = self.tensor(id)?;
        matches!(self.node(id)?.op, Op::Rescale(_)).then(|| Limit {
            tensor: id,
            low: tensor.low.saturating_sub(1),
            high: tensor.high.saturating_add(1),
        })
    }

    /// Limits are of rescales and tables, in the tensors' order and so at most one of each.
    pub(crate) fn check_limits(&self) -> Result<(), ProgramError> {
        let mut before = None;
        let wrong = |reason: String| ProgramError::Interface {
            list: "limits",
            reason,
        };
        for limit in &self.limits {
            let id = limit.tensor;
            if before.replace(id).is_some_and(|before| before >= id) {
                return Err(wrong("they are not in the tensors' order".into()));
            }
            let op = self.node(id).map(|node| &node.op);
            if !matches!(op, Some(Op::Rescale(_) | Op::Map(_))) {
                return Err(wrong(format!(
                    "tensor {} is made neither by a rescale nor by a table",
                    id.0
                )));
            }
            if limit.low > limit.high {
                return Err(wrong(format!("of tensor {}: it is empty", id.0)));
            }
        }
        Ok(())
    }
}

#[cfg(feature = "interpreter")]
impl crate::Trace {
    /// What this run cut off, tensor by tensor in the program's order.
    #[must_use]
    pub fn saturations(&self, program: &Program) -> Vec<Saturation> {
        let nodes = program.nodes.iter();
        nodes
            .filter_map(|node| of_node(program, node, |id| self.get(id)))
            .collect()
    }
}

/// What a node cut off of the values that it read.
#[cfg(feature = "interpreter")]
pub(crate) fn of_node<'a>(
    program: &Program,
    node: &crate::Node,
    get: impl Fn(TensorId) -> Option<&'a [i64]>,
) -> Option<Saturation> {
    let limit = program.limit(node.output)?;
    if limit == Limit::none(node.output) {
        return None;
    }
    if let Op::Rescale(Rescale { source, shift }) = node.op {
        let half = (1i64 << shift) >> 1;
        let values = get(source)?.iter().map(|&x| (x + half) >> shift);
        let tensor = program.tensor(node.output)?;
        let found = saturation(limit, values, tensor.scale_log2)?;
        // What is kept reaches a unit farther, the range ends here.
        return Some(Saturation {
            low: if limit.low == i64::MIN {
                limit.low
            } else {
                tensor.low
            },
            high: if limit.high == i64::MAX {
                limit.high
            } else {
                tensor.high
            },
            ..found
        });
    }
    let source = node.op.sources().next()?;
    let arguments = get(source)?.iter().copied();
    saturation(limit, arguments, program.tensor(source)?.scale_log2)
}

/// What of these values lies beyond a limit.
#[cfg(feature = "interpreter")]
fn saturation(
    limit: Limit,
    values: impl Iterator<Item = i64>,
    scale_log2: i32,
) -> Option<Saturation> {
    let mut found = Saturation {
        tensor: limit.tensor,
        entries: 0,
        of: 0,
        low: limit.low,
        high: limit.high,
        farthest: 0,
        scale_log2,
    };
    let mut greatest = 0;
    for value in values {
        found.of += 1;
        let beyond = limit
            .low
            .saturating_sub(value)
            .max(value.saturating_sub(limit.high));
        if beyond > 0 {
            found.entries += 1;
        }
        if beyond > greatest {
            greatest = beyond;
            found.farthest = value;
        }
    }
    (found.entries > 0).then_some(found)
}
