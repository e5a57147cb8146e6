//! The prover.

mod arrays;
mod contraction;
mod entropy;
mod found;
mod merge;
mod tree;

pub use entropy::Entropy;

use crate::closing::{First, Response};
use crate::curve::{Point, Profile, Scalar, encode_point, encode_scalar};
use crate::error::{ProveError, Reject};
use crate::generators::Generators;
use crate::integers::Integers;
use crate::msm::{commit_rows, commit_scalars};
use crate::multilinear::dot;
use crate::relations::{Origin, Relations};
use crate::script::claims::{Claimed, weighed_alike};
use crate::script::{Outcome, Request, Side, Statement, run};
use crate::transcript::{Challenge, Message, Transcript};
use ark_ff::Zero;
use arrays::Arrays;
use found::Found;
use merge::FoldedPiece;
use rayon::prelude::*;
use std::borrow::Cow;
use tree::Tree;
use zeroize::Zeroizing;

/// The secret side of a committed tensor: its integers, and one blinder a row.
pub struct Opening<P: Profile> {
    /// Row-major.
    pub values: Integers,
    /// One a row of the layout.
    pub blinders: Zeroizing<Vec<Scalar<P>>>,
}

/// What makes the relations true.
pub struct Witness<'a, P: Profile> {
    /// External tensors, in order.
    pub external: Vec<&'a Opening<P>>,
    /// Fresh tensors, in order, without multiplicities.
    pub fresh: Vec<Integers>,
    /// The output of every contraction, row-major.
    pub contractions: Vec<Vec<i64>>,
}

/// How far a proof is, for whoever shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Committing to the trace.
    Commit,
    /// The tree of lookups.
    Lookups,
    /// The contractions' sumcheck.
    Contractions,
    /// The merge and the opened vector.
    Open,
    /// The closing protocol.
    Close,
}

/// Called when a stage begins; `false` stops the proof.
pub type Progress<'a> = dyn FnMut(Stage) -> bool + 'a;

/// Makes a proof. A witness that does not make the relations true gives a proof that is rejected, not an error.
///
/// # Errors
/// If the statement or the witness does not have the relations' shapes, without randomness, or if `progress` says stop.
pub fn prove<P: Profile>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    witness: Witness<'_, P>,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ProveError> {
    let prover = Prover::new(relations, generators, statement, &witness, progress)?;
    complete(relations, generators, statement, prover)
}

/// Runs the script and the closing protocol for a prover, honest or (in tests) not.
pub(crate) fn complete<P: Profile, S: ProverSide<P>>(
    relations: &Relations,
    generators: &Generators<P>,
    statement: &Statement<'_, P>,
    mut side: S,
) -> Result<Vec<u8>, S::Error> {
    let mut transcript = Transcript::new();
    let outcome = run(relations, statement, &mut transcript, &mut side)?;
    let opened = side.open(&outcome)?;
    let mut proof = std::mem::take(side.proof());
    let closing = Closing {
        generators,
        outcome: &outcome,
        opened,
    };
    closing.prove(&mut transcript, &mut proof)?;
    Ok(proof)
}

/// What the closing protocol needs of a side that made the messages.
pub(crate) trait ProverSide<P: Profile>: Side<P, Error = ProveError> {
    /// The opened vector and its blinder, the pads and theirs.
    fn open(&mut self, outcome: &Outcome<P>) -> Result<Opened<P>, ProveError>;
    /// The bytes sent so far.
    fn proof(&mut self) -> &mut Vec<u8>;
}

/// The secrets of the closing protocol.
pub(crate) struct Opened<P: Profile> {
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    pub pad_blinder: Scalar<P>,
    pub vector: Zeroizing<Vec<Scalar<P>>>,
    pub blinder: Scalar<P>,
}

struct Closing<'a, P: Profile> {
    generators: &'a Generators<P>,
    outcome: &'a Outcome<P>,
    opened: Opened<P>,
}

