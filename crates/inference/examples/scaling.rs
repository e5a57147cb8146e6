//! Proving time against weights and against activations, on two dense layers with everything private; CSV on standard output.
//! Wall times are medians of the runs, processor times the least.
//!
//! `cargo run --release -p inferproof --example scaling [RUNS] > scaling.csv`

#[path = "../benches/synthetic/mod.rs"]
mod synthetic;

use inferproof_inference::generic::{Prover, commit};
use inferproof_inference::{Grumpkin, Visibility, Visible};
use std::time::Instant;

/// Nanoseconds of processor time that this process's threads have had (Linux; 0 elsewhere).
fn cpu_nanoseconds() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let times = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    times.sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Of processor time: what a busy machine adds (cold caches, waiting for locks) is not the program's.
fn least(values: Vec<f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

/// Seconds on the wall and of the processors.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64, f64) {
    let (start, cpu) = (Instant::now(), cpu_nanoseconds());
    let result = work();
    let wall = start.elapsed().as_secs_f64();
    let cpu = std::time::Duration::from_nanos(cpu_nanoseconds() - cpu).as_secs_f64();
    (result, wall, cpu)
}

fn measure(series: &str, rows: usize, width: usize, runs: usize) {
    let model = synthetic::dense(rows, width, 2);
    let (weights, activations) = (model.weight_count(), model.activation_count());
    let (committed, commit_wall, commit_cpu) = timed(|| {
        commit::<Grumpkin>(model.weights, Visible::Private, &mut |_, _| true)
            .expect("the model is sound")
    });
    let prover = Prover::new(committed.0, committed.1).expect("the key was just made");
    let statement = prover.verifier().statement(b"");
    let statement = statement
        .with_inputs(Visibility::Private)
        .with_outputs(Visibility::Private);
    let (mut prove_wall, mut prove_cpu) = (Vec::new(), Vec::new());
    let (mut verify_wall, mut verify_cpu, mut bytes) = (Vec::new(), Vec::new(), 0);
    for run in 0..=runs {
        let (inference, wall, cpu) = timed(|| {
            prover
                .prove(&statement, &model.inputs, &[], &mut |_| true)
                .expect("the model is sound")
        });
        let (verdict, v_wall, v_cpu) =
            timed(|| prover.verifier().verify(&statement, &inference.proof));
        verdict.expect("the proof is sound");
        bytes = inference.proof.encode::<Grumpkin>().len();
        if run > 0 {
            // The first warms up.
            prove_wall.push(wall);
            prove_cpu.push(cpu);
            verify_wall.push(v_wall);
            verify_cpu.push(v_cpu);
        }
    }
    println!(
        "{series},{rows},{width},{weights},{activations},{:.6},{:.6},{:.6},{:.6},{commit_wall:.6},{commit_cpu:.6},{bytes}",
        median(prove_wall),
        least(prove_cpu),
        median(verify_wall),
        least(verify_cpu),
    );
}

fn main() {
    let runs = std::env::args()
        .nth(1)
        .map_or(5, |n| n.parse().expect("a number of runs"));
    println!(
        "series,rows,width,weights,activations,prove_wall_s,prove_cpu_s,verify_wall_s,verify_cpu_s,commit_wall_s,commit_cpu_s,proof_bytes"
    );
    // Powers of two: other widths (768, 1280, 1536) measured about 1.6 times slower, likely by padding. rows * width stays 2^12:
    // an activation costs about a microsecond and a weight a nanosecond, so that weights would hide behind more of them.
    for width in [256, 512, 1024, 2048, 4096] {
        measure("weights", (1 << 12) / width, width, runs);
    }
    for rows in [16, 32, 64, 128, 256, 512] {
        measure("activations", rows, 256, runs);
    }
}
