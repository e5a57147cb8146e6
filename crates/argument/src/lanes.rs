//! Eight residues at a time, with the instructions that the machine has.
//!
//! [`Arithmetic`] is what the tree, the additions of points and square roots compute in. There is one for each kind of instructions;
//! all keep eight numbers together in memory, [`Packed`], four words of 64 bits each, in a [`Form`](crate::curve::form::Form) of their own.
//!
//! Numbers are in Montgomery form, any representatives, whose bounds are each arithmetic's matter. It is enough to tell apart:
//! - *kept* numbers, which memory can hold: what comes from there, reduced sums, differences and sums of products, and products of two
//!   kept numbers;
//! - *factors*, of which products may be made: kept numbers, the difference of two, and products of factors, which are reduced before
//!   memory holds them.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod doubles;
mod library;

#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(test)]
mod tests;

use crate::curve::Montgomery;
use crate::curve::form::Form;
use crate::instructions::Instructions;
#[cfg(target_arch = "x86_64")]
pub(crate) use doubles::Avx2;
#[cfg(target_arch = "aarch64")]
pub(crate) use doubles::Neon;
#[cfg(target_arch = "x86_64")]
pub(crate) use ifma::Ifma;
pub(crate) use library::Library;

/// Numbers that are computed with together.
pub(crate) const WIDTH: usize = 8;

/// A number below `2^256`, in memory: four words of 64 bits, the least significant first.
pub(crate) type Number = [u64; 4];

/// The arithmetic of one field with one kind of instructions. There is no value of it where the machine lacks them.
///
/// What computes with it must be called within [`vectorize`](Self::vectorize), inlined into it as far as it takes or gives
/// [`Eight`](Self::Eight): everywhere else it is as right and many times slower. `map` and `from_fn` are such places, for what they are
/// given is compiled on its own.
pub(crate) trait Arithmetic<F: Montgomery>: Send + Sync + Sized {
    /// Eight numbers in registers.
    type Eight: Copy + Send + Sync;
    /// Eight sums of products that are not reduced yet.
    type Wide: Copy;

    /// What numbers in memory stand for.
    fn form() -> Form<F>;

    /// `None` if the machine does not have the instructions.
    fn detect() -> Option<Self>;

    /// Does the work with the instructions.
    fn vectorize<T>(&self, work: impl FnOnce() -> T) -> T;

    /// One number in every lane.
    fn splat(&self, number: Number) -> Self::Eight;

    /// A number in each lane.
    fn gather(&self, numbers: [&Number; WIDTH]) -> Self::Eight;

    /// The number in each lane, of kept numbers.
    fn scatter(&self, eight: &Self::Eight) -> [Number; WIDTH];

    fn load(&self, packed: &Packed) -> Self::Eight;

    /// Kept numbers.
    fn store(&self, packed: &mut Packed, eight: &Self::Eight);

    /// Of sixteen numbers, the even ones and the odd ones.
    fn unzip(&self, numbers: &[Packed; 2]) -> [Self::Eight; 2];

    /// The product of factors.
    fn multiply(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight;

    /// `a[0] b[0] + a[1] b[1]`, of kept numbers or differences; it is kept.
    fn sum_of_products(&self, a: [&Self::Eight; 2], b: [&Self::Eight; 2]) -> Self::Eight;

    /// `a - b` of kept numbers, a factor.
    fn subtract(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight;

    /// `a + b`, of a kept number and a product; it is kept.
    fn add_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight;

    /// `a - b`, of a product and a kept number; it is kept.
    fn subtract_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight;

    /// `a - b - c`, of a product and two kept numbers; it is kept.
    fn subtract_two_reduced(
        &self,
        a: &Self::Eight,
        b: &Self::Eight,
        c: &Self::Eight,
    ) -> Self::Eight;

    /// The lanes that come from memory that is zero.
    fn empty(&self, eight: &Self::Eight) -> u8;

    /// Of products of numbers that are not zero modulo `p` with a difference, all lanes where this is, and perhaps some others.
    fn suspects(&self, eight: &Self::Eight) -> u8;

    /// The same factors, but for some lanes that get another's. It is slow.
    fn replaced(&self, eight: &Self::Eight, lanes: u8, with: &Self::Eight) -> Self::Eight;

    /// No products.
    fn wide(&self) -> Self::Wide;

    /// Adds the product of a difference, or a kept number, or a product of such, and a kept number: of at most a hundred.
    fn add_product(&self, sum: &mut Self::Wide, a: &Self::Eight, b: &Self::Eight);

    /// The Montgomery reduction of a sum of products, a product.
    fn reduce_wide(&self, sum: Self::Wide) -> Self::Eight;
}

/// Something to do with whichever arithmetic is quickest.
pub(crate) trait Work<F: Montgomery> {
    type Output;

    fn with<A: Arithmetic<F> + 'static>(self, arithmetic: A) -> Self::Output;
}

/// Does some work with the quickest arithmetic that the machine has.
pub(crate) fn with_quickest<F: Montgomery, W: Work<F>>(work: W) -> W::Output {
    let allowed = Instructions::allowed();
    #[cfg(target_arch = "x86_64")]
    if allowed >= Instructions::Avx512
        && let Some(ifma) = <Ifma as Arithmetic<F>>::detect()
    {
        return work.with(ifma);
    }
    #[cfg(target_arch = "x86_64")]
    if allowed >= Instructions::Avx2
        && let Some(avx2) = <Avx2 as Arithmetic<F>>::detect()
    {
        return work.with(avx2);
    }
    #[cfg(target_arch = "aarch64")]
    if allowed >= Instructions::Neon
        && let Some(neon) = <Neon as Arithmetic<F>>::detect()
    {
        return work.with(neon);
    }
    let _ = allowed;
    work.with(Library)
}

/// Eight numbers below `2^256`, in memory: limb by limb.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Packed([[u64; WIDTH]; 4]);

impl Packed {
    /// One number eight times.
    pub fn splat(number: Number) -> Self {
        Self(number.map(|limb| [limb; WIDTH]))
    }

    /// The number in a lane.
    #[inline]
    pub fn get(&self, lane: usize) -> Number {
        self.0.map(|row| row[lane])
    }

    /// Writes the number in a lane.
    #[inline]
    pub fn set(&mut self, lane: usize, number: Number) {
        for (row, limb) in self.0.iter_mut().zip(number) {
            row[lane] = limb;
        }
    }

    /// The lowest limb of the first number.
    #[inline]
    pub fn first(&self) -> u64 {
        self.0[0][0]
    }
}

/// The limbs of a field's modulus.
pub(crate) fn modulus<F: Montgomery>() -> Number {
    let mut modulus = [0; 4];
    modulus.copy_from_slice(F::MODULUS.as_ref());
    modulus
}

/// `times * number`, which is below `2^256`.
#[cfg(target_arch = "x86_64")]
fn scale(number: Number, times: u64) -> Number {
    let mut carry = 0u128;
    number.map(|limb| {
        let product = u128::from(limb) * u128::from(times) + carry;
        carry = product >> 64;
        product as u64
    })
}

/// `-1 / p mod 2^64`, from the lowest limb of `p`.
pub(crate) fn negated_inverse(lowest: u64) -> u64 {
    let mut inverse = 1u64;
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(lowest.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}
