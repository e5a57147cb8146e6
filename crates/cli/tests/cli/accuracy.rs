//! Accuracy on the command line: a tester's committed data set, counts against those of single runs, and proofs that do not fit what is expected.

use crate::support::{Place, assert_run, bundled};
use serde_json::Value;

const SAMPLES: usize = 12;

/// A folder with a data set of a few samples, of whose labels three are not what the model says.
fn place() -> Place {
    let place = Place::with_model();
    let test = bundled("mlp_credit").join("test.npz");
    std::fs::copy(test, place.path().join("test.npz")).unwrap();
    let mut labels = Vec::new();
    for sample in 0..SAMPLES {
        let run = format!("run credit.model --input test.npz --sample {sample}");
        let (code, report) = place.json(&run);
        assert_eq!(code, 0, "{report}");
        let scores = &report["outputs"]["output"];
        let answer = u8::from(scores[1].as_f64() > scores[0].as_f64());
        labels.push(if sample % 4 == 1 { 1 - answer } else { answer });
    }
    let labels: Vec<String> = labels.iter().map(u8::to_string).collect();
    place.write("labels.csv", format!("labels\n{}\n", labels.join("\n")));
    let groups: Vec<String> = (0..SAMPLES).map(|i| (i % 2).to_string()).collect();
    place.write("groups.csv", format!("groups\n{}\n", groups.join("\n")));
    place
}

/// The first samples of the bundled data set, as a data file of their own.
fn first_samples(place: &Place) {
    let rows: Vec<Vec<f64>> = (0..SAMPLES)
        .map(|sample| {
            let prove =
                format!("prove credit.model --input test.npz --sample {sample} -o s.proof --force");
            assert_eq!(place.run(&prove).code, 0);
            let (_, report) = place.json("verify --key credit.model/public s.proof");
            let values = report["inputs"]["input"].as_array().unwrap();
            values.iter().map(|v| v.as_f64().unwrap()).collect()
        })
        .collect();
    place.write(
        "data.json",
        serde_json::json!({ "input": rows }).to_string(),
    );
}

#[test]
fn accuracy_on_a_committed_data_set() {
    let place = place();
    first_samples(&place);
    for (data, tensor, out) in [
        ("data.json", "input", "testset"),
        ("labels.csv", "labels", "labels"),
    ] {
        let run = place.run(&format!(
            "commit {data} --for credit.model/public:{tensor} -o {out}"
        ));
        assert_eq!(run.code, 0, "{run}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name| {
            let metadata = std::fs::metadata(place.path().join(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode("testset.opening"), 0o600);
        assert_ne!(mode("testset.commitment"), 0o600);
    }
    let accuracy = "accuracy credit.model --data testset --labels labels --part 5 --context audit";
    let (code, report) = place.json(&format!("{accuracy} --at-least 9 -o accuracy.proof"));
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["sums"]["correct"][0], 9.0);
    assert_eq!(report["parts"], 3);
    // A tester's public files are all that a verifier needs.
    for secret in ["testset.opening", "labels.opening"] {
        std::fs::remove_file(place.path().join(secret)).unwrap();
    }
    let verify = "accuracy credit.model/public --data testset --labels labels --context audit";
    let verified = format!("{verify} --at-least 9 --verify accuracy.proof");
    let (code, report) = place.json(&verified);
    assert_eq!(
        (code, &report["verdict"]),
        (0, &"accepted".into()),
        "{report}"
    );
    assert!(
        report["sums"].is_null(),
        "a hidden sum is not shown: {report}"
    );
    for (expected, said) in [
        ("--at-least 10", "the sums"),
        ("--at-least 9 --show", "the sums"),
    ] {
        let run = place.run(&format!("{verify} {expected} --verify accuracy.proof"));
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(said), "{expected}: {run}");
    }
    // Of confusions there is no `correct` to claim something of: the question is wrong, not the proof.
    let run = place.run(&format!(
        "{verify} --at-least 9 --measure confusion --verify accuracy.proof"
    ));
    assert!(run.code == 2 && run.stderr.contains("`correct`"), "{run}");
    let run = place.run(&format!(
        "{verify} --show --measure confusion --verify accuracy.proof"
    ));
    assert!(run.code == 1 && run.stderr.contains("part 0"), "{run}");
    let other = verified.replace("audit", "other");
    assert_eq!(place.run(&other).code, 1);
    // Who has no opening proves nothing.
    let run = place.run(&format!("{accuracy} --at-least 9 -o again.proof"));
    assert!(run.code == 2 && run.stderr.contains("opens it"), "{run}");
    let (_, inspected) = place.json("inspect accuracy.proof");
    assert_eq!(inspected["evaluation"]["samples"], SAMPLES);
}

