//! Arithmetic entry by entry, with broadcasting, and functions of one number.

use super::contraction::{Follow, Label};
use super::shape::broadcast;
use super::{Context, Imported, Importer, refuse};
use crate::function::Function;
use crate::graph::{Graph, LayerId};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::{math, nn};

impl Importer<'_> {
    pub(super) fn binary(&mut self, context: &Context<'_>, op: &TypedBinOp) -> Imported<LayerId> {
        let [left, right] = context.inputs[..] else {
            return refuse("expected two operands");
        };
        let op = &op.0;
        if op.is::<math::Add>() {
            self.add(context, left, 1.0, right)
        } else if op.is::<math::Sub>() {
            self.add(context, left, -1.0, right)
        } else if op.is::<math::SubF>() {
            self.add(context, right, -1.0, left)
        } else if op.is::<math::Mul>() {
            self.multiply(context, left, right)
        } else if op.is::<math::Div>() {
            let inverse = match self.graph.constant(right) {
                Some(values) if values.iter().all(|&v| v != 0.0) => {
                    let inverse = values.iter().map(|v| 1.0 / v).collect();
                    let shape = self.graph.shape(right).to_vec();
                    self.graph.add_constant(&context.origin, shape, inverse)
                }
                Some(_) => return refuse("a division by a constant zero"),
                None => self
                    .graph
                    .apply(&context.origin, right, Function::Reciprocal),
            };
            self.multiply(context, left, inverse)
        } else if op.is::<math::Max>() {
            self.extremum(context, left, right, 1.0)
        } else if op.is::<math::Min>() {
            self.extremum(context, left, right, -1.0)
        } else {
            refuse("this operation has no import")
        }
    }

    /// The number that a constant holds everywhere.
    fn scalar(&self, id: LayerId) -> Option<f64> {
        match &self.graph.constant(id)?[..] {
            [value] => Some((*value).into()),
            _ => None,
        }
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
            && !self.foldable.contains_key(&left)
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
            && let Some(folded) = self.fold(&context.origin, left, right, |c| Follow::Offset(c))?
        {
            return Ok(folded);
        }
        let left_steps = broadcast(self.graph.shape(left), to)?;
        let right_steps = broadcast(self.graph.shape(right), to)?;
        let terms = vec![
            self.graph.summand(1.0, left, left_steps)?,
            self.graph.summand(sign, right, right_steps)?,
        ];
        Ok(self.graph.sum(&context.origin, terms))
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
            && let Some(folded) = self.fold(&context.origin, left, right, |c| Follow::Scale(c))?
        {
            return Ok(folded);
        }
        if let Some(factor) = self.scalar(right) {
            let steps = broadcast(self.graph.shape(left), to)?;
            return Ok(self.graph.scaled(&context.origin, factor, left, steps)?);
        }
        if left == right {
            return Ok(self.graph.apply(&context.origin, left, Function::Square));
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
            let function = Function::Clamp {
                low: bound_of(sign > 0.0),
                high: bound_of(sign < 0.0),
            };
            return Ok(self.clamp(context, left, function));
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

    /// A clamp, joined with the one before it.
    fn clamp(&mut self, context: &Context<'_>, source: LayerId, function: Function) -> LayerId {
        use crate::graph::Kind;
        let joined = match (&self.graph.layer(source).kind, function) {
            (
                &Kind::Apply {
                    source,
                    function:
                        Function::Clamp {
                            low: Some(low),
                            high: None,
                        },
                },
                Function::Clamp {
                    low: None,
                    high: Some(high),
                },
            ) if low <= high => Some((
                source,
                Function::Clamp {
                    low: Some(low),
                    high: Some(high),
                },
            )),
            (
                &Kind::Apply {
                    source,
                    function:
                        Function::Clamp {
                            low: None,
                            high: Some(high),
                        },
                },
                Function::Clamp {
                    low: Some(low),
                    high: None,
                },
            ) if low <= high => Some((
                source,
                Function::Clamp {
                    low: Some(low),
                    high: Some(high),
                },
            )),
            _ => None,
        };
        let (source, function) = joined.unwrap_or((source, function));
        self.graph.apply(&context.origin, source, function)
    }

    pub(super) fn unary(&mut self, context: &Context<'_>, op: &ElementWiseOp) -> Imported<LayerId> {
        let [source] = context.inputs[..] else {
            return refuse("expected one operand");
        };
        if op.0.is::<math::Neg>() {
            return Ok(self.graph.scaled(&context.origin, -1.0, source, vec![])?);
        }
        let Some(function) = function(&*op.0) else {
            return refuse("this function has no import");
        };
        Ok(self.graph.apply(&context.origin, source, function))
    }
}

fn function(op: &dyn ElementWiseMiniOp) -> Option<Function> {
    if let Some(op) = op.downcast_ref::<nn::LeakyRelu>() {
        return Some(Function::LeakyRelu {
            alpha: op.alpha.into(),
        });
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
        (op.is::<nn::Silu>(), Function::Silu),
        (op.is::<nn::GeluExact>(), Function::Gelu),
    ];
    functions
        .into_iter()
        .find_map(|(is, function)| is.then_some(function))
}
