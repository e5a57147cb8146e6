//! What comes from outside: names with control characters, exchanged weights, and what a cache may know.

use crate::support::{Place, Run, assert_run};
use serde_json::Value;

/// What clears a screen, in as many bytes as the name that it replaces.
const CLEAR: &str = "i\x1b[2J";

/// The bundled network with its input called [`CLEAR`].
fn with_evil_name() -> Place {
    let place = Place::with_onnx();
    let mut onnx = place.read("model.onnx");
    let mut replaced = 0;
    for at in 0..onnx.len() {
        if onnx[at..].starts_with(b"input") {
            onnx[at..at + 5].copy_from_slice(CLEAR.as_bytes());
            replaced += 1;
        }
    }
    assert!(replaced > 1);
    place.write("model.onnx", onnx);
    place
}

#[test]
fn names_reach_no_terminal_raw() {
    let place = with_evil_name();
    let mut runs: Vec<Run> = [
        "check model.onnx",
        "compile model.onnx --calibrate input.json -o evil.model",
        "inspect evil.model",
        "run evil.model --input input.json",
        "run evil.model --input calibration.npz",
        "prove evil.model --input input.json -o evil.proof",
        "verify --key evil.model/public evil.proof",
        "inspect evil.model/public/model.json",
    ]
    .map(|line| place.run(line))
    .into();
    let mut input: Value = serde_json::from_slice(&place.read("input.json")).unwrap();
    input["input_data"][0][3] = 1e4.into();
    place.write("strange.json", input.to_string());
    runs.push(place.run("run evil.model --input strange.json"));
    runs.push(place.run("verify --key evil.model/public evil.proof --input strange.json"));
    for run in &runs {
        for text in [&run.stdout, &run.stderr] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{run}");
        }
    }
    let shown = runs
        .iter()
        .filter(|run| run.to_string().contains("i\\u{1b}[2J"));
    assert!(shown.count() >= 5);
    let (code, inspected) = place.json("inspect evil.model");
    assert_eq!(
        (code, &inspected["key"]["inputs"][0]["name"]),
        (0, &Value::from(CLEAR))
    );
}

/// Replaces a weight in a file of weights, with the digest that goes with it: what anybody can do who can write to a public folder.
fn exchange_a_weight(place: &Place, file: &str) {
    let mut bytes = place.read(file);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let old = header["__metadata__"]["blake3"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut tensors: Vec<(usize, usize, usize)> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, tensor)| {
            let offset =
                |i: usize| 8 + length + tensor["data_offsets"][i].as_u64().unwrap() as usize;
            (
                name.split('.').next().unwrap().parse().unwrap(),
                offset(0),
                offset(1),
            )
        })
        .collect();
    tensors.sort_unstable();
    // Toward zero, so that it stays in its range.
    let (_, start, end) = tensors[0];
    let weight = (start..end)
        .find(|&at| (2..100).contains(&bytes[at]))
        .unwrap();
    bytes[weight] -= 1;
    let mut hasher = blake3::Hasher::new_derive_key("inferproof secret file 1");
    for (_, start, end) in tensors {
        hasher.update(&((end - start) as u64).to_le_bytes());
        hasher.update(&bytes[start..end]);
    }
    let new = hasher.finalize().to_hex().to_string();
    let at = (0..bytes.len())
        .find(|&at| bytes[at..].starts_with(old.as_bytes()))
        .unwrap();
    bytes[at..at + 64].copy_from_slice(new.as_bytes());
    place.write(file, bytes);
}

#[test]
fn exchanged_public_weights_are_noticed() {
    let place = Place::with_onnx();
    let run = place.run("compile model.onnx --calibrate calibration.npz -o open --weights public");
    assert_eq!(run.code, 0, "{run}");
    let commands = [
        ("run", "run open --input input.json"),
        ("prove", "prove open --input input.json -o open.proof"),
        ("inspect", "inspect open"),
        ("inspect-public", "inspect open/public"),
    ];
    // The second time the answer is in the cache.
    for (_, line) in commands.iter().chain(&commands[..1]) {
        let run = place.run(line);
        assert_eq!(run.code, 0, "{run}");
    }
    std::fs::remove_file(place.path().join("open.proof")).unwrap();
    exchange_a_weight(&place, "open/public/weights.safetensors");
    for (name, line) in commands {
        let run = place.run(line);
        assert_eq!(run.code, 2, "{run}");
        assert_run(&format!("exchanged-weights-{name}"), &run);
    }
    assert!(!place.path().join("open.proof").exists());
}

