//! The closing Sigma-protocol (`docs/protocol.md`, section 6): everything that the script collected holds for the committed pads
//! and the opened vector.
//!
//! With pads s, `D = <s, G> + delta H`, and the opened vector u, `U = <u, G> + upsilon H`, the batch is
//! `q(s) + <a, s> + <b, u> + e = 0`. The prover sends `T = <t, G> + tau H`, `W = <w, G> + omega H`,
//! `K0 = q(t) G_0 + k0 H`, `K1 = (B(s, t) + <a, t> + <b, w>) G_0 + k1 H`, gets x, and answers `z_s = t + x s`,
//! `z_u = w + x u` and the blinders. Three-special-sound, perfectly honest-verifier zero-knowledge.

#[cfg(feature = "prover")]
use crate::curve::{Point, encode_point, encode_scalar};
use crate::curve::{Profile, Scalar};
use crate::equation::Equation;
#[cfg(feature = "prover")]
use crate::error::ProveError;
use crate::error::Reject;
#[cfg(feature = "prover")]
use crate::generators::Generators;
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
use ark_ff::{Field, One, Zero};
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

/// Makes messages 10 to 12, behind the messages of the script.
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
        mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
    };
    let z_s: Vec<Scalar<P>> = masked(&t, s);
    let z_u: Vec<Scalar<P>> = masked(&w, u);
    let blinders = [tau + x * pad_blinder, omega + x * blinder, k0 + x * k1];
    proof.extend(first.iter().flat_map(|p| encode_point::<P>(p)));
    let response = z_s.iter().chain(&z_u).chain(&blinders);
    proof.extend(response.flat_map(encode_scalar));
    Ok(())
}

/// Reads messages 10 to 12, and makes one equation of the three that have to hold, combined with challenges that depend on the whole proof.
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
    let z_s = reader.scalars(Message::Response, batch.a.len())?;
    let z_u = reader.scalars(Message::Response, batch.b.len())?;
    let blinders: [Scalar<P>; 3] = reader.exactly(Message::Response)?;
    transcript.scalars(Message::Response, &z_s);
    transcript.scalars(Message::Response, &z_u);
    transcript.scalars(Message::Response, &blinders);
    let second: Scalar<P> = transcript.challenge(Challenge::Combine);
    let third: Scalar<P> = transcript.challenge(Challenge::Combine);

    let value =
        batch.q(&z_s) + x * (dot(&batch.a, &z_s) + dot(&batch.b, &z_u)) + x.square() * batch.e;
    let mut generators = vec![Scalar::<P>::zero(); z_s.len().max(z_u.len())];
    for (slot, &z) in generators.iter_mut().zip(&z_s) {
        *slot += z;
    }
    for (slot, &z) in generators.iter_mut().zip(&z_u) {
        *slot += second * z;
    }
    if let Some(slot) = generators.first_mut() {
        *slot += third * value;
    }
    let [zeta_s, zeta_u, zeta_k] = blinders;
    let mut own = vec![
        (t, -Scalar::<P>::one()),
        (pads, -x),
        (w, -second),
        (k0, -third),
        (k1, -third * x),
    ];
    let on_rows = -second * x;
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
        blinder: zeta_s + second * zeta_u + third * zeta_k,
        own,
        external,
        drawn: transcript.challenge(Challenge::Weight),
    })
}
