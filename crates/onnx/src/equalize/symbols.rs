//! Which entries of a graph's tensors must have one factor.
//!
//! Each column of an input, each output channel of a contraction with constant weights and each entry of a constant that is added gets a
//! symbol: an unknown factor. Views carry symbols along, sums and maxima make them equal, and what is not linear from zero
//! on (a function, a clip at six, a product of two computed tensors) pins them to one. Weights take in whatever meets them: the
//! symbols of what they are multiplied with divide their columns, those of what they make multiply their rows.

use crate::function::Function;
use crate::graph::{Axes, Graph, Kind, LayerId};
use inferproof_view::{View, ViewError};
use std::collections::BTreeMap;

/// An entry's factor: nothing where the entry is zero, the neutral coefficient of a view, a symbol, or several that were added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Symbol(u32);

const NOTHING: u32 = 0;
const NEUTRAL: u32 = 1;
/// The symbol of what keeps the factor one.
pub const PINNED: u32 = 2;
const MIXED: u32 = u32::MAX;

impl From<i64> for Symbol {
    fn from(coefficient: i64) -> Self {
        Self(if coefficient == 0 { NOTHING } else { NEUTRAL })
    }
}

impl std::ops::Mul for Symbol {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        match (self.0, other.0) {
            (NOTHING, _) | (_, NOTHING) => Self(NOTHING),
            (NEUTRAL, symbol) | (symbol, NEUTRAL) => Self(symbol),
            _ => Self(MIXED),
        }
    }
}

impl std::ops::AddAssign for Symbol {
    fn add_assign(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (NOTHING, symbol) | (symbol, NOTHING) => symbol,
            (a, b) if a == b => a,
            _ => MIXED,
        };
    }
}

/// The symbols of the rows and columns of weights `[S.., G.., K..]`.
pub struct WeightSymbols {
    pub axes: Axes,
    /// Of what they are multiplied with, `[S.., K..]`.
    pub columns: Vec<u32>,
    /// Of what they make, `[S.., G..]`.
    pub rows: Vec<u32>,
}

/// All symbols of a graph.
pub struct Symbols {
    /// For each symbol, another that it is equal to, or itself; the least is the name of all.
    parents: Vec<u32>,
    /// For each layer, those of its entries.
    layers: Vec<Vec<u32>>,
    pub weights: BTreeMap<LayerId, WeightSymbols>,
    /// Of constants that are added, by the layer of the sum and the place of the term.
    pub added: BTreeMap<(LayerId, usize), Vec<u32>>,
}

impl Symbols {
    /// The symbols of a graph. Those of inputs are pinned unless they are among `free`; outputs are pinned unless `realigned`.
    pub fn of(graph: &Graph, free: &[LayerId], realigned: &[LayerId]) -> Result<Self, ViewError> {
        let mut symbols = Self {
            parents: (0..=PINNED).collect(),
            layers: vec![Vec::new(); graph.layers.len()],
            weights: BTreeMap::new(),
            added: BTreeMap::new(),
        };
        for (position, layer) in graph.layers.iter().enumerate() {
            let id = LayerId(position);
            let entries = layer.shape.iter().product();
            let found = match &layer.kind {
                Kind::Constant(_) => continue,
                Kind::Input { .. } if free.contains(&id) => symbols.fresh(entries),
                Kind::Linear(_) => symbols.sum(graph, id)?,
                Kind::Contract { left, right, axes }
                    if graph.constant(*right).is_some() && !graph.is_integral(*right) =>
                {
                    symbols.contract(graph, *left, *right, *axes)
                }
                Kind::Apply { source, function } if is_homogeneous(function) => {
                    symbols.layers[source.0].clone()
                }
                Kind::Max { left, right } => {
                    let mut found = symbols.read(*left, entries);
                    let other = symbols.read(*right, entries);
                    symbols.unite_all(&mut found, &other);
                    found
                }
                kind => {
                    for source in kind.sources() {
                        symbols.pin(source);
                    }
                    vec![PINNED; entries]
                }
            };
            symbols.layers[position] = found;
            if layer.integral {
                symbols.pin(id);
            }
        }
        for &output in graph.outputs.iter().filter(|o| !realigned.contains(o)) {
            symbols.pin(output);
        }
        Ok(symbols)
    }

    /// The name of a symbol's class.
    pub fn class(&self, mut symbol: u32) -> u32 {
        while self.parents[symbol as usize] != symbol {
            symbol = self.parents[symbol as usize];
        }
        symbol
    }

    /// The classes of a layer's entries; [`PINNED`] where an entry is always zero.
    pub fn classes(&self, id: LayerId) -> Vec<u32> {
        let symbols = self.layers[id.0].iter();
        symbols
            .map(|&s| self.class(if s < PINNED { PINNED } else { s }))
            .collect()
    }

