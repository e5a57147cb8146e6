//! `inferproof run`: the integer program's output, without a proof.

use crate::Outcome;
use crate::args::RunArgs;
use crate::console::Console;
use crate::error::Error;
use crate::recognise::{INPUT, MODEL, check_all};
use crate::report::{Seconds, row};
use crate::values::{Outputs, allow, read_input};
use inferproof::{Model, Saturated, saturated_nodes};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// What `run` prints.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    outputs: Outputs,
    /// What was moved to the end of a range.
    saturated: Vec<Saturated>,
    seconds: f64,
}

pub fn main(args: RunArgs, console: &Console) -> Result<Outcome, Error> {
    check_all(&[(MODEL, &args.model), (INPUT, &args.input.input)])?;
    let model = Model::open(&args.model)?;
    let report = run(&model, &args)?;
    console.report(&report);
    console.warn(&report.saturated);
    Ok(Outcome::Done)
}

fn run(model: &Model, args: &RunArgs) -> Result<Report, Error> {
    let key = model.verifying_key().clone();
    let weights = model.weights(&key, &args.cache.cache())?;
    let program = &key.architecture().program;
    let input = read_input(program, &args.input.input, args.input.sample)?;
    let start = Instant::now();
    let trace = weights.run(&input.integers)?;
    let seconds = start.elapsed().as_secs_f64();
    let mut saturated = input.saturated;
    saturated.extend(saturated_nodes(program, &trace));
    allow(&saturated, args.input.strict)?;
    Ok(Report {
        outputs: Outputs::new(program, trace.outputs(program)),
        saturated,
        seconds,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outputs.fmt(f)?;
        row(f, "run in", Seconds(self.seconds))
    }
}
