//! Weights that were checked against a program, once: with them it can be run.

use crate::{RunError, TensorId, ValidProgram};
use inferproof_integers::Integers;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The weights of a program, row-major each.
pub type Weights = BTreeMap<TensorId, Integers>;

/// A program with weights that fit it: each array is of a weight tensor, of its length and within its declared range. There is one for each
/// weight tensor, or for those that a part of the program reads. Clones share them.
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
        let bound = self.bind_some(weights)?;
        bound.check_all()?;
        Ok(bound)
    }

    /// The same of some of the weights: with them a part of the program can be run, but not all of it.
    ///
    /// # Errors
    /// If one does not fit, or is of no weight tensor.
    pub fn bind_some(&self, weights: Weights) -> Result<BoundWeights, RunError> {
        let name = |id| self.tensor(id).map(|t| t.name.clone()).unwrap_or_default();
        let mut count = 0;
        for id in self.weights() {
            let (Some(tensor), Some(weight)) = (self.tensor(id), weights.get(&id)) else {
                continue;
            };
            count += 1;
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

    /// The arrays of these tensors alone, as far as there are any.
    #[must_use]
    pub fn only(&self, wanted: &BTreeSet<TensorId>) -> Self {
        let arrays = self.weights.iter();
        let arrays = arrays.filter(|(id, _)| wanted.contains(id));
        Self {
            program: self.program.clone(),
            weights: Arc::new(arrays.map(|(&id, array)| (id, array.clone())).collect()),
        }
    }

    /// There is an array for every weight.
    pub(crate) fn check_all(&self) -> Result<(), RunError> {
        let mut all = self.program.weights();
        match all.find(|id| !self.weights.contains_key(id)) {
            None => Ok(()),
            Some(id) => Err(RunError::Missing {
                tensor: self
                    .program
                    .tensor(id)
                    .map(|t| t.name.clone())
                    .unwrap_or_default(),
            }),
        }
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
