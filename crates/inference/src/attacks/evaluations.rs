//! Evaluations: counts against counting by hand, and parts, data sets and sums other than the statement's.

use super::arena::rejected;
use super::sketch::Sketch;
use crate::evaluation::{
    DataGiven, DataSet, EvaluationRejection, EvaluationStatement, data_set_of,
};
use crate::generic::{Prover, Verifier, commit};
use crate::{
    Batch, Curve, Disclosed, Execution, ExecutionError, Grumpkin, InferenceError, Measure,
    Rejection, Score, TensorKind, Visible,
};
use inferproof_program::Contract;

const SAMPLES: usize = 7;
const CLASSES: i64 = 3;

/// A classifier of four numbers, and a regression of them.
fn prover() -> Prover<Grumpkin> {
    let mut s = Sketch::new();
    let x = s.builder.input("x", &[1, 4], -8..=7).unwrap();
    let kernel = s.weight(&[3, 4], (-7, 7), 5);
    let logits = s.builder.contract(Contract::matrices(x, kernel)).unwrap();
    let logits = s.builder.rescale(logits, 1, -127..=127).unwrap();
    s.builder.rename(logits, "logits");
    let other = s.weight(&[1, 4], (-7, 7), 2);
    let value = s.builder.contract(Contract::matrices(x, other)).unwrap();
    let value = s.builder.rescale(value, 2, -63..=63).unwrap();
    s.builder.rename(value, "value");
    let (program, weights) = s.finish(&[logits, value]);
    let bound = program.validated().unwrap().bind(weights).unwrap();
    let (key, secret) = commit::<Grumpkin>(bound, Visible::Private, &mut |_, _| true).unwrap();
    Prover::new(key, secret).unwrap()
}

fn samples() -> Vec<i64> {
    let values = 0..SAMPLES as i64 * 4;
    values.map(|i| (i * 7919 + 3).rem_euclid(16) - 8).collect()
}

fn labels() -> Vec<i64> {
    (0..SAMPLES as i64).map(|i| (i * i + 1) % CLASSES).collect()
}

fn groups() -> Vec<i64> {
    (0..SAMPLES as i64).map(|i| i % 2).collect()
}

fn targets() -> Vec<i64> {
    (0..SAMPLES as i64).map(|i| 5 * i - 11).collect()
}

/// The model's outputs for every sample, one by one.
fn outputs(prover: &Prover<Grumpkin>, place: usize) -> Vec<Vec<i64>> {
    let runs = samples().chunks(4).map(<[i64]>::to_vec).collect::<Vec<_>>();
    let program = prover.program();
    let runs = runs.into_iter().map(|x| prover.run(&[x]).unwrap());
    runs.map(|trace| trace.outputs(program)[place].clone())
        .collect()
}

fn answers(prover: &Prover<Grumpkin>) -> Vec<usize> {
    let logits = outputs(prover, 0).into_iter();
    let first_greatest = |row: Vec<i64>| {
        let greatest = row.iter().max().copied();
        row.iter().position(|&v| Some(v) == greatest).unwrap()
    };
    logits.map(first_greatest).collect()
}

fn said(score: Score, claims: &[&str]) -> EvaluationStatement {
    EvaluationStatement {
        score,
        claims: claims.iter().map(|&c| c.to_owned()).collect(),
        shows_sums: true,
        context: b"audit".to_vec(),
    }
}

fn score(measure: Measure, groups: Option<u32>) -> Score {
    Score {
        measure,
        output: u32::from(measure == Measure::Error),
        groups,
    }
}

/// What is committed of a data set, by whoever has the key.
fn committed(
    verifier: &Verifier<Grumpkin>,
    score: Score,
    name: &str,
    values: Vec<i64>,
) -> DataGiven {
    let score = (name != "x").then_some(score);
    let opening = verifier.commit_samples(score, name, SAMPLES as u64, values);
    DataGiven::Committed(opening.unwrap())
}

/// Of the samples, what is right, and groups where the score has some.
fn data(verifier: &Verifier<Grumpkin>, score: Score, hidden: bool) -> Vec<DataGiven> {
    let right = match score.measure {
        Measure::Accuracy | Measure::Confusion => ("labels", labels()),
        Measure::Error => ("targets", targets()),
    };
    let mut all = vec![("x", samples()), right];
    if score.groups.is_some() {
        all.push(("groups", groups()));
    }
    all.into_iter()
        .map(|(name, values)| match hidden {
            true => committed(verifier, score, name, values),
            false => DataGiven::Public(values),
        })
        .collect()
}

