//! What a proof tells: nothing that the statement does not. A simulator makes accepting transcripts without a witness, every
//! scalar is sent minus a pad that is used once, and what must not be reused reveals the pads when it is.

use super::adversary::{cheat, stream};
use super::mutations::tiny;
use super::oracle::{self, Program, bits};
use super::sample::{Model, Shape, Trace, prove, verify};
use crate::affine::Batch;
use crate::closing::{Response, respond};
use crate::curve::{Point, Scalar, encode_point, encode_scalar};
use crate::generators::Generators;
use crate::msm::{commit_scalars, msm_full};
use crate::multilinear::dot;
use crate::prover::{Candidate, FieldWitness, Prover, Randomness};
use crate::script::party::{Commitments, Party};
use crate::script::{Outcome, Statement, run};
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use crate::{Integers, ProveError, Reject, Witness};
use ark_ec::CurveGroup;
use ark_ff::{Field, One, Zero};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::Relations;
use std::collections::HashSet;
use zeroize::Zeroizing;

type P = GrumpkinConfig;
type F = Scalar<P>;

fn sum(points: &[Point<P>], scalars: &[F]) -> Point<P> {
    msm_full::<P>(points, scalars).into_affine()
}

/// The opened vector's commitment.
fn opening_point(outcome: &Outcome<'_, P>) -> Point<P> {
    let rows: Vec<_> = outcome.opening.iter().flat_map(|o| o.rows.iter()).collect();
    let scalars: Vec<_> = outcome.opening.iter().flat_map(|o| &o.scalars).collect();
    sum(
        &rows.into_iter().copied().collect::<Vec<_>>(),
        &scalars.into_iter().copied().collect::<Vec<_>>(),
    )
}

/// Messages 1 to 9 of a proof as the verifier reads them.
fn outcome<'a>(
    relations: &Relations,
    statement: &Statement<'a, P>,
    head: &[u8],
) -> (Outcome<'a, P>, Transcript) {
    let reader = Reader {
        relations,
        rest: head,
    };
    let mut transcript = Transcript::new();
    let (outcome, _) = run(relations, statement, &mut transcript, reader).unwrap();
    (outcome, transcript)
}

/// An accepting proof of anything, true or false, for whoever may choose the last challenge.
pub fn simulate(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    x: F,
    seed: u64,
) -> Vec<u8> {
    let mut scalar = stream::<F>(seed);
    let mut random = stream::<F>(seed + 1000);
    let mut point = || sum(&[generators.h], &[random()]);
    let rows: usize = relations.fresh().map(|(_, t)| t.layout.row_count()).sum();
    let mut proof: Vec<u8> = (0..rows + relations.pad_rows().len())
        .flat_map(|_| encode_point::<P>(&point()))
        .collect();
    proof.extend((0..relations.pad_count()).flat_map(|_| encode_scalar(&scalar())));
    let (outcome, transcript) = outcome(relations, statement, &proof);
    let batch = &outcome.batch;
    let response = Response {
        pads: batch.a.iter().map(|_| scalar()).collect(),
        pad_blinders: outcome.pads.iter().map(|_| scalar()).collect(),
        vector: batch.b.iter().map(|_| scalar()).collect(),
        blinder: scalar(),
        of_values: scalar(),
    };
    let (z_s, z_u) = (&response.pads, &response.vector);
    let value = batch.q(z_s) + x * (dot(&batch.a, z_s) + dot(&batch.b, z_u)) + x.square() * batch.e;
    let less = |c: Point<P>, d: Point<P>| sum(&[c, d], &[F::one(), -x]);
    let k1 = point();
    let answers = z_s.chunks(batch.width()).zip(&response.pad_blinders);
    let answers = answers.map(|(z, &zeta)| commit_scalars(generators, z, zeta));
    let rows = answers.zip(&outcome.pads);
    let mut first: Vec<Point<P>> = rows.map(|(answer, &row)| less(answer, row)).collect();
    first.extend([
        less(
            commit_scalars(generators, z_u, response.blinder),
            opening_point(&outcome),
        ),
        less(commit_scalars(generators, &[value], response.of_values), k1),
        k1,
    ]);
    let under_x = Program::Fixed(Challenge::X, bits(x));
    oracle::with(under_x, || {
        answer(generators, batch, &first, &response, transcript, &mut proof);
    });
    proof
}

