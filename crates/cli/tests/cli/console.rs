//! Quiet, verbose, coloured, logged; completions and manual pages.

use crate::support::Place;
use serde_json::Value;

const RUN: &str = "run credit.model --input input.json";

#[test]
fn quiet_is_quiet_and_errors_are_heard() {
    let place = Place::with_model();
    let run = place.run(&format!("{RUN} -q"));
    assert_eq!((run.code, &run.stdout[..], &run.stderr[..]), (0, "", ""));
    let run = place.run(&format!("{RUN} --quiet --sample 3"));
    assert!(run.code == 2 && run.stderr.starts_with("error: "), "{run}");
    let run = place.run(&format!("{RUN} -q --json"));
    assert!(serde_json::from_str::<Value>(&run.stdout).is_ok(), "{run}");
    let run = place.run(&format!("{RUN} -q -v"));
    assert_eq!(run.code, 2, "{run}");
}

#[test]
fn what_a_proof_will_say_is_a_part_of_the_object() {
    let place = Place::with_model();
    let prove = "prove credit.model --input input.json --private input -o private.proof";
    let run = place.run(&format!("--json {prove}"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    let object: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(object["statement"]["inputs"]["input"], "private");
    let run = place.run(&format!("{prove} --force"));
    assert!(run.stderr.contains("the proof will say"), "{run}");
}

#[test]
fn verbose_says_how_long_each_part_takes() {
    let run = Place::with_model().run("prove credit.model --input input.json -o new.proof -v");
    for part in [
        "committing to the trace",
        "lookups",
        "contractions",
        "opening",
        "closing",
    ] {
        let line = format!("proving: {part}: ");
        assert!(run.stderr.contains(&line), "{run}");
    }
}

#[test]
fn colours_are_for_terminals_or_who_asks() {
    let place = Place::with_model();
    assert!(
        !place.run(RUN).stdout.contains('\x1b'),
        "this is no terminal"
    );
    let verify = "verify --key credit.model/public credit.proof";
    let run = place.run(&format!("{verify} --context nonce --color always"));
    assert!(run.stdout.contains("\x1b[1m\x1b[32m accepted"), "{run}");
    let run = place.run(&format!("{verify} --color always"));
    assert!(
        run.stderr.starts_with("\x1b[1m\x1b[31mproof rejected:"),
        "{run}"
    );
    let run = place.run(&format!("{verify} --color never"));
    assert!(run.stderr.starts_with("proof rejected:"), "{run}");
}

#[test]
fn a_log_is_one_object_a_line() {
    let place = Place::with_model();
    let log = |line: &str, variable: Option<&str>| -> Vec<Value> {
        let mut command = place.command(line);
        command.envs(variable.map(|value| ("INFERPROOF_LOG", value)));
        let errors = String::from_utf8(command.output().unwrap().stderr).unwrap();
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        errors.lines().map(read).collect()
    };
    let prove = "prove credit.model --input input.json --force -o new.proof";
    for events in [
        log(&format!("{prove} --log json"), None),
        log(prove, Some("info")),
    ] {
        let lookups = events.iter().find(|e| e["message"] == "lookups").unwrap();
        assert_eq!(lookups["level"], "INFO");
        assert_eq!(lookups["work"], "proving");
        assert!(lookups["seconds"].is_number() && lookups["timestamp"].is_string());
    }
    let events = log("run nothing --input input.json --log json", None);
    assert_eq!(
        (&events[0]["level"], &events[0]["exit_code"]),
        (&"ERROR".into(), &2.into())
    );
    assert!(log(prove, Some("error")).is_empty());
    let run = place.run("run credit.model --input input.json --log text --sample 9");
    assert!(run.stderr.contains("ERROR"), "{run}");
}

/// Proofs that were made with few instructions are like others; a kind that there is not is refused.
#[test]
fn the_environment_limits_instructions() {
    let place = Place::with_model();
    let run = |line: &str, instructions: &str| {
        let mut command = place.command(line);
        command.env("INFERPROOF_INSTRUCTIONS", instructions);
        command.output().unwrap()
    };
    for instructions in ["portable", "avx2"] {
        let prove = "prove credit.model --input input.json --force -o few.proof";
        assert!(run(prove, instructions).status.success());
        let verify = "verify --key credit.model/public few.proof";
        assert!(run(verify, "portable").status.success());
        assert_eq!(place.run(verify).code, 0);
    }
    let refused = run("inspect credit.model", "fast");
    assert_eq!(refused.status.code(), Some(2));
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(
        errors.contains("INFERPROOF_INSTRUCTIONS is `fast`"),
        "{errors}"
    );
}

#[test]
fn usage_errors_are_objects_too() {
    let place = Place::with_model();
    for line in [
        "prove credit.model",
        "frobnicate",
        "compile model.onnx --calibrate calibration.npz -o a --weights pirvate",
        "verify --key credit.model credit.proof --max-work many",
    ] {
        let (code, object) = place.json(line);
        assert_eq!((code, &object["exit_code"]), (2, &2.into()), "{object}");
        assert!(object["error"].as_str().unwrap().len() > 10, "{object}");
    }
    let run = place.run("--json");
    assert_eq!(run.code, 2, "{run}");
    assert!(serde_json::from_str::<Value>(&run.stdout).is_ok(), "{run}");
    let run = place.run("--json --help");
    assert!(run.code == 0 && run.stdout.contains("Usage"), "{run}");
}

#[test]
fn a_key_that_demands_too_much_is_refused() {
    let place = Place::with_model();
    let run =
        place.run("verify --key credit.model/public credit.proof --context nonce --max-work 1000");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("--max-work allows more"), "{run}");
}

#[test]
fn shells_complete_and_man_has_pages() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = place.run(&format!("completions {shell}"));
        assert!(run.code == 0 && run.stdout.contains("weight-bits"), "{run}");
    }
    let run = place.run("manual -o man1");
    assert_eq!(run.code, 0, "{run}");
    let page = String::from_utf8(place.read("man1/inferproof-prove.1")).unwrap();
    assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    assert!(page.contains("\\-\\-force"), "{page}");
    assert!(place.path().join("man1/inferproof.1").is_file());
    assert_eq!(place.run("manual -o man1").code, 2, "pages exist");
    assert_eq!(place.run("manual -o man1 --force").code, 0);
}
