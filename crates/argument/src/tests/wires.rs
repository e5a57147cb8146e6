//! The script on other arithmetics than the native one: on field elements in the clear, without pads, and on wires, as a circuit
//! runs it. All three are the same code, so what one accepts the others do.

use super::adversary::Adversary;
use super::sample::{Shape, Trace};
use crate::Reject;
use crate::curve::{Scalar, decode_scalar};
use crate::generators::Generators;
use crate::multilinear::{dot, eq_vector};
use crate::row_weights::row_weights;
use crate::script::Script;
use crate::script::arithmetic::{Arithmetic, Challenger, Constraint, Ring, Value};
use crate::script::claims::TensorClaim;
use crate::script::commitments::Committed;
use crate::script::opening::OpenedClaim;
use crate::script::party::{LookupParty, MessageReader, Reading};
use crate::transcript::{Challenge, Message, StatementPart, Transcript};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::Relations;
use std::iter::{Product, Sum};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use std::sync::atomic::{AtomicUsize, Ordering};

type P = GrumpkinConfig;
type F = Scalar<P>;

/// Values are what messages are: nothing is hidden.
#[derive(Clone, Copy, Debug, Default)]
struct Bare<K>(K);

impl<K: Ring> Value<K> for Bare<K> {
    fn received(sent: K, _: usize) -> Self {
        Self(sent)
    }

    fn add_scaled(&mut self, k: K, other: &Self) {
        self.0 += k * other.0;
    }

    fn add_known(&mut self, k: K) {
        self.0 += k;
    }

    fn scaled(self, k: K) -> Self {
        Self(k * self.0)
    }
}

/// Without pads, over any ring, with a transcript for it.
struct Clear<K, T>(PhantomData<(K, T)>);

impl<K: Ring, T: Challenger<K>> Arithmetic for Clear<K, T> {
    type Known = K;
    type Value = Bare<K>;
    type Transcript = T;
}

/// Multiplications of two wires.
static PRODUCTS: AtomicUsize = AtomicUsize::new(0);

/// A field element, and whether it is a wire of a circuit or a constant of it.
#[derive(Clone, Copy, Debug, Default)]
struct Wire {
    value: F,
    wire: bool,
}

impl Wire {
    fn of(value: F) -> Self {
        Self { value, wire: true }
    }
}

impl From<i64> for Wire {
    fn from(constant: i64) -> Self {
        let value = constant.into();
        Self { value, wire: false }
    }
}

impl Add for Wire {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            wire: self.wire || other.wire,
        }
    }
}

impl Neg for Wire {
    type Output = Self;
    fn neg(mut self) -> Self {
        self.value = -self.value;
        self
    }
}

impl Mul for Wire {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if self.wire && other.wire {
            PRODUCTS.fetch_add(1, Ordering::Relaxed);
        }
        Self {
            value: self.value * other.value,
            wire: self.wire || other.wire,
        }
    }
}

impl Sub for Wire {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl AddAssign for Wire {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Wire {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl MulAssign for Wire {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl Sum for Wire {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::from(0), Add::add)
    }
}

impl Product for Wire {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::from(1), Mul::mul)
    }
}

impl Ring for Wire {
    fn decode(bytes: &[u8; 32]) -> Option<Self> {
        let value = decode_scalar(bytes).ok()?;
        Some(Self { value, wire: false })
    }
}

/// A transcript whose challenges are wires.
struct WireTranscript(Transcript);

impl Challenger<Wire> for WireTranscript {
    fn absorb(&mut self, message: Message, sent: &[Wire]) {
        let sent: Vec<F> = sent.iter().map(|wire| wire.value).collect();
        self.0.scalars(message, &sent);
    }

    fn challenge(&mut self, challenge: Challenge) -> Wire {
        Wire::of(self.0.challenge(challenge))
    }
}

/// Reads messages that were sent in the clear.
struct Replay<'a>(&'a [F]);

impl MessageReader<Wire> for Replay<'_> {
    fn scalars(&mut self, message: Message, count: usize) -> Result<Vec<Wire>, Reject> {
        let (next, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Reject::Scalar(message))?;
        self.0 = rest;
        Ok(next.iter().copied().map(Wire::of).collect())
    }
}

/// A transcript that has absorbed something in place of commitments.
fn transcript(relations: &Relations) -> Transcript {
    let mut transcript = Transcript::new();
    transcript.statement(StatementPart::Relations, &relations.digest());
    transcript
}

/// Runs the script from the tree on.
fn run<'a, A: Arithmetic, S: LookupParty<A::Known>>(
    relations: &'a Relations,
    publics: &'a [Vec<i64>],
    transcript: &'a mut A::Transcript,
    party: S,
) -> Result<OpenedClaim<'a, A, S::Last>, S::Error> {
    let script = Script::new(relations, publics, transcript);
    let committed = Committed { script, party };
    committed.tree()?.merge()?.contractions()?.open()
}

