//! `inferproof prove`: run the model on an input and prove what a statement says of the run.

use crate::Outcome;
use crate::args::ProveArgs;
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::interrupt;
use crate::recognise::{COMMITTED, INPUT, MODEL, STATEMENT, check_all};
use crate::report::{Bytes, Seconds, peak_memory, row};
use crate::statement::{Seen, executed, of_arguments, read_opening, read_statement};
use crate::values::{Outputs, allow, read_sample};
use inferproof::{
    Curve, InferenceError, InputPlan, Model, Program, Prover, Role, RunInput, Saturated, Statement,
    TensorOpening, ValidProgram, Visibility, hex, saturated_nodes,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `prove` prints.
#[derive(Serialize)]
pub struct Report {
    model_id: String,
    /// As `verify --expect` takes it.
    statement: serde_json::Value,
    #[serde(skip)]
    shows: String,
    context: String,
    #[serde(flatten)]
    pub outputs: Outputs,
    /// The identifiers of the fresh commitments, by tensor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    commitments: BTreeMap<String, String>,
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

pub fn main(args: ProveArgs, console: &Console) -> Result<Outcome, Error> {
    let report = run(args, console)?;
    if report.is_on_standard_output {
        console.report_beside(&report);
    } else {
        console.report(&report);
    }
    console.warn(&report.saturated);
    Ok(Outcome::Done)
}

/// Proves, and writes the proof.
pub fn run(args: ProveArgs, console: &Console) -> Result<Report, Error> {
    let mut sources = vec![(MODEL, args.model.as_path())];
    sources.extend(args.input.as_deref().map(|input| (INPUT, input)));
    sources.extend(args.statement_file.as_deref().map(|s| (STATEMENT, s)));
    let openings = args.committed.iter();
    sources.extend(openings.map(|named| (COMMITTED, named.value.as_path())));
    check_all(&sources)?;
    let mut read: Vec<&Path> = sources.iter().map(|(_, path)| *path).collect();
    let destination = Destination::new(&args.out, args.force, &read, console)?;
    read.push(&args.out);
    let secrets = args.commit.iter();
    let secrets =
        secrets.map(|named| Destination::secret(&named.value, args.force, &read, console));
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    let model = Model::open(&args.model)?;
    prove(model, &args, &destination, &secrets, console)
}

/// A key that demands too much is named, since the prover's owner can allow it.
fn limit(error: InferenceError, model: &Path) -> Error {
    match error {
        InferenceError::Key(source) if source.is_limit() => Error::Limit {
            path: model.into(),
            source: Box::new(source),
        },
        other => other.into(),
    }
}

fn prove(
    model: Model,
    args: &ProveArgs,
    destination: &Destination,
    secrets: &[Destination],
    console: &Console,
) -> Result<Report, Error> {
    let start = Instant::now();
    let key = model.verifying_key().clone();
    let curve = key.curve();
    let openings = args
        .committed
        .iter()
        .map(|named| read_opening(&named.value));
    let openings = openings.collect::<Result<Vec<_>, _>>()?;
    let whole = &key.architecture().program;
    let statement = statement(key.statement(b""), whole, curve, args, &openings)?;
    let program = executed(&statement, whole)?;
    // What a proof will show is said before any work, so that whoever did not mean to show it can stop.
    let shows = Seen {
        statement: &statement,
        model: whole,
    }
    .to_string();
    console.note(format_args!("the proof will say: {shows}"));
    let places = fresh_places(&statement, &program, args)?;
    let input = inputs(&program, curve, args, &statement, &openings)?;
    let secret = model.secret_of(&key, &statement.execution, &args.cache.cache())?;
    drop(model);
    let prover = Prover::within(key, secret, &args.limit.limits())
        .map_err(|error| limit(error, &args.model))?;
    let setup_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut progress = console.progress("proving");
    let inputs = &input.integers;
    let trace = prover.run_of(&statement, inputs)?;
    let mut saturated = input.saturated;
    saturated.extend(saturated_nodes(&program, &trace));
    allow(&saturated, args.strict)?;
    let inference = prover.prove_run(&statement, inputs, trace, &openings, &mut |stage| {
        progress.stage(stage)
    })?;
    drop(progress);
    let seconds = start.elapsed().as_secs_f64();
    interrupt::check()?;
    let mut commitments = BTreeMap::new();
    for fresh in &inference.openings {
        let place = places.iter().position(|p| *p == (fresh.role, fresh.place));
        let Some((named, secret)) =
            place.and_then(|place| args.commit.get(place).zip(secrets.get(place)))
        else {
            continue;
        };
        secret.write(&fresh.opening.encode(curve))?;
        let id = hex(&fresh.opening.commitment().id(curve));
        commitments.insert(named.tensor.clone(), id);
    }
    destination.write(&inference.proof)?;
    // What was committed before is in its opening, which the caller has; between parts of a model it is large.
    let outputs = inference.outputs.into_iter().zip(&statement.outputs);
    let outputs = outputs.map(|(values, listed)| match listed.visibility {
        Visibility::Committed(_) => None,
        Visibility::Public | Visibility::Private | Visibility::Commit => Some(values),
    });
    Ok(Report {
        model_id: hex(&prover.model_id()),
        statement: serde_json::from_str(&statement.to_json(prover.program())).unwrap_or_default(),
        shows,
        context: String::from_utf8_lossy(&statement.context).into_owned(),
        outputs: Outputs::shown(&program, outputs),
        commitments,
        saturated,
        proof: args.out.clone(),
        is_on_standard_output: destination.is_standard(),
        proof_bytes: inference.proof.len(),
        seconds,
        setup_seconds,
        peak_memory_bytes: peak_memory(),
    })
}

/// What is to be proven, from a file or from the arguments.
fn statement(
    plain: Statement,
    model: &ValidProgram,
    curve: Curve,
    args: &ProveArgs,
    openings: &[TensorOpening],
) -> Result<Statement, Error> {
    if let Some(file) = &args.statement_file {
        return read_statement(model, file);
    }
    let commit = args.commit.iter().map(|named| &named.tensor);
    let committed = args.committed.iter().zip(openings);
    let committed =
        committed.map(|(named, opening)| (&named.tensor, opening.commitment().id(curve)));
    of_arguments(plain, model, &args.statement, commit, committed)
}

/// Which tensor the secret file of each `--commit` is for. Every fresh commitment needs one: without its opening it is of no use.
fn fresh_places(
    statement: &Statement,
    program: &Program,
    args: &ProveArgs,
) -> Result<Vec<(Role, usize)>, Error> {
    let mut places = Vec::new();
    for named in &args.commit {
        let found = statement.find(program, &named.tensor);
        let found = found.map_err(inferproof::Error::statement(Path::new("--commit")))?;
        match found.as_slice() {
            [only] => places.push(*only),
            _ => return Err(Error::CommitOne(named.tensor.clone())),
        }
    }
    let of_role = |role| match role {
        Role::Input => &statement.inputs,
        Role::Output => &statement.outputs,
    };
    for role in [Role::Input, Role::Output] {
        for (place, listed) in of_role(role).iter().enumerate() {
            let is_fresh = listed.visibility == Visibility::Commit;
            if is_fresh != places.contains(&(role, place)) {
                let tensor = program.tensor(listed.tensor);
                return Err(Error::CommitWhere {
                    tensor: tensor.map(|t| t.name.clone()).unwrap_or_default(),
                    is_fresh,
                });
            }
        }
    }
    Ok(places)
}

/// The integers of every input: those of a commitment where the statement names one, else from the file.
fn inputs(
    program: &Program,
    curve: Curve,
    args: &ProveArgs,
    statement: &Statement,
    openings: &[TensorOpening],
) -> Result<RunInput, Error> {
    let plan = InputPlan::new(program, curve, statement, openings);
    let open = plan.open();
    let given = match (&args.input, open.is_empty()) {
        (_, true) => Vec::new(),
        (Some(path), false) => read_sample(path, args.sample, &open)?,
        (None, false) => {
            let names: Vec<String> = open.into_iter().map(|port| port.name).collect();
            return Err(Error::NoInput(names.join(", ")));
        }
    };
    Ok(plan.with(given))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "model", &self.model_id)?;
        row(f, "shows", &self.shows)?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        self.outputs.fmt(f)?;
        for (tensor, id) in &self.commitments {
            row(f, "commitment", format_args!("{tensor}: {id}"))?;
        }
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
