//! The front end's operation for [`Requantization`].

use super::{attribute, integer};
use crate::graph::{Kind, LayerId};
use crate::import::{Context, Imported, Importer, refuse};
use crate::requantize::Requantization;
use std::sync::Arc;
use tract_onnx::pb;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::{Onnx, model::ParsingContext};

/// Its name, known to our front end alone.
pub(super) const REQUANTIZE: &str = "inferproof.Requantize";

/// A requantization, as the front end carries it along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Requantize {
    /// Bits of single-precision numbers, which compare.
    factors: Vec<u32>,
    divisor: u32,
    axis: i64,
    low: i64,
    high: i64,
}

/// Makes the operation known to a front end.
pub(super) fn register(onnx: &mut Onnx) {
    onnx.op_register.insert(
        REQUANTIZE,
        |_: &ParsingContext<'_>, node: &pb::NodeProto| {
            let floats = attribute(node, "factors").map_or(&[][..], |a| &a.floats);
            let op = Requantize {
                factors: floats.iter().map(|f| f.to_bits()).collect(),
                divisor: attribute(node, "divisor").map_or(1.0, |a| a.f).to_bits(),
                axis: integer(node, "axis", 0),
                low: integer(node, "low", 0),
                high: integer(node, "high", 0),
            };
            Ok((expand(Expanded(op)), vec![]))
        },
    );
}

/// The operation before the front end has inferred types.
#[derive(Clone, Debug)]
struct Expanded(Requantize);

impl Expansion for Expanded {
    fn name(&self) -> StaticName {
        "Requantize".into()
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.0.clone(), inputs)
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, f32::datum_type())?;
        solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        solver.equals(&inputs[0].shape, &outputs[0].shape)?;
        Ok(())
    }
}

impl Op for Requantize {
    fn name(&self) -> StaticName {
        "Requantize".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Requantize {
    not_out_of_plan!();
}

impl TypedOp for Requantize {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(inputs[0].without_value()))
    }

    as_op!();
}

impl Importer<'_> {
    pub(in crate::import) fn requantize(
        &mut self,
        context: &Context<'_>,
        op: &Requantize,
    ) -> Imported<LayerId> {
        let [source] = context.inputs[..] else {
            return refuse("expected one operand");
        };
        let shape = self.graph.shape(source).to_vec();
        let rank = shape.len() as i64;
        let axis = if op.axis < 0 { op.axis + rank } else { op.axis };
        let factors: Vec<f32> = op.factors.iter().map(|&f| f32::from_bits(f)).collect();
        let axis = usize::try_from(axis).unwrap_or(0);
        if factors.len() != 1 && shape.get(axis) != Some(&factors.len()) {
            return refuse("as many scales as channels are expected");
        }
        let rule = Requantization {
            factors,
            axis,
            divisor: f32::from_bits(op.divisor),
            low: op.low,
            high: op.high,
        };
        let is_positive = |f: &f32| f.is_normal() && *f > 0.0;
        if !is_positive(&rule.divisor) || !rule.factors.iter().all(is_positive) {
            return refuse("a product or quotient of its scales is beyond single precision");
        }
        if let Some(values) = self.graph.constant(source) {
            let values = rule.apply(&shape, values.iter().map(|&v| v.into()));
            let values = values.into_iter().map(|v| v as f32).collect();
            return Ok(self.graph.add_constant(&context.origin, shape, values));
        }
        let rule = Arc::new(rule);
        Ok(self
            .graph
            .push(&context.origin, shape, Kind::Requantize { source, rule }))
    }
}
