//! Verifies proofs of a model one after the other and all at once, by turns, and prints medians and, for busy machines, the least:
//! `cargo run --release -p inferproof --example many -- models/mnist_lenet 32`.

use inferproof::{
    Cache, Expected, ImportOptions, OnnxFile, Plan, Verdict, judge, judge_all, quantize_inputs,
    read_samples,
};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

const TURNS: usize = 51;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments
        .next()
        .ok_or("give a folder with model.onnx and calibration.npz")?;
    let folder = PathBuf::from(folder);
    let count = match arguments.next() {
        Some(count) => count.to_string_lossy().parse()?,
        None => 32,
    };
    let onnx = OnnxFile::read(&folder.join("model.onnx"), &ImportOptions::default())?;
    let data = read_samples(&folder.join("calibration.npz"), onnx.model.inputs())?;
    let model = onnx.compile(&data, &Plan::default())?;
    let prover = model.prover(&Cache::none())?;
    let verifier = model.key.verifier(&Cache::none())?;
    let statement = prover.statement(b"many");
    let mut proofs = Vec::new();
    for input in data.inputs.iter().cycle().take(count) {
        let input = quantize_inputs(prover.program(), input);
        proofs.push(prover.prove(&statement, &input, &[], &mut |_| true)?.proof);
    }
    let expected = Expected::new(statement);
    let pairs: Vec<_> = proofs
        .iter()
        .map(|proof| (&expected, proof.as_slice()))
        .collect();
    let accepted = |verdicts: Vec<Verdict>| {
        let all = verdicts.iter().all(|v| matches!(v, Verdict::Accepted(_)));
        all.then_some(()).ok_or("a proof was rejected")
    };
    let (mut each, mut together) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let start = Instant::now();
        let alone = proofs
            .iter()
            .map(|proof| judge(&verifier, &expected, proof));
        accepted(alone.collect())?;
        each.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        accepted(judge_all(&verifier, &pairs))?;
        together.push(start.elapsed().as_secs_f64());
    }
    for (what, place) in [("median", TURNS / 2), ("least", 0)] {
        let [each, together] = [&mut each, &mut together].map(|times| {
            times.sort_by(f64::total_cmp);
            times.get(place).copied().unwrap_or_default() * 1e3
        });
        let ratio = together / each;
        println!(
            "{what}: one after the other {each:.1} ms, all at once {together:.1} ms: {ratio:.3}"
        );
    }
    Ok(())
}
