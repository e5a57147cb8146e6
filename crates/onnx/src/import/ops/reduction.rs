//! Reductions along axes. Which axes was an attribute at first, and is an input since version 13 (ReduceSum) or 18 (the others).

use crate::element::Element;
use crate::function::{Expression, Function};
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints};
use crate::import::value::Value;
use crate::tensor::Tensor;
use inferproof_view::{Step, volume};

macro_rules! reductions {
    ($($name:literal, $versions:expr, $becomes:literal;)*) => {
        $(inventory::submit! {
            Operation::new($name, &$versions, import)
                .attributes(&[ints("axes"), int("keepdims"), int("noop_with_empty_axes")])
                .row("constant axes", $becomes)
        })*
    };
}

reductions! {
    "ReduceSum", [1, 11, 13], "a sum";
    "ReduceMean", [1, 11, 13, 18], "a sum and a factor";
    "ReduceMax", [1, 11, 12, 13, 18, 20], "maxima, pair by pair";
    "ReduceMin", [1, 11, 12, 13, 18, 20], "maxima, pair by pair";
    "ReduceProd", [1, 11, 13, 18], "products, pair by pair, of at most 24 numbers that are no integers";
    "ReduceL1", [1, 11, 13, 18], "a table and a sum";
    "ReduceL2", [1, 11, 13, 18], "a sum of squares and an exact root";
    "ReduceLogSum", [1, 11, 13, 18], "a sum and a table";
    "ReduceLogSumExp", [1, 11, 13, 18], "maxima, exponentials, a sum and a logarithm";
    "ReduceSumSquare", [1, 11, 13, 18], "a sum of squares";
}

/// So many computed numbers are multiplied, pair by pair. Of random factors between 0.2 and 2, products of 32 and more were off by more than
/// one percent of themselves at 16 bits; of those of fewer, none in 3,000.
const MOST_FACTORS: usize = 24;

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let element = node.element(0)?;
    let shape = importer.shape(node.input(0)?)?;
    let by_input = match node.op() {
        "ReduceSum" => 13,
        _ => 18,
    };
    let given = match node.since < by_input {
        true => node.ints("axes").map(<[i64]>::to_vec),
        false => node.optional_integers(1, "axes")?,
    };
    let axes = match given.filter(|axes| !axes.is_empty()) {
        Some(axes) => broadcast::axes(&axes, shape.len())?,
        None if node.flag("noop_with_empty_axes", false) => vec![],
        None => (0..shape.len()).collect(),
    };
    let keeps = node.flag("keepdims", true);
    let kept = |axis: usize, len: usize| match axes.contains(&axis) {
        true => keeps.then_some(1),
        false => Some(len),
    };
    let to: Vec<usize> = (0..)
        .zip(&shape)
        .filter_map(|(a, &len)| kept(a, len))
        .collect();
    if volume(&shape) == Some(0) {
        return of_nothing(importer, node, element, to).map(|value| vec![value]);
    }
    let source = importer.input(node, 0)?;
    let mut layer = importer.reduced(origin, node.op(), source, &axes, element)?;
    if !keeps {
        let mut dropped = axes.clone();
        dropped.sort_unstable_by(|a, b| b.cmp(a));
        let steps = dropped.into_iter().map(|axis| Step::Reduce {
            axis,
            source: 1,
            weights: None,
        });
        layer = importer.graph.view(origin, layer, steps.collect())?;
    }
    Ok(vec![Value::computed(layer, element)])
}

/// The reduction of a tensor without entries.
fn of_nothing(
    importer: &Importer<'_>,
    node: &Node<'_>,
    element: Element,
    to: Vec<usize>,
) -> Imported<Value> {
    if let Some(empty) = importer.without_entries(element, &to) {
        return Ok(empty);
    }
    let number = match node.op() {
        "ReduceSum" | "ReduceL1" | "ReduceL2" | "ReduceSumSquare" => 0.0,
        "ReduceProd" => 1.0,
        _ => return refuse("a reduction of no entries, which has no finite result"),
    };
    let count = volume(&to).unwrap_or(0);
    match Tensor::of_reals(element, to, vec![number; count]) {
        Some(tensor) => Ok(Value::Constant(tensor)),
        None => refuse(format!("a reduction of {element}")),
    }
}

