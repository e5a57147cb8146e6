//! How many variables an index takes.

use inferproof_view::volume;

/// Bits that indices below `size` need: `ceil(log2(size))`.
#[must_use]
pub fn bits_of(size: usize) -> usize {
    size.saturating_sub(1)
        .checked_ilog2()
        .map_or(0, |b| b as usize + 1)
}

/// Bits of a shape, each axis for itself; `None` if its entries cannot be counted.
#[must_use]
pub fn bits_of_shape(shape: &[usize]) -> Option<usize> {
    volume(shape)?;
    Some(shape.iter().map(|&n| bits_of(n)).sum())
}
