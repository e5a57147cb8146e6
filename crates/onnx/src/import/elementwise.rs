//! Arithmetic entry by entry, with broadcasting, and functions of one number.

use super::contraction::{Follow, Label};
use super::places::flat_gather;
use super::shape::broadcast;
use super::{Context, Imported, Importer, refuse};
use crate::expression::{Expression, Operation};
use crate::function::{Comparison, Function, Trigonometric};
use crate::graph::{Graph, Kind, LayerId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tract_onnx::prelude::{Datum, DatumType, TDim};
use tract_onnx::tract_core::ops::binary::{BinMiniOp, TypedBinOp};
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::{logic, math, nn};

/// How many tables an operation with a constant may become.
const MAX_NUMBERS: usize = 16;

const BY_TENSOR: &str =
    "an integer division or a remainder by a computed tensor; the divisor must be constant";

impl Importer<'_> {
    pub(super) fn binary(&mut self, context: &Context<'_>, op: &TypedBinOp) -> Imported<LayerId> {
        let [mut left, mut right] = context.inputs[..] else {
            return refuse("expected two operands");
        };
        let Some(mut operation) = operation(&*op.0) else {
            return refuse("this operation has no import");
        };
        if op.0.is::<math::SubF>() {
            (left, right) = (right, left);
        }
        if operation == Operation::Divide && self.is_integer(context, 0)? {
            operation = Operation::DivideIntegers;
        }
        let to = &context.output_shape;
        let chain = self.chain_of_two(operation, left, right, to);
        let is_number = |id| self.uniform(id).is_some();
        // What is affine in one tensor costs nothing as it is; the rest of these needs a table in any case.
        let native = match operation {
            Operation::Add
            | Operation::Subtract
            | Operation::Multiply
            | Operation::Maximum
            | Operation::Minimum => is_number(left) || is_number(right) || left == right,
            Operation::Divide => is_number(right),
            _ => false,
        };
        if let Some(chain) = chain.clone().filter(|c| !native && !c.is_affine()) {
            return Ok(self.fused(context, chain));
        }
        let result = match operation {
            Operation::Add => self.add(context, left, 1.0, right)?,
            Operation::Subtract => self.add(context, left, -1.0, right)?,
            Operation::Multiply => self.multiply(context, left, right)?,
            Operation::Divide => self.divide(context, left, right)?,
            Operation::Maximum => self.extremum(context, left, right, 1.0)?,
            Operation::Minimum => self.extremum(context, left, right, -1.0)?,
            Operation::Compare(comparison) => self.compare(context, left, right, comparison)?,
            Operation::And | Operation::Or | Operation::Xor => {
                self.logical(context, left, right, operation)?
            }
            Operation::Power => match self.by_numbers(context, operation, left, right)? {
                Some(result) => result,
                None => self.power(context, left, right)?,
            },
            Operation::DivideIntegers | Operation::Remainder => {
                match self.by_numbers(context, operation, left, right)? {
                    Some(result) => result,
                    None => return refuse(BY_TENSOR),
                }
            }
        };
        if result != left && result != right {
            self.remember(result, chain);
        }
        Ok(result)
    }

    /// An operation with a constant whose entries differ: a table for each number among them, of the entries that meet it.
    fn by_numbers(
        &mut self,
        context: &Context<'_>,
        operation: Operation,
        left: LayerId,
        right: LayerId,
    ) -> Imported<Option<LayerId>> {
        let to = &context.output_shape;
        let is_left = self.graph.constant(left).is_some();
        let (constant, computed) = if is_left {
            (left, right)
        } else {
            (right, left)
        };
        let steps = broadcast(self.graph.shape(constant), to)?;
        let constant = self.graph.view(&context.origin, constant, steps)?;
        let Some(entries) = self.graph.constant(constant).cloned() else {
            return Ok(None);
        };
        // By their bits, which order them somehow.
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (place, number) in (0u32..).zip(entries.iter()) {
            members.entry(number.to_bits()).or_default().push(place);
        }
        if members.len() > MAX_NUMBERS {
            return refuse(format!(
                "a constant with {} different numbers; at most {MAX_NUMBERS} are supported",
                members.len()
            ));
        }
        let steps = broadcast(self.graph.shape(computed), to)?;
        let computed = self.graph.view(&context.origin, computed, steps)?;
        let mut terms = Vec::new();
        for (number, places) in members {
            let number = Expression::Number(f32::from_bits(number).into()).into();
            let expression = match is_left {
                true => Expression::Combine(operation, number, Expression::Argument.into()),
                false => Expression::Combine(operation, Expression::Argument.into(), number),
            };
            let own: Vec<_> = places.iter().copied().map(Some).collect();
            let mut back = vec![None; entries.len()];
            for (position, &place) in (0u32..).zip(&places) {
                back[place as usize] = Some(position);
            }
            let read = flat_gather(to, own, &[places.len()]);
            let read = self.graph.view(&context.origin, computed, read)?;
            let function = Function::Composite(Arc::new(expression));
            let applied = self.graph.apply(&context.origin, read, function);
            let back = flat_gather(&[places.len()], back, to);
            terms.push(self.graph.summand(1.0, applied, back)?);
        }
        Ok(Some(self.graph.sum(&context.origin, terms)))
    }

    /// `x^y = exp(y ln x)` of two computed tensors.
    fn power(
        &mut self,
        context: &Context<'_>,
        base: LayerId,
        exponent: LayerId,
    ) -> Imported<LayerId> {
        if self.graph.is_integral(base) {
            return refuse("a power of integers with a computed exponent, which must be constant");
        }
        let logarithm = self.apply(context, base, Function::Ln);
        let product = self.multiply(context, logarithm, exponent)?;
        Ok(self.apply(context, product, Function::Exp))
    }

    /// Whether an input of the node holds integers or truth values.
    fn is_integer(&self, context: &Context<'_>, input: usize) -> Imported<bool> {
        let fact = self.model.outlet_fact(context.node.inputs[input]);
        Ok(is_integral(
            fact.map_err(|e| super::Refusal(e.to_string()))?.datum_type,
        ))
    }

    fn divide(
        &mut self,
        context: &Context<'_>,
        left: LayerId,
        right: LayerId,
    ) -> Imported<LayerId> {
        let inverse = match self.graph.constant(right) {
            Some(values) if values.iter().all(|&v| v != 0.0) => {
                let inverse = values.iter().map(|v| 1.0 / v).collect();
                let shape = self.graph.shape(right).to_vec();
                self.graph.add_constant(&context.origin, shape, inverse)
            }
            Some(_) => return refuse("a division by a constant zero"),
            None => self.apply(context, right, Function::Reciprocal),
        };
        self.multiply(context, left, inverse)
    }

    /// The number that a constant holds everywhere.
    fn scalar(&self, id: LayerId) -> Option<f64> {
        match &self.graph.constant(id)?[..] {
            [value] => Some((*value).into()),
            _ => None,
        }
    }

    /// Whether nothing but this node reads one of its operands: otherwise what is folded into the weights behind it would be a
    /// second copy of them.
    fn is_read_once(&self, context: &Context<'_>, operand: LayerId) -> bool {
        let slot = context.inputs.iter().position(|&id| id == operand);
        let outlet = slot.and_then(|slot| context.node.inputs.get(slot));
        outlet.is_some_and(|outlet| {
            let outputs = &self.model.node(outlet.node).outputs;
            let is_output = self
                .model
                .output_outlets()
                .is_ok_and(|o| o.contains(outlet));
            outputs[outlet.slot].successors.len() == 1 && !is_output
        })
    }

    /// `left + sign * right`.
    fn add(
        &mut self,
        context: &Context<'_>,
        left: LayerId,
        sign: f64,
        right: LayerId,
    ) -> Imported<LayerId> {
        if self.graph.constant(left).is_some()
            && sign == 1.0
            && self.graph.constant(right).is_none()
        {
            return self.add(context, right, 1.0, left);
        }
        let to = &context.output_shape;
        if let Some(value) = self.scalar(right)
            && self.graph.shape(left) == to
            && !(self.foldable.contains_key(&left) && self.is_read_once(context, left))
        {
            let terms = vec![
                self.graph.summand(1.0, left, vec![])?,
                Graph::fill(sign * value, to)?,
            ];
            return Ok(self.graph.sum(&context.origin, terms));
        }
        let mut right = right;
        let mut sign = sign;
        if sign == -1.0
            && let Some(values) = self.graph.constant(right)
        {
            let negated = values.iter().map(|v| -v).collect();
            let shape = self.graph.shape(right).to_vec();
            right = self.graph.add_constant(&context.origin, shape, negated);
            sign = 1.0;
        }
        if sign == 1.0
            && self.graph.shape(left) == to
            && self.is_read_once(context, left)
            && let Some(folded) = self.fold(&context.origin, left, right, |c| Follow::Offset(c))?
        {
            return Ok(folded);
        }
        let left = self.exact_square(context, left);
        let right = self.exact_square(context, right);
        self.combined(context, left, sign, right)
    }

    /// A square that is added to something, as a product: a sum of products is exact, of a table's values it is not.
    fn exact_square(&mut self, context: &Context<'_>, id: LayerId) -> LayerId {
        let Kind::Apply {
            source,
            function: Function::Square,
        } = self.graph.layer(id).kind
        else {
            return id;
        };
        self.graph.entrywise(&context.origin, source, source)
    }

    fn multiply(
        &mut self,
        context: &Context<'_>,
        left: LayerId,
        right: LayerId,
    ) -> Imported<LayerId> {
        if self.graph.constant(left).is_some() && self.graph.constant(right).is_none() {
            return self.multiply(context, right, left);
        }
        let to = &context.output_shape;
        if self.graph.shape(left) == to
            && self.is_read_once(context, left)
            && let Some(folded) = self.fold(&context.origin, left, right, |c| Follow::Scale(c))?
        {
            return Ok(folded);
        }
        if let Some(factor) = self.scalar(right) {
            let steps = broadcast(self.graph.shape(left), to)?;
            return Ok(self.graph.scaled(&context.origin, factor, left, steps)?);
        }
        if left == right {
            return Ok(self.apply(context, left, Function::Square));
        }
        let rank = to.len();
        if self.graph.shape(left).len() != rank || self.graph.shape(right).len() != rank {
            return refuse("operands of different rank");
        }
        let place = |axis| Label {
            left: Some(axis),
            right: Some(axis),
            output: Some(axis),
        };
        let labels: Vec<Label> = (0..rank).map(place).collect();
        self.product(context, left, right, &labels)
    }

    /// The greater (`sign` 1) or the lesser (`sign` -1) of two tensors.
    fn extremum(
        &mut self,
        context: &Context<'_>,
        left: LayerId,
        right: LayerId,
        sign: f64,
    ) -> Imported<LayerId> {
        if self.scalar(left).is_some() && self.scalar(right).is_none() {
            return self.extremum(context, right, left, sign);
        }
        let to = &context.output_shape;
        if let Some(bound) = self.scalar(right)
            && self.graph.shape(left) == to
        {
            let bound_of = |keep: bool| keep.then_some(bound);
            return Ok(self.clamp(context, left, bound_of(sign > 0.0), bound_of(sign < 0.0)));
        }
        let left_steps = broadcast(self.graph.shape(left), to)?;
        let right_steps = broadcast(self.graph.shape(right), to)?;
        let left = self.graph.scaled(&context.origin, sign, left, left_steps)?;
        let right = self
            .graph
            .scaled(&context.origin, sign, right, right_steps)?;
        let greater = self.graph.max(&context.origin, left, right);
        Ok(self.graph.scaled(&context.origin, sign, greater, vec![])?)
    }

    /// A clamp, joined with the one before it if that has the other bound.
    fn clamp(
        &mut self,
        context: &Context<'_>,
        source: LayerId,
        low: Option<f64>,
        high: Option<f64>,
    ) -> LayerId {
        let (mut source, mut low, mut high) = (source, low, high);
        if let Kind::Apply {
            source: before,
            function: Function::Clamp { low: l, high: h },
        } = self.graph.layer(source).kind
        {
            let complementary = l.is_some() == low.is_none() && h.is_some() == high.is_none();
            let (joined_low, joined_high) = (low.or(l), high.or(h));
            if complementary && joined_low <= joined_high && joined_high.is_some() {
                (source, low, high) = (before, joined_low, joined_high);
            }
        }
        self.graph
            .apply(&context.origin, source, Function::Clamp { low, high })
    }

    pub(super) fn unary(&mut self, context: &Context<'_>, op: &ElementWiseOp) -> Imported<LayerId> {
        let [source] = context.inputs[..] else {
            return refuse("expected one operand");
        };
        if op.0.is::<math::Neg>() {
            return Ok(self.graph.scaled(&context.origin, -1.0, source, vec![])?);
        }
        if op.0.is::<logic::Not>() {
            return self.not(context, source);
        }
        let Some(function) = function(&*op.0) else {
            return refuse("this function has no import");
        };
        if function == Function::Ln
            && let Some(result) = self.log_sum_exp(&context.origin, source)?
        {
            return Ok(result);
        }
        Ok(self.apply(context, source, function))
    }
}

