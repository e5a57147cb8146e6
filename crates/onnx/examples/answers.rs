//! Answers for models, one line each: what the float reference gives and what the integer program gives, or why there is none.
//!
//! Reads lines `MODEL.onnx SAMPLES.npz [--dim NAME=LENGTH,..]` from the standard input, and writes a JSON object for each. Fields:
//! `float` and `integer`, each either `{"outputs": [{"name", "shape", "samples"}]}` with a flat list of numbers for each sample, or
//! `{"refused": TEXT}`, or `{"crashed": TEXT}` after a panic. Numbers that are not finite are the strings `inf`, `-inf` and `nan`.
//! The integer program has 16 bits for weights and activations, and is calibrated on the samples that it is then run on.

use inferproof_onnx::{
    Compiled, Dimensions, FloatModel, Port, QuantizeOptions, Samples, dequantize_outputs,
    quantize_inputs, read_samples,
};
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// For each sample and each output, its numbers.
type Outputs = Vec<Vec<Vec<f64>>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?);
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Both answers for one line.
fn answer(line: &str) -> Value {
    let loaded = guarded(|| load(line));
    let (model, samples) = match loaded {
        Ok(loaded) => loaded,
        Err(why) => return json!({ "float": why, "integer": why }),
    };
    let float = guarded(|| {
        let runs = samples.inputs.iter().map(|sample| Ok(model.run(sample)?));
        runs.collect::<Result<Outputs, Box<dyn Error>>>()
    });
    let integer = guarded(|| {
        let options = QuantizeOptions {
            weight_bits: Some(16),
            activation_bits: Some(16),
            ..QuantizeOptions::default()
        };
        let compiled = model.compile(&samples.inputs, &options)?;
        run(&compiled, &samples)
    });
    let port = |position: usize| model.outputs().get(position);
    json!({ "float": told(float, port), "integer": told(integer, port) })
}

/// The model and samples that a line names.
fn load(line: &str) -> Result<(FloatModel, Samples), Box<dyn Error>> {
    let mut words = line.split_whitespace();
    let path = words.next().ok_or("no model is named")?;
    let samples = words.next().ok_or("no samples are named")?;
    let mut dimensions = Dimensions::default();
    while let Some(option) = words.next() {
        if option != "--dim" {
            return Err(format!("`{option}` is not an option; expected --dim").into());
        }
        dimensions = dimensions.and(words.next().unwrap_or_default().parse()?);
    }
    let model = FloatModel::import_with(&std::fs::read(path)?, &dimensions)?;
    let samples = read_samples(Path::new(samples), model.inputs())?;
    Ok((model, samples))
}

/// What the integer program gives for each sample.
fn run(compiled: &Compiled, samples: &Samples) -> Result<Outputs, Box<dyn Error>> {
    let program = &compiled.program;
    let runs = samples.inputs.iter().map(|sample| {
        let trace = compiled.weights.run(&quantize_inputs(program, sample))?;
        let outputs: Vec<Vec<i64>> = trace.outputs(program).iter().map(|o| o.to_vec()).collect();
        Ok(dequantize_outputs(program, &outputs))
    });
    runs.collect()
}

/// Runs what may panic, and says as JSON why there is no result.
fn guarded<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<T, Value> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(refused)) => Err(json!({ "refused": refused.to_string() })),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            Err(json!({ "crashed": text.unwrap_or_else(|| "a panic without text".into()) }))
        }
    }
}

/// Outputs with their names and shapes, or why there are none.
fn told<'a>(outputs: Result<Outputs, Value>, port: impl Fn(usize) -> Option<&'a Port>) -> Value {
    let samples = match outputs {
        Ok(samples) => samples,
        Err(why) => return why,
    };
    let count = samples.first().map_or(0, Vec::len);
    let outputs = (0..count).map(|position| {
        let of_output = samples.iter().filter_map(|sample| sample.get(position));
        let numbers = |values: &Vec<f64>| values.iter().map(number).collect::<Vec<_>>();
        json!({
            "name": port(position).map(|port| &port.name),
            "shape": port(position).map(|port| &port.shape),
            "samples": of_output.map(numbers).collect::<Vec<_>>(),
        })
    });
    json!({ "outputs": outputs.collect::<Vec<_>>() })
}

/// A number; as a word if JSON has no number for it.
fn number(value: &f64) -> Value {
    match (value.is_finite(), value.is_nan(), *value > 0.0) {
        (true, _, _) => json!(value),
        (_, true, _) => json!("nan"),
        (_, _, true) => json!("inf"),
        _ => json!("-inf"),
    }
}
