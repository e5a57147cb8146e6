//! Messages 1 and 0: the prover's commitments, then the whole statement.

use crate::curve::{Profile, Scalar, decode_scalar};
use crate::error::Reject;
use crate::generators::SEED;
use crate::script::arithmetic::Padded;
use crate::script::party::{Commitments, Party};
use crate::script::{Script, Statement};
use crate::transcript::{Message, StatementPart, Transcript};
use inferproof_relations::{Relations, RelationsError};

/// What was committed to is settled; the lookups come next.
pub(crate) struct Committed<'a, A: super::Arithmetic, S> {
    pub script: Script<'a, A>,
    pub party: S,
}

/// What [`commit`] gives.
type Begun<'a, P, S> = (
    Commitments<P>,
    Committed<'a, Padded<P>, <S as Party<P>>::Lookups>,
);

/// Asks for the commitments, and absorbs them and the statement.
pub(super) fn commit<'a, P: Profile, S: Party<P>>(
    relations: &'a Relations,
    statement: &Statement<'a, P>,
    transcript: &'a mut Transcript,
    party: S,
) -> Result<Begun<'a, P, S>, S::Error> {
    check(relations, statement)?;
    let (commitments, party) = party.commitments()?;
    for rows in &commitments.fresh {
        transcript.points::<P>(Message::Rows, rows);
    }
    transcript.points::<P>(Message::Pads, &commitments.pads);
    absorb(relations, statement, transcript);
    let script = Script::new(relations, statement.publics, transcript);
    Ok((commitments, Committed { script, party }))
}

fn absorb<P: Profile>(
    relations: &Relations,
    statement: &Statement<'_, P>,
    transcript: &mut Transcript,
) {
    let number = |n: usize| (n as u64).to_le_bytes();
    transcript.statement(StatementPart::Curve, P::NAME.as_bytes());
    transcript.statement(StatementPart::Generators, SEED);
    transcript.statement(StatementPart::RowLength, &number(1 << relations.parts().c));
    transcript.statement(StatementPart::PadCount, &number(relations.pad_count()));
    transcript.statement(StatementPart::Relations, &relations.digest());
    transcript.statement(StatementPart::Context, statement.context);
    for rows in &statement.external {
        transcript.statement_points::<P>(StatementPart::External, rows);
    }
    for values in statement.publics {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        transcript.statement(StatementPart::Public, &bytes);
    }
}

/// The caller's statement has the shapes that the relations demand.
fn check<P: Profile>(relations: &Relations, statement: &Statement<'_, P>) -> Result<(), Reject> {
    let parts = relations.parts();
    let mut constants = parts.field.constants.iter().flat_map(|c| &c.values);
    if constants.any(|bytes| decode_scalar::<Scalar<P>>(bytes).is_err()) {
        return Err(Reject::Relations(RelationsError::Malformed {
            place: "a constant".to_owned(),
            what: "a value is not below the field's order",
        }));
    }
    if parts.publics.len() != statement.publics.len() {
        return Err(Reject::Statement("wrong number of public tensors"));
    }
    for (shape, values) in parts.publics.iter().zip(statement.publics) {
        if inferproof_view::volume(shape) != Some(values.len()) {
            return Err(Reject::Statement("a public tensor has the wrong size"));
        }
    }
    if relations.external().count() != statement.external.len() {
        return Err(Reject::Statement("wrong number of external tensors"));
    }
    for ((_, tensor), rows) in relations.external().zip(&statement.external) {
        if tensor.layout.row_count() != rows.len() {
            return Err(Reject::Statement(
                "an external tensor has the wrong number of rows",
            ));
        }
    }
    Ok(())
}
