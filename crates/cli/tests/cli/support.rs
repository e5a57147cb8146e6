//! Running the binary in a folder of one's own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// All of them.
pub const COMMANDS: [&str; 17] = [
    "demo",
    "check",
    "compile",
    "run",
    "prove",
    "commit",
    "accuracy",
    "explain",
    "statement",
    "verify",
    "slice plan",
    "slice run",
    "chain verify",
    "inspect",
    "report",
    "completions",
    "manual",
];

/// A bundled model's file.
pub fn bundled(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models")
        .join(file)
}

/// A folder, and the binary run in it.
pub struct Place(TempDir);

/// What a run printed and how it ended, without what differs from run to run.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    command: String,
}

impl Place {
    /// An empty folder.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with `model.onnx`, `calibration.npz`, `input.json`, and the compiled `credit.model` with a proof `credit.proof`
    /// bound to `nonce`.
    pub fn with_model() -> Self {
        static COMPILED: OnceLock<Place> = OnceLock::new();
        let compiled = COMPILED.get_or_init(|| {
            let place = Self::with_onnx();
            let run = place.run("compile model.onnx --calibrate calibration.npz -o credit.model");
            assert_eq!(run.code, 0, "{}", run.stderr);
            let prove = "prove credit.model --input input.json -o credit.proof --context nonce";
            let run = place.run(prove);
            assert_eq!(run.code, 0, "{}", run.stderr);
            place
        });
        let place = Self::new();
        copy(compiled.path(), place.path());
        place
    }

    /// A folder with `model.onnx`, `calibration.npz` and `input.json`.
    pub fn with_onnx() -> Self {
        let place = Self::new();
        for file in ["model.onnx", "calibration.npz", "input.json"] {
            std::fs::copy(bundled("mlp_credit").join(file), place.path().join(file)).unwrap();
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path().join(file)).unwrap()
    }

    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(file), bytes).unwrap();
    }

    /// The binary here, with a cache here.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inferproof"));
        command.current_dir(self.path()).args(line.split(' '));
        command
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("COLUMNS", "100")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary.
    pub fn output(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs the binary with something on its standard input.
    pub fn fed(&self, line: &str, input: &[u8]) -> Output {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().unwrap();
        // Who refuses before it reads hangs up.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs the binary with a line of arguments, in which a space always ends one.
    pub fn run(&self, line: &str) -> Run {
        let output = self.output(line);
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            command: line.into(),
        }
    }

    /// Runs with `--json`; the object that was printed.
    pub fn json(&self, line: &str) -> (i32, serde_json::Value) {
        let run = self.run(&format!("--json {line}"));
        let value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|e| panic!("{e}: {} {}", run.stdout, run.stderr));
        (run.code, value)
    }

    /// Names of what lies here, with what is hidden.
    pub fn listing(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "$ inferproof {}\nexit code {}\n",
            self.command, self.code
        )?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Compares a run with the snapshot of this name; times, sizes and digests differ from run to run.
pub fn assert_run(name: &str, run: &Run) {
    let filters = vec![
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"\b\d+(\.\d+)? m?s\b", "[TIME]"),
        (r"\b\d+(\.\d+)? [kM]?B\b", "[SIZE]"),
    ];
    insta::with_settings!({ filters => filters, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, run.to_string());
    });
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
