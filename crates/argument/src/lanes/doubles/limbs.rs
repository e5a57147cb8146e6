//! Numbers in limbs, before there are vectors of them.

use super::{HALF, LIMB, LIMBS, MASK};
use crate::lanes::Number;

/// What memory's numbers are offset by: some `0.68 p`, of which all limbs but the last are `2^50`.
pub(super) fn offset(modulus: Number) -> Number {
    let last = (modulus[3] >> 12) / 100 * 68;
    let mut offset = [0, 0, 0, last << 12];
    for limb in 0..LIMBS - 1 {
        let bit = LIMB as usize * (limb + 1) - 1;
        offset[bit / 64] |= 1 << (bit % 64);
    }
    offset
}

/// A number in limbs of 51 bits.
pub(super) fn digits([a, b, c, d]: Number) -> [u64; LIMBS] {
    [
        a & MASK,
        (a >> 51 | b << 13) & MASK,
        (b >> 38 | c << 26) & MASK,
        (c >> 25 | d << 39) & MASK,
        d >> 12,
    ]
}

/// The same number, all limbs but the last in `-2^50..2^50`.
pub(super) fn balanced(limbs: [u64; LIMBS]) -> [f64; LIMBS] {
    let mut carry = 0;
    std::array::from_fn(|i| {
        let limb = limbs[i] + carry;
        if i == LIMBS - 1 {
            return limb as f64;
        }
        carry = (limb + HALF) >> LIMB;
        limb as f64 - (carry << LIMB) as f64
    })
}
