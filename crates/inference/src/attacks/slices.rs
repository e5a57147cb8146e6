//! Chains of slices with a gap, an overlap, a link that is none, or a proof that belongs to another chain.

use super::arena::bind;
use super::sketch::Sketch;
use crate::generic::{ModelSecret, Prover, Verifier, commit};
use crate::{
    ChainError, Curve, Execution, Grumpkin, InferenceError, Named, Proof, Rejection, Slice,
    SliceChain, Statement, TensorOpening, Tie, Unlinked, Visibility, Visible,
};
use inferproof_program::{Contract, RunError, TensorId, Trace, ValidProgram};

/// Two inputs of which one is read at both ends, a skip connection, an output in the midst.
///
/// `a` is made of `x` and `z`, `b` of `a`, `y` of `b`, of `a` and of `z`; `b` and `y` are the outputs.
struct Line {
    prover: Prover<Grumpkin>,
    secret: ModelSecret<Grumpkin>,
    trace: Trace,
    inputs: Vec<Vec<i64>>,
    x: TensorId,
    z: TensorId,
    a: TensorId,
    b: TensorId,
    y: TensorId,
    /// About `y` and about `b`.
    claims: [String; 2],
    /// `x` private, `z` committed, the outputs public, and the claims.
    whole: Statement,
}

/// What is seen otherwise than public.
type Seen<'a> = &'a [(TensorId, Visibility)];

impl Line {
    fn new() -> Self {
        let mut s = Sketch::new();
        let x = s.builder.input("x", &[8], -128..=127).unwrap();
        let z = s.builder.input("z", &[8], -128..=127).unwrap();
        let mut layer = |name: &str, of: TensorId, others: &[TensorId]| {
            let weight = s.weight(&[8, 8], (-7, 7), of.0.into());
            let contract = Contract {
                left_free: 0,
                ..Contract::matrices(of, weight)
            };
            let product = s.builder.contract(contract).unwrap();
            let mut terms = vec![(1, product, vec![])];
            terms.extend(others.iter().map(|&id| (8, id, vec![])));
            let sum = s.linear(&terms);
            let made = s.builder.rescale(sum, 6, -128..=127).unwrap();
            s.builder.rename(made, name);
            s.builder.set_scale(made, 0);
            made
        };
        let a = layer("a", x, &[z]);
        let b = layer("b", a, &[]);
        let y = layer("y", b, &[a, z]);
        s.builder.output(b);
        s.builder.output(y);
        let bound = bind(&s.builder.finish().unwrap(), &s.weights);
        let (key, secret) = commit(bound, Visible::Private, &mut |_, _| true).unwrap();
        let kept = ModelSecret {
            weights: secret.weights.clone(),
            blinders: secret.blinders.clone(),
        };
        let prover = Prover::new(key, secret).unwrap();
        let inputs: Vec<Vec<i64>> = [53, 31]
            .map(|by| (0..8).map(|i| (i * by) % 200 - 100).collect())
            .to_vec();
        let mut whole = prover.verifier().statement(b"chain");
        whole.inputs[0].visibility = Visibility::Private;
        whole.inputs[1].visibility = Visibility::Commit;
        let trace = prover.run(&inputs).unwrap();
        let claims = [
            format!("y[0] >= {}", trace.get(y).unwrap()[0]),
            format!("sum(b) <= {}", trace.get(b).unwrap().iter().sum::<i64>()),
        ];
        for claim in &claims {
            whole = whole.claim(prover.program(), claim).unwrap();
        }
        Self {
            trace,
            claims,
            prover,
            secret: kept,
            inputs,
            x,
            z,
            a,
            b,
            y,
            whole,
        }
    }

    fn verifier(&self) -> &Verifier<Grumpkin> {
        self.prover.verifier()
    }

    fn program(&self) -> &ValidProgram {
        self.prover.program()
    }

