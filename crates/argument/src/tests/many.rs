//! Proofs that are verified together: each gets the verdict that it gets alone, and errors do not cancel.

use super::sample::{Model, Shape, Trace, prove};
use crate::curve::{Point, Scalar, decode_scalar, encode_scalar};
use crate::equation::{Equation, decide, sum, weights_from};
use crate::generators::Generators;
use crate::script::Statement;
use crate::verifier::equation;
use crate::{Presented, Reject, verify, verify_all};
use ark_ff::{One, Zero};
use ark_grumpkin::GrumpkinConfig;
use inferproof_relations::Relations;

type P = GrumpkinConfig;
type F = Scalar<P>;

/// A model, and proofs of some of its runs.
struct Key {
    relations: Relations,
    model: Model<P>,
    publics: Vec<Vec<Vec<i64>>>,
    proofs: Vec<Vec<u8>>,
}

impl Key {
    fn new(shape: Shape, generators: &Generators<P>, seed: u64, runs: u64) -> Self {
        let relations = shape.relations();
        let weights = Trace::random(&shape, seed).weights;
        let model = Model::commit(&relations, generators, &weights);
        let traces = (0..runs).map(|run| {
            let x = Trace::random(&shape, seed + 100 + run).x;
            Trace::run(&shape, weights.clone(), x)
        });
        let (publics, proofs) = traces
            .map(|trace| {
                let proof = prove(&relations, generators, &model, &trace, b"many").unwrap();
                (vec![trace.out], proof)
            })
            .unzip();
        Self {
            relations,
            model,
            publics,
            proofs,
        }
    }

    fn statements(&self) -> Vec<Statement<'_, P>> {
        let publics = self.publics.iter();
        publics
            .map(|publics| self.model.statement(publics, b"many"))
            .collect()
    }
}

fn generators() -> Generators<P> {
    Generators::new(Shape::default().relations().generator_count().max(256))
}

/// The verdicts on all together are those on each alone; gives them.
fn verdicts(generators: &Generators<P>, presented: &[Presented<'_, P>]) -> Vec<Result<(), Reject>> {
    let together = verify_all(generators, presented);
    let alone = presented
        .iter()
        .map(|p| verify(p.relations, generators, p.statement, p.proof));
    assert_eq!(together, alone.collect::<Vec<_>>());
    together
}

fn presented<'a>(
    key: &'a Key,
    statements: &'a [Statement<'a, P>],
    proofs: &'a [Vec<u8>],
) -> Vec<Presented<'a, P>> {
    statements
        .iter()
        .zip(proofs)
        .map(|(statement, proof)| Presented {
            relations: &key.relations,
            statement,
            proof,
        })
        .collect()
}

/// The proof with `by` added to the first scalar that is left of the folded vector. No challenge of the first equation is drawn behind it, which
/// is wrong by that multiple of one point, and nothing else is.
fn wrong_by(relations: &Relations, proof: &[u8], by: F) -> Vec<u8> {
    let mut proof = proof.to_vec();
    let start = proof.len() - 32 * relations.folding().left;
    let place = start..start + 32;
    let scalar: F = decode_scalar(proof[place.clone()].try_into().unwrap()).unwrap();
    proof[place].copy_from_slice(&encode_scalar(&(scalar + by)));
    proof
}

#[test]
fn honest_proofs_are_accepted_together() {
    let generators = generators();
    let key = Key::new(Shape::default(), &generators, 1, 9);
    let statements = key.statements();
    let all = presented(&key, &statements, &key.proofs);
    for count in 0..=all.len() {
        assert_eq!(verdicts(&generators, &all[..count]), vec![Ok(()); count]);
    }
    let twice = [all.clone(), all].concat();
    assert_eq!(verdicts(&generators, &twice), vec![Ok(()); 18]);
}

