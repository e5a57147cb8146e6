//! Entries that are only moved: of layers by views, of constants at once, whatever their type.

use super::broadcast::broadcast;
use crate::element::Element;
use crate::graph::Real;
use crate::import::Importer;
use crate::import::limits::MAX_ENTRIES;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use crate::tensor::{Dequantization, Tensor};
use inferproof_view::{Step, View, volume};

/// Refuses a shape with more entries than any tensor may have: what is sized by numbers of the file is checked before it is made.
pub fn room(shape: &[usize]) -> Imported<usize> {
    match volume(shape).filter(|&entries| entries <= MAX_ENTRIES) {
        Some(entries) => Ok(entries),
        None => refuse(format!(
            "a tensor of shape {shape:?}; at most {MAX_ENTRIES} entries are supported"
        )),
    }
}

/// The step that reads these places along an axis of this length: a slice if they are evenly spaced.
pub fn pick(axis: usize, source: usize, index: Vec<Option<u32>>) -> Step {
    let places: Option<Vec<i64>> = index.iter().map(|place| place.map(i64::from)).collect();
    if let Some(places) = places
        && let Some(&start) = places.first()
    {
        let step = places.get(1).map_or(1, |second| second - start);
        let expected = (0i64..).map(|i| start + i * step);
        if places.iter().zip(expected).all(|(&place, e)| place == e) {
            return Step::Slice {
                axis,
                source,
                start,
                step,
                len: places.len(),
            };
        }
    }
    Step::Gather {
        axis,
        source,
        index,
    }
}

/// An index of an axis of this length, of which negative ones count from the end.
pub fn index(given: i64, len: usize) -> Imported<u32> {
    let length = i64::try_from(len)?;
    let counted = match given < 0 {
        true => given.saturating_add(length),
        false => given,
    };
    match u32::try_from(counted) {
        Ok(index) if counted < length => Ok(index),
        _ => refuse(format!("index {given} of an axis of length {len}")),
    }
}

/// The order of axes in which these stand first.
pub fn axes_first(first: &[usize], rank: usize) -> Vec<usize> {
    let others = (0..rank).filter(|axis| !first.contains(axis));
    first.iter().copied().chain(others).collect()
}

/// The order of axes in which this one stands last.
pub fn axis_last(axis: usize, rank: usize) -> Vec<usize> {
    (0..rank).filter(|&a| a != axis).chain([axis]).collect()
}

/// The order that takes another one back.
pub fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse: Vec<usize> = (0..order.len()).collect();
    inverse.sort_by_key(|&place| order.get(place));
    inverse
}

/// A constant read through a chain of steps that only move entries; where there is none, an entry is zero or the empty string.
pub fn moved_constant(tensor: &Tensor, steps: Vec<Step>) -> Imported<Tensor> {
    let view = View::new(tensor.shape().to_vec(), steps)?;
    if let Some(moved) = tensor.moved(&view) {
        return Ok(moved);
    }
    room(view.target())?;
    let to = view.target().to_vec();
    let numbers: Vec<Real> = (1..=tensor.len()).map(|n| Real(n as f64)).collect();
    let places = match tensor.len() {
        0 => vec![None; volume(&to).unwrap_or(0)],
        _ => {
            let places = view.apply(&numbers)?;
            let places = places.iter().map(|p| (p.0 as usize).checked_sub(1));
            places.collect()
        }
    };
    let Some(moved) = tensor.picked(to.clone(), &places) else {
        return refuse("a constant whose entries cannot be moved so");
    };
    // What the entries were dequantized from is moved with them.
    let from = tensor.dequantization().filter(|_| !places.contains(&None));
    let from = from.and_then(|from| {
        Some(Dequantization {
            integers: from.integers.picked(to.clone(), &places)?,
            scales: from.scales.picked(to, &places)?,
            bounds: from.bounds,
        })
    });
    Ok(match from {
        Some(from) => moved.with_dequantization(from),
        None => moved,
    })
}

/// Constants of one type, one after the other along an axis.
fn joined_constants(parts: &[&Tensor], axis: usize, to: &[usize]) -> Imported<Tensor> {
    let entries = room(to)?;
    let all = Tensor::concatenated(parts);
    let outer: usize = to.iter().take(axis).product();
    let mut places = Vec::with_capacity(entries);
    for row in 0..outer {
        let mut start = 0;
        for part in parts {
            let block = part.len() / outer.max(1);
            places.extend((start + row * block..start + (row + 1) * block).map(Some));
            start += part.len();
        }
    }
    match all.and_then(|all| all.picked(to.to_vec(), &places)) {
        Some(joined) => Ok(joined),
        None => refuse("constants of different types one after the other"),
    }
}

/// What is left of a tensor of this type without entries.
pub fn without_entries(element: Element, shape: Vec<usize>) -> Imported<Value> {
    match Tensor::empty(element, shape) {
        Some(tensor) => Ok(Value::Constant(tensor)),
        None => refuse("a tensor without entries"),
    }
}

