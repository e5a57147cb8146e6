//! The closing Sigma-protocol (`docs/protocol.md`, section 6): everything that the script collected holds for the committed pads
//! and the opened vector.
//!
//! The pads s are committed in rows as long as the opened vector u, `D_j = <s_j, G> + delta_j H`; with `U = <u, G> + upsilon H` the batch
//! is `q(s) + <a, s> + <b, u> + e = 0`. The prover sends `T_j = <t_j, G> + tau_j H`, `W = <w, G> + omega H`,
//! `K0 = q(t) G_0 + k0 H`, `K1 = (B(s, t) + <a, t> + <b, w>) G_0 + k1 H`, and gets x. The answer is `z_s = t + x s`,
//! `z_u = w + x u` and the blinders. Three-special-sound, perfectly honest-verifier zero-knowledge.
//!
//! The answer is not sent, but what the third equation reads of it: the entries of `z_s` that `q` reads, the *factors*, and the value of
//! `<a, z_s> + <b, z_u>`. That these are the committed vectors' is one linear claim ([`LinearClaim`]), on vectors that become one
//! ([`combination`]), which is folded ([`inner_product`]).

use crate::affine::Batch;
use crate::combination;
use crate::curve::{Profile, Scalar};
#[cfg(feature = "prover")]
use crate::curve::{encode_point, encode_scalar};
use crate::equation::Equation;
#[cfg(feature = "prover")]
use crate::error::ProveError;
use crate::error::Reject;
#[cfg(feature = "prover")]
use crate::generators::Generators;
use crate::inner_product;
#[cfg(feature = "prover")]
use crate::msm::commit_scalars;
#[cfg(feature = "prover")]
use crate::multilinear::dot;
#[cfg(feature = "prover")]
use crate::parallel;
#[cfg(feature = "prover")]
use crate::prover::Entropy;
use crate::script::Outcome;
use crate::script::opening::OpenedRows;
use crate::script::party::MessageReader;
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use ark_ff::PrimeField;
use inferproof_relations::Folding;
use std::borrow::Cow;
#[cfg(feature = "prover")]
use zeroize::Zeroizing;

/// The prover's secrets: the pads, the opened vector, and the blinders of their commitments.
#[cfg(feature = "prover")]
pub(crate) struct Opened<P: Profile> {
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    /// One a row of pads.
    pub pad_blinders: Zeroizing<Vec<Scalar<P>>>,
    pub vector: Zeroizing<Vec<Scalar<P>>>,
    pub blinder: Scalar<P>,
}

/// Makes messages 10 to 15, behind the messages of the script.
#[cfg(feature = "prover")]
pub(crate) fn prove<P: Profile>(
    generators: &Generators<P>,
    outcome: &Outcome<'_, P>,
    opened: &Opened<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) -> Result<(), ProveError> {
    let Opened {
        pads: s,
        pad_blinders,
        vector: u,
        blinder,
    } = opened;
    let batch = &outcome.batch;
    // The masks depend on chi, by way of the batch, and on every secret.
    let secrets: Zeroizing<Vec<u8>> =
        Zeroizing::new(s.iter().chain(u.iter()).flat_map(encode_scalar).collect());
    let said: [u8; 32] = *blake3::hash(proof).as_bytes();
    let mut entropy = Entropy::new(
        "closing masks",
        &[&secrets, &said, &encode_scalar(&batch.e)],
    )?;
    let (t, w) = (
        entropy.scalars::<Scalar<P>>(s.len()),
        entropy.scalars::<Scalar<P>>(u.len()),
    );
    let taus = entropy.scalars::<Scalar<P>>(pad_blinders.len());
    let [omega, k0, k1]: [Scalar<P>; 3] = std::array::from_fn(|_| entropy.scalar());
    let (on_square, on_line) = (
        [batch.q(&t)],
        [batch.bilinear(s, &t) + dot(&batch.a, &t) + dot(&batch.b, &w)],
    );
    let mut committed: Vec<(&[Scalar<P>], Scalar<P>)> = Vec::new();
    committed.extend(t.chunks(batch.width()).zip(taus.iter().copied()));
    committed.extend([(&w[..], omega), (&on_square, k0), (&on_line, k1)]);
    let first = parallel::map(&committed, |(vector, blinder)| {
        commit_scalars(generators, vector, *blinder)
    });
    transcript.points::<P>(Message::Closing, &first);
    proof.extend(first.iter().flat_map(|p| encode_point::<P>(p)));
    let x: Scalar<P> = transcript.challenge(Challenge::X);
    let masked = |mask: &[Scalar<P>], secret: &[Scalar<P>]| {
        let masked = mask.iter().zip(secret).map(|(&m, &v)| m + x * v);
        masked.collect::<Vec<_>>()
    };
    let response = Response {
        pads: masked(&t, s),
        pad_blinders: masked(&taus, pad_blinders),
        vector: masked(&w, u),
        blinder: omega + x * blinder,
        of_values: k0 + x * k1,
    };
    respond(generators, batch, &response, transcript, proof);
    Ok(())
}

