//! A program with every op, and what one needs to write such programs down.

use inferproof_program::{
    Contract, Indicator, Integers, Linear, Map, Max, Node, OneHot, Op, Program, Rescale, Root,
    Table, TableId, Tensor, TensorId, Term, Weights,
};
use inferproof_view::{Step, View};

/// One tensor after the other, each by one node.
pub struct Sketch {
    pub program: Program,
    pub weights: Weights,
}

impl Sketch {
    pub fn new() -> Self {
        let program = Program {
            tensors: vec![],
            nodes: vec![],
            tables: vec![],
            inputs: vec![],
            outputs: vec![],
            limits: vec![],
            meanings: vec![],
        };
        Self {
            program,
            weights: Weights::new(),
        }
    }

    pub fn node(&mut self, shape: &[usize], range: (i64, i64), op: Op) -> TensorId {
        let id = TensorId(self.program.tensors.len() as u32);
        let name = format!("t{}", id.0);
        self.program.tensors.push(Tensor {
            name,
            shape: shape.to_vec(),
            low: range.0,
            high: range.1,
            scale_log2: 0,
        });
        self.program.nodes.push(Node {
            origin: "attack".into(),
            output: id,
            op,
        });
        if !self.program.nodes[id.0 as usize].op.is_committed() {
            let bound = self.program.static_bound(id).unwrap();
            let tensor = &mut self.program.tensors[id.0 as usize];
            (tensor.low, tensor.high) = (bound.low as i64, bound.high as i64);
        }
        id
    }

    pub fn input(&mut self, shape: &[usize], range: (i64, i64)) -> TensorId {
        let id = self.node(shape, range, Op::Input);
        self.program.inputs.push(id);
        id
    }

    pub fn weight(&mut self, shape: &[usize], range: (i64, i64), seed: i64) -> TensorId {
        let id = self.node(shape, range, Op::Weight);
        let n: usize = shape.iter().product();
        let values: Vec<i64> = (0..n as i64)
            .map(|i| range.0 + (i * 7919 + seed * 104_729).rem_euclid(range.1 - range.0 + 1))
            .collect();
        self.weights
            .insert(id, Integers::narrowest(&values, range.0, range.1).unwrap());
        id
    }

    pub fn shape(&self, id: TensorId) -> Vec<usize> {
        self.program.tensor(id).unwrap().shape.clone()
    }

    pub fn term(&self, coefficient: i64, id: TensorId, steps: Vec<Step>) -> Term {
        Term {
            coefficient,
            source: Some(id),
            view: View::new(self.shape(id), steps).unwrap(),
        }
    }

    pub fn linear(&mut self, terms: Vec<Term>) -> TensorId {
        let shape = terms[0].view.target().to_vec();
        self.node(&shape, (0, 0), Op::Linear(Linear { terms }))
    }
}

