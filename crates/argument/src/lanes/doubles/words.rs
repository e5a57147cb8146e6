//! Eight words of 64 bits, in as many vectors as it takes.

use super::vector::Vector;
use crate::lanes::{Number, WIDTH};

/// How many vectors have eight words.
#[cfg(target_arch = "x86_64")]
pub(crate) const PARTS: usize = 2;
#[cfg(target_arch = "aarch64")]
pub(crate) const PARTS: usize = 4;

/// Words in a vector.
const PART: usize = WIDTH / PARTS;

/// An array of what an expression gives for each vector. Loops over them would be so many, in kernels that have all in line, that
/// compiling took more than ten minutes.
#[cfg(target_arch = "x86_64")]
macro_rules! each_part {
    ($part:ident => $value:expr) => {
        array_of!($part in [0 1] => $value)
    };
}
#[cfg(target_arch = "aarch64")]
macro_rules! each_part {
    ($part:ident => $value:expr) => {
        array_of!($part in [0 1 2 3] => $value)
    };
}

/// Eight words; each vector has an equal part of them. There is no value of it where the machine lacks the instructions.
#[derive(Clone, Copy)]
pub(crate) struct Words<V>([V; PARTS]);

impl<V: Vector> Words<V> {
    /// # Safety
    ///
    /// The machine has the instructions. So it is for all that makes words.
    #[inline(always)]
    pub unsafe fn splat(word: u64) -> Self {
        // SAFETY: the caller's promise.
        Self([unsafe { V::splat(word) }; PARTS])
    }

    /// # Safety
    ///
    /// As of [`Self::splat`].
    #[inline(always)]
    pub unsafe fn load(words: &[u64; WIDTH]) -> Self {
        // SAFETY: the caller's promise; of eight words, each vector takes those of its part.
        Self(each_part!(I => unsafe { V::load(words[I * PART..].as_ptr()) }))
    }

    #[inline(always)]
    pub fn store(self, words: &mut [u64; WIDTH]) {
        // SAFETY: of eight words, each vector takes those of its part.
        each_part!(I => unsafe { self.0[I].store(words[I * PART..].as_mut_ptr()) });
    }

    /// The words of eight numbers: the lowest of all, and so on.
    ///
    /// # Safety
    ///
    /// As of [`Self::splat`].
    #[inline(always)]
    pub unsafe fn gather(numbers: [&Number; WIDTH]) -> [Self; 4] {
        // SAFETY: the caller's promise; there are as many numbers as a vector has words.
        let parts = each_part!(I => unsafe { V::gather(&numbers[I * PART..]) });
        [
            Self::of_parts(&parts, 0),
            Self::of_parts(&parts, 1),
            Self::of_parts(&parts, 2),
            Self::of_parts(&parts, 3),
        ]
    }

    /// The numbers whose words these are.
    #[inline(always)]
    pub fn scatter([a, b, c, d]: [Self; 4]) -> [Number; WIDTH] {
        let mut numbers = [[0; 4]; WIDTH];
        each_part!(I => {
            let part = [a.0[I], b.0[I], c.0[I], d.0[I]];
            // SAFETY: there is room for as many numbers as a vector has words.
            unsafe { V::scatter(part, &mut numbers[I * PART..]) };
        });
        numbers
    }

    /// The words at even places of both, and those at odd ones.
    #[inline(always)]
    pub fn unzip(self, next: Self) -> [Self; 2] {
        // Of the parts of both, one behind the other, two come together.
        let unzipped = each_part!(I => {
            let (of, part) = if 2 * I < PARTS {
                (self, 2 * I)
            } else {
                (next, 2 * I - PARTS)
            };
            of.0[part].unzip(of.0[part + 1])
        });
        [Self::of_parts(&unzipped, 0), Self::of_parts(&unzipped, 1)]
    }

    /// The same vector in all places.
    #[inline(always)]
    pub fn same(vector: V) -> Self {
        Self([vector; PARTS])
    }

    /// From the vectors that stand in this place of arrays.
    #[inline(always)]
    pub fn of_parts<const LENGTH: usize>(parts: &[[V; LENGTH]; PARTS], place: usize) -> Self {
        Self(each_part!(I => parts[I][place]))
    }

    /// Where one of the vectors stands.
    #[inline(always)]
    pub fn place(&self, part: usize) -> &V {
        &self.0[part]
    }

    /// One of the vectors.
    #[inline(always)]
    pub fn part(&self, part: usize) -> V {
        self.0[part]
    }

    #[inline(always)]
    pub fn set_part(&mut self, part: usize, words: V) {
        self.0[part] = words;
    }

    /// The sum of integers.
    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(each_part!(I => self.0[I].add(other.0[I])))
    }

    /// The sum of doubles.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(each_part!(I => self.0[I].plus(other.0[I])))
    }

    /// The difference of doubles.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(each_part!(I => self.0[I].minus(other.0[I])))
    }

    /// A bit for each word, the first of which is the lowest: whether they are the same.
    #[inline(always)]
    pub fn equals(self, other: Self) -> u8 {
        let mut equal = 0;
        each_part!(I => equal |= self.0[I].equals(other.0[I]) << (I * PART));
        equal
    }

    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(each_part!(I => self.0[I].and(other.0[I])))
    }

    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(each_part!(I => self.0[I].or(other.0[I])))
    }

    #[inline(always)]
    pub fn shift_left<const BITS: i32>(self) -> Self {
        Self(each_part!(I => self.0[I].shift_left::<BITS>()))
    }

    #[inline(always)]
    pub fn shift_right<const BITS: i32>(self) -> Self {
        Self(each_part!(I => self.0[I].shift_right::<BITS>()))
    }
}
