//! `inferproof prove`: run the model on an input and prove the output.

use crate::Outcome;
use crate::args::ProveArgs;
use crate::destination::Destination;
use crate::error::Error;
use crate::interrupt;
use crate::progress::Progress;
use crate::report::{Bytes, Seconds, Seen, peak_memory, print, print_beside, row, warn};
use crate::values::{Outputs, allow, read_input};
use inferproof::{Model, Saturated, hex, saturated_nodes};
use inferproof::{Prover, Visibility};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

/// What `prove` prints.
#[derive(Serialize)]
pub struct Report {
    model_id: String,
    visibility: Visibility,
    context: String,
    #[serde(flatten)]
    pub outputs: Outputs,
    /// What was moved to the end of a range.
    saturated: Vec<Saturated>,
    /// The file that was written.
    pub proof: PathBuf,
    #[serde(skip)]
    is_on_standard_output: bool,
    pub proof_bytes: usize,
    /// Interpreting and proving.
    pub seconds: f64,
    /// Reading the model and making ready, once for any number of proofs.
    setup_seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub fn main(args: ProveArgs, json: bool) -> Result<Outcome, Error> {
    let report = run(args)?;
    if report.is_on_standard_output {
        print_beside(json, &report);
    } else {
        print(json, &report);
    }
    warn(&report.saturated);
    Ok(Outcome::Done)
}

/// Proves, and writes the proof.
pub fn run(args: ProveArgs) -> Result<Report, Error> {
    let read = [args.model.as_path(), &args.input.input];
    let destination = Destination::new(&args.out, args.force, &read)?;
    let model = Model::open(&args.model)?;
    prove(model, args, &destination)
}

fn prove(model: Model, args: ProveArgs, destination: &Destination) -> Result<Report, Error> {
    let start = Instant::now();
    let key = model.key.decode()?;
    let visibility = key.architecture().visibility;
    let input = read_input(
        &key.architecture().program,
        &args.input.input,
        args.input.sample,
    )?;
    let secret = model.secret(&key)?;
    drop(model);
    let prover = Prover::new(key, secret)?;
    let setup_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut progress = Progress::new("proving");
    let inputs = &input.integers;
    let trace = prover.run(inputs)?;
    let mut saturated = input.saturated;
    saturated.extend(saturated_nodes(prover.program(), &trace));
    allow(&saturated, args.input.strict)?;
    let inference = prover.prove_run(inputs, trace, args.context.as_bytes(), &mut |stage| {
        progress.stage(stage)
    })?;
    drop(progress);
    let seconds = start.elapsed().as_secs_f64();
    interrupt::check()?;
    destination.write(&inference.proof)?;
    Ok(Report {
        model_id: hex(&prover.model_id()),
        visibility,
        context: args.context,
        outputs: Outputs::new(prover.program(), inference.outputs),
        saturated,
        proof: args.out,
        is_on_standard_output: destination.is_standard(),
        proof_bytes: inference.proof.len(),
        seconds,
        setup_seconds,
        peak_memory_bytes: peak_memory(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "model", &self.model_id)?;
        row(f, "shows", Seen(self.visibility))?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        self.outputs.fmt(f)?;
        row(f, "proved in", Seconds(self.seconds))?;
        row(
            f,
            "proof",
            format_args!(
                "{} ({})",
                self.proof.display(),
                Bytes(self.proof_bytes as u64)
            ),
        )
    }
}
