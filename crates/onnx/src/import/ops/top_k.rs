//! TopK: the greatest or least entries along an axis, and where they stand.

use crate::element::Element;
use crate::graph::{Axes, Kind, LayerId};
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::build::movement::{axis_last, inverse, without_entries};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

/// Each entry that is asked for is a commitment as large as the tensor, and a term of all that come after it.
const MAX_COUNT: usize = 64;

inventory::submit! {
    Operation::new("TopK", &[1, 10, 11, 24], import)
        .attributes(&[int("axis"), int("k"), int("largest"), int("sorted")])
        .row("a constant k of at most 64", "one-hot codes of the greatest entries that are left, and products")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = importer.shape(node.input(0)?)?;
    let element = node.element(0)?;
    let axis = axis(node.int_or("axis", -1), shape.len())?;
    let given = match node.since < 10 {
        true => node.int("k"),
        false => node.optional_scalar(1, "k")?.map(|k| k as i64),
    };
    let length = shape.get(axis).copied().unwrap_or(0);
    let count = match given.and_then(|k| usize::try_from(k).ok()) {
        Some(count) if count <= length => count,
        _ => return refuse(format!("k = {given:?} of an axis of length {length}")),
    };
    if count > MAX_COUNT {
        return refuse(format!("k = {count}; at most {MAX_COUNT} is supported"));
    }
    let mut to = shape;
    if let Some(length) = to.get_mut(axis) {
        *length = count;
    }
    if to.contains(&0) {
        let values = without_entries(element, to.clone())?;
        return Ok(vec![values, without_entries(Element::Int64, to)?]);
    }
    let source = importer.input(node, 0)?;
    let sign = if node.flag("largest", true) {
        1.0
    } else {
        -1.0
    };
    let [values, places] = importer.greatest_entries(&node.origin, source, axis, count, sign)?;
    Ok(vec![
        Value::computed(values, element),
        Value::computed(places, Element::Int64),
    ])
}

impl Importer<'_> {
    /// The greatest (`sign` 1) or least (`sign` -1) entries along an axis, in their order, and their places. Each is found by a one-hot
    /// code of the greatest of those that are not taken yet.
    pub fn greatest_entries(
        &mut self,
        origin: &str,
        source: LayerId,
        axis: usize,
        count: usize,
        sign: f64,
    ) -> Imported<[LayerId; 2]> {
        let shape = self.graph.shape(source).to_vec();
        let rank = shape.len();
        let order = axis_last(axis, rank);
        let there = vec![Step::Permute(order.clone())];
        let source = self.graph.scaled(origin, sign, source, there)?;
        let hot_shape = self.graph.shape(source).to_vec();
        let length = hot_shape.last().copied().unwrap_or(0);
        let axes = Axes {
            shared: rank - 1,
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        let column = Step::Insert {
            axis: rank - 1,
            len: 1,
        };
        let place = Step::Reduce {
            axis: rank - 1,
            source: length,
            weights: Some((0i64..).take(length).collect()),
        };
        let mut taken: Vec<LayerId> = Vec::new();
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let hot = Kind::OneHot {
                source,
                taken: taken.clone(),
            };
            let hot = self.graph.push(origin, hot_shape.clone(), hot);
            let value = self.graph.contract(origin, hot, source, axes);
            values.push(
                self.graph
                    .scaled(origin, sign, value, vec![column.clone()])?,
            );
            let steps = vec![place.clone(), column.clone()];
            places.push(self.graph.view(origin, hot, steps)?);
            taken.push(hot);
        }
        let back = vec![Step::Permute(inverse(&order))];
        let values = self.joined(origin, &values, rank - 1)?;
        let places = self.joined(origin, &places, rank - 1)?;
        Ok([
            self.graph.view(origin, values, back.clone())?,
            self.graph.view(origin, places, back)?,
        ])
    }
}
