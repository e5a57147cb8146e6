//! The closing protocol's answer: what the equation of the batch reads of it is the committed vectors', and each vector is under its own
//! commitment.

use super::setting::{CLOSING, F, P};
use crate::affine::Batch;
use crate::closing::{Answer, LinearClaim};
use crate::combination;
use crate::curve::{Point, encode_point, encode_scalar};
use crate::generators::Generators;
use crate::inner_product;
use crate::multilinear::dot;
use crate::prover::{Candidate, FieldWitness, Prover};
use crate::tests::adversary::stream;
use crate::tests::oracle::{self, Program, bits};
use crate::tests::sample::{Model, Shape, Trace};
use crate::transcript::{Challenge, Message, Transcript};
use crate::{Integers, Reject, Witness};
use ark_ec::CurveGroup;
use ark_ff::{AdditiveGroup, Field, One};
use inferproof_relations::Relations;

/// What a liar knows when it answers.
struct Known<'a> {
    batch: &'a Batch<F>,
    x: F,
    /// What the batch gives for its secrets: zero for a true statement. The equation of the batch is off by `x^2` times this.
    error: F,
    /// Which pads are factors.
    factors: Vec<usize>,
    /// `z_s`.
    z_s: Vec<F>,
}

impl Known<'_> {
    /// What the value has to be off by for the equation of the batch to hold.
    fn forged(&self) -> F {
        -self.x * self.error
    }
}

/// Changes points, by multiples of generators.
type OfPoints<'a> = &'a dyn Fn(&mut [Point<P>], &Generators<P>);

/// What a cheating prover does; it is honest where it is not told otherwise.
struct Lie<'a> {
    /// The public output is false.
    is_false: bool,
    /// Changes the masks' commitments.
    masks: OfPoints<'a>,
    /// Changes message 12.
    answer: &'a dyn Fn(&mut Answer<F>, &Known<'_>),
    /// Changes the cross terms.
    cross_terms: &'a dyn Fn(&mut [F], &Known<'_>),
    /// Added to the blinder.
    blinder: &'a dyn Fn(&Known<'_>) -> F,
    /// The multiple of `H` that is added to `L` in the first round.
    fold: &'a dyn Fn(&Known<'_>) -> F,
}

