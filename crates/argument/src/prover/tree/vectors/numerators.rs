//! The numerators of the leaves, through the rounds of their layer's sumcheck.
//!
//! Nearly all are one (a tuple that is looked up) or zero (padding), in patterns that repeat from row to row of a tensor. So of all runs of
//! sixteen leaves few differ, and what challenges make of them is computed once for each pair of different ones that meet.

use super::super::leaves::{Leaves, RUN, Run};
use super::Kernel;
use super::halves::add;
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Number, Packed, WIDTH};
use crate::multilinear::eq_vector;
use rayon::prelude::*;
use std::collections::HashMap;

/// The pattern of runs that are all neutral. No other run has it, even if its numerators are zero.
pub(super) const NEUTRAL: u32 = 0;
/// The pattern of runs of lookups, before anything is bound.
const LOOKUPS: u32 = 1;

/// Runs that a task takes, in bits.
const TASK_BITS: usize = 12;

/// The numerators of the even leaves of a run, and those of its odd ones.
type Pattern = [Packed; 2];

/// All numerators.
pub(super) struct Numerators {
    /// What runs there are, each once.
    patterns: Vec<Pattern>,
    /// The pattern of each run; what lies behind the last is neutral.
    runs: Vec<u32>,
}

impl Numerators {
    /// The pattern of a run.
    #[inline]
    pub fn pattern(&self, run: usize) -> u32 {
        self.runs.get(run).copied().unwrap_or(NEUTRAL)
    }

    /// The patterns of a run and of its partner, in the second half of so many runs.
    #[inline]
    fn pair(&self, run: usize, half: usize) -> [u32; 2] {
        [run, half + run].map(|run| self.pattern(run))
    }

    /// The numerators of a run.
    pub fn of_run(&self, run: usize) -> &Pattern {
        &self.patterns[self.pattern(run) as usize]
    }
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    pub(super) fn numerators(&self, leaves: &Leaves<Number>) -> Numerators {
        let [zeros, ones] = [self.zero, self.one].map(|number| [Packed::splat(number); 2]);
        let mut patterns = vec![zeros, ones];
        // The patterns of runs of lookups and padding, by the places of the lookups.
        let mut padded: HashMap<u16, u32> = HashMap::new();
        let runs = leaves.runs().iter().enumerate().map(|(index, run)| {
            match run {
                Run::Neutral => return NEUTRAL,
                Run::Lookups(_) => return LOOKUPS,
                Run::Mixed => {}
            }
            let mut pattern = zeros;
            let (mut lookups, mut entries) = (0u16, false);
            let range = index * RUN..(index + 1) * RUN;
            leaves.visit(leaves.denominators(), range, |at, numerator, _| {
                entries |= numerator.is_some();
                lookups |= 1 << at;
                pattern[at % 2].set(at / 2, numerator.unwrap_or(self.one));
            });
            let mut add = || {
                patterns.push(pattern);
                (patterns.len() - 1) as u32
            };
            match entries {
                true => add(),
                false => *padded.entry(lookups).or_insert_with(add),
            }
        });
        let runs = runs.collect();
        Numerators { patterns, runs }
    }

