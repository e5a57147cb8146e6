//! The closing Sigma-protocol (`docs/protocol.md`, section 6): everything that the script collected holds for the committed pads
//! and the opened vector.
//!
//! With pads s, `D = <s, G> + delta H`, and the opened vector u, `U = <u, G> + upsilon H`, the batch is
//! `q(s) + <a, s> + <b, u> + e = 0`. The prover sends `T = <t, G> + tau H`, `W = <w, G> + omega H`,
//! `K0 = q(t) G_0 + k0 H`, `K1 = (B(s, t) + <a, t> + <b, w>) G_0 + k1 H`, gets x, and answers with `z_s = t + x s`,
//! `z_u = w + x u` and the blinders. Three-special-sound, perfectly honest-verifier zero-knowledge.
//!
//! Of `z_s` only the entries that `q` reads are sent. The others, and `z_u`, are folded ([`inner_product`]) together with the
//! values of `a` and `b`, which are sent.

use crate::affine::Batch;
use crate::curve::{Profile, Scalar};
#[cfg(feature = "prover")]
use crate::curve::{encode_point, encode_scalar};
use crate::equation::Equation;
#[cfg(feature = "prover")]
use crate::error::ProveError;
use crate::error::Reject;
#[cfg(feature = "prover")]
use crate::generators::Generators;
use crate::inner_product::{self, Form};
#[cfg(feature = "prover")]
use crate::msm::commit_scalars;
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
use ark_ff::{Field, One, PrimeField, Zero};
use std::borrow::Cow;
#[cfg(feature = "prover")]
use zeroize::Zeroizing;

/// The prover's secrets: the pads, the opened vector, and the blinders of their commitments.
#[cfg(feature = "prover")]
pub(crate) struct Opened<P: Profile> {
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    pub pad_blinder: Scalar<P>,
    pub vector: Zeroizing<Vec<Scalar<P>>>,
    pub blinder: Scalar<P>,
}

/// Makes messages 10 to 13, behind the messages of the script.
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
        pad_blinder,
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
    let [tau, omega, k0, k1]: [Scalar<P>; 4] = std::array::from_fn(|_| entropy.scalar());
    let linear = batch.bilinear(s, &t) + dot(&batch.a, &t) + dot(&batch.b, &w);
    let committed: [(&[Scalar<P>], Scalar<P>); 4] = [
        (&t, tau),
        (&w, omega),
        (&[batch.q(&t)], k0),
        (&[linear], k1),
    ];
    let first = parallel::map(&committed, |(vector, blinder)| {
        commit_scalars(generators, vector, *blinder)
    });
    transcript.points::<P>(Message::Closing, &first);
    let x: Scalar<P> = transcript.challenge(Challenge::X);
    let masked = |mask: &[Scalar<P>], secret: &[Scalar<P>]| {
        let masked = mask.iter().zip(secret).map(|(&m, &v)| m + x * v);
        masked.collect::<Vec<_>>()
    };
    let response = Response {
        pads: masked(&t, s),
        vector: masked(&w, u),
        blinders: [tau + x * pad_blinder, omega + x * blinder, k0 + x * k1],
    };
    proof.extend(first.iter().flat_map(|p| encode_point::<P>(p)));
    respond(generators, batch, &response, transcript, proof);
    Ok(())
}

/// The response to x before it is folded. It may be known to all.
#[cfg(feature = "prover")]
pub(crate) struct Response<P: Profile> {
    /// `z_s`.
    pub pads: Vec<Scalar<P>>,
    /// `z_u`.
    pub vector: Vec<Scalar<P>>,
    /// Those of both, and of `K0 + x K1`.
    pub blinders: [Scalar<P>; 3],
}

/// Appends messages 12 and 13.
#[cfg(feature = "prover")]
pub(crate) fn respond<P: Profile>(
    generators: &Generators<P>,
    batch: &Batch<Scalar<P>>,
    response: &Response<P>,
    transcript: &mut Transcript,
    proof: &mut Vec<u8>,
) {
    let factors = batch.factors();
    let at = |places: &[usize]| -> Vec<Scalar<P>> {
        let entries = places.iter().filter_map(|&place| response.pads.get(place));
        entries.copied().collect()
    };
    let [of_pads, of_vector] = forms(batch, &factors);
    let folded = at(&of_pads.places);
    let values = [
        dot(&of_pads.coefficients, &folded),
        dot(&of_vector.coefficients, &response.vector),
    ];
    let scalars = [&response.blinders[..], &at(&factors), &values].concat();
    transcript.scalars(Message::Response, &scalars);
    proof.extend(scalars.iter().flat_map(encode_scalar));
    let xi: Scalar<P> = transcript.challenge(Challenge::Form);
    let vectors = [(&folded[..], &of_pads), (&response.vector, &of_vector)];
    inner_product::prove(generators, vectors, xi, transcript, proof);
}

