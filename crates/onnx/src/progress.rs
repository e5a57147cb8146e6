//! Long work says how far it is, and can be stopped between two samples.

use crate::OnnxError;

/// What is being done with samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The float model is run on the calibration samples.
    Calibrate,
    /// An integer program is compared with the float model on them.
    Compare,
    /// Both are run on other samples.
    Evaluate,
    /// Running the float model from sample to sample, each with what the one before has made.
    Sequence,
}

/// Who is told of the work, how many samples of how many are done, and answers whether to go on.
pub struct Progress<'a>(Option<&'a mut dyn FnMut(Work, usize, usize) -> bool>);

impl<'a> Progress<'a> {
    pub fn new(listener: &'a mut dyn FnMut(Work, usize, usize) -> bool) -> Self {
        Self(Some(listener))
    }

    /// Nobody listens.
    pub fn unheard() -> Self {
        Self(None)
    }

    pub fn step(&mut self, work: Work, done: usize, of: usize) -> Result<(), OnnxError> {
        let listener = self.0.as_mut();
        if listener.is_none_or(|listener| listener(work, done, of)) {
            Ok(())
        } else {
            Err(OnnxError::Interrupted)
        }
    }
}
