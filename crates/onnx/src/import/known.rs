//! What is known of layers of the graph beside how they are made: what operations leave for those behind them.

pub mod chain;
pub mod foldable;
pub mod missing;
pub mod quantized;
pub mod strings;