/// The linear forms on what is folded: on the pads that are no factors, and on the opened vector.
pub(crate) fn forms<F: PrimeField>(batch: &Batch<F>, factors: &[usize]) -> [Form<F>; 2] {
    let numbered = batch.a.iter().copied().enumerate();
    let (places, coefficients) = numbered
        .filter(|(pad, _)| factors.binary_search(pad).is_err())
        .unzip();
    let of_pads = Form {
        places,
        coefficients,
    };
    let of_vector = Form {
        places: (0..batch.b.len()).collect(),
        coefficients: batch.b.clone(),
    };
    [of_pads, of_vector]
}

/// Reads messages 10 to 13, and makes one equation of the three that have to hold, combined with challenges that depend on the whole proof.
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
    let first = reader.exactly_points::<P, 4>(Message::Closing)?;
    transcript.points::<P>(Message::Closing, &first);
    let [t, w, k0, k1] = first;
    let x: Scalar<P> = transcript.challenge(Challenge::X);
    let blinders: [Scalar<P>; 3] = reader.exactly(Message::Response)?;
    let factors = batch.factors();
    let sent = reader.scalars(Message::Response, factors.len())?;
    let values: [Scalar<P>; 2] = reader.exactly(Message::Response)?;
    transcript.scalars(Message::Response, &[&blinders[..], &sent, &values].concat());
    let xi: Scalar<P> = transcript.challenge(Challenge::Form);
    let [pads_form, vector_form] = forms(&batch, &factors);
    let forms = [&pads_form, &vector_form];
    let [of_pads, of_vector] = inner_product::read::<P>(forms, xi, transcript, reader)?;
    let second: Scalar<P> = transcript.challenge(Challenge::Combine);
    let third: Scalar<P> = transcript.challenge(Challenge::Combine);

    // z_s where it is sent, zero elsewhere.
    let mut z_s = vec![Scalar::<P>::zero(); batch.a.len()];
    for (&pad, &z) in factors.iter().zip(&sent) {
        if let Some(slot) = z_s.get_mut(pad) {
            *slot = z;
        }
    }
    let [of_form, of_opening] = values;
    let value =
        batch.q(&z_s) + x * (dot(&batch.a, &z_s) + of_form + of_opening) + x.square() * batch.e;
    // What the first and the second equation are multiplied by, that is, T + x D and W + x U.
    let (on_pads, on_vector) = (of_pads.claimed, second * of_vector.claimed);
    let mut generators = vec![Scalar::<P>::zero(); batch.a.len().max(batch.b.len())];
    let mut add = |places: &[usize], scalars: &[Scalar<P>], factor: Scalar<P>| {
        for (&place, &scalar) in places.iter().zip(scalars) {
            if let Some(slot) = generators.get_mut(place) {
                *slot += factor * scalar;
            }
        }
    };
    add(&factors, &sent, on_pads);
    add(&pads_form.places, &of_pads.generators, Scalar::<P>::one());
    add(&vector_form.places, &of_vector.generators, second);
    if let Some(slot) = generators.first_mut() {
        *slot += third * value;
    }
    let [zeta_s, zeta_u, zeta_k] = blinders;
    let blinder = of_pads.blinder
        + on_pads * (zeta_s - xi * of_form)
        + second * of_vector.blinder
        + on_vector * (zeta_u - xi * of_opening)
        + third * zeta_k;
    let mut own = vec![
        (t, -on_pads),
        (pads, -on_pads * x),
        (w, -on_vector),
        (k0, -third),
        (k1, -third * x),
    ];
    own.extend(of_pads.points.into_iter().map(|(p, s)| (p, -s)));
    own.extend(of_vector.points.into_iter().map(|(p, s)| (p, -second * s)));
    let on_rows = -on_vector * x;
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
        blinder,
        own,
        external,
        drawn: transcript.challenge(Challenge::Weight),
    })
}
