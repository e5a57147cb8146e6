//! Several proofs verified at once: each has its verdict, and one that is rejected makes the exit code 1.

use crate::support::{Place, assert_run};

const VERIFY: &str = "verify --key credit.model/public --context nonce";

/// Three proofs of one input, which differ.
fn place() -> Place {
    let place = Place::with_model();
    for name in ["b", "c"] {
        let prove =
            format!("prove credit.model --input input.json --context nonce -o {name}.proof");
        let run = place.run(&prove);
        assert_eq!(run.code, 0, "{run}");
    }
    place.write("a.proof", place.read("credit.proof"));
    place
}

#[test]
fn several_proofs_are_verified_at_once() {
    let place = place();
    // The range proofs of the key come first, and are remembered.
    place.run(&format!("{VERIFY} a.proof"));
    assert_run(
        "many",
        &place.run(&format!("{VERIFY} a.proof b.proof c.proof")),
    );
    let run = place.run(&format!(
        "{VERIFY} a.proof b.proof a.proof --input input.json"
    ));
    assert_eq!(run.code, 0, "{run}");
    let mut broken = place.read("b.proof");
    let last = broken.len();
    broken[last - 40] ^= 1;
    place.write("b.proof", broken);
    place.write("c.proof", "no proof");
    let all = format!("{VERIFY} a.proof b.proof c.proof");
    assert_run("many-rejected", &place.run(&all));
    let quiet = place.run(&format!("{all} -q"));
    assert_eq!((quiet.code, quiet.stdout.as_str()), (1, ""));
    assert_eq!(quiet.stderr.lines().count(), 2, "{quiet}");
}

#[test]
fn each_has_a_verdict_in_the_object() {
    let place = place();
    place.write("b.proof", []);
    let (code, report) = place.json(&format!("{VERIFY} a.proof b.proof c.proof"));
    assert_eq!(code, 1);
    assert_eq!(report["verdict"], "rejected");
    assert_eq!(report["reason"], serde_json::Value::Null);
    let proofs = report["proofs"].as_array().unwrap();
    let of = |key: &str| {
        proofs
            .iter()
            .map(|proof| proof[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("proof"), ["a.proof", "b.proof", "c.proof"]);
    assert_eq!(of("verdict"), ["accepted", "rejected", "accepted"]);
    let (_, alone) = place.json(&format!("{VERIFY} b.proof"));
    assert!(alone["proofs"].is_null());
    assert_eq!(proofs[1]["reason"], alone["reason"]);
    assert!(alone["reason"].is_string());
    let (code, alone) = place.json(&format!("{VERIFY} a.proof"));
    assert_eq!((code, &alone["verdict"]), (0, &"accepted".into()));
    for key in ["inputs", "outputs", "outputs_quantized", "proof_bytes"] {
        assert_eq!(proofs[0][key], alone[key], "{key}");
        assert!(!alone[key].is_null(), "{key}");
    }
    let (code, report) = place.json(&format!("{VERIFY} a.proof c.proof"));
    assert_eq!((code, &report["verdict"]), (0, &"accepted".into()));
}

/// One statement is expected of all: none gets in under another's.
#[test]
fn one_statement_is_expected_of_all() {
    let place = place();
    let prove = "prove credit.model --input input.json --context other -o b.proof --force";
    assert_eq!(place.run(prove).code, 0);
    let prove =
        "prove credit.model --input input.json --context nonce --private input -o c.proof --force";
    assert_eq!(place.run(prove).code, 0);
    let (code, report) = place.json(&format!("{VERIFY} a.proof b.proof c.proof"));
    assert_eq!(code, 1);
    let verdicts = report["proofs"].as_array().unwrap().iter();
    let verdicts: Vec<_> = verdicts.map(|proof| proof["verdict"].clone()).collect();
    assert_eq!(verdicts, ["accepted", "rejected", "rejected"]);
}

#[test]
fn a_file_that_is_missing_is_an_error() {
    let place = place();
    let run = place.run(&format!("{VERIFY} a.proof missing.proof"));
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("missing.proof"), "{run}");
    let run = place.run(&format!("{VERIFY} - -"));
    assert_eq!(run.code, 2, "{run}");
}
