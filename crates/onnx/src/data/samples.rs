//! Samples, from whatever they were read.

use super::entry::Input;
use super::{fit, labels};
use crate::OnnxError;
use crate::calibrate::Sample;

/// Samples of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// For each sample, one array for each input of the model. A string is its position among the input's categories, and their number
    /// if it is none of them; a missing value is NaN.
    pub inputs: Vec<Sample>,
    /// The right answers, if the data have some under the name `label`: one for each sample.
    pub labels: Option<Vec<i64>>,
}

impl Samples {
    /// From all entries of each input.
    pub(super) fn assembled(
        origin: &str,
        inputs: &[Input<'_>],
        values: Vec<Vec<f64>>,
        labels: Option<Vec<i64>>,
    ) -> Result<Self, OnnxError> {
        let inputs = fit::assemble(origin, inputs, values)?;
        if let Some(labels) = &labels {
            labels::check(origin, labels.len(), inputs.len())?;
        }
        Ok(Self { inputs, labels })
    }
}
