//! Tensors that were committed before: other ones in their place, commitments to something else, openings that do not fit.

use super::arena::{Arena, bind, cheat, rejected};
use super::sketch::{every_op, input};
use crate::generic::{Prover, Verifier, commit};
use crate::{
    Disclosed, Grumpkin, Rejection, Statement, TensorKind, TensorOpening, Visibility, Visible,
};
use inferproof_argument::generators::Generators;

/// An opening whose commitment is to `of` an input, by an arena's key.
fn committed_input(arena: &Arena, place: usize) -> TensorOpening {
    let values = input().remove(place);
    arena.verifier().commit_input(place, values).unwrap()
}

/// A statement that reads a commitment made before is proven, and by no proof that reads another one.
#[test]
fn tensors_committed_before() {
    let arena = Arena::new(Visibility::Public);
    let verifier = arena.verifier();
    let opening = committed_input(&arena, 0);
    let id = opening.commitment().id(crate::Curve::Grumpkin);
    let mut statement = verifier.statement(b"");
    statement.inputs[0].visibility = Visibility::Committed(id);
    let prove = |statement: &Statement, openings: &[TensorOpening]| {
        arena
            .prover
            .prove(statement, &input(), openings, &mut |_| true)
    };
    let proof = prove(&statement, std::slice::from_ref(&opening))
        .unwrap()
        .proof;
    verifier.verify(&statement, &proof).unwrap();
    assert!(matches!(
        prove(&statement, &[]),
        Err(crate::InferenceError::MissingOpening { .. })
    ));

    // The same values committed again are another commitment: neither the proof nor its parts pass for it.
    let again = committed_input(&arena, 0);
    let other = again.commitment().id(crate::Curve::Grumpkin);
    assert_ne!(id, other);
    let mut expected = statement.clone();
    expected.inputs[0].visibility = Visibility::Committed(other);
    assert!(matches!(
        verifier.verify(&expected, &proof),
        Err(Rejection::Statement(_))
    ));
    let mut renamed = proof.clone();
    renamed.statement = expected.clone();
    match verifier.verify(&expected, &renamed) {
        Err(Rejection::Disclosed { reason, .. }) => {
            assert!(reason.contains("the statement names"), "{reason}");
        }
        verdict => panic!("another identifier: {verdict:?}"),
    }
    renamed.disclosure.inputs[0] = Disclosed::Commitment(again.commitment().clone());
    rejected(verifier.verify(&expected, &renamed), "another commitment");

    // Other values than are committed: refused before any work, and by the verifier if not.
    let mut values = input().remove(0);
    values[0] += 1;
    let lie = verifier.commit_input(0, values).unwrap();
    let mut false_statement = statement.clone();
    let lie_id = lie.commitment().id(crate::Curve::Grumpkin);
    false_statement.inputs[0].visibility = Visibility::Committed(lie_id);
    assert!(matches!(
        prove(&false_statement, std::slice::from_ref(&lie)),
        Err(crate::InferenceError::NotCommitted { .. })
    ));
}

/// T1: rows that are longer than the model's are read by a proof whose own are as long.
#[test]
fn rows_longer_than_the_models() {
    let arena = Arena::new(Visibility::Public);
    let verifier = arena.verifier();
    let row_bits = verifier.key().architecture.row_bits + 3;
    let program = verifier.program();
    let opening = TensorOpening::commit::<Grumpkin>(
        TensorKind::Data,
        program.tensor(program.inputs[0]).unwrap(),
        input().remove(0),
        row_bits,
        &Generators::new(1 << row_bits),
        &[0; 32],
    )
    .unwrap();
    let id = opening.commitment().id(crate::Curve::Grumpkin);
    let mut statement = verifier.statement(b"");
    statement.inputs[0].visibility = Visibility::Committed(id);
    let prove = |statement: &Statement, opening: TensorOpening| {
        let made = arena
            .prover
            .prove(statement, &input(), &[opening], &mut |_| true);
        made.unwrap().proof
    };
    let proof = prove(&statement, opening);
    verifier.verify(&statement, &proof).unwrap();
    // The same integers in the model's rows are another commitment.
    let own = committed_input(&arena, 0);
    let mut other = statement.clone();
    other.inputs[0].visibility = Visibility::Committed(own.commitment().id(crate::Curve::Grumpkin));
    let mut renamed = prove(&other, own);
    verifier.verify(&other, &renamed).unwrap();
    renamed.statement = statement.clone();
    renamed.disclosure = proof.disclosure;
    let verdict = verifier.verify(&statement, &renamed);
    assert!(
        matches!(verdict, Err(Rejection::Argument(_))),
        "{verdict:?}"
    );
}

