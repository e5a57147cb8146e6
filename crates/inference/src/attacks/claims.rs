//! Claims: false ones by a prover who does not look, and ones that are not those that the verifier expects.

use super::arena::{Arena, cheat, rejected};
use super::sketch::input;
use crate::witness::Run;
use crate::{Batch, Disclosed, Execution, InferenceError, Rejection, Statement, Visibility};
use inferproof_argument::Integers;
use inferproof_claims::Scope;

/// A statement that hides everything, with these claims.
fn claiming(arena: &Arena, execution: &Execution, claims: &[String]) -> Statement {
    let verifier = arena.verifier();
    let model = verifier.program();
    let statement = verifier.statement(b"claims");
    let statement = statement.of_execution(model, execution.clone()).unwrap();
    let statement = statement.with_inputs(Visibility::Private);
    let statement = statement.with_outputs(Visibility::Private);
    let claims = claims.iter();
    claims.fold(statement, |statement, claim| {
        statement.claim(model, claim).unwrap()
    })
}

/// The unit of the first output, of which claims speak as of real numbers.
const UNIT: i64 = 16;

/// The name of the first output, as a claim writes it, and what the honest run has in its first two entries.
fn subject(arena: &Arena) -> (String, i64, i64) {
    let program = arena.verifier().program();
    let tensor = program.tensor(program.outputs[0]).unwrap();
    let leading = tensor.shape.len() - 1;
    let name = format!("output:\"{}\"[{}", tensor.name, "0, ".repeat(leading));
    assert_eq!(tensor.scale_log2, -(UNIT.ilog2() as i32));
    let values = &arena.run().outputs(program)[0];
    (name, UNIT * values[0], UNIT * values[1])
}

/// Proves a statement of a run by a prover who does not look whether what is claimed is true.
fn forge(arena: &Arena, statement: &Statement, inputs: &[Vec<i64>]) -> Result<(), Rejection> {
    let prover = &arena.prover;
    let executed = statement
        .execution
        .of(prover.program(), &statement.claims)
        .unwrap();
    let weights = executed
        .derived
        .bind(&super::arena::bind(&arena.program, &arena.weights))
        .unwrap();
    let trace = weights.run(inputs).unwrap();
    let outputs = trace.outputs(executed.program());
    let disclosing = prover.disclose(statement, inputs, &outputs, &[]).unwrap();
    let told = prover.tell(statement, &disclosing.disclosure, &[]).unwrap();
    let run = Run {
        program: executed.program(),
        weights: weights.arrays(),
        trace: &trace,
    };
    let own: Vec<&Integers> = executed
        .program()
        .weights()
        .map(|id| weights.get(id).unwrap())
        .collect();
    let (fresh, contractions) = run
        .fill(&told.prepared.lowered, &own, &told.publics)
        .unwrap();
    let made = prover.prove_filled(disclosing, told, outputs, fresh, contractions, cheat);
    arena.verifier().verify(statement, &made.unwrap().proof)
}

/// C2, and that the bit is claimed: what is just true is proven, what is just false is refused by the prover, and rejected of one who proves it anyway.
#[test]
fn false_claims_have_no_proof() {
    let arena = Arena::new(Visibility::Private);
    let (name, first, second) = subject(&arena);
    let program = arena.verifier().program();
    let plain = Execution::default();
    for (claim, is_true) in [
        (format!("{name}0] >= {first}"), true),
        (format!("{name}0] > {first}"), false),
        (format!("{name}1] <= {}", second - UNIT), false),
        (
            format!("{name}0] == {first} and {name}1] == {second}"),
            true,
        ),
        (
            format!("{name}0] == {first} and {name}1] == {}", second + UNIT),
            false,
        ),
        (format!("{name}0] != {first} or {name}1] > {second}"), false),
        (format!("not {name}0] < {first}"), true),
    ] {
        let statement = claiming(&arena, &plain, std::slice::from_ref(&claim));
        let outputs = arena.run().outputs(program);
        let holds = statement.claims[0].holds(&Scope::new(program), &input(), &outputs);
        assert_eq!(holds.unwrap(), is_true, "{claim}");
        let made = arena.prover.prove(&statement, &input(), &[], &mut |_| true);
        match (made, is_true) {
            (Ok(inference), true) => {
                arena
                    .verifier()
                    .verify(&statement, &inference.proof)
                    .unwrap();
            }
            (Err(InferenceError::False { sample: None, .. }), false) => {
                rejected(forge(&arena, &statement, &input()), &claim);
            }
            (made, _) => panic!("{claim}: {:?}", made.err()),
        }
    }
}

