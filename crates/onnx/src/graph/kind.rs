//! How the layers of a float graph are made.

use crate::function::Function;
use crate::integer_function::IntegerFunction;
use crate::numbers::Numbers;
use crate::requantize::Requantization;
use inferproof_view::{Step, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tensor of a [`Graph`](super::Graph): the position of the layer that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerId(pub usize);

/// The operations of the float graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An input of the model.
    Input {
        /// Whether it holds integers or truth values.
        integral: bool,
        /// The least and the greatest number of its type, if that has 8 bits.
        bounds: Option<(i64, i64)>,
    },
    /// Numbers of the model.
    Constant(Numbers),
    /// `sum of coefficient * view(source)`; a source of `None` is the number 1, of shape `[]`.
    Linear(Vec<Summand>),
    /// `output[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, as [`inferproof_program::Op::Contract`].
    Contract {
        left: LayerId,
        right: LayerId,
        axes: Axes,
    },
    /// A function of one number, entry by entry.
    Apply { source: LayerId, function: Function },
    /// The greater of two tensors of one shape, entry by entry.
    Max { left: LayerId, right: LayerId },
    /// Along the last axis, 1 at the first index of the maximum and 0 elsewhere. Entries that one of `taken`, other such codes, has
    /// found are passed over; each row has more.
    OneHot {
        source: LayerId,
        taken: Vec<LayerId>,
    },
    /// Along a new last axis, 1 at the index that the source holds and 0 elsewhere. What is below zero counts from the
    /// end, if it wraps.
    Indicator { source: LayerId, wraps: bool },
    /// The same numbers, for a softmax along the last axis: what is [`LOGIT_REACH`] or more below the greatest entry of its row
    /// may be any such number, since its exponential is nothing beside that one's.
    Logits { source: LayerId },
    /// Integers of 8 bits, exactly as a quantized model makes them of what it has multiplied and added.
    Requantize {
        source: LayerId,
        rule: Arc<Requantization>,
    },
    /// `floor(left / divisor)` of integers, entry by entry and exactly. No divisor is below 1; what is divided by a tensor is not negative.
    Quotient { left: LayerId, divisor: Divisor },
    /// A function of one or two tensors of integers of 8 bits, entry by entry.
    Lookup {
        sources: Vec<Source>,
        function: Arc<IntegerFunction>,
    },
}

/// What [`Kind::Quotient`] divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// The same number everywhere.
    Number(i64),
    /// A tensor of the same shape.
    Layer(LayerId),
}

/// What [`Kind::Lookup`] reads, brought to its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub layer: LayerId,
    pub view: View,
}

/// How far below the greatest entry of its row an entry of [`Kind::Logits`] still counts: `exp(-16)` is about `10^-7`.
pub const LOGIT_REACH: f64 = 16.0;

/// Factors and numbers as great as this are masks: they say what a softmax shall not see.
pub const MASK: f64 = 1e4;

/// One term of [`Kind::Linear`].
#[derive(Clone, Debug, PartialEq)]
pub struct Summand {
    pub coefficient: f64,
    pub source: Option<LayerId>,
    pub view: View,
}

/// How many axes of each sort the operands of a contraction have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    pub shared: usize,
    pub left_free: usize,
    pub right_free: usize,
    pub contracted: usize,
}

/// Whether a view only moves entries, each for itself.
pub fn only_moves(view: &View) -> bool {
    !view.steps().iter().any(|step| match step {
        Step::Reduce {
            source, weights, ..
        } => *source != 1 || weights.is_some(),
        Step::Window { .. } | Step::SuffixSum { .. } => true,
        _ => false,
    })
}

impl Kind {
    /// The layers it reads.
    pub fn sources(&self) -> Vec<LayerId> {
        match self {
            Self::Input { .. } | Self::Constant(_) => vec![],
            Self::Linear(terms) => terms.iter().filter_map(|t| t.source).collect(),
            Self::Contract { left, right, .. } | Self::Max { left, right } => vec![*left, *right],
            Self::OneHot { source, taken } => [&[*source], &taken[..]].concat(),
            Self::Lookup { sources, .. } => sources.iter().map(|s| s.layer).collect(),
            Self::Quotient { left, divisor } => match divisor {
                Divisor::Number(_) => vec![*left],
                Divisor::Layer(right) => vec![*left, *right],
            },
            Self::Apply { source, .. }
            | Self::Indicator { source, .. }
            | Self::Logits { source }
            | Self::Requantize { source, .. } => vec![*source],
        }
    }

    /// Whether a layer only moves entries of others, each for itself.
    pub fn only_moves(&self) -> bool {
        match self {
            Self::Linear(terms) => terms.iter().all(|term| {
                let is_moved = term.coefficient == 1.0 && term.source.is_some();
                is_moved && only_moves(&term.view)
            }),
            _ => false,
        }
    }

    /// Reads other layers in the place of these.
    pub fn rename(&mut self, names: &BTreeMap<LayerId, LayerId>) {
        let name = |id: LayerId| names.get(&id).copied().unwrap_or(id);
        match self {
            Self::Input { .. } | Self::Constant(_) => {}
            Self::Linear(terms) => {
                for source in terms.iter_mut().filter_map(|t| t.source.as_mut()) {
                    *source = name(*source);
                }
            }
            Self::Contract { left, right, .. } | Self::Max { left, right } => {
                *left = name(*left);
                *right = name(*right);
            }
            Self::OneHot { source, taken } => {
                *source = name(*source);
                taken.iter_mut().for_each(|t| *t = name(*t));
            }
            Self::Quotient { left, divisor } => {
                *left = name(*left);
                if let Divisor::Layer(right) = divisor {
                    *right = name(*right);
                }
            }
            Self::Lookup { sources, .. } => {
                for source in sources {
                    source.layer = name(source.layer);
                }
            }
            Self::Apply { source, .. }
            | Self::Indicator { source, .. }
            | Self::Logits { source }
            | Self::Requantize { source, .. } => *source = name(*source),
        }
    }
}