/// More than are decided at once.
#[test]
fn there_is_no_limit_to_their_number() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 1);
    let statements = key.statements();
    let mut all = presented(&key, &statements, &key.proofs).repeat(300);
    assert_eq!(verify_all(&generators, &all), vec![Ok(()); 300]);
    let wrong = wrong_by(&key.relations, &key.proofs[0], F::one());
    all[270].proof = &wrong;
    let mut expected = vec![Ok(()); 300];
    expected[270] = Err(Reject::Closing);
    assert_eq!(verify_all(&generators, &all), expected);
}

#[test]
fn a_wrong_proof_is_named_wherever_it_stands() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 7);
    let statements = key.statements();
    for place in 0..key.proofs.len() {
        let mut proofs = key.proofs.clone();
        proofs[place] = wrong_by(&key.relations, &proofs[place], F::one());
        let found = verdicts(&generators, &presented(&key, &statements, &proofs));
        let mut expected = vec![Ok(()); proofs.len()];
        expected[place] = Err(Reject::Closing);
        assert_eq!(found, expected);
    }
}

/// Every set of wrong ones among five, all of them included.
#[test]
fn several_wrong_proofs_are_named() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 5);
    let statements = key.statements();
    for set in 0..32u32 {
        let proofs: Vec<_> = key
            .proofs
            .iter()
            .enumerate()
            .map(|(i, proof)| wrong_by(&key.relations, proof, F::from(set >> i & 1)))
            .collect();
        let found = verdicts(&generators, &presented(&key, &statements, &proofs));
        let expected = (0..5).map(|i| match set >> i & 1 {
            0 => Ok(()),
            _ => Err(Reject::Closing),
        });
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
}

/// What is refused unread takes no part, and the others' verdicts stay in their places.
#[test]
fn unreadable_proofs_are_among_them() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 5);
    let statements = key.statements();
    let mut proofs = key.proofs.clone();
    proofs[0].clear();
    proofs[1][31] = 0xff;
    let last = proofs[3].len();
    proofs[3][last - 1] = 0xff;
    let found = verdicts(&generators, &presented(&key, &statements, &proofs));
    assert!(matches!(found[0], Err(Reject::Length { got: 0, .. })));
    assert!(matches!(found[1], Err(Reject::Point(_))));
    assert!(matches!(found[3], Err(Reject::Scalar(_))));
    assert_eq!([&found[2], &found[4]], [&Ok(()); 2]);
}

/// Relations of other shapes, with other numbers of generators; and models with the same relations and other weights, whose rows are
/// not one another's.
#[test]
fn proofs_of_several_relations_and_models_are_verified_together() {
    let generators = generators();
    let keys = [
        Key::new(Shape::default(), &generators, 1, 2),
        Key::new(Shape::small(), &generators, 2, 3),
        Key::new(Shape::small(), &generators, 3, 3),
    ];
    let statements = keys.each_ref().map(Key::statements);
    let mut all = Vec::new();
    for (key, statements) in keys.iter().zip(&statements) {
        all.extend(presented(key, statements, &key.proofs));
    }
    assert_eq!(verdicts(&generators, &all), vec![Ok(()); 8]);
    // A proof of the second model for the third.
    all[5].proof = &keys[1].proofs[0];
    let mut expected = vec![Ok(()); 8];
    expected[5] = Err(Reject::Closing);
    assert_eq!(verdicts(&generators, &all), expected);
}

/// Rows with the same values that lie elsewhere are the same model's.
#[test]
fn rows_may_lie_in_several_places() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 2);
    let statements = key.statements();
    let copy: Vec<Vec<Point<P>>> = key.model.points.clone();
    let mut all = presented(&key, &statements, &key.proofs);
    let elsewhere = Statement {
        external: copy.iter().map(Vec::as_slice).collect(),
        ..statements[1].clone()
    };
    all[1].statement = &elsewhere;
    assert_eq!(verdicts(&generators, &all), [Ok(()), Ok(())]);
}

