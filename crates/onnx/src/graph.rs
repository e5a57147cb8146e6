//! The float graph: an imported model in the few operations that quantization understands.
//!
//! It mirrors the core operations of [`inferproof_program`], with real coefficients and without a decision yet on what is
//! rescaled where. Shapes are static; row-major order is that of the ONNX tensors.

mod kind;
mod real;
mod views;

pub use kind::{Axes, Divisor, Kind, LOGIT_REACH, LayerId, MASK, Source, Summand, only_moves};
pub use real::Real;
pub use views::power_of_two;

use crate::function::Function;
use crate::numbers::Numbers;
use crate::provenance::Provenance;
use inferproof_view::{Step, View, ViewError, volume};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// One tensor and how it is made.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The ONNX node it comes from, for messages.
    pub origin: String,
    /// The tensor's shape.
    pub shape: Vec<usize>,
    /// How it is made.
    pub kind: Kind,
    /// Whether its values are integers, whatever the inputs: tokens, truth values, counts.
    pub integral: bool,
}

/// What is known of a sum with masks in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masked {
    /// An entry is hidden if it is as great as this or greater, on either side of zero.
    pub threshold: f64,
    /// Whether some may be below all that is seen.
    pub below: bool,
    /// Whether some may be above.
    pub above: bool,
}

/// A model in floats. Layers are in an order in which they can be computed.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub layers: Vec<Layer>,
    pub inputs: Vec<LayerId>,
    pub outputs: Vec<LayerId>,
    /// The sums in which masks are terms: all terms but the first are great numbers times levels, as [`crate::masks`] says.
    pub masked: BTreeMap<LayerId, Masked>,
    /// Constants by a hash of their shapes and entries.
    constants: BTreeMap<u64, Vec<LayerId>>,
    /// Which nodes brought the places at which views read.
    pub provenance: Provenance,
    /// Views that are read as they are, not through.
    kept: BTreeSet<LayerId>,
}

impl Graph {
    /// A graph without layers, to be made of this one.
    pub fn empty(&self) -> Self {
        Self {
            provenance: self.provenance.clone(),
            ..Self::default()
        }
    }

    pub fn layer(&self, id: LayerId) -> &Layer {
        &self.layers[id.0]
    }

    pub fn shape(&self, id: LayerId) -> &[usize] {
        &self.layers[id.0].shape
    }

    pub fn constant(&self, id: LayerId) -> Option<&Numbers> {
        match &self.layers[id.0].kind {
            Kind::Constant(values) => Some(values),
            _ => None,
        }
    }

    pub fn push(&mut self, origin: &str, shape: Vec<usize>, kind: Kind) -> LayerId {
        if let Kind::Constant(values) = &kind
            && let Some(known) = self.known_constant(origin, &shape, values)
        {
            return known;
        }
        let integral = self.makes_integers(&kind);
        self.layers.push(Layer {
            origin: origin.to_owned(),
            shape,
            kind,
            integral,
        });
        LayerId(self.layers.len() - 1)
    }

    /// A constant that this node has made already: the steps of a loop share their weights.
    fn known_constant(
        &mut self,
        origin: &str,
        shape: &[usize],
        values: &Numbers,
    ) -> Option<LayerId> {
        let mut hasher = DefaultHasher::new();
        (origin, shape).hash(&mut hasher);
        values.key().hash(&mut hasher);
        let next = LayerId(self.layers.len());
        let alike = self.constants.entry(hasher.finish()).or_default();
        let is_same = |id: &&LayerId| {
            let layer = &self.layers[id.0];
            layer.origin == origin
                && layer.shape == shape
                && matches!(&layer.kind, Kind::Constant(known) if known == values)
        };
        let known = alike.iter().find(is_same).copied();
        if known.is_none() {
            alike.push(next);
        }
        known
    }

    /// Whether a layer's values are integers, whatever the inputs.
    pub fn is_integral(&self, id: LayerId) -> bool {
        self.layers[id.0].integral
    }

