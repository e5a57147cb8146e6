//! Where tensors that were committed before, and public inputs, stand among the relations' sources.

use super::{Builder, Entrance, MAX_COMMITTED};
use crate::data_window::Stretch;
use crate::lower::LowerError;
use crate::statement::{Form, Role, StatementShape, Window};
use inferproof_argument::{CommittedTensor, Layout, Origin, Source, Term};
use inferproof_program::TensorId;
use inferproof_view::Step;

/// Where a program's tensor stands in a committed one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// Among the committed tensors.
    pub tensor: usize,
    /// Samples before its first.
    skipped: usize,
}

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
    pub(super) fn place_weights(&mut self, row_bits: u32) -> Result<(), LowerError> {
        for (id, layout) in crate::lower::layouts::layouts(self.program, row_bits)? {
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
                Form::Committed { row_bits, window } => {
                    Entrance::Committed(self.place_committed(Role::Input, id, row_bits, window)?)
                }
            };
            self.inputs.insert(id, entrance);
        }
        Ok(())
    }

    /// Committed outputs come behind the committed inputs.
    pub(super) fn place_outputs(&mut self, shape: &StatementShape) -> Result<(), LowerError> {
        for (place, (&id, form)) in self.program.outputs.iter().zip(&shape.outputs).enumerate() {
            if let Form::Committed { row_bits, window } = *form {
                let tensor = self.place_committed(Role::Output, id, row_bits, window)?;
                self.committed_outputs.insert(place, tensor);
            }
        }
        Ok(())
    }

    /// A tensor that was committed before, laid out as its shape and the length of its rows say (T1); of a data set, the rows that hold the
    /// statement's samples. What may be wider than 32 bits is refused: it would have to be cut into digits that nothing ranges (T2).
    pub(super) fn place_committed(
        &mut self,
        role: Role,
        id: TensorId,
        row_bits: u32,
        window: Option<Window>,
    ) -> Result<Standing, LowerError> {
        let tensor = self.tensor(id)?;
        if tensor.low < -MAX_COMMITTED || tensor.high > MAX_COMMITTED {
            return Err(self.refuse(
                id,
                "its values may be wider than 32 bits, so that there is no commitment to it; make it public or private",
            ));
        }
        let (layout, skipped) = match window {
            None => (Layout::packed(tensor.shape.clone(), row_bits), 0),
            Some(window) => match Stretch::of(&tensor.shape, row_bits, window) {
                Some(stretch) => (Some(stretch.layout), stretch.skipped),
                None => (None, 0),
            },
        };
        let layout = layout.ok_or_else(|| self.refuse(id, "it is empty or too large to commit"))?;
        self.tensors.push(CommittedTensor {
            name: format!("{role} {}", tensor.name),
            layout,
            origin: Origin::External,
        });
        Ok(Standing {
            tensor: self.tensors.len() - 1,
            skipped,
        })
    }

    /// A program's tensor, where it stands in a committed one.
    pub(super) fn read_standing(
        &self,
        id: TensorId,
        standing: Standing,
    ) -> Result<Term, LowerError> {
        let committed = self.tensors.get(standing.tensor);
        let committed =
            committed.ok_or_else(|| self.refuse(id, "its commitment was not foreseen"))?;
        let (from, to) = (committed.layout.shape(), self.shape(id)?);
        let mut steps = Vec::new();
        if from != to {
            // Of the samples in the rows, those of the statement; both arrays are row-major.
            let per_sample: usize = to.iter().skip(1).product();
            let flat = |sizes: &[usize]| Step::Merge {
                axis: 0,
                sizes: sizes.to_vec(),
            };
            let too_large = || self.refuse(id, "it is too large to be read");
            let start = standing.skipped.checked_mul(per_sample);
            steps.push(flat(from));
            steps.push(Step::Slice {
                axis: 0,
                source: from.iter().product(),
                start: start
                    .and_then(|start| i64::try_from(start).ok())
                    .ok_or_else(too_large)?,
                step: 1,
                len: to.iter().product(),
            });
            steps.push(Step::Split { axis: 0, sizes: to });
        }
        let view = self.view(id, from, steps)?;
        Ok(Term {
            coefficient: 1,
            source: Source::Committed(standing.tensor),
            view,
        })
    }
}
