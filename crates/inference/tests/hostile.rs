//! Keys from outside: whatever their bytes, a verifier neither panics nor does work without bound.

#![cfg(feature = "prover")]

use inferproof_argument::RelationsError;
use inferproof_inference::generic::{Prover, Verifier, VerifyingKey, commit};
use inferproof_inference::{
    Architecture, Disclosed, Disclosure, Grumpkin, KeyError, Limits, Listed, LowerError, Proof,
    Rejection, Visibility, Visible,
};
use inferproof_program::{Builder, Contract, Integers, Table, TensorId, ValidProgram, Weights};
use inferproof_view::{MAX_STEPS, Step, View, ViewError};

/// A program in the making, with as few words as its tensors need.
#[derive(Clone)]
struct Sketch(Builder);

impl Sketch {
    fn new() -> Self {
        Self(Builder::new())
    }

    fn input(&mut self, shape: &[usize], (low, high): (i64, i64)) -> TensorId {
        let name = format!("t{}", self.0.nodes.len());
        self.0.input(&name, shape, low..=high).unwrap()
    }

    fn weight(&mut self, shape: &[usize], (low, high): (i64, i64)) -> TensorId {
        self.0.weight(shape, low..=high).unwrap()
    }

    fn read(&mut self, source: TensorId, steps: Vec<Step>) -> TensorId {
        self.0.read(source, steps).unwrap()
    }

    fn rescale(&mut self, source: TensorId, shift: u32, (low, high): (i64, i64)) -> TensorId {
        self.0.rescale(source, shift, low..=high).unwrap()
    }

    fn program(mut self, output: TensorId) -> ValidProgram {
        self.0.output(output);
        self.0.finish().unwrap()
    }

    fn key(self, output: TensorId) -> VerifyingKey<Grumpkin> {
        VerifyingKey {
            architecture: Architecture {
                program: self.program(output),
                weights: Visible::Private,
                row_bits: 5,
            },
            commitments: vec![],
            range_proofs: vec![],
            card: None,
        }
    }
}

/// What the key asks too much of.
fn refused(key: VerifyingKey<Grumpkin>) -> &'static str {
    // What a file of such a key holds is read without complaint: the limits are on what it asks for.
    let key = VerifyingKey::<Grumpkin>::decode(&key.encode()).unwrap();
    match Verifier::new(key).err() {
        Some(KeyError::Lower(LowerError::Relations(RelationsError::Limit {
            what,
            needed,
            allowed,
        }))) => {
            assert!(needed > allowed);
            what
        }
        other => panic!("expected a limit, got {other:?}"),
    }
}

/// What a statement that hides everything asks too much of.
fn refused_hidden(key: VerifyingKey<Grumpkin>, limits: &Limits) -> &'static str {
    let verifier = Verifier::within(key, limits).unwrap();
    let statement = verifier.statement(b"").with_inputs(Visibility::Private);
    let statement = statement.with_outputs(Visibility::Private);
    let nothing = |listed: &[Listed]| vec![Disclosed::Nothing; listed.len()];
    let proof = Proof {
        disclosure: Disclosure {
            inputs: nothing(&statement.inputs),
            outputs: nothing(&statement.outputs),
        },
        statement: statement.clone(),
        argument: vec![],
    };
    match verifier.verify(&statement, &proof) {
        Err(Rejection::Lower(LowerError::Relations(RelationsError::Limit { what, .. }))) => what,
        other => panic!("expected a limit, got {other:?}"),
    }
}

const WORK: &str = "field operations to verify a proof";
const TABLES: &str = "table entries";
const ROWS: &str = "row commitments and entries of a row";
const VIEWS: &str = "steps of views";
const PADS: &str = "padded scalars";

#[test]
fn a_long_axis_is_refused() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[], (0, 1));
    let long = Step::Insert {
        axis: 0,
        len: 1 << 32,
    };
    let y = sketch.read(x, vec![long]);
    assert_eq!(refused(sketch.key(y)), WORK);
}

