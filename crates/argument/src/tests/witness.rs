//! The honest prover on a false trace: whichever column of the witness lies, the closing equations do not hold.

use super::adversary::cheat;
use super::sample::{HIGH, Model, Shape, Trace, cheat_with, prove, verify};
use crate::generators::Generators;
use crate::prover::{FieldWitness, Prover, Values};
use crate::{Integers, ProveError, Reject};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::{Parts, Relations, Table};
use rayon::prelude::*;
use std::borrow::Cow;

/// Relations, a model, and an honest trace.
struct Case {
    shape: Shape,
    relations: Relations,
    generators: Generators<GrumpkinConfig>,
    model: Model<GrumpkinConfig>,
    trace: Trace,
}

impl Case {
    fn new(shape: Shape, trace: Trace, weaken: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = shape.parts();
        weaken(&mut parts);
        let relations = Relations::new(parts).unwrap();
        let generators = Generators::new(relations.generator_count());
        let model = Model::commit(&relations, &generators, &trace.weights);
        Self {
            shape,
            relations,
            generators,
            model,
            trace,
        }
    }

    fn random(seed: u64) -> Self {
        let shape = Shape::default();
        Self::new(shape, Trace::random(&shape, seed), |_| {})
    }

    /// The verdict on an honestly computed proof of a trace, whose prover does not look whether it is true; the real prover gives
    /// it out if and only if it is accepted.
    fn verdict(&self, trace: &Trace) -> Result<(), Reject> {
        let Self {
            relations,
            generators,
            model,
            ..
        } = self;
        let proof = cheat_with(relations, generators, model, trace, b"").unwrap();
        let verdict = verify(relations, generators, model, &trace.out, b"", &proof);
        let honest = prove(relations, generators, model, trace, b"");
        assert_eq!(
            honest.err(),
            verdict.is_err().then_some(ProveError::Unsatisfied)
        );
        verdict
    }

    /// Everything behind `y` as it follows from `y`.
    fn follow(&self, trace: &mut Trace) {
        let Shape {
            samples: s,
            hidden: n,
            outputs: m,
            ..
        } = self.shape;
        for i in 0..s {
            for j in 0..m {
                let products = (0..n).map(|k| trace.y[i * n + k] * trace.weights[2][j * n + k]);
                trace.contractions[1][i * m + j] = products.sum();
            }
        }
        self.follow_sums(trace);
    }

    /// Everything behind the second contraction.
    fn follow_sums(&self, trace: &mut Trace) {
        let m = self.shape.outputs;
        for (i, h) in trace.h.iter_mut().enumerate() {
            *h = (trace.contractions[1][i] + trace.weights[3][i % m] + 8) >> super::sample::SHIFT_2;
        }
        self.follow_outputs(trace);
    }

    fn follow_outputs(&self, trace: &mut Trace) {
        let Shape {
            samples: s,
            outputs: m,
            ..
        } = self.shape;
        trace.contractions[2] = trace.h.iter().map(|h| h * h).collect();
        let g = &trace.contractions[2];
        trace.out = (0..m)
            .map(|j| (0..s).map(|i| trace.h[i * m + j] + g[i * m + j]).sum())
            .collect();
    }
}

/// Every entry of every committed column, a little off, and nothing else changed.
#[test]
fn any_wrong_entry_is_rejected() {
    let case = Case::random(1);
    assert_eq!(case.verdict(&case.trace), Ok(()));
    // The third contraction is in no lookup: what the prover believes of it is in no message.
    let columns: [fn(&mut Trace) -> &mut Vec<i64>; 7] = [
        |t| &mut t.x,
        |t| &mut t.y,
        |t| &mut t.e,
        |t| &mut t.h,
        |t| &mut t.out,
        |t| &mut t.contractions[0],
        |t| &mut t.contractions[1],
    ];
    columns.par_iter().enumerate().for_each(|(number, column)| {
        for i in 0..column(&mut case.trace.clone()).len() {
            let mut trace = case.trace.clone();
            column(&mut trace)[i] += if i % 2 == 0 { 1 } else { -1 };
            assert_eq!(
                case.verdict(&trace),
                Err(Reject::Closing),
                "column {number}, entry {i}"
            );
        }
    });
}