/// T1, T3 and kinds: what is public of a commitment is that of the program's tensor, and is bound by its identifier.
#[test]
fn commitments_to_something_else() {
    let arena = Arena::new(Visibility::Public);
    let verifier = arena.verifier();
    let opening = committed_input(&arena, 0);
    type Edit = fn(&mut crate::TensorCommitment);
    let edits: [(&str, Edit); 13] = [
        ("shape", |c| c.shape[0] += 1),
        ("shape", |c| c.shape.push(1)),
        ("range", |c| c.low -= 1),
        ("range", |c| c.high += 1),
        ("scale", |c| c.scale_log2 += 1),
        ("rows", |c| c.row_bits = 0),
        ("rows", |c| c.row_bits = 17),
        ("number of rows", |c| c.rows.truncate(0)),
        ("number of rows", |c| c.rows.extend_from_within(..32)),
        ("number of rows", |c| c.rows.truncate(c.rows.len() - 1)),
        ("no point", |c| c.rows[..32].fill(0xff)),
        ("weight", |c| c.kind = TensorKind::Weight),
        ("a score, which is no data", |c| c.kind = TensorKind::Score),
    ];
    for (what, edit) in edits {
        let mut commitment = opening.commitment().clone();
        edit(&mut commitment);
        assert_ne!(commitment, *opening.commitment(), "{what}");
        let id = commitment.id(crate::Curve::Grumpkin);
        let mut statement = verifier.statement(b"");
        statement.inputs[0].visibility = Visibility::Committed(id);
        let mut disclosure = crate::Disclosure::default();
        let listed = statement.inputs.iter().zip(input());
        disclosure.inputs = listed.map(|(_, v)| Disclosed::Integers(v)).collect();
        disclosure.inputs[0] = Disclosed::Commitment(commitment);
        let trace = arena.run();
        let outputs = trace.outputs(&arena.program).into_iter();
        disclosure.outputs = outputs.map(Disclosed::Integers).collect();
        let proof = crate::Proof {
            statement: statement.clone(),
            disclosure,
            argument: vec![],
        };
        match verifier.verify(&statement, &proof) {
            Err(Rejection::Disclosed { reason, .. }) => {
                assert!(reason.contains(what), "{what}: {reason}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
    }
    // A fresh commitment is of the kind and in the rows that the statement's place and the key say.
    let statement = verifier.statement(b"").with_inputs(Visibility::Commit);
    let made = arena.prover.prove(&statement, &input(), &[], &mut |_| true);
    let proof = made.unwrap().proof;
    verifier.verify(&statement, &proof).unwrap();
    let edits: [(&str, Edit); 2] = [
        ("kind", |c| c.kind = TensorKind::Boundary),
        ("rows", |c| c.row_bits -= 1),
    ];
    for (what, edit) in edits {
        let mut proof = proof.clone();
        let Disclosed::Commitment(commitment) = &mut proof.disclosure.inputs[0] else {
            panic!("not committed")
        };
        edit(commitment);
        match verifier.verify(&statement, &proof) {
            Err(Rejection::Disclosed { reason, .. }) => {
                assert!(reason.contains(what), "{what}: {reason}");
            }
            verdict => panic!("{what}: {verdict:?}"),
        }
    }
}

/// T2: a committed value outside of its tensor's range, by a prover who commits to whatever it likes, has no proof.
#[test]
fn committed_values_out_of_range() {
    let mut arena = Arena::new(Visibility::Public);
    let mut lying = arena.program.clone();
    let tensor = &mut lying.tensors[lying.inputs[0].0 as usize];
    let (low, high) = (tensor.low, tensor.high);
    (tensor.low, tensor.high) = (low - 1, high + 1);
    let wider = tensor.clone();
    // The virtual tensors' bounds follow from the wider range.
    for node in lying.nodes.clone() {
        if !node.op.is_committed() {
            let bound = lying.static_bound(node.output).unwrap();
            let tensor = &mut lying.tensors[node.output.0 as usize];
            (tensor.low, tensor.high) = (bound.low as i64, bound.high as i64);
        }
    }
    for lie in [low - 1, high + 1] {
        let mut inputs = input();
        inputs[0][3] = lie;
        let verifier = arena.verifier();
        let mut opening = TensorOpening::commit::<Grumpkin>(
            TensorKind::Data,
            &wider,
            inputs[0].clone(),
            verifier.key().architecture.row_bits,
            verifier.generators(),
            &[0; 32],
        )
        .unwrap();
        (opening.commitment.low, opening.commitment.high) = (low, high);
        let id = opening.commitment().id(crate::Curve::Grumpkin);
        let mut statement = verifier.statement(b"");
        // Outputs are hidden, so that none of them gives the lie away.
        statement.inputs[0].visibility = Visibility::Committed(id);
        arena.statement = statement.with_outputs(Visibility::Private);
        let (outputs, fresh, contractions) = arena.fill(&lying, &arena.weights, &inputs);
        let disclosing = arena
            .prover
            .disclose(&arena.statement, &inputs, &outputs, &[opening])
            .unwrap();
        let told = arena
            .prover
            .tell(&arena.statement, &disclosing.disclosure, &[]);
        let made = arena.prover.prove_filled(
            disclosing,
            told.unwrap(),
            outputs,
            fresh,
            contractions,
            cheat,
        );
        rejected(
            arena
                .verifier()
                .verify(&arena.statement, &made.unwrap().proof),
            "a committed value out of range",
        );
    }
}

/// T5: the values of one tensor with the blinders of another open nothing.
#[test]
fn openings_are_bound_to_their_commitment() {
    let arena = Arena::new(Visibility::Public);
    let curve = crate::Curve::Grumpkin;
    let (one, two) = (committed_input(&arena, 0), committed_input(&arena, 0));
    let read = |opening: &TensorOpening| TensorOpening::decode(&opening.encode(curve));
    assert_eq!(read(&one).unwrap().0, one);
    let mut mixed = one.clone();
    mixed.blinders = two.blinders.clone();
    assert!(read(&mixed).is_err());
    let mut mixed = one.clone();
    mixed.values[0] += 1;
    assert!(read(&mixed).is_err());
    let mut mixed = one.clone();
    mixed.commitment = two.commitment.clone();
    assert!(read(&mixed).is_err());
    let bytes = one.encode(curve);
    for place in [12, 12 + 32, 12 + 33, bytes.len() / 2, bytes.len() - 1] {
        let mut bytes = bytes.to_vec();
        bytes[place] ^= 1;
        assert!(TensorOpening::decode(&bytes).is_err(), "byte {place}");
    }
}

/// T6: two programs over one commitment to weights, with the range proofs of one of them.
#[test]
fn two_programs_share_weights() {
    let (program, weights) = every_op();
    let (key, secret) =
        commit::<Grumpkin>(bind(&program, &weights), Visible::Private, &mut |_, _| true).unwrap();
    let mut other = program.clone();
    other.outputs.pop();
    let other = other.validated().unwrap();
    let shared = key.for_program(other.clone()).unwrap();
    assert_eq!(key.weights_id(), shared.weights_id());
    assert_ne!(key.model_id(), shared.model_id());
    let secret = secret.for_program(&other).unwrap();
    let prover = Prover::new(shared, secret).unwrap();
    let verifier = prover.verifier();
    verifier.check_range_proofs().unwrap();
    let statement = verifier.statement(b"");
    let proof = prover.prove(&statement, &input(), &[], &mut |_| true);
    verifier.verify(&statement, &proof.unwrap().proof).unwrap();
    // A proof of one program is none of the other.
    let verdict = Verifier::new(key.clone()).unwrap();
    let (expected, proof) = (
        verdict.statement(b""),
        prover.prove(&statement, &input(), &[], &mut |_| true),
    );
    assert!(verdict.verify(&expected, &proof.unwrap().proof).is_err());

    let mut wider = program;
    let weight = wider.weights().next().unwrap();
    wider.tensors[weight.0 as usize].low += 1;
    let wider = wider.validated().unwrap();
    assert!(key.for_program(wider.clone()).is_err());
    // Nor does it help to declare the other range in a key by hand.
    let mut forged = key.clone();
    forged.architecture.program = wider;
    if let Ok(verifier) = Verifier::new(forged) {
        assert!(verifier.check_range_proofs().is_err());
    }
}
