//! `inferproof run`: the integer program's output, without a proof.

use crate::Outcome;
use crate::args::RunArgs;
use crate::curve::on_curve;
use crate::error::Error;
use crate::folder::ModelFolder;
use crate::report::{Seconds, print, row};
use crate::values::{Outputs, read_input};
use inferproof::Profile;
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
    let folder = ModelFolder::open(&args.model)?;
    let report = on_curve!(folder.key.curve, P => run::<P>(&folder, &args))?;
    print(json, &report);
    Ok(Outcome::Done)
}

fn run<P: Profile>(folder: &ModelFolder, args: &RunArgs) -> Result<Report, Error> {
    let key = folder.key.decode::<P>()?;
    let weights = folder.weights(&key)?;
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
