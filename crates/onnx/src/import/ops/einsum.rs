//! Einsum: products of tensors by the letters of their axes.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::contraction::Label;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, string};
use crate::import::value::Value;
use inferproof_view::Step;
use std::collections::BTreeMap;

inventory::submit! {
    Operation::new("Einsum", &[12], import)
        .attributes(&[string("equation")])
        .row("", "contractions, two operands at a time, or a sum")
}

/// An operand, and the names of its axes: a letter, or what an ellipsis stands for, counted from the last axis.
struct Operand {
    layer: LayerId,
    axes: Vec<Axis>,
}

/// The name of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Axis {
    Ellipsis(usize),
    Letter(char),
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let Some(equation) = node.string("equation")? else {
        return refuse("its attribute `equation` is missing");
    };
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (&equation[..], None),
    };
    let layers = importer.all_inputs(node)?;
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != layers.len() {
        return refuse(format!(
            "the equation `{equation}` for {} operands",
            layers.len()
        ));
    }
    let mut operands = Vec::new();
    for (term, layer) in terms.iter().zip(layers) {
        let rank = importer.graph.shape(layer).len();
        let axes = names(term, Some(rank))?;
        operands.push(undoubled(importer, &node.origin, Operand { layer, axes })?);
    }
    let widest = operands
        .iter()
        .flat_map(|o| &o.axes)
        .filter(|a| matches!(a, Axis::Ellipsis(_)));
    let widest = widest.map(|a| match a {
        Axis::Ellipsis(place) => place + 1,
        Axis::Letter(_) => 0,
    });
    let widest = widest.max().unwrap_or(0);
    let output = match right {
        Some(right) => {
            let letters = right.replace("...", "").chars().count();
            let rank = letters + if right.contains("...") { widest } else { 0 };
            names(right, Some(rank))?
        }
        None => {
            // What an ellipsis stands for, then the letters that occur once, in alphabetical order.
            let mut counts: BTreeMap<char, usize> = BTreeMap::new();
            for letter in left.chars().filter(|c| c.is_alphabetic()) {
                *counts.entry(letter).or_default() += 1;
            }
            let once = counts.into_iter().filter(|(_, count)| *count == 1);
            let dots = (0..widest).rev().map(Axis::Ellipsis);
            dots.chain(once.map(|(letter, _)| Axis::Letter(letter)))
                .collect()
        }
    };
    let mut rest = operands.into_iter();
    let Some(mut result) = rest.next() else {
        return refuse("it has no operands");
    };
    let mut rest: Vec<Operand> = rest.collect();
    rest.reverse();
    if rest.is_empty() {
        result = summed(importer, &node.origin, result, &output)?;
    }
    while let Some(next) = rest.pop() {
        // What neither the output nor a later operand has is summed here.
        let is_needed = |axis: &Axis| {
            output.contains(axis) || rest.iter().any(|later| later.axes.contains(axis))
        };
        let mut kept: Vec<Axis> = match rest.is_empty() {
            true => output.clone(),
            false => {
                let all = result.axes.iter().chain(&next.axes);
                all.copied().filter(|axis| is_needed(axis)).collect()
            }
        };
        let mut seen = Vec::new();
        kept.retain(|axis| {
            let fresh = !seen.contains(axis);
            seen.push(*axis);
            fresh
        });
        result = product(importer, &node.origin, result, next, kept)?;
    }
    Ok(vec![Value::computed(result.layer, element)])
}

/// The names of the axes of a term.
fn names(term: &str, rank: Option<usize>) -> Imported<Vec<Axis>> {
    let letters = |text: &str| -> Imported<Vec<Axis>> {
        match text.chars().all(|c| c.is_ascii_alphabetic()) {
            true => Ok(text.chars().map(Axis::Letter).collect()),
            false => refuse(format!("the term `{term}` of its equation")),
        }
    };
    let Some((before, after)) = term.split_once("...") else {
        let axes = letters(term)?;
        return match rank.is_none_or(|rank| rank == axes.len()) {
            true => Ok(axes),
            false => refuse(format!(
                "the term `{term}` for a tensor of {} axes",
                rank.unwrap_or(0)
            )),
        };
    };
    let (before, after) = (letters(before)?, letters(after)?);
    let Some(dots) = rank.unwrap_or(0).checked_sub(before.len() + after.len()) else {
        return refuse(format!(
            "the term `{term}` for a tensor of {} axes",
            rank.unwrap_or(0)
        ));
    };
    let dots = (0..dots).rev().map(Axis::Ellipsis);
    Ok(before.into_iter().chain(dots).chain(after).collect())
}

