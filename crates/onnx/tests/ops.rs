//! Every supported operation, at several attribute settings, against onnxruntime: the float graph closely, the integer
//! program at 16 bits within a stated tolerance. `generate_ops.py` makes the models and the answers.

mod support;

use inferproof_onnx::{
    FloatModel, ImportOptions, QuantizeOptions, dequantize_outputs, inspect, parse_samples,
    quantize_inputs,
};
use std::collections::BTreeMap;
use support::{Array, arrays, check_all, data};

/// Of the greatest output: what 16 bits at the scale of the greatest activation, and the sums of a few hundred such errors, amount to.
const TOLERANCE: f64 = 2e-3;

#[test]
fn operations_follow_onnxruntime() {
    let arrays = arrays("ops.npz");
    check_all("ops", 131, |case, onnx| check(case, onnx, &arrays));
}

fn check(case: &str, onnx: &[u8], arrays: &BTreeMap<String, Array>) -> Result<(), String> {
    let model = FloatModel::import(onnx).map_err(|e| e.to_string())?;
    let port = |kind: &str, name: &str| &arrays[&format!("{case}.{kind}.{name}")];
    let count = port("in", &model.inputs()[0].name).shape[0];
    let part = |kind: &str, name: &str, sample: usize| {
        let Array { shape, values } = port(kind, name);
        let size = values.len() / shape[0];
        values[sample * size..(sample + 1) * size].to_vec()
    };
    let samples: Vec<Vec<Vec<f64>>> = (0..count)
        .map(|i| {
            model
                .inputs()
                .iter()
                .map(|p| part("in", &p.name, i))
                .collect()
        })
        .collect();
    let options = QuantizeOptions {
        weight_bits: Some(16),
        activation_bits: Some(16),
        ..QuantizeOptions::default()
    };
    let compiled = model
        .compile(&samples, &options)
        .map_err(|e| e.to_string())?;
    let greatest = model
        .outputs()
        .iter()
        .flat_map(|p| &port("out", &p.name).values)
        .fold(1e-6f64, |m, &v| m.max(v.abs()));
    for (i, sample) in samples.iter().enumerate() {
        let float = model.run(sample).map_err(|e| e.to_string())?;
        let trace = compiled
            .weights
            .run(&quantize_inputs(&compiled.program, sample));
        let trace = trace.map_err(|e| e.to_string())?;
        let integer = dequantize_outputs(&compiled.program, &trace.outputs(&compiled.program));
        for ((port, float), integer) in model.outputs().iter().zip(float).zip(integer) {
            let expected = part("out", &port.name, i);
            for (what, got, tolerance) in [("float", float, 1e-5), ("integer", integer, TOLERANCE)]
            {
                if got.len() != expected.len() {
                    return Err(format!(
                        "{what} output has {} entries, not {}",
                        got.len(),
                        expected.len()
                    ));
                }
                let error = got
                    .iter()
                    .zip(&expected)
                    .map(|(g, &e)| (g - e).abs())
                    .fold(0.0, f64::max);
                // Integers of a quantized model are those of onnxruntime.
                let is_exact = case.starts_with("quantized") && port.name.starts_with('q');
                let tolerance = if is_exact { 0.0 } else { tolerance };
                if error > tolerance * greatest {
                    return Err(format!(
                        "{what} output {} is off by {error} of {greatest}",
                        port.name
                    ));
                }
            }
        }
    }
    Ok(())
}

const EIGHT_BITS: QuantizeOptions = QuantizeOptions {
    weight_bits: Some(8),
    activation_bits: Some(8),
    input_bits: None,
    tolerance: 0.02,
};

/// The models of one kind, by name.
fn models(kind: &str) -> impl Iterator<Item = (String, FloatModel)> {
    let paths = std::fs::read_dir(data().join("ops")).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    paths.filter_map(move |path| {
        let case = path.file_stem().unwrap().to_str().unwrap();
        let model = || FloatModel::import(&std::fs::read(&path).unwrap()).unwrap();
        case.starts_with(kind).then(|| (case.to_owned(), model()))
    })
}

