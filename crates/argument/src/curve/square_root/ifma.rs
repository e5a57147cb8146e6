//! Powers with AVX-512 IFMA: eight numbers at a time, and two times eight under way at once.

use super::power;
use crate::curve::{Profile, below_modulus};
use crate::lanes::{Field, Lanes, WIDTH, modulus};
use ark_ff::Field as _;

/// The Montgomery form here is `2^EXTRA_BITS` times the field library's.
const EXTRA_BITS: u32 = 4;
/// Eight numbers each, whose products do not wait for each other.
const CHAINS: usize = 2;

/// Each number to the power of `(t-1)/2`.
///
/// Safe on machines for which [`crate::lanes::is_available`].
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub(super) fn powers<P: Profile>(
    exponent: &[usize],
    numbers: &[P::BaseField],
) -> Vec<P::BaseField> {
    let field = Field::new(modulus::<P::BaseField>());
    let packing = P::BaseField::from(1u64 << EXTRA_BITS);
    let unpacking = packing.inverse().unwrap_or_default();
    let one = [Lanes::splat(P::coordinate_limbs(&packing)); CHAINS];
    // Products of numbers below 1.1 p are below 1.1 p.
    let multiply = |a: &[Lanes; CHAINS], b: &[Lanes; CHAINS]| {
        let [a0, a1] = a;
        let [b0, b1] = b;
        [field.multiply(a0, b0), field.multiply(a1, b1)]
    };
    let mut powers = Vec::with_capacity(numbers.len().next_multiple_of(CHAINS * WIDTH));
    for numbers in numbers.chunks(CHAINS * WIDTH) {
        let lanes = std::array::from_fn::<_, CHAINS, _>(|chain| {
            let limbs = std::array::from_fn(|lane| {
                let number = numbers.get(chain * WIDTH + lane).copied();
                P::coordinate_limbs(&(number.unwrap_or_default() * packing))
            });
            Lanes::gather(limbs)
        });
        for lanes in power(exponent, one, lanes, multiply) {
            powers.extend(lanes.scatter().map(|limbs| {
                P::coordinate_from_limbs(below_modulus::<P::BaseField>(limbs)) * unpacking
            }));
        }
    }
    powers.truncate(numbers.len());
    powers
}