impl Default for Lie<'_> {
    fn default() -> Self {
        Self {
            is_false: false,
            masks: &|_, _| {},
            answer: &|_, _| {},
            cross_terms: &|_, _| {},
            blinder: &|_| F::ZERO,
            fold: &|_| F::ZERO,
        }
    }
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
        assert!(relations.folding().rounds > 0);
        assert_eq!(relations.pad_rows().len(), 2);
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

    /// The verdict on the proof of a lie made under a programmed oracle, by a verifier under that and by one under the real one.
    fn verdicts(&self, program: &Program, lie: &Lie<'_>) -> [Result<(), Reject>; 2] {
        let mut publics = vec![self.trace.out.clone()];
        publics[0][0] += i64::from(lie.is_false);
        let (proof, _) = oracle::with(program.clone(), || self.prove(&publics, lie));
        let statement = self.model.statement(&publics, b"");
        let verify = || crate::verify(&self.relations, &self.generators, &statement, &proof);
        [oracle::with(program.clone(), verify).0, verify()]
    }

    /// The verdict on the proof of a lie under real challenges.
    fn verdict(&self, lie: &Lie<'_>) -> Result<(), Reject> {
        let [same, real] = self.verdicts(&Program::Record, lie);
        assert_eq!(same, real);
        real
    }

    fn prove(&self, publics: &[Vec<i64>], lie: &Lie<'_>) -> Vec<u8> {
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

    fn close(&self, candidate: Candidate<'_, P>, lie: &Lie<'_>) -> Vec<u8> {
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
        let taus: Vec<F> = opened.pad_blinders.iter().map(|_| random()).collect();
        let [omega, k0, k1] = [random(), random(), random()];
        let linear = batch.bilinear(&opened.pads, &t) + dot(&batch.a, &t) + dot(&batch.b, &w);
        let rows = t.chunks(batch.width()).zip(&taus);
        let mut first: Vec<Point<P>> = rows.map(|(row, &tau)| commit(row, tau)).collect();
        first.extend([
            commit(&w, omega),
            commit(&[batch.q(&t)], k0),
            commit(&[linear], k1),
        ]);
        (lie.masks)(&mut first, generators);
        messages.extend(first.iter().flat_map(encode_point::<P>));
        transcript.points::<P>(Message::Closing, &first);
        let x: F = transcript.challenge(Challenge::X);
        let masked = |mask: &[F], secret: &[F]| -> Vec<F> {
            mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
        };
        let (z_s, z_u) = (masked(&t, &opened.pads), masked(&w, &opened.vector));
        let zetas = [omega + x * opened.blinder].into_iter();
        let zetas: Vec<F> = zetas.chain(masked(&taus, &opened.pad_blinders)).collect();
        let known = Known {
            batch,
            x,
            error: batch.value(&opened.pads, &opened.vector),
            factors: batch.factors(),
            z_s,
        };
        let z_s = &known.z_s;
        let mut answer = Answer {
            of_values: k0 + x * k1,
            factors: known.factors.iter().map(|&pad| z_s[pad]).collect(),
            value: dot(&batch.a, z_s) + dot(&batch.b, &z_u),
        };
        (lie.answer)(&mut answer, &known);
        let mut send = |transcript: &mut Transcript, message, scalars: &[F]| {
            transcript.scalars(message, scalars);
            messages.extend(scalars.iter().flat_map(encode_scalar));
        };
        send(&mut transcript, Message::Response, &answer.scalars());
        let nu: F = transcript.challenge(Challenge::Factors);
        let claim = LinearClaim::new(batch, &known.factors, &answer, nu);
        let forms = claim.forms(batch);
        let vectors = [&z_u[..]].into_iter().chain(z_s.chunks(batch.width()));
        let vectors: Vec<&[F]> = vectors.collect();
        let mut cross_terms = combination::cross_terms(&vectors, &forms);
        (lie.cross_terms)(&mut cross_terms, &known);
        send(&mut transcript, Message::CrossTerms, &cross_terms);
        let rho: F = transcript.challenge(Challenge::Rows);
        let powers = combination::powers(rho, vectors.len());
        let blinder = dot(&powers, &zetas) + (lie.blinder)(&known);
        send(&mut transcript, Message::Blinder, &[blinder]);
        let xi: F = transcript.challenge(Challenge::Form);
        let vector = combination::of_vectors(&vectors, &powers, batch.width());
        let form = combination::of_forms(&forms, &powers, batch.width());
        let before = messages.len();
        inner_product::prove(
            generators,
            self.relations.folding(),
            vector,
            form,
            xi,
            &mut transcript,
            &mut messages,
        );
        let encoded = messages[before..before + 32].as_chunks().0;
        let left = crate::curve::decode_points::<P>(encoded).unwrap()[0];
        let moved = (left + generators.h * (lie.fold)(&known)).into_affine();
        messages[before..before + 32].copy_from_slice(&encode_point::<P>(&moved));
        messages
    }
}

/// A challenge of the liar's.
fn chosen() -> F {
    F::from(0x1234_5678u64)
}

/// The verdict under a challenge that the liar knows beforehand, and that under real ones.
fn known(challenge: Challenge, lie: &Lie<'_>) -> [Result<(), Reject>; 2] {
    Setting::new().verdicts(&Program::Fixed(challenge, bits(chosen())), lie)
}

fn moved(point: &mut Point<P>, by: F, base: Point<P>) {
    *point = (*point + base * by).into_affine();
}

#[test]
fn an_honest_answer_passes() {
    assert_eq!(Setting::new().verdict(&Lie::default()), Ok(()));
}

/// Each message wrong alone, and all that follows consistent with it.
#[test]
fn each_message_of_the_closing_protocol_counts() {
    let setting = Setting::new();
    let honest = || Lie::default();
    let one = F::one();
    for point in 0..5 {
        let lie = Lie {
            masks: &|points, generators| moved(&mut points[point], one, generators.h),
            ..honest()
        };
        assert_eq!(setting.verdict(&lie), CLOSING, "point {point}");
    }
    for term in 0..4 {
        let lie = Lie {
            cross_terms: &|terms, _| terms[term] += one,
            ..honest()
        };
        assert_eq!(setting.verdict(&lie), CLOSING, "cross term {term}");
    }
    for lie in [
        Lie {
            answer: &|answer, _| answer.of_values += one,
            ..honest()
        },
        Lie {
            answer: &|answer, _| answer.factors[0] += one,
            ..honest()
        },
        Lie {
            answer: &|answer, _| answer.value += one,
            ..honest()
        },
        Lie {
            blinder: &|_| one,
            ..honest()
        },
        Lie {
            fold: &|_| one,
            ..honest()
        },
        Lie {
            is_false: true,
            ..honest()
        },
    ] {
        assert_eq!(setting.verdict(&lie), CLOSING);
    }
}

