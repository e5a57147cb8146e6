//! The float graph: an imported model in the few operations that quantization understands.
//!
//! It mirrors the core operations of [`inferproof_program`], with real coefficients and without a decision yet on what is
//! rescaled where. Shapes are static; row-major order is that of the ONNX tensors.

use crate::function::Function;
use crate::integer_function::IntegerFunction;
use crate::requantize::Requantization;
use inferproof_view::{Step, View, ViewError, volume};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A tensor of a [`Graph`]: the position of the layer that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerId(pub usize);

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

/// The operations of the float graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An input of the model.
    Input {
        /// Whether it holds integers or truth values.
        integral: bool,
        /// The least and the greatest number of its type, if that has 8 bits.
        bounds: Option<(i64, i64)>,
    },
    /// Numbers of the model.
    Constant(Arc<Vec<f32>>),
    /// `sum of coefficient * view(source)`; a source of `None` is the number 1, of shape `[]`.
    Linear(Vec<Summand>),
    /// `output[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, as [`inferproof_program::Op::Contract`].
    Contract {
        left: LayerId,
        right: LayerId,
        axes: Axes,
    },
    /// A function of one number, entry by entry.
    Apply { source: LayerId, function: Function },
    /// The greater of two tensors of one shape, entry by entry.
    Max { left: LayerId, right: LayerId },
    /// Along the last axis, 1 at the first index of the maximum and 0 elsewhere. Entries that one of `taken`, other such codes, has
    /// found are passed over; each row has more.
    OneHot {
        source: LayerId,
        taken: Vec<LayerId>,
    },
    /// Along a new last axis, 1 at the index that the source holds and 0 elsewhere. What is below zero counts from the
    /// end, if it wraps.
    Indicator { source: LayerId, wraps: bool },
    /// The same numbers, for a softmax along the last axis: what is [`LOGIT_REACH`] or more below the greatest entry of its row
    /// may be any such number, since its exponential is nothing beside that one's.
    Logits { source: LayerId },
    /// Integers of 8 bits, exactly as a quantized model makes them of what it has multiplied and added.
    Requantize {
        source: LayerId,
        rule: Arc<Requantization>,
    },
    /// `floor(left / divisor)` of integers, entry by entry and exactly. No divisor is below 1; what is divided by a tensor is not negative.
    Quotient { left: LayerId, divisor: Divisor },
    /// A function of one or two tensors of integers of 8 bits, entry by entry.
    Lookup {
        sources: Vec<Source>,
        function: Arc<IntegerFunction>,
    },
}

/// What [`Kind::Quotient`] divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// The same number everywhere.
    Number(i64),
    /// A tensor of the same shape.
    Layer(LayerId),
}

/// What [`Kind::Lookup`] reads, brought to its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub layer: LayerId,
    pub view: View,
}

/// How far below the greatest entry of its row an entry of [`Kind::Logits`] still counts: `exp(-16)` is about `10^-7`.
pub const LOGIT_REACH: f64 = 16.0;

/// Factors and numbers as great as this are masks: they say what a softmax shall not see.
pub const MASK: f64 = 1e4;

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

/// One term of [`Kind::Linear`].
#[derive(Clone, Debug, PartialEq)]
pub struct Summand {
    pub coefficient: f64,
    pub source: Option<LayerId>,
    pub view: View,
}

/// How many axes of each sort the operands of a contraction have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    pub shared: usize,
    pub left_free: usize,
    pub right_free: usize,
    pub contracted: usize,
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
    /// Views that are read as they are, not through.
    kept: BTreeSet<LayerId>,
}

impl Kind {
    /// The layers it reads.
    pub fn sources(&self) -> Vec<LayerId> {
        match self {
            Self::Input { .. } | Self::Constant(_) => vec![],
            Self::Linear(terms) => terms.iter().filter_map(|t| t.source).collect(),
            Self::Contract { left, right, .. } | Self::Max { left, right } => vec![*left, *right],
            Self::OneHot { source, taken } => [&[*source], &taken[..]].concat(),
            Self::Lookup { sources, .. } => sources.iter().map(|s| s.layer).collect(),
            Self::Quotient { left, divisor } => match divisor {
                Divisor::Number(_) => vec![*left],
                Divisor::Layer(right) => vec![*left, *right],
            },
            Self::Apply { source, .. }
            | Self::Indicator { source, .. }
            | Self::Logits { source }
            | Self::Requantize { source, .. } => vec![*source],
        }
    }

