//! The leaves of the tree, made when they are asked for: most are places in tables, of four bytes each.

use crate::prover::found::{Entry, Found};
use crate::relations::{self, Block, Relations, Table};
use ark_ff::PrimeField;
use rayon::prelude::*;
use std::ops::Range;

/// All leaves, numbers in the form `N`.
pub(super) struct Leaves<N> {
    blocks: Vec<(Block, Content<N>)>,
    /// For each table the denominators of its entries.
    tables: Vec<Vec<N>>,
    one: N,
}

/// The leaves of a block.
enum Content<N> {
    Lookup {
        table: usize,
        found: Found,
        /// The denominators of tuples that are not in the table.
        absent: Vec<(usize, N)>,
    },
    /// The numerators, minus the multiplicities.
    Table { table: usize, numerators: Vec<N> },
}

impl<N: Copy + Send + Sync> Leaves<N> {
    /// `number` makes the form.
    pub fn new<F: PrimeField>(
        relations: &Relations,
        found: Vec<Found>,
        multiplicities: &[Vec<i64>],
        (alpha, gamma): (F, F),
        number: impl Fn(F) -> N + Sync,
    ) -> Self {
        let tables = relations.parts().tables.iter().enumerate();
        let tables = tables
            .map(|(i, table)| {
                let denominators = table_denominators(table, i, alpha, gamma);
                denominators.into_par_iter().map(&number).collect()
            })
            .collect();
        let mut found: Vec<Option<Found>> = found.into_iter().map(Some).collect();
        let blocks = relations.blocks().iter().map(|&block| {
            let content = match block.leaves {
                relations::Leaves::Lookup(i) => {
                    let found = found[i].take().expect("a lookup has one block");
                    let table = relations.parts().lookups[i].table;
                    let absent = found.absent().map(|(leaf, (first, second))| {
                        let tuple = alpha * F::from(first) + alpha.square() * F::from(second);
                        (leaf, number(gamma - F::from(table as u64 + 1) - tuple))
                    });
                    let absent = absent.collect();
                    Content::Lookup {
                        table,
                        found,
                        absent,
                    }
                }
                relations::Leaves::Table(table) => {
                    let counts = multiplicities[table].par_iter();
                    let numerators = counts.map(|&m| match m {
                        0 => number(F::zero()),
                        m => number(-F::from(m)),
                    });
                    let numerators = numerators.collect();
                    Content::Table { table, numerators }
                }
            };
            (block, content)
        });
        Self {
            blocks: blocks.collect(),
            tables,
            one: number(F::one()),
        }
    }

    /// How many there are, up to the last block.
    pub fn len(&self) -> usize {
        let last = self.blocks.last();
        last.map_or(0, |(block, _)| block.offset + (1 << block.bits))
    }

    /// Gives each leaf of a range that is not neutral, a fraction, with its place in the range.
    #[inline]
    pub fn write(&self, range: Range<usize>, mut put: impl FnMut(usize, [N; 2])) {
        let before = |(block, _): &(Block, _)| block.offset + (1 << block.bits) <= range.start;
        let first = self.blocks.partition_point(before);
        for (block, content) in &self.blocks[first..] {
            if block.offset >= range.end {
                break;
            }
            let from = range.start.saturating_sub(block.offset);
            let (start, end) = (block.offset + from - range.start, range.end - block.offset);
            match content {
                Content::Lookup {
                    table,
                    found,
                    absent,
                } => {
                    let table = &self.tables[*table];
                    for (at, leaf) in (from..end.min(found.len())).enumerate() {
                        let denominator = match found.entry(leaf) {
                            Entry::Padding => continue,
                            Entry::At(place) => table[place],
                            Entry::Absent => {
                                let place = absent.partition_point(|&(other, _)| other < leaf);
                                absent[place].1
                            }
                        };
                        put(start + at, [self.one, denominator]);
                    }
                }
                Content::Table { table, numerators } => {
                    let table = &self.tables[*table];
                    for (at, leaf) in (from..end.min(numerators.len())).enumerate() {
                        put(start + at, [numerators[leaf], table[leaf]]);
                    }
                }
            }
        }
    }
}

/// `gamma - tag - alpha first - alpha^2 second` of every tuple. Neighbours mostly differ by one in one entry.
fn table_denominators<F: PrimeField>(table: &Table, index: usize, alpha: F, gamma: F) -> Vec<F> {
    let alpha_squared = alpha.square();
    let mut last = (0, 0);
    let mut value = gamma - F::from(index as u64 + 1);
    table
        .tuples()
        .map(|tuple| {
            for (from, to, factor) in [(last.0, tuple.0, alpha), (last.1, tuple.1, alpha_squared)] {
                match to - from {
                    0 => {}
                    1 => value -= factor,
                    -1 => value += factor,
                    step => value -= factor * F::from(step),
                }
            }
            last = tuple;
            value
        })
        .collect()
}
