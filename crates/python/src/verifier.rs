//! A key made ready to verify any number of proofs.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::errors::Failure;
use crate::opening::Opening;
use crate::statements::{executed, of_model};
use crate::trust::Trust;
use crate::work::run;
use inferproof::{
    Cache, Disclosed, Expected, Hidden, KeyFile, Program, Role, Saturated, Statement, ValidProgram,
    Verdict, hex, judge_all, ports, single_input,
};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A key made ready to verify any number of proofs.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Verifier {
    pub verifier: Arc<inferproof::Verifier>,
    id: String,
}

/// Why a proof is rejected; else what it shows of inputs and outputs, and the identifiers of commitments by name.
type Judged<'py> = (
    Option<String>,
    Vec<Tensor<'py>>,
    Vec<Tensor<'py>>,
    Vec<(String, String)>,
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

    /// Whether each proof is one of its statement, and shows what is given; where the given input had to be moved into the declared ranges.
    /// There is one verdict for each proof, in their order.
    fn verify<'py>(
        &self,
        py: Python<'py>,
        proofs: Vec<(Vec<u8>, String)>,
        input: Option<Given>,
        output: Option<Given>,
        strict: bool,
    ) -> PyResult<(Vec<Judged<'py>>, String)> {
        let verifier = self.verifier.clone();
        let (verdicts, saturated) = run(py, None, move |_| {
            let program = verifier.program();
            let (plain, mut statements) = (verifier.statement(b""), Vec::new());
            for (_, statement) in &proofs {
                statements.push(of_model(&plain, program, statement)?);
            }
            // Only statements of one program are compared with values.
            let program = match statements.first() {
                Some(first) => executed(program, first)?,
                None => program.clone(),
            };
            let (expected, saturated) = expected(&program, statements, input, output)?;
            allow(&saturated, strict)?;
            let pairs = expected.iter().zip(&proofs);
            let pairs: Vec<_> = pairs
                .map(|(expected, (proof, _))| (expected, proof.as_slice()))
                .collect();
            Ok((judge_all(&verifier, &pairs), saturated))
        })?;
        let judged = verdicts.into_iter().map(|verdict| self.judged(py, verdict));
        Ok((judged.collect::<PyResult<_>>()?, saturations(&saturated)))
    }
}

impl Verifier {
    fn judged<'py>(&self, py: Python<'py>, verdict: Verdict) -> PyResult<Judged<'py>> {
        let proof = match verdict {
            Verdict::Accepted(proof) => proof,
            Verdict::Rejected(reason) => return Ok((Some(reason), vec![], vec![], vec![])),
        };
        let program = executed(self.verifier.program(), &proof.statement);
        let program = program.map_err(|failure| failure.raise(py))?;
        let program: &ValidProgram = &program;
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
        ))
    }
}

/// What the caller says that proofs of these statements must show, and where the input had to be moved into the declared ranges.
fn expected(
    program: &Program,
    statements: Vec<Statement>,
    input: Option<Given>,
    output: Option<Given>,
) -> Result<(Vec<Expected>, Vec<Saturated>), Failure> {
    let mut expected: Vec<_> = statements.into_iter().map(Expected::new).collect();
    let mut saturated = Vec::new();
    if let Some(input) = input {
        check_shown(&expected, program, Role::Input)?;
        let input = input.input("input", program)?;
        saturated = input.saturated;
        expected = showing(expected, program, Role::Input, &input.integers)?;
    }
    if let Some(output) = output {
        check_shown(&expected, program, Role::Output)?;
        let output = output.output("output", program)?;
        expected = showing(expected, program, Role::Output, &output)?;
    }
    Ok((expected, saturated))
}

fn check_shown(expected: &[Expected], program: &Program, role: Role) -> Result<(), Hidden> {
    let mut expected = expected.iter();
    expected.try_for_each(|expected| expected.check_shown(program, role))
}

fn showing(
    expected: Vec<Expected>,
    program: &Program,
    role: Role,
    integers: &[Vec<i64>],
) -> Result<Vec<Expected>, Hidden> {
    let shown = expected.into_iter();
    let shown = shown.map(|expected| expected.showing(program, role, integers.to_vec()));
    shown.collect()
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
