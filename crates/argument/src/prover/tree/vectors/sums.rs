//! A round's sums: of numbers under their weights, run by run.

use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Number, WIDTH};
use crate::multilinear::eq_vector;

use super::Kernel;

/// Nodes that share the weight of their high bits.
const RUN: usize = 256;
/// Runs that a task takes.
const RUNS: usize = 8;

/// What weighs the nodes of a round: those of a run by their low bits, and each run.
pub(super) struct Weights<'a, E> {
    low: &'a [E],
    high: Vec<Number>,
}

impl<E> Weights<'_, E> {
    /// Cells of nodes that a task takes: whole runs.
    pub fn task(&self) -> usize {
        RUNS * self.low.len()
    }
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    /// The weights `eq(rest)` of nodes, of at least [`WIDTH`]. Those of low bits are kept between rounds.
    pub(super) fn weights<'a>(
        &self,
        rest: &[F],
        low: &'a mut Vec<A::Eight>,
    ) -> Weights<'a, A::Eight> {
        let run = RUN.min(1 << rest.len());
        let (of_runs, of_nodes) = rest.split_at(rest.len() - run.ilog2() as usize);
        if low.len() != run / WIDTH {
            let numbers = eq_vector(of_nodes, run).into_iter();
            let numbers: Vec<_> = numbers.map(|v| self.number(v)).collect();
            let (chunks, _) = numbers.as_chunks();
            let eights = chunks.iter();
            let eights = eights.map(|chunk: &[Number; WIDTH]| self.field.gather(chunk.each_ref()));
            *low = eights.collect();
        }
        let high = eq_vector(of_runs, 1 << of_runs.len()).into_iter();
        Weights {
            low,
            high: high.map(|v| self.number(v)).collect(),
        }
    }

    /// The sums over all lanes.
    #[inline(always)]
    pub(super) fn total(&self, sums: Sums<'_, F, A>) -> [F; 2] {
        let [a, b] = sums.finish();
        let [a, b] = [self.field.scatter(&a), self.field.scatter(&b)];
        [a, b].map(|numbers| numbers.into_iter().map(|number| self.scalar(number)).sum())
    }
}

/// Two sums under one kind of weights, of numbers of which [`Arithmetic::add_product`] takes products with kept ones: of at most 32 for a
/// run.
pub(super) struct Sums<'a, F: Montgomery, A: Arithmetic<F>> {
    field: &'a A,
    low: &'a [A::Eight],
    high: std::slice::Iter<'a, Number>,
    /// Cells of the run so far.
    cells: usize,
    of_run: [A::Wide; 2],
    total: [A::Eight; 2],
}

impl<'a, F: Montgomery, A: Arithmetic<F>> Sums<'a, F, A> {
    /// From a cell on that begins a run.
    #[inline(always)]
    pub fn new(
        kernel: &'a Kernel<F, A>,
        weights: &'a Weights<'_, A::Eight>,
        first_cell: usize,
    ) -> Self {
        let field = &kernel.field;
        let first_run = first_cell / weights.low.len();
        Self {
            field,
            low: weights.low,
            high: weights.high.get(first_run..).unwrap_or_default().iter(),
            cells: 0,
            of_run: [field.wide(); 2],
            total: [field.splat(kernel.zero); 2],
        }
    }

    /// The next cell's numbers.
    #[inline(always)]
    pub fn add(&mut self, first: &A::Eight, second: &A::Eight) {
        let weight = &self.low[self.cells];
        for (sum, number) in self.of_run.iter_mut().zip([first, second]) {
            self.field.add_product(sum, number, weight);
        }
        self.skip();
    }

    /// The next cell's numbers are zero.
    #[inline(always)]
    pub fn skip(&mut self) {
        self.cells += 1;
        if self.cells == self.low.len() {
            self.end_run();
        }
    }

    #[inline(always)]
    fn end_run(&mut self) {
        let weight = *self.high.next().expect("every run has a weight");
        let weight = self.field.splat(weight);
        for (total, sum) in self.total.iter_mut().zip(&mut self.of_run) {
            let sum = std::mem::replace(sum, self.field.wide());
            let weighted = self.field.multiply(&self.field.reduce_wide(sum), &weight);
            *total = self.field.add_reduced(total, &weighted);
        }
        self.cells = 0;
    }

    #[inline(always)]
    fn finish(mut self) -> [A::Eight; 2] {
        if self.cells > 0 {
            self.end_run();
        }
        self.total
    }
}