impl Importer<'_> {
    /// A value read through a chain of steps that only move entries.
    pub fn moved(&mut self, origin: &str, value: &Value, steps: Vec<Step>) -> Imported<Value> {
        let (layer, element) = match value {
            Value::Constant(tensor) => return moved_constant(tensor, steps).map(Value::Constant),
            Value::Computed { layer, element } => (*layer, *element),
            Value::Sequence(_) => return refuse("a sequence where a tensor is expected"),
            Value::Nothing => return refuse("an optional value that is not there"),
        };
        let view = View::new(self.graph.shape(layer).to_vec(), steps)?;
        if room(view.target())? == 0 {
            return without_entries(element, view.target().to_vec());
        }
        self.graph.provenance.note(origin, view.steps());
        let moved = self.graph.view(origin, layer, view.steps().to_vec())?;
        Ok(Value::computed(moved, element))
    }

    /// A value repeated along axes of length one, and along more axes before its own, until it has this shape.
    pub fn repeated_to(&mut self, origin: &str, value: &Value, to: &[usize]) -> Imported<Value> {
        room(to)?;
        let steps = broadcast(&self.shape(value)?, to)?;
        self.moved(origin, value, steps)
    }

    /// Values one after the other along an axis; those without entries add nothing.
    pub fn concatenated(&mut self, origin: &str, parts: &[Value], axis: usize) -> Imported<Value> {
        let shapes = parts.iter().map(|part| self.shape(part));
        let shapes = shapes.collect::<Imported<Vec<_>>>()?;
        let (Some(element), Some(first)) = (parts.first().and_then(Value::element), shapes.first())
        else {
            return refuse("it joins no tensors");
        };
        let alike = |shape: &Vec<usize>| {
            let others = shape.iter().zip(first).enumerate();
            shape.len() == first.len() && { others }.all(|(a, (l, r))| a == axis || l == r)
        };
        if axis >= first.len() || !shapes.iter().all(alike) {
            return refuse(format!(
                "shapes {shapes:?} cannot be joined along axis {axis}"
            ));
        }
        if let Some(other) = parts.iter().find(|part| part.element() != Some(element)) {
            return refuse(match other.element() {
                Some(other) => format!("it joins tensors of types {element} and {other}"),
                None => "it joins what is no tensor".to_owned(),
            });
        }
        let mut to = first.clone();
        if let Some(length) = to.get_mut(axis) {
            let lengths = shapes.iter().filter_map(|shape| shape.get(axis));
            *length = lengths.fold(0usize, |sum, &len| sum.saturating_add(len));
        }
        room(&to)?;
        let constants: Option<Vec<&Tensor>> = parts.iter().map(Value::constant).collect();
        if let Some(constants) = constants {
            return joined_constants(&constants, axis, &to).map(Value::Constant);
        }
        let full = parts.iter().zip(&shapes);
        let full = full.filter(|(_, shape)| volume(shape) != Some(0));
        let full: Vec<&Value> = full.map(|(part, _)| part).collect();
        if let [only] = full[..] {
            return Ok(only.clone());
        }
        let layers = full.iter().map(|part| self.layer(origin, part));
        let layers = layers.collect::<Imported<Vec<_>>>()?;
        let layer = self.joined(origin, &layers, axis)?;
        Ok(Value::computed(layer, element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenly_spaced_places_are_slices() {
        let spaced = pick(0, 9, vec![Some(7), Some(5), Some(3)]);
        assert!(matches!(
            spaced,
            Step::Slice {
                start: 7,
                step: -2,
                len: 3,
                ..
            }
        ));
        let others = pick(0, 9, vec![Some(7), Some(5), Some(4)]);
        assert!(matches!(others, Step::Gather { .. }));
        let holes = pick(0, 9, vec![Some(0), None, Some(2)]);
        assert!(matches!(holes, Step::Gather { .. }));
    }

    #[test]
    fn constants_of_every_type_are_moved_and_joined() {
        let texts = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let texts = Tensor::of_strings(vec![2, 2], texts).unwrap();
        let turned = moved_constant(&texts, vec![Step::Permute(vec![1, 0])]).unwrap();
        assert_eq!(turned.strings().unwrap(), ["a", "c", "b", "d"]);
        let joined = joined_constants(&[&texts, &turned], 1, &[2, 4]).unwrap();
        assert_eq!(joined.strings().unwrap().concat(), "abaccdbd");
        let large = Tensor::of_list(vec![i64::MAX, i64::MIN]);
        let joined = joined_constants(&[&large, &large], 0, &[4]).unwrap();
        assert_eq!(
            joined.integers().unwrap(),
            [i64::MAX, i64::MIN, i64::MAX, i64::MIN]
        );
    }

    #[test]
    fn orders_of_axes_are_taken_back() {
        assert_eq!(inverse(&[2, 0, 1]), [1, 2, 0]);
        assert_eq!(axes_first(&[2, 0], 4), [2, 0, 1, 3]);
        assert_eq!(axis_last(1, 3), [0, 2, 1]);
    }
}
