//! MatMul and Gemm: products of matrices.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::{broadcast, common_shape};
use crate::import::build::contraction::Label;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("MatMul", &[1, 9, 13], matmul).row("", "a contraction")
}
inventory::submit! {
    Operation::new("Gemm", &[7, 9, 11, 13], gemm)
        .attributes(&[float("alpha"), float("beta"), int("transA"), int("transB")])
        .row("", "a contraction, a bias")
}

fn matmul(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let (left, right) = (importer.input(node, 0)?, importer.input(node, 1)?);
    let layer = importer.matrix_product(&node.origin, left, right)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

impl Importer<'_> {
    /// The product of the last two axes, with the axes before them broadcast. A tensor of one axis is a row on the left and a column on
    /// the right, and its axis is missing in the product.
    pub fn matrix_product(
        &mut self,
        origin: &str,
        left: LayerId,
        right: LayerId,
    ) -> Imported<LayerId> {
        let (left_shape, right_shape) = (
            self.graph.shape(left).to_vec(),
            self.graph.shape(right).to_vec(),
        );
        let (&[.., left_inner], &[.., right_last]) = (&left_shape[..], &right_shape[..]) else {
            return refuse(format!(
                "a product of shapes {left_shape:?} and {right_shape:?}"
            ));
        };
        let is_row = left_shape.len() == 1;
        let is_column = right_shape.len() == 1;
        let right_inner = match is_column {
            true => right_last,
            false => right_shape[right_shape.len() - 2],
        };
        if left_inner != right_inner {
            return refuse(format!(
                "a product of shapes {left_shape:?} and {right_shape:?}"
            ));
        }
        let left_outer = &left_shape[..left_shape.len().saturating_sub(2)];
        let right_outer = &right_shape[..right_shape.len().saturating_sub(2)];
        let outer = common_shape(&[left_outer, right_outer])?;
        let mut to = outer.clone();
        let mut labels = Vec::new();
        for axis in 0..outer.len() {
            let of = |own: &[usize]| axis.checked_sub(outer.len() - own.len());
            labels.push(Label {
                left: of(left_outer),
                right: of(right_outer),
                output: Some(axis),
            });
        }
        if !is_row {
            labels.push(Label {
                left: Some(left_shape.len() - 2),
                right: None,
                output: Some(to.len()),
            });
            to.push(left_shape[left_shape.len() - 2]);
        }
        if !is_column {
            labels.push(Label {
                left: None,
                right: Some(right_shape.len() - 1),
                output: Some(to.len()),
            });
            to.push(right_last);
        }
        labels.push(Label {
            left: Some(left_shape.len() - 1),
            right: Some(
                right_shape
                    .len()
                    .saturating_sub(if is_column { 1 } else { 2 }),
            ),
            output: None,
        });
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        self.labelled_product(&place, left, right, &labels)
    }
}

/// `alpha A B + beta C`, with A and B perhaps transposed.
pub fn gemm(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let (left, right) = (importer.input(node, 0)?, importer.input(node, 1)?);
    for (slot, layer) in [(0, left), (1, right)] {
        let shape = importer.graph.shape(layer);
        if shape.len() != 2 {
            return refuse(format!(
                "its input {slot} has the shape {shape:?}; expected two axes"
            ));
        }
    }
    let of = |layer: LayerId, transposed: bool| {
        let shape = importer.graph.shape(layer);
        match transposed {
            true => (shape[1], shape[0]),
            false => (shape[0], shape[1]),
        }
    };
    let (trans_a, trans_b) = (node.flag("transA", false), node.flag("transB", false));
    let ((rows, inner), (right_inner, columns)) = (of(left, trans_a), of(right, trans_b));
    if inner != right_inner {
        return refuse(format!(
            "a product of {rows} x {inner} and {right_inner} x {columns} entries"
        ));
    }
    let label = |left: Option<bool>, right: Option<bool>, output| Label {
        left: left.map(usize::from),
        right: right.map(usize::from),
        output,
    };
    let labels = [
        label(Some(trans_a), None, Some(0)),
        label(None, Some(!trans_b), Some(1)),
        label(Some(!trans_a), Some(trans_b), None),
    ];
    let place = Place {
        origin,
        to: &[rows, columns],
        owned: &[],
    };
    let mut result = importer.labelled_product(&place, left, right, &labels)?;
    let to = importer.graph.shape(result).to_vec();
    // Nothing else reads the product as it is now.
    let place = Place {
        origin,
        to: &to,
        owned: &[result],
    };
    let alpha = node.float_or("alpha", 1.0);
    if alpha != 1.0 {
        result = importer.times_number(&place, result, alpha)?;
    }
    if node.optional(2).is_some() {
        let bias = importer.input(node, 2)?;
        let beta = node.float_or("beta", 1.0);
        if beta == 1.0
            && let Some(sums) = importer.with_integer_bias(origin, result, bias, 1)?
        {
            return Ok(vec![Value::computed(sums, node.element(0)?)]);
        }
        let steps = match importer.graph.shape(bias).len() {
            0 => broadcast(&[], &[1, 1])?,
            1 => vec![Step::Insert { axis: 0, len: 1 }],
            _ => vec![],
        };
        let bias = importer.graph.scaled(origin, beta, bias, steps)?;
        let place = Place {
            owned: &[result],
            ..place
        };
        result = importer.add(&place, result, 1.0, bias)?;
    }
    Ok(vec![Value::computed(result, node.element(0)?)])
}
