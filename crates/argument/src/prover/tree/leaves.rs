//! The leaves of the tree, made when they are asked for: most are places in tables, of four bytes each.

use crate::prover::positions::{Entry, Positions};
use ark_ff::PrimeField;
use inferproof_relations::{self, Block, Relations, Table};
use rayon::prelude::*;
use std::ops::Range;

/// Leaves of a run, see [`Run`].
pub(super) const RUN: usize = 16;

/// All leaves, numbers in the form `N`.
pub(super) struct Leaves<N> {
    blocks: Vec<(Block, Content)>,
    denominators: Values<N>,
    /// For each table the numerators of its entries: their multiplicities, negated.
    numerators: Vec<Vec<N>>,
    one: N,
    runs: Vec<Run>,
}

/// The leaves of a block.
enum Content {
    Lookup { table: usize, positions: Positions },
    Table(usize),
}

/// A number for each leaf that is not neutral.
pub(super) struct Values<N> {
    /// Of a tuple that is looked up: for each table, by its place there.
    pub lookups: Vec<Vec<N>>,
    /// Of a table's own entries; `None` if they are the same.
    pub entries: Option<Vec<Vec<N>>>,
    /// Of tuples that are not in their table: for each block, with their leaves, in order.
    pub absent: Vec<Vec<(usize, N)>>,
}

/// What [`RUN`] neighbouring leaves are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// All neutral.
    Neutral,
    /// Tuples of one lookup, the content of this block, all of them in its table.
    Lookups(u32),
    /// Anything else.
    Mixed,
}

impl<N: Copy + Send + Sync> Leaves<N> {
    /// `number` makes the form.
    pub fn new<F: PrimeField>(
        relations: &Relations,
        positions: Vec<Positions>,
        multiplicities: &[Vec<i64>],
        (alpha, gamma): (F, F),
        number: impl Fn(F) -> N + Sync,
    ) -> Self {
        let tables = relations.parts().tables.iter().enumerate();
        let denominators = tables
            .map(|(i, table)| {
                let denominators = table_denominators(table, i, alpha, gamma);
                denominators.into_par_iter().map(&number).collect()
            })
            .collect();
        let numerators = multiplicities.iter().map(|counts| {
            let counts = counts.par_iter();
            let numerators = counts.map(|&m| match m {
                0 => number(F::zero()),
                m => number(-F::from(m)),
            });
            numerators.collect()
        });
        let mut positions: Vec<Option<Positions>> = positions.into_iter().map(Some).collect();
        let blocks = relations.blocks().iter().map(|&block| {
            let content = match block.leaves {
                inferproof_relations::Leaves::Lookup(i) => Content::Lookup {
                    table: relations.parts().lookups[i].table,
                    positions: positions[i].take().expect("a lookup has one block"),
                },
                inferproof_relations::Leaves::Table(table) => Content::Table(table),
            };
            (block, content)
        });
        let blocks: Vec<_> = blocks.collect();
        let absent = blocks.iter().map(|(_, content)| match content {
            Content::Lookup { table, positions } => {
                let absent = positions.absent().map(|(leaf, (first, second))| {
                    let tuple = alpha * F::from(first) + alpha.square() * F::from(second);
                    (leaf, number(gamma - F::from(*table as u64 + 1) - tuple))
                });
                absent.collect()
            }
            Content::Table(_) => Vec::new(),
        });
        let denominators = Values {
            lookups: denominators,
            entries: None,
            absent: absent.collect(),
        };
        Self::of_blocks(blocks, denominators, numerators.collect(), number(F::one()))
    }

    fn of_blocks(
        blocks: Vec<(Block, Content)>,
        denominators: Values<N>,
        numerators: Vec<Vec<N>>,
        one: N,
    ) -> Self {
        let mut leaves = Self {
            blocks,
            denominators,
            numerators,
            one,
            runs: Vec::new(),
        };
        let runs = (0..leaves.len().div_ceil(RUN)).into_par_iter();
        leaves.runs = runs.map(|run| leaves.find_run(run)).collect();
        leaves
    }

    /// How many there are, up to the last block.
    pub fn len(&self) -> usize {
        let last = self.blocks.last();
        last.map_or(0, |(block, _)| block.offset + (1 << block.bits))
    }

    /// What each run of leaves is.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The denominators.
    pub fn denominators(&self) -> &Values<N> {
        &self.denominators
    }

    /// For each table the numerators of its entries.
    pub fn numerators(&self) -> &[Vec<N>] {
        &self.numerators
    }

    fn find_run(&self, run: usize) -> Run {
        let first = self.first_block(run * RUN);
        if let Some(block) = first
            && let Some((table, places)) = self.lookups(block as u32, run)
            && places
                .iter()
                .all(|&place| (place as usize) < self.table(table).len())
        {
            return Run::Lookups(block as u32);
        }
        let mut any = false;
        self.visit(&self.denominators, run * RUN..(run + 1) * RUN, |_, _, _| {
            any = true;
        });
        if any { Run::Mixed } else { Run::Neutral }
    }

    /// The denominators of a table's entries.
    pub fn table(&self, table: usize) -> &[N] {
        &self.denominators.lookups[table]
    }

