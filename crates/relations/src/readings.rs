//! What relations read: every distinct source, view and point once.
//!
//! Claims on the same reading differ by a factor only, so that factors are added up and each reading costs one claim. The set of readings
//! is determined when the relations are made, so that the number of pads is known before any challenge.

use crate::error::malformed;
use crate::{Parts, RelationsError, Source, bits_of};
use inferproof_view::View;
use std::collections::HashMap;
use std::hash::Hash;

/// The number of a [`Pullback`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PullbackId(usize);

/// The number of a [`Reading`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadingId(usize);

impl PullbackId {
    /// The place among all pullbacks.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

impl ReadingId {
    /// The place among all readings.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// The points at which the protocol evaluates what relations read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The low bits of the tree's point that index a block of `2^bits` leaves.
    Block(usize),
    /// The point drawn for a linear claim.
    Linear(usize),
}

/// The `eq` functional at a point, pulled back through a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pullback {
    /// What is pulled back through.
    pub view: View,
    /// The point.
    pub place: Place,
}

/// A source read by a functional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// What is read.
    pub source: Source,
    /// The functional.
    pub pullback: PullbackId,
}

/// All readings.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// The distinct functionals.
    pub pullbacks: Vec<Pullback>,
    /// The distinct readings.
    pub all: Vec<Reading>,
    /// For each lookup, for each column, for each term: its reading.
    pub of_lookups: Vec<Vec<Vec<ReadingId>>>,
    /// For each linear claim, for each term: its reading.
    pub of_linears: Vec<Vec<ReadingId>>,
    /// For each table: the reading of its multiplicities.
    pub of_tables: Vec<ReadingId>,
}

/// Numbers equal things equally, in the order in which they first came.
struct Interner<T> {
    distinct: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self {
            distinct: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn intern(&mut self, thing: T) -> usize {
        let next = self.distinct.len();
        *self.numbers.entry(thing.clone()).or_insert_with(|| {
            self.distinct.push(thing);
            next
        })
    }
}

impl Readings {
    /// What the parts read, multiplicities of tables included.
    pub(crate) fn of(parts: &Parts) -> Result<Self, RelationsError> {
        let (mut pullbacks, mut readings) = (Interner::default(), Interner::default());
        let mut intern = |source, view: &View, place| {
            let view = view.clone();
            let pullback = PullbackId(pullbacks.intern(Pullback { view, place }));
            ReadingId(readings.intern(Reading { source, pullback }))
        };
        let mut out = Self::default();
        for lookup in &parts.lookups {
            let place = Place::Block(lookup.shape.iter().map(|&n| bits_of(n)).sum());
            let columns = lookup.columns.iter().map(|column| {
                let terms = column.iter().map(|t| intern(t.source, &t.view, place));
                terms.collect()
            });
            out.of_lookups.push(columns.collect());
        }
        for (i, table) in parts.tables.iter().enumerate() {
            let view = View::identity(vec![table.len()]).map_err(|error| RelationsError::View {
                place: format!("table {i}"),
                error,
            })?;
            let source = Source::Committed(parts.multiplicities(i));
            let place = Place::Block(bits_of(table.len()));
            out.of_tables.push(intern(source, &view, place));
        }
        for (i, linear) in parts.linears.iter().enumerate() {
            let place = Place::Linear(i);
            let terms = linear.terms.iter();
            let terms = terms.map(|t| intern(t.source, &t.view, place));
            out.of_linears.push(terms.collect());
        }
        (out.pullbacks, out.all) = (pullbacks.distinct, readings.distinct);
        for reading in &out.all {
            if let Source::Contraction(i) = reading.source
                && let Some(contraction) = parts.contractions.get(i)
                && let Some(pullback) = out.pullbacks.get(reading.pullback.0)
                && !contraction.factors_through(&pullback.view)
            {
                return Err(malformed(
                    &contraction.name,
                    "it is read through a view that merges axes of different kinds",
                ));
            }
        }
        Ok(out)
    }

    /// Claims on contraction outputs: J of `docs/protocol.md`, section 5.
    #[must_use]
    pub fn of_contractions(&self) -> usize {
        let sources = self.all.iter().map(|reading| reading.source);
        sources
            .filter(|source| matches!(source, Source::Contraction(_)))
            .count()
    }
}