/// A branch is decided at the input's own precision and a leaf picked by bits, so that the sums over trees are those of the float
/// model, whatever the width of activations: also where a feature equals its threshold, and beside features a million times greater.
#[test]
fn trees_decide_exactly_at_eight_bits() {
    let arrays = arrays("ops.npz");
    let mut checked = 0;
    for (case, model) in models("tree_regressor") {
        if case.ends_with("softmax") {
            continue;
        }
        let Array { shape, values } = &arrays[&format!("{case}.in.x")];
        let count = shape[0];
        let samples = values.chunks(values.len() / count);
        let samples: Vec<_> = samples.map(|x| vec![x.to_vec()]).collect();
        // Calibrated on one sample: what is beyond saturates, beyond all thresholds too.
        let compiled = model.compile(&samples[..1], &EIGHT_BITS).unwrap();
        let expected = &arrays[&format!("{case}.out.y")].values;
        let program = &compiled.program;
        for (sample, expected) in samples.iter().zip(expected.chunks(expected.len() / count)) {
            let inputs = quantize_inputs(program, sample);
            let trace = compiled.weights.run(&inputs).unwrap();
            let outputs = dequantize_outputs(program, &trace.outputs(program));
            for (&got, &expected) in outputs[0].iter().zip(expected) {
                let error = (got - expected).abs();
                assert!(error < 1e-5, "{case}: {got}, not {expected}");
            }
        }
        checked += 1;
    }
    assert!(checked >= 12, "{checked} models");
}