/// Appends messages 10 to 15 under a programmed x.
fn answer(
    generators: &Generators<P>,
    batch: &Batch<F>,
    first: &[Point<P>],
    response: &Response<P>,
    mut transcript: Transcript,
    proof: &mut Vec<u8>,
) {
    proof.extend(first.iter().flat_map(encode_point::<P>));
    transcript.points::<P>(Message::Closing, first);
    let _: F = transcript.challenge(Challenge::X);
    respond(generators, batch, response, &mut transcript, proof);
}

/// Perfect simulation of the closing protocol, on top of messages that are all uniform: accepted under the programmed last
/// challenge, for an output that the model never gives, and under no other.
#[test]
fn transcripts_are_made_without_a_witness() {
    let shape = Shape::small();
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    let model = Model::commit(&relations, &generators, &Trace::random(&shape, 1).weights);
    let publics = vec![vec![123_456, -9_999]];
    let statement = model.statement(&publics, b"");
    let x = F::from(0x1234_5678_9abc_def0u64);
    let proof = simulate(&relations, &generators, &statement, x, 1);
    assert_eq!(proof.len(), relations.proof_length());
    let verify = || crate::verify(&relations, &generators, &statement, &proof);
    let under = |x: F| oracle::with(Program::Fixed(Challenge::X, bits(x)), verify).0;
    assert_eq!(under(x), Ok(()));
    assert_eq!(under(x + F::one()), Err(Reject::Closing));
    assert_eq!(verify(), Err(Reject::Closing));
}

/// The real prover with pads and blinders that a test knows.
struct Watched<'a> {
    prover: Prover<'a, P>,
    /// Whether it has pads; they are all zero otherwise, so that values are sent as they are.
    padded: bool,
}

impl<'a> Party<P> for Watched<'a> {
    type Error = ProveError;
    type Last = <Prover<'a, P> as Party<P>>::Last;
    type Lookups = <Prover<'a, P> as Party<P>>::Lookups;

    fn commitments(self) -> Result<(Commitments<P>, Self::Lookups), ProveError> {
        let mut random = stream::<F>(77);
        let relations = self.prover.secrets.relations;
        let mut scalars = |count| Zeroizing::new((0..count).map(|_| random()).collect::<Vec<F>>());
        let fresh = relations.fresh();
        let blinders = fresh.map(|(_, t)| scalars(t.layout.row_count())).collect();
        let mut pads = scalars(relations.pad_count());
        if !self.padded {
            pads.fill(F::zero());
        }
        let randomness = Randomness {
            blinders,
            pads,
            pad_blinders: scalars(relations.pad_rows().len()),
        };
        Ok(self.prover.commit(randomness))
    }
}

fn watch<'a>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'a, P>,
    witness: &Witness<'_, P>,
    padded: bool,
) -> Candidate<'a, P> {
    let mut go = |_| true;
    let fields = FieldWitness::default();
    let prover = Prover::new(relations, generators, statement, witness, &fields, &mut go).unwrap();
    Candidate::new(relations, statement, Watched { prover, padded }).unwrap()
}

/// The scalars that are sent in messages 3 to 8.
fn sent(relations: &Relations, messages: &[u8]) -> Vec<F> {
    let rows: usize = relations.fresh().map(|(_, t)| t.layout.row_count()).sum();
    let scalars = messages[32 * (rows + relations.pad_rows().len())..].chunks(32);
    let decode = |bytes: &[u8]| crate::curve::decode_scalar(bytes.try_into().unwrap()).unwrap();
    scalars.map(decode).collect()
}

