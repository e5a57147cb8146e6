//! What opens a commitment to a tensor: its integers and blinders, which are secret.

use crate::data_window::Stretch;
use crate::encoding::{DecodeError, Kind, decode, encode};
use crate::generators::{KEPT, generators};
use crate::tensor_commitment::{TensorCommitment, TensorKind};
use crate::{Curve, Digest};
use inferproof_argument::curve::{Profile, SCALAR_BYTES, Scalar, decode_scalar, encode_scalar};
use inferproof_argument::generators::Generators;
use inferproof_argument::msm::commit_rows;
use inferproof_argument::{Entropy, Integers, Opening, ProveError};
use inferproof_program::Tensor;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// A commitment to a tensor with the secrets that open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorOpening {
    /// Of the commitment: damage to what is public of it is noticed by whoever reads the file.
    id: Digest,
    pub(crate) commitment: TensorCommitment,
    pub(crate) values: Vec<i64>,
    /// 32 bytes a row.
    #[serde(with = "serde_bytes")]
    pub(crate) blinders: Vec<u8>,
}

impl Drop for TensorOpening {
    fn drop(&mut self) {
        self.values.zeroize();
        self.blinders.zeroize();
    }
}

/// The values are secret: only the shape is printed.
impl std::fmt::Debug for TensorOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "opening of a tensor of shape {:?}",
            self.commitment.shape
        )
    }
}

