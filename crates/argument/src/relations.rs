//! What is proven, as data that prover and verifier share: committed tensors, lookups, contractions, linear claims.
//!
//! Everything that is not committed is a public linear function of committed and public tensors (a [`Term`] reads one of
//! them through a view), or a contraction of two such functions (PROTOCOL must 6).

use crate::work::{self, Limits, bits_of_shape};
use crate::{error::RelationsError, layout::Layout, multilinear::bits_of};
use inferproof_view::View;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::Hash;

/// A tensor that terms can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Source {
    /// The constant one, of shape `[]`.
    One,
    /// A tensor of integers that the verifier knows.
    Public(usize),
    /// A committed tensor.
    Committed(usize),
    /// The output of a contraction. Operands of contractions may not read it.
    Contraction(usize),
}

/// `coefficient * view(source)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Term {
    /// A small public factor.
    pub coefficient: i64,
    /// What is read.
    pub source: Source,
    /// How it is read; its target is the shape of whatever the term is part of.
    pub view: View,
}

/// Who committed to a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// Committed before (the model): its row commitments are part of the statement.
    External,
    /// Committed in the proof.
    Fresh,
}

/// A committed tensor.
#[derive(Clone, Debug, Serialize)]
pub struct CommittedTensor {
    /// For messages only.
    pub name: String,
    /// Where its entries lie.
    pub layout: Layout,
    /// Who committed to it.
    pub origin: Origin,
}

/// A table of integer tuples. Its tag in the argument is its place in [`Relations::tables`] plus one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Table {
    /// `(v)` for `low <= v < low + size`.
    Range {
        /// The least value.
        low: i64,
        /// How many values.
        size: usize,
    },
    /// Saturation (PROTOCOL must 5): `(0, y)` for `low <= y <= high`, `(e, high)` for `0 < e <= above`, and `(-e, low)` for
    /// `0 < e <= below`.
    Clamp {
        /// The least value.
        low: i64,
        /// The greatest value.
        high: i64,
        /// The largest excess below.
        below: usize,
        /// The largest excess above.
        above: usize,
    },
    /// `(x, values[x - low])`.
    Function {
        /// The least argument.
        low: i64,
        /// The values at `low`, `low + 1`, ...
        values: Vec<i64>,
    },
}

impl Table {
    /// How many tuples it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Range { size, .. } => *size,
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => usize::try_from(high.saturating_sub(*low))
                .map_or(0, |n| n.saturating_add(1))
                .saturating_add(*below)
                .saturating_add(*above),
            Self::Function { values, .. } => values.len(),
        }
    }

    /// Whether it has no tuple.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries a tuple has.
    #[must_use]
    pub fn arity(&self) -> usize {
        match self {
            Self::Range { .. } => 1,
            Self::Clamp { .. } | Self::Function { .. } => 2,
        }
    }

    /// The tuples in order, those of arity one with a zero behind.
    pub fn tuples(&self) -> Box<dyn Iterator<Item = (i64, i64)> + '_> {
        match self {
            Self::Range { low, size } => Box::new((0..*size as i64).map(move |i| (low + i, 0))),
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => Box::new(
                (*low..=*high)
                    .map(|y| (0, y))
                    .chain((1..=*above as i64).map(|e| (e, *high)))
                    .chain((1..=*below as i64).map(|e| (-e, *low))),
            ),
            Self::Function { low, values } => {
                Box::new(values.iter().zip(*low..).map(|(&v, x)| (x, v)))
            }
        }
    }

    /// The place of a tuple in [`Self::tuples`]; `None` if it has none.
    #[must_use]
    pub fn position(&self, first: i64, second: i64) -> Option<usize> {
        let index = |i: i64, n: usize| usize::try_from(i).ok().filter(|&i| i < n);
        match self {
            Self::Range { low, size } => index(first.checked_sub(*low)?, *size),
            Self::Clamp {
                low,
                high,
                below,
                above,
            } => {
                let values = usize::try_from(high - low).ok()? + 1;
                match first {
                    0 => index(second.checked_sub(*low)?, values),
                    1.. if second == *high => Some(values + index(first - 1, *above)?),
                    ..=-1 if second == *low => Some(values + above + index(-1 - first, *below)?),
                    _ => None,
                }
            }
            Self::Function { low, values } => {
                let i = index(first.checked_sub(*low)?, values.len())?;
                (values.get(i) == Some(&second)).then_some(i)
            }
        }
    }
}