    /// A statement of the part between tensors, everything public that is not said to be otherwise, with the claims that it can make.
    fn statement(&self, from: &[TensorId], to: &[TensorId], seen: Seen<'_>) -> Statement {
        let execution = Execution {
            slice: Some(Slice {
                inputs: from.to_vec(),
                outputs: to.to_vec(),
            }),
            ..Execution::default()
        };
        let plain = self.verifier().statement(b"chain");
        let mut statement = plain.of_execution(self.program(), execution).unwrap();
        for (ids, listed) in [(from, &mut statement.inputs), (to, &mut statement.outputs)] {
            for (id, listed) in ids.iter().zip(listed) {
                let said = seen.iter().find(|(of, _)| of == id);
                listed.visibility = said.map_or(Visibility::Public, |(_, seen)| *seen);
            }
        }
        for (output, claim) in [self.y, self.b].iter().zip(&self.claims) {
            if to.contains(output) {
                statement = statement.claim(self.program(), claim).unwrap();
            }
        }
        statement
    }

    /// The proof of a statement about this run, and what opens the commitments that came out.
    fn prove(
        &self,
        statement: &Statement,
        openings: &[TensorOpening],
    ) -> (Proof, Vec<TensorOpening>) {
        let inputs = match &statement.execution.slice {
            Some(slice) => slice
                .inputs
                .iter()
                .map(|&id| self.trace.get(id).unwrap().to_vec())
                .collect(),
            None => self.inputs.clone(),
        };
        let made = self
            .prover
            .prove(statement, &inputs, openings, &mut |_| true)
            .unwrap();
        let openings = made.openings.into_iter().map(|fresh| fresh.opening);
        (made.proof, openings.collect())
    }

    /// The three parts, `a` committed by the one that makes it, `z` by the first that reads it.
    fn parts(&self) -> Parts {
        let first = self.statement(
            &[self.x, self.z],
            &[self.a],
            &[
                (self.x, Visibility::Private),
                (self.z, Visibility::Commit),
                (self.a, Visibility::Commit),
            ],
        );
        let (first, openings) = self.prove(&first, &[]);
        let [z, a] = [0, 1].map(|place: usize| id(&openings[place]));
        let second = self.statement(&[self.a], &[self.b], &[(self.a, a)]);
        let third = self.third(z, a);
        Parts {
            proofs: [
                first,
                self.prove(&second, &openings).0,
                self.prove(&third, &openings).0,
            ],
            openings,
            z,
            a,
        }
    }

    fn third(&self, z: Visibility, a: Visibility) -> Statement {
        self.statement(
            &[self.a, self.b, self.z],
            &[self.y],
            &[(self.a, a), (self.z, z)],
        )
    }

    fn verify(&self, proofs: &[&Proof]) -> Result<SliceChain, ChainError> {
        self.verify_as(&self.whole, proofs)
    }

    fn verify_as(&self, whole: &Statement, proofs: &[&Proof]) -> Result<SliceChain, ChainError> {
        let names: Vec<String> = (1..=proofs.len()).map(|n| format!("proof {n}")).collect();
        let named = names.iter().zip(proofs);
        let named: Vec<_> = named
            .map(|(name, proof)| Named {
                name,
                proof: *proof,
            })
            .collect();
        self.verifier().verify_slices(whole, &named)
    }
}

struct Parts {
    proofs: [Proof; 3],
    openings: Vec<TensorOpening>,
    z: Visibility,
    a: Visibility,
}

fn id(opening: &TensorOpening) -> Visibility {
    Visibility::Committed(opening.commitment().id(Curve::Grumpkin))
}

/// Refused in these words.
fn refused(verdict: Result<SliceChain, ChainError>, words: &str) {
    let error = verdict.unwrap_err().to_string();
    assert!(error.contains(words), "{words}: {error}");
}

