//! Masks that are weights: which entries a pruned model has left.
//!
//! A mask that follows a rule (causal, banded, a prefix, padding) is part of the architecture, and costs nothing as a view. One that does
//! not is what training found, and is multiplied with: `mask * yes + (1 - mask) * no`. No product is rounded, as a factor is 0 or 1. Beside
//! a number that stands for infinity a product would be nothing but that number, so that masks of attention stay views.

use super::Place;
use super::broadcast::{broadcast, common_shape};
use super::typed::places;
use crate::graph::{LayerId, MASK};
use crate::import::Importer;
use crate::import::refusal::Imported;
use crate::range::Range;

impl Importer<'_> {
    /// Whether a constant mask is to be a weight, given what is chosen from.
    pub fn is_trained_mask(&self, mask: LayerId, sides: [LayerId; 2]) -> bool {
        let Some(truths) = self.graph.constant(mask) else {
            return false;
        };
        let is_finite = |side: LayerId| {
            let numbers = self.graph.constant(side);
            numbers.is_none_or(|numbers| {
                let Range { low, high } = numbers.range();
                low.abs().max(high.abs()) < MASK && !numbers.has_nan()
            })
        };
        self.trained.contains(&mask)
            && sides.into_iter().all(is_finite)
            && !is_regular(&truths.entries(), self.graph.shape(mask))
    }

    /// `yes` where a mask holds, else `no`.
    pub fn select_by_weights(
        &mut self,
        at: &Place<'_>,
        mask: LayerId,
        [yes, no]: [LayerId; 2],
    ) -> Imported<LayerId> {
        let truths = self.graph.constant(mask).cloned().unwrap_or_default();
        let truths = truths.entries();
        let shape = self.graph.shape(mask).to_vec();
        let mut terms = Vec::new();
        for (side, keep) in [(yes, true), (no, false)] {
            if self.uniform(side) == Some(0.0) {
                continue;
            }
            let factors = truths.iter().map(|&v| f32::from((v != 0.0) == keep));
            let factors: Vec<f32> = factors.collect();
            let part = match self.graph.constant(side).cloned() {
                Some(numbers) => {
                    let numbers = numbers.entries();
                    let side_shape = self.graph.shape(side).to_vec();
                    let common = common_shape(&[&shape, &side_shape])?;
                    let pairs = places(&shape, &common).zip(places(&side_shape, &common));
                    let products = pairs.map(|(factor, number)| {
                        let factor = factors.get(factor).copied().unwrap_or_default();
                        factor * numbers.get(number).copied().unwrap_or_default()
                    });
                    let products = products.collect();
                    self.graph.add_constant(at.origin, common, products)
                }
                None => {
                    let factors = self.graph.add_constant(at.origin, shape.clone(), factors);
                    let rank = at.to.len();
                    let factors = self.of_rank(at.origin, factors, rank)?;
                    let side = self.of_rank(at.origin, side, rank)?;
                    let place = Place { owned: &[], ..*at };
                    self.multiply(&place, side, factors)?
                }
            };
            let steps = broadcast(self.graph.shape(part), at.to)?;
            terms.push(self.graph.summand(1.0, part, steps)?);
        }
        Ok(self.graph.sum(at.origin, terms))
    }
}

/// Whether in each row, along the last axis that is longer than one entry, a mask holds in one run of entries, or everywhere but in one.
fn is_regular(truths: &[f32], shape: &[usize]) -> bool {
    let last = shape.iter().rev().find(|&&len| len > 1);
    truths.chunks(last.copied().unwrap_or(1)).all(|row| {
        let changes = row.windows(2).filter(|pair| match pair {
            [a, b] => (*a != 0.0) != (*b != 0.0),
            _ => false,
        });
        changes.count() <= 2
    })
}

#[cfg(test)]
mod tests {
    use super::is_regular;

    #[test]
    fn masks_of_one_run_a_row_are_regular() {
        let mask = |rule: fn(usize, usize) -> bool| {
            let entries = (0..36).map(|i| f32::from(rule(i / 6, i % 6)));
            is_regular(&entries.collect::<Vec<f32>>(), &[1, 6, 6, 1])
        };
        assert!(mask(|row, column| column <= row), "causal");
        assert!(mask(|row, column| row.abs_diff(column) < 2), "banded");
        assert!(
            mask(|row, column| row.abs_diff(column) >= 2),
            "all but a band"
        );
        assert!(mask(|_, column| column < 4), "padding");
        assert!(mask(|row, _| row % 3 == 1), "some rows");
        assert!(
            !mask(|row, column| row + column != 4 && column != 3),
            "two entries a row"
        );
        assert!(!mask(|_, column| column % 2 == 0), "every other column");
    }
}
