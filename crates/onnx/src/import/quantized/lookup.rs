//! The front end's operation for [`IntegerFunction`]: two tensors, broadcast, and what is made of each pair of their entries.

use super::{attribute, integer};
use crate::graph::{Kind, LayerId, Source};
use crate::import::shape::broadcast;
use crate::import::{Context, Imported, Importer, refuse};
use crate::integer_function::{Arithmetic, IntegerFunction, Operand};
use inferproof_view::View;
use std::sync::Arc;
use tract_onnx::pb;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_core::ops::change_axes::wire_with_rank_broadcast;
use tract_onnx::tract_hir::infer::helpers::infer_shape_broadcasting;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::{Onnx, model::ParsingContext};

/// Its name, known to our front end alone.
pub(super) const LOOKUP: &str = "inferproof.Lookup";

/// A function of two tensors, as the front end carries it along. A tensor of a single number is there for its shape alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Lookup(Arc<IntegerFunction>);

/// Makes the operation known to a front end.
pub(super) fn register(onnx: &mut Onnx) {
    onnx.op_register
        .insert(LOOKUP, |_: &ParsingContext<'_>, node: &pb::NodeProto| {
            let function = read(node).context("attributes of a lookup")?;
            Ok((expand(Expanded(Lookup(Arc::new(function)))), vec![]))
        });
}

/// The function that a node's attributes tell.
fn read(node: &pb::NodeProto) -> Option<IntegerFunction> {
    let floats = |name| attribute(node, name).map_or(&[][..], |a| &a.floats);
    let ints = |name| attribute(node, name).map_or(&[][..], |a| &a.ints);
    let operation = std::str::from_utf8(&attribute(node, "operation")?.s).ok()?;
    let (&[left, right], &[low, high]) = (floats("factors"), floats("bounds")) else {
        return None;
    };
    let (&[left_number, right_number], &[left_relu, right_relu]) = (ints("numbers"), ints("relus"))
    else {
        return None;
    };
    let &[left_low, left_high, right_low, right_high] = ints("domains") else {
        return None;
    };
    let operand = |argument, factor, number: i64, relu: i64| match number {
        0 => Operand::Entry {
            argument,
            scale: factor,
            is_relu: relu != 0,
        },
        _ => Operand::Number(factor),
    };
    Some(IntegerFunction {
        arithmetic: Arithmetic::of_onnx(operation)?,
        operands: [
            operand(0, left, left_number, left_relu),
            operand(1, right, right_number, right_relu),
        ],
        domains: vec![(left_low, left_high), (right_low, right_high)],
        bounds: (low, high),
        scale: attribute(node, "scale")?.f,
        low: integer(node, "low", 0),
        high: integer(node, "high", 0),
    })
}

/// The operation before the front end has inferred types.
#[derive(Clone, Debug)]
struct Expanded(Lookup);

impl Expansion for Expanded {
    fn name(&self) -> StaticName {
        "Lookup".into()
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        wire_with_rank_broadcast(prefix, model, self.0.clone(), inputs)
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[0].datum_type, f32::datum_type())?;
        solver.equals(&inputs[1].datum_type, f32::datum_type())?;
        solver.equals(&outputs[0].datum_type, f32::datum_type())?;
        solver.with(&inputs[0].shape, move |solver, left| {
            solver.with(
                &inputs[1].shape,
                move |solver, right| match infer_shape_broadcasting(&[&left, &right])? {
                    Some(shape) => solver.equals(&outputs[0].shape, shape),
                    None => Ok(()),
                },
            )
        })
    }
}

impl Op for Lookup {
    fn name(&self) -> StaticName {
        "Lookup".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Lookup {
    not_out_of_plan!();
}

impl TypedOp for Lookup {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shapes: Vec<&[TDim]> = inputs.iter().map(|fact| fact.shape.dims()).collect();
        let shape = multi_broadcast(&shapes)?;
        Ok(tvec!(f32::datum_type().fact(shape)))
    }

    as_op!();
}

impl Importer<'_> {
    pub(in crate::import) fn lookup(
        &mut self,
        context: &Context<'_>,
        op: &Lookup,
    ) -> Imported<LayerId> {
        let to = &context.output_shape;
        let mut function = (*op.0).clone();
        let domains = std::mem::take(&mut function.domains);
        // A tensor that is read twice is one argument: then there is a table of its values, not of pairs.
        let mut sources: Vec<Source> = Vec::new();
        for operand in &mut function.operands {
            let Operand::Entry { argument, .. } = operand else {
                continue;
            };
            let (Some(&layer), Some(&domain)) =
                (context.inputs.get(*argument), domains.get(*argument))
            else {
                return refuse("expected two operands");
            };
            let mut view = View::identity(self.graph.shape(layer).to_vec())?;
            for step in broadcast(self.graph.shape(layer), to)? {
                view = view.then(step)?;
            }
            let source = Source { layer, view };
            let known = sources.iter().position(|s| *s == source);
            *argument = known.unwrap_or(sources.len());
            if known.is_none() {
                sources.push(source);
                function.domains.push(domain);
            }
        }
        if sources.is_empty() {
            return refuse("expected an operand that is computed");
        }
        let kind = Kind::Lookup {
            sources,
            function: Arc::new(function),
        };
        Ok(self.graph.push(&context.origin, to.clone(), kind))
    }
}
