//! A layer and its sumcheck eight fractions at a time, in place.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes), with weights and challenges below `p`:
//! - fractions are below `1.2 p`: they are products, or sums of two products, of numbers below `1.67 p`;
//! - of nodes, `p1 + lambda q1` and what a challenge binds, `a + x (b - a + 2 p)`, are sums below `3 p`, reduced below `1.67 p`;
//! - a round's sum is of products below `1.2 p`, at most [`RUN`]` / 8 = 32` of them, then of at most [`RUNS`]` = 32` sums times a
//!   weight, below `1.7 p` each: always below `64 p < 2^260`.

use super::Contents;
use super::scalars::Node;
use crate::curve::below_modulus;
use crate::lanes::{self, Field, Lanes, Packed, WIDTH};
use crate::multilinear::eq_vector;
use ark_ff::PrimeField;
use rayon::prelude::*;

/// Fractions of a [`Cell`].
pub(super) const FRACTIONS: usize = 2 * WIDTH;
/// Layers of fewer fractions are not worth it; in a round each half has whole cells.
pub(super) const LEAST: usize = 8 * FRACTIONS;
/// Nodes that share the weight of their high bits.
const RUN: usize = 256;
/// Runs that a task takes.
const RUNS: usize = 32;
/// Cells of children that a task takes.
const CHUNK: usize = 64;

/// Sixteen fractions `p / q`; in a sumcheck, eight nodes: the first of each pair holds `p0` or `q0`, the second
/// `p1 + lambda q1` or `q1`.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    p: [Packed; 2],
    q: [Packed; 2],
}

/// The nodes of a layer, and the weights of their low bits.
pub(super) struct Sumcheck {
    cells: Vec<Cell>,
    eq_low: Vec<Lanes>,
}

impl Sumcheck {
    pub fn new(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            eq_low: Vec::new(),
        }
    }
}

/// Eight nodes in registers: `[p0, p1 + lambda q1, q0, q1]`.
type Nodes = [Lanes; 4];

/// The field, in the kernel's form: a scalar `v` is `2^260 v mod p`.
pub(super) struct Kernel<F> {
    field: Field,
    into: F,
    out: F,
    one: [u64; 4],
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

    fn number(&self, value: F) -> [u64; 4] {
        limbs(value * self.into)
    }

    fn scalar(&self, number: [u64; 4]) -> F {
        let mut value = F::BigInt::default();
        value.as_mut().copy_from_slice(&below_modulus::<F>(number));
        F::from_bigint(value).unwrap_or_default() * self.out
    }

