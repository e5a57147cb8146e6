//! Files in the wrong place are recognised, and what to do with them is said.

use crate::support::{Place, Run, assert_run};

fn misplaced(name: &str, run: Run) {
    assert_eq!(run.code, 2, "{run}");
    assert_run(&format!("misplaced-{name}"), &run);
}

#[test]
fn verify() {
    let place = Place::with_model();
    misplaced(
        "swapped",
        place.run("verify --key credit.proof credit.model/public/verifying.key"),
    );
    misplaced(
        "onnx-as-key",
        place.run("verify --key model.onnx credit.proof"),
    );
    misplaced(
        "secret-as-key",
        place.run("verify --key credit.model/secret credit.proof"),
    );
    misplaced(
        "proof-as-input",
        place.run("verify --key credit.model/public credit.proof --input credit.proof"),
    );
    // What is given as the proof can only be rejected.
    let run = place.run("verify --key credit.model/public credit.model/public/verifying.key");
    assert_eq!(run.code, 1, "{run}");
    assert_run("misplaced-key-as-proof", &run);
}

#[test]
fn the_public_folder_is_found_in_the_models() {
    let place = Place::with_model();
    let run = place.run("verify --key credit.model credit.proof --context nonce");
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn run_and_prove() {
    let place = Place::with_model();
    for (name, model) in [
        ("onnx-as-model", "model.onnx"),
        ("proof-as-model", "credit.proof"),
        ("public-as-model", "credit.model/public"),
        ("secret-as-model", "credit.model/secret"),
    ] {
        misplaced(name, place.run(&format!("run {model} --input input.json")));
        let run = place.run(&format!("prove {model} --input input.json -o new.proof"));
        assert_eq!(run.code, 2, "{run}");
    }
    misplaced(
        "onnx-as-input",
        place.run("run credit.model --input model.onnx"),
    );
}

#[test]
fn compile_and_check() {
    let place = Place::with_model();
    misplaced(
        "model-as-onnx",
        place.run("compile credit.model --calibrate calibration.npz -o new.model"),
    );
    misplaced("data-as-onnx", place.run("check calibration.npz"));
    misplaced(
        "onnx-as-data",
        place.run("compile model.onnx --calibrate model.onnx -o new.model"),
    );
}
