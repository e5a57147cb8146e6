//! The verifier. Its work is bounded by the relations, not by the proof: a proof of another length is refused unread.

use crate::closing;
use crate::curve::{Point, Profile, decode_point, decode_scalar};
use crate::error::Reject;
use crate::generators::Generators;
use crate::script::party::{Commitments, MessageReader, Party, Reading};
use crate::script::{Statement, run};
use crate::transcript::{Message, Transcript};
use ark_ff::PrimeField;
use inferproof_relations::Relations;

/// Checks a proof that the relations hold for the statement's commitments and public tensors.
///
/// # Errors
/// Why the proof is rejected.
pub fn verify<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    proof: &[u8],
) -> Result<(), Reject> {
    if proof.len() != relations.proof_length() {
        return Err(Reject::Length {
            expected: relations.proof_length(),
            got: proof.len(),
        });
    }
    let mut transcript = Transcript::new();
    let reader = Reader {
        relations,
        rest: proof,
    };
    let (outcome, mut reader) = run(relations, statement, &mut transcript, reader)?;
    let verdict = closing::verify(generators, &outcome, &mut transcript, &mut reader);
    if verdict.is_ok() && !reader.rest.is_empty() {
        return Err(Reject::Length {
            expected: proof.len() - reader.rest.len(),
            got: proof.len(),
        });
    }
    verdict
}

/// The verifier's side of the script: it reads every message from the proof.
pub(crate) struct Reader<'a> {
    pub relations: &'a Relations,
    pub rest: &'a [u8],
}

impl Reader<'_> {
    fn read_points<P: Profile>(
        &mut self,
        message: Message,
        count: usize,
    ) -> Result<Vec<Point<P>>, Reject> {
        (0..count)
            .map(|_| {
                let (bytes, rest) = self
                    .rest
                    .split_first_chunk::<64>()
                    .ok_or(Reject::Point(message))?;
                self.rest = rest;
                decode_point::<P>(bytes).map_err(|_| Reject::Point(message))
            })
            .collect()
    }

    pub fn exactly_points<P: Profile, const N: usize>(
        &mut self,
        message: Message,
    ) -> Result<[Point<P>; N], Reject> {
        let points = self.read_points::<P>(message, N)?;
        points.try_into().map_err(|_| Reject::Point(message))
    }

    /// Row commitments of the fresh tensors, and the commitment to the pads.
    pub fn read_commitments<P: Profile>(&mut self) -> Result<Commitments<P>, Reject> {
        let relations = self.relations;
        let fresh = relations
            .fresh()
            .map(|(_, tensor)| self.read_points::<P>(Message::Rows, tensor.layout.row_count()))
            .collect::<Result<_, _>>()?;
        let [pads] = self.exactly_points::<P, 1>(Message::Pads)?;
        Ok(Commitments { fresh, pads })
    }
}

impl<F: PrimeField> MessageReader<F> for Reader<'_> {
    fn scalars(&mut self, message: Message, count: usize) -> Result<Vec<F>, Reject> {
        (0..count)
            .map(|_| {
                let (bytes, rest) = self
                    .rest
                    .split_first_chunk::<32>()
                    .ok_or(Reject::Scalar(message))?;
                self.rest = rest;
                decode_scalar(bytes).map_err(|_| Reject::Scalar(message))
            })
            .collect()
    }
}

impl<P: Profile> Party<P> for Reader<'_> {
    type Error = Reject;
    type Last = Self;
    type Lookups = Reading<Self>;

    fn commitments(mut self) -> Result<(Commitments<P>, Reading<Self>), Reject> {
        Ok((self.read_commitments()?, Reading(self)))
    }
}
