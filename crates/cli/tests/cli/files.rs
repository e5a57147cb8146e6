//! What is written and what is not: nothing that exists is replaced unasked, and what is no regular file not even then.

use crate::support::{Place, Run, assert_run};

const PROVE: &str = "prove credit.model --input input.json --context nonce -o";

fn refused(name: &str, run: Run) {
    assert_eq!(run.code, 2, "{run}");
    assert_run(&format!("refused-{name}"), &run);
}

#[test]
fn a_proof_replaces_nothing_unasked() {
    let place = Place::with_model();
    place.write("letter", "dear reader");
    refused("file", place.run(&format!("{PROVE} letter")));
    assert_eq!(place.read("letter"), b"dear reader");
    let run = place.run(&format!("{PROVE} letter --force"));
    assert_eq!(run.code, 0, "{run}");
    let run = place.run("verify --key credit.model/public letter --context nonce");
    assert_eq!(run.code, 0, "{run}");
    refused("folder", place.run(&format!("{PROVE} credit.model -f")));
}

#[test]
fn what_a_command_reads_is_not_replaced() {
    let place = Place::with_model();
    let input = place.read("input.json");
    let key = place.read("credit.model/public/verifying.key");
    let weights = place.read("credit.model/secret/weights.safetensors");
    refused("input", place.run(&format!("{PROVE} ./input.json --force")));
    for file in ["public/verifying.key", "secret/weights.safetensors"] {
        let run = place.run(&format!("{PROVE} credit.model/{file} --force"));
        assert_eq!(run.code, 2, "{run}");
    }
    assert_eq!(place.read("input.json"), input);
    assert_eq!(place.read("credit.model/public/verifying.key"), key);
    assert_eq!(
        place.read("credit.model/secret/weights.safetensors"),
        weights
    );
}

#[cfg(unix)]
#[test]
fn links_devices_and_pipes_are_never_replaced() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let place = Place::with_model();
    place.write("letter", "dear reader");
    for (link, target) in [
        ("link", "letter"),
        ("dangling", "nothing"),
        ("null", "/dev/null"),
    ] {
        symlink(target, place.path().join(link)).unwrap();
        for more in ["", " --force"] {
            refused(
                &format!("{link}{}", more.trim()),
                place.run(&format!("{PROVE} {link}{more}")),
            );
        }
        assert!(place.path().join(link).is_symlink());
    }
    assert_eq!(place.read("letter"), b"dear reader");
    assert!(!place.path().join("nothing").exists());
    let made = std::process::Command::new("mkfifo")
        .arg(place.path().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    refused("pipe", place.run(&format!("{PROVE} pipe --force")));
    let kind = std::fs::symlink_metadata(place.path().join("pipe"))
        .unwrap()
        .file_type();
    assert!(kind.is_fifo());
}

#[test]
fn force_replaces_a_compiled_model_and_nothing_else() {
    let place = Place::with_onnx();
    let compile = "compile model.onnx --calibrate calibration.npz --force -o";
    std::fs::create_dir(place.path().join("home")).unwrap();
    place.write("home/diary", "dear diary");
    refused(
        "folder-of-something-else",
        place.run(&format!("{compile} home")),
    );
    assert_eq!(place.read("home/diary"), b"dear diary");
    refused(
        "file-for-a-folder",
        place.run(&format!("{compile} input.json")),
    );
    std::fs::create_dir(place.path().join("empty")).unwrap();
    let run = place.run(&format!("{compile} empty"));
    assert_eq!(run.code, 0, "{run}");
}

#[cfg(unix)]
#[test]
fn old_secrets_do_not_stay_behind_a_link() {
    use std::os::unix::fs::symlink;
    let place = Place::with_model();
    let compile = "compile model.onnx --calibrate calibration.npz --force -o";
    std::fs::rename(place.path().join("credit.model"), place.path().join("real")).unwrap();
    symlink("real", place.path().join("credit.model")).unwrap();
    refused(
        "model-is-a-link",
        place.run(&format!("{compile} credit.model")),
    );
    std::fs::rename(place.path().join("real/secret"), place.path().join("vault")).unwrap();
    symlink("../vault", place.path().join("real/secret")).unwrap();
    refused("secret-is-a-link", place.run(&format!("{compile} real")));
    for file in ["vault/weights.safetensors", "real/public/verifying.key"] {
        assert!(!place.read(file).is_empty());
    }
}

#[cfg(unix)]
#[test]
fn a_proof_may_be_read_by_whom_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_model();
    place.write("plain", "");
    let mode = |file: &str| {
        let metadata = std::fs::metadata(place.path().join(file)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("credit.proof"), mode("plain"));
    let made = place.path().join("folder");
    std::fs::create_dir(made).unwrap();
    assert_eq!(
        place
            .run("compile model.onnx --calibrate calibration.npz -o new.model")
            .code,
        0
    );
    assert_eq!(mode("new.model"), mode("folder"));
}

/// What a killed process leaves is a name with nobody who holds its lock; what another is writing is locked.
#[cfg(unix)]
#[test]
fn what_a_killed_run_left_is_named_and_what_another_writes_is_left_alone() {
    let place = Place::with_onnx();
    let of = |state: &str| place.path().join(format!(".credit.model.{state}-Ab3dE9"));
    std::fs::create_dir(of("unfinished")).unwrap();
    std::fs::create_dir(of("replaced")).unwrap();
    let other = place.path().join(".credit.model.unfinished-other1");
    std::fs::create_dir(&other).unwrap();
    let held = std::fs::File::open(&other).unwrap();
    held.try_lock().unwrap();
    let run = place.run("compile model.onnx --calibrate calibration.npz -o credit.model");
    assert_run("leftovers", &run);
    assert!(other.is_dir() && of("unfinished").is_dir());
}

#[test]
fn standard_input_and_output() {
    let place = Place::with_model();
    let input = place.read("input.json");
    let proved = place.fed("prove credit.model --input - -o - --context nonce", &input);
    assert_eq!(
        proved.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&proved.stderr)
    );
    assert!(proved.stdout.starts_with(b"infproof"));
    assert!(String::from_utf8_lossy(&proved.stderr).contains("proved in"));
    let verify = "verify --key credit.model/public - --context nonce --input input.json";
    assert_eq!(place.fed(verify, &proved.stdout).status.code(), Some(0));
    let key = place.read("credit.model/public/verifying.key");
    let verify = "verify --key - credit.proof --context nonce";
    assert_eq!(place.fed(verify, &key).status.code(), Some(0));
    let run = "run credit.model --input";
    let whole = place
        .run(&format!("{run} calibration.npz --sample 3 --json"))
        .stdout;
    let fed = place.fed(
        &format!("{run} - --sample 3 --json"),
        &place.read("calibration.npz"),
    );
    let outputs = |text: &[u8]| {
        serde_json::from_slice::<serde_json::Value>(text).unwrap()["outputs_quantized"].clone()
    };
    assert_eq!(outputs(&fed.stdout), outputs(whole.as_bytes()));
    let onnx = place.read("model.onnx");
    assert_eq!(place.fed("check -", &onnx).status.code(), Some(0));
    let compile = "compile - --calibrate calibration.npz -o fed.model";
    assert_eq!(place.fed(compile, &onnx).status.code(), Some(0));
    let inspected = place.fed("inspect -", &place.read("credit.proof"));
    assert!(String::from_utf8_lossy(&inspected.stdout).contains("proof"));
    refused("standard-input-twice", place.run("verify --key - -"));
    refused(
        "folder-to-standard-output",
        place.run("compile model.onnx --calibrate calibration.npz -o -"),
    );
}
