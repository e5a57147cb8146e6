//! A slice: the part of a program between some of its tensors.
//!
//! Whoever verifies a chain of slices makes each of them here, walking back from its outputs and stopping only at its declared inputs, so
//! that nothing flows around the boundaries unseen.

use crate::derive::{ComposeError, Derived, Deriving};
use crate::{Op, Tensor, TensorId, ValidProgram};
use std::collections::{BTreeMap, BTreeSet};

impl ValidProgram {
    /// The program whose inputs are these tensors and whose outputs are those, both in the order given, and whose nodes are all that lead
    /// from the ones to the others. Tensors of this program may be named as either, but weights.
    ///
    /// # Errors
    /// If a tensor does not exist, is named twice, or cannot be a boundary; if an output depends on something before the slice that is not
    /// among its inputs (a forgotten skip connection), or on none of an input.
    pub fn slice(
        &self,
        inputs: &[TensorId],
        outputs: &[TensorId],
    ) -> Result<Derived, ComposeError> {
        self.check_boundaries(inputs, outputs)?;
        let declared: BTreeSet<TensorId> = inputs.iter().copied().collect();
        let kept = self.leading_to(outputs, &declared)?;
        if let Some(unread) = inputs.iter().find(|id| !kept.contains_key(id)) {
            return Err(ComposeError::Unread {
                tensor: self.name(*unread),
            });
        }
        let mut deriving = Deriving::new(self);
        for &id in inputs {
            let tensor = self.described(id)?;
            let range = tensor.low..=tensor.high;
            let input = deriving.builder.at("boundary of a slice");
            let input = input.input(&tensor.name, &tensor.shape, range)?;
            deriving.stands_for(id, input, tensor)?;
        }
        for &id in kept.keys().filter(|id| !declared.contains(id)) {
            let (Some(node), tensor) = (self.node(id), self.described(id)?) else {
                continue;
            };
            let made = &deriving.made;
            let of = |source| made.get(&source).copied().unwrap_or(source);
            let builder = deriving.builder.at(&node.origin);
            let op = node
                .op
                .redirected(of, |table| builder.table_of(self, table))?;
            let copy = builder.add(op, tensor.clone())?;
            deriving.stands_for(id, copy, tensor)?;
        }
        deriving.outputs(outputs)?;
        deriving.finish()
    }

    fn described(&self, id: TensorId) -> Result<&Tensor, ComposeError> {
        self.tensor(id).ok_or(ComposeError::Unknown {
            position: id.0,
            tensors: self.tensors.len(),
        })
    }

    fn name(&self, id: TensorId) -> String {
        self.tensor(id).map(|t| t.name.clone()).unwrap_or_default()
    }

    fn check_boundaries(
        &self,
        inputs: &[TensorId],
        outputs: &[TensorId],
    ) -> Result<(), ComposeError> {
        let mut seen = BTreeSet::new();
        let named = inputs.iter().map(|id| (id, "an input"));
        for (&id, role) in named.chain(outputs.iter().map(|id| (id, "an output"))) {
            let tensor = self.described(id)?;
            let refused = |reason| ComposeError::Boundary {
                tensor: tensor.name.clone(),
                role,
                reason,
            };
            match self.node(id).map(|n| &n.op) {
                Some(Op::Weight) => return Err(refused("it is a weight")),
                Some(Op::Input) if role == "an output" => {
                    return Err(refused(
                        "it is an input of the program, which nothing makes",
                    ));
                }
                _ => {}
            }
            if !seen.insert(id) {
                return Err(refused("it is named twice; a node must lie between"));
            }
        }
        Ok(())
    }

    /// All tensors that lead to these, up to the declared ones, each with one that reads it.
    fn leading_to(
        &self,
        outputs: &[TensorId],
        declared: &BTreeSet<TensorId>,
    ) -> Result<BTreeMap<TensorId, Option<TensorId>>, ComposeError> {
        let mut kept = BTreeMap::new();
        let mut open: Vec<(TensorId, Option<TensorId>)> =
            outputs.iter().map(|&id| (id, None)).collect();
        while let Some((id, reader)) = open.pop() {
            if kept.contains_key(&id) {
                continue;
            }
            kept.insert(id, reader);
            if declared.contains(&id) {
                continue;
            }
            match self.node(id).map(|n| &n.op) {
                Some(Op::Input) => return Err(self.skipped(id, &kept, declared)),
                Some(op) => open.extend(op.sources().map(|source| (source, Some(id)))),
                None => {}
            }
        }
        Ok(kept)
    }

    /// Where the way from an undeclared input of the program enters the slice: the last tensor on it that is before a declared one.
    fn skipped(
        &self,
        input: TensorId,
        readers: &BTreeMap<TensorId, Option<TensorId>>,
        declared: &BTreeSet<TensorId>,
    ) -> ComposeError {
        let mut before = BTreeSet::new();
        let mut open: Vec<TensorId> = declared.iter().copied().collect();
        while let Some(id) = open.pop() {
            if before.insert(id) {
                open.extend(self.node(id).into_iter().flat_map(|n| n.op.sources()));
            }
        }
        let mut last = input;
        let mut reader = readers.get(&last).copied().flatten();
        while let Some(next) = reader.filter(|next| before.contains(next)) {
            last = next;
            reader = readers.get(&last).copied().flatten();
        }
        let reader = reader.and_then(|id| self.node(id));
        ComposeError::Skipped {
            reader: reader.map(|n| n.origin.clone()).unwrap_or_default(),
            tensor: self.name(last),
            input: self.name(input),
        }
    }
}
