//! `inferproof chain verify`: many proofs that are one.
//!
//! What stands in the proofs can only make the verdict "no" (exit code 1), and tells parts of a run from steps of a history; whatever is
//! wrong with the key, or with what is expected, is an error (exit code 2).

use crate::Outcome;
use crate::args::{ChainCommand, ChainVerifyArgs, Named, StatementArgs};
use crate::console::Console;
use crate::error::Error;
use crate::recognise::{EXPECT, PROOF, PUBLIC_KEY, check_all, once};
use crate::report::{Bytes, Seconds, row};
use crate::source::{name, read, read_key};
use crate::statement::{Seen, executed, of_arguments, read_statement, tensor_id};
use crate::values::{Inputs, Outputs};
use inferproof::{
    Chain, ChainError, ChainLink, Disclosed, ExpectedChain, NamedProof, Program, Proof, SliceChain,
    Start, Verifier, hex, is_of_slices, verify_chain,
};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// What `chain verify` prints.
#[derive(Serialize)]
struct Report {
    verdict: Answer,
    /// Why the proofs were rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// `slices` or `steps`.
    chain: Kind,
    model_id: String,
    /// What was expected: of all slices together, of each step alone.
    statement: serde_json::Value,
    #[serde(skip)]
    shows: String,
    context: String,
    proofs: usize,
    /// Of an accepted chain, what ties the proofs together.
    links: Vec<ChainLink>,
    /// Of accepted slices, where inputs are public.
    #[serde(flatten)]
    inputs: Inputs,
    /// Of accepted slices, where outputs are public.
    #[serde(flatten)]
    outputs: Outputs,
    /// Of accepted steps, what each shows of its outputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Outputs>,
    proof_bytes: usize,
    seconds: f64,
    setup_seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Accepted,
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Slices,
    Steps,
}

pub fn main(command: ChainCommand, console: &Console) -> Result<Outcome, Error> {
    let ChainCommand::Verify(args) = command;
    let mut sources = vec![(PUBLIC_KEY, args.key.as_path())];
    sources.extend(args.expect.as_deref().map(|path| (EXPECT, path)));
    check_all(&sources)?;
    sources.extend(args.proofs.iter().map(|path| (PROOF, path.as_path())));
    once(&sources)?;
    let report = verify(&args)?;
    if let (Some(reason), false) = (&report.reason, console.is_json()) {
        console.rejected(reason);
    } else {
        console.report(&report);
    }
    Ok(match report.verdict {
        Answer::Accepted => Outcome::Done,
        Answer::Rejected => Outcome::Rejected,
    })
}

/// A proof's file.
struct File {
    name: String,
    bytes: Vec<u8>,
    proof: Option<Proof>,
}

fn verify(args: &ChainVerifyArgs) -> Result<Report, Error> {
    let start = Instant::now();
    let key = read_key(&args.key)?;
    let verifier = key.verifier_within(&args.cache.cache(), &args.limit.limits())?;
    let files = args.proofs.iter().map(|path| {
        let bytes = read(path)?;
        Ok(File {
            name: name(path).display().to_string(),
            proof: Proof::read(&bytes).ok().map(|(proof, _)| proof),
            bytes,
        })
    });
    let files = files.collect::<Result<Vec<_>, Error>>()?;
    let program = verifier.program();
    let chain_expected = expected(&verifier, args)?;
    let expected = &chain_expected.statement;
    let chain = match is_of_slices(files.iter().map(|file| file.bytes.as_slice())) {
        true => Kind::Slices,
        false => Kind::Steps,
    };
    let setup_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let named = files.iter().map(|file| NamedProof {
        name: &file.name,
        proof: file.bytes.as_slice(),
    });
    let named: Vec<_> = named.collect();
    let mut report = Report {
        verdict: Answer::Accepted,
        reason: None,
        chain,
        model_id: hex(&verifier.model_id()),
        statement: serde_json::from_str(&expected.to_json(program)).unwrap_or_default(),
        shows: Seen {
            statement: expected,
            model: program,
        }
        .to_string(),
        context: String::from_utf8_lossy(&expected.context).into_owned(),
        proofs: files.len(),
        links: Vec::new(),
        inputs: Inputs::default(),
        outputs: Outputs::default(),
        steps: Vec::new(),
        proof_bytes: files.iter().map(|file| file.bytes.len()).sum(),
        seconds: 0.0,
        setup_seconds,
    };
    let verdict = verify_chain(&verifier, &chain_expected, &named);
    report.seconds = start.elapsed().as_secs_f64();
    if let Ok(chain) = &verdict {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        report.links = chain.links(&names);
    }
    match verdict {
        Ok(Chain::Slices(chain)) => report.add_slices(program, chain),
        Ok(Chain::Steps(_)) => {
            let listed = executed(expected, program)?;
            report.add_steps(&listed, &files);
        }
        Err(error) if error.is_expectation() => return Err(Error::Chain(error)),
        Err(error) => report.reject(error),
    }
    Ok(report)
}

