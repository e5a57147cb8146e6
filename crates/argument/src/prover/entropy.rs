//! Hedged randomness (`docs/protocol.md`, section 9): from the operating system, the secret, and what was said so far, so that neither a
//! weak generator nor a repeated state reveals anything.

use crate::curve::reduce;
use crate::error::ProveError;
use ark_ff::PrimeField;
use zeroize::{Zeroize, Zeroizing};

/// An endless stream of uniform scalars.
pub struct Entropy {
    stream: blake3::OutputReader,
}

impl Entropy {
    /// `parts` are secrets and public values that make this use different from any other.
    ///
    /// # Errors
    /// If the operating system has no randomness.
    pub fn new(purpose: &str, parts: &[&[u8]]) -> Result<Self, ProveError> {
        let mut seed = Zeroizing::new([0u8; 64]);
        getrandom::fill(seed.as_mut()).map_err(|_| ProveError::Entropy)?;
        let mut hasher = blake3::Hasher::new_derive_key("inferproof hedged randomness 1");
        hasher.update(seed.as_ref());
        for part in [purpose.as_bytes()].iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Ok(Self {
            stream: hasher.finalize_xof(),
        })
    }

    /// The next scalar: 512 bits, reduced.
    pub fn scalar<F: PrimeField>(&mut self) -> F {
        let mut wide = [0u8; 64];
        self.stream.fill(&mut wide);
        let scalar = reduce(&wide);
        wide.zeroize();
        scalar
    }

    /// The next `count` scalars.
    pub fn scalars<F: PrimeField>(&mut self, count: usize) -> Zeroizing<Vec<F>> {
        Zeroizing::new((0..count).map(|_| self.scalar()).collect())
    }
}