/// The diagonal along axes of one name.
fn undoubled(importer: &mut Importer<'_>, origin: &str, operand: Operand) -> Imported<Operand> {
    let Operand {
        mut layer,
        mut axes,
    } = operand;
    while let Some((first, second)) = doubled(&axes) {
        let shape = importer.graph.shape(layer).to_vec();
        let length = shape[first];
        if shape[second] != length {
            return refuse(format!(
                "axes of one letter with lengths {length} and {}",
                shape[second]
            ));
        }
        // Both axes at the end, as one, of which every (length + 1)th entry is taken.
        let others = (0..shape.len()).filter(|a| *a != first && *a != second);
        let order: Vec<usize> = others.chain([first, second]).collect();
        let axis = shape.len() - 2;
        let diagonal = (0..length).map(|i| u32::try_from(i * (length + 1)).ok());
        let steps = vec![
            Step::Permute(order.clone()),
            Step::Merge {
                axis,
                sizes: vec![length, length],
            },
            Step::Gather {
                axis,
                source: length * length,
                index: diagonal.collect(),
            },
        ];
        layer = importer.graph.view(origin, layer, steps)?;
        axes = order[..=axis].iter().map(|&a| axes[a]).collect();
    }
    Ok(Operand { layer, axes })
}

/// Two axes of one name.
fn doubled(axes: &[Axis]) -> Option<(usize, usize)> {
    axes.iter().enumerate().find_map(|(first, axis)| {
        let second = axes
            .iter()
            .skip(first + 1)
            .position(|other| other == axis)?;
        Some((first, first + 1 + second))
    })
}

/// One operand: what the output lacks is summed, the rest brought in order.
fn summed(
    importer: &mut Importer<'_>,
    origin: &str,
    operand: Operand,
    output: &[Axis],
) -> Imported<Operand> {
    let mut steps = Vec::new();
    let mut axes = operand.axes;
    let shape = importer.graph.shape(operand.layer).to_vec();
    for axis in (0..axes.len()).rev() {
        if !output.contains(&axes[axis]) {
            steps.push(Step::Reduce {
                axis,
                source: shape[axis],
                weights: None,
            });
            axes.remove(axis);
        }
    }
    let order = output
        .iter()
        .map(|axis| axes.iter().position(|a| a == axis));
    let Some(order) = order.collect::<Option<Vec<usize>>>() else {
        return refuse("its equation has an output axis that no operand has");
    };
    steps.push(Step::Permute(order));
    let layer = importer.graph.view(origin, operand.layer, steps)?;
    Ok(Operand {
        layer,
        axes: output.to_vec(),
    })
}

/// Two operands: what is not kept is summed.
fn product(
    importer: &mut Importer<'_>,
    origin: &str,
    left: Operand,
    right: Operand,
    kept: Vec<Axis>,
) -> Imported<Operand> {
    let place_in = |axes: &[Axis], axis: &Axis| axes.iter().position(|a| a == axis);
    let (left_shape, right_shape) = (
        importer.graph.shape(left.layer).to_vec(),
        importer.graph.shape(right.layer).to_vec(),
    );
    let mut all: Vec<Axis> = left.axes.clone();
    all.extend(right.axes.iter().filter(|a| !left.axes.contains(a)));
    let mut labels = Vec::new();
    let mut to = vec![1; kept.len()];
    for axis in &all {
        let label = Label {
            left: place_in(&left.axes, axis),
            right: place_in(&right.axes, axis),
            output: place_in(&kept, axis),
        };
        let lengths = [
            label.left.map_or(1, |a| left_shape[a]),
            label.right.map_or(1, |a| right_shape[a]),
        ];
        let length = lengths[0].max(lengths[1]);
        let both = label.left.is_some() && label.right.is_some();
        if both && lengths[0] != lengths[1] && !lengths.contains(&1) {
            return refuse(format!(
                "axes of one letter with lengths {} and {}",
                lengths[0], lengths[1]
            ));
        }
        if let Some(output) = label.output {
            to[output] = length;
        }
        labels.push(label);
    }
    if kept.iter().any(|axis| !all.contains(axis)) {
        return refuse("its equation has an output axis that no operand has");
    }
    let place = Place {
        origin,
        to: &to,
        owned: &[],
    };
    let layer = importer.labelled_product(&place, left.layer, right.layer, &labels)?;
    Ok(Operand { layer, axes: kept })
}