    /// If a run lies within a block, of a lookup, its table and what [`Positions::places`] says of the run.
    #[inline]
    pub fn lookups(&self, block: u32, run: usize) -> Option<(usize, &[u32; RUN])> {
        let (block, content) = &self.blocks[block as usize];
        match content {
            Content::Lookup { table, positions } => {
                let from = (run * RUN).checked_sub(block.offset)?;
                let places = positions.places().get(from..from + RUN)?;
                Some((*table, places.try_into().ok()?))
            }
            Content::Table(_) => None,
        }
    }

    /// The first block that ends behind a leaf.
    #[inline]
    fn first_block(&self, leaf: usize) -> Option<usize> {
        let before = |(block, _): &(Block, _)| block.offset + (1 << block.bits) <= leaf;
        let first = self.blocks.partition_point(before);
        (first < self.blocks.len()).then_some(first)
    }

    /// Gives each leaf of a range that is not neutral, a fraction, with its place in the range.
    #[inline]
    pub fn write(&self, range: Range<usize>, mut put: impl FnMut(usize, [N; 2])) {
        self.visit(&self.denominators, range, |at, numerator, denominator| {
            put(at, [numerator.unwrap_or(self.one), denominator]);
        });
    }

    /// For each leaf of a range that is not neutral its place in the range, its numerator if it is an entry of a table (that of a
    /// lookup is one), and its value.
    #[inline]
    pub fn visit(
        &self,
        values: &Values<N>,
        range: Range<usize>,
        mut put: impl FnMut(usize, Option<N>, N),
    ) {
        let Some(first) = self.first_block(range.start) else {
            return;
        };
        for (number, (block, content)) in self.blocks.iter().enumerate().skip(first) {
            if block.offset >= range.end {
                break;
            }
            let from = range.start.saturating_sub(block.offset);
            let (start, end) = (block.offset + from - range.start, range.end - block.offset);
            match content {
                Content::Lookup { table, positions } => {
                    let table = &values.lookups[*table];
                    for (at, leaf) in (from..end.min(positions.places().len())).enumerate() {
                        let value = match positions.entry(leaf) {
                            Entry::Padding => continue,
                            Entry::At(place) => table[place],
                            Entry::Absent => {
                                let absent = &values.absent[number];
                                let place = absent.partition_point(|&(other, _)| other < leaf);
                                absent[place].1
                            }
                        };
                        put(start + at, None, value);
                    }
                }
                Content::Table(table) => {
                    let entries = values.entries.as_ref().unwrap_or(&values.lookups);
                    let (entries, numerators) = (&entries[*table], &self.numerators[*table]);
                    for (at, leaf) in (from..end.min(entries.len())).enumerate() {
                        put(start + at, Some(numerators[leaf]), entries[leaf]);
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

#[cfg(test)]
impl<N: Copy + Send + Sync> Leaves<N> {
    /// Leaves of lookups of these shapes, of which some tuples are not in their tables, and of two tables. `random` gives their fractions.
    pub fn sample<F: PrimeField>(
        shapes: &[&[usize]],
        mut random: impl FnMut() -> F,
        number: impl Fn(F) -> N,
    ) -> Self {
        use inferproof_relations::bits_of;
        let sizes = [300, 40];
        let mut numbers = |count: usize| (0..count).map(|_| number(random())).collect::<Vec<N>>();
        let denominators = sizes.map(&mut numbers);
        let mut numerators = sizes.map(&mut numbers);
        let zero = number(F::zero());
        numerators[0][17..100].fill(zero);
        let mut contents: Vec<(usize, inferproof_relations::Leaves, Content)> = Vec::new();
        for (i, shape) in shapes.iter().enumerate() {
            let table = i % 2;
            let volume: usize = shape.iter().product();
            let mut values: Vec<i64> = (0..volume).map(|k| (k * k % sizes[table]) as i64).collect();
            if i % 3 == 1 {
                values[volume / 2] = -1;
            }
            let range = Table::Range {
                low: 0,
                size: sizes[table],
            };
            let positions = Positions::new(&range, shape, &values, None);
            let bits = shape.iter().map(|&n| bits_of(n)).sum();
            let content = Content::Lookup { table, positions };
            contents.push((bits, inferproof_relations::Leaves::Lookup(i), content));
        }
        for (table, &size) in sizes.iter().enumerate() {
            let leaves = inferproof_relations::Leaves::Table(table);
            contents.push((bits_of(size), leaves, Content::Table(table)));
        }
        contents.sort_by_key(|(bits, ..)| std::cmp::Reverse(*bits));
        let mut offset = 0;
        let blocks = contents.into_iter().map(|(bits, leaves, content)| {
            let block = Block {
                offset,
                bits,
                leaves,
            };
            offset += 1 << bits;
            (block, content)
        });
        let blocks: Vec<_> = blocks.collect();
        let absent = blocks.iter().map(|(_, content)| match content {
            Content::Lookup { positions, .. } => {
                let absent: Vec<_> = positions.absent().map(|(leaf, _)| leaf).collect();
                absent.into_iter().zip(numbers(1)).collect()
            }
            Content::Table(_) => Vec::new(),
        });
        let denominators = Values {
            absent: absent.collect(),
            lookups: denominators.to_vec(),
            entries: None,
        };
        Self::of_blocks(blocks, denominators, numerators.to_vec(), number(F::one()))
    }
}