/// Every measure, in all and within groups, of hidden and of public data, in parts of every length: the sums are those that counting by hand gives.
#[test]
fn scores_are_what_counting_gives() {
    let prover = prover();
    let verifier = prover.verifier();
    let (answers, labels, groups) = (answers(&prover), labels(), groups());
    let right: Vec<bool> = answers
        .iter()
        .zip(&labels)
        .map(|(&a, &l)| a as i64 == l)
        .collect();
    assert!(right.contains(&true) && right.contains(&false));
    let within = |group: i64, of: &dyn Fn(usize) -> i64| -> i64 {
        (0..SAMPLES).filter(|&i| groups[i] == group).map(of).sum()
    };
    let correct = |i: usize| i64::from(right[i]);
    let values = outputs(&prover, 1);
    let far = |i: usize| (values[i][0] - targets()[i]).abs();
    let mut confusion = vec![0; 9];
    for (answer, label) in answers.iter().zip(&labels) {
        confusion[*label as usize * 3 + answer] += 1;
    }
    let sizes = vec![within(0, &|_| 1), within(1, &|_| 1)];
    for (score, expected) in [
        (
            score(Measure::Accuracy, None),
            vec![vec![(0..SAMPLES).map(correct).sum()]],
        ),
        (
            score(Measure::Accuracy, Some(2)),
            vec![
                vec![within(0, &correct), within(1, &correct)],
                sizes.clone(),
            ],
        ),
        (
            score(Measure::Error, None),
            vec![vec![(0..SAMPLES).map(far).sum()]],
        ),
        (
            score(Measure::Error, Some(2)),
            vec![vec![within(0, &far), within(1, &far)], sizes],
        ),
        (score(Measure::Confusion, None), vec![confusion]),
    ] {
        for (hidden, part) in [(true, 3), (false, 7), (true, 1)] {
            let said = said(score, &[]);
            let given = data(verifier, score, hidden);
            let made = prover.evaluate(&said, SAMPLES as u64, &given, part, &mut |_, _, _| true);
            let made = made.unwrap();
            assert_eq!(made.sums, expected, "{score:?}");
            let data_set = data_set_of(SAMPLES as u64, &given);
            let shown = verifier.verify_evaluation(&said, &data_set, &made.evaluation);
            assert_eq!(shown.unwrap(), Some(expected.clone()), "{score:?}");
        }
    }
}

/// An evaluation with a claim that is just true, and one that is just false.
#[test]
fn claims_about_sums() {
    let prover = prover();
    let verifier = prover.verifier();
    let score = score(Measure::Accuracy, None);
    let given = data(verifier, score, true);
    let data_set = data_set_of(SAMPLES as u64, &given);
    let right = answers(&prover).into_iter().zip(labels());
    let count = right.filter(|&(a, l)| a as i64 == l).count();
    let evaluate = |said: &EvaluationStatement| {
        prover.evaluate(said, SAMPLES as u64, &given, 4, &mut |_, _, _| true)
    };
    let at_least = |k: usize| EvaluationStatement {
        shows_sums: false,
        ..said(score, &[&format!("correct[0] >= {k}")])
    };
    let made = evaluate(&at_least(count)).unwrap().evaluation;
    assert_eq!(
        verifier.verify_evaluation(&at_least(count), &data_set, &made),
        Ok(None)
    );
    // C2: refused before any work.
    match evaluate(&at_least(count + 1)).err() {
        Some(InferenceError::False { claim, .. }) => assert!(claim.contains("correct"), "{claim}"),
        other => panic!("{other:?}"),
    }
    // Another claim, none, sums shown, another context: the proof about the sums binds them.
    let refused = |expected: &EvaluationStatement| {
        let verdict = verifier.verify_evaluation(expected, &data_set, &made);
        assert!(
            matches!(
                verdict,
                Err(EvaluationRejection::Total(_) | EvaluationRejection::Part { .. })
            ),
            "{verdict:?}"
        );
    };
    refused(&at_least(count + 1));
    refused(&at_least(count - 1));
    refused(&EvaluationStatement {
        claims: vec![],
        ..at_least(count)
    });
    refused(&EvaluationStatement {
        shows_sums: true,
        ..at_least(count)
    });
    refused(&EvaluationStatement {
        context: b"other".to_vec(),
        ..at_least(count)
    });
}

