//! Powers eight numbers at a time, and two times eight under way at once.

use super::power;
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, WIDTH, Work};

/// Eight numbers each, whose products do not wait for each other.
const CHAINS: usize = 2;

/// Each of these numbers to the power that consists of these runs of bits.
pub(super) struct Powers<'a, F> {
    pub exponent: &'a [usize],
    pub numbers: &'a [F],
}

impl<F: Montgomery> Work<F> for Powers<'_, F> {
    type Output = Vec<F>;

    fn with<A: Arithmetic<F> + 'static>(self, field: A) -> Vec<F> {
        let Self { exponent, numbers } = self;
        let form = A::form();
        let mut powers = Vec::with_capacity(numbers.len().next_multiple_of(CHAINS * WIDTH));
        for numbers in numbers.chunks(CHAINS * WIDTH) {
            let packed: [[_; WIDTH]; CHAINS] = std::array::from_fn(|chain| {
                std::array::from_fn(|lane| {
                    let number = numbers.get(chain * WIDTH + lane).copied();
                    form.number(number.unwrap_or_default())
                })
            });
            let raised = field.vectorize(
                #[inline(always)]
                || {
                    let one = [field.splat(form.number(F::one())); CHAINS];
                    let eights = packed
                        .each_ref()
                        .map(|chain| field.gather(chain.each_ref()));
                    power(
                        exponent,
                        one,
                        eights,
                        #[inline(always)]
                        |[a0, a1], [b0, b1]| [field.multiply(a0, b0), field.multiply(a1, b1)],
                    )
                    .map(|eight| field.scatter(&eight))
                },
            );
            let raised = raised.as_flattened().iter();
            powers.extend(raised.map(|&number| form.value(number)));
        }
        powers.truncate(numbers.len());
        powers
    }
}
