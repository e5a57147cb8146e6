//! Every adder against the curve library's arithmetic, on both profiles.

use std::ops::Range;

use ark_ec::short_weierstrass::Projective;
use ark_ec::{AdditiveGroup, CurveGroup};
use ark_ff::{Field, PrimeField};
use proptest::prelude::*;

use super::addition::{Adder, Pair, Scratch};
use super::rows::commit_rows_with;
use super::{commit_scalars, msm_full_with};
use crate::curve::{Point, Profile, Scalar};
use crate::generators::Generators;
use inferproof_integers::Integers;

type Grumpkin = ark_grumpkin::GrumpkinConfig;
type Bn254 = ark_bn254::g1::Config;

fn sum_naively<P: Profile>(points: &[Point<P>], scalars: &[Scalar<P>]) -> Projective<P> {
    points
        .iter()
        .zip(scalars)
        .map(|(point, scalar)| *point * scalar)
        .sum()
}

fn compare_msm<P: Profile>(points: &[Point<P>], scalars: &[Scalar<P>]) {
    let expected = sum_naively(points, scalars);
    for adder in Adder::<P>::available() {
        assert!(
            msm_full_with(adder, points, scalars) == expected,
            "{}, {} points",
            adder.name(),
            points.len()
        );
    }
}

fn compare_rows<P: Profile>(
    generators: &Generators<P>,
    values: &[i64],
    rows: &[Range<usize>],
    blinders: &[Scalar<P>],
) {
    let integers = Integers::from_i64(values).unwrap();
    let expected: Vec<Point<P>> = rows
        .iter()
        .zip(blinders)
        .map(|(row, blinder)| {
            let scalars: Vec<Scalar<P>> = values[row.clone()]
                .iter()
                .map(|&value| Scalar::<P>::from(value))
                .collect();
            (sum_naively(&generators.g, &scalars) + generators.h * blinder).into_affine()
        })
        .collect();
    for adder in Adder::<P>::available() {
        // They are kept in one adder's form.
        let generators = Generators {
            g: generators.g.clone(),
            h: generators.h,
            ready: Default::default(),
        };
        let commitments = commit_rows_with(adder, &generators, &integers, rows, blinders);
        assert!(commitments == expected, "{}, {integers:?}", adder.name());
    }
}

/// Adds neighbours among points in every relation that the addition law tells apart.
fn add_special_pairs<P: Profile>() {
    let [a, b, c] = *Generators::<P>::new(3).g else {
        panic!("three generators")
    };
    let zero = Point::<P>::identity();
    let relations = [
        (a, b),
        (b, a),
        (a, a),
        (a, -a),
        (-a, a),
        (a, zero),
        (zero, a),
        (zero, zero),
        (-c, -c),
        (c, -b),
    ];
    for adder in Adder::<P>::available() {
        for count in [1, 2, 7, 8, 9, 10, 15, 16, 17, 23, 24, 25, 100] {
            let pairs: Vec<(Point<P>, Point<P>)> = (0..count)
                .map(|i| relations[i * 7 % relations.len()])
                .collect();
            let mut points: Vec<_> = pairs
                .iter()
                .flat_map(|(a, b)| [adder.pack(a), adder.pack(b)])
                .collect();
            let jobs: Vec<Pair> = (0..count as u32)
                .map(|i| Pair { from: 2 * i, to: i })
                .collect();
            adder.add_pairs(&mut points, &jobs, &mut Scratch::default());
            for (i, (a, b)) in pairs.iter().enumerate() {
                assert_eq!(
                    adder.unpack(&points[i]),
                    (*a + b).into_affine(),
                    "{}, pair {i} of {count}",
                    adder.name()
                );
            }
        }
        let mut untouched = [adder.pack(&a)];
        adder.add_pairs(&mut untouched, &[], &mut Scratch::default());
        assert_eq!(adder.unpack(&untouched[0]), a);
    }
}

/// Points and scalars that meet in the buckets as equal, opposite and vanishing sums.
fn sum_special_points<P: Profile>() {
    let generators = Generators::<P>::new(40).g;
    let large = -Scalar::<P>::ONE / Scalar::<P>::from(3u64);
    let scalars: Vec<Scalar<P>> = (0..40u64).map(|i| large + Scalar::<P>::from(i)).collect();
    compare_msm::<P>(&[], &[]);
    compare_msm(&generators[..1], &scalars[..1]);
    compare_msm(&generators, &[Scalar::<P>::ZERO; 40]);
    compare_msm(&generators, &[-Scalar::<P>::ONE; 40]);
    compare_msm(&[generators[0]; 40], &scalars);
    compare_msm(&[generators[0]; 40], &[large; 40]);
    compare_msm(&[Point::<P>::identity(); 40], &scalars);
    let opposite: Vec<Point<P>> = (0..40)
        .map(|i| {
            if i % 2 == 0 {
                generators[7]
            } else {
                -generators[7]
            }
        })
        .collect();
    compare_msm(&opposite, &[large; 40]);
    let mixed: Vec<Point<P>> = (0..40)
        .map(|i| {
            if i % 5 == 0 {
                Point::<P>::identity()
            } else {
                generators[i % 3]
            }
        })
        .collect();
    compare_msm(&mixed, &scalars);
    compare_msm(&generators, &scalars[..11]);
}

