//! Several committed vectors, each with a linear form on it, become one vector with one form (`docs/protocol.md`, section 6).
//!
//! Of vectors `Z_0 .. Z_k` and forms `B_0 .. B_k` the sum `v = sum_j <B_j, Z_j>` is claimed. Under a challenge rho they become
//! `z = sum_j rho^j Z_j` and `b = sum_i rho^(k-i) B_i`, so that `<b, z> = sum_m rho^m C_m` with `C_m` the sum of all `<B_i, Z_j>` for which
//! `k + j - i = m`. `C_k` is `v`; the prover sends the others, the *cross terms*, before it gets rho. Forms stand in the opposite order, so
//! that there is no division, and rho may be any field element.
//!
//! Special-sound from `2k + 1` values of rho: `k + 1` openings of `sum_j rho^j P_j` give one of each `P_j`, and two polynomials of degree
//! `2k` that agree at `2k + 1` places have the same coefficient of `rho^k`.

#[cfg(feature = "prover")]
use crate::multilinear::dot;
use ark_ff::PrimeField;

/// How many cross terms there are of `k + 1` vectors.
pub(crate) fn cross_term_count(k: usize) -> usize {
    2 * k
}

/// `C_m` for each `m` from 0 to `2k` but `k`. Of vectors and forms of different lengths what is missing is zero.
#[cfg(feature = "prover")]
pub(crate) fn cross_terms<F: PrimeField>(vectors: &[&[F]], forms: &[&[F]]) -> Vec<F> {
    let k = vectors.len().saturating_sub(1);
    let mut terms = vec![F::zero(); 2 * k + 1];
    for (i, form) in forms.iter().enumerate() {
        for (j, vector) in vectors.iter().enumerate().filter(|&(j, _)| j != i) {
            if let Some(term) = terms.get_mut(k + j - i) {
                let value: F = dot(form, vector);
                *term += value;
            }
        }
    }
    terms.remove(k);
    terms
}

/// `1, rho, rho^2, ..`, so many.
pub(crate) fn powers<F: PrimeField>(rho: F, count: usize) -> Vec<F> {
    let powers = std::iter::successors(Some(F::one()), |&power| Some(power * rho));
    powers.take(count).collect()
}

/// `sum_j factors_j vectors_j`, of this length.
fn sum<'a, F: PrimeField>(
    vectors: impl Iterator<Item = &'a [F]>,
    factors: impl Iterator<Item = &'a F>,
    length: usize,
) -> Vec<F> {
    let mut sum = vec![F::zero(); length];
    for (vector, &factor) in vectors.zip(factors) {
        for (slot, &entry) in sum.iter_mut().zip(vector) {
            *slot += factor * entry;
        }
    }
    sum
}

/// The one vector, of this length.
#[cfg(feature = "prover")]
pub(crate) fn of_vectors<F: PrimeField>(vectors: &[&[F]], powers: &[F], length: usize) -> Vec<F> {
    sum(vectors.iter().copied(), powers.iter(), length)
}

/// The one form, on vectors of this length.
pub(crate) fn of_forms<F: PrimeField>(forms: &[&[F]], powers: &[F], length: usize) -> Vec<F> {
    sum(forms.iter().copied(), powers.iter().rev(), length)
}

/// The one form's value, if the forms' values add up to `value`.
pub(crate) fn of_values<F: PrimeField>(value: F, cross_terms: &[F], rho: F) -> F {
    let (below, above) = cross_terms.split_at(cross_terms.len() / 2);
    let all = above.iter().rev().chain([&value]).chain(below.iter().rev());
    all.fold(F::zero(), |sum, &term| sum * rho + term)
}

#[cfg(all(test, feature = "prover"))]
mod tests {
    use super::*;
    use crate::curve::Scalar;
    use ark_ff::{Field, One, Zero};
    use ark_grumpkin::GrumpkinConfig;

    type F = Scalar<GrumpkinConfig>;

    /// The combined form's value is what follows from the forms' own values and the cross terms, with a last vector that is shorter, and
    /// for a rho of zero.
    #[test]
    fn the_combined_form_has_the_combined_value() {
        let length = 5;
        for k in 0..5 {
            let mut last = F::from(k as u64 + 3);
            let mut random = || {
                last = last.square() + F::one();
                last
            };
            let mut rows = || -> Vec<Vec<F>> {
                let short = |i| if i == k && k > 0 { 2 } else { length };
                let lengths = (0..=k).map(short);
                lengths
                    .map(|length| (0..length).map(|_| random()).collect())
                    .collect()
            };
            let (vectors, forms) = (rows(), rows());
            let vectors: Vec<&[F]> = vectors.iter().map(Vec::as_slice).collect();
            let forms: Vec<&[F]> = forms.iter().map(Vec::as_slice).collect();
            let own = forms.iter().zip(&vectors);
            let value: F = own.map(|(form, vector)| dot::<F>(form, vector)).sum();
            let terms = cross_terms(&vectors, &forms);
            assert_eq!(terms.len(), cross_term_count(k));
            for rho in [F::zero(), random()] {
                let powers = powers(rho, k + 1);
                let vector = of_vectors(&vectors, &powers, length);
                let form = of_forms(&forms, &powers, length);
                assert_eq!(dot(&form, &vector), of_values(value, &terms, rho));
            }
        }
    }
}