/// The model that computed is not the one committed.
#[test]
fn wrong_weights_are_rejected() {
    let case = Case::random(2);
    for tensor in 0..4 {
        let mut weights = case.trace.weights.clone();
        weights[tensor].iter_mut().for_each(|w| *w += 40);
        let trace = Trace::run(&case.shape, weights, case.trace.x.clone());
        assert_eq!(
            case.verdict(&trace),
            Err(Reject::Closing),
            "tensor {tensor}"
        );
    }
}

/// `x` is one beyond its range, and all that follows is computed from it. Without the lookup of `x` it passes.
#[test]
fn an_input_out_of_range_is_rejected() {
    let shape = Shape::default();
    for value in [128, -129] {
        let mut x = Trace::random(&shape, 3).x;
        x[4] = value;
        let trace = Trace::run(&shape, Trace::random(&shape, 3).weights, x);
        let strict = Case::new(shape, trace.clone(), |_| {});
        assert_eq!(strict.verdict(&trace), Err(Reject::Closing));
        let weak = Case::new(shape, trace.clone(), |p| drop(p.lookups.remove(0)));
        assert_eq!(weak.verdict(&trace), Ok(()));
    }
}

/// `h` leaves eight bits with a true remainder: only its own range check sees it (must 4).
#[test]
fn an_output_out_of_range_is_rejected() {
    let shape = Shape {
        hidden: 12,
        ..Shape::default()
    };
    let mut weights = Trace::random(&shape, 4).weights;
    weights[0].fill(7);
    weights[2].fill(7);
    let x = vec![127; shape.samples * shape.inputs];
    let trace = Trace::run(&shape, weights, x);
    assert!(trace.h.iter().any(|h| *h > 127));
    let strict = Case::new(shape, trace.clone(), |_| {});
    assert_eq!(strict.verdict(&trace), Err(Reject::Closing));
    let weak = Case::new(shape, trace.clone(), |p| drop(p.lookups.pop()));
    assert_eq!(weak.verdict(&trace), Ok(()));
}

/// Must 5: what the clamp cuts off is unique. Each forgery keeps `y + e`, so that the remainder is true, and computes all
/// that follows from the false `y`; with `y` and `e` range-checked apart it passes.
#[test]
fn saturation_is_unique() {
    // A large input, so that both ends are reached.
    let shape = Shape::default();
    let mut trace = Trace::random(&shape, 5);
    trace.x[..5].fill(127);
    trace.weights[0][..5].fill(7);
    trace.weights[0][5..10].fill(-7);
    let trace = Trace::run(&shape, trace.weights, trace.x);
    let case = Case::new(shape, trace, |_| {});
    let apart = |p: &mut Parts| {
        p.tables.push(Table::Range {
            low: 0,
            size: HIGH as usize + 1,
        });
        p.tables.push(Table::Range {
            low: -128,
            size: 256,
        });
        let mut e = p.lookups[2].clone();
        let y_column = e.columns.pop().unwrap();
        e.table = 5;
        let mut y = e.clone();
        y.columns = vec![y_column];
        y.table = 4;
        p.lookups[2] = e;
        p.lookups.push(y);
    };
    let weak = Case::new(case.shape, case.trace.clone(), apart);
    assert_eq!(weak.verdict(&case.trace), Ok(()));
    let Trace { y, e, .. } = &case.trace;
    let entry = |what: &dyn Fn(i64, i64) -> bool| {
        (0..y.len())
            .find(|&i| what(y[i], e[i]))
            .expect("the trace has one")
    };
    for (name, i, change) in [
        (
            "e above 0 with y inside",
            entry(&|y, e| e == 0 && y > 1 && y < HIGH),
            -1,
        ),
        (
            "e below 0 with y inside",
            entry(&|y, e| e == 0 && y > 1 && y < HIGH),
            1,
        ),
        ("less cut off above", entry(&|_, e| e > 0), -1),
        ("cut off below as if not", entry(&|_, e| e < 0), 1),
    ] {
        let mut trace = case.trace.clone();
        trace.y[i] += change;
        trace.e[i] -= change;
        case.follow(&mut trace);
        assert_eq!(case.verdict(&trace), Err(Reject::Closing), "{name}");
        assert_eq!(weak.verdict(&trace), Ok(()), "{name}");
    }
    // The wrong sign of e, and the value that would go with it.
    for i in [entry(&|_, e| e > 0), entry(&|_, e| e < 0)] {
        let mut trace = case.trace.clone();
        trace.e[i] = -trace.e[i];
        trace.y[i] = HIGH - trace.y[i];
        case.follow(&mut trace);
        assert_eq!(case.verdict(&trace), Err(Reject::Closing));
    }
}

