//! All relations of one statement, checked.

use crate::blocks::{self, Block};
use crate::error::malformed;
use crate::{
    CommittedTensor, Contraction, Folding, Layout, Limits, Origin, Parts, Readings, RelationsError,
    check, field, limits,
};
use std::ops::Range;

/// All relations of one statement. [`Relations::new`] checks that they fit together.
#[derive(Clone, Debug)]
pub struct Relations {
    parts: Parts,
    blocks: Vec<Block>,
    readings: Readings,
    depth: usize,
    digest: [u8; 32],
}

impl Relations {
    /// Checks the parts, adds a multiplicity tensor for every table, places the blocks of the tree.
    ///
    /// # Errors
    /// If a part does not fit: a term that reads what does not exist or has another shape, an operand that reads a
    /// contraction, an empty or too large table; or if they are beyond [`Limits::default`].
    pub fn new(parts: Parts) -> Result<Self, RelationsError> {
        Self::within(parts, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what a verification may take.
    ///
    /// # Errors
    /// As [`Self::new`], and if the relations are beyond the limits.
    pub fn within(mut parts: Parts, limits: &Limits) -> Result<Self, RelationsError> {
        limits::check_parts(&parts, limits)?;
        let multiplicities: Vec<_> = parts
            .tables
            .iter()
            .enumerate()
            .map(|(i, table)| {
                let name = format!("multiplicities of table {i}");
                let layout = Layout::packed(vec![table.len()], parts.c)
                    .ok_or_else(|| malformed(&name, "the table is empty or too large"))?;
                Ok(CommittedTensor {
                    name,
                    layout,
                    origin: Origin::Fresh,
                })
            })
            .collect::<Result<_, RelationsError>>()?;
        // Before multiplicities are there: the prover has them only after it has read every other tensor.
        check::check(&parts)?;
        field::check(&parts)?;
        parts.tensors.extend(multiplicities);
        limits::check_rows(&parts, limits)?;

        let (blocks, depth) = blocks::place(&parts)?;
        let bytes = postcard::to_allocvec(&parts)
            .map_err(|_| malformed("the relations", "they cannot be encoded"))?;
        let relations = Self {
            digest: *blake3::hash(&bytes).as_bytes(),
            readings: Readings::of(&parts)?,
            parts,
            blocks,
            depth,
        };
        limits::check_pads(relations.pad_count(), limits)?;
        limits::check_work(relations.work(), limits)?;
        Ok(relations)
    }

    /// What the relations read.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Rounds of the contraction sumcheck: the longest contraction's bits, whatever the depth of the program.
    #[must_use]
    pub fn contraction_rounds(&self) -> usize {
        self.parts
            .contractions
            .iter()
            .map(Contraction::bits)
            .max()
            .unwrap_or(0)
    }

    /// About how many field elements a verifier makes or multiplies for a proof.
    #[must_use]
    pub fn work(&self) -> u64 {
        limits::of_verification(&self.parts, &self.readings, self.pad_count())
    }

    /// Scalars that a proof sends minus a pad.
    #[must_use]
    pub fn pad_count(&self) -> usize {
        let layers: usize = (1..self.depth).map(|layer| 2 * layer + 4).sum();
        let contractions = match self.readings.of_contractions() {
            0 => 0,
            j => 1 + 2 * self.contraction_rounds() + 2 * j,
        };
        4 + layers + 2 * self.parts.c as usize + contractions
    }

    /// Pads of scalars that are multiplied with each other: the values at the end of each layer, and those of operands.
    #[must_use]
    pub fn factor_count(&self) -> usize {
        4 * self.depth.max(1) + 2 * self.readings.of_contractions()
    }

    /// The pads of each row in which they are committed: as many as other rows have entries, but for the last one.
    #[must_use]
    pub fn pad_rows(&self) -> Vec<Range<usize>> {
        let (pads, width) = (self.pad_count(), self.generator_count());
        let starts = (0..pads).step_by(width);
        starts.map(|start| start..pads.min(start + width)).collect()
    }

    /// How the closing protocol folds the vector that it makes of all rows.
    #[must_use]
    pub fn folding(&self) -> Folding {
        Folding::of(self.generator_count())
    }

    /// Bytes of every proof of these relations.
    #[must_use]
    pub fn proof_length(&self) -> usize {
        let rows: usize = self.fresh().map(|(_, t)| t.layout.row_count()).sum();
        let (pad_rows, folding) = (self.pad_rows().len(), self.folding());
        let points = rows + 2 * pad_rows + 3 + 2 * folding.rounds;
        let scalars = self.pad_count() + self.factor_count() + 2 * pad_rows + 3 + folding.left;
        32 * (points + scalars)
    }

    /// Generators that commitments need: one for each entry of a row.
    #[must_use]
    pub fn generator_count(&self) -> usize {
        1 << self.parts.c
    }

    /// The parts, with the multiplicity tensors.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// A digest of everything: tables' contents, shapes, layouts, relations.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Where lookups and tables stand among the leaves.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The tree has `2^depth` leaves.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Index of the multiplicity tensor of a table.
    #[must_use]
    pub fn multiplicities(&self, table: usize) -> usize {
        self.parts.multiplicities(table)
    }

    /// Tensors committed in the proof, with their indices.
    pub fn fresh(&self) -> impl Iterator<Item = (usize, &CommittedTensor)> {
        let tensors = self.parts.tensors.iter().enumerate();
        tensors.filter(|(_, t)| t.origin == Origin::Fresh)
    }

    /// Tensors committed before, with their indices.
    pub fn external(&self) -> impl Iterator<Item = (usize, &CommittedTensor)> {
        let tensors = self.parts.tensors.iter().enumerate();
        tensors.filter(|(_, t)| t.origin == Origin::External)
    }
}
