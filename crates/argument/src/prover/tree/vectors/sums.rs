//! A round's sums: of numbers under their weights, run by run.

use crate::curve::below_modulus;
use crate::lanes::{Field, Lanes, WIDTH, Wide};
use crate::multilinear::eq_vector;
use ark_ff::PrimeField;

use super::Kernel;

/// Nodes that share the weight of their high bits.
const RUN: usize = 256;
/// Runs that a task takes.
const RUNS: usize = 8;

/// What weighs the nodes of a round: those of a run by their low bits, and each run.
pub(super) struct Weights<'a> {
    low: &'a [Lanes],
    high: Vec<[u64; 4]>,
}

impl Weights<'_> {
    /// Cells of nodes that a task takes: whole runs.
    pub fn task(&self) -> usize {
        RUNS * self.low.len()
    }
}

impl<F: PrimeField> Kernel<F> {
    /// The weights `eq(rest)` of nodes, of at least [`WIDTH`]. Those of low bits are kept between rounds.
    pub(super) fn weights<'a>(&self, rest: &[F], low: &'a mut Vec<Lanes>) -> Weights<'a> {
        let run = RUN.min(1 << rest.len());
        let (of_runs, of_nodes) = rest.split_at(rest.len() - run.ilog2() as usize);
        if low.len() != run / WIDTH {
            let numbers = eq_vector(of_nodes, run).into_iter();
            let numbers: Vec<_> = numbers.map(|v| self.number(v)).collect();
            let (chunks, _) = numbers.as_chunks();
            *low = chunks
                .iter()
                // SAFETY: there is no kernel without the instructions.
                .map(|&chunk| unsafe { Lanes::gather(chunk) })
                .collect();
        }
        let high = eq_vector(of_runs, 1 << of_runs.len()).into_iter();
        Weights {
            low,
            high: high.map(|v| self.number(v)).collect(),
        }
    }

    /// The sums over all lanes.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn total(&self, sums: Sums<'_>) -> [F; 2] {
        let one = Lanes::splat(self.one);
        sums.finish().map(|sum| {
            let numbers = self.field.multiply(&sum, &one).scatter();
            let scalars = numbers.map(|number| self.scalar(below_modulus::<F>(number)));
            scalars.into_iter().sum()
        })
    }
}

/// Two sums under one kind of weights.
///
/// Numbers are below `5 p`. A run's sum of at most 32 products with weights is below `2.5 p^2 2^6`, so it is reduced below `3.5 p`; at most
/// eight of these times the weights of runs, below `1.1 p` each, are added up: always below `64 p < 2^260`.
pub(super) struct Sums<'a> {
    field: &'a Field,
    low: &'a [Lanes],
    high: std::slice::Iter<'a, [u64; 4]>,
    /// Cells of the run so far.
    cells: usize,
    of_run: [Wide; 2],
    total: [Lanes; 2],
}

impl<'a> Sums<'a> {
    /// From a cell on that begins a run.
    #[target_feature(enable = "avx512f")]
    pub fn new(field: &'a Field, weights: &'a Weights<'_>, first_cell: usize) -> Self {
        let first_run = first_cell / weights.low.len();
        Self {
            field,
            low: weights.low,
            high: weights.high.get(first_run..).unwrap_or_default().iter(),
            cells: 0,
            of_run: [Wide::zero(); 2],
            total: [Lanes::splat([0; 4]); 2],
        }
    }

    /// The next cell's numbers.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn add(&mut self, first: &Lanes, second: &Lanes) {
        let weight = &self.low[self.cells];
        for (sum, number) in self.of_run.iter_mut().zip([first, second]) {
            sum.add_product(number, weight);
        }
        self.skip();
    }

    /// The next cell's numbers are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn skip(&mut self) {
        self.cells += 1;
        if self.cells == self.low.len() {
            self.end_run();
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn end_run(&mut self) {
        let weight = Lanes::splat(*self.high.next().expect("every run has a weight"));
        for (total, sum) in self.total.iter_mut().zip(&mut self.of_run) {
            let sum = std::mem::replace(sum, Wide::zero());
            let weighted = self.field.multiply(&self.field.reduce_wide(sum), &weight);
            *total = total.plus(&weighted);
        }
        self.cells = 0;
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn finish(mut self) -> [Lanes; 2] {
        if self.cells > 0 {
            self.end_run();
        }
        self.total.map(|sum| self.field.carry(sum.0))
    }
}
