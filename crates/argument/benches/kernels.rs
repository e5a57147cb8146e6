//! The prover's and the verifier's kernels on one thread: `cargo bench -p inferproof-argument --bench kernels`.
//!
//! Throughput is counted in values (rows, folds) or points (sums).

use ark_ec::VariableBaseMSM;
use ark_ec::short_weierstrass::Projective;
use ark_ff::{AdditiveGroup, Field};
use ark_grumpkin::GrumpkinConfig as Grumpkin;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use inferproof_argument::curve::Scalar;
use inferproof_argument::generators::Generators;
use inferproof_argument::msm::{commit_rows, msm_full};
use inferproof_argument::{Integers, fold_rows};
use std::ops::Range;

type F = Scalar<Grumpkin>;

/// A sequence that looks random (xorshift), the same in every run.
fn words() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9e37_79b9_7f4a_7c15u64), |&word| {
        let word = word ^ word << 13;
        let word = word ^ word >> 7;
        Some(word ^ word << 17)
    })
}

fn scalars(count: usize) -> Vec<F> {
    let mut scalar = F::from(3u64).inverse().unwrap_or(F::ZERO);
    std::iter::repeat_with(|| {
        scalar = scalar.square() + F::ONE;
        scalar
    })
    .take(count)
    .collect()
}

/// Values of each kind that a trace has.
fn kinds(count: usize) -> [(&'static str, Integers); 4] {
    let words: Vec<u64> = words().take(count).collect();
    let make = |value: fn(u64) -> i64| {
        Integers::from_i64(&words.iter().map(|&word| value(word)).collect::<Vec<_>>())
            .expect("values fit 16 bits")
    };
    [
        ("i8", make(|word| i64::from(word as i8))),
        ("i16", make(|word| i64::from(word as i16))),
        (
            "half-zero",
            make(|word| {
                if word >> 63 == 0 {
                    0
                } else {
                    i64::from(word as i8)
                }
            }),
        ),
        ("bits", make(|word| (word & 1) as i64)),
    ]
}

fn split(count: usize, len: usize) -> Vec<Range<usize>> {
    (0..count)
        .step_by(len)
        .map(|start| start..start + len)
        .collect()
}

fn commit(criterion: &mut Criterion) {
    let generators = Generators::<Grumpkin>::new(1 << 12);
    let count = 1 << 16;
    let kinds = kinds(count);
    let mut group = criterion.benchmark_group("commit_rows");
    group.throughput(Throughput::Elements(count as u64));
    for len in [1 << 8, 1 << 12] {
        let rows = split(count, len);
        let blinders = scalars(rows.len());
        for (kind, values) in &kinds {
            group.bench_function(BenchmarkId::new(*kind, len), |bencher| {
                bencher.iter(|| commit_rows(&generators, values, &rows, &blinders));
            });
        }
    }
}

fn msm(criterion: &mut Criterion) {
    let generators = Generators::<Grumpkin>::new(6000);
    let scalars = scalars(6000);
    let mut group = criterion.benchmark_group("msm_full");
    for count in [64, 256, 2048, 6000] {
        let (points, scalars) = (&generators.g[..count], &scalars[..count]);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("own", count), |bencher| {
            bencher.iter(|| msm_full::<Grumpkin>(points, scalars));
        });
        group.bench_function(BenchmarkId::new("ark-ec", count), |bencher| {
            bencher
                .iter(|| <Projective<Grumpkin> as VariableBaseMSM>::msm_unchecked(points, scalars));
        });
    }
}

fn fold(criterion: &mut Criterion) {
    let count = 1 << 22;
    let kinds = kinds(count);
    let mut group = criterion.benchmark_group("fold_rows");
    group.throughput(Throughput::Elements(count as u64));
    for len in [1 << 8, 1 << 11] {
        let rows = split(count, len);
        let rho = scalars(rows.len());
        for (kind, values) in &kinds[..2] {
            group.bench_function(BenchmarkId::new(*kind, len), |bencher| {
                bencher.iter(|| fold_rows(&rho, values, &rows, len));
            });
        }
    }
}

fn generators(criterion: &mut Criterion) {
    criterion.bench_function("generators/4096", |bencher| {
        bencher.iter(|| Generators::<Grumpkin>::new(4096))
    });
}

fn kernels(criterion: &mut Criterion) {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .expect("the first pool of the process");
    commit(criterion);
    msm(criterion);
    fold(criterion);
    generators(criterion);
}

criterion_group! {
    name = on_one_thread;
    config = Criterion::default().sample_size(20);
    targets = kernels
}
criterion_main!(on_one_thread);
