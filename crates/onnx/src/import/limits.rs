//! How much a file can ask for: one of a hundred bytes can name any number.

/// Entries that a tensor which is no constant of the file has at most: 2 GiB as the reference computes it.
pub const MAX_ENTRIES: usize = 1 << 28;

/// Entries that all of these have together at most. They are not in memory together before a run is proven.
pub const MAX_ALL_ENTRIES: usize = 1 << 32;

/// Calls of functions inside of functions, and graphs inside of graphs, at most.
pub const MAX_DEPTH: usize = 32;

/// Branches and steps of loops that are written out, at most: loops inside of loops multiply.
pub const MAX_WRITTEN_OUT: usize = 1 << 14;
