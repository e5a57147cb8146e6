//! What makes a program well formed. Safe on untrusted input: never panics, and works in time linear in the program's size.
//!
//! What concerns one operation stands with it in [`crate::ops`].

use crate::ops::Before;
use crate::{Interval, Op, Program, ProgramError, Tensor, TensorId};
use std::collections::BTreeMap;

/// Every virtual value stays below this in absolute value, far below any proof field's modulus and without overflow in `i64`.
pub const MAX_BOUND: i64 = 1 << 60;

/// The greatest magnitude of a committed value.
pub(crate) const MAX_COMMITTED: i64 = 1 << 40;
/// The most axes a tensor may have.
const MAX_RANK: usize = 16;
/// The most entries a tensor may have.
const MAX_VOLUME: u64 = 1 << 32;

impl Program {
    /// Checks every invariant of the program.
    pub(crate) fn check(&self) -> Result<(), ProgramError> {
        if self.tensors.len() != self.nodes.len() {
            return Err(ProgramError::Count {
                tensors: self.tensors.len(),
                nodes: self.nodes.len(),
            });
        }
        let mut tables = Vec::with_capacity(self.tables.len());
        for (position, table) in self.tables.iter().enumerate() {
            let range = table.range().map_err(|reason| ProgramError::Table {
                table: position,
                reason,
            })?;
            tables.push(range);
        }
        let mut bilinear = Vec::with_capacity(self.nodes.len());
        for (position, (node, tensor)) in self.nodes.iter().zip(&self.tensors).enumerate() {
            if usize::try_from(node.output.0) != Ok(position) {
                return Err(ProgramError::Order {
                    position,
                    origin: node.origin.clone(),
                    got: node.output.0,
                });
            }
            let before = Before {
                program: self,
                bilinear: &bilinear,
                tables: &tables,
            };
            let is_bilinear = before.check(&node.origin, &node.op, tensor)?;
            bilinear.push(is_bilinear);
        }
        self.check_as_a_whole()
    }

    /// Checks what concerns no single node.
    pub(crate) fn check_as_a_whole(&self) -> Result<(), ProgramError> {
        self.check_interface()?;
        self.check_limits()?;
        self.check_meanings()?;
        self.check_feeds()
    }

    /// The range of a tensor's values: declared if it is committed, else computed from its operands' declared ranges. `None` if the
    /// tensor or one of its operands does not exist.
    #[must_use]
    pub fn static_bound(&self, id: TensorId) -> Option<Interval> {
        let op = &self.node(id)?.op;
        match op.is_committed() {
            true => self.tensor(id).map(Tensor::range),
            false => op.operation().bound(self),
        }
    }

    fn check_interface(&self) -> Result<(), ProgramError> {
        let error = |list, reason| Err(ProgramError::Interface { list, reason });
        let made = self.nodes.iter().filter(|n| matches!(n.op, Op::Input));
        let mut made: Vec<TensorId> = made.map(|n| n.output).collect();
        let mut listed = self.inputs.clone();
        made.sort_unstable();
        listed.sort_unstable();
        if made != listed {
            return error("inputs", "must list each input tensor exactly once".into());
        }
        if self.outputs.is_empty() {
            return error("outputs", "there must be at least one".into());
        }
        if self.outputs.len() > self.tensors.len() {
            return error("outputs", "more outputs than tensors".into());
        }
        for id in &self.outputs {
            match self.node(*id).map(|n| &n.op) {
                None => return error("outputs", format!("there is no tensor {}", id.0)),
                Some(Op::Weight) => return error("outputs", "a weight cannot be an output".into()),
                Some(_) => {}
            }
        }
        self.check_names("inputs", &self.inputs)?;
        self.check_names("outputs", &self.outputs)
    }

    /// Inputs and outputs are found by their names. One tensor may be several outputs: they say the same.
    fn check_names(&self, list: &'static str, ids: &[TensorId]) -> Result<(), ProgramError> {
        let mut named = BTreeMap::new();
        for id in ids {
            let Some(tensor) = self.tensor(*id) else {
                continue;
            };
            if named
                .insert(tensor.name.as_str(), id)
                .is_some_and(|other| other != id)
            {
                return Err(ProgramError::Names {
                    list,
                    name: tensor.name.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Before<'_> {
    /// Checks a node and what it makes; says whether that is made of a contraction.
    pub fn check(&self, origin: &str, op: &Op, output: &Tensor) -> Result<bool, ProgramError> {
        let tensor = || output.name.clone();
        output.check(op).map_err(|reason| ProgramError::Tensor {
            tensor: tensor(),
            reason,
        })?;
        let operation = op.operation();
        let checked = operation.check(self, output);
        checked.map_err(|reason| ProgramError::Node {
            origin: origin.to_owned(),
            tensor: tensor(),
            reason,
        })?;
        Ok(operation.is_bilinear(self))
    }
}

impl Tensor {
    fn check(&self, op: &Op) -> Result<(), String> {
        if self.shape.len() > MAX_RANK {
            return Err(format!("{} axes; at most {MAX_RANK}", self.shape.len()));
        }
        if self.shape.contains(&0) || self.volume() as u64 > MAX_VOLUME {
            return Err(format!(
                "shape {:?}: expected 1 to {MAX_VOLUME} entries",
                self.shape
            ));
        }
        let limit = if op.is_committed() {
            MAX_COMMITTED
        } else {
            MAX_BOUND - 1
        };
        if self.low > self.high || self.low < -limit || self.high > limit {
            return Err(format!(
                "range [{}, {}]; expected one within [-{limit}, {limit}]",
                self.low, self.high
            ));
        }
        Ok(())
    }
}