    fn fresh(&mut self, count: usize) -> Vec<u32> {
        let first = self.parents.len() as u32;
        let made = first..first + count as u32;
        self.parents.extend(made.clone());
        made.collect()
    }

    fn read(&self, id: LayerId, entries: usize) -> Vec<u32> {
        match self.layers[id.0].is_empty() {
            true => vec![PINNED; entries],
            false => self.layers[id.0].clone(),
        }
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.class(a), self.class(b));
        let (least, other) = (a.min(b), a.max(b));
        if least >= PINNED {
            self.parents[other as usize] = least;
        }
    }

    fn unite_all(&mut self, symbols: &mut [u32], others: &[u32]) {
        for (symbol, &other) in symbols.iter_mut().zip(others) {
            if *symbol < PINNED {
                *symbol = other;
            } else if other >= PINNED {
                self.unite(*symbol, other);
            }
        }
    }

    fn pin(&mut self, id: LayerId) {
        let symbols = std::mem::take(&mut self.layers[id.0]);
        self.pin_all(&symbols);
        self.layers[id.0] = symbols;
    }

    fn pin_all(&mut self, symbols: &[u32]) {
        for &symbol in symbols.iter().filter(|&&s| s > PINNED) {
            self.unite(symbol, PINNED);
        }
    }

    /// The symbols behind a view. If it adds up entries of different symbols, all that it reads are pinned.
    fn through(&mut self, symbols: &[u32], view: &View) -> Result<Vec<u32>, ViewError> {
        let named: Vec<Symbol> = symbols.iter().map(|&s| Symbol(self.class(s))).collect();
        let viewed = view.apply(&named)?;
        if viewed.iter().any(|s| s.0 == MIXED) {
            self.pin_all(symbols);
            let pinned = viewed
                .iter()
                .map(|s| if s.0 == NOTHING { NOTHING } else { PINNED });
            return Ok(pinned.collect());
        }
        Ok(viewed.into_iter().map(|s| s.0).collect())
    }

    fn sum(&mut self, graph: &Graph, id: LayerId) -> Result<Vec<u32>, ViewError> {
        let layer = graph.layer(id);
        let Kind::Linear(terms) = &layer.kind else {
            return Ok(vec![]);
        };
        let mut sum = vec![NOTHING; layer.shape.iter().product()];
        for (place, term) in terms.iter().enumerate() {
            let source = match term.source {
                None => vec![PINNED],
                Some(source) => match graph.constant(source) {
                    Some(values) => {
                        let made = self.fresh(values.len());
                        self.added.insert((id, place), made.clone());
                        made
                    }
                    None => self.read(source, graph.shape(source).iter().product()),
                },
            };
            let viewed = self.through(&source, &term.view)?;
            self.unite_all(&mut sum, &viewed);
        }
        Ok(sum)
    }

    fn contract(&mut self, graph: &Graph, left: LayerId, right: LayerId, axes: Axes) -> Vec<u32> {
        let (ls, rs) = (graph.shape(left), graph.shape(right));
        let s: usize = ls[..axes.shared].iter().product();
        let k: usize = ls[ls.len() - axes.contracted..].iter().product();
        let f: usize = ls[axes.shared..][..axes.left_free].iter().product();
        let g: usize = rs[axes.shared..][..axes.right_free].iter().product();
        let source = self.read(left, s * f * k);
        let known = self.weights.get(&right);
        if known.is_some_and(|known| known.axes != axes) {
            self.pin_all(&source);
            return vec![PINNED; s * f * g];
        }
        let (columns, rows) = match known {
            Some(known) => (known.columns.clone(), known.rows.clone()),
            None => (self.fresh(s * k), self.fresh(s * g)),
        };
        for (place, &symbol) in source.iter().enumerate() {
            if symbol >= PINNED {
                let column = place / (f * k).max(1) * k + place % k.max(1);
                self.unite(symbol, columns[column]);
            }
        }
        let made = (0..s * f * g).map(|place| rows[place / (f * g).max(1) * g + place % g.max(1)]);
        let made = made.collect();
        self.weights.insert(
            right,
            WeightSymbols {
                axes,
                columns,
                rows,
            },
        );
        made
    }
}

/// Whether `f(c x) = c f(x)` for each `c > 0`.
fn is_homogeneous(function: &Function) -> bool {
    match function {
        Function::Clamp { low, high } => [low, high]
            .iter()
            .all(|bound| bound.is_none_or(|b| b == 0.0)),
        Function::LeakyRelu { .. } | Function::Abs => true,
        _ => false,
    }
}