#[test]
fn slices_in_any_order_are_the_whole() {
    let line = Line::new();
    let Parts { proofs, .. } = line.parts();
    let [first, second, third] = &proofs;
    for order in [
        [first, second, third],
        [third, first, second],
        [second, third, first],
    ] {
        let chain = line.verify(&order).unwrap();
        let outputs = line.trace.outputs(line.program());
        let shown = chain
            .disclosure
            .outputs
            .iter()
            .map(|d| d.integers().unwrap().to_vec());
        assert_eq!(shown.collect::<Vec<_>>(), outputs);
        assert_eq!(chain.disclosure.inputs[0], crate::Disclosed::Nothing);
        assert!(chain.disclosure.inputs[1].commitment().is_some());
        let place = |proof: &Proof| order.iter().position(|of| *of == proof).unwrap();
        let links: Vec<_> = chain
            .links
            .iter()
            .map(|l| (l.tensor.as_str(), l.maker))
            .collect();
        assert_eq!(
            links,
            [
                ("z", None),
                ("a", Some(place(first))),
                ("b", Some(place(second)))
            ]
        );
        assert!(matches!(&chain.links[2].tie, Tie::Integers(values) if *values == outputs[0]));
        assert!(matches!(chain.links[1].tie, Tie::Commitment(_)));
    }
    // One part alone is a chain of one.
    let all = line.statement(
        &[line.x, line.z],
        &[line.b, line.y],
        &[(line.x, Visibility::Private), (line.z, Visibility::Commit)],
    );
    line.verify(&[&line.prove(&all, &[]).0]).unwrap();
    refused(line.verify(&[]), "at least one proof");
}

/// Every tensor that is read is made, and every output is.
#[test]
fn gaps() {
    let line = Line::new();
    let Parts { proofs, .. } = line.parts();
    let [first, second, third] = &proofs;
    refused(
        line.verify(&[second, third]),
        "no proof makes `a`, which proof 1 reads",
    );
    refused(
        line.verify(&[first, third]),
        "no proof makes `b`, which proof 2 reads",
    );
    refused(
        line.verify(&[first, second]),
        "no proof makes `y`, an output of the model",
    );
}

/// A part whose result goes nowhere belongs to no chain.
#[test]
fn a_part_that_nobody_reads() {
    let line = Line::new();
    let mut whole = line.whole.clone();
    whole.inputs[1].visibility = Visibility::Public;
    let seen = [(line.x, Visibility::Public)];
    whole.inputs[0].visibility = Visibility::Public;
    let extra = line.statement(&[line.x, line.z], &[line.a], &seen);
    let all = line.statement(&[line.x, line.z], &[line.b, line.y], &seen);
    let (extra, all) = (line.prove(&extra, &[]).0, line.prove(&all, &[]).0);
    line.verify_as(&whole, &[&all]).unwrap();
    refused(
        line.verify_as(&whole, &[&all, &extra]),
        "no proof reads `a`, which proof 2 makes",
    );
}

#[test]
fn overlaps() {
    let line = Line::new();
    let Parts {
        proofs,
        openings,
        a,
        ..
    } = line.parts();
    let [first, second, third] = &proofs;
    refused(
        line.verify(&[first, second, second, third]),
        "`b` is made by proof 2 and by proof 3",
    );
    let other = line.statement(&[line.a], &[line.b], &[(line.a, a)]);
    let (other, _) = line.prove(&other, &openings);
    refused(
        line.verify(&[first, second, &other, third]),
        "`b` is made by proof 2 and by proof 3",
    );
}

