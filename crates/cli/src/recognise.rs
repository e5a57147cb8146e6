//! Files given in the wrong place are recognised: a proof where a key belongs, a model that was compiled where one is to be compiled.

use crate::error::Error;
use crate::source::is_standard;
use inferproof::{BLINDING, FORMAT, KEY, Kind, PUBLIC, WEIGHTS, kind_of};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What can be told from a first look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    ModelFolder,
    PublicFolder,
    SecretFolder,
    Key,
    Proof,
    Onnx,
    Secrets,
    Card,
    Statement,
    Commitment,
    Opening,
    Evaluation,
    Data,
}

impl What {
    /// With its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::ModelFolder => "the folder of a compiled model",
            Self::PublicFolder => "the public folder of a model",
            Self::SecretFolder => "the secret folder of a model",
            Self::Key => "a verifying key",
            Self::Proof => "a proof",
            Self::Onnx => "an ONNX model",
            Self::Secrets => "a file with a model's weights or secrets",
            Self::Card => "a model card",
            Self::Statement => "a statement",
            Self::Commitment => "a commitment to a tensor",
            Self::Opening => "what opens a commitment",
            Self::Evaluation => "a proof of what a model scores on a data set",
            Self::Data => "a data file",
        }
    }

    /// What a folder or file is, if a first look tells.
    fn of(path: &Path) -> Option<Self> {
        if path.join(PUBLIC).is_dir() {
            return Some(Self::ModelFolder);
        }
        if path.is_dir() {
            let has = |name: &str| path.join(name).is_file();
            return match (has(KEY), has(BLINDING) || has(WEIGHTS)) {
                (true, _) => Some(Self::PublicFolder),
                (false, true) => Some(Self::SecretFolder),
                (false, false) => None,
            };
        }
        // Pipes and devices give what they have only once.
        if !path.is_file() {
            return None;
        }
        let mut start = Vec::new();
        File::open(path)
            .ok()?
            .take(512)
            .read_to_end(&mut start)
            .ok()?;
        Self::of_file(path, &start)
    }

    fn of_file(path: &Path, start: &[u8]) -> Option<Self> {
        if let Some(what) = Self::of_bytes(start) {
            return Some(what);
        }
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(start);
        match extension.to_ascii_lowercase().as_str() {
            "onnx" => Some(Self::Onnx),
            "safetensors" if text.contains("model_id") => Some(Self::Secrets),
            "json" if text.contains(FORMAT) => Some(Self::Card),
            "json" if text.contains("inferproof statement") => Some(Self::Statement),
            "csv" | "tsv" | "json" | "npy" | "npz" => Some(Self::Data),
            // The first field of an ONNX file is its small version number, and then its maker's name.
            _ if matches!(start, [8, 1..=30, 0x12, ..]) => Some(Self::Onnx),
            _ => None,
        }
    }

    /// What bytes say themselves to be.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match kind_of(bytes) {
            Ok((Kind::Key, _)) => Some(Self::Key),
            Ok((Kind::Proof, _)) => Some(Self::Proof),
            Ok((Kind::Commitment, _)) => Some(Self::Commitment),
            Ok((Kind::Opening, _)) => Some(Self::Opening),
            Ok((Kind::Evaluation, _)) => Some(Self::Evaluation),
            Err(_) => None,
        }
    }
}

/// Looks at each argument's file, and refuses standard input for more than one.
///
/// # Errors
/// For the first that is something else than belongs there.
pub fn check_all(arguments: &[(Argument, &Path)]) -> Result<(), Error> {
    once(arguments)?;
    let mut arguments = arguments.iter();
    arguments.try_for_each(|(argument, path)| argument.check(path))
}

/// Standard input can be read once: refuses arguments of which more than one is `-`.
///
/// # Errors
/// Which two are.
pub fn once(arguments: &[(Argument, &Path)]) -> Result<(), Error> {
    let mut standard = arguments.iter().filter(|(_, path)| is_standard(path));
    match (standard.next(), standard.next()) {
        (Some((first, _)), Some((second, _))) => Err(Error::StandardTwice {
            first: first.name,
            second: second.name,
        }),
        _ => Ok(()),
    }
}

/// An argument, and what belongs there.
#[derive(Clone, Copy)]
pub struct Argument {
    name: &'static str,
    wants: &'static str,
    takes: &'static [What],
}

