//! Logarithms of a softmax: `x - max - ln sum exp(x - max)`, in which `x` is read as it is.
//!
//! The exponentials of a softmax need no more of `x` than what lies a little below the greatest entry of its row, and its quotients are zero
//! further down. A logarithm needs all of it.

use super::separation::Separation;
use super::value::Value;
use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId, Summand};
use inferproof_view::{Step, View, ViewError};

/// A logarithm of quotients `exp(below) / sum`, rows of which are divided by one number each.
pub struct LogSoftmax {
    below: LayerId,
    sum: LayerId,
    /// How the logarithm's argument is read from the quotients.
    view: View,
}

impl LogSoftmax {
    /// What a layer is the logarithm of, if that is a softmax.
    pub fn of(graph: &Graph, id: LayerId) -> Option<Self> {
        let Kind::Apply {
            source,
            function: Function::Ln,
        } = graph.layer(id).kind
        else {
            return None;
        };
        let mut views = Vec::new();
        let mut quotients = source;
        while let Some((inner, view)) = graph.viewed(quotients) {
            views.push(view);
            quotients = inner;
        }
        let Kind::Contract { left, right, axes } = graph.layer(quotients).kind else {
            return None;
        };
        let rank = graph.shape(quotients).len();
        if (
            axes.shared,
            axes.left_free,
            axes.right_free,
            axes.contracted,
        ) != (rank - 1, 1, 0, 0)
        {
            return None;
        }
        let argument = |id: LayerId, wanted: Function| match &graph.layer(id).kind {
            Kind::Apply { source, function } if *function == wanted => Some(*source),
            _ => None,
        };
        let below = argument(left, Function::Exp)?;
        let sum = argument(right, Function::Reciprocal)?;
        if !is_sum_of(graph, sum, left) {
            return None;
        }
        let mut view = View::identity(graph.shape(quotients).to_vec()).ok()?;
        for next in views.into_iter().rev() {
            view = view.chain(next).ok()?;
        }
        Some(Self { below, sum, view })
    }
}

/// Whether a layer is the sums of another's rows.
fn is_sum_of(graph: &Graph, sum: LayerId, terms: LayerId) -> bool {
    let Kind::Linear(parts) = &graph.layer(sum).kind else {
        return false;
    };
    let [
        Summand {
            coefficient: 1.0,
            source: Some(source),
            view,
        },
    ] = &parts[..]
    else {
        return false;
    };
    let last = graph.shape(terms).len().saturating_sub(1);
    *source == terms
        && matches!(view.steps(), [Step::Reduce { axis, weights: None, .. }] if *axis == last)
}

/// For each softmax's argument, whether what lies below its greatest entries is read by more than exponentials.
pub fn read_beyond(graph: &Graph) -> Vec<bool> {
    let mut found = vec![false; graph.layers.len()];
    let mut mark = |below: LayerId| {
        if let Kind::Linear(terms) = &graph.layer(below).kind
            && terms.len() > 1
        {
            terms
                .iter()
                .filter_map(|t| t.source)
                .for_each(|id| found[id.0] = true);
        }
    };
    for (position, layer) in graph.layers.iter().enumerate() {
        if let Some(quotient) = LogSoftmax::of(graph, LayerId(position)) {
            mark(quotient.below);
        }
        let is_exponential = matches!(
            layer.kind,
            Kind::Apply {
                function: Function::Exp,
                ..
            }
        );
        if !is_exponential {
            layer.kind.sources().into_iter().for_each(&mut mark);
        }
    }
    graph.outputs.iter().copied().for_each(mark);
    found
}

impl Separation<'_> {
    /// `below - ln(sum)`.
    pub fn logarithm(&mut self, old: LayerId, quotient: &LogSoftmax) -> Result<Value, ViewError> {
        let origin = &self.old.layer(old).origin;
        let shape = self.old.shape(quotient.below).to_vec();
        let sum = self.values[quotient.sum.0].whole;
        let logarithm = self.graph.apply(origin, sum, Function::Ln);
        let axis = shape.len() - 1;
        let rows = View::identity(shape[..axis].to_vec())?;
        let logarithm = Summand {
            coefficient: -1.0,
            source: Some(logarithm),
            view: rows.then(Step::Insert {
                axis,
                len: shape[axis],
            })?,
        };
        let parts = self.parts(quotient.below);
        let below = parts.finite.map(|f| self.identity(f)).transpose()?;
        let mut finite: Vec<Summand> = below.into_iter().chain([logarithm]).collect();
        let mut never = parts.never;
        for term in finite.iter_mut().chain(&mut never) {
            term.view = term.view.clone().chain(&quotient.view)?;
        }
        let shape = self.old.shape(old).to_vec();
        self.masked(origin, &shape, finite, never)
    }
}