fn commit_special_rows<P: Profile>() {
    let generators = Generators::<P>::new(300);
    let blinders: Vec<Scalar<P>> = [0u64, 1, 128, 255, 256]
        .into_iter()
        .flat_map(|b| [Scalar::<P>::from(b), -Scalar::<P>::from(b)])
        .collect();
    let rows = [
        0..300,
        300..600,
        300..300,
        0..1,
        600..900,
        5..300,
        0..128,
        900..1200,
        640..650,
        0..300,
    ];
    for bits in [8, 16, 32] {
        let (low, high) = (-1i64 << (bits - 1), (1i64 << (bits - 1)) - 1);
        let mut values = vec![0i64; 1200];
        values[..300].copy_from_slice(&std::array::from_fn::<i64, 300, _>(|i| {
            i as i64 % 256 - 128
        }));
        values[600..900].fill(low);
        values[900..1200].copy_from_slice(&std::array::from_fn::<i64, 300, _>(|i| {
            if i % 2 == 0 { high } else { low + 1 }
        }));
        compare_rows(&generators, &values, &rows, &blinders);
    }
}

#[test]
fn pairs_in_every_relation_are_added() {
    add_special_pairs::<Grumpkin>();
    add_special_pairs::<Bn254>();
}

#[test]
fn sums_of_equal_opposite_and_no_points() {
    sum_special_points::<Grumpkin>();
    sum_special_points::<Bn254>();
}

#[test]
fn rows_of_extreme_and_no_values() {
    commit_special_rows::<Grumpkin>();
    commit_special_rows::<Bn254>();
}

#[test]
fn many_points_take_several_batches_and_threads() {
    let points = Generators::<Grumpkin>::new(1500).g;
    let scalars: Vec<_> = (1..1501u64)
        .map(|i| Scalar::<Grumpkin>::from(i).inverse().unwrap())
        .collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| compare_msm(&points, &scalars));
    }
}

fn scalar<F: PrimeField>() -> impl Strategy<Value = F> {
    prop_oneof![
        1 => (-3i64..4).prop_map(F::from),
        6 => any::<[u8; 32]>().prop_map(|bytes| F::from_le_bytes_mod_order(&bytes)),
    ]
}

/// Values of some width, many of them zero or extreme.
fn values(count: usize) -> impl Strategy<Value = Vec<i64>> {
    prop::sample::select(vec![1, 2, 3, 5, 8, 12, 16, 20, 32]).prop_flat_map(move |bits: u32| {
        let (low, high) = (-1i64 << (bits - 1), (1i64 << (bits - 1)) - 1);
        prop::collection::vec(
            prop_oneof![Just(0), Just(low), Just(high), low..=high],
            count,
        )
    })
}

fn check_random<P: Profile>(values: &[i64], scalars: &[Scalar<P>], rows: &[(usize, usize)]) {
    let generators = Generators::<P>::new(96);
    let rows: Vec<Range<usize>> = rows
        .iter()
        .map(|&(start, len)| start..start + len)
        .collect();
    compare_rows(&generators, values, &rows, &scalars[..rows.len()]);
    compare_msm(&generators.g, scalars);
    let expected = sum_naively(&generators.g, scalars) + generators.h * scalars[0];
    assert_eq!(
        commit_scalars(&generators, scalars, scalars[0]),
        expected.into_affine()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn grumpkin_agrees_with_the_curve_library(
        values in values(200),
        scalars in prop::collection::vec(scalar(), 12..96),
        rows in prop::collection::vec((0..104usize, 0..97usize), 0..12),
    ) {
        check_random::<Grumpkin>(&values, &scalars, &rows);
    }

    #[test]
    fn bn254_agrees_with_the_curve_library(
        values in values(200),
        scalars in prop::collection::vec(scalar(), 12..96),
        rows in prop::collection::vec((0..104usize, 0..97usize), 0..12),
    ) {
        check_random::<Bn254>(&values, &scalars, &rows);
    }
}
