//! Committing to a model: row commitments of its weights, and the one-time proof that they are in range.

use crate::generators::generators;
use crate::key::{Architecture, VerifyingKey};
use crate::lower::layouts::layouts;
use crate::lower::weights::{RangePart, range_parts};
use crate::lower::{LowerError, RowBits, lower};
use crate::range_proofs::{declared_weights, part_rows, range_context};
use crate::rows::row_bits;
use crate::statement::StatementShape;
use crate::visible::Visible;
use crate::witness::fill_range;
use inferproof_argument::curve::{Profile, Scalar};
use inferproof_argument::msm::commit_rows;
use inferproof_argument::{Entropy, Integers, Limits, Opening, ProveError, Statement, Witness};
use inferproof_program::{BoundWeights, Program, TensorId, Weights};
use zeroize::Zeroizing;

/// Why a model could not be committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The program cannot be proven.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The range proof was not made.
    #[error("the range proof of the weights: {0}")]
    Prove(#[from] ProveError),
}

/// The secret side of a model: weights, and the blinders of their commitment.
pub struct ModelSecret<P: Profile> {
    /// By tensor.
    pub weights: BoundWeights,
    /// For each weight tensor in the program's order, one blinder a row.
    pub blinders: Vec<Zeroizing<Vec<Scalar<P>>>>,
}

impl<P: Profile> ModelSecret<P> {
    /// The openings of the model's commitment, which share the weights.
    pub(crate) fn openings(&self, program: &Program) -> Result<Vec<Opening<P>>, ProveError> {
        program
            .weights()
            .zip(&self.blinders)
            .map(|(id, blinders)| {
                let missing = || ProveError::Witness {
                    name: program
                        .tensor(id)
                        .map(|t| t.name.clone())
                        .unwrap_or_default(),
                    expected: program.tensor(id).map_or(0, |t| t.volume()),
                    got: 0,
                };
                self.opening(id, blinders).ok_or_else(missing)
            })
            .collect()
    }

    /// The same of those weights that are there.
    pub(crate) fn openings_there(&self, program: &Program) -> Vec<Option<Opening<P>>> {
        let weights = program.weights().zip(&self.blinders);
        weights
            .map(|(id, blinders)| self.opening(id, blinders))
            .collect()
    }

    fn opening(&self, id: TensorId, blinders: &Zeroizing<Vec<Scalar<P>>>) -> Option<Opening<P>> {
        Some(Opening {
            values: self.weights.get(id)?.clone(),
            blinders: blinders.clone(),
        })
    }
}

/// Commits to a model, a program with its weights. `progress` is told how many of how many steps are done, and may answer `false` to stop.
///
/// Blinding is fresh for every commitment; with public weights there is none, so that whoever has the weights gets the same
/// commitment.
///
/// # Errors
/// If the program cannot be proven, or without randomness.
pub fn commit<P: Profile>(
    weights: BoundWeights,
    visible: Visible,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<(VerifyingKey<P>, ModelSecret<P>), CommitError> {
    let program = weights.program().clone();
    let row_bits = row_bits(&program);
    let architecture = Architecture {
        program,
        weights: visible,
        row_bits,
    };
    let program = &architecture.program;
    let limits = Limits::default();
    // What cannot be proven is refused before the long work.
    let plain = StatementShape::plain(program);
    lower(program, &[], &plain, RowBits::all(row_bits), &limits)?;
    let parts: Vec<RangePart> =
        range_parts(program, row_bits, &limits)?.collect::<Result<_, _>>()?;
    let steps = layouts(program, row_bits)?.len() + parts.len();
    let mut done = 0;
    let mut step = || {
        done += 1;
        if progress(done, steps) {
            Ok(())
        } else {
            Err(ProveError::Interrupted)
        }
    };
    let count = parts
        .iter()
        .map(|p| p.lowered.relations.generator_count())
        .max()
        .unwrap_or(0)
        .max(1 << row_bits);
    let generators = generators::<P>(count);

    let mut entropy = Entropy::new(
        "model blinders",
        &[&architecture.digest(), &weights_digest(weights.arrays())],
    )?;
    let mut secret = ModelSecret {
        weights,
        blinders: Vec::new(),
    };
    for (_, layout) in layouts(program, row_bits)? {
        let rows = layout.row_count();
        secret.blinders.push(match visible {
            Visible::Private => entropy.scalars(rows),
            Visible::Public => Zeroizing::new(vec![Scalar::<P>::default(); rows]),
        });
    }
    let openings = secret.openings(program)?;
    let mut commitments = Vec::new();
    for ((_, layout), opening) in layouts(program, row_bits)?.iter().zip(&openings) {
        commitments.push(commit_rows(
            &generators,
            &opening.values,
            &layout.rows(),
            &opening.blinders,
        ));
        step()?;
    }
    let mut range_proofs = Vec::new();
    let weights_shape = declared_weights(program, row_bits);
    for (number, part) in parts.iter().enumerate() {
        let context = range_context(&weights_shape, number);
        let statement = Statement {
            context: &context,
            external: part_rows(part, &commitments),
            publics: &[],
        };
        let part_openings = openings_of(part, &openings)?;
        let values: Vec<&Integers> = part_openings.iter().map(|o| &o.values).collect();
        let witness = Witness {
            external: part_openings.iter().collect(),
            fresh: fill_range(&part.lowered, &values)?,
            contractions: Vec::new(),
        };
        range_proofs.push(inferproof_argument::prove(
            &part.lowered.relations,
            &generators,
            &statement,
            witness,
            &mut |_| true,
        )?);
        step()?;
    }
    Ok((
        VerifyingKey {
            architecture,
            commitments,
            range_proofs,
            card: None,
        },
        secret,
    ))
}

/// The part's runs of the openings.
fn openings_of<P: Profile>(
    part: &RangePart,
    openings: &[Opening<P>],
) -> Result<Vec<Opening<P>>, ProveError> {
    part.slices
        .iter()
        .map(|slice| {
            let missing = || ProveError::Witness {
                name: "weights".into(),
                expected: slice.entries.len(),
                got: 0,
            };
            let opening = openings.get(slice.weight).ok_or_else(missing)?;
            let values = opening.values.slice(slice.entries.clone());
            let blinders = opening
                .blinders
                .get(slice.rows.clone())
                .ok_or_else(missing)?
                .to_vec();
            Ok(Opening {
                values: values.ok_or_else(missing)?,
                blinders: Zeroizing::new(blinders),
            })
        })
        .collect()
}

/// For the hedged randomness only; never leaves the process.
fn weights_digest(weights: &Weights) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof weights 1");
    for (id, values) in weights {
        hasher.update(&id.0.to_le_bytes());
        hasher.update(&(values.len() as u64).to_le_bytes());
        values.for_bytes(|run| {
            hasher.update(run);
        });
    }
    *hasher.finalize().as_bytes()
}
