//! BitShift and the bitwise operations on integers. Few integers are looked up in a table of all; others are multiplied and divided by powers of
//! two, or taken apart into digits of four bits, of which each pair is looked up.

use crate::element::Element;
use crate::expression::{Expression, Operation as Arithmetic};
use crate::function::{Comparison, Function};
use crate::graph::{Divisor, LayerId};
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
            "by up to 16 different constant numbers, or by a tensor",
            "a table, or products and quotients; by a tensor of 8 or 16 bits a table for each shift, of which one is picked",
        )
}
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

/// Constants below these are exact as weights that are multiplied, and as such that bits pick.
const MAX_FACTOR: f32 = 32_768.0;
const MAX_PICKED: f32 = 8_388_608.0;

/// Bits of integers of which each has its own entry in a table.
const TABLE_BITS: usize = 16;

/// Bits that a table of one operand takes apart, at most.
const MAX_BITS: u32 = 24;

/// Bits of a digit.
const DIGIT: usize = 4;

/// Bits of what is taken apart, at most.
const DOUBLE_BITS: usize = 52;

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
        if known.is_some_and(|values| values.iter().any(|v| v.abs() >= limit)) {
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
            combine(Arithmetic::Power, two, exponent)
        };
        if is_left {
            let powers = power(Expression::Argument).then(Function::Floor);
            let powers = Function::Composite(Arc::new(powers));
            let powers = self.graph.apply(origin, by, powers);
            let product = self.graph.entrywise(origin, source, powers);
            return self.without_overflow(origin, product, element);
        }
        // By more than the greatest shift, the power of the complement is zero; then it is one more than that first, and the rest after it.
        let rest = combine(
            Arithmetic::Subtract,
            Expression::Number(MAX_POWER),
            Expression::Argument,
        );
        let first = power(rest.clone()).then(Function::Floor);
        let further = combine(Arithmetic::Add, rest, Expression::Number(MAX_POWER + 1.0));
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
        let sum = combine(Arithmetic::Add, Expression::Argument, number);
        let sum = combine(Arithmetic::Multiply, sum, Expression::Number(own));
        let both = combine(Arithmetic::Multiply, both, Expression::Number(common));
        let expression = combine(Arithmetic::Add, sum, both);
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

/// Of two digits, `16 a + b`, the bits that both have. The highest digit of a type with signs is given as 8 more than it is, which changes its
/// sign's bit.
fn common_bits_of_digits(is_signed: bool) -> Expression {
    let mut sum = Expression::Number(0.0);
    for place in 0..DIGIT as u32 {
        let is_sign = is_signed && place + 1 == DIGIT as u32;
        let own = |place: u32| match is_sign {
            true => combine(Arithmetic::Subtract, Expression::Number(1.0), bit(place)),
            false => bit(place),
        };
        let both = combine(Arithmetic::Multiply, own(place), own(place + DIGIT as u32));
        let weight = f64::from(1u32 << place) * if is_sign { -1.0 } else { 1.0 };
        let both = combine(Arithmetic::Multiply, both, Expression::Number(weight));
        sum = combine(Arithmetic::Add, sum, both);
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
        if let Some(mut rest) = self.graph.constant(source).map(|v| v.to_vec()) {
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
