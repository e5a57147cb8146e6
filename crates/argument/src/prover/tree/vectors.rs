//! The tree eight fractions at a time.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes), with weights and challenges below `p`: what memory holds is below `1.67 p`. It is
//! products, and sums of two products, of such numbers, below `1.2 p`, or sums below `4 p` that are reduced.

mod fractions;
mod halves;
mod leaf_layer;
mod numerators;
mod sumcheck;
mod sums;

pub(super) use fractions::Fractions;
pub(super) use leaf_layer::LeafSumcheck;
pub(super) use sumcheck::Sumcheck;

use crate::curve::below_modulus;
use crate::lanes::{self, Field, Lanes, Packed, WIDTH};
use ark_ff::PrimeField;

/// Layers of fewer bits are not worth it. Half of such a layer, and half of that, has whole cells.
pub(super) const LEAST_BITS: usize = 7;

/// Sixteen numbers.
type Numbers = [Packed; 2];

/// Sixteen fractions `p / q`, first the `p`; in a sumcheck, eight nodes: `p0` and `p1 + lambda q1`, then `q0` and `q1`.
pub(super) type Cell = [Numbers; 2];

/// The memory of a sumcheck that is done. Its pages have been used before, and so cost less than new ones.
pub(super) type Spare = Vec<Cell>;

/// The field, in the kernel's form: a scalar `v` is `2^260 v mod p`.
pub(super) struct Kernel<F> {
    field: Field,
    into: F,
    out: F,
    one: [u64; 4],
}

impl<F: PrimeField> Kernel<F> {
    /// `None` if the machine does not have the instructions.
    pub fn detect() -> Option<Self> {
        if !lanes::is_available() {
            return None;
        }
        let into = F::from(2u64).pow([260]);
        let one = limbs(into);
        Some(Self {
            // SAFETY: the instructions are available.
            field: unsafe { Field::new(lanes::modulus::<F>()) },
            into,
            out: into.inverse()?,
            one,
        })
    }

    pub fn number(&self, value: F) -> [u64; 4] {
        limbs(value * self.into)
    }

    pub fn scalar(&self, number: [u64; 4]) -> F {
        let mut value = F::BigInt::default();
        value.as_mut().copy_from_slice(&below_modulus::<F>(number));
        F::from_bigint(value).unwrap_or_default() * self.out
    }

    /// `a + x (b - a)`, of numbers below `1.67 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn line(&self, a: &Lanes, b: &Lanes, x: &Lanes) -> Lanes {
        let step = self.field.multiply(x, &self.field.subtract(b, a));
        self.field.reduce(a, &[], &step)
    }
}

/// Of sixteen numbers, the even ones and the odd ones.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn unzip([first, second]: &Numbers) -> [Lanes; 2] {
    let [even, odd] = first.load().unzip(&second.load());
    [even.lanes(), odd.lanes()]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn load(packed: &Packed) -> Lanes {
    packed.load().lanes()
}

#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn store(packed: &mut Packed, lanes: &Lanes) {
    packed.store(&lanes::Words::from_lanes(lanes));
}

/// Writes a number into sixteen.
#[inline]
fn put(numbers: &mut Numbers, at: usize, number: [u64; 4]) {
    numbers[at / WIDTH].set(at % WIDTH, number);
}

/// Whether a cell is `neutral`, of which the first number is zero: others are told apart by their first.
#[inline]
fn is_neutral(cell: &Cell, neutral: &Cell) -> bool {
    cell[0][0].first() == 0 && cell == neutral
}

/// The least representative's limbs.
fn limbs<F: PrimeField>(value: F) -> [u64; 4] {
    let mut limbs = [0; 4];
    limbs.copy_from_slice(value.into_bigint().as_ref());
    limbs
}
