//! What compilation tried before it chose widths.

use crate::accuracy::Compared;
use crate::quantize::Widths;
use serde::Serialize;

/// One choice of widths that was tried on the calibration samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The widths, as those that were chosen are reported.
    pub widths: Widths,
    /// Whether channels were rescaled against each other first.
    pub equalized: bool,
    /// The greatest relative error that was seen. It is told to two digits, which are enough to compare widths by and too few to confirm
    /// a guess of secret weights with.
    pub relative_error: f64,
    /// On how many samples: a trial ends with the first that is beyond what is tolerated.
    pub samples: usize,
}

impl Trial {
    pub(crate) fn new(widths: Widths, equalized: bool, compared: &Compared) -> Self {
        Self {
            widths,
            equalized,
            relative_error: two_digits(compared.agreement.relative_error),
            samples: compared.samples,
        }
    }
}

/// A number rounded to two significant digits.
fn two_digits(number: f64) -> f64 {
    // What is written with two digits is read as the nearest number: powers of ten would round twice.
    format!("{number:.1e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::two_digits;

    #[test]
    fn two_digits_remain() {
        for (number, rounded) in [
            (0.0, 0.0),
            (0.012_345, 0.012),
            (0.996, 1.0),
            (-123.4, -120.0),
            (1e-9, 1e-9),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(two_digits(number), rounded);
        }
        assert!(two_digits(f64::NAN).is_nan());
    }
}
