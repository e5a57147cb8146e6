//! OneHot: codes of indices along an axis, of two numbers. An index out of range has none that is meant.

use crate::function::{Comparison, Expression, Function, Operation as Arithmetic};
use crate::graph::Graph;
use crate::import::Importer;
use crate::import::build::movement::{axis_last, inverse, room};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;
use std::sync::Arc;

inventory::submit! {
    Operation::new("OneHot", &[9, 11], import)
        .attributes(&[int("axis")])
        .row("constant depth and values", "one-hot codes, a sum")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let mut indices = importer.input(node, 0)?;
    if node.element(0)?.is_float() {
        indices = importer.apply(&node.origin, indices, Function::Truncate);
    }
    let depth = match node.optional_scalar(1, "depth")? {
        Some(depth) if (1.0..f64::from(u32::MAX)).contains(&depth) => depth as usize,
        other => return refuse(format!("a depth of {other:?}")),
    };
    let &[off, on] = &node.reals(2, "values")?[..] else {
        return refuse("values that are not two numbers, for what is not meant and what is");
    };
    let mut shape = importer.graph.shape(indices).to_vec();
    let rank = shape.len() + 1;
    let axis = crate::import::build::broadcast::axis(node.int_or("axis", -1), rank)?;
    shape.insert(axis, depth);
    room(&shape)?;
    let origin = &node.origin;
    // One class more takes what is out of range.
    let class = Function::Composite(Arc::new(class_of(depth as f64)));
    let classes = importer.apply(origin, indices, class);
    let codes = importer.graph.indicator(origin, classes, depth + 1, false);
    let steps = vec![
        Step::Slice {
            axis: rank - 1,
            source: depth + 1,
            start: 0,
            step: 1,
            len: depth,
        },
        Step::Permute(inverse(&axis_last(axis, rank))),
    ];
    let mut terms = vec![importer.graph.summand(on - off, codes, steps)?];
    if off != 0.0 {
        terms.push(Graph::fill(off, &shape)?);
    }
    let layer = importer.graph.sum(origin, terms);
    Ok(vec![Value::computed(layer, node.element(2)?)])
}

/// The class of an index: itself, counted from the end if it is negative, or `depth` if it is out of range.
fn class_of(depth: f64) -> Expression {
    let number = |n: f64| Box::new(Expression::Number(n));
    let index = || Box::new(Expression::Argument);
    let below = |bound: f64| {
        let less = Arithmetic::Compare(Comparison::Less);
        Box::new(Expression::Combine(less, index(), number(bound)))
    };
    let from_end = Expression::Combine(Arithmetic::Add, index(), number(depth));
    let negative = Expression::Select(below(-depth), number(depth), Box::new(from_end));
    let positive = Expression::Select(below(depth), index(), number(depth));
    Expression::Select(below(0.0), Box::new(negative), Box::new(positive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_out_of_range_have_a_class_of_their_own() {
        let class = class_of(3.0);
        let classes = [-9, -4, -3, -1, 0, 2, 3, 8].map(|i| class.evaluate(f64::from(i)));
        assert_eq!(classes, [3.0, 3.0, 0.0, 2.0, 0.0, 2.0, 3.0, 3.0]);
        assert!(class.is_integral(true));
    }
}
