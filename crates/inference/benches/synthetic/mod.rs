//! Programs of the shapes that are measured, with weights and inputs that look random: no importer, no data.
#![allow(dead_code)] // The benches and the example each use a part.

use inferproof_program::{BoundWeights, Builder, Contract, Integers, Op, TensorId, Weights};
use inferproof_view::Step;

/// Weights are in `-WEIGHT..=WEIGHT`, activations in `0..=ACTIVATION`.
const WEIGHT: i64 = 127;
const ACTIVATION: i64 = 255;
/// How large a layer's bias may be.
const BIAS: i64 = 1 << 14;

/// A program with all that a proof of it needs.
pub struct Model {
    pub weights: BoundWeights,
    pub inputs: Vec<Vec<i64>>,
}

impl Model {
    pub fn weight_count(&self) -> usize {
        self.weights.arrays().values().map(Integers::len).sum()
    }

    /// Committed entries that are not weights: inputs and what every layer gives.
    pub fn activation_count(&self) -> usize {
        let program = self.weights.program();
        let tensors = program.nodes.iter().zip(&program.tensors);
        tensors
            .filter(|(node, _)| node.op.is_committed() && node.op != Op::Weight)
            .map(|(_, tensor)| tensor.volume())
            .sum()
    }
}

/// LeNet-5 with ReLU and max pooling on 28 x 28: the shape of the bundled network, 61,706 weights.
pub fn lenet() -> Model {
    let mut network = Layers::new(&[28, 28, 1]);
    network.convolution(6, 2);
    network.pool();
    network.convolution(16, 0);
    network.pool();
    network.flatten();
    network.dense(120, true);
    network.dense(84, true);
    network.dense(10, false);
    network.finish()
}

/// `layers` dense layers with ReLU of a width, on `rows` rows.
pub fn dense(rows: usize, width: usize, layers: usize) -> Model {
    let mut network = Layers::new(&[rows, width]);
    for _ in 0..layers {
        network.dense(width, true);
    }
    network.finish()
}

struct Layers {
    builder: Builder,
    weights: Weights,
    inputs: Vec<Vec<i64>>,
    random: u64,
    last: TensorId,
}

impl Layers {
    fn new(shape: &[usize]) -> Self {
        let mut builder = Builder::new();
        builder.at("synthetic");
        let input = builder.input("x", shape, 0..=ACTIVATION);
        let mut layers = Self {
            builder,
            weights: Weights::new(),
            inputs: vec![],
            random: 0x9e37_79b9_7f4a_7c15,
            last: input.expect("a small input"),
        };
        let entries = layers.entries(0, ACTIVATION, shape.iter().product());
        layers.inputs.push(entries);
        layers
    }

    fn entries(&mut self, low: i64, high: i64, count: usize) -> Vec<i64> {
        let width = (high - low + 1).unsigned_abs();
        std::iter::repeat_with(|| {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            low + i64::try_from((self.random >> 20) % width).expect("a small range")
        })
        .take(count)
        .collect()
    }

    fn weight(&mut self, shape: &[usize], limit: i64) -> TensorId {
        let entries = self.entries(-limit, limit, shape.iter().product());
        let id = self.builder.weight(shape, -limit..=limit);
        let id = id.expect("a small weight");
        let entries = Integers::narrowest(&entries, -limit, limit).expect("in range");
        self.weights.insert(id, entries);
        id
    }

    fn shape(&self, id: TensorId) -> Vec<usize> {
        let tensor = self.builder.tensor(id).expect("it exists");
        tensor.shape.clone()
    }

    fn read(&mut self, source: TensorId, steps: Vec<Step>) -> TensorId {
        self.builder.read(source, steps).expect("the steps fit")
    }

    /// Contracts the last `contracted` axes with a new weight, adds a bias, rescales to activations.
    fn layer(&mut self, left: TensorId, contracted: usize, channels: usize, relu: bool) {
        let shape = self.shape(left);
        let (free, inner) = shape.split_at(shape.len() - contracted);
        let right = self.weight(&[&[channels], inner].concat(), WEIGHT);
        let bias = self.weight(&[channels], BIAS);
        let builder = &mut self.builder;
        let product = builder.contract(Contract {
            left,
            right,
            shared: 0,
            left_free: free.len(),
            right_free: 1,
            contracted,
        });
        let product = product.expect("the shapes fit");
        let axes = free.iter().enumerate();
        let repeat = axes.map(|(axis, &len)| Step::Insert { axis, len });
        let terms = [
            builder.term(1, product, vec![]),
            builder.term(1, bias, repeat.collect()),
        ];
        let terms = terms.map(|term| term.expect("the shapes fit"));
        let sum = builder.linear(terms.to_vec()).expect("the shapes fit");
        // A sum of n products is about sqrt(n) times 2^13.
        let terms: usize = inner.iter().product();
        let shift = 6 + terms.ilog2() / 2;
        let low = if relu { 0 } else { -ACTIVATION };
        let rescaled = builder.rescale(sum, shift, low..=ACTIVATION);
        self.last = rescaled.expect("a small shift");
    }

    fn dense(&mut self, channels: usize, relu: bool) {
        self.layer(self.last, 1, channels, relu);
    }

    /// 5 x 5, stride 1, on height, width, channels.
    fn convolution(&mut self, channels: usize, pad: usize) {
        let shape = self.shape(self.last);
        let window = |axis: usize, source: usize| Step::Window {
            axis,
            source,
            positions: source + 2 * pad - 4,
            kernel: 5,
            stride: 1,
            dilation: 1,
            pad,
        };
        let steps = vec![
            window(0, shape[0]),
            window(2, shape[1]),
            Step::Permute(vec![0, 2, 1, 3, 4]),
        ];
        let windows = self.read(self.last, steps);
        self.layer(windows, 3, channels, true);
    }

    /// The greatest of each 2 x 2, on height, width, channels.
    fn pool(&mut self) {
        for axis in [0, 1] {
            let source = self.shape(self.last)[axis];
            let half = |start| Step::Slice {
                axis,
                source,
                start,
                step: 2,
                len: source / 2,
            };
            let [left, right] = [0, 1].map(|start| self.read(self.last, vec![half(start)]));
            self.last = self.builder.max(left, right).expect("the shapes fit");
        }
    }

    fn flatten(&mut self) {
        let sizes = self.shape(self.last);
        self.last = self.read(self.last, vec![Step::Merge { axis: 0, sizes }]);
    }

    fn finish(mut self) -> Model {
        self.builder.output(self.last);
        let program = self.builder.finish().expect("well formed");
        Model {
            weights: program.bind(self.weights).expect("in range"),
            inputs: self.inputs,
        }
    }
}
