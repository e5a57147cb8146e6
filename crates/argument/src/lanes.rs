//! Eight residues at a time with AVX-512 IFMA, in limbs of 52 bits.
//!
//! Numbers are in Montgomery form with `R = 2^260`, five limbs; a [`Lanes`] holds eight of them. They are any representatives:
//! who uses them keeps account of their bounds. With `p < 2^254`, and so `p / 2^260 < 2^-6`, a product of numbers below `a p`
//! and `b p` is below `(1 + a b / 64) p`. Numbers below `2^256`, some `5.2 p`, are stored in four limbs of 64 bits, [`Packed`].

use std::arch::x86_64::{
    __m512i, _mm256_loadu_si256, _mm512_add_epi64, _mm512_and_si512, _mm512_castsi256_si512,
    _mm512_inserti64x4, _mm512_load_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_or_si512, _mm512_permutex2var_epi64, _mm512_permutexvar_epi64,
    _mm512_set1_epi64, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_shrdi_epi64,
    _mm512_slli_epi64, _mm512_srai_epi64, _mm512_srli_epi64, _mm512_store_si512,
    _mm512_storeu_si512, _mm512_sub_epi64, _mm512_test_epi64_mask, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi64,
};

use ark_ff::PrimeField;

/// Bits of a limb.
const LIMB: u32 = 52;
/// Limbs of a number.
pub(crate) const LIMBS: usize = 5;
/// Numbers in a [`Lanes`].
pub(crate) const WIDTH: usize = 8;

/// Whether the machine has the instructions that this module needs.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512vbmi2")
}

/// The limbs of a field's modulus.
pub(crate) fn modulus<F: PrimeField>() -> [u64; 4] {
    let mut modulus = [0; 4];
    modulus.copy_from_slice(F::MODULUS.as_ref());
    modulus
}

/// Eight numbers, limb by limb.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(pub [__m512i; LIMBS]);

impl Lanes {
    /// One number in every lane.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn splat(number: [u64; 4]) -> Self {
        Self(limbs(number).map(|limb| splat(limb)))
    }

    /// A number in each lane.
    #[target_feature(enable = "avx512f")]
    pub fn gather(numbers: [[u64; 4]; WIDTH]) -> Self {
        let mut rows = [[0; WIDTH]; LIMBS];
        for (lane, number) in numbers.into_iter().enumerate() {
            for (row, limb) in rows.iter_mut().zip(limbs(number)) {
                row[lane] = limb;
            }
        }
        Self(rows.map(|row| load(row)))
    }

    /// The number in each lane; all are below `2^256`.
    #[target_feature(enable = "avx512f")]
    pub fn scatter(&self) -> [[u64; 4]; WIDTH] {
        let mut rows = [[0u64; WIDTH]; LIMBS];
        for (row, limb) in rows.iter_mut().zip(self.0) {
            // SAFETY: the row has eight 64-bit entries.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), limb) };
        }
        std::array::from_fn(|lane| {
            let [a, b, c, d, e] = rows.map(|row| row[lane]);
            [
                a | b << 52,
                b >> 12 | c << 40,
                c >> 24 | d << 28,
                d >> 36 | e << 16,
            ]
        })
    }

    /// The sum, its limbs not carried.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn plus(&self, other: &Self) -> Self {
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
    pub fn zero() -> Self {
        Self([_mm512_setzero_si512(); 2 * LIMBS])
    }

    /// Adds a product. A limb gets ten numbers below `2^52`, so it holds the sum of a hundred products and more.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn add_product(&mut self, a: &Lanes, b: &Lanes) {
        let Self(sum) = self;
        for (i, a) in a.0.into_iter().enumerate() {
            for (j, b) in b.0.into_iter().enumerate() {
                sum[i + j] = _mm512_madd52lo_epu64(sum[i + j], a, b);
                sum[i + j + 1] = _mm512_madd52hi_epu64(sum[i + j + 1], a, b);
            }
        }
    }
}

/// A field's constants, in every lane.
pub(crate) struct Field {
    pub modulus: Lanes,
    pub two_moduli: Lanes,
    pub four_moduli: Lanes,
    /// Limb by limb, the largest multiple of the modulus that is not above `k 2^253`, in lane `k`.
    multiples: Lanes,
    /// `-1 / p mod 2^52`.
    negated_inverse: __m512i,
    /// `2^52 - 1`.
    mask: __m512i,
}

