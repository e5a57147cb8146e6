//! Between which numbers a layer lies whatever the inputs, as far as that is seen without running the model.

use crate::function::Function;
use crate::graph::{Graph, Kind, LayerId, Summand};
use inferproof_view::{Step, View};

/// The least and the greatest value; `None` where nothing is known.
pub type Interval = Option<(f64, f64)>;

/// What is known of each layer so far.
#[derive(Default)]
pub struct Intervals {
    known: Vec<Interval>,
}

impl Intervals {
    /// Of a layer. An input counts as a truth value: only where one is multiplied by a mask is it asked for.
    pub fn of(&mut self, graph: &Graph, id: LayerId) -> Interval {
        while self.known.len() <= id.0 {
            let next = LayerId(self.known.len());
            let interval = self.layer(graph, next);
            self.known.push(interval);
        }
        self.known[id.0]
    }

    /// Of a sum.
    pub fn of_sum(&mut self, graph: &Graph, terms: &[Summand]) -> Interval {
        for source in terms.iter().filter_map(|t| t.source) {
            self.of(graph, source);
        }
        self.sum(terms)
    }

    fn sum(&self, terms: &[Summand]) -> Interval {
        terms.iter().try_fold((0.0, 0.0), |sum: (f64, f64), term| {
            let source = match term.source {
                None => (1.0, 1.0),
                Some(source) => self.known.get(source.0).copied().flatten()?,
            };
            let factor = (term.coefficient, term.coefficient);
            let term = times(through(source, &term.view), factor);
            Some((sum.0 + term.0, sum.1 + term.1))
        })
    }

    /// Whether a layer holds zeros and ones.
    pub fn is_bits(&mut self, graph: &Graph, id: LayerId) -> bool {
        let lies_within = |(low, high): (f64, f64)| low >= 0.0 && high <= 1.0;
        graph.is_integral(id) && self.of(graph, id).is_some_and(lies_within)
    }

    fn layer(&self, graph: &Graph, id: LayerId) -> Interval {
        let of = |id: &LayerId| self.known.get(id.0).copied().flatten();
        match &graph.layer(id).kind {
            Kind::Input { .. } | Kind::OneHot { .. } | Kind::Indicator { .. } => Some((0.0, 1.0)),
            Kind::Constant(values) => Some((values.range().low, values.range().high)),
            Kind::Linear(terms) => self.sum(terms),
            Kind::Contract { left, right, axes } => {
                let product = times(of(left)?, of(right)?);
                let is_hot = |id: &LayerId| {
                    matches!(
                        graph.layer(*id).kind,
                        Kind::OneHot { .. } | Kind::Indicator { .. }
                    )
                };
                let chooses = axes.contracted == 0 || is_hot(left) || is_hot(right);
                chooses.then_some(product)
            }
            Kind::Max { left, right } => {
                let (left, right) = (of(left)?, of(right)?);
                Some((left.0.max(right.0), left.1.max(right.1)))
            }
            Kind::Apply { source, function } => match function {
                Function::Compare(_) | Function::Positive | Function::Sigmoid => Some((0.0, 1.0)),
                Function::Sign | Function::Tanh => Some((-1.0, 1.0)),
                Function::Clamp { .. } => {
                    let (low, high) = of(source)?;
                    Some((function.evaluate(low), function.evaluate(high)))
                }
                Function::Composite(expression) => expression.interval(of(source)),
                _ => None,
            },
            Kind::Logits { .. }
            | Kind::Requantize { .. }
            | Kind::Quotient { .. }
            | Kind::Lookup { .. } => None,
        }
    }
}

/// Of products.
fn times(left: (f64, f64), right: (f64, f64)) -> (f64, f64) {
    let ends = [
        left.0 * right.0,
        left.0 * right.1,
        left.1 * right.0,
        left.1 * right.1,
    ];
    let least = ends.into_iter().fold(f64::INFINITY, f64::min);
    (least, ends.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// Of a view's entries.
fn through((low, high): (f64, f64), view: &View) -> (f64, f64) {
    let gain = view.magnitude(1) as f64;
    if gain == 1.0 && !view.steps().iter().any(pads) {
        return (low, high);
    }
    (low.min(0.0) * gain, high.max(0.0) * gain)
}

/// Whether a step may leave zeros, or change signs.
fn pads(step: &Step) -> bool {
    let may_change_signs = matches!(
        step,
        Step::Reduce {
            weights: Some(_),
            ..
        }
    );
    step.leaves_zeros() || may_change_signs
}