impl<P: Profile> Closing<'_, P> {
    /// Messages 10 to 12.
    fn prove(&self, transcript: &mut Transcript, proof: &mut Vec<u8>) -> Result<(), ProveError> {
        let Opened {
            pads: s,
            pad_blinder,
            vector: u,
            blinder,
        } = &self.opened;
        let batch = &self.outcome.batch;
        // The masks depend on chi, by way of the batch, and on every secret.
        let secrets: Zeroizing<Vec<u8>> =
            Zeroizing::new(s.iter().chain(u.iter()).flat_map(encode_scalar).collect());
        let said: [u8; 32] = *blake3::hash(proof).as_bytes();
        let mut entropy = Entropy::new(
            "closing masks",
            &[&secrets, &said, &encode_scalar(&batch.e)],
        )?;
        let (t, w) = (
            entropy.scalars::<Scalar<P>>(s.len()),
            entropy.scalars::<Scalar<P>>(u.len()),
        );
        let [tau, omega, k0, k1]: [Scalar<P>; 4] = std::array::from_fn(|_| entropy.scalar());
        let linear = batch.bilinear(s, &t) + dot(&batch.a, &t) + dot(&batch.b, &w);
        let first = First::<P>([
            commit_scalars(self.generators, &t, tau),
            commit_scalars(self.generators, &w, omega),
            commit_scalars(self.generators, &[batch.q(&t)], k0),
            commit_scalars(self.generators, &[linear], k1),
        ]);
        transcript.points::<P>(Message::Closing, &first.0);
        let x: Scalar<P> = transcript.challenge(Challenge::X);
        let masked = |mask: &[Scalar<P>], secret: &[Scalar<P>]| {
            mask.iter().zip(secret).map(|(&m, &v)| m + x * v).collect()
        };
        let response = Response::<P> {
            z_s: masked(&t, s),
            z_u: masked(&w, u),
            blinders: [tau + x * pad_blinder, omega + x * blinder, k0 + x * k1],
        };
        proof.extend(first.0.iter().flat_map(|p| encode_point::<P>(p)));
        let scalars = response
            .z_s
            .iter()
            .chain(&response.z_u)
            .chain(&response.blinders);
        proof.extend(scalars.flat_map(encode_scalar));
        Ok(())
    }
}

/// The honest prover's side of the script.
pub(crate) struct Prover<'a, P: Profile> {
    pub relations: &'a Relations,
    pub generators: &'a Generators<P>,
    pub arrays: Arrays<'a>,
    pub blinders: Vec<Cow<'a, Zeroizing<Vec<Scalar<P>>>>>,
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    pub pad_blinder: Scalar<P>,
    pub multiplicities: Vec<Vec<i64>>,
    pub found: Vec<Found>,
    /// Makes the randomness of one statement useless for another, even if the operating system repeats itself.
    statement_digest: [u8; 32],
    tree: Option<Tree<Scalar<P>>>,
    contractions: Option<contraction::Sumcheck<Scalar<P>>>,
    /// The pieces of the direct claim's terms, of which there are `direct`, then of all claims.
    pieces: Vec<FoldedPiece<Scalar<P>>>,
    direct: usize,
    merge: Option<merge::Sumcheck<Scalar<P>>>,
    proof: Vec<u8>,
    progress: &'a mut Progress<'a>,
    stage: Option<Stage>,
}

impl<'a, P: Profile> Prover<'a, P> {
    pub fn new(
        relations: &'a Relations,
        generators: &'a Generators<P>,
        statement: &'a Statement<'_, P>,
        witness: &'a Witness<'_, P>,
        progress: &'a mut Progress<'a>,
    ) -> Result<Self, ProveError> {
        let parts = relations.parts();
        let (mut external, mut fresh) = (witness.external.iter(), witness.fresh.iter());
        let honest = parts.tensors.len() - parts.tables.len();
        let mut committed = Vec::with_capacity(parts.tensors.len());
        let mut blinders = Vec::with_capacity(parts.tensors.len());
        for tensor in &parts.tensors[..honest] {
            let values = match tensor.origin {
                Origin::External => external.next().map(|opening| {
                    blinders.push(Cow::Borrowed(&opening.blinders));
                    &opening.values
                }),
                Origin::Fresh => {
                    blinders.push(Cow::Owned(Zeroizing::default()));
                    fresh.next()
                }
            };
            let expected = tensor.layout.shape().iter().product();
            let got = values.map_or(0, Integers::len);
            let Some(values) = values.filter(|_| got == expected) else {
                return Err(ProveError::Witness {
                    name: tensor.name.clone(),
                    expected,
                    got,
                });
            };
            committed.push(Cow::Borrowed(values));
        }
        for (i, contraction) in parts.contractions.iter().enumerate() {
            let expected = contraction.output_shape().iter().product();
            let got = witness.contractions.get(i).map_or(0, Vec::len);
            if got != expected {
                return Err(ProveError::Witness {
                    name: contraction.name.clone(),
                    expected,
                    got,
                });
            }
        }
        if statement.publics.len() != parts.publics.len() {
            return Err(Reject::Statement("wrong number of public tensors").into());
        }
        let mut arrays = Arrays {
            committed,
            publics: statement.publics,
            contractions: &witness.contractions,
        };
        let found: Vec<Found> = parts
            .lookups
            .par_iter()
            .map(|lookup| {
                let first = arrays.sum(&lookup.columns[0]);
                let second = lookup.columns.get(1).map(|column| arrays.sum(column));
                let table = &parts.tables[lookup.table];
                Found::new(table, &lookup.shape, &first, second.as_deref())
            })
            .collect();
        let tables = parts.tables.par_iter().enumerate();
        let multiplicities = tables.map(|(number, table)| {
            let mut counts = vec![0; table.len()];
            for (lookup, found) in parts.lookups.iter().zip(&found) {
                if lookup.table == number {
                    found.count(&mut counts);
                }
            }
            counts
        });
        let multiplicities: Vec<Vec<i64>> = multiplicities.collect();
        for (i, counts) in multiplicities.iter().enumerate() {
            let expected = counts.len();
            let name = || parts.tensors[relations.multiplicities(i)].name.clone();
            let narrow = Integers::from_i64(counts).map_err(|_| ProveError::Witness {
                name: name(),
                expected,
                got: expected,
            })?;
            arrays.committed.push(Cow::Owned(narrow));
            blinders.push(Cow::Owned(Zeroizing::default()));
        }
        Ok(Self {
            relations,
            generators,
            arrays,
            blinders,
            pads: Zeroizing::default(),
            pad_blinder: Scalar::<P>::zero(),
            multiplicities,
            found,
            statement_digest: statement_digest(relations, statement),
            tree: None,
            contractions: None,
            pieces: Vec::new(),
            direct: 0,
            merge: None,
            proof: Vec::new(),
            progress,
            stage: None,
        })
    }

