//! The protocol: messages 1 to 9, run by prover and verifier alike.
//!
//! A [`Side`] computes each message (prover) or reads it (verifier); the script absorbs it, draws the challenges, and collects
//! the constraints. So the two sides cannot diverge, and a message that is not absorbed cannot be used: it reaches the script
//! only through [`Script::receive`] and [`Side::commitments`], which absorb it.
//!
//! Section numbers are those of `docs/protocol.md`.

pub(crate) mod claims;
mod tables;

use self::claims::{
    Claimed, Instance, Operand, Read, eq_axes, eq_axes_sum, operands, read, view_error,
    weighed_alike,
};
use self::tables::{suffix_sums, table_sums};
use crate::affine::{AffineForm, Batch, Constraint};
use crate::curve::{Point, Profile, Scalar};
use crate::error::{Reject, RelationsError};
use crate::generators::SEED;
use crate::multilinear::{bits_of, eq_vector};
use crate::parallel;
use crate::relations::{Leaves, Place, Relations, Term};
use crate::transcript::{Challenge, Message, StatementPart, Transcript};
use ark_ff::{Field, One, PrimeField, Zero};
use inferproof_view::Functional;
use std::collections::{BTreeMap, BTreeSet};

/// What is proven: the relations hold for these commitments and public tensors.
#[derive(Clone, Debug)]
pub struct Statement<'a, P: Profile> {
    /// Everything else that the caller binds: versions, architecture, model, visibilities, the user's context.
    pub context: &'a [u8],
    /// Row commitments of every external tensor, in order.
    pub external: Vec<&'a [Point<P>]>,
    /// Every public tensor, row-major.
    pub publics: &'a [Vec<i64>],
}

/// What a message must contain; its scalars are `count` many.
#[cfg_attr(
    not(feature = "prover"),
    allow(dead_code, reason = "what the prover computes a message from")
)]
pub(crate) enum Request<'a, P: Profile> {
    Root {
        alpha: Scalar<P>,
        gamma: Scalar<P>,
    },
    LayerRound {
        layer: usize,
        lambda: Scalar<P>,
        target: &'a [Scalar<P>],
        point: &'a [Scalar<P>],
    },
    LayerValues {
        point: &'a [Scalar<P>],
    },
    Direct {
        terms: &'a [Claimed<Scalar<P>>],
    },
    ContractionRound {
        instances: &'a [Instance<Scalar<P>>],
        point: &'a [Scalar<P>],
    },
    Operands {
        instances: &'a [Instance<Scalar<P>>],
        point: &'a [Scalar<P>],
    },
    MergeRound {
        claims: &'a [Claimed<Scalar<P>>],
        point: &'a [Scalar<P>],
    },
}

/// The prover or the verifier.
pub(crate) trait Side<P: Profile> {
    type Error: From<Reject>;
    /// Message 1: row commitments of the fresh tensors in order, and the commitment to the pads.
    fn commitments(&mut self) -> Result<(Vec<Vec<Point<P>>>, Point<P>), Self::Error>;
    /// `count` values, each minus its pad; the pads are numbered from `first_pad` on.
    fn message(
        &mut self,
        request: Request<'_, P>,
        message: Message,
        first_pad: usize,
        count: usize,
    ) -> Result<Vec<Scalar<P>>, Self::Error>;
}

/// What is left to prove after the script: the batch of constraints on the pads and on the opened vector.
pub(crate) struct Outcome<P: Profile> {
    pub batch: Batch<Scalar<P>>,
    pub pad_point: Point<P>,
    /// The opened vector's commitment: for each tensor, its rows' commitments and scalars.
    pub opening: Vec<(Vec<Point<P>>, Vec<Scalar<P>>)>,
    /// The point at which the merge ended.
    #[cfg_attr(not(feature = "prover"), allow(dead_code))]
    pub merge_point: Vec<Scalar<P>>,
}

/// A claim: `value = sum of terms`.
struct Claim<F> {
    value: AffineForm<F>,
    terms: Vec<Claimed<F>>,
}

