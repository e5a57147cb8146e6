//! What operations of classical models (`ai.onnx.ml`) have in common: rows of features, trees, and what follows scores.

pub mod attributes;
pub mod blocks;
pub mod classes;
pub mod coupling;
pub mod ensemble;
pub mod kernel;
pub mod lookup;
pub mod rows;
pub mod scores;
pub mod trees;

#[cfg(test)]
mod tests;