    /// Whether a layer only moves entries of others, each for itself.
    pub fn only_moves(&self) -> bool {
        let sums = |step: &Step| match step {
            Step::Reduce {
                source, weights, ..
            } => *source != 1 || weights.is_some(),
            Step::Window { .. } | Step::SuffixSum { .. } => true,
            _ => false,
        };
        match self {
            Self::Linear(terms) => terms.iter().all(|term| {
                let is_moved = term.coefficient == 1.0 && term.source.is_some();
                is_moved && !term.view.steps().iter().any(sums)
            }),
            _ => false,
        }
    }
}

impl Graph {
    pub fn layer(&self, id: LayerId) -> &Layer {
        &self.layers[id.0]
    }

    pub fn shape(&self, id: LayerId) -> &[usize] {
        &self.layers[id.0].shape
    }

    pub fn constant(&self, id: LayerId) -> Option<&Arc<Vec<f32>>> {
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
    fn known_constant(&mut self, origin: &str, shape: &[usize], values: &[f32]) -> Option<LayerId> {
        let mut hasher = DefaultHasher::new();
        (origin, shape).hash(&mut hasher);
        values.iter().for_each(|v| v.to_bits().hash(&mut hasher));
        let next = LayerId(self.layers.len());
        let alike = self.constants.entry(hasher.finish()).or_default();
        let is_same = |id: &&LayerId| {
            let layer = &self.layers[id.0];
            layer.origin == origin
                && layer.shape == shape
                && matches!(&layer.kind, Kind::Constant(known) if known[..] == *values)
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
            Kind::Constant(values) => values.iter().all(|v| v.fract() == 0.0),
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
        self.push(origin, shape, Kind::Constant(Arc::new(values)))
    }

    /// A tensor read through a chain of steps. Constants are rearranged at once, chains of views become one view, and the
    /// identity makes no layer.
    pub fn view(
        &mut self,
        origin: &str,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<LayerId, ViewError> {
        self.scaled(origin, 1.0, source, steps)
    }

    /// `coefficient * view(source)`, with the shortcuts of [`Graph::view`].
    pub fn scaled(
        &mut self,
        origin: &str,
        coefficient: f64,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<LayerId, ViewError> {
        let shape = self.shape(source);
        if coefficient == 1.0 && steps.iter().all(|step| is_identity(step, shape)) {
            return Ok(source);
        }
        let term = self.summand(coefficient, source, steps)?;
        if let Some(source) = term.source
            && term.coefficient == 1.0
            && term.view.steps().is_empty()
        {
            return Ok(source);
        }
        if let Some(values) = term.source.and_then(|s| self.constant(s)) {
            let reals: Vec<Real> = values.iter().map(|&v| Real(v.into())).collect();
            let viewed = term.view.apply(&reals)?;
            let values = viewed.iter().map(|v| (v.0 * term.coefficient) as f32);
            let values = values.collect();
            return Ok(self.add_constant(origin, term.view.target().to_vec(), values));
        }
        let shape = term.view.target().to_vec();
        Ok(self.push(origin, shape, Kind::Linear(vec![term])))
    }

    /// A term of a sum, reading through a source that is itself but a view.
    pub fn summand(
        &self,
        coefficient: f64,
        source: LayerId,
        steps: Vec<Step>,
    ) -> Result<Summand, ViewError> {
        let mut view = View::identity(self.shape(source).to_vec())?;
        for step in steps {
            if !is_identity(&step, view.target()) {
                view = view.then(step)?;
            }
        }
        let view = merged_permutations(view)?;
        match &self.layer(source).kind {
            // Other factors stay where they are: a window of what they scale would have to be rescaled entry by entry.
            Kind::Linear(terms)
                if terms.len() == 1
                    && !self.kept.contains(&source)
                    && power_of_two(terms[0].coefficient).is_some() =>
            {
                Ok(Summand {
                    coefficient: coefficient * terms[0].coefficient,
                    source: terms[0].source,
                    view: merged_permutations(terms[0].view.clone().chain(&view)?)?,
                })
            }
            _ => Ok(Summand {
                coefficient,
                source: Some(source),
                view,
            }),
        }
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

    /// What a layer is a view of, and the view, if it is nothing else.
    pub fn viewed(&self, id: LayerId) -> Option<(LayerId, &View)> {
        let Kind::Linear(terms) = &self.layer(id).kind else {
            return None;
        };
        match &terms[..] {
            [term] if term.coefficient == 1.0 => Some((term.source?, &term.view)),
            _ => None,
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

impl Kind {
    /// Reads other layers in the place of these.
    pub fn rename(&mut self, names: &BTreeMap<LayerId, LayerId>) {
        let name = |id: LayerId| names.get(&id).copied().unwrap_or(id);
        match self {
            Self::Input { .. } | Self::Constant(_) => {}
            Self::Linear(terms) => {
                for source in terms.iter_mut().filter_map(|t| t.source.as_mut()) {
                    *source = name(*source);
                }
            }
            Self::Contract { left, right, .. } | Self::Max { left, right } => {
                *left = name(*left);
                *right = name(*right);
            }
            Self::OneHot { source, taken } => {
                *source = name(*source);
                taken.iter_mut().for_each(|t| *t = name(*t));
            }
            Self::Quotient { left, divisor } => {
                *left = name(*left);
                if let Divisor::Layer(right) = divisor {
                    *right = name(*right);
                }
            }
            Self::Lookup { sources, .. } => {
                for source in sources {
                    source.layer = name(source.layer);
                }
            }
            Self::Apply { source, .. }
            | Self::Indicator { source, .. }
            | Self::Logits { source }
            | Self::Requantize { source, .. } => *source = name(*source),
        }
    }
}

/// `(sign, exponent)` of a coefficient that is plus or minus a power of two.
pub fn power_of_two(coefficient: f64) -> Option<(i64, i32)> {
    let exponent = coefficient.abs().log2().round() as i32;
    let is_exact = coefficient.is_normal() && 2f64.powi(exponent) == coefficient.abs();
    let exponent = is_exact.then_some(exponent)?;
    Some((if coefficient < 0.0 { -1 } else { 1 }, exponent))
}

/// Whether a step changes nothing of an array of this shape.
fn is_identity(step: &Step, shape: &[usize]) -> bool {
    match step {
        Step::Permute(permutation) => permutation.iter().enumerate().all(|(i, &p)| i == p),
        Step::Slice {
            axis,
            start,
            step,
            len,
            ..
        } => *start == 0 && *step == 1 && shape.get(*axis) == Some(len),
        Step::Split { sizes, .. } | Step::Merge { sizes, .. } => sizes.len() == 1,
        _ => false,
    }
}

/// The same view with neighbouring permutations made one, and dropped where they cancel.
fn merged_permutations(view: View) -> Result<View, ViewError> {
    let mut steps: Vec<Step> = Vec::new();
    for step in view.steps() {
        if let (Some(Step::Permute(first)), Step::Permute(second)) = (steps.last_mut(), step) {
            *first = second.iter().map(|&i| first[i]).collect();
            if first.iter().enumerate().all(|(i, &p)| i == p) {
                steps.pop();
            }
        } else {
            steps.push(step.clone());
        }
    }
    if steps.len() == view.steps().len() {
        return Ok(view);
    }
    View::new(view.source().to_vec(), steps)
}

/// A real number that views can be applied to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Real(pub f64);

impl From<i64> for Real {
    fn from(n: i64) -> Self {
        Self(n as f64)
    }
}

impl std::ops::Mul for Real {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl std::ops::AddAssign for Real {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, Kind, Step};

    /// A second layer for the same tensor would hide that it is a function of what the first is one of.
    #[test]
    fn reading_a_layer_as_it_is_makes_no_other() {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![2, 3], kind);
        let half = graph.scaled("half", 0.5, x, vec![]).unwrap();
        let permuted = graph.view("p", x, vec![Step::Permute(vec![1, 0])]).unwrap();
        let same = vec![Step::Permute(vec![0, 1])];
        assert_eq!(graph.view("again", half, same.clone()).unwrap(), half);
        assert_eq!(graph.view("again", permuted, same).unwrap(), permuted);
        assert_eq!(graph.layers.len(), 3);
    }
}
