//! `inferproof demo`: the whole way on the bundled LeNet, with a verifier in another process that has only public files.

use crate::args::{CacheArgs, DemoArgs, LimitArgs, ProveArgs, StatementArgs};
use crate::commands::{compile, prove};
use crate::console::Console;
use crate::destination::Destination;
use crate::error::Error;
use crate::interrupt;
use crate::report::{Bytes, Count, Seconds, row};
use crate::{Itself, Outcome, digit};
use inferproof::{Curve, Visible};
use inferproof::{Error as ModelError, OnnxFile, PUBLIC, Plan};
use inferproof::{ImportOptions, QuantizeOptions, parse_samples};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const MODEL: &[u8] = include_bytes!("../../demo/model.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../demo/calibration.npz");
/// A thousand digits that the network was not trained on, with labels.
const DIGITS: &[u8] = include_bytes!("../../demo/test.npz");
/// On how many of them the accuracy is measured.
const EVALUATED: usize = 100;
/// What the proof is bound to, as a verifier's nonce would be.
const CONTEXT: &str = "inferproof-demo";

/// What `demo` prints.
#[derive(Serialize)]
struct Report {
    digit: usize,
    label: i64,
    answer: Option<usize>,
    #[serde(skip)]
    pixels: Vec<f64>,
    compile: compile::Report,
    prove: prove::Report,
    verify: Verified,
    #[serde(skip)]
    kept: bool,
}

/// What the verifying process answered.
#[derive(Serialize)]
struct Verified {
    verdict: String,
    seconds: f64,
    range_proof_seconds: Option<f64>,
    answer: Option<usize>,
}

