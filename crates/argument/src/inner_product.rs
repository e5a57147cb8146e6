//! An inner-product argument that does not hide (`docs/protocol.md`, section 6): the commitment `P = <z, G>` to a vector that may be
//! known, and the value `v = <a, z>` of a public linear form, without sending all of `z`.
//!
//! Both are one equation under a challenge xi, `P + xi v H = <z, G> + xi <a, z> H`. A round cuts `z`, `G` and `a` into halves, of which
//! the low ones stand first: the prover sends `L = <z_lo, G_hi> + xi <z_lo, a_hi> H` and `R = <z_hi, G_lo> + xi <z_hi, a_lo> H`, gets `y`, and
//! goes on with `z_lo + y z_hi`, `y G_lo + G_hi`, `y a_lo + a_hi`, whose equation has the left side `L + y (P + xi v H) + y^2 R`. What is left
//! after the rounds of a [`Folding`] is sent. Three-special-sound in every round (Attema and Cramer, 2020/152, section 4; the halving is that
//! of Bulletproofs, 2017/1066). Several vectors, each with an equation of its own, are folded under the same challenges.

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
use ark_ff::{AdditiveGroup, Field};
use inferproof_relations::Folding;

/// The vectors that are folded together.
pub(crate) const VECTORS: usize = 2;

/// A linear form on a vector, and which generators the vector is committed under.
#[derive(Clone)]
pub(crate) struct Form<F> {
    /// The places of the generators, from the first on, one an entry.
    pub places: Vec<usize>,
    /// The form's coefficients, one an entry.
    pub coefficients: Vec<F>,
}

/// How a form and the generators of its vector are folded so far.
struct Folds<F> {
    folding: Folding,
    /// The form's coefficients in the vector that is left.
    coefficients: Vec<F>,
    /// What the runs of generators are multiplied by, of which each of the generators that are left is a sum. Generators are not folded
    /// themselves: to multiply those of the beginning takes less time for as few rounds as there are.
    factors: Vec<F>,
}

impl<F: Field> Folds<F> {
    fn new(form: &Form<F>) -> Self {
        let folding = Folding::of(form.coefficients.len());
        Self {
            folding,
            coefficients: padded(&form.coefficients, folding),
            factors: vec![F::one()],
        }
    }

    /// Whether there is another round.
    fn go_on(&self) -> bool {
        self.coefficients.len() > self.folding.left
    }

    fn fold(&mut self, y: F) {
        self.coefficients = fold(&self.coefficients, y, F::one());
        // The first half of each run by y.
        let factors = self.factors.iter();
        self.factors = factors.flat_map(|&factor| [factor * y, factor]).collect();
    }
}

/// The vector with zeros behind it, so that each round halves it.
fn padded<F: Field>(vector: &[F], folding: Folding) -> Vec<F> {
    let mut padded = vector.to_vec();
    padded.resize(folding.padded(), F::zero());
    padded
}

/// The low half under one factor and the high half under another.
fn fold<F: Field>(vector: &[F], on_low: F, on_high: F) -> Vec<F> {
    let (low, high) = vector.split_at(vector.len() / 2);
    let both = low.iter().zip(high);
    both.map(|(&low, &high)| on_low * low + on_high * high)
        .collect()
}

/// A vector, and the form on it.
#[cfg(feature = "prover")]
pub(crate) type Vector<'a, F> = (&'a [F], &'a Form<F>);

