//! Proofs that show something else than the statement says, or stand under another one; and what hidden ones have in common.

use super::arena::{Arena, rejected};
use super::sketch::input;
use crate::generic::Verifier;
use crate::{Disclosed, Grumpkin, Rejection, Statement, Visibility};

#[test]
fn another_public_input_or_output() {
    let arena = Arena::new(Visibility::Public);
    let (outputs, fresh, contractions) = arena.fill(&arena.program, &arena.weights, &input());
    for entry in 0..16 {
        let mut other = input();
        other[0][entry] += 1;
        rejected(
            arena.judge(&other, outputs.clone(), fresh.clone(), contractions.clone()),
            &format!("input {entry}"),
        );
    }
    for (output, values) in outputs.iter().enumerate() {
        for entry in 0..values.len() {
            let mut other = outputs.clone();
            other[output][entry] -= 1;
            rejected(
                arena.judge(&input(), other, fresh.clone(), contractions.clone()),
                &format!("output {output}, {entry}"),
            );
        }
    }
}

/// What a proof shows has the declared shape and range (V9), whatever its argument says.
#[test]
fn what_is_shown_fits_the_program() {
    let arena = Arena::new(Visibility::Public);
    let statement = &arena.statement;
    let proof = arena.prover.prove(statement, &input(), &[], &mut |_| true);
    let proof = proof.unwrap().proof;
    let verifier = arena.verifier();
    verifier.verify(statement, &proof).unwrap();
    let refused = |proof: &crate::Proof| {
        let verdict = verifier.verify(statement, proof);
        assert!(
            matches!(verdict, Err(Rejection::Disclosed { .. })),
            "{verdict:?}"
        );
    };
    let lists = |edit: &dyn Fn(&mut Vec<Disclosed>)| {
        for of_inputs in [true, false] {
            let mut proof = proof.clone();
            let disclosure = &mut proof.disclosure;
            edit(match of_inputs {
                true => &mut disclosure.inputs,
                false => &mut disclosure.outputs,
            });
            refused(&proof);
        }
    };
    lists(&|tensors| tensors.push(Disclosed::Integers(vec![])));
    lists(&|tensors| drop(tensors.pop()));
    lists(&|tensors| tensors[0] = Disclosed::Nothing);
    let committed = verifier.commit_input(0, input().remove(0)).unwrap();
    lists(&|tensors| tensors[0] = Disclosed::Commitment(committed.commitment().clone()));
    let entries = |edit: &dyn Fn(&mut Vec<i64>)| {
        lists(&|tensors| {
            let mut values = tensors[0].integers().unwrap().to_vec();
            edit(&mut values);
            tensors[0] = Disclosed::Integers(values);
        });
    };
    entries(&|values| values.push(0));
    entries(&|values| values.truncate(1));
    entries(&|values| values[0] = i64::MAX);
    entries(&|values| values[0] = i64::MIN);
    // One beyond the range, where the range is not that of the integers.
    let program = verifier.program();
    let high = program.tensor(program.inputs[0]).unwrap().high;
    let mut beyond = proof.clone();
    let mut values = input().remove(0);
    values[0] = high + 1;
    beyond.disclosure.inputs[0] = Disclosed::Integers(values);
    refused(&beyond);
}

