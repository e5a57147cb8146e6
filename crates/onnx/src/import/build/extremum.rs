//! The greatest and the least entries along axes, and where they stand.

use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::refusal::Imported;
use inferproof_view::Step;

impl Importer<'_> {
    /// The greatest (`sign` 1) or the least (`sign` -1) entries along axes, which keep length one.
    pub fn extremes(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        sign: f64,
    ) -> Imported<LayerId> {
        let mut source = self.graph.scaled(origin, sign, source, vec![])?;
        for &axis in axes {
            source = self.greatest(origin, source, axis)?;
        }
        Ok(self.graph.scaled(origin, sign, source, vec![])?)
    }

    /// The maximum along an axis, which keeps length one, by halving: where a length is odd the middle entry is compared with
    /// itself.
    pub fn greatest(&mut self, origin: &str, source: LayerId, axis: usize) -> Imported<LayerId> {
        let mut source = source;
        loop {
            let len = self.graph.shape(source)[axis];
            if len <= 1 {
                return Ok(source);
            }
            let half = len.div_ceil(2);
            let part = |start: usize| Step::Slice {
                axis,
                source: len,
                start: start as i64,
                step: 1,
                len: half,
            };
            let left = self.graph.view(origin, source, vec![part(0)])?;
            let right = self.graph.view(origin, source, vec![part(len - half)])?;
            source = self.graph.max(origin, left, right);
        }
    }

    /// The position of the greatest entry along an axis, which keeps length one: of several the first, or the last.
    pub fn place_of_greatest(
        &mut self,
        origin: &str,
        source: LayerId,
        axis: usize,
        last: bool,
        sign: f64,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let (rank, len) = (shape.len(), shape[axis]);
        let order = (0..rank).filter(|&a| a != axis).chain([axis]);
        let mut steps = vec![Step::Permute(order.collect())];
        let mut indices: Vec<i64> = (0i64..).take(len).collect();
        if last {
            let start = len as i64 - 1;
            steps.push(Step::Slice {
                axis: rank - 1,
                source: len,
                start,
                step: -1,
                len,
            });
            indices.reverse();
        }
        let source = self.graph.scaled(origin, sign, source, steps)?;
        let hot_shape = self.graph.shape(source).to_vec();
        let hot = self.graph.push(
            origin,
            hot_shape,
            Kind::OneHot {
                source,
                taken: vec![],
            },
        );
        let steps = vec![
            Step::Reduce {
                axis: rank - 1,
                source: len,
                weights: Some(indices),
            },
            Step::Insert { axis, len: 1 },
        ];
        Ok(self.graph.view(origin, hot, steps)?)
    }
}
