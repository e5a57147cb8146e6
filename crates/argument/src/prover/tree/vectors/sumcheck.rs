//! The sumcheck of a layer above the leaves', eight nodes at a time, in place.

use super::super::scalars::Node;
use super::halves::{Pair, make_room, over_halves, over_quarters, over_ranges};
use super::sums::{Sums, Weights};
use super::{Cell, Fractions, Kernel, Spare, is_neutral, load, store, unzip};
use crate::lanes::{Lanes, Packed, WIDTH};
use ark_ff::PrimeField;
use std::ops::Range;

/// The state of a layer's sumcheck.
pub(in super::super) struct Sumcheck {
    /// The layer, until two rounds are done: in these, nodes are made of fractions where they are needed.
    fractions: Option<Fractions>,
    /// The nodes afterwards, in the fractions' memory if they had any. Until then, memory to use if they have none.
    nodes: Spare,
    /// The weights of the low bits.
    eq_low: Vec<Lanes>,
}

impl Sumcheck {
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
type Eight = [Lanes; 4];

/// A round.
struct Round<'a> {
    lambda: Lanes,
    weights: &'a Weights<'a>,
    /// Eight nodes of which all fractions are neutral, and these in registers.
    neutral: Cell,
    nodes: Eight,
}

impl<F: PrimeField> Kernel<F> {
    /// The nodes of a sumcheck one by one.
    pub fn nodes(&self, sumcheck: &Sumcheck) -> Vec<Node<F>> {
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
        sumcheck: &mut Sumcheck,
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
        // SAFETY: there is no kernel without the instructions.
        let [zero, one, of_lambda] =
            [[0; 4], self.one, number].map(|number| unsafe { Lanes::splat(number) });
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
                    // SAFETY: there is no kernel without the instructions.
                    unsafe { self.first(fractions, range, half, &round) }
                })
            }
            Some(&x) => {
                // SAFETY: there is no kernel without the instructions.
                let x = unsafe { Lanes::splat(self.number(x)) };
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
        x: Lanes,
        round: &Round<'_>,
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
                    // SAFETY: there is no kernel without the instructions.
                    unsafe { self.bind_fractions(new, old, &x, round) }
                });
            }
        };
        over_quarters(nodes, sizes, |new, old, first| {
            // SAFETY: there is no kernel without the instructions.
            unsafe { self.bind_cells(new, (old, of_fractions), first, &x, round) }
        })
    }

    /// The first round, of the cells in a range of the first half.
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn first(
        &self,
        fractions: &Fractions,
        range: Range<usize>,
        half: usize,
        round: &Round<'_>,
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
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind_fractions(
        &self,
        (low, high): Pair<'_, Cell>,
        (fractions, first, half): (&Fractions, usize, usize),
        x: &Lanes,
        round: &Round<'_>,
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
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind_cells(
        &self,
        (low, high): Pair<'_, Cell>,
        ((old_low, old_high), of_fractions): ((&[Cell], &[Cell]), bool),
        first: usize,
        x: &Lanes,
        round: &Round<'_>,
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
                        false => load_nodes(from, end),
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
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind_nodes(&self, cell: &mut Cell, [a, b]: &[Eight; 2], x: &Lanes, bound: &mut Eight) {
        let [p, q] = cell;
        for (i, place) in p.iter_mut().chain(q).enumerate() {
            bound[i] = self.line(&a[i], &b[i], x);
            store(place, &bound[i]);
        }
    }

    /// The nodes of sixteen fractions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn nodes_of(&self, fractions: &Cell, lambda: &Lanes, nodes: &mut Eight) {
        let [[p0, p1], [q0, q1]] = [unzip(&fractions[0]), unzip(&fractions[1])];
        let product = self.field.multiply(lambda, &q1);
        *nodes = [p0, self.field.reduce(&p1, &[], &product), q0, q1];
    }

    /// Adds what the nodes of a cell of the first half and of its partner give to a round, of the constant what is above `lambda`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add_some_nodes(
        &self,
        sums: &mut Sums<'_>,
        any: bool,
        [low, high]: &[Eight; 2],
        round: &Round<'_>,
    ) {
        if !any {
            sums.skip();
            return;
        }
        let field = &self.field;
        // `p0 q1 + (p1 + lambda q1) q0`
        let constant = field.sum_of_products([&low[0], &low[1]], [&low[3], &low[2]]);
        let [a, b, c, d] = std::array::from_fn(|i| field.subtract(&high[i], &low[i]));
        let lead = field.sum_of_products([&a, &b], [&d, &c]);
        sums.add(&field.subtract(&constant, &round.lambda), &lead);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn load_nodes([p, q]: &Cell, nodes: &mut Eight) {
    *nodes = [load(&p[0]), load(&p[1]), load(&q[0]), load(&q[1])];
}
