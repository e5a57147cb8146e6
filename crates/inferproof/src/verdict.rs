//! The judgement of proofs: whether each is one of the statement that the caller expects, and shows the values that the caller expects.

use inferproof_inference::{Disclosed, Proof, Role, Statement, Verifier};
use inferproof_program::Program;

/// What a caller expects of a proof.
#[derive(Clone, Debug)]
pub struct Expected {
    statement: Statement,
    /// Integers of every input, if they are to be compared.
    inputs: Option<Vec<Vec<i64>>>,
    /// Integers of every output, if they are to be compared.
    outputs: Option<Vec<Vec<i64>>>,
}

/// What cannot be compared, since the statement hides it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{role} `{name}` cannot be compared: the statement hides it, so that no proof shows it")]
pub struct Hidden {
    /// Input or output.
    pub role: Role,
    /// The tensor's name.
    pub name: String,
}

impl Expected {
    /// A proof of this statement, whatever it shows.
    #[must_use]
    pub fn new(statement: Statement) -> Self {
        Self {
            statement,
            inputs: None,
            outputs: None,
        }
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Which shows these integers of every input, or of every output, in the program's order.
    ///
    /// # Errors
    /// If the statement hides one of them.
    pub fn showing(
        mut self,
        program: &Program,
        role: Role,
        integers: Vec<Vec<i64>>,
    ) -> Result<Self, Hidden> {
        self.check_shown(program, role)?;
        match role {
            Role::Input => self.inputs = Some(integers),
            Role::Output => self.outputs = Some(integers),
        }
        Ok(self)
    }

    /// Whether all inputs, or all outputs, are public.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_shown(&self, program: &Program, role: Role) -> Result<(), Hidden> {
        let mut listed = self.statement.listed();
        let public = inferproof_inference::Visibility::Public;
        match listed.find(|(of, listed)| *of == role && listed.visibility != public) {
            None => Ok(()),
            Some((role, hidden)) => Err(Hidden {
                role,
                name: program
                    .tensor(hidden.tensor)
                    .map(|t| t.name.clone())
                    .unwrap_or_default(),
            }),
        }
    }
}

/// Whether a proof is what was expected.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is; in it stands what it discloses.
    Accepted(Box<Proof>),
    /// It is not, for this reason.
    Rejected(String),
}

/// Verifies the bytes of a proof file, and compares what it shows with what is expected. The range proofs of the key are the caller's to
/// check, once.
#[must_use]
pub fn judge(verifier: &Verifier, expected: &Expected, proof: &[u8]) -> Verdict {
    let verdicts = judge_all(verifier, &[(expected, proof)]);
    let none = || Verdict::Rejected("it was not judged".to_owned());
    verdicts.into_iter().next().unwrap_or_else(none)
}

/// As [`judge`] of each of these proofs, in less time: what proofs of one key share is computed once. There is one verdict for each, in
/// their order.
#[must_use]
pub fn judge_all(verifier: &Verifier, proofs: &[(&Expected, &[u8])]) -> Vec<Verdict> {
    let files = proofs
        .iter()
        .map(|(expected, proof)| (&expected.statement, *proof));
    let verified = verifier.verify_all(&files.collect::<Vec<_>>(), &[]);
    let pairs = verified.into_iter().zip(proofs);
    pairs
        .map(|(verified, (expected, _))| match verified {
            // No value is compared, so that no program is needed.
            Ok(proof) if expected.inputs.is_none() && expected.outputs.is_none() => {
                Verdict::Accepted(Box::new(proof))
            }
            Ok(proof) => match verifier.listed(&expected.statement) {
                Ok(program) => compare(&program, expected, proof),
                Err(error) => Verdict::Rejected(error.to_string()),
            },
            Err(rejection) => Verdict::Rejected(rejection.to_string()),
        })
        .collect()
}

/// Whether a proof that holds shows the values that the caller expects.
fn compare(program: &Program, expected: &Expected, proof: Proof) -> Verdict {
    let disclosure = &proof.disclosure;
    for (role, ids, shown, expected) in [
        (
            Role::Input,
            &program.inputs,
            &disclosure.inputs,
            &expected.inputs,
        ),
        (
            Role::Output,
            &program.outputs,
            &disclosure.outputs,
            &expected.outputs,
        ),
    ] {
        let Some(expected) = expected else {
            continue;
        };
        for ((&id, shown), expected) in ids.iter().zip(shown).zip(expected) {
            let name = program.tensor(id).map(|t| t.name.as_str());
            let name = name.unwrap_or_default();
            if let Some(difference) = difference(role, name, shown, expected) {
                return Verdict::Rejected(difference);
            }
        }
    }
    Verdict::Accepted(Box::new(proof))
}

/// Compares what is shown of a tensor with expected integers; the first difference in words.
fn difference(role: Role, name: &str, shown: &Disclosed, expected: &[i64]) -> Option<String> {
    let Some(shown) = shown.integers() else {
        return Some(format!("{role} `{name}`: the proof does not show it"));
    };
    if shown.len() != expected.len() {
        return Some(format!(
            "{role} `{name}`: expected {} entries, the proof shows {}",
            expected.len(),
            shown.len()
        ));
    }
    let differs = |(s, e): &(&i64, &i64)| s != e;
    let count = shown.iter().zip(expected).filter(differs).count();
    let entry = shown.iter().zip(expected).position(|pair| differs(&pair))?;
    let (shown, expected) = (shown.get(entry)?, expected.get(entry)?);
    Some(format!(
        "{role} `{name}`: {count} entries differ from what the proof shows; entry {entry}: expected {expected}, the proof shows {shown} (quantized)"
    ))
}
