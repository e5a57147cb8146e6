//! Range: numbers from a start, by steps, up to a limit that is not among them.

use crate::import::Importer;
use crate::import::build::movement::room;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Range", &[11], import)
        .fold(Fold::Never)
        .row("constant bounds", "")
}

fn import(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let names = ["start", "limit", "delta"];
    let bounds = names.iter().enumerate();
    let bounds = bounds.map(|(position, name)| node.constant(position, name));
    let bounds = bounds.collect::<Imported<Vec<&Tensor>>>()?;
    let integers: Option<Vec<i64>> = bounds
        .iter()
        .map(|bound| match bound.integers() {
            Some(&[only]) => Some(only),
            _ => None,
        })
        .collect();
    let reals: Option<Vec<f64>> = bounds.iter().map(|bound| bound.scalar()).collect();
    let element = node.element(0)?;
    let tensor = match (integers.as_deref(), reals.as_deref()) {
        (Some(&[start, limit, delta]), _) => {
            let (start, limit, delta) = (i128::from(start), i128::from(limit), i128::from(delta));
            if delta == 0 {
                return refuse("a delta of zero");
            }
            let span = (limit - start) * delta.signum();
            let count =
                span.max(0).div_euclid(delta.abs()) + i128::from(span.max(0) % delta.abs() != 0);
            let count = room(&[usize::try_from(count)?])?;
            let numbers = (0..count as i128).map(|i| (start + i * delta) as i64);
            Tensor::of_integers(element, vec![count], numbers.collect())
        }
        (_, Some(&[start, limit, delta])) => {
            let count = ((limit - start) / delta).ceil().max(0.0);
            if !count.is_finite() || delta == 0.0 {
                return refuse(format!("numbers from {start} to {limit} by {delta}"));
            }
            let count = room(&[count as usize])?;
            let numbers = (0..count).map(|i| start + i as f64 * delta);
            Tensor::of_reals(element, vec![count], numbers.collect())
        }
        _ => return refuse("bounds that are no single numbers"),
    };
    match tensor {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse(format!("numbers of type {element}")),
    }
}
