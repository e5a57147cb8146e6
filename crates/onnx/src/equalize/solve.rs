//! The factors: as great as the tensors and weights in which they occur allow.

use super::reading::readers;
use super::symbols::{PINNED, Symbols};
use crate::graph::{Graph, Kind, LayerId, Real};
use crate::range::Range;
use std::collections::{BTreeMap, BTreeSet};

/// By how much, in powers of two, weights may grow beyond their greatest for the sake of activations: wide weights cost little.
const GROWTH: i32 = 3;

/// What a channel may go beyond what calibration has seen of it before it is the greatest, as a share: there are many, each with few
/// values, so that some of another sample's do.
const HEADROOM: f64 = 0.25;

/// The least factor, as a power of two, that is worth a change of the graph.
const WORTHWHILE: i32 = 3;

/// The least factor for which the columns of an input are brought to one size, which takes a commitment to it.
const UNLIKE_COLUMNS: i32 = 5;

/// A column whose middle is so many times as far from zero as its values are from the middle is moved there.
const FAR: f64 = 4.0;

/// The greatest factor, as a power of two.
const MOST: i32 = 24;

/// The most distinct factors of an output's columns, each of which is a term of a sum.
const MAX_FACTORS: usize = 8;

/// The greatest factor of an input's column, which may have 31 bits before.
const MOST_OF_INPUT: i32 = 20;

/// Inputs and outputs of more entries keep them as they are: which entries have which factor is public, and is read in every proof.
const MAX_ENTRIES: usize = 1 << 12;

/// More numbers than this are not added to make up for a middle.
const MAX_MOVED: usize = 1 << 14;

/// The classes of one layer's entries, and the values of each.
struct Layer {
    id: LayerId,
    /// For each entry, the place in `classes`.
    index: Vec<u32>,
    classes: Vec<u32>,
    ranges: Vec<Range>,
}

/// The values that calibration gives the classes of all layers that are rounded.
pub struct Observed {
    layers: Vec<Layer>,
}

impl Observed {
    pub fn new(graph: &Graph, symbols: &Symbols) -> Self {
        let layers = rounded(graph).into_iter().map(|id| {
            let mut places = BTreeMap::new();
            let mut classes = Vec::new();
            let index = symbols.classes(id).into_iter().map(|class| {
                *places.entry(class).or_insert_with(|| {
                    classes.push(class);
                    classes.len() as u32 - 1
                })
            });
            let index = index.collect();
            Layer {
                id,
                index,
                ranges: vec![Range::EMPTY; classes.len()],
                classes,
            }
        });
        Self {
            layers: layers.filter(|l| l.classes.len() > 1).collect(),
        }
    }

    /// Takes the values of a layer into account.
    pub fn add(&mut self, id: LayerId, values: &[Real]) {
        for layer in self.layers.iter_mut().filter(|layer| layer.id == id) {
            for (value, &place) in values.iter().zip(&layer.index) {
                let range = &mut layer.ranges[place as usize];
                range.low = range.low.min(value.0);
                range.high = range.high.max(value.0);
            }
        }
    }
}

/// The layers that are rounded: clamps, and what contractions and maxima read, behind views.
fn rounded(graph: &Graph) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    let root = |mut id: LayerId| {
        while let Kind::Linear(terms) = &graph.layer(id).kind
            && let [term] = &terms[..]
            && let Some(source) = term.source
        {
            id = source;
        }
        id
    };
    for (position, layer) in graph.layers.iter().enumerate() {
        match &layer.kind {
            Kind::Apply { .. } => {
                found.insert(LayerId(position));
            }
            Kind::Contract { left, .. } => {
                found.insert(root(*left));
            }
            Kind::Max { left, right } => {
                found.extend([root(*left), root(*right)]);
            }
            _ => {}
        }
    }
    found.retain(|&id| graph.constant(id).is_none());
    found
}

/// The factors of all classes, as powers of two.
pub struct Solution {
    exponents: BTreeMap<u32, i32>,
    /// The middles of inputs' columns, entry by entry, where they are moved.
    pub middles: BTreeMap<LayerId, Vec<f32>>,
}

