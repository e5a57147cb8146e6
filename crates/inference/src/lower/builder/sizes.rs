//! What tables a program needs, found out before any lookup is made.

use super::{Builder, rest_bits, root_bits};
use crate::lower::LowerError;
use crate::lower::tables::{WIDE_SPAN, bits, limb_bits, remainder_bits};
use inferproof_program::{Max, OneHot, Op, Quotient, Rescale};
use std::collections::BTreeMap;

impl Builder<'_> {
    /// Finds out what tables the program needs before any lookup is made, since ops share them.
    pub(super) fn size_tables(&mut self) -> Result<(), LowerError> {
        // (bits, entries) of everything that is looked up in the table of remainders.
        let mut remainders: Vec<(u32, usize)> = Vec::new();
        // For each clamp: (largest excess, entries) of every rescale that saturates.
        let mut excesses: BTreeMap<(i64, i64), Vec<(u128, usize)>> = BTreeMap::new();
        for node in &self.program.nodes {
            match &node.op {
                Op::Rescale(Rescale { source, shift }) => {
                    let output = self.tensor(node.output)?;
                    if *shift > 0 {
                        remainders.push((*shift, output.volume()));
                    }
                    let excess = self.excess(node.output, *source, *shift)?;
                    if excess > 0 {
                        let users = excesses.entry((output.low, output.high)).or_default();
                        users.push((excess, output.volume()));
                    }
                }
                Op::Max(Max { left, right }) => {
                    let span = self.span(*left, *right)?;
                    if span > WIDE_SPAN {
                        let volume = self.tensor(node.output)?.volume();
                        let width = bits(span.unsigned_abs().into());
                        remainders.push((width, volume.saturating_mul(2)));
                        continue;
                    }
                    let clamp = self.clamps.entry((0, span)).or_default();
                    clamp.below = clamp.below.max(span as usize);
                }
                Op::OneHot(OneHot { source }) => {
                    let source = self.tensor(*source)?;
                    let width = bits(source.high.abs_diff(source.low).into());
                    remainders.push((width, source.volume()));
                }
                Op::Root(_) => {
                    let root = self.tensor(node.output)?;
                    remainders.push((root_bits(root), root.volume().saturating_mul(2)));
                }
                Op::Quotient(Quotient { divisor, .. }) => {
                    let width = rest_bits(self.tensor(*divisor)?);
                    let volume = self.tensor(node.output)?.volume();
                    remainders.push((width, volume.saturating_mul(2)));
                }
                Op::Input
                | Op::Weight
                | Op::Linear(_)
                | Op::Contract(_)
                | Op::Indicator(_)
                | Op::Map(_) => {}
            }
        }
        for (bounds, users) in excesses {
            self.clamps.entry(bounds).or_default().limb_bits = Some(limb_bits(&users));
        }
        self.remainder_bits = remainder_bits(&remainders);
        Ok(())
    }
}