#[test]
fn axes_that_must_be_multiplied_out_are_refused() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[1 << 16, 1 << 16], (0, 1));
    let mix = vec![
        Step::Merge {
            axis: 0,
            sizes: vec![1 << 16, 1 << 16],
        },
        Step::Split {
            axis: 0,
            sizes: vec![1 << 12, 1 << 20],
        },
        Step::Permute(vec![1, 0]),
        Step::Reduce {
            axis: 0,
            source: 1 << 20,
            weights: None,
        },
        Step::Reduce {
            axis: 0,
            source: 1 << 12,
            weights: None,
        },
    ];
    let y = sketch.read(x, mix);
    assert_eq!(refused(sketch.key(y)), WORK);
}

#[test]
fn large_tables_are_refused() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[1], (-1 << 35, 1 << 35));
    let range = (-1 << 30, 1 << 30);
    let y = sketch.rescale(x, 1, range);
    assert_eq!(refused(sketch.key(y)), TABLES);
}

#[test]
fn many_tables_are_refused() {
    let mut sketch = Sketch::new();
    let mut last = TensorId(0);
    for i in 0..1100 {
        last = sketch.input(&[1], (i, i + (1 << 16) - 1));
    }
    assert_eq!(refused_hidden(sketch.key(last), &Limits::default()), TABLES);
}

#[test]
fn many_rows_are_refused() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[5793, 5793], (0, 1));
    // What is public needs no rows: fewer are allowed here than the default, whose work the plain statement would be beyond.
    let limits = Limits {
        rows: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(refused_hidden(sketch.key(x), &limits), ROWS);
}

#[test]
fn copies_of_a_long_view_are_refused() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[4], (0, 1));
    let gather = Step::Gather {
        axis: 0,
        source: 4,
        index: vec![Some(1); 1 << 17],
    };
    let wide = sketch.read(x, vec![gather]);
    let mut last = wide;
    for _ in 0..600 {
        last = sketch.rescale(wide, 0, (0, 1));
    }
    assert_eq!(refused(sketch.key(last)), VIEWS);
}

#[test]
fn a_caller_may_set_lower_limits() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[4], (0, 15));
    let square = sketch
        .0
        .contract(Contract {
            left: x,
            right: x,
            shared: 1,
            left_free: 0,
            right_free: 0,
            contracted: 0,
        })
        .unwrap();
    let key = sketch.key(square);
    Verifier::new(key.clone()).unwrap();
    for (what, limits) in [
        (
            PADS,
            Limits {
                pads: 10,
                ..Limits::default()
            },
        ),
        (
            WORK,
            Limits {
                work: 10,
                ..Limits::default()
            },
        ),
        (
            ROWS,
            Limits {
                rows: 10,
                ..Limits::default()
            },
        ),
        (
            VIEWS,
            Limits {
                description: 1,
                ..Limits::default()
            },
        ),
    ] {
        let error = Verifier::within(key.clone(), &limits).err();
        let text = error.map(|e| e.to_string()).unwrap_or_default();
        assert!(text.contains(what), "{what}: {text}");
    }
}

#[test]
fn views_of_many_axes_or_steps_are_refused() {
    let insert = Step::Insert { axis: 0, len: 1 };
    let axes = View::new(vec![], vec![insert.clone(); 40]);
    assert_eq!(axes, Err(ViewError::Axes(33)));
    let turn = Step::Permute(vec![1, 0]);
    let steps = View::new(vec![2, 2], vec![turn.clone(); MAX_STEPS + 1]);
    assert_eq!(steps, Err(ViewError::Steps(MAX_STEPS + 1)));
    let full = View::new(vec![2, 2], vec![turn.clone(); MAX_STEPS]).unwrap();
    assert_eq!(
        full.clone().then(turn),
        Err(ViewError::Steps(MAX_STEPS + 1))
    );
    assert_eq!(
        full.clone().chain(&full),
        Err(ViewError::Steps(2 * MAX_STEPS))
    );
    // No product of some axes overflows where another axis is empty.
    let empty = View::identity(vec![0, 1 << 40, 1 << 40]);
    assert!(matches!(empty, Err(ViewError::Volume(_))));
}

