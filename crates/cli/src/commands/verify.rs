//! `inferproof verify`: from a model's public folder and a proof to a verdict.
//!
//! What stands in the proof file can only make the verdict "no" (exit code 1); whatever is wrong with the key or with the
//! arguments is an error (exit code 2).

use crate::Outcome;
use crate::args::VerifyArgs;
use crate::error::Error;
use crate::expected::Expected;
use crate::report::{Bytes, Seconds, Seen, is_public, print, row, warn};
use crate::source::{once, read, read_key};
use crate::values::{Input, Outputs, allow, read_input};
use inferproof::{Checked, Error as ModelError, KeyFile, Saturated, difference, hex};
use inferproof::{Publics, Verifier, Visibility};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// What `verify` prints.
#[derive(Serialize)]
struct Report {
    verdict: Verdict,
    /// Why a proof was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model_id: String,
    visibility: Visibility,
    context: String,
    /// Of an accepted proof, where outputs are public.
    #[serde(flatten)]
    outputs: Outputs,
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
enum Verdict {
    Accepted,
    Rejected,
}

pub fn main(args: VerifyArgs, json: bool) -> Result<Outcome, Error> {
    let mut arguments = vec![("--key", args.key.as_path()), ("PROOF", &args.proof)];
    arguments.extend(args.input.as_deref().map(|input| ("--input", input)));
    once(&arguments)?;
    let key = read_key(&args.key)?;
    let report = verify(&key, &args)?;
    if let (Some(reason), false) = (&report.reason, json) {
        eprintln!("proof rejected: {reason}");
    } else {
        print(json, &report);
    }
    warn(&report.saturated);
    Ok(match report.verdict {
        Verdict::Accepted => Outcome::Done,
        Verdict::Rejected => Outcome::Rejected,
    })
}

fn verify(file: &KeyFile, args: &VerifyArgs) -> Result<Report, Error> {
    let start = Instant::now();
    let verifier = Verifier::new(file.decode()?).map_err(ModelError::key(&file.path))?;
    let mut expected = expected(&verifier, args)?;
    let saturated = std::mem::take(&mut expected.saturated);
    allow(&saturated, args.strict)?;
    let bytes = read(&args.proof)?;
    let setup_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let checked = Checked::of(&file.bytes);
    let mut range_proof_seconds = None;
    if args.recheck || !checked.is_known() {
        verifier
            .check_range_proofs()
            .map_err(ModelError::key(&file.path))?;
        checked.remember();
        range_proof_seconds = Some(start.elapsed().as_secs_f64());
    }

    let start = Instant::now();
    let shown = judge(&verifier, &bytes, &expected, args.context.as_bytes());
    let seconds = start.elapsed().as_secs_f64();
    let program = verifier.program();
    let (verdict, reason, outputs) = match shown {
        Ok(publics) => (
            Verdict::Accepted,
            None,
            publics
                .outputs
                .map(|o| Outputs::new(program, o))
                .unwrap_or_default(),
        ),
        Err(reason) => (Verdict::Rejected, Some(reason), Outputs::default()),
    };
    Ok(Report {
        verdict,
        reason,
        model_id: hex(&verifier.model_id()),
        visibility: verifier.architecture().visibility,
        context: args.context.clone(),
        outputs,
        saturated,
        proof_bytes: bytes.len(),
        seconds,
        setup_seconds,
        range_proof_seconds,
    })
}

/// What the caller says the proof must show.
struct Claims {
    inputs: Option<Vec<Vec<i64>>>,
    /// Where the input had to be moved into the declared ranges.
    saturated: Vec<Saturated>,
    outputs: Option<Expected>,
}

fn expected(verifier: &Verifier, args: &VerifyArgs) -> Result<Claims, Error> {
    let visibility = verifier.architecture().visibility;
    let program = verifier.program();
    if args.input.is_some() && !is_public(visibility.input) {
        return Err(Error::ComparePrivate {
            flag: "--input",
            what: "input",
        });
    }
    if args.output.is_some() && !is_public(visibility.output) {
        return Err(Error::ComparePrivate {
            flag: "--output",
            what: "output",
        });
    }
    let path = args.input.as_ref();
    let input = path.map(|path| read_input(program, path, args.sample));
    let (inputs, saturated) = match input.transpose()? {
        Some(Input {
            integers,
            saturated,
        }) => (Some(integers), saturated),
        None => (None, vec![]),
    };
    Ok(Claims {
        inputs,
        saturated,
        outputs: args
            .output
            .as_ref()
            .map(|text| Expected::read(program, text, args.quantized))
            .transpose()?,
    })
}

/// What an accepted proof shows, or why it is rejected.
fn judge(
    verifier: &Verifier,
    bytes: &[u8],
    claims: &Claims,
    context: &[u8],
) -> Result<Publics, String> {
    let shows = verifier.verify(bytes, context);
    let publics = shows.map_err(|e| e.to_string())?;
    let program = verifier.program();
    if let (Some(expected), Some(shown)) = (&claims.inputs, &publics.inputs)
        && let Some(difference) = difference(program, "input", &program.inputs, shown, expected)
    {
        return Err(difference);
    }
    if let (Some(expected), Some(shown)) = (&claims.outputs, &publics.outputs)
        && let Some(difference) = expected.difference(program, shown)
    {
        return Err(difference);
    }
    Ok(publics)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "verdict", "accepted")?;
        row(f, "model", &self.model_id)?;
        row(f, "shows", Seen(self.visibility))?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        self.outputs.fmt(f)?;
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
