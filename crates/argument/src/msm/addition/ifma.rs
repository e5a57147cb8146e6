//! Additions with AVX-512 IFMA: eight pairs at a time, in limbs of 52 bits.
//!
//! Numbers are in Montgomery form with `R = 2^260`, five limbs; a [`Lanes`] holds eight of them. Bounds, with
//! `p < 2^254` and so `p / 2^260 < 2^-6`:
//! - a product of numbers below `a p` and `b p` is below `(1 + a b / 64) p`;
//! - coordinates are stored below `1.67 p`, in four limbs of 64 bits ([`Field::reduce`]);
//! - differences of coordinates are offset by `2 p`, so they are positive and below `3.67 p`; a slope is below `1.1 p`;
//! - `slope^2 - a.x - b.x + 4 p < 2^256`, for both moduli are below `1.52 * 2^253`.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_load_si256, _mm512_add_epi64, _mm512_and_si512,
    _mm512_castsi256_si512, _mm512_cmpeq_epi64_mask, _mm512_inserti64x4, _mm512_loadu_si512,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_or_si512,
    _mm512_permutex2var_epi64, _mm512_permutexvar_epi64, _mm512_set1_epi64, _mm512_setr_epi64,
    _mm512_setzero_si512, _mm512_shrdi_epi64, _mm512_shuffle_i64x2, _mm512_slli_epi64,
    _mm512_srai_epi64, _mm512_srli_epi64, _mm512_store_si512, _mm512_storeu_si512,
    _mm512_sub_epi64, _mm512_test_epi64_mask, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use ark_ff::PrimeField;

use super::{Adder, Case, PackedPoint, Pair, portable};
use crate::curve::{Point, Profile};

/// The Montgomery form here is `2^EXTRA_BITS` times the field library's.
pub(super) const EXTRA_BITS: u32 = 4;
/// Bits of a limb.
const LIMB: u32 = 52;
/// Limbs of a number.
const LIMBS: usize = 5;
/// Numbers in a [`Lanes`].
const WIDTH: usize = 8;
/// Chains of products, each of [`WIDTH`] lanes: as many multiplications are under way at once in the first pass.
const CHAINS: usize = 2;

/// Whether the machine has the instructions that [`add_pairs`] needs.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512vbmi2")
}

/// Eight numbers, limb by limb.
#[derive(Clone, Copy)]
struct Lanes([__m512i; LIMBS]);

/// What the first pass leaves for the second: the denominators of eight pairs' slopes, and the products of those of the
/// pairs behind.
#[derive(Clone, Copy)]
struct Step {
    denominator: Lanes,
    behind: Lanes,
}

/// Memory for the two passes.
pub(super) struct Scratch<P: Profile> {
    steps: Vec<[Step; CHAINS]>,
    /// Sums that take no slope, and where to write them.
    known: Vec<(u32, PackedPoint)>,
    /// Points to be doubled, and where to write that.
    tangents: (Vec<u32>, Vec<Point<P>>),
}

impl<P: Profile> Default for Scratch<P> {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            known: Vec::new(),
            tangents: (Vec::new(), Vec::new()),
        }
    }
}