/// What all parts have to show together, or each step alone, and how steps begin and count.
fn expected(verifier: &Verifier, args: &ChainVerifyArgs) -> Result<ExpectedChain, Error> {
    let program = verifier.program();
    let statement = match &args.expect {
        Some(file) => read_statement(program, file)?,
        None => {
            let words = StatementArgs {
                private: args.private.clone(),
                claims: args.claims.clone(),
                context: args.context.clone(),
                ..StatementArgs::default()
            };
            let (plain, committed) = (verifier.statement(b""), std::iter::empty());
            of_arguments(plain, program, &words, args.commit.iter(), committed)?
        }
    };
    let listed = executed(&statement, program)?;
    let mut expected = ExpectedChain::of(statement);
    for named in &args.start {
        let begins = begins(&listed, named)?;
        expected.start.insert(named.tensor.clone(), begins);
    }
    if let Some(named) = &args.position {
        let first = named.value.to_string_lossy();
        let first = first.parse();
        let first = first.map_err(|_| Error::Position(named.value.display().to_string()))?;
        expected.position = Some((named.tensor.clone(), first));
    }
    expected.length = args.steps;
    Ok(expected)
}

/// Where an input begins.
fn begins(program: &Program, named: &Named) -> Result<Start, Error> {
    let text = named.value.to_string_lossy();
    Ok(match text.as_ref() {
        "any" => Start::Open,
        "zeros" => {
            let tensors = program.inputs.iter().filter_map(|&id| program.tensor(id));
            let volume = tensors
                .filter(|t| t.name == named.tensor)
                .map(|t| t.volume());
            Start::Integers(vec![0; volume.sum()])
        }
        list if list.starts_with('[') => {
            let integers = serde_json::from_str(list);
            Start::Integers(
                integers.map_err(|e| Error::Start(named.tensor.clone(), e.to_string()))?,
            )
        }
        _ => Start::Committed(tensor_id(named)?),
    })
}

impl Report {
    fn reject(&mut self, error: ChainError) {
        self.verdict = Answer::Rejected;
        self.reason = Some(error.to_string());
    }

    fn add_slices(&mut self, program: &Program, chain: SliceChain) {
        let integers = |shown: &Disclosed| shown.integers().map(<[i64]>::to_vec);
        self.inputs = Inputs::shown(program, chain.disclosure.inputs.iter().map(integers));
        self.outputs = Outputs::shown(program, chain.disclosure.outputs.iter().map(integers));
    }

    fn add_steps(&mut self, program: &Program, files: &[File]) {
        let proofs = files.iter().filter_map(|file| file.proof.as_ref());
        let integers = |shown: &Disclosed| shown.integers().map(<[i64]>::to_vec);
        let shown =
            proofs.map(|p| Outputs::shown(program, p.disclosure.outputs.iter().map(integers)));
        self.steps = shown.collect();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "verdict", "accepted")?;
        match self.chain {
            Kind::Slices => row(
                f,
                "chain",
                format_args!("{} parts that are one run of the model", self.proofs),
            )?,
            Kind::Steps => row(
                f,
                "chain",
                format_args!("{} steps that are one history", self.proofs),
            )?,
        }
        row(f, "model", &self.model_id)?;
        let says = match self.chain {
            Kind::Slices => "together",
            Kind::Steps => "each says",
        };
        row(f, says, &self.shows)?;
        if !self.context.is_empty() {
            row(f, "context", format_args!("{:?}", self.context))?;
        }
        for link in &self.links {
            row(f, "link", link)?;
        }
        self.inputs.fmt(f)?;
        self.outputs.fmt(f)?;
        row(f, "proofs", Bytes(self.proof_bytes as u64))?;
        row(f, "verified in", Seconds(self.seconds))
    }
}