impl Importer<'_> {
    /// The reduction that ONNX calls so, along axes that keep length one.
    pub fn reduced(
        &mut self,
        origin: &str,
        reduction: &str,
        source: LayerId,
        axes: &[usize],
        element: Element,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let count: usize = axes.iter().filter_map(|&axis| shape.get(axis)).product();
        match reduction {
            "ReduceSum" => self.summed(origin, source, axes, 1.0),
            "ReduceMean" if element.is_whole() => {
                let sum = self.summed(origin, source, axes, 1.0)?;
                let mean = Expression::Argument / (count as f64).into();
                Ok(self.apply(origin, sum, mean.then(Function::Truncate).into()))
            }
            "ReduceMean" => self.summed(origin, source, axes, 1.0 / count as f64),
            "ReduceMax" => self.extremes(origin, source, axes, 1.0),
            "ReduceMin" => self.extremes(origin, source, axes, -1.0),
            "ReduceProd" if count > MOST_FACTORS && !element.is_whole() && !self.evaluates() => {
                refuse(format!(
                    "a product of {count} computed numbers, which lie so many decades apart that a scale for all of them loses the small \
                     ones; at most {MOST_FACTORS} are multiplied: export the exponential of the sum of their logarithms"
                ))
            }
            "ReduceProd" => self.reduced_product(origin, source, axes),
            "ReduceL1" => {
                let magnitudes = self.apply(origin, source, Function::Abs);
                self.summed(origin, magnitudes, axes, 1.0)
            }
            "ReduceL2" if axes.is_empty() => Ok(self.apply(origin, source, Function::Abs)),
            "ReduceSumSquare" if axes.is_empty() => {
                Ok(self.apply(origin, source, Function::Square))
            }
            "ReduceL2" => {
                let squares = self.reduced_squares(origin, source, axes, false)?;
                let root = match element.is_whole() {
                    true => Expression::Argument
                        .then(Function::Sqrt)
                        .then(Function::Truncate)
                        .into(),
                    false => Function::Sqrt,
                };
                Ok(self.apply(origin, squares, root))
            }
            "ReduceSumSquare" => self.reduced_squares(origin, source, axes, false),
            "ReduceLogSum" => {
                let sum = self.summed(origin, source, axes, 1.0)?;
                self.function(origin, sum, Function::Ln)
            }
            "ReduceLogSumExp" if axes.is_empty() => Ok(source),
            "ReduceLogSumExp" => {
                let exponentials = self.graph.apply(origin, source, Function::Exp);
                let sum = self.summed(origin, exponentials, axes, 1.0)?;
                self.function(origin, sum, Function::Ln)
            }
            other => refuse(format!("no reduction is called {other}")),
        }
    }

    /// A factor times the sum along axes, which keep length one. A sum of squares is a contraction, which commits to nothing.
    pub fn summed(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
        factor: f64,
    ) -> Imported<LayerId> {
        if let Kind::Apply {
            source: squared,
            function: Function::Square,
        } = self.graph.layer(source).kind
            && !axes.is_empty()
        {
            let squares = self.reduced_squares(origin, squared, axes, false)?;
            return Ok(self.graph.scaled(origin, factor, squares, vec![])?);
        }
        let shape = self.graph.shape(source);
        let steps = axes.iter().flat_map(|&axis| {
            [
                Step::Reduce {
                    axis,
                    source: shape[axis],
                    weights: None,
                },
                Step::Insert { axis, len: 1 },
            ]
        });
        let steps = steps.collect();
        Ok(self.graph.scaled(origin, factor, source, steps)?)
    }

    /// The product along axes, which keep length one, by halving.
    fn reduced_product(
        &mut self,
        origin: &str,
        source: LayerId,
        axes: &[usize],
    ) -> Imported<LayerId> {
        let mut source = source;
        for &axis in axes {
            loop {
                let shape = self.graph.shape(source).to_vec();
                let half = shape[axis] / 2;
                if half == 0 {
                    break;
                }
                let part = |start, len| vec![broadcast::slice(axis, &shape, start, 1, len)];
                let left = self.graph.view(origin, source, part(0, half))?;
                let right = self.graph.view(origin, source, part(half as i64, half))?;
                let to = self.graph.shape(left).to_vec();
                let place = Place {
                    origin,
                    to: &to,
                    owned: &[],
                };
                let mut products = vec![self.multiply(&place, left, right)?];
                if shape[axis] % 2 == 1 {
                    products.push(self.graph.view(origin, source, part(2 * half as i64, 1))?);
                }
                source = self.joined(origin, &products, axis)?;
            }
        }
        Ok(source)
    }
}
