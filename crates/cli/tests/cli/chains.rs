//! Many proofs that are one: a small CNN in three parts, and the steps of a recurrent model. What `docs/guides/slices.md` says, run.

use crate::support::{Place, bundled};
use serde_json::{Value, json};

/// LeNet, compiled, with a digit, and a plan of three parts.
fn lenet() -> Place {
    let place = Place::new();
    for file in ["model.onnx", "calibration.npz", "input.json"] {
        std::fs::copy(bundled("mnist_lenet").join(file), place.path().join(file)).unwrap();
    }
    let run = place.run(
        "compile model.onnx --calibrate calibration.npz --weight-bits 8 --activation-bits 8 -o lenet.model",
    );
    assert_eq!(run.code, 0, "{run}");
    let (code, plan) = place.json("slice plan lenet.model/public --parts 3 -o plan.json");
    assert_eq!(code, 0, "{plan}");
    let parts = plan["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 3, "{plan}");
    let memory = |estimate: &Value| estimate["memory_bytes"].as_u64().unwrap();
    for part in parts {
        assert!(memory(&part["estimate"]) < memory(&plan["whole"]), "{plan}");
    }
    place
}

/// Runs the model in parts, and proves them last part first; the report of `slice run`.
fn prove_parts(place: &Place, more: &str) -> Value {
    let (code, made) = place.json(&format!(
        "slice run lenet.model --input input.json --plan plan.json -o boundaries{more}"
    ));
    assert_eq!(code, 0, "{made}");
    for command in made["commands"].as_array().unwrap().iter().rev() {
        // Names have spaces, which a shell reads as they were printed.
        let line = command.as_str().unwrap();
        let binary = env!("CARGO_BIN_EXE_inferproof");
        let line = line.replacen("inferproof", binary, 1) + " --context nonce";
        let mut shell = std::process::Command::new("sh");
        let shell = shell.arg("-c").arg(&line).current_dir(place.path());
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }
    made
}

const VERIFY: &str = "chain verify --key lenet.model/public --context nonce";

#[test]
fn a_cnn_in_three_parts() {
    let place = lenet();
    let made = prove_parts(&place, "");
    #[cfg(unix)]
    for opening in made["openings"].as_object().unwrap().values() {
        use std::os::unix::fs::PermissionsExt;
        let path = place.path().join(opening.as_str().unwrap());
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (code, chain) = place.json(&format!("{VERIFY} part-2.proof part-3.proof part-1.proof"));
    assert_eq!(
        (code, &chain["verdict"]),
        (0, &json!("accepted")),
        "{chain}"
    );
    assert_eq!(chain["chain"], "slices");
    let (_, run) = place.json("run lenet.model --input input.json");
    assert_eq!(chain["outputs_quantized"], run["outputs_quantized"]);
    let commitments = made["commitments"].as_object().unwrap();
    let links = chain["links"].as_array().unwrap();
    assert_eq!(links.len(), commitments.len(), "{chain}");
    for link in links {
        let id = &commitments[link["tensor"].as_str().unwrap()];
        assert_eq!(&link["by"]["commitment"], id);
    }
    let run = place.run(&format!("{VERIFY} part-1.proof part-2.proof part-3.proof"));
    assert_eq!(run.code, 0, "{run}");
    for words in [
        "3 parts that are one run of the model",
        "made by part-1.proof, read by part-2.proof",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run}");
    }

    // A part that is missing, another context, a part alone.
    for (words, line) in [
        (
            "which part-3.proof reads",
            format!("{VERIFY} part-1.proof part-3.proof"),
        ),
        (
            "context: the proof is bound to another one",
            "chain verify --key lenet.model/public part-1.proof part-2.proof part-3.proof".into(),
        ),
        (
            "output `output`: expected private",
            format!("{VERIFY} --private outputs part-1.proof part-2.proof part-3.proof"),
        ),
        (
            "not an inferproof proof",
            format!("{VERIFY} part-1.proof part-2.proof input.json"),
        ),
    ] {
        let run = place.run(&line);
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    let run = place.run("verify --key lenet.model/public --context nonce part-2.proof");
    assert_eq!(run.code, 1, "{run}");
}

#[test]
fn parts_whose_input_nobody_sees() {
    let place = lenet();
    prove_parts(&place, " --hide-inputs");
    let proofs = "part-1.proof part-2.proof part-3.proof";
    let run = place.run(&format!("{VERIFY} {proofs}"));
    assert_eq!(run.code, 1, "{run}");
    let (code, chain) = place.json(&format!("{VERIFY} --commit inputs {proofs}"));
    assert_eq!(code, 0, "{chain}");
    assert_eq!(chain["inputs"], json!({}));
}

#[test]
fn plans_that_cannot_be() {
    let place = lenet();
    let (_, plan) = place.json("slice plan lenet.model/public --parts 1");
    let whole = plan["whole"]["memory_bytes"].as_u64().unwrap();
    let run = |memory: u64| {
        place.run(&format!(
            "--json slice plan lenet.model/public --memory {memory}"
        ))
    };
    let parts = |memory| {
        let plan: Value = serde_json::from_str(&run(memory).stdout).unwrap();
        let parts = plan["parts"].as_array().unwrap();
        let fits = |part: &Value| part["estimate"]["memory_bytes"].as_u64().unwrap() <= memory;
        assert!(parts.iter().all(fits), "{plan}");
        parts.len()
    };
    assert_eq!(parts(2 * whole), 1);
    let three: Value = serde_json::from_slice(&place.read("plan.json")).unwrap();
    let estimates = three["parts"].as_array().unwrap().iter();
    let greatest = estimates
        .map(|part| part["estimate"]["memory_bytes"].as_u64().unwrap())
        .max();
    assert!((2..=3).contains(&parts(greatest.unwrap())));
    let small = place.run("slice plan lenet.model/public --memory 1MB");
    assert_eq!(small.code, 2, "{small}");
    assert!(small.stderr.contains("cannot be cut further"), "{small}");
    for memory in ["1XB", "-1MB", "lots"] {
        let run = place.run(&format!("slice plan lenet.model/public --memory={memory}"));
        assert_eq!(run.code, 2, "{run}");
    }
    // A plan of another model, and a file that is none.
    let mut other: Value = serde_json::from_slice(&place.read("plan.json")).unwrap();
    other["model_id"] = json!("0".repeat(64));
    place.write("other.json", other.to_string());
    for file in ["other.json", "input.json"] {
        let run = place.run(&format!(
            "slice run lenet.model --input input.json --plan {file} -o boundaries"
        ));
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains("not a plan for this model"), "{run}");
        assert!(!place.path().join("boundaries").exists());
    }
}

#[test]
fn steps_of_a_recurrent_model() {
    let place = Place::new();
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../onnx/tests/data/feeds/recurrent.onnx"
    );
    std::fs::copy(model, place.path().join("recurrent.onnx")).unwrap();
    let numbers = |seed: usize| -> Vec<f64> {
        let number = |place: usize| f64::sin((17 * place + 29 * seed + 1) as f64 * 1.7);
        (0..5).map(number).collect()
    };
    let samples = (0..40).map(|sample| json!({ "x": numbers(sample) }));
    place.write("x.json", Value::from_iter(samples).to_string());
    let run = place.run(
        "compile recurrent.onnx --calibrate x.json -o recurrent.model --feed state_next=state",
    );
    assert_eq!(run.code, 0, "{run}");
    for step in 0..3 {
        let given = json!({ "x": numbers(step), "state": vec![0; 16] });
        place.write("given.json", given.to_string());
        let before = match step {
            0 => String::new(),
            _ => format!(" --committed state=s{}.opening", step - 1),
        };
        let run = place.run(&format!(
            "prove recurrent.model --input given.json{before} --commit state_next=s{step}.opening -o step-{step}.proof"
        ));
        assert_eq!(run.code, 0, "{run}");
    }
    let verify = "chain verify --key recurrent.model/public --commit state,state_next";
    let all = "step-0.proof step-1.proof step-2.proof";
    let run = place.run(&format!("{verify} --start state=zeros --steps 3 {all}"));
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("3 steps that are one history"), "{run}");
    let (code, chain) = place.json(&format!("{verify} --start state=zeros {all}"));
    assert_eq!((code, &chain["chain"]), (0, &json!("steps")), "{chain}");
    assert_eq!(chain["steps"].as_array().unwrap().len(), 3);
    // What goes on from an identifier that was kept.
    let (_, first) = place.json(&format!("{verify} --start state=zeros step-0.proof"));
    let end = first["links"][0]["end"]["commitment"].as_str().unwrap();
    let rest = "step-1.proof step-2.proof";
    let run = place.run(&format!("{verify} --start state={end} {rest}"));
    assert_eq!(run.code, 0, "{run}");
    for (words, line) in [
        (
            "step 1 (step-2.proof) does not go on",
            format!("{verify} --start state=zeros step-0.proof step-2.proof"),
        ),
        (
            "what it reads was left by step-1.proof",
            format!("{verify} --start state=zeros step-0.proof step-2.proof step-1.proof"),
        ),
        (
            "does not begin where expected: `state`",
            format!("{verify} --start state=zeros {rest}"),
        ),
        (
            "expected 4 steps, got 3",
            format!("{verify} --start state=zeros --steps 4 {all}"),
        ),
    ] {
        let run = place.run(&line);
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    for (words, line) in [
        ("say where `state` begins", format!("{verify} {all}")),
        (
            "both have to be public",
            format!(
                "chain verify --key recurrent.model/public --commit state --start state=any {all}"
            ),
        ),
        (
            "expected a JSON list of integers",
            format!("{verify} --start state=[1,x] {all}"),
        ),
        (
            "`first` is no whole number",
            format!("{verify} --start state=any --position x=first {all}"),
        ),
    ] {
        let run = place.run(&line);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
}