/// No part justifies itself, and nothing flows around its inputs.
#[test]
fn parts_that_are_none() {
    let line = Line::new();
    let Parts { proofs, .. } = line.parts();
    let [first, second, third] = &proofs;
    let edited = |proof: &Proof, inputs: &[TensorId], outputs: &[TensorId]| {
        let mut proof = proof.clone();
        proof.statement.execution.slice = Some(Slice {
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
        });
        proof
    };
    // A boundary on both sides.
    let empty = edited(second, &[line.a], &[line.a]);
    refused(
        line.verify(&[first, &empty, third]),
        "proof 2: tensor `a` cannot be an output of a slice",
    );
    let through = edited(second, &[line.a], &[line.a, line.b]);
    refused(
        line.verify(&[first, &through, third]),
        "it is named twice; a node must lie between",
    );
    // Nothing at all.
    refused(
        line.verify(&[first, &edited(second, &[], &[]), third]),
        "at least one",
    );
    // A forgotten skip connection.
    let forgotten = edited(third, &[line.b, line.z], &[line.y]);
    refused(
        line.verify(&[first, second, &forgotten]),
        "declare `a` as an input of the slice as well",
    );
    // An input that nothing depends on.
    let idle = edited(second, &[line.a, line.z], &[line.b]);
    refused(
        line.verify(&[first, &idle, third]),
        "no output of the slice depends on its input `z`",
    );
    // A tensor that is not there.
    let unknown = edited(second, &[line.a], &[TensorId(999)]);
    refused(
        line.verify(&[first, &unknown, third]),
        "there is no tensor 999",
    );
    // The whole model among its parts.
    let (plain, _) = line.prove(&line.whole, &[]);
    refused(
        line.verify(&[first, second, &plain]),
        "proof 3: it is about the whole model",
    );
}

