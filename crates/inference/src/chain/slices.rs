//! A chain of slices: parts of one run, proven apart.
//!
//! Every boundary is right by induction in the program's order: a tensor that a part makes follows from that part's inputs, which are made
//! before it, each by one other part, and are the same values there; only inputs of the whole program are made by nobody.

use super::Named;
use super::claims::Ends;
use super::error::{ChainError, Unlinked};
use super::held::{Held, Tie, expected};
use super::whole;
use crate::Curve;
use crate::execution::{Execution, Slice, name_of};
use crate::proof::{Disclosed, Disclosure, Proof};
use crate::rejection::Rejection;
use crate::statement::{Statement, Visibility};
use inferproof_program::{TensorId, ValidProgram};
use std::collections::BTreeMap;

/// A chain of slices that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceChain {
    /// What the proofs disclose of the whole program's inputs and outputs. Of an input that no output depends on, nothing.
    pub disclosure: Disclosure,
    /// What passes between the parts, and inputs that several of them read, in the program's order.
    pub links: Vec<SliceLink>,
}

/// A tensor that several proofs speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceLink {
    /// Its name.
    pub tensor: String,
    /// The place of the proof that makes it; nobody's is an input of the program.
    pub maker: Option<usize>,
    /// The places of the proofs that read it.
    pub readers: Vec<usize>,
    /// By what they speak of the same.
    pub tie: Tie,
}

/// A place where a proof lists a tensor.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Which proof.
    proof: usize,
    held: Held<'a>,
    disclosed: Option<&'a Disclosed>,
}

/// The parts of a chain, tensor by tensor.
struct Parts<'a> {
    model: &'a ValidProgram,
    whole: &'a Statement,
    proofs: &'a [Named<'a, Proof>],
    made: BTreeMap<TensorId, Place<'a>>,
    read: BTreeMap<TensorId, Vec<Place<'a>>>,
    /// Of each claim about the whole, whether a proof makes it.
    claimed: Vec<bool>,
}

