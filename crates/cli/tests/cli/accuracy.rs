//! Accuracy on the command line: a tester's committed data set, counts against those of single runs, and proofs that do not fit what is expected.

use crate::support::{Place, bundled};

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
        ("--at-least 9 --measure confusion", "part 0"),
    ] {
        let run = place.run(&format!("{verify} {expected} --verify accuracy.proof"));
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(said), "{expected}: {run}");
    }
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
