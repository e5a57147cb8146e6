//! Statements, as JSON text that the Python side keeps; every use reads it against the program that it speaks of.

use crate::errors::Failure;
use inferproof::{Digest, Error, Statement, StatementError, ValidProgram, Visibility, hex};
use std::path::Path;

/// A statement for Python: its JSON, and its digest.
pub type Text = (String, String);

/// For Python.
pub fn text(program: &ValidProgram, statement: &Statement) -> Text {
    (statement.to_json(program), hex(&statement.digest()))
}

/// What a caller says of tensors, by name.
pub struct Said {
    /// Those that are hidden.
    pub private: Vec<String>,
    /// Those that come with a fresh commitment.
    pub commit: Vec<String>,
    /// Those that were committed before, with the commitments' identifiers.
    pub committed: Vec<(String, String)>,
}

/// The plain statement, with what is said of tensors. Of which two things are said, that is refused.
pub fn of_names(
    plain: &Statement,
    program: &ValidProgram,
    said: Said,
) -> Result<Statement, Failure> {
    let mut statement = plain.clone();
    let private = said.private.into_iter().map(|n| (n, Visibility::Private));
    let commit = said.commit.into_iter().map(|n| (n, Visibility::Commit));
    let committed = said.committed.into_iter().map(|(name, id)| {
        let id = digest(&name, &id)?;
        Ok((name, Visibility::Committed(id)))
    });
    let committed = committed.collect::<Result<Vec<_>, Failure>>()?;
    let mut listed = Vec::new();
    for (name, visibility) in private.chain(commit).chain(committed) {
        let wrong = |source| Failure::statement(&name, source);
        for place in statement.find(program, &name).map_err(wrong)? {
            if listed.contains(&place) {
                let role = place.0;
                return Err(Failure::Input {
                    message: format!(
                        "`{name}`: more than one thing is said of this {role}; name it once, as private, commit or committed"
                    ),
                    tensor: Some(name),
                    expected: Some("one of private, commit and committed".into()),
                    found: Some("more than one".into()),
                });
            }
            listed.push(place);
        }
        let wrong = |source| Failure::statement(&name, source);
        statement.set(program, &name, visibility).map_err(wrong)?;
    }
    Ok(statement)
}

/// Of JSON that speaks of this program. Messages call it by `name`.
pub fn read(name: &str, program: &ValidProgram, json: &str) -> Result<Statement, Failure> {
    let statement = Statement::from_json(program, json);
    Ok(statement.map_err(Error::statement(Path::new(name)))?)
}

/// Of JSON that must speak of this model.
pub fn of_model(
    plain: &Statement,
    program: &ValidProgram,
    json: &str,
) -> Result<Statement, Failure> {
    let wrong = |statement: &str, model: &str| Failure::Input {
        message: format!(
            "the statement is of model {statement}..., not of {model}...; make one with public.statement()"
        ),
        tensor: None,
        expected: Some(model.to_owned()),
        found: Some(statement.to_owned()),
    };
    let short = |id: &Digest| hex(id).chars().take(16).collect::<String>();
    // Of another model the names may be unknown, which would be said instead.
    let named = serde_json::from_str::<serde_json::Value>(json).ok();
    let named = named.and_then(|json| Some(json.get("model_id")?.as_str()?.to_owned()));
    if let Some(named) = named.filter(|named| *named != hex(&plain.model_id)) {
        let named: String = named.chars().take(16).collect();
        return Err(wrong(&named, &short(&plain.model_id)));
    }
    let statement = read("statement", program, json)?;
    if statement.range_proof_id != plain.range_proof_id {
        return Err(Failure::Input {
            message:
                "the statement is of a key with other range proofs; make one with public.statement()"
                    .into(),
            tensor: None,
            expected: Some(hex(&plain.range_proof_id)),
            found: Some(hex(&statement.range_proof_id)),
        });
    }
    Ok(statement)
}

/// From hexadecimal digits.
fn digest(name: &str, text: &str) -> Result<Digest, Failure> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    let id = bytes.and_then(|bytes| bytes.try_into().ok());
    id.filter(|_| rest.is_empty()).ok_or_else(|| Failure::Input {
        message: format!(
            "committed: `{name}`: {text:?} is no identifier of a commitment, which has 64 hexadecimal digits"
        ),
        tensor: Some(name.to_owned()),
        expected: Some("64 hexadecimal digits".into()),
        found: Some(text.to_owned()),
    })
}

impl Failure {
    /// A name that is not understood.
    pub fn statement(name: &str, source: StatementError) -> Self {
        let known = match &source {
            StatementError::Unknown { known, .. } => Some(known.join(", ")),
            StatementError::Format(_)
            | StatementError::Execution(_)
            | StatementError::Boundary(_)
            | StatementError::Ambiguous { .. }
            | StatementError::Missing { .. }
            | StatementError::Twice { .. } => None,
        };
        Self::Input {
            message: source.to_string(),
            tensor: Some(name.to_owned()),
            expected: known,
            found: Some(name.to_owned()),
        }
    }
}
