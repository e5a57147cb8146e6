//! What a proof says is a statement: hidden inputs, commitments, and what a verifier expects.

use crate::support::{Place, assert_run};
use serde_json::Value;

const PROVE: &str = "prove credit.model --input input.json --context nonce";
const VERIFY: &str = "verify --key credit.model/public";

#[test]
fn a_verifier_expects_everything_public_unless_it_says_otherwise() {
    let place = Place::with_model();
    let hidden = place.run(&format!("{PROVE} --private inputs -o hidden.proof"));
    assert_eq!(hidden.code, 0, "{hidden}");
    // The prover's word alone, that the input is hidden, is not enough.
    assert_run(
        "rejected-statement",
        &place.run(&format!("{VERIFY} hidden.proof --context nonce")),
    );
    let written = place.run(
        "statement --key credit.model/public --private input --context nonce -o expected.json",
    );
    assert_run("statement", &written);
    let accepted = place.run(&format!("{VERIFY} hidden.proof --expect expected.json"));
    assert_run("accepted-statement", &accepted);
    // Nor does the plain proof pass for the hidden one.
    let run = place.run(&format!("{VERIFY} credit.proof --expect expected.json"));
    assert_eq!(run.code, 1, "{run}");
    // A statement that was written down can be proven as it is.
    let run =
        place.run("prove credit.model --input input.json --statement expected.json -o again.proof");
    assert_eq!(run.code, 0, "{run}");
    let run = place.run(&format!("{VERIFY} again.proof --expect expected.json"));
    assert_eq!(run.code, 0, "{run}");
    let run = place.run(&format!(
        "{VERIFY} again.proof --expect expected.json --input input.json"
    ));
    assert_run("compare-hidden", &run);
}

#[test]
fn a_misspelt_name_shows_nothing() {
    let place = Place::with_model();
    let run = place.run(&format!("{PROVE} --private imput -o hidden.proof"));
    assert_run("unknown-tensor", &run);
    assert!(!place.path().join("hidden.proof").exists());
    let json = place.run("statement --key credit.model/public");
    assert_eq!(json.code, 0, "{json}");
    let mut statement: Value = serde_json::from_str(&json.stdout).unwrap();
    statement["inputs"] = serde_json::json!({});
    place.write("expected.json", statement.to_string());
    let run = place.run(&format!("{VERIFY} credit.proof --expect expected.json"));
    assert_run("statement-without-a-tensor", &run);
}

#[test]
fn two_things_said_of_one_tensor_are_refused() {
    let place = Place::with_model();
    let run = place.run(&format!(
        "{PROVE} --private input --commit input=x.opening -o twice.proof"
    ));
    assert_run("tensor-said-twice", &run);
    assert!(!place.path().join("twice.proof").exists());
    let id = "0".repeat(64);
    let run = place.run(&format!(
        "statement --key credit.model/public --commit input --committed input={id}"
    ));
    assert_eq!(run.code, 2, "{run}");
    // The exception from a group is no contradiction.
    let run = place.run("statement --key credit.model/public --private inputs --commit input");
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn committed_tensors_are_read_by_other_proofs() {
    let place = Place::with_model();
    let (code, made) = place.json(
        "commit --key credit.model/public --input input.json -o x.opening --commitment x.commitment",
    );
    assert_eq!(code, 0);
    let id = made["tensor_id"].as_str().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.path().join("x.opening"));
        assert_eq!(mode.unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The input's values come from the opening.
    let prove = "prove credit.model --committed input=x.opening --context one -o one.proof";
    let (code, proved) = place.json(prove);
    assert_eq!(code, 0, "{proved}");
    assert_eq!(proved["statement"]["inputs"]["input"]["committed"], id);
    let expect = "statement --key credit.model/public --committed input=x.commitment --context one -o one.json";
    assert_eq!(place.run(expect).code, 0);
    let (code, verified) = place.json(&format!("{VERIFY} one.proof --expect one.json"));
    assert_eq!((code, verified["verdict"].as_str()), (0, Some("accepted")));
    assert_eq!(verified["commitments"]["input"], id);
    assert_eq!(verified["outputs"], proved["outputs"]);

    // A commitment to the same values that is not the one that is expected.
    let again = "commit --key credit.model/public --input input.json -o again.opening";
    assert_eq!(place.run(again).code, 0);
    let expect = "statement --key credit.model/public --committed input=again.opening --context one -o again.json";
    assert_eq!(place.run(expect).code, 0);
    let run = place.run(&format!("{VERIFY} one.proof --expect again.json"));
    assert_eq!(run.code, 1, "{run}");

    // An output that comes out committed.
    let (code, proved) = place.json(&format!("{PROVE} --commit output=y.opening -o two.proof"));
    assert_eq!(code, 0, "{proved}");
    let expect = "statement --key credit.model/public --commit output --context nonce -o two.json";
    assert_eq!(place.run(expect).code, 0);
    let (code, verified) = place.json(&format!("{VERIFY} two.proof --expect two.json"));
    assert_eq!(code, 0, "{verified}");
    assert_eq!(verified["commitments"], proved["commitments"]);
    assert!(verified["outputs"].as_object().unwrap().is_empty());
    let (_, opening) = place.json("inspect y.opening");
    assert_eq!(
        opening["tensor"]["tensor_id"],
        proved["commitments"]["output"]
    );
    assert_eq!(opening["tensor"]["tensor_kind"], "boundary");
    // A fresh commitment without a place for what opens it is of no use, and refused.
    let run =
        place.run("prove credit.model --input input.json --statement two.json -o three.proof");
    assert_run("commit-without-a-place", &run);

    // An opening that was changed opens nothing.
    let mut bytes = place.read("x.opening");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    place.write("x.opening", bytes);
    let run = place.run("prove credit.model --committed input=x.opening -o four.proof");
    assert_run("damaged-opening", &run);
}
