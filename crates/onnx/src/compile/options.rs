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
    /// Which inputs can be proven.
    pub provable: Provable,
}

/// Of which inputs a model's answers can be proven. Others are answered all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provable {
    /// Those that calibration data stand for: where values lie beyond their ranges, it is by no more than four times as much as in
    /// calibration, or by as much as the range is long.
    #[default]
    Calibrated,
    /// All, for a proof that takes up to a quarter more.
    Any,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self {
            weight_bits: None,
            activation_bits: None,
            input_bits: None,
            tolerance: 0.02,
            provable: Provable::default(),
        }
    }
}