/// A1, A2: parts that are missing, repeated, out of order or of another data set.
#[test]
fn parts_are_the_whole_data_set_once() {
    let prover = prover();
    let verifier = prover.verifier();
    let score = score(Measure::Accuracy, None);
    let given = data(verifier, score, true);
    let data_set = data_set_of(SAMPLES as u64, &given);
    let said = said(score, &[]);
    let evaluate = |given: &[DataGiven], part| {
        let made = prover.evaluate(&said, SAMPLES as u64, given, part, &mut |_, _, _| true);
        made.unwrap().evaluation
    };
    let made = evaluate(&given, 3);
    let verdict = |edit: &dyn Fn(&mut crate::Evaluation)| {
        let mut edited = made.clone();
        edit(&mut edited);
        verifier.verify_evaluation(&said, &data_set, &edited)
    };
    assert!(verdict(&|_| ()).is_ok());
    let hole = |part, expected, got| {
        Err(EvaluationRejection::Hole {
            part,
            expected,
            got,
        })
    };
    assert_eq!(verdict(&|e| drop(e.parts.remove(1))), hole(1, 3, 6));
    assert_eq!(verdict(&|e| drop(e.parts.remove(0))), hole(0, 0, 3));
    assert_eq!(verdict(&|e| e.parts.swap(0, 1)), hole(0, 0, 3));
    assert_eq!(verdict(&|e| e.parts[1] = e.parts[0].clone()), hole(1, 3, 0));
    let short = |got| Err(EvaluationRejection::Short { expected: 7, got });
    assert_eq!(verdict(&|e| drop(e.parts.pop())), short(6));
    assert_eq!(verdict(&|e| e.parts.clear()), short(0));
    // A part that is said to be of no samples, or of more than are left.
    for (samples, end) in [(0, 6), (2, 8), (u64::MAX, u64::MAX)] {
        let edited = verdict(&|e| {
            let batch = e.parts[2].statement.execution.batch.as_mut().unwrap();
            batch.samples = samples;
        });
        let place = ExecutionError::Place {
            start: 6,
            end,
            total: 7,
        };
        assert_eq!(edited, Err(place.into()), "{samples}");
    }
    // A part that is said to be of other samples: its proof is not.
    let moved = verdict(&|e| {
        let mut again = e.parts[0].clone();
        again.statement = e.parts[1].statement.clone();
        e.parts[1] = again;
    });
    assert!(
        matches!(moved, Err(EvaluationRejection::Part { part: 1, .. })),
        "{moved:?}"
    );
    // What another division counted does not stand in for what this one did.
    let other = evaluate(&given, 3);
    let exchanged = verdict(&|e| {
        e.parts[2].disclosure.outputs = other.parts[2].disclosure.outputs.clone();
    });
    assert!(
        matches!(exchanged, Err(EvaluationRejection::Part { part: 2, .. })),
        "{exchanged:?}"
    );
    let exchanged = verdict(&|e| e.parts[2] = other.parts[2].clone());
    assert!(
        matches!(exchanged, Err(EvaluationRejection::Total(_))),
        "{exchanged:?}"
    );
    // Shown sums that are not those.
    let lied = verdict(&|e| e.sums.as_mut().unwrap()[0][0] += 1);
    assert!(
        matches!(lied, Err(EvaluationRejection::Total(_))),
        "{lied:?}"
    );

    // The same integers committed again, other labels, the same labels in another order, fewer tensors.
    let again = data(verifier, score, true);
    let sets: [(&str, DataSet); 4] = [
        (
            "samples committed again",
            data_set_of(7, &[again[0].clone(), given[1].clone()]),
        ),
        (
            "labels committed again",
            data_set_of(7, &[given[0].clone(), again[1].clone()]),
        ),
        ("public", data_set_of(7, &data(verifier, score, false))),
        ("fewer tensors", data_set_of(7, &given[..1])),
    ];
    for (what, set) in sets {
        assert_ne!(
            set.id(Curve::Grumpkin),
            data_set.id(Curve::Grumpkin),
            "{what}"
        );
        let verdict = verifier.verify_evaluation(&said, &set, &made);
        assert!(verdict.is_err(), "{what}: {verdict:?}");
    }
    let shorter = DataSet {
        samples: 6,
        ..data_set.clone()
    };
    assert!(verifier.verify_evaluation(&said, &shorter, &made).is_err());

    // Public data of which one integer is another than the verifier has.
    let public = data(verifier, score, false);
    let shown = evaluate(&public, 7);
    let set = data_set_of(7, &public);
    assert!(verifier.verify_evaluation(&said, &set, &shown).is_ok());
    let mut other = labels();
    other[4] = (other[4] + 1) % CLASSES;
    let set = data_set_of(7, &[public[0].clone(), DataGiven::Public(other)]);
    match verifier.verify_evaluation(&said, &set, &shown) {
        Err(EvaluationRejection::Part {
            part: 0,
            reason: Rejection::Disclosed { .. },
        }) => {}
        verdict => panic!("{verdict:?}"),
    }
}

