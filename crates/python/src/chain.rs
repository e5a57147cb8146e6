//! Many proofs that are one, and where to cut a model.

use crate::errors::Failure;
use crate::key::Key;
use crate::statements::{digest, of_model};
use crate::verifier::Verifier;
use crate::work::run;
use inferproof::{
    Chain, ChainError, ExpectedChain, NamedProof, SliceGoal, Start, slice_plan,
    verify_chain as verified,
};
use pyo3::prelude::*;
use serde_json::{Value, json};

/// Where an input of the first step begins: at integers, at a commitment, or, if there is neither, anywhere.
type Begin = (String, Option<Vec<i64>>, Option<String>);

/// Why proofs are not one chain of the statement; else, as JSON, of which kind it is and what links them.
#[pyfunction]
pub fn verify_chain(
    py: Python<'_>,
    verifier: &Verifier,
    proofs: Vec<(String, Vec<u8>)>,
    statement: String,
    start: Vec<Begin>,
    position: Option<(String, i64)>,
    length: Option<usize>,
) -> PyResult<(Option<String>, String)> {
    let verifier = verifier.verifier.clone();
    run(py, None, move |_| {
        let plain = verifier.statement(b"");
        let statement = of_model(&plain, verifier.program(), &statement)?;
        let begins = start.into_iter().map(|(input, integers, id)| {
            let start = match (integers, id) {
                (Some(integers), _) => Start::Integers(integers),
                (None, Some(id)) => Start::Committed(digest(&input, &id)?),
                (None, None) => Start::Open,
            };
            Ok((input, start))
        });
        let expected = ExpectedChain {
            start: begins.collect::<Result<_, Failure>>()?,
            position,
            length,
            ..ExpectedChain::of(statement)
        };
        let named: Vec<_> = proofs
            .iter()
            .map(|(name, proof)| NamedProof {
                name,
                proof: proof.as_slice(),
            })
            .collect();
        match verified(&verifier, &expected, &named) {
            Ok(chain) => Ok((None, described(&chain, &proofs).to_string())),
            Err(error) if error.is_expectation() => Err(refused(&error)),
            Err(error) => Ok((Some(error.to_string()), "{}".to_owned())),
        }
    })
}

/// What is expected is no chain.
fn refused(error: &ChainError) -> Failure {
    Failure::Input {
        message: error.to_string(),
        tensor: None,
        expected: None,
        found: None,
    }
}

fn described(chain: &Chain, proofs: &[(String, Vec<u8>)]) -> Value {
    let kind = match chain {
        Chain::Slices(_) => "slices",
        Chain::Steps(_) => "steps",
    };
    let names: Vec<&str> = proofs.iter().map(|(name, _)| name.as_str()).collect();
    json!({ "chain": kind, "links": chain.links(&names) })
}

/// Where to cut a model, as JSON: below so much memory, or into so many parts.
#[pyfunction]
pub fn plan_slices(
    py: Python<'_>,
    key: &Key,
    memory: Option<u64>,
    parts: Option<usize>,
) -> PyResult<String> {
    let program = key.program.clone();
    run(py, None, move |_| {
        let goal = match parts {
            Some(parts) => SliceGoal::Parts(parts),
            None => SliceGoal::Memory(memory.unwrap_or(u64::MAX)),
        };
        let plan = slice_plan(&program, goal).map_err(|error| Failure::Input {
            message: error.to_string(),
            tensor: None,
            expected: None,
            found: None,
        })?;
        crate::inspect::json(&plan)
    })
}
