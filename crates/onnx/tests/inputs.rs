//! Data files as numpy, pandas and Python write them: `generate_inputs.py` makes them, and says what has to be read.

use inferproof_onnx::{Port, Samples, parse_samples, read_samples};
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Case {
    file: String,
    ports: Vec<Declared>,
    samples: Option<Vec<Vec<Vec<Option<f64>>>>>,
    labels: Option<Vec<i64>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Declared {
    name: String,
    shape: Vec<usize>,
    categories: Vec<String>,
    may_be_missing: bool,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/inputs")
}

fn cases() -> Vec<(Vec<Port>, Case)> {
    let json = std::fs::read(folder().join("cases.json")).unwrap();
    let mut cases: Vec<Case> = serde_json::from_slice(&json).unwrap();
    assert!(cases.len() > 80);
    let ports = |case: &mut Case| {
        let port = |declared: Declared| Port {
            name: declared.name,
            shape: declared.shape,
            categories: declared.categories,
            may_be_missing: declared.may_be_missing,
            ..Port::default()
        };
        std::mem::take(&mut case.ports)
            .into_iter()
            .map(port)
            .collect()
    };
    cases
        .drain(..)
        .map(|mut case| (ports(&mut case), case))
        .collect()
}

/// With `None` for what is missing, as NaN is not equal to itself.
fn comparable(samples: &Samples) -> Vec<Vec<Vec<Option<f64>>>> {
    let number = |&v: &f64| (!v.is_nan()).then_some(v);
    let samples = samples.inputs.iter();
    samples
        .map(|sample| {
            sample
                .iter()
                .map(|x| x.iter().map(number).collect())
                .collect()
        })
        .collect()
}

#[test]
fn files_are_read_or_refused_as_they_should() {
    let mut wrong = Vec::new();
    for (ports, case) in cases() {
        let name = &case.file;
        match (read_samples(&folder().join(name), &ports), &case.error) {
            (Ok(samples), None) => {
                let read = comparable(&samples);
                if Some(&read) != case.samples.as_ref() || samples.labels != case.labels {
                    wrong.push(format!("{name}: read {read:?}, {:?}", samples.labels));
                }
            }
            (Err(error), Some(expected)) if error.to_string().contains(expected) => {}
            (Err(error), expected) => wrong.push(format!("{name}: {error}; expected {expected:?}")),
            (Ok(samples), Some(expected)) => {
                wrong.push(format!("{name}: read {samples:?}; expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever is cut off or changed, there is an answer, and it has the shape that the model asks for.
#[test]
fn damaged_files_are_refused_without_panics() {
    for (ports, case) in cases() {
        let bytes = std::fs::read(folder().join(&case.file)).unwrap();
        let step = (bytes.len() / 60).max(1);
        for position in (0..bytes.len()).step_by(step) {
            let cut = parse_samples(&case.file, &bytes[..position], &ports);
            let mut changed = bytes.clone();
            changed[position] ^= 0x55;
            let changed = parse_samples(&case.file, &changed, &ports);
            for samples in [cut, changed].into_iter().flatten() {
                for sample in &samples.inputs {
                    let lengths = sample.iter().map(Vec::len);
                    let volumes = ports.iter().map(|p| p.shape.iter().product::<usize>());
                    assert!(lengths.eq(volumes), "{}", case.file);
                }
            }
        }
    }
}
