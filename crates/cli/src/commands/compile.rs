//! `inferproof compile`: quantize a model, commit to its weights, write its folders.

use crate::Outcome;
use crate::args::CompileArgs;
use crate::console::Console;
use crate::destination::new_folder;
use crate::error::Error;
use crate::interrupt;
use crate::recognise::{CALIBRATE, EVALUATE, ONNX, check_all};
use crate::report::{Bytes, Count, Seconds, is_public, peak_memory, row};
use crate::source::{name, read_data, read_onnx};
use inferproof::{Accuracy, Agreement, FeedReport, QuantizeOptions, Samples};
use inferproof::{Alike, Card, Compilation, Links, OnnxFile, PUBLIC, Plan, SECRET};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `compile` prints.
#[derive(Serialize)]
pub struct Report {
    /// The folder that was written.
    pub folder: PathBuf,
    /// What stands in the model card.
    #[serde(flatten)]
    pub card: Card,
    /// Importing, calibrating, committing and writing.
    pub seconds: f64,
    /// Of which committing, range proofs included.
    pub commit_seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub fn main(args: CompileArgs, console: &Console) -> Result<Outcome, Error> {
    let start = Instant::now();
    let mut sources = vec![(ONNX, args.onnx.as_path()), (CALIBRATE, &args.calibrate)];
    sources.extend(args.evaluate.as_deref().map(|path| (EVALUATE, path)));
    check_all(&sources)?;
    let mut file = read_onnx(&args.onnx, &args.import.options())?;
    let onnx = name(&args.onnx);
    let feeds = args.feed.into_iter().map(|fed| (fed.output, fed.input));
    let alike = args.alike.iter();
    let alike = alike.map(|like| Alike::parse(&onnx, &like.name, &like.tensor));
    let links = Links {
        feeds: feeds.collect(),
        alike: alike.collect::<Result<_, _>>()?,
    };
    file.link(&onnx, &links)?;
    let read = |path: &Path| read_data(path, file.model.inputs());
    let calibration = read(&args.calibrate)?;
    let evaluation = args.evaluate.as_deref().map(read).transpose()?;
    let plan = Plan {
        weights: args.weights.into(),
        curve: args.curve.into(),
        options: QuantizeOptions {
            weight_bits: args.weight_bits,
            activation_bits: args.activation_bits,
            input_bits: args.input_bits,
            tolerance: args.tolerance,
        },
        strict: args.strict,
    };
    let place = Place {
        onnx: &onnx,
        out: args.out.clone(),
        force: args.force,
    };
    let report = compile(
        file,
        &calibration,
        evaluation.as_ref(),
        &plan,
        place,
        start,
        console,
    )?;
    console.report(&report);
    console.warn(&report.card.warnings);
    Ok(Outcome::Done)
}

/// Where a model comes from and goes to.
pub struct Place<'a> {
    pub onnx: &'a Path,
    pub out: PathBuf,
    pub force: bool,
}

