//! Recurrent networks: the front end's loop over a body, unrolled.

use super::shape::slice;
use super::{Context, Imported, Importer, Refusal, refuse};
use crate::function::Function;
use crate::graph::LayerId;
use std::collections::BTreeMap;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::lstm_cell::LstmEpilogue;
use tract_onnx::tract_core::ops::scan::{InputMapping, Scan};

/// Steps of a loop, at most: each has its own layers.
const MAX_STEPS: usize = 4096;

impl<'a> Importer<'a> {
    /// The body once for each step; a layer for each output of the loop, by its slot.
    pub(super) fn unrolled(
        &mut self,
        context: &Context<'a>,
        scan: &'a Scan,
    ) -> Imported<Vec<LayerId>> {
        let length = |mapping: &InputMapping, &id: &LayerId| match mapping {
            InputMapping::Scan(info) => {
                Some(self.graph.shape(id)[info.axis] / info.chunk.unsigned_abs().max(1))
            }
            InputMapping::State | InputMapping::Full => None,
        };
        let steps = scan.input_mapping.iter().zip(&context.inputs);
        let steps = steps.filter_map(|(m, id)| length(m, id)).max();
        let Some(steps @ 1..=MAX_STEPS) = steps else {
            return refuse(format!(
                "a loop of {} steps; 1 to {MAX_STEPS} are supported",
                steps.unwrap_or(0)
            ));
        };
        if scan.skip > 0 {
            return refuse("a loop that skips its first steps");
        }
        // Constants of the body are the same in every step.
        let mut constants = BTreeMap::new();
        let mut state: Vec<Option<LayerId>> = scan
            .input_mapping
            .iter()
            .zip(&context.inputs)
            .map(|(mapping, id)| mapping.is_state().then_some(*id))
            .collect();
        let mut results: Vec<Vec<LayerId>> = vec![Vec::new(); scan.output_mapping.len()];
        for step in 0..steps {
            let mut inputs = Vec::new();
            for (slot, (mapping, &id)) in scan.input_mapping.iter().zip(&context.inputs).enumerate()
            {
                inputs.push(match mapping {
                    InputMapping::Full => id,
                    InputMapping::State => state[slot].unwrap_or(id),
                    InputMapping::Scan(info) => {
                        let shape = self.graph.shape(id).to_vec();
                        let len = info.chunk.unsigned_abs();
                        let turn = if info.chunk > 0 {
                            step
                        } else {
                            steps - 1 - step
                        };
                        let part = slice(info.axis, &shape, (turn * len) as i64, 1, len);
                        self.graph.view(&context.origin, id, vec![part])?
                    }
                });
            }
            let outputs = self.body(&scan.body, &inputs, &mut constants)?;
            let states = state.iter_mut().filter(|s| s.is_some());
            let next = scan
                .output_mapping
                .iter()
                .zip(&outputs)
                .filter(|(m, _)| m.state);
            for (slot, (_, &id)) in states.zip(next) {
                *slot = Some(id);
            }
            for (result, id) in results.iter_mut().zip(outputs) {
                result.push(id);
            }
        }
        let mut outputs: BTreeMap<usize, LayerId> = BTreeMap::new();
        for (mapping, mut parts) in scan.output_mapping.iter().zip(results) {
            if let (Some(slot), Some(&last)) = (mapping.last_value_slot, parts.last()) {
                outputs.insert(slot, last);
            }
            if let Some((slot, info)) = mapping.scan {
                if info.chunk < 0 {
                    parts.reverse();
                }
                let id = self.joined(&context.origin, &parts, info.axis)?;
                outputs.insert(slot, id);
            }
        }
        Ok(outputs.into_values().collect())
    }

    /// The end of an LSTM's step, from the gates' arguments (input, output, forget, cell) and the cell before: the hidden
    /// state and the cell.
    pub(super) fn lstm_step(
        &mut self,
        context: &Context<'_>,
        op: &LstmEpilogue,
    ) -> Imported<Vec<LayerId>> {
        let origin = &context.origin;
        let (gates, before) = (context.inputs[0], context.inputs[1]);
        let shape = self.graph.shape(before).to_vec();
        let wide = self.graph.shape(gates).to_vec();
        if wide.len() != shape.len() || wide[..wide.len() - 1] != shape[..shape.len() - 1] {
            return refuse("gates and cell of an LSTM with different batches");
        }
        let axis = shape.len() - 1;
        let mut gate = |number: usize, function: Function| -> Imported<LayerId> {
            let part = slice(axis, &wide, (number * op.hidden) as i64, 1, op.hidden);
            let argument = self.graph.view(origin, gates, vec![part])?;
            Ok(self.graph.apply(origin, argument, function))
        };
        let input = gate(0, Function::Sigmoid)?;
        let output = gate(1, Function::Sigmoid)?;
        let forget = gate(2, Function::Sigmoid)?;
        let update = gate(3, Function::Tanh)?;
        let kept = self.graph.entrywise(origin, before, forget);
        let added = self.graph.entrywise(origin, update, input);
        let terms = vec![
            self.graph.summand(1.0, kept, vec![])?,
            self.graph.summand(1.0, added, vec![])?,
        ];
        let cell = self.graph.sum(origin, terms);
        let squashed = self.graph.apply(origin, cell, Function::Tanh);
        let hidden = self.graph.entrywise(origin, squashed, output);
        Ok(vec![hidden, cell])
    }

    /// One step: the body's outputs for these inputs.
    fn body(
        &mut self,
        body: &'a TypedModel,
        inputs: &[LayerId],
        constants: &mut BTreeMap<OutletId, LayerId>,
    ) -> Imported<Vec<LayerId>> {
        let failed = |e: TractError| Refusal(e.to_string());
        let outer_model = std::mem::replace(&mut self.model, body);
        let outer_layers = std::mem::replace(&mut self.layers, constants.clone());
        let sources = body.input_outlets().map_err(failed)?.iter().copied();
        self.layers.extend(sources.zip(inputs.iter().copied()));
        let walked = self.walk();
        let outlets = body.output_outlets().map_err(failed)?;
        let outputs = outlets.iter().map(|o| self.layers.get(o).copied());
        let outputs = outputs.collect::<Option<Vec<_>>>();
        let is_constant = |o: &OutletId| body.node(o.node).op_is::<Const>();
        constants.extend(self.layers.iter().filter(|(o, _)| is_constant(o)));
        self.model = outer_model;
        self.layers = outer_layers;
        walked.map_err(|e| Refusal(e.to_string()))?;
        outputs.ok_or_else(|| Refusal("an output of the loop's body is not supported".into()))
    }
}
