//! The prover's batched sumcheck over all contractions.

use crate::curve::Montgomery;
use crate::curve::{Profile, Scalar};
use crate::fold::fold_rows;
use crate::multilinear::{dot, kron};
use crate::pieces::factor;
use crate::prover::arrays::Arrays;
use crate::prover::positions::padded_positions;
use crate::script::claims::ContractionClaim;
use ark_ff::PrimeField;
use inferproof_integers::Integers;
use inferproof_relations::bits_of;
use inferproof_relations::{Contraction, Relations, Source, Term};
use inferproof_view::{Group, Step, View};
use rayon::prelude::*;
use std::borrow::Cow;

/// One claim: `coefficient * sum a[x] b[x]` over a cube of its own number of variables.
struct Pair<F> {
    coefficient: F,
    /// `prod (1 - x)` over the variables bound so far that this claim lacks.
    outside: F,
    bits: usize,
    a: Vec<F>,
    b: Vec<F>,
}

/// The sumcheck's state, and what the merge can use again.
pub(crate) struct Sumcheck<F> {
    pairs: Vec<Pair<F>>,
    /// For each claim the folds of its right operand that the merge takes over, if there are some (each weight is
    /// touched once a proof).
    pub folded_right: Vec<Option<FoldedRight<F>>>,
}

/// A right operand, stored with its contracted axes last, folded over its free axes.
pub(crate) enum FoldedRight<F> {
    /// A row holds entries of one index of the free axes only: the vector over shared and contracted axes.
    Whole(Vec<F>),
    /// A row holds all contracted entries of some neighbouring indices of the free axes.
    Rows {
        /// How many axes come first.
        free_axes: usize,
        /// For each piece of the free axes' weights those of the neighbours, and the rows' combination.
        pieces: Vec<(Vec<F>, Vec<F>)>,
    },
}

impl<F: Montgomery> Sumcheck<F> {
    /// Folds both operands of every claim over their free axes.
    pub fn new<P: Profile<ScalarField = F>>(
        relations: &Relations,
        arrays: &Arrays<'_, F>,
        claims: &[ContractionClaim<Scalar<P>>],
    ) -> Self {
        let of_claims = claims.par_iter().map(|claim| {
            let contraction = &relations.parts().contractions[claim.contraction];
            let shape = [&contraction.shared[..], &contraction.contracted].concat();
            if relations.parts().is_field_product(contraction) {
                let mut left = arrays.field_sum(&contraction.left);
                let weights = dense(&claim.shared);
                left.iter_mut().zip(weights).for_each(|(l, w)| *l *= w);
                let right = arrays.field_sum(&contraction.right);
                let pair = Pair {
                    coefficient: claim.coefficient,
                    outside: F::one(),
                    bits: contraction.bits(),
                    a: on_cube(&left, &shape),
                    b: on_cube(&right, &shape),
                };
                return (pair, None);
            }
            let left = fold_operand(
                contraction,
                &contraction.left,
                &contraction.left_free,
                &claim.left_free,
                arrays,
            );
            let shared = dense(&claim.shared);
            let contracted: usize = contraction.contracted.iter().product();
            let left: Vec<F> = match contraction.shared.is_empty() {
                true => left,
                false => left
                    .chunks(contracted)
                    .zip(&shared)
                    .flat_map(|(run, &w)| run.iter().map(move |&v| v * w))
                    .collect(),
            };
            let (right, kept) = fold_right(relations, contraction, claim, arrays);
            let pair = Pair {
                coefficient: claim.coefficient,
                outside: F::one(),
                bits: contraction.bits(),
                a: on_cube(&left, &shape),
                b: on_cube(&right, &shape),
            };
            (pair, kept)
        });
        let (pairs, folded_right) = of_claims.unzip();
        Self {
            pairs,
            folded_right,
        }
    }

