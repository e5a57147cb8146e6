//! How weight tensors lie in rows.

use super::LowerError;
use inferproof_argument::Layout;
use inferproof_program::{Program, TensorId};

/// Where each weight tensor lies: in rows as full as whole axes allow. The contracted axes of weights come last: a row holds runs
/// of them for some neighbouring indices of the free axes, or a part of one run.
pub(crate) fn layouts(program: &Program, c: u32) -> Result<Vec<(TensorId, Layout)>, LowerError> {
    program
        .weights()
        .map(|id| {
            let shape = program.tensor(id).map(|t| t.shape.clone());
            let shape = shape.ok_or_else(|| refusal(program, id, "it does not exist"))?;
            let layout = Layout::packed(shape, c)
                .ok_or_else(|| refusal(program, id, "it is empty or too large to commit"))?;
            Ok((id, layout))
        })
        .collect()
}

pub(crate) fn refusal(program: &Program, id: TensorId, reason: &str) -> LowerError {
    let tensor = program.tensor(id).map(|t| t.name.clone());
    LowerError::Op {
        origin: "weight".into(),
        tensor: tensor.unwrap_or_default(),
        reason: reason.into(),
    }
}
