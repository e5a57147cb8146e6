//! What columns begin with, and the multiples of the modulus that reduce them.

use super::limbs::{balanced, digits};
use super::vector::Vector;
use super::{CARRIED, COLUMNS, HALF, HIGH, LIMB, LIMBS, LOW, MASK, RAISED};
use crate::lanes::{Number, negated_inverse};
use std::ops::Range;

/// What the reduction of columns takes.
pub(super) struct Reduction<V> {
    /// `(k p + 1) / 2^51`, for the `k < 2^51` that makes it whole.
    pub shifted: [V; LIMBS],
    pub modulus: [V; LIMBS],
    /// `k`, which is `-1 / p mod 2^51`.
    pub negated_inverse: V,
    /// `2^204 / p`.
    pub ratio: V,
    /// What the columns of a product begin with, and those of the sum of two.
    pub columns: [[V; COLUMNS]; 2],
    /// What is added to the columns of a wide sum before they are reduced, and of these for each product.
    pub of_wide: [u64; COLUMNS + 1],
    pub of_product: [u64; COLUMNS + 1],
    /// What limbs begin with that are added up from two doubles, or from three.
    pub sums: [[V; LIMBS]; 2],
    /// The double of a last column, before it gets a carry, less the column.
    pub last: V,
}

impl<V: Vector> Reduction<V> {
    /// # Safety
    ///
    /// The machine has the instructions.
    pub unsafe fn new(modulus: Number) -> Self {
        let negated_inverse = negated_inverse(modulus[0]) & MASK;
        let modulus = digits(modulus);
        let shifted = balanced(shifted(modulus, negated_inverse));
        let ratio = 1.0 / modulus[LIMBS - 1] as f64;
        let modulus = balanced(modulus);
        let product = words_in(0..LIMBS, |row| row);
        let reduction = |rows: usize| {
            let shifted = words_in(0..rows - 2, |row| row + 1);
            added(shifted, words_in(rows - 2..rows, |row| row))
        };
        // A column is raised, and so is the one before, whose carry comes here. The last is a double.
        let begin = |last: usize, words: [u64; COLUMNS + 1]| {
            let column = |i: usize| {
                let raised = match i < last {
                    true => RAISED + HALF,
                    false => LOW.to_bits(),
                };
                let carried = if i > 0 { CARRIED } else { 0 };
                raised.wrapping_sub(carried).wrapping_sub(words[i])
            };
            std::array::from_fn(column)
        };
        let of_product = |products: u64, reduced: bool| {
            let mut words = added(
                reduction(LIMBS),
                product.map(|word| word.wrapping_mul(products)),
            );
            if reduced {
                for word in &mut words[LIMBS..COLUMNS - 1] {
                    *word = word.wrapping_add(LOW.to_bits());
                }
            }
            let columns: [u64; COLUMNS + 1] = begin(COLUMNS - 1, words);
            // SAFETY: the caller's promise.
            std::array::from_fn(|i| unsafe { V::splat(columns[i]) })
        };
        let of_doubles = |doubles: u64| {
            let words = [LOW.to_bits().wrapping_mul(doubles); COLUMNS + 1];
            let columns: [u64; COLUMNS + 1] = begin(LIMBS - 1, words);
            // SAFETY: the caller's promise.
            std::array::from_fn(|i| unsafe { V::splat(columns[i]) })
        };
        // SAFETY: the caller's promise.
        let double = |value: f64| unsafe { V::splat(value.to_bits()) };
        Self {
            shifted: shifted.map(double),
            modulus: modulus.map(double),
            negated_inverse: double(negated_inverse as f64),
            ratio: double(ratio),
            columns: [of_product(1, false), of_product(2, true)],
            of_wide: begin(COLUMNS, reduction(LIMBS + 1)),
            of_product: product.map(u64::wrapping_neg),
            sums: [of_doubles(2), of_doubles(3)],
            last: double(LOW - CARRIED as f64),
        }
    }
}

/// The words of [`LOW`] and [`HIGH`] that rows leave in columns, each row from the column on that `first` says.
fn words_in(rows: Range<usize>, first: impl Fn(usize) -> usize) -> [u64; COLUMNS + 1] {
    let mut words = [0u64; COLUMNS + 1];
    for row in rows {
        for column in first(row)..first(row) + LIMBS {
            words[column] = words[column].wrapping_add(LOW.to_bits());
            words[column + 1] = words[column + 1].wrapping_add(HIGH.to_bits());
        }
    }
    words
}

fn added(a: [u64; COLUMNS + 1], b: [u64; COLUMNS + 1]) -> [u64; COLUMNS + 1] {
    std::array::from_fn(|i| a[i].wrapping_add(b[i]))
}

/// `(k p + 1) / 2^51`, for `p k = -1` modulo `2^51`.
fn shifted(modulus: [u64; LIMBS], k: u64) -> [u64; LIMBS] {
    let mut carry = 1;
    let mut product = modulus.map(|limb| {
        let sum = u128::from(limb) * u128::from(k) + carry;
        carry = sum >> LIMB;
        sum as u64 & MASK
    });
    debug_assert_eq!(product[0], 0);
    product.rotate_left(1);
    product[LIMBS - 1] = carry as u64;
    product
}
