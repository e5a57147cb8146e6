//! Eight residues with AVX-512 IFMA, in five limbs of 52 bits: `R = 2^260`, some `84 p`.
//!
//! Numbers are not negative. Kept ones, see [`lanes`](super), are below `1.67 p`: reduced ones are below `p + 2^253`, products of `a p` and
//! `b p` below `(1 + a b / 64) p`, and sums of two products of differences below `1.5 p`. Differences are offset by `2 p` and below `3.67 p`.
//! A hundred products of numbers below `5 p` and `1.67 p` are reduced below `14 p`, which times a kept number is below `1.4 p`. What is to be
//! reduced is below `2^256`, some `5.2 p`: at most a product and four moduli.

use std::arch::x86_64::{
    __m512i, _mm256_loadu_si256, _mm256_storeu_si256, _mm512_add_epi64, _mm512_and_si512,
    _mm512_castsi256_si512, _mm512_castsi512_si256, _mm512_cmpeq_epi64_mask,
    _mm512_extracti64x4_epi64, _mm512_inserti64x4, _mm512_load_si512, _mm512_loadu_si512,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_blend_epi64, _mm512_or_si512,
    _mm512_permutex2var_epi64, _mm512_permutexvar_epi64, _mm512_set1_epi64, _mm512_setr_epi64,
    _mm512_setzero_si512, _mm512_shrdi_epi64, _mm512_slli_epi64, _mm512_srai_epi64,
    _mm512_srli_epi64, _mm512_store_si512, _mm512_sub_epi64, _mm512_test_epi64_mask,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::{Arithmetic, Form, Number, Packed, WIDTH, modulus, negated_inverse, scale};
use crate::curve::Montgomery;

/// Bits of a limb.
const LIMB: u32 = 52;
/// Limbs of a number.
const LIMBS: usize = 5;

/// Eight numbers, limb by limb.
#[derive(Clone, Copy)]
pub(crate) struct Lanes([__m512i; LIMBS]);

impl Lanes {
    /// One number in every lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn splat(number: Number) -> Self {
        Self(limbs(number).map(|limb| splat(limb)))
    }

    /// A number in each lane, of a table.
    #[target_feature(enable = "avx512f")]
    fn table(numbers: [Number; WIDTH]) -> Self {
        let mut rows = [[0; WIDTH]; LIMBS];
        for (lane, number) in numbers.into_iter().enumerate() {
            for (row, limb) in rows.iter_mut().zip(limbs(number)) {
                row[lane] = limb;
            }
        }
        Self(rows.map(|row| load(row)))
    }

    /// The lanes that are zero.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zeros(&self) -> u8 {
        let [a, b, c, d, e] = self.0;
        let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
        let any = _mm512_or_si512(any, e);
        !_mm512_test_epi64_mask(any, any)
    }

    /// The same numbers, but for some lanes that get another's.
    #[target_feature(enable = "avx512f")]
    fn replaced(&self, lanes: u8, with: &Self) -> Self {
        let mut limbs = self.0;
        for (limb, with) in limbs.iter_mut().zip(with.0) {
            *limb = _mm512_mask_blend_epi64(lanes, *limb, with);
        }
        Self(limbs)
    }

    /// The sum, its limbs not carried.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn plus(&self, other: &Self) -> Self {
        let mut sum = self.0;
        for (sum, other) in sum.iter_mut().zip(other.0) {
            *sum = _mm512_add_epi64(*sum, other);
        }
        Self(sum)
    }
}

/// Eight sums of products that are not reduced yet, in ten limbs of more than 52 bits.
#[derive(Clone, Copy)]
pub(crate) struct Wide([__m512i; 2 * LIMBS]);

impl Wide {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zero() -> Self {
        Self([_mm512_setzero_si512(); 2 * LIMBS])
    }

    /// Adds a product. A limb gets ten numbers below `2^52`, so it holds the sum of a hundred products and more.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add_product(&mut self, a: &Lanes, b: &Lanes) {
        let Self(sum) = self;
        for (i, a) in a.0.into_iter().enumerate() {
            for (j, b) in b.0.into_iter().enumerate() {
                sum[i + j] = _mm512_madd52lo_epu64(sum[i + j], a, b);
                sum[i + j + 1] = _mm512_madd52hi_epu64(sum[i + j + 1], a, b);
            }
        }
    }
}

/// The arithmetic: a field's constants, in every lane.
pub(crate) struct Ifma {
    modulus: Lanes,
    two_moduli: Lanes,
    four_moduli: Lanes,
    /// Limb by limb, the largest multiple of the modulus that is not above `k 2^253`, in lane `k`.
    multiples: Lanes,
    /// `-1 / p mod 2^52`.
    negated_inverse: __m512i,
    /// `2^52 - 1`.
    mask: __m512i,
}

