//! The prover's fractional sums: all layers of the tree, and the sumcheck of each.
//!
//! A node is a fraction p/q; its value is the sum of its two children's. What lies behind the last real leaf is neutral, (0, 1),
//! and is never stored: of two neutral nodes neither the slope nor the leading coefficient of a round gets anything.

use crate::multilinear::eq_vector;
use crate::relations::{Leaves, Relations, Table};
use ark_ff::PrimeField;
use rayon::prelude::*;

/// Nodes a task takes.
const CHUNK: usize = 1 << 10;

/// Fractions of one layer, without the neutral ones at its end.
struct Fractions<F> {
    p: Vec<F>,
    q: Vec<F>,
}

/// `[p0, p1 + lambda q1, q0, q1]` of a node's children.
type Node<F> = [F; 4];

/// The tree, and the state of the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// `layers[l]` has `2^(l + 1)` nodes; the last is the leaves.
    layers: Vec<Fractions<F>>,
    current: Vec<Node<F>>,
    lambda: F,
    /// `eq` over the low bits of a layer's target, for all of its rounds.
    eq_low: Vec<F>,
}

/// Marks a tuple that is in no entry of its table.
const NOWHERE: u32 = u32::MAX;

/// What one lookup looks up: for each index of its shape the place in its table.
pub(crate) struct Found {
    places: Vec<u32>,
    /// Tuples that are not in the table, in order: a proof with any will be rejected.
    absent: Vec<(i64, i64)>,
}

impl Found {
    /// Looks every tuple up; a missing second column counts as zeros.
    pub fn new(table: &Table, first: &[i64], second: Option<&[i64]>) -> Self {
        let mut absent = Vec::new();
        let places = first
            .iter()
            .enumerate()
            .map(|(i, &a)| {
                let b = second.map_or(0, |second| second[i]);
                table.position(a, b).map_or_else(
                    || {
                        absent.push((a, b));
                        NOWHERE
                    },
                    |place| place as u32,
                )
            })
            .collect();
        Self { places, absent }
    }

    /// Counts how often each entry of the table is looked up.
    pub fn count(&self, multiplicities: &mut [i64]) {
        for &place in self.places.iter().filter(|&&p| p != NOWHERE) {
            multiplicities[place as usize] += 1;
        }
    }
}

impl<F: PrimeField> Tree<F> {
    /// Builds all layers from the leaves.
    pub fn new(
        relations: &Relations,
        found: &[Found],
        multiplicities: &[Vec<i64>],
        alpha: F,
        gamma: F,
    ) -> Self {
        let denominators: Vec<Vec<F>> = relations
            .parts()
            .tables
            .iter()
            .enumerate()
            .map(|(i, table)| table_denominators(table, i, alpha, gamma))
            .collect();
        let blocks = relations.blocks();
        let length = blocks.last().map_or(0, |b| b.offset + (1 << b.bits));
        let mut leaves = Fractions {
            p: vec![F::zero(); length],
            q: vec![F::one(); length],
        };
        for block in blocks {
            match block.leaves {
                Leaves::Lookup(i) => {
                    let lookup = &relations.parts().lookups[i];
                    let table = &denominators[lookup.table];
                    let tag = F::from(lookup.table as u64 + 1);
                    let mut absent = found[i].absent.iter();
                    let positions = padded_positions(&lookup.shape);
                    for (at, &place) in positions.into_iter().zip(&found[i].places) {
                        leaves.p[block.offset + at] = F::one();
                        leaves.q[block.offset + at] = match table.get(place as usize) {
                            Some(&denominator) => denominator,
                            None => {
                                let (first, second) = absent.next().copied().unwrap_or_default();
                                gamma
                                    - tag
                                    - alpha * F::from(first)
                                    - alpha.square() * F::from(second)
                            }
                        };
                    }
                }
                Leaves::Table(i) => {
                    for (j, (&m, &q)) in multiplicities[i].iter().zip(&denominators[i]).enumerate()
                    {
                        leaves.p[block.offset + j] = if m == 0 { F::zero() } else { -F::from(m) };
                        leaves.q[block.offset + j] = q;
                    }
                }
            }
        }
        let mut layers = vec![leaves];
        for _ in 1..relations.depth() {
            let next = layers
                .last()
                .map(sum_of_children)
                .expect("there is a layer");
            layers.push(next);
        }
        layers.reverse();
        Self {
            layers,
            current: Vec::new(),
            lambda: F::zero(),
            eq_low: Vec::new(),
        }
    }

    /// `p0, p1, q0, q1` of the first layer.
    pub fn root(&self) -> [F; 4] {
        let Fractions { p, q } = &self.layers[0];
        let at = |v: &[F], i: usize, neutral: F| v.get(i).copied().unwrap_or(neutral);
        [
            at(p, 0, F::zero()),
            at(p, 1, F::zero()),
            at(q, 0, F::one()),
            at(q, 1, F::one()),
        ]
    }

