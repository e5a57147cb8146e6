//! NonZero and Unique: how many entries their outputs have depends on the values, so that these must be constant.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::broadcast::axis;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;
use crate::tensor::{Data, Tensor};
use std::cmp::Ordering;

inventory::submit! {
    Operation::new("NonZero", &[9, 13], of_computed)
        .fold(Fold::Own(non_zero))
        .row("of constants", "")
}
inventory::submit! {
    Operation::new("Unique", &[11], of_computed)
        .attributes(&[int("axis"), int("sorted")])
        .fold(Fold::Own(unique))
        .row("of constants", "")
}

fn of_computed(_: &mut Importer<'_>, _: &Node<'_>) -> Imported<Vec<Value>> {
    refuse(
        "its input is computed, and the shape of its output depends on the values; a proof has fixed shapes: use Where, a product with a mask, or TopK instead",
    )
}

/// The coordinates of the entries that are not zero, a column for each.
fn non_zero(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "input")?;
    let holds: Vec<bool> = match (tensor.integers(), tensor.reals()) {
        (Some(integers), _) => integers.iter().map(|&v| v != 0).collect(),
        (None, Some(reals)) => reals.iter().map(|&v| v != 0.0).collect(),
        (None, None) => return refuse("strings, of which none is zero"),
    };
    let found: Vec<usize> = (0..holds.len())
        .filter(|&place| holds.get(place) == Some(&true))
        .collect();
    let mut strides = Vec::new();
    let mut stride = 1;
    for &len in tensor.shape().iter().rev() {
        strides.push((stride, len));
        stride *= len;
    }
    let rows = strides.iter().rev().flat_map(|&(stride, len)| {
        let coordinate = move |place: &usize| (place / stride % len.max(1)) as i64;
        found.iter().map(coordinate)
    });
    let shape = vec![tensor.shape().len(), found.len()];
    match Tensor::of_integers(Element::Int64, shape, rows.collect()) {
        Some(places) => Ok(vec![Value::Constant(places)]),
        None => refuse("too many entries"),
    }
}

/// How two entries of a constant compare.
fn compare(tensor: &Tensor, left: usize, right: usize) -> Ordering {
    fn of<T>(values: &[T], left: usize, right: usize, by: impl Fn(&T, &T) -> Ordering) -> Ordering {
        match (values.get(left), values.get(right)) {
            (Some(left), Some(right)) => by(left, right),
            _ => Ordering::Equal,
        }
    }
    match tensor.data() {
        Data::Floats(values) => of(&values.entries(), left, right, |l, r| {
            l.partial_cmp(r).unwrap_or(Ordering::Equal)
        }),
        Data::Doubles(values) => of(values, left, right, |l, r| {
            l.partial_cmp(r).unwrap_or(Ordering::Equal)
        }),
        Data::Integers(values) => of(values, left, right, Ord::cmp),
        Data::Strings(values) => of(values, left, right, Ord::cmp),
    }
}

/// The different entries, or slices along an axis; where each stands first; which of them each is; and how many there are of each.
fn unique(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = &node.constant(0, "input")?.held();
    let shape = tensor.shape().to_vec();
    let (count, inner, along) = match node.int("axis") {
        None => (tensor.len(), 1, None),
        Some(given) => {
            let axis = axis(given, shape.len())?;
            let inner: usize = shape.iter().skip(axis + 1).product();
            (shape.get(axis).copied().unwrap_or(0), inner, Some(axis))
        }
    };
    let outer = tensor.len() / (count * inner).max(1);
    // The entries of a slice, in their order.
    let entries = |slice: usize| {
        (0..outer).flat_map(move |row| {
            (0..inner).map(move |column| (row * count + slice) * inner + column)
        })
    };
    let order = |left: usize, right: usize| {
        let pairs = entries(left).zip(entries(right));
        let mut compared = pairs.map(|(left, right)| compare(tensor, left, right));
        compared
            .find(|&order| order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    };
    let mut sorted: Vec<usize> = (0..count).collect();
    sorted.sort_by(|&left, &right| order(left, right));
    // Groups of slices that are alike, each by the first of them.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for slice in sorted {
        match groups.last_mut() {
            Some(group)
                if group
                    .first()
                    .is_some_and(|&first| order(first, slice) == Ordering::Equal) =>
            {
                group.push(slice)
            }
            _ => groups.push(vec![slice]),
        }
    }
    if !node.flag("sorted", true) {
        groups.sort_by_key(|group| group.first().copied());
    }
    let mut which = vec![0i64; count];
    for (number, group) in (0i64..).zip(&groups) {
        for &member in group {
            if let Some(slot) = which.get_mut(member) {
                *slot = number;
            }
        }
    }
    let firsts: Vec<usize> = groups
        .iter()
        .filter_map(|group| group.first().copied())
        .collect();
    let to = match along {
        None => vec![firsts.len()],
        Some(axis) => {
            let lengths = shape.iter().enumerate();
            lengths
                .map(|(a, &len)| if a == axis { firsts.len() } else { len })
                .collect()
        }
    };
    let places = (0..outer).flat_map(|row| {
        let slices = firsts.iter();
        slices.flat_map(move |slice| {
            (0..inner).map(move |column| Some((row * count + slice) * inner + column))
        })
    });
    let places: Vec<Option<usize>> = places.collect();
    let Some(values) = tensor.picked(to, &places) else {
        return refuse("its constants could not be picked");
    };
    let firsts = firsts.iter().map(|&first| first as i64).collect();
    let counts = groups.iter().map(|group| group.len() as i64).collect();
    Ok(vec![
        Value::Constant(values),
        Value::Constant(Tensor::of_list(firsts)),
        Value::Constant(Tensor::of_list(which)),
        Value::Constant(Tensor::of_list(counts)),
    ])
}