impl<F: Montgomery> Arithmetic<F> for Ifma {
    type Eight = Lanes;
    type Wide = Wide;

    fn form() -> Form<F> {
        Form::new(F::from(16u64), Form::<F>::half().pow([4]), F::zero())
    }

    fn detect() -> Option<Self> {
        let has_instructions = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi2");
        // SAFETY: the machine has the instructions.
        has_instructions.then(|| unsafe { Self::new(modulus::<F>()) })
    }

    #[inline(always)]
    fn vectorize<T>(&self, work: impl FnOnce() -> T) -> T {
        #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
        fn with_instructions<T>(work: impl FnOnce() -> T) -> T {
            work()
        }
        // SAFETY: there is no value of this type where the machine lacks the instructions. This holds for all that follows here.
        unsafe { with_instructions(work) }
    }

    #[inline(always)]
    fn splat(&self, number: Number) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { Lanes::splat(number) }
    }

    #[inline(always)]
    fn gather(&self, numbers: [&Number; WIDTH]) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { Words::gather(numbers).lanes() }
    }

    #[inline(always)]
    fn scatter(&self, eight: &Lanes) -> [Number; WIDTH] {
        // SAFETY: see `vectorize`.
        unsafe { Words::from_lanes(eight).scatter() }
    }

    #[inline(always)]
    fn load(&self, packed: &Packed) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { packed.words().lanes() }
    }

    #[inline(always)]
    fn store(&self, packed: &mut Packed, eight: &Lanes) {
        // SAFETY: see `vectorize`.
        unsafe { packed.set_words(&Words::from_lanes(eight)) }
    }

    #[inline(always)]
    fn unzip(&self, [first, second]: &[Packed; 2]) -> [Lanes; 2] {
        // SAFETY: see `vectorize`.
        unsafe {
            let [even, odd] = first.words().unzip(&second.words());
            [even.lanes(), odd.lanes()]
        }
    }

    #[inline(always)]
    fn multiply(&self, a: &Lanes, b: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.sum_of([a], [b]) }
    }

    #[inline(always)]
    fn sum_of_products(&self, a: [&Lanes; 2], b: [&Lanes; 2]) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.sum_of(a, b) }
    }

    #[inline(always)]
    fn subtract(&self, a: &Lanes, b: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.difference(a, b) }
    }

    #[inline(always)]
    fn add_reduced(&self, a: &Lanes, b: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.reduced(a, [], b) }
    }

    #[inline(always)]
    fn subtract_reduced(&self, a: &Lanes, b: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.reduced(a, [b], &self.two_moduli) }
    }

    #[inline(always)]
    fn subtract_two_reduced(&self, a: &Lanes, b: &Lanes, c: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.reduced(a, [b, c], &self.four_moduli) }
    }

    #[inline(always)]
    fn empty(&self, eight: &Lanes) -> u8 {
        // SAFETY: see `vectorize`.
        unsafe { eight.zeros() }
    }

    #[inline(always)]
    fn suspects(&self, eight: &Lanes) -> u8 {
        // SAFETY: see `vectorize`.
        unsafe { _mm512_cmpeq_epi64_mask(eight.0[0], self.modulus.0[0]) }
    }

    fn replaced(&self, eight: &Lanes, lanes: u8, with: &Lanes) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { eight.replaced(lanes, with) }
    }

    #[inline(always)]
    fn wide(&self) -> Wide {
        // SAFETY: see `vectorize`.
        unsafe { Wide::zero() }
    }

    #[inline(always)]
    fn add_product(&self, sum: &mut Wide, a: &Lanes, b: &Lanes) {
        // SAFETY: see `vectorize`.
        unsafe { sum.add_product(a, b) }
    }

    #[inline(always)]
    fn reduce_wide(&self, sum: Wide) -> Lanes {
        // SAFETY: see `vectorize`.
        unsafe { self.reduction(sum) }
    }
}

impl Ifma {
    /// For a modulus between `1.5 * 2^253` and `1.52 * 2^253`: those of both profiles are.
    #[target_feature(enable = "avx512f")]
    fn new(modulus: Number) -> Self {
        // floor(k 2^253 / p): p is above 1.5 * 2^253, and 7 / 1.52 > 4, so comparing top limbs decides.
        let multiples = std::array::from_fn(|k| {
            let bound = (k as u64) << 61;
            let times = (0..=4)
                .rev()
                .find(|&times| times * (modulus[3] + 1) <= bound);
            scale(modulus, times.unwrap_or(0))
        });
        Self {
            modulus: Lanes::splat(modulus),
            two_moduli: Lanes::splat(scale(modulus, 2)),
            four_moduli: Lanes::splat(scale(modulus, 4)),
            multiples: Lanes::table(multiples),
            negated_inverse: splat(negated_inverse(modulus[0]) & ((1 << LIMB) - 1)),
            mask: splat((1 << LIMB) - 1),
        }
    }