/// Every scalar of messages 3 to 8 is a value minus a pad, each pad is used once, and all are used, in order.
#[test]
fn no_scalar_leaves_without_a_pad() {
    let shape = Shape::default();
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    let trace = Trace::random(&shape, 2);
    let model = Model::commit(&relations, &generators, &trace.weights);
    let publics = vec![trace.out.clone()];
    let (statement, witness) = (model.statement(&publics, b""), model.witness(&trace));
    let make = |padded| watch(&relations, &generators, &statement, &witness, padded);
    let (real, log) = oracle::with(Program::Record, || make(true));
    // The same challenges, without pads: what is sent are the values.
    let (bare, _) = oracle::with(Program::Frozen(log), || make(false));
    let (sent, values) = (
        sent(&relations, &real.messages),
        sent(&relations, &bare.messages),
    );
    let pads = &real.opened.pads;
    assert_eq!(sent.len(), relations.pad_count());
    assert_eq!(pads.len(), relations.pad_count());
    for (i, ((sent, value), pad)) in sent.iter().zip(&values).zip(pads.iter()).enumerate() {
        assert_eq!(*sent + pad, *value, "scalar {i}");
        assert_ne!(sent, value, "scalar {i}");
    }
    assert_eq!(pads.iter().collect::<HashSet<_>>().len(), pads.len());
    // Without pads the rest of the protocol is the same: the equation holds.
    assert_eq!(real.check(), Ok(()));
    assert_eq!(bare.check(), Ok(()));
}

/// Two secrets with the same public output: proofs of the same length, whose elements are of the same kinds, and pass for
/// each model alone.
#[test]
fn proofs_of_different_secrets_look_alike() {
    let shape = Shape::default();
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    // The second layer is zero: the output is that of its bias, whatever the input and the first layer.
    let of_seed = |seed| {
        let mut trace = Trace::random(&shape, seed);
        trace.weights[2].fill(0);
        trace.weights[3] = vec![50, -20, 0];
        Trace::run(&shape, trace.weights, trace.x)
    };
    let (one, other) = (of_seed(3), of_seed(4));
    assert_eq!(one.out, other.out);
    assert_ne!(one.x, other.x);
    let proofs = [&one, &other, &one].map(|trace| {
        let model = Model::commit(&relations, &generators, &trace.weights);
        let proof = prove(&relations, &generators, &model, trace, b"").unwrap();
        assert_eq!(
            verify(&relations, &generators, &model, &trace.out, b"", &proof),
            Ok(())
        );
        proof
    });
    assert!(proofs.iter().all(|p| p.len() == relations.proof_length()));
}

/// The same statement, proven twice with the same witness: no point and no scalar in common, and none twice in one proof.
#[test]
fn proofs_share_nothing() {
    let shape = Shape::default();
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    let mut trace = Trace::random(&shape, 5);
    // Rows of zeros have blinders too.
    trace.x.fill(0);
    let trace = Trace::run(&shape, trace.weights, trace.x);
    let model = Model::commit(&relations, &generators, &trace.weights);
    let mut seen = HashSet::new();
    let mut count = 0;
    for _ in 0..3 {
        let proof = prove(&relations, &generators, &model, &trace, b"").unwrap();
        for chunk in proof.chunks(32) {
            seen.insert(chunk.to_vec());
            count += 1;
        }
    }
    assert_eq!(seen.len(), count);
    assert!(!seen.contains(&vec![0; 32]));
    // A model committed twice shows nothing of being the same.
    let again = Model::<P>::commit(&relations, &generators, &trace.weights);
    let first: HashSet<_> = model.points.iter().flatten().collect();
    assert!(again.points.iter().flatten().all(|p| !first.contains(p)));
}

