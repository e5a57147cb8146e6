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
            [self.zero, self.one, number].map(|number| self.field.splat(number));
        let round = Round {
            lambda: of_lambda,
            nodes: [zero, of_lambda, one, one],
            weights: &weights,
            neutral: [[self.zero, number], [self.one; 2]].map(|pair| pair.map(Packed::splat)),
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
        let mut buffers = [neutral; 2];
        let [of_low, of_high] = &mut buffers;
        let mut sums = Sums::new(self, round.weights, range.start);
        for i in range {
            let low = self.fractions(fractions, i, &neutral, of_low);
            let high = self.fractions(fractions, half + i, &neutral, of_high);
            if low.is_none() && high.is_none() {
                sums.skip();
                continue;
            }
            let low = self.nodes_of(low, true, round);
            let high = self.nodes_of(high, true, round);
            self.add_nodes(&mut sums, &low, &high, round);
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
        let mut buffers = [self.neutral_fractions(); 2];
        let mut sums = Sums::new(self, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let place = first + i;
            let low = self.bind_sums(low, (fractions, place, half), &mut buffers, x, round);
            let high = match high.get_mut(i) {
                Some(high) => {
                    let place = half + place;
                    self.bind_sums(high, (fractions, place, half), &mut buffers, x, round)
                }
                None => None,
            };
            self.add_some_nodes(&mut sums, &low, &high, round);
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
        let mut sums = Sums::new(self, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let low = self.bind_cell(low, old_low.get(i), (&neutral, of_fractions), x, round);
            let high = match high.get_mut(i) {
                Some(high) => {
                    self.bind_cell(high, old_high.get(i), (&neutral, of_fractions), x, round)
                }
                None => None,
            };
            self.add_some_nodes(&mut sums, &low, &high, round);
        }
        self.total(sums)
    }

    /// Binds the first challenge between fractions that have no memory, into a cell; `None` if they are neutral.
    #[inline(always)]
    fn bind_sums(
        &self,
        cell: &mut Cell,
        (fractions, place, half): (&Fractions, usize, usize),
        [of_end, of_other]: &mut [Cell; 2],
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> Option<Nodes<A::Eight>> {
        let neutral = self.neutral_fractions();
        let end = self.fractions(fractions, place, &neutral, of_end);
        let other = self.fractions(fractions, 2 * half + place, &neutral, of_other);
        let bound = self.bound([end, other], true, x, round);
        self.keep(cell, &bound, round);
        bound
    }

    /// Binds the last challenge in a cell, between what is there and its partner; `None` if both are neutral.
    #[inline(always)]
    fn bind_cell(
        &self,
        cell: &mut Cell,
        other: Option<&Cell>,
        (neutral, of_fractions): (&Cell, bool),
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> Option<Nodes<A::Eight>> {
        let ends = [Some(&*cell), other];
        let ends = ends.map(|cell| cell.filter(|cell| !is_neutral(cell, neutral)));
        let bound = self.bound(ends, of_fractions, x, round);
        self.keep(cell, &bound, round);
        bound
    }

    /// `a + x (b - a)` of two ends; `None` if both are neutral.
    #[inline(always)]
    fn bound(
        &self,
        [end, other]: [Option<&Cell>; 2],
        of_fractions: bool,
        x: &A::Eight,
        round: &Round<'_, F, A>,
    ) -> Option<Nodes<A::Eight>> {
        if end.is_none() && other.is_none() {
            return None;
        }
        let a = self.nodes_of(end, of_fractions, round);
        let b = self.nodes_of(other, of_fractions, round);
        Some([
            self.line(&a[0], &b[0], x),
            self.line(&a[1], &b[1], x),
            self.line(&a[2], &b[2], x),
            self.line(&a[3], &b[3], x),
        ])
    }

    /// Writes nodes to a cell.
    #[inline(always)]
    fn keep(&self, cell: &mut Cell, nodes: &Option<Nodes<A::Eight>>, round: &Round<'_, F, A>) {
        let Some(nodes) = nodes else {
            *cell = round.neutral;
            return;
        };
        let [p, q] = cell;
        for (place, node) in p.iter_mut().chain(q).zip(nodes) {
            self.field.store(place, node);
        }
    }

    /// The nodes of sixteen fractions, or eight nodes that memory holds. Those of nothing are neutral.
    #[inline(always)]
    fn nodes_of(
        &self,
        cell: Option<&Cell>,
        of_fractions: bool,
        round: &Round<'_, F, A>,
    ) -> Nodes<A::Eight> {
        let field = &self.field;
        match cell {
            None => round.nodes,
            Some([p, q]) if of_fractions => {
                let ([p0, p1], [q0, q1]) = (field.unzip(p), field.unzip(q));
                let product = field.multiply(&round.lambda, &q1);
                [p0, field.add_reduced(&p1, &product), q0, q1]
            }
            Some([p, q]) => [
                field.load(&p[0]),
                field.load(&p[1]),
                field.load(&q[0]),
                field.load(&q[1]),
            ],
        }
    }

    /// As [`Self::add_nodes`]; nothing is neutral.
    #[inline(always)]
    fn add_some_nodes(
        &self,
        sums: &mut Sums<'_, F, A>,
        low: &Option<Nodes<A::Eight>>,
        high: &Option<Nodes<A::Eight>>,
        round: &Round<'_, F, A>,
    ) {
        if low.is_none() && high.is_none() {
            sums.skip();
            return;
        }
        let low = low.as_ref().unwrap_or(&round.nodes);
        let high = high.as_ref().unwrap_or(&round.nodes);
        self.add_nodes(sums, low, high, round);
    }

    /// Adds what the nodes of a cell of the first half and of its partner give to a round, of the constant what is above `lambda`.
    #[inline(always)]
    fn add_nodes(
        &self,
        sums: &mut Sums<'_, F, A>,
        low: &Nodes<A::Eight>,
        high: &Nodes<A::Eight>,
        round: &Round<'_, F, A>,
    ) {
        let field = &self.field;
        // `p0 q1 + (p1 + lambda q1) q0`
        let constant = field.sum_of_products([&low[0], &low[1]], [&low[3], &low[2]]);
        let a = field.subtract(&high[0], &low[0]);
        let b = field.subtract(&high[1], &low[1]);
        let c = field.subtract(&high[2], &low[2]);
        let d = field.subtract(&high[3], &low[3]);
        let lead = field.sum_of_products([&a, &b], [&d, &c]);
        sums.add(&field.subtract(&constant, &round.lambda), &lead);
    }
}