/// Every index of `shape` gives a tuple, one entry for each column (a sum of terms), which must be in the table.
#[derive(Clone, Debug, Serialize)]
pub struct Lookup {
    /// For messages only.
    pub name: String,
    /// Index in [`Relations::tables`].
    pub table: usize,
    /// How many tuples, in axes.
    pub shape: Vec<usize>,
    /// As many as the table's arity.
    pub columns: Vec<Vec<Term>>,
}

/// `out[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, over axes of any number.
#[derive(Clone, Debug, Serialize)]
pub struct Contraction {
    /// For messages only.
    pub name: String,
    /// The first operand, of shape `[shared, left_free, contracted]`.
    pub left: Vec<Term>,
    /// The second operand, of shape `[shared, right_free, contracted]`.
    pub right: Vec<Term>,
    /// Axes that both operands and the output have.
    pub shared: Vec<usize>,
    /// Axes of the left operand and the output.
    pub left_free: Vec<usize>,
    /// Axes of the right operand and the output.
    pub right_free: Vec<usize>,
    /// Axes that are summed over.
    pub contracted: Vec<usize>,
}

impl Contraction {
    /// Whether claims made through `view` factor over shared, left free and right free axes, as the contraction sumcheck
    /// needs. Where they do not, the output has to be committed.
    #[must_use]
    pub fn factors_through(&self, view: &View) -> bool {
        let mut ends = vec![0];
        for count in view.groups() {
            ends.push(ends.last().copied().unwrap_or(0) + count);
        }
        let free = self.shared.len() + self.left_free.len();
        ends.contains(&self.shared.len()) && ends.contains(&free)
    }

    pub(crate) fn left_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.left_free, &self.contracted].concat()
    }

    pub(crate) fn right_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.right_free, &self.contracted].concat()
    }

    /// The shape of the output.
    #[must_use]
    pub fn output_shape(&self) -> Vec<usize> {
        [&self.shared[..], &self.left_free, &self.right_free].concat()
    }

    /// The variables of its sumcheck: bits of the shared, then of the contracted axes.
    pub(crate) fn bits(&self) -> usize {
        self.shared
            .iter()
            .chain(&self.contracted)
            .map(|&n| bits_of(n))
            .sum()
    }
}

/// A sum of terms that is zero at every index of `shape`.
#[derive(Clone, Debug, Serialize)]
pub struct Linear {
    /// For messages only.
    pub name: String,
    /// The shape of every term.
    pub shape: Vec<usize>,
    /// The summands.
    pub terms: Vec<Term>,
}

/// All relations of one statement. [`Relations::new`] checks that they fit together.
#[derive(Clone, Debug)]
pub struct Relations {
    parts: Parts,
    blocks: Vec<Block>,
    pullbacks: Vec<Pullback>,
    readings: Vec<Reading>,
    lookup_readings: Vec<Vec<Vec<usize>>>,
    linear_readings: Vec<Vec<usize>>,
    table_readings: Vec<usize>,
    depth: usize,
    digest: [u8; 32],
}

/// What relations are made of.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Parts {
    /// Rows have `2^c` entries.
    pub c: u32,
    /// Committed tensors. [`Relations::new`] adds the multiplicities of every table behind them.
    pub tensors: Vec<CommittedTensor>,
    /// Shapes of the public tensors.
    pub publics: Vec<Vec<usize>>,
    /// Tables, each with a tag of its own.
    pub tables: Vec<Table>,
    /// Lookups into them.
    pub lookups: Vec<Lookup>,
    /// Products.
    pub contractions: Vec<Contraction>,
    /// Linear claims.
    pub linears: Vec<Linear>,
}

