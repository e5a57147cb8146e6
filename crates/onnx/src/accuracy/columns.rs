//! How large the entries of an output are, column by column: what an error of an entry is measured by.
//!
//! A column is what stands at one place of an output's last axis, in all rows and samples: one target of several, one class, one
//! coordinate of a box. Its size is the greatest magnitude that the float model gives it, so that a target of a tenth is not "within
//! tolerance" because there is another of a hundred thousand beside it. A column that varies little about a great value (a year, a
//! temperature in kelvins) is as large as ten times what it varies.
//!
//! The whole output counts instead of the column where the column's own size says nothing:
//! - where each row is one thing: shares of a whole (class probabilities), a vector of unit length, values of a sigmoid;
//! - where there are fewer than [`KNOWN`] values of a column;
//! - where a column is zero throughout.

/// So many values show how large a column is.
const KNOWN: usize = 8;

/// A column that varies by less than this part of its magnitude is a constant to us: it does not say how large its changes are.
const CONSTANT: f64 = 1e-3;

/// A column is at most so many times as large as it varies.
const OFFSET: f64 = 10.0;

/// What is smaller than this part of the output is zero.
const NOTHING: f64 = 1e-12;

/// By how much the sum, or the sum of squares, of a row may differ from one.
const SHARES: f64 = 1e-3;

/// Columns whose sizes differ by more are not of one kind, so that the greatest entry of a row means nothing.
const ALIKE: f64 = 100.0;

/// What the float model gives in one column.
#[derive(Clone, Copy, Debug)]
struct Column {
    low: f64,
    high: f64,
    sum: f64,
}

/// What the float model gives in the columns of one output.
#[derive(Clone, Debug)]
pub struct Columns {
    columns: Vec<Column>,
    /// How many values each column has.
    rows: usize,
    /// Whether each row is known to be one thing, of which entries are parts.
    is_one: bool,
    /// Whether all rows so far are shares of one.
    are_shares: bool,
    /// Whether all rows so far have unit length.
    are_unit: bool,
}

impl Columns {
    /// Of an output of this shape. `is_one` says that the entries of a row are parts of one thing, by what makes them.
    pub fn new(shape: &[usize], is_one: bool) -> Self {
        let empty = Column {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            sum: 0.0,
        };
        Self {
            columns: vec![empty; shape.last().copied().unwrap_or(1).max(1)],
            rows: 0,
            is_one,
            are_shares: true,
            are_unit: true,
        }
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Takes the values of one sample, row-major.
    pub fn add(&mut self, values: &[f64]) {
        for row in values.chunks_exact(self.columns.len()) {
            self.rows += 1;
            let (mut sum, mut squares, mut least) = (0.0, 0.0, f64::INFINITY);
            for (column, &value) in self.columns.iter_mut().zip(row) {
                column.low = column.low.min(value);
                column.high = column.high.max(value);
                column.sum += value;
                sum += value;
                squares += value * value;
                least = least.min(value);
            }
            self.are_shares &= least >= 0.0 && (sum - 1.0).abs() <= SHARES;
            self.are_unit &= (squares - 1.0).abs() <= SHARES;
        }
    }

    /// The size of each column; 1 where all is zero.
    pub fn sizes(&self) -> Vec<f64> {
        let own: Vec<f64> = self.columns.iter().map(|c| c.size(self.rows)).collect();
        let greatest = self.columns.iter().map(|c| c.magnitude());
        let greatest = greatest.fold(0.0, f64::max);
        let whole = if greatest > 0.0 { greatest } else { 1.0 };
        if self.is_whole() {
            return vec![whole; own.len()];
        }
        let known = |size: f64| if size > NOTHING * whole { size } else { whole };
        own.into_iter().map(known).collect()
    }

    /// Whether the whole output counts, and not the column.
    fn is_whole(&self) -> bool {
        let is_row = self.columns.len() > 1 && (self.are_shares || self.are_unit);
        self.is_one || is_row || self.rows < KNOWN
    }

    /// Whether a row's greatest entry may be an answer: its columns are of one kind.
    pub fn are_alike(&self) -> bool {
        let sizes = self.sizes();
        let least = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        sizes.iter().all(|&size| size <= ALIKE * least)
    }
}

impl Column {
    fn magnitude(&self) -> f64 {
        self.high.max(-self.low).max(0.0)
    }

    fn size(&self, rows: usize) -> f64 {
        let mean = self.sum / rows.max(1) as f64;
        let varies = (self.high - mean).max(mean - self.low);
        let magnitude = self.magnitude();
        if varies <= CONSTANT * magnitude {
            return magnitude;
        }
        magnitude.min(OFFSET * varies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: usize, rows: &[&[f64]]) -> Columns {
        let mut columns = Columns::new(&[1, width], false);
        rows.iter().for_each(|row| columns.add(row));
        columns
    }

    #[test]
    fn a_column_is_as_large_as_its_own_greatest_value() {
        let rows: Vec<[f64; 2]> = (0..8)
            .map(|i| [1e5 * f64::from(i), -0.01 * f64::from(i)])
            .collect();
        let rows: Vec<&[f64]> = rows.iter().map(|r| &r[..]).collect();
        let columns = of(2, &rows);
        assert_eq!(columns.sizes(), [7e5, 0.07]);
        assert!(!columns.are_alike());
        // Of fewer samples the size of a column is not known.
        assert_eq!(of(2, &rows[1..]).sizes(), [7e5, 7e5]);
    }

    #[test]
    fn a_year_is_as_large_as_ten_times_what_it_varies() {
        // The mean is 2000, and 2001 and 1999 are both 1 away.
        let rows: Vec<[f64; 1]> = (0..8).map(|i| [1999.0 + 2.0 * f64::from(i % 2)]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(|r| &r[..]).collect();
        assert_eq!(
            of(1, &rows).sizes(),
            [2001.0],
            "1 is less than a thousandth of 2001: a constant"
        );
        let rows: Vec<[f64; 1]> = (0..8).map(|i| [290.0 + 20.0 * f64::from(i % 2)]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(|r| &r[..]).collect();
        assert_eq!(of(1, &rows).sizes(), [100.0]);
    }

    #[test]
    fn shares_of_a_row_are_measured_by_the_row() {
        let rows: Vec<&[f64]> = vec![&[0.999, 0.001]; 8];
        let columns = of(2, &rows);
        assert_eq!(columns.sizes(), [0.999, 0.999]);
        assert!(columns.are_alike());
        let unit: Vec<&[f64]> = vec![&[0.6, -0.8, 0.0]; 8];
        assert_eq!(of(3, &unit).sizes(), [0.8, 0.8, 0.8]);
        // The same numbers in rows that are neither.
        let other: Vec<&[f64]> = vec![&[0.6, -0.5, 0.0]; 8];
        assert_eq!(
            of(3, &other).sizes(),
            [0.6, 0.5, 0.6],
            "zero throughout says nothing"
        );
    }

    #[test]
    fn positions_are_rows() {
        let mut columns = Columns::new(&[1, 4, 2], false);
        columns.add(&[1.0, 10.0, 2.0, 20.0, -3.0, 30.0, 0.0, 0.0]);
        columns.add(&[1.0, 10.0, 2.0, 20.0, 3.0, 5.0, 0.0, 0.0]);
        assert_eq!(columns.sizes(), [3.0, 30.0]);
        assert!(columns.are_alike());
    }
}
