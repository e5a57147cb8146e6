//! Weights: out of their ranges, or other ones than the public ones of the key.

use super::arena::bind;
use super::sketch::every_op;
use crate::generic::{Verifier, commit};
use crate::{Grumpkin, Visible};
use inferproof_program::{Integers, RunError, TensorId};

/// Weights out of their declared range have no range proof that is accepted.
#[test]
fn weights_out_of_range() {
    let (program, mut weights) = every_op();
    for id in program.weights() {
        let honest = weights[&id].clone();
        let mut values = honest.to_i64();
        let last = values.len() - 1;
        values[last] = program.tensor(id).unwrap().high + 1;
        weights.insert(
            id,
            Integers::narrowest(&values, i64::from(i32::MIN), i64::from(i32::MAX)).unwrap(),
        );
        let narrow = program.clone().validated().unwrap();
        assert!(
            matches!(narrow.bind(weights.clone()), Err(RunError::Range { .. })),
            "an honest committer refuses"
        );
        // A dishonest one declares a wider range to itself, and claims the narrow one.
        let mut wider = program.clone();
        for tensor in wider.weights().collect::<Vec<_>>() {
            let tensor = &mut wider.tensors[tensor.0 as usize];
            tensor.high += 1;
        }
        for tensor in 0..wider.tensors.len() {
            let id = TensorId(tensor as u32);
            if !wider.node(id).unwrap().op.is_committed() {
                let bound = wider.static_bound(id).unwrap();
                (wider.tensors[tensor].low, wider.tensors[tensor].high) =
                    (bound.low as i64, bound.high as i64);
            }
        }
        let wider = bind(&wider, &weights);
        if let Ok((mut key, _)) = commit::<Grumpkin>(wider, Visible::Private, &mut |_, _| true) {
            key.architecture.program = narrow;
            let verifier = Verifier::new(key).unwrap();
            assert!(verifier.check_range_proofs().is_err(), "weight {}", id.0);
        }
        weights.insert(id, honest);
    }
}

#[test]
fn public_weights_are_recomputed() {
    let (program, weights) = every_op();
    let weights = bind(&program, &weights);
    let commit = |visible| {
        let (key, _) = commit::<Grumpkin>(weights.clone(), visible, &mut |_, _| true).unwrap();
        key
    };
    let (one, two) = (commit(Visible::Public), commit(Visible::Public));
    assert_eq!(one.model_id(), two.model_id());
    let three = commit(Visible::Private);
    assert_ne!(one.commitments, three.commitments);
}
