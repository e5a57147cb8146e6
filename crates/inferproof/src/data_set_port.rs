//! What an evaluation reads of a data set: the model's inputs, what is right of each sample, the groups.

use crate::values::ports;
use inferproof_inference::{Batch, Execution, ExecutionError, Score};
use inferproof_program::{Tensor, ValidProgram};

/// A tensor that a data set has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSetPort {
    /// An input of the model.
    Input {
        /// Its place in the program's list.
        place: usize,
    },
    /// What is right, or the groups.
    Further {
        /// With one sample along its first axis.
        tensor: Tensor,
    },
}

/// The place of the output that is scored: of this name, or the only one.
///
/// # Errors
/// The names of those that there are, if it has to be said which.
pub fn scored_output(model: &ValidProgram, name: Option<&str>) -> Result<u32, Vec<String>> {
    let names: Vec<String> = ports(model, &model.outputs)
        .into_iter()
        .map(|port| port.name)
        .collect();
    let place = match (name, names.as_slice()) {
        (Some(name), _) => names.iter().position(|known| known == name),
        (None, [_]) => Some(0),
        (None, _) => None,
    };
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.ok_or(names)
}

/// What was counted, in its unit.
#[must_use]
pub fn sum_in_units(tensor: &Tensor, integers: &[i64]) -> Vec<f64> {
    let unit = 2f64.powi(-tensor.scale_log2);
    integers.iter().map(|&n| n as f64 * unit).collect()
}

impl DataSetPort {
    /// All that is read to count this, in order: the model's inputs, what is right, the groups.
    ///
    /// # Errors
    /// If nothing of this kind can be counted of the model.
    pub fn all(model: &ValidProgram, score: Score) -> Result<Vec<Self>, ExecutionError> {
        let execution = Execution {
            batch: Some(Batch::of_samples(1)),
            score: Some(score),
            ..Execution::default()
        };
        let scored = execution.program(model)?;
        let own = model.inputs.len();
        let all = scored.inputs.iter().enumerate();
        let all = all.filter_map(|(place, &id)| {
            Some(match place < own {
                true => Self::Input { place },
                false => Self::Further {
                    tensor: scored.tensor(id)?.clone(),
                },
            })
        });
        Ok(all.collect())
    }

    /// What is called this, beside the model's inputs.
    ///
    /// # Errors
    /// If nothing of this kind can be counted of the model.
    pub fn further(
        model: &ValidProgram,
        score: Score,
        name: &str,
    ) -> Result<Option<Tensor>, ExecutionError> {
        let all = Self::all(model, score)?.into_iter();
        let mut further = all.filter_map(|port| match port {
            Self::Further { tensor } => Some(tensor),
            Self::Input { .. } => None,
        });
        Ok(further.find(|tensor| tensor.name == name))
    }
}
