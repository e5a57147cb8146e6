//! Powers of two, and arrays of numbers times them.

/// A power of two for each row and for each column of an array `[S.., G.., K..]`, as [`crate::equalize`] has them.
#[derive(Debug)]
pub struct PowersOfTwo {
    /// The exponents of rows `[S.., G..]`.
    pub rows: Vec<i32>,
    /// What is subtracted from these: the exponents of columns `[S.., K..]`.
    pub columns: Vec<i32>,
    /// How many rows `G..` are one after the other before the columns are others.
    pub block: usize,
}

impl PowersOfTwo {
    /// One for each entry.
    pub fn of_entries(exponents: Vec<i32>) -> Self {
        Self {
            columns: vec![0; 1],
            block: exponents.len(),
            rows: exponents,
        }
    }

    /// Whether nothing changes.
    pub fn are_one(&self) -> bool {
        let rows = self.rows.chunks(self.block.max(1));
        let width = self.columns.len() / rows.len().max(1);
        let blocks = rows.zip(self.columns.chunks(width.max(1)));
        blocks.into_iter().all(|(rows, columns)| {
            let first = rows.first().copied().unwrap_or(0);
            rows.iter()
                .chain(columns)
                .all(|&exponent| exponent == first)
        })
    }

    /// Multiplies each number by its own.
    pub fn apply(&self, values: &mut [f32]) {
        let width = (values.len() / self.rows.len().max(1)).max(1);
        for (row, values) in values.chunks_mut(width).enumerate() {
            let of_row = self.rows.get(row).copied().unwrap_or(0);
            let columns = self.columns.iter().skip(row / self.block.max(1) * width);
            for (value, column) in values.iter_mut().zip(columns) {
                *value *= two_to_the(of_row - column) as f32;
            }
        }
    }
}

/// `2^exponent`, quicker than by multiplication: weights are scaled one by one.
pub fn two_to_the(exponent: i32) -> f64 {
    match exponent.saturating_add(1023) {
        biased @ 1..=2046 => f64::from_bits((biased as u64) << 52),
        _ => beyond_normal(exponent),
    }
}

/// Never in line: the compiler would compute it every time, and then choose.
#[cold]
#[inline(never)]
fn beyond_normal(exponent: i32) -> f64 {
    2f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::two_to_the;

    #[test]
    fn powers_are_those_of_the_library() {
        for exponent in -1022..=1100 {
            assert_eq!(two_to_the(exponent), 2f64.powi(exponent), "{exponent}");
        }
        assert_eq!(two_to_the(i32::MAX), f64::INFINITY);
    }
}
