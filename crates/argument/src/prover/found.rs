//! Where each looked-up tuple stands in its table.

use crate::relations::Table;

/// Marks a tuple that is in no entry of its table.
const NOWHERE: u32 = u32::MAX;

/// What one lookup looks up: for each index of its shape the place in its table.
pub(crate) struct Found {
    places: Vec<u32>,
    /// Tuples that are not in the table, in order: a proof with any will be rejected.
    absent: Vec<(i64, i64)>,
}

impl Found {
    /// Looks every tuple up; a missing second column counts as zeros.
    pub fn new(table: &Table, first: &[i64], second: Option<&[i64]>) -> Self {
        let mut absent = Vec::new();
        let places = first
            .iter()
            .enumerate()
            .map(|(i, &a)| {
                let b = second.map_or(0, |second| second[i]);
                table.position(a, b).map_or_else(
                    || {
                        absent.push((a, b));
                        NOWHERE
                    },
                    |place| place as u32,
                )
            })
            .collect();
        Self { places, absent }
    }

    /// Counts how often each entry of the table is looked up.
    pub fn count(&self, multiplicities: &mut [i64]) {
        for &place in self.places.iter().filter(|&&p| p != NOWHERE) {
            multiplicities[place as usize] += 1;
        }
    }

    /// For each index the place in the table, or else the tuple.
    pub fn iter(&self) -> impl Iterator<Item = Result<usize, (i64, i64)>> {
        let mut absent = self.absent.iter();
        self.places.iter().map(move |&place| match place {
            NOWHERE => Err(absent.next().copied().unwrap_or_default()),
            place => Ok(place as usize),
        })
    }
}