impl Solution {
    pub fn of(
        graph: &Graph,
        symbols: &Symbols,
        observed: &Observed,
        free: &[LayerId],
        realigned: &[LayerId],
    ) -> Self {
        let mut solution = Self {
            exponents: BTreeMap::new(),
            middles: BTreeMap::new(),
        };
        // For each class, how much room its values leave in each of its tensors.
        let mut room: BTreeMap<u32, i32> = BTreeMap::new();
        for layer in &observed.layers {
            let is_input = free.contains(&layer.id);
            let is_small = layer.index.len() <= MAX_ENTRIES;
            let can_move = is_input && is_small && contributions(graph, layer.id) <= MAX_MOVED;
            let middles: Vec<f64> = layer
                .ranges
                .iter()
                .map(|range| {
                    let (middle, half) = middle(*range);
                    let is_far = can_move && half > 0.0 && middle.abs() > FAR * half;
                    // A single precision number, as the model's own are.
                    if is_far {
                        f64::from(middle as f32)
                    } else {
                        0.0
                    }
                })
                .collect();
            let sizes: Vec<f64> = layer
                .ranges
                .iter()
                .zip(&middles)
                .map(|(range, middle)| (range.high - middle).max(middle - range.low))
                .collect();
            let greatest = sizes
                .iter()
                .copied()
                .filter(|s| s.is_finite())
                .fold(0.0, f64::max);
            let with_headroom = |&size: &f64| exponent(greatest, size * (1.0 + HEADROOM));
            let rooms: Vec<i32> = sizes.iter().map(with_headroom).collect();
            let are_alike = rooms.iter().all(|&room| room < UNLIKE_COLUMNS)
                && middles.iter().all(|&m| m == 0.0);
            let most = match is_input {
                true if are_alike || !is_small => 0,
                true => MOST_OF_INPUT,
                false => MOST,
            };
            for (&class, &own) in layer.classes.iter().zip(&rooms) {
                let slot = room.entry(class).or_insert(MOST);
                *slot = (*slot).min(own).min(most);
            }
            if middles.iter().any(|&m| m != 0.0) {
                let middles = layer.index.iter().map(|&i| middles[i as usize] as f32);
                solution.middles.insert(layer.id, middles.collect());
            }
        }
        solution.fit_weights(graph, symbols, &room);
        for &output in realigned {
            solution.restrict(&symbols.classes(output));
        }
        solution
    }

    /// Chooses the factor of each class in the order in which they arise, so that the columns of weights are settled before their rows.
    fn fit_weights(&mut self, graph: &Graph, symbols: &Symbols, room: &BTreeMap<u32, i32>) {
        let mut rows: BTreeMap<u32, Vec<(LayerId, usize)>> = BTreeMap::new();
        for (&id, weights) in &symbols.weights {
            for (row, &symbol) in weights.rows.iter().enumerate() {
                rows.entry(symbols.class(symbol))
                    .or_default()
                    .push((id, row));
            }
        }
        let mut classes: BTreeSet<u32> = room.keys().copied().collect();
        classes.extend(rows.keys());
        classes.remove(&PINNED);
        let mut sizes: BTreeMap<LayerId, Vec<f64>> = BTreeMap::new();
        for class in classes {
            let made = rows.get(&class).map_or(&[][..], |rows| &rows[..]);
            let mut exponent_of = room.get(&class).copied();
            for &(id, row) in made {
                let sizes = sizes
                    .entry(id)
                    .or_insert_with(|| self.row_sizes(graph, symbols, id));
                let greatest = sizes.iter().copied().fold(0.0, f64::max);
                // What nothing but an output shows is made of rows that are all alike.
                let growth = if room.contains_key(&class) { GROWTH } else { 0 };
                let most = exponent(greatest, sizes[row]) + growth;
                exponent_of = Some(exponent_of.unwrap_or(MOST).min(most));
            }
            let chosen = exponent_of.unwrap_or(0).clamp(0, MOST);
            if chosen > 0 {
                self.exponents.insert(class, chosen);
            }
        }
    }