/// What is made is what is read: the same commitment, or the same integers.
#[test]
fn links_that_are_none() {
    let line = Line::new();
    let Parts {
        proofs,
        openings,
        z,
        ..
    } = line.parts();
    let [first, second, third] = &proofs;
    // Another proof of the first part: the same values, committed again.
    let (other, again) = line.prove(&first.statement, &[]);
    refused(
        line.verify(&[&other, second, third]),
        "`z` links proof 1 and proof 3",
    );
    let mut mixed = again;
    let other_a = id(&mixed[1]);
    mixed[0] = openings[0].clone();
    let (swapped, _) = line.prove(&line.third(z, other_a), &mixed);
    match line.verify(&[first, second, &swapped]) {
        Err(ChainError::Unlinked { tensor, reason, .. }) => {
            assert_eq!(tensor, "a");
            assert!(matches!(*reason, Unlinked::Commitments { .. }));
        }
        verdict => panic!("{verdict:?}"),
    }
    // The right identifier written over it: the argument is of another commitment.
    let mut renamed = swapped;
    renamed.statement = third.statement.clone();
    match line.verify(&[first, second, &renamed]) {
        Err(ChainError::Rejected { proof, reason }) => {
            assert_eq!(proof, "proof 3");
            assert!(matches!(*reason, Rejection::Disclosed { .. }), "{reason:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
    renamed.disclosure = third.disclosure.clone();
    match line.verify(&[first, second, &renamed]) {
        Err(ChainError::Rejected { reason, .. }) => {
            assert!(matches!(*reason, Rejection::Argument(_)), "{reason:?}");
        }
        verdict => panic!("{verdict:?}"),
    }
    // A boundary that one proof shows and another commits to.
    let shown = line.third(z, Visibility::Public);
    let (shown, _) = line.prove(&shown, &openings);
    refused(
        line.verify(&[first, second, &shown]),
        "one shows it, the other commits to it",
    );
    // A public boundary with other integers, in a proof that is true of them.
    let mut values = line.trace.get(line.b).unwrap().to_vec();
    values[3] ^= 1;
    let inputs = [line.a, line.b, line.z].map(|id| match id == line.b {
        true => values.clone(),
        false => line.trace.get(id).unwrap().to_vec(),
    });
    let made = line
        .prover
        .prove(&third.statement, &inputs, &openings, &mut |_| true);
    let lie = made.unwrap().proof;
    line.verifier().verify(&third.statement, &lie).unwrap();
    refused(
        line.verify(&[first, second, &lie]),
        "`b` links proof 2 and proof 3: they show other integers (entry 3",
    );
}

/// Nobody can compare what is hidden: boundaries, and inputs that several parts read, are never private.
#[test]
fn private_boundaries() {
    let line = Line::new();
    let Parts {
        proofs, openings, ..
    } = line.parts();
    let [first, second, third] = &proofs;
    let private = |statement: &Statement, edit: &dyn Fn(&mut Statement)| {
        let mut statement = statement.clone();
        edit(&mut statement);
        line.prove(&statement, &openings).0
    };
    let made = private(&first.statement, &|s| {
        s.outputs[0].visibility = Visibility::Private
    });
    refused(
        line.verify(&[&made, second, third]),
        "proof 1: `a` is between two parts",
    );
    let read = private(&second.statement, &|s| {
        s.inputs[0].visibility = Visibility::Private
    });
    refused(
        line.verify(&[first, &read, third]),
        "proof 2: `a` is between two parts",
    );
    // An output of the model that another part reads is a boundary as well, whatever is expected.
    let mut whole = line.whole.clone();
    whole.outputs[0].visibility = Visibility::Private;
    let hidden = private(&second.statement, &|s| {
        s.outputs[0].visibility = Visibility::Private
    });
    refused(
        line.verify_as(&whole, &[first, &hidden, third]),
        "proof 2: `b` is between two parts",
    );
    let hidden = private(&third.statement, &|s| {
        s.inputs[1].visibility = Visibility::Private
    });
    refused(
        line.verify(&[first, second, &hidden]),
        "proof 3: `b` is between two parts",
    );
    // An input of the model that two parts read.
    let mut whole = line.whole.clone();
    whole.inputs[1].visibility = Visibility::Private;
    let mut statement = first.statement.clone();
    statement.inputs[1].visibility = Visibility::Private;
    let (one, fresh) = line.prove(&statement, &[]);
    let a = id(&fresh[0]);
    let two = line.statement(&[line.a], &[line.b], &[(line.a, a)]);
    let two = line.prove(&two, &fresh).0;
    let three = line.third(Visibility::Private, a);
    let three = line.prove(&three, &fresh).0;
    refused(
        line.verify_as(&whole, &[&one, &two, &three]),
        "`z` links proof 1 and proof 3: one of them hides it",
    );
}

/// Every proof is of the statement that the whole one says.
#[test]
fn proofs_of_another_chain() {
    let line = Line::new();
    let Parts {
        proofs, openings, ..
    } = line.parts();
    let [first, second, third] = &proofs;
    let other = |edit: &dyn Fn(&mut Statement)| {
        let mut statement = second.statement.clone();
        edit(&mut statement);
        line.prove(&statement, &openings).0
    };
    let refused_as = |proof: &Proof, words: &str| match line.verify(&[first, proof, third]) {
        Err(ChainError::Rejected { proof, reason }) => {
            assert_eq!(proof, "proof 2");
            assert!(matches!(*reason, Rejection::Statement(_)), "{reason:?}");
            assert!(reason.to_string().contains(words), "{words}: {reason}");
        }
        verdict => panic!("{verdict:?}"),
    };
    refused_as(&other(&|s| s.context = b"another".to_vec()), "context");
    // Another batch, and other range proofs: written over, since nothing else has to hold before they are noticed.
    let mut batch = second.clone();
    batch.statement.execution.batch = Some(crate::Batch::of_samples(2));
    refused_as(&batch, "run: expected");
    let mut ranges = second.clone();
    ranges.statement.range_proof_id[0] ^= 1;
    refused_as(&ranges, "range proofs");
    // Another key: the same weights, committed again.
    let foreign = Line::new().parts().proofs;
    match line.verify(&[first, &foreign[1], third]) {
        Err(ChainError::Rejected { reason, .. }) => {
            assert!(matches!(*reason, Rejection::Model { .. }))
        }
        verdict => panic!("{verdict:?}"),
    }
    // An output seen otherwise than expected, and an input.
    let mut whole = line.whole.clone();
    whole.outputs[1].visibility = Visibility::Private;
    refused(
        line.verify_as(&whole, &[first, second, third]),
        "output `y`: expected private, in the proof it is public",
    );
    let mut whole = line.whole.clone();
    whole.inputs[0].visibility = Visibility::Public;
    refused(
        line.verify_as(&whole, &[first, second, third]),
        "input `x`: expected public, in the proof it is private",
    );
    // What is expected is itself no statement of the whole.
    refused(
        line.verify_as(&second.statement, &[first, second, third]),
        "it is about a part of the model",
    );
    // An argument that is broken.
    let mut broken = second.clone();
    broken.argument[40] ^= 1;
    match line.verify(&[first, &broken, third]) {
        Err(ChainError::Rejected { proof, .. }) => assert_eq!(proof, "proof 2"),
        verdict => panic!("{verdict:?}"),
    }
}

/// Claims about the whole are made by the parts that have what they read, each at least once, and no other.
#[test]
fn claims_of_parts() {
    let line = Line::new();
    let Parts {
        proofs, openings, ..
    } = line.parts();
    let [first, second, third] = &proofs;
    let mut silent = third.statement.clone();
    silent.claims.clear();
    let (silent, _) = line.prove(&silent, &openings);
    refused(
        line.verify(&[first, second, &silent]),
        "no proof shows that y[0] >= ",
    );
    // The same words of another tensor: of a part's boundary, which has the name of no output of the model.
    let mut other = third.statement.clone();
    other.claims.clear();
    let other = other
        .claim(
            line.program(),
            &format!("y[1] >= {}", line.trace.get(line.y).unwrap()[1]),
        )
        .unwrap();
    let (other, _) = line.prove(&other, &openings);
    refused(
        line.verify(&[first, second, &other]),
        "proof 3: claim 1 of it is not among those that are expected",
    );
    // About both ends at once there is no part that knows both.
    let whole = line
        .whole
        .clone()
        .claim(line.program(), "y[0] + b[0] <= 100 or x[0] == 3")
        .unwrap();
    refused(
        line.verify_as(&whole, &[first, second, third]),
        "no proof shows that",
    );
}

/// Whoever has the weights of one part proves that part, and is refused all else in words.
#[test]
fn the_weights_of_a_part_prove_that_part_alone() {
    let line = Line::new();
    let verifier = line.prover.verifier();
    let model = verifier.program();
    let of = |inputs: &[TensorId], outputs: &[TensorId]| {
        let slice = Slice {
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
        };
        let execution = Execution {
            slice: Some(slice),
            ..Execution::default()
        };
        let plain = verifier.statement(b"");
        plain.of_execution(model, execution).unwrap()
    };
    let part = of(&[line.a], &[line.b]);
    let wanted = part.execution.weights(model).unwrap();
    assert_eq!(wanted.len(), 1);
    let all = Execution::default().weights(model).unwrap();
    assert!(all.len() == 3 && all.is_superset(&wanted));
    let secret = ModelSecret {
        weights: line.secret.weights.only(&wanted),
        blinders: line.secret.blinders.clone(),
    };
    let prover = Prover::new(verifier.key().clone(), secret).unwrap();
    let value = |id| line.trace.get(id).unwrap().to_vec();
    let made = prover.prove(&part, &[value(line.a)], &[], &mut |_| true);
    verifier.verify(&part, &made.unwrap().proof).unwrap();

    let plain = verifier.statement(b"");
    let other = of(&[line.x, line.z], &[line.a]);
    for statement in [plain, other] {
        let refused = prover.prove(&statement, &line.inputs, &[], &mut |_| true);
        let refused = refused.map(|_| ()).unwrap_err();
        let missing = matches!(refused, InferenceError::Run(RunError::Missing { .. }));
        assert!(missing, "{refused}");
    }
    assert!(prover.run(&line.inputs).is_err());
}
