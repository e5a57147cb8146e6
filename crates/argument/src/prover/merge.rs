//! The prover's merge: the folded vector of every piece, and one sumcheck over columns.

use crate::curve::Montgomery;
use crate::fold::fold_arrays;
use crate::multilinear::{dot, eq_vector, kron};
use crate::pieces::{Piece, pieces};
use crate::prover::arrays::Values;
use crate::prover::contraction::{FoldedRight, bind_high, product_round};
use crate::script::claims::{SameWeights, TensorClaim};
use ark_ff::PrimeField;
use inferproof_relations::Layout;
use inferproof_view::Functional;
use rayon::prelude::*;
use std::collections::HashMap;

/// A piece of a claimed functional, under its claim's weight.
pub(crate) struct FoldedPiece<F> {
    pub weight: F,
    /// One weight for each position in a row.
    pub column: Vec<F>,
    /// The rows' combination, one entry for each position.
    pub folded: Vec<F>,
}

/// The pieces of a claim, from what a contraction has folded of them.
pub(crate) fn fold_kept<F: Montgomery>(
    claim: &TensorClaim<F>,
    layout: &Layout,
    kept: &FoldedRight<F>,
) -> Vec<FoldedPiece<F>> {
    let Functional {
        coefficient: weight,
        groups,
    } = &claim.functional;
    match kept {
        FoldedRight::Whole(folded) => {
            let pieces = pieces(layout, &claim.functional).into_iter();
            let pieces = pieces.map(|piece| FoldedPiece {
                weight: *weight,
                folded: fold_runs(&piece, layout, folded),
                column: piece.column,
            });
            pieces.collect()
        }
        FoldedRight::Rows { free_axes, pieces } => {
            let mut axes = 0;
            let contracted = groups.iter().skip_while(|group| {
                axes += group.sizes.len();
                axes <= *free_axes
            });
            let contracted = contracted.fold(vec![F::one()], |w, group| kron(&w, &group.weights));
            let pieces = pieces.iter().map(|(neighbours, folded)| FoldedPiece {
                weight: *weight,
                column: kron(neighbours, &contracted),
                folded: folded.clone(),
            });
            pieces.collect()
        }
    }
}

/// The pieces of claims with the same weights: those of one claim, on the sum of the tensors under the claims' coefficients.
pub(crate) fn fold_class<'a, F: Montgomery>(
    class: &SameWeights<'_, F>,
    values: impl Fn(usize) -> &'a Values<'a, F>,
) -> Vec<FoldedPiece<F>> {
    let (layout, claims) = (class.layout, &class.claims);
    let rows = layout.rows();
    let pieces = pieces(layout, class.functional).into_iter();
    pieces
        .map(|piece| {
            let weighed = piece.rows(layout);
            let rows: Vec<_> = weighed.iter().map(|&(row, _)| rows[row].clone()).collect();
            let scaled = |factor: F| weighed.iter().map(|&(_, w)| w * factor).collect::<Vec<_>>();
            let rho = claims.iter().map(|c| scaled(c.functional.coefficient));
            let rho: Vec<_> = rho.collect();
            let (mut integers, mut fields) = (Vec::new(), Vec::new());
            for (rho, claim) in rho.iter().zip(claims) {
                match values(claim.tensor) {
                    Values::Integers(values) => integers.push((&rho[..], &**values)),
                    Values::Field(values) => fields.push((rho, values)),
                }
            }
            let mut folded = fold_arrays(&integers, &rows, layout.row_width());
            for (rho, values) in fields {
                for (&weight, row) in rho.iter().zip(&rows) {
                    let terms = folded.iter_mut().zip(&values[row.clone()]);
                    terms.for_each(|(slot, &v)| *slot += weight * v);
                }
            }
            FoldedPiece {
                weight: F::one(),
                folded,
                column: piece.column,
            }
        })
        .collect()
}

/// Pieces whose columns differ: those with the same column are added up under their weights.
///
/// Tensors with the same trailing axes are read at the same point along them, so that many pieces have the same column.
pub(crate) fn by_column<F: PrimeField>(pieces: Vec<FoldedPiece<F>>) -> Vec<FoldedPiece<F>> {
    // Classes by some entries of their columns. Others may share these.
    let mut places: HashMap<[Option<F>; 3], Vec<usize>> = HashMap::new();
    let mut classes: Vec<Vec<FoldedPiece<F>>> = Vec::new();
    for piece in pieces {
        let column = &piece.column;
        let middle = column.get(column.len() / 2);
        let some = [column.first(), middle, column.last()].map(Option::<&F>::copied);
        let alike = places.entry(some).or_default();
        match alike.iter().find(|&&i| classes[i][0].column == *column) {
            Some(&class) => classes[class].push(piece),
            None => {
                alike.push(classes.len());
                classes.push(vec![piece]);
            }
        }
    }
    let sums = classes.into_par_iter().map(|class| {
        let mut pieces = class.into_iter();
        let mut sum = pieces.next().expect("a class begins with a piece");
        for piece in pieces {
            if !sum.weight.is_one() {
                sum.folded.iter_mut().for_each(|v| *v *= sum.weight);
                sum.weight = F::one();
            }
            let terms = sum.folded.iter_mut().zip(&piece.folded);
            match piece.weight.is_one() {
                true => terms.for_each(|(sum, v)| *sum += v),
                false => terms.for_each(|(sum, &v)| *sum += piece.weight * v),
            }
        }
        sum
    });
    sums.collect()
}