    /// Slope and leading coefficient of the next round of a layer's sumcheck, after binding the last challenge.
    pub fn round(&mut self, layer: usize, lambda: F, target: &[F], point: &[F]) -> [F; 2] {
        match point.last() {
            None => {
                // The layer's children are taken over, and their memory is released afterwards.
                let children = std::mem::replace(
                    &mut self.layers[layer],
                    Fractions {
                        p: Vec::new(),
                        q: Vec::new(),
                    },
                );
                self.current = children
                    .p
                    .par_chunks(2)
                    .zip(children.q.par_chunks(2))
                    .with_min_len(CHUNK)
                    .map(|(p, q)| {
                        let q1 = q.get(1).copied().unwrap_or(F::one());
                        [
                            p[0],
                            p.get(1).copied().unwrap_or_default() + lambda * q1,
                            q[0],
                            q1,
                        ]
                    })
                    .collect();
                self.lambda = lambda;
                self.eq_low =
                    eq_vector(&target[target.len().div_ceil(2)..], 1 << (target.len() / 2));
            }
            Some(&x) => self.bind(target.len() - point.len() + 1, x),
        }
        let rest = &target[point.len() + 1..];
        let half = 1usize << rest.len();
        let neutral = self.neutral();
        let (low, high) = self.current.split_at(half.min(self.current.len()));
        let pair = |i: usize, node: &Node<F>| {
            let other = high.get(i).unwrap_or(&neutral);
            let difference: Node<F> = std::array::from_fn(|k| other[k] - node[k]);
            (numerator(other) - numerator(node), numerator(&difference))
        };
        let run = self.eq_low.len();
        if half <= run {
            let eq = eq_vector(rest, half);
            let sum = low
                .iter()
                .enumerate()
                .fold([F::zero(); 2], |[slope, lead], (i, node)| {
                    let (s, l) = pair(i, node);
                    [slope + eq[i] * s, lead + eq[i] * l]
                });
            return sum;
        }
        let eq_high = eq_vector(&rest[..rest.len() - run.ilog2() as usize], half / run);
        let eq_low = &self.eq_low;
        low.par_chunks(run)
            .enumerate()
            .map(|(chunk, nodes)| {
                let sum =
                    nodes
                        .iter()
                        .enumerate()
                        .fold([F::zero(); 2], |[slope, lead], (i, node)| {
                            let (s, l) = pair(chunk * run + i, node);
                            [slope + eq_low[i] * s, lead + eq_low[i] * l]
                        });
                sum.map(|v| v * eq_high[chunk])
            })
            .reduce(|| [F::zero(); 2], |a, b| [a[0] + b[0], a[1] + b[1]])
    }

    /// `p0, p1, q0, q1` at the layer's point, whose last coordinate is bound here.
    pub fn values(&mut self, point: &[F]) -> [F; 4] {
        if let Some(&x) = point.last() {
            self.bind(1, x);
        }
        let [p0, p1, q0, q1] = self.current.first().copied().unwrap_or(self.neutral());
        [p0, p1 - self.lambda * q1, q0, q1]
    }

    fn neutral(&self) -> Node<F> {
        [F::zero(), self.lambda, F::one(), F::one()]
    }

    /// Binds the most significant of `bits` variables.
    fn bind(&mut self, bits: usize, x: F) {
        let half = 1usize << (bits - 1);
        let neutral = self.neutral();
        let length = self.current.len().min(half);
        let (low, high) = self.current.split_at_mut(length);
        low.par_iter_mut()
            .with_min_len(CHUNK)
            .enumerate()
            .for_each(|(i, node)| {
                let other = high.get(i).unwrap_or(&neutral);
                for (a, b) in node.iter_mut().zip(other) {
                    *a += x * (*b - *a);
                }
            });
        self.current.truncate(length);
    }
}

/// `p0 q1 + (p1 + lambda q1) q0`.
#[inline]
fn numerator<F: PrimeField>([p0, p1, q0, q1]: &Node<F>) -> F {
    F::sum_of_products(&[*p0, *p1], &[*q1, *q0])
}

fn sum_of_children<F: PrimeField>(children: &Fractions<F>) -> Fractions<F> {
    let (p, q) = children
        .p
        .par_chunks(2)
        .zip(children.q.par_chunks(2))
        .with_min_len(CHUNK)
        .map(|(p, q)| match (p, q) {
            ([p0, p1], [q0, q1]) => (F::sum_of_products(&[*p0, *p1], &[*q1, *q0]), *q0 * q1),
            _ => (p[0], q[0]),
        })
        .unzip();
    Fractions { p, q }
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

/// For each index of `shape`, row-major, its place in a block: every axis has a power-of-two length there.
pub(crate) fn padded_positions(shape: &[usize]) -> Vec<usize> {
    shape.iter().fold(vec![0], |places, &n| {
        let bits = crate::multilinear::bits_of(n);
        places
            .iter()
            .flat_map(|&p| (0..n).map(move |i| (p << bits) + i))
            .collect()
    })
}
