//! Message 1: the witness is complete, and is committed to.

use crate::curve::{Point, Profile, Scalar, encode_point, encode_scalar};
use crate::error::{ProveError, Reject};
use crate::generators::Generators;
use crate::msm::{commit_field_rows, commit_rows};
use crate::prover::arrays::{Arrays, Values};
use crate::prover::entropy::Entropy;
use crate::prover::phases::{LookupProver, Secrets};
use crate::prover::positions::Positions;
use crate::prover::sender::{Sender, Stages};
use crate::prover::{FieldWitness, Progress, Stage, Witness};
use crate::script::Statement;
use crate::script::party::{Commitments, Party};
use inferproof_integers::Integers;
use inferproof_relations::{CommittedTensor, Origin, Relations, Source};
use rayon::prelude::*;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The honest prover before its first message.
pub(crate) struct Prover<'a, P: Profile> {
    pub secrets: Secrets<'a, P>,
    pub multiplicities: Vec<Vec<i64>>,
    generators: &'a Generators<P>,
    positions: Vec<Positions>,
    /// Makes the randomness of one statement useless for another, even if the operating system repeats itself.
    statement_digest: [u8; 32],
}

/// What hides the messages of one proof.
pub(crate) struct Randomness<P: Profile> {
    /// For each fresh tensor in order, a blinder for each of its rows.
    pub blinders: Vec<Zeroizing<Vec<Scalar<P>>>>,
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    /// A blinder for each row of pads.
    pub pad_blinders: Zeroizing<Vec<Scalar<P>>>,
}