/// Compiles a model into a folder.
pub fn compile(
    file: OnnxFile,
    calibration: &Samples,
    evaluation: Option<&Samples>,
    plan: &Plan,
    place: Place<'_>,
    start: Instant,
    console: &Console,
) -> Result<Report, Error> {
    // The place is taken before the long work, so that a name in use is an error at once.
    let folder = new_folder(&place.out, place.force, console)?;
    let mut progress = console.progress("compiling");
    let step = &mut |doing, done, of| progress.step(done, of, doing);
    let Compilation {
        model,
        card,
        commit_seconds,
    } = inferproof::compile(
        place.onnx,
        &place.out,
        file,
        calibration,
        evaluation,
        plan,
        step,
    )?;
    drop(progress);
    interrupt::check()?;
    model.save(folder)?;
    Ok(Report {
        folder: place.out,
        card,
        seconds: start.elapsed().as_secs_f64(),
        commit_seconds,
        peak_memory_bytes: peak_memory(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let card = &self.card;
        row(f, "model", &card.model_id)?;
        row(
            f,
            "curve",
            format_args!("{}, about {} bits", card.curve, card.security_bits),
        )?;
        let (q, s) = (&card.quantization, &card.sizes);
        row(
            f,
            "weights",
            format_args!(
                "{} of {} bits, {}",
                Count(s.weights),
                q.weight_bits,
                card.weights_visibility
            ),
        )?;
        if !is_public(card.weights_visibility) && !card.calibration.shown.is_empty() {
            let shown = &card.calibration.shown;
            let numbers: usize = shown.iter().map(|entry| entry.count).sum();
            row(
                f,
                "key shows",
                format_args!(
                    "{} numbers of {} nodes, which `inspect` lists",
                    Count(numbers),
                    Count(shown.len())
                ),
            )?;
        }
        row(
            f,
            "activations",
            format_args!("{} of {} bits", Count(s.activations), q.activation_bits),
        )?;
        let calibration = &card.calibration;
        row(
            f,
            "calibration",
            format_args!(
                "{}, on {} samples",
                Against(&calibration.agreement),
                calibration.samples
            ),
        )?;
        if !calibration.in_sequence.is_empty() {
            let names = match &calibration.in_sequence[..] {
                few if few.len() <= FEW => few.join(", "),
                many => format!("{} inputs", many.len()),
            };
            row(
                f,
                "in sequence",
                format_args!(
                    "{names}: each sample was given what the float model made of the one before"
                ),
            )?;
        }
        match &card.feeds[..] {
            few if few.len() <= FEW => {
                for FeedReport { output, input } in few {
                    row(f, "feeds", format_args!("{output} feeds {input}"))?;
                }
            }
            many => row(
                f,
                "feeds",
                format_args!("{} outputs feed inputs, which `inspect` lists", many.len()),
            )?,
        }
        if let Some(evaluation) = &card.evaluation {
            row(
                f,
                "evaluation",
                format_args!(
                    "{}, on {} samples",
                    Against(&evaluation.agreement),
                    evaluation.samples
                ),
            )?;
            if let Some(labels) = Labels::of(evaluation) {
                row(f, "labels", labels)?;
            }
        }
        row(
            f,
            "proofs",
            format_args!(
                "{} each, made in about {} with {} of memory",
                Bytes(s.argument_bytes as u64),
                Seconds(card.estimate.seconds),
                Bytes(card.estimate.memory_bytes)
            ),
        )?;
        row(
            f,
            "public",
            format_args!(
                "{} ({})",
                self.folder.join(PUBLIC).display(),
                Bytes(s.key_bytes as u64)
            ),
        )?;
        if !is_public(card.weights_visibility) {
            row(
                f,
                "secret",
                format_args!(
                    "{} (keep it to yourself)",
                    self.folder.join(SECRET).display()
                ),
            )?;
        }
        row(
            f,
            "compiled in",
            format_args!(
                "{}, of which committing {}",
                Seconds(self.seconds),
                Seconds(self.commit_seconds)
            ),
        )
    }
}

/// So many inputs are named one by one.
const FEW: usize = 4;

/// How an integer program compares with the float model.
pub struct Against<'a>(pub &'a Agreement);

impl fmt::Display for Against<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Agreement {
            top1,
            top1_of,
            relative_error,
            saturated,
            ..
        } = self.0;
        write!(f, "greatest error {:.2} %", relative_error * 100.0)?;
        if *top1_of > 0 {
            write!(
                f,
                ", same answer as the float model {top1} of {top1_of} times"
            )?;
        }
        match saturated {
            0 => Ok(()),
            1 => write!(f, ", 1 value saturated"),
            count => write!(f, ", {} values saturated", Count(*count)),
        }
    }
}

/// How many labels are right.
pub struct Labels {
    integer: usize,
    float: usize,
    of: usize,
}

impl Labels {
    /// If the samples had labels.
    pub fn of(accuracy: &Accuracy) -> Option<Self> {
        Some(Self {
            integer: accuracy.integer_correct?,
            float: accuracy.float_correct?,
            of: accuracy.samples,
        })
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |n: usize| 100.0 * n as f64 / self.of.max(1) as f64;
        write!(
            f,
            "{:.1} % right (float model {:.1} %)",
            percent(self.integer),
            percent(self.float)
        )
    }
}
