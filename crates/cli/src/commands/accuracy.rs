//! `inferproof accuracy`: what a model scores on a data set, proven without showing what it says of any sample; and the verification of such a proof.

use crate::Outcome;
use crate::args::AccuracyArgs;
use crate::console::Console;
use crate::data_set::{Given, all_ports, score};
use crate::destination::Destination;
use crate::error::Error;
use crate::interrupt;
use crate::recognise::{MODEL, PUBLIC_KEY, check_all};
use crate::report::{Bytes, Seconds, peak_memory, row};
use crate::source::{read, read_key};
use crate::statement::{ClaimRows, refused};
use inferproof::{
    DataSet, DataSetPort, EvaluationStatement, ExplainedClaim, KeyFile, Model, Program, Prover,
    Saturated, ValidProgram, hex, ports, stage_done, sum_in_units,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `accuracy` prints.
#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model_id: String,
    data_set_id: String,
    samples: u64,
    says: String,
    claims: Vec<ExplainedClaim>,
    /// What was counted: known to the prover, to a verifier if it is shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sums: BTreeMap<String, Vec<f64>>,
    context: String,
    saturated: Vec<Saturated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    proof: PathBuf,
    proof_bytes: usize,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_per_sample: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
}

/// The data set from the files that the arguments name.
struct Data {
    given: Vec<Given>,
    paths: Vec<PathBuf>,
    samples: u64,
    saturated: Vec<Saturated>,
}

pub fn main(args: AccuracyArgs, console: &Console) -> Result<Outcome, Error> {
    let report = match &args.verify {
        Some(proof) => verify(&args, proof)?,
        None => prove(&args, console)?,
    };
    if let (Some(reason), false) = (&report.reason, console.is_json()) {
        console.rejected(reason);
    } else {
        console.report(&report);
    }
    console.warn(&report.saturated);
    Ok(match report.verdict {
        Some("rejected") => Outcome::Rejected,
        _ => Outcome::Done,
    })
}

/// What is said of the score.
fn said(program: &ValidProgram, args: &AccuracyArgs) -> Result<EvaluationStatement, Error> {
    let mut claims = args.claims.clone();
    if let Some(count) = args.at_least {
        claims.insert(0, format!("correct[0] >= {count}"));
    }
    if claims.is_empty() && !args.show {
        return Err(Error::Evaluation(
            "nothing is said of the score; say --at-least K, --claim CLAIM, or --show".into(),
        ));
    }
    Ok(EvaluationStatement {
        score: score(program, &args.score, None)?,
        claims,
        shows_sums: args.show,
        context: args.context.as_bytes().to_vec(),
    })
}

/// What is claimed of the sums, in integers. A claim that does not parse is the caller's mistake: no proof is rejected for it.
fn claims(
    program: &ValidProgram,
    said: &EvaluationStatement,
    samples: u64,
) -> Result<Vec<ExplainedClaim>, Error> {
    said.explained(program, samples).map_err(refused("--claim"))
}

