//! What follows the scores of a model: base values, transforms, and the class label.

use super::classes::Classes;
use crate::element::Element;
use crate::function::Function;
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use inferproof_view::Step;

/// `post_transform`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    None,
    Logistic,
    Softmax,
}

impl Transform {
    /// The transform that a node's attribute names.
    pub fn of(node: &Node<'_>) -> Imported<Self> {
        match node.string_or("post_transform", "NONE")? {
            "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            other => refuse(format!(
                "attribute `post_transform` is `{other}`; NONE, LOGISTIC and SOFTMAX are supported"
            )),
        }
    }
}

/// Scores, `[samples, outputs]`.
#[derive(Clone, Copy)]
pub struct Scores<'a> {
    pub origin: &'a str,
    pub layer: LayerId,
    pub samples: usize,
    pub outputs: usize,
}

impl<'a> Scores<'a> {
    /// Sums over trees or features, to which base values or intercepts (none, or one for each output) are added.
    pub fn new(
        importer: &mut Importer<'_>,
        origin: &'a str,
        sums: LayerId,
        base: &[f64],
    ) -> Imported<Self> {
        let layer = importer.shifted_rows(origin, sums, base)?;
        let &[samples, outputs] = importer.graph.shape(layer) else {
            return refuse("the scores have not two axes");
        };
        Ok(Self {
            origin,
            layer,
            samples,
            outputs,
        })
    }

    /// Of one column: 1 where it is above a threshold, else 0; `[samples]`.
    pub fn above(&self, importer: &mut Importer<'_>, threshold: f64) -> Imported<LayerId> {
        let flat = vec![Step::Reduce {
            axis: 1,
            source: 1,
            weights: None,
        }];
        let mut terms = vec![importer.graph.summand(1.0, self.layer, flat)?];
        if threshold != 0.0 {
            terms.push(Graph::fill(-threshold, &[self.samples])?);
        }
        let difference = importer.graph.sum(self.origin, terms);
        Ok(importer
            .graph
            .apply(self.origin, difference, Function::Positive))
    }

    /// Several columns after a transform.
    pub fn transformed(
        &self,
        importer: &mut Importer<'_>,
        transform: Transform,
    ) -> Imported<LayerId> {
        match transform {
            Transform::None => Ok(self.layer),
            Transform::Logistic => {
                Ok(importer
                    .graph
                    .apply(self.origin, self.layer, Function::Sigmoid))
            }
            Transform::Softmax => importer.softmax(self.origin, self.layer, &[1], false),
        }
    }

    /// Label and scores of several columns.
    pub fn finish(
        &self,
        importer: &mut Importer<'_>,
        classes: &Classes,
        transform: Transform,
    ) -> Imported<Vec<Value>> {
        let label = importer.label_of_greatest(self.origin, self.layer, classes)?;
        let layer = self.transformed(importer, transform)?;
        Ok(vec![label, Value::computed(layer, Element::Float)])
    }

    /// Label and scores of one column that stands for two classes. With a threshold of zero the first class has the negated score,
    /// else what is missing to one.
    pub fn finish_binary(
        &self,
        importer: &mut Importer<'_>,
        classes: &Classes,
        transform: Transform,
        threshold: f64,
    ) -> Imported<Vec<Value>> {
        let second = self.above(importer, threshold)?;
        let label = importer.label_of_two(self.origin, second, classes)?;
        let layer = match transform {
            Transform::Logistic => {
                let probability = importer
                    .graph
                    .apply(self.origin, self.layer, Function::Sigmoid);
                importer.with_complement(self.origin, probability, 1.0)?
            }
            _ if threshold != 0.0 => importer.with_complement(self.origin, self.layer, 1.0)?,
            _ => importer.with_complement(self.origin, self.layer, 0.0)?,
        };
        Ok(vec![label, Value::computed(layer, Element::Float)])
    }

    /// A regressor's outputs. Like onnxruntime, a transform of a single target is not applied.
    pub fn finish_regression(
        &self,
        importer: &mut Importer<'_>,
        transform: Transform,
    ) -> Imported<Vec<Value>> {
        let transform = match self.outputs {
            1 => Transform::None,
            _ => transform,
        };
        let layer = self.transformed(importer, transform)?;
        Ok(vec![Value::computed(layer, Element::Float)])
    }
}

impl Importer<'_> {
    /// Two columns of one: what is missing to a total, and itself.
    pub fn with_complement(
        &mut self,
        origin: &str,
        column: LayerId,
        total: f64,
    ) -> Imported<LayerId> {
        let samples = self.graph.shape(column).first().copied().unwrap_or(1);
        let place = |at: i64| Step::Slice {
            axis: 1,
            source: 1,
            start: -at,
            step: 1,
            len: 2,
        };
        let mut terms = vec![
            self.graph.summand(-1.0, column, vec![place(0)])?,
            self.graph.summand(1.0, column, vec![place(1)])?,
        ];
        if total != 0.0 {
            let mut first = Graph::fill(total, &[samples, 1])?;
            first.view = first.view.then(place(0))?;
            terms.push(first);
        }
        Ok(self.graph.sum(origin, terms))
    }
}
