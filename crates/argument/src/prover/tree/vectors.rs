//! A layer and its sumcheck eight fractions at a time, in place.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes), with weights and challenges below `p`:
//! - fractions are below `1.2 p`: they are products, or sums of two products, of numbers below `1.67 p`;
//! - of nodes, `p1 + lambda q1` and what a challenge binds, `a + x (b - a + 2 p)`, are sums below `3 p`, reduced below `1.67 p`;
//! - a round's sum is of products below `1.2 p`, at most [`RUN`]` / 8 = 32` of them, then of at most [`RUNS`]` = 8` sums times a
//!   weight, below `1.7 p` each: always below `64 p < 2^260`.

use super::leaves::Leaves;
use super::scalars::Node;
use crate::curve::below_modulus;
use crate::lanes::{self, Field, Lanes, Packed, WIDTH};
use crate::multilinear::eq_vector;
use ark_ff::PrimeField;
use rayon::prelude::*;
use std::ops::Range;

/// Fractions of a [`Cell`].
const FRACTIONS: usize = 2 * WIDTH;
/// Layers of fewer bits are not worth it. Half of such a layer, and half of that, has whole cells.
pub(super) const LEAST_BITS: usize = 7;
/// Nodes that share the weight of their high bits.
const RUN: usize = 256;
/// Runs that a task takes.
const RUNS: usize = 8;
/// Cells of children that a task takes.
const CHUNK: usize = 64;

/// Sixteen fractions `p / q`; in a sumcheck, eight nodes: the first of each pair holds `p0` or `q0`, the second
/// `p1 + lambda q1` or `q1`.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    p: [Packed; 2],
    q: [Packed; 2],
}

impl Cell {
    /// Writes the fraction at a place.
    #[inline]
    fn put(&mut self, at: usize, [p, q]: [[u64; 4]; 2]) {
        self.p[at / WIDTH].set(at % WIDTH, p);
        self.q[at / WIDTH].set(at % WIDTH, q);
    }
}

/// The fractions of a layer, sixteen a cell; behind the last there are neutral ones.
pub(super) enum Fractions {
    Cells(Vec<Cell>),
    Leaves(Leaves<[u64; 4]>),
}

impl Fractions {
    fn cells(&self) -> usize {
        match self {
            Self::Cells(cells) => cells.len(),
            Self::Leaves(leaves) => leaves.len().div_ceil(FRACTIONS),
        }
    }

    /// A cell, made in `buffer` if need be, which is neutral.
    #[inline]
    fn cell<'a>(&'a self, index: usize, buffer: &'a mut Cell) -> &'a Cell {
        match self {
            Self::Cells(cells) => &cells[index],
            Self::Leaves(leaves) => {
                let range = index * FRACTIONS..(index + 1) * FRACTIONS;
                leaves.write(range, |at, leaf| buffer.put(at, leaf));
                buffer
            }
        }
    }
}

impl Default for Fractions {
    fn default() -> Self {
        Self::Cells(Vec::new())
    }
}

/// The state of a layer's sumcheck.
pub(super) struct Sumcheck {
    /// The layer, until two rounds are done: in these, nodes are made of fractions where they are needed.
    fractions: Option<Fractions>,
    /// The nodes afterwards, in the fractions' memory if they had any. Until then, memory to use if they have none.
    nodes: Vec<Cell>,
    /// The weights of the low bits.
    eq_low: Vec<Lanes>,
}

impl Sumcheck {
    /// `spare` holds nothing, but its pages have been used before, and so cost less than new ones.
    pub fn new(fractions: Fractions, spare: Vec<Cell>) -> Self {
        Self {
            fractions: Some(fractions),
            nodes: spare,
            eq_low: Vec::new(),
        }
    }

    /// The memory of a sumcheck that is done.
    pub fn into_spare(self) -> Vec<Cell> {
        self.nodes
    }
}

/// Eight nodes in registers: `[p0, p1 + lambda q1, q0, q1]`.
type Eight = [Lanes; 4];

