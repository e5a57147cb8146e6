//! Which outputs are the next run's inputs: a recurrent state, a decoder's cache, weights that a step of training changes.
//!
//! Running a program does not read it. It is part of the architecture, so that whoever verifies a chain of runs knows from the model's
//! identifier alone what has to be linked with what. What goes from one run to the next is integers, or a commitment to them: they mean
//! the same there only if shape, scale and range are the same, and a commitment fits nothing else.

use crate::{Meaning, Program, ProgramError, Tensor, TensorId};
use serde::{Deserialize, Serialize};

/// An output of one run that is an input of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Feed {
    /// The input's place in [`Program::inputs`].
    pub input: usize,
    /// The output's place in [`Program::outputs`].
    pub output: usize,
}

impl Program {
    /// The tensors of a feed, output and input; `None` if one of the places does not exist.
    #[must_use]
    pub fn fed(&self, feed: Feed) -> Option<(TensorId, TensorId)> {
        let output = self.outputs.get(feed.output)?;
        Some((*output, *self.inputs.get(feed.input)?))
    }

    /// Feeds are in the inputs' order, and so at most one of each input; what goes out is described as what goes in.
    pub(crate) fn check_feeds(&self) -> Result<(), ProgramError> {
        let wrong = |reason: String| ProgramError::Interface {
            list: "feeds",
            reason,
        };
        let mut before = None;
        for feed in &self.feeds {
            if before
                .replace(feed.input)
                .is_some_and(|before| before >= feed.input)
            {
                return Err(wrong(
                    "they are not in the inputs' order, one output at most for each".into(),
                ));
            }
            let found = self.fed(*feed);
            let tensors = found.and_then(|(out, into)| {
                let meanings = (self.meaning(out), self.meaning(into));
                Some((self.tensor(out)?, self.tensor(into)?, meanings))
            });
            let Some((out, into, (out_means, into_means))) = tensors else {
                return Err(wrong(format!(
                    "output {} feeds input {}; there are {} outputs and {} inputs",
                    feed.output,
                    feed.input,
                    self.outputs.len(),
                    self.inputs.len()
                )));
            };
            if !means_the_same(out_means, into_means) {
                return Err(wrong(format!(
                    "`{}` feeds `{}`, whose integers stand for other strings or missing values",
                    out.name, into.name
                )));
            }
            if described(out) != described(into) {
                return Err(wrong(format!(
                    "`{}` ({}) feeds `{}` ({}); they must be alike",
                    out.name,
                    in_words(out),
                    into.name,
                    in_words(into)
                )));
            }
        }
        Ok(())
    }
}

fn described(tensor: &Tensor) -> (&[usize], i64, i64, i32) {
    (&tensor.shape, tensor.low, tensor.high, tensor.scale_log2)
}

fn in_words(tensor: &Tensor) -> String {
    let (shape, low, high, scale_log2) = described(tensor);
    let exponent = -i64::from(scale_log2);
    format!("{shape:?}, {low} to {high} times 2^{exponent}")
}

fn means_the_same(a: Option<&Meaning>, b: Option<&Meaning>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.categories == b.categories && a.missing == b.missing,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
