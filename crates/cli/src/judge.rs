//! The judgement of proofs, as the arguments of `verify` say: a key made ready, what is expected, and what to do about what was
//! rejected for a plain mistake.

use crate::args::VerifyArgs;
use crate::error::Error;
use crate::expected::read_outputs;
use crate::recognise::What;
use crate::statement::{executed, read_statement};
use crate::values::{allow, read_input};
use inferproof::{
    CardBinding, Error as ModelError, Expected, KeyFile, Proof, Role, Saturated, Statement,
    Verdict, Verifier, judge, judge_all,
};
use std::time::Instant;

/// A key made ready, and what is expected of every proof.
pub struct Judge {
    pub verifier: Verifier,
    /// Of the model card beside the key, if there is one.
    pub card: Option<CardBinding>,
    pub expected: Expected,
    /// What had to be moved into the declared ranges of the input that proofs are compared with.
    pub saturated: Vec<Saturated>,
    /// Reading the key and making ready.
    pub setup_seconds: f64,
    /// Verifying the range proofs of the weights, if it was done now.
    pub range_proof_seconds: Option<f64>,
}

impl Judge {
    /// As the arguments say.
    pub fn new(file: &KeyFile, args: &VerifyArgs) -> Result<Self, Error> {
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
        Ok(Self {
            verifier,
            card,
            expected,
            saturated,
            setup_seconds,
            range_proof_seconds,
        })
    }

    /// On the bytes of a proof.
    pub fn verdict(&self, bytes: &[u8]) -> Verdict {
        self.explained(bytes, judge(&self.verifier, &self.expected, bytes))
    }

    /// On those of several, in their order.
    pub fn verdicts(&self, proofs: &[Vec<u8>]) -> Vec<Verdict> {
        let pairs: Vec<_> = proofs
            .iter()
            .map(|bytes| (&self.expected, bytes.as_slice()))
            .collect();
        let verdicts = judge_all(&self.verifier, &pairs).into_iter();
        let explained = verdicts.zip(proofs);
        explained
            .map(|(verdict, bytes)| self.explained(bytes, verdict))
            .collect()
    }

    /// With what is to be done if something else was meant.
    fn explained(&self, bytes: &[u8], verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Rejected(_) if What::of_bytes(bytes) == Some(What::Key) => {
                let swapped = "it is a verifying key, not a proof; did you swap the arguments?";
                Verdict::Rejected(swapped.into())
            }
            Verdict::Rejected(reason) => {
                Verdict::Rejected(about_context(reason, bytes, self.expected.statement()))
            }
            verdict => verdict,
        }
    }
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
