//! Four words at a time with AVX2 and FMA.

use super::vector::Vector;
use crate::lanes::Number;
use std::arch::asm;
use std::arch::x86_64::{
    __m256d, __m256i, _mm256_add_epi64, _mm256_add_pd, _mm256_and_si256, _mm256_castpd_si256,
    _mm256_castsi256_pd, _mm256_cmpeq_epi64, _mm256_fmadd_pd, _mm256_loadu_si256,
    _mm256_movemask_pd, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_permute4x64_epi64,
    _mm256_set1_epi64x, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256, _mm256_sub_pd,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

/// Four words. There is no value of it on a machine without AVX2 and FMA, so the instructions may be used on one.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Words(__m256i);

impl Vector for Words {
    fn is_available() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    #[inline(always)]
    unsafe fn vectorize<T>(work: impl FnOnce() -> T) -> T {
        #[target_feature(enable = "avx2,fma")]
        fn with_instructions<T>(work: impl FnOnce() -> T) -> T {
            work()
        }
        // SAFETY: the caller's promise.
        unsafe { with_instructions(work) }
    }

    #[inline(always)]
    unsafe fn splat(word: u64) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_set1_epi64x(word as i64) })
    }

    #[inline(always)]
    unsafe fn load(words: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_loadu_si256(words.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, words: *mut u64) {
        // SAFETY: the caller's promise; there is a vector.
        unsafe { _mm256_storeu_si256(words.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn gather(numbers: &[&Number]) -> [Self; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            transposed([
                Self::load(numbers[0].as_ptr()),
                Self::load(numbers[1].as_ptr()),
                Self::load(numbers[2].as_ptr()),
                Self::load(numbers[3].as_ptr()),
            ])
        }
    }

    #[inline(always)]
    unsafe fn scatter(words: [Self; 4], numbers: &mut [Number]) {
        // SAFETY: there are vectors; a number has four words.
        unsafe {
            for (number, words) in numbers.iter_mut().zip(transposed(words)) {
                words.store(number.as_mut_ptr());
            }
        }
    }

    #[inline(always)]
    fn unzip(self, next: Self) -> [Self; 2] {
        // SAFETY: there are vectors.
        unsafe {
            let even = _mm256_unpacklo_epi64(self.0, next.0);
            let odd = _mm256_unpackhi_epi64(self.0, next.0);
            [
                Self(_mm256_permute4x64_epi64::<0b11_01_10_00>(even)),
                Self(_mm256_permute4x64_epi64::<0b11_01_10_00>(odd)),
            ]
        }
    }

    #[inline(always)]
    fn in_order(self) -> Self {
        #[inline]
        #[target_feature(enable = "avx")]
        fn computed(mut words: __m256i) -> __m256i {
            // SAFETY: no instruction is in it.
            unsafe {
                asm!("/* {} */", inout(ymm_reg) words, options(nomem, nostack, preserves_flags));
            }
            words
        }
        // SAFETY: there is a vector.
        Self(unsafe { computed(self.0) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { _mm256_add_epi64(self.0, other.0) })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { _mm256_add_pd(self.doubles(), other.doubles()) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { _mm256_sub_pd(self.doubles(), other.doubles()) })
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, summand: Self) -> Self {
        let (a, b, c) = (self.doubles(), factor.doubles(), summand.doubles());
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { _mm256_fmadd_pd(a, b, c) })
    }

    #[inline(always)]
    fn equals(self, other: Self) -> u8 {
        // SAFETY: there are vectors.
        unsafe {
            let equal = _mm256_cmpeq_epi64(self.0, other.0);
            _mm256_movemask_pd(_mm256_castsi256_pd(equal)) as u8
        }
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { _mm256_and_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn shift_left<const BITS: i32>(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_slli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { _mm256_srli_epi64::<BITS>(self.0) })
    }
}

impl Words {
    #[inline(always)]
    fn doubles(self) -> __m256d {
        // SAFETY: there is a vector.
        unsafe { _mm256_castsi256_pd(self.0) }
    }

    #[inline(always)]
    fn of_doubles(doubles: __m256d) -> Self {
        // SAFETY: whoever has doubles has a vector.
        Self(unsafe { _mm256_castpd_si256(doubles) })
    }
}

/// Rows become columns.
#[inline(always)]
fn transposed([a, b, c, d]: [Words; 4]) -> [Words; 4] {
    // SAFETY: there are vectors.
    unsafe {
        let even = [
            _mm256_unpacklo_epi64(a.0, b.0),
            _mm256_unpacklo_epi64(c.0, d.0),
        ];
        let odd = [
            _mm256_unpackhi_epi64(a.0, b.0),
            _mm256_unpackhi_epi64(c.0, d.0),
        ];
        [
            Words(_mm256_permute2x128_si256::<0x20>(even[0], even[1])),
            Words(_mm256_permute2x128_si256::<0x20>(odd[0], odd[1])),
            Words(_mm256_permute2x128_si256::<0x31>(even[0], even[1])),
            Words(_mm256_permute2x128_si256::<0x31>(odd[0], odd[1])),
        ]
    }
}