    /// s(0) and the leading coefficient of the round with `left` variables to go.
    pub fn round(&mut self, left: usize, last: Option<F>) -> [F; 2] {
        if let Some(x) = last {
            self.bind(left + 1, x);
        }
        self.pairs
            .par_iter()
            .map(|pair| {
                if left > pair.bits {
                    // (1 - X) times a constant.
                    return [
                        pair.coefficient * pair.outside * dot(&pair.a, &pair.b),
                        F::zero(),
                    ];
                }
                product_round(&pair.a, &pair.b).map(|v| v * pair.coefficient * pair.outside)
            })
            .reduce(|| [F::zero(); 2], |a, b| [a[0] + b[0], a[1] + b[1]])
    }

    /// The operand values of every claim, after binding the last challenge.
    pub fn operands(&mut self, last: Option<F>) -> Vec<F> {
        if let Some(x) = last {
            self.bind(1, x);
        }
        self.pairs
            .iter()
            .flat_map(|p| [p.outside * p.a[0], p.b[0]])
            .collect()
    }

    fn bind(&mut self, variables: usize, x: F) {
        self.pairs.par_iter_mut().for_each(|pair| {
            if variables > pair.bits {
                pair.outside *= F::one() - x;
            } else {
                bind_high(&mut pair.a, x);
                bind_high(&mut pair.b, x);
            }
        });
    }
}

/// s(0) and the leading coefficient of `sum a(X, y) b(X, y)` over y, X the most significant variable.
pub(crate) fn product_round<F: PrimeField>(a: &[F], b: &[F]) -> [F; 2] {
    let half = a.len() / 2;
    let (a0, a1) = a.split_at(half);
    let (b0, b1) = b.split_at(half);
    let lead = a0
        .iter()
        .zip(a1)
        .zip(b0.iter().zip(b1))
        .map(|((&a0, &a1), (&b0, &b1))| (a1 - a0) * (b1 - b0))
        .sum();
    [dot(a0, b0), lead]
}

/// Binds the most significant variable.
pub(crate) fn bind_high<F: PrimeField>(vector: &mut Vec<F>, x: F) {
    let half = vector.len() / 2;
    let (low, high) = vector.split_at_mut(half);
    for (a, b) in low.iter_mut().zip(high) {
        *a += x * (*b - *a);
    }
    vector.truncate(half);
}

fn dense<F: PrimeField>(groups: &[Group<F>]) -> Vec<F> {
    groups
        .iter()
        .fold(vec![F::one()], |w, g| kron(&w, &g.weights))
}

/// A row-major array placed on the cube where every axis has a power-of-two length.
fn on_cube<F: PrimeField>(vector: &[F], shape: &[usize]) -> Vec<F> {
    let bits: usize = shape.iter().map(|&n| bits_of(n)).sum();
    let mut cube = vec![F::zero(); 1 << bits];
    for (at, &v) in padded_positions(shape).into_iter().zip(vector) {
        cube[at] = v;
    }
    cube
}

/// The tensor, if the operand is one committed tensor stored as [free, shared, contracted].
fn stored_rows(contraction: &Contraction, terms: &[Term], free: &[usize]) -> Option<usize> {
    let [
        Term {
            coefficient: 1,
            source: Source::Committed(tensor),
            view,
        },
    ] = terms
    else {
        return None;
    };
    let (shared, free, contracted) = (
        contraction.shared.len(),
        free.len(),
        contraction.contracted.len(),
    );
    let to_front: Vec<usize> = (free..free + shared)
        .chain(0..free)
        .chain(free + shared..free + shared + contracted)
        .collect();
    match view.steps() {
        [] if shared == 0 || free == 0 => Some(*tensor),
        [Step::Permute(permutation)] if *permutation == to_front => Some(*tensor),
        _ => None,
    }
}

