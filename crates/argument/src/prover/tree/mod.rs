//! The prover's fractional sums: all layers of the tree, and the sumcheck of each.
//!
//! A node is a fraction p/q; its value is the sum of its two children's. What lies behind the last real leaf is neutral, (0, 1),
//! and is never stored: of two neutral nodes neither the slope nor the leading coefficient of a round gets anything.
//!
//! Large layers are computed by [`vectors`], where the machine has the instructions, small ones by [`scalars`].

mod leaves;
mod scalars;
#[cfg(target_arch = "x86_64")]
mod vectors;

use crate::prover::found::Found;
use crate::relations::Relations;
use ark_ff::PrimeField;
use leaves::Leaves;
use scalars::Scalars;

/// The tree, and the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// The first layers: `small[l]` has `2^(l + 1)` nodes. The last is the leaves, unless there are large layers.
    small: Vec<Vec<[F; 2]>>,
    current: Scalars<F>,
    #[cfg(target_arch = "x86_64")]
    large: Option<Large<F>>,
}

/// The layers behind the small ones; the last is the leaves.
#[cfg(target_arch = "x86_64")]
struct Large<F> {
    kernel: vectors::Kernel<F>,
    layers: Vec<vectors::Fractions>,
    current: Option<vectors::Sumcheck>,
    /// The memory of the last sumcheck.
    spare: Vec<vectors::Cell>,
}

impl<F: PrimeField> Tree<F> {
    /// Builds all layers from the leaves, with the quickest instructions that the machine has.
    pub fn new(
        relations: &Relations,
        found: Vec<Found>,
        multiplicities: &[Vec<i64>],
        alpha: F,
        gamma: F,
    ) -> Self {
        let (depth, challenges) = (relations.depth(), (alpha, gamma));
        #[cfg(target_arch = "x86_64")]
        if depth >= vectors::LEAST_BITS
            && let Some(kernel) = vectors::Kernel::detect()
        {
            let number = |v| kernel.number(v);
            let leaves = Leaves::new(relations, found, multiplicities, challenges, number);
            return Self::of_vectors(kernel, vectors::Fractions::Leaves(leaves), depth);
        }
        let leaves = Leaves::new(relations, found, multiplicities, challenges, |v| v);
        Self::of_scalars(scalars::all(&leaves), depth)
    }

    /// All layers of a tree with these leaves.
    fn of_scalars(leaves: Vec<[F; 2]>, depth: usize) -> Self {
        let mut small = vec![leaves];
        for _ in 1..depth {
            small.extend(small.last().map(|children| scalars::parents(children)));
        }
        small.reverse();
        Self {
            small,
            current: Scalars::default(),
            #[cfg(target_arch = "x86_64")]
            large: None,
        }
    }

    /// All layers of a tree with these leaves, of at least [`vectors::LEAST_BITS`] bits.
    #[cfg(target_arch = "x86_64")]
    fn of_vectors(
        kernel: vectors::Kernel<F>,
        leaves: vectors::Fractions,
        mut depth: usize,
    ) -> Self {
        let mut layers = Vec::new();
        let mut children = leaves;
        let first = loop {
            let parents = kernel.parents(&children);
            layers.push(children);
            depth -= 1;
            if depth < vectors::LEAST_BITS {
                break kernel.scalars(&parents);
            }
            children = vectors::Fractions::Cells(parents);
        };
        layers.reverse();
        let large = Large {
            kernel,
            layers,
            current: None,
            spare: Vec::new(),
        };
        Self {
            large: Some(large),
            ..Self::of_scalars(first, depth)
        }
    }

    /// `p0, p1, q0, q1` of the first layer.
    pub fn root(&self) -> [F; 4] {
        let at = |i: usize| {
            let node = self.small.first().and_then(|layer| layer.get(i));
            node.copied().unwrap_or([F::zero(), F::one()])
        };
        let ([p0, q0], [p1, q1]) = (at(0), at(1));
        [p0, p1, q0, q1]
    }

    /// Slope and leading coefficient of the next round of a layer's sumcheck, after binding the last challenge.
    pub fn round(&mut self, layer: usize, lambda: F, target: &[F], point: &[F]) -> [F; 2] {
        // A layer is taken over, and its memory is released afterwards.
        if let Some(fractions) = self.small.get_mut(layer) {
            if point.is_empty() {
                self.current = Scalars::new(&std::mem::take(fractions), lambda, target);
            }
            return self.current.round(target, point);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(large) = &mut self.large {
            if point.is_empty() {
                let fractions = std::mem::take(&mut large.layers[layer - self.small.len()]);
                let spare = std::mem::take(&mut large.spare);
                large.current = Some(vectors::Sumcheck::new(fractions, spare));
            }
            if let Some(mut sumcheck) = large.current.take() {
                if let Some(sums) = large.kernel.round(&mut sumcheck, lambda, target, point) {
                    large.current = Some(sumcheck);
                    return sums;
                }
                self.current = Scalars::resume(large.kernel.nodes(&sumcheck), lambda, target);
                large.spare = sumcheck.into_spare();
            }
        }
        self.current.round(target, point)
    }

    /// `p0, p1, q0, q1` at the layer's point, whose last coordinate is bound here.
    pub fn values(&mut self, point: &[F]) -> [F; 4] {
        self.current.values(point)
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use ark_ff::{Field, One, Zero};
    use ark_grumpkin::Fr;

    /// Both ways to compute a tree send the same messages.
    #[test]
    fn vectors_and_scalars_agree() {
        let Some(kernel) = vectors::Kernel::<Fr>::detect() else {
            return;
        };
        let mut next = 1u64;
        let mut random = || {
            next = next
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            Fr::from(next).pow([5])
        };
        for length in [128, 129, 1000, 2048, 5001, 40_000] {
            let depth = crate::multilinear::bits_of(length);
            let leaves: Vec<[Fr; 2]> = (0..length)
                .map(|i| match i % 7 {
                    0 => [Fr::zero(), Fr::one()],
                    1 => [-Fr::one(), -Fr::one()],
                    _ => [random(), random()],
                })
                .collect();
            let cells = vectors::Fractions::Cells(kernel.cells(&leaves));
            let mut portable = Tree::of_scalars(leaves, depth);
            let kernel = vectors::Kernel::detect().unwrap();
            let mut packed = Tree::of_vectors(kernel, cells, depth);
            assert_eq!(portable.root(), packed.root(), "{length} leaves");
            for layer in 1..depth {
                let (lambda, target) = (random(), (0..layer).map(|_| random()).collect::<Vec<_>>());
                let mut point = Vec::new();
                for round in 0..layer {
                    let expected = portable.round(layer, lambda, &target, &point);
                    let got = packed.round(layer, lambda, &target, &point);
                    assert_eq!(
                        expected, got,
                        "{length} leaves, layer {layer}, round {round}"
                    );
                    point.push(random());
                }
                assert_eq!(portable.values(&point), packed.values(&point));
            }
        }
    }
}
