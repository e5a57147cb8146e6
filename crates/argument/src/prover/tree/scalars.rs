//! A layer and its sumcheck in the field library's arithmetic.

use super::leaves::Leaves;
use crate::multilinear::eq_vector;
use ark_ff::PrimeField;
use rayon::prelude::*;

/// Nodes a task takes.
const CHUNK: usize = 1 << 10;

/// `[p0, p1 + lambda q1, q0, q1]` of a node's children.
pub(super) type Node<F> = [F; 4];

/// All leaves.
pub(super) fn all<F: PrimeField>(leaves: &Leaves<F>) -> Vec<[F; 2]> {
    let mut all = vec![[F::zero(), F::one()]; leaves.len()];
    all.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(i, chunk)| {
            let range = i * CHUNK..i * CHUNK + chunk.len();
            leaves.write(range, |at, leaf| chunk[at] = leaf);
        });
    all
}

/// The sums of neighbours.
pub(super) fn parents<F: PrimeField>(children: &[[F; 2]]) -> Vec<[F; 2]> {
    children
        .par_chunks(2)
        .with_min_len(CHUNK)
        .map(|children| match children {
            [[p0, q0], [p1, q1]] => [F::sum_of_products(&[*p0, *p1], &[*q1, *q0]), *q0 * q1],
            _ => children[0],
        })
        .collect()
}

/// The state of a layer's sumcheck.
#[derive(Default)]
pub(super) struct Scalars<F> {
    nodes: Vec<Node<F>>,
    lambda: F,
    /// `eq` over the low bits of the layer's target, for all rounds.
    eq_low: Vec<F>,
}

impl<F: PrimeField> Scalars<F> {
    /// From the fractions of the layer below.
    pub fn new(fractions: &[[F; 2]], lambda: F, target: &[F]) -> Self {
        let nodes = fractions
            .par_chunks(2)
            .with_min_len(CHUNK)
            .map(|children| {
                let [p0, q0] = children[0];
                let [p1, q1] = children.get(1).copied().unwrap_or([F::zero(), F::one()]);
                [p0, p1 + lambda * q1, q0, q1]
            })
            .collect();
        Self::resume(nodes, lambda, target)
    }

    /// From nodes of which the first variables may be bound.
    pub fn resume(nodes: Vec<Node<F>>, lambda: F, target: &[F]) -> Self {
        let low = &target[target.len().div_ceil(2)..];
        Self {
            nodes,
            lambda,
            eq_low: eq_vector(low, 1 << low.len()),
        }
    }

    /// Slope and leading coefficient of the next round, after binding the last challenge.
    pub fn round(&mut self, target: &[F], point: &[F]) -> [F; 2] {
        if let Some(&x) = point.last() {
            self.bind(target.len() - point.len() + 1, x);
        }
        let rest = &target[point.len() + 1..];
        let half = 1usize << rest.len();
        let neutral = self.neutral();
        let (low, high) = self.nodes.split_at(half.min(self.nodes.len()));
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
        let [p0, p1, q0, q1] = self.nodes.first().copied().unwrap_or(self.neutral());
        [p0, p1 - self.lambda * q1, q0, q1]
    }

    fn neutral(&self) -> Node<F> {
        [F::zero(), self.lambda, F::one(), F::one()]
    }

    /// Binds the most significant of `bits` variables.
    fn bind(&mut self, bits: usize, x: F) {
        let half = 1usize << (bits - 1);
        let neutral = self.neutral();
        let length = self.nodes.len().min(half);
        let (low, high) = self.nodes.split_at_mut(length);
        low.par_iter_mut()
            .with_min_len(CHUNK)
            .enumerate()
            .for_each(|(i, node)| {
                let other = high.get(i).unwrap_or(&neutral);
                for (a, b) in node.iter_mut().zip(other) {
                    *a += x * (*b - *a);
                }
            });
        self.nodes.truncate(length);
    }
}

/// `p0 q1 + (p1 + lambda q1) q0`.
#[inline]
fn numerator<F: PrimeField>([p0, p1, q0, q1]: &Node<F>) -> F {
    F::sum_of_products(&[*p0, *p1], &[*q1, *q0])
}
