//! `inferproof verify`: from a model's public folder and proofs to verdicts.
//!
//! What stands in a proof file can only make its verdict "no" (exit code 1); whatever is wrong with the key or with the
//! arguments is an error (exit code 2).

use crate::Outcome;
use crate::args::VerifyArgs;
use crate::console::Console;
use crate::error::Error;
use crate::judge::Judge;
use crate::recognise::{EXPECT, INPUT, PROOF, PUBLIC_KEY, check_all, once};
use crate::report::{Bytes, Seconds, row};
use crate::source::{name, read, read_key};
use crate::statement::{ClaimRows, Seen, executed, explained};
use crate::values::{Inputs, Outputs};
use inferproof::{
    CardBinding, Curve, Disclosed, Disclosure, ExplainedClaim, KeyFile, Program, Proof, Saturated,
    Verdict, hex,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// What `verify` prints.
#[derive(Serialize)]
struct Report {
    /// Accepted if each of them is.
    verdict: Answer,
    #[serde(flatten)]
    proofs: Proofs,
    model_id: String,
    /// Of the model card beside the key, if there is one.
    card: Option<CardBinding>,
    /// What was expected.
    statement: serde_json::Value,
    #[serde(skip)]
    shows: String,
    /// What it claims, in integers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims: Vec<ExplainedClaim>,
    context: String,
    /// What had to be moved into the declared ranges of the input that the proofs were compared with.
    saturated: Vec<Saturated>,
    /// Verifying the proofs.
    seconds: f64,
    /// Reading the key and making ready, once for any number of proofs.
    setup_seconds: f64,
    /// Verifying the range proofs of the weights, if it was done now.
    range_proof_seconds: Option<f64>,
}

/// The only proof that was given, or each of several.
#[derive(Serialize)]
#[serde(untagged)]
enum Proofs {
    One(OfProof),
    Several { proofs: Vec<Named> },
}

/// One of several proofs.
#[derive(Serialize)]
struct Named {
    /// Its file.
    proof: String,
    verdict: Answer,
    #[serde(flatten)]
    of: OfProof,
}

/// What is said of a proof.
#[derive(Default, Serialize)]
struct OfProof {
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// If it is accepted, where inputs are public.
    #[serde(flatten)]
    inputs: Inputs,
    /// If it is accepted, where outputs are public.
    #[serde(flatten)]
    outputs: Outputs,
    /// If it is accepted, by tensor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    commitments: BTreeMap<String, String>,
    proof_bytes: usize,
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
    sources.extend(args.proofs.iter().map(|path| (PROOF, path.as_path())));
    once(&sources)?;
    let key = read_key(&args.key)?;
    let report = verify(&key, &args)?;
    let rejected = report.rejected();
    // Of a single proof that is rejected nothing else is worth saying.
    if console.is_json() || rejected.is_empty() || matches!(report.proofs, Proofs::Several { .. }) {
        console.report(&report);
    }
    if !console.is_json() {
        rejected.iter().for_each(|reason| console.rejected(reason));
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

fn verify(file: &KeyFile, args: &VerifyArgs) -> Result<Report, Error> {
    let proofs = args.proofs.iter().map(|path| read(path));
    let proofs = proofs.collect::<Result<Vec<_>, _>>()?;
    let judge = Judge::new(file, args)?;
    let start = Instant::now();
    let verdicts = judge.verdicts(&proofs);
    let seconds = start.elapsed().as_secs_f64();
    let program = judge.verifier.program();
    let statement = judge.expected.statement();
    let curve = judge.verifier.curve();
    let shown = executed(statement, program)?;
    let mut all = Answer::Accepted;
    let mut named = Vec::new();
    for ((path, bytes), verdict) in args.proofs.iter().zip(&proofs).zip(verdicts) {
        let (verdict, of) = of_proof(&shown, curve, bytes.len(), verdict);
        if verdict == Answer::Rejected {
            all = Answer::Rejected;
        }
        named.push(Named {
            proof: name(path).display().to_string(),
            verdict,
            of,
        });
    }
    let proofs = match <[Named; 1]>::try_from(named) {
        Ok([only]) => Proofs::One(only.of),
        Err(proofs) => Proofs::Several { proofs },
    };
    Ok(Report {
        verdict: all,
        proofs,
        model_id: hex(&judge.verifier.model_id()),
        card: judge.card,
        shows: Seen {
            statement,
            model: program,
        }
        .to_string(),
        claims: explained(statement, program)?,
        statement: serde_json::from_str(&statement.to_json(program)).unwrap_or_default(),
        context: String::from_utf8_lossy(&statement.context).into_owned(),
        saturated: judge.saturated,
        seconds,
        setup_seconds: judge.setup_seconds,
        range_proof_seconds: judge.range_proof_seconds,
    })
}

/// What is said of a proof of this many bytes, of a run of this program.
fn of_proof(
    program: &Program,
    curve: Curve,
    proof_bytes: usize,
    verdict: Verdict,
) -> (Answer, OfProof) {
    match verdict {
        Verdict::Accepted(proof) => {
            let integers = |shown: &Disclosed| shown.integers().map(<[i64]>::to_vec);
            let Disclosure { inputs, outputs } = &proof.disclosure;
            let of = OfProof {
                reason: None,
                inputs: Inputs::shown(program, inputs.iter().map(integers)),
                outputs: Outputs::shown(program, outputs.iter().map(integers)),
                commitments: commitments(program, curve, &proof),
                proof_bytes,
            };
            (Answer::Accepted, of)
        }
        Verdict::Rejected(reason) => {
            let of = OfProof {
                reason: Some(reason),
                proof_bytes,
                ..OfProof::default()
            };
            (Answer::Rejected, of)
        }
    }
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

impl Report {
    /// Why proofs were rejected, and which where there are several.
    fn rejected(&self) -> Vec<String> {
        match &self.proofs {
            Proofs::One(of) => of.reason.iter().cloned().collect(),
            Proofs::Several { proofs } => {
                let reasons = proofs
                    .iter()
                    .filter_map(|named| Some((&named.proof, named.of.reason.as_ref()?)));
                let said = reasons.map(|(proof, reason)| format!("{proof}: {reason}"));
                said.collect()
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proofs {
            Proofs::One(_) => row(f, "verdict", self.verdict)?,
            Proofs::Several { proofs } => {
                let accepted = |named: &&Named| named.verdict == Answer::Accepted;
                let count = proofs.iter().filter(accepted).count();
                match count == proofs.len() {
                    true => row(f, "verdict", format_args!("all {count} accepted"))?,
                    false => {
                        let of = format_args!("{count} of {} accepted", proofs.len());
                        row(f, "verdict", of)?;
                    }
                }
            }
        }
        row(f, "model", &self.model_id)?;
        row(f, "says", &self.shows)?;
        ClaimRows(&self.claims).fmt(f)?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        match &self.proofs {
            Proofs::One(of) => {
                of.fmt(f)?;
                row(f, "proof", Bytes(of.proof_bytes as u64))?;
            }
            Proofs::Several { proofs } => {
                for Named { proof, verdict, of } in proofs {
                    let size = Bytes(of.proof_bytes as u64);
                    row(f, "proof", format_args!("{proof}, {size}: {verdict}"))?;
                    of.fmt(f)?;
                }
            }
        }
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

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        })
    }
}

impl fmt::Display for OfProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inputs.fmt(f)?;
        self.outputs.fmt(f)?;
        let mut commitments = self.commitments.iter();
        commitments
            .try_for_each(|(tensor, id)| row(f, "commitment", format_args!("{tensor}: {id}")))
    }
}
