//! Statements, as JSON text that the Python side keeps; every use reads it against the program that it speaks of.

use crate::errors::Failure;
use inferproof::{
    Digest, Error, Execution, ExplainedClaim, Slice, Statement, StatementError, ValidProgram,
    Visibility, hex, tensor_named,
};
use pyo3::prelude::*;
use std::path::Path;

/// A statement for Python: its JSON, and its digest.
pub type Text = (String, String);

/// For Python.
pub fn text(program: &ValidProgram, statement: &Statement) -> Text {
    (statement.to_json(program), hex(&statement.digest()))
}

/// What a caller says of a run, with tensors by name.
#[derive(FromPyObject)]
pub struct Said {
    /// Those that are hidden.
    pub private: Vec<String>,
    /// Those that come with a fresh commitment.
    pub commit: Vec<String>,
    /// Those that were committed before, with the commitments' identifiers.
    pub committed: Vec<(String, String)>,
    /// What is claimed.
    pub claims: Vec<String>,
    /// Where the part of the model begins that is run; nowhere if it is all of it.
    pub start: Vec<String>,
    /// Where it ends.
    pub stop: Vec<String>,
    /// What a proof has to be bound to.
    pub context: Vec<u8>,
}

/// The part of the model between tensors, or all of it.
pub fn execution(
    model: &ValidProgram,
    start: &[String],
    stop: &[String],
) -> Result<Execution, Failure> {
    let ids = |argument: &str, names: &[String]| {
        let ids = names.iter().map(|name| {
            let id = tensor_named(model, name);
            id.map_err(|source| Failure::at(argument, name, source.into()))
        });
        ids.collect::<Result<Vec<_>, Failure>>()
    };
    let slice = match (start.is_empty(), stop.is_empty()) {
        (true, true) => None,
        (false, false) => Some(Slice {
            inputs: ids("start", start)?,
            outputs: ids("stop", stop)?,
        }),
        (is_open, _) => {
            let (given, missing) = if is_open {
                ("stop", "start")
            } else {
                ("start", "stop")
            };
            return Err(Failure::Input {
                message: format!(
                    "{given}: a part of the model has two ends; say {missing} too, which may be inputs or outputs of the model"
                ),
                tensor: None,
                expected: Some(missing.into()),
                found: Some(given.into()),
            });
        }
    };
    Ok(Execution {
        slice,
        ..Execution::default()
    })
}

/// What is run: its inputs and outputs are those that the statement lists.
pub fn executed(model: &ValidProgram, statement: &Statement) -> Result<ValidProgram, Failure> {
    let program = statement.execution.program(model);
    program.map_err(|error| Failure::at("statement", "", error.into()))
}

/// What is said of a run. Of which two things are said, that is refused.
pub fn of_names(plain: &Statement, model: &ValidProgram, said: Said) -> Result<Statement, Failure> {
    let execution = execution(model, &said.start, &said.stop)?;
    let plain = plain.clone().with_context(&said.context);
    let mut statement = plain
        .of_execution(model, execution)
        .map_err(|error| Failure::at("start", "", error.into()))?;
    let program = executed(model, &statement)?;
    let program: &ValidProgram = &program;
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
    for text in &said.claims {
        let claimed = statement.claim(model, text);
        statement = claimed.map_err(|error| Failure::at("claims", text, error.into()))?;
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
pub fn digest(name: &str, text: &str) -> Result<Digest, Failure> {
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

/// What claims about a run would say: of each its canonical text, and what each of its comparisons means in integers.
pub fn explain(
    model: &ValidProgram,
    start: &[String],
    stop: &[String],
    claims: &[String],
) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let execution = execution(model, start, stop)?;
    let explained = claims.iter().map(|text| {
        let explained = execution.explain(model, text);
        let explained = explained.map_err(|error| Failure::at("claim", text, error.into()))?;
        Ok(lines(explained))
    });
    explained.collect()
}

/// A claim for Python: its canonical text, and what each of its comparisons means in integers.
pub fn lines(explained: ExplainedClaim) -> (String, Vec<String>) {
    let comparisons = explained.comparisons.iter().map(ToString::to_string);
    (explained.claim, comparisons.collect())
}

impl Failure {
    /// What an argument says that is not understood, or cannot be run. Of a claim the place in its text is shown.
    pub fn at(argument: &str, said: &str, source: StatementError) -> Self {
        let found = (!said.is_empty()).then(|| said.to_owned());
        Self::Input {
            message: format!("{argument}: {source}"),
            tensor: None,
            expected: None,
            found,
        }
    }

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
