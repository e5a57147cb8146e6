//! The closing protocol's response is folded: its values and its commitments are each of their own vector.

use super::setting::{CLOSING, F, P};
use crate::closing::forms;
use crate::curve::{Point, encode_point, encode_scalar};
use crate::generators::Generators;
use crate::inner_product;
use crate::multilinear::dot;
use crate::prover::{Candidate, FieldWitness, Prover};
use crate::tests::adversary::stream;
use crate::tests::oracle::{self, Program, bits};
use crate::tests::sample::{Model, Shape, Trace};
use crate::transcript::{Challenge, Message};
use crate::{Integers, Reject, Witness};
use ark_ec::CurveGroup;
use ark_ff::AdditiveGroup;
use inferproof_relations::Relations;

/// What a cheating prover does in its response.
#[derive(Clone, Copy, Default)]
struct Lie {
    /// The statement is false, and the first value makes up for that in the third equation; in the first one the blinder does, for this xi.
    forged_under: Option<F>,
    /// Added to the values of the two forms.
    values: [F; 2],
    /// Multiples of `G_0` that are added to the commitments to the two masks.
    masks: [F; 2],
    /// Added to their blinders.
    blinders: [F; 2],
    /// Multiples of `H` that are added to `L` in the first round.
    folds: [F; 2],
}

struct Setting {
    relations: Relations,
    generators: Generators<P>,
    model: Model<P>,
    trace: Trace,
}

impl Setting {
    fn new() -> Self {
        let shape = Shape {
            c: 7,
            ..Shape::small()
        };
        let relations = shape.relations();
        let folded = relations.foldings();
        assert!(folded.iter().all(|folding| folding.rounds > 0));
        let generators = Generators::new(relations.generator_count());
        let trace = Trace::random(&shape, 1);
        let model = Model::commit(&relations, &generators, &trace.weights);
        Self {
            relations,
            generators,
            model,
            trace,
        }
    }

    /// Proves as an honest prover does but for the lie, under a programmed oracle; gives the verdict under that and under the real one.
    fn verdicts(&self, program: &Program, lie: Lie) -> [Result<(), Reject>; 2] {
        let mut publics = vec![self.trace.out.clone()];
        publics[0][0] += i64::from(lie.forged_under.is_some());
        let (proof, _) = oracle::with(program.clone(), || self.prove(&publics, lie));
        let statement = self.model.statement(&publics, b"");
        let verify = || crate::verify(&self.relations, &self.generators, &statement, &proof);
        [oracle::with(program.clone(), verify).0, verify()]
    }

    fn prove(&self, publics: &[Vec<i64>], lie: Lie) -> Vec<u8> {
        let statement = self.model.statement(publics, b"");
        let trace = &self.trace;
        let fresh = [&trace.x, &trace.y, &trace.e, &trace.h];
        let witness = Witness {
            external: self.model.openings.iter().collect(),
            fresh: fresh
                .map(|values| Integers::from_i64(values).unwrap())
                .into(),
            contractions: trace.contractions.clone(),
        };
        let mut go = |_| true;
        let fields = FieldWitness::default();
        let (relations, generators) = (&self.relations, &self.generators);
        let prover = Prover::new(
            relations, generators, &statement, &witness, &fields, &mut go,
        );
        let candidate = Candidate::new(relations, &statement, prover.unwrap()).unwrap();
        self.close(candidate, lie)
    }

    fn close(&self, candidate: Candidate<'_, P>, lie: Lie) -> Vec<u8> {
        let Candidate {
            mut transcript,
            outcome,
            opened,
            mut messages,
        } = candidate;
        let (batch, generators) = (&outcome.batch, &self.generators);
        let commit =
            |vector: &[F], blinder: F| crate::msm::commit_scalars(generators, vector, blinder);
        let mut random = stream::<F>(9);
        let t: Vec<F> = batch.a.iter().map(|_| random()).collect();
        let w: Vec<F> = batch.b.iter().map(|_| random()).collect();
        let [tau, omega, k0, k1] = [random(), random(), random(), random()];
        let linear = batch.bilinear(&opened.pads, &t) + dot(&batch.a, &t) + dot(&batch.b, &w);
        let moved = |point: Point<P>, by: F| (point + generators.g[0] * by).into_affine();
        let first = [
            moved(commit(&t, tau), lie.masks[0]),
            moved(commit(&w, omega), lie.masks[1]),
            commit(&[batch.q(&t)], k0),
            commit(&[linear], k1),
        ];
        messages.extend(first.iter().flat_map(encode_point::<P>));
        transcript.points::<P>(Message::Closing, &first);
        let x: F = transcript.challenge(Challenge::X);
        let masked = |mask: &[F], secret: &[F]| -> Vec<F> {
            mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
        };
        let (z_s, z_u) = (masked(&t, &opened.pads), masked(&w, &opened.vector));
        let factors = batch.factors();
        let [of_pads, of_vector] = forms(batch, &factors);
        let folded: Vec<F> = of_pads.places.iter().map(|&pad| z_s[pad]).collect();
        // Zero for a true statement. The third equation is off by `x^2` times this.
        let error = batch.value(&opened.pads, &opened.vector);
        let value = -x * error;
        let scalars: Vec<F> = [
            tau + x * opened.pad_blinder
                + lie.blinders[0]
                + lie.forged_under.map_or(F::ZERO, |xi| xi * value),
            omega + x * opened.blinder + lie.blinders[1],
            k0 + x * k1,
        ]
        .into_iter()
        .chain(factors.iter().map(|&pad| z_s[pad]))
        .chain([
            dot(&of_pads.coefficients, &folded) + lie.values[0] + value,
            dot(&batch.b, &z_u) + lie.values[1],
        ])
        .collect();
        transcript.scalars(Message::Response, &scalars);
        messages.extend(scalars.iter().flat_map(encode_scalar));
        let xi: F = transcript.challenge(Challenge::Form);
        let before = messages.len();
        let vectors = [(&folded[..], &of_pads), (&z_u, &of_vector)];
        inner_product::prove(generators, vectors, xi, &mut transcript, &mut messages);
        for (vector, by) in lie.folds.into_iter().enumerate() {
            let place = before + 64 * vector..before + 64 * vector + 32;
            let encoded = messages[place.clone()].as_chunks().0;
            let left = crate::curve::decode_points::<P>(encoded).unwrap()[0];
            let moved = (left + generators.h * by).into_affine();
            messages[place].copy_from_slice(&encode_point::<P>(&moved));
        }
        messages
    }
}

