//! Pad: entries before and behind those of a tensor, along each axis: a number, or the tensor's own, repeated or mirrored. Negative padding cuts
//! entries off.

use crate::import::build::around::around;
use crate::import::build::broadcast::{axes, slice};
use crate::import::build::movement::{pick, room};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, ints, string};
use crate::import::value::Value;
use crate::import::{INFINITY, Importer};
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Pad", &[2, 11, 13, 18, 19, 21, 23, 24, 25], import)
        .attributes(&[string("mode"), ints("pads"), float("value")])
        .row("constant padding", "a view, or a sum of views")
}

/// What is added before and behind an axis; negative to cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Padding {
    pub before: i64,
    pub after: i64,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let value = node.input(0)?.clone();
    let shape = importer.shape(&value)?;
    let pads = paddings(node, shape.len())?;
    let fill = match node.since < 11 {
        true => Some(node.float_or("value", 0.0)),
        false => node.optional_scalar(2, "constant value")?,
    };
    let mut padded = value;
    // What is cut off is cut off first, so that a border that is mirrored is the one that is left.
    let mut steps = Vec::new();
    let mut left = shape.clone();
    for ((axis, length), pad) in left.iter_mut().enumerate().zip(&pads) {
        let (before, after) = (pad.before.min(0), pad.after.min(0));
        if (before, after) != (0, 0) {
            let rest = i64::try_from(*length)?
                .saturating_add(before)
                .saturating_add(after);
            let Ok(rest) = usize::try_from(rest) else {
                return refuse(format!("padding {pad:?} of an axis of length {length}"));
            };
            steps.push(slice(axis, &shape, before.saturating_neg(), 1, rest));
            *length = rest;
        }
    }
    padded = importer.moved(&node.origin, &padded, steps)?;
    let pads: Vec<Padding> = pads
        .iter()
        .map(|pad| Padding {
            before: pad.before.max(0),
            after: pad.after.max(0),
        })
        .collect();
    let mode = node.string_or("mode", "constant")?;
    let padded = match mode {
        "constant" => importer.padded(&node.origin, &padded, &pads, fill.unwrap_or(0.0))?,
        "edge" | "reflect" | "wrap" => {
            let lengths = left.iter().zip(&pads).map(|(&len, pad)| {
                let more = pad.before.saturating_add(pad.after);
                len.saturating_add_signed(isize::try_from(more).unwrap_or(isize::MAX))
            });
            room(&lengths.collect::<Vec<_>>())?;
            let mut steps = Vec::new();
            for (axis, (&len, pad)) in left.iter().zip(&pads).enumerate() {
                if *pad == Padding::default() {
                    continue;
                }
                let length = i64::try_from(len)?;
                if length == 0 {
                    return refuse("an axis without entries, of which none can be repeated");
                }
                let places = -pad.before..length.saturating_add(pad.after);
                let index = places.map(|at| u32::try_from(own(mode, at, length)).ok());
                steps.push(pick(axis, len, index.collect()));
            }
            importer.moved(&node.origin, &padded, steps)?
        }
        other => return refuse(format!("its attribute `mode` is `{other}`")),
    };
    Ok(vec![padded])
}

/// The padding of each axis.
fn paddings(node: &Node<'_>, rank: usize) -> Imported<Vec<Padding>> {
    let (given, named) = match node.since < 11 {
        true => match node.ints("pads") {
            Some(pads) => (pads.to_vec(), None),
            None => return refuse("its attribute `pads` is missing"),
        },
        false => (
            node.integers(1, "padding")?,
            node.optional_integers(3, "axes")?,
        ),
    };
    let places = match named {
        Some(named) => axes(&named, rank)?,
        None => (0..rank).collect(),
    };
    let (before, after) = given.split_at(given.len() / 2);
    if before.len() != places.len() || after.len() != places.len() {
        return refuse(format!("padding {given:?} for {} axes", places.len()));
    }
    let mut pads = vec![Padding::default(); rank];
    for ((&axis, &before), &after) in places.iter().zip(before).zip(after) {
        if let Some(pad) = pads.get_mut(axis) {
            *pad = Padding { before, after };
        }
    }
    Ok(pads)
}

/// The entry of an axis that stands at a place outside of it. A mirrored border is not repeated.
fn own(mode: &str, at: i64, length: i64) -> i64 {
    match mode {
        "wrap" => at.rem_euclid(length),
        "reflect" if length > 1 => {
            let period = 2 * (length - 1);
            let at = at.rem_euclid(period);
            at.min(period - at)
        }
        _ => at.clamp(0, length - 1),
    }
}

impl Importer<'_> {
    /// A value with a number before and behind its entries along each axis.
    pub fn padded(
        &mut self,
        origin: &str,
        value: &Value,
        pads: &[Padding],
        number: f64,
    ) -> Imported<Value> {
        let shape = self.shape(value)?;
        let mut to = Vec::new();
        let mut embed = Vec::new();
        for (axis, (&len, pad)) in shape.iter().zip(pads).enumerate() {
            let total = i64::try_from(len)?
                .saturating_add(pad.before)
                .saturating_add(pad.after);
            let total = usize::try_from(total)?;
            to.push(total);
            if *pad != Padding::default() {
                embed.push(slice(axis, &shape, -pad.before, 1, total));
            }
        }
        let entries = room(&to)?;
        let Some(element) = value.element() else {
            return refuse("its input is no tensor");
        };
        if let Some(tensor) = value.constant().filter(|tensor| tensor.len() == 0) {
            let filled = Tensor::of_reals(tensor.element(), to, vec![number; entries]);
            return match filled {
                Some(filled) => Ok(Value::Constant(filled)),
                None => refuse("padding of strings"),
            };
        }
        if number == 0.0 || embed.is_empty() {
            return self.moved(origin, value, embed);
        }
        if number.is_nan() {
            return refuse("padding with NaN");
        }
        let number = number.clamp(-f64::from(INFINITY), INFINITY.into());
        let source = self.layer(origin, value)?;
        let mut terms = vec![self.graph.summand(1.0, source, embed)?];
        let mut inside = Vec::new();
        for ((&len, &total), pad) in shape.iter().zip(&to).zip(pads) {
            let first = usize::try_from(pad.before)?;
            let places = 0..total;
            let inside_axis = places.map(|place| (first..first + len).contains(&place));
            inside.push(inside_axis.collect());
        }
        terms.extend(around(number, &inside)?);
        let layer = self.graph.sum(origin, terms);
        Ok(Value::computed(layer, element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_mirrored_repeated_and_wrapped() {
        let places = |mode| (-5..8).map(|at| own(mode, at, 3)).collect::<Vec<_>>();
        assert_eq!(places("reflect"), [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
        assert_eq!(places("wrap"), [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]);
        assert_eq!(places("edge"), [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]);
    }
}
