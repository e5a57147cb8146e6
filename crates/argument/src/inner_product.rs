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
use crate::msm::msm_full;
use crate::multilinear::dot;
use crate::script::party::MessageReader;
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
#[cfg(feature = "prover")]
use ark_ec::CurveGroup;
use ark_ff::{Field, One};
use inferproof_relations::Folding;

/// `z_lo + y z_hi`, or, of generators' weights and forms, `y a_lo + a_hi`, of a vector that is two halves.
fn fold<F: Field>(vector: &[F], on_low: F, on_high: F) -> Vec<F> {
    let (low, high) = vector.split_at(vector.len() / 2);
    let both = low.iter().zip(high);
    both.map(|(&low, &high)| on_low * low + on_high * high)
        .collect()
}

/// The vector with zeros behind it.
fn padded<F: Field>(vector: &[F], length: usize) -> Vec<F> {
    let mut padded = vector.to_vec();
    padded.resize(length, F::zero());
    padded
}

/// What generators are multiplied by in those of the next round, for each generator of that round: the first half by `y`.
fn next_factors<F: Field>(factors: &[F], y: F) -> Vec<F> {
    factors.iter().flat_map(|&f| [f * y, f]).collect()
}

/// Appends the rounds and what is left of a vector whose commitment under these generators, without a blinder, and whose value under the form
/// the verifier has.
///
/// Generators are not folded: each round multiplies those it began with, which takes less than half the time for as few rounds as there are.
#[cfg(feature = "prover")]
#[allow(
    clippy::indexing_slicing,
    reason = "the prover's own: it runs on its own witness, never on bytes from outside"
)]
pub(crate) fn prove<P: Profile>(
    (generators, h): (&[Point<P>], Point<P>),
    (vector, form): (&[Scalar<P>], &[Scalar<P>]),
    xi: Scalar<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) {
    let generators = &generators[..vector.len()];
    let folding = Folding::of(vector.len());
    let mut vector = padded(vector, folding.padded());
    let mut form = padded(form, folding.padded());
    let mut factors = vec![Scalar::<P>::one()];
    for _ in 0..folding.rounds {
        let (low, high) = vector.split_at(vector.len() / 2);
        let (form_low, form_high) = form.split_at(form.len() / 2);
        // One half of the vector under the other half's generators.
        let across = |half: &[Scalar<P>], other: usize, form: &[Scalar<P>]| {
            let runs = generators.chunks(half.len()).skip(other).step_by(2);
            let (points, scalars): (Vec<Point<P>>, Vec<Scalar<P>>) = runs
                .zip(&factors)
                .flat_map(|(run, &factor)| {
                    run.iter().zip(half).map(move |(&g, &z)| (g, factor * z))
                })
                .unzip();
            msm_full::<P>(&points, &scalars) + h * (xi * dot(half, form))
        };
        let (left, right) = rayon::join(|| across(low, 1, form_high), || across(high, 0, form_low));
        let both = [left.into_affine(), right.into_affine()];
        transcript.points::<P>(Message::Fold, &both);
        proof.extend(both.iter().flat_map(encode_point::<P>));
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        vector = fold(&vector, Scalar::<P>::one(), y);
        form = fold(&form, y, Scalar::<P>::one());
        factors = next_factors(&factors, y);
    }
    transcript.scalars(Message::Folded, &vector);
    proof.extend(vector.iter().flat_map(encode_scalar));
}

/// The equation that is left of `P + xi v H = <z, G> + xi <a, z> H`.
pub(crate) struct Unfolded<P: Profile> {
    /// What a generator each is multiplied by, on the right.
    pub generators: Vec<Scalar<P>>,
    /// What `H` is multiplied by, on the right.
    pub blinder: Scalar<P>,
    /// What `P + xi v H` is multiplied by, on the left.
    pub claimed: Scalar<P>,
    /// The rounds' points, and what they are multiplied by, on the left.
    pub points: Vec<(Point<P>, Scalar<P>)>,
}

/// Reads the rounds and what is left of a vector as long as the form.
///
/// # Soundness
/// The equation MUST be decided, by the caller.
pub(crate) fn read<P: Profile>(
    form: &[Scalar<P>],
    xi: Scalar<P>,
    transcript: &mut Transcript,
    reader: &mut Reader<'_>,
) -> Result<Unfolded<P>, Reject> {
    let folding = Folding::of(form.len());
    let length = form.len();
    let mut form = padded(form, folding.padded());
    let mut factors = vec![Scalar::<P>::one()];
    let mut claimed = Scalar::<P>::one();
    let mut points = Vec::with_capacity(2 * folding.rounds);
    for _ in 0..folding.rounds {
        let both @ [left, right] = reader.exactly_points::<P, 2>(Message::Fold)?;
        transcript.points::<P>(Message::Fold, &both);
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        form = fold(&form, y, Scalar::<P>::one());
        factors = next_factors(&factors, y);
        // What was on the left so far is multiplied by y.
        claimed *= y;
        points.iter_mut().for_each(|(_, scalar)| *scalar *= y);
        points.extend([(left, Scalar::<P>::one()), (right, y.square())]);
    }
    let vector = reader.scalars(Message::Folded, folding.left)?;
    transcript.scalars(Message::Folded, &vector);
    let multiples = factors
        .iter()
        .flat_map(|&f| vector.iter().map(move |&z| f * z));
    Ok(Unfolded {
        generators: multiples.take(length).collect(),
        blinder: xi * dot(&form, &vector),
        claimed,
        points,
    })
}