    /// `a[0] b[0] + a[1] b[1] + ..`, reduced once; its limbs are below `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn sum_of<const N: usize>(&self, a: [&Lanes; N], b: [&Lanes; N]) -> Lanes {
        let zero = _mm512_setzero_si512();
        let mut sum = [zero; LIMBS];
        for i in 0..LIMBS {
            for (a, b) in a.iter().zip(b) {
                for (sum, a) in sum.iter_mut().zip(a.0) {
                    *sum = _mm512_madd52lo_epu64(*sum, a, b.0[i]);
                }
            }
            let quotient = _mm512_madd52lo_epu64(zero, sum[0], self.negated_inverse);
            for (sum, p) in sum.iter_mut().zip(self.modulus.0) {
                *sum = _mm512_madd52lo_epu64(*sum, p, quotient);
            }
            // The lowest 52 bits are zero now: shift by a limb.
            let carry = _mm512_srli_epi64::<LIMB>(sum[0]);
            sum = [
                _mm512_add_epi64(sum[1], carry),
                sum[2],
                sum[3],
                sum[4],
                zero,
            ];
            for (a, b) in a.iter().zip(b) {
                for (sum, a) in sum.iter_mut().zip(a.0) {
                    *sum = _mm512_madd52hi_epu64(*sum, a, b.0[i]);
                }
            }
            for (sum, p) in sum.iter_mut().zip(self.modulus.0) {
                *sum = _mm512_madd52hi_epu64(*sum, p, quotient);
            }
        }
        self.carried(sum)
    }

    /// The Montgomery reduction of a sum of products: below `p` plus a `2^260`th of the sum.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduction(&self, Wide(mut sum): Wide) -> Lanes {
        let zero = _mm512_setzero_si512();
        for i in 0..LIMBS {
            let quotient = _mm512_madd52lo_epu64(zero, sum[i], self.negated_inverse);
            for (j, p) in self.modulus.0.into_iter().enumerate() {
                sum[i + j] = _mm512_madd52lo_epu64(sum[i + j], p, quotient);
                sum[i + j + 1] = _mm512_madd52hi_epu64(sum[i + j + 1], p, quotient);
            }
            // The lowest 52 bits of this limb are zero now.
            sum[i + 1] = _mm512_add_epi64(sum[i + 1], _mm512_srli_epi64::<LIMB>(sum[i]));
        }
        let [.., a, b, c, d, e] = sum;
        self.carried([a, b, c, d, e])
    }

    /// `a - b + 2 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn difference(&self, a: &Lanes, b: &Lanes) -> Lanes {
        let mut difference = a.0;
        for ((difference, b), offset) in difference.iter_mut().zip(b.0).zip(self.two_moduli.0) {
            *difference = _mm512_sub_epi64(_mm512_add_epi64(*difference, offset), b);
        }
        self.carried(difference)
    }

    /// `a + offset - sum b`, which is below `2^256`, less a multiple of `p` that leaves it below `p + 2^253 < 1.67 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn reduced<const N: usize>(&self, a: &Lanes, b: [&Lanes; N], offset: &Lanes) -> Lanes {
        let Lanes(mut sum) = a.plus(offset);
        for b in b {
            for (sum, b) in sum.iter_mut().zip(b.0) {
                *sum = _mm512_sub_epi64(*sum, b);
            }
        }
        let Lanes(mut sum) = self.carried(sum);
        let top = _mm512_srli_epi64::<45>(sum[LIMBS - 1]);
        for (sum, multiples) in sum.iter_mut().zip(self.multiples.0) {
            *sum = _mm512_sub_epi64(*sum, _mm512_permutexvar_epi64(top, multiples));
        }
        self.carried(sum)
    }

    /// The same numbers with limbs in `0..2^52`, from signed limbs.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn carried(&self, mut limbs: [__m512i; LIMBS]) -> Lanes {
        for i in 0..LIMBS - 1 {
            let carry = _mm512_srai_epi64::<LIMB>(limbs[i]);
            limbs[i] = _mm512_and_si512(limbs[i], self.mask);
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry);
        }
        Lanes(limbs)
    }
}

/// Eight numbers below `2^256`, in registers: four limbs of 64 bits.
#[derive(Clone, Copy)]
struct Words([__m512i; 4]);

