//! Chains of operations on one tensor, entry by entry, made one function.
//!
//! An exponential linear unit is five ONNX operations and a selection, and one table. Every layer that depends on a single other
//! layer of the same shape, entry by entry, has its [`Chain`]; where an operation would need a table of its own or could not be
//! expressed at all, the whole chain becomes one table of the tensor it begins with.

use crate::function::{Expression, Function, Operation};
use crate::graph::{Kind, LayerId, MASK};
use crate::import::Importer;
use crate::import::known::chain::Chain;
use std::sync::Arc;

/// Chains of more operations are not made longer.
const MAX_SIZE: usize = 200;

impl Importer<'_> {
    /// The number that a constant holds everywhere.
    pub fn uniform(&self, id: LayerId) -> Option<f64> {
        self.graph.constant(id)?.uniform().map(f64::from)
    }

    /// The number that a constant holds everywhere, if it may be public: one that stands alone in the model, or was computed. An array
    /// that the model was given is a weight, and secret.
    pub fn public_number(&self, id: LayerId) -> Option<f64> {
        self.uniform(id).filter(|_| !self.trained.contains(&id))
    }

    fn operand(&self, id: LayerId, shape: &[usize]) -> Option<(Option<LayerId>, Expression)> {
        if let Some(number) = self.uniform(id) {
            return Some((None, Expression::Number(number)));
        }
        if self.graph.shape(id) != shape || self.graph.constant(id).is_some() {
            return None;
        }
        match self.chains.get(&id) {
            Some(chain) => Some((Some(chain.root), (*chain.expression).clone())),
            None => Some((Some(id), Expression::Argument)),
        }
    }

    /// An operation on layers as an expression in one layer, if there is one on which all of them depend.
    pub fn chain(
        &self,
        operands: &[LayerId],
        shape: &[usize],
        make: impl FnOnce(Vec<Expression>) -> Expression,
    ) -> Option<Chain> {
        let operands = operands.iter().map(|&id| self.operand(id, shape));
        let operands = operands.collect::<Option<Vec<_>>>()?;
        let mut roots = operands.iter().filter_map(|(root, _)| *root);
        let root = roots.next()?;
        if !roots.all(|other| other == root) {
            return None;
        }
        let expression = make(operands.into_iter().map(|(_, e)| e).collect());
        (expression.size() <= MAX_SIZE).then(|| Chain {
            root,
            expression: Arc::new(expression),
        })
    }

    pub fn chain_of_two(
        &self,
        operation: Operation,
        left: LayerId,
        right: LayerId,
        shape: &[usize],
    ) -> Option<Chain> {
        // These can read a secret array; of others, what is secret would have to be in the table all the same.
        let is_secret = |id| match operation {
            Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
                self.uniform(id).is_some() && self.public_number(id).is_none()
            }
            Operation::Maximum | Operation::Minimum | Operation::Compare(_) => {
                self.is_secret_level(id)
            }
            _ => false,
        };
        if is_secret(left) || is_secret(right) {
            return None;
        }
        self.chain(&[left, right], shape, |operands| {
            let mut operands = operands.into_iter().map(Box::new);
            match (operands.next(), operands.next()) {
                (Some(left), Some(right)) => Expression::Combine(operation, left, right),
                _ => Expression::Argument,
            }
        })
    }

    /// Whether an array that the model was given holds one number everywhere, with which something is compared or replaced. Zero is where
    /// functions bend, and what stands for infinity is no number that training found.
    pub fn is_secret_level(&self, id: LayerId) -> bool {
        let number = self.uniform(id).filter(|v| *v != 0.0 && v.abs() < MASK);
        number.is_some() && self.public_number(id).is_none()
    }

    pub fn chain_of_selection(&self, operands: &[LayerId; 3], shape: &[usize]) -> Option<Chain> {
        if operands.iter().any(|&id| self.is_secret_level(id)) {
            return None;
        }
        self.chain(
            operands,
            shape,
            |operands| match <[Expression; 3]>::try_from(operands) {
                Ok([condition, yes, no]) => {
                    Expression::Select(Box::new(condition), Box::new(yes), Box::new(no))
                }
                Err(_) => Expression::Argument,
            },
        )
    }

    /// A function of a layer; of the layer's root where that saves a table or a commitment.
    pub fn apply(&mut self, origin: &str, source: LayerId, function: Function) -> LayerId {
        let shape = self.graph.shape(source).to_vec();
        let chain = self.chain(&[source], &shape, |operands| {
            let inner = operands.into_iter().next().unwrap_or(Expression::Argument);
            Expression::Apply(function.clone(), Box::new(inner))
        });
        let history = self.chains.get(&source).cloned();
        // The root of a sum needs no table, and is more precise than one.
        let is_root = function == Function::Sqrt
            && matches!(
                self.graph.layer(source).kind,
                Kind::Linear(_) | Kind::Contract { .. }
            );
        match (chain, history) {
            (Some(chain), Some(history))
                if history.has_table() || (history.is_affine() && !is_root) =>
            {
                self.fused(origin, chain)
            }
            (chain, _) => {
                let applied = self.graph.apply(origin, source, function);
                self.remember(applied, chain);
                applied
            }
        }
    }

    /// A chain as one function of its root.
    pub fn fused(&mut self, origin: &str, chain: Chain) -> LayerId {
        let function = Function::Composite(chain.expression.clone());
        let fused = self.graph.apply(origin, chain.root, function);
        self.remember(fused, Some(chain));
        fused
    }

    /// Remembers what a layer is of another. A layer that a contraction's weights took in stays a root: its own source is not
    /// needed any more.
    pub fn remember(&mut self, id: LayerId, chain: Option<Chain>) {
        if let Some(chain) = chain.filter(|c| c.root != id && !self.foldable.contains_key(&id)) {
            self.chains.insert(id, chain);
        }
    }

    /// A layer as an expression in another, which may be the layer itself.
    pub fn chain_of(&self, layer: LayerId) -> (LayerId, Arc<Expression>) {
        match self.chains.get(&layer) {
            Some(chain) => chain.parts(),
            None => (layer, Arc::new(Expression::Argument)),
        }
    }
}
