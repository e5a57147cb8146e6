//! What is made simpler in a float graph once it has been imported whole.

pub mod chosen;
pub mod repeated;
pub mod separable;