/// A claim over a batch is one of every sample (S3): a single sample that breaks it breaks the proof.
#[test]
fn a_claim_is_of_every_sample() {
    let arena = Arena::new(Visibility::Private);
    let (name, first, _) = subject(&arena);
    let batch = Execution {
        batch: Some(Batch::of_samples(2)),
        ..Execution::default()
    };
    let other = vec![vec![0; 16], input()[1].clone()];
    let program = arena.verifier().program();
    let of_other = arena.prover.run(&other).unwrap().outputs(program)[0][0];
    assert_ne!(UNIT * of_other, first);
    let statement = claiming(&arena, &batch, &[format!("{name}0] == {first}")]);
    let both = |one: &[Vec<i64>], two: &[Vec<i64>]| -> Vec<Vec<i64>> {
        one.iter()
            .zip(two)
            .map(|(a, b)| [a.as_slice(), b].concat())
            .collect()
    };
    let same = both(&input(), &input());
    let made = arena
        .prover
        .prove(&statement, &same, &[], &mut |_| true)
        .unwrap();
    arena.verifier().verify(&statement, &made.proof).unwrap();
    for (mixed, bad) in [(both(&input(), &other), 1), (both(&other, &input()), 0)] {
        match arena
            .prover
            .prove(&statement, &mixed, &[], &mut |_| true)
            .err()
        {
            Some(InferenceError::False { sample, .. }) => assert_eq!(sample, Some(bad)),
            other => panic!("{other:?}"),
        }
        rejected(
            forge(&arena, &statement, &mixed),
            "a sample that breaks the claim",
        );
    }
    assert_eq!(
        statement.model_id,
        arena.verifier().model_id(),
        "the model is the same"
    );
}

/// S1 of claims and runs: a proof with a claim dropped, exchanged, of another entry, or about another run is none of the expected statement.
#[test]
fn claims_and_runs_are_not_exchanged() {
    let arena = Arena::new(Visibility::Private);
    let verifier = arena.verifier();
    let (name, first, second) = subject(&arena);
    let plain = Execution::default();
    let claim = |entry: usize, at_least: i64| format!("{name}{entry}] >= {at_least}");
    let expected = claiming(&arena, &plain, &[claim(0, first)]);
    let proven = |statement: &Statement| {
        let made = arena.prover.prove(statement, &input(), &[], &mut |_| true);
        made.unwrap().proof
    };
    verifier.verify(&expected, &proven(&expected)).unwrap();
    for (what, other) in [
        ("dropped", claiming(&arena, &plain, &[])),
        (
            "weaker",
            claiming(&arena, &plain, &[claim(0, first - UNIT)]),
        ),
        (
            "of another entry",
            claiming(&arena, &plain, &[claim(1, second)]),
        ),
        (
            "twice",
            claiming(&arena, &plain, &[claim(0, first), claim(0, first)]),
        ),
    ] {
        let mut proof = proven(&other);
        match verifier.verify(&expected, &proof) {
            Err(Rejection::Statement(differences)) => {
                assert!(
                    differences[0].starts_with("claims"),
                    "{what}: {differences:?}"
                );
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
        proof.statement = expected.clone();
        let verdict = verifier.verify(&expected, &proof);
        assert!(
            matches!(verdict, Err(Rejection::Argument(_))),
            "{what}: {verdict:?}"
        );
    }
    let batch = Execution {
        batch: Some(Batch::of_samples(1)),
        ..Execution::default()
    };
    let one_sample = claiming(&arena, &batch, &[claim(0, first)]);
    let mut proof = proven(&one_sample);
    match verifier.verify(&expected, &proof) {
        Err(Rejection::Statement(differences)) => {
            assert!(differences[0].starts_with("run"), "{differences:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
    proof.statement = expected.clone();
    assert!(verifier.verify(&expected, &proof).is_err());

    // Proofs of the same claim about different inputs are alike, and show nothing.
    let low = program_low(&arena);
    let weak = claiming(&arena, &plain, &[claim(0, UNIT * low + 1)]);
    let one = arena
        .prover
        .prove(&weak, &input(), &[], &mut |_| true)
        .unwrap()
        .proof;
    let two = vec![vec![0; 16], input()[1].clone()];
    let two = arena
        .prover
        .prove(&weak, &two, &[], &mut |_| true)
        .unwrap()
        .proof;
    assert_eq!(one.argument.len(), two.argument.len());
    assert!(
        one.disclosure
            .inputs
            .iter()
            .chain(&one.disclosure.outputs)
            .all(|d| *d == Disclosed::Nothing)
    );
}

/// The least integer that the first output may be.
fn program_low(arena: &Arena) -> i64 {
    let program = arena.verifier().program();
    program.tensor(program.outputs[0]).unwrap().low
}