    fn begin(&mut self, stage: Stage) -> Result<(), ProveError> {
        if self.stage.replace(stage) != Some(stage) && !(self.progress)(stage) {
            return Err(ProveError::Interrupted);
        }
        Ok(())
    }

    /// A digest of all fresh integers and of the external tensors' blinders: an input of the hedged randomness, never sent.
    fn secret_digest(&self) -> [u8; 32] {
        let new = || blake3::Hasher::new_derive_key("inferproof witness 2");
        let tensors = &self.relations.parts().tensors;
        let fresh = self.arrays.committed.par_iter().zip(tensors);
        let digests = fresh.map(|(values, tensor)| {
            let mut hasher = new();
            if tensor.origin == Origin::Fresh {
                values.hash_into(&mut hasher);
            }
            hasher.finalize()
        });
        let digests: Vec<blake3::Hash> = digests.collect();
        let mut hasher = new();
        for digest in digests {
            hasher.update(digest.as_bytes());
        }
        for scalar in self.blinders.iter().flat_map(|rows| rows.iter()) {
            hasher.update(&encode_scalar(scalar));
        }
        *hasher.finalize().as_bytes()
    }

    /// The pieces of claims, each folded.
    fn fold_claims(&self, claims: &[Claimed<Scalar<P>>]) -> Vec<FoldedPiece<Scalar<P>>> {
        let (tensors, arrays) = (&self.relations.parts().tensors, &self.arrays);
        let folded_right = |claim: &Claimed<_>| {
            let contractions = self.contractions.as_ref()?;
            let kept = contractions.folded_right.get(claim.right_operand_of?)?;
            kept.as_ref()
        };
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for claim in claims {
            match folded_right(claim) {
                Some(folded) => kept.push((claim, folded)),
                None => others.push(claim),
            }
        }
        let alike = weighed_alike(others, tensors);
        let others = alike
            .par_iter()
            .flat_map_iter(|alike| merge::fold_alike(alike, |tensor| arrays.committed(tensor)));
        let kept = kept.par_iter().flat_map_iter(|(claim, folded)| {
            merge::fold_kept(claim, &tensors[claim.tensor].layout, folded)
        });
        others.chain(kept).collect()
    }

