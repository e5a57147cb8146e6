//! Proofs that are not accepted: exit code 1 and the reason.

use crate::support::{Place, Run, assert_run};

fn verify(place: &Place, more: &str) -> Run {
    let run = place.run(&format!(
        "verify --key credit.model/public credit.proof --context nonce{more}"
    ));
    assert_eq!(run.code, 1, "{run}");
    run
}

#[test]
fn another_context() {
    let place = Place::with_model();
    assert_run(
        "rejected-context",
        &place.run("verify --key credit.model/public credit.proof --context other"),
    );
    assert_run(
        "rejected-no-context",
        &place.run("verify --key credit.model/public credit.proof"),
    );
}

#[test]
fn a_tampered_proof() {
    let place = Place::with_model();
    let mut proof = place.read("credit.proof");
    let middle = proof.len() / 2;
    proof[middle] ^= 1;
    place.write("credit.proof", proof);
    verify(&place, "");
}

#[test]
fn a_truncated_or_extended_proof() {
    let place = Place::with_model();
    let proof = place.read("credit.proof");
    place.write("credit.proof", &proof[..proof.len() - 1]);
    assert_run("rejected-truncated", &verify(&place, ""));
    place.write("credit.proof", [&proof[..], &[0]].concat());
    assert_run("rejected-extended", &verify(&place, ""));
    place.write("credit.proof", []);
    assert_run("rejected-empty", &verify(&place, ""));
}

#[test]
fn a_proof_of_another_model() {
    let place = Place::with_model();
    let run = place.run("compile model.onnx --calibrate calibration.npz -o other.model");
    assert_eq!(run.code, 0, "{run}");
    assert_run(
        "rejected-other-model",
        &place.run("verify --key other.model/public credit.proof --context nonce"),
    );
}

#[test]
fn a_proof_on_another_curve() {
    let place = Place::with_model();
    let run =
        place.run("compile model.onnx --calibrate calibration.npz -o other.model --curve bn254");
    assert_eq!(run.code, 0, "{run}");
    assert_run(
        "rejected-other-curve",
        &place.run("verify --key other.model/public credit.proof --context nonce"),
    );
}

#[test]
fn another_input_or_output() {
    let place = Place::with_model();
    let mut input: serde_json::Value = serde_json::from_slice(&place.read("input.json")).unwrap();
    input["input_data"][0][4] = 0.5.into();
    place.write("other.json", input.to_string());
    assert_run("rejected-input", &verify(&place, " --input other.json"));
    assert_run("rejected-output", &verify(&place, " --output [0.5,-0.5]"));
    assert_run(
        "rejected-output-quantized",
        &verify(&place, " --output [1,2] --quantized"),
    );
}
