//! Additions eight pairs at a time.
//!
//! Bounds of numbers, see [`lanes`](crate::lanes):
//! - coordinates are stored below `1.67 p` ([`Arithmetic::subtract_reduced`]);
//! - differences of coordinates are offset by `2 p`, so they are positive and below `3.67 p`; a slope is below `1.1 p`;
//! - `slope^2 - a.x - b.x + 4 p < 2^256`, for both moduli are below `1.52 * 2^253`.

use super::{Adder, Case, PackedPoint, Pair, portable};
use crate::curve::{Montgomery, Point, Profile, below_modulus};
use crate::lanes::{Arithmetic, Number, WIDTH};

/// Chains of products, each of [`WIDTH`] lanes: as many multiplications are under way at once in the first pass.
const CHAINS: usize = 2;

/// What the first pass leaves for the second: the denominators of eight pairs' slopes, and the products of those of the
/// pairs behind.
#[derive(Clone, Copy)]
struct Step<E> {
    denominator: E,
    behind: E,
}

/// Memory for the two passes, in eights `E`.
pub(super) struct Scratch<P: Profile, E> {
    steps: Vec<[Step<E>; CHAINS]>,
    /// Sums that take no slope, and where to write them.
    known: Vec<(u32, PackedPoint)>,
    /// Points to be doubled, and where to write that.
    tangents: (Vec<u32>, Vec<Point<P>>),
}

impl<P: Profile, E> Default for Scratch<P, E> {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            known: Vec::new(),
            tangents: (Vec::new(), Vec::new()),
        }
    }
}

/// See [`Adder::add_pairs`].
#[inline(always)]
pub(super) fn add_pairs<P: Profile, A: Arithmetic<P::BaseField>>(
    field: &A,
    adder: &Adder<P>,
    points: &mut [PackedPoint],
    pairs: &[Pair],
    scratch: &mut Scratch<P, A::Eight>,
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
    let Scratch {
        steps,
        known,
        tangents,
    } = scratch;
    known.clear();
    tangents.0.clear();
    tangents.1.clear();
    steps.clear();

    let one = P::BaseField::from(1u64 << A::EXTRA_BITS).limbs();
    let one = field.splat(one);
    let mut products = [one; CHAINS];
    for pairs in pairs.chunks(CHAINS * WIDTH).rev() {
        let mut step = [Step {
            denominator: one,
            behind: one,
        }; CHAINS];
        for (chain, (step, product)) in step.iter_mut().zip(&mut products).enumerate() {
            let pairs = eight(pairs, chain, last);
            // SAFETY: all pairs' indices are within the points.
            let [a, b] = unsafe { [operand(points, &pairs, 0), operand(points, &pairs, 1)] };
            let a = field.gather(a.map(|point| &point.x));
            let b = field.gather(b.map(|point| &point.x));
            let identities = field.zeros(&a) | field.zeros(&b);
            let mut denominator = field.subtract(&b, &a);
            let mut next = field.multiply(product, &denominator);
            // A denominator that is k p makes the product p: see `exceptions`.
            let suspects = field.suspects(&next) | identities;
            if suspects != 0 {
                let replaced = exceptions(adder, points, &pairs, suspects, known, tangents);
                denominator = field.replaced(&denominator, replaced, &one);
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
    let inverse = invert(field, &field.multiply(&first, &second));
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
            let [a, b] = unsafe { [operand(points, &pairs, 0), operand(points, &pairs, 1)] };
            let ax = field.gather(a.map(|point| &point.x));
            let bx = field.gather(b.map(|point| &point.x));
            let ay = field.gather(a.map(|point| &point.y));
            let by = field.gather(b.map(|point| &point.y));
            let slope = field.multiply(&field.subtract(&by, &ay), &reciprocal);
            let x = field.subtract_two_reduced(&field.multiply(&slope, &slope), &ax, &bx);
            let y = field.multiply(&slope, &field.subtract(&ax, &x));
            let y = field.subtract_reduced(&y, &ay);
            let sums = field.scatter(&x).into_iter().zip(field.scatter(&y));
            for (pair, (x, y)) in pairs.iter().zip(sums) {
                // SAFETY: all pairs' indices are within the points.
                unsafe { *points.get_unchecked_mut(pair.to as usize) = PackedPoint { x, y } };
            }
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
#[inline(always)]
fn invert<F: Montgomery, A: Arithmetic<F>>(field: &A, numbers: &A::Eight) -> A::Eight {
    let numbers = field.scatter(numbers);
    let mut inverses = numbers.map(|number| F::from_limbs(below_modulus::<F>(number)));
    // The library reads a number x as 2^EXTRA_BITS x, and its inverse is to be read as 2^EXTRA_BITS / x.
    ark_ff::batch_inversion_and_mul(&mut inverses, &F::from(1u64 << (2 * A::EXTRA_BITS)));
    let inverses: [Number; WIDTH] = inverses.map(|inverse| inverse.limbs());
    field.gather(inverses.each_ref())
}

/// The points `from + behind` of eight pairs.
///
/// # Safety
///
/// `from + behind` of every pair is an index of `points`.
#[inline(always)]
unsafe fn operand<'a>(
    points: &'a [PackedPoint],
    pairs: &[Pair; WIDTH],
    behind: usize,
) -> [&'a PackedPoint; WIDTH] {
    std::array::from_fn(|lane| {
        // SAFETY: the caller's promise.
        unsafe { points.get_unchecked(pairs[lane].from as usize + behind) }
    })
}
