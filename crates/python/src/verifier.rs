//! A key made ready to verify any number of proofs.

use crate::arrays::{Given, Tensor, allow, saturations, tensors};
use crate::errors::Failure;
use crate::work::run;
use inferproof::{Cache, Error, KeyFile, difference, hex};
use inferproof::{Publics, Visible};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// The range proofs of the weights are verified once for every key, as the command line does; both remember it in the same place.
fn ready(file: &KeyFile, recheck: bool) -> Result<inferproof::Verifier, Failure> {
    let verifier = inferproof::Verifier::new(file.decode()?).map_err(Error::key(&file.path))?;
    let cache = Cache::of_user();
    if recheck || !cache.has_range_proofs(&file.bytes) {
        verifier
            .check_range_proofs()
            .map_err(Error::key(&file.path))?;
        cache.add_range_proofs(&file.bytes);
    }
    Ok(verifier)
}

/// What the caller says a proof must show.
struct Claims {
    inputs: Option<Vec<Vec<i64>>>,
    outputs: Option<Vec<Vec<i64>>>,
}

/// What an accepted proof shows, or why it is rejected.
fn judge(
    verifier: &inferproof::Verifier,
    proof: &[u8],
    claims: &Claims,
    context: &[u8],
) -> Result<Publics, String> {
    let shown = verifier.verify(proof, context);
    let shown = shown.map_err(|e| e.to_string())?;
    let program = verifier.program();
    for (what, ids, expected, shown) in [
        ("input", &program.inputs, &claims.inputs, &shown.inputs),
        ("output", &program.outputs, &claims.outputs, &shown.outputs),
    ] {
        if let (Some(expected), Some(shown)) = (expected, shown)
            && let Some(difference) = difference(program, what, ids, shown, expected)
        {
            return Err(difference);
        }
    }
    Ok(shown)
}

/// A key made ready to verify any number of proofs.
#[pyclass(frozen, module = "inferproof._native")]
pub struct Verifier {
    verifier: Arc<inferproof::Verifier>,
    id: String,
}

/// Why a proof is rejected; else what it shows of inputs and outputs, where they are public; where the given input had to be moved into
/// the declared ranges.
type Verdict<'py> = (
    Option<String>,
    Option<Vec<Tensor<'py>>>,
    Option<Vec<Tensor<'py>>>,
    String,
);

#[pymethods]
impl Verifier {
    #[new]
    fn new(py: Python<'_>, key: Vec<u8>, path: PathBuf, recheck: bool) -> PyResult<Self> {
        run(py, None, move |_| {
            let file = KeyFile::new(path, key)?;
            let verifier = ready(&file, recheck)?;
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

    /// Whether a proof is accepted, and shows what is given.
    fn verify<'py>(
        &self,
        py: Python<'py>,
        proof: Vec<u8>,
        context: Vec<u8>,
        input: Option<Given>,
        output: Option<Given>,
        strict: bool,
    ) -> PyResult<Verdict<'py>> {
        let verifier = self.verifier.clone();
        let (judged, saturated) = run(py, None, move |_| {
            let program = verifier.program();
            let visibility = verifier.architecture().visibility;
            refuse_private("input", visibility.input, input.is_some())?;
            refuse_private("output", visibility.output, output.is_some())?;
            let input = input.map(|x| x.input("input", program)).transpose()?;
            let (inputs, saturated) = match input {
                Some(input) => (Some(input.integers), input.saturated),
                None => (None, vec![]),
            };
            allow(&saturated, strict)?;
            let claims = Claims {
                inputs,
                outputs: output.map(|y| y.output("output", program)).transpose()?,
            };
            Ok((judge(&verifier, &proof, &claims, &context), saturated))
        })?;
        let saturated = saturations(&saturated);
        let shown = match judged {
            Ok(shown) => shown,
            Err(reason) => return Ok((Some(reason), None, None, saturated)),
        };
        let program = self.verifier.program();
        let of = |ids, values: Option<Vec<Vec<i64>>>| {
            values
                .map(|values| tensors(py, program, ids, values))
                .transpose()
        };
        Ok((
            None,
            of(&program.inputs, shown.inputs)?,
            of(&program.outputs, shown.outputs)?,
            saturated,
        ))
    }
}

/// What a proof does not show cannot be compared.
fn refuse_private(what: &str, visible: Visible, given: bool) -> Result<(), Failure> {
    if !given || visible == Visible::Public {
        return Ok(());
    }
    Err(Failure::Input {
        message: format!(
            "{what}: cannot be compared: this model's {what} is private, so that proofs do not show it; leave it out"
        ),
        tensor: None,
        expected: Some("nothing".into()),
        found: Some(format!("an {what}")),
    })
}
