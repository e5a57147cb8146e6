//! Statements: what is proven about a run of a committed model.
//!
//! A statement is a value of its own. The verifier writes the one that it expects and derives the relations from it and from its own
//! key; a proof carries the statement that it was made for, and is accepted only if the two have the same canonical bytes. So nothing
//! that a prover writes decides what "accepted" means. `docs/concepts/statements.md` has the conditions S1 to S4 and T1 to T6 beside the
//! code that checks them.

mod document;
mod error;
mod explained;
mod shape;

pub use error::StatementError;
pub use explained::ExplainedClaim;
pub(crate) use shape::{Form, StatementShape, Window};

use crate::execution::Execution;
use crate::execution::ExecutionError;
use crate::tensor_commitment::TensorKind;
use crate::{Digest, hex};
pub use inferproof_claims::Role;
use inferproof_claims::{Claim, Scope};
use inferproof_program::{Program, TensorId, ValidProgram};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a statement says of one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// The proof shows its integers.
    Public,
    /// The proof hides it, and nothing about it can be compared with another proof.
    Private,
    /// The proof comes with a fresh hiding commitment to it, which other proofs may read.
    Commit,
    /// It is what the commitment with this [identifier](crate::TensorCommitment::id) commits to.
    Committed(Digest),
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Private => f.write_str("private"),
            Self::Commit => f.write_str("committed afresh"),
            Self::Committed(id) => write!(f, "committed as {}", hex(id)),
        }
    }
}

/// A tensor of a run, as a statement lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which tensor of the program that is run.
    pub tensor: TensorId,
    /// What is said of it.
    pub visibility: Visibility,
}

/// What is proven about a run of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Of which model.
    pub model_id: Digest,
    /// The digest of the proofs that the model's weights are in range.
    pub range_proof_id: Digest,
    /// How the model was run. The tensors below are those of the program that it makes of the model's.
    pub execution: Execution,
    /// Every input of the program that is run, in its order.
    pub inputs: Vec<Listed>,
    /// Every output of the program that is run, in its order.
    pub outputs: Vec<Listed>,
    /// What is claimed of inputs and outputs, of every sample.
    pub claims: Vec<Claim>,
    /// The caller's bytes: a nonce, a request, a purpose.
    #[serde(with = "serde_bytes")]
    pub context: Vec<u8>,
}

impl Statement {
    /// The plain statement of a model: its inputs and outputs are all public.
    pub(crate) fn plain(
        program: &Program,
        model_id: Digest,
        range_proof_id: Digest,
        context: &[u8],
    ) -> Self {
        let public = |ids: &[TensorId]| {
            let listed = ids.iter().map(|&tensor| Listed {
                tensor,
                visibility: Visibility::Public,
            });
            listed.collect()
        };
        Self {
            model_id,
            range_proof_id,
            execution: Execution::default(),
            inputs: public(&program.inputs),
            outputs: public(&program.outputs),
            claims: Vec::new(),
            context: context.to_vec(),
        }
    }

    /// The same of another run of the model: all inputs and outputs of the program that is run are public, and nothing is claimed.
    ///
    /// # Errors
    /// If the model cannot be run like this.
    pub fn of_execution(
        self,
        model: &ValidProgram,
        execution: Execution,
    ) -> Result<Self, ExecutionError> {
        let program = execution.program(model)?;
        Ok(Self {
            execution,
            ..Self::plain(&program, self.model_id, self.range_proof_id, &self.context)
        })
    }

    /// The same with a claim more, as text about the program that is run on one sample.
    ///
    /// # Errors
    /// If the model cannot be run like this, or the text is no claim about it.
    pub fn claim(mut self, model: &ValidProgram, text: &str) -> Result<Self, ExecutionError> {
        let program = self.execution.of_one_sample().program(model)?;
        self.claims.push(Claim::parse(text, &Scope::new(&program))?);
        Ok(self)
    }

    /// The same with all inputs seen like this.
    #[must_use]
    pub fn with_inputs(mut self, visibility: Visibility) -> Self {
        self.inputs
            .iter_mut()
            .for_each(|l| l.visibility = visibility);
        self
    }

    /// The same with all outputs seen like this.
    #[must_use]
    pub fn with_outputs(mut self, visibility: Visibility) -> Self {
        self.outputs
            .iter_mut()
            .for_each(|l| l.visibility = visibility);
        self
    }

    /// The same with another context.
    #[must_use]
    pub fn with_context(mut self, context: &[u8]) -> Self {
        self.context = context.to_vec();
        self
    }

    /// Says how one tensor is seen. `name` is that of an input or output; `input:NAME` and `output:NAME` tell the two apart, and `inputs`
    /// and `outputs` are all of a kind.
    ///
    /// # Errors
    /// If there is no such tensor, or an input and an output of that name: a name that is not understood is never a default.
    pub fn set(
        &mut self,
        program: &Program,
        name: &str,
        visibility: Visibility,
    ) -> Result<(), StatementError> {
        let places = self.find(program, name)?;
        for (role, place) in places {
            let list = match role {
                Role::Input => &mut self.inputs,
                Role::Output => &mut self.outputs,
            };
            if let Some(listed) = list.get_mut(place) {
                listed.visibility = visibility;
            }
        }
        Ok(())
    }

