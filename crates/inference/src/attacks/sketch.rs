//! A program with every op, and what one needs to write such programs down.

use inferproof_program::{Builder, Contract, Integers, Program, Table, TensorId, Weights};
use inferproof_view::Step;

/// A program in the making, with its weights.
pub struct Sketch {
    pub builder: Builder,
    pub weights: Weights,
}

impl Sketch {
    pub fn new() -> Self {
        let mut builder = Builder::new();
        builder.at("attack");
        Self {
            builder,
            weights: Weights::new(),
        }
    }

    pub fn weight(&mut self, shape: &[usize], range: (i64, i64), seed: i64) -> TensorId {
        let (low, high) = range;
        let id = self.builder.weight(shape, low..=high).unwrap();
        let n: usize = shape.iter().product();
        let values: Vec<i64> = (0..n as i64)
            .map(|i| low + (i * 7919 + seed * 104_729).rem_euclid(high - low + 1))
            .collect();
        self.weights
            .insert(id, Integers::narrowest(&values, low, high).unwrap());
        id
    }

    /// A sum of multiples of tensors, each read through some steps.
    pub fn linear(&mut self, terms: &[(i64, TensorId, Vec<Step>)]) -> TensorId {
        let builder = &mut self.builder;
        let terms = terms.iter();
        let terms = terms.map(|(by, id, steps)| builder.term(*by, *id, steps.clone()).unwrap());
        let terms = terms.collect();
        builder.linear(terms).unwrap()
    }

    /// The program, which the attacks change as they like.
    pub fn finish(self, outputs: &[TensorId]) -> (Program, Weights) {
        let mut builder = self.builder;
        outputs.iter().for_each(|&id| builder.output(id));
        (builder.finish().unwrap().into_program(), self.weights)
    }
}

/// A program with every op: a convolution, saturation on both sides, a function, maxima narrow and wide, an elementwise
/// product, a flattened dense layer, a division by more than the remainder table, an argmax with a tie, roots, quotients.
pub fn every_op() -> (Program, Weights) {
    let mut s = Sketch::new();
    let x = s.builder.input("x", &[1, 4, 4], -128..=127).unwrap();
    let window = |axis| Step::Window {
        axis,
        source: 4,
        positions: 3,
        kernel: 2,
        stride: 1,
        dilation: 1,
        pad: 0,
    };
    let windows = vec![window(1), window(3), Step::Permute(vec![1, 3, 0, 2, 4])];
    let windows = s.linear(&[(1, x, windows)]);
    let kernel = s.weight(&[2, 1, 2, 2], (-7, 7), 3);
    let convolution = Contract {
        left: windows,
        right: kernel,
        shared: 0,
        left_free: 2,
        right_free: 1,
        contracted: 3,
    };
    let acc = s.builder.contract(convolution).unwrap();
    // A seed by which rounding, saturation and both sides of the maxima are all in use.
    let bias = s.weight(&[2], (-2047, 2047), 41);
    let repeat = vec![
        Step::Insert { axis: 1, len: 3 },
        Step::Insert { axis: 2, len: 3 },
    ];
    let channels_first = vec![Step::Permute(vec![2, 0, 1])];
    let sum = s.linear(&[(1, acc, channels_first), (1, bias, repeat)]);
    let relu = s.builder.rescale(sum, 4, 0..=31).unwrap();
    let signed = s.builder.rescale(sum, 3, -32..=31).unwrap();
    let falling = Table {
        low: -32,
        // So that the maximum with the rectified is now one, now the other.
        values: (0..64).rev().map(|i| (i * i) / 200 - 5).collect(),
    };
    let falling = s.builder.table(falling).unwrap();
    let mapped = s.builder.map(signed, falling, -5..=14).unwrap();
    let max = s.builder.max(relu, mapped).unwrap();
    let flat = Step::Merge {
        axis: 0,
        sizes: vec![2, 3, 3],
    };
    let flat = s.linear(&[(1, max, vec![flat])]);
    // Rows 1 and 2 are equal: the two largest logits may tie.
    let dense = s.weight(&[4, 18], (-7, 7), 11);
    let values: Vec<i64> = s.weights[&dense].to_i64();
    let below = |v: &i64| -v.abs();
    let tied: Vec<i64> = values[..18]
        .iter()
        .map(below)
        .chain([5; 36])
        .chain(values[54..].iter().map(below))
        .collect();
    s.weights
        .insert(dense, Integers::narrowest(&tied, -7, 7).unwrap());
    let logits = Contract {
        left_free: 0,
        ..Contract::matrices(flat, dense)
    };
    let logits = s.builder.contract(logits).unwrap();
    let product = Contract::entries(relu, mapped, 3);
    let product = s.builder.contract(product).unwrap();
    let scaled = s.linear(&[(1 << 16, product, vec![])]);
    let divided = s.builder.rescale(scaled, 19, -64..=63).unwrap();
    let hot = s.builder.one_hot(logits).unwrap();
    let place = Step::Reduce {
        axis: 0,
        source: 4,
        weights: Some(vec![0, 1, 2, 3]),
    };
    let index = s.linear(&[(1, hot, vec![place])]);
    let wide = s.linear(&[(1 << 14, logits, vec![])]);
    let other = s.linear(&[(-(1 << 13), logits, vec![])]);
    let wide_max = s.builder.max(wide, other).unwrap();
    // Rows of a table by indices of the user's, and by the index of the maximum.
    let tokens = s.builder.input("tokens", &[3], 0..=4).unwrap();
    let codes = s.builder.indicator(tokens, 5).unwrap();
    let embedding = s.weight(&[2, 5], (-7, 7), 5);
    let embedded = Contract::matrices(codes, embedding);
    let embedded = s.builder.contract(embedded).unwrap();
    let picked = s.builder.rescale(index, 0, 0..=3).unwrap();
    let code = s.builder.indicator(picked, 4).unwrap();
    // Roots of sums of squares that are wider than any table.
    let squares = s.builder.contract(Contract::squares(signed, 3)).unwrap();
    let squares = s.linear(&[(1 << 20, squares, vec![]), (3 << 12, relu, vec![])]);
    let root = s.builder.root(squares, 0..=40_000).unwrap();
    // Quotients by what is wider than any table, too.
    let multiple = s.builder.term(1000, relu, vec![]).unwrap();
    let constant = s.builder.constant(5, &[2, 3, 3]).unwrap();
    let divisor = s.builder.linear(vec![multiple, constant]).unwrap();
    let quotient = s.builder.quotient(squares, divisor, 0..=1 << 28).unwrap();
    let outputs = [
        logits, divided, index, wide_max, max, embedded, code, root, quotient,
    ];
    s.finish(&outputs)
}

pub fn input() -> Vec<Vec<i64>> {
    vec![
        (0..16).map(|i| (i * 53) % 200 - 100).collect(),
        vec![3, 0, 4],
    ]
}
