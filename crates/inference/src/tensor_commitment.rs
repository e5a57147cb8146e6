//! Public commitments to tensors of runs, which any number of proofs may read.
//!
//! A commitment stores the tensor's shape and the length of its rows; the layout is derived from these and never read from outside, where
//! too wide a row would silently count as zero (T1). Its identifier names its kind, so that a commitment of one kind is never taken for
//! one of another.

use crate::encoding::{DecodeError, Kind, decode, encode};
use crate::{Curve, Digest};
use inferproof_argument::Layout;
use inferproof_argument::curve::{POINT_BYTES, Point, Profile, decode_points, encode_point};
use inferproof_program::Tensor;
use serde::{Deserialize, Serialize};

/// What a committed tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TensorKind {
    /// A weight of a model.
    Weight,
    /// Data that somebody has: an input.
    Data,
    /// What a run has computed: an output.
    Boundary,
    /// What was counted over the samples of a batch.
    Score,
}

/// A hiding commitment to a tensor, and what is public of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorCommitment {
    /// What it is.
    pub kind: TensorKind,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// The least integer that it is declared to hold.
    pub low: i64,
    /// The greatest.
    pub high: i64,
    /// The integer `n` means `n * 2^-scale_log2`.
    pub scale_log2: i32,
    /// Its rows have at most `2^row_bits` entries.
    pub row_bits: u32,
    /// One point a row.
    #[serde(with = "serde_bytes")]
    pub(crate) rows: Vec<u8>,
}

/// The greatest `row_bits` of a commitment: those that keys may have.
pub(crate) const MAX_ROW_BITS: u32 = 16;

impl TensorCommitment {
    /// Of the rows of a tensor of a program.
    #[must_use]
    pub(crate) fn new<P: Profile>(
        kind: TensorKind,
        tensor: &Tensor,
        row_bits: u32,
        rows: &[Point<P>],
    ) -> Self {
        Self {
            kind,
            shape: tensor.shape.clone(),
            low: tensor.low,
            high: tensor.high,
            scale_log2: tensor.scale_log2,
            row_bits,
            rows: rows.iter().flat_map(|p| encode_point::<P>(p)).collect(),
        }
    }

    /// The identifier: a digest of all of it and of the curve.
    #[must_use]
    pub fn id(&self, curve: Curve) -> Digest {
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        *blake3::Hasher::new_derive_key("inferproof tensor id 1")
            .update(&[curve as u8])
            .update(&bytes)
            .finalize()
            .as_bytes()
    }

    /// Where its entries lie; `None` if there is no such layout.
    #[must_use]
    pub(crate) fn layout(&self) -> Option<Layout> {
        if !(1..=MAX_ROW_BITS).contains(&self.row_bits) {
            return None;
        }
        Layout::packed(self.shape.clone(), self.row_bits)
    }

    /// The rows.
    ///
    /// # Errors
    /// If they are not as many as the layout has, or not points of the curve.
    pub(crate) fn points<P: Profile>(&self) -> Result<Vec<Point<P>>, &'static str> {
        let layout = self.layout().ok_or("its rows are too long or too short")?;
        let (chunks, rest) = self.rows.as_chunks::<POINT_BYTES>();
        if !rest.is_empty() || chunks.len() != layout.row_count() {
            return Err("it has the wrong number of rows");
        }
        decode_points::<P>(chunks).map_err(|_| "one of its rows is no point of the curve")
    }

    /// Whether it is a commitment to what a program's tensor may hold (T3): the program says shape, range and scale.
    ///
    /// # Errors
    /// What differs.
    pub(crate) fn check(&self, tensor: &Tensor) -> Result<(), &'static str> {
        if self.shape != tensor.shape {
            return Err("the commitment is to a tensor of another shape");
        }
        if (self.low, self.high) != (tensor.low, tensor.high) {
            return Err("the commitment is to a tensor of another range");
        }
        if self.scale_log2 != tensor.scale_log2 {
            return Err("the commitment is to a tensor of another scale");
        }
        Ok(())
    }

    /// The file of the commitment, which is public.
    #[must_use]
    pub fn encode(&self, curve: Curve) -> Vec<u8> {
        encode(Kind::Commitment, curve as u8, self)
    }

    /// Reads the file of a commitment. Its rows are checked by whoever verifies a proof that reads it.
    ///
    /// # Errors
    /// If the bytes are not a commitment.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Curve), DecodeError> {
        let (_, curve) = crate::kind_of(bytes)?;
        Ok((decode(Kind::Commitment, curve as u8, bytes)?, curve))
    }
}