/// What an aligned block of the tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    Lookup(usize),
    Table(usize),
}

/// An aligned run of `2^bits` leaves from `offset` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub offset: usize,
    pub bits: usize,
    pub leaves: Leaves,
}

/// The points at which the protocol evaluates what relations read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// The low bits of the tree's point that index a block of `2^bits` leaves.
    Block(usize),
    /// The point drawn for a linear claim.
    Linear(usize),
}

/// The `eq` functional at a point, pulled back through a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pullback {
    pub view: View,
    pub place: Place,
}

/// A source read by a functional. Claims on the same reading differ by a factor only, so that factors are added up and each
/// reading costs one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reading {
    pub source: Source,
    /// Which of the pullbacks.
    pub pullback: usize,
}

/// Things told apart, in the order in which they came.
struct Numbered<T> {
    distinct: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            distinct: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, thing: T) -> usize {
        let next = self.distinct.len();
        *self.numbers.entry(thing.clone()).or_insert_with(|| {
            self.distinct.push(thing);
            next
        })
    }
}

/// Rows of more than `2^MAX_ROW_BITS` entries are refused: the response alone would take gigabytes.
const MAX_ROW_BITS: u32 = 26;
/// Tables begin and end within this, so that their tuples do not overflow.
const MAX_TABLE_VALUE: u64 = 1 << 61;
/// Trees deeper than this are refused: 2^34 leaves are far beyond any memory.
const MAX_DEPTH: usize = 34;

impl Relations {
    /// Checks the parts, adds a multiplicity tensor for every table, places the blocks of the tree.
    ///
    /// # Errors
    /// If a part does not fit: a term that reads what does not exist or has another shape, an operand that reads a
    /// contraction, an empty or too large table; or if they are beyond [`Limits::default`].
    pub fn new(parts: Parts) -> Result<Self, RelationsError> {
        Self::within(parts, &Limits::default())
    }

    /// As [`Self::new`], with limits of the caller's on what a verification may take.
    ///
    /// # Errors
    /// As [`Self::new`], and if the relations are beyond the limits.
    pub fn within(mut parts: Parts, limits: &Limits) -> Result<Self, RelationsError> {
        work::check_parts(&parts, limits)?;
        let multiplicities: Vec<_> = parts
            .tables
            .iter()
            .enumerate()
            .map(|(i, table)| {
                let name = format!("multiplicities of table {i}");
                let layout = Layout::packed(vec![table.len()], parts.c)
                    .ok_or_else(|| malformed(&name, "the table is empty or too large"))?;
                Ok(CommittedTensor {
                    name,
                    layout,
                    origin: Origin::Fresh,
                })
            })
            .collect::<Result<_, RelationsError>>()?;
        // Before multiplicities are there: the prover has them only after it has read every other tensor.
        check(&parts)?;
        parts.tensors.extend(multiplicities);
        work::check_rows(&parts, limits)?;

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
        let bytes = postcard::to_allocvec(&parts)
            .map_err(|_| malformed("the relations", "they cannot be encoded"))?;
        let mut relations = Self {
            digest: *blake3::hash(&bytes).as_bytes(),
            parts,
            blocks: placed,
            pullbacks: Vec::new(),
            readings: Vec::new(),
            lookup_readings: Vec::new(),
            linear_readings: Vec::new(),
            table_readings: Vec::new(),
            depth,
        };
        relations.collect_readings()?;
        work::check_pads(relations.pad_count(), limits)?;
        work::check_work(relations.work(), limits)?;
        Ok(relations)
    }