/// A piece's combination of rows, from the vector already folded over the outer axes.
fn fold_runs<F: PrimeField>(piece: &Piece<F>, layout: &Layout, folded: &[F]) -> Vec<F> {
    let width = layout.row_width();
    let mut out = vec![F::zero(); width];
    for (run, weight) in piece.runs.iter() {
        let run = folded.chunks(width).nth(run).unwrap_or_default();
        for (slot, &v) in out.iter_mut().zip(run) {
            *slot += weight * v;
        }
    }
    out
}

/// The sumcheck over `sum_k weight_k u_k(x) column_k(x)`.
pub(crate) struct Sumcheck<F> {
    pairs: Vec<(F, Vec<F>, Vec<F>)>,
}

impl<F: PrimeField> Sumcheck<F> {
    /// Rows have `2^c` entries.
    pub fn new(pieces: &[FoldedPiece<F>], c: u32) -> Self {
        let pairs = pieces
            .par_iter()
            .map(|piece| {
                let mut column = piece.column.clone();
                let mut u = piece.folded.clone();
                column.resize(1 << c, F::zero());
                u.resize(1 << c, F::zero());
                (piece.weight, u, column)
            })
            .collect();
        Self { pairs }
    }

    /// s(0) and the leading coefficient.
    pub fn round(&mut self, last: Option<F>) -> [F; 2] {
        self.pairs
            .par_iter_mut()
            .map(|(weight, u, column)| {
                if let Some(x) = last {
                    bind_high(u, x);
                    bind_high(column, x);
                }
                product_round(u, column).map(|v| v * *weight)
            })
            .reduce(|| [F::zero(); 2], |a, b| [a[0] + b[0], a[1] + b[1]])
    }
}

/// The opened vector: `sum_k weight_k column_k(point) u_k`, of `2^c` entries.
pub(crate) fn opened<F: PrimeField>(pieces: &[FoldedPiece<F>], point: &[F], c: u32) -> Vec<F> {
    /// Entries that a task takes.
    const TASK: usize = 128;
    let at_point = eq_vector(point, 1 << c);
    let factor = |piece: &FoldedPiece<F>| piece.weight * dot(&piece.column, &at_point);
    let factors: Vec<F> = pieces.par_iter().map(factor).collect();
    let mut out = vec![F::zero(); 1 << c];
    let tasks = out.par_chunks_mut(TASK).enumerate();
    tasks.for_each(|(task, out)| {
        for (piece, &factor) in pieces.iter().zip(&factors) {
            let folded = piece.folded.iter().skip(task * TASK);
            for (slot, &v) in out.iter_mut().zip(folded) {
                *slot += factor * v;
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::Field;
    use ark_grumpkin::Fr;

    /// Pieces that are added up give the same sumcheck and the same opened vector.
    #[test]
    fn pieces_with_the_same_column_are_added_up() {
        let vector = |seed: u64| -> Vec<Fr> {
            let numbers = (1..=6).map(|i| Fr::from(seed * 97 + i).pow([5]));
            numbers.collect()
        };
        let mut almost = vector(2);
        almost[1] += Fr::from(1u64);
        let columns = [
            vector(1),
            vector(2),
            vector(1),
            almost,
            vector(1),
            vector(2),
        ];
        let weights = [3u64, 1, 1, 1, 5, 1];
        let pieces = || -> Vec<FoldedPiece<Fr>> {
            let numbered = columns.iter().zip(weights).zip(10..);
            let pieces = numbered.map(|((column, weight), seed)| FoldedPiece {
                weight: Fr::from(weight),
                column: column.clone(),
                folded: vector(seed),
            });
            pieces.collect()
        };
        let (apart, together) = (pieces(), by_column(pieces()));
        assert_eq!(together.len(), 3);
        let (mut one, mut other) = (Sumcheck::new(&apart, 3), Sumcheck::new(&together, 3));
        let mut last = None;
        for x in [2u64, 3, 7] {
            assert_eq!(one.round(last), other.round(last));
            last = Some(Fr::from(x));
        }
        let point = [2u64, 3, 7].map(Fr::from);
        assert_eq!(opened(&apart, &point, 3), opened(&together, &point, 3));
    }
}
