//! The verifier. Its work is bounded by the relations, not by the proof: a proof of another length is refused unread.

use crate::closing::{First, Response, check};
use crate::curve::{Point, Profile, Scalar, decode_point, decode_scalar};
use crate::error::Reject;
use crate::generators::Generators;
use crate::relations::Relations;
use crate::script::{Request, Side, Statement, run};
use crate::transcript::{Challenge, Message, Transcript};

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
    let mut reader = Reader {
        relations,
        rest: proof,
    };
    let outcome = run(relations, statement, &mut transcript, &mut reader)?;
    let first = reader.points::<P>(Message::Closing, 4)?;
    transcript.points::<P>(Message::Closing, &first);
    let x = transcript.challenge(Challenge::X);
    let first: [Point<P>; 4] = first
        .try_into()
        .map_err(|_| Reject::Point(Message::Closing))?;
    let z_s = reader.scalars::<P>(Message::Response, outcome.batch.a.len())?;
    let z_u = reader.scalars::<P>(Message::Response, outcome.batch.b.len())?;
    let blinders = reader.scalars::<P>(Message::Response, 3)?;
    let blinders: [Scalar<P>; 3] = blinders
        .try_into()
        .map_err(|_| Reject::Scalar(Message::Response))?;
    if !reader.rest.is_empty() {
        return Err(Reject::Length {
            expected: proof.len() - reader.rest.len(),
            got: proof.len(),
        });
    }
    check(
        &outcome,
        generators,
        &First(first),
        x,
        &Response { z_s, z_u, blinders },
        &mut transcript,
    )
}

/// The verifier's side of the script: it reads every message from the proof.
pub(crate) struct Reader<'a> {
    pub relations: &'a Relations,
    pub rest: &'a [u8],
}

impl Reader<'_> {
    fn points<P: Profile>(
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

    fn scalars<P: Profile>(
        &mut self,
        message: Message,
        count: usize,
    ) -> Result<Vec<Scalar<P>>, Reject> {
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

impl<P: Profile> Side<P> for Reader<'_> {
    type Error = Reject;

    fn commitments(&mut self) -> Result<(Vec<Vec<Point<P>>>, Point<P>), Reject> {
        let relations = self.relations;
        let fresh = relations
            .fresh()
            .map(|(_, tensor)| self.points::<P>(Message::Rows, tensor.layout.row_count()))
            .collect::<Result<_, _>>()?;
        let pads = self.points::<P>(Message::Pads, 1)?;
        Ok((
            fresh,
            pads.first().copied().ok_or(Reject::Point(Message::Pads))?,
        ))
    }

    fn message(
        &mut self,
        _: Request<'_, P>,
        message: Message,
        _: usize,
        count: usize,
    ) -> Result<Vec<Scalar<P>>, Reject> {
        self.scalars::<P>(message, count)
    }
}