    /// The leaves in cells, the last filled up with neutral ones.
    pub fn leaves(&self, contents: &Contents<'_, F>, length: usize) -> Vec<Cell> {
        let mut cells = vec![self.neutral_cell(); length.div_ceil(FRACTIONS)];
        contents.write(&mut cells, FRACTIONS, |v| self.number(v), put);
        cells
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
            put(&mut cells, at, fraction.map(|v| self.number(v)));
        }
        cells
    }

    /// The sums of neighbours.
    pub fn parents(&self, children: &[Cell]) -> Vec<Cell> {
        children
            .par_chunks(2)
            .with_min_len(CHUNK)
            // SAFETY: there is no kernel without the instructions.
            .map(|children| unsafe { self.parents_of(children) })
            .collect()
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
        let cells = sumcheck.cells.iter();
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
        let cells = &mut sumcheck.cells;
        let task = RUNS * run / WIDTH;
        let half = half / WIDTH;
        let sums = match point.last() {
            None => {
                let length = cells.len();
                let (low, high) = cells.split_at_mut(half.min(length));
                let highs = high
                    .chunks_mut(task)
                    .chain(std::iter::repeat_with(Default::default));
                let tasks: Vec<_> = low.chunks_mut(task).zip(highs).collect();
                tasks
                    .into_par_iter()
                    .enumerate()
                    // SAFETY: there is no kernel without the instructions.
                    .map(|(i, (low, high))| unsafe {
                        self.begin(low, high, lambda, &weights, RUNS * i)
                    })
                    .reduce(|| [F::zero(); 2], |a, b| [a[0] + b[0], a[1] + b[1]])
            }
            Some(&x) => {
                let x = self.number(x);
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
                let sums = tasks
                    .into_par_iter()
                    .enumerate()
                    // SAFETY: there is no kernel without the instructions.
                    .map(|(i, (new, old))| unsafe {
                        self.bind(new, old, x, lambda, &weights, RUNS * i)
                    })
                    .reduce(|| [F::zero(); 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
                cells.truncate(2 * half);
                sums
            }
        };
        Some(sums)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn parents_of(&self, children: &[Cell]) -> Cell {
        let mut parents = self.neutral_cell();
        for (half, child) in children.iter().enumerate() {
            let [p0, p1] = unzip(&child.p);
            let [q0, q1] = unzip(&child.q);
            let p = self.field.sum_of_products([&p0, &p1], [&q1, &q0]);
            let q = self.field.multiply(&q0, &q1);
            store(&mut parents.p[half], &p);
            store(&mut parents.q[half], &q);
        }
        parents
    }

    /// The first round of a task's nodes: fractions become nodes.
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn begin(
        &self,
        low: &mut [Cell],
        high: &mut [Cell],
        lambda: [u64; 4],
        weights: &Weights<'_>,
        first_run: usize,
    ) -> [F; 2] {
        let neutral = self.neutral(lambda);
        let lambda = Lanes::splat(lambda);
        let to_nodes = |cell: &mut Cell| {
            let [p0, p1] = unzip(&cell.p);
            let [q0, q1] = unzip(&cell.q);
            let p1 = self
                .field
                .reduce(&p1, &[], &self.field.multiply(&lambda, &q1));
            let nodes = [p0, p1, q0, q1];
            store_nodes(cell, &nodes);
            nodes
        };
        let mut sums = Sums::new(&self.field, weights, first_run);
        for (i, low) in low.iter_mut().enumerate() {
            let low = to_nodes(low);
            let high = match high.get_mut(i) {
                Some(high) => to_nodes(high),
                None => neutral,
            };
            sums.add(&low, &high);
        }
        self.total(sums)
    }

    /// A later round of a task's nodes: the last challenge binds those of `old` to those of `new`, which is a half's quarter each.
    #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
    fn bind(
        &self,
        (low, high): (&mut [Cell], &mut [Cell]),
        (old_low, old_high): (&[Cell], &[Cell]),
        x: [u64; 4],
        lambda: [u64; 4],
        weights: &Weights<'_>,
        first_run: usize,
    ) -> [F; 2] {
        let neutral = self.neutral(lambda);
        let x = Lanes::splat(x);
        let bind = |cell: &mut Cell, other: Option<&Cell>| {
            let nodes = load_nodes(cell);
            let others = match other {
                Some(other) => load_nodes(other),
                None => neutral,
            };
            let mut bound = nodes;
            for ((bound, a), b) in bound.iter_mut().zip(&nodes).zip(&others) {
                let step = self.field.multiply(&x, &self.field.subtract(b, a));
                *bound = self.field.reduce(a, &[], &step);
            }
            store_nodes(cell, &bound);
            bound
        };
        let mut sums = Sums::new(&self.field, weights, first_run);
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
    fn neutral(&self, lambda: [u64; 4]) -> Nodes {
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
    fn new(field: &'a Field, weights: &'a Weights<'_>, first_run: usize) -> Self {
        let zero = [Lanes::splat([0; 4]); 2];
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
    fn add(&mut self, low: &Nodes, high: &Nodes) {
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
fn numerator(field: &Field, [p0, p1, q0, q1]: &Nodes) -> Lanes {
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
fn load_nodes(Cell { p, q }: &Cell) -> Nodes {
    let load = |packed: &Packed| packed.load().lanes();
    [load(&p[0]), load(&p[1]), load(&q[0]), load(&q[1])]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store_nodes(Cell { p, q }: &mut Cell, nodes: &Nodes) {
    let [p_first, p_second] = p;
    let [q_first, q_second] = q;
    for (packed, lanes) in [p_first, p_second, q_first, q_second]
        .into_iter()
        .zip(nodes)
    {
        store(packed, lanes);
    }
}

/// Writes the fraction at a place.
fn put(cells: &mut [Cell], at: usize, [p, q]: [[u64; 4]; 2]) {
    let (cell, half, lane) = (&mut cells[at / FRACTIONS], at / WIDTH % 2, at % WIDTH);
    cell.p[half].set(lane, p);
    cell.q[half].set(lane, q);
}

/// The least representative's limbs.
fn limbs<F: PrimeField>(value: F) -> [u64; 4] {
    let mut limbs = [0; 4];
    limbs.copy_from_slice(value.into_bigint().as_ref());
    limbs
}
