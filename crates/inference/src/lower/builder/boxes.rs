//! Cuts the index set of a lookup into boxes.
//!
//! The argument has a leaf for every index of a lookup's shape, each axis padded to a power of two: of 384 entries 128 would be
//! padding. A box of 256 and one of 128 have none.

use std::ops::Range;

/// A box: a range of each axis.
pub(super) type Part = Vec<Range<usize>>;

/// Leaves that a further box must save: about what its own claims take to prove and to verify.
const WORTH: usize = 1 << 13;

/// Boxes of one lookup, at most.
const MAX_PARTS: usize = 6;

/// The box of everything.
pub(super) fn whole(shape: &[usize]) -> Part {
    shape.iter().map(|&n| 0..n).collect()
}

/// Leaves of a box, padding included; saturated.
fn leaves(part: &Part) -> usize {
    let lengths = part.iter().map(|range| range.len().next_power_of_two());
    lengths.fold(1, usize::saturating_mul)
}

/// The box cut in two at the greatest power of two of an axis.
fn cut(part: &Part, axis: usize) -> Option<[Part; 2]> {
    let range = part.get(axis)?;
    let at = range.start + (1 << range.len().checked_ilog2()?);
    if at == range.end {
        return None;
    }
    let with = |range: Range<usize>| {
        let mut part = part.clone();
        if let Some(slot) = part.get_mut(axis) {
            *slot = range;
        }
        part
    };
    Some([with(range.start..at), with(at..range.end)])
}

/// Boxes that cover a shape, by cuts that save enough padding, the one that saves most first.
pub(super) fn boxes(shape: &[usize]) -> Vec<Part> {
    let mut parts = vec![whole(shape)];
    while parts.len() < MAX_PARTS {
        let cuts = parts.iter().enumerate().flat_map(|(position, part)| {
            (0..shape.len()).filter_map(move |axis| {
                let [first, second] = cut(part, axis)?;
                let saved =
                    leaves(part).checked_sub(leaves(&first).checked_add(leaves(&second))?)?;
                Some((saved, position, [first, second]))
            })
        });
        let Some((saved, position, [first, second])) = cuts.max_by_key(|(saved, ..)| *saved) else {
            break;
        };
        if saved < WORTH {
            break;
        }
        if let Some(slot) = parts.get_mut(position) {
            *slot = first;
        }
        parts.push(second);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_cover_each_index_once() {
        for shape in [
            vec![],
            vec![5],
            vec![384, 32],
            vec![12, 32, 33],
            vec![56, 56, 24],
            vec![1000, 7],
        ] {
            let volume: usize = shape.iter().product();
            let parts = boxes(&shape);
            let total: usize = parts
                .iter()
                .map(|p| p.iter().map(Range::len).product::<usize>())
                .sum();
            assert_eq!(total, volume, "{shape:?}");
            for (i, one) in parts.iter().enumerate() {
                for other in &parts[..i] {
                    let meets = one
                        .iter()
                        .zip(other)
                        .all(|(a, b)| a.start < b.end && b.start < a.end);
                    assert!(!meets, "{shape:?}: {one:?} and {other:?}");
                }
            }
        }
    }

    #[test]
    fn cuts_are_made_where_they_save_padding() {
        assert_eq!(boxes(&[512, 32]), [[0..512, 0..32]]);
        assert_eq!(
            boxes(&[384, 32]),
            [[0..384, 0..32]],
            "4096 leaves are not worth it"
        );
        assert_eq!(boxes(&[384, 64]), [[0..256, 0..64], [256..384, 0..64]]);
        let padded: usize = boxes(&[56, 56, 24]).iter().map(leaves).sum();
        assert!(
            padded < 100_000,
            "{padded} leaves for 75,264 entries, of 131,072 uncut"
        );
    }
}
