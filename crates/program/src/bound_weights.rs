//! Weights that were checked against a program, once: with them it can be run.

use crate::{RunError, TensorId, ValidProgram};
use inferproof_integers::Integers;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The weights of a program, row-major each.
pub type Weights = BTreeMap<TensorId, Integers>;

/// A program with weights that fit it: there is one array for each weight tensor and no other, of the tensor's length and within its
/// declared range. Clones share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundWeights {
    program: ValidProgram,
    weights: Arc<Weights>,
}

impl ValidProgram {
    /// Checks lengths and ranges of weights.
    ///
    /// # Errors
    /// If one is missing, does not fit, or is of no weight tensor.
    pub fn bind(&self, weights: Weights) -> Result<BoundWeights, RunError> {
        let name = |id| self.tensor(id).map(|t| t.name.clone()).unwrap_or_default();
        let mut count = 0;
        for id in self.weights() {
            let Some(tensor) = self.tensor(id) else {
                continue;
            };
            count += 1;
            let Some(weight) = weights.get(&id) else {
                return Err(RunError::Missing { tensor: name(id) });
            };
            if weight.len() != tensor.volume() {
                return Err(RunError::Length {
                    tensor: name(id),
                    expected: tensor.volume(),
                    got: weight.len(),
                });
            }
            let (low, high) = (tensor.low, tensor.high);
            if weight.extremes().is_some_and(|(l, h)| l < low || h > high) {
                return Err(RunError::Range {
                    tensor: name(id),
                    low,
                    high,
                });
            }
        }
        if weights.len() != count {
            let is_weight = |id: &TensorId| self.weights().any(|weight| weight == *id);
            let other = weights.keys().copied().find(|id| !is_weight(id));
            return Err(RunError::NoWeight {
                position: other.map_or(0, |id| id.0),
                tensor: other.map(name).unwrap_or_default(),
            });
        }
        Ok(BoundWeights {
            program: self.clone(),
            weights: Arc::new(weights),
        })
    }
}

impl BoundWeights {
    /// The program that they fit.
    #[must_use]
    pub fn program(&self) -> &ValidProgram {
        &self.program
    }

    /// One array.
    #[must_use]
    pub fn get(&self, id: TensorId) -> Option<&Integers> {
        self.weights.get(&id)
    }

    /// All of them, by tensor.
    #[must_use]
    pub fn arrays(&self) -> &Weights {
        &self.weights
    }
}