impl Field {
    /// For a modulus between `1.5 * 2^253` and `1.52 * 2^253`: those of both profiles are.
    #[target_feature(enable = "avx512f")]
    pub fn new(modulus: [u64; 4]) -> Self {
        let mut inverse = 1u64;
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(modulus[0].wrapping_mul(inverse)));
        }
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
            multiples: Lanes::gather(multiples),
            negated_inverse: splat(inverse.wrapping_neg() & ((1 << LIMB) - 1)),
            mask: splat((1 << LIMB) - 1),
        }
    }

    /// The Montgomery product; its limbs are below `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn multiply(&self, a: &Lanes, b: &Lanes) -> Lanes {
        self.sum_of_products([a], [b])
    }

    /// `a[0] b[0] + a[1] b[1] + ..`, reduced once.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn sum_of_products<const N: usize>(&self, a: [&Lanes; N], b: [&Lanes; N]) -> Lanes {
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
        self.carry(sum)
    }

    /// The Montgomery reduction of a sum of products: below `p` plus a `2^260`th of the sum.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn reduce_wide(&self, Wide(mut sum): Wide) -> Lanes {
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
        self.carry([a, b, c, d, e])
    }

    /// `a - b + 2 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn subtract(&self, a: &Lanes, b: &Lanes) -> Lanes {
        let mut difference = a.0;
        for ((difference, b), offset) in difference.iter_mut().zip(b.0).zip(self.two_moduli.0) {
            *difference = _mm512_sub_epi64(_mm512_add_epi64(*difference, offset), b);
        }
        self.carry(difference)
    }

    /// `a + offset - sum b`, which is below `2^256`, less a multiple of `p` that leaves it below `p + 2^253 < 1.67 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn reduce<const N: usize>(&self, a: &Lanes, b: &[Lanes; N], offset: &Lanes) -> Lanes {
        let Lanes(mut sum) = a.plus(offset);
        for b in b {
            for (sum, b) in sum.iter_mut().zip(b.0) {
                *sum = _mm512_sub_epi64(*sum, b);
            }
        }
        let Lanes(mut sum) = self.carry(sum);
        let top = _mm512_srli_epi64::<45>(sum[LIMBS - 1]);
        for (sum, multiples) in sum.iter_mut().zip(self.multiples.0) {
            *sum = _mm512_sub_epi64(*sum, _mm512_permutexvar_epi64(top, multiples));
        }
        self.carry(sum)
    }

    /// The same numbers with limbs in `0..2^52`, from signed limbs.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn carry(&self, mut limbs: [__m512i; LIMBS]) -> Lanes {
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
pub(crate) struct Words(pub [__m512i; 4]);

impl Words {
    /// In limbs of 52 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi2")]
    pub fn lanes(&self) -> Lanes {
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
    pub fn from_lanes(lanes: &Lanes) -> Self {
        let [a, b, c, d, e] = lanes.0;
        Self([
            _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
            _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
            _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
            _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
        ])
    }

    /// Numbers of a table: those at the even places, and those at the odd ones.
    ///
    /// # Safety
    ///
    /// All places are in the table.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub unsafe fn gather(table: &[[u64; 4]], places: &[u32; 2 * WIDTH]) -> [Self; 2] {
        [0, 1].map(|odd| {
            let number = |lane: usize| {
                let place = places[2 * lane + odd] as usize;
                debug_assert!(place < table.len());
                // SAFETY: the place is in the table, where a number has four words of 64 bits.
                unsafe { _mm256_loadu_si256(table.as_ptr().add(place).cast()) }
            };
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
        })
    }

    /// The lanes that are all zero bits.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn zeros(&self) -> u8 {
        let [a, b, c, d] = self.0;
        let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
        !_mm512_test_epi64_mask(any, any)
    }

    /// Of sixteen numbers, the even ones and the odd ones.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn unzip(&self, next: &Self) -> [Self; 2] {
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

/// Eight numbers below `2^256`, in memory: limb by limb.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Packed([[u64; WIDTH]; 4]);

impl Packed {
    /// One number eight times.
    pub fn splat(number: [u64; 4]) -> Self {
        Self(number.map(|limb| [limb; WIDTH]))
    }

    /// The number in a lane.
    pub fn get(&self, lane: usize) -> [u64; 4] {
        self.0.map(|row| row[lane])
    }

    /// Writes the number in a lane.
    #[inline]
    pub fn set(&mut self, lane: usize, number: [u64; 4]) {
        for (row, limb) in self.0.iter_mut().zip(number) {
            row[lane] = limb;
        }
    }

    /// The lowest limb of the first number.
    #[inline]
    pub fn first(&self) -> u64 {
        self.0[0][0]
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn load(&self) -> Words {
        // SAFETY: each row has eight 64-bit words, and is aligned to 64 bytes.
        Words(std::array::from_fn(|limb| unsafe {
            _mm512_load_si512(self.0[limb].as_ptr().cast())
        }))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn store(&mut self, words: &Words) {
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
fn limbs([a, b, c, d]: [u64; 4]) -> [u64; LIMBS] {
    let mask = (1 << LIMB) - 1;
    [
        a & mask,
        (a >> 52 | b << 12) & mask,
        (b >> 40 | c << 24) & mask,
        (c >> 28 | d << 36) & mask,
        d >> 16,
    ]
}

/// `times * number`, which is below `2^256`.
fn scale(number: [u64; 4], times: u64) -> [u64; 4] {
    let mut carry = 0u128;
    number.map(|limb| {
        let product = u128::from(limb) * u128::from(times) + carry;
        carry = product >> 64;
        product as u64
    })
}
