//! What the arithmetic needs of vector instructions.

use crate::lanes::Number;

/// Words of 64 bits in one register, integers or doubles. There is no value of it where the machine lacks the instructions.
pub(crate) trait Vector: Copy + Send + Sync {
    /// Whether the machine has the instructions.
    fn is_available() -> bool;

    /// Does the work with the instructions.
    ///
    /// # Safety
    ///
    /// The machine has them. So it is for all that makes a vector.
    unsafe fn vectorize<T>(work: impl FnOnce() -> T) -> T;

    /// # Safety
    ///
    /// As of [`Self::vectorize`].
    unsafe fn splat(word: u64) -> Self;

    /// The words behind a place.
    ///
    /// # Safety
    ///
    /// As of [`Self::vectorize`]; and there are as many words as a vector has.
    unsafe fn load(words: *const u64) -> Self;

    /// # Safety
    ///
    /// There is room for as many words as a vector has.
    unsafe fn store(self, words: *mut u64);

    /// The words of as many numbers as a vector has words: the lowest of all, and so on.
    ///
    /// # Safety
    ///
    /// As of [`Self::vectorize`]; and there are as many numbers as a vector has words.
    unsafe fn gather(numbers: &[&Number]) -> [Self; 4];

    /// The numbers whose words these are.
    ///
    /// # Safety
    ///
    /// There is room for as many numbers as a vector has words.
    unsafe fn scatter(words: [Self; 4], numbers: &mut [Number]);

    /// The words at even places of both, and those at odd ones.
    fn unzip(self, next: Self) -> [Self; 2];

    /// The same. What comes later in the program is not computed before it: compilers would compute all products first and keep them
    /// in memory until they are added up, which takes longer than multiplying.
    fn in_order(self) -> Self;

    /// The sum of integers.
    fn add(self, other: Self) -> Self;

    /// The sum of doubles.
    fn plus(self, other: Self) -> Self;

    /// The difference of doubles.
    fn minus(self, other: Self) -> Self;

    /// `self * factor + summand` of doubles, rounded once.
    fn times_plus(self, factor: Self, summand: Self) -> Self;

    /// A bit for each word, the first of which is the lowest: whether they are the same.
    fn equals(self, other: Self) -> u8;

    fn and(self, other: Self) -> Self;

    fn or(self, other: Self) -> Self;

    fn shift_left<const BITS: i32>(self) -> Self;

    fn shift_right<const BITS: i32>(self) -> Self;
}
