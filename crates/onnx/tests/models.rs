//! The bundled models, compiled with the default options, against onnxruntime's answers.

use inferproof_onnx::{
    Compiled, Dimensions, FloatModel, ImportOptions, OnnxError, Port, QuantizeOptions, Widths,
    dequantize_outputs, inspect, quantize_inputs, read_samples,
};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models")
        .join(name)
}

fn onnx(name: &str) -> Vec<u8> {
    std::fs::read(folder(name).join("model.onnx")).expect("bundled")
}

fn compiled(name: &str) -> (FloatModel, Compiled) {
    let model = FloatModel::import(&onnx(name)).expect("imports");
    let samples =
        read_samples(&folder(name).join("calibration.npz"), model.inputs()).expect("bundled");
    let compiled = model
        .compile(&samples.inputs, &QuantizeOptions::default())
        .expect("compiles");
    (model, compiled)
}

fn argmax(values: &[f64]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// On how many test samples the integer program's answer is onnxruntime's, and how many labels each gets right.
fn test(name: &str) -> (Compiled, [usize; 4]) {
    let (model, compiled) = compiled(name);
    let file = folder(name).join("test.npz");
    let samples = read_samples(&file, model.inputs()).expect("bundled");
    // The answers lie beside the samples: read as the input of a model that has them as one.
    let answers = Port {
        name: "float_output".into(),
        shape: model.outputs()[0].shape.clone(),
        ..Port::default()
    };
    let stored = read_samples(&file, &[answers]).expect("bundled").inputs;
    let stored: Vec<f64> = stored.into_iter().flatten().flatten().collect();
    let labels = samples.labels.expect("labelled");
    let classes = stored.len() / samples.inputs.len();
    let mut counts = [samples.inputs.len(), 0, 0, 0];
    for ((sample, label), stored) in samples
        .inputs
        .iter()
        .zip(&labels)
        .zip(stored.chunks(classes))
    {
        let program = &compiled.program;
        let trace = compiled
            .weights
            .run(&quantize_inputs(program, sample))
            .expect("runs");
        let outputs = dequantize_outputs(program, &trace.outputs(program));
        let float = stored.to_vec();
        let (integer, float) = (argmax(&outputs[0]), argmax(&float));
        counts[1] += usize::from(integer == float);
        counts[2] += usize::from(*label == float as i64);
        counts[3] += usize::from(*label == integer as i64);
    }
    (compiled, counts)
}

#[test]
fn lenet_keeps_its_accuracy_at_eight_bits() {
    let (compiled, [samples, agree, float, integer]) = test("mnist_lenet");
    assert_eq!(compiled.report.widths, Widths::new(8, 8));
    assert!(compiled.report.within_tolerance);
    assert_eq!(samples, 1000);
    assert!(agree >= 999, "top-1 agrees on {agree} of 1000");
    assert!(
        integer + 1 >= float,
        "{integer} labels right, {float} in floats: more than 0.1 points lost"
    );
}

#[test]
fn credit_model_keeps_its_accuracy_at_eight_bits() {
    let (compiled, [samples, agree, float, integer]) = test("mlp_credit");
    assert_eq!(compiled.report.widths, Widths::new(8, 8));
    assert!(agree + 1 >= samples, "top-1 agrees on {agree} of {samples}");
    assert!(
        integer + 1 >= float,
        "{integer} labels right, {float} in floats"
    );
}

/// The same file and samples give the same integers; the digest was computed once and must never change unless the
/// quantization is changed on purpose.
#[test]
fn quantization_is_deterministic() {
    let fingerprint = |name: &str| {
        let (_, compiled) = compiled(name);
        let text = serde_json::to_string(&(
            &compiled.program,
            compiled.weights.arrays().iter().collect::<Vec<_>>(),
        ))
        .unwrap();
        // FNV-1a: enough to notice a change.
        text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, b| {
            (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    assert_eq!(fingerprint("mlp_credit"), fingerprint("mlp_credit"));
    assert_eq!(
        format!("{:016x}", fingerprint("mnist_lenet")),
        "1f1d4cc14e137a17"
    );
}

#[test]
fn float_model_follows_the_stored_outputs() {
    for name in ["mnist_lenet", "mlp_credit"] {
        let model = FloatModel::import(&onnx(name)).unwrap();
        let input = read_samples(&folder(name).join("input.json"), model.inputs()).unwrap();
        let outputs = model.run(&input.inputs[0]).unwrap();
        let stored: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder(name).join("output.json")).unwrap())
                .unwrap();
        for (i, got) in outputs[0].iter().enumerate() {
            let expected = stored["output_data"][0][i].as_f64().unwrap();
            assert!(
                (got - expected).abs() < 1e-4,
                "{name}: {got} against {expected}"
            );
        }
    }
}

#[test]
fn inspection_counts_weights_and_work() {
    let summary = inspect(&onnx("mnist_lenet"), &ImportOptions::default()).unwrap();
    assert_eq!(summary.error, None);
    assert_eq!((summary.opset, summary.weights), (13, 61_706));
    assert_eq!(
        summary.multiplications,
        28 * 28 * 6 * 25 + 100 * 16 * 150 + 400 * 120 + 120 * 84 + 840
    );
    let conv = &summary.nodes[0];
    assert_eq!(
        (conv.op.as_str(), conv.weights, conv.shape.as_deref()),
        ("Conv", 156, Some(&[1, 6, 28, 28][..]))
    );
    assert!(summary.nodes.iter().all(|n| n.unsupported.is_none()));
}

#[test]
fn unsupported_operations_are_named() {
    // The operation's name occurs once, spelled in bytes: another of the same length makes another model.
    let mut bytes = onnx("mnist_lenet");
    let at = bytes.windows(7).position(|w| w == b"MaxPool").unwrap();
    // The name of a node holds its operation, too; all of them are changed.
    let mut positions = vec![at];
    positions.extend((at + 1..bytes.len() - 7).filter(|&i| &bytes[i..i + 7] == b"MaxPool"));
    positions
        .iter()
        .for_each(|&i| bytes[i..i + 7].copy_from_slice(b"MaxPoal"));
    let error = FloatModel::import(&bytes).err().expect("refused");
    let message = error.to_string();
    assert!(matches!(error, OnnxError::Unsupported { .. }), "{message}");
    assert!(
        message.starts_with("node `/p/MaxPoal` (MaxPoal, opset 13) is not supported"),
        "{message}"
    );
    let summary = inspect(&bytes, &ImportOptions::default()).unwrap();
    assert_eq!(
        summary
            .nodes
            .iter()
            .filter(|n| n.unsupported.is_some())
            .count(),
        2
    );
    assert_eq!(summary.error, Some(message));
}

#[test]
fn open_dimensions_are_asked_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/open_dimensions.onnx");
    let onnx = std::fs::read(path).unwrap();
    let import = |given: &[&str]| {
        let given = given.iter().map(|text| text.parse::<Dimensions>().unwrap());
        FloatModel::import_with(&onnx, &given.fold(Dimensions::default(), Dimensions::and))
    };
    let message = |given: &[&str]| import(given).err().expect("refused").to_string();
    assert_eq!(
        message(&[]),
        "dimensions `batch` of input `x` [batch, sequence, 4], `sequence` of input `x` [batch, sequence, 4], `z.1` of input `z` [batch, z.1, 3] are open; say how long: --dim batch=N,sequence=N,z.1=N"
    );
    assert_eq!(
        message(&["batch=1,sequence=5"]),
        "dimension `z.1` of input `z` [batch, z.1, 3] is open; say how long: --dim z.1=N"
    );
    assert_eq!(
        message(&["batch=1", "length=5"]),
        "no open dimension is called `length`; the model has `batch`, `sequence`, `z.1`"
    );
    let model = import(&["batch=2,sequence=5", "z.1=1"]).unwrap();
    assert_eq!(model.inputs()[0].shape, [2, 5, 4]);
    assert_eq!(model.inputs()[1].shape, [2, 1, 3]);
    assert_eq!(model.outputs()[0].shape, [2, 5, 3]);
}

/// Truncated and altered files are refused or read, and never panic.
#[test]
fn corrupt_files_are_refused() {
    let good = onnx("mlp_credit");
    let is_refused = |bytes: &[u8]| FloatModel::import(bytes).is_err();
    assert!(is_refused(b""));
    assert!(is_refused(b"not an onnx file"));
    for length in (0..good.len()).step_by(good.len() / 60) {
        assert!(is_refused(&good[..length]), "truncated to {length} bytes");
    }
    let mut state = 1u64;
    for _ in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..3 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // Most of a file is weights; its structure is at the end of it and at the beginning.
            let structure = [0..300, good.len() - 700..good.len()];
            let range = &structure[(state >> 60) as usize % 2];
            let at = range.start + (state >> 33) as usize % range.len();
            bytes[at] = (state >> 20) as u8;
        }
        drop(FloatModel::import(&bytes));
        drop(inspect(&bytes, &ImportOptions::default()));
    }
}

