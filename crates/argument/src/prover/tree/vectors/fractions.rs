//! The fractions of a layer, and the sums of neighbours.

use super::super::leaves::{Leaves, RUN, Run};
use super::{Cell, Kernel, is_neutral, put};
use crate::curve::Montgomery;
use crate::lanes::{Arithmetic, Number, Packed, WIDTH};
use rayon::prelude::*;
use std::sync::Arc;

/// Cells of children that a task takes.
const CHUNK: usize = 64;

/// The fractions of a layer, sixteen a cell; behind the last there are neutral ones.
pub(in super::super) enum Fractions {
    Cells(Vec<Cell>),
    /// The sums of neighbouring leaves, made when they are asked for: a product each is less work than new memory.
    OfLeaves(Arc<Leaves<Number>>),
}

impl Default for Fractions {
    fn default() -> Self {
        Self::Cells(Vec::new())
    }
}

impl Fractions {
    pub(super) fn cells(&self) -> usize {
        match self {
            Self::Cells(cells) => cells.len(),
            Self::OfLeaves(leaves) => leaves.runs().len().div_ceil(2),
        }
    }
}

impl<F: Montgomery, A: Arithmetic<F>> Kernel<F, A> {
    pub(super) fn neutral_fractions(&self) -> Cell {
        [self.zero, self.one].map(|number| [Packed::splat(number); 2])
    }

    /// The sums of neighbours.
    pub fn parents(&self, children: &Fractions) -> Vec<Cell> {
        let cells = children.cells();
        let tasks = (0..cells.div_ceil(2)).into_par_iter().with_min_len(CHUNK);
        let neutral = self.neutral_fractions();
        let parents_of = tasks.map(|i| {
            self.field.vectorize(
                #[inline(always)]
                || self.parents_of(children, 2 * i, &neutral),
            )
        });
        // Room for the children's nodes, which come here if they have no memory of their own.
        let mut parents = Vec::with_capacity(cells.next_power_of_two().div_ceil(2));
        parents_of.collect_into_vec(&mut parents);
        parents
    }

    /// The fractions one by one.
    pub fn scalars(&self, fractions: &Fractions) -> Vec<[F; 2]> {
        let neutral = self.neutral_fractions();
        let cells = (0..fractions.cells()).flat_map(|i| {
            let mut buffer = neutral;
            let cell = self.field.vectorize(
                #[inline(always)]
                || self.fractions(fractions, i, &neutral, &mut buffer),
            );
            let [p, q] = *cell.unwrap_or(&neutral);
            p.into_iter().zip(q)
        });
        cells
            .flat_map(|(p, q)| {
                (0..WIDTH).map(move |lane| [self.scalar(p.get(lane)), self.scalar(q.get(lane))])
            })
            .collect()
    }

    /// A cell of fractions, made in `buffer` if need be; `None` if they are neutral, as are all behind the last.
    #[inline(always)]
    pub(super) fn fractions<'a>(
        &self,
        fractions: &'a Fractions,
        index: usize,
        neutral: &Cell,
        buffer: &'a mut Cell,
    ) -> Option<&'a Cell> {
        match fractions {
            Fractions::Cells(cells) => cells.get(index).filter(|cell| !is_neutral(cell, neutral)),
            Fractions::OfLeaves(leaves) => {
                let runs = [2 * index, 2 * index + 1];
                let of = |run: usize| leaves.runs().get(run).copied().unwrap_or(Run::Neutral);
                if runs.map(of) == [Run::Neutral; 2] {
                    return None;
                }
                let [p, q] = &mut *buffer;
                for ((run, p), q) in runs.into_iter().zip(p).zip(q) {
                    self.sums_of_leaves(leaves, (run, of(run)), p, q);
                }
                Some(buffer)
            }
        }
    }

    /// The sums of the neighbours of a run of leaves.
    #[inline(always)]
    fn sums_of_leaves(
        &self,
        leaves: &Leaves<Number>,
        (run, kind): (usize, Run),
        p: &mut Packed,
        q: &mut Packed,
    ) {
        match kind {
            Run::Neutral => (*p, *q) = (Packed::splat(self.zero), Packed::splat(self.one)),
            Run::Lookups(block) => {
                let [q0, q1] = self.lookups(leaves, &leaves.denominators().lookups, block, run);
                self.field.store(p, &self.field.add_reduced(&q0, &q1));
                self.field.store(q, &self.field.multiply(&q0, &q1));
            }
            Run::Mixed => {
                let mut cell = self.neutral_fractions();
                leaves.write(run * RUN..(run + 1) * RUN, |at, [p, q]| {
                    put(&mut cell[0], at, p);
                    put(&mut cell[1], at, q);
                });
                self.sums(&cell, p, q);
            }
        }
    }

    /// The values of a run of lookups in a block, see [`Run::Lookups`]: the even ones and the odd ones. `values` has those of each table.
    #[inline(always)]
    pub(super) fn lookups(
        &self,
        leaves: &Leaves<Number>,
        values: &[Vec<Number>],
        block: u32,
        run: usize,
    ) -> [A::Eight; 2] {
        let (table, places) = leaves.lookups(block, run).expect("they are lookups");
        let values = &values[table];
        assert_eq!(values.len(), leaves.table(table).len());
        // Of runs of lookups all places are in the table (`Leaves::find_run`), which has as many values.
        let number = |place: u32| {
            debug_assert!((place as usize) < values.len());
            // SAFETY: see above.
            unsafe { values.get_unchecked(place as usize) }
        };
        let even = std::array::from_fn(|lane| number(places[2 * lane]));
        let odd = std::array::from_fn(|lane| number(places[2 * lane + 1]));
        [self.field.gather(even), self.field.gather(odd)]
    }

    #[inline(always)]
    fn parents_of(&self, children: &Fractions, first: usize, neutral: &Cell) -> Cell {
        let (mut parents, mut buffer) = (*neutral, *neutral);
        let [p, q] = &mut parents;
        let halves = p.iter_mut().zip(q);
        for (half, (p, q)) in halves.enumerate() {
            let child = self.fractions(children, first + half, neutral, &mut buffer);
            if let Some(child) = child {
                self.sums(child, p, q);
            }
        }
        parents
    }

    /// The sums of the neighbours of sixteen fractions.
    #[inline(always)]
    fn sums(&self, children: &Cell, p: &mut Packed, q: &mut Packed) {
        let [[p0, p1], [q0, q1]] = [
            self.field.unzip(&children[0]),
            self.field.unzip(&children[1]),
        ];
        self.field
            .store(p, &self.field.sum_of_products([&p0, &p1], [&q1, &q0]));
        self.field.store(q, &self.field.multiply(&q0, &q1));
    }
}