#[test]
fn public_data_groups_and_false_claims() {
    let place = place();
    first_samples(&place);
    let data = "--data data.json --labels labels.csv --groups 2 --group-of groups.csv";
    let prove = format!("accuracy credit.model {data} --show -o groups.proof");
    let (code, report) = place.json(&prove);
    assert_eq!(code, 0, "{report}");
    // Every fourth label is wrong, and those have odd places.
    assert_eq!(report["sums"]["correct"], serde_json::json!([6.0, 3.0]));
    assert_eq!(report["sums"]["samples"], serde_json::json!([6.0, 6.0]));
    let verify = format!("accuracy credit.model/public {data} --show --verify groups.proof");
    let (code, report) = place.json(&verify);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["sums"]["correct"], serde_json::json!([6.0, 3.0]));
    let fair =
        format!("accuracy credit.model {data} --claim correct[1]>=0.9*samples[1] -o f.proof");
    let run = place.run(&fair);
    assert!(run.code == 2 && run.stderr.contains("is false"), "{run}");
    assert!(!place.path().join("f.proof").exists());
    let run = place.run(&fair.replace("0.9", "0.5"));
    assert_eq!(run.code, 0, "{run}");

    // A label that the model does not have, and nothing said.
    place.write("labels.csv", format!("labels\n{}", "2\n".repeat(SAMPLES)));
    let run =
        place.run("accuracy credit.model --data data.json --labels labels.csv --show -o x.proof");
    assert!(
        run.code == 2 && run.stderr.contains("sample 0: 2 is none"),
        "{run}"
    );
    let run = place.run("accuracy credit.model --data data.json --labels labels.csv -o x.proof");
    assert!(
        run.code == 2 && run.stderr.contains("nothing is said"),
        "{run}"
    );
}

/// A model that was evaluated on `test.npz`, and how many of its answers are right by the card.
fn evaluated() -> (Place, u64, u64) {
    let place = Place::with_onnx();
    let data = bundled("mlp_credit").join("test.npz");
    std::fs::copy(data, place.path().join("test.npz")).unwrap();
    let compile =
        "compile model.onnx --calibrate calibration.npz --evaluate test.npz -o credit.model";
    let run = place.run(compile);
    assert_eq!(run.code, 0, "{run}");
    let card: Value =
        serde_json::from_slice(&place.read("credit.model/public/model.json")).unwrap();
    let evaluation = &card["evaluation"];
    let right = evaluation["integer_correct"].as_u64().unwrap();
    (place, right, evaluation["samples"].as_u64().unwrap())
}

#[test]
fn right_answers_are_counted_as_by_compile() {
    let (place, right, samples) = evaluated();
    let accuracy = "accuracy credit.model --data test.npz";
    let (code, shown) = place.json(&format!("{accuracy} --part 50 --show -o shown.proof"));
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shown["samples"], samples);
    assert_eq!(shown["sums"]["correct"][0], right as f64);
    let verify = "accuracy credit.model/public --data test.npz --verify";
    let (code, verified) = place.json(&format!("{verify} shown.proof --show"));
    assert_eq!((code, verified["verdict"].as_str()), (0, Some("accepted")));
    assert_eq!(verified["sums"], shown["sums"]);

    // Hidden data, and a hidden count, of which only the bound is said.
    for name in ["input", "labels"] {
        let run = place.run(&format!(
            "commit test.npz --for credit.model:{name} -o {name}"
        ));
        assert_eq!(run.code, 0, "{run}");
    }
    let hidden = "accuracy credit.model --data input --labels labels";
    let run = place.run(&format!("{hidden} --at-least {} -o false.proof", right + 1));
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("is false"), "{run}");
    assert!(!place.path().join("false.proof").exists());
    let (code, proved) = place.json(&format!("{hidden} --at-least {right} -o hidden.proof"));
    assert_eq!(code, 0, "{proved}");
    let means = proved["claims"][0]["comparisons"][0]["integers"].as_str();
    let means = means.unwrap();
    assert!(means.starts_with(&format!("n >= {right}, ")), "{means}");

    // Whoever has the commitments alone verifies.
    for name in ["input", "labels"] {
        std::fs::remove_file(place.path().join(format!("{name}.opening"))).unwrap();
    }
    let verify = "accuracy credit.model/public --data input --labels labels --verify hidden.proof";
    let (code, verified) = place.json(&format!("{verify} --at-least {right}"));
    assert_eq!((code, verified["verdict"].as_str()), (0, Some("accepted")));
    assert_eq!(verified["claims"], proved["claims"]);
    let (code, _) = place.json(&format!("{verify} --at-least {}", right - 1));
    assert_eq!(code, 1);

    // A claim that is none is the caller's mistake, not the proof's.
    let run = place.run(&format!("{verify} --claim corect[0]>=1"));
    assert_run("accuracy-claim-unknown", &run);
}
