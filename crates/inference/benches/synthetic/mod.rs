//! Programs of the shapes that are measured, with weights and inputs that look random: no importer, no data.
#![allow(dead_code)] // The benches and the example each use a part.

use inferproof_program::{
    BoundWeights, Contract, Integers, Linear, Max, Node, Op, Program, Rescale, Tensor, TensorId,
    Term, Weights,
};
use inferproof_view::{Step, View};

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
    let mut builder = Builder::new(&[28, 28, 1]);
    builder.convolution(6, 2);
    builder.pool();
    builder.convolution(16, 0);
    builder.pool();
    builder.flatten();
    builder.dense(120, true);
    builder.dense(84, true);
    builder.dense(10, false);
    builder.finish()
}

/// `layers` dense layers with ReLU of a width, on `rows` rows.
pub fn dense(rows: usize, width: usize, layers: usize) -> Model {
    let mut builder = Builder::new(&[rows, width]);
    for _ in 0..layers {
        builder.dense(width, true);
    }
    builder.finish()
}

struct Builder {
    program: Program,
    weights: Weights,
    inputs: Vec<Vec<i64>>,
    random: u64,
    last: TensorId,
}

impl Builder {
    fn new(shape: &[usize]) -> Self {
        let program = Program {
            tensors: vec![],
            nodes: vec![],
            tables: vec![],
            inputs: vec![],
            outputs: vec![],
            limits: vec![],
            meanings: vec![],
        };
        let mut builder = Self {
            program,
            weights: Weights::new(),
            inputs: vec![],
            random: 0x9e37_79b9_7f4a_7c15,
            last: TensorId(0),
        };
        let entries = builder.entries(0, ACTIVATION, shape.iter().product());
        builder.last = builder.push(shape, 0, ACTIVATION, Op::Input);
        builder.program.inputs.push(builder.last);
        builder.inputs.push(entries);
        builder
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

    fn push(&mut self, shape: &[usize], low: i64, high: i64, op: Op) -> TensorId {
        let program = &mut self.program;
        let output = TensorId(u32::try_from(program.nodes.len()).expect("few nodes"));
        program.tensors.push(Tensor {
            name: format!("t{}", output.0),
            shape: shape.to_vec(),
            low,
            high,
            scale_log2: 0,
        });
        program.nodes.push(Node {
            origin: "synthetic".into(),
            output,
            op,
        });
        output
    }

    /// A virtual tensor; its range is the static bound.
    fn push_virtual(&mut self, shape: &[usize], op: Op) -> TensorId {
        let id = self.push(shape, 0, 0, op);
        let bound = self.program.static_bound(id).expect("well formed");
        let tensor = self.program.tensors.last_mut().expect("just pushed");
        tensor.low = i64::try_from(bound.low).expect("a small bound");
        tensor.high = i64::try_from(bound.high).expect("a small bound");
        id
    }

    fn weight(&mut self, shape: &[usize], limit: i64) -> TensorId {
        let entries = self.entries(-limit, limit, shape.iter().product());
        let id = self.push(shape, -limit, limit, Op::Weight);
        let entries = Integers::narrowest(&entries, -limit, limit).expect("in range");
        self.weights.insert(id, entries);
        id
    }

    fn shape(&self, id: TensorId) -> Vec<usize> {
        self.program.tensor(id).expect("it exists").shape.clone()
    }

    fn term(&self, source: TensorId, steps: Vec<Step>) -> Term {
        Term {
            coefficient: 1,
            source: Some(source),
            view: View::new(self.shape(source), steps).expect("the steps fit"),
        }
    }

    fn linear(&mut self, terms: Vec<Term>) -> TensorId {
        let shape = terms[0].view.target().to_vec();
        self.push_virtual(&shape, Op::Linear(Linear { terms }))
    }

    /// Contracts the last `contracted` axes with a new weight, adds a bias, rescales to activations.
    fn layer(&mut self, left: TensorId, contracted: usize, channels: usize, relu: bool) {
        let shape = self.shape(left);
        let (free, inner) = shape.split_at(shape.len() - contracted);
        let right = self.weight(&[&[channels], inner].concat(), WEIGHT);
        let output = [free, &[channels]].concat();
        let product = self.push_virtual(
            &output,
            Op::Contract(Contract {
                left,
                right,
                shared: 0,
                left_free: free.len(),
                right_free: 1,
                contracted,
            }),
        );
        let bias = self.weight(&[channels], BIAS);
        let repeat = free
            .iter()
            .enumerate()
            .map(|(axis, &len)| Step::Insert { axis, len });
        let terms = vec![
            self.term(product, vec![]),
            self.term(bias, repeat.collect()),
        ];
        let sum = self.linear(terms);
        // A sum of n products is about sqrt(n) times 2^13.
        let terms: usize = inner.iter().product();
        let shift = 6 + terms.ilog2() / 2;
        let low = if relu { 0 } else { -ACTIVATION };
        self.last = self.push(
            &output,
            low,
            ACTIVATION,
            Op::Rescale(Rescale { source: sum, shift }),
        );
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
        let windows = self.term(self.last, steps);
        let windows = self.linear(vec![windows]);
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
            let [left, right] = [0, 1].map(|start| self.term(self.last, vec![half(start)]));
            let (left, right) = (self.linear(vec![left]), self.linear(vec![right]));
            let shape = self.shape(left);
            self.last = self.push_virtual(&shape, Op::Max(Max { left, right }));
        }
    }

    fn flatten(&mut self) {
        let sizes = self.shape(self.last);
        let term = self.term(self.last, vec![Step::Merge { axis: 0, sizes }]);
        self.last = self.linear(vec![term]);
    }

    fn finish(mut self) -> Model {
        self.program.outputs.push(self.last);
        let program = self.program.validated().expect("well formed");
        Model {
            weights: program.bind(self.weights).expect("in range"),
            inputs: self.inputs,
        }
    }
}
