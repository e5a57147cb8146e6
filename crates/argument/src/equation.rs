//! What a proof comes down to: one equation between points; and how the equations of many proofs are decided at once.
//!
//! Each equation is `E_i = 0`, a sum of multiples of points. If all are right, so is `sum w_i E_i = 0` under any weights `w_i`; it is one
//! multi-exponentiation, in which generators and rows that several proofs read occur once, under the sum of their scalars. Weights
//! are drawn when all proofs are known, so that errors cancel with probability `1/p` at most. If they do not, halves are
//! looked at, and halves of those that are wrong, until each wrong proof stands alone (`docs/protocol.md`, section 6).

use crate::curve::{Point, Profile, Scalar, encode_scalar};
use crate::generators::Generators;
use crate::msm::msm_full;
use ark_ec::short_weierstrass::Projective;
use ark_ff::{One, PrimeField, Zero};
use std::collections::HashMap;

/// An equation: this sum of multiples of points is the identity.
pub(crate) struct Equation<'a, P: Profile> {
    /// What a generator each is multiplied by, from `G_0` on.
    pub generators: Vec<Scalar<P>>,
    /// What `H` is multiplied by.
    pub blinder: Scalar<P>,
    /// Points of this proof, and what they are multiplied by.
    pub own: Vec<(Point<P>, Scalar<P>)>,
    /// Points of the statement, and what they are multiplied by. Those that lie in one place are added up.
    pub external: Vec<(&'a [Point<P>], Vec<Scalar<P>>)>,
    /// Drawn from the transcript when everything had been absorbed: another statement or proof has another one.
    pub drawn: Scalar<P>,
}

/// Whether each of the equations holds.
pub(crate) fn decide<P: Profile>(
    generators: &Generators<P>,
    equations: &[&Equation<'_, P>],
) -> Vec<bool> {
    let weighted: Vec<Weighted<'_, P>> = match equations {
        // One alone needs no weight.
        [only] => vec![(*only, Scalar::<P>::one())],
        _ => equations
            .iter()
            .copied()
            .zip(weights_from(&from_the_system(), equations))
            .collect(),
    };
    let mut wrong = Vec::with_capacity(equations.len());
    let value = sum(generators, &weighted);
    narrow(generators, &weighted, value, &mut wrong);
    wrong.iter().map(|wrong| !wrong).collect()
}

/// Appends for each of the equations whether it is wrong. `value` is their sum.
fn narrow<P: Profile>(
    generators: &Generators<P>,
    equations: &[Weighted<'_, P>],
    value: Projective<P>,
    wrong: &mut Vec<bool>,
) {
    if value.is_zero() || equations.len() <= 1 {
        let found = !value.is_zero();
        wrong.extend(equations.iter().map(|_| found));
        return;
    }
    let (left, right) = equations.split_at(equations.len() / 2);
    let of_left = sum(generators, left);
    narrow(generators, left, of_left, wrong);
    narrow(generators, right, value - of_left, wrong);
}

type Weighted<'a, P> = (&'a Equation<'a, P>, Scalar<P>);

/// The sum of the equations' left sides under their weights.
pub(crate) fn sum<P: Profile>(
    generators: &Generators<P>,
    equations: &[Weighted<'_, P>],
) -> Projective<P> {
    let lengths = equations.iter().map(|(e, _)| e.generators.len());
    let length = lengths.max().unwrap_or(0);
    let mut on_generators = vec![Scalar::<P>::zero(); length];
    let mut on_blinder = Scalar::<P>::zero();
    let (mut points, mut scalars) = (Vec::new(), Vec::new());
    // Where the rows of an external tensor begin among the points. All of them are borrowed here, so that no two tensors lie in one
    // place unless they are the same.
    let mut places = HashMap::new();
    for (equation, weight) in equations {
        for (slot, &scalar) in on_generators.iter_mut().zip(&equation.generators) {
            *slot += *weight * scalar;
        }
        on_blinder += *weight * equation.blinder;
        for (rows, under) in &equation.external {
            let place = *places.entry(rows.as_ptr_range()).or_insert_with(|| {
                points.extend_from_slice(rows);
                scalars.resize(points.len(), Scalar::<P>::zero());
                points.len() - rows.len()
            });
            let slots = scalars.iter_mut().skip(place);
            for (slot, &scalar) in slots.zip(under) {
                *slot += *weight * scalar;
            }
        }
    }
    for (equation, weight) in equations {
        for &(point, scalar) in &equation.own {
            points.push(point);
            scalars.push(*weight * scalar);
        }
    }
    points.push(generators.h);
    scalars.push(on_blinder);
    points.extend(generators.g.iter().take(length));
    scalars.extend(on_generators);
    msm_full::<P>(&points, &scalars)
}

/// A weight for each equation. They depend on every statement and every proof, whole, and on bits of the operating system.
pub(crate) fn weights_from<P: Profile>(
    system: &[u8; 32],
    equations: &[&Equation<'_, P>],
) -> Vec<Scalar<P>> {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof weights of many proofs 1");
    hasher.update(system);
    for equation in equations {
        hasher.update(&encode_scalar(&equation.drawn));
    }
    let mut stream = hasher.finalize_xof();
    let weights = equations.iter().map(|_| {
        let mut wide = [0; 64];
        stream.fill(&mut wide);
        Scalar::<P>::from_le_bytes_mod_order(&wide)
    });
    weights.collect()
}

/// Bits that nobody could foresee. Without them, or if the system has none, weights are as random as the protocol's challenges are.
#[cfg(feature = "prover")]
fn from_the_system() -> [u8; 32] {
    let mut bits = [0; 32];
    match getrandom::fill(&mut bits) {
        Ok(()) => bits,
        Err(_) => [0; 32],
    }
}

/// There is no randomness in a verifier alone.
#[cfg(not(feature = "prover"))]
fn from_the_system() -> [u8; 32] {
    [0; 32]
}
