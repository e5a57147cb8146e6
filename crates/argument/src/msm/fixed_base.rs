//! Multiples of the one base `H`, for blinders.

use ark_ec::short_weierstrass::Projective;
use ark_ec::{AdditiveGroup, CurveGroup};
use ark_ff::PrimeField;

use super::addition::{Adder, PackedPoint};
use super::digits::{bits_at, signed};
use crate::curve::{Point, Profile, Scalar};

/// Bits of a digit of the scalar.
const WIDTH: u32 = 8;
/// Digits of a scalar: the moduli have 254 bits, so the last digit takes the carry.
const DIGITS: u32 = 32;
/// Multiples kept for each digit: 1 to 128 times.
const MULTIPLES: usize = 1 << (WIDTH - 1);

/// `multiples[MULTIPLES * w + d - 1]` is `d 2^(8w) H`: a multiple of `H` is the sum of [`DIGITS`] of them.
pub(crate) struct FixedBase {
    multiples: Vec<PackedPoint>,
}

impl FixedBase {
    pub(super) fn new<P: Profile>(adder: Adder<P>, base: &Point<P>) -> Self {
        let mut multiples = Vec::with_capacity(DIGITS as usize * MULTIPLES);
        let mut step = Projective::<P>::from(*base);
        for _ in 0..DIGITS {
            let mut multiple = step;
            for _ in 0..MULTIPLES {
                multiples.push(multiple);
                multiple += step;
            }
            step = *multiples.last().unwrap_or(&step);
            step.double_in_place();
        }
        let multiples = Projective::normalize_batch(&multiples);
        Self {
            multiples: multiples.iter().map(|point| adder.pack(point)).collect(),
        }
    }

    /// Appends points that sum to `scalar * H`.
    pub(super) fn terms<P: Profile>(
        &self,
        adder: Adder<P>,
        scalar: &Scalar<P>,
        terms: &mut Vec<PackedPoint>,
    ) {
        let number = scalar.into_bigint();
        let mut carry = 0;
        for w in 0..DIGITS {
            let (digit, next) = signed(bits_at(number.as_ref(), w * WIDTH, WIDTH) + carry, WIDTH);
            carry = next;
            if digit != 0 {
                let multiple =
                    &self.multiples[MULTIPLES * w as usize + usize::from(digit.unsigned_abs()) - 1];
                terms.push(adder.negate_if(digit < 0, multiple));
            }
        }
    }

    /// `scalar * H`.
    pub(super) fn multiple<P: Profile>(
        &self,
        adder: Adder<P>,
        scalar: &Scalar<P>,
    ) -> Projective<P> {
        let mut terms = Vec::with_capacity(DIGITS as usize);
        self.terms(adder, scalar, &mut terms);
        terms.iter().map(|term| adder.unpack(term)).sum()
    }
}