/// The opened vector: the claims' combination of rows at the point.
fn opened_vector(
    relations: &Relations,
    rows: &[Vec<Vec<F>>],
    claims: &[TensorClaim<F>],
    point: &[F],
) -> Vec<F> {
    let width = 1 << relations.parts().c;
    let at_point = eq_vector(point, width);
    let mut vector = vec![F::from(0); width];
    for claim in claims {
        let layout = &relations.parts().tensors[claim.tensor].layout;
        let weights = row_weights(layout, &claim.functional, &at_point);
        for (weight, row) in weights.into_iter().zip(&rows[claim.tensor]) {
            let weight = weight * claim.functional.coefficient;
            vector
                .iter_mut()
                .zip(row)
                .for_each(|(u, v)| *u += weight * v);
        }
    }
    vector
}

/// What constraints in the clear say is zero.
fn values(constraints: &[Constraint<F, Bare<F>>], vector: &[F]) -> Vec<F> {
    let value = |constraint: &Constraint<F, Bare<F>>| {
        let products = constraint.products.iter();
        let products: F = products.map(|(k, f, g)| *k * f.0 * g.0).sum();
        constraint.linear.0 + products + dot(&constraint.opening, vector)
    };
    constraints.iter().map(value).collect()
}

/// Proves a trace in the clear. Gives what the constraints say is zero, and how many products the script takes on wires, where
/// it gives the same constraints.
fn in_the_clear(shape: &Shape, trace: &Trace) -> (Vec<F>, usize) {
    let relations = shape.relations();
    let generators = Generators::<P>::new(relations.generator_count());
    let publics = vec![trace.out.clone()];
    let mut prover = Adversary::sample(&relations, &generators, trace);
    prover.remove_pads();
    let mut clear_transcript = transcript(&relations);
    let clear = run::<Clear<F, Transcript>, _>(&relations, &publics, &mut clear_transcript, prover);
    let clear = clear.unwrap();
    let vector = opened_vector(&relations, &clear.last.rows, &clear.claims, &clear.point);
    let constraints = clear.script.constraints;
    let of_clear = values(&constraints, &vector);

    let sent: Vec<F> = clear
        .last
        .sent_scalars()
        .chunks(32)
        .map(|bytes| decode_scalar(bytes.try_into().unwrap()).unwrap())
        .collect();
    assert_eq!(sent.len(), relations.pad_count());
    let mut wire_transcript = WireTranscript(transcript(&relations));
    let before = PRODUCTS.load(Ordering::Relaxed);
    let wires = run::<Clear<Wire, WireTranscript>, _>(
        &relations,
        &publics,
        &mut wire_transcript,
        Reading(Replay(&sent)),
    )
    .unwrap();
    let products = PRODUCTS.load(Ordering::Relaxed) - before;
    assert!(wires.last.0.is_empty(), "every message is read");
    let bare = |wire: &Bare<Wire>| Bare(wire.0.value);
    let of_wires: Vec<Constraint<F, Bare<F>>> = wires
        .script
        .constraints
        .iter()
        .map(|constraint| Constraint {
            linear: bare(&constraint.linear),
            products: constraint
                .products
                .iter()
                .map(|(k, f, g)| (k.value, bare(f), bare(g)))
                .collect(),
            opening: constraint.opening.iter().map(|wire| wire.value).collect(),
        })
        .collect();
    assert_eq!(values(&of_wires, &vector), of_clear);
    (of_clear, products)
}

/// In the clear and on wires every constraint holds for a true trace, and one does not for each false one. How many products a
/// circuit takes depends on the relations alone.
#[test]
fn the_script_runs_in_the_clear_and_on_wires() {
    let shape = Shape::default();
    let honest = Trace::random(&shape, 31);
    let (constraints, products) = in_the_clear(&shape, &honest);
    assert!(constraints.iter().all(|value| *value == F::from(0)));
    let (_, again) = in_the_clear(&shape, &Trace::random(&shape, 32));
    assert_eq!(products, again);
    let lies: [fn(&mut Trace); 5] = [
        |t| t.x[0] += 1,
        |t| t.y[1] += 1,
        |t| t.h[2] -= 1,
        |t| t.out[0] += 1,
        |t| t.contractions[1][0] += 16,
    ];
    for (i, lie) in lies.into_iter().enumerate() {
        let mut trace = honest.clone();
        lie(&mut trace);
        let (constraints, of_lie) = in_the_clear(&shape, &trace);
        assert!(constraints.iter().any(|v| *v != F::from(0)), "lie {i}");
        assert_eq!(of_lie, products);
    }
    // Tables dominate: an entry takes two products, and its multiplicity two more.
    let relations = shape.relations();
    let entries: usize = relations.parts().tables.iter().map(|t| t.len()).sum();
    assert!(products > entries && products < 12 * entries, "{products}");
}
