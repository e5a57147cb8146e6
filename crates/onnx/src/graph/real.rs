//! Real numbers that views are applied to.

/// A real number that views can be applied to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Real(pub f64);

impl From<i64> for Real {
    fn from(n: i64) -> Self {
        Self(n as f64)
    }
}

impl std::ops::Mul for Real {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl std::ops::AddAssign for Real {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