    /// Numbers the distinct readings, so that their count (and with it the pads') is known before any challenge.
    fn collect_readings(&mut self) -> Result<(), RelationsError> {
        let (mut pullbacks, mut readings) = (Numbered::default(), Numbered::default());
        let mut number = |source, view: &View, place| {
            let view = view.clone();
            let pullback = pullbacks.number(Pullback { view, place });
            readings.number(Reading { source, pullback })
        };
        for lookup in &self.parts.lookups {
            let place = Place::Block(lookup.shape.iter().map(|&n| bits_of(n)).sum());
            let columns = lookup.columns.iter().map(|column| {
                let terms = column.iter().map(|t| number(t.source, &t.view, place));
                terms.collect()
            });
            self.lookup_readings.push(columns.collect());
        }
        for (i, table) in self.parts.tables.iter().enumerate() {
            let view = View::identity(vec![table.len()]).map_err(|error| RelationsError::View {
                place: format!("table {i}"),
                error,
            })?;
            let source = Source::Committed(self.multiplicities(i));
            let place = Place::Block(bits_of(table.len()));
            self.table_readings.push(number(source, &view, place));
        }
        for (i, linear) in self.parts.linears.iter().enumerate() {
            let place = Place::Linear(i);
            let terms = linear.terms.iter();
            let terms = terms.map(|t| number(t.source, &t.view, place));
            self.linear_readings.push(terms.collect());
        }
        let (pullbacks, readings) = (pullbacks.distinct, readings.distinct);
        for reading in &readings {
            if let Source::Contraction(i) = reading.source
                && let Some(contraction) = self.parts.contractions.get(i)
                && let Some(pullback) = pullbacks.get(reading.pullback)
                && !contraction.factors_through(&pullback.view)
            {
                return Err(malformed(
                    &contraction.name,
                    "it is read through a view that merges axes of different kinds",
                ));
            }
        }
        self.pullbacks = pullbacks;
        self.readings = readings;
        Ok(())
    }

    pub(crate) fn pullbacks(&self) -> &[Pullback] {
        &self.pullbacks
    }

    pub(crate) fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// For each lookup, for each column, for each term: its reading.
    pub(crate) fn lookup_readings(&self) -> &[Vec<Vec<usize>>] {
        &self.lookup_readings
    }

    /// For each linear claim, for each term: its reading.
    pub(crate) fn linear_readings(&self) -> &[Vec<usize>] {
        &self.linear_readings
    }

    /// For each table: the reading of its multiplicities.
    pub(crate) fn table_readings(&self) -> &[usize] {
        &self.table_readings
    }

    /// Claims on contraction outputs: J of PROTOCOL section 2.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.readings
            .iter()
            .filter(|r| matches!(r.source, Source::Contraction(_)))
            .count()
    }

    /// Rounds of the contraction sumcheck: the longest contraction's bits, whatever the depth of the program.
    #[must_use]
    pub fn contraction_rounds(&self) -> usize {
        self.parts
            .contractions
            .iter()
            .map(Contraction::bits)
            .max()
            .unwrap_or(0)
    }

    /// About how many field elements a verifier makes or multiplies for a proof.
    #[must_use]
    pub fn work(&self) -> u64 {
        work::of_verification(self)
    }

    /// Scalars that a proof sends minus a pad.
    #[must_use]
    pub fn pad_count(&self) -> usize {
        let layers: usize = (1..self.depth).map(|layer| 2 * layer + 4).sum();
        let contractions = match self.instances() {
            0 => 0,
            j => 1 + 2 * self.contraction_rounds() + 2 * j,
        };
        4 + layers + 2 * self.parts.c as usize + contractions
    }

    /// Bytes of every proof of these relations.
    #[must_use]
    pub fn proof_length(&self) -> usize {
        let rows: usize = self.fresh().map(|(_, t)| t.layout.row_count()).sum();
        64 * (rows + 1 + 4) + 32 * (2 * self.pad_count() + (1 << self.parts.c) + 3)
    }

    /// Generators that commitments need.
    #[must_use]
    pub fn generator_count(&self) -> usize {
        self.pad_count().max(1 << self.parts.c)
    }

    /// The parts, with the multiplicity tensors.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// A digest of everything: tables' contents, shapes, layouts, relations.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The tree has `2^depth` leaves.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Index of the multiplicity tensor of a table.
    pub(crate) fn multiplicities(&self, table: usize) -> usize {
        self.parts.tensors.len() - self.parts.tables.len() + table
    }

    /// Tensors committed in the proof, with their indices.
    pub fn fresh(&self) -> impl Iterator<Item = (usize, &CommittedTensor)> {
        let tensors = self.parts.tensors.iter().enumerate();
        tensors.filter(|(_, t)| t.origin == Origin::Fresh)
    }

    /// Tensors committed before, with their indices.
    pub fn external(&self) -> impl Iterator<Item = (usize, &CommittedTensor)> {
        let tensors = self.parts.tensors.iter().enumerate();
        tensors.filter(|(_, t)| t.origin == Origin::External)
    }
}