/// See [`Adder::add_pairs`].
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub(super) fn add_pairs<P: Profile>(
    adder: &Adder<P>,
    points: &mut [PackedPoint],
    pairs: &[Pair],
    scratch: &mut Scratch<P>,
) {
    let Some(last) = pairs.last() else { return };
    // Every index is checked here, once; the passes below then load and store without checks.
    let largest = pairs
        .iter()
        .map(|pair| (pair.from + 1).max(pair.to))
        .max()
        .unwrap_or(0);
    assert!(
        (largest as usize) < points.len(),
        "pairs are within the points"
    );
    let field = Field::new::<P>();
    let Scratch {
        steps,
        known,
        tangents,
    } = scratch;
    known.clear();
    tangents.0.clear();
    tangents.1.clear();
    steps.clear();

    let one = field.one::<P>();
    let mut products = [one; CHAINS];
    for pairs in pairs.chunks(CHAINS * WIDTH).rev() {
        let mut step = [Step {
            denominator: one,
            behind: one,
        }; CHAINS];
        for (chain, (step, product)) in step.iter_mut().zip(&mut products).enumerate() {
            let pairs = eight(pairs, chain, last);
            // SAFETY: all pairs' indices are within the points.
            let [a, b] = unsafe {
                [
                    operand::<X, 0>(points, &pairs),
                    operand::<X, 1>(points, &pairs),
                ]
            };
            let identities = a.zeros() | b.zeros();
            let mut denominator = field.subtract(&b.lanes(), &a.lanes());
            let mut next = field.multiply(product, &denominator);
            // A denominator that is k p makes the product p: see `exceptions`.
            let suspects = _mm512_cmpeq_epi64_mask(next.0[0], field.modulus.0[0]) | identities;
            if suspects != 0 {
                let replaced = exceptions(adder, points, &pairs, suspects, known, tangents);
                for (limb, one) in denominator.0.iter_mut().zip(one.0) {
                    *limb = _mm512_mask_mov_epi64(*limb, replaced, one);
                }
                next = field.multiply(product, &denominator);
            }
            *step = Step {
                denominator,
                behind: *product,
            };
            *product = next;
        }
        steps.push(step);
    }

    let [first, second] = products;
    let inverse = field.invert::<P>(&field.multiply(&first, &second));
    let mut inverses = [
        field.multiply(&inverse, &second),
        field.multiply(&inverse, &first),
    ];
    for (pairs, step) in pairs.chunks(CHAINS * WIDTH).zip(steps.iter().rev()) {
        // A chain without a pair of its own must not read the last pair's operands again: they may be overwritten.
        for (chain, (step, inverse)) in step
            .iter()
            .zip(&mut inverses)
            .take(pairs.len().div_ceil(WIDTH))
            .enumerate()
        {
            let pairs = eight(pairs, chain, last);
            let reciprocal = field.multiply(inverse, &step.behind);
            *inverse = field.multiply(inverse, &step.denominator);
            // SAFETY: all pairs' indices are within the points.
            let [a, b] = unsafe {
                [
                    operand::<X, 0>(points, &pairs),
                    operand::<X, 1>(points, &pairs),
                ]
            };
            let [ax, bx] = [a.lanes(), b.lanes()];
            // SAFETY: as above.
            let [a, b] = unsafe {
                [
                    operand::<Y, 0>(points, &pairs),
                    operand::<Y, 1>(points, &pairs),
                ]
            };
            let [ay, by] = [a.lanes(), b.lanes()];
            let slope = field.multiply(&field.subtract(&by, &ay), &reciprocal);
            let x = field.reduce(
                &field.multiply(&slope, &slope),
                &[ax, bx],
                &field.four_moduli,
            );
            let y = field.multiply(&slope, &field.subtract(&ax, &x));
            let y = field.reduce(&y, &[ay], &field.two_moduli);
            // SAFETY: all pairs' indices are within the points.
            unsafe { store(points, &pairs, &x, &y) };
        }
    }

    for (to, point) in known.iter() {
        points[*to as usize] = *point;
    }
    portable::double_all(&mut tangents.1);
    for (to, point) in tangents.0.iter().zip(&tangents.1) {
        points[*to as usize] = adder.pack(point);
    }
}

/// Eight pairs of a chunk for one chain; where there are fewer, the last one again (its sum is the same each time).
#[inline]
fn eight(pairs: &[Pair], chain: usize, last: &Pair) -> [Pair; WIDTH] {
    let pairs = pairs.get(chain * WIDTH..).unwrap_or_default();
    match pairs.first_chunk() {
        Some(eight) => *eight,
        None => std::array::from_fn(|lane| *pairs.get(lane).unwrap_or(last)),
    }
}

/// Sorts out the suspected lanes: those with an identity, and those whose `x` are the same. Their sums are noted down, to
/// be written in the end, and their lanes are told, so that they get the denominator one (which gives some point, to be
/// overwritten).
#[cold]
fn exceptions<P: Profile>(
    adder: &Adder<P>,
    points: &[PackedPoint],
    pairs: &[Pair; WIDTH],
    suspects: u8,
    known: &mut Vec<(u32, PackedPoint)>,
    tangents: &mut (Vec<u32>, Vec<Point<P>>),
) -> u8 {
    let mut replaced = 0;
    for (lane, pair) in pairs
        .iter()
        .enumerate()
        .filter(|(lane, _)| suspects >> lane & 1 == 1)
    {
        let from = pair.from as usize;
        let [a, b] = [adder.unpack(&points[from]), adder.unpack(&points[from + 1])];
        match Case::of(&a, &b) {
            Case::Chord => continue,
            Case::Tangent => {
                tangents.0.push(pair.to);
                tangents.1.push(a);
            }
            Case::Known(sum) => known.push((pair.to, adder.pack(&sum))),
        }
        replaced |= 1 << lane;
    }
    replaced
}

