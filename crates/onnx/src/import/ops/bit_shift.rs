//! BitShift. Few integers are looked up in a table of all; others are multiplied and divided by powers of two.

use crate::element::Element;
use crate::function::{Comparison, Expression, Function, Operation as Arithmetic};
use crate::graph::{Divisor, LayerId};
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::bits::{TABLE_BITS, floor_of_quotient};
use crate::import::build::broadcast::common_shape;
use crate::import::build::movement::room;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::build::wrap::modulo;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, string};
use crate::import::value::Value;
use std::sync::Arc;

inventory::submit! {
    Operation::new("BitShift", &[11], shift)
        .attributes(&[string("direction")])
        .fold(Fold::Own(evaluate_shift))
        .row(
            "by up to 16 different constant numbers, or by a tensor",
            "a table, or products and quotients; by a tensor of 8 or 16 bits a table for each shift, of which one is picked",
        )
}

/// Constants below these are exact as weights that are multiplied, and as such that bits pick.
const MAX_FACTOR: f32 = 32_768.0;
const MAX_PICKED: f32 = 8_388_608.0;

/// The greatest shift whose power of two is the entry of a table.
const MAX_POWER: f64 = 30.0;

fn evaluate_shift(node: &Node<'_>) -> Imported<Vec<Value>> {
    let left = is_left(node)?;
    evaluate_binary(
        node,
        &Binary {
            reals: |a, _| a,
            integers: match left {
                true => |a, b| {
                    Some(
                        u32::try_from(b)
                            .ok()
                            .filter(|&b| b < 64)
                            .map_or(0, |b| a << b),
                    )
                },
                false => |a, b| {
                    Some(
                        u32::try_from(b)
                            .ok()
                            .filter(|&b| b < 64)
                            .map_or(0, |b| a >> b),
                    )
                },
            },
            result: None,
        },
    )
}

fn is_left(node: &Node<'_>) -> Imported<bool> {
    match node.string("direction")? {
        Some("LEFT") => Ok(true),
        Some("RIGHT") => Ok(false),
        other => refuse(format!("its attribute `direction` is {other:?}")),
    }
}

fn shift(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let Some(bits) = element.bits().filter(|_| element.is_integer()) else {
        return refuse(format!("bits of {element}"));
    };
    let is_left = is_left(node)?;
    let source = importer.input(node, 0)?;
    let by = importer.input(node, 1)?;
    let to = common_shape(&[importer.graph.shape(source), importer.graph.shape(by)])?;
    room(&to)?;
    let place = Place {
        origin: &node.origin,
        to: &to,
        owned: &[],
    };
    let layer = if importer.graph.constant(by).is_some() {
        let by = importer.of_rank(&node.origin, by, to.len())?;
        let source = importer.of_rank(&node.origin, source, to.len())?;
        let shifted = |importer: &mut Importer<'_>, by: f64, read: LayerId| {
            importer.shifted_by_number(&node.origin, read, element, is_left, by)
        };
        importer.by_each_number(&place, by, source, shifted)?
    } else {
        let source = importer.broadcast_to(&node.origin, source, &to)?;
        let by = importer.broadcast_to(&node.origin, by, &to)?;
        let known = importer.graph.constant(source);
        let limit = match is_left {
            true => MAX_FACTOR,
            false => MAX_PICKED,
        };
        if known.is_some_and(|values| values.entries().iter().any(|v| v.abs() >= limit)) {
            return refuse(format!(
                "a constant of {limit} or more shifted by a computed number of bits: make it an input of the model"
            ));
        }
        match bits <= TABLE_BITS || (known.is_some() && !is_left) {
            true => picked_shift(importer, &place, [source, by], element, is_left)?,
            false => importer.shifted_by_tensor(&node.origin, [source, by], element, is_left)?,
        }
    };
    Ok(vec![Value::computed(layer, element)])
}

/// The argument shifted by a number of bits.
fn shifted_by(element: Element, is_left: bool, by: u32) -> Imported<Expression> {
    let Some((low, high)) = element.bounds() else {
        return refuse(format!("bits of {element}"));
    };
    let argument = Expression::Argument;
    if !is_left {
        return Ok(floor_of_quotient(argument, by.into()));
    }
    let product = argument * Expression::Number(f64::from(by).exp2());
    // What is wider than a proof's numbers never wraps around.
    Ok(match element.bits() {
        Some(bits) if bits <= 16 => modulo(product, low, high),
        _ => product,
    })
}

