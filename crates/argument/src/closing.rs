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

#[cfg(feature = "prover")]
use crate::affine::Batch;
#[cfg(feature = "prover")]
use crate::curve::{Point, encode_point, encode_scalar};
use crate::curve::{Profile, Scalar};
use crate::equation::Equation;
#[cfg(feature = "prover")]
use crate::error::ProveError;
use crate::error::Reject;
#[cfg(feature = "prover")]
use crate::generators::Generators;
use crate::inner_product;
#[cfg(feature = "prover")]
use crate::msm::commit_scalars;
use crate::multilinear::dot;
#[cfg(feature = "prover")]
use crate::prover::Entropy;
use crate::script::Outcome;
use crate::script::opening::OpenedRows;
use crate::script::party::MessageReader;
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use ark_ff::{Field, Zero};
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
    let first: [Point<P>; 4] = [
        commit_scalars(generators, &t, tau),
        commit_scalars(generators, &w, omega),
        commit_scalars(generators, &[batch.q(&t)], k0),
        commit_scalars(generators, &[linear], k1),
    ];
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
    let (sent, folded) = split(&response.pads, &factors);
    let (_, form) = split(&batch.a, &factors);
    let (_, of_folded) = split(
        generators.g.get(..batch.a.len()).unwrap_or_default(),
        &factors,
    );
    let values = [dot(&form, &folded), dot(&batch.b, &response.vector)];
    let scalars: Vec<_> = response
        .blinders
        .into_iter()
        .chain(sent)
        .chain(values)
        .collect();
    transcript.scalars(Message::Response, &scalars);
    proof.extend(scalars.iter().flat_map(encode_scalar));
    let xi: Scalar<P> = transcript.challenge(Challenge::Form);
    let h = generators.h;
    inner_product::prove((&of_folded, h), (&folded, &form), xi, transcript, proof);
    let vector = (response.vector.as_slice(), batch.b.as_slice());
    inner_product::prove((&generators.g, h), vector, xi, transcript, proof);
}

/// What belongs to pads that are factors, and what to others, in order.
fn split<T: Copy>(of_pads: &[T], factors: &[usize]) -> (Vec<T>, Vec<T>) {
    let numbered = of_pads.iter().enumerate();
    let (sent, folded): (Vec<_>, Vec<_>) =
        numbered.partition(|(pad, _)| factors.binary_search(pad).is_ok());
    let values = |part: Vec<(usize, &T)>| part.into_iter().map(|(_, &value)| value).collect();
    (values(sent), values(folded))
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
    let (_, form) = split(&batch.a, &factors);
    let of_pads = inner_product::read::<P>(&form, xi, transcript, reader)?;
    let of_vector = inner_product::read::<P>(&batch.b, xi, transcript, reader)?;
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
    let mut folded = of_pads.generators.into_iter();
    for (pad, (slot, &z)) in generators.iter_mut().zip(&z_s).enumerate() {
        *slot += match factors.binary_search(&pad) {
            Ok(_) => on_pads * z,
            Err(_) => folded.next().unwrap_or_default(),
        };
    }
    for (slot, z) in generators.iter_mut().zip(of_vector.generators) {
        *slot += second * z;
    }
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
