//! The stages of a proof on a network of LeNet's shape: `cargo bench -p inferproof`.
//!
//! `interpret` is the program's run alone; `witness` is all before the first commitment (the run, the advice of every relation, the
//! places of the lookups); the other stages are what the progress callback is told. `prove` is their sum.

#[path = "synthetic/mod.rs"]
mod synthetic;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use inferproof_inference::generic::{Prover, commit};
use inferproof_inference::{Grumpkin, Stage, Visible};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SAMPLES: usize = 20;
/// Proofs that are verified together.
const MANY: usize = 32;
const STAGES: [&str; 6] = [
    "witness",
    "commit",
    "lookups",
    "contractions",
    "open",
    "close",
];

/// How long each of the stages takes in one proof.
fn stages(prover: &Prover<Grumpkin>, inputs: &[Vec<i64>]) -> [Duration; 6] {
    let mut times = [Duration::ZERO; 6];
    let (mut current, mut since) = (0, Instant::now());
    let mut next = |stage: usize| {
        let now = Instant::now();
        times[current] += now - since;
        (current, since) = (stage, now);
    };
    let statement = prover.verifier().statement(b"");
    let inference = prover.prove(&statement, inputs, &[], &mut |stage| {
        next(match stage {
            Stage::Commit => 1,
            Stage::Lookups => 2,
            Stage::Contractions => 3,
            Stage::Open => 4,
            Stage::Close => 5,
        });
        true
    });
    next(0);
    black_box(inference.expect("the model is sound"));
    times
}

fn lenet(criterion: &mut Criterion) {
    let model = synthetic::lenet();
    let weights = model.weights.clone();
    let (key, secret) = commit::<Grumpkin>(weights, Visible::Private, &mut |_, _| true)
        .expect("the model is sound");
    let prover = Prover::new(key, secret).expect("the key was just made");
    let inputs = &model.inputs;
    let statement = prover.verifier().statement(b"");
    let proof = prover
        .prove(&statement, inputs, &[], &mut |_| true)
        .expect("the model is sound")
        .proof;
    println!(
        "LeNet's shape: {} weights, {} activations, a proof of {} bytes",
        model.weight_count(),
        model.activation_count(),
        proof.encode::<Grumpkin>().len()
    );

    let mut group = criterion.benchmark_group("lenet");
    group
        .sample_size(SAMPLES)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    group.bench_function("interpret", |b| {
        b.iter(|| prover.run(inputs).expect("the model is sound"));
    });
    group.bench_function("verify", |b| {
        b.iter(|| {
            prover
                .verifier()
                .verify(&statement, &proof)
                .expect("it is sound")
        });
    });
    // One after the other, and all at once: the second is to be at most 0.35 of the first.
    let proofs: Vec<_> = (0..MANY)
        .map(|number| {
            let mut inputs = inputs.clone();
            inputs[0].rotate_left(number);
            let inference = prover.prove(&statement, &inputs, &[], &mut |_| true);
            inference.expect("the model is sound").proof
        })
        .collect();
    let expected: Vec<_> = proofs.iter().map(|proof| (&statement, proof)).collect();
    group.bench_function("verify 32, each alone", |b| {
        b.iter(|| {
            for (statement, proof) in &expected {
                let verdict = prover.verifier().verify(statement, proof);
                verdict.expect("it is sound");
            }
        });
    });
    group.bench_function("verify 32 at once", |b| {
        b.iter(|| {
            let verdicts = prover.verifier().verify_all(&expected, &[]);
            assert!(verdicts.iter().all(Result::is_ok), "they are sound");
        });
    });
    group.measurement_time(Duration::from_secs(8));
    group.bench_function("prove", |b| {
        b.iter(|| prover.prove(&statement, inputs, &[], &mut |_| true));
    });
    // Every iteration makes a whole proof, so that a stage meets the caches as it does in use: about one iteration a sample.
    let whole: Duration = stages(&prover, inputs).iter().sum();
    group
        .warm_up_time(Duration::from_nanos(1))
        .measurement_time(whole * u32::try_from(SAMPLES).expect("few"));
    for (number, name) in STAGES.into_iter().enumerate() {
        group.bench_function(name, |b| {
            b.iter_custom(|iterations| {
                (0..iterations)
                    .map(|_| stages(&prover, inputs)[number])
                    .sum()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lenet);
criterion_main!(benches);
