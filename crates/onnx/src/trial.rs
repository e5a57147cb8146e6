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
    /// The greatest relative error that was seen.
    pub relative_error: f64,
    /// On how many samples: a trial ends with the first that is beyond what is tolerated.
    pub samples: usize,
}

impl Trial {
    pub(crate) fn new(widths: Widths, equalized: bool, compared: &Compared) -> Self {
        Self {
            widths,
            equalized,
            relative_error: compared.agreement.relative_error,
            samples: compared.samples,
        }
    }
}
