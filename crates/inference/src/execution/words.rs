//! How a model is run, in words.

use super::{Batch, Execution, Measure, Place, Score, Slice, name_of};
use crate::hex;
use inferproof_program::{Program, TensorId};
use std::fmt;

/// What is run, of a model.
pub struct Said<'a> {
    execution: &'a Execution,
    model: &'a Program,
}

impl Execution {
    /// In words, with the names of the model's tensors.
    #[must_use]
    pub fn said_of<'a>(&'a self, model: &'a Program) -> Said<'a> {
        Said {
            execution: self,
            model,
        }
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Execution {
            slice,
            batch,
            score,
        } = self.execution;
        match slice {
            None => f.write_str("the whole model")?,
            Some(Slice { inputs, outputs }) => {
                f.write_str("the part of the model from ")?;
                self.names(f, inputs)?;
                f.write_str(" to ")?;
                self.names(f, outputs)?;
            }
        }
        match batch {
            None => f.write_str(", on one sample")?,
            Some(Batch { samples, of: None }) => write!(f, ", on {samples} samples")?,
            Some(Batch {
                samples,
                of:
                    Some(Place {
                        data_set,
                        start,
                        total,
                    }),
            }) => write!(
                f,
                ", on samples {start} to {} of the {total} of data set {}",
                start.saturating_add(*samples).saturating_sub(1),
                hex(data_set)
            )?,
        }
        let Some(Score {
            measure,
            output,
            groups,
        }) = score
        else {
            return Ok(());
        };
        let what = match measure {
            Measure::Accuracy => "right answers",
            Measure::Error => "absolute errors",
            Measure::Confusion => "confusions of classes",
        };
        write!(f, ", counting {what} in output {output}")?;
        match groups {
            Some(groups) => write!(f, " within {groups} groups"),
            None => Ok(()),
        }
    }
}

impl Said<'_> {
    fn names(&self, f: &mut fmt::Formatter<'_>, ids: &[TensorId]) -> fmt::Result {
        for (position, &id) in ids.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}`{}`", name_of(self.model, id))?;
        }
        Ok(())
    }
}