/// The answer to x. It may be known to all.
#[cfg(feature = "prover")]
pub(crate) struct Response<P: Profile> {
    /// `z_s`.
    pub pads: Vec<Scalar<P>>,
    /// Its blinders, one a row.
    pub pad_blinders: Vec<Scalar<P>>,
    /// `z_u`.
    pub vector: Vec<Scalar<P>>,
    /// Its blinder.
    pub blinder: Scalar<P>,
    /// The blinder of `K0 + x K1`.
    pub of_values: Scalar<P>,
}

/// Appends messages 12 to 15.
#[cfg(feature = "prover")]
pub(crate) fn respond<P: Profile>(
    generators: &Generators<P>,
    batch: &Batch<Scalar<P>>,
    response: &Response<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) {
    let mut send = |transcript: &mut Transcript, message, scalars: &[Scalar<P>]| {
        transcript.scalars(message, scalars);
        proof.extend(scalars.iter().flat_map(encode_scalar));
    };
    let (width, z_s, z_u) = (batch.width(), &response.pads, &response.vector);
    let factors = batch.factors();
    let sent = factors.iter().filter_map(|&pad| z_s.get(pad).copied());
    let answer = Answer {
        of_values: response.of_values,
        factors: sent.collect(),
        value: dot(&batch.a, z_s) + dot(&batch.b, z_u),
    };
    send(transcript, Message::Response, &answer.scalars());
    let nu: Scalar<P> = transcript.challenge(Challenge::Factors);
    let claim = LinearClaim::new(batch, &factors, &answer, nu);
    let vectors: Vec<_> = [&z_u[..]].into_iter().chain(z_s.chunks(width)).collect();
    let forms = claim.forms(batch);
    let cross_terms = combination::cross_terms(&vectors, &forms);
    send(transcript, Message::CrossTerms, &cross_terms);
    let rho: Scalar<P> = transcript.challenge(Challenge::Rows);
    let powers = combination::powers(rho, vectors.len());
    let blinders = [response.blinder].into_iter();
    let blinders = blinders.chain(response.pad_blinders.iter().copied());
    let blinder = dot(&powers, &blinders.collect::<Vec<_>>());
    send(transcript, Message::Blinder, &[blinder]);
    let xi: Scalar<P> = transcript.challenge(Challenge::Form);
    let vector = combination::of_vectors(&vectors, &powers, width);
    let form = combination::of_forms(&forms, &powers, width);
    let folding = Folding::of(width);
    inner_product::prove(generators, folding, vector, form, xi, transcript, proof);
}

/// Message 12: what the third equation reads of the answer to x.
pub(crate) struct Answer<F> {
    /// The blinder of `K0 + x K1`.
    pub of_values: F,
    /// `z_f`: the entries of `z_s` that the quadratic form reads.
    pub factors: Vec<F>,
    /// `<a, z_s> + <b, z_u>`.
    pub value: F,
}

impl<F: PrimeField> Answer<F> {
    fn read(factors: usize, reader: &mut Reader<'_>) -> Result<Self, Reject> {
        let [of_values] = reader.exactly(Message::Response)?;
        let factors = reader.scalars(Message::Response, factors)?;
        let [value] = reader.exactly(Message::Response)?;
        Ok(Self {
            of_values,
            factors,
            value,
        })
    }

    /// As they are sent.
    pub fn scalars(&self) -> Vec<F> {
        [&[self.of_values], &self.factors[..], &[self.value]].concat()
    }

    /// What `K0 + x K1` is the commitment to.
    fn of_batch(&self, batch: &Batch<F>, factors: &[usize], x: F) -> F {
        // z_s where it is sent, zero elsewhere.
        let mut z_s = vec![F::zero(); batch.a.len()];
        for (&pad, &z) in factors.iter().zip(&self.factors) {
            if let Some(slot) = z_s.get_mut(pad) {
                *slot = z;
            }
        }
        batch.q(&z_s) + x * self.value + x.square() * batch.e
    }
}

