//! Signed digits of scalars and of small integers, and the windows that make the fewest additions.

use ark_ff::PrimeField;

use crate::curve::{Profile, Scalar};

/// Additions that `windows` windows of `width` bits over `count` bases take.
pub(super) fn additions(count: usize, width: u32, windows: u32) -> usize {
    windows as usize * (count + (2 << (width - 1)))
}

/// Windows of `width` bits that signed integers of `bits` bits (sign included) take: the signed digits of `n` windows
/// reach `2^(width * n - 1)` either way.
pub(super) fn windows(bits: u32, width: u32) -> u32 {
    bits.div_ceil(width)
}

/// The window's width for `count` integers of `bits` bits.
pub(super) fn best_width(count: usize, bits: u32) -> u32 {
    (1..=bits.min(15))
        .min_by_key(|&width| additions(count, width, windows(bits, width)))
        .unwrap_or(1)
}

/// Bits of full-size scalars, sign included.
pub(super) fn scalar_bits<P: Profile>() -> u32 {
    <Scalar<P> as PrimeField>::MODULUS_BIT_SIZE + 1
}

/// The signed digits of full-size scalars, window by window, a digit a scalar.
pub(super) fn of_scalars<P: Profile>(scalars: &[Scalar<P>], width: u32) -> Vec<i16> {
    let windows = windows(scalar_bits::<P>(), width);
    let mut digits = vec![0i16; windows as usize * scalars.len()];
    for (i, scalar) in scalars.iter().enumerate() {
        let number = scalar.into_bigint();
        let mut carry = 0;
        let digits = digits.iter_mut().skip(i).step_by(scalars.len());
        for (w, digit) in (0..windows).zip(digits) {
            (*digit, carry) = signed(bits_at(number.as_ref(), w * width, width) + carry, width);
        }
    }
    digits
}

/// `value = digit + 2^width * carry` with `|digit| <= 2^(width - 1)`, for `0 <= value <= 2^width`.
#[inline(always)]
pub(super) fn signed(value: u32, width: u32) -> (i16, u32) {
    let half = 1 << (width - 1);
    let carry = u32::from(value > half);
    ((value as i32 - ((carry as i32) << width)) as i16, carry)
}

/// `width` bits (at most 32) of a number, from bit `start` on; zeros beyond the end.
#[inline(always)]
pub(super) fn bits_at(limbs: &[u64], start: u32, width: u32) -> u32 {
    let (index, shift) = ((start / 64) as usize, start % 64);
    let low = limbs.get(index).copied().unwrap_or(0);
    let high = limbs.get(index + 1).copied().unwrap_or(0);
    let both = (u128::from(high) << 64 | u128::from(low)) >> shift;
    (both as u64 & ((1 << width) - 1)) as u32
}
