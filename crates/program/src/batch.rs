//! A batch: one program that runs a program on several samples.
//!
//! Every tensor but the weights gets an axis in front, along which the samples lie. A verifier derives it as the prover does, from the
//! program and the number of samples.

use crate::derive::{Derived, Deriving};
use crate::{Builder, ComposeError, Op, Program, ProgramError, TensorId, ValidProgram};
use inferproof_view::Step;
use std::collections::BTreeMap;

impl ValidProgram {
    /// The program that runs this one on so many samples. Weights keep their order and shapes; inputs, outputs and all between have a
    /// first axis of length `samples`, also if that is one.
    ///
    /// # Errors
    /// If there are no samples, or so many that a tensor has more entries than it may have.
    pub fn batched(&self, samples: usize) -> Result<Derived, ComposeError> {
        let mut deriving = Deriving::new(self);
        deriving.builder.keep_tables(self);
        let mut repeated = BTreeMap::new();
        for (node, tensor) in self.nodes.iter().zip(&self.tensors) {
            deriving.builder.at(&node.origin);
            let mut batch = Batch {
                builder: &mut deriving.builder,
                samples,
                original: self,
                made: &deriving.made,
                repeated: &mut repeated,
            };
            let id = node.op.operation().batched(&mut batch, tensor)?;
            deriving.stands_for(node.output, id, tensor)?;
        }
        deriving.outputs(&self.outputs)?;
        deriving.finish()
    }
}

/// A batched program in the making.
pub(crate) struct Batch<'a> {
    pub builder: &'a mut Builder,
    pub samples: usize,
    original: &'a Program,
    made: &'a BTreeMap<TensorId, TensorId>,
    /// Weights that were repeated for every sample.
    repeated: &'a mut BTreeMap<TensorId, TensorId>,
}

impl Batch<'_> {
    /// The shape of what every sample has one of.
    pub fn shape(&self, of_one: &[usize]) -> Vec<usize> {
        [&[self.samples], of_one].concat()
    }

    /// Whether all samples have the same: a weight.
    pub fn is_shared(&self, id: TensorId) -> bool {
        self.original.node(id).is_some_and(|n| n.op == Op::Weight)
    }

    /// What stands for a tensor: of all samples, or the weight.
    pub fn of(&self, id: TensorId) -> TensorId {
        // Of a valid program, everything that is read was made before.
        self.made.get(&id).copied().unwrap_or(TensorId(u32::MAX))
    }

    /// What stands for a tensor, of all samples.
    pub fn read(&mut self, id: TensorId) -> Result<TensorId, ProgramError> {
        let of = self.of(id);
        if !self.is_shared(id) {
            return Ok(of);
        }
        if let Some(&repeated) = self.repeated.get(&id) {
            return Ok(repeated);
        }
        let repeated = self.builder.read(of, vec![self.repeat()])?;
        self.repeated.insert(id, repeated);
        Ok(repeated)
    }

    /// Repeats what a view gives for every sample.
    pub fn repeat(&self) -> Step {
        Step::Insert {
            axis: 0,
            len: self.samples,
        }
    }

    /// A tensor with the samples' axis moved from one place to another.
    pub fn move_samples(
        &mut self,
        id: TensorId,
        from: usize,
        to: usize,
    ) -> Result<TensorId, ProgramError> {
        if from == to {
            return Ok(id);
        }
        let axes = self.builder.shape_of(id)?.len();
        let mut order: Vec<usize> = (0..axes).filter(|&axis| axis != from).collect();
        order.insert(to.min(order.len()), from);
        self.builder.read(id, vec![Step::Permute(order)])
    }
}