/// Why a tensor was not committed, or an opening cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// It is no opening.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The values do not fit the tensor.
    #[error("tensor `{tensor}`: {reason}")]
    Values {
        /// Its name.
        tensor: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Values or blinders are not those of the commitment.
    #[error("the opening does not open its commitment: {0}")]
    Wrong(&'static str),
    /// Without randomness.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

impl TensorOpening {
    /// Commits to a tensor of a program under fresh blinders, in rows of `2^row_bits` entries. `purpose` is bound into the hedged
    /// randomness (S4).
    pub(crate) fn commit<P: Profile>(
        kind: TensorKind,
        tensor: &Tensor,
        values: Vec<i64>,
        row_bits: u32,
        generators: &Generators<P>,
        purpose: &Digest,
    ) -> Result<Self, OpeningError> {
        let refuse = |reason| OpeningError::Values {
            tensor: tensor.name.clone(),
            reason,
        };
        if values.len() != tensor.volume() {
            return Err(refuse("wrong number of entries"));
        }
        if !values
            .iter()
            .all(|v| (tensor.low..=tensor.high).contains(v))
        {
            return Err(refuse("an entry is outside the declared range"));
        }
        let narrow = Integers::from_i64(&values)
            .map_err(|_| refuse("its values are wider than 32 bits, which cannot be committed"))?;
        let mut commitment = TensorCommitment::new::<P>(kind, tensor, row_bits, &[]);
        let layout = commitment.layout();
        let layout = layout.ok_or_else(|| refuse("it is empty or too large to commit"))?;
        let digest = Zeroizing::new(digest_of(&values));
        let mut entropy = Entropy::new("tensor blinders", &[purpose, digest.as_ref()])?;
        let blinders: Zeroizing<Vec<Scalar<P>>> = entropy.scalars(layout.row_count());
        let rows = commit_rows(generators, &narrow, &layout.rows(), &blinders);
        commitment = TensorCommitment::new::<P>(kind, tensor, row_bits, &rows);
        Ok(Self {
            id: commitment.id(Curve::of::<P>()),
            commitment,
            values,
            blinders: blinders.iter().flat_map(encode_scalar).collect(),
        })
    }

    /// The commitment, which is public.
    #[must_use]
    pub fn commitment(&self) -> &TensorCommitment {
        &self.commitment
    }

    /// The integers, row-major.
    #[must_use]
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// The file of the opening, which is secret.
    #[must_use]
    pub fn encode(&self, curve: Curve) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(encode(Kind::Opening, curve as u8, self))
    }

    /// Reads the file of an opening, and checks that it opens its commitment (T5): the values and blinders of one tensor are not taken
    /// for those of another.
    ///
    /// # Errors
    /// If it is no opening, or opens something else.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Curve), OpeningError> {
        let (_, curve) = crate::kind_of(bytes)?;
        let opening: Self = decode(Kind::Opening, curve as u8, bytes)?;
        if opening.commitment.id(curve) != opening.id {
            return Err(OpeningError::Wrong("it names another commitment"));
        }
        match curve {
            Curve::Grumpkin => opening.check::<crate::Grumpkin>(),
            Curve::Bn254 => opening.check::<crate::Bn254>(),
        }?;
        Ok((opening, curve))
    }

    /// Recomputes the commitment.
    fn check<P: Profile>(&self) -> Result<(), OpeningError> {
        let committed = self.commitment.points::<P>().map_err(OpeningError::Wrong)?;
        let layout = self.commitment.layout();
        let layout = layout.ok_or(OpeningError::Wrong("its rows are too long or too short"))?;
        let opening = self.open::<P>()?;
        let wrong = || OpeningError::Wrong("they are of another tensor");
        let volume: usize = layout.shape().iter().product();
        if opening.values.len() != volume || opening.blinders.len() != layout.row_count() {
            return Err(wrong());
        }
        // As many as full rows take, if that is no more than a model's: what reads the opening needs these as well.
        let full = (1usize << self.commitment.row_bits).min(KEPT);
        let generators = generators(layout.row_width().max(full));
        let rows = commit_rows(
            &generators,
            &opening.values,
            &layout.rows(),
            &opening.blinders,
        );
        if rows == committed {
            Ok(())
        } else {
            Err(wrong())
        }
    }

    /// The integers of a run of samples, of a data set.
    pub(crate) fn values_of(&self, stretch: &Stretch, volume: usize) -> Option<&[i64]> {
        let held = self.values.get(stretch.entries.clone())?;
        let per_sample = self.values.len() / self.commitment.shape.first().copied()?.max(1);
        let start = stretch.skipped.checked_mul(per_sample)?;
        held.get(start..start.checked_add(volume)?)
    }

    /// As the argument takes it.
    pub(crate) fn open<P: Profile>(&self) -> Result<Opening<P>, OpeningError> {
        let (rows, rest) = self.blinders.as_chunks::<SCALAR_BYTES>();
        if !rest.is_empty() {
            return Err(OpeningError::Wrong("a blinder is cut short"));
        }
        opening(&self.values, rows)
    }

    /// The same of the rows of a data set that hold some samples.
    pub(crate) fn open_rows<P: Profile>(
        &self,
        stretch: &Stretch,
    ) -> Result<Opening<P>, OpeningError> {
        let (rows, _) = self.blinders.as_chunks::<SCALAR_BYTES>();
        let wrong = OpeningError::Wrong("it has fewer rows than the data set");
        let (values, rows) = self
            .values
            .get(stretch.entries.clone())
            .zip(rows.get(stretch.rows.clone()))
            .ok_or(wrong)?;
        opening(values, rows)
    }
}

/// Integers with the blinders of their rows, as the argument takes them.
fn opening<P: Profile>(
    values: &[i64],
    rows: &[[u8; SCALAR_BYTES]],
) -> Result<Opening<P>, OpeningError> {
    let values = Integers::from_i64(values)
        .map_err(|_| OpeningError::Wrong("a value is wider than 32 bits"))?;
    let mut blinders = Zeroizing::new(Vec::with_capacity(rows.len()));
    for bytes in rows {
        let scalar = decode_scalar(bytes);
        blinders.push(scalar.map_err(|_| OpeningError::Wrong("a blinder is no scalar"))?);
    }
    Ok(Opening { values, blinders })
}

/// For the hedged randomness only; never leaves the process.
fn digest_of(values: &[i64]) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof tensor values 1");
    for value in values {
        hasher.update(&value.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}
