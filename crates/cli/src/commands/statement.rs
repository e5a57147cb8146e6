//! `inferproof statement`: write down what a proof must say.

use crate::Outcome;
use crate::args::WriteStatementArgs;
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::recognise::{PUBLIC_KEY, check_all};
use crate::report::row;
use crate::source::{is_standard, read_key};
use crate::statement::{ClaimRows, Seen, explained, of_arguments, tensor_id};
use inferproof::{ExplainedClaim, hex, printable_json};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// What `statement` prints where it writes a file.
#[derive(Serialize)]
struct Report {
    statement: PathBuf,
    /// Of its canonical bytes.
    digest: String,
    model_id: String,
    #[serde(skip)]
    shows: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims: Vec<ExplainedClaim>,
}

pub fn main(args: WriteStatementArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(PUBLIC_KEY, &args.key)])?;
    let destination = match is_standard(&args.out) {
        // A statement is text, to be read as well as to be kept.
        true => None,
        false => Some(Destination::new(
            &args.out,
            args.force,
            &[&args.key],
            console,
        )?),
    };
    let key = read_key(&args.key)?.decode()?;
    let program = &key.architecture().program;
    let committed = args.committed.iter();
    let committed = committed.map(|named| Ok((&named.tensor, tensor_id(named)?)));
    let committed = committed.collect::<Result<Vec<_>, Error>>()?;
    let statement = of_arguments(
        key.statement(b""),
        program,
        &args.statement,
        args.commit.iter(),
        committed.into_iter(),
    )?;
    let text = format!("{}\n", statement.to_json(program));
    match destination {
        None => print!("{}", printable_json(&text)),
        Some(destination) => {
            destination.write(text.as_bytes())?;
            let report = Report {
                statement: args.out,
                digest: hex(&statement.digest()),
                model_id: hex(&statement.model_id),
                shows: Seen {
                    statement: &statement,
                    model: program,
                }
                .to_string(),
                claims: explained(&statement, program)?,
            };
            console.report(&report);
        }
    }
    Ok(Outcome::Done)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "statement", self.statement.display())?;
        row(f, "digest", &self.digest)?;
        row(f, "model", &self.model_id)?;
        row(f, "says", &self.shows)?;
        ClaimRows(&self.claims).fmt(f)
    }
}
