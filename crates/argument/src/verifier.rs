//! The verifier. Its work is bounded by the relations, not by the proof: a proof of another length is refused unread.

use crate::closing;
use crate::curve::{POINT_BYTES, Point, Profile, decode_points, decode_scalar};
use crate::equation::{self, Equation};
use crate::error::Reject;
use crate::generators::Generators;
use crate::parallel;
use crate::script::party::{Commitments, MessageReader, Party, Reading};
use crate::script::{Statement, run};
use crate::transcript::{Message, Transcript};
use ark_ff::PrimeField;
use inferproof_relations::Relations;

/// A proof, and what it is to be a proof of.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a, P: Profile> {
    /// What has to hold.
    pub relations: &'a Relations,
    /// Of which commitments and public tensors.
    pub statement: &'a Statement<'a, P>,
    /// The proof's bytes.
    pub proof: &'a [u8],
}

/// How many proofs are decided at once: so many that what they share weighs nothing in each of them, so few that their equations
/// take some megabytes.
const AT_ONCE: usize = 128;

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
    let presented = Presented {
        relations,
        statement,
        proof,
    };
    let verdicts = verify_all(generators, &[presented]);
    // There is one for each proof.
    verdicts.into_iter().next().unwrap_or(Err(Reject::Closing))
}

/// As [`verify`] of each of these proofs, in less time: what they share is computed once. Proofs may be of different relations; an external
/// tensor is shared by statements that borrow it from one place. There must be generators enough for each.
pub fn verify_all<P: Profile>(
    generators: &Generators<P>,
    presented: &[Presented<'_, P>],
) -> Vec<Result<(), Reject>> {
    let of_some = |presented: &[Presented<'_, P>]| {
        let read = parallel::map_long(presented, |presented| equation(generators, presented));
        let equations: Vec<_> = read.iter().flatten().collect();
        let mut holds = equation::decide(generators, &equations).into_iter();
        let verdict = |read: Result<Equation<'_, P>, Reject>| match read {
            Err(reject) => Err(reject),
            Ok(_) => match holds.next() {
                Some(true) => Ok(()),
                Some(false) | None => Err(Reject::Closing),
            },
        };
        read.into_iter().map(verdict).collect::<Vec<_>>()
    };
    presented.chunks(AT_ONCE).flat_map(of_some).collect()
}

/// Reads a proof whole. What is left is its equation.
pub(crate) fn equation<'a, P: Profile>(
    generators: &Generators<P>,
    presented: &Presented<'a, P>,
) -> Result<Equation<'a, P>, Reject> {
    let &Presented {
        relations,
        statement,
        proof,
    } = presented;
    if proof.len() != relations.proof_length() {
        return Err(Reject::Length {
            expected: relations.proof_length(),
            got: proof.len(),
        });
    }
    if generators.g.len() < relations.generator_count() {
        return Err(Reject::Statement("too few generators"));
    }
    let mut transcript = Transcript::new();
    let reader = Reader {
        relations,
        rest: proof,
    };
    let (outcome, mut reader) = run(relations, statement, &mut transcript, reader)?;
    let equation = closing::equation(outcome, &mut transcript, &mut reader)?;
    match reader.rest {
        [] => Ok(equation),
        rest => Err(Reject::Length {
            expected: proof.len() - rest.len(),
            got: proof.len(),
        }),
    }
}

/// The verifier's side of the script: it reads every message from the proof.
pub(crate) struct Reader<'a> {
    pub relations: &'a Relations,
    pub rest: &'a [u8],
}

impl Reader<'_> {
    pub fn points<P: Profile>(
        &mut self,
        message: Message,
        count: usize,
    ) -> Result<Vec<Point<P>>, Reject> {
        let wrong = || Reject::Point(message);
        let length = count.checked_mul(POINT_BYTES).ok_or_else(wrong)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(wrong)?;
        self.rest = rest;
        let (encoded, _) = bytes.as_chunks::<POINT_BYTES>();
        decode_points::<P>(encoded).map_err(|_| wrong())
    }

    pub fn exactly_points<P: Profile, const N: usize>(
        &mut self,
        message: Message,
    ) -> Result<[Point<P>; N], Reject> {
        let points = self.points::<P>(message, N)?;
        points.try_into().map_err(|_| Reject::Point(message))
    }

    /// Row commitments of the fresh tensors, and those of the pads.
    pub fn read_commitments<P: Profile>(&mut self) -> Result<Commitments<P>, Reject> {
        let relations = self.relations;
        // All at once, for they share work.
        let fresh = relations.fresh();
        let counts: Vec<usize> = fresh.map(|(_, t)| t.layout.row_count()).collect();
        let rows = self.points::<P>(Message::Rows, counts.iter().sum())?;
        let mut rows = rows.into_iter();
        let of_tensor = |&count: &usize| rows.by_ref().take(count).collect();
        let fresh = counts.iter().map(of_tensor).collect();
        let pads = self.points::<P>(Message::Pads, relations.pad_rows().len())?;
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
