//! An inner-product argument that does not hide (`docs/protocol.md`, section 6): the commitment `P = <z, G>` to a vector that may be
//! known, and the value `v = <a, z>` of a public linear form, without sending all of `z`.
//!
//! Both are one equation under a challenge xi, `P + xi v H = <z, G> + xi <a, z> H`. A round cuts `z`, `G` and `a` into halves, of which
//! the low ones stand first: the prover sends `L = <z_lo, G_hi> + xi <z_lo, a_hi> H` and `R = <z_hi, G_lo> + xi <z_hi, a_lo> H`, gets `y`, and
//! goes on with `z_lo + y z_hi`, `y G_lo + G_hi`, `y a_lo + a_hi`, whose equation has the left side `L + y (P + xi v H) + y^2 R`. What is left
//! after the rounds of a [`Folding`] is sent. Three-special-sound in every round (Attema and Cramer, 2020/152, section 4; the halving is that
//! of Bulletproofs, 2017/1066).

use crate::curve::{Point, Profile, Scalar};
#[cfg(feature = "prover")]
use crate::curve::{encode_point, encode_scalar};
use crate::error::Reject;
#[cfg(feature = "prover")]
use crate::generators::Generators;
#[cfg(feature = "prover")]
use crate::msm::Bases;
use crate::multilinear::dot;
use crate::script::party::MessageReader;
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use ark_ff::Field;
use inferproof_relations::Folding;

/// How a form and the generators of its vector are folded so far.
struct Folds<F> {
    /// The form's coefficients in the vector that is left.
    coefficients: Vec<F>,
    /// What the runs of generators are multiplied by, of which each of the generators that are left is a sum. Generators are not folded
    /// themselves: to multiply those of the beginning takes less time for as few rounds as there are.
    factors: Vec<F>,
}

impl<F: Field> Folds<F> {
    fn new(form: Vec<F>) -> Self {
        Self {
            coefficients: form,
            factors: vec![F::one()],
        }
    }

    fn fold(&mut self, y: F) {
        self.coefficients = fold(&self.coefficients, y, F::one());
        // The first half of each run by y.
        let factors = self.factors.iter();
        self.factors = factors.flat_map(|&factor| [factor * y, factor]).collect();
    }
}

/// The low half under one factor and the high half under another.
fn fold<F: Field>(vector: &[F], on_low: F, on_high: F) -> Vec<F> {
    let (low, high) = vector.split_at(vector.len() / 2);
    let both = low.iter().zip(high);
    both.map(|(&low, &high)| on_low * low + on_high * high)
        .collect()
}

/// Appends the rounds, and what is left of the vector. It and the form have `2^c` entries for a folding of `c` bits. The verifier has the
/// vector's commitment, without a blinder, and the form's value.
#[cfg(feature = "prover")]
pub(crate) fn prove<P: Profile>(
    generators: &Generators<P>,
    folding: Folding,
    mut vector: Vec<Scalar<P>>,
    form: Vec<Scalar<P>>,
    xi: Scalar<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) {
    // H stands behind the generators.
    let used = generators.g.iter().take(vector.len());
    let bases = Bases::new(used.chain([&generators.h]));
    let mut folds = Folds::new(form);
    for _ in 0..folding.rounds {
        let points = bases.sums(&across(&vector, &folds, xi));
        transcript.points::<P>(Message::Fold, &points);
        proof.extend(points.iter().flat_map(encode_point::<P>));
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        vector = fold(&vector, Scalar::<P>::ONE, y);
        folds.fold(y);
    }
    transcript.scalars(Message::Folded, &vector);
    proof.extend(vector.iter().flat_map(encode_scalar));
}

/// What the generators and `H` are multiplied by in `L` and in `R`: each half of the vector stands under the other half's generators.
#[cfg(feature = "prover")]
fn across<F: Field>(vector: &[F], folds: &Folds<F>, xi: F) -> [Vec<F>; 2] {
    let half = vector.len() / 2;
    let (low, high) = vector.split_at(half);
    let (form_low, form_high) = folds.coefficients.split_at(half);
    let zeros = vec![F::zero(); half];
    let under = |entries: &[F], factor: F| entries.iter().map(move |&z| factor * z).collect();
    let of = |entries: &[F], is_high: bool, form: &[F]| {
        let runs = folds.factors.iter().flat_map(|&factor| {
            let multiples: Vec<F> = under(entries, factor);
            match is_high {
                true => [zeros.clone(), multiples],
                false => [multiples, zeros.clone()],
            }
        });
        let value: F = entries.iter().zip(form).map(|(&z, &a)| z * a).sum();
        runs.flatten().chain([xi * value]).collect()
    };
    [of(low, true, form_high), of(high, false, form_low)]
}

/// The equation that is left of `P + xi v H = <z, G> + xi <a, z> H`.
pub(crate) struct Unfolded<P: Profile> {
    /// What the generators of the vector are multiplied by, on the right.
    pub generators: Vec<Scalar<P>>,
    /// What `H` is multiplied by, on the right.
    pub blinder: Scalar<P>,
    /// What `P + xi v H` is multiplied by, on the left.
    pub claimed: Scalar<P>,
    /// The rounds' points, and what they are multiplied by, on the left.
    pub points: Vec<(Point<P>, Scalar<P>)>,
}

/// Reads the rounds, and what is left of a vector with this form.
///
/// # Soundness
/// The equation MUST be decided, by the caller.
pub(crate) fn read<P: Profile>(
    folding: Folding,
    form: Vec<Scalar<P>>,
    xi: Scalar<P>,
    transcript: &mut Transcript,
    reader: &mut Reader<'_>,
) -> Result<Unfolded<P>, Reject> {
    let mut folds = Folds::new(form);
    let mut claimed = Scalar::<P>::ONE;
    let mut points: Vec<(Point<P>, Scalar<P>)> = Vec::new();
    for _ in 0..folding.rounds {
        let both = reader.exactly_points::<P, 2>(Message::Fold)?;
        transcript.points::<P>(Message::Fold, &both);
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        folds.fold(y);
        // What was on the left so far is multiplied by y.
        claimed *= y;
        points.iter_mut().for_each(|(_, scalar)| *scalar *= y);
        let [left, right] = both;
        points.extend([(left, Scalar::<P>::ONE), (right, y.square())]);
    }
    let vector = reader.scalars(Message::Folded, folding.left)?;
    transcript.scalars(Message::Folded, &vector);
    let factors = folds.factors.iter();
    let multiples = factors.flat_map(|&factor| vector.iter().map(move |&z| factor * z));
    Ok(Unfolded {
        generators: multiples.collect(),
        blinder: xi * dot(&folds.coefficients, &vector),
        claimed,
        points,
    })
}
