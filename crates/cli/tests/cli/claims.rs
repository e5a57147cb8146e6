//! Claims on the command line: proven and verified with everything hidden, refused when false, marked where they are not understood.

use crate::support::Place;

const PROVE: &str = "prove credit.model --input input.json --private input,output --context nonce";
const STATEMENT: &str =
    "statement --key credit.model/public --private input,output --context nonce";
const VERIFY: &str = "verify --key credit.model/public";

/// Which of the two outputs is the greater in the bundled input's run.
fn answer(place: &Place) -> usize {
    let (_, report) = place.json("run credit.model --input input.json");
    let scores = report["outputs"]["output"].as_array().unwrap();
    usize::from(scores[1].as_f64() > scores[0].as_f64())
}

#[test]
fn a_hidden_score_is_above_a_threshold() {
    let place = Place::with_model();
    let answer = answer(&place);
    let claim = format!("argmax(output)=={answer}");
    let run = place.run(&format!("{PROVE} --claim {claim} -o me.proof"));
    assert_eq!(run.code, 0, "{run}");
    let said = format!("argmax(output[0]) == {answer}");
    assert!(
        run.stderr.contains(&said),
        "it is said before the work: {run}"
    );
    let run = place.run(&format!("{STATEMENT} --claim {claim} -o expected.json"));
    assert_eq!(run.code, 0, "{run}");
    let (code, report) = place.json(&format!("{VERIFY} me.proof --expect expected.json"));
    assert_eq!((code, &report["verdict"]), (0, &"accepted".into()));
    assert_eq!(report["statement"]["claims"][0], said.as_str());
    assert!(
        report["outputs"].as_object().is_none_or(|o| o.is_empty()),
        "{report}"
    );

    // Another way to write it is the same claim; another claim, or none, is not.
    for (other, code) in [
        (format!("{answer}==argmax(output[0])"), 0),
        (format!("argmax(output)!={answer}"), 1),
        (format!("output[{answer}]>=-400"), 1),
    ] {
        let run = place.run(&format!(
            "{STATEMENT} --claim {other} -o other.json --force"
        ));
        assert_eq!(run.code, 0, "{run}");
        let run = place.run(&format!("{VERIFY} me.proof --expect other.json"));
        assert_eq!(run.code, code, "{run}");
        assert_eq!(code == 1, run.stderr.contains("claims: expected"), "{run}");
    }
    assert_eq!(place.run(&format!("{STATEMENT} -o none.json")).code, 0);
    let run = place.run(&format!("{VERIFY} me.proof --expect none.json"));
    assert!(
        run.code == 1 && run.stderr.contains("claims: expected none"),
        "{run}"
    );
}

#[test]
fn what_is_false_or_not_understood_is_refused() {
    let place = Place::with_model();
    let wrong = 1 - answer(&place);
    for (claim, said) in [
        (format!("argmax(output)=={wrong}"), "is false"),
        (
            "outpt[0]>=1".into(),
            "the model has no input or output `outpt`",
        ),
        ("output[2]>=1".into(), "output[2]"),
        ("output[0]>=".into(), "output[0]>="),
        ("output[0]==\"good\"".into(), "\"good\""),
        ("output[0]>=-9999".into(), "whatever the run"),
    ] {
        let run = place.run(&format!("{PROVE} --claim {claim} -o me.proof"));
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(said), "{claim}: {run}");
        assert!(!place.path().join("me.proof").exists(), "{claim}");
    }
}

/// A part of the model alone, from its input to its first layer, is a statement too.
#[test]
fn a_part_of_a_model_is_proven_alone() {
    let place = Place::with_model();
    let run = place.run("statement --key credit.model/public --from nothing --to output");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("`nothing`"), "{run}");
    let run =
        place.run("statement --key credit.model/public --from input --to output --commit output");
    assert_eq!(run.code, 0, "{run}");
    let statement: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(statement["slice"]["from"][0], "input");
    assert_eq!(statement["outputs"]["output"], "commit");
}