    /// The values of a message, before the pads.
    pub fn values(&mut self, request: Request<'_, P>) -> Result<Vec<Scalar<P>>, ProveError> {
        Ok(match request {
            Request::Root { alpha, gamma } => {
                self.begin(Stage::Lookups)?;
                let tree = Tree::new(
                    self.relations,
                    std::mem::take(&mut self.found),
                    &self.multiplicities,
                    alpha,
                    gamma,
                );
                self.tree.insert(tree).root().to_vec()
            }
            Request::LayerRound {
                layer,
                lambda,
                target,
                point,
            } => {
                let tree = self.tree.as_mut().expect("the root comes first");
                tree.round(layer, lambda, target, point).to_vec()
            }
            Request::LayerValues { point } => self
                .tree
                .as_mut()
                .expect("the root comes first")
                .values(point)
                .to_vec(),
            Request::Direct { terms } => {
                self.tree = None;
                self.begin(Stage::Contractions)?;
                self.pieces = self.fold_claims(terms);
                self.direct = terms.len();
                let values = self.pieces.iter();
                vec![
                    values
                        .map(|piece| piece.weight * dot(&piece.column, &piece.folded))
                        .sum(),
                ]
            }
            Request::ContractionRound { instances, point } => {
                let rounds = self.relations.contraction_rounds();
                if point.is_empty() {
                    self.contractions = Some(contraction::Sumcheck::new::<P>(
                        self.relations,
                        &self.arrays,
                        instances,
                    ));
                }
                let sumcheck = self
                    .contractions
                    .as_mut()
                    .expect("the first round makes it");
                sumcheck
                    .round(rounds - point.len(), point.last().copied())
                    .to_vec()
            }
            Request::Operands { instances, point } => {
                if point.is_empty() {
                    self.contractions = Some(contraction::Sumcheck::new::<P>(
                        self.relations,
                        &self.arrays,
                        instances,
                    ));
                }
                self.contractions
                    .as_mut()
                    .expect("made before")
                    .operands(point.last().copied())
            }
            Request::MergeRound { claims, point } => {
                if point.is_empty() {
                    self.begin(Stage::Open)?;
                    // The direct claim comes first, under the power 1: its pieces are what they were.
                    let rest = self.fold_claims(claims.get(self.direct..).unwrap_or_default());
                    self.pieces.extend(rest);
                    self.pieces = merge::by_column(std::mem::take(&mut self.pieces));
                    let c = self.relations.parts().c;
                    self.merge = Some(merge::Sumcheck::new(&self.pieces, c));
                }
                self.merge
                    .as_mut()
                    .expect("the first round makes it")
                    .round(point.last().copied())
                    .to_vec()
            }
        })
    }
}

/// Binds relations, context, external commitments and public tensors.
fn statement_digest<P: Profile>(relations: &Relations, statement: &Statement<'_, P>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof statement 1");
    hasher.update(&relations.digest());
    hasher.update(&(statement.context.len() as u64).to_le_bytes());
    hasher.update(statement.context);
    for point in statement.external.iter().flat_map(|rows| rows.iter()) {
        hasher.update(&encode_point::<P>(point));
    }
    for value in statement.publics.iter().flatten() {
        hasher.update(&value.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

impl<P: Profile> Side<P> for Prover<'_, P> {
    type Error = ProveError;

    fn commitments(&mut self) -> Result<(Vec<Vec<Point<P>>>, Point<P>), ProveError> {
        self.begin(Stage::Commit)?;
        let mut entropy = Entropy::new(
            "commitments",
            &[&self.secret_digest(), &self.statement_digest],
        )?;
        let mut points = Vec::new();
        for (i, tensor) in self.relations.fresh() {
            let blinders = entropy.scalars::<Scalar<P>>(tensor.layout.row_count());
            points.push(commit_rows(
                self.generators,
                self.arrays.committed(i),
                &tensor.layout.rows(),
                &blinders,
            ));
            self.blinders[i] = Cow::Owned(blinders);
        }
        self.pads = entropy.scalars(self.relations.pad_count());
        self.pad_blinder = entropy.scalar();
        let pad_point = commit_scalars(self.generators, &self.pads, self.pad_blinder);
        self.proof.extend(
            points
                .iter()
                .flatten()
                .chain([&pad_point])
                .flat_map(|p| encode_point::<P>(p)),
        );
        Ok((points, pad_point))
    }

    fn message(
        &mut self,
        request: Request<'_, P>,
        _: Message,
        first_pad: usize,
        count: usize,
    ) -> Result<Vec<Scalar<P>>, ProveError> {
        let values = self.values(request)?;
        debug_assert_eq!(values.len(), count);
        let sent: Vec<_> = values
            .iter()
            .zip(&self.pads[first_pad..first_pad + count])
            .map(|(&v, &s)| v - s)
            .collect();
        self.proof.extend(sent.iter().flat_map(encode_scalar));
        Ok(sent)
    }
}

impl<P: Profile> ProverSide<P> for Prover<'_, P> {
    fn open(&mut self, outcome: &Outcome<P>) -> Result<Opened<P>, ProveError> {
        self.begin(Stage::Close)?;
        let c = self.relations.parts().c;
        let vector = merge::opened(&self.pieces, &outcome.merge_point, c);
        let blinder = outcome
            .opening
            .iter()
            .zip(&self.blinders)
            .map(|((_, scalars), blinders)| dot(scalars, blinders))
            .sum();
        Ok(Opened {
            pads: self.pads.clone(),
            pad_blinder: self.pad_blinder,
            vector: Zeroizing::new(vector),
            blinder,
        })
    }

    fn proof(&mut self) -> &mut Vec<u8> {
        &mut self.proof
    }
}