/// S1: the verifier accepts what it expects and nothing else, whatever the prover writes.
#[test]
fn statements_are_not_exchanged() {
    let arena = Arena::new(Visibility::Public);
    let prove = |statement: &Statement| {
        let made = arena.prover.prove(statement, &input(), &[], &mut |_| true);
        made.unwrap().proof
    };
    let verifier = arena.verifier();
    let one = verifier.statement(b"one");
    let proof = prove(&one);
    verifier.verify(&one, &proof).unwrap();

    // Each field of a statement, other than expected: refused by its name, and refused by the argument where the prover writes the
    // expected one over its proof.
    let all = |visibility| one.clone().with_inputs(visibility).with_outputs(visibility);
    let mut last_output = one.clone();
    last_output.outputs.last_mut().unwrap().visibility = Visibility::Private;
    let mut first_input = one.clone();
    first_input.inputs[0].visibility = Visibility::Commit;
    for (what, other) in [
        ("context", one.clone().with_context(b"two")),
        ("context", one.clone().with_context(b"")),
        ("input", one.clone().with_inputs(Visibility::Private)),
        ("output", one.clone().with_outputs(Visibility::Private)),
        ("input", all(Visibility::Private)),
        ("input", all(Visibility::Commit)),
        ("output", last_output),
        ("input", first_input),
    ] {
        let made = prove(&other);
        verifier.verify(&other, &made).unwrap();
        match verifier.verify(&one, &made) {
            Err(Rejection::Statement(differences)) => {
                assert!(differences[0].starts_with(what), "{differences:?}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
        let mut renamed = made.clone();
        renamed.statement = one.clone();
        rejected(verifier.verify(&one, &renamed), what);
        let mut dressed = made;
        dressed.statement = one.clone();
        dressed.disclosure = proof.disclosure.clone();
        let verdict = verifier.verify(&one, &dressed);
        assert!(
            matches!(verdict, Err(Rejection::Argument(_))),
            "{verdict:?}"
        );
    }

    // The same weights committed again: another blinding, another model.
    let other = Arena::new(Visibility::Public);
    let expected = other.verifier().statement(b"one");
    assert!(matches!(
        other.verifier().verify(&expected, &proof),
        Err(Rejection::Model { .. })
    ));
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    rejected(
        other.verifier().verify(&expected, &renamed),
        "another commitment",
    );
    // A statement that is not of the key is none that can be expected.
    assert!(matches!(
        other.verifier().verify(&one, &proof),
        Err(Rejection::Expected(_))
    ));

    // A key whose range proofs were exchanged.
    let mut key = verifier.key().clone();
    key.range_proofs[0][7] ^= 1;
    let exchanged = Verifier::new(key).unwrap();
    let expected = exchanged.statement(b"one");
    match exchanged.verify(&expected, &proof) {
        Err(Rejection::Statement(differences)) => {
            assert!(
                differences[0].starts_with("range proofs"),
                "{differences:?}"
            );
        }
        verdict => panic!("{verdict:?}"),
    }
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    rejected(exchanged.verify(&expected, &renamed), "another range proof");

    // Inputs and outputs that are listed otherwise than the program has them.
    for edit in [
        |s: &mut Statement| s.outputs.truncate(1),
        |s: &mut Statement| s.inputs.reverse(),
        |s: &mut Statement| s.inputs.push(s.inputs[0]),
    ] {
        let mut wrong = one.clone();
        edit(&mut wrong);
        let mut claims = proof.clone();
        claims.statement = wrong.clone();
        let verdict = verifier.verify(&wrong, &claims);
        assert!(
            matches!(verdict, Err(Rejection::Expected(_))),
            "{verdict:?}"
        );
    }
}

#[test]
fn hidden_statements_look_alike() {
    for visibility in [Visibility::Private, Visibility::Commit] {
        let arena = Arena::new(visibility);
        let prove = |inputs: Vec<Vec<i64>>| {
            let made = arena
                .prover
                .prove(&arena.statement, &inputs, &[], &mut |_| true);
            made.unwrap().proof
        };
        let (one, two) = (prove(input()), prove(vec![vec![0; 16], vec![0; 3]]));
        assert_eq!(
            one.encode::<Grumpkin>().len(),
            two.encode::<Grumpkin>().len()
        );
        assert_eq!(one.statement, two.statement);
        let disclosed = |proof: &crate::Proof| {
            let disclosure = proof.disclosure.clone();
            let mut all = disclosure.inputs.into_iter().chain(disclosure.outputs);
            assert!(all.all(|d| d.integers().is_none()));
            postcard::to_allocvec(&proof.disclosure).unwrap()
        };
        assert_eq!(disclosed(&one).len(), disclosed(&two).len());
        let (one, two) = (one.argument.chunks(32), two.argument.chunks(32));
        assert!(
            one.zip(two).all(|(a, b)| a != b),
            "no scalar or coordinate is shared"
        );
    }
}
