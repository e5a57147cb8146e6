//! Messages 5 and 6: the claim on contractions is the merged claim minus what is linear in committed tensors; one sumcheck reduces
//! it to claims on the operands.

use crate::error::Reject;
use crate::parallel;
use crate::script::Script;
use crate::script::arithmetic::{Arithmetic, Constraint, Ring, Value};
use crate::script::claims::{Operand, TensorClaim, operands};
use crate::script::merged::MergedClaim;
use crate::script::party::ContractionParty;
use crate::transcript::{Challenge, Message};

/// A claim: the terms add up to the value.
pub(crate) struct Claim<K, V> {
    pub value: V,
    pub terms: Vec<TensorClaim<K>>,
}

/// All relations hold if all of these do.
pub(crate) struct TensorClaims<'a, A: Arithmetic, S> {
    pub script: Script<'a, A>,
    pub party: S,
    pub claims: Vec<Claim<A::Known, A::Value>>,
}

impl<'a, A: Arithmetic, S: ContractionParty<A::Known>> MergedClaim<'a, A, S> {
    pub(crate) fn contractions(self) -> Result<TensorClaims<'a, A, S>, S::Error> {
        let Self {
            mut script,
            mut party,
            value,
            direct,
            contractions,
        } = self;
        if contractions.is_empty() {
            let terms = direct;
            return Ok(TensorClaims {
                script,
                party,
                claims: vec![Claim { value, terms }],
            });
        }
        let of_direct = party.direct()?;
        let [of_direct] = script.receive(Message::Direct, [of_direct]);
        let mut claim = value;
        claim.add_scaled(-A::Known::one(), &of_direct);
        let mut claims = vec![Claim {
            value: of_direct,
            terms: direct,
        }];
        let mut point = Vec::new();
        for _ in 0..script.relations.contraction_rounds() {
            let round = party.round(&point)?;
            let [s0, lead] = script.receive(Message::ContractionRound, round);
            let x = script.challenge(Challenge::ContractionPoint);
            claim = next_claim(claim, &s0, &lead, x);
            point.push(x);
        }
        let values = party.operands(&point, 2 * contractions.len())?;
        let values = script.receive_all(Message::Operands, values);
        let (pairs, _) = values.as_chunks::<2>();
        let (relations, publics) = (script.relations, script.publics);
        let operands = parallel::map(&contractions, |claim| {
            operands(relations, publics, claim, &point)
        });
        let mut products = Vec::new();
        for (number, ((contraction, pair), operands)) in
            contractions.iter().zip(pairs).zip(operands).enumerate()
        {
            let [left, right] = pair;
            products.push((-contraction.coefficient, left.clone(), right.clone()));
            let [of_left, mut of_right] = operands?;
            if let [only] = of_right.terms.as_mut_slice() {
                only.right_operand_of = Some(number);
            }
            for (value, Operand { known, terms }) in [(left, of_left), (right, of_right)] {
                let mut value = value.clone();
                value.add_known(-known);
                claims.push(Claim { value, terms });
            }
        }
        if products.len() != contractions.len() {
            return Err(Reject::Statement("a message has the wrong length").into());
        }
        script.constraints.push(Constraint {
            linear: claim,
            products,
            opening: Vec::new(),
        });
        Ok(TensorClaims {
            script,
            party,
            claims,
        })
    }
}

/// The claim after a round that sent s(0) and the leading coefficient of a quadratic s with s(0) + s(1) = claim.
pub(super) fn next_claim<K: Ring, V: Value<K>>(claim: V, s0: &V, lead: &V, x: K) -> V {
    // s(x) = s0 + x (claim - 2 s0 - lead) + x^2 lead
    let mut next = claim.scaled(x);
    next.add_scaled(K::one() - x.double(), s0);
    next.add_scaled(x.square() - x, lead);
    next
}