impl Words {
    /// In limbs of 52 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi2")]
    fn lanes(&self) -> Lanes {
        let mask = splat((1 << LIMB) - 1);
        let [a, b, c, d] = self.0;
        Lanes([
            _mm512_and_si512(a, mask),
            _mm512_and_si512(_mm512_shrdi_epi64::<52>(a, b), mask),
            _mm512_and_si512(_mm512_shrdi_epi64::<40>(b, c), mask),
            _mm512_and_si512(_mm512_shrdi_epi64::<28>(c, d), mask),
            _mm512_srli_epi64::<16>(d),
        ])
    }

    /// From limbs of 52 bits of numbers below `2^256`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi2")]
    fn from_lanes(lanes: &Lanes) -> Self {
        let [a, b, c, d, e] = lanes.0;
        Self([
            _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
            _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
            _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
            _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
        ])
    }

    /// A number in each lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn gather(numbers: [&Number; WIDTH]) -> Self {
        // SAFETY: a number has four words of 64 bits.
        let number =
            |lane: usize| unsafe { _mm256_loadu_si256(std::ptr::from_ref(numbers[lane]).cast()) };
        // Numbers four lanes apart come together, then the limbs of all.
        let [a, b, c, d] = [0, 1, 2, 3].map(|lane| {
            let low = _mm512_castsi256_si512(number(lane));
            _mm512_inserti64x4::<1>(low, number(lane + 4))
        });
        let [ab, cd] = [(a, b), (c, d)]
            .map(|(a, b)| [_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)]);
        let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
        let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
        Self([
            _mm512_permutex2var_epi64(ab[0], low, cd[0]),
            _mm512_permutex2var_epi64(ab[1], low, cd[1]),
            _mm512_permutex2var_epi64(ab[0], high, cd[0]),
            _mm512_permutex2var_epi64(ab[1], high, cd[1]),
        ])
    }

    /// The number in each lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn scatter(&self) -> [Number; WIDTH] {
        let Self([a, b, c, d]) = *self;
        // First words of neighbouring lanes come side by side, then the two halves of each number.
        let [ab, cd] = [(a, b), (c, d)]
            .map(|(a, b)| [_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)]);
        let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
        let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
        // Lanes 0 and 4, 2 and 6, 1 and 5, 3 and 7.
        let pairs = [
            _mm512_permutex2var_epi64(ab[0], low, cd[0]),
            _mm512_permutex2var_epi64(ab[0], high, cd[0]),
            _mm512_permutex2var_epi64(ab[1], low, cd[1]),
            _mm512_permutex2var_epi64(ab[1], high, cd[1]),
        ];
        let mut numbers = [[0; 4]; WIDTH];
        for (pair, lane) in pairs.into_iter().zip([0, 2, 1, 3]) {
            let halves = [
                _mm512_castsi512_si256(pair),
                _mm512_extracti64x4_epi64::<1>(pair),
            ];
            for (half, lane) in halves.into_iter().zip([lane, lane + 4]) {
                // SAFETY: a number has four words of 64 bits.
                unsafe { _mm256_storeu_si256(numbers[lane].as_mut_ptr().cast(), half) };
            }
        }
        numbers
    }

    /// Of sixteen numbers, the even ones and the odd ones.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn unzip(&self, next: &Self) -> [Self; 2] {
        let [even, odd] = [
            _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14),
            _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15),
        ];
        [even, odd].map(|order| {
            Self(std::array::from_fn(|limb| {
                _mm512_permutex2var_epi64(self.0[limb], order, next.0[limb])
            }))
        })
    }
}

impl Packed {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn words(&self) -> Words {
        // SAFETY: each row has eight 64-bit words, and is aligned to 64 bytes.
        Words(std::array::from_fn(|limb| unsafe {
            _mm512_load_si512(self.0[limb].as_ptr().cast())
        }))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn set_words(&mut self, words: &Words) {
        for (row, words) in self.0.iter_mut().zip(words.0) {
            // SAFETY: the row has eight 64-bit words, and is aligned to 64 bytes.
            unsafe { _mm512_store_si512(row.as_mut_ptr().cast(), words) };
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word as i64)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(words: [u64; WIDTH]) -> __m512i {
    // SAFETY: the array has eight 64-bit words.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

/// A number in limbs of 52 bits, from limbs of 64.
fn limbs([a, b, c, d]: Number) -> [u64; LIMBS] {
    let mask = (1 << LIMB) - 1;
    [
        a & mask,
        (a >> 52 | b << 12) & mask,
        (b >> 40 | c << 24) & mask,
        (c >> 28 | d << 36) & mask,
        d >> 16,
    ]
}
