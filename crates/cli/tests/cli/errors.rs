//! Every error message: exit code 2, what happened to which thing, and what to do.

use crate::support::{Place, Run, assert_run};

fn error(name: &str, run: Run) {
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.is_empty(), "{run}");
    assert_run(&format!("error-{name}"), &run);
}

fn run_on(place: &Place, input: &str) -> Run {
    place.run(&format!("run credit.model --input {input}"))
}

#[test]
fn inputs() {
    let place = Place::with_model();
    error("input-missing-file", run_on(&place, "nothing.json"));
    place.write("short.json", r#"{"input_data": [[1, 2, 3]]}"#);
    error("input-wrong-shape", run_on(&place, "short.json"));
    place.write("two.json", r#"{"input_data": [[1], [2]]}"#);
    error("input-too-many-tensors", run_on(&place, "two.json"));
    place.write("none.json", r#"{"input_data": []}"#);
    error("input-missing-tensor", run_on(&place, "none.json"));
    place.write("word.json", r#"{"input_data": [["NaN"]]}"#);
    error("input-not-a-number", run_on(&place, "word.json"));
    place.write("broken.json", r#"{"input_data": [[1, "#);
    error("input-broken-json", run_on(&place, "broken.json"));
    place.write("input.txt", "1 2 3");
    error("input-extension", run_on(&place, "input.txt"));
    place.write("nan.npy", npy(&[1, 30], &[f32::NAN; 30]));
    error("input-nan", run_on(&place, "nan.npy"));
    place.write("small.npy", npy(&[2, 3], &[0.0; 6]));
    error("input-wrong-array-shape", run_on(&place, "small.npy"));
    place.write("broken.npy", "not numpy");
    error("input-broken-array", run_on(&place, "broken.npy"));
    error(
        "input-no-such-sample",
        place.run("run credit.model --input calibration.npz --sample 200"),
    );
}

/// A numpy file of 32-bit floats.
fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let shape: String = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

#[test]
fn models() {
    let place = Place::with_onnx();
    let compile = |onnx: &str| {
        place.run(&format!(
            "compile {onnx} --calibrate calibration.npz -o out.model"
        ))
    };
    error("onnx-missing", compile("nothing.onnx"));
    place.write("corrupt.onnx", &place.read("model.onnx")[..2000]);
    error("onnx-corrupt", compile("corrupt.onnx"));
    error("onnx-corrupt-check", place.run("check corrupt.onnx"));
    place.write(
        "other.onnx",
        replaced(&place.read("model.onnx"), b"Relu", b"Relo"),
    );
    error("onnx-unsupported", compile("other.onnx"));
    let run = place.run("check other.onnx");
    assert_eq!(run.code, 2, "{run}");
    assert_run("check-unsupported", &run);
    assert_eq!(
        place.listing(),
        [
            "calibration.npz",
            "corrupt.onnx",
            "input.json",
            "model.onnx",
            "other.onnx"
        ],
        "nothing half-written"
    );
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let is_here = |bytes: &[u8], at: usize| bytes[at..].starts_with(from);
    for at in 0..bytes.len() {
        if is_here(&bytes, at) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn arguments() {
    let place = Place::with_model();
    let compile = "compile model.onnx --calibrate calibration.npz -o";
    let with = |more: &str| place.run(&format!("{compile} {more}"));
    error("visibility-misspelt", with("a.model --weights pirvate"));
    error("curve-unknown", with("a.model --curve secp256k1"));
    error("bits-out-of-range", with("a.model --weight-bits 17"));
    error("tolerance-not-a-number", with("a.model --tolerance NaN"));
    error("folder-exists", with("credit.model"));
    error("folder-has-no-parent", with("no/such/a.model"));
    error(
        "calibration-missing",
        place.run("compile model.onnx --calibrate none.npz -o a.model"),
    );
    error("inspect-nothing-of-ours", place.run("inspect input.json"));
    error("inspect-missing", place.run("inspect nothing"));
    error("model-missing", place.run("run nothing --input input.json"));
    error(
        "model-is-public-folder",
        place.run("run credit.model/public --input input.json"),
    );
    error(
        "proof-unwritable",
        place.run("prove credit.model --input input.json -o no/such/a.proof"),
    );
}

#[test]
fn keys() {
    let place = Place::with_model();
    let verify = || place.run("verify --key credit.model/public credit.proof --context nonce");
    let file = "credit.model/public/verifying.key";
    let key = place.read(file);
    place.write(file, &key[..key.len() - 1]);
    error("key-truncated", verify());
    place.write(file, &key[..5]);
    error("key-cut-to-its-header", verify());
    let mut version = key.clone();
    version[9] = 9;
    place.write(file, version);
    error("key-of-another-version", verify());
    let mut tampered = key.clone();
    let end = tampered.len() - 40;
    tampered[end] ^= 1;
    place.write(file, tampered);
    let run = verify();
    assert_eq!(run.code, 2, "{run}");
    place.write(file, place.read("credit.proof"));
    error("key-is-a-proof", verify());
    std::fs::remove_file(place.path().join(file)).unwrap();
    error("key-missing", verify());
    error(
        "key-folder-missing",
        place.run("verify --key nothing credit.proof"),
    );
    place.write(file, key);
    error(
        "proof-missing",
        place.run("verify --key credit.model/public nothing.proof"),
    );
}

#[test]
fn secrets() {
    let place = Place::with_model();
    let prove = || place.run("prove credit.model --input input.json -o new.proof");
    for (name, file) in [
        ("weights", "credit.model/secret/weights.safetensors"),
        ("blinding", "credit.model/secret/blinding.safetensors"),
    ] {
        let original = place.read(file);
        place.write(file, &original[..original.len() - 8]);
        error(&format!("secret-truncated-{name}"), prove());
        let mut changed = original.clone();
        *changed.last_mut().unwrap() ^= 1;
        place.write(file, changed);
        error(&format!("secret-changed-{name}"), prove());
        std::fs::remove_file(place.path().join(file)).unwrap();
        error(&format!("secret-missing-{name}"), prove());
        place.write(file, original);
    }
    let run = place.run("compile model.onnx --calibrate calibration.npz -o other.model");
    assert_eq!(run.code, 0, "{run}");
    place.write(
        "credit.model/secret/weights.safetensors",
        place.read("other.model/secret/weights.safetensors"),
    );
    error("secret-of-another-model", prove());
    assert!(!place.path().join("new.proof").exists());
}

#[test]
fn comparisons() {
    let place = Place::with_model();
    let verify = "verify --key credit.model/public credit.proof --context nonce --output";
    let with = |more: &str| place.run(&format!("{verify} {more}"));
    error("output-too-short", with("[1]"));
    error("output-not-json", with("[1,"));
    error("output-not-numbers", with("[1,true]"));
    error("output-not-integers", with("[1,0.5] --quantized"));
    error("output-other-name", with(r#"{"probability":[1,2]}"#));
    error("output-missing-file", with("nothing.json"));
    let expect = "statement --key credit.model/public --private inputs,outputs -o hidden.json";
    assert_eq!(place.run(expect).code, 0);
    let verify = "verify --key credit.model/public credit.proof --expect hidden.json";
    error(
        "input-private",
        place.run(&format!("{verify} --input input.json")),
    );
    error(
        "output-private",
        place.run(&format!("{verify} --output [1,2]")),
    );
}
