//! Contractions with constant weights, into which what follows may be folded.

use crate::graph::{Axes, LayerId};
use crate::numbers::Numbers;
use inferproof_view::Step;

/// A contraction with constant weights, kept apart so that what follows can still be folded into it.
#[derive(Clone)]
pub struct Foldable {
    pub left: LayerId,
    /// The weights, `[S.., G.., K..]`; the output's channels are the `S.., G..` in row-major order.
    pub weights: Numbers,
    pub weights_shape: Vec<usize>,
    pub axes: Axes,
    /// From the contraction's `[S.., F.., G..]` to the output.
    pub finish: Vec<Step>,
    /// The output's axis of channels.
    pub channel_axis: usize,
    /// One number for each channel.
    pub bias: Option<Vec<f32>>,
}
