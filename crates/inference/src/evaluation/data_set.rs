//! Data sets: labelled samples that a tester has published, or committed to once for any number of evaluations.
//!
//! The identifier of a data set is a digest of the identifiers of its tensors and of the number of samples. It is what a tester signs, after having seen
//! what opens the commitments (T5).

use crate::encoding::Curve;
use crate::proof::Disclosed;
use crate::{Digest, TensorCommitment};

/// The samples of an evaluation, and what is right of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// How many samples.
    pub samples: u64,
    /// The model's inputs in its order, then what is right, then the groups if there are any; each with the samples along its first axis.
    pub tensors: Vec<DataTensor>,
}

/// A tensor of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataTensor {
    /// Its integers are known.
    Public(Vec<i64>),
    /// It is hidden.
    Committed(TensorCommitment),
}

impl DataSet {
    /// The identifier.
    #[must_use]
    pub fn id(&self, curve: Curve) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key("inferproof data set id 1");
        hasher.update(&self.samples.to_le_bytes());
        for tensor in &self.tensors {
            match tensor {
                DataTensor::Public(values) => {
                    let mut digest = blake3::Hasher::new_derive_key("inferproof public samples 1");
                    for value in values {
                        digest.update(&value.to_le_bytes());
                    }
                    hasher.update(&[0]).update(digest.finalize().as_bytes());
                }
                DataTensor::Committed(commitment) => {
                    hasher.update(&[1]).update(&commitment.id(curve));
                }
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// The commitments to tensors that are hidden.
    #[must_use]
    pub fn commitments(&self) -> Vec<TensorCommitment> {
        let commitments = self.tensors.iter().filter_map(|tensor| match tensor {
            DataTensor::Committed(commitment) => Some(commitment.clone()),
            DataTensor::Public(_) => None,
        });
        commitments.collect()
    }

    /// What a proof shows of a run of samples is what the public tensors hold.
    pub(crate) fn check_shown(
        &self,
        shown: &[Disclosed],
        start: u64,
        samples: u64,
    ) -> Result<(), &'static str> {
        for (tensor, shown) in self.tensors.iter().zip(shown) {
            let DataTensor::Public(values) = tensor else {
                continue;
            };
            let expected = run_of(values, self.samples, start, samples);
            let expected = expected.ok_or("the data set does not have them")?;
            if shown.integers() != Some(expected) {
                return Err("the proof shows others than the data set has");
            }
        }
        Ok(())
    }
}

/// The entries of a run of samples, of all that a tensor holds.
pub(crate) fn run_of(values: &[i64], total: u64, start: u64, samples: u64) -> Option<&[i64]> {
    let number = |n: u64| usize::try_from(n).ok();
    let per_sample = values.len().checked_div(number(total)?)?;
    let start = number(start)?.checked_mul(per_sample)?;
    let length = number(samples)?.checked_mul(per_sample)?;
    values.get(start..start.checked_add(length)?)
}
