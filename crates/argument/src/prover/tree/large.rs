//! The layers of a tree that are computed eight nodes at a time.

use super::leaves::Leaves;
use super::scalars::Node;
use super::vectors;
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Number};
use std::sync::Arc;

/// The layers behind the small ones, whatever they are computed with.
pub(super) trait LargeLayers<F>: Send {
    /// Begins the sumcheck of a layer.
    fn begin(&mut self, layer: usize, lambda: F, target: &[F]);

    /// The next round of the layer that was begun; `None` when it has come to its end.
    fn round(&mut self, lambda: F, target: &[F], point: &[F]) -> Option<Round<F>>;

    /// Notes down `p0, p1, q0, q1` of the layer before, at its point.
    fn bound(&mut self, values: [F; 4]);
}

/// What [`LargeLayers::round`] gives.
pub(super) enum Round<F> {
    Sums([F; 2]),
    /// The nodes that are left, before the last challenge is bound: they are so few that they are to be taken one by one.
    Few(Vec<Node<F>>),
}

/// The layers, and the sumcheck that is under way; the leaves come last.
pub(super) struct Large<F: Montgomery, A: Arithmetic<F>> {
    kernel: vectors::Kernel<F, A>,
    layers: Vec<vectors::Fractions>,
    leaves: Option<Arc<Leaves<Number>>>,
    current: Option<Current<F, A>>,
    spare: vectors::Spare,
    /// The values of the last layer.
    values: [F; 4],
    /// What the round's polynomial is to be between 0 and 1, at the target's coordinate.
    claim: F,
    /// The last round's constant, slope and leading coefficient.
    last: [F; 3],
}

/// The sumcheck of a layer.
enum Current<F: Montgomery, A: Arithmetic<F>> {
    Leaves(vectors::LeafSumcheck<F, A>),
    Other(vectors::Sumcheck<A::Eight>),
}

impl<F: Montgomery, A: Arithmetic<F>> Large<F, A> {
    /// The large layers of a tree with so many layers and these leaves, and the fractions above them with the number of layers that they are
    /// the last of.
    pub fn new(
        kernel: vectors::Kernel<F, A>,
        leaves: Leaves<Number>,
        mut depth: usize,
    ) -> (Self, Vec<[F; 2]>, usize) {
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
        let fractions = kernel.scalars(&children);
        let large = Self {
            kernel,
            layers,
            leaves: Some(leaves),
            current: None,
            spare: Vec::new(),
            values: [F::zero(); 4],
            claim: F::zero(),
            last: [F::zero(); 3],
        };
        (large, fractions, depth)
    }
}

impl<F: Montgomery, A: Arithmetic<F>> LargeLayers<F> for Large<F, A> {
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

    fn bound(&mut self, values: [F; 4]) {
        self.values = values;
    }
}
