//! What a proof gives of its statement's tensors, checked against the statement and the program before the argument sees it.

use crate::data_window::Stretch;
use crate::lower::Lowered;
use crate::proof::{Disclosed, Disclosure};
use crate::rejection::Rejection;
use crate::statement::{Listed, Role, Statement, Visibility, Window};
use crate::tensor_commitment::{TensorCommitment, TensorKind};
use crate::{Curve, Digest};
use inferproof_argument::curve::{Point, Profile};
use inferproof_program::{Program, Tensor};

/// The public tensors of the relations, and the external ones besides the weights.
pub(crate) struct Given<P: Profile> {
    pub publics: Vec<Vec<i64>>,
    /// Of each committed tensor, how long rows are.
    pub row_bits: Vec<u32>,
    /// The rows of each of them that are read.
    pub committed: Vec<Vec<Point<P>>>,
    /// The identifiers of the committed tensors.
    pub ids: Vec<Digest>,
}

/// What is given of the statement's tensors: public ones each in its shape and declared range (PROTOCOL must 4), commitments each of
/// the right tensor and, where the statement says which, with that identifier.
///
/// Rows of what the model commits to have `2^row_bits` entries. `known` are commitments that the caller has, of data sets.
pub(crate) fn given<P: Profile>(
    program: &Program,
    row_bits: u32,
    statement: &Statement,
    disclosure: &Disclosure,
    known: &[TensorCommitment],
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
    let window = statement.window();
    let mut given = Given {
        publics: Vec::new(),
        row_bits: Vec::new(),
        committed: Vec::new(),
        ids: Vec::new(),
    };
    let disclosed = disclosure.inputs.iter().chain(&disclosure.outputs);
    let places = (0..statement.inputs.len()).chain(0..statement.outputs.len());
    for (((role, listed), place), disclosed) in statement.listed().zip(places).zip(disclosed) {
        let tensor = program.tensor(listed.tensor);
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
            (Visibility::Commit | Visibility::Committed(_), _) => {
                let is_before = listed.visibility != Visibility::Commit;
                let window = window.filter(|_| is_before);
                let commitment = match (listed.visibility, disclosed, window) {
                    (_, Disclosed::Commitment(commitment), None) => commitment,
                    (Visibility::Committed(id), Disclosed::OfDataSet, Some(_)) => {
                        let curve = Curve::of::<P>();
                        let found = known.iter().find(|known| known.id(curve) == id);
                        found.ok_or_else(|| {
                            refuse("it is of a data set whose commitment was not given")
                        })?
                    }
                    (_, _, None) => {
                        return Err(refuse(
                            "it is committed, but the proof has no commitment to it",
                        ));
                    }
                    (_, _, Some(_)) => {
                        return Err(refuse(
                            "it is of a data set, but the proof says something else of it",
                        ));
                    }
                };
                let read = Read {
                    program,
                    row_bits,
                    fresh_kind: statement.fresh_kind(role, place),
                    listed,
                    window,
                };
                let (id, rows) = read.check::<P>(commitment).map_err(refuse)?;
                given.ids.push(id);
                given.committed.push(rows);
                given.row_bits.push(commitment.row_bits);
            }
            (Visibility::Public, _) => {
                return Err(refuse("it is public, but the proof does not show it"));
            }
            (Visibility::Private, _) => {
                return Err(refuse(
                    "it is private, but the proof discloses something of it",
                ));
            }
        }
    }
    Ok(given)
}

/// How a committed tensor is read.
struct Read<'a> {
    program: &'a Program,
    row_bits: u32,
    /// Of a commitment that a proof of the statement makes in this place.
    fresh_kind: TensorKind,
    listed: &'a Listed,
    window: Option<Window>,
}

impl Read<'_> {
    /// A commitment is of the program's tensor, of a kind that may stand here; gives its identifier and the rows that are read.
    fn check<P: Profile>(
        &self,
        commitment: &TensorCommitment,
    ) -> Result<(Digest, Vec<Point<P>>), &'static str> {
        let tensor = self.program.tensor(self.listed.tensor);
        let mut tensor = tensor.ok_or("it does not exist")?.clone();
        let stretch = match self.window {
            None => None,
            Some(window) => {
                let stretch = Stretch::of(&tensor.shape, commitment.row_bits, window);
                if let Some(samples) = tensor.shape.first_mut() {
                    *samples = window.total;
                }
                Some(stretch.ok_or("its samples cannot be found in the rows of the data set")?)
            }
        };
        commitment.check(&tensor)?;
        let id = commitment.id(Curve::of::<P>());
        match self.listed.visibility {
            Visibility::Commit => {
                if commitment.kind != self.fresh_kind {
                    return Err("the commitment is of another kind");
                }
                if commitment.row_bits != self.row_bits {
                    return Err("a fresh commitment has rows as long as the model's");
                }
            }
            Visibility::Public | Visibility::Private | Visibility::Committed(_) => {
                match commitment.kind {
                    TensorKind::Data | TensorKind::Boundary => {}
                    TensorKind::Weight => {
                        return Err("the commitment is to a weight of a model");
                    }
                    TensorKind::Score => {
                        return Err("the commitment is to a score, which is no data");
                    }
                }
                if self.listed.visibility != Visibility::Committed(id) {
                    return Err("the commitment is not the one that the statement names");
                }
            }
        }
        let rows = commitment.points::<P>()?;
        let read = match stretch {
            None => rows,
            Some(stretch) => {
                let read = rows.get(stretch.rows).map(<[_]>::to_vec);
                read.ok_or("its samples are not in the rows of the data set")?
            }
        };
        Ok((id, read))
    }
}

/// The entries of a public tensor are as many as its shape has, in its declared range.
pub(crate) fn check_public(tensor: &Tensor, values: &[i64]) -> Result<(), &'static str> {
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
