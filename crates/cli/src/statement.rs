//! What is proven: from the words of the command line to a statement, and back to words.

use crate::args::{Named, StatementArgs};
use crate::error::Error;
use crate::source::{name, read};
use inferproof::{
    Digest, Error as ModelError, Program, Statement, TensorCommitment, TensorOpening, Visibility,
    hex,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A statement from a file.
pub fn read_statement(program: &Program, path: &Path) -> Result<Statement, Error> {
    let place = name(path);
    let bytes = read(path)?;
    let json = String::from_utf8_lossy(&bytes);
    let statement = Statement::from_json(program, &json);
    Ok(statement.map_err(ModelError::statement(&place))?)
}

/// The plain statement, with what is said to be private and the context.
pub fn of_arguments(
    plain: Statement,
    program: &Program,
    args: &StatementArgs,
) -> Result<Statement, Error> {
    let mut statement = plain.with_context(args.context.as_bytes());
    for tensor in &args.private {
        set(
            &mut statement,
            program,
            "--private",
            tensor,
            Visibility::Private,
        )?;
    }
    Ok(statement)
}

/// Refuses a tensor that the arguments say two things of. Groups may be named beside a tensor of them: the tensor is then the exception.
pub fn check_said_once(
    private: &[String],
    commit: impl Iterator<Item = impl AsRef<str>>,
    committed: &[Named],
) -> Result<(), Error> {
    let mut said: BTreeMap<String, &'static str> = BTreeMap::new();
    said.extend(private.iter().map(|tensor| (tensor.clone(), "--private")));
    let commit = commit.map(|tensor| (tensor.as_ref().to_owned(), "--commit"));
    let committed = committed
        .iter()
        .map(|named| (named.tensor.clone(), "--committed"));
    for (tensor, second) in commit.chain(committed) {
        if let Some(first) = said.insert(tensor.clone(), second) {
            return Err(Error::SaidTwice {
                tensor,
                first,
                second,
            });
        }
    }
    Ok(())
}

/// Says how a tensor is seen, for an argument that errors name.
pub fn set(
    statement: &mut Statement,
    program: &Program,
    argument: &str,
    tensor: &str,
    visibility: Visibility,
) -> Result<(), Error> {
    let set = statement.set(program, tensor, visibility);
    Ok(set.map_err(ModelError::statement(Path::new(argument)))?)
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

/// Who sees what of a run, in words.
pub struct Seen<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Of whose tensors it speaks.
    pub program: &'a Program,
}

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (role, listed)) in self.statement.listed().enumerate() {
            let tensor = self.program.tensor(listed.tensor);
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
        Ok(())
    }
}