/// `sum over f of weights[f] * operand[s, f, k]`, row-major over shared and contracted axes.
fn fold_operand<F: Montgomery>(
    contraction: &Contraction,
    terms: &[Term],
    free: &[usize],
    weights: &[Group<F>],
    arrays: &Arrays<'_, F>,
) -> Vec<F> {
    let weights = dense(weights);
    let shared = contraction.shared.len();
    let width = contraction
        .shared
        .iter()
        .chain(&contraction.contracted)
        .product();
    let array: Cow<'_, Integers> = match stored_rows(contraction, terms, free) {
        Some(tensor) => Cow::Borrowed(arrays.integers(tensor)),
        None => {
            let shape = [&contraction.shared[..], free, &contraction.contracted].concat();
            let values = arrays.sum(terms);
            let to_front: Vec<usize> = (shared..shared + free.len())
                .chain(0..shared)
                .chain(shared + free.len()..shape.len())
                .collect();
            let values = match shared == 0 || free.is_empty() {
                true => values,
                false => {
                    let view = View::new(shape, vec![Step::Permute(to_front)])
                        .expect("a permutation of the operand's axes");
                    view.apply(&values).expect("the operand has its shape")
                }
            };
            match Integers::from_i64(&values) {
                Ok(narrow) => Cow::Owned(narrow),
                // Sums of terms may be wider than any committed tensor.
                Err(_) => return fold_wide(&weights, &values, width),
            }
        }
    };
    let rows: Vec<_> = (0..weights.len())
        .map(|f| f * width..(f + 1) * width)
        .collect();
    fold_rows(&weights, &array, &rows, width)
}

/// The right operand of a claim folded over its free axes, and what of it the merge can use.
fn fold_right<F: Montgomery>(
    relations: &Relations,
    contraction: &Contraction,
    claim: &ContractionClaim<F>,
    arrays: &Arrays<'_, F>,
) -> (Vec<F>, Option<FoldedRight<F>>) {
    let (terms, free) = (&contraction.right, &contraction.right_free);
    let stored = stored_rows(contraction, terms, free)
        .map(|tensor| (tensor, &relations.parts().tensors[tensor].layout));
    let contracted: usize = contraction.contracted.iter().product();
    if let Some((tensor, layout)) = stored
        && contraction.shared.is_empty()
        && layout.outer_axes() == 0
        && layout.row_width() % contracted == 0
    {
        let rows = layout.rows();
        let weights = dense(&claim.right_free);
        let pieces = factor(&weights, layout.row_width() / contracted).into_iter();
        let pieces: Vec<_> = pieces
            .map(|(of_rows, neighbours)| {
                let values = arrays.integers(tensor);
                let (weights, rows): (Vec<F>, Vec<_>) = of_rows
                    .iter()
                    .map(|(row, weight)| (weight, rows[row].clone()))
                    .unzip();
                let folded = fold_rows(&weights, values, &rows, layout.row_width());
                (neighbours, folded)
            })
            .collect();
        let mut right = vec![F::zero(); contracted];
        for (neighbours, folded) in &pieces {
            for (&weight, run) in neighbours.iter().zip(folded.chunks(contracted)) {
                for (slot, &v) in right.iter_mut().zip(run) {
                    *slot += weight * v;
                }
            }
        }
        let free_axes = free.len();
        return (right, Some(FoldedRight::Rows { free_axes, pieces }));
    }
    let right = fold_operand(contraction, terms, free, &claim.right_free, arrays);
    let whole = stored.is_some_and(|(_, layout)| layout.outer_axes() == free.len());
    let kept = whole.then(|| FoldedRight::Whole(right.clone()));
    (right, kept)
}

fn fold_wide<F: PrimeField>(weights: &[F], values: &[i64], width: usize) -> Vec<F> {
    let mut out = vec![F::zero(); width];
    for (row, &w) in values.chunks(width).zip(weights) {
        for (slot, &v) in out.iter_mut().zip(row) {
            *slot += w * F::from(v);
        }
    }
    out
}
