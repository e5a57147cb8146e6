//! Where lookups and tables stand among the leaves of the tree.

use crate::error::malformed;
use crate::{Parts, RelationsError, bits_of, bits_of_shape};

/// What an aligned block of the tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// The tuples of the lookup with this number.
    Lookup(usize),
    /// The entries of the table with this number.
    Table(usize),
}

/// An aligned run of `2^bits` leaves from `offset` on.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The first leaf, a multiple of the block's size.
    pub offset: usize,
    /// The block's variables.
    pub bits: usize,
    /// What stands there.
    pub leaves: Leaves,
}

/// Trees deeper than this are refused: 2^34 leaves are far beyond any memory.
const MAX_DEPTH: usize = 34;

/// All blocks of the tree, and its depth: it has `2^depth` leaves.
pub(crate) fn place(parts: &Parts) -> Result<(Vec<Block>, usize), RelationsError> {
    let mut blocks: Vec<(usize, Leaves)> = Vec::new();
    for (i, lookup) in parts.lookups.iter().enumerate() {
        let bits = bits_of_shape(&lookup.shape)
            .ok_or_else(|| malformed(&lookup.name, "its shape is too large"))?;
        blocks.push((bits, Leaves::Lookup(i)));
    }
    for (i, table) in parts.tables.iter().enumerate() {
        blocks.push((bits_of(table.len()), Leaves::Table(i)));
    }
    // Largest first: then every offset is a multiple of the block's size. The sort is stable.
    blocks.sort_by_key(|&(bits, _)| std::cmp::Reverse(bits));
    let mut offset = 0usize;
    let mut placed = Vec::with_capacity(blocks.len());
    for (bits, leaves) in blocks {
        if bits >= MAX_DEPTH {
            return Err(malformed("the lookups", "they are too many"));
        }
        placed.push(Block {
            offset,
            bits,
            leaves,
        });
        offset = u32::try_from(bits)
            .ok()
            .and_then(|bits| 1usize.checked_shl(bits))
            .and_then(|leaves| offset.checked_add(leaves))
            .ok_or_else(|| malformed("the lookups", "they are too many"))?;
    }
    let depth = bits_of(offset).max(1);
    if depth > MAX_DEPTH {
        return Err(malformed("the lookups", "they are too many"));
    }
    Ok((placed, depth))
}
