//! What is proven: from the words of the command line to a statement, and back to words.

use crate::args::{Named, StatementArgs};
use crate::error::Error;
use crate::report::row;
use crate::source::{name, read};
use inferproof::{
    Digest, Error as ModelError, Execution, ExecutionError, ExplainedClaim, Slice, Statement,
    StatementError, TensorCommitment, TensorOpening, ValidProgram, Visibility, hex, tensor_named,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What hides tensors.
const PRIVATE: &str = "--private";

/// A statement from a file.
pub fn read_statement(model: &ValidProgram, path: &Path) -> Result<Statement, Error> {
    let place = name(path);
    let bytes = read(path)?;
    let json = String::from_utf8_lossy(&bytes);
    let statement = Statement::from_json(model, &json);
    Ok(statement.map_err(ModelError::statement(&place))?)
}

/// The program that a statement lists the inputs and outputs of.
pub fn executed(statement: &Statement, model: &ValidProgram) -> Result<ValidProgram, Error> {
    let program = statement.execution.program(model);
    program.map_err(refused("the statement"))
}

/// For `map_err` on what an argument says of a run that cannot be said.
pub fn refused(argument: &'static str) -> impl Fn(ExecutionError) -> Error {
    move |error| ModelError::statement(Path::new(argument))(StatementError::from(error)).into()
}

/// What the claims of a statement of this model mean in integers.
pub fn explained(
    statement: &Statement,
    model: &ValidProgram,
) -> Result<Vec<ExplainedClaim>, Error> {
    statement.explained(model).map_err(refused("the statement"))
}

/// The statement of the part of the model that the arguments name, with the context, with what is said to be private, freshly committed or
/// committed before, and with what is claimed. A group may be named beside a tensor of it, which is then the exception; two things said of one name
/// are refused.
pub fn of_arguments<'a>(
    plain: Statement,
    model: &ValidProgram,
    args: &'a StatementArgs,
    commit: impl Iterator<Item = &'a String>,
    committed: impl Iterator<Item = (&'a String, Digest)>,
) -> Result<Statement, Error> {
    let private = args.private.iter();
    let private = private.map(|tensor| (PRIVATE, tensor, Visibility::Private));
    let commit = commit.map(|tensor| ("--commit", tensor, Visibility::Commit));
    let committed =
        committed.map(|(tensor, id)| ("--committed", tensor, Visibility::Committed(id)));
    let execution = Execution {
        slice: part(model, &args.from, &args.to)?,
        ..Execution::default()
    };
    let plain = plain.with_context(args.context.as_bytes());
    let statement = plain.of_execution(model, execution);
    let mut statement = statement.map_err(refused("--from"))?;
    let program = statement.execution.program(model);
    let program = &program.map_err(refused("--from"))?;
    let mut said: BTreeMap<&str, &'static str> = BTreeMap::new();
    for (argument, tensor, visibility) in private.chain(commit).chain(committed) {
        let first = said.insert(tensor, argument);
        // Private twice is private; of two files or identifiers, one would be lost.
        if let Some(first) = first.filter(|first| (*first, argument) != (PRIVATE, PRIVATE)) {
            return Err(Error::SaidTwice {
                tensor: tensor.clone(),
                first,
                second: argument,
            });
        }
        let set = statement.set(program, tensor, visibility);
        set.map_err(ModelError::statement(Path::new(argument)))?;
    }
    for text in &args.claims {
        statement = statement.claim(model, text).map_err(refused("--claim"))?;
    }
    Ok(statement)
}

/// The part of the model between the tensors that `--from` and `--to` name.
pub fn part(model: &ValidProgram, from: &[String], to: &[String]) -> Result<Option<Slice>, Error> {
    if from.is_empty() {
        return Ok(None);
    }
    let ids = |names: &[String], argument: &'static str| {
        let ids = names.iter().map(|name| tensor_named(model, name));
        let ids: Result<Vec<_>, _> = ids.collect();
        ids.map_err(|error| ModelError::statement(Path::new(argument))(error.into()))
    };
    Ok(Some(Slice {
        inputs: ids(from, "--from")?,
        outputs: ids(to, "--to")?,
    }))
}

/// Reads what opens a commitment.
pub fn read_opening(path: &Path) -> Result<TensorOpening, Error> {
    let bytes = zeroize::Zeroizing::new(read(path)?);
    let opening = TensorOpening::decode(&bytes).map_err(ModelError::opening(&name(path)));
    Ok(opening?.0)
}

/// The identifier that is given as such, or of the commitment or opening in a file.
pub fn tensor_id(given: &Named) -> Result<Digest, Error> {
    let text = given.value.to_string_lossy();
    let bytes = text.as_bytes().as_chunks::<2>().0.iter().map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    if text.len() == 64
        && let Some(id) = bytes.and_then(|bytes| bytes.try_into().ok())
    {
        return Ok(id);
    }
    let path = &given.value;
    let bytes = zeroize::Zeroizing::new(read(path)?);
    if let Ok((opening, curve)) = TensorOpening::decode(&bytes) {
        return Ok(opening.commitment().id(curve));
    }
    let commitment = TensorCommitment::decode(&bytes).map_err(ModelError::decode(&name(path)));
    let (commitment, curve) = commitment?;
    Ok(commitment.id(curve))
}

/// Claims as rows of a report, each comparison with the integers that satisfy it.
pub struct ClaimRows<'a>(pub &'a [ExplainedClaim]);

impl fmt::Display for ClaimRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ExplainedClaim { claim, comparisons } in self.0 {
            row(f, "claim", claim)?;
            for comparison in comparisons {
                row(f, "", comparison)?;
            }
        }
        Ok(())
    }
}

/// Who sees what of a run, in words.
pub struct Seen<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Of which model it is.
    pub model: &'a ValidProgram,
}

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let execution = &self.statement.execution;
        if !execution.is_plain() {
            write!(f, "{}: ", execution.said_of(self.model))?;
        }
        let program = execution.program(self.model).ok();
        for (position, (role, listed)) in self.statement.listed().enumerate() {
            let tensor = program.as_ref().and_then(|p| p.tensor(listed.tensor));
            let name = tensor.map(|t| t.name.as_str()).unwrap_or_default();
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}{role} `{name}` ")?;
            match listed.visibility {
                Visibility::Public => f.write_str("public")?,
                Visibility::Private => f.write_str("private")?,
                Visibility::Commit => f.write_str("committed")?,
                Visibility::Committed(id) => {
                    let id: String = hex(&id).chars().take(16).collect();
                    write!(f, "committed before as {id}...")?;
                }
            }
        }
        let claims = self.statement.claim_texts(self.model);
        for (position, claim) in claims.iter().enumerate() {
            let before = if position > 0 {
                ", and"
            } else {
                "; and it is claimed that"
            };
            write!(f, "{before} {claim}")?;
        }
        Ok(())
    }
}