/// A part of a data set is read where the statement says, and nowhere else; what was counted is never taken for data.
#[test]
fn windows_and_kinds() {
    let prover = prover();
    let verifier = prover.verifier();
    let score = score(Measure::Accuracy, None);
    let given = data(verifier, score, true);
    let said = said(score, &[]);
    let made = prover
        .evaluate(&said, 7, &given, 3, &mut |_, _, _| true)
        .unwrap()
        .evaluation;
    let data_set = data_set_of(7, &given);
    let known = data_set.commitments();
    let part = &made.parts[0];
    verifier
        .verify_given(&part.statement, part, &known)
        .unwrap();
    // Without the commitments, or with a commitment in the proof itself.
    let verdict = verifier.verify(&part.statement, part);
    assert!(
        matches!(verdict, Err(Rejection::Disclosed { .. })),
        "{verdict:?}"
    );
    let mut with = part.clone();
    with.disclosure.inputs[0] = Disclosed::Commitment(known[0].clone());
    let verdict = verifier.verify_given(&with.statement, &with, &known);
    assert!(
        matches!(verdict, Err(Rejection::Disclosed { .. })),
        "{verdict:?}"
    );
    // Beyond the end of the data set, whoever says it.
    let mut beyond = part.statement.clone();
    let batch = beyond.execution.batch.as_mut().unwrap();
    batch.of.as_mut().unwrap().start = 5;
    match verifier.verify_given(&beyond, part, &known) {
        Err(Rejection::Execution(ExecutionError::Place {
            start: 5,
            end: 8,
            total: 7,
        })) => {}
        verdict => panic!("{verdict:?}"),
    }
    // One sample further, in the statement of verifier and proof alike.
    let mut moved = part.clone();
    let batch = moved.statement.execution.batch.as_mut().unwrap();
    batch.of.as_mut().unwrap().start = 1;
    rejected(
        verifier.verify_given(&moved.statement, &moved, &known),
        "one sample further",
    );

    let count = part
        .disclosure
        .outputs
        .last()
        .unwrap()
        .commitment()
        .unwrap();
    assert_eq!(count.kind, TensorKind::Score);
}

/// What is counted stands beside what is claimed of every sample; and what cannot be counted is refused.
#[test]
fn scores_and_claims_together() {
    let prover = prover();
    let verifier = prover.verifier();
    let model = verifier.program();
    let batch = Execution {
        batch: Some(Batch::of_samples(SAMPLES as u64)),
        score: Some(score(Measure::Accuracy, Some(2))),
        ..Execution::default()
    };
    let plain = verifier.statement(b"");
    let plain = plain.of_execution(model, batch.clone()).unwrap();
    let values = outputs(&prover, 1).into_iter().map(|value| value[0]);
    let least = values.min().unwrap();
    let unit = 1 << -model.tensor(model.outputs[1]).unwrap().scale_log2;
    let claim = |at_least: i64| {
        let text = format!("value[0] >= {}", at_least * unit);
        plain.clone().claim(model, &text).unwrap()
    };
    let inputs = [samples(), labels(), groups()];
    let prove = |statement| prover.prove(statement, &inputs, &[], &mut |_| true);
    let statement = claim(least);
    let made = prove(&statement).unwrap();
    assert_eq!(made.outputs, prove(&plain).unwrap().outputs);
    verifier.verify(&statement, &made.proof).unwrap();
    let refused = prove(&claim(least + 1)).err();
    assert!(matches!(refused, Some(InferenceError::False { .. })));

    let refused = |execution: Execution, said: &str| {
        let verdict = verifier.statement(b"").of_execution(model, execution);
        match verdict {
            Err(ExecutionError::Score(reason)) => assert!(reason.contains(said), "{reason}"),
            other => panic!("{said}: {other:?}"),
        }
    };
    let alone = Execution {
        batch: None,
        ..batch.clone()
    };
    refused(alone, "over the samples of a batch");
    let beyond = Score {
        output: 2,
        ..score(Measure::Accuracy, None)
    };
    let of_one_number = Score {
        output: 1,
        ..score(Measure::Confusion, None)
    };
    for (score, said) in [
        (score(Measure::Confusion, Some(2)), "within groups"),
        (score(Measure::Accuracy, Some(0)), "from 1 to 4096"),
        (score(Measure::Accuracy, Some(4097)), "from 1 to 4096"),
        (beyond, "no such output"),
        (of_one_number, "an entry for each class"),
    ] {
        let counting = Execution {
            score: Some(score),
            ..batch.clone()
        };
        refused(counting, said);
    }
}
