//! How far beyond their ranges rescales may be proven to cut off.
//!
//! A sum of products may be as great as its static bound, far greater than any that occurs. To prove what is cut off of it takes lookups for
//! all that could be, so a model is compiled for what calibration saw, with a margin. Beyond it a run has its answer all the same, and no
//! proof: what is proven does not depend on it.

use crate::ops::Before;
use crate::{BoundWeights, Interval, Linear, Op, Program, Rescale, RunError, TensorId};
use std::collections::BTreeMap;

/// How many times as much as in calibration may be cut off.
const MARGIN: u64 = 4;

impl BoundWeights {
    /// How much each rescale of sums of products cuts off in a run, at most.
    ///
    /// # Errors
    /// If inputs do not fit the program, or a weight is not there.
    pub fn excesses(&self, inputs: &[Vec<i64>]) -> Result<BTreeMap<TensorId, u64>, RunError> {
        let trace = self.run(inputs)?;
        let program = self.program();
        let bilinear = bilinear(program);
        let mut excesses = BTreeMap::new();
        for node in &program.nodes {
            let Op::Rescale(Rescale { source, shift, .. }) = node.op else {
                continue;
            };
            let (Some(values), Some(output)) = (trace.get(source), program.tensor(node.output))
            else {
                continue;
            };
            if at(&bilinear, source) {
                let half = (1i64 << shift) >> 1;
                let quotients = values.iter().map(|x| (x + half) >> shift);
                let cut = quotients.map(|q| q.abs_diff(q.clamp(output.low, output.high)));
                excesses.insert(node.output, cut.max().unwrap_or(0));
            }
        }
        Ok(excesses)
    }

    /// The same program, in which what rescales of sums of products cut off is proven up to a margin beyond these amounts: four times as
    /// much, at least as much as the range is long, and whatever else is added to the products, such as masks.
    #[must_use]
    pub fn proving_up_to(self, excesses: &BTreeMap<TensorId, u64>) -> Self {
        self.changed(|program| {
            let bilinear = bilinear(program);
            for position in 0..program.nodes.len() {
                let (Some(node), Some(output)) =
                    (program.nodes.get(position), program.tensors.get(position))
                else {
                    continue;
                };
                let Op::Rescale(rescale) = node.op else {
                    continue;
                };
                if !at(&bilinear, rescale.source) {
                    continue;
                }
                let seen = excesses.get(&node.output).copied().unwrap_or(0);
                let length = output.high.abs_diff(output.low);
                let beside = program.beside_products(&bilinear, rescale.source);
                let beside = (beside.high.saturating_sub(beside.low) >> rescale.shift).max(0);
                let beside = u64::try_from(beside).unwrap_or(u64::MAX);
                let most = seen.saturating_mul(MARGIN).max(length);
                let most = match beside > length {
                    true => most.saturating_add(beside),
                    false => most,
                };
                // The key shows it: a power of two says no more of weights and calibration data than the scales do.
                let bits = u64::BITS - most.leading_zeros();
                let most = 1u64.checked_shl(bits).map_or(u64::MAX, |end| end - 1);
                if let Some(node) = program.nodes.get_mut(position) {
                    node.op = Op::Rescale(Rescale {
                        excess: Some(most),
                        ..rescale
                    });
                }
            }
        })
    }
}

impl Program {
    /// The range of what a sum has beside products.
    fn beside_products(&self, bilinear: &[bool], id: TensorId) -> Interval {
        let none = Interval::point(0);
        let Some(Op::Linear(Linear { terms })) = self.node(id).map(|node| &node.op) else {
            return none;
        };
        let parts = terms.iter().map(|term| match term.source {
            Some(source) if at(bilinear, source) => {
                let inner = self.beside_products(bilinear, source);
                let factor = term.coefficient.unsigned_abs().into();
                let length = inner.high.saturating_sub(inner.low);
                Interval {
                    low: 0,
                    high: length.saturating_mul(factor),
                }
            }
            _ => {
                let alone = Linear {
                    terms: vec![term.clone()],
                };
                let alone = Op::Linear(alone);
                alone.operation().bound(self).unwrap_or(none)
            }
        });
        parts.fold(none, Interval::plus)
    }
}

/// Of each tensor of a valid program, whether it is made of a contraction through virtual ones.
fn bilinear(program: &Program) -> Vec<bool> {
    let mut bilinear = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let is_bilinear = node.op.operation().is_bilinear(&Before {
            program,
            bilinear: &bilinear,
            tables: &[],
        });
        bilinear.push(is_bilinear);
    }
    bilinear
}

fn at(bilinear: &[bool], id: TensorId) -> bool {
    let position = usize::try_from(id.0).unwrap_or(usize::MAX);
    bilinear.get(position).copied().unwrap_or(false)
}
