//! What a quantized model makes of one or two integers, entry by entry: exactly, as a table of all of them.
//!
//! Between DequantizeLinear and QuantizeLinear, ONNX computes in single precision. Of two integers of 8 bits there are but 65,536 pairs, and
//! as many integers of 16 bits, so the whole way, with every rounding on it, is a function with that many arguments.

use crate::function::{Expression, Operation};
use std::sync::Arc;

/// One side of an operation, or all that a function is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// An integer, less its zero point, times a scale, and what is made of that.
    Entry {
        /// Which of the arguments it is.
        argument: usize,
        /// What it is multiplied by.
        scale: f32,
        /// What is made of the product.
        then: Arc<Expression>,
    },
    /// The same number for all entries.
    Number(f32),
}

impl Operand {
    fn evaluate(&self, arguments: &[i64]) -> f32 {
        match self {
            Self::Number(number) => *number,
            Self::Entry {
                argument,
                scale,
                then,
            } => {
                let integer = arguments.get(*argument).copied().unwrap_or(0);
                then.evaluate_single(integer as f32 * scale)
            }
        }
    }
}

/// `clamp(round(then(left op right) / scale), low, high)` of dequantized integers, each step in single precision as ONNX
/// specifies it, halves to the even integer.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerFunction {
    /// One operand, or two.
    pub operands: Vec<Operand>,
    /// What is made of two operands.
    pub operation: Option<Operation>,
    /// What is made of that.
    pub then: Arc<Expression>,
    /// For each argument, the bounds of its type, less the zero point.
    pub domains: Vec<(i64, i64)>,
    /// What is divided by, positive.
    pub scale: f32,
    /// The least result, less the zero point.
    pub low: i64,
    /// The greatest result.
    pub high: i64,
}

impl IntegerFunction {
    /// The result for one integer, or two. What is no number becomes the least result, as in onnxruntime.
    pub fn evaluate(&self, arguments: &[i64]) -> i64 {
        let operands = self.operands.iter().map(|o| o.evaluate(arguments));
        let combined = operands.reduce(|left, right| match self.operation {
            Some(operation) => operation.evaluate(left.into(), right.into()) as f32,
            None => left,
        });
        let real = self.then.evaluate_single(combined.unwrap_or(0.0));
        let quotient = real / self.scale;
        if quotient.is_nan() {
            return self.low;
        }
        // What is beyond 64 bits saturates here already.
        (quotient.round_ties_even() as i64)
            .max(self.low)
            .min(self.high)
    }

    /// The results for all arguments within bounds, the last argument changing fastest.
    pub fn table(&self, bounds: &[(i64, i64)]) -> Vec<i64> {
        match *bounds {
            [(low, high)] => (low..=high).map(|x| self.evaluate(&[x])).collect(),
            [left, right] => (left.0..=left.1)
                .flat_map(|x| (right.0..=right.1).map(move |y| self.evaluate(&[x, y])))
                .collect(),
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Function;

    fn sum(bounds: (f32, f32)) -> IntegerFunction {
        let entry = |argument, scale| Operand::Entry {
            argument,
            scale,
            then: Arc::new(Expression::Argument),
        };
        let clamp = Function::Clamp {
            low: Some(bounds.0.into()),
            high: Some(bounds.1.into()),
        };
        IntegerFunction {
            operands: vec![entry(0, 0.5), entry(1, 0.25)],
            operation: Some(Operation::Add),
            then: Arc::new(Expression::Apply(clamp, Expression::Argument.into())),
            domains: vec![(-128, 127); 2],
            scale: 0.5,
            low: -100,
            high: 155,
        }
    }

    #[test]
    fn halves_go_to_the_even_integer_and_results_saturate() {
        let sum = sum((f32::NEG_INFINITY, f32::INFINITY));
        let results = [(0, 1), (1, 1), (2, 1), (-1, -1), (127, 127), (-128, -128)];
        let results = results.map(|(x, y)| sum.evaluate(&[x, y]));
        assert_eq!(results, [0, 2, 2, -2, 155, -100]);
    }

    #[test]
    fn bounds_are_applied_before_rounding() {
        let relu = sum((0.0, 6.0));
        assert_eq!(relu.evaluate(&[-3, 2]), 0);
        assert_eq!(relu.evaluate(&[100, 100]), 12);
    }

    #[test]
    fn tables_have_an_entry_for_each_pair() {
        let sum = sum((f32::NEG_INFINITY, f32::INFINITY));
        let table = sum.table(&[(-2, 3), (-128, 127)]);
        assert_eq!(table.len(), 6 * 256);
        assert_eq!(table[256 * 3 + 130], sum.evaluate(&[1, 2]));
    }

    #[test]
    fn numbers_beyond_single_precision_saturate() {
        let mut product = sum((f32::NEG_INFINITY, f32::INFINITY));
        product.operation = Some(Operation::Multiply);
        product.operands[1] = Operand::Number(f32::MAX);
        assert_eq!(product.evaluate(&[100]), 155);
        assert_eq!(product.evaluate(&[-100]), -100);
    }
}
