//! A key made ready to verify any number of proofs.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::errors::Failure;
use crate::opening::Opening;
use crate::statements::of_model;
use crate::trust::Trust;
use crate::work::run;
use inferproof::{
    Cache, Disclosed, Expected, Hidden, KeyFile, Program, Role, Saturated, Statement, Verdict, hex,
    judge, ports, single_input,
};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A key made ready to verify any number of proofs.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Verifier {
    verifier: Arc<inferproof::Verifier>,
    id: String,
}

/// Why a proof is rejected; else what it shows of inputs and outputs, and the identifiers of commitments by name; where the given input
/// had to be moved into the declared ranges.
type Judged<'py> = (
    Option<String>,
    Vec<Tensor<'py>>,
    Vec<Tensor<'py>>,
    Vec<(String, String)>,
    String,
);

#[pymethods]
impl Verifier {
    #[new]
    fn new(
        py: Python<'_>,
        key: Vec<u8>,
        path: PathBuf,
        recheck: bool,
        trust: Trust,
    ) -> PyResult<Self> {
        run(py, None, move |_| {
            let file = KeyFile::new(path, key)?;
            let (cache, limits) = (trust.cache(), trust.limits());
            let verifier = match recheck {
                true => {
                    let verifier = file.verifier_within(&Cache::none(), &limits)?;
                    cache.add_range_proofs(&file.bytes);
                    verifier
                }
                false => file.verifier_within(&cache, &limits)?,
            };
            Ok(Self {
                id: hex(&verifier.model_id()),
                verifier: Arc::new(verifier),
            })
        })
    }

    /// The published identifier of the model.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// Commits to an input, outside of any proof; also what had to be moved into the declared range.
    fn commit(
        &self,
        py: Python<'_>,
        values: Given,
        name: Option<String>,
        strict: bool,
    ) -> PyResult<(Opening, String)> {
        let verifier = self.verifier.clone();
        run(py, None, move |_| {
            let program = verifier.program();
            let place = place(program, name)?;
            let (integers, saturated) = one_input(program, place, values)?;
            allow(&saturated, strict)?;
            let opening = verifier.commit_input(place, integers);
            let opening = opening.map_err(Failure::opening)?;
            let opening = Opening::new(opening, verifier.curve());
            Ok((opening, saturations(&saturated)))
        })
    }

    /// Whether a proof is one of a statement, and shows what is given.
    fn verify<'py>(
        &self,
        py: Python<'py>,
        proof: Vec<u8>,
        statement: String,
        input: Option<Given>,
        output: Option<Given>,
        strict: bool,
    ) -> PyResult<Judged<'py>> {
        let verifier = self.verifier.clone();
        let (judged, saturated) = run(py, None, move |_| {
            let program = verifier.program();
            let statement = of_model(&verifier.statement(b""), program, &statement)?;
            let (expected, saturated) = expected(program, statement, input, output)?;
            allow(&saturated, strict)?;
            Ok((judge(&verifier, &expected, &proof), saturated))
        })?;
        let saturated = saturations(&saturated);
        let proof = match judged {
            Verdict::Accepted(proof) => proof,
            Verdict::Rejected(reason) => {
                return Ok((Some(reason), vec![], vec![], vec![], saturated));
            }
        };
        let program = self.verifier.program();
        let shown = |ids, disclosed: &[Disclosed]| {
            let integers = disclosed.iter().map(|d| d.integers().map(<[i64]>::to_vec));
            tensors(py, program, ids, integers)
        };
        let curve = self.verifier.curve();
        let (statement, disclosure) = (&proof.statement, &proof.disclosure);
        let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
        let commitments = statement.listed().zip(disclosed);
        let commitments = commitments.filter_map(|((_, listed), disclosed)| {
            let name = program.tensor(listed.tensor)?.name.clone();
            Some((name, hex(&disclosed.commitment()?.id(curve))))
        });
        Ok((
            None,
            shown(&program.inputs, &disclosure.inputs)?,
            shown(&program.outputs, &disclosure.outputs)?,
            commitments.collect(),
            saturated,
        ))
    }
}

/// What the caller says the proof must say and show, and where the input had to be moved into the declared ranges.
fn expected(
    program: &Program,
    statement: Statement,
    input: Option<Given>,
    output: Option<Given>,
) -> Result<(Expected, Vec<Saturated>), Failure> {
    let mut expected = Expected::new(statement);
    let mut saturated = Vec::new();
    if let Some(input) = input {
        expected.check_shown(program, Role::Input)?;
        let input = input.input("input", program)?;
        saturated = input.saturated;
        expected = expected.showing(program, Role::Input, input.integers)?;
    }
    if let Some(output) = output {
        expected.check_shown(program, Role::Output)?;
        let output = output.output("output", program)?;
        expected = expected.showing(program, Role::Output, output)?;
    }
    Ok((expected, saturated))
}

impl From<Hidden> for Failure {
    fn from(hidden: Hidden) -> Self {
        Self::Input {
            message: format!("{hidden}; leave it out"),
            tensor: Some(hidden.name),
            expected: Some("nothing".into()),
            found: Some(format!("an {}", hidden.role)),
        }
    }
}

/// Which input is meant.
fn place(program: &Program, name: Option<String>) -> Result<usize, Failure> {
    let names: Vec<String> = ports(program, &program.inputs)
        .into_iter()
        .map(|port| port.name)
        .collect();
    let place = match (&name, names.as_slice()) {
        (Some(name), _) => names.iter().position(|known| known == name),
        (None, [_]) => Some(0),
        (None, _) => None,
    };
    place.ok_or_else(|| {
        let names = names.join(", ");
        let message = match &name {
            Some(name) => format!("the model has no input `{name}`; it has {names}"),
            None => format!("the model has several inputs: name the one to commit to, of {names}"),
        };
        Failure::Input {
            message,
            tensor: name.clone(),
            expected: Some(names),
            found: name,
        }
    })
}

/// The integers of one input alone.
fn one_input(
    program: &Program,
    place: usize,
    values: Given,
) -> Result<(Vec<i64>, Vec<Saturated>), Failure> {
    let names = ports(program, &program.inputs);
    let port = names.get(place).map(std::slice::from_ref);
    let samples = values.samples("input", None, port.unwrap_or_default())?;
    let values = match samples.inputs.as_slice() {
        [only] => only.first().cloned().unwrap_or_default(),
        several => return Err(Failure::samples(several.len())),
    };
    Ok(single_input(program, place, values))
}
