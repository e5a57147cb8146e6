//! Where tensors that were committed before, and public inputs, stand among the relations' sources.

use super::{Builder, Entrance, MAX_COMMITTED};
use crate::lower::LowerError;
use crate::statement::{Form, Role, StatementShape};
use inferproof_argument::{CommittedTensor, Layout, Origin, Source, Term};
use inferproof_program::TensorId;

impl Builder<'_> {
    /// A run of a weight tensor's rows is committed before and in its declared range.
    pub fn check_external(&mut self, id: TensorId, layout: Layout) -> Result<(), LowerError> {
        let name = self.tensor(id)?.name.clone();
        let view = self.view(id, layout.shape(), Vec::new())?;
        let term = Term {
            coefficient: 1,
            source: Source::Committed(self.tensors.len()),
            view,
        };
        self.tensors.push(CommittedTensor {
            name,
            layout,
            origin: Origin::External,
        });
        self.check_range(id, &term)
    }

    /// Weights come first among committed tensors, in order.
    pub(super) fn place_weights(&mut self) -> Result<(), LowerError> {
        for (id, layout) in crate::lower::layouts::layouts(self.program, self.c)? {
            let name = self.tensor(id)?.name.clone();
            self.tensors.push(CommittedTensor {
                name,
                layout,
                origin: Origin::External,
            });
        }
        Ok(())
    }

    /// Committed inputs come behind the weights; public ones are the first public tensors.
    pub(super) fn place_inputs(&mut self, shape: &StatementShape) -> Result<(), LowerError> {
        for (&id, form) in self.program.inputs.iter().zip(&shape.inputs) {
            let entrance = match *form {
                Form::Public => {
                    self.publics.push(self.shape(id)?);
                    Entrance::Public(self.publics.len() - 1)
                }
                Form::Private => Entrance::Private,
                Form::Committed { row_bits } => {
                    Entrance::Committed(self.place_committed(Role::Input, id, row_bits)?)
                }
            };
            self.inputs.insert(id, entrance);
        }
        Ok(())
    }

    /// Committed outputs come behind the committed inputs.
    pub(super) fn place_outputs(&mut self, shape: &StatementShape) -> Result<(), LowerError> {
        for (place, (&id, form)) in self.program.outputs.iter().zip(&shape.outputs).enumerate() {
            if let Form::Committed { row_bits } = *form {
                let tensor = self.place_committed(Role::Output, id, row_bits)?;
                self.committed_outputs.insert(place, tensor);
            }
        }
        Ok(())
    }

    /// A tensor that was committed before, laid out as its shape and the length of its rows say (T1). What may be wider than 32 bits is
    /// refused: it would have to be cut into digits that nothing ranges (T2).
    pub(super) fn place_committed(
        &mut self,
        role: Role,
        id: TensorId,
        row_bits: u32,
    ) -> Result<usize, LowerError> {
        let tensor = self.tensor(id)?;
        if tensor.low < -MAX_COMMITTED || tensor.high > MAX_COMMITTED {
            return Err(self.refuse(
                id,
                "its values may be wider than 32 bits, so that there is no commitment to it; make it public or private",
            ));
        }
        let layout = Layout::packed(tensor.shape.clone(), row_bits)
            .ok_or_else(|| self.refuse(id, "it is empty or too large to commit"))?;
        self.tensors.push(CommittedTensor {
            name: format!("{role} {}", tensor.name),
            layout,
            origin: Origin::External,
        });
        Ok(self.tensors.len() - 1)
    }
}