#[test]
fn too_few_generators_are_an_error() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 1);
    let statements = key.statements();
    let few = Generators::new(key.relations.generator_count() - 1);
    let all = presented(&key, &statements, &key.proofs);
    let expected = Err(Reject::Statement("too few generators"));
    assert_eq!(verify_all(&few, &all), [expected]);
}

/// The equations of all these proofs, and the weights that they get where the operating system gives nothing.
fn weighed<'a>(
    generators: &Generators<P>,
    presented: &[Presented<'a, P>],
) -> (Vec<Equation<'a, P>>, Vec<F>) {
    let equations = presented.iter().map(|p| equation(generators, p).unwrap());
    let equations: Vec<_> = equations.collect();
    let weights = weights_from(&[0; 32], &equations.iter().collect::<Vec<_>>());
    (equations, weights)
}

/// Two wrong proofs whose errors cancel: added up as they are, they pass; under weights they do not.
#[test]
fn errors_that_cancel_are_rejected() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 3);
    // One proof with opposite errors.
    let proof = &key.proofs[0];
    let statements = [0, 1, 0].map(|i| key.statements().swap_remove(i));
    let error = F::from(0x1234_5678_9abc_def0u64);
    let proofs = [
        wrong_by(&key.relations, proof, error),
        key.proofs[1].clone(),
        wrong_by(&key.relations, proof, -error),
    ];
    let all = presented(&key, &statements, &proofs);
    let (equations, _) = weighed(&generators, &all);
    assert!(sum(&generators, &equations.iter().collect::<Vec<_>>()).is_zero());
    let expected = [Err(Reject::Closing), Ok(()), Err(Reject::Closing)];
    assert_eq!(verdicts(&generators, &all), expected);
}

/// Weights that did not depend on the proofs would be known before their errors are chosen: even where the operating system gives
/// nothing, they do.
#[test]
fn errors_that_cancel_under_foreseen_weights_are_rejected() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 2);
    let statements = key.statements();
    let statements = [0, 0].map(|i: usize| statements[i].clone());
    let weigh = |proofs| weighed(&generators, &presented(&key, &statements, proofs)).1;
    let proof = &key.proofs[0];
    let honest = [proof.clone(), proof.clone()];
    let foreseen = weigh(&honest);
    let proofs = [
        wrong_by(&key.relations, proof, foreseen[1]),
        wrong_by(&key.relations, proof, -foreseen[0]),
    ];
    let all = presented(&key, &statements, &proofs);
    let (equations, weights) = weighed(&generators, &all);
    let under = |weights: &[F]| {
        let weighted = equations.iter().zip(weights);
        let weighted: Vec<_> = weighted.map(|(e, &weight)| e.times(weight)).collect();
        sum(&generators, &weighted.iter().collect::<Vec<_>>()).is_zero()
    };
    assert!(under(&foreseen));
    assert!(!under(&weights));
    // One weight that changed would be enough to reject; both depend on both proofs.
    let one_changed = [key.proofs[0].clone(), proofs[1].clone()];
    for (new, old) in weigh(&one_changed).iter().zip(&foreseen) {
        assert_ne!(new, old);
    }
    let of_these: Vec<_> = equations.iter().collect();
    assert_eq!(decide(&generators, &of_these), [false, false]);
}

/// Weights depend on each statement as well, down to what no equation shows: its context.
#[test]
fn weights_depend_on_statements() {
    let generators = generators();
    let key = Key::new(Shape::small(), &generators, 1, 2);
    let statements = key.statements();
    let mut all = presented(&key, &statements, &key.proofs);
    let (before, _) = weighed(&generators, &all);
    let other = Statement {
        context: b"much",
        ..statements[1].clone()
    };
    all[1].statement = &other;
    let (after, _) = weighed(&generators, &all);
    assert_eq!(before[0].drawn, after[0].drawn);
    assert_ne!(before[1].drawn, after[1].drawn);
}