struct Script<'a, P: Profile, S> {
    relations: &'a Relations,
    statement: &'a Statement<'a, P>,
    transcript: &'a mut Transcript,
    side: &'a mut S,
    pads: usize,
    constraints: Vec<Constraint<Scalar<P>>>,
}

/// Runs messages 1 to 9.
pub(crate) fn run<P: Profile, S: Side<P>>(
    relations: &Relations,
    statement: &Statement<'_, P>,
    transcript: &mut Transcript,
    side: &mut S,
) -> Result<Outcome<P>, S::Error> {
    check_statement(relations, statement)?;
    let mut script = Script {
        relations,
        statement,
        transcript,
        side,
        pads: 0,
        constraints: Vec::new(),
    };
    let (fresh, pad_point) = script.commitments()?;
    let (alpha, gamma, z, leaf_p, leaf_q) = script.tree()?;
    let (merged, direct, instances) = script.merge_claims(alpha, gamma, &z, leaf_p, &leaf_q)?;
    let claims = script.contractions(merged, direct, &instances)?;
    let (claims, merge_point) = script.merge(claims)?;
    Ok(script.finish(fresh, pad_point, claims, merge_point))
}

/// The caller's statement has the shapes that the relations demand.
fn check_statement<P: Profile>(
    relations: &Relations,
    statement: &Statement<'_, P>,
) -> Result<(), Reject> {
    let parts = relations.parts();
    if parts.publics.len() != statement.publics.len() {
        return Err(Reject::Statement("wrong number of public tensors"));
    }
    for (shape, values) in parts.publics.iter().zip(statement.publics) {
        if inferproof_view::volume(shape) != Some(values.len()) {
            return Err(Reject::Statement("a public tensor has the wrong size"));
        }
    }
    if relations.external().count() != statement.external.len() {
        return Err(Reject::Statement("wrong number of external tensors"));
    }
    for ((_, tensor), rows) in relations.external().zip(&statement.external) {
        if tensor.layout.row_count() != rows.len() {
            return Err(Reject::Statement(
                "an external tensor has the wrong number of rows",
            ));
        }
    }
    Ok(())
}

