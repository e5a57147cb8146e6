//! What a proof gives of its statement's tensors, checked against the statement and the program before the argument sees it.

use crate::key::VerifyingKey;
use crate::lower::Lowered;
use crate::proof::{Disclosed, Disclosure};
use crate::rejection::Rejection;
use crate::statement::{Role, Statement, Visibility};
use crate::tensor_commitment::{TensorCommitment, TensorKind};
use crate::{Curve, Digest};
use inferproof_argument::curve::{Point, Profile};
use inferproof_program::Tensor;

/// The public tensors of the relations, and the external ones besides the weights.
pub(crate) struct Given<P: Profile> {
    pub publics: Vec<Vec<i64>>,
    pub committed: Vec<Vec<Point<P>>>,
    /// The identifiers of the committed tensors.
    pub ids: Vec<Digest>,
}

/// What is given of the statement's tensors: public ones each in its shape and declared range (PROTOCOL must 4), commitments each of
/// the right tensor and, where the statement says which, with that identifier.
pub(crate) fn given<P: Profile>(
    key: &VerifyingKey<P>,
    statement: &Statement,
    disclosure: &Disclosure,
) -> Result<Given<P>, Rejection> {
    for (role, listed, disclosed) in [
        (Role::Input, &statement.inputs, &disclosure.inputs),
        (Role::Output, &statement.outputs, &disclosure.outputs),
    ] {
        if listed.len() != disclosed.len() {
            return Err(Rejection::Disclosed {
                what: role.to_string(),
                reason: "wrong number of tensors",
            });
        }
    }
    let mut given = Given {
        publics: Vec::new(),
        committed: Vec::new(),
        ids: Vec::new(),
    };
    let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
    for ((role, listed), disclosed) in statement.listed().zip(disclosed) {
        let tensor = key.architecture.program.tensor(listed.tensor);
        let name = tensor.map(|t| t.name.clone()).unwrap_or_default();
        let refuse = |reason| Rejection::Disclosed {
            what: format!("{role} `{name}`"),
            reason,
        };
        let tensor = tensor.ok_or_else(|| refuse("it does not exist"))?;
        match (listed.visibility, disclosed) {
            (Visibility::Public, Disclosed::Integers(values)) => {
                check_public(tensor, values).map_err(refuse)?;
                given.publics.push(values.clone());
            }
            (Visibility::Private, Disclosed::Nothing) => {}
            (Visibility::Commit | Visibility::Committed(_), Disclosed::Commitment(c)) => {
                let id = check_commitment(key, role, listed.visibility, tensor, c);
                given.ids.push(id.map_err(refuse)?);
                given.committed.push(c.points::<P>().map_err(refuse)?);
            }
            (Visibility::Public, _) => {
                return Err(refuse("it is public, but the proof does not show it"));
            }
            (Visibility::Private, _) => {
                return Err(refuse(
                    "it is private, but the proof discloses something of it",
                ));
            }
            (Visibility::Commit | Visibility::Committed(_), _) => {
                return Err(refuse(
                    "it is committed, but the proof has no commitment to it",
                ));
            }
        }
    }
    Ok(given)
}

/// A commitment is of the program's tensor, of a kind that may stand here, in rows that the argument can read; gives its identifier.
fn check_commitment<P: Profile>(
    key: &VerifyingKey<P>,
    role: Role,
    visibility: Visibility,
    tensor: &Tensor,
    commitment: &TensorCommitment,
) -> Result<Digest, &'static str> {
    commitment.check(tensor)?;
    let own = key.architecture.row_bits;
    if commitment.row_bits > own {
        return Err("the commitment has longer rows than this model's proofs can read");
    }
    let id = commitment.id(Curve::of::<P>());
    match visibility {
        Visibility::Commit => {
            let kind = match role {
                Role::Input => TensorKind::Data,
                Role::Output => TensorKind::Boundary,
            };
            if commitment.kind != kind {
                return Err("the commitment is of another kind");
            }
            if commitment.row_bits != own {
                return Err("a fresh commitment has rows as long as the model's");
            }
        }
        Visibility::Public | Visibility::Private | Visibility::Committed(_) => {
            match commitment.kind {
                TensorKind::Data | TensorKind::Boundary => {}
                TensorKind::Weight => {
                    return Err("the commitment is to a weight of a model");
                }
            }
            if visibility != Visibility::Committed(id) {
                return Err("the commitment is not the one that the statement names");
            }
        }
    }
    Ok(id)
}

/// The entries of a public tensor are as many as its shape has, in its declared range.
fn check_public(tensor: &Tensor, values: &[i64]) -> Result<(), &'static str> {
    if tensor.volume() != values.len() {
        return Err("wrong number of entries");
    }
    let range = tensor.low..=tensor.high;
    if !values.iter().all(|v| range.contains(v)) {
        return Err("an entry is outside the declared range");
    }
    Ok(())
}

/// The public tensors in the order of the relations: inputs, what anybody computes from them, outputs.
pub(crate) fn public_tensors(
    lowered: &Lowered,
    given: Vec<Vec<i64>>,
) -> Result<Vec<Vec<i64>>, Rejection> {
    let missing = || Rejection::Disclosed {
        what: "input".into(),
        reason: "one is missing",
    };
    let mut all = given;
    let outputs = all.split_off(lowered.public_inputs.min(all.len()));
    for code in &lowered.codes {
        // A code may be one of indices that are a code themselves.
        let indices = all.get(code.input).ok_or_else(missing)?;
        all.push(inferproof_program::indicator(indices, code.classes));
    }
    all.extend(outputs);
    Ok(all)
}
