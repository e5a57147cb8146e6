//! The numbers of a model that its verifying key shows, though its weights are secret.
//!
//! Arrays become committed weights. What stands in the program itself is public: factors of sums, numbers in function tables, which entries
//! a tensor is read at, scales of quantized tensors. They are listed by node from the very graph that is lowered, so that nothing reaches
//! the program past this list. Shapes are public as well, and are not listed; neither are 0, and the factors 1 and -1, which leave a tensor
//! as it is.

use crate::function::{Expression, Function};
use crate::graph::{Divisor, Graph, Kind, Summand};
use crate::integer_function::{IntegerFunction, Operand};
use crate::provenance::Provenance;
use inferproof_view::{Step, View};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What public numbers of a node are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Factors of tensors, and numbers that are added to them.
    Coefficients,
    /// Numbers in a function of one number: bounds, slopes, exponents, whatever was folded into its table.
    Parameters,
    /// Which entries of a tensor are read, or left out: indices of a gather, a mask that follows a rule, features that trees ask for.
    Places,
    /// Scales of quantized tensors, whole or by channel.
    Scales,
    /// What integers are divided by.
    Divisors,
}

/// Public numbers of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownNumbers {
    /// The node's name and operation.
    pub node: String,
    /// What they are.
    pub what: Shown,
    /// How many different ones; of places, how many there are.
    pub count: usize,
}

/// All of a graph's, by node.
pub fn numbers(graph: &Graph) -> Vec<ShownNumbers> {
    let mut found = Found {
        provenance: &graph.provenance,
        node: String::new(),
        numbers: BTreeMap::new(),
        places: BTreeMap::new(),
    };
    for layer in &graph.layers {
        found.node.clone_from(&layer.origin);
        match &layer.kind {
            Kind::Linear(terms) => terms.iter().for_each(|term| found.term(term)),
            Kind::Apply { function, .. } => found.function(function),
            Kind::Requantize { rule, .. } => {
                let factors = rule.factors.iter().chain([&rule.divisor]);
                factors.for_each(|&factor| found.number(Shown::Scales, factor.into()));
            }
            Kind::Quotient {
                divisor: Divisor::Number(divisor),
                ..
            } => found.number(Shown::Divisors, *divisor as f64),
            Kind::Lookup { sources, function } => {
                sources.iter().for_each(|source| found.view(&source.view));
                found.integer_function(function);
            }
            Kind::Input { .. }
            | Kind::Constant(_)
            | Kind::Contract { .. }
            | Kind::Max { .. }
            | Kind::OneHot { .. }
            | Kind::Indicator { .. }
            | Kind::Logits { .. }
            | Kind::Quotient { .. } => {}
        }
    }
    found.list()
}

struct Found<'a> {
    provenance: &'a Provenance,
    node: String,
    /// By node and what they are, different numbers by their bits.
    numbers: BTreeMap<(String, Shown), BTreeSet<u64>>,
    /// By node, index arrays.
    places: BTreeMap<String, BTreeSet<Vec<Option<u32>>>>,
}

impl Found<'_> {
    fn number(&mut self, what: Shown, number: f64) {
        if number != 0.0 {
            let numbers = self.numbers.entry((self.node.clone(), what));
            numbers.or_default().insert(number.to_bits());
        }
    }

    fn term(&mut self, term: &Summand) {
        let is_factor = term.source.is_some();
        if !is_factor || term.coefficient.abs() != 1.0 {
            self.number(Shown::Coefficients, term.coefficient);
        }
        self.view(&term.view);
    }

    fn view(&mut self, view: &View) {
        for step in view.steps() {
            match step {
                Step::Gather { index, .. } if !is_regular(index) => {
                    // The nodes that brought them, or else that which reads there.
                    let provenance = self.provenance;
                    let mut nodes: Vec<&String> = provenance.of(index).collect();
                    if nodes.is_empty() {
                        nodes.push(&self.node);
                    }
                    for node in nodes {
                        let places = self.places.entry(node.clone()).or_default();
                        places.insert(index.clone());
                    }
                }
                Step::Reduce {
                    weights: Some(weights),
                    ..
                } => {
                    // Places are numbered from zero on; other factors are numbers of the model.
                    let is_numbered = (0..).zip(weights).all(|(place, &weight)| place == weight);
                    let weights = weights.iter().filter(|_| !is_numbered);
                    weights.for_each(|&weight| self.number(Shown::Coefficients, weight as f64));
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, function: &Function) {
        let mut number = |number: f64| self.number(Shown::Parameters, number);
        match function {
            Function::Clamp { low, high } => low.iter().chain(high).for_each(|&end| number(end)),
            Function::LeakyRelu { alpha } => number(*alpha),
            Function::Power(exponent) => number(*exponent),
            Function::Composite(expression) => self.expression(expression),
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Argument => {}
            Expression::Number(number) => self.number(Shown::Parameters, *number),
            Expression::Apply(function, inner) => {
                self.function(function);
                self.expression(inner);
            }
            Expression::Combine(_, left, right) => {
                self.expression(left);
                self.expression(right);
            }
            Expression::Select(condition, yes, no) => {
                let parts = [condition, yes, no];
                parts.into_iter().for_each(|part| self.expression(part));
            }
        }
    }

    fn integer_function(&mut self, function: &IntegerFunction) {
        self.number(Shown::Scales, function.scale.into());
        self.expression(&function.then);
        for operand in &function.operands {
            match operand {
                Operand::Entry { scale, then, .. } => {
                    self.number(Shown::Scales, (*scale).into());
                    self.expression(then);
                }
                Operand::Number(number) => self.number(Shown::Parameters, (*number).into()),
            }
        }
    }

    fn list(self) -> Vec<ShownNumbers> {
        let numbers = self.numbers.into_iter();
        let numbers = numbers.map(|((node, what), numbers)| ShownNumbers {
            node,
            what,
            count: numbers.len(),
        });
        let places = self.places.into_iter();
        let places = places.map(|(node, arrays)| ShownNumbers {
            node,
            what: Shown::Places,
            count: arrays.iter().map(Vec::len).sum(),
        });
        let mut list: Vec<ShownNumbers> = numbers.chain(places).collect();
        list.sort_by(|a, b| (&a.node, a.what).cmp(&(&b.node, b.what)));
        list
    }
}

/// Whether places follow from a start, a step and an end, as those of a slice or of padding do, and those of a repetition.
fn is_regular(index: &[Option<u32>]) -> bool {
    let first = index.iter().position(Option::is_some);
    let last = index.iter().rposition(Option::is_some);
    let Some(run) = first
        .zip(last)
        .and_then(|(first, last)| index.get(first..=last))
    else {
        return true;
    };
    let steps = |a: &Option<u32>, b: &Option<u32>| Some(i64::from((*b)?) - i64::from((*a)?));
    let mut steps = run.windows(2).map(|pair| match pair {
        [a, b] => steps(a, b),
        _ => None,
    });
    let step = steps.next().unwrap_or(Some(0));
    step.is_some() && steps.all(|other| other == step)
}

#[cfg(test)]
mod tests;
