//! From an ONNX model and samples to a committed model, in memory.

use crate::bound_card::CardBinding;
use crate::card::Card;
use crate::error::Error;
use crate::estimate::Estimate;
use crate::folder::{KEY, KeyFile, Model, ModelWeights, PUBLIC, SecretFile};
use crate::onnx_file::OnnxFile;
use crate::secret::encode_blinding;
use inferproof_inference::hex;
use inferproof_inference::{Curve, Digest, Verifier, Visible, commit, forecast};
use inferproof_onnx::{Accuracy, Compiled, QuantizeOptions, Samples, Warning, Work};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to make of an ONNX model.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Whether verifiers see the weights.
    pub weights: Visible,
    /// Of the commitments.
    pub curve: Curve,
    /// How to quantize.
    pub options: QuantizeOptions,
    /// Whether a reason to warn is one to refuse.
    pub strict: bool,
}

impl Default for Plan {
    /// Private weights, committed on Grumpkin, of widths chosen by accuracy.
    fn default() -> Self {
        Self {
            weights: Visible::Private,
            curve: Curve::Grumpkin,
            options: QuantizeOptions::default(),
            strict: false,
        }
    }
}

/// A model just made.
pub struct Compilation {
    /// With its secrets.
    pub model: Model,
    /// What its card says.
    pub card: Card,
    /// How long committing took, range proofs included.
    pub commit_seconds: f64,
}

/// Who is told what is being done, how many steps of how many are done, and answers whether to go on.
pub type Progress<'a> = dyn FnMut(&'static str, usize, usize) -> bool + 'a;

/// Quantizes, measures the accuracy, commits. Messages call the ONNX model by `onnx` and the model to come by `place`.
///
/// # Errors
/// If the model cannot be quantized or committed, samples do not fit it, or it was asked to stop; if the plan is strict, and there is
/// a reason to warn.
pub fn compile(
    onnx: &Path,
    place: &Path,
    file: OnnxFile,
    calibration: &Samples,
    evaluation: Option<&Samples>,
    plan: &Plan,
    progress: &mut Progress<'_>,
) -> Result<Compilation, Error> {
    let error = Error::onnx(onnx);
    let samples = |work, done, of| progress(saying(work), done, of);
    let OnnxFile { model, source } = file;
    let mut samples = samples;
    let compiled = model
        .compile_with(&calibration.inputs, &plan.options, &mut samples)
        .map_err(&error)?;
    let evaluation = evaluation.map(|given| {
        model.evaluate(
            &compiled,
            &given.inputs,
            given.labels.as_deref(),
            &mut samples,
        )
    });
    let evaluation = evaluation.transpose().map_err(&error)?;
    drop(model);
    let tolerance = plan.options.tolerance;
    let warnings = Warning::all(&compiled.report, evaluation.as_ref(), tolerance);
    if plan.strict && !warnings.is_empty() {
        let path = onnx.into();
        return Err(Error::Strict { path, warnings });
    }
    commit_to(place, source, compiled, evaluation, plan, progress)
}

impl OnnxFile {
    /// Quantizes on real inputs, and commits: [`compile`] without an evaluation and without progress.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn compile(self, calibration: &Samples, plan: &Plan) -> Result<Model, Error> {
        let name = PathBuf::from(&self.source.file);
        let place = Path::new("the model");
        let go_on = &mut |_, _, _| true;
        let made = compile(&name, place, self, calibration, None, plan, go_on)?;
        Ok(made.model)
    }
}

fn saying(work: Work) -> &'static str {
    match work {
        Work::Calibrate => "calibrating",
        Work::Compare => "quantizing",
        Work::Sequence => "running the steps",
        Work::Evaluate => "measuring accuracy",
    }
}

fn commit_to(
    place: &Path,
    source: crate::card::Source,
    compiled: Compiled,
    evaluation: Option<Accuracy>,
    plan: &Plan,
    progress: &mut Progress<'_>,
) -> Result<Compilation, Error> {
    let start = Instant::now();
    let step = &mut |done, of| progress("committing to the weights", done, of);
    let (key, secret) = commit(plan.curve, compiled.weights, plan.weights, step)?;
    let program = &key.architecture().program;
    let id = hex(&key.model_id());
    let path = place.join(PUBLIC).join(KEY);
    // A key with any card's digest is as long as with another's.
    let key_bytes = key.clone().with_card(Digest::default()).encode().len();
    let wrong = |source| Error::Secret {
        path: PathBuf::from(place),
        source,
    };
    let private = plan.weights == Visible::Private;
    let weights = ModelWeights::Made(secret.weights().clone());
    let blinding = private
        .then(|| encode_blinding(program, &id, &secret))
        .transpose()
        .map_err(wrong)?;
    let blinding = blinding.map(|bytes| SecretFile::blinding(place, bytes));
    drop(secret);
    let estimate = Estimate::from(&forecast(program)?);
    let verifier = Verifier::new(key.clone()).map_err(Error::key(&path))?;
    let card = Card::new(
        &verifier,
        key_bytes,
        source,
        plan.options.tolerance,
        compiled.report,
        evaluation,
        estimate,
    );
    let json = serde_json::to_string_pretty(&card).unwrap_or_default();
    let key = CardBinding::bind(key, json.as_bytes());
    let key_file = KeyFile {
        path,
        bytes: key.encode(),
        curve: plan.curve,
    };
    Ok(Compilation {
        model: Model {
            key: key_file,
            decoded: key,
            card: Some(json),
            weights,
            blinding,
        },
        card,
        commit_seconds: start.elapsed().as_secs_f64(),
    })
}
