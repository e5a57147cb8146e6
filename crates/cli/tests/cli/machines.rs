//! `--json`: exactly one object on standard output, whatever happens.

use crate::support::Place;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

#[test]
fn run_prove_and_verify_give_the_same_outputs() {
    let place = Place::with_model();
    let (_, run) = place.json("run credit.model --input input.json");
    let (_, prove) = place.json("prove credit.model --input input.json -o a.proof");
    let (code, verify) = place.json("verify --key credit.model/public a.proof");
    assert_eq!((code, &verify["verdict"]), (0, &Value::from("accepted")));
    for (report, keys) in [
        (&run, &["outputs", "outputs_quantized"][..]),
        (
            &prove,
            &[
                "outputs",
                "outputs_quantized",
                "model_id",
                "seconds",
                "proof_bytes",
            ],
        ),
        (
            &verify,
            &[
                "outputs",
                "outputs_quantized",
                "model_id",
                "seconds",
                "proof_bytes",
                "verdict",
            ],
        ),
    ] {
        for key in keys {
            assert!(!report[key].is_null(), "{key} in {report}");
        }
        assert_eq!(report["outputs"], run["outputs"]);
        assert_eq!(report["outputs_quantized"], run["outputs_quantized"]);
    }
    assert_eq!(prove["proof_bytes"], place.read("a.proof").len());

    let expected: Value = serde_json::from_slice(
        &std::fs::read(crate::support::bundled("mlp_credit/output.json")).unwrap(),
    )
    .unwrap();
    let float = numbers(
        expected["output_data"]
            .as_array()
            .and_then(|a| a.first())
            .unwrap_or(&Value::Null),
    );
    let ours = numbers(run["outputs"].as_object().unwrap().values().next().unwrap());
    for (a, b) in float.iter().zip(&ours) {
        // Within the tolerance of the calibration: 2 % of the greatest output on that data.
        assert!((a - b).abs() < 0.3, "{float:?} {ours:?}");
    }
}

#[test]
fn expected_outputs_are_taken_as_they_were_printed() {
    let place = Place::with_model();
    let (_, run) = place.json("run credit.model --input input.json");
    place.write("outputs.json", run.to_string());
    let verify = "verify --key credit.model/public credit.proof --context nonce --output";
    let with = |more: &str| place.run(&format!("{verify} {more}"));
    let only = |key: &str| {
        run[key]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .to_string()
    };
    for args in [
        "outputs.json".into(),
        "outputs.json --quantized".into(),
        only("outputs"),
        only("outputs_quantized") + " --quantized",
        format!("[{}]", only("outputs")),
        run["outputs"].to_string(),
    ] {
        let run = with(&args);
        assert_eq!(run.code, 0, "{run}");
    }
}

#[test]
fn every_command_prints_one_object() {
    let place = Place::with_model();
    for args in [
        "check model.onnx",
        "compile model.onnx --calibrate calibration.npz -o b.model",
        "inspect credit.model",
        "inspect credit.model/public",
        "inspect credit.model/secret",
        "inspect credit.model/public/model.json",
        "inspect credit.proof",
    ] {
        let (code, report) = place.json(args);
        assert_eq!(code, 0, "{report}");
    }
}

#[test]
fn errors_and_rejections_are_objects_too() {
    let place = Place::with_model();
    let (code, report) = place.json("run credit.model --input nothing.json");
    assert_eq!(code, 2);
    assert!(
        report["error"].as_str().unwrap().contains("nothing.json"),
        "{report}"
    );
    let (code, report) = place.json("verify --key credit.model/public credit.proof");
    assert_eq!((code, &report["verdict"]), (1, &Value::from("rejected")));
    assert!(report["reason"].is_string());
}

#[test]
fn verify_shows_inputs_and_outputs() {
    let place = Place::with_model();
    let (_, report) = place.json("verify --key credit.model/public credit.proof --context nonce");
    let (_, run) = place.json("run credit.model --input input.json");
    assert_eq!(report["outputs"], run["outputs"]);
    let given: Value = serde_json::from_slice(&place.read("input.json")).unwrap();
    let given = numbers(&given["input_data"][0]);
    let shown = numbers(&report["inputs"]["input"]);
    assert_eq!(shown.len(), 30);
    for (given, shown) in given.iter().zip(&shown) {
        assert!((given - shown).abs() <= 0.5 / 8.0 + 1e-9, "{given} {shown}");
    }
    assert_eq!(
        report["inputs_quantized"]["input"]
            .as_array()
            .unwrap()
            .len(),
        30
    );
}

#[test]
fn scores_are_no_distribution() {
    let place = Place::with_onnx();
    std::fs::copy(
        crate::support::bundled("mnist_lenet/model.onnx"),
        place.path().join("lenet.onnx"),
    )
    .unwrap();
    // The bundled network ends in scores: no class, but the greatest of them.
    std::fs::copy(
        crate::support::bundled("mnist_lenet/calibration.npz"),
        place.path().join("digits.npz"),
    )
    .unwrap();
    let compile = "compile lenet.onnx --calibrate digits.npz -o lenet.model";
    assert_eq!(place.run(compile).code, 0);
    let run = place.run("run lenet.model --input digits.npz");
    assert!(run.stdout.contains("(the greatest of 10)"), "{run}");
    let (_, report) = place.json("run lenet.model --input digits.npz");
    assert!(report["classes"].is_null(), "{report}");
}
