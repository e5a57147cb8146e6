//! The prover's fractional sums: all layers of the tree, and the sumcheck of each.
//!
//! A node is a fraction p/q; its value is the sum of its two children's. What lies behind the last real leaf is neutral, (0, 1),
//! and is never stored: of two neutral nodes neither the slope nor the leading coefficient of a round gets anything.
//!
//! Large layers are computed by [`vectors`], eight nodes at a time, small ones by [`scalars`].

mod large;
mod leaves;
mod scalars;
mod vectors;

use crate::curve::Montgomery;
use crate::lanes::{self, Arithmetic, Number, Work};
use crate::prover::positions::Positions;
use inferproof_relations::Relations;
use large::{Large, LargeLayers, Round};
use leaves::Leaves;
use scalars::Scalars;

/// What a tree is made of that has large layers.
struct MakeTree<'a, F> {
    relations: &'a Relations,
    positions: Vec<Positions>,
    multiplicities: &'a [Vec<i64>],
    challenges: (F, F),
}

impl<F: Montgomery> Work<F> for MakeTree<'_, F> {
    type Output = Tree<F>;

    fn with<A: Arithmetic<F> + 'static>(self, arithmetic: A) -> Tree<F> {
        let kernel = vectors::Kernel::new(arithmetic);
        let leaves = Leaves::new(
            self.relations,
            self.positions,
            self.multiplicities,
            self.challenges,
            |v| kernel.number(v),
        );
        Tree::of_vectors(leaves, kernel, self.relations.depth())
    }
}

/// The tree, and the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// The first layers: `small[l]` has `2^(l + 1)` nodes. The last is the leaves, unless there are large layers.
    small: Vec<Vec<[F; 2]>>,
    current: Scalars<F>,
    large: Option<Box<dyn LargeLayers<F>>>,
}

impl<F: Montgomery> Tree<F> {
    /// Builds all layers from the leaves, with the quickest instructions that the machine has.
    pub fn new(
        relations: &Relations,
        positions: Vec<Positions>,
        multiplicities: &[Vec<i64>],
        alpha: F,
        gamma: F,
    ) -> Self {
        let depth = relations.depth();
        if depth < vectors::LEAST_BITS {
            let challenges = (alpha, gamma);
            let leaves = Leaves::new(relations, positions, multiplicities, challenges, |v| v);
            return Self::of_scalars(scalars::all(&leaves), depth);
        }
        lanes::with_quickest(MakeTree {
            relations,
            positions,
            multiplicities,
            challenges: (alpha, gamma),
        })
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
            large: None,
        }
    }

    /// All layers of a tree with these leaves, of at least [`vectors::LEAST_BITS`] bits.
    fn of_vectors<A: Arithmetic<F> + 'static>(
        leaves: Leaves<Number>,
        kernel: vectors::Kernel<F, A>,
        depth: usize,
    ) -> Self {
        let (mut large, fractions, depth) = Large::new(kernel, leaves, depth);
        let small = Self::of_scalars(fractions, depth);
        large.bound(small.root());
        Self {
            large: Some(Box::new(large)),
            ..small
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

    /// Slope and leading coefficient of the next round of a layer's sumcheck, after binding the last challenge. `target` is the point of
    /// the layer before, with one more coordinate.
    pub fn round(&mut self, layer: usize, lambda: F, target: &[F], point: &[F]) -> [F; 2] {
        // A layer is taken over, and its memory is released afterwards.
        if let Some(fractions) = self.small.get_mut(layer) {
            if point.is_empty() {
                self.current = Scalars::new(&std::mem::take(fractions), lambda, target);
            }
            return self.current.round(target, point);
        }
        if let Some(large) = &mut self.large {
            if point.is_empty() {
                large.begin(layer - self.small.len(), lambda, target);
            }
            match large.round(lambda, target, point) {
                Some(Round::Sums(sums)) => return sums,
                Some(Round::Few(nodes)) => self.current = Scalars::resume(nodes, lambda, target),
                None => {}
            }
        }
        self.current.round(target, point)
    }

    /// `p0, p1, q0, q1` at the layer's point, whose last coordinate is bound here.
    pub fn values(&mut self, point: &[F]) -> [F; 4] {
        let values = self.current.values(point);
        if let Some(large) = &mut self.large {
            large.bound(values);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::Field;
    use ark_grumpkin::Fr;

    #[test]
    fn vectors_and_scalars_agree() {
        agree::<crate::lanes::Library>();
        #[cfg(target_arch = "x86_64")]
        {
            agree::<crate::lanes::Avx2>();
            agree::<crate::lanes::Ifma>();
        }
        #[cfg(target_arch = "aarch64")]
        agree::<crate::lanes::Neon>();
    }

    /// Both ways to compute a tree send the same messages.
    fn agree<A: Arithmetic<Fr> + 'static>() {
        let kernel = || A::detect().map(vectors::Kernel::<Fr, A>::new);
        if kernel().is_none() {
            return;
        }
        let samples: [&[&[usize]]; 6] = [
            &[],
            &[&[20], &[3, 5]],
            &[&[64, 32]],
            &[&[7, 14, 14], &[3, 20], &[100]],
            &[&[12, 56, 9], &[28, 28], &[1000, 3], &[16]],
            &[&[5, 112, 112], &[40, 7, 7], &[33, 17]],
        ];
        for shapes in samples {
            let (mut seed, numbers) = (1u64, |seed: &mut u64| {
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                Fr::from(*seed).pow([5])
            });
            let leaves = Leaves::sample(shapes, || numbers(&mut seed), |v| v);
            let depth = inferproof_relations::bits_of(leaves.len());
            let mut portable = Tree::of_scalars(scalars::all(&leaves), depth);
            let kernel = kernel().unwrap();
            seed = 1;
            let leaves = Leaves::sample(shapes, || numbers(&mut seed), |v| kernel.number(v));
            let mut packed = Tree::of_vectors(leaves, kernel, depth);
            assert_eq!(portable.root(), packed.root(), "{shapes:?}");
            let mut random = || numbers(&mut seed);
            let mut target = vec![random()];
            for layer in 1..depth {
                let lambda = random();
                let mut point = Vec::new();
                for round in 0..layer {
                    let expected = portable.round(layer, lambda, &target, &point);
                    let got = packed.round(layer, lambda, &target, &point);
                    assert_eq!(expected, got, "{shapes:?}, layer {layer}, round {round}");
                    point.push(random());
                }
                assert_eq!(portable.values(&point), packed.values(&point));
                target = point;
                target.push(random());
            }
        }
    }
}