/// A program with every op: a convolution, saturation on both sides, a function, maxima narrow and wide, an elementwise
/// product, a flattened dense layer, a division by more than the remainder table, an argmax with a tie, roots.
pub fn every_op() -> Sketch {
    let mut s = Sketch::new();
    let x = s.input(&[1, 4, 4], (-128, 127));
    let window = |axis| Step::Window {
        axis,
        source: 4,
        positions: 3,
        kernel: 2,
        stride: 1,
        dilation: 1,
        pad: 0,
    };
    let windows = s.term(
        1,
        x,
        vec![window(1), window(3), Step::Permute(vec![1, 3, 0, 2, 4])],
    );
    let windows = s.linear(vec![windows]);
    let kernel = s.weight(&[2, 1, 2, 2], (-7, 7), 3);
    let acc = s.node(
        &[3, 3, 2],
        (0, 0),
        Op::Contract(Contract {
            left: windows,
            right: kernel,
            shared: 0,
            left_free: 2,
            right_free: 1,
            contracted: 3,
        }),
    );
    // A seed by which rounding, saturation and both sides of the maxima are all in use.
    let bias = s.weight(&[2], (-2047, 2047), 41);
    let terms = vec![
        s.term(1, acc, vec![Step::Permute(vec![2, 0, 1])]),
        s.term(
            1,
            bias,
            vec![
                Step::Insert { axis: 1, len: 3 },
                Step::Insert { axis: 2, len: 3 },
            ],
        ),
    ];
    let sum = s.linear(terms);
    let relu = s.node(
        &[2, 3, 3],
        (0, 31),
        Op::Rescale(Rescale {
            source: sum,
            shift: 4,
        }),
    );
    let signed = s.node(
        &[2, 3, 3],
        (-32, 31),
        Op::Rescale(Rescale {
            source: sum,
            shift: 3,
        }),
    );
    s.program.tables.push(Table {
        low: -32,
        // Falling, so that the maximum with the rectified is now one, now the other.
        values: (0..64).rev().map(|i| (i * i) / 200 - 5).collect(),
    });
    let mapped = s.node(
        &[2, 3, 3],
        (-5, 14),
        Op::Map(Map {
            source: signed,
            table: TableId(0),
        }),
    );
    let max = s.node(
        &[2, 3, 3],
        (0, 0),
        Op::Max(Max {
            left: relu,
            right: mapped,
        }),
    );
    let flat = s.term(
        1,
        max,
        vec![Step::Merge {
            axis: 0,
            sizes: vec![2, 3, 3],
        }],
    );
    let flat = s.linear(vec![flat]);
    // Rows 1 and 2 are equal: the two largest logits may tie.
    let dense = s.weight(&[4, 18], (-7, 7), 11);
    let values: Vec<i64> = s.weights[&dense].widen();
    let below = |v: &i64| -v.abs();
    let tied: Vec<i64> = values[..18]
        .iter()
        .map(below)
        .chain([5; 36])
        .chain(values[54..].iter().map(below))
        .collect();
    s.weights
        .insert(dense, Integers::narrowest(&tied, -7, 7).unwrap());
    let logits = s.node(
        &[4],
        (0, 0),
        Op::Contract(Contract {
            left: flat,
            right: dense,
            shared: 0,
            left_free: 0,
            right_free: 1,
            contracted: 1,
        }),
    );
    let product = s.node(
        &[2, 3, 3],
        (0, 0),
        Op::Contract(Contract {
            left: relu,
            right: mapped,
            shared: 3,
            left_free: 0,
            right_free: 0,
            contracted: 0,
        }),
    );
    let scaled = s.term(1 << 16, product, vec![]);
    let scaled = s.linear(vec![scaled]);
    let divided = s.node(
        &[2, 3, 3],
        (-64, 63),
        Op::Rescale(Rescale {
            source: scaled,
            shift: 19,
        }),
    );
    let hot = s.node(&[4], (0, 1), Op::OneHot(OneHot { source: logits }));
    let index = s.term(
        1,
        hot,
        vec![Step::Reduce {
            axis: 0,
            source: 4,
            weights: Some(vec![0, 1, 2, 3]),
        }],
    );
    let index = s.linear(vec![index]);
    let wide = s.term(1 << 14, logits, vec![]);
    let wide = s.linear(vec![wide]);
    let other = s.term(-(1 << 13), logits, vec![]);
    let other = s.linear(vec![other]);
    let wide_max = s.node(
        &[4],
        (0, 0),
        Op::Max(Max {
            left: wide,
            right: other,
        }),
    );
    // Rows of a table by indices of the user's, and by the index of the maximum.
    let tokens = s.input(&[3], (0, 4));
    let codes = s.node(&[3, 5], (0, 1), Op::Indicator(Indicator { source: tokens }));
    let embedding = s.weight(&[2, 5], (-7, 7), 5);
    let embedded = s.node(
        &[3, 2],
        (0, 0),
        Op::Contract(Contract {
            left: codes,
            right: embedding,
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 1,
        }),
    );
    let picked = s.node(
        &[],
        (0, 3),
        Op::Rescale(Rescale {
            source: index,
            shift: 0,
        }),
    );
    let code = s.node(&[4], (0, 1), Op::Indicator(Indicator { source: picked }));
    // Roots of sums of squares that are wider than any table.
    let squares = s.node(
        &[2, 3, 3],
        (0, 0),
        Op::Contract(Contract {
            left: signed,
            right: signed,
            shared: 3,
            left_free: 0,
            right_free: 0,
            contracted: 0,
        }),
    );
    let terms = vec![
        s.term(1 << 20, squares, vec![]),
        s.term(3 << 12, relu, vec![]),
    ];
    let squares = s.linear(terms);
    let root = s.node(&[2, 3, 3], (0, 40_000), Op::Root(Root { source: squares }));
    s.program.outputs = vec![logits, divided, index, wide_max, max, embedded, code, root];
    s
}

pub fn input() -> Vec<Vec<i64>> {
    vec![
        (0..16).map(|i| (i * 53) % 200 - 100).collect(),
        vec![3, 0, 4],
    ]
}
