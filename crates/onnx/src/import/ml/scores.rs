//! What follows the scores of a model: base values, transforms, and the class label.

use super::attributes::Attributes;
use super::{Imported, Value, refuse};
use crate::function::Function;
use crate::graph::{Axes, Graph, Kind, LayerId};
use inferproof_view::Step;

/// Labels are weights of a sum; beyond this an integer may not be a float.
const MAX_LABEL: i64 = 1 << 24;

/// Scores, `[samples, outputs]`.
pub struct Scores<'a> {
    origin: &'a str,
    pub layer: LayerId,
    samples: usize,
    outputs: usize,
}

/// The labels of the classes. Strings have no place in a program: a class is told by its position then.
pub struct Classes(Vec<i64>);

impl Classes {
    pub fn of(attributes: &Attributes<'_>, integers: &str) -> Imported<Self> {
        let strings = attributes.strings("classlabels_strings").len();
        let labels: Vec<i64> = if strings > 0 {
            (0i64..).take(strings).collect()
        } else {
            attributes.ints(integers).to_vec()
        };
        if labels.len() < 2 {
            return refuse(format!(
                "{} class labels; expected two or more",
                labels.len()
            ));
        }
        if let Some(label) = labels
            .iter()
            .find(|l| !(-MAX_LABEL..=MAX_LABEL).contains(*l))
        {
            return refuse(format!(
                "the class label {label}; expected one within {MAX_LABEL}"
            ));
        }
        Ok(Self(labels))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether each label is its position.
    pub fn are_positions(&self) -> bool {
        (0..)
            .zip(&self.0)
            .all(|(position, &label)| position == label)
    }
}

/// `post_transform`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    None,
    Logistic,
    Softmax,
}

impl Transform {
    pub fn of(attributes: &Attributes<'_>) -> Imported<Self> {
        match attributes.word("post_transform", "NONE")? {
            "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            other => refuse(format!(
                "attribute `post_transform` is `{other}`; NONE, LOGISTIC and SOFTMAX are supported"
            )),
        }
    }

    /// Of several scores for each sample.
    pub fn apply(self, graph: &mut Graph, origin: &str, scores: LayerId) -> Imported<LayerId> {
        match self {
            Self::None => Ok(scores),
            Self::Logistic => Ok(graph.apply(origin, scores, Function::Sigmoid)),
            Self::Softmax => softmax(graph, origin, scores),
        }
    }
}

impl<'a> Scores<'a> {
    /// Sums over trees or features, to which base values or intercepts (none, or one for each output) are added.
    pub fn new(graph: &mut Graph, origin: &'a str, sums: LayerId, base: &[f32]) -> Imported<Self> {
        let &[samples, outputs] = graph.shape(sums) else {
            return refuse("the scores have not two axes");
        };
        let mut layer = sums;
        if base.iter().any(|&b| b != 0.0) {
            let base = graph.add_constant(origin, vec![outputs], base.to_vec());
            let repeated = Step::Insert {
                axis: 0,
                len: samples,
            };
            let terms = vec![
                graph.summand(1.0, sums, vec![])?,
                graph.summand(1.0, base, vec![repeated])?,
            ];
            layer = graph.sum(origin, terms);
        }
        Ok(Self {
            origin,
            layer,
            samples,
            outputs,
        })
    }

    /// One column of them, as scores.
    pub fn column(&self, graph: &mut Graph, column: usize) -> Imported<Self> {
        let part = Step::Slice {
            axis: 1,
            source: self.outputs,
            start: column as i64,
            step: 1,
            len: 1,
        };
        let layer = graph.view(self.origin, self.layer, vec![part])?;
        Ok(Self {
            layer,
            outputs: 1,
            ..*self
        })
    }

    /// Of one column: the second label where it is above a threshold, else the first.
    pub fn decided(&self, graph: &mut Graph, classes: &Classes, threshold: f64) -> Imported<Value> {
        let flat = vec![Step::Reduce {
            axis: 1,
            source: 1,
            weights: None,
        }];
        let mut terms = vec![graph.summand(1.0, self.layer, flat)?];
        let shape = [self.samples];
        if threshold != 0.0 {
            terms.push(Graph::fill(-threshold, &shape)?);
        }
        let difference = graph.sum(self.origin, terms);
        let mut label = graph.apply(self.origin, difference, Function::Positive);
        if !classes.are_positions() {
            let [first, second] = [classes.0[0], classes.0[1]].map(|l| l as f64);
            let terms = vec![
                graph.summand(second - first, label, vec![])?,
                Graph::fill(first, &shape)?,
            ];
            label = graph.sum(self.origin, terms);
        }
        Ok(Value {
            layer: label,
            is_integer: true,
        })
    }