/// The field's constants, in every lane.
struct Field {
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

impl Field {
    #[target_feature(enable = "avx512f")]
    fn new<P: Profile>() -> Self {
        let mut modulus = [0; 4];
        modulus.copy_from_slice(P::BaseField::MODULUS.as_ref());
        let mut inverse = 1u64;
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(modulus[0].wrapping_mul(inverse)));
        }
        let mut multiples = [[0u64; WIDTH]; LIMBS];
        for k in 1..WIDTH {
            // floor(k 2^253 / p): p is above 1.5 * 2^253, and 7 / 1.52 > 4, so comparing top limbs decides.
            let bound = (k as u64) << 61;
            let times = (0..=4)
                .rev()
                .find(|&times| times * (modulus[3] + 1) <= bound)
                .unwrap_or(0);
            for (row, limb) in multiples.iter_mut().zip(limbs(scale(modulus, times))) {
                row[k] = limb;
            }
        }
        Self {
            modulus: Lanes(limbs(modulus).map(|limb| splat(limb))),
            two_moduli: Lanes(limbs(scale(modulus, 2)).map(|limb| splat(limb))),
            four_moduli: Lanes(limbs(scale(modulus, 4)).map(|limb| splat(limb))),
            multiples: Lanes(multiples.map(|row| load(row))),
            negated_inverse: splat(inverse.wrapping_neg() & ((1 << LIMB) - 1)),
            mask: splat((1 << LIMB) - 1),
        }
    }

    #[target_feature(enable = "avx512f")]
    fn one<P: Profile>(&self) -> Lanes {
        let one = P::BaseField::from(1u64 << EXTRA_BITS);
        Lanes(limbs(P::coordinate_limbs(&one)).map(|limb| splat(limb)))
    }

    /// The Montgomery product; its limbs are below `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn multiply(&self, a: &Lanes, b: &Lanes) -> Lanes {
        let zero = _mm512_setzero_si512();
        let mut sum = [zero; LIMBS];
        for b in b.0 {
            for (sum, a) in sum.iter_mut().zip(a.0) {
                *sum = _mm512_madd52lo_epu64(*sum, a, b);
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
            for (sum, a) in sum.iter_mut().zip(a.0) {
                *sum = _mm512_madd52hi_epu64(*sum, a, b);
            }
            for (sum, p) in sum.iter_mut().zip(self.modulus.0) {
                *sum = _mm512_madd52hi_epu64(*sum, p, quotient);
            }
        }
        self.carry(sum)
    }

    /// `a - b + 2 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn subtract(&self, a: &Lanes, b: &Lanes) -> Lanes {
        let mut difference = a.0;
        for ((difference, b), offset) in difference.iter_mut().zip(b.0).zip(self.two_moduli.0) {
            *difference = _mm512_sub_epi64(_mm512_add_epi64(*difference, offset), b);
        }
        self.carry(difference)
    }

    /// `a + offset - sum b`, which is below `2^256`, less a multiple of `p` that leaves it below `p + 2^253 < 1.67 p`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn reduce<const N: usize>(&self, a: &Lanes, b: &[Lanes; N], offset: &Lanes) -> Lanes {
        let mut sum = a.0;
        for (i, sum) in sum.iter_mut().enumerate() {
            *sum = _mm512_add_epi64(*sum, offset.0[i]);
            for b in b {
                *sum = _mm512_sub_epi64(*sum, b.0[i]);
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
    fn carry(&self, mut limbs: [__m512i; LIMBS]) -> Lanes {
        for i in 0..LIMBS - 1 {
            let carry = _mm512_srai_epi64::<LIMB>(limbs[i]);
            limbs[i] = _mm512_and_si512(limbs[i], self.mask);
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], carry);
        }
        Lanes(limbs)
    }

    /// The inverses of eight numbers, none of them zero.
    #[target_feature(enable = "avx512f")]
    fn invert<P: Profile>(&self, numbers: &Lanes) -> Lanes {
        let mut rows = [[0u64; WIDTH]; LIMBS];
        for (row, limb) in rows.iter_mut().zip(numbers.0) {
            // SAFETY: the row has eight 64-bit entries.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), limb) };
        }
        let mut inverses: [P::BaseField; WIDTH] = std::array::from_fn(|lane| {
            let [a, b, c, d, e] = rows.map(|row| row[lane]);
            let number = [
                a | b << 52,
                b >> 12 | c << 40,
                c >> 24 | d << 28,
                d >> 36 | e << 16,
            ];
            P::coordinate_from_limbs(super::below_modulus::<P>(number))
        });
        // The library reads a number x as 2^EXTRA_BITS x, and its inverse is to be read as 2^EXTRA_BITS / x.
        ark_ff::batch_inversion_and_mul(
            &mut inverses,
            &P::BaseField::from(1u64 << (2 * EXTRA_BITS)),
        );
        let mut rows = [[0u64; WIDTH]; LIMBS];
        for (lane, inverse) in inverses.iter().enumerate() {
            for (row, limb) in rows.iter_mut().zip(limbs(P::coordinate_limbs(inverse))) {
                row[lane] = limb;
            }
        }
        Lanes(rows.map(|row| load(row)))
    }
}

/// A coordinate of eight points: four limbs of 64 bits.
struct Coordinate([__m512i; 4]);