    /// The greatest weight of each row, once its columns are divided by what is chosen already.
    fn row_sizes(&self, graph: &Graph, symbols: &Symbols, id: LayerId) -> Vec<f64> {
        let (Some(values), Some(weights)) = (graph.constant(id), symbols.weights.get(&id)) else {
            return vec![];
        };
        let layout = Layout::of(graph, id, weights.axes.shared, weights.axes.contracted);
        let columns = weights
            .columns
            .iter()
            .map(|&c| 2f64.powi(-self.exponent(symbols, c)));
        let columns: Vec<f64> = columns.collect();
        let mut sizes = vec![0f64; weights.rows.len()];
        for (place, &value) in values.entries().iter().enumerate() {
            let (row, column) = layout.place(place);
            sizes[row] = sizes[row].max((f64::from(value) * columns[column]).abs());
        }
        sizes
    }

    /// An output's factors have to be few, and worth it; else they are all one.
    fn restrict(&mut self, classes: &[u32]) {
        let exponents: BTreeSet<i32> = classes
            .iter()
            .map(|c| self.exponents.get(c).copied().unwrap_or(0))
            .collect();
        let is_large = classes.len() > MAX_ENTRIES || exponents.len() > MAX_FACTORS;
        if is_large || exponents.iter().all(|&e| e < WORTHWHILE) {
            for class in classes {
                self.exponents.remove(class);
            }
        }
    }

    /// The factor of a symbol, as a power of two.
    pub fn exponent(&self, symbols: &Symbols, symbol: u32) -> i32 {
        self.exponents
            .get(&symbols.class(symbol))
            .copied()
            .unwrap_or(0)
    }

    /// The factors of a layer's entries.
    pub fn of_layer(&self, symbols: &Symbols, id: LayerId) -> Vec<i32> {
        let classes = symbols.classes(id);
        classes
            .iter()
            .map(|c| self.exponents.get(c).copied().unwrap_or(0))
            .collect()
    }

    pub fn is_worthwhile(&self) -> bool {
        !self.middles.is_empty() || self.exponents.values().any(|&e| e >= WORTHWHILE)
    }
}

/// Where the entries of weights `[S.., G.., K..]` belong.
pub struct Layout {
    rows: usize,
    width: usize,
}

impl Layout {
    pub fn of(graph: &Graph, id: LayerId, shared: usize, contracted: usize) -> Self {
        let shape = graph.shape(id);
        Self {
            rows: shape[shared..shape.len() - contracted]
                .iter()
                .product::<usize>()
                .max(1),
            width: shape[shape.len() - contracted..]
                .iter()
                .product::<usize>()
                .max(1),
        }
    }

    /// How many rows there are before the columns are others.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The row and the column of an entry.
    pub fn place(&self, entry: usize) -> (usize, usize) {
        let row = entry / self.width;
        (row, row / self.rows * self.width + entry % self.width)
    }
}

/// The middle of a range, and how far its ends are from it.
fn middle(range: Range) -> (f64, f64) {
    if range.low > range.high {
        return (0.0, 0.0);
    }
    (
        (range.low + range.high) / 2.0,
        (range.high - range.low) / 2.0,
    )
}

/// The greatest `e` with `size * 2^e <= greatest`; 0 where the size is zero.
fn exponent(greatest: f64, size: f64) -> i32 {
    if size <= 0.0 || !size.is_finite() {
        return 0;
    }
    ((greatest / size).log2().floor() as i32).clamp(0, MOST)
}

/// How many numbers the contractions make that read an input.
fn contributions(graph: &Graph, input: LayerId) -> usize {
    let readers = readers(graph);
    let (mut open, mut count) = (vec![input], 0);
    while let Some(id) = open.pop() {
        for &reader in &readers[id.0] {
            match &graph.layer(reader).kind {
                Kind::Contract { .. } => count += graph.shape(reader).iter().product::<usize>(),
                _ => open.push(reader),
            }
        }
    }
    count
}