/// By each number of bits that leaves something, where it is the one asked for. All bits are gone in a greater shift.
fn picked_shift(
    importer: &mut Importer<'_>,
    at: &Place<'_>,
    [source, by]: [LayerId; 2],
    element: Element,
    is_left: bool,
) -> Imported<LayerId> {
    let mut terms = Vec::new();
    for count in 0..element.bits().unwrap_or(0) as u32 {
        let expression = shifted_by(element, is_left, count)?;
        // A constant is shifted at once: as weights its integers might have too many bits for a table's arguments.
        let known = importer.graph.constant(source).map(|values| {
            let values = values.entries();
            let shifted = values.iter().map(|&v| expression.evaluate(v.into()) as f32);
            shifted.collect()
        });
        let shifted = match known {
            Some(values) => importer
                .graph
                .add_constant(at.origin, at.to.to_vec(), values),
            None => {
                let function = Function::Composite(Arc::new(expression));
                importer.apply(at.origin, source, function)
            }
        };
        let number =
            importer
                .graph
                .add_constant(at.origin, vec![1; at.to.len()], vec![count as f32]);
        let is_asked = importer.binary(at, Arithmetic::Compare(Comparison::Equal), by, number)?;
        let picked = importer.graph.entrywise(at.origin, is_asked, shifted);
        terms.push(importer.graph.summand(1.0, picked, vec![])?);
    }
    Ok(importer.graph.sum(at.origin, terms))
}

impl Importer<'_> {
    /// Integers shifted by the same number of bits.
    fn shifted_by_number(
        &mut self,
        origin: &str,
        source: LayerId,
        element: Element,
        is_left: bool,
        by: f64,
    ) -> Imported<LayerId> {
        let (bits, bounds) = (element.bits().unwrap_or(0), element.bounds());
        let by = match bounds {
            Some(_) if by >= 0.0 && by < bits as f64 => by as u32,
            _ => {
                return refuse(format!(
                    "a shift of {element} by {by} bits; expected one from 0 to {}",
                    bits.saturating_sub(1)
                ));
            }
        };
        if bits <= TABLE_BITS {
            let expression = shifted_by(element, is_left, by)?;
            return Ok(self.apply(origin, source, Function::Composite(Arc::new(expression))));
        }
        if by as f64 > MAX_POWER {
            return refuse(format!(
                "a shift by {by} bits; up to {MAX_POWER} are supported"
            ));
        }
        if !is_left {
            let divisor = Divisor::Number(1 << by);
            return Ok(self.graph.quotient(origin, source, divisor));
        }
        let product = self
            .graph
            .scaled(origin, f64::from(by).exp2(), source, vec![])?;
        self.without_overflow(origin, product, element)
    }

    /// What a product leaves in 32 bits. In 64 there is room for all that a proof can hold.
    fn without_overflow(
        &mut self,
        origin: &str,
        product: LayerId,
        element: Element,
    ) -> Imported<LayerId> {
        match element.bounds() {
            Some(bounds) if element.bits() == Some(32) => {
                self.wrapped_by_quotient(origin, product, bounds)
            }
            _ => Ok(product),
        }
    }

    /// Integers of 32 or 64 bits without a sign, shifted by as many bits as the entries of a tensor say: times a power of two, or times
    /// one of its complement and divided by the greatest.
    fn shifted_by_tensor(
        &mut self,
        origin: &str,
        [source, by]: [LayerId; 2],
        element: Element,
        is_left: bool,
    ) -> Imported<LayerId> {
        let power = |exponent: Expression| {
            let two = Expression::Number(2.0);
            two.with(Arithmetic::Power, exponent)
        };
        if is_left {
            let powers = power(Expression::Argument).then(Function::Floor);
            let powers = Function::Composite(Arc::new(powers));
            let powers = self.graph.apply(origin, by, powers);
            let product = self.graph.entrywise(origin, source, powers);
            return self.without_overflow(origin, product, element);
        }
        // By more than the greatest shift, the power of the complement is zero; then it is one more than that first, and the rest after it.
        let rest = Expression::Number(MAX_POWER) - Expression::Argument;
        let first = power(rest.clone()).then(Function::Floor);
        let further = rest + Expression::Number(MAX_POWER + 1.0);
        let is_further = Expression::Combine(
            Arithmetic::Compare(Comparison::Greater),
            Box::new(Expression::Argument),
            Box::new(Expression::Number(MAX_POWER)),
        );
        let none = Expression::Number(0.0);
        let further = Expression::Select(
            Box::new(is_further),
            Box::new(power(further).then(Function::Floor)),
            Box::new(none),
        );
        let high = Divisor::Number(2i64 << MAX_POWER as u32);
        let high = self.graph.quotient(origin, source, high);
        let mut parts = Vec::new();
        for (part, factor) in [(source, first), (high, further)] {
            let factor = Function::Composite(Arc::new(factor));
            let factor = self.graph.apply(origin, by, factor);
            let product = self.graph.entrywise(origin, part, factor);
            let divisor = Divisor::Number(1i64 << MAX_POWER as u32);
            parts.push(self.graph.quotient(origin, product, divisor));
        }
        match parts[..] {
            [low, high] => self.combination(origin, [(1.0, low), (1.0, high)], 0.0),
            _ => refuse("a shift without parts"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_wrap_around() {
        let shifted = Expression::Argument * Expression::Number(4.0);
        let shifted = modulo(shifted, -128, 127);
        for x in -128i8..=127 {
            assert_eq!(shifted.evaluate(x.into()), f64::from(x.wrapping_mul(4)));
        }
    }
}
