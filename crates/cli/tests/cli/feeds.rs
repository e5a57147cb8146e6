//! Models whose outputs become inputs, of the next run or of another model: what is compiled fits, and a commitment that one proof makes
//! is read by the next.

use crate::support::{Place, assert_run};
use serde_json::{Value, json};

/// A model of the importer's own tests, which are made with `crates/onnx/tests/generate_feeds.py`.
fn model(place: &Place, name: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/data/feeds/");
    let file = format!("{name}.onnx");
    place.write(&file, std::fs::read(format!("{folder}{file}")).unwrap());
}

/// Numbers between -1 and 1 that look random.
fn numbers(count: usize, seed: usize) -> Vec<f64> {
    let number = |place: usize| f64::sin((17 * place + 29 * seed + 1) as f64 * 1.7);
    (0..count).map(number).collect()
}

const RECURRENT: &str = "compile recurrent.onnx --calibrate x.json -o recurrent.model";

fn recurrent(place: &Place) {
    model(place, "recurrent");
    let samples = (0..40).map(|sample| json!({ "x": numbers(5, sample) }));
    place.write("x.json", Value::from_iter(samples).to_string());
}

#[test]
fn a_state_is_calibrated_along_the_samples_and_shown_in_the_key() {
    let place = Place::new();
    recurrent(&place);
    let run = place.run(&format!("{RECURRENT} --feed state_next=state"));
    assert_run("compile-feeds", &run);
    assert_run(
        "inspect-feeds",
        &place.run("inspect recurrent.model/public"),
    );
    let (_, inspected) = place.json("inspect recurrent.model/public");
    let feeds = json!([{"output": "state_next", "input": "state"}]);
    assert_eq!(inspected["key"]["feeds"], feeds);
    let card: Value =
        serde_json::from_slice(&place.read("recurrent.model/public/model.json")).unwrap();
    assert_eq!(card["feeds"], feeds);
    assert_eq!(card["calibration"]["in_sequence"], json!(["state"]));
    let program = place.run("inspect recurrent.model/public --program");
    assert!(program.stdout.contains(" is the next run's %"), "{program}");
}

#[test]
fn a_state_that_one_proof_commits_to_is_read_by_the_next() {
    let place = Place::new();
    recurrent(&place);
    let run = place.run(&format!("{RECURRENT} --feed state_next=state"));
    assert_eq!(run.code, 0, "{run}");
    let first = json!({ "x": numbers(5, 1), "state": numbers(16, 2) });
    place.write("first.json", first.to_string());
    let (code, first) = place.json(
        "prove recurrent.model --input first.json --private state --commit state_next=s1.opening -o 1.proof",
    );
    assert_eq!(code, 0, "{first}");
    let mut before = first["commitments"]["state_next"].clone();
    for step in 2..5 {
        // What is committed is what counts, whatever the file says.
        let given = json!({ "x": numbers(5, step), "state": numbers(16, step) });
        place.write("given.json", given.to_string());
        let (code, proved) = place.json(&format!(
            "prove recurrent.model --input given.json --committed state=s{}.opening --commit state_next=s{step}.opening -o {step}.proof",
            step - 1
        ));
        assert_eq!(code, 0, "{proved}");
        assert_eq!(proved["statement"]["inputs"]["state"]["committed"], before);
        let id = before.as_str().unwrap();
        let expect = format!(
            "statement --key recurrent.model/public --committed state={id} --commit state_next -o {step}.json"
        );
        assert_eq!(place.run(&expect).code, 0);
        let (code, verified) = place.json(&format!(
            "verify --key recurrent.model/public {step}.proof --expect {step}.json"
        ));
        assert_eq!(
            (code, &verified["verdict"]),
            (0, &json!("accepted")),
            "{verified}"
        );
        before = proved["commitments"]["state_next"].clone();
    }
    // Without the feed each has a range of its own, and the commitment is refused.
    model(&place, "recurrent");
    let samples =
        (0..40).map(|sample| json!({ "x": numbers(5, sample), "state": numbers(16, sample) }));
    place.write("all.json", Value::from_iter(samples).to_string());
    let run = place.run("compile recurrent.onnx --calibrate all.json -o unfed.model");
    assert_eq!(run.code, 0, "{run}");
    let run =
        place.run("prove unfed.model --input first.json --commit state_next=u.opening -o u1.proof");
    assert_eq!(run.code, 0, "{run}");
    let run =
        place.run("prove unfed.model --input first.json --committed state=u.opening -o u2.proof");
    assert_eq!(run.code, 2, "{run}");
}