    fn makes_integers(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Input { integral, .. } => *integral,
            Kind::Constant(values) => values.are_whole(),
            Kind::Linear(terms) => terms.iter().all(|t| {
                t.coefficient.fract() == 0.0 && t.source.is_none_or(|s| self.is_integral(s))
            }),
            Kind::Contract { left, right, .. } | Kind::Max { left, right } => {
                self.is_integral(*left) && self.is_integral(*right)
            }
            Kind::Apply { source, function } => {
                function.is_integral() || (function.keeps_integers() && self.is_integral(*source))
            }
            Kind::OneHot { .. }
            | Kind::Indicator { .. }
            | Kind::Requantize { .. }
            | Kind::Quotient { .. }
            | Kind::Lookup { .. } => true,
            Kind::Logits { .. } => false,
        }
    }

    /// One-hot codes of indices, along a new last axis; what is below zero counts from the end, if it wraps.
    pub fn indicator(
        &mut self,
        origin: &str,
        source: LayerId,
        classes: usize,
        wraps: bool,
    ) -> LayerId {
        let mut shape = self.shape(source).to_vec();
        shape.push(classes);
        self.push(origin, shape, Kind::Indicator { source, wraps })
    }

    /// Says that a layer stands for something, so that views of it are views of this very layer, though it may be a view itself.
    pub fn keep(&mut self, id: LayerId) {
        self.kept.insert(id);
    }

    pub fn add_constant(&mut self, origin: &str, shape: Vec<usize>, values: Vec<f32>) -> LayerId {
        self.push(origin, shape, Kind::Constant(values.into()))
    }

    /// A term that is one number everywhere.
    pub fn fill(value: f64, shape: &[usize]) -> Result<Summand, ViewError> {
        let axes = shape.iter().enumerate();
        let steps = axes.map(|(axis, &len)| Step::Insert { axis, len });
        Ok(Summand {
            coefficient: value,
            source: None,
            view: View::new(vec![], steps.collect())?,
        })
    }

    pub fn sum(&mut self, origin: &str, terms: Vec<Summand>) -> LayerId {
        let shape = terms
            .first()
            .map_or_else(Vec::new, |t| t.view.target().to_vec());
        self.push(origin, shape, Kind::Linear(terms))
    }

    /// The contraction of two tensors whose axes already are `[S, F, K]` and `[S, G, K]`.
    pub fn contract(&mut self, origin: &str, left: LayerId, right: LayerId, axes: Axes) -> LayerId {
        let left_axes = self.shape(left).len() - axes.contracted;
        let mut shape = self.shape(left)[..left_axes].to_vec();
        let right_axes = self.shape(right).len() - axes.contracted;
        shape.extend(&self.shape(right)[axes.shared..right_axes]);
        self.push(origin, shape, Kind::Contract { left, right, axes })
    }

    /// The product of two tensors of one shape, entry by entry.
    pub fn entrywise(&mut self, origin: &str, left: LayerId, right: LayerId) -> LayerId {
        let axes = Axes {
            shared: self.shape(left).len(),
            left_free: 0,
            right_free: 0,
            contracted: 0,
        };
        self.contract(origin, left, right, axes)
    }

    /// An input of one row of real numbers, without bounds.
    #[cfg(test)]
    pub fn add_input(&mut self, width: usize) -> LayerId {
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let input = self.push("input", vec![1, width], kind);
        self.inputs.push(input);
        input
    }

    pub fn apply(&mut self, origin: &str, source: LayerId, function: Function) -> LayerId {
        let shape = self.shape(source).to_vec();
        self.push(origin, shape, Kind::Apply { source, function })
    }

    pub fn quotient(&mut self, origin: &str, left: LayerId, divisor: Divisor) -> LayerId {
        let shape = self.shape(left).to_vec();
        self.push(origin, shape, Kind::Quotient { left, divisor })
    }

    pub fn max(&mut self, origin: &str, left: LayerId, right: LayerId) -> LayerId {
        let shape = self.shape(left).to_vec();
        self.push(origin, shape, Kind::Max { left, right })
    }

    /// How many numbers all layers have.
    pub fn entries(&self) -> usize {
        let volumes = self.layers.iter().map(|layer| volume(&layer.shape));
        volumes.fold(0, |sum, count| {
            sum.saturating_add(count.unwrap_or(usize::MAX))
        })
    }

    /// Drops what no output needs. Inputs stay.
    pub fn prune(&mut self) {
        let mut needed = vec![false; self.layers.len()];
        for id in self.outputs.iter().chain(&self.inputs) {
            needed[id.0] = true;
        }
        for position in (0..self.layers.len()).rev() {
            if needed[position] {
                for source in self.layers[position].kind.sources() {
                    needed[source.0] = true;
                }
            }
        }
        let mut renamed = BTreeMap::new();
        let mut layers = Vec::new();
        for (position, mut layer) in std::mem::take(&mut self.layers).into_iter().enumerate() {
            if !needed[position] {
                continue;
            }
            layer.kind.rename(&renamed);
            renamed.insert(LayerId(position), LayerId(layers.len()));
            layers.push(layer);
        }
        self.layers = layers;
        self.constants.clear();
        let masked = std::mem::take(&mut self.masked);
        let kept = masked
            .into_iter()
            .filter_map(|(id, masked)| Some((*renamed.get(&id)?, masked)));
        self.masked = kept.collect();
        self.kept.clear();
        for id in self.inputs.iter_mut().chain(&mut self.outputs) {
            *id = renamed[id];
        }
    }

    /// How many times each layer is read, outputs included.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.layers.len()];
        for layer in &self.layers {
            layer
                .kind
                .sources()
                .iter()
                .for_each(|id| readers[id.0] += 1);
        }
        self.outputs.iter().for_each(|id| readers[id.0] += 1);
        readers
    }

    /// The number of multiplications in a layer, if it is a contraction.
    pub fn multiplications(&self, layer: &Layer) -> usize {
        match &layer.kind {
            Kind::Contract { left, axes, .. } => {
                let shape = self.shape(*left);
                let k: usize = shape[shape.len() - axes.contracted..].iter().product();
                volume(&layer.shape).unwrap_or(0).saturating_mul(k)
            }
            _ => 0,
        }
    }
}
