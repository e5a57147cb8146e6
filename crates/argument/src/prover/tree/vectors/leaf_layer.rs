//! The sumcheck of the leaves' layer, eight nodes at a time.
//!
//! With `a = p0 + lambda q0` and `b = p1 + lambda q1`, a number for each leaf, a node's `p0 q1 + p1 q0 + lambda q0 q1` is
//! `(a b - p0 p1) / lambda`. Challenges bind `a` and `b` alone, half of what a node is in other layers; the numerators are mostly
//! zeros and ones in repeating patterns, whose part of the sum is little work ([`Numerators`]).

use super::super::leaves::{Leaves, RUN, Run, Values};
use super::super::scalars::Node;
use super::halves::{Pair, make_room, over_halves, over_quarters, over_ranges};
use super::numerators::{NEUTRAL, Numerators};
use super::sums::{Sums, Weights};
use super::{Kernel, Numbers, Spare, put};
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Number, Packed, WIDTH};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// All leaves, and their `p + lambda q`.
type LeavesAndSums = (Arc<Leaves<Number>>, Values<Number>);

/// The state of the leaves' sumcheck.
pub(in super::super) struct LeafSumcheck<F: Montgomery, A: Arithmetic<F>> {
    /// Until two rounds are done.
    leaves: Option<LeavesAndSums>,
    /// Afterwards `a` and `b` of eight nodes each. Until then, memory to use.
    cells: Vec<Numbers>,
    numerators: Numerators,
    /// The weights of the low bits.
    eq_low: Vec<A::Eight>,
    lambda: F,
    /// One over lambda. It is zero with the probability of a guess at a challenge; nothing is proven then.
    inverse: F,
}

