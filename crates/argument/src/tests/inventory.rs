//! Everything that is read from a proof is absorbed before the next challenge, and everything in the statement before the first.

use super::mutations::{closing_length, tiny};
use super::oracle::{self, Log, Program};
use super::sample::{Model, Shape, Trace, prove};
use crate::curve::{Point, Scalar, decode_points, decode_scalar, encode_point, encode_scalar};
use crate::generators::Generators;
use crate::script::party::{Commitments, MessageReader, Party, Reading};
use crate::script::{Statement, run};
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use crate::{Integers, Reject, Witness};
use ark_ec::CurveGroup;
use ark_ff::One;
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::Relations;

type P = GrumpkinConfig;

/// A reader that notes how many challenges there were before each element.
struct Noting<'a> {
    inner: Reader<'a>,
    /// Whether an element is a point, and the challenges before it.
    notes: Vec<(bool, usize)>,
}

impl Party<P> for Noting<'_> {
    type Error = Reject;
    type Last = Self;
    type Lookups = Reading<Self>;

    fn commitments(mut self) -> Result<(Commitments<P>, Reading<Self>), Reject> {
        let out = self.inner.read_commitments::<P>()?;
        let count = out.fresh.iter().flatten().count() + out.pads.len();
        self.notes
            .extend((0..count).map(|_| (true, oracle::count())));
        Ok((out, Reading(self)))
    }
}

impl MessageReader<Scalar<P>> for Noting<'_> {
    fn scalars(&mut self, message: Message, count: usize) -> Result<Vec<Scalar<P>>, Reject> {
        self.notes
            .extend((0..count).map(|_| (false, oracle::count())));
        self.inner.scalars(message, count)
    }
}

/// For each element, whether it is a point, and the challenges drawn before it was read.
fn elements(
    relations: &Relations,
    statement: &Statement<'_, P>,
    proof: &[u8],
) -> Vec<(bool, usize)> {
    let (mut notes, log) = oracle::with(Program::Record, || {
        let inner = Reader {
            relations,
            rest: proof,
        };
        let party = Noting {
            inner,
            notes: Vec::new(),
        };
        let (_, mut party) = run(relations, statement, &mut Transcript::new(), party).unwrap();
        let drawn = oracle::count();
        let first = relations.pad_rows().len() + 3;
        party.notes.extend(vec![(true, drawn); first]);
        party.notes
    });
    assert_eq!(log.last().map(|(kind, _)| *kind), Some(Challenge::Chi));
    // Then x, nu, rho, xi, and one challenge a round.
    let folding = relations.folding();
    let response = 1 + relations.factor_count() + 1;
    let cross_terms = 2 * relations.pad_rows().len();
    let mut messages = vec![(response, false), (cross_terms, false), (1, false)];
    // Two points a round come after xi and after each y but the last, behind which is what is left.
    messages.extend(vec![(2, true); folding.rounds]);
    messages.push((folding.left, false));
    for ((count, is_point), drawn) in messages.into_iter().zip(log.len() + 1..) {
        notes.extend(vec![(is_point, drawn); count]);
    }
    assert_eq!(32 * notes.len(), proof.len());
    notes
}