/// A quotient one off, with all that follows computed from it: its remainder is out of range. Without the lookup of the
/// remainder it passes.
#[test]
fn wrong_remainders_are_rejected() {
    let case = Case::random(6);
    let without = |lookup: usize| {
        Case::new(case.shape, case.trace.clone(), |p| {
            drop(p.lookups.remove(lookup))
        })
    };
    let mut trace = case.trace.clone();
    let inside =
        (0..trace.y.len()).find(|&i| trace.e[i] == 0 && trace.y[i] > 1 && trace.y[i] < HIGH);
    trace.y[inside.unwrap()] -= 1;
    case.follow(&mut trace);
    assert_eq!(case.verdict(&trace), Err(Reject::Closing));
    assert_eq!(without(1).verdict(&trace), Ok(()));

    let mut trace = case.trace.clone();
    trace.h[2] += 1;
    case.follow_outputs(&mut trace);
    assert_eq!(case.verdict(&trace), Err(Reject::Closing));
    assert_eq!(without(3).verdict(&trace), Ok(()));
}

/// A product that is not one, and all that follows from it.
#[test]
fn wrong_products_are_rejected() {
    let case = Case::random(7);
    for (contraction, change) in [(1, 16), (1, -1), (2, 1)] {
        let mut trace = case.trace.clone();
        trace.contractions[contraction][0] += change;
        if contraction == 1 {
            case.follow_sums(&mut trace);
        } else {
            trace.out[0] += change;
        }
        assert_eq!(
            case.verdict(&trace),
            Err(Reject::Closing),
            "contraction {contraction}"
        );
    }
}

/// Multiplicities that were not counted.
#[test]
fn wrong_multiplicities_are_rejected() {
    let case = Case::random(8);
    let Case {
        relations,
        generators,
        model,
        trace,
        ..
    } = &case;
    let publics = vec![trace.out.clone()];
    let statement = model.statement(&publics, b"");
    let verdict = |change: &dyn Fn(&mut Vec<Vec<i64>>)| {
        let witness = model.witness(trace);
        let mut go = |_| true;
        let fields = FieldWitness::default();
        let mut prover = Prover::new(
            relations, generators, &statement, &witness, &fields, &mut go,
        )
        .unwrap();
        change(&mut prover.multiplicities);
        for table in 0..relations.parts().tables.len() {
            let counts = Integers::from_i64(&prover.multiplicities[table]).unwrap();
            prover.secrets.arrays.committed[relations.multiplicities(table)] =
                Values::Integers(Cow::Owned(counts));
        }
        let proof = cheat(relations, generators, &statement, prover).unwrap();
        crate::verify(relations, generators, &statement, &proof)
    };
    assert_eq!(verdict(&|_| {}), Ok(()));
    for table in 0..4 {
        assert_eq!(verdict(&|m| m[table][1] += 1), Err(Reject::Closing));
        assert_eq!(verdict(&|m| m[table][1] -= 1), Err(Reject::Closing));
        assert_eq!(verdict(&|m| m[table].reverse()), Err(Reject::Closing));
        assert_eq!(verdict(&|m| m[table].fill(0)), Err(Reject::Closing));
    }
    // What one table lacks cannot be had from another.
    let moved = |m: &mut Vec<Vec<i64>>| {
        m[0][0] += 1;
        m[1][0] -= 1;
    };
    assert_eq!(verdict(&moved), Err(Reject::Closing));
}
