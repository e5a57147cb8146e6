//! CumSum and CumProd: sums and products of the entries up to each one, along an axis.

use crate::graph::{Graph, LayerId, Summand};
use crate::import::Importer;
use crate::import::build::broadcast::{axis, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("CumSum", &[11, 14], import)
        .attributes(&[int("exclusive"), int("reverse")])
        .row("a constant axis", "a view and a sum")
}
inventory::submit! {
    Operation::new("CumProd", &[26], import)
        .attributes(&[int("exclusive"), int("reverse")])
        .row("a constant axis", "products entry by entry")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let rank = importer.graph.shape(source).len();
    let &[given] = &node.integers(1, "axis")?[..] else {
        return refuse("an axis that is no single number");
    };
    let axis = axis(given, rank)?;
    let (reverse, exclusive) = (node.flag("reverse", false), node.flag("exclusive", false));
    let layer = match node.op() {
        "CumSum" => sums(importer, &node.origin, source, axis, reverse, exclusive)?,
        _ => products(importer, &node.origin, source, axis, reverse, exclusive)?,
    };
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// The core's step sums what comes after an entry; the other direction is that one between two reversals.
fn sums(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    axis: usize,
    reverse: bool,
    exclusive: bool,
) -> Imported<LayerId> {
    let shape = importer.graph.shape(source).to_vec();
    let len = shape.get(axis).copied().unwrap_or(1);
    let backwards = slice(axis, &shape, i64::try_from(len)? - 1, -1, len);
    let after = Step::SuffixSum { axis, len };
    let steps = match reverse {
        true => vec![after],
        false => vec![backwards.clone(), after, backwards],
    };
    let mut terms = vec![importer.graph.summand(1.0, source, steps)?];
    if !exclusive {
        terms.push(importer.graph.summand(1.0, source, vec![])?);
    }
    Ok(importer.graph.sum(origin, terms))
}

/// Products of two, of four, of eight entries and so on, up to all: each entry times the one that stands so many before.
fn products(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    axis: usize,
    reverse: bool,
    exclusive: bool,
) -> Imported<LayerId> {
    let shape = importer.graph.shape(source).to_vec();
    let len = shape.get(axis).copied().unwrap_or(1);
    let shift = |importer: &mut Importer<'_>, source: LayerId, by: usize| -> Imported<LayerId> {
        let start = match reverse {
            true => i64::try_from(by)?,
            false => -i64::try_from(by)?,
        };
        let moved = slice(axis, &shape, start, 1, len);
        let terms = vec![
            importer.graph.summand(1.0, source, vec![moved])?,
            ones(&shape, axis, by, reverse)?,
        ];
        Ok(importer.graph.sum(origin, terms))
    };
    let mut product = match exclusive {
        true => shift(importer, source, 1)?,
        false => source,
    };
    let mut reach = 1;
    while reach < len {
        let before = shift(importer, product, reach)?;
        product = importer.graph.entrywise(origin, product, before);
        reach *= 2;
    }
    Ok(product)
}

/// One at the first places of an axis, or at the last, and zero elsewhere.
fn ones(shape: &[usize], axis: usize, count: usize, at_end: bool) -> Imported<Summand> {
    let fill = Graph::fill(1.0, &[])?;
    let mut view = fill.view;
    for (a, &len) in shape.iter().enumerate() {
        if a != axis {
            view = view.then(Step::Insert { axis: a, len })?;
            continue;
        }
        let is_one = |place: usize| match at_end {
            true => place + count >= len,
            false => place < count,
        };
        let index = (0..len).map(|place| is_one(place).then_some(0)).collect();
        view = view.then(Step::Insert { axis: a, len: 1 })?;
        view = view.then(Step::Gather {
            axis: a,
            source: 1,
            index,
        })?;
    }
    Ok(Summand { view, ..fill })
}
