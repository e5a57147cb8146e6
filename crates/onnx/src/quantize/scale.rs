//! Scales: powers of two, chosen so that calibrated values just fit.

use crate::numbers::two_to_the;
use crate::range::Range;

/// A range of integers and the scale at which they mean reals: `real = integer * 2^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub low: i64,
    pub high: i64,
    pub scale: i32,
}

/// The coarsest and the finest scale: single precision goes from about `2^-149` to `2^128`.
const SCALES: std::ops::RangeInclusive<i32> = -128..=160;

/// The scale of numbers that are smaller than those of single precision.
const NOTHING: i32 = 40;

impl Format {
    /// Zeros and ones.
    pub const BIT: Self = Self {
        low: 0,
        high: 1,
        scale: 0,
    };

    /// Signs and zeros.
    pub const SIGN: Self = Self {
        low: -1,
        high: 1,
        scale: 0,
    };

    /// The format of activations of so many bits with these calibrated values: unsigned where none is negative.
    pub fn activation(range: Range, bits: u32) -> Self {
        Self::with_slack(range, bits, 1.0)
    }

    /// As [`Self::activation`], with the greatest value exactly what it is: for what is rounded or compared later.
    pub fn unsaturated(range: Range, bits: u32) -> Self {
        Self::with_slack(range, bits, 0.0)
    }

    /// Saturation may move the greatest value by so many units.
    fn with_slack(range: Range, bits: u32, slack: f64) -> Self {
        let (low, high) = match range.low >= 0.0 {
            true => (0, (1i64 << bits) - 1),
            false => (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1),
        };
        let fits = |scale| {
            scaled(range.high, scale) <= high as f64 + slack
                && scaled(-range.low, scale) <= -low as f64 + slack
        };
        Self {
            low,
            high,
            scale: finest(fits, range.high.max(-range.low)),
        }
    }

    /// The format of so many bits for values that cannot be negative.
    pub fn unsigned(greatest: f64, bits: u32) -> Self {
        let high = (1i64 << bits) - 1;
        Self {
            low: 0,
            high,
            scale: finest(|scale| fits(greatest, high, scale), greatest),
        }
    }

    /// The format of weights of so many bits: symmetric.
    pub fn weight(range: Range, bits: u32) -> Self {
        let magnitude = range.high.max(-range.low);
        let high = (1i64 << (bits - 1)) - 1;
        Self {
            low: -high,
            high,
            scale: finest(|scale| fits(magnitude, high, scale), magnitude),
        }
    }

    /// The format of integers, exactly as they are: of so many bits, or of as many as these calibrated values need if that is no
    /// more than `most`.
    pub fn integers(range: Range, bits: u32, most: u32) -> Option<Self> {
        (bits..=most.max(bits)).find_map(|bits| {
            let (low, high) = match range.low >= 0.0 {
                true => (0, (1i64 << bits) - 1),
                false => (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1),
            };
            let holds = range.low >= low as f64 && range.high <= high as f64;
            holds.then_some(Self {
                low,
                high,
                scale: 0,
            })
        })
    }

    /// The format of weights that are integers: the finest at which all are exact.
    pub fn integer_weight(range: Range, bits: u32) -> Option<Self> {
        let magnitude = range.high.max(-range.low);
        let high = (1i64 << (bits - 1)) - 1;
        (magnitude <= high as f64).then_some(Self {
            low: -high,
            high,
            scale: 0,
        })
    }

    /// The integer nearest to a real, saturated.
    pub fn quantize(self, real: f64) -> i64 {
        round(scaled(real, self.scale)).clamp(self.low, self.high)
    }

    /// The same range at a scale that is no finer.
    pub fn at_most(self, scale: i32) -> Self {
        Self {
            scale: self.scale.min(scale),
            ..self
        }
    }
}

/// `real * 2^scale`, exactly.
pub fn scaled(real: f64, scale: i32) -> f64 {
    real * two_to_the(scale)
}

/// The nearest integer, halves up; 0 for what is no number.
pub fn round(real: f64) -> i64 {
    // Without SSE4.1, which is all that is known of the machine, `floor` is a function of the C library.
    let raised = real + 0.5;
    let towards_zero = raised as i64;
    towards_zero.saturating_sub((towards_zero as f64 > raised).into())
}

fn fits(real: f64, limit: i64, scale: i32) -> bool {
    // Saturation moves the greatest value by at most one unit, as much as rounding at the next coarser scale would.
    scaled(real, scale) <= limit as f64 + 1.0
}

/// The finest scale that fits; 0 where everything is zero, and no finer one than [`NOTHING`] where single precision would have but zero.
fn finest(fits: impl Fn(i32) -> bool, magnitude: f64) -> i32 {
    if magnitude <= 0.0 {
        return 0;
    }
    if magnitude < f64::from(f32::MIN_POSITIVE) {
        return NOTHING;
    }
    SCALES
        .rev()
        .find(|&scale| fits(scale))
        .unwrap_or(*SCALES.start())
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn rounding_is_that_of_the_library() {
        let reals = [
            0.0,
            0.25,
            0.5,
            0.75,
            1.0,
            1.5,
            2.5,
            1e15 + 0.5,
            9e15,
            1e19,
            1e300,
        ];
        let special = [
            f64::INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
            0.5 - f64::EPSILON / 4.0,
        ];
        for real in reals.into_iter().chain(special).flat_map(|v| [v, -v]) {
            assert_eq!(round(real), (real + 0.5).floor() as i64, "{real}");
        }
    }
}
