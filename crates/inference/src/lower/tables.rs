//! The tables that a statement's lookups share, and their sizes.
//!
//! A table costs about as much as a lookup leaf for each of its entries, so ops share tables, and wide values are cut into
//! limbs where that makes the sum of leaves and entries smaller.

use inferproof_argument::Table;
use inferproof_program::{Program, TensorId};
use std::collections::BTreeMap;

/// The largest range table, in bits.
const MAX_RANGE_BITS: u32 = 16;

/// The largest limb of what a clamp cuts off, in bits. Its table has an entry for each value on either side, so it pays where there are
/// several times as many activations whose excess would need a second limb.
const MAX_EXCESS_BITS: u32 = 18;

/// What an entry of a clamp's table takes, in limbs that are looked up and committed. Parts of ResNet-18 were measured with one limb of 17 bits
/// and with two of 9: an entry took 0.8 us, a denominator and a numerator that are unlike all others, and a limb 0.19 us.
const ENTRY_IN_LIMBS: u64 = 4;

/// Differences wider than this many values are compared in limbs instead of by a clamp table.
pub(crate) const WIDE_SPAN: i64 = 1 << 17;

/// The largest difference of two tensors' values, either way, and at least one.
pub(crate) fn max_span(program: &Program, left: TensorId, right: TensorId) -> Option<i64> {
    let (l, r) = (program.tensor(left)?, program.tensor(right)?);
    let above = l.high.saturating_sub(r.low);
    let below = r.high.saturating_sub(l.low);
    Some(above.max(below).max(1))
}

/// Bits of `n`: the least `b` with `n < 2^b`.
pub(crate) fn bits(n: u128) -> u32 {
    128 - n.leading_zeros()
}

/// The size of the table that remainders share: `values` has (bits, entries) of all that is looked up in it. A value takes a lookup for
/// each limb, and a commitment for each limb but the lowest; an entry of the table takes a leaf and a commitment.
pub(crate) fn remainder_bits(values: &[(u32, usize)]) -> u32 {
    let widest = values.iter().map(|&(bits, _)| bits).max().unwrap_or(0);
    let cost = |b: u32| {
        values.iter().fold(2u64 << b, |cost, &(bits, n)| {
            let limbs = u64::from(bits.div_ceil(b).max(1));
            cost.saturating_add((2 * limbs - 1).saturating_mul(n as u64))
        })
    };
    (4..=MAX_RANGE_BITS.min(widest.max(4)))
        .min_by_key(|&b| cost(b))
        .unwrap_or(MAX_RANGE_BITS)
}

/// Limb size for the excess of a saturation: `excesses` has (largest excess, entries) of every rescale that shares the clamp.
pub(crate) fn limb_bits(excesses: &[(u128, usize)]) -> u32 {
    let widest = excesses
        .iter()
        .map(|&(e, _)| bits(e))
        .max()
        .unwrap_or(1)
        .max(1);
    let cost = |b: u32| {
        excesses
            .iter()
            .fold(ENTRY_IN_LIMBS << (b + 1), |cost, &(e, n)| {
                let limbs = u64::from(bits(e).div_ceil(b));
                cost.saturating_add(limbs.saturating_mul(n as u64))
            })
    };
    (1..=MAX_EXCESS_BITS.min(widest))
        .min_by_key(|&b| cost(b))
        .unwrap_or(1)
}

/// A clamp to `[low, high]` that several ops may share.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clamp {
    /// Bits of a limb of the excess, if some rescale saturates.
    pub limb_bits: Option<u32>,
    /// The largest negative difference of a maximum taken with it.
    pub below: usize,
}

/// Tables by what they hold, each once.
#[derive(Default)]
pub(crate) struct Tables {
    tables: Vec<Table>,
    places: BTreeMap<Key, usize>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Range(i64, usize),
    Clamp(i64, i64),
    Function(u32),
}

impl Tables {
    /// All values from `low` on.
    pub fn range(&mut self, low: i64, size: usize) -> usize {
        self.place(Key::Range(low, size), || Table::Range { low, size })
    }

    /// The clamp to `[low, high]`, as large as all of its users need.
    pub fn clamp(&mut self, low: i64, high: i64, users: Clamp) -> usize {
        self.place(Key::Clamp(low, high), || {
            let limb = users.limb_bits.map_or(0, |bits| (1usize << bits) - 1);
            Table::Clamp {
                low,
                high,
                below: limb.max(users.below),
                above: limb,
            }
        })
    }

    /// A function of the program.
    pub fn function(&mut self, id: u32, table: &inferproof_program::Table) -> usize {
        self.place(Key::Function(id), || Table::Function {
            low: table.low,
            values: table.values.clone(),
        })
    }

    fn place(&mut self, key: Key, make: impl FnOnce() -> Table) -> usize {
        let tables = &mut self.tables;
        *self.places.entry(key).or_insert_with(|| {
            tables.push(make());
            tables.len() - 1
        })
    }

    pub fn into_tables(self) -> Vec<Table> {
        self.tables
    }
}

#[cfg(test)]
mod tests {
    use super::{limb_bits, remainder_bits};

    #[test]
    fn one_wide_remainder_does_not_make_many_narrow_ones_two_limbs() {
        // 2^12 entries, and three lookups and commitments for each of the few wide ones, against a table of 2^10 and three for each of all.
        assert_eq!(remainder_bits(&[(12, 1_000_000), (20, 10)]), 12);
        assert_eq!(remainder_bits(&[(20, 1_000_000)]), 10);
        assert_eq!(remainder_bits(&[(16, 1_000_000)]), 16);
        assert_eq!(remainder_bits(&[(16, 100)]), 6);
    }

    #[test]
    fn a_limb_is_as_wide_as_the_excess_where_many_have_it() {
        let excess = (1u128 << 17) + 1;
        assert_eq!(limb_bits(&[(excess, 3_000_000)]), 18);
        // A table of 2^19 entries for 1,000 or 500,000 values would cost more than their second limb.
        assert_eq!(limb_bits(&[(excess, 1_000)]), 6);
        assert_eq!(limb_bits(&[(excess, 500_000)]), 9);
        assert_eq!(limb_bits(&[(1 << 30, 3_000_000)]), 16);
    }
}
