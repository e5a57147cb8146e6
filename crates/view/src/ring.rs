//! What arrays and functionals are computed over.

use std::ops::{AddAssign, Mul};

/// What functionals are computed over: a prime field, or integers in tests.
pub trait Ring: Copy + Default + AddAssign + Mul<Output = Self> + From<i64> + Send + Sync {}
impl<T: Copy + Default + AddAssign + Mul<Output = T> + From<i64> + Send + Sync> Ring for T {}