/// The field, in the kernel's form: a scalar `v` is `2^260 v mod p`.
pub(super) struct Kernel<F> {
    field: Field,
    into: F,
    out: F,
    one: [u64; 4],
}

/// A round of a layer's sumcheck.
struct Round<'a> {
    lambda: [u64; 4],
    weights: &'a Weights<'a>,
}

/// What weighs the nodes of a round: those of a run by their low bits, and each run.
struct Weights<'a> {
    low: &'a [Lanes],
    high: Vec<[u64; 4]>,
}

impl<F: PrimeField> Kernel<F> {
    /// `None` if the machine does not have the instructions.
    pub fn detect() -> Option<Self> {
        if !lanes::is_available() {
            return None;
        }
        let into = F::from(2u64).pow([260]);
        let one = limbs(into);
        Some(Self {
            // SAFETY: the instructions are available.
            field: unsafe { Field::new(lanes::modulus::<F>()) },
            into,
            out: into.inverse()?,
            one,
        })
    }

    pub fn number(&self, value: F) -> [u64; 4] {
        limbs(value * self.into)
    }

    fn scalar(&self, number: [u64; 4]) -> F {
        let mut value = F::BigInt::default();
        value.as_mut().copy_from_slice(&below_modulus::<F>(number));
        F::from_bigint(value).unwrap_or_default() * self.out
    }

    fn neutral_cell(&self) -> Cell {
        Cell {
            p: [Packed::splat([0; 4]); 2],
            q: [Packed::splat(self.one); 2],
        }
    }

    /// Fractions in cells, the last filled up with neutral ones.
    #[cfg(test)]
    pub fn cells(&self, fractions: &[[F; 2]]) -> Vec<Cell> {
        let mut cells = vec![self.neutral_cell(); fractions.len().div_ceil(FRACTIONS)];
        for (at, fraction) in fractions.iter().enumerate() {
            cells[at / FRACTIONS].put(at % FRACTIONS, fraction.map(|v| self.number(v)));
        }
        cells
    }

    /// The sums of neighbours.
    pub fn parents(&self, children: &Fractions) -> Vec<Cell> {
        let cells = children.cells();
        let tasks = (0..cells.div_ceil(2)).into_par_iter().with_min_len(CHUNK);
        let parents_of = tasks.map(|i| {
            let mut buffers = [self.neutral_cell(); 2];
            let [first, second] = &mut buffers;
            let first = children.cell(2 * i, first);
            let second = match 2 * i + 1 < cells {
                true => children.cell(2 * i + 1, second),
                false => second,
            };
            // SAFETY: there is no kernel without the instructions.
            unsafe { self.parents_of([first, second]) }
        });
        // Room for the children's nodes, which come here if they have no memory of their own.
        let mut parents = Vec::with_capacity(cells.next_power_of_two().div_ceil(2));
        parents_of.collect_into_vec(&mut parents);
        parents
    }

    /// The fractions one by one.
    pub fn scalars(&self, cells: &[Cell]) -> Vec<[F; 2]> {
        let halves = cells.iter().flat_map(|cell| cell.p.iter().zip(&cell.q));
        halves
            .flat_map(|(p, q)| {
                (0..WIDTH).map(|lane| [self.scalar(p.get(lane)), self.scalar(q.get(lane))])
            })
            .collect()
    }

    /// The nodes of a sumcheck one by one.
    pub fn nodes(&self, sumcheck: &Sumcheck) -> Vec<Node<F>> {
        let cells = sumcheck.nodes.iter();
        cells
            .flat_map(|Cell { p, q }| {
                (0..WIDTH).map(|lane| [p[0], p[1], q[0], q[1]].map(|v| self.scalar(v.get(lane))))
            })
            .collect()
    }