impl<P: Profile, S: Side<P>> Script<'_, P, S> {
    /// `count` values, each sent minus its pad; they come back as affine forms in the pads.
    fn receive(
        &mut self,
        message: Message,
        count: usize,
        request: Request<'_, P>,
    ) -> Result<Vec<AffineForm<Scalar<P>>>, S::Error> {
        let sent = self.side.message(request, message, self.pads, count)?;
        self.transcript.scalars::<P>(message, &sent);
        let first = self.pads;
        self.pads += count;
        Ok(sent
            .into_iter()
            .enumerate()
            .map(|(i, v)| AffineForm::padded(v, first + i))
            .collect())
    }

    fn receive_exactly<const N: usize>(
        &mut self,
        message: Message,
        request: Request<'_, P>,
    ) -> Result<[AffineForm<Scalar<P>>; N], S::Error> {
        let values = self.receive(message, N, request)?;
        values
            .try_into()
            .map_err(|_| Reject::Statement("a message has the wrong length").into())
    }

    fn challenge(&mut self, challenge: Challenge) -> Scalar<P> {
        self.transcript.challenge(challenge)
    }

    /// Messages 1 and 0: the prover's commitments, then the whole statement.
    fn commitments(&mut self) -> Result<(Vec<Vec<Point<P>>>, Point<P>), S::Error> {
        let (fresh, pad_point) = self.side.commitments()?;
        for rows in &fresh {
            self.transcript.points::<P>(Message::Rows, rows);
        }
        self.transcript.points::<P>(Message::Pads, &[pad_point]);
        let number = |n: usize| (n as u64).to_le_bytes();
        let transcript = &mut *self.transcript;
        transcript.statement(StatementPart::Curve, P::NAME.as_bytes());
        transcript.statement(StatementPart::Generators, SEED);
        transcript.statement(
            StatementPart::RowLength,
            &number(1 << self.relations.parts().c),
        );
        transcript.statement(StatementPart::PadCount, &number(self.relations.pad_count()));
        transcript.statement(StatementPart::Relations, &self.relations.digest());
        transcript.statement(StatementPart::Context, self.statement.context);
        for rows in &self.statement.external {
            transcript.statement_points::<P>(StatementPart::External, rows);
        }
        for values in self.statement.publics {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            transcript.statement(StatementPart::Public, &bytes);
        }
        Ok((fresh, pad_point))
    }

    /// Messages 2 and 3: the fractional sum over all leaves, layer by layer from the root (logUp-GKR, 2023/1284).
    /// Gives alpha, gamma, the point z and the claims on the leaves' numerators and denominators at z.
    #[allow(clippy::type_complexity)]
    fn tree(
        &mut self,
    ) -> Result<
        (
            Scalar<P>,
            Scalar<P>,
            Vec<Scalar<P>>,
            AffineForm<Scalar<P>>,
            AffineForm<Scalar<P>>,
        ),
        S::Error,
    > {
        let (alpha, gamma) = (
            self.challenge(Challenge::Alpha),
            self.challenge(Challenge::Gamma),
        );
        let one = Scalar::<P>::one();
        let [mut p0, mut p1, mut q0, mut q1] =
            self.receive_exactly(Message::Root, Request::Root { alpha, gamma })?;
        // The sum's numerator is zero: p0 q1 + p1 q0 = 0 (must 10).
        self.constraints.push(Constraint {
            linear: AffineForm::default(),
            products: vec![(one, p0.clone(), q1.clone()), (one, p1.clone(), q0.clone())],
            opening: Vec::new(),
        });
        let mut point: Vec<Scalar<P>> = Vec::new();
        for layer in 1..self.relations.depth() {
            let (tau, lambda) = (
                self.challenge(Challenge::Tau),
                self.challenge(Challenge::Lambda),
            );
            let mut target = point;
            target.push(tau);
            let mut claim = p0.line(&p1, tau);
            claim.add_scaled(lambda, &q0.line(&q1, tau));
            point = Vec::with_capacity(layer + 1);
            for &t in &target {
                // t(X) without its eq factor: claim = (1 - t) t(0) + t t(1), so nothing is inverted.
                let request = Request::LayerRound {
                    layer,
                    lambda,
                    target: &target,
                    point: &point,
                };
                let [slope, lead] = self.receive_exactly(Message::LayerRound, request)?;
                let x = self.challenge(Challenge::LayerPoint);
                claim.add_scaled(x - t, &slope);
                claim.add_scaled(x * x - x, &lead);
                point.push(x);
            }
            [p0, p1, q0, q1] =
                self.receive_exactly(Message::LayerValues, Request::LayerValues { point: &point })?;
            self.constraints.push(Constraint {
                linear: claim,
                products: vec![
                    (-one, p0.clone(), q1.clone()),
                    (-one, p1.clone(), q0.clone()),
                    (-lambda, q0.clone(), q1.clone()),
                ],
                opening: Vec::new(),
            });
        }
        let tau = self.challenge(Challenge::Tau);
        point.push(tau);
        Ok((alpha, gamma, point, p0.line(&p1, tau), q0.line(&q1, tau)))
    }

    /// Message 4: the leaf claims and the linear claims become one linear claim on what relations read.
    /// Gives its value, its terms on committed tensors, and its terms on contractions.
    #[allow(clippy::type_complexity)]
    fn merge_claims(
        &mut self,
        alpha: Scalar<P>,
        gamma: Scalar<P>,
        z: &[Scalar<P>],
        leaf_p: AffineForm<Scalar<P>>,
        leaf_q: &AffineForm<Scalar<P>>,
    ) -> Result<
        (
            AffineForm<Scalar<P>>,
            Vec<Claimed<Scalar<P>>>,
            Vec<Instance<Scalar<P>>>,
        ),
        S::Error,
    > {
        let relations = self.relations;
        let parts = relations.parts();
        let one = Scalar::<P>::one();
        let zetas: Vec<Vec<Scalar<P>>> = parts
            .linears
            .iter()
            .map(|linear| {
                let bits = linear.shape.iter().map(|&n| bits_of(n)).sum();
                self.transcript.challenges(Challenge::Zeta, bits)
            })
            .collect();
        let eta = self.challenge(Challenge::Eta);

        let functionals = parallel::map(relations.pullbacks(), |pullback| {
            let point = match pullback.place {
                Place::Block(bits) => z.get(z.len().saturating_sub(bits)..).unwrap_or_default(),
                Place::Linear(i) => zetas.get(i).map_or(&[][..], Vec::as_slice),
            };
            let functional = Functional::product(eq_axes(point, pullback.view.target()));
            functional.pull_back(&pullback.view).map_err(view_error)
        });
        let functionals = functionals.into_iter().collect::<Result<Vec<_>, _>>()?;

        let mut factors = vec![Scalar::<P>::zero(); relations.readings().len()];
        let mut add = |reading: usize, factor: Scalar<P>| {
            factors
                .get_mut(reading)
                .map(|slot| *slot += factor)
                .ok_or_else(inconsistent)
        };
        let coefficient = |t: &Term| Scalar::<P>::from(t.coefficient);
        let mut known = Scalar::<P>::zero();
        let mut uncovered = one;
        let blocks = relations.blocks();
        // Multiplicities are read by the weights of their table's entries. Tables of one size stand at one point: they share them.
        let pullback_of = |&reading: &usize| Some(relations.readings().get(reading)?.pullback);
        let pullbacks: Vec<_> = relations.table_readings().iter().map(pullback_of).collect();
        let distinct: BTreeSet<usize> = pullbacks.iter().copied().flatten().collect();
        let distinct: Vec<usize> = distinct.into_iter().collect();
        let behind = parallel::map(&distinct, |&pullback| {
            let weights = functionals.get(pullback)?.groups.first()?;
            Some((pullback, suffix_sums(&weights.weights)))
        });
        let behind: BTreeMap<_, _> = behind.into_iter().flatten().collect();
        let tables: Vec<_> = parts.tables.iter().zip(pullbacks).collect();
        let of_tables = parallel::map(&tables, |(table, pullback)| {
            Some(table_sums(table, behind.get(pullback.as_ref()?)?))
        });
        for block in blocks {
            let (high, low) = z
                .split_at_checked(z.len().saturating_sub(block.bits))
                .unwrap_or_default();
            let prefix = block.offset >> block.bits;
            // eq(prefix, z_high), in p and in q (must 10).
            let weight: Scalar<P> = high
                .iter()
                .rev()
                .enumerate()
                .map(|(i, &x)| if prefix >> i & 1 == 1 { x } else { one - x })
                .product();
            uncovered -= weight;
            match block.leaves {
                Leaves::Lookup(i) => {
                    let Some((lookup, readings)) =
                        parts.lookups.get(i).zip(relations.lookup_readings().get(i))
                    else {
                        return Err(inconsistent().into());
                    };
                    let selected = eq_axes_sum(low, &lookup.shape);
                    let tag = Scalar::<P>::from(lookup.table as u64 + 1);
                    // A real leaf is (1, gamma - tag - tuple), a padding leaf (0, 1) (must 3).
                    known +=
                        weight * (selected + eta * (one - selected + selected * (gamma - tag)));
                    let mut power = -eta * weight;
                    for (column, readings) in lookup.columns.iter().zip(readings) {
                        power *= alpha;
                        for (term, &reading) in column.iter().zip(readings) {
                            add(reading, power * coefficient(term))?;
                        }
                    }
                }
                Leaves::Table(i) => {
                    let Some((&Some((selected, first, second)), &reading)) =
                        of_tables.get(i).zip(relations.table_readings().get(i))
                    else {
                        return Err(inconsistent().into());
                    };
                    let tag = Scalar::<P>::from(i as u64 + 1);
                    let denominators =
                        selected * (gamma - tag) - alpha * first - alpha.square() * second;
                    known += eta * weight * (one - selected + denominators);
                    add(reading, -weight)?;
                }
            }
        }
        known += eta * uncovered;
        let mut merged = leaf_p;
        merged.add_scaled(eta, leaf_q);
        let mut power = eta;
        for (linear, readings) in parts.linears.iter().zip(relations.linear_readings()) {
            power *= eta;
            for (term, &reading) in linear.terms.iter().zip(readings) {
                add(reading, power * coefficient(term))?;
            }
        }

        let readings: Vec<_> = relations.readings().iter().zip(factors).collect();
        let claims = parallel::map(&readings, |(reading, factor)| {
            let functional = functionals.get(reading.pullback);
            let mut functional = functional.cloned().ok_or_else(inconsistent)?;
            functional.coefficient *= factor;
            read(relations, self.statement, reading.source, functional)
        });
        let (mut direct, mut instances) = (Vec::new(), Vec::new());
        for claim in claims {
            match claim? {
                Read::Known(value) => known += value,
                Read::Committed(claimed) => direct.push(claimed),
                Read::Contraction(instance) => instances.push(instance),
            }
        }
        merged.constant -= known;
        Ok((merged, direct, instances))
    }

    /// Messages 5 and 6: the claim on contractions is the merged claim minus what is linear in committed tensors; one
    /// sumcheck reduces it to claims on the operands.
    fn contractions(
        &mut self,
        merged: AffineForm<Scalar<P>>,
        direct: Vec<Claimed<Scalar<P>>>,
        instances: &[Instance<Scalar<P>>],
    ) -> Result<Vec<Claim<Scalar<P>>>, S::Error> {
        if instances.is_empty() {
            return Ok(vec![Claim {
                value: merged,
                terms: direct,
            }]);
        }
        let [v_direct] =
            self.receive_exactly(Message::Direct, Request::Direct { terms: &direct })?;
        let mut claim = merged - &v_direct;
        let mut claims = vec![Claim {
            value: v_direct,
            terms: direct,
        }];
        let mut point = Vec::new();
        let rounds = self.relations.contraction_rounds();
        for _ in 0..rounds {
            let request = Request::ContractionRound {
                instances,
                point: &point,
            };
            let [s0, lead] = self.receive_exactly(Message::ContractionRound, request)?;
            let x = self.challenge(Challenge::ContractionPoint);
            claim = next_claim(claim, &s0, &lead, x);
            point.push(x);
        }
        let values = self.receive(
            Message::Operands,
            2 * instances.len(),
            Request::Operands {
                instances,
                point: &point,
            },
        )?;
        let (pairs, _) = values.as_chunks::<2>();
        let operands = parallel::map(instances, |instance| {
            operands(self.relations, self.statement, instance, &point)
        });
        let mut products = Vec::new();
        for (number, ((instance, pair), operands)) in
            instances.iter().zip(pairs).zip(operands).enumerate()
        {
            let [left, right] = pair;
            products.push((-instance.coefficient, left.clone(), right.clone()));
            let [of_left, mut of_right] = operands?;
            if let [only] = of_right.terms.as_mut_slice() {
                only.right_operand_of = Some(number);
            }
            for (value, Operand { known, terms }) in [(left, of_left), (right, of_right)] {
                let mut value = value.clone();
                value.constant -= known;
                claims.push(Claim { value, terms });
            }
        }
        if products.len() != instances.len() {
            return Err(Reject::Statement("a message has the wrong length").into());
        }
        self.constraints.push(Constraint {
            linear: claim,
            products,
            opening: Vec::new(),
        });
        Ok(claims)
    }

    /// Messages 7 and 8: all claims under powers of mu, and one sumcheck over the columns. Gives the claimed functionals, under
    /// their powers, and the point.
    #[allow(clippy::type_complexity)]
    fn merge(
        &mut self,
        claims: Vec<Claim<Scalar<P>>>,
    ) -> Result<(Vec<Claimed<Scalar<P>>>, Vec<Scalar<P>>), S::Error> {
        let mu = self.challenge(Challenge::Mu);
        let mut claim = AffineForm::default();
        let mut power = Scalar::<P>::one();
        let mut claimed = Vec::new();
        for Claim { value, terms } in claims {
            claim.add_scaled(power, &value);
            claimed.extend(terms.into_iter().map(|mut term| {
                term.functional.coefficient *= power;
                term
            }));
            power *= mu;
        }
        let mut point = Vec::new();
        for _ in 0..self.relations.parts().c {
            let [s0, lead] = self.receive_exactly(
                Message::MergeRound,
                Request::MergeRound {
                    claims: &claimed,
                    point: &point,
                },
            )?;
            let x = self.challenge(Challenge::MergePoint);
            claim = next_claim(claim, &s0, &lead, x);
            point.push(x);
        }
        // The merged claim is the opened vector's value at the point.
        let opening = eq_vector(&point, 1 << point.len());
        self.constraints.push(Constraint {
            linear: claim.scaled(-Scalar::<P>::one()),
            products: Vec::new(),
            opening,
        });
        Ok((claimed, point))
    }

    /// Message 9: chi batches the constraints; the opened vector's commitment is a combination of rows.
    fn finish(
        self,
        fresh: Vec<Vec<Point<P>>>,
        pad_point: Point<P>,
        claims: Vec<Claimed<Scalar<P>>>,
        merge_point: Vec<Scalar<P>>,
    ) -> Outcome<P> {
        let parts = self.relations.parts();
        let mut fresh = fresh.into_iter();
        let mut external = self.statement.external.iter();
        let mut opening: Vec<(Vec<Point<P>>, Vec<Scalar<P>>)> = parts
            .tensors
            .iter()
            .map(|tensor| {
                let rows = match tensor.origin {
                    crate::relations::Origin::Fresh => fresh.next().unwrap_or_default(),
                    crate::relations::Origin::External => external
                        .next()
                        .map(|rows| rows.to_vec())
                        .unwrap_or_default(),
                };
                let scalars = vec![Scalar::<P>::zero(); rows.len()];
                (rows, scalars)
            })
            .collect();
        let at_point = eq_vector(&merge_point, 1 << parts.c);
        let alike = weighed_alike(&claims, &parts.tensors);
        let weights = parallel::map(&alike, |alike| {
            alike.layout.row_weights(alike.functional, &at_point)
        });
        for (alike, weights) in alike.iter().zip(weights) {
            for claim in &alike.claims {
                let slots = opening.get_mut(claim.tensor).map(|(_, scalars)| scalars);
                for (slot, &weight) in slots.into_iter().flatten().zip(&weights) {
                    *slot += claim.functional.coefficient * weight;
                }
            }
        }
        let chi = self.transcript.challenge(Challenge::Chi);
        let batch = Batch::new(self.constraints, chi, self.pads, 1 << parts.c);
        Outcome {
            batch,
            pad_point,
            opening,
            merge_point,
        }
    }
}

/// The claim after a round that sent s(0) and the leading coefficient of a quadratic s with s(0) + s(1) = claim.
fn next_claim<F: PrimeField>(
    claim: AffineForm<F>,
    s0: &AffineForm<F>,
    lead: &AffineForm<F>,
    x: F,
) -> AffineForm<F> {
    // s(x) = s0 + x (claim - 2 s0 - lead) + x^2 lead
    let mut next = claim.scaled(x);
    next.add_scaled(F::one() - x.double(), s0);
    next.add_scaled(x.square() - x, lead);
    next
}

/// Relations that [`Relations::new`] does not let pass. No claim may be dropped silently.
fn inconsistent() -> Reject {
    Reject::Relations(RelationsError::Malformed {
        place: "the relations".to_owned(),
        what: "they are inconsistent",
    })
}
