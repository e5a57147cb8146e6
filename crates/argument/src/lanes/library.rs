//! Eight residues with the field library's arithmetic, for machines of any kind. Numbers are below `p` throughout.

use super::{Arithmetic, Form, Number, Packed, WIDTH};
use crate::curve::Montgomery;

/// The field library's arithmetic.
pub(crate) struct Library;

impl<F: Montgomery> Arithmetic<F> for Library {
    type Eight = [F; WIDTH];
    type Wide = [F; WIDTH];

    fn form() -> Form<F> {
        Form::new(F::one(), F::one(), F::zero())
    }

    fn detect() -> Option<Self> {
        Some(Self)
    }

    #[inline(always)]
    fn vectorize<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    #[inline]
    fn splat(&self, number: Number) -> [F; WIDTH] {
        [F::from_limbs(number); WIDTH]
    }

    #[inline]
    fn gather(&self, numbers: [&Number; WIDTH]) -> [F; WIDTH] {
        numbers.map(|&number| F::from_limbs(number))
    }

    #[inline]
    fn scatter(&self, eight: &[F; WIDTH]) -> [Number; WIDTH] {
        eight.map(|v| v.limbs())
    }

    #[inline]
    fn load(&self, packed: &Packed) -> [F; WIDTH] {
        std::array::from_fn(|lane| F::from_limbs(packed.get(lane)))
    }

    #[inline]
    fn store(&self, packed: &mut Packed, eight: &[F; WIDTH]) {
        for (lane, v) in eight.iter().enumerate() {
            packed.set(lane, v.limbs());
        }
    }

    #[inline]
    fn unzip(&self, numbers: &[Packed; 2]) -> [[F; WIDTH]; 2] {
        [0, 1].map(|odd| {
            std::array::from_fn(|lane| {
                let place = 2 * lane + odd;
                F::from_limbs(numbers[place / WIDTH].get(place % WIDTH))
            })
        })
    }

    #[inline]
    fn multiply(&self, a: &[F; WIDTH], b: &[F; WIDTH]) -> [F; WIDTH] {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }

    #[inline]
    fn sum_of_products(&self, a: [&[F; WIDTH]; 2], b: [&[F; WIDTH]; 2]) -> [F; WIDTH] {
        std::array::from_fn(|lane| F::sum_of_products(&a.map(|a| a[lane]), &b.map(|b| b[lane])))
    }

    #[inline]
    fn subtract(&self, a: &[F; WIDTH], b: &[F; WIDTH]) -> [F; WIDTH] {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }

    #[inline]
    fn add_reduced(&self, a: &[F; WIDTH], b: &[F; WIDTH]) -> [F; WIDTH] {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline]
    fn subtract_reduced(&self, a: &[F; WIDTH], b: &[F; WIDTH]) -> [F; WIDTH] {
        self.subtract(a, b)
    }

    #[inline]
    fn subtract_two_reduced(&self, a: &[F; WIDTH], b: &[F; WIDTH], c: &[F; WIDTH]) -> [F; WIDTH] {
        std::array::from_fn(|lane| a[lane] - b[lane] - c[lane])
    }

    #[inline]
    fn empty(&self, eight: &[F; WIDTH]) -> u8 {
        let zeros = eight.iter().enumerate();
        zeros.fold(0, |zeros, (lane, v)| zeros | u8::from(v.is_zero()) << lane)
    }

    /// A number is never the modulus here, but zero.
    #[inline]
    fn suspects(&self, eight: &[F; WIDTH]) -> u8 {
        self.empty(eight)
    }

    fn replaced(&self, eight: &[F; WIDTH], lanes: u8, with: &[F; WIDTH]) -> [F; WIDTH] {
        std::array::from_fn(|lane| match lanes >> lane & 1 {
            1 => with[lane],
            _ => eight[lane],
        })
    }

    #[inline]
    fn wide(&self) -> [F; WIDTH] {
        [F::zero(); WIDTH]
    }

    #[inline]
    fn add_product(&self, sum: &mut [F; WIDTH], a: &[F; WIDTH], b: &[F; WIDTH]) {
        for (lane, sum) in sum.iter_mut().enumerate() {
            *sum += a[lane] * b[lane];
        }
    }

    #[inline]
    fn reduce_wide(&self, sum: [F; WIDTH]) -> [F; WIDTH] {
        sum
    }
}
