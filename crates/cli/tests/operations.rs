//! Every supported operation, from the ONNX file to a verified proof. That the integers follow the float model is the importer's test;
//! here they are proven, with everything private and with everything but the weights public.

use inferproof::{Curve, Prover, Verifier, VerifyingKey, Visibility, Visible, commit};
use inferproof_onnx::{FloatModel, QuantizeOptions, quantize_inputs};
use std::path::{Path, PathBuf};

/// Ranges of inputs, of which each model takes one: nearly all take the first, logarithms and square roots included.
const RANGES: [(f32, f32); 3] = [(0.6, 1.8), (0.1, 0.9), (1.1, 1.9)];

fn sample(model: &FloatModel, (low, high): (f32, f32), seed: usize) -> Vec<Vec<f64>> {
    let inputs = model.inputs().iter().enumerate();
    let tensors = inputs.map(|(tensor, port)| {
        let volume: usize = port.shape.iter().product();
        let value = |i: usize| ((i * 7919 + tensor * 31 + seed * 104_729) % 97) as f32 / 97.0;
        (0..volume)
            .map(|i| (low + (high - low) * value(i)).into())
            .collect()
    });
    tensors.collect()
}

fn prove_and_verify(onnx: &[u8], seen: Visibility) {
    let model = FloatModel::import(onnx).unwrap();
    let options = QuantizeOptions {
        weight_bits: Some(8),
        activation_bits: Some(8),
        ..QuantizeOptions::default()
    };
    let (compiled, samples) = RANGES
        .iter()
        .find_map(|&range| {
            let samples: Vec<_> = (0..4).map(|seed| sample(&model, range, seed)).collect();
            Some((model.compile(&samples, &options).ok()?, samples))
        })
        .unwrap();
    let inputs = quantize_inputs(&compiled.program, &samples[3]);
    let (key, secret) = commit(
        Curve::Grumpkin,
        compiled.weights,
        Visible::Private,
        &mut |_, _| true,
    )
    .unwrap();
    let prover = Prover::new(key.clone(), secret).unwrap();
    let statement = prover.statement(b"");
    let statement = statement.with_inputs(seen).with_outputs(seen);
    let proof = prover.prove(&statement, &inputs, &[], &mut |_| true);
    let proof = proof.unwrap().proof;
    let key = VerifyingKey::decode(&key.encode()).unwrap();
    let verifier = Verifier::new(key).unwrap();
    verifier.check_range_proofs().unwrap();
    verifier.verify(&statement, &proof).unwrap();
}

/// The models of a folder of the importer's tests, of which there are at least so many.
fn models(folder: &str, least: usize) -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/data");
    let models = std::fs::read_dir(data.join(folder)).unwrap();
    let mut models: Vec<PathBuf> = models.map(|e| e.unwrap().path()).collect();
    models.sort();
    assert!(models.len() >= least, "the models are checked in");
    models
}

fn prove_all(models: &[PathBuf]) {
    for (i, path) in models.iter().enumerate() {
        let onnx = std::fs::read(path).unwrap();
        let seen = if i % 2 == 0 {
            Visibility::Private
        } else {
            Visibility::Public
        };
        let proven = std::panic::catch_unwind(|| prove_and_verify(&onnx, seen));
        assert!(proven.is_ok(), "{}", path.display());
    }
}

#[test]
fn every_operation_is_proven() {
    prove_all(&models("ops", 131));
}

#[test]
fn arrays_that_are_weights_are_proven() {
    prove_all(&models("arrays", 76));
}
