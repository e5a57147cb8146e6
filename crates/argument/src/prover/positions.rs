//! Where each looked-up tuple stands in its table.

use inferproof_relations::Table;
use inferproof_relations::bits_of;

/// Marks an index of the padded shape that is none of the lookup's.
const PADDING: u32 = u32::MAX;
/// Marks a tuple that is in no entry of its table.
const NOWHERE: u32 = u32::MAX - 1;

/// What one lookup looks up.
pub(crate) struct Positions {
    /// For each leaf of the lookup's block, up to the last real one, the place in its table.
    places: Vec<u32>,
    /// Tuples that are not in the table, with their leaves, in order: a proof with any will be rejected.
    absent: Vec<(usize, (i64, i64))>,
}

/// What a leaf holds.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Padding,
    /// The place in the table.
    At(usize),
    /// The tuple is not in the table.
    Absent,
}

impl Positions {
    /// Looks every tuple up; a missing second column counts as zeros.
    pub fn new(table: &Table, shape: &[usize], first: &[i64], second: Option<&[i64]>) -> Self {
        let mut absent = Vec::new();
        let positions = padded_positions(shape);
        let mut places = vec![PADDING; positions.last().map_or(0, |last| last + 1)];
        for (i, (&a, at)) in first.iter().zip(positions).enumerate() {
            let b = second.map_or(0, |second| second[i]);
            places[at] = table.position(a, b).map_or_else(
                || {
                    absent.push((at, (a, b)));
                    NOWHERE
                },
                |place| place as u32,
            );
        }
        Self { places, absent }
    }

    /// Counts how often each entry of the table is looked up.
    pub fn count(&self, multiplicities: &mut [i64]) {
        for &place in self.places.iter().filter(|&&place| place < NOWHERE) {
            multiplicities[place as usize] += 1;
        }
    }

    /// The leaves whose tuples are not in the table, in order, and the tuples.
    pub fn absent(&self) -> impl Iterator<Item = (usize, (i64, i64))> {
        self.absent.iter().copied()
    }

    /// For each leaf up to the last real one its place in the table, or a number beyond all places.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// What a leaf holds.
    #[inline]
    pub fn entry(&self, leaf: usize) -> Entry {
        match self.places[leaf] {
            PADDING => Entry::Padding,
            NOWHERE => Entry::Absent,
            place => Entry::At(place as usize),
        }
    }
}

/// For each index of `shape`, row-major, its place in a block: every axis has a power-of-two length there.
pub(crate) fn padded_positions(shape: &[usize]) -> Vec<usize> {
    shape.iter().fold(vec![0], |places, &n| {
        let bits = bits_of(n);
        places
            .iter()
            .flat_map(|&p| (0..n).map(move |i| (p << bits) + i))
            .collect()
    })
}
