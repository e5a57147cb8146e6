//! Compiles ONNX models and prints how well their integer programs follow them:
//! `compile model.onnx calibration [test.npz] [weight bits] [activation bits]`.

use inferproof_onnx::{FloatModel, OnnxError, QuantizeOptions, quantize_inputs, read_samples};
use inferproof_program::{Linear, Op, Rescale};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), OnnxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = &arguments[0];
    let start = Instant::now();
    let onnx = std::fs::read(path).expect("the model is readable");
    let model = FloatModel::import(&onnx)?;
    drop(onnx);
    println!("{path}: imported in {:.2?}", start.elapsed());
    let start = Instant::now();
    let calibration = read_samples(Path::new(&arguments[1]), model.inputs())?;
    let options = QuantizeOptions {
        weight_bits: arguments.get(3).and_then(|b| b.parse().ok()),
        activation_bits: arguments.get(4).and_then(|b| b.parse().ok()),
        ..QuantizeOptions::default()
    };
    let compiled = model.compile(&calibration.inputs, &options)?;
    println!("compiled in {:.2?}: {:?}", start.elapsed(), compiled.report);
    let program = &compiled.program;
    for (node, tensor) in program.nodes.iter().zip(&program.tensors) {
        let what = match &node.op {
            Op::Rescale(Rescale { shift, .. }) => format!("Rescale {shift}"),
            Op::Linear(Linear { terms }) => format!(
                "Linear {:?}",
                terms.iter().map(|t| t.coefficient).collect::<Vec<_>>()
            ),
            Op::Contract(_) => "Contract".into(),
            other => format!("{other:?}"),
        };
        println!(
            "  {:3} {:40} {:?} [{}, {}] 2^-{} {what}",
            node.output.0, node.origin, tensor.shape, tensor.low, tensor.high, tensor.scale_log2
        );
    }
    let inputs = quantize_inputs(program, &calibration.inputs[0]);
    let start = Instant::now();
    let trace = compiled.weights.run(&inputs)?;
    println!(
        "one run: {:.2?}, outputs {:?}",
        start.elapsed(),
        trace.outputs(program)
    );
    if let Some(test) = arguments.get(2).filter(|t| t.as_str() != "-") {
        let test = read_samples(Path::new(test), model.inputs())?;
        println!(
            "{:?}",
            model.evaluate(
                &compiled,
                &test.inputs,
                test.labels.as_deref(),
                &mut |_, _, _| true
            )?
        );
    }
    Ok(())
}
