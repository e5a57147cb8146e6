//! What whoever imports a model says of how it is to be read.

use crate::Dimensions;
use std::path::Path;

/// How to read a model.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions<'a> {
    /// Lengths of dimensions that it leaves open.
    pub dimensions: Dimensions,
    /// Where the files lie in which it keeps constants, if it does.
    pub folder: Option<&'a Path>,
    /// Whether a quantized model is to be read as the float model behind it: real numbers that are clipped where its integers would saturate, and
    /// dequantized weights.
    pub dequantize: bool,
}
