//! Pow: powers, entry by entry. The result has the type of the base, whatever that of the exponent.

use crate::element::Element;
use crate::function::{Expression, Function, Operation as Arithmetic};
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::typed::places;
use crate::import::build::wrap::Bounds;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("Pow", &[7, 12, 13, 15], import)
        .fold(Fold::Own(evaluate))
        .row(
            "an exponent of at most 16 different numbers, an array that is not of whole numbers, or a base of reals that calibration sees positive",
            "a product where the exponent is 2, else a table; by an array that is not of whole numbers tables of a logarithm and an exponential, and a product",
        )
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let element = node.element(0)?;
    let shapes = [node.input(0)?, node.input(1)?].map(|v| importer.shape(v));
    let [base, exponent] = shapes;
    let to = common_shape(&[&base?, &exponent?])?;
    if let Some(empty) = importer.without_entries(element, &to) {
        return Ok(vec![empty]);
    }
    let base = importer.input(node, 0)?;
    let exponent = importer.input(node, 1)?;
    let place = Place {
        origin,
        to: &to,
        owned: &[],
    };
    let number = match node.optional(1) {
        Some(Value::Constant(tensor)) => common_number(tensor),
        _ => None,
    };
    let layer = match number {
        _ if element.is_float() && importer.is_secret_exponent(base, exponent) => {
            importer.power_by_weights(&place, base, exponent)?
        }
        Some(number) => {
            let base = importer.broadcast_to(origin, base, &to)?;
            power_of(importer, &place, base, number, element)?
        }
        None if element.is_whole() && node.element(1)?.is_float() => {
            return refuse("a power of integers with computed exponents: cast the base to float");
        }
        None if importer
            .graph
            .constant(base)
            .is_some_and(|b| b.entries().iter().any(|&b| b < 0.0)) =>
        {
            return refuse(
                "a negative base with a computed exponent, of which no power is defined between whole numbers",
            );
        }
        None => {
            let is_constant = |layer| importer.graph.constant(layer).is_some();
            let (fixed, known) = (is_constant(base), is_constant(exponent));
            if element.is_whole() && !fixed && !known {
                return refuse(
                    "a power of computed integers with computed exponents: cast both to float",
                );
            }
            let power = importer.binary(&place, Arithmetic::Power, base, exponent)?;
            // Of a table's arguments each has its power exactly, less what is behind the point.
            match element.is_whole() && fixed {
                true => importer.apply(origin, power, Function::Truncate),
                false => power,
            }
        }
    };
    let bounds = importer.bounds(base, element);
    let layer = match (bounds, number) {
        (Some(bounds), Some(number)) if (0.0..=64.0).contains(&number) => {
            let exponent = number.ceil() as u32;
            let reach = bounds.magnitude().high.saturating_pow(exponent);
            let low = match bounds.low < 0 {
                true => -reach,
                false => 0,
            };
            importer.wrapped(origin, layer, element, Bounds { low, high: reach })?
        }
        _ => layer,
    };
    Ok(vec![Value::computed(layer, element)])
}

/// The number that a tensor holds everywhere.
fn common_number(tensor: &Tensor) -> Option<f64> {
    let reals = tensor.reals()?;
    let (first, rest) = reals.split_first()?;
    rest.iter().all(|v| v == first).then_some(*first)
}

/// A power whose exponent is one number, as the cheapest thing that it is.
fn power_of(
    importer: &mut Importer<'_>,
    at: &Place<'_>,
    base: LayerId,
    exponent: f64,
    element: Element,
) -> Imported<LayerId> {
    let function = match exponent {
        1.0 => return Ok(base),
        2.0 => return importer.multiply(at, base, base),
        0.5 => Function::Sqrt,
        -0.5 => Function::ReciprocalSqrt,
        -1.0 => Function::Reciprocal,
        other => Function::Power(other),
    };
    let is_whole = exponent >= 0.0 && exponent.fract() == 0.0;
    let function = match element.is_whole() && !is_whole {
        true => Function::from(Expression::Argument.then(function).then(Function::Truncate)),
        false => function,
    };
    Ok(importer.apply(at.origin, base, function))
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let (base, exponent) = (node.constant(0, "base")?, node.constant(1, "exponent")?);
    let shape = common_shape(&[base.shape(), exponent.shape()])?;
    let element = base.element();
    let pairs = places(base.shape(), &shape).zip(places(exponent.shape(), &shape));
    let pairs = pairs.collect::<Vec<_>>().into_iter();
    let (Some(reals), Some(exponents)) = (base.reals(), exponent.reals()) else {
        return refuse("powers of strings");
    };
    let result = match (base.integers(), exponent.integers()) {
        (Some(integers), Some(whole)) => {
            let powers = pairs.map(|(b, e)| {
                let (b, e) = (*integers.get(b)?, *whole.get(e)?);
                integer_power(b, e, element)
            });
            match powers.collect::<Option<Vec<i64>>>() {
                Some(powers) => Tensor::of_integers(element, shape, powers),
                None => return refuse("a negative power of a constant zero"),
            }
        }
        _ => {
            let powers = pairs.map(|(b, e)| {
                let base = reals.get(b).copied().unwrap_or_default();
                let exponent = exponents.get(e).copied().unwrap_or_default();
                Function::Power(exponent).evaluate(base)
            });
            Tensor::of_reals(element, shape, powers.collect())
        }
    };
    match result {
        Some(result) => Ok(vec![Value::Constant(result)]),
        None => refuse(format!("powers of {element}")),
    }
}

/// `base^exponent` in a type of integers; what lies between zero and one is zero.
fn integer_power(base: i64, exponent: i64, element: Element) -> Option<i64> {
    if exponent < 0 {
        return match base {
            0 => None,
            1 => Some(1),
            -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
            _ => Some(0),
        };
    }
    let (mut result, mut square, mut rest) = (1i128, i128::from(base), exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result = element.wrap(result * square);
        }
        square = element.wrap(square * square);
        rest >>= 1;
    }
    i64::try_from(result).ok().or(Some(result as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_powers_wrap() {
        assert_eq!(integer_power(3, 4, Element::Int32), Some(81));
        assert_eq!(integer_power(2, 8, Element::Uint8), Some(0));
        assert_eq!(integer_power(-2, 7, Element::Int8), Some(-128));
        assert_eq!(integer_power(2, -1, Element::Int32), Some(0));
        assert_eq!(integer_power(-1, -3, Element::Int32), Some(-1));
        assert_eq!(integer_power(0, -1, Element::Int32), None);
    }
}
