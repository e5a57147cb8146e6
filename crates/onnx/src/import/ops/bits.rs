//! BitShift and the bitwise operations on integers: by constants, a table of the other operand; of two computed tensors of 8 bits, a sum over their
//! bits.

use crate::element::Element;
use crate::expression::{Expression, Operation as Arithmetic};
use crate::function::{Comparison, Function};
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::common_shape;
use crate::import::build::movement::room;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::build::wrap::modulo;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, string};
use crate::import::value::Value;
use crate::tensor::Tensor;
use std::sync::Arc;

inventory::submit! {
    Operation::new("BitShift", &[11], shift)
        .attributes(&[string("direction")])
        .fold(Fold::Own(evaluate_shift))
        .row(
            "by one constant number; by a tensor, of integers of 8 or 16 bits",
            "a table; by a tensor a table for each shift, of which one is picked",
        )
}
inventory::submit! {
    Operation::new("BitwiseAnd", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or tables of bits and their products")
}
inventory::submit! {
    Operation::new("BitwiseOr", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or tables of bits and their products")
}
inventory::submit! {
    Operation::new("BitwiseXor", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or tables of bits and their products")
}
inventory::submit! {
    Operation::new("BitwiseNot", &[18], complement).row("", "a sum")
}

const CONDITIONS: &str = "with one constant number of at most 24 bits, or of two tensors of 8 bits";

/// Bits that a table of one operand takes apart, at most.
const MAX_BITS: u32 = 24;

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
    if node.input(1)?.constant().is_none() {
        return shift_by_tensor(importer, node, element);
    }
    let given = node.constant(1, "shift")?;
    let by = match given.integers().and_then(<[i64]>::split_first) {
        Some((&first, rest)) if rest.iter().all(|&other| other == first) => {
            u32::try_from(first).ok()
        }
        _ => None,
    };
    let Some(by) = by.filter(|&by| by < 32) else {
        return refuse(
            "shifts that differ, or are of more than 31 bits; export the model with one constant shift",
        );
    };
    let expression = shifted_by(element, is_left(node)?, by)?;
    let source = importer.input(node, 0)?;
    let to = common_shape(&[importer.graph.shape(source), given.shape()])?;
    room(&to)?;
    let shifted = importer.apply(
        &node.origin,
        source,
        Function::Composite(Arc::new(expression)),
    );
    let shifted = importer.repeated_to(&node.origin, &Value::computed(shifted, element), &to)?;
    Ok(vec![shifted])
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
    let product = combine(
        Arithmetic::Multiply,
        argument,
        Expression::Number(f64::from(by).exp2()),
    );
    // What is wider than a proof's numbers never wraps around.
    Ok(match element.bits() {
        Some(bits) if bits <= 16 => modulo(product, low, high),
        _ => product,
    })
}

/// By each number of bits that leaves something, where it is the one asked for. All bits are gone in a greater shift.
fn shift_by_tensor(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    element: Element,
) -> Imported<Vec<Value>> {
    let Some(bits) = element.bits().filter(|&bits| bits <= 16) else {
        return refuse(format!(
            "shifts of {element} by a computed tensor; of 16 bits or less, or by a constant, they are supported"
        ));
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
    let source = importer.broadcast_to(&node.origin, source, &to)?;
    let by = importer.broadcast_to(&node.origin, by, &to)?;
    let mut terms = Vec::new();
    for count in 0..bits as u32 {
        let expression = shifted_by(element, is_left, count)?;
        let shifted = importer.apply(
            &node.origin,
            source,
            Function::Composite(Arc::new(expression)),
        );
        let number =
            importer
                .graph
                .add_constant(&node.origin, vec![1; to.len()], vec![count as f32]);
        let is_asked =
            importer.binary(&place, Arithmetic::Compare(Comparison::Equal), by, number)?;
        let picked = importer.graph.entrywise(&node.origin, is_asked, shifted);
        terms.push(importer.graph.summand(1.0, picked, vec![])?);
    }
    let layer = importer.graph.sum(&node.origin, terms);
    Ok(vec![Value::computed(layer, element)])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_binary(
        node,
        &Binary {
            reals: |a, _| a,
            integers: match node.op() {
                "BitwiseAnd" => |a, b| Some(a & b),
                "BitwiseOr" => |a, b| Some(a | b),
                _ => |a, b| Some(a ^ b),
            },
            result: None,
        },
    )
}

fn complement(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let Some((low, high)) = element.bounds() else {
        return refuse(format!("bits of {element}"));
    };
    let source = importer.input(node, 0)?;
    let shape = importer.graph.shape(source).to_vec();
    let terms = vec![
        importer.graph.summand(-1.0, source, vec![])?,
        crate::graph::Graph::fill((low + high) as f64, &shape)?,
    ];
    let layer = importer.graph.sum(&node.origin, terms);
    Ok(vec![Value::computed(layer, element)])
}

fn bitwise(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    let shapes = [
        importer.shape(node.input(0)?)?,
        importer.shape(node.input(1)?)?,
    ];
    let to = common_shape(&[&shapes[0], &shapes[1]])?;
    room(&to)?;
    let constant = node
        .inputs
        .iter()
        .flatten()
        .position(|input| input.constant().is_some());
    // With the number of bits that both have, `a or b` is `a + b - (a and b)`, and `a xor b` is `a + b - 2 (a and b)`.
    let (own, common) = match node.op() {
        "BitwiseAnd" => (0.0, 1.0),
        "BitwiseOr" => (1.0, -1.0),
        _ => (1.0, -2.0),
    };
    let layer = match constant {
        Some(position) => {
            let number = only(node.constant(position, "operand")?)?;
            let source = importer.input(node, 1 - position)?;
            let both = common_bits(number)?;
            let sum = combine(
                Arithmetic::Add,
                Expression::Argument,
                Expression::Number(number as f64),
            );
            let sum = combine(Arithmetic::Multiply, sum, Expression::Number(own));
            let both = combine(Arithmetic::Multiply, both, Expression::Number(common));
            let expression = combine(Arithmetic::Add, sum, both);
            importer.apply(
                &node.origin,
                source,
                Function::Composite(Arc::new(expression)),
            )
        }
        None => {
            if element.bits() != Some(8) {
                return refuse(format!(
                    "bits of two computed tensors of {element}; of 8 bits, or with a constant number, it is supported"
                ));
            }
            let left = importer.input(node, 0)?;
            let left = importer.broadcast_to(&node.origin, left, &to)?;
            let right = importer.input(node, 1)?;
            let right = importer.broadcast_to(&node.origin, right, &to)?;
            let is_signed = element == Element::Int8;
            let mut terms = Vec::new();
            if own != 0.0 {
                terms.push(importer.graph.summand(own, left, vec![])?);
                terms.push(importer.graph.summand(own, right, vec![])?);
            }
            for place in 0..8u32 {
                let left = importer.bit(&node.origin, left, place);
                let right = importer.bit(&node.origin, right, place);
                let both = importer.graph.entrywise(&node.origin, left, right);
                let weight =
                    f64::from(1u32 << place) * if is_signed && place == 7 { -1.0 } else { 1.0 };
                terms.push(importer.graph.summand(common * weight, both, vec![])?);
            }
            importer.graph.sum(&node.origin, terms)
        }
    };
    let result = importer.repeated_to(&node.origin, &Value::computed(layer, element), &to)?;
    Ok(vec![result])
}

/// The number that a constant holds everywhere.
fn only(tensor: &Tensor) -> Imported<i64> {
    match tensor.integers().and_then(<[i64]>::split_first) {
        Some((&first, rest)) if rest.iter().all(|&other| other == first) => Ok(first),
        _ => refuse("a constant whose numbers differ; export the model with one number"),
    }
}

/// The bits that the argument has in common with a number. Of a negative number they are those that its complement does not have.
fn common_bits(number: i64) -> Imported<Expression> {
    let bits = if number < 0 { !number } else { number };
    if 64 - bits.leading_zeros() > MAX_BITS {
        return refuse(format!(
            "the constant {number}, which has more than {MAX_BITS} bits"
        ));
    }
    let mut sum = Expression::Number(0.0);
    for place in (0..MAX_BITS).filter(|place| bits >> place & 1 == 1) {
        let weight = Expression::Number(f64::from(1u32 << place));
        sum = combine(
            Arithmetic::Add,
            sum,
            combine(Arithmetic::Multiply, bit(place), weight),
        );
    }
    Ok(match number < 0 {
        true => combine(Arithmetic::Subtract, Expression::Argument, sum),
        false => sum,
    })
}

fn combine(operation: Arithmetic, left: Expression, right: Expression) -> Expression {
    Expression::Combine(operation, Box::new(left), Box::new(right))
}

/// `floor(x / 2^by)`.
fn floor_of_quotient(x: Expression, by: f64) -> Expression {
    let quotient = combine(Arithmetic::Divide, x, Expression::Number(by.exp2()));
    Expression::Apply(Function::Floor, Box::new(quotient))
}

/// The bit of the argument at a place, in two's complement.
fn bit(place: u32) -> Expression {
    let here = floor_of_quotient(Expression::Argument, place.into());
    let above = floor_of_quotient(Expression::Argument, f64::from(place) + 1.0);
    let above = combine(Arithmetic::Multiply, above, Expression::Number(2.0));
    combine(Arithmetic::Subtract, here, above)
}

impl Importer<'_> {
    fn bit(&mut self, origin: &str, source: LayerId, place: u32) -> LayerId {
        self.apply(origin, source, Function::Composite(Arc::new(bit(place))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_in_common_are_those_of_integers() {
        for number in [0, 1, 7, 12, 255, 4096, -1, -2, -128] {
            let common = common_bits(number).unwrap();
            assert!(common.is_integral(true));
            for x in (-300..300).chain([65_535, -65_536]) {
                assert_eq!(
                    common.evaluate(x as f64),
                    (x & number) as f64,
                    "{x} & {number}"
                );
            }
        }
        assert!(common_bits(1 << 30).is_err());
    }

    #[test]
    fn products_wrap_around() {
        let shifted = combine(
            Arithmetic::Multiply,
            Expression::Argument,
            Expression::Number(4.0),
        );
        let shifted = modulo(shifted, -128, 127);
        for x in -128i8..=127 {
            assert_eq!(shifted.evaluate(x.into()), f64::from(x.wrapping_mul(4)));
        }
    }
}
