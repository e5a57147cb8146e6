//! The entries of an output from the greatest on, and whether they are a distribution.

/// By how much entries of a distribution may leave the interval from 0 to 1, and their sum may differ from 1, since each is rounded to an
/// integer.
const ROUNDING: f64 = 0.02;

/// The order of a vector's entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Positions, from the greatest entry on; of equals the first comes first.
    pub order: Vec<usize>,
    /// Whether the entries are a distribution over several classes, as far as rounding lets one see.
    pub is_distribution: bool,
}

impl Ranking {
    /// Of these entries.
    #[must_use]
    pub fn new(values: &[f64]) -> Self {
        let value = |entry: usize| values.get(entry).copied().unwrap_or(f64::NAN);
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
        let sum: f64 = values.iter().sum();
        let is_probability = |p: &f64| (-ROUNDING..=1.0 + ROUNDING).contains(p);
        Self {
            order,
            is_distribution: values.len() > 1
                && values.iter().all(is_probability)
                && (sum - 1.0).abs() <= ROUNDING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_first_comes_first() {
        assert_eq!(Ranking::new(&[1.0, 3.0, -2.0, 3.0]).order, [1, 3, 0, 2]);
    }

    #[test]
    fn a_distribution_is_known_up_to_rounding() {
        let is_distribution = |values: &[f64]| Ranking::new(values).is_distribution;
        assert!(is_distribution(&[0.25, 0.75]));
        assert!(is_distribution(&[-0.01, 1.0, 0.0]));
        assert!(!is_distribution(&[1.0]));
        assert!(!is_distribution(&[0.5, 0.6]));
        assert!(!is_distribution(&[1.5, -0.5]));
        assert!(!is_distribution(&[f64::NAN, 1.0]));
    }
}