/// A factor that is not the committed one: it and the value are such that a false batch holds, and the linear claim with it for whoever knows
/// nu before.
#[test]
fn factors_that_suit_a_known_nu_are_rejected() {
    let count = Setting::new().relations.factor_count();
    for number in [0, 1, count - 1] {
        let lie = Lie {
            is_false: true,
            answer: &|answer, known| {
                // The quadratic form is linear in one factor, for a product has two.
                let mut unit = vec![F::ZERO; known.z_s.len()];
                unit[known.factors[number]] = F::one();
                assert_eq!(known.batch.q(&unit), F::ZERO);
                let slope = known.batch.bilinear(&known.z_s, &unit);
                // The value goes down by that power of nu times what the factor goes up by.
                let power = chosen().pow([number as u64 + 1]);
                let by = known.x * known.forged() / (slope - known.x * power);
                answer.factors[number] += by;
                answer.value -= power * by;
            },
            ..Lie::default()
        };
        assert_eq!(known(Challenge::Factors, &lie), [Ok(()), CLOSING]);
    }
}

/// A false statement: the value makes up for that in the batch, and a cross term in the linear claim for whoever knows rho before.
#[test]
fn cross_terms_that_suit_a_known_rho_are_rejected() {
    // Of three vectors there are the terms of 1, rho, rho^3 and rho^4, and the value is that of rho^2.
    for (term, power) in [0, 1, 3, 4].into_iter().enumerate() {
        let rho = chosen();
        let lie = Lie {
            is_false: true,
            answer: &|answer, known| answer.value += known.forged(),
            cross_terms: &|terms, known| {
                terms[term] -= known.forged() * rho.square() / rho.pow([power]);
            },
            ..Lie::default()
        };
        assert_eq!(known(Challenge::Rows, &lie), [Ok(()), CLOSING]);
    }
}

/// Masks that are moved by multiples of a generator from one commitment to another: their combination under a known rho is as it was.
#[test]
fn commitments_are_each_their_own() {
    // What the masks of two rows and that of the opened vector stand under.
    let under = [chosen(), chosen().square(), F::one()];
    for (from, to) in [(0, 1), (1, 2), (2, 0)] {
        let lie = Lie {
            masks: &|points, generators| {
                let generator = generators.g[3];
                moved(&mut points[from], under[to], generator);
                moved(&mut points[to], -under[from], generator);
            },
            ..Lie::default()
        };
        assert_eq!(known(Challenge::Rows, &lie), [Ok(()), CLOSING]);
    }
}

/// Two rows of pads in each other's place.
#[test]
fn rows_of_pads_have_an_order() {
    let lie = Lie {
        masks: &|points, _| points.swap(0, 1),
        ..Lie::default()
    };
    assert_eq!(Setting::new().verdict(&lie), CLOSING);
}

/// A false statement: the value makes up for that in the batch, and the blinder in the linear claim for whoever knows xi before.
#[test]
fn a_blinder_that_suits_a_known_xi_is_rejected() {
    let (rho, xi) = (F::from(99), chosen());
    let lie = Lie {
        is_false: true,
        answer: &|answer, known| answer.value += known.forged(),
        blinder: &|known| xi * rho.square() * known.forged(),
        ..Lie::default()
    };
    let program = |xi: F| {
        Program::Several(vec![
            (Challenge::Rows, bits(rho)),
            (Challenge::Form, bits(xi)),
        ])
    };
    let setting = Setting::new();
    assert_eq!(setting.verdicts(&program(xi), &lie), [Ok(()), CLOSING]);
    assert_eq!(setting.verdicts(&program(xi.double()), &lie)[0], CLOSING);
}

/// A false statement: the value makes up for that in the batch, and an `L` in the linear claim for whoever knows its `y` before.
#[test]
fn folds_that_suit_a_known_y_are_rejected() {
    let (rho, xi, y) = (F::from(99), F::from(11), chosen());
    let lie = Lie {
        is_false: true,
        answer: &|answer, known| answer.value += known.forged(),
        // Wrong by as much before the round, and so by y times that behind it.
        fold: &|known| -y * xi * rho.square() * known.forged(),
        ..Lie::default()
    };
    let program = |y: F| {
        Program::Several(vec![
            (Challenge::Rows, bits(rho)),
            (Challenge::Form, bits(xi)),
            (Challenge::FoldPoint, bits(y)),
        ])
    };
    let setting = Setting::new();
    assert_eq!(setting.verdicts(&program(y), &lie), [Ok(()), CLOSING]);
    assert_eq!(setting.verdicts(&program(y.double()), &lie)[0], CLOSING);
}