/// Changes every element: the challenges before it stay, all those after it change.
fn all_is_absorbed(relations: &Relations, statement: &Statement<'_, P>, proof: &[u8], h: Point<P>) {
    let generators = Generators::<P>::new(relations.generator_count());
    let challenges = |statement: &Statement<'_, P>, proof: &[u8]| {
        oracle::with(Program::Record, || {
            crate::verify(relations, &generators, statement, proof)
        })
    };
    let (verdict, honest) = challenges(statement, proof);
    assert_eq!(verdict, Ok(()));
    let mut expected = vec![
        Challenge::Chi,
        Challenge::X,
        Challenge::Factors,
        Challenge::Rows,
        Challenge::Form,
    ];
    expected.extend(vec![Challenge::FoldPoint; relations.folding().rounds]);
    expected.extend([Challenge::Combine, Challenge::Weight]);
    let last = &honest[honest.len() - expected.len()..];
    assert!(last.iter().map(|(kind, _)| *kind).eq(expected));
    let differ_from = |log: &Log, first: usize, what: &str| {
        assert_eq!(log.len(), honest.len(), "{what}");
        for (i, (a, b)) in log.iter().zip(&honest).enumerate() {
            assert_eq!(a.1 == b.1, i < first, "{what}: challenge {i} ({:?})", a.0);
        }
    };
    let elements = elements(relations, statement, proof);
    for (at, (is_point, before)) in (0..).step_by(32).zip(elements) {
        let mut other = proof.to_vec();
        let element = &mut other[at..at + 32];
        if is_point {
            let point = decode_points::<P>(element.as_chunks().0).unwrap()[0];
            element.copy_from_slice(&encode_point::<P>(&(point + h).into_affine()));
        } else {
            let scalar: Scalar<P> = decode_scalar((&*element).try_into().unwrap()).unwrap();
            element.copy_from_slice(&encode_scalar(&(scalar + Scalar::<P>::one())));
        }
        let (verdict, log) = challenges(statement, &other);
        assert_eq!(verdict, Err(Reject::Closing));
        differ_from(&log, before, &format!("byte {at}"));
    }
    // Each part of the statement changes them all.
    let mut other = statement.clone();
    other.context = b"another";
    differ_from(&challenges(&other, proof).1, 0, "context");
    for (i, values) in statement.publics.iter().enumerate() {
        for j in 0..values.len() {
            let mut publics = statement.publics.to_vec();
            publics[i][j] += 1;
            let other = Statement {
                publics: &publics,
                ..statement.clone()
            };
            differ_from(&challenges(&other, proof).1, 0, "public");
        }
    }
    for (i, rows) in statement.external.iter().enumerate() {
        for j in 0..rows.len() {
            let mut moved = rows.to_vec();
            moved[j] = (moved[j] + h).into_affine();
            let mut other = statement.clone();
            other.external[i] = &moved;
            differ_from(&challenges(&other, proof).1, 0, "external row");
        }
    }
}

/// Every byte before the response that still decodes changes x; every one in it changes what combines the equations, and the proofs.
fn all_bytes_are_absorbed(relations: &Relations, statement: &Statement<'_, P>, proof: &[u8]) {
    let generators = Generators::<P>::new(relations.generator_count());
    let challenges = |proof: &[u8]| {
        oracle::with(Program::Record, || {
            crate::verify(relations, &generators, statement, proof)
        })
    };
    let (_, honest) = challenges(proof);
    let x = honest.iter().position(|(kind, _)| *kind == Challenge::X);
    let x = x.unwrap();
    let response = proof.len() - closing_length(relations) + 32 * (relations.pad_rows().len() + 3);
    for at in 0..proof.len() {
        let mut other = proof.to_vec();
        other[at] ^= 1;
        let (verdict, log) = challenges(&other);
        if verdict == Err(Reject::Closing) {
            assert_eq!(log[x] == honest[x], at >= response, "byte {at}");
            for last in honest.len() - 2..honest.len() {
                assert_ne!(log[last], honest[last], "byte {at}");
            }
        } else {
            assert!(
                matches!(verdict, Err(Reject::Scalar(_) | Reject::Point(_))),
                "byte {at}"
            );
        }
    }
}

#[test]
fn everything_of_a_sample_is_absorbed_before_the_next_challenge() {
    let shape = Shape {
        samples: 2,
        inputs: 2,
        hidden: 2,
        outputs: 2,
        c: 7,
        ..Shape::default()
    };
    let relations = shape.relations();
    assert!(relations.folding().rounds > 0);
    assert!(relations.pad_rows().len() > 1);
    let generators = Generators::<P>::new(relations.generator_count());
    let trace = Trace::random(&shape, 1);
    let model = Model::commit(&relations, &generators, &trace.weights);
    let proof = prove(&relations, &generators, &model, &trace, b"").unwrap();
    let publics = vec![trace.out];
    all_is_absorbed(
        &relations,
        &model.statement(&publics, b""),
        &proof,
        generators.h,
    );
}

#[test]
fn every_byte_of_a_tiny_proof_is_absorbed() {
    let relations = tiny();
    let generators = Generators::<P>::new(relations.generator_count());
    let model = Model::commit(&relations, &generators, &[vec![2, 3]]);
    let publics = vec![vec![2, 9]];
    let statement = model.statement(&publics, b"");
    let witness = Witness {
        external: model.openings.iter().collect(),
        fresh: vec![Integers::from_i64(&[1, 3]).unwrap()],
        contractions: vec![vec![2, 9]],
    };
    let proof = crate::prove(&relations, &generators, &statement, witness, &mut |_| true).unwrap();
    all_bytes_are_absorbed(&relations, &statement, &proof);
}