/// Appends the rounds, and what is left of the vectors. The verifier has their commitments, without blinders, and their forms' values.
#[cfg(feature = "prover")]
pub(crate) fn prove<P: Profile>(
    generators: &Generators<P>,
    vectors: [Vector<'_, Scalar<P>>; VECTORS],
    xi: Scalar<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) {
    let all_places = vectors.iter().flat_map(|(_, form)| &form.places);
    let count = all_places.map(|place| place + 1).max().unwrap_or(0);
    // H stands behind the generators.
    let used = generators.g.iter().take(count).chain([&generators.h]);
    let bases = Bases::new(used);
    let mut folded = vectors.map(|(vector, form)| {
        let folds = Folds::new(form);
        (padded(vector, folds.folding), folds, &form.places)
    });
    loop {
        let active = folded.iter_mut().filter(|(_, folds, _)| folds.go_on());
        let active: Vec<_> = active.collect();
        if active.is_empty() {
            break;
        }
        let lists = active.iter();
        let lists =
            lists.flat_map(|(vector, folds, places)| across(vector, folds, places, count, xi));
        let points = bases.sums(&lists.collect::<Vec<_>>());
        transcript.points::<P>(Message::Fold, &points);
        proof.extend(points.iter().flat_map(encode_point::<P>));
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        for (vector, folds, _) in active {
            *vector = fold(vector, Scalar::<P>::ONE, y);
            folds.fold(y);
        }
    }
    for (vector, _, _) in &folded {
        transcript.scalars(Message::Folded, vector);
        proof.extend(vector.iter().flat_map(encode_scalar));
    }
}

/// What the generators and `H` are multiplied by in `L` and in `R`: each half of the vector stands under the other half's generators.
#[cfg(feature = "prover")]
fn across<F: Field>(
    vector: &[F],
    folds: &Folds<F>,
    places: &[usize],
    count: usize,
    xi: F,
) -> [Vec<F>; 2] {
    let half = vector.len() / 2;
    let (low, high) = vector.split_at(half);
    let (form_low, form_high) = folds.coefficients.split_at(half);
    let of = |entries: &[F], is_high: bool, form: &[F]| {
        let mut scalars = vec![F::zero(); count + 1];
        let runs = places.chunks(half).skip(usize::from(is_high)).step_by(2);
        for (run, &factor) in runs.zip(&folds.factors) {
            for (&place, &z) in run.iter().zip(entries) {
                if let Some(slot) = scalars.get_mut(place) {
                    *slot = factor * z;
                }
            }
        }
        let value: F = entries.iter().zip(form).map(|(&z, &a)| z * a).sum();
        if let Some(last) = scalars.last_mut() {
            *last = xi * value;
        }
        scalars
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

/// Reads the rounds, and what is left of vectors with these forms.
///
/// # Soundness
/// The equations MUST be decided, by the caller.
pub(crate) fn read<P: Profile>(
    forms: [&Form<Scalar<P>>; VECTORS],
    xi: Scalar<P>,
    transcript: &mut Transcript,
    reader: &mut Reader<'_>,
) -> Result<[Unfolded<P>; VECTORS], Reject> {
    let mut folded = forms.map(|form| {
        let unfolded = Unfolded {
            generators: Vec::new(),
            blinder: Scalar::<P>::ZERO,
            claimed: Scalar::<P>::ONE,
            points: Vec::new(),
        };
        (Folds::new(form), unfolded)
    });
    loop {
        let active = folded.iter_mut().filter(|(folds, _)| folds.go_on());
        let active: Vec<_> = active.collect();
        if active.is_empty() {
            break;
        }
        let points = reader.points::<P>(Message::Fold, 2 * active.len())?;
        transcript.points::<P>(Message::Fold, &points);
        let y: Scalar<P> = transcript.challenge(Challenge::FoldPoint);
        for ((folds, unfolded), both) in active.into_iter().zip(points.as_chunks::<2>().0) {
            let &[left, right] = both;
            folds.fold(y);
            // What was on the left so far is multiplied by y.
            unfolded.claimed *= y;
            unfolded
                .points
                .iter_mut()
                .for_each(|(_, scalar)| *scalar *= y);
            unfolded
                .points
                .extend([(left, Scalar::<P>::ONE), (right, y.square())]);
        }
    }
    for ((folds, unfolded), form) in folded.iter_mut().zip(forms) {
        let vector = reader.scalars(Message::Folded, folds.folding.left)?;
        transcript.scalars(Message::Folded, &vector);
        let factors = folds.factors.iter();
        let multiples = factors.flat_map(|&f| vector.iter().map(move |&z| f * z));
        unfolded.generators = multiples.take(form.places.len()).collect();
        unfolded.blinder = xi * dot(&folds.coefficients, &vector);
    }
    Ok(folded.map(|(_, unfolded)| unfolded))
}
