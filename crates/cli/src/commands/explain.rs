//! `inferproof explain`: which integers satisfy a claim, to the last one.

use crate::Outcome;
use crate::args::ExplainArgs;
use crate::console::Console;
use crate::error::Error;
use crate::recognise::{EXPLAINED, check_all};
use crate::report::row;
use crate::source::read_key;
use crate::statement::{ClaimRows, part, refused};
use inferproof::{Execution, ExplainedClaim, hex};
use serde::Serialize;
use std::fmt;

/// What `explain` prints.
#[derive(Serialize)]
struct Report {
    model_id: String,
    /// In canonical text, in the order of the arguments.
    claims: Vec<ExplainedClaim>,
}

pub fn main(args: ExplainArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(EXPLAINED, &args.key)])?;
    let key = read_key(&args.key)?.decode()?;
    let program = &key.architecture().program;
    let execution = Execution {
        slice: part(program, &args.from, &args.to)?,
        ..Execution::default()
    };
    let claims = args.claims.iter();
    let claims = claims.map(|text| execution.explain(program, text));
    let claims: Result<_, _> = claims.collect();
    console.report(&Report {
        model_id: hex(&key.model_id()),
        claims: claims.map_err(refused("CLAIM"))?,
    });
    Ok(Outcome::Done)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "model", &self.model_id)?;
        ClaimRows(&self.claims).fmt(f)
    }
}