/// A hundred bytes that ask for gigabytes: found by the fuzzer.
#[test]
fn tensors_without_bound_are_refused() {
    // Rows before what is padded; the length of the first axis after resizing.
    for (model, node, given, rows) in [
        ("pad", "node `the_Pad` (Pad,", [0, 1, 1, 2], 1i64 << 28),
        ("resize_sizes", "node `y` (Resize,", [1, 2, 7, 5], 1 << 23),
    ] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/ops/{model}.onnx"));
        let mut bytes = std::fs::read(path).unwrap();
        let list: Vec<u8> = given.iter().flat_map(|n: &i64| n.to_le_bytes()).collect();
        let at = bytes.windows(list.len()).position(|w| w == list).unwrap();
        bytes[at..][..8].copy_from_slice(&rows.to_le_bytes());
        let message = FloatModel::import(&bytes).err().unwrap().to_string();
        assert!(message.starts_with(node), "{message}");
        assert!(
            message.contains("at most 268435456 entries are supported"),
            "{message}"
        );
    }
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    let model = FloatModel::import(&onnx("mlp_credit")).unwrap();
    let options = QuantizeOptions::default();
    let message =
        |samples: &[Vec<Vec<f64>>]| model.compile(samples, &options).unwrap_err().to_string();
    assert_eq!(message(&[]), "calibration needs at least one sample");
    assert!(
        message(&[vec![vec![0.0; 29]]])
            .contains("tensor `input`: expected 30 entries of shape [1, 30], got 29 entries")
    );
    assert!(
        message(&[vec![vec![f64::NAN; 30]]]).contains("entry 0 is NaN; expected a finite number")
    );
    assert!(message(&[vec![]]).contains("expected 1 tensors, got 0 tensors"));
    let bits = |w, a| QuantizeOptions {
        weight_bits: Some(w),
        activation_bits: Some(a),
        ..options
    };
    let error = model
        .compile(&[vec![vec![0.5; 30]]], &bits(8, 17))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "activations of 17 bits; expected 2 to 16"
    );
    let test = folder("mlp_credit").join("test.npz");
    let ports = [inferproof_onnx::Port {
        name: "x".into(),
        shape: vec![1, 30],
        ..inferproof_onnx::Port::default()
    }];
    let error = read_samples(&test, &ports).unwrap_err().to_string();
    assert!(
        error.contains("no tensor `x`; expected `x`, found "),
        "{error}"
    );
}
