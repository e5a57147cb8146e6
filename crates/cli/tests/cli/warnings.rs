//! What is said against a model or an answer, and what `--strict` makes of it.

use crate::support::{Place, assert_run};
use serde_json::{Value, json};

/// `input.json` with one of its 30 features replaced.
fn with_feature(place: &Place, feature: usize, value: f64) {
    let mut input: Value = serde_json::from_slice(&place.read("input.json")).unwrap();
    input["input_data"][0][feature] = json!(value);
    place.write("strange.json", input.to_string());
}

#[test]
fn too_few_samples() {
    let place = Place::with_onnx();
    let compile = "compile model.onnx --calibrate input.json -o credit.model";
    assert_run("warning-few-samples", &place.run(compile));
    let compile = "compile model.onnx --calibrate input.json -o strict.model";
    assert_run(
        "strict-few-samples",
        &place.run(&format!("{compile} --strict")),
    );
    assert!(!place.listing().iter().any(|name| name.contains("strict")));
}

#[test]
fn a_tolerance_that_is_missed() {
    let place = Place::with_onnx();
    let compile =
        "compile model.onnx --calibrate calibration.npz --weight-bits 3 --activation-bits 3";
    let (code, card) = place.json(&format!("{compile} -o coarse.model"));
    assert_eq!(code, 0);
    let kinds = card["warnings"].as_array().unwrap().iter();
    let kinds: Vec<&Value> = kinds.map(|w| &w["kind"]).collect();
    assert_eq!(kinds, ["error_beyond_tolerance", "other_answers"]);
    assert_eq!(card["calibration"]["within_tolerance"], false);
    let run = place.run(&format!("{compile} -o strict.model --strict"));
    assert_eq!(run.code, 2, "{run}");
    assert_run("strict-tolerance", &run);
    assert!(!place.listing().contains(&"strict.model".into()));
}

#[test]
fn an_input_beyond_calibration_is_said() {
    let place = Place::with_model();
    with_feature(&place, 3, 1e4);
    let input = "--input strange.json";
    assert_run(
        "warning-saturated-run",
        &place.run(&format!("run credit.model {input}")),
    );
    let prove = format!("prove credit.model {input} -o strange.proof --force");
    assert_run("warning-saturated-prove", &place.run(&prove));
    let verify = format!("verify --key credit.model/public strange.proof {input}");
    assert_run("warning-saturated-verify", &place.run(&verify));

    let (code, run) = place.json(&format!("run credit.model {input}"));
    assert_eq!(code, 0);
    let found = &run["saturated"][0];
    assert_eq!(
        (
            &found["of"],
            &found["name"],
            &found["entries"],
            &found["total"],
            &found["farthest"]
        ),
        (
            &json!("input"),
            &json!("input"),
            &json!(1),
            &json!(30),
            &json!(1e4)
        )
    );
    let mut nodes = run["saturated"].as_array().unwrap().iter().skip(1);
    assert!(nodes.all(|s| s["of"] == "node"));
    let (_, proved) = place.json(&prove);
    assert_eq!(proved["saturated"], run["saturated"]);
    let (_, verified) = place.json(&verify);
    assert_eq!(verified["saturated"], json!([found]));
}

#[test]
fn strictly_there_is_no_answer_to_such_an_input() {
    let place = Place::with_model();
    with_feature(&place, 3, 1e4);
    let input = "--input strange.json --strict";
    assert_run(
        "strict-saturated-run",
        &place.run(&format!("run credit.model {input}")),
    );
    let run = place.run(&format!("prove credit.model {input} -o strict.proof"));
    assert_eq!(run.code, 2, "{run}");
    assert!(!place.listing().contains(&"strict.proof".into()));
    let verify = format!("verify --key credit.model/public credit.proof {input} --context nonce");
    assert_run("strict-saturated-verify", &place.run(&verify));
}

#[test]
fn strictly_an_ordinary_input_is_no_other() {
    let place = Place::with_model();
    let input = "--input input.json --strict";
    let (code, run) = place.json(&format!("run credit.model {input}"));
    assert_eq!((code, &run["saturated"]), (0, &json!([])));
    let run = place.run(&format!("prove credit.model {input} -o strict.proof"));
    assert_eq!(run.code, 0);
    assert!(!run.stderr.contains("warning"), "{run}");
    let run = place.run(&format!(
        "verify --key credit.model/public strict.proof {input}"
    ));
    assert_eq!((run.code, &run.stderr[..]), (0, ""));
}
