//! The sumcheck of a layer above the leaves', eight nodes at a time, in place.

use super::super::scalars::Node;
use super::halves::{Pair, make_room, over_halves, over_quarters, over_ranges};
use super::sums::{Sums, Weights};
use super::{Cell, Fractions, Kernel, Spare, is_neutral};
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Packed, WIDTH};
use std::ops::Range;

/// The state of a layer's sumcheck.
pub(in super::super) struct Sumcheck<E> {
    /// The layer, until two rounds are done: in these, nodes are made of fractions where they are needed.
    fractions: Option<Fractions>,
    /// The nodes afterwards, in the fractions' memory if they had any. Until then, memory to use if they have none.
    nodes: Spare,
    /// The weights of the low bits.
    eq_low: Vec<E>,
}

impl<E> Sumcheck<E> {
    pub fn new(fractions: Fractions, spare: Spare) -> Self {
        Self {
            fractions: Some(fractions),
            nodes: spare,
            eq_low: Vec::new(),
        }
    }

    pub fn into_spare(self) -> Spare {
        self.nodes
    }
}

/// Eight nodes in registers: `[p0, p1 + lambda q1, q0, q1]`.
type Nodes<E> = [E; 4];

/// A round.
struct Round<'a, F: Montgomery, A: Arithmetic<F>> {
    lambda: A::Eight,
    weights: &'a Weights<'a, A::Eight>,
    /// Eight nodes of which all fractions are neutral, and these in registers.
    neutral: Cell,
    nodes: Nodes<A::Eight>,
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    /// The nodes of a sumcheck one by one.
    pub fn nodes(&self, sumcheck: &Sumcheck<A::Eight>) -> Vec<Node<F>> {
        let cells = sumcheck.nodes.iter();
        cells
            .flat_map(|[p, q]| {
                (0..WIDTH).map(|lane| [p[0], p[1], q[0], q[1]].map(|v| self.scalar(v.get(lane))))
            })
            .collect()
    }

    /// Constant and leading coefficient of the next round, after binding the last challenge; `None` if there are so few nodes
    /// left that they are to be taken one by one: then nothing is bound.
    pub fn round(
        &self,
        sumcheck: &mut Sumcheck<A::Eight>,
        lambda: F,
        target: &[F],
        point: &[F],
    ) -> Option<[F; 2]> {
        let rest = &target[point.len() + 1..];
        let half = (1usize << rest.len()) / WIDTH;
        if half == 0 {
            return None;
        }
        let weights = self.weights(rest, &mut sumcheck.eq_low);
        let number = self.number(lambda);
        let [zero, one, of_lambda] =
            [[0; 4], self.one, number].map(|number| self.field.splat(number));
        let round = Round {
            lambda: of_lambda,
            nodes: [zero, of_lambda, one, one],
            weights: &weights,
            neutral: [[[0; 4], number], [self.one; 2]].map(|pair| pair.map(Packed::splat)),
        };
        // Neutral nodes count lambda each, everywhere; the sums are of what others have above it.
        let above = match point.last() {
            None => {
                let fractions = sumcheck.fractions.as_ref()?;
                let low = half.min(fractions.cells());
                over_ranges((low, weights.task()), |range| {
                    self.field.vectorize(
                        #[inline(always)]
                        || self.first(fractions, range, half, &round),
                    )
                })
            }
            Some(&x) => {
                let x = self.field.splat(self.number(x));
                self.bind(
                    &mut sumcheck.fractions,
                    &mut sumcheck.nodes,
                    half,
                    x,
                    &round,
                )
            }
        };
        Some([lambda + above[0], above[1]])
    }

    /// Binds the last challenge. The new nodes have two halves of so many cells.
    fn bind(
        &self,
        fractions: &mut Option<Fractions>,
        nodes: &mut Spare,
        half: usize,
        x: A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let sizes = (half, round.weights.task());
        let of_fractions = match fractions.take() {
            None => false,
            Some(Fractions::Cells(cells)) => {
                *nodes = cells;
                true
            }
            Some(fractions) => {
                let length = fractions.cells().min(2 * half);
                make_room(nodes, length, round.neutral);
                return over_halves(nodes, sizes, |new, first| {
                    let old = (&fractions, first, half);
                    self.field.vectorize(
                        #[inline(always)]
                        || self.bind_fractions(new, old, &x, round),
                    )
                });
            }
        };
        over_quarters(nodes, sizes, |new, old, first| {
            self.field.vectorize(
                #[inline(always)]
                || self.bind_cells(new, (old, of_fractions), first, &x, round),
            )
        })
    }

    /// The first round, of the cells in a range of the first half.
    #[inline(always)]
    fn first(
        &self,
        fractions: &Fractions,
        range: Range<usize>,
        half: usize,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let neutral = self.neutral_fractions();
        let mut buffer = neutral;
        let mut sums = Sums::new(&self.field, round.weights, range.start);
        for i in range {
            let mut nodes = [round.nodes; 2];
            let mut any = false;
            for (index, nodes) in [i, half + i].into_iter().zip(&mut nodes) {
                let cell = self.fractions(fractions, index, &neutral, &mut buffer);
                if let Some(cell) = cell {
                    self.nodes_of(cell, &round.lambda, nodes);
                    any = true;
                }
            }
            self.add_some_nodes(&mut sums, any, &nodes, round);
        }
        self.total(sums)
    }

    /// The second round of fractions that have no memory: the first challenge binds them to nodes, those of two runs of cells of the
    /// new halves.
    #[inline(always)]
    fn bind_fractions(
        &self,
        (low, high): Pair<'_, Cell>,
        (fractions, first, half): (&Fractions, usize, usize),
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let neutral = self.neutral_fractions();
        let mut buffer = neutral;
        let mut sums = Sums::new(&self.field, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let mut nodes = [round.nodes; 2];
            let mut any = false;
            let cells = [(Some(low), first + i), (high.get_mut(i), half + first + i)];
            for ((cell, index), nodes) in cells.into_iter().zip(&mut nodes) {
                let Some(cell) = cell else { continue };
                let mut ends = [*nodes; 2];
                let mut some = false;
                for (index, end) in [index, 2 * half + index].into_iter().zip(&mut ends) {
                    let from = self.fractions(fractions, index, &neutral, &mut buffer);
                    if let Some(from) = from {
                        self.nodes_of(from, &round.lambda, end);
                        some = true;
                    }
                }
                match some {
                    true => self.bind_nodes(cell, &ends, x, nodes),
                    false => *cell = round.neutral,
                }
                any |= some;
            }
            self.add_some_nodes(&mut sums, any, &nodes, round);
        }
        self.total(sums)
    }

    /// Any other round but the first: the last challenge binds the old halves' nodes, or fractions, to the nodes of two runs of
    /// cells of the new halves, in place.
    #[inline(always)]
    fn bind_cells(
        &self,
        (low, high): Pair<'_, Cell>,
        ((old_low, old_high), of_fractions): ((&[Cell], &[Cell]), bool),
        first: usize,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> [F; 2] {
        let neutral = match of_fractions {
            true => self.neutral_fractions(),
            false => round.neutral,
        };
        let mut sums = Sums::new(&self.field, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let mut nodes = [round.nodes; 2];
            let mut any = false;
            let cells = [
                (Some(low), old_low.get(i)),
                (high.get_mut(i), old_high.get(i)),
            ];
            for ((cell, other), nodes) in cells.into_iter().zip(&mut nodes) {
                let Some(cell) = cell else { continue };
                let mut ends = [*nodes; 2];
                let mut some = false;
                for (from, end) in [Some(&*cell), other].into_iter().zip(&mut ends) {
                    let Some(from) = from.filter(|from| !is_neutral(from, &neutral)) else {
                        continue;
                    };
                    some = true;
                    match of_fractions {
                        true => self.nodes_of(from, &round.lambda, end),
                        false => {
                            let [p, q] = from;
                            for (node, packed) in end.iter_mut().zip(p.iter().chain(q)) {
                                *node = self.field.load(packed);
                            }
                        }
                    }
                }
                match some {
                    true => self.bind_nodes(cell, &ends, x, nodes),
                    false => *cell = round.neutral,
                }
                any |= some;
            }
            self.add_some_nodes(&mut sums, any, &nodes, round);
        }
        self.total(sums)
    }

    /// `a + x (b - a)` of two ends, which is also written to a cell.
    #[inline(always)]
    fn bind_nodes(
        &self,
        cell: &mut Cell,
        [a, b]: &[Nodes<A::Eight>; 2],
        x: &A::Eight,
        bound: &mut Nodes<A::Eight>,
    ) {
        let [p, q] = cell;
        for (i, place) in p.iter_mut().chain(q).enumerate() {
            bound[i] = self.line(&a[i], &b[i], x);
            self.field.store(place, &bound[i]);
        }
    }

    /// The nodes of sixteen fractions.
    #[inline(always)]
    fn nodes_of(&self, fractions: &Cell, lambda: &A::Eight, nodes: &mut Nodes<A::Eight>) {
        let [[p0, p1], [q0, q1]] = [
            self.field.unzip(&fractions[0]),
            self.field.unzip(&fractions[1]),
        ];
        let product = self.field.multiply(lambda, &q1);
        *nodes = [p0, self.field.add_reduced(&p1, &product), q0, q1];
    }

    /// Adds what the nodes of a cell of the first half and of its partner give to a round, of the constant what is above `lambda`.
    #[inline(always)]
    fn add_some_nodes(
        &self,
        sums: &mut Sums<'_, F, A>,
        any: bool,
        [low, high]: &[Nodes<A::Eight>; 2],
        round: &Round<'_, F, A>,
    ) {
        if !any {
            sums.skip();
            return;
        }
        let field = &self.field;
        // `p0 q1 + (p1 + lambda q1) q0`
        let constant = field.sum_of_products([&low[0], &low[1]], [&low[3], &low[2]]);
        let mut steps = *low;
        for (step, high) in steps.iter_mut().zip(high) {
            *step = field.subtract(high, step);
        }
        let [a, b, c, d] = steps;
        let lead = field.sum_of_products([&a, &b], [&d, &c]);
        sums.add(&field.subtract(&constant, &round.lambda), &lead);
    }
}