impl<'a, P: Profile> Prover<'a, P> {
    pub fn new(
        relations: &'a Relations,
        generators: &'a Generators<P>,
        statement: &'a Statement<'_, P>,
        witness: &'a Witness<'_, P>,
        fields: &'a FieldWitness<'_, P>,
        progress: &'a mut Progress<'a>,
    ) -> Result<Self, ProveError> {
        let parts = relations.parts();
        let (mut external, mut fresh) = (witness.external.iter(), witness.fresh.iter());
        let (mut external_fields, mut fresh_fields) = (fields.external.iter(), fields.fresh.iter());
        let honest = parts.tensors.len() - parts.tables.len();
        let mut committed = Vec::with_capacity(parts.tensors.len());
        let mut blinders = Vec::with_capacity(parts.tensors.len());
        for (i, tensor) in parts.tensors[..honest].iter().enumerate() {
            let of_field = parts.is_field(Source::Committed(i));
            let (values, of_rows) = match (tensor.origin, of_field) {
                (Origin::External, false) => {
                    let opening = external.next();
                    let values = opening.map(|o| Values::Integers(Cow::Borrowed(&o.values)));
                    (values, opening.map(|o| &o.blinders))
                }
                (Origin::External, true) => {
                    let opening = external_fields.next();
                    let values = opening.map(|o| Values::Field(Cow::Borrowed(&o.values)));
                    (values, opening.map(|o| &o.blinders))
                }
                (Origin::Fresh, false) => {
                    let values = fresh.next();
                    (values.map(|v| Values::Integers(Cow::Borrowed(v))), None)
                }
                (Origin::Fresh, true) => {
                    let values = fresh_fields.next();
                    (values.map(|v| Values::Field(Cow::Borrowed(v))), None)
                }
            };
            blinders.push(of_rows.map_or_else(Cow::default, Cow::Borrowed));
            let expected = tensor.layout.shape().iter().product();
            let got = values.as_ref().map_or(0, Values::len);
            let Some(values) = values.filter(|_| got == expected) else {
                return Err(ProveError::Witness {
                    name: tensor.name.clone(),
                    expected,
                    got,
                });
            };
            committed.push(values);
        }
        for (i, contraction) in parts.contractions.iter().enumerate() {
            // The output of a product of field elements is computed here.
            let expected = match parts.is_field_product(contraction) {
                true => 0,
                false => contraction.output_shape().iter().product(),
            };
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
        let mut arrays = Arrays::new(parts, committed, statement.publics, &witness.contractions);
        let positions: Vec<Positions> = parts
            .lookups
            .par_iter()
            .map(|lookup| {
                let first = arrays.column(parts, &lookup.columns[0])?;
                let second = lookup.columns.get(1);
                let second = second.map(|column| arrays.column(parts, column));
                let table = &parts.tables[lookup.table];
                let second = second.transpose()?;
                Ok(Positions::new(
                    table,
                    &lookup.shape,
                    &first,
                    second.as_deref(),
                ))
            })
            .collect::<Result<_, ProveError>>()?;
        let tables = parts.tables.par_iter().enumerate();
        let multiplicities = tables.map(|(number, table)| {
            let mut counts = vec![0; table.len()];
            for (lookup, positions) in parts.lookups.iter().zip(&positions) {
                if lookup.table == number {
                    positions.count(&mut counts);
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
            arrays.committed.push(Values::Integers(Cow::Owned(narrow)));
            blinders.push(Cow::default());
        }
        Ok(Self {
            secrets: Secrets {
                relations,
                arrays,
                blinders,
                progress: Stages::new(progress),
            },
            generators,
            multiplicities,
            positions,
            statement_digest: statement_digest(relations, statement),
        })
    }

    /// A digest of all fresh integers and of the external tensors' blinders: an input of the hedged randomness, never sent.
    fn secret_digest(&self) -> [u8; 32] {
        let new = || blake3::Hasher::new_derive_key("inferproof witness 2");
        let tensors = &self.secrets.relations.parts().tensors;
        let fresh = self.secrets.arrays.committed.par_iter().zip(tensors);
        let digests = fresh.map(|(values, tensor)| {
            let mut hasher = new();
            if tensor.origin == Origin::Fresh {
                match values {
                    Values::Integers(values) => values.for_bytes(|run| {
                        hasher.update(run);
                    }),
                    Values::Field(values) => values.iter().for_each(|v| {
                        hasher.update(&encode_scalar(v));
                    }),
                }
            }
            hasher.finalize()
        });
        let digests: Vec<blake3::Hash> = digests.collect();
        let mut hasher = new();
        for digest in digests {
            hasher.update(digest.as_bytes());
        }
        for scalar in self.secrets.blinders.iter().flat_map(|rows| rows.iter()) {
            hasher.update(&encode_scalar(scalar));
        }
        *hasher.finalize().as_bytes()
    }

    fn randomness(&self) -> Result<Randomness<P>, ProveError> {
        let mut entropy = Entropy::new(
            "commitments",
            &[&self.secret_digest(), &self.statement_digest],
        )?;
        let relations = self.secrets.relations;
        let fresh = relations.fresh();
        Ok(Randomness {
            blinders: fresh
                .map(|(_, tensor)| entropy.scalars(tensor.layout.row_count()))
                .collect(),
            pads: entropy.scalars(relations.pad_count()),
            pad_blinders: entropy.scalars(relations.pad_rows().len()),
        })
    }

    /// Commits under this randomness, which no other proof may use.
    pub fn commit(self, randomness: Randomness<P>) -> (Commitments<P>, LookupProver<'a, P>) {
        let (mut secrets, generators) = (self.secrets, self.generators);
        // All tensors at once: most have few rows, which alone would leave threads without work.
        let tensors: Vec<(usize, &CommittedTensor)> = secrets.relations.fresh().collect();
        let arrays = &secrets.arrays;
        let commitments = tensors.par_iter().zip(&randomness.blinders);
        let commitments = commitments.map(|(&(i, tensor), blinders)| {
            let rows = tensor.layout.rows();
            match arrays.committed(i) {
                Values::Integers(values) => commit_rows(generators, values, &rows, blinders),
                Values::Field(values) => commit_field_rows(generators, values, &rows, blinders),
            }
        });
        let fresh: Vec<_> = commitments.collect();
        for (&(i, _), blinders) in tensors.iter().zip(randomness.blinders) {
            secrets.blinders[i] = Cow::Owned(blinders);
        }
        let Randomness {
            pads, pad_blinders, ..
        } = randomness;
        let rows = secrets.relations.pad_rows();
        let of_pads = commit_field_rows(generators, &pads, &rows, &pad_blinders);
        let points = fresh.iter().flatten().chain(&of_pads);
        let messages = points
            .flat_map(|p: &Point<P>| encode_point::<P>(p))
            .collect();
        let lookups = LookupProver {
            secrets,
            sender: Sender::new(pads, pad_blinders, messages),
            multiplicities: self.multiplicities,
            positions: self.positions,
        };
        let commitments = Commitments {
            fresh,
            pads: of_pads,
        };
        (commitments, lookups)
    }
}

impl<'a, P: Profile> Party<P> for Prover<'a, P> {
    type Error = ProveError;
    type Last = super::phases::OpenedProver<'a, P>;
    type Lookups = LookupProver<'a, P>;

    fn commitments(mut self) -> Result<(Commitments<P>, Self::Lookups), ProveError> {
        self.secrets.progress.begin(Stage::Commit)?;
        let randomness = self.randomness()?;
        Ok(self.commit(randomness))
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
