//! `inferproof run`: the integer program's output, without a proof.

use crate::Outcome;
use crate::args::RunArgs;
use crate::error::Error;
use crate::report::{Seconds, print, row};
use crate::values::{Outputs, read_input};
use inferproof::Profile;
use inferproof_model::{Model, on_curve};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// What `run` prints.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    outputs: Outputs,
    seconds: f64,
}

pub fn main(args: RunArgs, json: bool) -> Result<Outcome, Error> {
    let model = Model::open(&args.model)?;
    let report = on_curve!(model.key.curve, P => run::<P>(&model, &args))?;
    print(json, &report);
    Ok(Outcome::Done)
}

fn run<P: Profile>(model: &Model, args: &RunArgs) -> Result<Report, Error> {
    let key = model.key.decode::<P>()?;
    let weights = model.weights(&key)?;
    let program = &key.architecture.program;
    let inputs = read_input(program, &args.input.input, args.input.sample)?;
    let start = Instant::now();
    let outputs = program.run(&weights, &inputs)?.outputs(program);
    Ok(Report {
        outputs: Outputs::new(program, outputs),
        seconds: start.elapsed().as_secs_f64(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outputs.fmt(f)?;
        row(f, "run in", Seconds(self.seconds))
    }
}
