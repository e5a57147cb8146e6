//! The state of a separation, and the layers that all its parts make.

use super::interval::Intervals;
use super::value::{Parts, Rows, Value};
use crate::graph::{Graph, Kind, LayerId, Summand};
use inferproof_view::{View, ViewError};
use std::collections::BTreeMap;

/// A graph being made of another, layer by layer.
pub struct Separation<'a> {
    pub old: &'a Graph,
    pub graph: Graph,
    pub intervals: Intervals,
    /// For each layer of the old graph, what stands for it.
    pub values: Vec<Value>,
    /// What maxima of maxima are made of, in the old graph, where masks are among it.
    pub leaves: BTreeMap<LayerId, Vec<LayerId>>,
    /// For each layer of the old graph, whether something reads it that is no maximum.
    pub is_outermost: Vec<bool>,
    /// For each layer of the old graph, whether more is read of what lies below a row's greatest entry than exponentials.
    pub is_read_beyond: Vec<bool>,
    /// Levels of rows that are known already, by what they are made of.
    pub rows: BTreeMap<String, Option<Rows>>,
}

impl Separation<'_> {
    /// A layer in place of an old one of the same shape.
    pub fn push(&mut self, old: LayerId, kind: Kind) -> Value {
        let layer = self.old.layer(old);
        let whole = self.graph.push(&layer.origin, layer.shape.clone(), kind);
        Value {
            whole,
            parts: None,
            narrow: None,
        }
    }

    pub fn identity(&self, source: LayerId) -> Result<Summand, ViewError> {
        Ok(Summand {
            coefficient: 1.0,
            source: Some(source),
            view: View::identity(self.graph.shape(source).to_vec())?,
        })
    }

    /// The parts of an old layer; without masks it is all finite.
    pub fn parts(&self, old: LayerId) -> Parts {
        let value = &self.values[old.0];
        value.parts.clone().unwrap_or_else(|| Parts {
            finite: Some(value.whole),
            never: vec![],
        })
    }
}