/// The integers of a quantized model are onnxruntime's whatever the widths, and whatever was calibrated on, where inputs are integers.
#[test]
fn quantized_models_are_exact_at_eight_bits() {
    let arrays = arrays("ops.npz");
    let mut checked = 0;
    for (case, model) in models("quantized") {
        let parts = |kind: &str, name: &str| {
            let Array { shape, values } = &arrays[&format!("{case}.{kind}.{name}")];
            let parts = values.chunks(values.len() / shape[0]);
            parts.map(<[f64]>::to_vec).collect::<Vec<_>>()
        };
        let inputs: Vec<_> = model
            .inputs()
            .iter()
            .map(|p| parts("in", &p.name))
            .collect();
        let samples: Vec<Vec<Vec<f64>>> = (0..inputs[0].len())
            .map(|i| inputs.iter().map(|tensor| tensor[i].clone()).collect())
            .collect();
        let is_float = samples[0][0].iter().any(|v| v.fract() != 0.0);
        let calibration = if is_float {
            &samples[..]
        } else {
            &samples[..1]
        };
        let compiled = model.compile(calibration, &EIGHT_BITS).unwrap();
        let program = &compiled.program;
        for (i, sample) in samples.iter().enumerate() {
            let inputs = quantize_inputs(program, sample);
            let trace = compiled.weights.run(&inputs).unwrap();
            let outputs = dequantize_outputs(program, &trace.outputs(program));
            for (port, got) in model.outputs().iter().zip(outputs) {
                if port.name.starts_with('q') {
                    let expected = &parts("out", &port.name)[i];
                    assert_eq!(&got, expected, "{case}: {}", port.name);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked >= 37 * 6, "{checked} outputs");
}

/// Sums of tensors with the same scales are looked up in one table, and sums of a tensor with itself or a number in a small one.
#[test]
fn quantized_sums_share_their_tables() {
    let lengths = |case: &str| {
        let onnx = std::fs::read(data().join(format!("ops/{case}.onnx"))).unwrap();
        let model = FloatModel::import(&onnx).unwrap();
        let zeros = model.inputs().iter().map(|port| {
            let volume = port.shape.iter().product();
            vec![0.0; volume]
        });
        let compiled = model.compile(&[zeros.collect()], &EIGHT_BITS).unwrap();
        let tables = compiled.program.tables.iter();
        tables.map(|t| t.values.len()).collect::<Vec<_>>()
    };
    assert_eq!(lengths("quantized_sums_alike"), [65_536]);
    assert_eq!(lengths("quantized_constant"), [65_536]);
    assert_eq!(lengths("quantized_sum_twice"), [256]);
    assert_eq!(lengths("quantized_number"), [256]);
}

/// Numbers below a bound, the same in every run.
fn generator(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}

/// A file with one to three bytes changed.
fn altered(good: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=random(3) {
        let at = random(bytes.len());
        bytes[at] = random(256) as u8;
    }
    bytes
}

/// What cannot be exact is refused, by the node's name.
#[test]
fn altered_quantized_models_are_refused_or_read() {
    let mut random = generator(7);
    for case in [
        "quantized_conv_channels",
        "quantized_network",
        "quantized_matmul",
        "quantized_residual_block",
        "quantized_sum_clip",
        "quantized_number_quantized",
        "quantized_joined",
    ] {
        let good = std::fs::read(data().join(format!("ops/{case}.onnx"))).unwrap();
        for _ in 0..100 {
            let bytes = altered(&good, &mut random);
            drop(FloatModel::import(&bytes));
        }
    }
    // The type of a name's first use decides: with no such constant, the scale would have to be computed.
    let good = std::fs::read(data().join("ops/quantized_linear_int8.onnx")).unwrap();
    let at = good.windows(3).position(|w| w == [0x0a, 1, b's']).unwrap();
    let mut bytes = good;
    bytes[at + 2] = b'x';
    let error = FloatModel::import(&bytes)
        .err()
        .expect("refused")
        .to_string();
    assert!(error.contains("quantize"), "{error}");
    assert!(
        error.contains("its scale, input `x`, is computed"),
        "{error}"
    );
}

/// Classical models are read without the front end's help, or its guard: whatever is done to their bytes, nothing panics.
#[test]
fn altered_classical_models_are_refused_or_read() {
    let mut random = generator(1);
    for case in [
        "tree_regressor_mixed",
        "tree_binary_base",
        "tree_multiclass_boosted",
        "tree_after",
        "linear_normalized",
        "scaler",
        "feature_extractor",
        "feature_arithmetic",
    ] {
        let good = std::fs::read(data().join(format!("ops/{case}.onnx"))).unwrap();
        for _ in 0..250 {
            let bytes = altered(&good, &mut random);
            drop(FloatModel::import(&bytes));
            drop(inspect(&bytes, &ImportOptions::default()));
        }
    }
}

/// The message says which tensor, and what was expected.
#[test]
fn what_is_not_supported_is_refused_with_a_reason() {
    let reasons = [
        (
            "mod_computed",
            "by a computed tensor; the divisor must be constant",
        ),
        (
            "pow_integers",
            "a power of integers with computed exponents",
        ),
        (
            "pow_many_numbers",
            "a constant with 20 different numbers; at most 16 are supported",
        ),
        (
            "scatter_computed",
            "its indices are computed; they must be constant",
        ),
        ("top_many", "k = 65; at most 64 is supported"),
        ("attention_softcap_causal", "`softcap` beside a mask"),
    ];
    let mut failures = Vec::new();
    for (case, reason) in reasons {
        let path = data().join(format!("refused/{case}.onnx"));
        let error = FloatModel::import(&std::fs::read(path).unwrap()).err();
        let message = error.map_or_else(|| "imported".to_owned(), |e| e.to_string());
        if !message.contains(reason) || !message.contains("the_node") {
            failures.push(format!("{case}: {message}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn data_that_does_not_fit_is_refused() {
    let onnx = std::fs::read(data().join("ops/gemm_no_c.onnx")).unwrap();
    let model = FloatModel::import(&onnx).unwrap();
    let message = |name: &str, text: &str| {
        parse_samples(name, text.as_bytes(), model.inputs())
            .unwrap_err()
            .to_string()
    };
    for (text, expected) in [
        (
            r#"{"input_data": [[1, 2, 3, 4]]}"#,
            "tensor `x`: expected a flat list of 5 entries, or lists nested as shape [1, 5], for each sample, got a flat list of 4 entries",
        ),
        (
            r#"{"input_data": [[1, 2, 3, 4, null]]}"#,
            "entry 4 is NaN; expected a finite number",
        ),
        (r#"{"input_data": [[1, 2, 3, 4, 1e300]]}"#, "entry 4 is"),
        (
            r#"{"input_data": []}"#,
            "for each sample, got an empty list",
        ),
        (
            r#"{"data": []}"#,
            "no tensor `x`; expected `x`, found `data`",
        ),
        ("{", "in.json: "),
    ] {
        let got = message("in.json", text);
        assert!(got.contains(expected), "expected `{expected}`, got `{got}`");
    }
    assert!(message("in.txt", "").contains("expected csv, json, npy or npz"));
    // Found by the fuzzer: a parser of all that Python writes took time exponential in the depth of brackets.
    let nested = format!(
        "\u{93}NUMPY\u{1}\u{0}\u{50}\u{0}{{'descr': {}",
        "[".repeat(70)
    );
    let bytes: Vec<u8> = nested.chars().map(|c| c as u8).collect();
    let error = parse_samples("in.npy", &bytes, model.inputs()).unwrap_err();
    let fields = "its array has fields of several types";
    assert!(error.to_string().contains(fields), "{error}");
    assert!(message("in.npy", "garbage").contains("in.npy"));
    assert!(message("in.npz", "garbage").contains("in.npz"));
}
