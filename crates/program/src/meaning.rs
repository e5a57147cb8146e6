//! What the integers of an input or output mean where they are more than numbers: strings, and missing values.
//!
//! A program computes with integers and never reads this; whoever feeds it or reads its answers does. It is part of the architecture all
//! the same, so that a model's identifier binds it: which string an input's integer stands for is part of what a proof says.

use crate::{Op, Program, ProgramError, TensorId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most bytes that all categories of a program may have.
const MAX_CATEGORY_BYTES: usize = 1 << 24;

/// The meaning of the integers of one input or output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// Which.
    pub tensor: TensorId,
    /// Of a tensor of strings: what the integer `n` stands for is `categories[n]`, and in an input `categories.len()` stands for every
    /// other string. Those of an input are distinct. Empty for a tensor of numbers.
    pub categories: Vec<String>,
    /// Of an input of numbers: the integer that stands for a missing value (NaN) and for nothing else, the tensor's greatest.
    pub missing: Option<i64>,
}

impl Program {
    /// What the integers of an input or output mean; `None` if they are plain numbers.
    #[must_use]
    pub fn meaning(&self, tensor: TensorId) -> Option<&Meaning> {
        self.meanings.iter().find(|m| m.tensor == tensor)
    }

    /// Meanings are of inputs and outputs, in the tensors' order and so at most one of each; every integer that has one is in its
    /// tensor's range.
    pub(crate) fn check_meanings(&self) -> Result<(), ProgramError> {
        let mut before = None;
        let mut bytes = 0usize;
        for meaning in &self.meanings {
            let id = meaning.tensor;
            if before.replace(id).is_some_and(|before| before >= id) {
                return Err(ProgramError::Interface {
                    list: "meanings",
                    reason: "they are not in the tensors' order".into(),
                });
            }
            meaning
                .categories
                .iter()
                .for_each(|c| bytes = bytes.saturating_add(c.len()));
            self.check_meaning(meaning, bytes)
                .map_err(|reason| ProgramError::Interface {
                    list: "meanings",
                    reason: format!("of tensor {}: {reason}", id.0),
                })?;
        }
        Ok(())
    }

    fn check_meaning(&self, meaning: &Meaning, bytes: usize) -> Result<(), String> {
        let (Some(tensor), Some(node)) = (self.tensor(meaning.tensor), self.node(meaning.tensor))
        else {
            return Err("it does not exist".into());
        };
        let is_input = matches!(node.op, Op::Input);
        if !is_input && !self.outputs.contains(&meaning.tensor) {
            return Err("it is neither an input nor an output".into());
        }
        let range = i128::from(tensor.low)..=i128::from(tensor.high);
        let count = meaning.categories.len();
        match (count, meaning.missing) {
            (0, None) => Err("it has neither categories nor a missing value".into()),
            (0, Some(missing)) if is_input && missing == tensor.high && missing > tensor.low => {
                Ok(())
            }
            (0, Some(missing)) => Err(format!(
                "{missing} stands for a missing value; only an input's greatest integer can"
            )),
            (_, Some(_)) => Err("strings have no missing value".into()),
            (_, None) if bytes > MAX_CATEGORY_BYTES => Err(format!(
                "categories of more than {MAX_CATEGORY_BYTES} bytes"
            )),
            // Whatever an output holds means a string or none.
            (_, None) if !is_input => Ok(()),
            (_, None) => {
                let distinct: BTreeSet<&String> = meaning.categories.iter().collect();
                if distinct.len() != count {
                    return Err("a category occurs twice".into());
                }
                if tensor.scale_log2 != 0 {
                    return Err("categories of a tensor whose integers are scaled".into());
                }
                // There is one integer more, for strings that are none of them.
                if !range.contains(&0) || !range.contains(&(count as i128)) {
                    return Err(format!("{count} categories are beyond its range"));
                }
                Ok(())
            }
        }
    }
}