    /// The places in the lists of inputs and outputs that a name speaks of.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn find(
        &self,
        program: &Program,
        name: &str,
    ) -> Result<Vec<(Role, usize)>, StatementError> {
        let names = |role: Role| {
            let list = match role {
                Role::Input => &self.inputs,
                Role::Output => &self.outputs,
            };
            let tensors = list.iter().map(move |l| program.tensor(l.tensor));
            let named = tensors.enumerate();
            named.filter_map(move |(place, t)| Some((role, place, t?.name.as_str())))
        };
        let all = || names(Role::Input).chain(names(Role::Output));
        let matching = |wanted: &str, only: Option<Role>| -> Vec<(Role, usize)> {
            all()
                .filter(|&(role, _, name)| name == wanted && only.is_none_or(|only| role == only))
                .map(|(role, place, _)| (role, place))
                .collect()
        };
        let found = matching(name, None);
        match found.as_slice() {
            [_] => return Ok(found),
            [_, _, ..] => {
                return Err(StatementError::Ambiguous {
                    name: name.to_owned(),
                });
            }
            [] => {}
        }
        let prefixed = [("input:", Role::Input), ("output:", Role::Output)];
        for (prefix, role) in prefixed {
            if let Some(bare) = name.strip_prefix(prefix)
                && let found @ [_] = matching(bare, Some(role)).as_slice()
            {
                return Ok(found.to_vec());
            }
        }
        for (group, role) in [("inputs", Role::Input), ("outputs", Role::Output)] {
            if name == group {
                return Ok(names(role).map(|(role, place, _)| (role, place)).collect());
            }
        }
        Err(StatementError::Unknown {
            name: name.to_owned(),
            known: all()
                .map(|(role, _, name)| format!("{role}:{name}"))
                .collect(),
        })
    }

    /// Of what kind a commitment is that a proof makes to the tensor in this place.
    pub(crate) fn fresh_kind(&self, role: Role, place: usize) -> TensorKind {
        let scores = self.execution.score.map_or(0, |score| score.sums());
        match role {
            Role::Input => TensorKind::Data,
            Role::Output if place + scores >= self.outputs.len() => TensorKind::Score,
            Role::Output => TensorKind::Boundary,
        }
    }

    /// Inputs, then outputs.
    pub fn listed(&self) -> impl Iterator<Item = (Role, &Listed)> {
        let inputs = self.inputs.iter().map(|l| (Role::Input, l));
        inputs.chain(self.outputs.iter().map(|l| (Role::Output, l)))
    }

    /// Whether it is that the whole program was run on one sample, with everything public and nothing claimed beyond.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let mut listed = self.listed();
        let is_shown = listed.all(|(_, l)| l.visibility == Visibility::Public);
        is_shown && self.execution.is_plain() && self.claims.is_empty()
    }

    /// The canonical bytes: what is absorbed by the transcript, and what two statements are compared by.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = b"inferproof statement 2".to_vec();
        // Encoding to memory fails for no value of this type: it holds no map of unknown length.
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        bytes
    }

    /// A digest of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *blake3::Hasher::new_derive_key("inferproof statement digest 2")
            .update(&self.canonical_bytes())
            .finalize()
            .as_bytes()
    }

    /// How another statement differs from this one, which is expected: each difference in words.
    #[must_use]
    pub fn differences(&self, model: &ValidProgram, other: &Self) -> Vec<String> {
        let mut all = Vec::new();
        for (what, expected, got) in [
            ("model", self.model_id, other.model_id),
            ("range proofs", self.range_proof_id, other.range_proof_id),
        ] {
            if expected != got {
                all.push(format!(
                    "{what}: expected {}, the proof is of {}",
                    hex(&expected),
                    hex(&got)
                ));
            }
        }
        if self.execution != other.execution {
            let (expected, got) = (&self.execution, &other.execution);
            all.push(format!(
                "run: expected {}, the proof is of {}",
                expected.said_of(model),
                got.said_of(model)
            ));
        }
        let program = self.execution.program(model).ok();
        if self.claims != other.claims {
            let said = |statement: &Self| match statement.claim_texts(model).as_slice() {
                [] if statement.claims.is_empty() => "none".to_owned(),
                [] => format!("{} of another run", statement.claims.len()),
                texts => texts
                    .iter()
                    .map(|t| format!("`{t}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            all.push(format!(
                "claims: expected {}, the proof has {}",
                said(self),
                said(other)
            ));
        }
        for (role, expected, got) in [
            (Role::Input, &self.inputs, &other.inputs),
            (Role::Output, &self.outputs, &other.outputs),
        ] {
            let ids = |list: &[Listed]| list.iter().map(|l| l.tensor).collect::<Vec<_>>();
            if ids(expected) != ids(got) {
                all.push(format!("{role}s: the proof lists other tensors"));
                continue;
            }
            for (expected, got) in expected.iter().zip(got) {
                if expected.visibility != got.visibility {
                    let tensor = program.as_ref().and_then(|p| p.tensor(expected.tensor));
                    let name = tensor.map(|t| t.name.as_str()).unwrap_or_default();
                    all.push(format!(
                        "{role} `{name}`: expected {}, in the proof it is {}",
                        expected.visibility, got.visibility
                    ));
                }
            }
        }
        if self.context != other.context {
            all.push("context: the proof is bound to another one".to_owned());
        }
        all
    }
}