pub fn main(args: DemoArgs, itself: &Itself, console: &Console) -> Result<Outcome, Error> {
    let (folder, removed) = match args.out {
        Some(path) => {
            std::fs::create_dir(&path).map_err(ModelError::write(&path))?;
            (path, None)
        }
        None => {
            let parent = std::env::temp_dir();
            let temporary = interrupt::unfinished()
                .scratch("inferproof-demo-", &parent)
                .map_err(ModelError::write(&parent))?;
            // The secrets of a demonstration are not left lying about.
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    let kept = removed.is_none();
    console.report(&demo(&folder, args.digit, itself, kept, console)?);
    Ok(Outcome::Done)
}

fn demo(
    folder: &Path,
    digit: usize,
    itself: &Itself,
    kept: bool,
    console: &Console,
) -> Result<Report, Error> {
    let start = Instant::now();
    let bundled = Path::new("the bundled model");
    let file = OnnxFile::import("mnist_lenet.onnx".into(), MODEL, &ImportOptions::default())
        .map_err(ModelError::onnx(bundled))?;
    let calibration =
        parse_samples("calibration.npz", CALIBRATION, file.model.inputs()).map_err(Error::data)?;
    let mut digits =
        parse_samples("digits.npz", DIGITS, file.model.inputs()).map_err(Error::data)?;
    let count = digits.inputs.len();
    let missing = || Error::Sample {
        path: "the bundled digits".into(),
        sample: digit,
        count,
    };
    let pixels = digits
        .inputs
        .get(digit)
        .and_then(|s| s.first())
        .ok_or_else(missing)?
        .clone();
    let label = digits
        .labels
        .as_ref()
        .and_then(|l| l.get(digit))
        .copied()
        .ok_or_else(missing)?;
    digits.inputs.truncate(EVALUATED);

    let model = folder.join("lenet.model");
    let plan = Plan {
        weights: Visible::Private,
        curve: Curve::Grumpkin,
        options: QuantizeOptions::default(),
        strict: false,
    };
    let place = compile::Place {
        onnx: bundled,
        out: model.clone(),
        force: false,
    };
    let compile = compile::compile(
        file,
        &calibration,
        Some(&digits),
        &plan,
        place,
        start,
        console,
    )?;

    let input = folder.join("digit.json");
    let document = serde_json::json!({ "input_data": [pixels] });
    Destination::new(&input, false, &[], console)?.write(document.to_string().as_bytes())?;
    let prove = prove::run(
        ProveArgs {
            model: model.clone(),
            input: Some(input.clone()),
            sample: 0,
            strict: false,
            statement: StatementArgs {
                context: CONTEXT.into(),
                ..StatementArgs::default()
            },
            statement_file: None,
            commit: Vec::new(),
            committed: Vec::new(),
            out: folder.join("digit.proof"),
            force: false,
            limit: LimitArgs::default(),
            cache: CacheArgs::default(),
        },
        console,
    )?;
    let verify = verify_elsewhere(itself, &model.join(PUBLIC), &input, &prove.proof)?;
    Ok(Report {
        digit,
        label,
        answer: prove.outputs.answer(),
        pixels,
        compile,
        prove,
        verify,
        kept,
    })
}

/// Runs `inferproof verify` in a process of its own, which is told of the public folder, the input and the proof.
fn verify_elsewhere(
    itself: &Itself,
    public: &Path,
    input: &Path,
    proof: &Path,
) -> Result<Verified, Error> {
    let failed = |reason: String| Error::Child(reason);
    let output = Command::new(&itself.program)
        .args(&itself.arguments)
        // A key that lives as long as the demonstration is not worth remembering.
        .args([
            "--json",
            "verify",
            "--no-cache",
            "--context",
            CONTEXT,
            "--key",
        ])
        .arg(public)
        .arg("--input")
        .arg(input)
        .arg(proof)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(e.to_string()))?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed(format!("it ended with {}", output.status)))?;
    if !output.status.success() {
        let reason = said["reason"]
            .as_str()
            .or(said["error"].as_str())
            .unwrap_or("no reason given");
        return Err(failed(reason.to_owned()));
    }
    let logits = said["outputs_quantized"]
        .as_object()
        .and_then(|o| o.values().next())
        .and_then(|v| v.as_array());
    let logits: Vec<i64> = logits
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_i64)
        .collect();
    Ok(Verified {
        verdict: said["verdict"].as_str().unwrap_or_default().to_owned(),
        seconds: said["seconds"].as_f64().unwrap_or_default(),
        range_proof_seconds: said["range_proof_seconds"].as_f64(),
        answer: logits
            .iter()
            .max()
            .and_then(|greatest| logits.iter().position(|v| v == greatest)),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (card, verify) = (&self.compile.card, &self.verify);
        writeln!(f, "{}", digit::draw(&self.pixels, 28))?;
        row(
            f,
            "digit",
            format_args!(
                "number {} of the bundled ones, a {}",
                self.digit, self.label
            ),
        )?;
        row(
            f,
            "network",
            format_args!(
                "LeNet-5, {} weights, committed to as {}...",
                Count(card.sizes.weights),
                &card.model_id[..16]
            ),
        )?;
        if let Some(evaluation) = &card.evaluation {
            row(
                f,
                "accuracy",
                format_args!(
                    "{}, on {} other digits",
                    compile::Against(&evaluation.agreement),
                    evaluation.samples
                ),
            )?;
        }
        row(
            f,
            "shows",
            format_args!(
                "weights {}, input and output public",
                card.weights_visibility
            ),
        )?;
        writeln!(f)?;
        row(
            f,
            "compiled",
            format_args!("in {}, once", Seconds(self.compile.seconds)),
        )?;
        let answer = |answer: Option<usize>| answer.map_or("nothing".into(), |a| a.to_string());
        row(
            f,
            "proved",
            format_args!(
                "in {}: the network says {}",
                Seconds(self.prove.seconds),
                answer(self.answer)
            ),
        )?;
        row(f, "proof", Bytes(self.prove.proof_bytes as u64))?;
        row(
            f,
            "verified",
            format_args!(
                "in {}, by a process that has only the public folder: {}, the network says {}",
                Seconds(verify.seconds),
                verify.verdict,
                answer(verify.answer)
            ),
        )?;
        if let Some(seconds) = verify.range_proof_seconds {
            row(
                f,
                "",
                format_args!(
                    "(and in {}, once for this key: every weight is in its range)",
                    Seconds(seconds)
                ),
            )?;
        }
        if self.kept {
            let folder: PathBuf = self
                .compile
                .folder
                .parent()
                .map(Into::into)
                .unwrap_or_default();
            row(f, "kept", folder.display())?;
        }
        Ok(())
    }
}
