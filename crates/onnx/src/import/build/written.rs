//! Writing at a computed position: a cache of fixed length, in which the entry at a position that is an input is replaced.

use super::Place;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::{Step, volume};

impl Importer<'_> {
    /// A tensor whose entry along an axis, at one position for all, is an update of length one. Positions below zero count from the end, if
    /// they wrap. `positions` says the same position everywhere, as an expanded number does.
    pub fn written(
        &mut self,
        origin: &str,
        [data, update, positions]: [LayerId; 3],
        axis: usize,
        wraps: bool,
    ) -> Imported<LayerId> {
        let Some(position) = self.one_number(positions) else {
            return refuse(
                "its indices are computed; they must be constant, or one position for all entries: export the model with fixed sizes",
            );
        };
        let to = self.graph.shape(data).to_vec();
        let mut expected = to.clone();
        let length = expected.get_mut(axis).map(|own| std::mem::replace(own, 1));
        let from = self.graph.shape(update);
        let (Some(length), true) = (length, from == expected) else {
            return refuse(format!(
                "its position is computed, and its update has the shape {from:?}; expected one entry, {expected:?}"
            ));
        };
        // The number, without its axes of length one.
        let axes = self.graph.shape(position).len();
        let steps = (0..axes).map(|_| Step::Reduce {
            axis: 0,
            source: 1,
            weights: None,
        });
        let position = self.graph.view(origin, position, steps.collect())?;
        let code = self.graph.indicator(origin, position, length, wraps);
        let behind = axis + 1..to.len();
        let steps = behind.enumerate().map(|(place, _)| Step::Insert {
            axis: place + 1,
            len: 1,
        });
        let code = self.graph.view(origin, code, steps.collect())?;
        let at = Place {
            origin,
            to: &to,
            owned: &[],
        };
        self.select(&at, [code, update, data])
    }

    /// The tensor of one entry that another repeats everywhere.
    fn one_number(&self, mut id: LayerId) -> Option<LayerId> {
        loop {
            if volume(self.graph.shape(id)) == Some(1) {
                return Some(id);
            }
            let (source, view) = self.graph.viewed(id)?;
            let is_repeated =
                view.magnitude(1) == 1 && !view.steps().iter().any(Step::leaves_zeros);
            id = is_repeated.then_some(source)?;
        }
    }
}