/// Types whose numbers are integers. The front end computes with dimensions where ONNX has 64-bit integers.
pub(super) fn is_integral(datum: DatumType) -> bool {
    datum.is_integer() || datum == bool::datum_type() || datum == TDim::datum_type()
}

fn operation(op: &dyn BinMiniOp) -> Option<Operation> {
    let operations = [
        (op.is::<math::Add>(), Operation::Add),
        (
            op.is::<math::Sub>() || op.is::<math::SubF>(),
            Operation::Subtract,
        ),
        (op.is::<math::Mul>(), Operation::Multiply),
        (op.is::<math::Div>(), Operation::Divide),
        (op.is::<math::Max>(), Operation::Maximum),
        (op.is::<math::Min>(), Operation::Minimum),
        (op.is::<math::Pow>(), Operation::Power),
        (op.is::<math::Rem>(), Operation::Remainder),
        (op.is::<logic::And>(), Operation::And),
        (op.is::<logic::Or>(), Operation::Or),
        (op.is::<logic::Xor>(), Operation::Xor),
        (
            op.is::<logic::CompEq>(),
            Operation::Compare(Comparison::Equal),
        ),
        (
            op.is::<logic::CompNE>(),
            Operation::Compare(Comparison::NotEqual),
        ),
        (
            op.is::<logic::CompLT>(),
            Operation::Compare(Comparison::Less),
        ),
        (
            op.is::<logic::CompLTE>(),
            Operation::Compare(Comparison::LessOrEqual),
        ),
        (
            op.is::<logic::CompGT>(),
            Operation::Compare(Comparison::Greater),
        ),
        (
            op.is::<logic::CompGTE>(),
            Operation::Compare(Comparison::GreaterOrEqual),
        ),
    ];
    operations
        .into_iter()
        .find_map(|(is, operation)| is.then_some(operation))
}

