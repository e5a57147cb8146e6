//! How much a file can ask for: one of a hundred bytes can name any number.

/// Entries that all tensors of a model but its constants have together at most: 2 GiB as the reference computes them.
pub const MAX_ENTRIES: usize = 1 << 28;

/// Calls of functions inside of functions, and graphs inside of graphs, at most.
pub const MAX_DEPTH: usize = 32;

/// Branches and steps of loops that are written out, at most: loops inside of loops multiply.
pub const MAX_WRITTEN_OUT: usize = 1 << 14;
