//! The prover's merge: the folded vector of every piece, and one sumcheck over columns.

use crate::fold::fold_arrays;
use crate::integers::Integers;
use crate::layout::{Layout, Piece};
use crate::multilinear::{dot, eq_vector, kron};
use crate::prover::contraction::{FoldedRight, bind_high, product_round};
use crate::script::claims::{Alike, Claimed};
use ark_ff::PrimeField;
use inferproof_view::Functional;
use rayon::prelude::*;

/// A piece of a claimed functional, under its claim's weight.
pub(crate) struct FoldedPiece<F> {
    pub weight: F,
    /// One weight for each position in a row.
    pub column: Vec<F>,
    /// The rows' combination, one entry for each position.
    pub folded: Vec<F>,
}

/// The pieces of a claim, from what a contraction has folded of them.
pub(crate) fn fold_kept<F: PrimeField>(
    claim: &Claimed<F>,
    layout: &Layout,
    kept: &FoldedRight<F>,
) -> Vec<FoldedPiece<F>> {
    let Functional {
        coefficient: weight,
        groups,
    } = &claim.functional;
    match kept {
        FoldedRight::Whole(folded) => {
            let pieces = layout.pieces(&claim.functional).into_iter();
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

/// The pieces of claims that weigh rows alike: those of one claim, on the sum of the tensors under the claims' coefficients.
pub(crate) fn fold_alike<'a, F: PrimeField>(
    alike: &Alike<'_, F>,
    values: impl Fn(usize) -> &'a Integers,
) -> Vec<FoldedPiece<F>> {
    let (layout, claims) = (alike.layout, &alike.claims);
    let rows = layout.rows();
    let pieces = layout.pieces(alike.functional).into_iter();
    pieces
        .map(|piece| {
            let weights = piece.rows();
            let scaled = |factor: F| weights.iter().map(|&w| w * factor).collect::<Vec<_>>();
            let rho = claims.iter().map(|c| scaled(c.functional.coefficient));
            let rho: Vec<_> = rho.collect();
            let arrays = rho.iter().zip(claims);
            let arrays: Vec<_> = arrays
                .map(|(rho, c)| (&rho[..], values(c.tensor)))
                .collect();
            FoldedPiece {
                weight: F::one(),
                folded: fold_arrays(&arrays, &rows, layout.row_width()),
                column: piece.column,
            }
        })
        .collect()
}

/// A piece's combination of rows, from the vector already folded over the outer axes.
fn fold_runs<F: PrimeField>(piece: &Piece<F>, layout: &Layout, folded: &[F]) -> Vec<F> {
    let width = layout.row_width();
    let mut out = vec![F::zero(); width];
    for (run, &weight) in folded.chunks(width).zip(&piece.runs) {
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