/// The factors and the value are those of `z_s` and `z_u`: `<a + sum_i nu^i e_i, z_s> + <b, z_u>` is `value + sum_i nu^i z_i`, summed over the
/// factors, which are counted from one on. `e_i` is the form that reads the i-th of them.
pub(crate) struct LinearClaim<F> {
    /// On all pads.
    of_pads: Vec<F>,
    /// Of the form on the pads and that on the opened vector together.
    pub value: F,
}

impl<F: PrimeField> LinearClaim<F> {
    pub fn new(batch: &Batch<F>, factors: &[usize], answer: &Answer<F>, nu: F) -> Self {
        let mut claim = Self {
            of_pads: batch.a.clone(),
            value: answer.value,
        };
        let mut power = F::one();
        for (&pad, &z) in factors.iter().zip(&answer.factors) {
            power *= nu;
            claim.value += power * z;
            if let Some(slot) = claim.of_pads.get_mut(pad) {
                *slot += power;
            }
        }
        claim
    }

    /// The form on the opened vector, and one on each row of pads.
    pub fn forms<'a>(&'a self, batch: &'a Batch<F>) -> Vec<&'a [F]> {
        let of_vector = [&batch.b[..]].into_iter();
        of_vector
            .chain(self.of_pads.chunks(batch.width()))
            .collect()
    }
}

/// Reads messages 10 to 15, and makes one equation of the two that have to hold, combined with a challenge that depends on the whole proof.
///
/// # Soundness
/// The reader MUST be at its end afterwards, and the equation MUST be decided: the caller does both.
pub(crate) fn equation<'a, P: Profile>(
    outcome: Outcome<'a, P>,
    transcript: &mut Transcript,
    reader: &mut Reader<'_>,
) -> Result<Equation<'a, P>, Reject> {
    let Outcome {
        batch,
        pads,
        opening,
    } = outcome;
    let masks = reader.points::<P>(Message::Closing, pads.len())?;
    let others = reader.exactly_points::<P, 3>(Message::Closing)?;
    transcript.points::<P>(Message::Closing, &[&masks[..], &others].concat());
    let [w, k0, k1] = others;
    let x: Scalar<P> = transcript.challenge(Challenge::X);
    let factors = batch.factors();
    let answer = Answer::read(factors.len(), reader)?;
    transcript.scalars(Message::Response, &answer.scalars());
    let nu: Scalar<P> = transcript.challenge(Challenge::Factors);
    let claim = LinearClaim::new(&batch, &factors, &answer, nu);
    let count = combination::cross_term_count(pads.len());
    let cross_terms = reader.scalars(Message::CrossTerms, count)?;
    transcript.scalars(Message::CrossTerms, &cross_terms);
    let rho: Scalar<P> = transcript.challenge(Challenge::Rows);
    let [blinder]: [Scalar<P>; 1] = reader.exactly(Message::Blinder)?;
    transcript.scalars(Message::Blinder, &[blinder]);
    let xi: Scalar<P> = transcript.challenge(Challenge::Form);
    let powers = combination::powers(rho, pads.len() + 1);
    let form = combination::of_forms(&claim.forms(&batch), &powers, batch.width());
    let value = combination::of_values(claim.value, &cross_terms, rho);
    let folding = Folding::of(batch.width());
    let unfolded = inner_product::read::<P>(folding, form, xi, transcript, reader)?;
    let second: Scalar<P> = transcript.challenge(Challenge::Combine);

    let mut generators = unfolded.generators;
    if let Some(slot) = generators.first_mut() {
        *slot += second * answer.of_batch(&batch, &factors, x);
    }
    let claimed = unfolded.claimed;
    let mut own = vec![(w, -claimed), (k0, -second), (k1, -second * x)];
    let of_rows = powers.iter().skip(1);
    for ((&mask, &row), &power) in masks.iter().zip(&pads).zip(of_rows) {
        own.extend([(mask, -claimed * power), (row, -claimed * power * x)]);
    }
    own.extend(unfolded.points.into_iter().map(|(p, s)| (p, -s)));
    let on_rows = -claimed * x;
    let mut external = Vec::new();
    for OpenedRows { rows, scalars } in opening {
        let scalars = scalars.into_iter().map(|scalar| on_rows * scalar);
        match rows {
            Cow::Borrowed(rows) => external.push((rows, scalars.collect())),
            Cow::Owned(rows) => own.extend(rows.into_iter().zip(scalars)),
        }
    }
    Ok(Equation {
        generators,
        blinder: unfolded.blinder + claimed * (blinder - xi * value) + second * answer.of_values,
        own,
        external,
        drawn: transcript.challenge(Challenge::Weight),
    })
}
