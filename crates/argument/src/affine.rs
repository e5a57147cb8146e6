//! What the verifier knows up to the secret pads: affine forms, the constraints on them, and their batch.
//!
//! A message is sent minus its pad, so that the verifier holds `sent + s_i`. Everything it computes stays affine in the pads
//! `s`; what it would check becomes a constraint, and the closing protocol proves all constraints at once
//! (`docs/protocol.md`, section 6; Longfellow, draft-google-cfrg-libzk).

#[cfg(feature = "prover")]
use crate::multilinear::dot;
use crate::script::arithmetic::Constraint;
use ark_ff::PrimeField;
use std::collections::BTreeSet;

/// `constant + sum coefficient * s[index]`. An index may occur more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct AffineForm<F> {
    pub constant: F,
    pub coefficients: Vec<(usize, F)>,
}

impl<F: PrimeField> AffineForm<F> {
    /// A message `sent` whose pad is `s[pad]`.
    pub fn padded(sent: F, pad: usize) -> Self {
        Self {
            constant: sent,
            coefficients: vec![(pad, F::one())],
        }
    }

    pub fn scaled(mut self, k: F) -> Self {
        self.constant *= k;
        for (_, c) in &mut self.coefficients {
            *c *= k;
        }
        self
    }

    /// `self += k * other`.
    pub fn add_scaled(&mut self, k: F, other: &Self) {
        self.constant += k * other.constant;
        self.coefficients
            .extend(other.coefficients.iter().map(|&(i, c)| (i, k * c)));
    }

    /// The part linear in the pads, at `s`; pads beyond `s` count as zero.
    pub fn linear_part(&self, s: &[F]) -> F {
        self.coefficients
            .iter()
            .filter_map(|&(i, c)| Some(c * s.get(i)?))
            .sum()
    }
}

/// All constraints under powers of chi: `q(s) + <a, s> + <b, u> + e = 0` with `q` a quadratic form.
pub(crate) struct Batch<F> {
    quadratic: Vec<(F, AffineForm<F>, AffineForm<F>)>,
    pub a: Vec<F>,
    pub b: Vec<F>,
    pub e: F,
}

impl<F: PrimeField> Batch<F> {
    /// Combines the constraints over `pads` pads and an opened vector of `width` entries.
    pub fn new(
        constraints: Vec<Constraint<F, AffineForm<F>>>,
        chi: F,
        pads: usize,
        width: usize,
    ) -> Self {
        let mut out = Self {
            quadratic: Vec::new(),
            a: vec![F::zero(); pads],
            b: vec![F::zero(); width],
            e: F::zero(),
        };
        let mut power = F::one();
        for constraint in constraints {
            let mut linear = constraint.linear;
            for (k, f, g) in constraint.products {
                // (f0 + F)(g0 + G) = F G + f0 G + g0 F + f0 g0
                let (f0, g0) = (f.constant, g.constant);
                linear.add_scaled(k * f0, &g);
                linear.add_scaled(k * g0, &f);
                linear.constant -= k * f0 * g0;
                out.quadratic.push((power * k, f, g));
            }
            out.e += power * linear.constant;
            for (i, c) in linear.coefficients {
                if let Some(slot) = out.a.get_mut(i) {
                    *slot += power * c;
                }
            }
            for (slot, c) in out.b.iter_mut().zip(constraint.opening) {
                *slot += power * c;
            }
            power *= chi;
        }
        out
    }

    /// Entries of the opened vector, and of a row of pads.
    pub fn width(&self) -> usize {
        self.b.len()
    }

    /// Which pads are in products, in order: those that the quadratic form reads.
    pub fn factors(&self) -> Vec<usize> {
        let products = self.quadratic.iter();
        let forms = products.flat_map(|(_, f, g)| f.coefficients.iter().chain(&g.coefficients));
        let pads: BTreeSet<usize> = forms.map(|&(pad, _)| pad).collect();
        pads.into_iter().collect()
    }

    /// What the batch says is zero, at the pads `s` and the opened vector `u`.
    #[cfg(feature = "prover")]
    pub fn value(&self, s: &[F], u: &[F]) -> F {
        self.q(s) + dot(&self.a, s) + dot(&self.b, u) + self.e
    }

    /// The quadratic form.
    pub fn q(&self, s: &[F]) -> F {
        self.quadratic
            .iter()
            .map(|(k, f, g)| *k * f.linear_part(s) * g.linear_part(s))
            .sum()
    }

    /// Its bilinear form `q(s + t) - q(s) - q(t)`.
    #[cfg(feature = "prover")]
    pub fn bilinear(&self, s: &[F], t: &[F]) -> F {
        self.quadratic
            .iter()
            .map(|(k, f, g)| {
                *k * (f.linear_part(s) * g.linear_part(t) + f.linear_part(t) * g.linear_part(s))
            })
            .sum()
    }
}