/// `docs/protocol.md`, section 9: one first message of the closing protocol under two challenges gives the pads of factors away, and with them the
/// values that were sent under them. So masks are drawn fresh, after chi, and no second challenge is answered.
#[test]
fn reused_masks_reveal_the_pads() {
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
    let (candidate, log) = oracle::with(Program::Record, || {
        watch(&relations, &generators, &statement, &witness, true)
    });
    let (bare, _) = oracle::with(Program::Frozen(log), || {
        watch(&relations, &generators, &statement, &witness, false)
    });
    let values = sent(&relations, &bare.messages);
    let Candidate {
        messages: head,
        opened,
        outcome,
        transcript,
    } = candidate;
    let pads = opened.pads.to_vec();
    let batch = &outcome.batch;
    let mut random = stream::<F>(8);
    let (t, w): (Vec<F>, Vec<F>) = (
        batch.a.iter().map(|_| random()).collect(),
        batch.b.iter().map(|_| random()).collect(),
    );
    let taus: Vec<F> = opened.pad_blinders.iter().map(|_| random()).collect();
    let [omega, k0, k1] = [random(), random(), random()];
    let linear = batch.bilinear(&pads, &t) + dot(&batch.a, &t) + dot(&batch.b, &w);
    let rows = t.chunks(batch.width()).zip(&taus);
    let rows = rows.map(|(row, &tau)| commit_scalars(&generators, row, tau));
    let mut first: Vec<Point<P>> = rows.collect();
    first.extend([
        commit_scalars(&generators, &w, omega),
        commit_scalars(&generators, &[batch.q(&t)], k0),
        commit_scalars(&generators, &[linear], k1),
    ]);
    let factors = batch.factors();
    // The factors' entries of `t + x s`, as the proof has them.
    let response = |x: F| {
        let z = |mask: &[F], secret: &[F]| -> Vec<F> {
            mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
        };
        let response = Response {
            pads: z(&t, &pads),
            pad_blinders: z(&taus, &opened.pad_blinders),
            vector: z(&w, &opened.vector),
            blinder: omega + x * opened.blinder,
            of_values: k0 + x * k1,
        };
        let mut proof = head.clone();
        let under_x = Program::Fixed(Challenge::X, bits(x));
        let (verdict, _) = oracle::with(under_x, || {
            let transcript = transcript.clone();
            answer(
                &generators,
                batch,
                &first,
                &response,
                transcript,
                &mut proof,
            );
            crate::verify(&relations, &generators, &statement, &proof)
        });
        assert_eq!(verdict, Ok(()));
        // Behind the first message and one blinder.
        let sent = head.len() + 32 * (first.len() + 1);
        let sent = proof[sent..].chunks(32).take(factors.len());
        let decode = |bytes: &[u8]| crate::curve::decode_scalar(bytes.try_into().unwrap());
        sent.map(|bytes| decode(bytes).unwrap()).collect::<Vec<F>>()
    };
    let (x1, x2) = (F::from(11), F::from(12_345));
    let (z1, z2) = (response(x1), response(x2));
    let factor = (x1 - x2).inverse().unwrap();
    let sent = sent(&relations, &head);
    for (&pad, (&z1, &z2)) in factors.iter().zip(z1.iter().zip(&z2)) {
        let found = (z1 - z2) * factor;
        assert_eq!(found, pads[pad]);
        // And the value, such as that of an operand.
        assert_eq!(sent[pad] + found, values[pad]);
    }
}

/// A proof that is stopped leaves nothing behind; one that is not asks at every stage, once.
#[test]
fn progress_stops_a_proof() {
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
    for stop in 0..5 {
        let mut asked = 0;
        let mut go = |_| {
            asked += 1;
            asked <= stop
        };
        let fields = FieldWitness::default();
        let prover = Prover::new(
            &relations,
            &generators,
            &statement,
            &witness,
            &fields,
            &mut go,
        )
        .unwrap();
        let verdict = cheat(&relations, &generators, &statement, prover);
        assert_eq!(verdict, Err(ProveError::Interrupted));
    }
}