    /// Constant and leading coefficient of the round's sum of (even numerator) x (odd numerator), under the weights `eq(rest)`.
    pub(super) fn round_of_numerators(&self, numerators: &Numerators, rest: &[F]) -> [F; 2] {
        let (of_runs, of_nodes) = rest.split_at(rest.len() - WIDTH.ilog2() as usize);
        let half = 1usize << of_runs.len();
        let (of_tasks, of_runs) = of_runs.split_at(of_runs.len().saturating_sub(TASK_BITS));
        let task = 1 << of_runs.len();
        let of_runs = eq_vector(of_runs, task);
        let tasks = numerators.runs.len().min(half).div_ceil(task);
        let of_tasks = eq_vector(of_tasks, tasks);
        let of_nodes: [F; WIDTH] = std::array::from_fn({
            let weights = eq_vector(of_nodes, WIDTH);
            move |node| weights[node]
        });
        let sums = of_tasks.par_iter().enumerate().map(|(number, weight)| {
            // How much weight the runs have in which two patterns meet. Neighbours often have the same.
            let mut met: HashMap<[u32; 2], F> = HashMap::new();
            let (mut last, mut sum) = ([NEUTRAL; 2], F::zero());
            for (run, &weight) in (number * task..).zip(&of_runs) {
                let pair = numerators.pair(run, half);
                if pair != last {
                    *met.entry(last).or_default() += sum;
                    (last, sum) = (pair, F::zero());
                }
                sum += weight;
            }
            *met.entry(last).or_default() += sum;
            met.remove(&[NEUTRAL; 2]);
            let met = met.into_iter().map(|(pair, weight)| {
                let pair = pair.map(|pattern| &numerators.patterns[pattern as usize]);
                (pair, self.number(weight))
            });
            let sums = self.field.vectorize(
                #[inline(always)]
                || self.products_of_patterns(met),
            );
            sums.map(|sums| {
                let sums = sums.map(|number| self.scalar(number));
                let sum: F = sums.into_iter().zip(of_nodes).map(|(a, b)| a * b).sum();
                sum * weight
            })
        });
        sums.reduce(|| [F::zero(); 2], add)
    }

    /// Constant and leading coefficient of each node, under the weights of the pairs.
    #[inline(always)]
    fn products_of_patterns<'a>(
        &self,
        met: impl Iterator<Item = ([&'a Pattern; 2], Number)>,
    ) -> [[Number; WIDTH]; 2] {
        let (field, zero) = (&self.field, self.field.splat(self.zero));
        let mut sums = [zero; 2];
        for ([low, high], weight) in met {
            let weight = self.field.splat(weight);
            let [even, odd] = [self.field.load(&low[0]), self.field.load(&low[1])];
            let a = field.subtract(&self.field.load(&high[0]), &even);
            let b = field.subtract(&self.field.load(&high[1]), &odd);
            for (sum, (a, b)) in sums.iter_mut().zip([(even, odd), (a, b)]) {
                let product = field.multiply(&field.multiply(&a, &b), &weight);
                *sum = field.add_reduced(sum, &product);
            }
        }
        [self.field.scatter(&sums[0]), self.field.scatter(&sums[1])]
    }

    /// Binds the most significant of the variables that number `2^(bits + 1)` runs.
    pub(super) fn bind_numerators(&self, numerators: &mut Numerators, bits: usize, x: F) {
        let half = 1usize << bits;
        let mut pairs = vec![[NEUTRAL; 2]];
        let mut places: HashMap<[u32; 2], u32> = HashMap::from([([NEUTRAL; 2], NEUTRAL)]);
        let mut last = ([NEUTRAL; 2], NEUTRAL);
        let runs = (0..numerators.runs.len().min(half)).map(|run| {
            let pair = numerators.pair(run, half);
            if pair != last.0 {
                let place = places.entry(pair).or_insert_with(|| {
                    pairs.push(pair);
                    (pairs.len() - 1) as u32
                });
                last = (pair, *place);
            }
            last.1
        });
        let runs: Vec<u32> = runs.collect();
        let x = self.number(x);
        let patterns = pairs.into_par_iter().with_min_len(1 << 8).map(|pair| {
            let pair = pair.map(|pattern| &numerators.patterns[pattern as usize]);
            self.field.vectorize(
                #[inline(always)]
                || self.bind_pattern(pair, x),
            )
        });
        numerators.patterns = patterns.collect();
        numerators.runs = runs;
    }

    #[inline(always)]
    fn bind_pattern(&self, [low, high]: [&Pattern; 2], x: Number) -> Pattern {
        let (mut bound, x) = (*low, self.field.splat(x));
        for (bound, high) in bound.iter_mut().zip(high) {
            let line = self.line(&self.field.load(bound), &self.field.load(high), &x);
            self.field.store(bound, &line);
        }
        bound
    }
}