/// A round.
struct Round<'a, F: Montgomery, A: Arithmetic<F>> {
    weights: &'a Weights<'a, A::Eight>,
    /// `a` and `b` of neutral leaves.
    lambda: A::Eight,
    /// Their product.
    neutral: A::Eight,
    /// Sixteen neutral leaves.
    neutral_numbers: Numbers,
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    /// Before the first round.
    pub fn leaf_layer(
        &self,
        leaves: Arc<Leaves<Number>>,
        spare: Spare,
        lambda: F,
    ) -> LeafSumcheck<F, A> {
        let denominators = leaves.denominators();
        let number = self.number(lambda);
        let sums = |p: Option<&[Number]>, q: &[Number]| {
            self.field.vectorize(
                #[inline(always)]
                || self.with_lambda(p, q, number),
            )
        };
        let lookups = denominators.lookups.par_iter();
        let entries = leaves.numerators().par_iter().zip(&denominators.lookups);
        let absent = denominators.absent.iter().map(|absent| {
            let sums = |&(leaf, q)| (leaf, sums(None, &[q])[0]);
            absent.iter().map(sums).collect()
        });
        let values = Values {
            lookups: lookups.map(|q| sums(None, q)).collect(),
            entries: Some(entries.map(|(p, q)| sums(Some(p), q)).collect()),
            absent: absent.collect(),
        };
        LeafSumcheck {
            numerators: self.numerators(&leaves),
            leaves: Some((leaves, values)),
            cells: spare.into_flattened(),
            eq_low: Vec::new(),
            lambda,
            inverse: lambda.inverse().unwrap_or_default(),
        }
    }

    /// `p + lambda q`; without `p`, of ones.
    #[inline(always)]
    fn with_lambda(&self, p: Option<&[Number]>, q: &[Number], lambda: Number) -> Vec<Number> {
        let (one, lambda) = (self.field.splat(self.one), self.field.splat(lambda));
        let eight = |numbers: &[Number]| {
            let number = |lane: usize| numbers.get(lane).unwrap_or(&self.zero);
            self.field.gather(std::array::from_fn(number))
        };
        let mut sums = Vec::with_capacity(q.len());
        for (i, q) in q.chunks(WIDTH).enumerate() {
            let p = p.map_or(one, |p| eight(&p[i * WIDTH..][..q.len()]));
            let product = self.field.multiply(&eight(q), &lambda);
            let sum = self.field.scatter(&self.field.add_reduced(&p, &product));
            sums.extend_from_slice(&sum[..q.len()]);
        }
        sums
    }

    /// The nodes one by one.
    pub fn leaf_nodes(&self, sumcheck: &LeafSumcheck<F, A>) -> Vec<Node<F>> {
        let cells = sumcheck.cells.iter().enumerate();
        cells
            .flat_map(|(run, [a, b])| {
                let [even, odd] = sumcheck.numerators.of_run(run);
                (0..WIDTH).map(move |lane| {
                    let [a, b, p0, p1] =
                        [a, b, even, odd].map(|numbers| self.scalar(numbers.get(lane)));
                    let denominator = |sum: F, p: F| (sum - p) * sumcheck.inverse;
                    [p0, b, denominator(a, p0), denominator(b, p1)]
                })
            })
            .collect()
    }

    /// As [`Kernel::round`], of the leaves' layer.
    pub fn leaf_round(
        &self,
        sumcheck: &mut LeafSumcheck<F, A>,
        target: &[F],
        point: &[F],
    ) -> Option<[F; 2]> {
        let rest = &target[point.len() + 1..];
        let half = (1usize << rest.len()) / WIDTH;
        if half == 0 {
            return None;
        }
        let LeafSumcheck {
            leaves,
            cells,
            numerators,
            eq_low,
            lambda,
            inverse,
        } = sumcheck;
        let weights = self.weights(rest, eq_low);
        let round = Round {
            weights: &weights,
            lambda: self.field.splat(self.number(*lambda)),
            neutral: self.field.splat(self.number(lambda.square())),
            neutral_numbers: [Packed::splat(self.number(*lambda)); 2],
        };
        // Neutral nodes count lambda each, everywhere; the sums are of what others have above it.
        let (above, products) = match point.last() {
            None => {
                let leaves = leaves.as_ref()?;
                rayon::join(
                    || self.first_of_leaves(leaves, half, numerators, &round),
                    || self.round_of_numerators(numerators, rest),
                )
            }
            Some(&x) => {
                let of_lanes = self.field.splat(self.number(x));
                self.bind_numerators(numerators, half.ilog2() as usize + 1, x);
                let (leaves, patterns) = (leaves.take(), &*numerators);
                rayon::join(
                    || self.bind_numbers(leaves, cells, half, patterns, &of_lanes, &round),
                    || self.round_of_numerators(patterns, rest),
                )
            }
        };
        Some([
            *lambda + (above[0] - products[0]) * *inverse,
            (above[1] - products[1]) * *inverse,
        ])
    }

    fn first_of_leaves(
        &self,
        leaves: &LeavesAndSums,
        half: usize,
        numerators: &Numerators,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let low = half.min(leaves.0.runs().len());
        over_ranges((low, round.weights.task()), |range| {
            self.field.vectorize(
                #[inline(always)]
                || self.first_of_range(leaves, range, half, numerators, round),
            )
        })
    }

    /// Binds the last challenge, of which numerators are bound already. The new numbers have two halves of so many cells.
    fn bind_numbers(
        &self,
        leaves: Option<LeavesAndSums>,
        cells: &mut Vec<Numbers>,
        half: usize,
        numerators: &Numerators,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let sizes = (half, round.weights.task());
        match leaves {
            Some(leaves) => {
                let length = leaves.0.runs().len().min(2 * half);
                make_room(cells, length, round.neutral_numbers);
                over_halves(cells, sizes, |new, first| {
                    let old = (&leaves, first, half);
                    self.field.vectorize(
                        #[inline(always)]
                        || self.bind_leaves(new, old, numerators, x, round),
                    )
                })
            }
            None => over_quarters(cells, sizes, |new, old, first| {
                self.field.vectorize(
                    #[inline(always)]
                    || self.bind_cells_of_numbers(new, old, (first, half), numerators, x, round),
                )
            }),
        }
    }

    /// The first round, of the runs in a range of the first half.
    #[inline(always)]
    fn first_of_range(
        &self,
        leaves: &LeavesAndSums,
        range: Range<usize>,
        half: usize,
        numerators: &Numerators,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let mut sums = Sums::new(self, round.weights, range.start);
        for run in range {
            let runs = [run, half + run];
            if runs.map(|run| numerators.pattern(run)) == [NEUTRAL; 2] {
                sums.skip();
                continue;
            }
            let low = self.numbers(leaves, runs[0], round);
            let high = self.numbers(leaves, runs[1], round);
            self.add_numbers(&mut sums, &low, &high, round);
        }
        self.total(sums)
    }

    /// The second round: the first challenge binds leaves to the numbers of two runs of cells.
    #[inline(always)]
    fn bind_leaves(
        &self,
        (low, high): Pair<'_, Numbers>,
        (leaves, first, half): (&LeavesAndSums, usize, usize),
        numerators: &Numerators,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let mut sums = Sums::new(self, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let run = first + i;
            let low = self.bind_run(low, (leaves, run, half), numerators, x, round);
            let high = match high.get_mut(i) {
                Some(high) => self.bind_run(high, (leaves, half + run, half), numerators, x, round),
                None => None,
            };
            self.add_some(&mut sums, &low, &high, round);
        }
        self.total(sums)
    }

    /// Any later round: the last challenge binds the old halves' numbers in place. Neutral ones stay as they are.
    #[inline(always)]
    fn bind_cells_of_numbers(
        &self,
        (low, high): Pair<'_, Numbers>,
        (old_low, old_high): (&[Numbers], &[Numbers]),
        (first, half): (usize, usize),
        numerators: &Numerators,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let mut sums = Sums::new(self, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let run = first + i;
            let low =
                self.bind_cell_of_numbers(low, old_low.get(i), numerators.pattern(run), x, round);
            let high = match high.get_mut(i) {
                Some(high) => {
                    let pattern = numerators.pattern(half + run);
                    self.bind_cell_of_numbers(high, old_high.get(i), pattern, x, round)
                }
                None => None,
            };
            self.add_some(&mut sums, &low, &high, round);
        }
        self.total(sums)
    }

    /// The numbers of a run of the new halves, between those of leaves; `None` if they are neutral.
    #[inline(always)]
    fn bind_run(
        &self,
        cell: &mut Numbers,
        (leaves, run, half): (&LeavesAndSums, usize, usize),
        numerators: &Numerators,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> Option<[A::Eight; 2]> {
        if numerators.pattern(run) == NEUTRAL {
            *cell = round.neutral_numbers;
            return None;
        }
        let a = self.numbers(leaves, run, round);
        let b = self.numbers(leaves, 2 * half + run, round);
        Some(self.bind_pair(cell, &a, &b, x))
    }

    /// The numbers of a run of the new halves, between what is there and its partner; `None` if they are neutral.
    #[inline(always)]
    fn bind_cell_of_numbers(
        &self,
        cell: &mut Numbers,
        other: Option<&Numbers>,
        pattern: u32,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> Option<[A::Eight; 2]> {
        if pattern == NEUTRAL {
            return None;
        }
        let a = [self.field.load(&cell[0]), self.field.load(&cell[1])];
        let b = match other {
            Some([b0, b1]) => [self.field.load(b0), self.field.load(b1)],
            None => [round.lambda; 2],
        };
        Some(self.bind_pair(cell, &a, &b, x))
    }

    /// As [`Self::add_numbers`]; nothing is neutral.
    #[inline(always)]
    fn add_some(
        &self,
        sums: &mut Sums<'_, F, A>,
        low: &Option<[A::Eight; 2]>,
        high: &Option<[A::Eight; 2]>,
        round: &Round<'_, F, A>,
    ) {
        if low.is_none() && high.is_none() {
            sums.skip();
            return;
        }
        let neutral = &[round.lambda; 2];
        let low = low.as_ref().unwrap_or(neutral);
        let high = high.as_ref().unwrap_or(neutral);
        self.add_numbers(sums, low, high, round);
    }

    /// Adds what the numbers of a cell of the first half and of its partner give to a round.
    #[inline(always)]
    fn add_numbers(
        &self,
        sums: &mut Sums<'_, F, A>,
        low: &[A::Eight; 2],
        high: &[A::Eight; 2],
        round: &Round<'_, F, A>,
    ) {
        let field = &self.field;
        let product = field.multiply(&low[0], &low[1]);
        let a = field.subtract(&high[0], &low[0]);
        let b = field.subtract(&high[1], &low[1]);
        sums.add(
            &field.subtract(&product, &round.neutral),
            &field.multiply(&a, &b),
        );
    }

    /// `a + x (b - a)` of two ends, which is also written to a cell.
    #[inline(always)]
    fn bind_pair(
        &self,
        cell: &mut Numbers,
        a: &[A::Eight; 2],
        b: &[A::Eight; 2],
        x: &A::Eight,
    ) -> [A::Eight; 2] {
        let bound = [self.line(&a[0], &b[0], x), self.line(&a[1], &b[1], x)];
        for (place, bound) in cell.iter_mut().zip(&bound) {
            self.field.store(place, bound);
        }
        bound
    }

    /// `p + lambda q` of a run's even leaves and of its odd ones.
    #[inline(always)]
    fn numbers(
        &self,
        (leaves, sums): &LeavesAndSums,
        run: usize,
        round: &Round<'_, F, A>,
    ) -> [A::Eight; 2] {
        match leaves.runs().get(run).unwrap_or(&Run::Neutral) {
            Run::Neutral => [round.lambda; 2],
            Run::Lookups(block) => self.lookups(leaves, &sums.lookups, *block, run),
            Run::Mixed => {
                let mut packed = round.neutral_numbers;
                leaves.visit(sums, run * RUN..(run + 1) * RUN, |at, _, number| {
                    put(&mut packed, at, number);
                });
                self.field.unzip(&packed)
            }
        }
    }
}