/// The statement that is expected of each proof, and the chain that they are if they hold. That they do is not yet checked.
pub(super) fn linked(
    model: &ValidProgram,
    curve: Curve,
    expected: &Statement,
    proofs: &[Named<'_, Proof>],
) -> Result<(Vec<Statement>, SliceChain), ChainError> {
    if proofs.is_empty() {
        return Err(ChainError::Empty);
    }
    whole::check(expected)?;
    if expected.execution.slice.is_some() {
        let reason = "it is about a part of the model; expect what all parts show together";
        return Err(ChainError::Expectation(reason.into()));
    }
    let mut parts = Parts {
        model,
        whole: expected,
        proofs,
        made: BTreeMap::new(),
        read: BTreeMap::new(),
        claimed: vec![false; expected.claims.len()],
    };
    let mut statements = Vec::with_capacity(proofs.len());
    for (number, named) in proofs.iter().enumerate() {
        statements.push(parts.add(number, named, curve)?);
    }
    let chain = SliceChain {
        links: parts.links()?,
        disclosure: parts.disclosure()?,
    };
    parts.check_claims()?;
    Ok((statements, chain))
}

impl<'a> Parts<'a> {
    fn name(&self, id: TensorId) -> String {
        name_of(self.model, id)
    }

    fn proof(&self, number: usize) -> String {
        let named = self.proofs.get(number);
        named.map(|n| n.name.to_owned()).unwrap_or_default()
    }

    /// How the expected statement sees a tensor in this role.
    fn wanted(&self, id: TensorId, is_input: bool) -> Option<Visibility> {
        let (ids, listed) = match is_input {
            true => (&self.model.inputs, &self.whole.inputs),
            false => (&self.model.outputs, &self.whole.outputs),
        };
        let place = ids.iter().position(|of| *of == id)?;
        Some(listed.get(place)?.visibility)
    }

    /// The statement that is expected of a proof, and the tensors that it speaks of.
    fn add(
        &mut self,
        number: usize,
        named: &Named<'a, Proof>,
        curve: Curve,
    ) -> Result<Statement, ChainError> {
        let proof = || named.name.to_owned();
        let Proof {
            statement,
            disclosure,
            ..
        } = named.proof;
        if statement.model_id != self.whole.model_id {
            let reason = Rejection::Model {
                expected: self.whole.model_id,
                got: statement.model_id,
            };
            return Err(ChainError::rejected(named.name, reason));
        }
        let Some(slice) = &statement.execution.slice else {
            return Err(ChainError::NotASlice { proof: proof() });
        };
        let execution = Execution {
            slice: Some(slice.clone()),
            ..self.whole.execution.clone()
        };
        let part = self.whole.clone().of_execution(self.model, execution);
        let mut part = part.map_err(|reason| ChainError::Slice {
            proof: proof(),
            reason: Box::new(reason),
        })?;
        let Slice { inputs, outputs } = slice;
        let ends = [
            (
                true,
                inputs,
                &mut part.inputs,
                &statement.inputs,
                &disclosure.inputs,
            ),
            (
                false,
                outputs,
                &mut part.outputs,
                &statement.outputs,
                &disclosure.outputs,
            ),
        ];
        for (is_input, ids, listed, said, disclosed) in ends {
            for (place, (&id, listed)) in ids.iter().zip(listed).enumerate() {
                let said = said.get(place).map_or(Visibility::Public, |l| l.visibility);
                listed.visibility = match self.wanted(id, is_input) {
                    Some(wanted) => expected(wanted, said),
                    None if said == Visibility::Private => {
                        return Err(ChainError::PrivateBoundary {
                            proof: proof(),
                            tensor: self.name(id),
                        });
                    }
                    None => said,
                };
                let disclosed = disclosed.get(place);
                let place = Place {
                    proof: number,
                    held: Held::of(listed.visibility, disclosed, curve),
                    disclosed,
                };
                if is_input {
                    self.read.entry(id).or_default().push(place);
                } else if let Some(first) = self.made.insert(id, place) {
                    return Err(ChainError::MadeTwice {
                        tensor: self.name(id),
                        first: self.proof(first.proof),
                        second: proof(),
                    });
                }
            }
        }
        part.claims = self.claims_of(named, slice, &part)?;
        Ok(part)
    }

    /// The claims that a proof makes, each of which has to be one about the whole.
    fn claims_of(
        &mut self,
        named: &Named<'_, Proof>,
        slice: &Slice,
        part: &Statement,
    ) -> Result<Vec<inferproof_claims::Claim>, ChainError> {
        let made = &named.proof.statement.claims;
        if made.is_empty() {
            return Ok(Vec::new());
        }
        let program = part.execution.of_one_sample().program(self.model);
        let program = program.map_err(|reason| ChainError::Slice {
            proof: named.name.to_owned(),
            reason: Box::new(reason),
        })?;
        let whole = Ends {
            program: self.model,
            inputs: &self.model.inputs,
            outputs: &self.model.outputs,
        };
        let ends = Ends {
            program: &program,
            inputs: &slice.inputs,
            outputs: &slice.outputs,
        };
        let asked: Vec<_> = self
            .whole
            .claims
            .iter()
            .map(|claim| whole.of_part(claim, ends))
            .collect();
        for (number, claim) in made.iter().enumerate() {
            let found = asked
                .iter()
                .zip(&mut self.claimed)
                .filter(|(asked, _)| asked.as_ref() == Some(claim));
            let mut is_asked = false;
            for (_, claimed) in found {
                (*claimed, is_asked) = (true, true);
            }
            if !is_asked {
                return Err(ChainError::OtherClaim {
                    proof: named.name.to_owned(),
                    number: number + 1,
                });
            }
        }
        Ok(made.clone())
    }

    /// Every tensor that is read is an input of the program, the same wherever it is read, or is made, by one part, as it is read; and what
    /// is made is read or is an output.
    fn links(&self) -> Result<Vec<SliceLink>, ChainError> {
        let mut links = Vec::new();
        for (&id, readers) in &self.read {
            let Some((first, others)) = readers.split_first() else {
                continue;
            };
            let (maker, others) = match self.wanted(id, true) {
                Some(_) => (first, others),
                None => {
                    let maker = self.made.get(&id).ok_or_else(|| ChainError::NotMade {
                        tensor: self.name(id),
                        reader: self.proof(first.proof),
                    })?;
                    (maker, readers.as_slice())
                }
            };
            let mut tie = None;
            for reader in others {
                let tied = maker.held.tied(reader.held);
                tie = Some(tied.map_err(|reason| self.unlinked(id, *maker, *reader, reason))?);
            }
            let Some(tie) = tie else {
                continue;
            };
            links.push(SliceLink {
                tensor: self.name(id),
                maker: self.wanted(id, true).is_none().then_some(maker.proof),
                readers: readers.iter().map(|reader| reader.proof).collect(),
                tie,
            });
        }
        let unread = self
            .made
            .iter()
            .find(|(id, _)| !self.read.contains_key(id) && self.wanted(**id, false).is_none());
        match unread {
            None => Ok(links),
            Some((&id, maker)) => Err(ChainError::NotRead {
                tensor: self.name(id),
                maker: self.proof(maker.proof),
            }),
        }
    }

    /// An output of the program that another part reads is a boundary as well.
    fn unlinked(
        &self,
        id: TensorId,
        first: Place<'_>,
        second: Place<'_>,
        reason: Unlinked,
    ) -> ChainError {
        let tensor = self.name(id);
        let is_boundary = self.wanted(id, true).is_none();
        if is_boundary && first.held == Held::Hidden && reason == Unlinked::Hidden {
            return ChainError::PrivateBoundary {
                proof: self.proof(first.proof),
                tensor,
            };
        }
        ChainError::Unlinked {
            tensor,
            first: self.proof(first.proof),
            second: self.proof(second.proof),
            reason: Box::new(reason),
        }
    }

    /// What is disclosed of the whole: every output is made, and every input that is expected to be seen is.
    fn disclosure(&self) -> Result<Disclosure, ChainError> {
        let mut disclosure = Disclosure::default();
        let disclosed = |place: &Place<'_>| place.disclosed.cloned().unwrap_or(Disclosed::Nothing);
        for (&id, listed) in self.model.inputs.iter().zip(&self.whole.inputs) {
            let place = self.read.get(&id).and_then(|readers| readers.first());
            disclosure.inputs.push(match (place, listed.visibility) {
                (Some(place), _) => disclosed(place),
                (None, Visibility::Private) => Disclosed::Nothing,
                (None, seen) => {
                    return Err(ChainError::NoInput {
                        input: self.name(id),
                        seen: seen.to_string(),
                    });
                }
            });
        }
        for &id in &self.model.outputs {
            let place = self.made.get(&id).ok_or_else(|| ChainError::NoOutput {
                output: self.name(id),
            })?;
            disclosure.outputs.push(disclosed(place));
        }
        Ok(disclosure)
    }

    /// Every claim about the whole is made.
    fn check_claims(&self) -> Result<(), ChainError> {
        let missing = self.claimed.iter().position(|claimed| !claimed);
        let Some(missing) = missing else {
            return Ok(());
        };
        let texts = self.whole.claim_texts(self.model);
        Err(ChainError::NoClaim {
            claim: texts.into_iter().nth(missing).unwrap_or_default(),
        })
    }
}
