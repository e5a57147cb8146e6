//! What whoever compiles a model says of its integers.

/// How to quantize.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantizeOptions {
    /// The width of weights; chosen by accuracy if neither width is given.
    pub weight_bits: Option<u32>,
    /// The width of activations; chosen by accuracy if neither width is given.
    pub activation_bits: Option<u32>,
    /// The width of inputs that are not integers, up to 31; that of activations if it is not given.
    pub input_bits: Option<u32>,
    /// The greatest error on the calibration samples that is accepted, relative to the size of an output's column.
    pub tolerance: f64,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self {
            weight_bits: None,
            activation_bits: None,
            input_bits: None,
            tolerance: 0.02,
        }
    }
}
