//! What graphs that are written out step by step read and collect.

use super::broadcast::slice;
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use crate::import::signature::declared;
use crate::import::value::Value;
use crate::proto::GraphProto;
use crate::tensor::Tensor;
use inferproof_view::Step;

/// Steps that a loop is written out in, at most.
pub const MAX_STEPS: usize = 4096;

impl Importer<'_> {
    /// One entry along an axis, which goes.
    pub fn nth(
        &mut self,
        origin: &str,
        value: &Value,
        axis: usize,
        place: usize,
    ) -> Imported<Value> {
        let shape = self.shape(value)?;
        let steps = vec![
            slice(axis, &shape, i64::try_from(place)?, 1, 1),
            Step::Reduce {
                axis,
                source: 1,
                weights: None,
            },
        ];
        self.moved(origin, value, steps)
    }

    /// Values of one shape, one after the other along a new axis.
    pub fn stacked(&mut self, origin: &str, parts: &[Value], axis: usize) -> Imported<Value> {
        let insert = vec![Step::Insert { axis, len: 1 }];
        let parts = parts
            .iter()
            .map(|part| self.moved(origin, part, insert.clone()));
        let parts = parts.collect::<Imported<Vec<_>>>()?;
        self.concatenated(origin, &parts, axis)
    }

    /// What is collected in no steps: a tensor without entries, of the type and shape that the body declares, with an axis more.
    pub fn nothing_scanned(
        &self,
        body: &GraphProto,
        output: usize,
        axis: usize,
    ) -> Imported<Value> {
        let declared = body.output.get(output).and_then(declared);
        let empty = declared.and_then(|(element, mut shape)| {
            shape.insert(axis.min(shape.len()), 0);
            Tensor::empty(element, shape)
        });
        match empty {
            Some(empty) => Ok(Value::Constant(empty)),
            None => refuse(
                "it has no steps, and its body does not declare the shape of what it would collect",
            ),
        }
    }
}
