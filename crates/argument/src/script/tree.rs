//! Messages 2 and 3: the fractional sum over all leaves, layer by layer from the root (logUp-GKR, 2023/1284).

use crate::script::Script;
use crate::script::arithmetic::{Arithmetic, Constraint, Ring, Value};
use crate::script::commitments::Committed;
use crate::script::party::{Layer, LookupParty, TreeParty};
use crate::transcript::{Challenge, Message};

/// The sum of all leaves is zero if the leaves' numerators and denominators have these values at the point.
pub(crate) struct LeafClaims<'a, A: Arithmetic, S> {
    pub script: Script<'a, A>,
    pub party: S,
    pub alpha: A::Known,
    pub gamma: A::Known,
    pub point: Vec<A::Known>,
    pub numerator: A::Value,
    pub denominator: A::Value,
}

impl<'a, A: Arithmetic, S: LookupParty<A::Known>> Committed<'a, A, S> {
    pub(crate) fn tree(self) -> Result<LeafClaims<'a, A, S::Tree>, S::Error> {
        let Self { mut script, party } = self;
        let (alpha, gamma) = (
            script.challenge(Challenge::Alpha),
            script.challenge(Challenge::Gamma),
        );
        let one = A::Known::one();
        let (root, mut party) = party.root(alpha, gamma)?;
        let [mut p0, mut p1, mut q0, mut q1] = script.receive(Message::Root, root);
        // The sum's numerator is zero: p0 q1 + p1 q0 = 0 (must 10).
        script.constraints.push(Constraint {
            linear: A::Value::default(),
            products: vec![(one, p0.clone(), q1.clone()), (one, p1.clone(), q0.clone())],
            opening: Vec::new(),
        });
        let mut point: Vec<A::Known> = Vec::new();
        for number in 1..script.relations.depth() {
            let (tau, lambda) = (
                script.challenge(Challenge::Tau),
                script.challenge(Challenge::Lambda),
            );
            let mut target = point;
            target.push(tau);
            let mut claim = p0.line(&p1, tau);
            claim.add_scaled(lambda, &q0.line(&q1, tau));
            point = Vec::with_capacity(number + 1);
            let layer = Layer {
                number,
                lambda,
                target: &target,
            };
            for &t in &target {
                // t(X) without its eq factor: claim = (1 - t) t(0) + t t(1), so nothing is inverted.
                let round = party.round(&layer, &point)?;
                let [slope, lead] = script.receive(Message::LayerRound, round);
                let x = script.challenge(Challenge::LayerPoint);
                claim.add_scaled(x - t, &slope);
                claim.add_scaled(x * x - x, &lead);
                point.push(x);
            }
            let values = party.values(&point)?;
            [p0, p1, q0, q1] = script.receive(Message::LayerValues, values);
            script.constraints.push(Constraint {
                linear: claim,
                products: vec![
                    (-one, p0.clone(), q1.clone()),
                    (-one, p1.clone(), q0.clone()),
                    (-lambda, q0.clone(), q1.clone()),
                ],
                opening: Vec::new(),
            });
        }
        let tau = script.challenge(Challenge::Tau);
        point.push(tau);
        Ok(LeafClaims {
            script,
            party,
            alpha,
            gamma,
            point,
            numerator: p0.line(&p1, tau),
            denominator: q0.line(&q1, tau),
        })
    }
}