/// The model of `compile` and `check`.
pub const ONNX: Argument = Argument {
    name: "MODEL.onnx",
    wants: "an ONNX model",
    takes: &[What::Onnx],
};
/// The model of `run` and `prove`.
pub const MODEL: Argument = Argument {
    name: "MODEL",
    wants: "the folder that `inferproof compile` wrote",
    takes: &[What::ModelFolder],
};
/// The key of `verify`. The public folder is found in a model's.
pub const PUBLIC_KEY: Argument = Argument {
    name: "--key",
    wants: "a model's public folder or its verifying key",
    takes: &[What::PublicFolder, What::ModelFolder, What::Key],
};
/// What `slice plan` cuts.
pub const PLANNED: Argument = Argument {
    name: "MODEL|PUBLIC",
    ..PUBLIC_KEY
};
/// The model of `explain`.
pub const EXPLAINED: Argument = Argument {
    name: "MODEL|PUBLIC",
    ..PUBLIC_KEY
};
/// The proof of `verify`.
pub const PROOF: Argument = Argument {
    name: "PROOF",
    wants: "a proof",
    takes: &[What::Proof],
};
/// The input of `run`, `prove` and `verify`.
pub const INPUT: Argument = Argument {
    name: "--input",
    wants: "a data file (.csv, .json, .npy or .npz)",
    takes: &[What::Data],
};
/// The statement of `prove`.
pub const STATEMENT: Argument = Argument {
    name: "--statement",
    wants: "a file that `inferproof statement` wrote",
    takes: &[What::Statement],
};
/// The statement of `verify`.
pub const EXPECT: Argument = Argument {
    name: "--expect",
    ..STATEMENT
};
/// What `report` makes a page of.
pub const SHOWN: Argument = Argument {
    name: "MODEL|PROOF",
    wants: "a model folder, its public folder or key, or a proof",
    takes: &[
        What::ModelFolder,
        What::PublicFolder,
        What::Key,
        What::Proof,
    ],
};
/// What `inspect` says what it is.
pub const INSPECTED: Argument = Argument {
    name: "FILE",
    wants: "a file of ours",
    takes: &[],
};
/// Names of classes, which look like anything.
pub const LABELS: Argument = Argument {
    name: "--labels",
    wants: "a text file with one name a line",
    takes: &[What::Data],
};
/// What a tensor was committed with.
pub const COMMITTED: Argument = Argument {
    name: "--committed",
    wants: "the opening that `inferproof commit` or `prove --commit` wrote",
    takes: &[What::Opening],
};
/// What ranges are chosen from.
pub const CALIBRATE: Argument = Argument {
    name: "--calibrate",
    ..INPUT
};
/// What accuracy is measured on.
pub const EVALUATE: Argument = Argument {
    name: "--evaluate",
    ..INPUT
};

impl Argument {
    /// Refuses what is recognised as something else. What is not recognised is for the command to read.
    fn check(&self, path: &Path) -> Result<(), Error> {
        match What::of(path) {
            Some(what) if !is_standard(path) && !self.takes.contains(&what) => {
                Err(Error::Misplaced {
                    path: path.into(),
                    is: what.name(),
                    argument: self.name,
                    wants: self.wants,
                    remedy: self.remedy(what),
                })
            }
            _ => Ok(()),
        }
    }

    /// What to do with something else.
    fn remedy(&self, what: What) -> &'static str {
        let is = |argument: &Self| argument.name == self.name;
        match what {
            What::Proof if is(&PUBLIC_KEY) => "did you swap the arguments?",
            What::Key | What::PublicFolder if is(&PROOF) => "did you swap the arguments?",
            What::Onnx if is(&MODEL) => {
                "compile it first: `inferproof compile MODEL.onnx --calibrate DATA -o MODEL`"
            }
            What::Onnx if is(&PUBLIC_KEY) => {
                "its owner compiles it and sends you the public folder"
            }
            What::PublicFolder | What::Key if is(&MODEL) => {
                "only who has the model's secrets as well can run or prove it"
            }
            What::ModelFolder | What::PublicFolder | What::Key if is(&ONNX) => {
                "this model is compiled already: `inferproof inspect` describes it"
            }
            What::Data if is(&ONNX) => "samples are given by --calibrate",
            What::SecretFolder | What::Secrets if is(&PUBLIC_KEY) => {
                "secrets are the prover's; the verifier needs the folder `public`"
            }
            What::SecretFolder | What::Secrets | What::Card if is(&MODEL) => {
                "give the folder in which it lies, with `public` inside"
            }
            What::Commitment if is(&COMMITTED) => "only what opens it lets you prove it",
            _ => "`inferproof inspect` says what a file is",
        }
    }
}
