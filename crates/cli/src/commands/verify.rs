//! `inferproof verify`: from a model's public folder and a proof to a verdict.
//!
//! What stands in the proof file can only make the verdict "no" (exit code 1); whatever is wrong with the key or with the
//! arguments is an error (exit code 2).

use crate::Outcome;
use crate::args::VerifyArgs;
use crate::console::Console;
use crate::error::Error;
use crate::expected::read_outputs;
use crate::recognise::{EXPECT, INPUT, PROOF, PUBLIC_KEY, What, check_all, once};
use crate::report::{Bytes, Seconds, row};
use crate::source::{read, read_key};
use crate::statement::{Seen, executed, read_statement};
use crate::values::{Inputs, Outputs, allow, read_input};
use inferproof::{
    CardBinding, Curve, Disclosed, Disclosure, Error as ModelError, Expected, KeyFile, Program,
    Proof, Role, Saturated, Statement, Verdict, Verifier, hex, judge,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// What `verify` prints.
#[derive(Serialize)]
struct Report {
    verdict: Answer,
    /// Why a proof was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model_id: String,
    /// Of the model card beside the key, if there is one.
    card: Option<CardBinding>,
    /// What was expected.
    statement: serde_json::Value,
    #[serde(skip)]
    shows: String,
    context: String,
    /// Of an accepted proof, where inputs are public.
    #[serde(flatten)]
    inputs: Inputs,
    /// Of an accepted proof, where outputs are public.
    #[serde(flatten)]
    outputs: Outputs,
    /// Of an accepted proof, by tensor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    commitments: BTreeMap<String, String>,
    /// What had to be moved into the declared ranges of the input that the proof was compared with.
    saturated: Vec<Saturated>,
    proof_bytes: usize,
    /// Verifying the proof.
    seconds: f64,
    /// Reading the key and making ready, once for any number of proofs.
    setup_seconds: f64,
    /// Verifying the range proofs of the weights, if it was done now.
    range_proof_seconds: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Accepted,
    Rejected,
}

pub fn main(args: VerifyArgs, console: &Console) -> Result<Outcome, Error> {
    let mut sources = vec![(PUBLIC_KEY, args.key.as_path())];
    sources.extend(args.input.as_deref().map(|path| (INPUT, path)));
    sources.extend(args.expect.as_deref().map(|path| (EXPECT, path)));
    check_all(&sources)?;
    // What is given as the proof can only be rejected, but not read from where something else is.
    sources.push((PROOF, &args.proof));
    once(&sources)?;
    let key = read_key(&args.key)?;
    let report = verify(&key, &args)?;
    if let (Some(reason), false) = (&report.reason, console.is_json()) {
        console.rejected(reason);
    } else {
        console.report(&report);
    }
    console.warn(&report.saturated);
    let edited = report.card.filter(|card| *card == CardBinding::Edited);
    let edited = edited.map(|card| format!("the model card beside the key is {card}"));
    console.warn(edited.as_slice());
    Ok(match report.verdict {
        Answer::Accepted => Outcome::Done,
        Answer::Rejected => Outcome::Rejected,
    })
}

/// A verdict, and all that it came of.
pub struct Judgement {
    pub verifier: Verifier,
    /// Of the model card beside the key, if there is one.
    pub card: Option<CardBinding>,
    pub expected: Expected,
    pub verdict: Verdict,
    /// What had to be moved into the declared ranges of the input that the proof was compared with.
    pub saturated: Vec<Saturated>,
    /// Verifying the proof.
    pub seconds: f64,
    /// Reading the key and making ready.
    pub setup_seconds: f64,
    /// Verifying the range proofs of the weights, if it was done now.
    pub range_proof_seconds: Option<f64>,
}

/// Verifies the bytes of a proof as the arguments say.
pub fn judgement(file: &KeyFile, bytes: &[u8], args: &VerifyArgs) -> Result<Judgement, Error> {
    let start = Instant::now();
    let key = file.decode()?;
    let card = CardBinding::beside(file, &key)?;
    let verifier =
        Verifier::within(key, &args.limit.limits()).map_err(ModelError::key(&file.path))?;
    let (expected, saturated) = expected(&verifier, args)?;
    allow(&saturated, args.strict)?;
    let setup_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let cache = args.cache.cache();
    let mut range_proof_seconds = None;
    if args.recheck || !cache.has_range_proofs(&file.bytes) {
        verifier
            .check_range_proofs()
            .map_err(ModelError::key(&file.path))?;
        cache.add_range_proofs(&file.bytes);
        range_proof_seconds = Some(start.elapsed().as_secs_f64());
    }

    let start = Instant::now();
    let verdict = match judge(&verifier, &expected, bytes) {
        Verdict::Rejected(_) if What::of_bytes(bytes) == Some(What::Key) => {
            let swapped = "it is a verifying key, not a proof; did you swap the arguments?";
            Verdict::Rejected(swapped.into())
        }
        Verdict::Rejected(reason) => {
            Verdict::Rejected(about_context(reason, bytes, expected.statement()))
        }
        verdict => verdict,
    };
    Ok(Judgement {
        seconds: start.elapsed().as_secs_f64(),
        verifier,
        card,
        expected,
        verdict,
        saturated,
        setup_seconds,
        range_proof_seconds,
    })
}

fn verify(file: &KeyFile, args: &VerifyArgs) -> Result<Report, Error> {
    let bytes = read(&args.proof)?;
    let Judgement {
        verifier,
        card,
        expected,
        verdict,
        saturated,
        seconds,
        setup_seconds,
        range_proof_seconds,
    } = judgement(file, &bytes, args)?;
    let program = verifier.program();
    let mut report = Report {
        verdict: Answer::Rejected,
        reason: None,
        model_id: hex(&verifier.model_id()),
        card,
        shows: Seen {
            statement: expected.statement(),
            model: program,
        }
        .to_string(),
        statement: serde_json::from_str(&expected.statement().to_json(program)).unwrap_or_default(),
        context: String::from_utf8_lossy(&expected.statement().context).into_owned(),
        inputs: Inputs::default(),
        outputs: Outputs::default(),
        commitments: BTreeMap::new(),
        saturated,
        proof_bytes: bytes.len(),
        seconds,
        setup_seconds,
        range_proof_seconds,
    };
    match verdict {
        Verdict::Accepted(proof) => {
            report.verdict = Answer::Accepted;
            let integers = |shown: &Disclosed| shown.integers().map(<[i64]>::to_vec);
            let Disclosure { inputs, outputs } = &proof.disclosure;
            let program = &executed(expected.statement(), program)?;
            report.inputs = Inputs::shown(program, inputs.iter().map(integers));
            report.outputs = Outputs::shown(program, outputs.iter().map(integers));
            report.commitments = commitments(program, verifier.curve(), &proof);
        }
        Verdict::Rejected(reason) => report.reason = Some(reason),
    }
    Ok(report)
}

/// A reason to reject, with what is to be done if another context was meant: it is left out or mistyped easily.
fn about_context(reason: String, proof: &[u8], expected: &Statement) -> String {
    let Ok((Proof { statement, .. }, _)) = Proof::read(proof) else {
        return reason;
    };
    let other = expected.clone().with_context(&statement.context);
    if statement.context == expected.context || statement != other {
        return reason;
    }
    let quoted = |context: &[u8]| match context {
        [] => "no context".to_owned(),
        context => format!("the context {:?}", String::from_utf8_lossy(context)),
    };
    let (bound, given) = (quoted(&statement.context), quoted(&expected.context));
    let advice = "give --context as it was agreed with the prover, or ask for a proof for it";
    format!("it is bound to {bound}, but {given} was expected; {advice}")
}

/// What the caller says the proof must say and show, and where the input had to be moved into the declared ranges.
fn expected(verifier: &Verifier, args: &VerifyArgs) -> Result<(Expected, Vec<Saturated>), Error> {
    let program = verifier.program();
    let statement = match &args.expect {
        Some(file) => read_statement(program, file)?,
        None => verifier.statement(args.context.as_bytes()),
    };
    let program = &executed(&statement, program)?;
    let mut expected = Expected::new(statement);
    let hidden = |flag| move |hidden| Error::Compare { flag, hidden };
    let mut saturated = Vec::new();
    if let Some(path) = &args.input {
        expected
            .check_shown(program, Role::Input)
            .map_err(hidden("--input"))?;
        let input = read_input(program, path, args.sample)?;
        saturated = input.saturated;
        let shown = expected.showing(program, Role::Input, input.integers);
        expected = shown.map_err(hidden("--input"))?;
    }
    if let Some(text) = &args.output {
        expected
            .check_shown(program, Role::Output)
            .map_err(hidden("--output"))?;
        let outputs = read_outputs(program, text, args.quantized)?;
        let shown = expected.showing(program, Role::Output, outputs);
        expected = shown.map_err(hidden("--output"))?;
    }
    Ok((expected, saturated))
}

/// The identifiers of the commitments that a proof reads or comes with, by tensor.
fn commitments(program: &Program, curve: Curve, proof: &Proof) -> BTreeMap<String, String> {
    let (statement, disclosure) = (&proof.statement, &proof.disclosure);
    let listed = statement.listed();
    let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
    let found = listed
        .zip(disclosed)
        .filter_map(|((_, listed), disclosed)| {
            let name = program.tensor(listed.tensor)?.name.clone();
            Some((name, hex(&disclosed.commitment()?.id(curve))))
        });
    found.collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "verdict", "accepted")?;
        row(f, "model", &self.model_id)?;
        row(f, "says", &self.shows)?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        self.inputs.fmt(f)?;
        self.outputs.fmt(f)?;
        for (tensor, id) in &self.commitments {
            row(f, "commitment", format_args!("{tensor}: {id}"))?;
        }
        row(f, "proof", Bytes(self.proof_bytes as u64))?;
        row(f, "verified in", Seconds(self.seconds))?;
        if let Some(seconds) = self.range_proof_seconds {
            row(
                f,
                "key",
                format_args!(
                    "range proofs of the weights verified in {}, once for this key",
                    Seconds(seconds)
                ),
            )?;
        }
        Ok(())
    }
}
