//! Tensors of `[samples, features]`, as operations of classical models read and make them.

use crate::graph::{Axes, LayerId};
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// A tensor of `[samples, features]`.
#[derive(Clone, Copy)]
pub struct FeatureRows {
    pub layer: LayerId,
    pub samples: usize,
    pub features: usize,
}

impl Importer<'_> {
    /// A node's first input as rows: an array of one axis is one sample.
    pub fn feature_rows(&mut self, node: &Node<'_>) -> Imported<FeatureRows> {
        let source = self.input(node, 0)?;
        match *self.graph.shape(source) {
            [samples, features] => Ok(FeatureRows {
                layer: source,
                samples,
                features,
            }),
            [features] => Ok(FeatureRows {
                layer: self.graph.view(
                    &node.origin,
                    source,
                    vec![Step::Insert { axis: 0, len: 1 }],
                )?,
                samples: 1,
                features,
            }),
            ref shape => refuse(format!(
                "an input of shape {shape:?}; expected one or two axes"
            )),
        }
    }

    /// Rows, to each of which the same numbers are added, one for each feature.
    pub fn shifted_rows(
        &mut self,
        origin: &str,
        rows: LayerId,
        offset: &[f64],
    ) -> Imported<LayerId> {
        let Some(&len) = self.graph.shape(rows).first() else {
            return refuse("rows without an axis");
        };
        if offset.iter().all(|&v| v == 0.0) {
            return Ok(rows);
        }
        let offset = self.row_of(origin, offset);
        let terms = vec![
            self.graph.summand(1.0, rows, vec![])?,
            self.graph
                .summand(1.0, offset, vec![Step::Insert { axis: 0, len }])?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    /// Rows, each feature times a number of its own.
    pub fn scaled_features(
        &mut self,
        origin: &str,
        rows: LayerId,
        factors: &[f64],
    ) -> Imported<LayerId> {
        let columns = self
            .graph
            .view(origin, rows, vec![Step::Permute(vec![1, 0])])?;
        let factors = self.row_of(origin, factors);
        let axes = Axes {
            shared: 1,
            left_free: 1,
            right_free: 0,
            contracted: 0,
        };
        let product = self.graph.contract(origin, columns, factors, axes);
        Ok(self
            .graph
            .view(origin, product, vec![Step::Permute(vec![1, 0])])?)
    }

    /// Rows times the rows of a constant matrix: `[samples, outputs]`.
    pub fn row_products(
        &mut self,
        origin: &str,
        rows: LayerId,
        matrix: &[f64],
        [outputs, features]: [usize; 2],
    ) -> LayerId {
        let values = matrix.iter().map(|&v| v as f32).collect();
        let matrix = self
            .graph
            .add_constant(origin, vec![outputs, features], values);
        let axes = Axes {
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 1,
        };
        self.graph.contract(origin, rows, matrix, axes)
    }

    /// Each row times a number of its own.
    pub fn scaled_by_row(&mut self, origin: &str, rows: LayerId, factors: LayerId) -> LayerId {
        let axes = Axes {
            shared: 1,
            left_free: 1,
            right_free: 0,
            contracted: 0,
        };
        self.graph.contract(origin, rows, factors, axes)
    }

    /// The sum of each row, `[samples]`.
    pub fn row_sums(&mut self, origin: &str, rows: LayerId) -> Imported<LayerId> {
        let source = self.graph.shape(rows).get(1).copied().unwrap_or(1);
        let sum = Step::Reduce {
            axis: 1,
            source,
            weights: None,
        };
        Ok(self.graph.view(origin, rows, vec![sum])?)
    }

    /// One column of rows, `[samples, 1]`.
    pub fn column(&mut self, origin: &str, rows: LayerId, column: usize) -> Imported<LayerId> {
        let source = self.graph.shape(rows).get(1).copied().unwrap_or(1);
        let part = Step::Slice {
            axis: 1,
            source,
            start: i64::try_from(column)?,
            step: 1,
            len: 1,
        };
        Ok(self.graph.view(origin, rows, vec![part])?)
    }

    /// Numbers of a model along one axis.
    pub fn row_of(&mut self, origin: &str, values: &[f64]) -> LayerId {
        let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        self.graph.add_constant(origin, vec![values.len()], values)
    }
}
