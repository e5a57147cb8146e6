//! Additions eight pairs at a time.
//!
//! Coordinates are kept numbers, see [`lanes`](crate::lanes); running products and slopes are products of differences.

use super::{Adder, Case, PackedPoint, Pair, portable};
use crate::curve::form::Form;
use crate::curve::{Montgomery, Point, Profile};
use crate::lanes::{Arithmetic, WIDTH};
use ark_ff::{AdditiveGroup, Field};

/// Chains of products, each of [`WIDTH`] lanes: as many multiplications are under way at once in the first pass.
const CHAINS: usize = 2;

/// What the first pass leaves for the second: the denominators of eight pairs' slopes, and the products of those of the
/// pairs behind.
#[derive(Clone, Copy)]
struct Step<E> {
    denominator: E,
    behind: E,
}

/// An arithmetic, and memory for the two passes.
pub(super) struct Scratch<P: Profile, A: Arithmetic<P::BaseField>> {
    /// `None` if the machine does not have the instructions.
    field: Option<A>,
    memory: Memory<P, A::Eight>,
}

/// Memory for the two passes, in eights `E`.
struct Memory<P: Profile, E> {
    steps: Vec<[Step<E>; CHAINS]>,
    /// Sums that take no slope, and where to write them.
    known: Vec<(u32, PackedPoint)>,
    /// Points to be doubled, and where to write that.
    tangents: (Vec<u32>, Vec<Point<P>>),
}

impl<P: Profile, A: Arithmetic<P::BaseField>> Default for Scratch<P, A> {
    fn default() -> Self {
        Self {
            field: A::detect(),
            memory: Memory {
                steps: Vec::new(),
                known: Vec::new(),
                tangents: (Vec::new(), Vec::new()),
            },
        }
    }
}

/// See [`Adder::add_pairs`].
#[allow(
    clippy::expect_used,
    reason = "an adder is made only where its instructions were found"
)]
pub(super) fn add_pairs<P: Profile, A: Arithmetic<P::BaseField>>(
    (adder, form): (&Adder<P>, &Form<P::BaseField>),
    points: &mut [PackedPoint],
    pairs: &[Pair],
    Scratch { field, memory }: &mut Scratch<P, A>,
) {
    let field = field.as_ref();
    let field = field.expect("there is no adder without its instructions");
    field.vectorize(
        #[inline(always)]
        || add_pairs_in(field, (adder, form), points, pairs, memory),
    );
}

#[inline(always)]
fn add_pairs_in<P: Profile, A: Arithmetic<P::BaseField>>(
    field: &A,
    (adder, form): (&Adder<P>, &Form<P::BaseField>),
    points: &mut [PackedPoint],
    pairs: &[Pair],
    memory: &mut Memory<P, A::Eight>,
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
    let Memory {
        steps,
        known,
        tangents,
    } = memory;
    known.clear();
    tangents.0.clear();
    tangents.1.clear();
    steps.clear();

    let zero = field.splat(form.number(P::BaseField::ZERO));
    let one = field.splat(form.number(P::BaseField::ONE));
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
            let identities = field.empty(&a) | field.empty(&b);
            let mut denominator = field.subtract(&b, &a);
            let mut next = field.multiply(product, &denominator);
            // A denominator that is zero modulo p makes the product so: see `exceptions`.
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
    let product = field.add_reduced(&zero, &field.multiply(&first, &second));
    let inverse = invert(field, form, &product);
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

/// The inverses of eight kept numbers, none of them zero.
#[inline(always)]
fn invert<F: Montgomery, A: Arithmetic<F>>(
    field: &A,
    form: &Form<F>,
    numbers: &A::Eight,
) -> A::Eight {
    let mut inverses = field.scatter(numbers).map(|number| form.value(number));
    ark_ff::batch_inversion(&mut inverses);
    let inverses = inverses.map(|inverse| form.number(inverse));
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
