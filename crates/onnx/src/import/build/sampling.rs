//! Images read at computed places between their entries: linear interpolation, with zeros around the image.
//!
//! Of an entry a place takes the share `max(0, 1 - |y - row|) max(0, 1 - |x - column|)`. The shares of all entries are the products of those of
//! rows and of columns, and what is read is a contraction of the image with them.

use super::movement::room;
use crate::function::{Expression, Function, Operation};
use crate::graph::{Axes, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// Shares of entries, at most: one for each place and each entry of the image.
const MAX_SHARES: usize = 1 << 24;

/// Where an image is read: coordinates in entries, `[batch, places]` both.
#[derive(Clone, Copy)]
pub struct Places {
    pub rows: LayerId,
    pub columns: LayerId,
    /// What is read is multiplied by it, `[batch, places]`.
    pub factors: Option<LayerId>,
}

impl Importer<'_> {
    /// What an image `[batch, channels, height, width]` holds at places, `[batch, channels, places]`.
    pub fn sampled(&mut self, origin: &str, image: LayerId, places: &Places) -> Imported<LayerId> {
        let &[batch, _, height, width] = self.graph.shape(image) else {
            return refuse(format!(
                "an image of shape {:?}; expected four axes",
                self.graph.shape(image)
            ));
        };
        let &[samples, count] = self.graph.shape(places.rows) else {
            return refuse("places that are no list for each sample");
        };
        let shares = room(&[batch, count, height, width])?;
        if samples != batch || shares > MAX_SHARES {
            return refuse(format!(
                "{count} places for each of {samples} samples of an image of {height} by {width} entries; their product may be at most {MAX_SHARES}"
            ));
        }
        let mut rows = self.shares(origin, places.rows, height)?;
        let columns = self.shares(origin, places.columns, width)?;
        let outer = Axes {
            shared: 2,
            left_free: 1,
            right_free: 0,
            contracted: 0,
        };
        if let Some(factors) = places.factors {
            rows = self.graph.contract(origin, rows, factors, outer);
        }
        let outer = Axes {
            right_free: 1,
            ..outer
        };
        let shares = self.graph.contract(origin, rows, columns, outer);
        let merge = Step::Merge {
            axis: 2,
            sizes: vec![height, width],
        };
        let shares = self.graph.view(origin, shares, vec![merge.clone()])?;
        let image = self.graph.view(origin, image, vec![merge])?;
        let axes = Axes {
            shared: 1,
            left_free: 1,
            right_free: 1,
            contracted: 1,
        };
        Ok(self.graph.contract(origin, image, shares, axes))
    }

    /// The shares of the entries of an axis at each place, `[batch, places, entries]`.
    fn shares(&mut self, origin: &str, places: LayerId, entries: usize) -> Imported<LayerId> {
        let numbers = (0..entries).map(|entry| entry as f32).collect();
        let numbers = self.graph.add_constant(origin, vec![entries], numbers);
        let &[batch, count] = self.graph.shape(places) else {
            return refuse("places that are no list for each sample");
        };
        let repeat = |axis, len| Step::Insert { axis, len };
        let terms = vec![
            self.graph.summand(1.0, places, vec![repeat(2, entries)])?,
            self.graph
                .summand(-1.0, numbers, vec![repeat(0, batch), repeat(1, count)])?,
        ];
        let distances = self.graph.sum(origin, terms);
        // Beyond a distance of one nothing is left, so that the table need not reach further.
        let near = Function::Clamp {
            low: Some(-1.0),
            high: Some(1.0),
        };
        let near = self.graph.apply(origin, distances, near);
        let share = Expression::Combine(
            Operation::Subtract,
            Box::new(Expression::Number(1.0)),
            Box::new(Expression::Argument.then(Function::Abs)),
        );
        Ok(self.graph.apply(origin, near, share.into()))
    }
}
