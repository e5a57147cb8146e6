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

/// The fractions of a layer.
enum Layer<F> {
    Scalars(Vec<[F; 2]>),
    #[cfg(target_arch = "x86_64")]
    Vectors(vectors::Fractions),
}

/// The sumcheck of a layer under way.
enum Sumcheck<F> {
    Scalars(Scalars<F>),
    #[cfg(target_arch = "x86_64")]
    Vectors(vectors::Sumcheck),
}

/// The tree, and the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// `layers[l]` has `2^(l + 1)` nodes; the last is the leaves.
    layers: Vec<Layer<F>>,
    current: Sumcheck<F>,
    #[cfg(target_arch = "x86_64")]
    kernel: Option<vectors::Kernel<F>>,
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
        let challenges = (alpha, gamma);
        #[cfg(target_arch = "x86_64")]
        let kernel = vectors::Kernel::detect().filter(|_| relations.depth() >= vectors::LEAST_BITS);
        #[cfg(target_arch = "x86_64")]
        if let Some(kernel) = kernel {
            let number = |v| kernel.number(v);
            let leaves = Leaves::new(relations, found, multiplicities, challenges, number);
            let leaves = Layer::Vectors(vectors::Fractions::Leaves(leaves));
            return Self::grown(leaves, relations.depth(), Some(kernel));
        }
        let leaves = Leaves::new(relations, found, multiplicities, challenges, |v| v);
        let leaves = Layer::Scalars(scalars::all(&leaves));
        Self::grown(
            leaves,
            relations.depth(),
            #[cfg(target_arch = "x86_64")]
            None,
        )
    }

    /// All layers of a tree of which there are the leaves.
    fn grown(
        leaves: Layer<F>,
        depth: usize,
        #[cfg(target_arch = "x86_64")] kernel: Option<vectors::Kernel<F>>,
    ) -> Self {
        let mut layers = vec![leaves];
        for bits in (1..depth).rev() {
            let parents = match layers.last() {
                Some(Layer::Scalars(children)) => Layer::Scalars(scalars::parents(children)),
                #[cfg(target_arch = "x86_64")]
                Some(Layer::Vectors(children)) => {
                    let kernel = kernel.as_ref().expect("its layers are its own");
                    let parents = kernel.parents(children);
                    if bits < vectors::LEAST_BITS {
                        Layer::Scalars(kernel.scalars(&parents))
                    } else {
                        Layer::Vectors(vectors::Fractions::Cells(parents))
                    }
                }
                None => break,
            };
            layers.push(parents);
        }
        layers.reverse();
        Self {
            layers,
            current: Sumcheck::Scalars(Scalars::default()),
            #[cfg(target_arch = "x86_64")]
            kernel,
        }
    }

    /// `p0, p1, q0, q1` of the first layer.
    pub fn root(&self) -> [F; 4] {
        let fractions = match &self.layers[0] {
            Layer::Scalars(fractions) => fractions.as_slice(),
            #[cfg(target_arch = "x86_64")]
            Layer::Vectors(_) => unreachable!("two nodes are scalars"),
        };
        let at = |i: usize| fractions.get(i).copied().unwrap_or([F::zero(), F::one()]);
        let ([p0, q0], [p1, q1]) = (at(0), at(1));
        [p0, p1, q0, q1]
    }

    /// Slope and leading coefficient of the next round of a layer's sumcheck, after binding the last challenge.
    pub fn round(&mut self, layer: usize, lambda: F, target: &[F], point: &[F]) -> [F; 2] {
        if point.is_empty() {
            // The layer's children are taken over, and their memory is released afterwards.
            let children = std::mem::replace(&mut self.layers[layer], Layer::Scalars(Vec::new()));
            self.current = match children {
                Layer::Scalars(fractions) => {
                    Sumcheck::Scalars(Scalars::new(&fractions, lambda, target))
                }
                #[cfg(target_arch = "x86_64")]
                Layer::Vectors(fractions) => Sumcheck::Vectors(vectors::Sumcheck::new(fractions)),
            };
        }
        #[cfg(target_arch = "x86_64")]
        if let (Sumcheck::Vectors(sumcheck), Some(kernel)) = (&mut self.current, &self.kernel) {
            if let Some(sums) = kernel.round(sumcheck, lambda, target, point) {
                return sums;
            }
            let nodes = kernel.nodes(sumcheck);
            self.current = Sumcheck::Scalars(Scalars::resume(nodes, lambda, target));
        }
        match &mut self.current {
            Sumcheck::Scalars(sumcheck) => sumcheck.round(target, point),
            #[cfg(target_arch = "x86_64")]
            Sumcheck::Vectors(_) => unreachable!("they have become scalars"),
        }
    }

    /// `p0, p1, q0, q1` at the layer's point, whose last coordinate is bound here.
    pub fn values(&mut self, point: &[F]) -> [F; 4] {
        match &mut self.current {
            Sumcheck::Scalars(sumcheck) => sumcheck.values(point),
            #[cfg(target_arch = "x86_64")]
            Sumcheck::Vectors(_) => unreachable!("the last rounds are on scalars"),
        }
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
            let mut portable = Tree::grown(Layer::Scalars(leaves), depth, None);
            let kernel = vectors::Kernel::detect();
            let mut packed = Tree::grown(Layer::Vectors(cells), depth, kernel);
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
