//! Square roots in a prime field, many at a time: what reading a point from its first coordinate takes.
//!
//! With `p - 1 = 2^s t`, `t` odd, let `w = a^((t-1)/2)`. Then `a w^2 = a^t` is in the subgroup of order `2^s`, which `g` generates, so that
//! `a w^2 = g^e`, and if `e` is even, `a w g^(-e/2)` is a root; else there is none. This is the algorithm of Tonelli and Shanks, with `e` found some
//! bits at a time from tables (Sarkar, 2020/1407). Nearly all of the time goes into `w`, whose exponent is the same for all.

#[cfg(feature = "prover")]
mod vectors;

use crate::curve::Profile;
use crate::parallel;
use ark_ff::{BigInteger, FftField, Field, PrimeField};
use std::collections::HashMap;

/// Numbers that share a task.
const TOGETHER: usize = 64;
/// Bits of the exponent `(t-1)/2` that are multiplied in at once.
const WINDOW: usize = 4;

/// Tables for square roots of a curve's coordinates.
pub struct SquareRoots<P: Profile> {
    /// Bits of `e` that are found at once. They divide `s`.
    bits: u32,
    /// For each run of bits of `e`, `g^-(d 2^(bits run))` for each digit `d`.
    inverses: Vec<Vec<P::BaseField>>,
    /// For the elements of the subgroup of order `2^bits`, the digit of which it is the power of the generator.
    digits: HashMap<P::BaseField, usize>,
    /// `(t-1)/2` in runs of [`WINDOW`] bits, the highest first.
    exponent: Vec<usize>,
}

impl<P: Profile> SquareRoots<P> {
    /// Makes the tables.
    pub fn new() -> Self {
        let s = P::BaseField::TWO_ADICITY;
        let bits = (1..=8).rev().find(|bits| s % bits == 0).unwrap_or(1);
        let size = 1usize << bits;
        let powers = |base: P::BaseField| -> Vec<P::BaseField> {
            let steps = std::iter::successors(Some(P::BaseField::ONE), |&power| Some(power * base));
            steps.take(size).collect()
        };
        let g = P::BaseField::TWO_ADIC_ROOT_OF_UNITY;
        let inverse = g.inverse().unwrap_or_default();
        let squared = |mut base: P::BaseField, times: u32| {
            (0..times).for_each(|_| {
                base.square_in_place();
            });
            base
        };
        let runs = s / bits;
        let inverses = (0..runs).map(|run| powers(squared(inverse, bits * run)));
        let digits = powers(squared(g, s - bits)).into_iter().zip(0..);
        let exponent = P::BaseField::TRACE_MINUS_ONE_DIV_TWO.to_bits_le();
        let windows = exponent.chunks(WINDOW).rev();
        let number = |bits: &[bool]| {
            bits.iter()
                .rev()
                .fold(0, |n, &bit| 2 * n + usize::from(bit))
        };
        Self {
            bits,
            inverses: inverses.collect(),
            digits: digits.collect(),
            exponent: windows.map(number).skip_while(|&n| n == 0).collect(),
        }
    }

    /// A root of each number, or none where there is none. Zero is taken to have none.
    pub fn of(&self, numbers: &[P::BaseField]) -> Vec<Option<P::BaseField>> {
        let parts: Vec<&[P::BaseField]> = numbers.chunks(TOGETHER).collect();
        let roots = parallel::map(&parts, |part| {
            let powers = self.powers(part);
            let both = part.iter().zip(powers);
            both.map(|(&a, w)| self.finish(a, w)).collect::<Vec<_>>()
        });
        roots.concat()
    }

    /// The root of `a`, given `w = a^((t-1)/2)`.
    fn finish(&self, a: P::BaseField, w: P::BaseField) -> Option<P::BaseField> {
        let mut root = a * w;
        let mut rest = root * w;
        let last = self.inverses.len().checked_sub(1)?;
        for (run, inverses) in self.inverses.iter().enumerate() {
            // All but the lowest bits of e that are left vanish.
            let mut power = rest;
            for _ in 0..self.bits as usize * (last - run) {
                power.square_in_place();
            }
            let digit = *self.digits.get(&power)?;
            rest *= inverses.get(digit)?;
            // Half of the digit, for the root; the lowest bit of all must be zero. A higher one is a power of the run before.
            root *= self.half(run, digit)?;
        }
        Some(root)
    }

    /// `g^-(d 2^(bits run) / 2)`.
    fn half(&self, run: usize, digit: usize) -> Option<P::BaseField> {
        let inverses = self.inverses.get(run)?;
        if digit.is_multiple_of(2) {
            return inverses.get(digit / 2).copied();
        }
        // The half of its lowest bit is the highest bit of the run below.
        let below = self.inverses.get(run.checked_sub(1)?)?;
        let of_lowest = below.get(1 << (self.bits - 1))?;
        Some(*inverses.get(digit / 2)? * of_lowest)
    }

    /// `a^((t-1)/2)` of each.
    fn powers(&self, numbers: &[P::BaseField]) -> Vec<P::BaseField> {
        #[cfg(feature = "prover")]
        {
            let exponent = &self.exponent;
            crate::lanes::with_quickest(vectors::Powers { exponent, numbers })
        }
        #[cfg(not(feature = "prover"))]
        self.portable_powers(numbers)
    }

    #[cfg(any(test, not(feature = "prover")))]
    fn portable_powers(&self, numbers: &[P::BaseField]) -> Vec<P::BaseField> {
        numbers
            .iter()
            .map(|&a| power(&self.exponent, P::BaseField::ONE, a, |a, b| *a * b))
            .collect()
    }
}

/// `base` to the power that consists of these runs of bits.
#[inline(always)]
fn power<T: Copy>(exponent: &[usize], one: T, base: T, multiply: impl Fn(&T, &T) -> T) -> T {
    let mut multiples = [one; 1 << WINDOW];
    let mut last = one;
    for multiple in multiples.iter_mut().skip(1) {
        last = multiply(&last, &base);
        *multiple = last;
    }
    let mut runs = exponent.iter();
    let first = runs.next().and_then(|&run| multiples.get(run));
    let mut power = first.copied().unwrap_or(one);
    for &run in runs {
        for _ in 0..WINDOW {
            power = multiply(&power, &power);
        }
        if let Some(multiple) = multiples.get(run)
            && run != 0
        {
            power = multiply(&power, multiple);
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::reduce;
    use ark_ff::AdditiveGroup;

    fn are_those_of_the_library<P: Profile>() {
        let mut stream = blake3::Hasher::new().update(b"roots").finalize_xof();
        let mut number = || {
            let mut wide = [0; 64];
            stream.fill(&mut wide);
            reduce::<P::BaseField>(&wide)
        };
        let roots = SquareRoots::<P>::new();
        let numbers: Vec<P::BaseField> = (0..1003).map(|_| number()).collect();
        let found = roots.of(&numbers);
        let mut with_roots = 0;
        for (a, root) in numbers.iter().zip(found) {
            assert_eq!(root.is_some(), a.sqrt().is_some());
            if let Some(root) = root {
                assert_eq!(root.square(), *a);
                with_roots += 1;
            }
        }
        assert!((400..600).contains(&with_roots));
        assert_eq!(roots.powers(&numbers), roots.portable_powers(&numbers));
        assert_eq!(roots.of(&[P::BaseField::ZERO]), [None]);
    }

    #[test]
    fn roots_are_those_of_the_library() {
        are_those_of_the_library::<ark_grumpkin::GrumpkinConfig>();
        are_those_of_the_library::<ark_bn254::g1::Config>();
    }
}