fn function(op: &dyn ElementWiseMiniOp) -> Option<Function> {
    if let Some(op) = op.downcast_ref::<nn::LeakyRelu>() {
        return Some(Function::LeakyRelu {
            alpha: op.alpha.into(),
        });
    }
    if let Some(op) = op.downcast_ref::<nn::gelu_approximate::GeluApproximate>() {
        return (!op.fast_impl).then_some(Function::GeluTanh);
    }
    if let Some(op) = op.downcast_ref::<math::PowConst>() {
        return Some(Function::Power(op.exponent.into()));
    }
    let functions = [
        (op.is::<nn::Sigmoid>(), Function::Sigmoid),
        (op.is::<math::Tanh>(), Function::Tanh),
        (op.is::<nn::HardSwish>(), Function::HardSwish),
        (op.is::<math::Recip>(), Function::Reciprocal),
        (op.is::<math::Rsqrt>(), Function::ReciprocalSqrt),
        (op.is::<math::Sqrt>(), Function::Sqrt),
        (op.is::<math::Square>(), Function::Square),
        (op.is::<math::Abs>(), Function::Abs),
        (op.is::<math::Exp>(), Function::Exp),
        (op.is::<math::Ln>(), Function::Ln),
        (op.is::<math::Erf>(), Function::Erf),
        (op.is::<math::Floor>(), Function::Floor),
        (op.is::<math::Ceil>(), Function::Ceil),
        (op.is::<math::Round>(), Function::Round),
        (op.is::<math::RoundHalfToEven>(), Function::Round),
        (op.is::<math::Sign>(), Function::Sign),
        (op.is::<math::Sin>(), Trigonometric::Sin.into()),
        (op.is::<math::Cos>(), Trigonometric::Cos.into()),
        (op.is::<math::Tan>(), Trigonometric::Tan.into()),
        (op.is::<math::Asin>(), Trigonometric::Asin.into()),
        (op.is::<math::Acos>(), Trigonometric::Acos.into()),
        (op.is::<math::Atan>(), Trigonometric::Atan.into()),
        (op.is::<math::Sinh>(), Trigonometric::Sinh.into()),
        (op.is::<math::Cosh>(), Trigonometric::Cosh.into()),
        (op.is::<math::Asinh>(), Trigonometric::Asinh.into()),
        (op.is::<math::Acosh>(), Trigonometric::Acosh.into()),
        (op.is::<math::Atanh>(), Trigonometric::Atanh.into()),
        (op.is::<nn::Silu>(), Function::Silu),
        (op.is::<nn::GeluExact>(), Function::Gelu),
    ];
    functions
        .into_iter()
        .find_map(|(is, function)| is.then_some(function))
}
