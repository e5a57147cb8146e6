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

use crate::prover::positions::Positions;
use ark_ff::PrimeField;
use inferproof_relations::Relations;
use leaves::Leaves;
use scalars::Scalars;
#[cfg(target_arch = "x86_64")]
use std::sync::Arc;

/// The tree, and the layer whose sumcheck is under way.
pub(crate) struct Tree<F> {
    /// The first layers: `small[l]` has `2^(l + 1)` nodes. The last is the leaves, unless there are large layers.
    small: Vec<Vec<[F; 2]>>,
    current: Scalars<F>,
    #[cfg(target_arch = "x86_64")]
    large: Option<Large<F>>,
}

/// The layers behind the small ones; the leaves come last.
#[cfg(target_arch = "x86_64")]
struct Large<F> {
    kernel: vectors::Kernel<F>,
    layers: Vec<vectors::Fractions>,
    leaves: Option<Arc<Leaves<[u64; 4]>>>,
    current: Option<Current<F>>,
    spare: vectors::Spare,
    /// The values of the last layer.
    values: [F; 4],
    /// What the round's polynomial is to be between 0 and 1, at the target's coordinate.
    claim: F,
    /// The last round's constant, slope and leading coefficient.
    last: [F; 3],
}

/// The sumcheck of a large layer.
#[cfg(target_arch = "x86_64")]
enum Current<F> {
    Leaves(vectors::LeafSumcheck<F>),
    Other(vectors::Sumcheck),
}

impl<F: PrimeField> Tree<F> {
    /// Builds all layers from the leaves, with the quickest instructions that the machine has.
    pub fn new(
        relations: &Relations,
        positions: Vec<Positions>,
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
            let leaves = Leaves::new(relations, positions, multiplicities, challenges, number);
            return Self::of_vectors(kernel, leaves, depth);
        }
        let leaves = Leaves::new(relations, positions, multiplicities, challenges, |v| v);
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
    fn of_vectors(kernel: vectors::Kernel<F>, leaves: Leaves<[u64; 4]>, mut depth: usize) -> Self {
        let leaves = Arc::new(leaves);
        let mut layers = Vec::new();
        let mut children = vectors::Fractions::OfLeaves(Arc::clone(&leaves));
        depth -= 1;
        while depth >= vectors::LEAST_BITS {
            let parents = kernel.parents(&children);
            layers.push(children);
            children = vectors::Fractions::Cells(parents);
            depth -= 1;
        }
        layers.reverse();
        let small = Self::of_scalars(kernel.scalars(&children), depth);
        let large = Large {
            kernel,
            layers,
            leaves: Some(leaves),
            current: None,
            spare: Vec::new(),
            values: small.root(),
            claim: F::zero(),
            last: [F::zero(); 3],
        };
        Self {
            large: Some(large),
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
        #[cfg(target_arch = "x86_64")]
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
        #[cfg(target_arch = "x86_64")]
        if let Some(large) = &mut self.large {
            large.values = values;
        }
        values
    }
}

/// What [`Large::round`] gives.
#[cfg(target_arch = "x86_64")]
enum Round<F> {
    Sums([F; 2]),
    /// The nodes that are left, before the last challenge is bound: they are so few that they are to be taken one by one.
    Few(Vec<scalars::Node<F>>),
}

#[cfg(target_arch = "x86_64")]
impl<F: PrimeField> Large<F> {
    /// Begins the sumcheck of a layer.
    fn begin(&mut self, layer: usize, lambda: F, target: &[F]) {
        let spare = std::mem::take(&mut self.spare);
        self.current = match self.layers.get_mut(layer) {
            Some(fractions) => {
                let fractions = std::mem::take(fractions);
                Some(Current::Other(vectors::Sumcheck::new(fractions, spare)))
            }
            None => {
                let leaves = self.leaves.take();
                let sumcheck = leaves.map(|leaves| self.kernel.leaf_layer(leaves, spare, lambda));
                sumcheck.map(Current::Leaves)
            }
        };
        let [p0, p1, q0, q1] = self.values;
        let last = target.last().copied().unwrap_or_default();
        self.claim = p0 + lambda * q0 + last * (p1 - p0 + lambda * (q1 - q0));
    }

    /// The next round of the layer that was begun; `None` when it has come to its end.
    fn round(&mut self, lambda: F, target: &[F], point: &[F]) -> Option<Round<F>> {
        let sums = match self.current.as_mut()? {
            Current::Leaves(sumcheck) => self.kernel.leaf_round(sumcheck, target, point),
            Current::Other(sumcheck) => self.kernel.round(sumcheck, lambda, target, point),
        };
        if let Some([constant, lead]) = sums {
            if let Some(&x) = point.last() {
                let [constant, slope, lead] = self.last;
                self.claim = constant + x * slope + (x.square() - x) * lead;
            }
            // The claim is `(1 - t) s(0) + t s(1)`, so the slope need not be summed. A target's coordinate is zero with the probability of
            // a guess at a challenge; nothing is proven then.
            let t = target.get(point.len()).and_then(F::inverse);
            let slope = (self.claim - constant) * t.unwrap_or_default();
            self.last = [constant, slope, lead];
            return Some(Round::Sums([slope, lead]));
        }
        Some(Round::Few(match self.current.take()? {
            Current::Leaves(sumcheck) => self.kernel.leaf_nodes(&sumcheck),
            Current::Other(sumcheck) => {
                let nodes = self.kernel.nodes(&sumcheck);
                self.spare = sumcheck.into_spare();
                nodes
            }
        }))
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use ark_ff::Field;
    use ark_grumpkin::Fr;

    /// Both ways to compute a tree send the same messages.
    #[test]
    fn vectors_and_scalars_agree() {
        if vectors::Kernel::<Fr>::detect().is_none() {
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
            let kernel = vectors::Kernel::detect().unwrap();
            seed = 1;
            let leaves = Leaves::sample(shapes, || numbers(&mut seed), |v| kernel.number(v));
            let mut packed = Tree::of_vectors(kernel, leaves, depth);
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
