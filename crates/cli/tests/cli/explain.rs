//! What claims mean in integers, and the place that is shown of a claim that is none.

use crate::support::{Place, assert_run};
use serde_json::{Value, json};

const SCORE: &str = "output[0]>=-6.5";

/// Where the real number `numerator / 10` begins in units of `2^-scale_log2`.
fn first_integer(numerator: i64, scale_log2: i64) -> i64 {
    let scaled = numerator << scale_log2;
    scaled.div_euclid(10) + i64::from(scaled.rem_euclid(10) > 0)
}

#[test]
fn explain_says_which_integers_satisfy_a_claim() {
    let place = Place::with_model();
    let claims = [SCORE, "argmax(output)==1", "not(input[2]<1/3)"];
    let line = format!("explain credit.model {}", claims.join(" "));
    assert_run("explain", &place.run(&line));
    let (code, report) = place.json(&line);
    assert_eq!(code, 0, "{report}");
    let (_, key) = place.json("inspect credit.model/public");
    let scale = key["key"]["outputs"][0]["scale_log2"].as_i64().unwrap();
    let means = report["claims"][0]["comparisons"][0]["integers"].as_str();
    let first = first_integer(-65, scale);
    let expected =
        format!("n >= {first}, where n is the integer of `output[0, 0]`, in units of 2^-{scale}");
    assert_eq!(means, Some(expected.as_str()));
    assert_eq!(report["claims"][1]["claim"], "argmax(output[0]) == 1");
    // The key alone is enough.
    let run = place.run(&format!(
        "explain credit.model/public/verifying.key {SCORE}"
    ));
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn the_place_in_a_claim_is_shown_on_lines_of_its_own() {
    let place = Place::with_model();
    let run = place.run("explain credit.model output[0]>=0.5 scor[0]>=0.8");
    assert_run("explain-unknown-tensor", &run);
    let run = place.run("prove credit.model --input input.json --claim output[7]>=0.8 -o x.proof");
    assert_run("prove-claim-index", &run);
    assert!(!place.path().join("x.proof").exists());
    // What could move the cursor is escaped, and the carets stand below what is printed.
    let run = place.run("explain credit.model \"a\u{1b}[2J\"[0]>=0.8");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!((run.code, lines.len()), (2, 3), "{run}");
    assert!(!run.stderr.contains('\u{1b}'), "{run}");
    let caret = lines[2].find('^').unwrap();
    assert!(lines[1][caret..].starts_with('"'), "{run}");
    assert_eq!(lines[2].matches('^').count(), "\"a\\u{1b}[2J\"".len());
    // In an object it is one text.
    let (code, object) = place.json("explain credit.model scor[0]>=0.8");
    assert_eq!(code, 2);
    let error = object["error"].as_str().unwrap();
    assert!(error.ends_with("\n    scor[0]>=0.8\n    ^^^^"), "{error}");
}

#[test]
fn claims_are_shown_with_their_integers() {
    let place = Place::with_model();
    let said = format!("--claim {SCORE} --private output --context nonce");
    let run = place.run(&format!(
        "prove credit.model --input input.json {said} -o claimed.proof"
    ));
    assert_eq!(run.code, 0, "{run}");
    let write = format!("statement --key credit.model/public {said} -o expected.json");
    let written = place.run(&write);
    assert_eq!(written.code, 0, "{written}");
    let verify = "verify --key credit.model/public claimed.proof --expect expected.json";
    assert_run("verify-claim", &place.run(verify));
    let (_, explained) = place.json(&format!("explain credit.model {SCORE}"));
    let (_, verified) = place.json(verify);
    assert_eq!(verified["claims"], explained["claims"]);

    // Without the key, tensors have no names.
    let (code, bare) = place.json("inspect claimed.proof");
    assert_eq!((code, &bare["claims"]), (0, &Value::Null));
    for file in ["claimed.proof", "expected.json"] {
        let (code, inspected) = place.json(&format!("inspect {file} --key credit.model/public"));
        assert_eq!(code, 0, "{inspected}");
        assert_eq!(inspected["claims"], explained["claims"]);
    }
    assert_run(
        "inspect-statement",
        &place.run("inspect expected.json --key credit.model"),
    );
    let run = place.run("inspect credit.model/public/model.json --key credit.model");
    assert_run("inspect-key-for-nothing", &run);
    let mut other: Value = serde_json::from_slice(&place.read("expected.json")).unwrap();
    other["model_id"] = json!("0".repeat(64));
    place.write("other.json", other.to_string());
    let run = place.run("inspect other.json --key credit.model");
    assert_run("inspect-key-of-another-model", &run);

    // The page has it too.
    let page = "report claimed.proof --key credit.model/public --expect expected.json -o page.html";
    let run = place.run(page);
    assert_eq!(run.code, 0, "{run}");
    let page = String::from_utf8(place.read("page.html")).unwrap();
    let integers = explained["claims"][0]["comparisons"][0]["integers"].as_str();
    let integers = integers.unwrap().replace('>', "&gt;");
    assert!(page.contains(&integers), "{integers}");
}

#[test]
fn a_page_about_a_part_names_the_tensors_of_the_part() {
    let place = Place::with_model();
    // Behind the first layer; spaces keep the name from being a word of a line.
    let name = "/1/Relu (Relu)#5";
    for (line, out) in [
        ("prove credit.model --input input.json", "part.proof"),
        ("statement --key credit.model/public", "part.json"),
    ] {
        let part = ["--from", "input", "--to", name, "--private", "input"];
        let mut command = place.command(line);
        let output = command.args(part).args(["-o", out]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    let page = "report part.proof --key credit.model/public --expect part.json -o page.html";
    let run = place.run(page);
    assert_eq!(run.code, 0, "{run}");
    let page = String::from_utf8(place.read("page.html")).unwrap();
    assert!(page.contains("the part of the model from"), "{page}");
    let shown = format!("<code>{name}</code>, which is shown");
    assert!(page.contains(&shown), "{page}");
}