    /// Slope and leading coefficient of the next round, after binding the last challenge; `None` if there are so few nodes
    /// left that they are to be taken one by one: then nothing is bound.
    pub fn round(
        &self,
        sumcheck: &mut Sumcheck,
        lambda: F,
        target: &[F],
        point: &[F],
    ) -> Option<[F; 2]> {
        let rest = &target[point.len() + 1..];
        let half = 1usize << rest.len();
        if half < WIDTH {
            return None;
        }
        let run = RUN.min(half);
        let (high, low) = rest.split_at(rest.len() - run.ilog2() as usize);
        if sumcheck.eq_low.len() != run / WIDTH {
            let numbers: Vec<_> = eq_vector(low, run)
                .into_iter()
                .map(|v| self.number(v))
                .collect();
            let (chunks, _) = numbers.as_chunks();
            sumcheck.eq_low = chunks
                .iter()
                // SAFETY: there is no kernel without the instructions.
                .map(|&chunk| unsafe { Lanes::gather(chunk) })
                .collect();
        }
        let weights = Weights {
            low: &sumcheck.eq_low,
            high: eq_vector(high, 1 << high.len())
                .into_iter()
                .map(|v| self.number(v))
                .collect(),
        };
        let lambda = self.number(lambda);
        let round = Round {
            lambda,
            weights: &weights,
        };
        let (task, half) = (RUNS * run / WIDTH, half / WIDTH);
        let add = |a: [F; 2], b: [F; 2]| [a[0] + b[0], a[1] + b[1]];
        let Some(&x) = point.last() else {
            let fractions = sumcheck.fractions.as_ref()?;
            let low = half.min(fractions.cells());
            let tasks = (0..low.div_ceil(task)).into_par_iter();
            let sums = tasks.map(|i| {
                let range = i * task..low.min((i + 1) * task);
                // SAFETY: there is no kernel without the instructions.
                unsafe { self.first(fractions, range, half, &round) }
            });
            return Some(sums.reduce(|| [F::zero(); 2], add));
        };
        let x = self.number(x);
        let of_fractions = match sumcheck.fractions.take() {
            None => false,
            Some(Fractions::Cells(cells)) => {
                sumcheck.nodes = cells;
                true
            }
            Some(leaves) => {
                let length = leaves.cells().min(2 * half);
                sumcheck.nodes.resize(length, self.neutral_cell());
                let (low, high) = sumcheck.nodes.split_at_mut(half.min(length));
                let highs = high
                    .chunks_mut(task)
                    .chain(std::iter::repeat_with(Default::default));
                let tasks: Vec<_> = low.chunks_mut(task).zip(highs).collect();
                let sums = tasks.into_par_iter().enumerate().map(|(i, new)| {
                    let old = (&leaves, i * task, half);
                    // SAFETY: there is no kernel without the instructions.
                    unsafe { self.bind_leaves(new, old, x, &round) }
                });
                return Some(sums.reduce(|| [F::zero(); 2], add));
            }
        };
        let cells = &mut sumcheck.nodes;
        let length = cells.len();
        let (new, old) = cells.split_at_mut((2 * half).min(length));
        let (a, b) = new.split_at_mut(half.min(new.len()));
        let (c, d) = old.split_at(half.min(old.len()));
        let bs = b
            .chunks_mut(task)
            .chain(std::iter::repeat_with(Default::default));
        let cs = c.chunks(task).chain(std::iter::repeat(&[][..]));
        let ds = d.chunks(task).chain(std::iter::repeat(&[][..]));
        let tasks: Vec<_> = a.chunks_mut(task).zip(bs).zip(cs.zip(ds)).collect();
        let sums = tasks.into_par_iter().enumerate().map(|(i, (new, old))| {
            // SAFETY: there is no kernel without the instructions.
            unsafe { self.bind_cells(new, (old, of_fractions), i * task, x, &round) }
        });
        let sums = sums.reduce(|| [F::zero(); 2], add);
        cells.truncate(2 * half);
        Some(sums)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn parents_of(&self, children: [&Cell; 2]) -> Cell {
        let mut parents = self.neutral_cell();
        for (half, child) in children.into_iter().enumerate() {
            let [p0, p1] = unzip(&child.p);
            let [q0, q1] = unzip(&child.q);
            let p = self.field.sum_of_products([&p0, &p1], [&q1, &q0]);
            let q = self.field.multiply(&q0, &q1);
            store(&mut parents.p[half], &p);
            store(&mut parents.q[half], &q);
        }
        parents
    }

    /// The nodes of a cell of fractions; neutral ones behind the last.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn to_nodes(&self, fractions: &Fractions, index: usize, lambda: &Lanes) -> Eight {
        let mut buffer = self.neutral_cell();
        let cell = match index < fractions.cells() {
            true => fractions.cell(index, &mut buffer),
            false => &buffer,
        };
        self.nodes_of(cell, lambda)
    }

