//! Every kernel against sums of field elements.

use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_grumpkin::Fr;
use proptest::prelude::*;

use super::kernel::Kernel;
use super::{Range, fold_arrays_with};
use inferproof_integers::Integers;

fn fold_naively<F: PrimeField>(
    rho: &[F],
    values: &[i64],
    rows: &[Range<usize>],
    width: usize,
) -> Vec<F> {
    let mut out = vec![F::ZERO; width];
    for (rho, row) in rho.iter().zip(rows) {
        for (out, value) in out.iter_mut().zip(&values[row.clone()]) {
            *out += *rho * F::from(*value);
        }
    }
    out
}

fn compare(rho: &[Fr], values: &[i64], rows: &[Range<usize>], width: usize) {
    let integers = Integers::from_i64(values).unwrap();
    let expected = fold_naively(rho, values, rows, width);
    for kernel in Kernel::available() {
        let out = fold_arrays_with(kernel, &[(rho, &integers)], rows, width);
        assert!(
            out == expected,
            "{} differs, width {width}, {integers:?}",
            kernel.name()
        );
    }
}

fn coefficient() -> impl Strategy<Value = Fr> {
    prop_oneof![
        1 => Just(Fr::ZERO),
        1 => Just(-Fr::ONE),
        6 => any::<[u8; 32]>().prop_map(|bytes| Fr::from_le_bytes_mod_order(&bytes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn kernels_agree_with_field_arithmetic(
        bits in prop::sample::select(vec![8, 16, 32]),
        values in prop::collection::vec((any::<i32>(), 0..4u8), 1400),
        rows in prop::collection::vec((coefficient(), 0..700usize, 0..700usize), 0..40),
        slack in 0..70usize,
    ) {
        let (low, high) = (-1i64 << (bits - 1), (1i64 << (bits - 1)) - 1);
        let values: Vec<i64> = values
            .into_iter()
            .map(|(value, kind)| match kind {
                0 => low,
                1 => high,
                _ => i64::from(value) >> (32 - bits),
            })
            .collect();
        let rho: Vec<Fr> = rows.iter().map(|row| row.0).collect();
        let rows: Vec<Range<usize>> = rows.iter().map(|&(_, start, len)| start..start + len).collect();
        let width = rows.iter().map(Range::len).max().unwrap_or(0) + slack;
        compare(&rho, &values, &rows, width);
    }
}

#[test]
fn sums_do_not_overflow_where_most_rows_meet_before_a_flush() {
    // Bytes of 255 wherever the modulus allows it, times the most negative value: the largest sums there are.
    let mut number = <Fr as PrimeField>::BigInt::new([u64::MAX; 4]);
    number.0[3] >>= 3;
    let rho = vec![Fr::from_bigint(number).unwrap(); super::ROWS_PER_FLUSH + 5];
    for value in [i64::from(i8::MIN), i64::from(i16::MIN), i64::from(i32::MIN)] {
        let rows = vec![0..3; rho.len()];
        compare(&rho, &[value, -1, -value - 1], &rows, 3);
    }
}

#[test]
fn tasks_of_rows_add_up() {
    let rho: Vec<Fr> = (1..5000u64)
        .map(|i| Fr::from(i).inverse().unwrap())
        .collect();
    let values: Vec<i64> = (0..6000).map(|i| i * 31 % 256 - 128).collect();
    let rows: Vec<Range<usize>> = (0..rho.len()).map(|i| i..i + 1 + i % 65).collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| compare(&rho, &values, &rows, 65));
    }
}

#[test]
fn arrays_of_all_types_add_up() {
    let rows: Vec<Range<usize>> = (0..9).map(|i| i * 70..i * 70 + 60 + i).collect();
    let arrays: Vec<(Vec<Fr>, Vec<i64>)> = [1, 1 << 8, 1 << 24, 1]
        .iter()
        .zip(1u64..)
        .map(|(scale, seed)| {
            let rho = (0..9).map(|i| Fr::from(i % 4) / Fr::from(i + seed));
            let values = (0..640).map(|i| (i * 31 % 256 - 128) * scale);
            (rho.collect(), values.collect())
        })
        .collect();
    let mut expected = vec![Fr::ZERO; 75];
    for (rho, values) in &arrays {
        let folded = fold_naively(rho, values, &rows, 75);
        expected.iter_mut().zip(folded).for_each(|(e, f)| *e += f);
    }
    let integers: Vec<_> = arrays
        .iter()
        .map(|(_, values)| Integers::from_i64(values).unwrap())
        .collect();
    let arrays = arrays.iter().zip(&integers);
    let arrays: Vec<_> = arrays
        .map(|((rho, _), values)| (&rho[..], values))
        .collect();
    for kernel in Kernel::available() {
        let out = fold_arrays_with(kernel, &arrays, &rows, 75);
        assert!(out == expected, "{} differs", kernel.name());
    }
}

#[test]
fn no_rows_fold_to_zeros() {
    compare(&[], &[1], &[], 0);
    compare(&[], &[1], &[], 100);
}