impl Coordinate {
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

    /// The lanes that are all zero bits.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zeros(&self) -> u8 {
        let [a, b, c, d] = self.0;
        let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
        !_mm512_test_epi64_mask(any, any)
    }
}

/// The half of a [`PackedPoint`] that holds `x`.
const X: usize = 0;
/// The half of a [`PackedPoint`] that holds `y`.
const Y: usize = 1;

/// One coordinate of the points `from + OPERAND` of eight pairs.
///
/// # Safety
///
/// `from + OPERAND` of every pair is an index of `points`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn operand<const HALF: usize, const OPERAND: usize>(
    points: &[PackedPoint],
    pairs: &[Pair; WIDTH],
) -> Coordinate {
    // SAFETY: the caller's promise.
    let rows = unsafe {
        [
            halves::<HALF, OPERAND>(points, &pairs[0], &pairs[4]),
            halves::<HALF, OPERAND>(points, &pairs[1], &pairs[5]),
            halves::<HALF, OPERAND>(points, &pairs[2], &pairs[6]),
            halves::<HALF, OPERAND>(points, &pairs[3], &pairs[7]),
        ]
    };
    let low = [
        _mm512_unpacklo_epi64(rows[0], rows[1]),
        _mm512_unpacklo_epi64(rows[2], rows[3]),
    ];
    let high = [
        _mm512_unpackhi_epi64(rows[0], rows[1]),
        _mm512_unpackhi_epi64(rows[2], rows[3]),
    ];
    let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    Coordinate([
        _mm512_permutex2var_epi64(low[0], first, low[1]),
        _mm512_permutex2var_epi64(high[0], first, high[1]),
        _mm512_permutex2var_epi64(low[0], second, low[1]),
        _mm512_permutex2var_epi64(high[0], second, high[1]),
    ])
}

/// One coordinate of the points `from + OPERAND` of two pairs, side by side.
///
/// # Safety
///
/// `from + OPERAND` of both pairs is an index of `points`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn halves<const HALF: usize, const OPERAND: usize>(
    points: &[PackedPoint],
    low: &Pair,
    high: &Pair,
) -> __m512i {
    let base = points.as_ptr();
    // SAFETY: the points are within the slice by the caller's promise; each half of one is 32 bytes, aligned to 32.
    unsafe {
        let low = _mm256_load_si256(
            base.add(low.from as usize + OPERAND)
                .cast::<__m256i>()
                .add(HALF),
        );
        let high = _mm256_load_si256(
            base.add(high.from as usize + OPERAND)
                .cast::<__m256i>()
                .add(HALF),
        );
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
    }
}

/// Writes eight pairs' sums.
///
/// # Safety
///
/// `to` of every pair is an index of `points`.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2")]
unsafe fn store(points: &mut [PackedPoint], pairs: &[Pair; WIDTH], x: &Lanes, y: &Lanes) {
    let Coordinate([x0, x1, x2, x3]) = Coordinate::from_lanes(x);
    let Coordinate([y0, y1, y2, y3]) = Coordinate::from_lanes(y);
    // A transposition of 8 x 8 words: first words of lanes 2i and 2i + 1 side by side, then 128-bit blocks.
    let even = [
        _mm512_unpacklo_epi64(x0, x1),
        _mm512_unpacklo_epi64(x2, x3),
        _mm512_unpacklo_epi64(y0, y1),
        _mm512_unpacklo_epi64(y2, y3),
    ];
    let odd = [
        _mm512_unpackhi_epi64(x0, x1),
        _mm512_unpackhi_epi64(x2, x3),
        _mm512_unpackhi_epi64(y0, y1),
        _mm512_unpackhi_epi64(y2, y3),
    ];
    for (parity, [a, b, c, d]) in [even, odd].into_iter().enumerate() {
        // Block i of a, b, c, d belongs to lane 2i + parity.
        let ab = [
            _mm512_shuffle_i64x2::<0b01_00_01_00>(a, b),
            _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b),
        ];
        let cd = [
            _mm512_shuffle_i64x2::<0b01_00_01_00>(c, d),
            _mm512_shuffle_i64x2::<0b11_10_11_10>(c, d),
        ];
        for half in 0..2 {
            let rows = [
                _mm512_shuffle_i64x2::<0b10_00_10_00>(ab[half], cd[half]),
                _mm512_shuffle_i64x2::<0b11_01_11_01>(ab[half], cd[half]),
            ];
            for (i, row) in rows.into_iter().enumerate() {
                let to = pairs[2 * (2 * half + i) + parity].to as usize;
                // SAFETY: the point is within the slice by the caller's promise; it is 64 bytes, aligned to 64.
                unsafe { _mm512_store_si512(points.as_mut_ptr().add(to).cast(), row) };
            }
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