    /// The nodes of sixteen fractions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn nodes_of(&self, fractions: &Cell, lambda: &Lanes) -> Eight {
        let [p0, p1] = unzip(&fractions.p);
        let [q0, q1] = unzip(&fractions.q);
        let product = self.field.multiply(lambda, &q1);
        [p0, self.field.reduce(&p1, &[], &product), q0, q1]
    }

    /// `a + x (b - a)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn bound(&self, nodes: &Eight, others: &Eight, x: &Lanes) -> Eight {
        let mut bound = *nodes;
        for ((bound, a), b) in bound.iter_mut().zip(nodes).zip(others) {
            let step = self.field.multiply(x, &self.field.subtract(b, a));
            *bound = self.field.reduce(a, &[], &step);
        }
        bound
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
        let lambda = Lanes::splat(round.lambda);
        let mut sums = Sums::new(&self.field, round.weights, range.start);
        for i in range {
            let low = self.to_nodes(fractions, i, &lambda);
            let high = self.to_nodes(fractions, half + i, &lambda);
            sums.add(&low, &high);
        }
        self.total(sums)
    }

    /// The second round of the leaves: the first challenge binds them to nodes, those of two runs of cells of the new halves.
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind_leaves(
        &self,
        (low, high): (&mut [Cell], &mut [Cell]),
        (leaves, first, half): (&Fractions, usize, usize),
        x: [u64; 4],
        round: &Round<'_>,
    ) -> [F; 2] {
        let neutral = self.neutral(round.lambda);
        let (lambda, x) = (Lanes::splat(round.lambda), Lanes::splat(x));
        let bind = |cell: &mut Cell, index: usize| {
            let nodes = self.to_nodes(leaves, index, &lambda);
            let others = self.to_nodes(leaves, 2 * half + index, &lambda);
            let bound = self.bound(&nodes, &others, &x);
            store_nodes(cell, &bound);
            bound
        };
        let mut sums = Sums::new(&self.field, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let low = bind(low, first + i);
            let high = match high.get_mut(i) {
                Some(high) => bind(high, half + first + i),
                None => neutral,
            };
            sums.add(&low, &high);
        }
        self.total(sums)
    }

    /// Any other round but the first: the last challenge binds the old halves' nodes, or fractions, to the nodes of two runs of
    /// cells of the new halves, in place.
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind_cells(
        &self,
        (low, high): (&mut [Cell], &mut [Cell]),
        ((old_low, old_high), of_fractions): ((&[Cell], &[Cell]), bool),
        first: usize,
        x: [u64; 4],
        round: &Round<'_>,
    ) -> [F; 2] {
        let neutral = self.neutral(round.lambda);
        let (lambda, x) = (Lanes::splat(round.lambda), Lanes::splat(x));
        let load = |cell: &Cell| match of_fractions {
            true => self.nodes_of(cell, &lambda),
            false => load_nodes(cell),
        };
        let bind = |cell: &mut Cell, other: Option<&Cell>| {
            let bound = self.bound(&load(cell), &other.map_or(neutral, load), &x);
            store_nodes(cell, &bound);
            bound
        };
        let mut sums = Sums::new(&self.field, round.weights, first);
        for (i, low) in low.iter_mut().enumerate() {
            let low = bind(low, old_low.get(i));
            let high = match high.get_mut(i) {
                Some(high) => bind(high, old_high.get(i)),
                None => neutral,
            };
            sums.add(&low, &high);
        }
        self.total(sums)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn neutral(&self, lambda: [u64; 4]) -> Eight {
        let one = Lanes::splat(self.one);
        [Lanes::splat([0; 4]), Lanes::splat(lambda), one, one]
    }

    /// The sums over all lanes.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn total(&self, sums: Sums<'_>) -> [F; 2] {
        let one = Lanes::splat(self.one);
        sums.finish().map(|sum| {
            let numbers = self.field.multiply(&sum, &one).scatter();
            numbers.into_iter().map(|number| self.scalar(number)).sum()
        })
    }
}

