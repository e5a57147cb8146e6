//! Proofs of one key that are verified together: each gets the verdict that it gets alone.

#![cfg(feature = "prover")]

#[path = "../benches/synthetic/mod.rs"]
mod synthetic;

use inferproof_argument::Reject;
use inferproof_inference::generic::{Prover, Verifier, commit};
use inferproof_inference::{Bn254, Grumpkin, Proof, Rejection, Statement, Visibility, Visible};

type Given<'a> = (&'a Statement, &'a Proof);

fn prover() -> (Prover<Grumpkin>, Vec<Vec<i64>>) {
    let model = synthetic::dense(1, 8, 2);
    let (key, secret) = commit(model.weights, Visible::Private, &mut |_, _| true).unwrap();
    (Prover::new(key, secret).unwrap(), model.inputs)
}

/// Proofs of these statements, each of another input.
fn prove(prover: &Prover<Grumpkin>, inputs: &[Vec<i64>], statements: &[Statement]) -> Vec<Proof> {
    let numbered = statements.iter().enumerate();
    let proofs = numbered.map(|(number, statement)| {
        let mut inputs = inputs.to_vec();
        inputs[0].rotate_left(number);
        let inference = prover.prove(statement, &inputs, &[], &mut |_| true);
        inference.unwrap().proof
    });
    proofs.collect()
}

fn verdicts(verifier: &Verifier<Grumpkin>, given: &[Given<'_>]) -> Vec<Result<(), Rejection>> {
    let together = verifier.verify_all(given, &[]);
    let alone = given
        .iter()
        .map(|(statement, proof)| verifier.verify(statement, proof));
    assert_eq!(together, alone.collect::<Vec<_>>());
    together
}

/// Everything public, the input hidden, everything hidden, the output committed: four shapes of relations.
fn statements(verifier: &Verifier<Grumpkin>) -> Vec<Statement> {
    let plain = verifier.statement(b"many");
    let hidden = plain.clone().with_inputs(Visibility::Private);
    vec![
        plain.clone(),
        hidden.clone(),
        hidden.with_outputs(Visibility::Private),
        plain.with_outputs(Visibility::Commit),
    ]
}

#[test]
fn statements_of_several_shapes_are_verified_together() {
    let (prover, inputs) = prover();
    let verifier = prover.verifier();
    let statements = [statements(verifier), statements(verifier)].concat();
    let proofs = prove(&prover, &inputs, &statements);
    let given: Vec<_> = statements.iter().zip(&proofs).collect();
    assert_eq!(verdicts(verifier, &given), vec![Ok(()); 8]);
    assert_eq!(verdicts(verifier, &[]), []);
    let twice = [given[1], given[1], given[3]];
    assert_eq!(verdicts(verifier, &twice), vec![Ok(()); 3]);
}

/// One that is bad in any of the ways that a proof can be: named in its place, and no other.
#[test]
fn the_bad_ones_are_named() {
    let (prover, inputs) = prover();
    let verifier = prover.verifier();
    let statements = statements(verifier);
    let proofs = prove(&prover, &inputs, &statements);
    let mut broken = proofs[0].clone();
    let place = broken.argument.len() - 40;
    broken.argument[place] ^= 1;
    let mut short = proofs[0].clone();
    short.argument.pop();
    let mut other = proofs[0].clone();
    other.statement.model_id[0] ^= 1;
    type Fits = fn(&Rejection) -> bool;
    let fits: Fits = |r| matches!(r, Rejection::Argument(Reject::Closing));
    let bad: [(Given<'_>, Fits); 4] = [
        ((&statements[0], &broken), fits),
        ((&statements[0], &short), |r| {
            matches!(r, Rejection::Argument(Reject::Length { .. }))
        }),
        ((&statements[0], &other), |r| {
            matches!(r, Rejection::Model { .. })
        }),
        ((&statements[0], &proofs[1]), |r| {
            matches!(r, Rejection::Statement(_))
        }),
    ];
    let good: Vec<_> = statements.iter().zip(&proofs).collect();
    for (given, reason) in &bad {
        for place in 0..=good.len() {
            let mut all = good.clone();
            all.insert(place, *given);
            let found = verdicts(verifier, &all);
            for (number, verdict) in found.iter().enumerate() {
                match number == place {
                    true => assert!(verdict.as_ref().is_err_and(reason), "{verdict:?}"),
                    false => assert_eq!(verdict, &Ok(())),
                }
            }
        }
    }
    let all_bad: Vec<_> = bad.iter().map(|(given, _)| *given).collect();
    let found = verdicts(verifier, &all_bad);
    assert!(
        found
            .iter()
            .zip(&bad)
            .all(|(v, (_, reason))| v.as_ref().is_err_and(reason))
    );
}

/// A proof of another key, made to say that it is of this one.
#[test]
fn a_proof_of_another_key_is_named() {
    let (prover, inputs) = prover();
    let (other, _) = self::prover();
    let verifier = prover.verifier();
    let statements = vec![verifier.statement(b"many"); 3];
    let mut proofs = prove(&prover, &inputs, &statements);
    let theirs = other.verifier().statement(b"many");
    proofs[1] = prove(&other, &inputs, &[theirs]).remove(0);
    let given: Vec<_> = statements.iter().zip(&proofs).collect();
    let found = verdicts(verifier, &given);
    assert!(matches!(found[1], Err(Rejection::Model { .. })));
    assert_eq!([&found[0], &found[2]], [&Ok(()); 2]);
    proofs[1].statement = statements[1].clone();
    let given: Vec<_> = statements.iter().zip(&proofs).collect();
    let found = verdicts(verifier, &given);
    assert_eq!(found[1], Err(Rejection::Argument(Reject::Closing)));
    assert_eq!([&found[0], &found[2]], [&Ok(()); 2]);
}

/// From the bytes of files, on either curve.
#[test]
fn files_are_verified_together() {
    for curve in [
        inferproof_inference::Curve::Grumpkin,
        inferproof_inference::Curve::Bn254,
    ] {
        let model = synthetic::dense(1, 8, 2);
        let inputs = model.inputs;
        let weights = model.weights;
        let (key, secret) =
            inferproof_inference::commit(curve, weights, Visible::Private, &mut |_, _| true)
                .unwrap();
        let verifier = inferproof_inference::Verifier::new(key.clone()).unwrap();
        let prover = inferproof_inference::Prover::new(key, secret).unwrap();
        let statement = verifier.statement(b"many");
        let proof = prover
            .prove(&statement, &inputs, &[], &mut |_| true)
            .unwrap()
            .proof;
        let other = verifier.statement(b"other");
        let proofs: [(_, &[u8]); 4] = [
            (&statement, &proof),
            (&statement, b"no proof"),
            (&other, &proof),
            (&statement, &proof),
        ];
        let found = verifier.verify_all(&proofs, &[]);
        let read = match curve {
            inferproof_inference::Curve::Grumpkin => Proof::decode::<Grumpkin>(&proof),
            inferproof_inference::Curve::Bn254 => Proof::decode::<Bn254>(&proof),
        };
        assert_eq!(found[0].as_ref().ok(), read.as_ref().ok());
        assert!(matches!(found[1], Err(Rejection::Unreadable(_))));
        assert!(matches!(found[2], Err(Rejection::Statement(_))));
        assert_eq!(found[3], found[0]);
    }
}
