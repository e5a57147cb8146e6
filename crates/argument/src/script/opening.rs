//! Messages 7 to 9: all claims under powers of mu, one sumcheck over the positions of a row, and the batch of constraints.

use crate::affine::Batch;
use crate::curve::{Point, Profile, Scalar};
use crate::multilinear::eq_vector;
use crate::parallel;
use crate::row_weights::{eq_row_weights, row_weights};
use crate::script::arithmetic::{Arithmetic, Constraint, Padded, Ring, Value};
use crate::script::claims::{TensorClaim, same_weights};
use crate::script::contractions::{TensorClaims, next_claim};
use crate::script::party::{Commitments, ContractionParty, OpeningParty};
use crate::script::{Script, Statement};
use crate::transcript::{Challenge, Message};
use inferproof_relations::Origin;
use std::borrow::Cow;

/// All relations hold if the constraints do, whose opened vector is the claims' combination of rows at the point.
pub(crate) struct OpenedClaim<'a, A: Arithmetic, L> {
    pub script: Script<'a, A>,
    /// The party, when all is over.
    pub last: L,
    /// Each under its power of mu.
    pub claims: Vec<TensorClaim<A::Known>>,
    pub point: Vec<A::Known>,
}

/// Rows of one tensor, and the scalars under which they are in the opened vector.
pub(crate) struct OpenedRows<'a, P: Profile> {
    /// Of an external tensor they are borrowed from the statement.
    pub rows: Cow<'a, [Point<P>]>,
    pub scalars: Vec<Scalar<P>>,
}

/// What is left to prove after the script: the batch of constraints on the pads and on the opened vector.
pub(crate) struct Outcome<'a, P: Profile> {
    pub batch: Batch<Scalar<P>>,
    /// The row commitments of the pads.
    pub pads: Vec<Point<P>>,
    /// The opened vector's commitment, tensor by tensor.
    pub opening: Vec<OpenedRows<'a, P>>,
}

impl<'a, A: Arithmetic, S: ContractionParty<A::Known>> TensorClaims<'a, A, S> {
    pub(crate) fn open(self) -> Result<OpenedClaim<'a, A, S::Last>, S::Error> {
        let Self {
            mut script,
            party,
            claims,
        } = self;
        let mu = script.challenge(Challenge::Mu);
        let mut value = A::Value::default();
        let mut power = A::Known::one();
        let mut merged = Vec::new();
        for claim in claims {
            value.add_scaled(power, &claim.value);
            merged.extend(claim.terms.into_iter().map(|mut term| {
                term.functional.coefficient *= power;
                term
            }));
            power *= mu;
        }
        let mut party = party.open(&merged)?;
        let mut point = Vec::new();
        for _ in 0..script.relations.parts().c {
            let round = party.round(&point)?;
            let [s0, lead] = script.receive(Message::MergeRound, round);
            let x = script.challenge(Challenge::MergePoint);
            value = next_claim(value, &s0, &lead, x);
            point.push(x);
        }
        // The merged claim is the opened vector's value at the point.
        let opening = eq_vector(&point, 1 << point.len());
        script.constraints.push(Constraint {
            linear: value.scaled(-A::Known::one()),
            products: Vec::new(),
            opening,
        });
        let last = party.last(&point)?;
        Ok(OpenedClaim {
            script,
            last,
            claims: merged,
            point,
        })
    }
}

impl<P: Profile, L> OpenedClaim<'_, Padded<P>, L> {
    /// Chi batches the constraints; the opened vector's commitment is a combination of rows.
    pub(super) fn batch<'a>(
        self,
        commitments: Commitments<P>,
        statement: &Statement<'a, P>,
    ) -> (Outcome<'a, P>, L) {
        let Self {
            script,
            last,
            claims,
            point,
        } = self;
        let parts = script.relations.parts();
        let mut fresh = commitments.fresh.into_iter();
        let mut external = statement.external.iter();
        let rows = parts.tensors.iter().map(|tensor| match tensor.origin {
            Origin::Fresh => Cow::Owned(fresh.next().unwrap_or_default()),
            Origin::External => Cow::Borrowed(external.next().copied().unwrap_or_default()),
        });
        let mut opening: Vec<OpenedRows<'a, P>> = rows
            .map(|rows| OpenedRows {
                scalars: vec![Scalar::<P>::default(); rows.len()],
                rows,
            })
            .collect();
        let at_point = eq_vector(&point, 1 << parts.c);
        let classes = same_weights(&claims, &parts.tensors);
        let weights = parallel::map(&classes, |class| {
            let of_eq = class.eq_point;
            let of_eq = of_eq.and_then(|point| eq_row_weights(class.layout, point, &at_point));
            of_eq.unwrap_or_else(|| row_weights(class.layout, class.functional, &at_point))
        });
        for (class, weights) in classes.iter().zip(weights) {
            for claim in &class.claims {
                let slots = opening.get_mut(claim.tensor).map(|rows| &mut rows.scalars);
                for (slot, &weight) in slots.into_iter().flatten().zip(&weights) {
                    *slot += claim.functional.coefficient * weight;
                }
            }
        }
        let chi = script.transcript.challenge(Challenge::Chi);
        let batch = Batch::new(script.constraints, chi, script.received, 1 << parts.c);
        let outcome = Outcome {
            batch,
            pads: commitments.pads,
            opening,
        };
        (outcome, last)
    }
}