/// Reads the data set.
fn data(
    program: &ValidProgram,
    said: &EvaluationStatement,
    args: &AccuracyArgs,
    proves: bool,
) -> Result<Data, Error> {
    let inputs = ports(program, &program.inputs);
    let mut named: BTreeMap<&str, &Path> = BTreeMap::new();
    for text in &args.data {
        let (name, path) = match (text.split_once('='), inputs.as_slice()) {
            (Some((name, path)), _) if inputs.iter().any(|port| port.name == name) => (name, path),
            (_, [only]) => (only.name.as_str(), text.as_str()),
            _ => {
                let known: Vec<String> = inputs.iter().map(|port| port.name.clone()).collect();
                return Err(Error::WhichInput(known.join(", ")));
            }
        };
        named.insert(name, Path::new(path));
    }
    let first = args.data.first().map(Path::new);
    let mut data = Data {
        given: Vec::new(),
        paths: Vec::new(),
        samples: 0,
        saturated: Vec::new(),
    };
    for port in all_ports(program, said.score)? {
        let (name, path) = match &port {
            DataSetPort::Input { place } => {
                let name = inputs.get(*place).map(|port| port.name.as_str());
                let name = name.unwrap_or_default();
                (name.to_owned(), named.get(name).copied())
            }
            DataSetPort::Further { tensor } if tensor.name.starts_with("groups") => {
                (tensor.name.clone(), args.group_of.as_deref())
            }
            // A data file may have the labels beside the samples.
            DataSetPort::Further { tensor } => {
                (tensor.name.clone(), args.labels.as_deref().or(first))
            }
        };
        let path =
            path.ok_or_else(|| Error::Evaluation(format!("`{name}`: no data is given for it")))?;
        let given = Given::read(program, &port, path, proves)?;
        let samples = given.samples();
        if data.samples != 0 && samples != data.samples {
            return Err(Error::Evaluation(format!(
                "`{name}`: {} has {samples} samples, what is read before it {}",
                path.display(),
                data.samples
            )));
        }
        if let Given::Integers(integers) = &given {
            data.saturated.extend(integers.saturated.iter().cloned());
        }
        data.samples = samples;
        data.given.push(given);
        data.paths.push(path.to_owned());
    }
    Ok(data)
}

fn prove(args: &AccuracyArgs, console: &Console) -> Result<Report, Error> {
    check_all(&[(MODEL, &args.model)])?;
    let out = args.out.as_deref().unwrap_or(Path::new("-"));
    let mut read: Vec<&Path> = vec![&args.model];
    let files = args.data.iter().map(|text| match text.split_once('=') {
        Some((_, path)) => Path::new(path),
        None => Path::new(text),
    });
    read.extend(files);
    read.extend(args.labels.as_deref());
    read.extend(args.group_of.as_deref());
    let destination = Destination::new(out, args.force, &read, console)?;
    let model = Model::open(&args.model)?;
    let key = model.verifying_key().clone();
    let said = said(&key.architecture().program, args)?;
    let data = data(&key.architecture().program, &said, args, true)?;
    let claims = claims(&key.architecture().program, &said, data.samples)?;
    let given = data.given.into_iter().zip(&data.paths);
    let given = given.map(|(given, path)| given.into_given(path));
    let given = given.collect::<Result<Vec<_>, Error>>()?;
    let curve = key.curve();
    let data_set_id = hex(&inferproof::data_set_of(data.samples, &given).id(curve));
    let secret = model.secret(&key, &args.cache.cache())?;
    let prover = Prover::within(key, secret, &args.limit.limits())?;
    let part = args
        .part
        .unwrap_or_else(|| prover.samples_within(args.memory));
    let start = Instant::now();
    let mut progress = console.progress("proving");
    let (sums, proof) =
        prover.evaluate(&said, data.samples, &given, part, &mut |done, of, stage| {
            let (_, share) = stage_done(stage);
            let of_part = part.min(of - done.min(of)) as f64 * share;
            progress.step((done as f64 + of_part) as usize, of as usize, "samples")
        })?;
    drop(progress);
    interrupt::check()?;
    let seconds = start.elapsed().as_secs_f64();
    destination.write(&proof)?;
    Ok(Report {
        verdict: None,
        reason: None,
        model_id: hex(&prover.model_id()),
        data_set_id,
        samples: data.samples,
        says: says(prover.program(), &said, data.samples),
        sums: named_sums(prover.program(), &said, sums)?,
        claims,
        context: args.context.clone(),
        saturated: data.saturated,
        parts: Some(data.samples.div_ceil(part.max(1)) as usize),
        proof: out.to_owned(),
        proof_bytes: proof.len(),
        seconds,
        seconds_per_sample: Some(seconds / data.samples.max(1) as f64),
        peak_memory_bytes: peak_memory(),
    })
}

