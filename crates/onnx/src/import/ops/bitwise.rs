//! The bitwise operations on integers. Few integers are looked up in a table of all; others are taken apart into digits of four bits, of which
//! each pair is looked up.

use crate::element::Element;
use crate::function::{Expression, Function};
use crate::graph::{Divisor, LayerId};
use crate::import::Importer;
use crate::import::build::bits::{TABLE_BITS, bit, common_bits};
use crate::import::build::broadcast::common_shape;
use crate::import::build::movement::room;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation};
use crate::import::value::Value;
use crate::tensor::Tensor;
use std::sync::Arc;

inventory::submit! {
    Operation::new("BitwiseAnd", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or quotients and a table for each pair of digits")
}
inventory::submit! {
    Operation::new("BitwiseOr", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or quotients and a table for each pair of digits")
}
inventory::submit! {
    Operation::new("BitwiseXor", &[18], bitwise)
        .fold(Fold::Own(evaluate))
        .row(CONDITIONS, "a table, or quotients and a table for each pair of digits")
}
inventory::submit! {
    Operation::new("BitwiseNot", &[18], complement).row("", "a sum")
}

const CONDITIONS: &str = "constant numbers of at most 24 bits";

/// Bits of a digit.
const DIGIT: usize = 4;

/// Bits of what is taken apart, at most.
const DOUBLE_BITS: usize = 52;

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
    let bounds = element.bounds().filter(|_| element.is_integer());
    let Some((low, high)) = bounds.filter(|_| element != Element::Uint64) else {
        return refuse(format!(
            "the complement of {element}, which has more bits than the integers of a proof"
        ));
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
    let origin = &node.origin;
    let element = node.element(0)?;
    if !element.is_integer() {
        return refuse(format!("bits of {element}"));
    }
    let shapes = [
        importer.shape(node.input(0)?)?,
        importer.shape(node.input(1)?)?,
    ];
    let to = common_shape(&[&shapes[0], &shapes[1]])?;
    room(&to)?;
    // With the number of bits that both have, `a or b` is `a + b - (a and b)`, and `a xor b` is `a + b - 2 (a and b)`.
    let (own, common) = match node.op() {
        "BitwiseAnd" => (0.0, 1.0),
        "BitwiseOr" => (1.0, -1.0),
        _ => (1.0, -2.0),
    };
    let is_constant = |input: &Value| input.constant().is_some();
    let constant = node.inputs.iter().flatten().position(is_constant);
    let is_narrow = element.bits().is_some_and(|bits| bits <= TABLE_BITS);
    if let Some(position) = constant.filter(|_| is_narrow)
        && let Some(number) = only(node.constant(position, "operand")?)
    {
        let source = importer.input(node, 1 - position)?;
        let both = common_bits(number)?;
        let number = Expression::Number(number as f64);
        let sum = Expression::Argument + number;
        let sum = sum * Expression::Number(own);
        let both = both * Expression::Number(common);
        let expression = sum + both;
        let layer = importer.apply(origin, source, Function::Composite(Arc::new(expression)));
        let layer = Value::computed(layer, element);
        return Ok(vec![importer.repeated_to(origin, &layer, &to)?]);
    }
    let mut operands = Vec::new();
    for position in 0..2 {
        let layer = importer.input(node, position)?;
        operands.push(importer.broadcast_to(origin, layer, &to)?);
    }
    let [left, right] = operands[..] else {
        return refuse("expected two operands");
    };
    let both = importer.common_digits(origin, [left, right], element)?;
    let layer = match own == 0.0 {
        true => both,
        false => {
            let parts = [(own, left), (own, right), (common, both)];
            importer.combination(origin, parts, 0.0)?
        }
    };
    Ok(vec![Value::computed(layer, element)])
}

/// The number that a constant holds everywhere.
fn only(tensor: &Tensor) -> Option<i64> {
    let (&first, rest) = tensor.integers()?.split_first()?;
    rest.iter().all(|&other| other == first).then_some(first)
}

/// Of two digits, `16 a + b`, the bits that both have. The highest digit of a type with signs is given as 8 more than it is, which changes its
/// sign's bit.
fn common_bits_of_digits(is_signed: bool) -> Expression {
    let mut sum = Expression::Number(0.0);
    for place in 0..DIGIT as u32 {
        let is_sign = is_signed && place + 1 == DIGIT as u32;
        let own = |place: u32| match is_sign {
            true => Expression::Number(1.0) - bit(place),
            false => bit(place),
        };
        let both = own(place) * own(place + DIGIT as u32);
        let weight = f64::from(1u32 << place) * if is_sign { -1.0 } else { 1.0 };
        let both = both * Expression::Number(weight);
        sum = sum + both;
    }
    sum
}

impl Importer<'_> {
    /// The bits that the integers of two tensors of one shape have in common, digit by digit.
    fn common_digits(
        &mut self,
        origin: &str,
        [left, right]: [LayerId; 2],
        element: Element,
    ) -> Imported<LayerId> {
        let is_signed = element.bounds().is_some_and(|(low, _)| low < 0);
        // What is computed of 64 bits is exact in double precision alone.
        let bits = element.bits().unwrap_or(0).min(DOUBLE_BITS);
        let count = bits.div_ceil(DIGIT);
        let left = self.digits(origin, left, count)?;
        let right = self.digits(origin, right, count)?;
        let base = 1 << DIGIT;
        let mut terms = Vec::new();
        for (place, (left, right)) in left.into_iter().zip(right).enumerate() {
            let is_highest = is_signed && place + 1 == count;
            // Eight more in each of the two.
            let offset = if is_highest {
                f64::from(base / 2 * (base + 1))
            } else {
                0.0
            };
            let parts = [(f64::from(base), left), (1.0, right)];
            let pair = self.combination(origin, parts, offset)?;
            let all = Function::Clamp {
                low: Some(0.0),
                high: Some(f64::from(base * base - 1)),
            };
            let pair = self.graph.apply(origin, pair, all);
            let both = Function::from(common_bits_of_digits(is_highest));
            let both = self.graph.apply(origin, pair, both);
            let weight = f64::from(base).powi(place as i32);
            terms.push(self.graph.summand(weight, both, vec![])?);
        }
        Ok(self.graph.sum(origin, terms))
    }

    /// The digits of integers, from the lowest on. The highest has the sign.
    fn digits(&mut self, origin: &str, source: LayerId, count: usize) -> Imported<Vec<LayerId>> {
        let base = 1i64 << DIGIT;
        let mut digits = Vec::with_capacity(count);
        if let Some(mut rest) = self.graph.constant(source).map(|v| v.entries().to_vec()) {
            let shape = self.graph.shape(source).to_vec();
            for place in 1..=count {
                let above = rest.iter().map(|v| (v / base as f32).floor());
                let above: Vec<f32> = above.collect();
                let digit = match place == count {
                    true => rest,
                    false => {
                        let pairs = rest.iter().zip(&above);
                        pairs.map(|(v, above)| v - base as f32 * above).collect()
                    }
                };
                digits.push(self.graph.add_constant(origin, shape.clone(), digit));
                rest = above;
            }
            return Ok(digits);
        }
        let mut rest = source;
        for _ in 1..count {
            let above = self.graph.quotient(origin, rest, Divisor::Number(base));
            digits.push(self.combination(origin, [(1.0, rest), (-base as f64, above)], 0.0)?);
            rest = above;
        }
        digits.push(rest);
        Ok(digits)
    }
}