const PARTY: &str = "compile logistic_step.onnx --calibrate party.json -o party.model --weight-bits 14 --activation-bits 14";
const SERVER: &str = "compile logistic_server.onnx --calibrate server.json -o server.model --weight-bits 14 --activation-bits 14";

/// Calibration data of a step of training, and of the server's sum.
fn training(place: &Place) {
    model(place, "logistic_step");
    model(place, "logistic_server");
    let party = (0..40).map(|sample| {
        let labels: Vec<u8> = numbers(16, sample + 7)
            .iter()
            .map(|&n| u8::from(n > 0.0))
            .collect();
        json!({ "W": numbers(6, sample), "X": numbers(96, sample + 3), "Y": labels })
    });
    place.write("party.json", Value::from_iter(party).to_string());
    let scaled = |seed: usize| -> Vec<f64> { numbers(6, seed).iter().map(|n| n / 8.0).collect() };
    let server = (0..40).map(|sample| {
        json!({
            "W": numbers(6, sample),
            "W_update0": scaled(sample + 1),
            "W_update1": scaled(sample + 2),
            "W_update2": scaled(sample + 3)
        })
    });
    place.write("server.json", Value::from_iter(server).to_string());
}

/// Three parties' updates are the server's inputs, and its weights the parties' next: by commitments alone.
#[test]
fn a_round_of_training_goes_from_commitment_to_commitment() {
    let place = Place::new();
    training(&place);
    let run = place.run(PARTY);
    assert_eq!(run.code, 0, "{run}");
    let run = place.run(&format!(
        "{SERVER} --feed W_next=W --as W=party.model/public:W --as W_update0=party.model:update \
         --as W_update1=party.model/public/verifying.key:output:update --as W_update2=party.model:update"
    ));
    assert_run("compile-as", &run);
    let commit =
        "commit --key party.model/public --input party.json --sample 5 --tensor W -o W.opening";
    let run = place.run(commit);
    assert_eq!(run.code, 0, "{run}");
    let mut committed = String::new();
    for party in 0..3 {
        let run = place.run(&format!(
            "prove party.model --input party.json --sample {party} --private X,Y --committed W=W.opening --commit update=u{party}.opening -o {party}.proof"
        ));
        assert_eq!(run.code, 0, "{run}");
        committed.push_str(&format!(" --committed W_update{party}=u{party}.opening"));
    }
    let run = place.run(&format!(
        "prove server.model --committed W=W.opening{committed} --commit W_next=next.opening -o server.proof"
    ));
    assert_eq!(run.code, 0, "{run}");
    let run = place.run(
        "prove party.model --input party.json --private X,Y --committed W=next.opening --commit update=u.opening -o next.proof",
    );
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let place = Place::new();
    recurrent(&place);
    training(&place);
    assert_eq!(place.run(PARTY).code, 0);
    for (name, line) in [
        ("error-feed-form", format!("{RECURRENT} --feed state")),
        (
            "error-feed-unknown",
            format!("{RECURRENT} --feed state=state"),
        ),
        (
            "error-feed-shape",
            format!("{RECURRENT} --feed chance=state"),
        ),
        ("error-as-form", format!("{SERVER} --as W=party.model")),
        ("error-as-no-key", format!("{SERVER} --as W=party:W")),
        ("error-as-unknown", format!("{SERVER} --as V=party.model:W")),
        (
            "error-as-no-such-tensor",
            format!("{SERVER} --as W=party.model:V"),
        ),
        ("error-as-shape", format!("{SERVER} --as W=party.model:Y")),
        (
            "error-as-twice",
            format!("{SERVER} --feed W_next=W --as W=party.model:W --as W_next=party.model:update"),
        ),
    ] {
        let run = place.run(&line);
        assert_eq!(run.code, 2, "{run}");
        assert_run(name, &run);
        assert!(!place.path().join("server.model").exists());
    }
}
