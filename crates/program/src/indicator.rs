//! One-hot codes, which a verifier computes of public indices as the interpreter does.

/// The codes of [`Op::Indicator`](crate::Op::Indicator), row-major: for each index, `classes` entries, 1 at the index and 0 elsewhere.
#[must_use]
pub fn indicator(indices: &[i64], classes: usize) -> Vec<i64> {
    let mut codes = vec![0; indices.len().saturating_mul(classes)];
    for (code, index) in codes.chunks_mut(classes.max(1)).zip(indices) {
        let place = usize::try_from(*index).ok();
        if let Some(slot) = place.and_then(|place| code.get_mut(place)) {
            *slot = 1;
        }
    }
    codes
}
