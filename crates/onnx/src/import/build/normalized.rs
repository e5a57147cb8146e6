//! What normalizations share: rows of mean zero and mean square one, and factors and offsets by channels.

use super::Place;
use crate::function::{Function, Operation as Arithmetic};
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

impl Importer<'_> {
    /// `(x - mean) / sqrt(variance + epsilon)` along axes together.
    pub fn standardized(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        epsilon: f64,
    ) -> Imported<LayerId> {
        let centred = self.centred(origin, source, axes)?;
        self.rms_norm(origin, centred, axes, epsilon)
    }

    /// The mean along axes, which keep length one.
    pub fn mean_of(&mut self, origin: &str, source: LayerId, axes: &[usize]) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let mut steps = Vec::new();
        let mut count = 1usize;
        for &axis in axes {
            let Some(&source) = shape.get(axis) else {
                return refuse(format!("axis {axis} of a tensor of shape {shape:?}"));
            };
            count = count.saturating_mul(source);
            let sum = Step::Reduce {
                axis,
                source,
                weights: None,
            };
            steps.extend([sum, Step::Insert { axis, len: 1 }]);
        }
        Ok(self
            .graph
            .scaled(origin, 1.0 / count.max(1) as f64, source, steps)?)
    }

    /// `1 / sqrt(variance + epsilon)` along axes, which keep length one.
    pub fn inverse_deviation(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        epsilon: f64,
    ) -> Imported<LayerId> {
        let centred = self.centred(origin, source, axes)?;
        let variance = self.reduced_squares(origin, centred, axes, true)?;
        let shape = self.graph.shape(variance).to_vec();
        let terms = vec![
            self.graph.summand(1.0, variance, vec![])?,
            Graph::fill(epsilon, &shape)?,
        ];
        let sum = self.graph.sum(origin, terms);
        self.function(origin, sum, Function::ReciprocalSqrt)
    }

    /// `x * factor + offset`, where these are broadcast to `x`; nothing else reads `x` if it is `owned`.
    pub fn scaled_and_moved(
        &mut self,
        origin: &str,
        source: LayerId,
        owned: bool,
        factor: LayerId,
        offset: Option<LayerId>,
    ) -> Imported<LayerId> {
        let to = self.graph.shape(source).to_vec();
        let place = |owned| Place {
            origin,
            to: &to,
            owned,
        };
        let of_source = [source];
        let owned = if owned { &of_source[..] } else { &[] };
        let scaled = self.binary(&place(owned), Arithmetic::Multiply, source, factor)?;
        match offset {
            None => Ok(scaled),
            Some(offset) => self.binary(&place(&[scaled]), Arithmetic::Add, scaled, offset),
        }
    }

    /// One number for each channel, `[c]`, as `[1, c, 1, ..]` of this rank.
    pub fn by_channel(
        &mut self,
        origin: &str,
        numbers: LayerId,
        channels: usize,
        rank: usize,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(numbers).to_vec();
        if shape != [channels] || rank < 2 {
            return refuse(format!(
                "parameters of shape {shape:?} for {channels} channels of a tensor of {rank} axes"
            ));
        }
        let one = |axis| Step::Insert { axis, len: 1 };
        let steps = std::iter::once(one(0)).chain((2..rank).map(one));
        Ok(self.graph.view(origin, numbers, steps.collect())?)
    }
}