fn malformed(place: &str, what: &'static str) -> RelationsError {
    RelationsError::Malformed {
        place: place.to_owned(),
        what,
    }
}

fn check(parts: &Parts) -> Result<(), RelationsError> {
    let terms = |place: &str, shape: &[usize], terms: &[Term], operand: bool| {
        if terms.is_empty() {
            return Err(malformed(place, "it has no terms"));
        }
        for term in terms {
            let source: Option<Vec<usize>> = match term.source {
                Source::One => Some(Vec::new()),
                Source::Public(i) => parts.publics.get(i).cloned(),
                Source::Committed(i) => parts.tensors.get(i).map(|t| t.layout.shape().to_vec()),
                Source::Contraction(_) if operand => {
                    return Err(malformed(
                        place,
                        "an operand of a contraction reads a contraction",
                    ));
                }
                Source::Contraction(i) => parts.contractions.get(i).map(Contraction::output_shape),
            };
            let source =
                source.ok_or_else(|| malformed(place, "a term reads what does not exist"))?;
            if source != term.view.source() {
                return Err(malformed(
                    place,
                    "a term's view does not start at its source's shape",
                ));
            }
            if shape != term.view.target() {
                return Err(malformed(
                    place,
                    "a term does not have the shape of its relation",
                ));
            }
        }
        Ok(())
    };
    if parts.c > MAX_ROW_BITS {
        return Err(malformed("the relations", "their rows are too long"));
    }
    // Tuples are computed in 64 bits: a table near their ends would overflow, or panic, where it is evaluated.
    for (i, table) in parts.tables.iter().enumerate() {
        let small = |v: i64| v.unsigned_abs() <= MAX_TABLE_VALUE;
        let bounded = match table {
            Table::Range { low, .. } => small(*low),
            Table::Function { low, values } => small(*low) && values.iter().all(|&v| small(v)),
            Table::Clamp { low, high, .. } => small(*low) && small(*high) && low <= high,
        };
        if !bounded {
            let name = format!("table {i}");
            return Err(malformed(
                &name,
                "its values are too large, or its ends reversed",
            ));
        }
    }
    for tensor in &parts.tensors {
        if tensor.layout.row_width() > 1usize.checked_shl(parts.c).unwrap_or(0) {
            return Err(malformed(
                &tensor.name,
                "its rows are longer than the commitment's",
            ));
        }
    }
    for lookup in &parts.lookups {
        let table = parts.tables.get(lookup.table);
        let table = table.ok_or_else(|| malformed(&lookup.name, "its table does not exist"))?;
        if table.arity() != lookup.columns.len() {
            return Err(malformed(
                &lookup.name,
                "it has not as many columns as its table",
            ));
        }
        for column in &lookup.columns {
            terms(&lookup.name, &lookup.shape, column, false)?;
        }
    }
    for contraction in &parts.contractions {
        terms(
            &contraction.name,
            &contraction.left_shape(),
            &contraction.left,
            true,
        )?;
        terms(
            &contraction.name,
            &contraction.right_shape(),
            &contraction.right,
            true,
        )?;
    }
    for linear in &parts.linears {
        terms(&linear.name, &linear.shape, &linear.terms, false)?;
    }
    Ok(())
}
