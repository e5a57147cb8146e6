//! Exact rational numbers.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// The greatest numerator and denominator: products of two, and sums of two such products, stay within `i128`.
const MAX_PART: i128 = 1 << 62;

/// The most digits behind the point that a number is written with; beyond, it is written as a fraction.
const MAX_DIGITS: usize = 18;

/// `numerator / denominator`, reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Number {
    numerator: i64,
    denominator: i64,
}

impl Number {
    pub const ZERO: Self = Self::integer(0);
    pub const ONE: Self = Self::integer(1);

    pub const fn integer(value: i32) -> Self {
        Self {
            numerator: value as i64,
            denominator: 1,
        }
    }

    /// The reduced fraction; `None` if a part of it is too great, or the denominator is zero.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let (numerator, denominator) = reduced(numerator, denominator)?;
        if numerator.abs() > MAX_PART || denominator > MAX_PART {
            return None;
        }
        Some(Self {
            numerator: numerator.try_into().ok()?,
            denominator: denominator.try_into().ok()?,
        })
    }

    /// The number that decimal digits mean: `whole.fraction * 10^exponent`. `None` if its parts are too great.
    pub fn decimal(whole: &str, fraction: &str, exponent: i32) -> Option<Self> {
        let fraction = fraction.trim_end_matches('0');
        let mut numerator = 0i128;
        for digit in whole.chars().chain(fraction.chars()) {
            let digit = i128::from(digit.to_digit(10)?);
            numerator = numerator.checked_mul(10)?.checked_add(digit)?;
        }
        let behind = i32::try_from(fraction.len()).ok()?;
        let shift = exponent.checked_sub(behind)?;
        let power = 10i128.checked_pow(shift.unsigned_abs());
        match (numerator, shift >= 0) {
            (0, _) => Some(Self::ZERO),
            (_, true) => Self::new(numerator.checked_mul(power?)?, 1),
            (_, false) => Self::new(numerator, power?),
        }
    }

    pub fn numerator(self) -> i128 {
        self.numerator.into()
    }

    pub fn denominator(self) -> i128 {
        self.denominator.into()
    }

    /// Whether it is what [`Self::new`] would make of its parts: a number that was read from bytes may be anything.
    pub fn is_canonical(self) -> bool {
        self.denominator > 0 && Self::new(self.numerator(), self.denominator()) == Some(self)
    }

    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }

    pub fn negated(self) -> Self {
        Self {
            // Of a canonical number, this is within bounds; of another one, it is refused before it matters.
            numerator: self.numerator.saturating_neg(),
            ..self
        }
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator() * other.denominator() + other.numerator() * self.denominator(),
            self.denominator() * other.denominator(),
        )
    }

    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator() * other.numerator(),
            self.denominator() * other.denominator(),
        )
    }

    /// `None` also if the other is zero.
    pub fn over(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator() * other.denominator(),
            self.denominator() * other.numerator(),
        )
    }

    /// Its digits, where it has few enough of them: `-0.25`.
    fn digits(self) -> Option<String> {
        let mut numerator = self.numerator().unsigned_abs();
        let mut denominator = self.denominator().unsigned_abs();
        let mut behind = 0usize;
        while denominator != 1 {
            let common = gcd(10, denominator.try_into().ok()?).unsigned_abs();
            if common == 1 || behind == MAX_DIGITS {
                return None;
            }
            denominator /= common;
            numerator = numerator.checked_mul(10 / common)?;
            behind += 1;
        }
        let digits = format!("{numerator:0>width$}", width = behind + 1);
        let (whole, fraction) = digits.split_at_checked(digits.len() - behind)?;
        let sign = if self.is_negative() { "-" } else { "" };
        Some(match fraction {
            "" => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = self.numerator() * other.denominator();
        left.cmp(&(other.numerator() * self.denominator()))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => f.write_str(&digits),
            None => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

/// The greatest common divisor, not negative.
pub(crate) fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A fraction with coprime parts and a positive denominator; `None` if that is zero.
pub(crate) fn reduced(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    if denominator == 0 {
        return None;
    }
    let common = gcd(numerator, denominator) * denominator.signum();
    Some((
        numerator.checked_div(common)?,
        denominator.checked_div(common)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let number = |n, d| Number::new(n, d).unwrap();
        assert_eq!(Number::decimal("0", "8", 0), Some(number(4, 5)));
        assert_eq!(Number::decimal("1", "25", 1), Some(number(25, 2)));
        assert_eq!(
            Number::decimal("0", "8000000000000000000000000000000000000000", 0),
            Some(number(4, 5))
        );
        assert_eq!(Number::decimal("0", "", 2_000_000_000), Some(Number::ZERO));
        assert_eq!(Number::decimal("1", "", 19), None);
        assert_eq!(Number::decimal("1", "", -40), None);
        assert_eq!(number(1, 10).plus(number(2, 10)), Some(number(3, 10)));
        assert_eq!(number(-1, -3).over(number(-2, 9)), Some(number(-3, 2)));
        assert_eq!(number(1, 3).over(Number::ZERO), None);
        assert!(number(1, 3) > number(333_333_333_333, 1_000_000_000_000));
        assert_eq!(Number::new(MAX_PART + 1, 1), None);
    }

    #[test]
    fn they_are_written_so_that_they_can_be_read() {
        for (numerator, denominator, text) in [
            (4, 5, "0.8"),
            (-1, 4, "-0.25"),
            (1, 3, "1/3"),
            (-7, 6, "-7/6"),
            (12, 1, "12"),
            (1, 1_000_000_000_000_000_000, "0.000000000000000001"),
            (1, 1 << 19, "1/524288"),
        ] {
            assert_eq!(
                Number::new(numerator, denominator).unwrap().to_string(),
                text
            );
        }
    }

    #[test]
    fn other_fractions_of_the_same_value_are_not_canonical() {
        for (numerator, denominator) in [
            (2, 4),
            (1, -3),
            (0, 2),
            (1, 0),
            (i64::MIN, 1),
            (1, i64::MIN),
        ] {
            let number = Number {
                numerator,
                denominator,
            };
            assert!(!number.is_canonical(), "{number:?}");
        }
        assert!(Number::ZERO.is_canonical());
    }
}