/// Sums of slopes and leading coefficients under their weights, run by run.
struct Sums<'a> {
    field: &'a Field,
    low: &'a [Lanes],
    high: std::slice::Iter<'a, [u64; 4]>,
    /// Cells of the run so far.
    cells: usize,
    of_run: [Lanes; 2],
    total: [Lanes; 2],
}

impl<'a> Sums<'a> {
    #[target_feature(enable = "avx512f")]
    fn new(field: &'a Field, weights: &'a Weights<'_>, first_cell: usize) -> Self {
        let zero = [Lanes::splat([0; 4]); 2];
        let first_run = first_cell / weights.low.len();
        Self {
            field,
            low: weights.low,
            high: weights.high.get(first_run..).unwrap_or_default().iter(),
            cells: 0,
            of_run: zero,
            total: zero,
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add(&mut self, low: &Eight, high: &Eight) {
        let field = self.field;
        let slope = field.subtract(&numerator(field, high), &numerator(field, low));
        let mut difference = *low;
        for ((difference, low), high) in difference.iter_mut().zip(low).zip(high) {
            *difference = field.subtract(high, low);
        }
        let lead = numerator(field, &difference);
        let weight = &self.low[self.cells];
        for (sum, value) in self.of_run.iter_mut().zip([slope, lead]) {
            *sum = sum.plus(&field.multiply(&value, weight));
        }
        self.cells += 1;
        if self.cells == self.low.len() {
            self.end_run();
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn end_run(&mut self) {
        let weight = Lanes::splat(*self.high.next().expect("every run has a weight"));
        for (total, sum) in self.total.iter_mut().zip(&mut self.of_run) {
            let weighted = self.field.multiply(&self.field.carry(sum.0), &weight);
            *total = total.plus(&weighted);
            *sum = Lanes::splat([0; 4]);
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

/// `p0 q1 + (p1 + lambda q1) q0`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn numerator(field: &Field, [p0, p1, q0, q1]: &Eight) -> Lanes {
    field.sum_of_products([p0, p1], [q1, q0])
}

/// Of sixteen numbers, the even ones and the odd ones.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn unzip([first, second]: &[Packed; 2]) -> [Lanes; 2] {
    let [even, odd] = first.load().unzip(&second.load());
    [even.lanes(), odd.lanes()]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store(packed: &mut Packed, lanes: &Lanes) {
    packed.store(&lanes::Words::from_lanes(lanes));
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn load_nodes(Cell { p, q }: &Cell) -> Eight {
    let load = |packed: &Packed| packed.load().lanes();
    [load(&p[0]), load(&p[1]), load(&q[0]), load(&q[1])]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store_nodes(Cell { p, q }: &mut Cell, nodes: &Eight) {
    let [p_first, p_second] = p;
    let [q_first, q_second] = q;
    for (packed, lanes) in [p_first, p_second, q_first, q_second]
        .into_iter()
        .zip(nodes)
    {
        store(packed, lanes);
    }
}

/// The least representative's limbs.
fn limbs<F: PrimeField>(value: F) -> [u64; 4] {
    let mut limbs = [0; 4];
    limbs.copy_from_slice(value.into_bigint().as_ref());
    limbs
}