#[test]
fn a_cache_is_where_it_was_asked_for_and_nowhere_else() {
    let place = Place::with_model();
    let verify = "verify --key credit.model/public credit.proof --context nonce";
    let checks = |line: &str| place.run(line).stdout.contains("range proofs");
    assert!(checks(&format!("{verify} --no-cache")));
    assert!(!place.path().join("cache").exists());
    assert!(checks(&format!("{verify} --cache here/it/is")));
    assert!(!checks(&format!("{verify} --cache here/it/is")));
    assert!(checks(&format!("{verify} --cache there")));
    let mut command = place.command(verify);
    command
        .env("XDG_CACHE_HOME", "relative")
        .env("HOME", place.path().join("home"));
    assert!(command.status().unwrap().success());
    assert!(
        !place.path().join("relative").exists(),
        "only absolute paths count"
    );
    assert!(
        place
            .path()
            .join("home/.cache/inferproof/verified")
            .is_dir()
    );
}

#[test]
fn a_card_says_of_secret_weights_no_more_than_two_digits() {
    let place = Place::with_onnx();
    std::fs::copy(
        crate::support::bundled("mlp_credit/test.npz"),
        place.path().join("test.npz"),
    )
    .unwrap();
    let digits = |value: &Value| {
        let text = format!("{:e}", value.as_f64().unwrap());
        let mantissa = text.split('e').next().unwrap();
        mantissa.chars().filter(char::is_ascii_digit).count()
    };
    let most = |weights: &str| {
        let line = format!(
            "compile model.onnx --calibrate calibration.npz --evaluate test.npz -o {weights} --weights {weights}"
        );
        assert_eq!(place.run(&line).code, 0);
        let card = place.read(&format!("{weights}/public/model.json"));
        let card: Value = serde_json::from_slice(&card).unwrap();
        let mut errors = vec![];
        for part in ["calibration", "evaluation"] {
            let agreement = &card[part]["agreement"];
            let agreement = if agreement.is_null() {
                &card[part]
            } else {
                agreement
            };
            let worst = agreement["worst"].as_array().unwrap().iter();
            for of in worst.chain([agreement]) {
                for name in [
                    "relative_error",
                    "max_abs_error",
                    "mean_abs_error",
                    "top1_margin",
                    "size",
                ] {
                    errors.extend(of.get(name).map(digits));
                }
            }
        }
        assert!(errors.len() >= 10, "{errors:?}");
        errors.into_iter().max().unwrap()
    };
    assert!(most("private") <= 2);
    assert!(most("public") > 10, "who has the weights can measure them");
}

#[test]
fn an_edited_card_is_noticed() {
    let place = Place::with_model();
    let verify = "verify --key credit.model/public credit.proof --context nonce";
    let (_, report) = place.json(verify);
    assert_eq!(report["card"], "bound");
    let before = place.json("inspect credit.model").1["key"]["model_id"].clone();
    let card = String::from_utf8(place.read("credit.model/public/model.json")).unwrap();
    place.write("credit.model/public/model.json", card.replace("200", "900"));
    for line in [
        verify,
        "inspect credit.model",
        "inspect credit.model/public",
    ] {
        let run = place.run(line);
        assert_eq!(run.code, 0, "the proof does not depend on the card: {run}");
        assert!(run.stderr.contains("it was edited"), "{run}");
    }
    let (_, report) = place.json(verify);
    assert_eq!(
        (&report["card"], &report["model_id"]),
        (&"edited".into(), &before)
    );
    std::fs::remove_file(place.path().join("credit.model/public/model.json")).unwrap();
    let (_, report) = place.json(verify);
    assert!(report["card"].is_null());
}

#[test]
fn a_strangers_program_is_printed_in_full() {
    let place = Place::with_model();
    let run = place.run("inspect credit.model/public --program");
    assert_run("inspect-program", &run);
    let (code, report) = place.json("inspect credit.model --program");
    assert_eq!(code, 0);
    let nodes = report["program"]["nodes"].as_array().unwrap().len();
    assert_eq!(
        run.stdout
            .lines()
            .filter(|line| line.starts_with('%'))
            .count(),
        nodes
    );
}
