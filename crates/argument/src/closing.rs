//! The closing Sigma-protocol (PROTOCOL section 3): everything that the script collected holds for the committed pads and
//! the opened vector.
//!
//! With pads s, `D = <s, G> + delta H`, and the opened vector u, `U = <u, G> + upsilon H`, the batch is
//! `q(s) + <a, s> + <b, u> + e = 0`. The prover sends `T = <t, G> + tau H`, `W = <w, G> + omega H`,
//! `K0 = q(t) G_0 + k0 H`, `K1 = (B(s, t) + <a, t> + <b, w>) G_0 + k1 H`, gets x, and answers `z_s = t + x s`,
//! `z_u = w + x u` and the blinders. Three-special-sound, perfectly honest-verifier zero-knowledge.

use crate::curve::{Point, Profile, Scalar};
use crate::error::Reject;
use crate::generators::Generators;
use crate::msm::msm_full;
use crate::multilinear::dot;
use crate::script::Outcome;
use crate::transcript::{Challenge, Message, Transcript};
use ark_ec::CurveGroup;
use ark_ff::{Field, One, Zero};

/// The first message: `T`, `W`, `K0`, `K1`.
pub(crate) struct First<P: Profile>(pub [Point<P>; 4]);

/// The response to the challenge.
pub(crate) struct Response<P: Profile> {
    pub z_s: Vec<Scalar<P>>,
    pub z_u: Vec<Scalar<P>>,
    /// `zeta_s`, `zeta_u`, `zeta_k`.
    pub blinders: [Scalar<P>; 3],
}

/// The verifier's check: three equations between points, combined with challenges that depend on the whole proof, so that one
/// multi-exponentiation decides all of them.
pub(crate) fn check<P: Profile>(
    outcome: &Outcome<P>,
    generators: &Generators<P>,
    first: &First<P>,
    x: Scalar<P>,
    response: &Response<P>,
    transcript: &mut Transcript,
) -> Result<(), Reject> {
    let batch = &outcome.batch;
    let one = Scalar::<P>::one();
    transcript.scalars::<P>(Message::Response, &response.z_s);
    transcript.scalars::<P>(Message::Response, &response.z_u);
    transcript.scalars::<P>(Message::Response, &response.blinders);
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
    points.extend([generators.h, *t, outcome.pad_point, *w, *k0, *k1]);
    scalars.extend([
        zeta_s + second * zeta_u + third * zeta_k,
        -one,
        -x,
        -second,
        -third,
        -third * x,
    ]);
    let on_rows = -second * x;
    for (rows, weights) in &outcome.opening {
        points.extend(rows);
        scalars.extend(weights.iter().map(|&v| on_rows * v));
    }
    if msm_full::<P>(&points, &scalars).into_affine() == Point::<P>::identity() {
        Ok(())
    } else {
        Err(Reject::Closing)
    }
}