    /// The label of the first greatest score.
    fn greatest(&self, graph: &mut Graph, classes: &Classes) -> Imported<Value> {
        let shape = vec![self.samples, self.outputs];
        let kind = Kind::OneHot {
            source: self.layer,
            taken: vec![],
        };
        let hot = graph.push(self.origin, shape, kind);
        let label = Step::Reduce {
            axis: 1,
            source: self.outputs,
            weights: Some(classes.0.clone()),
        };
        let layer = graph.view(self.origin, hot, vec![label])?;
        Ok(Value {
            layer,
            is_integer: true,
        })
    }
}

/// Label and scores of several columns.
pub fn finish(
    graph: &mut Graph,
    scores: &Scores<'_>,
    classes: &Classes,
    transform: Transform,
) -> Imported<Vec<Value>> {
    let label = scores.greatest(graph, classes)?;
    let layer = transform.apply(graph, scores.origin, scores.layer)?;
    Ok(vec![
        label,
        Value {
            layer,
            is_integer: false,
        },
    ])
}

/// Label and scores of one column that stands for two classes. With a threshold of zero the first class has the negated score, else what
/// is missing to one.
pub fn finish_binary(
    graph: &mut Graph,
    scores: &Scores<'_>,
    classes: &Classes,
    transform: Transform,
    threshold: f64,
) -> Imported<Vec<Value>> {
    let label = scores.decided(graph, classes, threshold)?;
    let is_logistic = transform == Transform::Logistic;
    let second = if is_logistic {
        graph.apply(scores.origin, scores.layer, Function::Sigmoid)
    } else {
        scores.layer
    };
    let place = |at: i64| Step::Slice {
        axis: 1,
        source: 1,
        start: -at,
        step: 1,
        len: 2,
    };
    let mut terms = vec![
        graph.summand(-1.0, second, vec![place(0)])?,
        graph.summand(1.0, second, vec![place(1)])?,
    ];
    if is_logistic || threshold != 0.0 {
        let mut one = Graph::fill(1.0, &[scores.samples, 1])?;
        one.view = one.view.then(place(0))?;
        terms.push(one);
    }
    let layer = graph.sum(scores.origin, terms);
    Ok(vec![
        label,
        Value {
            layer,
            is_integer: false,
        },
    ])
}

/// A regressor's outputs. Like onnxruntime, a transform of a single target is not applied.
pub fn regression(
    graph: &mut Graph,
    scores: &Scores<'_>,
    transform: Transform,
) -> Imported<Vec<Value>> {
    let transform = if scores.outputs == 1 {
        Transform::None
    } else {
        transform
    };
    let layer = transform.apply(graph, scores.origin, scores.layer)?;
    Ok(vec![Value {
        layer,
        is_integer: false,
    }])
}

/// `exp(x - max) / sum of exp(x - max)` along the second axis.
fn softmax(graph: &mut Graph, origin: &str, scores: LayerId) -> Imported<LayerId> {
    let greatest = row_maximum(graph, origin, scores)?;
    let &[_, len] = graph.shape(scores) else {
        return refuse("the scores have not two axes");
    };
    let terms = vec![
        graph.summand(1.0, scores, vec![])?,
        graph.summand(-1.0, greatest, vec![Step::Insert { axis: 1, len }])?,
    ];
    let difference = graph.sum(origin, terms);
    let exponentials = graph.apply(origin, difference, Function::Exp);
    let sum = row_sum(graph, origin, exponentials)?;
    let inverse = graph.apply(origin, sum, Function::Reciprocal);
    Ok(row_product(graph, origin, exponentials, inverse))
}

/// The sum of each row.
pub fn row_sum(graph: &mut Graph, origin: &str, source: LayerId) -> Imported<LayerId> {
    let len = graph.shape(source)[1];
    let sum = Step::Reduce {
        axis: 1,
        source: len,
        weights: None,
    };
    Ok(graph.view(origin, source, vec![sum])?)
}

/// Each row times a number of its own.
pub fn row_product(graph: &mut Graph, origin: &str, rows: LayerId, factors: LayerId) -> LayerId {
    let axes = Axes {
        shared: 1,
        left_free: 1,
        right_free: 0,
        contracted: 0,
    };
    graph.contract(origin, rows, factors, axes)
}

/// The maximum of each row, by halving: where a length is odd the middle entry is compared with itself.
pub fn row_maximum(graph: &mut Graph, origin: &str, source: LayerId) -> Imported<LayerId> {
    let mut source = source;
    loop {
        let len = graph.shape(source)[1];
        if len <= 1 {
            let only = Step::Reduce {
                axis: 1,
                source: len,
                weights: None,
            };
            return Ok(graph.view(origin, source, vec![only])?);
        }
        let half = len.div_ceil(2);
        let part = |start: usize| Step::Slice {
            axis: 1,
            source: len,
            start: start as i64,
            step: 1,
            len: half,
        };
        let left = graph.view(origin, source, vec![part(0)])?;
        let right = graph.view(origin, source, vec![part(len - half)])?;
        source = graph.max(origin, left, right);
    }
}
