//! Two words at a time with NEON, which every 64-bit Arm has.

use super::vector::Vector;
use crate::lanes::Number;
use std::arch::aarch64::{
    float64x2_t, uint64x2_t, vaddq_f64, vaddq_u64, vandq_u64, vceqq_u64, vdupq_n_u64, vfmaq_f64,
    vgetq_lane_u64, vld1q_u64, vorrq_u64, vreinterpretq_f64_u64, vreinterpretq_u64_f64,
    vshlq_n_u64, vshrq_n_u64, vst1q_u64, vsubq_f64, vuzp1q_u64, vuzp2q_u64, vzip1q_u64, vzip2q_u64,
};
use std::arch::asm;

/// Two words.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Words(uint64x2_t);

impl Vector for Words {
    fn is_available() -> bool {
        std::arch::is_aarch64_feature_detected!("neon")
    }

    #[inline(always)]
    unsafe fn vectorize<T>(work: impl FnOnce() -> T) -> T {
        work()
    }

    #[inline(always)]
    unsafe fn splat(word: u64) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vdupq_n_u64(word) })
    }

    #[inline(always)]
    unsafe fn load(words: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vld1q_u64(words) })
    }

    #[inline(always)]
    unsafe fn store(self, words: *mut u64) {
        // SAFETY: the caller's promise; there is a vector.
        unsafe { vst1q_u64(words, self.0) }
    }

    #[inline(always)]
    unsafe fn gather(numbers: &[&Number]) -> [Self; 4] {
        // SAFETY: the caller's promise; a number has four words.
        unsafe {
            let [a, b] = [0, 1].map(|i| vld1q_u64(numbers[i].as_ptr()));
            let [c, d] = [0, 1].map(|i| vld1q_u64(numbers[i][2..].as_ptr()));
            [
                vzip1q_u64(a, b),
                vzip2q_u64(a, b),
                vzip1q_u64(c, d),
                vzip2q_u64(c, d),
            ]
            .map(Self)
        }
    }

    #[inline(always)]
    unsafe fn scatter([a, b, c, d]: [Self; 4], numbers: &mut [Number]) {
        // SAFETY: there are vectors; a number has four words.
        unsafe {
            vst1q_u64(numbers[0].as_mut_ptr(), vzip1q_u64(a.0, b.0));
            vst1q_u64(numbers[0][2..].as_mut_ptr(), vzip1q_u64(c.0, d.0));
            vst1q_u64(numbers[1].as_mut_ptr(), vzip2q_u64(a.0, b.0));
            vst1q_u64(numbers[1][2..].as_mut_ptr(), vzip2q_u64(c.0, d.0));
        }
    }

    #[inline(always)]
    fn unzip(self, next: Self) -> [Self; 2] {
        // SAFETY: there are vectors.
        unsafe {
            [
                Self(vuzp1q_u64(self.0, next.0)),
                Self(vuzp2q_u64(self.0, next.0)),
            ]
        }
    }

    #[inline(always)]
    fn in_order(self) -> Self {
        let Self(mut words) = self;
        // SAFETY: there is nothing in it; there is a vector, so its register may be used.
        unsafe {
            asm!("/* {0:v} */", inout(vreg) words, options(nomem, nostack, preserves_flags));
        }
        Self(words)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { vaddq_u64(self.0, other.0) })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { vaddq_f64(self.doubles(), other.doubles()) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { vsubq_f64(self.doubles(), other.doubles()) })
    }

    #[inline(always)]
    fn times_plus(self, factor: Self, summand: Self) -> Self {
        let (a, b, c) = (self.doubles(), factor.doubles(), summand.doubles());
        // SAFETY: there are vectors.
        Self::of_doubles(unsafe { vfmaq_f64(c, a, b) })
    }

    #[inline(always)]
    fn equals(self, other: Self) -> u8 {
        // SAFETY: there are vectors.
        unsafe {
            let equal = vceqq_u64(self.0, other.0);
            (vgetq_lane_u64::<0>(equal) & 1 | vgetq_lane_u64::<1>(equal) & 2) as u8
        }
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { vandq_u64(self.0, other.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: there are vectors.
        Self(unsafe { vorrq_u64(self.0, other.0) })
    }

    #[inline(always)]
    fn shift_left<const BITS: i32>(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { vshlq_n_u64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: there is a vector.
        Self(unsafe { vshrq_n_u64::<BITS>(self.0) })
    }
}

impl Words {
    #[inline(always)]
    fn doubles(self) -> float64x2_t {
        // SAFETY: there is a vector.
        unsafe { vreinterpretq_f64_u64(self.0) }
    }

    #[inline(always)]
    fn of_doubles(doubles: float64x2_t) -> Self {
        // SAFETY: whoever has doubles has a vector.
        Self(unsafe { vreinterpretq_u64_f64(doubles) })
    }
}
