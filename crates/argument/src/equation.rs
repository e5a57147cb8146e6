//! What a proof comes down to: one equation between points; and how the equations of many proofs are decided at once.
//!
//! Each equation is `E_i = 0`, a sum of multiples of points. If all are right, so is `sum w_i E_i = 0` under any weights `w_i`; it is one
//! multi-exponentiation, in which generators and rows that several proofs read occur once, under the sum of their scalars. Weights
//! are drawn when all proofs are known, so that errors cancel with probability `1/p` at most. If they do not, halves are
//! looked at, and halves of those that are wrong, until each wrong proof stands alone (`docs/protocol.md`, section 6).

use crate::curve::{Point, Profile, Scalar, encode_scalar, reduce};
use crate::generators::Generators;
use crate::msm::msm_full;
use crate::parallel;
use ark_ec::short_weierstrass::Projective;
use ark_ff::{PrimeField, Zero};
use std::collections::HashMap;

/// Points of the statement, and what they are multiplied by.
pub(crate) type Rows<'a, P> = (&'a [Point<P>], Vec<Scalar<P>>);

/// An equation: this sum of multiples of points is the identity.
pub(crate) struct Equation<'a, P: Profile> {
    /// What a generator each is multiplied by, from `G_0` on.
    pub generators: Vec<Scalar<P>>,
    /// What `H` is multiplied by.
    pub blinder: Scalar<P>,
    /// Points of this proof, and what they are multiplied by.
    pub own: Vec<(Point<P>, Scalar<P>)>,
    /// Those that lie in one place are added up.
    pub external: Vec<Rows<'a, P>>,
    /// Drawn from the transcript when everything had been absorbed: another statement or proof has another one.
    pub drawn: Scalar<P>,
}

impl<P: Profile> Equation<'_, P> {
    /// The same under a weight.
    pub fn times(&self, weight: Scalar<P>) -> Self {
        let all = |scalars: &[Scalar<P>]| scalars.iter().map(|&s| weight * s).collect();
        let external = self.external.iter();
        Self {
            generators: all(&self.generators),
            blinder: weight * self.blinder,
            own: self.own.iter().map(|&(p, s)| (p, weight * s)).collect(),
            external: external.map(|(rows, s)| (*rows, all(s))).collect(),
            drawn: self.drawn,
        }
    }
}

/// Whether each of the equations holds.
pub(crate) fn decide<P: Profile>(
    generators: &Generators<P>,
    equations: &[&Equation<'_, P>],
) -> Vec<bool> {
    // One alone needs no weight.
    if let [only] = equations {
        return vec![sum(generators, &[*only]).is_zero()];
    }
    let weights = weights_from(&from_the_system(), equations);
    let weighted: Vec<_> = equations.iter().zip(weights).collect();
    let weighted = parallel::map(&weighted, |(equation, weight)| equation.times(*weight));
    let weighted: Vec<_> = weighted.iter().collect();
    let mut holds = Vec::with_capacity(equations.len());
    let value = sum(generators, &weighted);
    narrow(generators, &weighted, value, &mut holds);
    holds
}

/// Appends for each of the equations whether it holds. `value` is their sum.
fn narrow<P: Profile>(
    generators: &Generators<P>,
    equations: &[&Equation<'_, P>],
    value: Projective<P>,
    holds: &mut Vec<bool>,
) {
    if value.is_zero() || equations.len() <= 1 {
        holds.extend(equations.iter().map(|_| value.is_zero()));
        return;
    }
    let (left, right) = equations.split_at(equations.len() / 2);
    let of_left = sum(generators, left);
    narrow(generators, left, of_left, holds);
    narrow(generators, right, value - of_left, holds);
}

/// The sum of the equations' left sides.
pub(crate) fn sum<P: Profile>(
    generators: &Generators<P>,
    equations: &[&Equation<'_, P>],
) -> Projective<P> {
    let lengths = equations.iter().map(|equation| equation.generators.len());
    let length = lengths.max().unwrap_or(0);
    let mut on_generators = vec![Scalar::<P>::zero(); length];
    let mut on_blinder = Scalar::<P>::zero();
    let own: usize = equations.iter().map(|equation| equation.own.len()).sum();
    let mut points = Vec::with_capacity(own + length + 1);
    let mut scalars = Vec::with_capacity(own + length + 1);
    // Where the rows of an external tensor begin among the points. All of them are borrowed here, so that no two tensors lie in one
    // place unless they are the same.
    let mut places = HashMap::new();
    for equation in equations {
        add(&mut on_generators, &equation.generators);
        on_blinder += equation.blinder;
        for (rows, under) in &equation.external {
            let place = *places.entry(rows.as_ptr_range()).or_insert_with(|| {
                points.extend_from_slice(rows);
                scalars.resize(points.len(), Scalar::<P>::zero());
                points.len() - rows.len()
            });
            add(scalars.get_mut(place..).unwrap_or_default(), under);
        }
    }
    for equation in equations {
        points.extend(equation.own.iter().map(|(point, _)| *point));
        scalars.extend(equation.own.iter().map(|(_, scalar)| *scalar));
    }
    points.push(generators.h);
    scalars.push(on_blinder);
    points.extend(generators.g.iter().take(length));
    scalars.extend(on_generators);
    msm_full::<P>(&points, &scalars)
}

/// Adds entry by entry.
fn add<F: PrimeField>(to: &mut [F], scalars: &[F]) {
    for (slot, scalar) in to.iter_mut().zip(scalars) {
        *slot += scalar;
    }
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
        reduce(&wide)
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
