//! What a quantized model makes of one or two 8-bit integers, entry by entry: exactly, as a table of all of them.
//!
//! Between DequantizeLinear and QuantizeLinear, ONNX computes in single precision. Of two integers of 8 bits there are but 65,536 pairs,
//! so the whole way, with every rounding on it, is a function with that many arguments.

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Minimum,
    Maximum,
}

impl Arithmetic {
    /// The operation that ONNX calls so.
    pub fn of_onnx(op: &str) -> Option<Self> {
        Some(match op {
            "Add" => Self::Add,
            "Sub" => Self::Subtract,
            "Mul" => Self::Multiply,
            "Min" => Self::Minimum,
            "Max" => Self::Maximum,
            _ => return None,
        })
    }

    fn evaluate(self, left: f32, right: f32) -> f32 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Minimum => left.min(right),
            Self::Maximum => left.max(right),
        }
    }
}

/// One side of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    /// An integer, less its zero point, times a scale.
    Entry {
        /// Which of the arguments it is.
        argument: usize,
        scale: f32,
        /// Whether what is negative counts as zero.
        is_relu: bool,
    },
    /// The same number for all entries.
    Number(f32),
}

impl Operand {
    fn evaluate(self, arguments: &[i64]) -> f32 {
        match self {
            Self::Number(number) => number,
            Self::Entry {
                argument,
                scale,
                is_relu,
            } => {
                let integer = arguments.get(argument).copied().unwrap_or(0);
                let real = integer as f32 * scale;
                if is_relu { real.max(0.0) } else { real }
            }
        }
    }
}

/// `clamp(round(clamp(left op right) / scale), low, high)` of dequantized integers, each step in single precision as ONNX
/// specifies it, halves to the even integer. No number in it is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerFunction {
    pub arithmetic: Arithmetic,
    pub operands: [Operand; 2],
    /// For each argument, the bounds of its type, less the zero point.
    pub domains: Vec<(i64, i64)>,
    /// What a ReLU or clip behind the operation lets pass.
    pub bounds: (f32, f32),
    /// What is divided by, positive.
    pub scale: f32,
    /// The least result, less the zero point.
    pub low: i64,
    /// The greatest result.
    pub high: i64,
}

impl Eq for IntegerFunction {}

impl IntegerFunction {
    /// The result for one integer, or two.
    pub fn evaluate(&self, arguments: &[i64]) -> i64 {
        let [left, right] = self.operands.map(|operand| operand.evaluate(arguments));
        let real = self.arithmetic.evaluate(left, right);
        let real = real.max(self.bounds.0).min(self.bounds.1);
        // What is beyond 64 bits saturates here already.
        let rounded = (real / self.scale).round_ties_even() as i64;
        rounded.max(self.low).min(self.high)
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

    fn sum(bounds: (f32, f32)) -> IntegerFunction {
        let entry = |argument, scale| Operand::Entry {
            argument,
            scale,
            is_relu: false,
        };
        IntegerFunction {
            arithmetic: Arithmetic::Add,
            operands: [entry(0, 0.5), entry(1, 0.25)],
            domains: vec![(-128, 127); 2],
            bounds,
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
        product.arithmetic = Arithmetic::Multiply;
        product.operands[1] = Operand::Number(f32::MAX);
        assert_eq!(product.evaluate(&[100]), 155);
        assert_eq!(product.evaluate(&[-100]), -100);
    }
}