#[test]
fn an_honest_response_passes() {
    let verdicts = Setting::new().verdicts(&Program::Record, Lie::default());
    assert_eq!(verdicts, [Ok(()), Ok(())]);
}

/// Values that differ from the forms' by amounts whose sum is zero: the third equation holds, the first two do not.
#[test]
fn values_of_forms_are_each_their_own() {
    let d = F::from(5);
    let lie = Lie {
        values: [d, -d],
        ..Lie::default()
    };
    assert_eq!(Setting::new().verdicts(&Program::Record, lie)[0], CLOSING);
}

/// Masks that are moved by a multiple of a generator from one commitment to the other, and blinders as well: the sum of the two equations is as
/// it was.
#[test]
fn commitments_are_each_their_own() {
    let d = F::from(5);
    let moved = [
        Lie {
            masks: [d, -d],
            ..Lie::default()
        },
        Lie {
            blinders: [d, -d],
            ..Lie::default()
        },
    ];
    for lie in moved {
        assert_eq!(Setting::new().verdicts(&Program::Record, lie)[0], CLOSING);
    }
}

/// A value that is wrong by `d`, and a blinder that is wrong by `xi d`: whoever knows xi before the response lies about the value.
#[test]
fn values_that_suit_a_known_xi_are_rejected() {
    let (xi, d) = (F::from(0x1234_5678u64), F::from(7));
    for vector in 0..2 {
        // The third equation wants the sum of the values as it is.
        let mut lie = Lie {
            values: [d, -d],
            blinders: [xi * d, -xi * d],
            ..Lie::default()
        };
        let known = Program::Fixed(Challenge::Form, bits(xi));
        assert_eq!(Setting::new().verdicts(&known, lie), [Ok(()), CLOSING]);
        lie.blinders[vector] = F::ZERO;
        assert_eq!(Setting::new().verdicts(&known, lie)[0], CLOSING);
    }
}

/// A value that is wrong by `d`, and an `L` that makes up for it under a known `y`, for a response that is honest otherwise.
#[test]
fn folds_that_suit_a_known_y_are_rejected() {
    let (y, xi, d) = (F::from(0x1234_5678u64), F::from(11), F::from(7));
    let setting = Setting::new();
    let lie = Lie {
        values: [d, -d],
        // Wrong by xi d H before the round, and so by y xi d H behind it.
        folds: [-y * xi * d, y * xi * d],
        ..Lie::default()
    };
    let known = Program::Several(vec![
        (Challenge::Form, bits(xi)),
        (Challenge::FoldPoint, bits(y)),
    ]);
    assert_eq!(setting.verdicts(&known, lie), [Ok(()), CLOSING]);
    let other = Program::Several(vec![
        (Challenge::Form, bits(xi)),
        (Challenge::FoldPoint, bits(y.double())),
    ]);
    assert_eq!(setting.verdicts(&other, lie)[0], CLOSING);
}

/// A false statement: the first value makes up for it in the third equation, and the blinder in the first for whoever knows xi before.
#[test]
fn a_false_statement_that_suits_a_known_xi_is_rejected() {
    let xi = F::from(0x1234_5678u64);
    let lie = Lie {
        forged_under: Some(xi),
        ..Lie::default()
    };
    let known = Program::Fixed(Challenge::Form, bits(xi));
    assert_eq!(Setting::new().verdicts(&known, lie), [Ok(()), CLOSING]);
}
