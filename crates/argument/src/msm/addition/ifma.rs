//! Additions with AVX-512 IFMA: eight pairs at a time.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes):
//! - coordinates are stored below `1.67 p` ([`Field::reduce`]);
//! - differences of coordinates are offset by `2 p`, so they are positive and below `3.67 p`; a slope is below `1.1 p`;
//! - `slope^2 - a.x - b.x + 4 p < 2^256`, for both moduli are below `1.52 * 2^253`.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_load_si256, _mm512_castsi256_si512, _mm512_cmpeq_epi64_mask,
    _mm512_inserti64x4, _mm512_mask_mov_epi64, _mm512_permutex2var_epi64, _mm512_setr_epi64,
    _mm512_shuffle_i64x2, _mm512_store_si512, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::{Adder, Case, PackedPoint, Pair, portable};
use crate::curve::{Point, Profile, below_modulus};
use crate::lanes::{Field, Lanes, WIDTH, Words, modulus};

/// The Montgomery form here is `2^EXTRA_BITS` times the field library's.
pub(super) const EXTRA_BITS: u32 = 4;
/// Chains of products, each of [`WIDTH`] lanes: as many multiplications are under way at once in the first pass.
const CHAINS: usize = 2;

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
    let field = Field::new(modulus::<P::BaseField>());
    let Scratch {
        steps,
        known,
        tangents,
    } = scratch;
    known.clear();
    tangents.0.clear();
    tangents.1.clear();
    steps.clear();

    let one = Lanes::splat(P::coordinate_limbs(&P::BaseField::from(1u64 << EXTRA_BITS)));
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
    let inverse = invert::<P>(&field.multiply(&first, &second));
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

/// The inverses of eight numbers, none of them zero.
#[target_feature(enable = "avx512f")]
fn invert<P: Profile>(numbers: &Lanes) -> Lanes {
    let numbers = numbers.scatter();
    let mut inverses =
        numbers.map(|number| P::coordinate_from_limbs(below_modulus::<P::BaseField>(number)));
    // The library reads a number x as 2^EXTRA_BITS x, and its inverse is to be read as 2^EXTRA_BITS / x.
    ark_ff::batch_inversion_and_mul(&mut inverses, &P::BaseField::from(1u64 << (2 * EXTRA_BITS)));
    Lanes::gather(inverses.map(|inverse| P::coordinate_limbs(&inverse)))
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
) -> Words {
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
    Words([
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
    let Words([x0, x1, x2, x3]) = Words::from_lanes(x);
    let Words([y0, y1, y2, y3]) = Words::from_lanes(y);
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