fn verify(args: &AccuracyArgs, proof: &Path) -> Result<Report, Error> {
    check_all(&[(PUBLIC_KEY, &args.model)])?;
    let file: KeyFile = read_key(&args.model)?;
    let verifier = file.verifier_within(&args.cache.cache(), &args.limit.limits())?;
    let program = verifier.program();
    let said = said(program, args)?;
    let data = data(program, &said, args, false)?;
    let claims = claims(program, &said, data.samples)?;
    let data_set = DataSet {
        samples: data.samples,
        tensors: data.given.into_iter().map(Given::into_tensor).collect(),
    };
    let bytes = read(proof)?;
    let start = Instant::now();
    let verdict = verifier.verify_evaluation(&said, &data_set, &bytes);
    let seconds = start.elapsed().as_secs_f64();
    let (verdict, reason, sums, parts) = match verdict {
        Ok((sums, parts)) => ("accepted", None, sums, Some(parts)),
        Err(rejection) => ("rejected", Some(rejection.to_string()), None, None),
    };
    Ok(Report {
        verdict: Some(verdict),
        reason,
        model_id: hex(&verifier.model_id()),
        data_set_id: hex(&data_set.id(verifier.curve())),
        samples: data.samples,
        says: says(program, &said, data.samples),
        sums: named_sums(program, &said, sums.unwrap_or_default())?,
        claims,
        context: args.context.clone(),
        saturated: data.saturated,
        parts,
        proof: proof.to_owned(),
        proof_bytes: bytes.len(),
        seconds,
        seconds_per_sample: None,
        peak_memory_bytes: None,
    })
}

/// The statement in words.
fn says(program: &Program, said: &EvaluationStatement, samples: u64) -> String {
    let outputs = ports(program, &program.outputs);
    let output = outputs
        .get(said.score.output as usize)
        .map(|port| port.name.as_str());
    let what = match said.score.measure {
        inferproof::Measure::Accuracy => "right answers",
        inferproof::Measure::Error => "absolute errors",
        inferproof::Measure::Confusion => "confusions of classes",
    };
    let groups = said
        .score
        .groups
        .map_or(String::new(), |n| format!(" within {n} groups"));
    let hidden = if said.shows_sums { "shown" } else { "hidden" };
    format!(
        "{what} of output `{}` over all {samples} samples of the data set{groups}; the sums are {hidden}, what is said of a sample is hidden",
        output.unwrap_or_default()
    )
}

/// The sums by name, in their units.
fn named_sums(
    program: &ValidProgram,
    said: &EvaluationStatement,
    sums: Vec<Vec<i64>>,
) -> Result<BTreeMap<String, Vec<f64>>, Error> {
    let tensors = said
        .sums(program)
        .map_err(|error| Error::Evaluation(error.to_string()))?;
    let named = tensors.into_iter().zip(sums).map(|(tensor, values)| {
        let values = sum_in_units(&tensor, &values);
        (tensor.name, values)
    });
    Ok(named.collect())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verdict) = self.verdict {
            row(f, "verdict", verdict)?;
        }
        row(f, "model", &self.model_id)?;
        row(f, "data set", &self.data_set_id)?;
        row(f, "says", &self.says)?;
        ClaimRows(&self.claims).fmt(f)?;
        for (name, values) in &self.sums {
            let values: Vec<String> = values.iter().map(f64::to_string).collect();
            row(f, "sum", format_args!("{name}: {}", values.join(", ")))?;
        }
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        row(
            f,
            if self.verdict.is_some() {
                "verified in"
            } else {
                "proved in"
            },
            Seconds(self.seconds),
        )?;
        let parts = match self.parts {
            Some(1) => "1 part".to_owned(),
            parts => format!("{} parts", parts.unwrap_or_default()),
        };
        let bytes = Bytes(self.proof_bytes as u64);
        row(
            f,
            "proof",
            format_args!("{} ({bytes}, {parts})", self.proof.display()),
        )
    }
}
