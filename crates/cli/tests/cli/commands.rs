//! Each command, where all is well.

use crate::support::{COMMANDS, Place, assert_run, bundled};

#[test]
fn check_says_node_by_node_what_is_supported() {
    let mut run = Place::with_onnx().run("check model.onnx");
    // The estimate moves with the constants; that it is there is enough.
    run.stdout = run
        .stdout
        .lines()
        .map(|l| {
            if l.starts_with("estimate") {
                "estimate     ..."
            } else {
                l
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
        + "\n";
    assert_run("check", &run);
}

#[test]
fn compile_reports_what_it_did() {
    let place = Place::with_onnx();
    std::fs::copy(
        bundled("mlp_credit/test.npz"),
        place.path().join("test.npz"),
    )
    .unwrap();
    let run = place
        .run("compile model.onnx --calibrate calibration.npz --evaluate test.npz -o credit.model");
    assert_run("compile", &run);
    assert_eq!(
        place.listing(),
        [
            "calibration.npz",
            "credit.model",
            "input.json",
            "model.onnx",
            "test.npz"
        ]
    );
}

#[cfg(unix)]
#[test]
fn secrets_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_onnx();
    let run = place.run("compile model.onnx --calibrate calibration.npz -o credit.model");
    assert_eq!(run.code, 0, "{run}");
    let mode = |file: &str| {
        std::fs::metadata(place.path().join("credit.model").join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("secret"), 0o700);
    assert_eq!(mode("secret/weights.safetensors"), 0o600);
    assert_eq!(mode("secret/blinding.safetensors"), 0o600);
}

#[test]
fn compile_is_deterministic_but_for_the_blinding() {
    let place = Place::with_onnx();
    for (out, weights) in [
        ("a", "private"),
        ("b", "private"),
        ("c", "public"),
        ("d", "public"),
    ] {
        let run = place.run(&format!(
            "compile model.onnx --calibrate calibration.npz -o {out} --weights {weights}"
        ));
        assert_eq!(run.code, 0, "{run}");
    }
    let id = |model: &str| {
        let card: serde_json::Value =
            serde_json::from_slice(&place.read(&format!("{model}/public/model.json"))).unwrap();
        card["model_id"].as_str().unwrap().to_owned()
    };
    assert_ne!(id("a"), id("b"), "blinding is fresh for every commitment");
    assert_eq!(
        id("c"),
        id("d"),
        "public weights are committed to without blinding"
    );
    assert!(
        !place.path().join("c/secret").exists(),
        "public weights leave nothing to keep secret"
    );
}

#[test]
fn force_replaces_a_folder() {
    let place = Place::with_model();
    let before = place.read("credit.model/public/verifying.key");
    let run = place.run("compile model.onnx --calibrate calibration.npz -o credit.model --force");
    assert_eq!(run.code, 0, "{run}");
    assert_ne!(before, place.read("credit.model/public/verifying.key"));
    assert!(
        !place.listing().iter().any(|name| name.contains("tmp")),
        "{:?}",
        place.listing()
    );
}

#[test]
fn run_prints_the_outputs() {
    assert_run(
        "run",
        &Place::with_model().run("run credit.model --input input.json"),
    );
}

#[test]
fn prove_and_verify() {
    let place = Place::with_model();
    let run = place.run("prove credit.model --input input.json -o again.proof --context nonce");
    assert_run("prove", &run);
    let verify = "verify --key credit.model/public again.proof --context nonce";
    assert_run("verify-first", &place.run(verify));
    assert_run("verify-again", &place.run(verify));
    assert!(
        place
            .run(&format!("{verify} --recheck"))
            .stdout
            .contains("range proofs")
    );
    let run = place.run(&format!("{verify} --input input.json"));
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn a_sample_of_several_is_proven() {
    let place = Place::with_model();
    let prove = "prove credit.model --input calibration.npz --sample 7 -o seventh.proof";
    assert_eq!(place.run(prove).code, 0);
    let verify = |sample: &str| {
        place
            .run(&format!("verify --key credit.model/public seventh.proof --input calibration.npz --sample {sample}"))
            .code
    };
    assert_eq!((verify("7"), verify("8")), (0, 1));
}

#[test]
fn other_visibilities_and_the_other_curve() {
    let place = Place::with_onnx();
    for (out, args, hidden) in [
        ("hidden", "--curve grumpkin", " --private inputs,outputs"),
        ("open", "--weights public --curve bn254", ""),
    ] {
        let run = place.run(&format!(
            "compile model.onnx --calibrate calibration.npz -o {out} {args}"
        ));
        assert_eq!(run.code, 0, "{run}");
        let run = place.run(&format!(
            "prove {out} --input input.json -o it.proof --force{hidden}"
        ));
        assert_eq!(run.code, 0, "{run}");
        let expect = format!("statement --key {out}/public{hidden} -o {out}.json");
        assert_eq!(place.run(&expect).code, 0);
        let run = place.run(&format!(
            "verify --key {out}/public it.proof --expect {out}.json"
        ));
        assert_run(&format!("verify-{out}"), &run);
        assert_run(
            &format!("inspect-{out}-proof"),
            &place.run("inspect it.proof"),
        );
    }
}

#[test]
fn inspect_knows_every_file_of_ours() {
    let place = Place::with_model();
    for (name, file) in [
        ("model", "credit.model"),
        ("public", "credit.model/public"),
        ("secret", "credit.model/secret"),
        ("key", "credit.model/public/verifying.key"),
        ("blinding", "credit.model/secret/blinding.safetensors"),
        ("proof", "credit.proof"),
    ] {
        assert_run(
            &format!("inspect-{name}"),
            &place.run(&format!("inspect {file}")),
        );
    }
    let run = place.run("inspect credit.model/public/model.json");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("model card"));
}

#[test]
fn help_of_every_command() {
    assert_run("help", &Place::new().run("--help"));
    for command in COMMANDS {
        let run = Place::new().run(&format!("{command} --help"));
        assert_run(&format!("help-{command}"), &run);
    }
}
