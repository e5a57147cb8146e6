//! The one-time proofs that every weight is in its declared range: what they bind, and how they are verified.

use crate::Digest;
use crate::generators::generators;
use crate::lower::weights::{RangePart, part_count, range_parts};
use crate::rejection::KeyError;
use crate::verify::Verifier;
use inferproof_argument::Statement;
use inferproof_argument::curve::Profile;
use inferproof_program::Program;

impl<P: Profile> Verifier<P> {
    /// Verifies the one-time proofs that every weight is in its declared range (PROTOCOL must 9).
    ///
    /// # Errors
    /// If one of them is rejected.
    pub fn check_range_proofs(&self) -> Result<(), KeyError> {
        let architecture = &self.key().architecture;
        let (program, row_bits) = (&architecture.program, architecture.row_bits);
        let expected = part_count(program, row_bits)?;
        if expected != self.key().range_proofs.len() {
            return Err(KeyError::RangeProofCount {
                expected,
                got: self.key().range_proofs.len(),
            });
        }
        let declared = declared_weights(program, row_bits);
        let mut made = generators(0);
        let parts = range_parts(program, row_bits, self.limits())?;
        for (number, (part, proof)) in parts.zip(&self.key().range_proofs).enumerate() {
            let part = part?;
            let count = part.lowered.relations.generator_count();
            if count > made.g.len() {
                made = generators(count);
            }
            let context = range_context(&declared, number);
            let statement = Statement {
                context: &context,
                external: part_rows(&part, &self.key().commitments),
                publics: &[],
            };
            inferproof_argument::verify(&part.lowered.relations, &made, &statement, proof)
                .map_err(|reason| KeyError::RangeProof {
                    part: number,
                    reason,
                })?;
        }
        Ok(())
    }
}

/// A digest of what is declared of the weights: their shapes and ranges in order, and the length of rows. A range proof binds it and
/// not the program, so that programs that share weights share their range proofs (T6).
pub(crate) fn declared_weights(program: &Program, row_bits: u32) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("inferproof declared weights 1");
    hasher.update(&row_bits.to_le_bytes());
    for tensor in program.weights().filter_map(|id| program.tensor(id)) {
        hasher.update(&(tensor.shape.len() as u64).to_le_bytes());
        for &length in &tensor.shape {
            hasher.update(&(length as u64).to_le_bytes());
        }
        hasher.update(&tensor.low.to_le_bytes());
        hasher.update(&tensor.high.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// What the statement of a range proof binds.
pub(crate) fn range_context(declared: &Digest, number: usize) -> Vec<u8> {
    let mut context = b"inferproof weight range 2".to_vec();
    context.extend(declared);
    context.extend((number as u64).to_le_bytes());
    context
}

/// The row commitments that a range proof speaks of.
pub(crate) fn part_rows<'a, T>(part: &RangePart, rows: &'a [Vec<T>]) -> Vec<&'a [T]> {
    part.slices
        .iter()
        .map(|s| {
            rows.get(s.weight)
                .and_then(|r| r.get(s.rows.clone()))
                .unwrap_or_default()
        })
        .collect()
}
