//! Whether public weights are those of a key: who has them recomputes the commitment, which has no blinding then.

use super::{VerifyingKey, on};
use crate::generators::generators;
use crate::generic;
use crate::lower::layouts::layouts;
use crate::rejection::KeyError;
use inferproof_argument::curve::{Profile, Scalar};
use inferproof_argument::msm::commit_rows;
use inferproof_program::BoundWeights;

impl VerifyingKey {
    /// Whether the key's rows are the commitment to these weights with no blinding. If they are not, the weights are others, or the
    /// key hides them.
    ///
    /// # Errors
    /// If the key's rows have a length that is not supported, or its weights none that can be laid out in rows.
    pub fn commits_unblinded_to(&self, weights: &BoundWeights) -> Result<bool, KeyError> {
        on!(&self.0, key => is_unblinded(key, weights))
    }
}

fn is_unblinded<P: Profile>(
    key: &generic::VerifyingKey<P>,
    weights: &BoundWeights,
) -> Result<bool, KeyError> {
    let architecture = &key.architecture;
    // The key may be anybody's: no generators are made for rows that no verifier takes.
    if !(1..=16).contains(&architecture.row_bits) {
        return Err(KeyError::RowBits(architecture.row_bits));
    }
    if weights.program() != &architecture.program {
        return Ok(false);
    }
    let generators = generators::<P>(1 << architecture.row_bits);
    let layouts = layouts(&architecture.program, architecture.row_bits)?;
    if layouts.len() != key.commitments.len() {
        return Ok(false);
    }
    for ((id, layout), rows) in layouts.iter().zip(&key.commitments) {
        let Some(values) = weights.get(*id) else {
            return Ok(false);
        };
        let blinders = vec![Scalar::<P>::default(); layout.row_count()];
        if commit_rows(&generators, values, &layout.rows(), &blinders) != *rows {
            return Ok(false);
        }
    }
    Ok(true)
}
