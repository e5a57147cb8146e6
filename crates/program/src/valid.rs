//! A program that has been checked: only such a program is run, committed to or proven.

use crate::{Program, ProgramError};
use serde::{Serialize, Serializer};
use std::ops::Deref;
use std::sync::Arc;

/// A [`Program`] that holds all its invariants, shared by its clones. [`Program::validated`] and [`crate::Builder`] alone make it, and nothing changes it
/// afterwards, so that whoever is given one has nothing to check.
///
/// It is serialized as its program is. What is read is a [`Program`], which has to be validated again.
#[derive(Clone, Debug)]
pub struct ValidProgram(Arc<Program>);

impl Program {
    /// Checks every invariant of the program.
    ///
    /// # Errors
    /// The first that does not hold, with the node or tensor.
    pub fn validated(self) -> Result<ValidProgram, ProgramError> {
        self.check()?;
        Ok(ValidProgram(Arc::new(self)))
    }
}

impl ValidProgram {
    /// A program whose nodes were checked as they were made.
    pub(crate) fn of_checked_nodes(program: Program) -> Result<Self, ProgramError> {
        program.check_as_a_whole()?;
        Ok(Self(Arc::new(program)))
    }

    /// The program, to be changed: a copy if there are other clones of it.
    #[must_use]
    pub fn into_program(self) -> Program {
        Arc::unwrap_or_clone(self.0)
    }
}

impl TryFrom<Program> for ValidProgram {
    type Error = ProgramError;

    fn try_from(program: Program) -> Result<Self, ProgramError> {
        program.validated()
    }
}

impl Deref for ValidProgram {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl PartialEq for ValidProgram {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for ValidProgram {}

impl Serialize for ValidProgram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
