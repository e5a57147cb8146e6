//! The closing Sigma-protocol (`docs/protocol.md`, section 6): everything that the script collected holds for the committed pads
//! and the opened vector.
//!
//! With pads s, `D = <s, G> + delta H`, and the opened vector u, `U = <u, G> + upsilon H`, the batch is
//! `q(s) + <a, s> + <b, u> + e = 0`. The prover sends `T = <t, G> + tau H`, `W = <w, G> + omega H`,
//! `K0 = q(t) G_0 + k0 H`, `K1 = (B(s, t) + <a, t> + <b, w>) G_0 + k1 H`, gets x, and answers `z_s = t + x s`,
//! `z_u = w + x u` and the blinders. Three-special-sound, perfectly honest-verifier zero-knowledge.

use crate::curve::{Point, Profile, Scalar};
#[cfg(feature = "prover")]
use crate::curve::{encode_point, encode_scalar};
#[cfg(feature = "prover")]
use crate::error::ProveError;
use crate::error::Reject;
use crate::generators::Generators;
#[cfg(feature = "prover")]
use crate::msm::commit_scalars;
use crate::msm::msm_full;
use crate::multilinear::dot;
#[cfg(feature = "prover")]
use crate::prover::Entropy;
use crate::script::Outcome;
use crate::script::party::MessageReader;
use crate::transcript::{Challenge, Message, Transcript};
use crate::verifier::Reader;
use ark_ec::CurveGroup;
use ark_ff::{Field, One, Zero};
#[cfg(feature = "prover")]
use zeroize::Zeroizing;

/// The first message: `T`, `W`, `K0`, `K1`.
struct First<P: Profile>([Point<P>; 4]);

/// The response to the challenge.
struct Response<P: Profile> {
    z_s: Vec<Scalar<P>>,
    z_u: Vec<Scalar<P>>,
    /// `zeta_s`, `zeta_u`, `zeta_k`.
    blinders: [Scalar<P>; 3],
}

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
    outcome: &Outcome<P>,
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
    let first = First::<P>([
        commit_scalars(generators, &t, tau),
        commit_scalars(generators, &w, omega),
        commit_scalars(generators, &[batch.q(&t)], k0),
        commit_scalars(generators, &[linear], k1),
    ]);
    transcript.points::<P>(Message::Closing, &first.0);
    let x: Scalar<P> = transcript.challenge(Challenge::X);
    let masked = |mask: &[Scalar<P>], secret: &[Scalar<P>]| {
        mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
    };
    let response = Response::<P> {
        z_s: masked(&t, s),
        z_u: masked(&w, u),
        blinders: [tau + x * pad_blinder, omega + x * blinder, k0 + x * k1],
    };
    proof.extend(first.0.iter().flat_map(|p| encode_point::<P>(p)));
    let scalars = response
        .z_s
        .iter()
        .chain(&response.z_u)
        .chain(&response.blinders);
    proof.extend(scalars.flat_map(encode_scalar));
    Ok(())
}

/// Reads messages 10 to 12 and checks them.
///
/// # Soundness
/// The reader MUST be at its end afterwards: the caller checks it.
pub(crate) fn verify<P: Profile>(
    generators: &Generators<P>,
    outcome: &Outcome<P>,
    transcript: &mut Transcript,
    reader: &mut Reader<'_>,
) -> Result<(), Reject> {
    let first = reader.exactly_points::<P, 4>(Message::Closing)?;
    transcript.points::<P>(Message::Closing, &first);
    let x = transcript.challenge(Challenge::X);
    let z_s = reader.scalars(Message::Response, outcome.batch.a.len())?;
    let z_u = reader.scalars(Message::Response, outcome.batch.b.len())?;
    let blinders = reader.scalars(Message::Response, 3)?;
    let blinders = blinders
        .try_into()
        .map_err(|_| Reject::Scalar(Message::Response))?;
    let response = Response { z_s, z_u, blinders };
    check(generators, outcome, &First(first), x, &response, transcript)
}

/// The verifier's check: three equations between points, combined with challenges that depend on the whole proof, so that one
/// multi-exponentiation decides all of them.
fn check<P: Profile>(
    generators: &Generators<P>,
    outcome: &Outcome<P>,
    first: &First<P>,
    x: Scalar<P>,
    response: &Response<P>,
    transcript: &mut Transcript,
) -> Result<(), Reject> {
    let batch = &outcome.batch;
    let one = Scalar::<P>::one();
    transcript.scalars(Message::Response, &response.z_s);
    transcript.scalars(Message::Response, &response.z_u);
    transcript.scalars(Message::Response, &response.blinders);
    let (second, third): (Scalar<P>, Scalar<P>) = (
        transcript.challenge(Challenge::Combine),
        transcript.challenge(Challenge::Combine),
    );

    let value = batch.q(&response.z_s)
        + x * (dot(&batch.a, &response.z_s) + dot(&batch.b, &response.z_u))
        + x.square() * batch.e;
    let length = response.z_s.len().max(response.z_u.len());
    let mut on_generators = vec![Scalar::<P>::zero(); length];
    for (slot, &z) in on_generators.iter_mut().zip(&response.z_s) {
        *slot += z;
    }
    for (slot, &z) in on_generators.iter_mut().zip(&response.z_u) {
        *slot += second * z;
    }
    if let Some(slot) = on_generators.first_mut() {
        *slot += third * value;
    }
    let bases = generators
        .g
        .get(..length)
        .ok_or(Reject::Statement("too few generators"))?;
    let [zeta_s, zeta_u, zeta_k] = response.blinders;
    let First([t, w, k0, k1]) = first;

    let mut points = bases.to_vec();
    let mut scalars = on_generators;
    points.extend([generators.h, *t, outcome.pads, *w, *k0, *k1]);
    scalars.extend([
        zeta_s + second * zeta_u + third * zeta_k,
        -one,
        -x,
        -second,
        -third,
        -third * x,
    ]);
    let on_rows = -second * x;
    for opened in &outcome.opening {
        points.extend(&opened.rows);
        scalars.extend(opened.scalars.iter().map(|&v| on_rows * v));
    }
    if msm_full::<P>(&points, &scalars).into_affine() == Point::<P>::identity() {
        Ok(())
    } else {
        Err(Reject::Closing)
    }
}