#[test]
fn rows_and_commitments_that_do_not_fit_are_refused() {
    let mut sketch = Sketch::new();
    let w = sketch.weight(&[100], (0, 3));
    let y = sketch.read(w, vec![]);
    let key = sketch.key(y);
    for bits in [0, 17, 31, 32, u32::MAX] {
        let mut key = key.clone();
        key.architecture.row_bits = bits;
        assert_eq!(Verifier::new(key).err(), Some(KeyError::RowBits(bits)));
    }
    for got in [0, 3, 5] {
        let mut key = key.clone();
        key.commitments = vec![vec![Default::default(); got]];
        let expected = KeyError::Rows {
            tensor: "t0".into(),
            expected: 4,
            got,
        };
        assert_eq!(Verifier::new(key).err(), Some(expected));
    }
    let mut key = key;
    key.commitments = vec![vec![Default::default(); 4]];
    let verifier = Verifier::new(key).unwrap();
    assert_eq!(
        verifier.check_range_proofs(),
        Err(KeyError::RangeProofCount {
            expected: 1,
            got: 0
        })
    );
}

/// Two convolutions of 32 channels on 56 by 56 pixels, and a dense layer of a hundred million weights.
#[test]
fn a_large_network_is_far_below_the_limits() {
    const BYTE: (i64, i64) = (-128, 127);
    let mut sketch = Sketch::new();
    let mut x = sketch.input(&[32, 56, 56], BYTE);
    for _ in 0..2 {
        let window = |axis| Step::Window {
            axis,
            source: 56,
            positions: 56,
            kernel: 3,
            stride: 1,
            dilation: 1,
            pad: 1,
        };
        let patches = vec![window(1), window(3), Step::Permute(vec![1, 3, 0, 2, 4])];
        let patches = sketch.read(x, patches);
        let weight = sketch.weight(&[32, 32, 3, 3], BYTE);
        let sums = sketch
            .0
            .contract(Contract {
                left: patches,
                right: weight,
                shared: 0,
                left_free: 2,
                right_free: 1,
                contracted: 3,
            })
            .unwrap();
        let channels_first = vec![Step::Permute(vec![2, 0, 1])];
        let sums = sketch.read(sums, channels_first);
        x = sketch.rescale(sums, 10, (0, 127));
    }
    let flat = Step::Merge {
        axis: 0,
        sizes: vec![32, 56, 56],
    };
    let flat = sketch.read(x, vec![flat]);
    let weight = sketch.weight(&[1000, 32 * 56 * 56], BYTE);
    let logits = sketch
        .0
        .contract(Contract {
            left: flat,
            right: weight,
            shared: 0,
            left_free: 0,
            right_free: 1,
            contracted: 1,
        })
        .unwrap();
    let mut key = sketch.key(logits);
    key.architecture.row_bits = 12;
    // Which rows it needs, the verifier says.
    let verifier = loop {
        match Verifier::new(key.clone()) {
            Ok(verifier) => break verifier,
            Err(KeyError::Rows { expected, .. }) => {
                key.commitments.push(vec![Default::default(); expected]);
            }
            Err(error) => panic!("{error}"),
        }
    };
    let part = Limits::default().work / verifier.work();
    assert!(part >= 10, "a {part}th of the limit");
}

