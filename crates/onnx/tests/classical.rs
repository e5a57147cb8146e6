//! Operations of classical models that read strings or missing values, or that converters write rarely, against onnxruntime.
//! `generate_classical.py` makes the models and the answers.

use inferproof_onnx::{
    FloatModel, Port, QuantizeOptions, Sample, dequantize_outputs, quantize_inputs,
};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Of the greatest answer: what 16 bits amount to.
const TOLERANCE: f64 = 1.5e-3;

/// Of the third power of a sum, whose relative error is three times that of the sum, for each of five vectors.
const CUBES: f64 = 4e-3;

/// Of coupled probabilities: onnxruntime stops on the way to the minimum that they are, as LIBSVM does.
const COUPLING: f64 = 1e-3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/classical")
}

/// An entry as the program is given it: a string as its place among the input's categories, nothing as NaN.
fn entry(port: &Port, value: &Value) -> f64 {
    match value {
        Value::String(text) => {
            let known = port.categories.iter().position(|c| c == text);
            known.unwrap_or(port.categories.len()) as f64
        }
        Value::Null => f64::NAN,
        // In single precision, as a file is read.
        number => f64::from(number.as_f64().expect("a number") as f32),
    }
}

fn entries(ports: &[Port], given: &Value) -> Sample {
    let list = |port: &Port| {
        let list = given[&port.name].as_array().expect("a list");
        list.iter().map(|value| entry(port, value)).collect()
    };
    ports.iter().map(list).collect()
}

fn check(name: &str) -> Result<(), String> {
    let onnx = std::fs::read(folder().join(format!("{name}.onnx"))).expect("a model");
    let answers = std::fs::read(folder().join(format!("{name}.json"))).expect("answers");
    let answers: Vec<Value> = serde_json::from_slice(&answers).expect("JSON");
    let model = FloatModel::import(&onnx).map_err(|e| e.to_string())?;
    let samples: Vec<Sample> = answers
        .iter()
        .map(|s| entries(model.inputs(), &s["inputs"]))
        .collect();
    let options = QuantizeOptions {
        weight_bits: Some(16),
        activation_bits: Some(16),
        ..QuantizeOptions::default()
    };
    let compiled = model
        .compile(&samples, &options)
        .map_err(|e| e.to_string())?;
    let exact = match name.ends_with("_probability") {
        true => COUPLING,
        false => 1e-5,
    };
    let rounded = match name {
        "svm_regressor_poly" => CUBES,
        _ => TOLERANCE,
    };
    for (sample, answer) in samples.iter().zip(&answers) {
        let expected = entries(model.outputs(), &answer["outputs"]);
        let greatest = expected.iter().flatten();
        let greatest = greatest.fold(1e-6f64, |m, &v| m.max(v.abs()));
        let float = model.run(sample).map_err(|e| e.to_string())?;
        let inputs = quantize_inputs(&compiled.program, sample);
        let trace = compiled.weights.run(&inputs);
        let trace = trace.map_err(|e| e.to_string())?;
        let integer = dequantize_outputs(&compiled.program, &trace.outputs(&compiled.program));
        for (what, got, tolerance) in [("float", float, exact), ("integer", integer, rounded)] {
            for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
                let off = (got - expected).abs();
                if off.is_nan() || off > tolerance * greatest {
                    return Err(format!("{what}: {got}, not {expected}, of {sample:?}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn classical_operations_follow_onnxruntime() {
    let files = std::fs::read_dir(folder()).expect("the models are checked in");
    let files = files.map(|file| file.expect("a file").path());
    let models = files.filter(|path| path.extension().is_some_and(|e| e == "onnx"));
    let mut names: Vec<String> = models
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 20, "the models are checked in");
    let failures = names
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", check(name).err()?)));
    let failures: Vec<String> = failures.collect();
    assert!(
        failures.is_empty(),
        "{} of {} fail:\n{}",
        failures.len(),
        names.len(),
        failures.join("\n")
    );
}