/// A chain of views longer than a view may be is cut by a commitment, not refused.
#[test]
fn a_long_chain_of_views_is_proven() {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[2, 3], (-5, 5));
    let mut last = x;
    for i in 0..MAX_STEPS + 10 {
        last = sketch.read(last, vec![Step::Permute(vec![1, 0])]);
        assert_eq!(sketch.0.tensors[i + 1].shape[0], 3 - i % 2);
    }
    let weights = sketch.program(last).bind(Weights::new()).unwrap();
    let (key, secret) = commit::<Grumpkin>(weights, Visible::Private, &mut |_, _| true).unwrap();
    let prover = Prover::new(key.clone(), secret).unwrap();
    let inputs = [vec![1, -2, 3, 4, 5, 0]];
    let verifier = Verifier::new(key).unwrap();
    let statement = verifier.statement(b"");
    let inference = prover.prove(&statement, &inputs, &[], &mut |_| true);
    verifier
        .verify(&statement, &inference.unwrap().proof)
        .unwrap();
}

/// A small model with every part that a key has, and a proof by it.
fn small() -> (VerifyingKey<Grumpkin>, Proof) {
    let mut sketch = Sketch::new();
    let x = sketch.input(&[2], (-4, 3));
    let w = sketch.weight(&[2, 2], (-2, 1));
    let product = sketch
        .0
        .contract(Contract {
            left: x,
            right: w,
            shared: 0,
            left_free: 0,
            right_free: 1,
            contracted: 1,
        })
        .unwrap();
    let product = sketch.read(product, vec![Step::Permute(vec![0])]);
    let scaled = sketch.rescale(product, 1, (0, 3));
    let table = Table {
        low: 0,
        values: vec![3, 1, 2, 0],
    };
    let table = sketch.0.table(table).unwrap();
    let mapped = sketch.0.map(scaled, table, 0..=3).unwrap();
    let weights = Weights::from([(w, Integers::I8(vec![1, -2, 0, 1].into()))]);
    let weights = sketch.program(mapped).bind(weights).unwrap();
    let (key, secret) = commit::<Grumpkin>(weights, Visible::Private, &mut |_, _| true).unwrap();
    let prover = Prover::new(key.clone(), secret).unwrap();
    let inference = prover.prove(&key.statement(b""), &[vec![3, -4]], &[], &mut |_| true);
    (key, inference.unwrap().proof)
}

/// Whoever is given a key with another byte learns so, or it is another model, of which the proof is not.
fn reject(bytes: &[u8], honest: &VerifyingKey<Grumpkin>, proof: &Proof) {
    let Ok(key) = VerifyingKey::<Grumpkin>::decode(bytes) else {
        return;
    };
    assert_eq!(key.encode(), bytes);
    let Ok(verifier) = Verifier::new(key) else {
        return;
    };
    // The range proofs bind what is declared of the weights and the commitment: a key that passes has another program, and is another model.
    let is_another = verifier.model_id() != honest.model_id();
    assert!(is_another || verifier.check_range_proofs().is_err());
    let expected = verifier.statement(b"");
    let mut proof = proof.clone();
    if is_another {
        assert!(matches!(
            verifier.verify(&expected, &proof),
            Err(Rejection::Model { .. })
        ));
    }
    // Nor does the proof pass for one of that key.
    proof.statement = expected.clone();
    assert!(verifier.verify(&expected, &proof).is_err());
}

#[test]
fn every_byte_of_a_key_counts() {
    let (key, proof) = small();
    let verifier = Verifier::new(key.clone()).unwrap();
    verifier.check_range_proofs().unwrap();
    verifier.verify(&key.statement(b""), &proof).unwrap();
    let bytes = key.encode();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (bytes, key, proof) = (&bytes, &key, &proof);
            scope.spawn(move || {
                for place in (thread..bytes.len()).step_by(threads) {
                    let mut bytes = bytes.clone();
                    bytes[place] ^= 1 << (place % 8);
                    reject(&bytes, key, proof);
                }
            });
        }
    });
}

#[test]
fn a_key_cut_short_or_extended_is_refused() {
    let (key, _) = small();
    let mut bytes = key.encode();
    for length in 0..bytes.len() {
        assert!(VerifyingKey::<Grumpkin>::decode(&bytes[..length]).is_err());
    }
    bytes.push(0);
    assert!(VerifyingKey::<Grumpkin>::decode(&bytes).is_err());
}
